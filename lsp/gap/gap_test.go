package gap

import (
	"math"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

const shop = `class Basket:
    def total(self, rate):
        amount = self.price * rate
        self.amount = amount
        return amount
`

// open parses a text and finds the nth occurrence of what is asked for.
func open(text, what string, nth int) (*names.Index, treesitter.Span) {
	at := 0
	for range nth {
		at += strings.Index(text[at:], what) + 1
	}
	return names.New(treesitter.Parse("python", []byte(text))), treesitter.Span{Start: at - 1, End: at - 1 + len(what)}
}

func (g *Gap) texts() []string {
	var list []string
	for _, c := range g.Candidates {
		list = append(list, c.Text)
	}
	return list
}

// TestBlind: a gap is the same whatever stood in it.
func TestBlind(t *testing.T) {
	describe := func(text, what string) *Gap {
		x, span := open(text, what, 1)
		return New(x, span, Options{Kind: treesitter.KindVariable})
	}
	a := describe(strings.Replace(shop, "return amount", "return hidden", 1), "hidden")
	b := describe(strings.Replace(shop, "return amount", "return masked", 1), "masked")
	if !slices.Equal(a.texts(), b.texts()) || slices.Contains(a.texts(), "hidden") {
		t.Fatalf("%v beside %v", a.texts(), b.texts())
	}
	for i := range a.Candidates {
		for in := range NumInputs {
			x, y := a.Candidates[i].Inputs[in], b.Candidates[i].Inputs[in]
			if x != y && (x == x || y == y) {
				t.Errorf("%s of %s: %v, and %v where another name stood", in, a.Candidates[i].Text, x, y)
			}
		}
	}
}

// TestInputs: what is known of candidates, where it can be told by looking.
func TestInputs(t *testing.T) {
	x, span := open(shop, "amount", 2) // self.amount = amount
	g := New(x, span, Options{Kind: treesitter.KindAttribute, Member: true, Receiver: "self"})
	if g.Group != GroupMember || g.Place("price") < 0 || g.Place("rate") >= 0 {
		t.Fatalf("%s: %v", g.Group, g.texts())
	}
	price := g.Candidates[g.Place("price")].Inputs
	for in, want := range map[Input]float32{Visible: 2, Seen: rank.Log1p(1), SeenLine: 0, Length: 5, Title: 0, MatchBefore: 2, Echo: 0} {
		if price[in] != want {
			t.Errorf("%s of price is %v, want %v", in, price[in], want)
		}
	}
	x, span = open(shop, "amount", 3) // = amount
	g = New(x, span, Options{Kind: treesitter.KindVariable, Prefix: "a"})
	amount := g.Candidates[g.Place("amount")].Inputs
	for in, want := range map[Input]float32{Visible: 2, Echo: 2, LineEcho: 0, Typed: 1, Seen: rank.Log1p(3), Across: 1} {
		if amount[in] != want {
			t.Errorf("%s of amount is %v, want %v", in, amount[in], want)
		}
	}
	if !math.IsNaN(float64(amount[Model])) || !math.IsNaN(float64(amount[ProjectFiles])) {
		t.Error("what was not asked is known")
	}
}

// TestSequences: fields come in the order that they have elsewhere, whatever stands between them.
func TestSequences(t *testing.T) {
	text := "class A:\n    first = 1\n    second = other()\n    third = 3\n\n\ndef copy(a, b):\n    a.first = b\n    a.missing = b\n    a.third = b\n"
	x, span := open(text, "missing", 1)
	g := New(x, span, Options{Kind: treesitter.KindVariable})
	second := g.Candidates[g.Place("second")].Inputs
	for in, want := range map[Input]float32{AfterName: 0, BelowName: rank.Log1p(1), AboveName: rank.Log1p(1), BeforeName: 0} {
		if second[in] != want {
			t.Errorf("%s of second is %v, want %v", in, second[in], want)
		}
	}
	text = strings.Replace(text, "a.", "", 3)
	x, span = open(text, "missing", 1)
	g = New(x, span, Options{Kind: treesitter.KindVariable})
	second = g.Candidates[g.Place("second")].Inputs
	for in, want := range map[Input]float32{BelowName: rank.Log1p(1), AboveName: rank.Log1p(1), AfterName: 0} {
		if second[in] != want {
			t.Errorf("%s of second is %v, want %v", in, second[in], want)
		}
	}
	x, span = open("f(one, two, three)\ng(one, missing, three)\n", "missing", 1)
	g = New(x, span, Options{Kind: treesitter.KindVariable})
	two := g.Candidates[g.Place("two")].Inputs
	for in, want := range map[Input]float32{AfterName: rank.Log1p(1), BeforeName: rank.Log1p(1), BelowName: 0} {
		if two[in] != want {
			t.Errorf("%s of two is %v, want %v", in, two[in], want)
		}
	}
}

// TestProject: names that stand only in other files are offered after the tokens that they stand behind there.
func TestProject(t *testing.T) {
	p := project.New(1000)
	p.Set("other.py", treesitter.Parse("python", []byte("import rates\nx = rates.lookup(y)\nz = rates.lookup(x)\nrates.reset()\n")))
	text := "import rates\nvalue = rates.missing(1)\n"
	x, span := open(text, "missing", 1)
	g := New(x, span, Options{Kind: treesitter.KindCall, Member: true, Receiver: "rates", Around: p.View("main.py")})
	if !slices.Contains(g.texts(), "lookup") || !slices.Contains(g.texts(), "reset") {
		t.Fatalf("%v", g.texts())
	}
	g.Rank(&rank.Combiner{})
	best := g.Candidates[0]
	if best.Text != "lookup" || best.Source != FromProject || best.Inputs[ProjectFiles] != 1 || best.Inputs[ProjectBefore] < 2 {
		t.Errorf("%+v", best)
	}
}

// TestAnswer: the model's answer is kept with its candidate, the forest that knows it ranks then, and made-up names come beside the others.
func TestAnswer(t *testing.T) {
	x, span := open(shop, "rate", 2)
	g := New(x, span, Options{Kind: treesitter.KindVariable})
	stump := func(input string, sign float64) *rank.Forest {
		f, err := rank.NewForest([]string{input}, [][]rank.Node{{{Input: 0, Left: 1, Right: 2, Value: -1}, {Input: -1, Value: -sign}, {Input: -1, Value: sign}}})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	c := &rank.Combiner{
		Static: map[string]*rank.Forest{GroupName: stump(ModelOver.String(), -1)},
		Full:   map[string]*rank.Forest{GroupName: stump(ModelOver.String(), 1)},
	}
	asked := g.Clone()
	asked.Answer(model.Prediction{Candidates: []model.Candidate{{Text: "self", LogProb: -0.1, Pointer: math.Inf(-1)}, {Text: "rate", LogProb: -5, Pointer: -1}, {Text: "unasked", LogProb: -9}}})
	asked.Rank(c)
	if asked.Candidates[0].Text != "self" || asked.Candidates[0].Inputs[Pointer] != outOfSight {
		t.Errorf("%+v", asked.Candidates[0])
	}
	if in := g.Candidates[g.Place("self")].Inputs[Model]; in == in {
		t.Error("the gap that was cloned has the answer, too")
	}
	asked.Add([]model.Candidate{{Text: "price", LogProb: -0.5}, {Text: "made", LogProb: -1}})
	made := asked.Candidates[asked.Place("made")]
	if made.Source != FromModel || made.Inputs[Vocabulary] != -1 || made.Inputs[Seen] != 0 || asked.Candidates[asked.Place("self")].Inputs[ModelOver] != 0 {
		t.Errorf("%+v", made)
	}
	sum := 0.0
	asked.Rank(c)
	for _, c := range asked.Candidates {
		sum += math.Exp(c.LogProb)
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the shares sum to %v", sum)
	}
}

// TestNames: every input has a name of its own.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for in := range NumInputs {
		if name := in.String(); name == "" || seen[name] {
			t.Errorf("input %d is called %q", in, name)
		}
		seen[in.String()] = true
	}
}

