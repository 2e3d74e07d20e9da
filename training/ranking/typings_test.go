package ranking

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/treesitter"
)

// TestTypeCounter: what many projects write is counted by what stands around it; the types of one are holes, and a large project is not the whole count.
func TestTypeCounter(t *testing.T) {
	count := func() map[string]*typings.Lexicon {
		c := NewTypeCounter()
		add := func(project, text string) { c.Add(project, treesitter.Parse("go", []byte("package p\n"+text))) }
		for _, project := range strings.Fields("a b c d e f g") {
			add(project, "func f(ctx context.Context, name string, all []*Own"+project+") { name.x() }\n")
			add(project, "func g(other string) error {}\n")
		}
		add("large", strings.Repeat("func f(name Large, ctx Large) {}\n", 50))
		return c.Lexicons()
	}
	l := count()["go"]
	if l == nil || strings.Contains(l.Known, "Own") || strings.Contains(l.Known, "Large") || !strings.Contains(l.Known, "context.Context") {
		t.Fatalf("%+v", l)
	}
	if !slices.Contains(l.Forms, "[]*#") {
		t.Errorf("forms %q", l.Forms)
	}
	l.Ready()
	f := treesitter.Parse("go", []byte("package p\nfunc h(name T) {}\n"))
	o := l.Judge(typings.Look(names.New(f), f.TypeSites[0]))
	if best := o.Best(2); best[0] != "string" {
		t.Errorf("name is %q", best)
	}
	// Compressed and read again it is the same, and counted again, too.
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if err := json.NewEncoder(zip).Encode(count()); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	read, err := typings.ReadLexicons(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := o.Of("string"), read["go"].Judge(typings.Look(names.New(f), f.TypeSites[0])).Of("string"); a.All != b.All {
		t.Errorf("%v, and %v when it was read", a, b)
	}
}
