package suspect

import (
	"context"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

const misspelt = `import os


class Box:
    """A box that knows its weight."""

    def __init__(self, height, width):
        self.height = height
        self.width = width

    def clamp(self, value, low, high):
        if value > high:
            return hgih
        print(self.hieght, os.path.exsits("x"))
        raise ValueEror(low)

    def weigh(self):
        return wieght(self) + weight2(self)
`

// TestSlips: a name that stands nowhere else is offered those that are one slip away, whatever letters the two begin with: the file's, the language's own, other projects' members.
func TestSlips(t *testing.T) {
	e, err := Examine(context.Background(), nil, treesitter.Parse("python", []byte(misspelt)), Options{All: true})
	if err != nil {
		t.Fatal(err)
	}
	slip, strange := slices.Index(ChoiceInputs(), "slip"), slices.Index(Inputs(), "strange")
	for _, c := range []struct {
		wrong, right string
		slip         names.Slip
		strange      float32
	}{
		{"hgih", "high", names.SlipExchange, 4}, {"hieght", "height", names.SlipExchange, 6}, {"exsits", "exists", names.SlipExchange, 6}, {"ValueEror", "ValueError", names.SlipDouble, 4},
	} {
		i := e.At(strings.Index(misspelt, c.wrong))
		if i < 0 {
			t.Fatalf("%s is not scored", c.wrong)
		}
		k := slices.Index(e.Choices(i), c.right)
		if k < 0 {
			t.Errorf("for %s there is no %s among %v", c.wrong, c.right, e.Choices(i))
			continue
		}
		if got := e.Known(i, k)[slip]; got != float32(c.slip) {
			t.Errorf("%s for %s: slip %v, want %v", c.wrong, c.right, got, c.slip)
		}
		if got := e.KnownOfSite(i)[strange]; got != c.strange {
			t.Errorf("%s: %v strange letters, want %v", c.wrong, got, c.strange)
		}
	}
	undefined := slices.Index(Inputs(), "undefined")
	for token, want := range map[string]float32{"hgih": 1, "ValueEror": 1, "value >": 0, "print": 0, "hieght": 0, "os.path": 0} {
		if got := e.KnownOfSite(e.At(strings.Index(misspelt, token)))[undefined]; got != want {
			t.Errorf("%s: undefined %v, want %v", token, got, want)
		}
	}
	// What a docstring speaks of is no strange word.
	if got := e.KnownOfSite(e.At(strings.Index(misspelt, "weight2")))[strange]; got != 1 {
		t.Errorf("weight2: %v strange letters, want that of the 2", got)
	}
}

// TestProject: names of the project's other files are offered for one that is one slip away, and all that the project knows of a choice is known of it; without a project it is unknown.
func TestProject(t *testing.T) {
	p := project.New(1000)
	p.Set("other.py", treesitter.Parse("python", []byte("def resize(box):\n    box.resize_all(1)\n    box.resize_all(2)\n")))
	const text = "def f(box, items):\n    box.resise_all(3)\n    resize(items)\n"
	of := func(around *project.View, token, choice string) map[string]float32 {
		e, err := Examine(context.Background(), nil, treesitter.Parse("python", []byte(text)), Options{All: true, Around: around})
		if err != nil {
			t.Fatal(err)
		}
		i := e.At(strings.Index(text, token))
		if i < 0 {
			return nil // nothing else could stand there
		}
		k := slices.Index(e.Choices(i), choice)
		if k < 0 {
			return nil
		}
		known := map[string]float32{}
		for n, name := range ChoiceInputs() {
			known[name] = e.Known(i, k)[n]
		}
		return known
	}
	if known := of(nil, "resise_all", "resize_all"); known != nil {
		t.Error("resize_all is offered without the project")
	}
	known := of(p.View("main.py"), "resise_all", "resize_all")
	if known == nil || known["files"] != 1 || known["project sort"] != rank.Log1p(2) || known["project defined"] != 0 || known["project over"] <= 0 {
		t.Errorf("of resize_all is known %v", known)
	}
	if known = of(p.View("main.py"), "resize(", "resize"); known["project defined"] != rank.Log1p(1) || known["own files"] != 1 {
		t.Errorf("of resize is known %v", known)
	}
	if known = of(nil, "resize(", "resize"); known["files"] == known["files"] || known["project"] != known["cache"] {
		t.Errorf("without a project of resize is known %v", known)
	}
	if known = of(p.View("other.py"), "resize(", "resize"); known["files"] != 0 {
		t.Errorf("to itself the project says of resize %v", known)
	}
}

// TestCorpus: what a corpus knows of the tokens around a site is known of its choices, alone and mixed with the file; without one it is unknown, and the mixture is the file's.
func TestCorpus(t *testing.T) {
	key := func(text string) ngram.Key {
		k := ngram.Root("python")
		for _, w := range strings.Fields(text) {
			k = k.Next(ngram.TokenOf(w))
		}
		return k
	}
	corpus, err := ngram.New([]ngram.Family{{Name: "python", Known: 4}}, []ngram.Gram{
		{Key: key("return"), Nats: 1}, {Key: key("high"), Nats: 6}, {Key: key("return high"), Context: 1, Nats: 0.01}, {Key: key("return"), Context: 1, Rest: true, Nats: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	inputs := ChoiceInputs()
	of := func(corpus *ngram.Model) map[string][]float32 {
		e, err := Examine(context.Background(), nil, treesitter.Parse("python", []byte(misspelt)), Options{All: true, Corpus: corpus})
		if err != nil {
			t.Fatal(err)
		}
		i := e.At(strings.Index(misspelt, "hgih"))
		known := map[string][]float32{}
		for k, choice := range e.Choices(i) {
			known[choice] = e.Known(i, k)
		}
		return known
	}
	in := func(name string) int { return slices.Index(inputs, name) }
	without, with := of(nil), of(corpus)
	for choice, known := range without {
		if v := known[in("corpus")]; v == v || known[in("mixed")] != known[in("project")] {
			t.Errorf("without a corpus of %s is known %v, mixed %v", choice, v, known[in("mixed")])
		}
		high, other := choice == "high", with[choice]
		if (other[in("corpus before")] == 1) != high || (other[in("corpus known")] == 1) != high || (other[in("corpus")] == 0) != high {
			t.Errorf("of %s the corpus says %v, %v, %v", choice, other[in("corpus before")], other[in("corpus known")], other[in("corpus")])
		}
	}
	if with["high"][in("mixed over")] <= without["high"][in("mixed over")] || with["high"][in("corpus over")] <= 0 {
		t.Errorf("high over hgih: mixed %v, without a corpus %v", with["high"][in("mixed over")], without["high"][in("mixed over")])
	}
}

// TestMisspelt: a name that stands nowhere else, in no file of the project, and is one slip from what was likeliest meant is misspelt, any other misused.
func TestMisspelt(t *testing.T) {
	table := *rank.Default()
	forest, err := rank.NewForest([]string{"slip"}, [][]rank.Node{{{Input: 0, Left: 1, Right: 2, Value: 0.5}, {Input: -1, Value: 0}, {Input: -1, Value: 5}}})
	if err != nil {
		t.Fatal(err)
	}
	table.Repair = map[string]*rank.Forest{groupName: forest, groupMember: forest}
	codes := func(around *project.View) map[string]string {
		findings, err := Check(context.Background(), nil, treesitter.Parse("python", []byte(misspelt)), Options{All: true, Table: &table, Around: around})
		if err != nil {
			t.Fatal(err)
		}
		codes := map[string]string{}
		for _, f := range findings {
			codes[f.Token] = f.Code
		}
		return codes
	}
	p := project.New(100)
	p.Set("other.py", treesitter.Parse("python", []byte("hgih = 1\n")))
	alone, among := codes(nil), codes(p.View("main.py"))
	for token, want := range map[string]string{"hgih": CodeMisspelt, "hieght": CodeMisspelt, "high": CodeVariable, "height": CodeVariable} {
		if alone[token] != want {
			t.Errorf("%s: %s, want %s", token, alone[token], want)
		}
		if token == "hgih" {
			want = CodeVariable
		}
		if among[token] != want {
			t.Errorf("%s, where another file has hgih: %s, want %s", token, among[token], want)
		}
	}
}
