package gap

import (
	"slices"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/treesitter"
)

// TestHolders: what other files pass, take and give back, and which of their classes has what is used, are candidates.
func TestHolders(t *testing.T) {
	p := project.New(10_000)
	p.Set("shop.py", treesitter.Parse("python", []byte("class Basket:\n    def pour(self): ...\n    def weigh(self): ...\nclass Other:\n    def pour(self): ...\ndef tell(who: Optional[Owner]): ...\nfill(3)\n")))
	f := treesitter.Parse("python", []byte("def fill(b, n, o):\n    tell(o)\n    b.pour()\n    return b.weigh()\n"))
	ask := func(symbol string) *Gap {
		i := slices.IndexFunc(f.TypeSites, func(s treesitter.TypeSite) bool { return s.Symbol == symbol && s.Kind == "parameter" })
		return NewAnnotation(names.New(f), f.TypeSites[i], p.View("here.py"), nil)
	}
	g := ask("b")
	for text, want := range map[string]float32{"Basket": 1, "Other": 0.5} {
		i := slices.IndexFunc(g.Candidates, func(c Candidate) bool { return c.Text == text })
		if i < 0 && want == 1 {
			t.Fatalf("no %s among the candidates", text)
		}
		if i >= 0 && g.Candidates[i].Inputs[Holds] != want {
			t.Errorf("%s holds %v, want %v", text, g.Candidates[i].Inputs[Holds], want)
		}
	}
	if g := ask("o"); g.annotation.flowAround.times["Optional[Owner]"] != 1 {
		t.Errorf("%v", g.annotation.flowAround.times)
	}
	if g := ask("b"); g.annotation.flowAround.times["int"] != 1 {
		t.Errorf("%v", g.annotation.flowAround.times)
	}
	if v := p.View("shop.py"); len(v.Facts()) != 0 {
		t.Error("a file tells itself its facts")
	}
	if bare, typed := p.View("here.py").Parameters(); bare != 0 || typed != 1 {
		t.Errorf("%d parameters without, %d with an annotation", bare, typed)
	}
}