func FuzzGap(f *testing.F) {
	f.Add("python", shop, 40, 6, 3, true, "self", "a")
	f.Add("go", "package p\nfunc f() { a.b = c }", 22, 1, 2, false, "", "")
	p := project.New(500)
	p.Set("a", treesitter.Parse("go", []byte("package p\nfunc f() { a.b = c.d }")))
	f.Fuzz(func(t *testing.T, language, text string, start, length, kind int, member bool, receiver, prefix string) {
		if start < 0 || length < 0 || start > len(text) || length > len(text)-start || len(text) > 5000 || kind < 0 {
			return
		}
		x := names.New(treesitter.Parse(language, []byte(text)))
		g := New(x, treesitter.Span{Start: start, End: start + length}, Options{
			Kind: treesitter.Kind(kind % int(treesitter.NumKinds)), Member: member, Receiver: receiver, Prefix: prefix, Around: p.View("b"),
			More: []names.Name{{Text: "+"}, {Text: prefix + "x"}},
		})
		if len(g.Candidates) > described {
			t.Fatalf("%d candidates", len(g.Candidates))
		}
		g.Add([]model.Candidate{{Text: "made", LogProb: -1}})
		g.Rank(rank.DefaultCombiner())
		for _, c := range g.Candidates {
			if math.IsNaN(c.LogProb) || c.LogProb > 1e-9 {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// TestCorpus: what a corpus knows of the tokens around a gap is an input, alone and mixed with the file; without one the mixture is the file's.
func TestCorpus(t *testing.T) {
	root := ngram.Root("python")
	key := func(text string) (k ngram.Key) {
		k = root
		for _, w := range strings.Fields(text) {
			k = k.Next(ngram.TokenOf(w))
		}
		return k
	}
	m, err := ngram.New([]ngram.Family{{Name: "python", Known: 4}}, []ngram.Gram{
		{Key: key("return"), Nats: 1}, {Key: key("rate"), Nats: 6}, {Key: key("return rate"), Context: 1, Nats: 0.01}, {Key: key("return"), Context: 1, Rest: true, Nats: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	x, span := open(strings.Replace(shop, "return amount", "return missing", 1), "missing", 1)
	without := New(x, span, Options{Kind: treesitter.KindVariable})
	with := without.WithCorpus(m)
	if without.Candidates[0].Inputs[Corpus] == without.Candidates[0].Inputs[Corpus] {
		t.Error("without a corpus there is something known of it")
	}
	for i := range without.Candidates {
		a, b := &without.Candidates[i], &with.Candidates[i]
		if a.Inputs[Mixed] != a.Inputs[Project] || a.Inputs[MixedOver] != a.Inputs[ProjectOver] && !(a.Inputs[MixedOver] > -1e-3) {
			t.Errorf("%s: mixed %v, the file %v", a.Text, a.Inputs[Mixed], a.Inputs[Project])
		}
		if rate := b.Text == "rate"; (b.Inputs[CorpusBefore] == 1) != rate || (b.Inputs[CorpusKnown] == 1) != rate || (b.Inputs[CorpusPlace] == 0) != rate || rate && b.Inputs[Mixed] <= a.Inputs[Mixed] {
			t.Errorf("%s: %v", b.Text, b.Inputs[Corpus:Model])
		}
	}
	if same := with.WithCorpus(nil); same.Candidates[0].Inputs[Mixed] != without.Candidates[0].Inputs[Mixed] {
		t.Error("without the corpus again the mixture is another")
	}
}
