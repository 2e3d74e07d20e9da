package gap

import (
	"slices"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// TestCompose: what a file has in one form is a candidate in the others that the language writes, as the file writes them.
func TestCompose(t *testing.T) {
	for _, c := range []struct {
		language string
		written  []string // annotations of the file
		texts    []string
		want     []string
		not      string
	}{
		{"python", nil, []string{"Zebra"}, []string{"Zebra | None", "list[Zebra]", "type[Zebra]", "dict[str, Zebra]"}, "Optional[Zebra]"},
		{"python", []string{"Optional[int]", "List[int]"}, []string{"Zebra", "Optional[Yak]", "List[Gnu]"}, []string{"Optional[Zebra]", "List[Zebra]", "Yak", "Gnu", "Optional[List[Gnu]]"}, "Zebra | None"},
		{"python", nil, []string{"None"}, nil, "None | None"},
		{"typescript", nil, []string{"Zebra", "Promise<Yak>", "Gnu[]", "Emu | undefined"},
			[]string{"Zebra[]", "Promise<Zebra>", "Zebra | undefined", "Yak", "Gnu", "Emu"}, "Gnu[][]"},
		{"go", nil, []string{"Zebra"}, nil, "[]Zebra"},
	} {
		sites := NewSites(names.New(treesitter.Parse(c.language, nil)), nil)
		a := &annotation{sites: sites, lexicon: sites.lexicon}
		for _, text := range c.written {
			a.file.add(text, 1)
		}
		got := a.compose(c.language, c.texts)
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s, %q: no %s in %q", c.language, c.texts, want, got)
			}
		}
		if slices.Contains(got, c.not) {
			t.Errorf("%s, %q: %s in %q", c.language, c.texts, c.not, got)
		}
	}
}
