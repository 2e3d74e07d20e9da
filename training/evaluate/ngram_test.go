package evaluate

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/training/ngram"
	"mlm-lsp/treesitter"
)

func TestCountNGrams(t *testing.T) {
	root := t.TempDir()
	size := 0
	for p := range 6 {
		project := fmt.Sprintf("project%d", p)
		if p == 5 {
			project = "requests-2.34.2" // an evaluation project
		}
		for f := range 10 {
			text := fmt.Sprintf("# a comment of its own\ndef area%d%d(width, height):\n    size = width * height\n    return size + %d * %d\n", p, f, p, f)
			text += strings.Repeat(fmt.Sprintf("\n\ndef other%d%d(argument):\n    print('word%d', argument, word%d)\n    return argument.field%d\n", p, f, 100*p+f, 7*p+f, f), 2)
			path := filepath.Join(root, project, fmt.Sprintf("module%d.py", f))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if p == 0 && f == 0 {
				size = len(text)
			}
		}
	}
	var roots []string
	for p := range 5 {
		roots = append(roots, filepath.Join(root, fmt.Sprintf("project%d", p)))
	}
	roots = append(roots, filepath.Join(root, "requests-2.34.2"))
	all, err := CountNGrams(t.Context(), roots, NGramOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Families) != 1 || all.Families[0].Name != "python" || all.Families[0].Files == 0 || all.Families[0].Files > 50 {
		t.Fatalf("counted %+v, want at most the fifty files of five projects", all.Families)
	}
	p := all.Probabilities("python", strings.Fields("size = width * height"), 1)
	for i, probability := range p {
		if probability < 0.5 {
			t.Errorf("token %d of the line that all files hold has %v", i+1, probability)
		}
	}
	if p := all.Probabilities("python", []string{"# a comment of its own"}, 0)[0]; p > 0.01 {
		t.Errorf("a comment is counted: %v", p)
	}
	few, err := CountNGrams(t.Context(), roots, NGramOptions{Bytes: 10 * size})
	if err != nil {
		t.Fatal(err)
	}
	if n := few.Families[0].Files; n == 0 || n > 10 {
		t.Errorf("%d files within the bytes of ten", n)
	}
	if _, err := CountNGrams(t.Context(), []string{t.TempDir()}, NGramOptions{}); err == nil {
		t.Error("nothing is counted without an error")
	}
}

// TestMixture: the corpus knows what the file does not, and the file what the corpus does not; what stands in the gap is known to neither.
func TestMixture(t *testing.T) {
	var counter ngram.Counter
	for range 5 {
		counter.Add("python", strings.Fields("for index , element in enumerate ( items ) :"))
	}
	m := counter.Model()
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
	var counter ngram.Counter
	counter.Add("go", strings.Fields("sum += item . price * float64 ( item . count ) return sum * ( 1 + rate )"))
	common := Common{PerClass: 4, NGrams: counter.Model()}
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
