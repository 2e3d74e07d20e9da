package gap

import (
	"math"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

const cart = `package cart

import "context"

type Trinket struct {
	Price int
}

type Cart struct {
	Trinkets []*Trinket
	limit int64
}

func Load(ctx context.Context, limit int64) (*Cart, error) {
	return &Cart{limit: limit}, nil
}

func (c *Cart) Add(trinket *Trinket, limit THIS) {
	c.Trinkets = append(c.Trinkets, trinket)
}
`

// annotated opens a text at the site of a symbol, the last one that has it.
func annotated(t testing.TB, language, text, symbol string) (*names.Index, treesitter.TypeSite) {
	t.Helper()
	f := treesitter.Parse(language, []byte(text))
	for i := len(f.TypeSites) - 1; i >= 0; i-- {
		if typings.Symbol(f.TypeSites[i]) == symbol {
			return names.New(f), f.TypeSites[i]
		}
	}
	t.Fatalf("no %s in %v", symbol, f.TypeSites)
	return nil, treesitter.TypeSite{}
}

// TestAnnotationBlind: a site is the same whatever is written there.
func TestAnnotationBlind(t *testing.T) {
	describe := func(text string) *Gap {
		x, site := annotated(t, "go", text, "limit")
		return NewAnnotation(x, site, nil, nil)
	}
	a, b := describe(cart), describe(strings.Replace(cart, "THIS", "map[string][]chan int", 1))
	if !slices.Equal(a.texts(), b.texts()) || slices.Contains(a.texts(), "THIS") {
		t.Fatalf("%q beside %q", a.texts(), b.texts())
	}
	rows, rest := a.Rows()
	other, _ := b.Rows()
	if !rest || len(rows) != len(a.Candidates)+1 {
		t.Fatalf("%d rows of %d candidates", len(rows), len(a.Candidates))
	}
	for i := range rows {
		for in := range NumInputs {
			if x, y := rows[i][in], other[i][in]; x != y && (x == x || y == y) {
				t.Errorf("%s of row %d: %v, and %v where another type stood", in, i, x, y)
			}
		}
	}
}

// TestAnnotationInputs: what is known of types, where it can be told by looking.
func TestAnnotationInputs(t *testing.T) {
	x, site := annotated(t, "go", cart, "limit")
	g := NewAnnotation(x, site, nil, nil)
	for _, c := range []struct {
		text string
		want map[Input]float32
	}{
		{"int64", map[Input]float32{NameShare: 1, SeenName: rank.Log1p(2), Seen: rank.Log1p(2), KindHere: 0, Holes: 0, InSight: 1}},
		{"*Trinket", map[Input]float32{NameShare: 0, Seen: rank.Log1p(1), SeenSort: rank.Log1p(1), TypeWords: 1, Holes: 1, InSight: 1}},
	} {
		at := g.Place(c.text)
		if at < 0 {
			t.Fatalf("no %s in %q", c.text, g.texts())
		}
		for in, want := range c.want {
			if got := g.Candidates[at].Inputs[in]; got != want {
				t.Errorf("%s of %s is %v, want %v", in, c.text, got, want)
			}
		}
	}
	x, site = annotated(t, "go", strings.Replace(cart, "trinket *Trinket, limit THIS", "trinket THIS", 1), "trinket")
	g = NewAnnotation(x, site, nil, nil)
	at := g.Place("*Trinket")
	if at < 0 || g.Candidates[at].Inputs[Echo] != 2 || g.Candidates[at].Source != FromForm && g.Candidates[at].Source != FromFile {
		t.Errorf("no *Trinket for trinket among %q", g.texts())
	}
	x, site = annotated(t, "go", cart, "Load")
	g = NewAnnotation(x, site, nil, nil)
	at = g.Place("*Cart")
	if at < 0 || g.Candidates[at].Inputs[MadeSo] != 2 || g.Candidates[g.Place("error")].Inputs[MadeSo] != 0 {
		t.Errorf("what is given back is not known of %q", g.texts())
	}
}

// TestAnnotationProject: what the other files annotate is offered, and what they annotate the same name with is known.
func TestAnnotationProject(t *testing.T) {
	p := project.New(1000)
	p.Set("other.go", treesitter.Parse("go", []byte("package cart\nfunc f(store *sql.Store) {}\nfunc g(store *sql.Store, n rare.Thing) {}\n")))
	p.Set("main.go", treesitter.Parse("go", []byte("package cart\nfunc f(store own.Type) {}\n")))
	x, site := annotated(t, "go", "package cart\nfunc h(store THIS) {}\n", "store")
	g := NewAnnotation(x, site, p.View("main.go"), nil)
	at := g.Place("*sql.Store")
	if at < 0 || g.Candidates[at].Inputs[NameShareAround] != 1 || g.Place("rare.Thing") < 0 || g.Place("own.Type") >= 0 {
		t.Errorf("%q", g.texts())
	}
}

// TestNone: that an annotation is none of the candidates takes its share, which is not offered.
func TestNone(t *testing.T) {
	x, site := annotated(t, "go", cart, "limit")
	g := NewAnnotation(x, site, nil, nil)
	f, err := rank.NewForest([]string{From.String()}, [][]rank.Node{{{Input: 0, Left: 1, Right: 2, Value: float64(sources[FromForm])}, {Input: -1, Value: 0}, {Input: -1, Value: 5}}})
	if err != nil {
		t.Fatal(err)
	}
	g.Rank(&rank.Combiner{Static: map[string]*rank.Forest{GroupAnnotation: f}})
	sum := 0.0
	for _, c := range g.Candidates {
		if c.Text == "" || c.Source == FromNowhere {
			t.Errorf("offered: %+v", c)
		}
		sum += math.Exp(c.LogProb)
	}
	n := float64(len(g.Candidates))
	if want := n / (n + math.Exp(5)); math.Abs(sum-want) > 1e-9 {
		t.Errorf("the candidates share %v, want %v", sum, want)
	}
	g.RankBy(func(c *Candidate) float64 { return float64(rank.Flag(c.Text == "int64")) })
	q := g.Query(model.Query{Before: "a"})
	if len(q.Choices) == 0 || len(q.Choices) > askedTypes || q.OnePass {
		t.Errorf("asked about %q", q.Choices)
	}
	other := g.Clone()
	other.Answer(model.Prediction{Candidates: []model.Candidate{{Text: "int64", LogProb: -0.5, Vocabulary: -2, Pointer: math.Inf(-1)}}})
	if rows, _ := other.Rows(); rows[len(rows)-1][Vocabulary] != -2 {
		t.Error("the best that the model knows is not kept")
	}
	for _, c := range other.Candidates {
		over, asked := c.Inputs[ModelOver], slices.Contains(q.Choices, c.Text)
		if known := over == over; known != asked || asked && c.Text != "int64" && over >= 0 {
			t.Errorf("%s: asked %v, behind the best by %v", c.Text, asked, over)
		}
	}
	if rows, _ := g.Rows(); rows[len(rows)-1][Vocabulary] == rows[len(rows)-1][Vocabulary] {
		t.Error("the gap that was cloned has the answer, too")
	}
}

func FuzzAnnotation(f *testing.F) {
	f.Add("go", cart)
	f.Add("python", "class A:\n    x: List[int] = []\n    def f(self, y: 'A', *z: int) -> Dict[str, A]:\n        return {y: self.x}\n")
	f.Add("typescript", "interface B { a?: string | null; b(): Promise<B[]> }\n")
	p := project.New(500)
	p.Set("a", treesitter.Parse("go", []byte("package p\nfunc f(x a.B, y []c) (d, error) {}")))
	f.Fuzz(func(t *testing.T, language, text string) {
		if len(text) > 1000 {
			return
		}
		file := treesitter.Parse(language, []byte(text))
		x := names.New(file)
		for _, site := range file.TypeSites[:min(1, len(file.TypeSites))] {
			g := NewAnnotation(x, site, p.View("b"), nil)
			if len(g.Candidates) > listedTypes {
				t.Fatalf("%d candidates", len(g.Candidates))
			}
			g.Rank(rank.DefaultCombiner())
			for _, c := range g.Candidates {
				if math.IsNaN(c.LogProb) || c.LogProb > 1e-9 || !typings.Askable(c.Text) {
					t.Fatalf("%+v", c)
				}
			}
		}
	})
}
