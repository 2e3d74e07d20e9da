package evaluate

import (
	"math"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model/ngram"
	counting "mlm-lsp/training/ngram"
	"mlm-lsp/treesitter"
)

// counted are the n-grams of a text that several projects hold.
func counted(t *testing.T, language, text string) *ngram.Model {
	t.Helper()
	var counter counting.Counter
	for project := range 5 {
		counter.Add(language, project, strings.Fields(text))
	}
	m, err := counter.Model(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMixture: the corpus knows what the file does not, and the file what the corpus does not; what stands in the gap is known to neither.
func TestMixture(t *testing.T) {
	m := counted(t, "python", "for index , element in enumerate ( items ) :")
	const text = "load(registry, name)\nload(registry, name)\nload(registry, title)\nfor index, element in XXX(items):\n    pass\n"
	score := func(at string, candidates ...string) []float64 {
		f := treesitter.Parse("python", []byte(text))
		start := strings.Index(text, at)
		return mixture(m, names.New(f), treesitter.Span{Start: start, End: start + len(at)}, singles(candidates))
	}
	if s := score("XXX", "enumerate", "load", "XXX"); !(s[0] > s[1] && s[0] > s[2]) {
		t.Errorf("the corpus' word has %v, another %v, what stands there %v", s[0], s[1], s[2])
	}
	if s := score("title", "name", "enumerate", "title"); !(s[0] > s[1] && s[0] > s[2]) {
		t.Errorf("the file's word has %v, the corpus' %v, what stands there %v", s[0], s[1], s[2])
	}
	// Of one token or of three: the mean over the tokens compares.
	f := treesitter.Parse("python", []byte(text))
	start := strings.Index(text, "XXX")
	s := mixture(m, names.New(f), treesitter.Span{Start: start, End: start + 3}, [][]string{{"enumerate"}, {"a", ".", "b"}})
	if math.IsNaN(s[0]) || math.IsNaN(s[1]) || s[0] <= s[1] {
		t.Errorf("scores %v", s)
	}
}

// TestBesideTheModel: in every task the n-grams answer every case, and what is shown to people states how sure it is.
func TestBesideTheModel(t *testing.T) {
	common := Common{PerClass: 4, NGrams: counted(t, "go", "sum += item . price * float64 ( item . count ) return sum * ( 1 + rate )")}
	files, model := sources(source), subject(&oracle{text: source})
	for _, run := range []func() (Result, error){
		func() (Result, error) { return Cloze(t.Context(), model, files, ClozeOptions{Common: common}) },
		func() (Result, error) { return Complete(t.Context(), model, files, CompleteOptions{Common: common}) },
		func() (Result, error) { return Types(t.Context(), model, files, TypesOptions{Common: common}) },
		func() (Result, error) {
			return Probes(t.Context(), model, ProbesOptions{Common: common, Languages: []string{"go"}})
		},
	} {
		r, err := run()
		if err != nil {
			t.Fatal(err)
		}
		stated := 0
		for _, c := range r.Cases {
			if _, ok := c.Systems[SystemNGram]; !ok {
				t.Errorf("%s: the n-grams do not answer %s at line %d", r.Task, c.Class, c.Line)
			}
			o := c.Systems[SystemCombined]
			if o.Confidence < 0 || o.Confidence > 1.0001 {
				t.Errorf("%s: %s with a probability of %v", r.Task, o.Top, o.Confidence)
			}
			if o.Confidence > 0 {
				stated++
			}
			if _, covered := o.Measures["of covered@1"]; r.Task == "cloze" && covered != (c.Systems[SystemCandidates].Measures["covered"].Sum == 1) {
				t.Errorf("%s at line %d counts among the covered: %v", c.Answer, c.Line, covered)
			}
		}
		if len(r.Cases) == 0 || r.Task != "probes" && stated == 0 {
			t.Errorf("%s: %d of %d cases state how sure the answer is", r.Task, stated, len(r.Cases))
		}
	}
}
