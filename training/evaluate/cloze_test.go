package evaluate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

const source = `package shop

import "fmt"

type Item struct {
	price float64
	count int
}

func total(items []Item, rate float64) float64 {
	sum := 0.0
	for _, item := range items {
		if item.count > 0 && item.price >= 1 {
			sum += item.price * float64(item.count)
		}
	}
	fmt.Println(sum, rate)
	return sum * (1 + rate)
}

func cheapest(items []Item, rate float64) (best Item) {
	for _, item := range items {
		if item.count > 0 && item.price < best.price {
			best = item
		}
	}
	fmt.Println(best, rate)
	return best
}
`

// oracle knows the text: it puts the choice that fits it first, or last when it is contrary.
type oracle struct {
	text     string
	contrary bool
	queries  []model.Query
}

func (o *oracle) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := make([]model.Prediction, len(qs))
	for i, q := range qs {
		o.queries = append(o.queries, q)
		choices := q.Choices
		if choices == nil {
			choices = []string{"generated"}
		}
		var rest []model.Candidate
		for k, choice := range choices {
			fits := strings.Contains(o.text, q.Before[max(0, len(q.Before)-60):]+choice+q.After[:min(len(q.After), 60)])
			c := model.Candidate{Text: choice, LogProb: -float64(k) - 1}
			if fits != o.contrary {
				c.LogProb = 0
				out[i].Candidates = append(out[i].Candidates, c)
			} else {
				rest = append(rest, c)
			}
		}
		out[i].Candidates = append(out[i].Candidates, rest...)
		out[i].Rows = len(choices)
		if q.OnePass {
			out[i].Rows = 1
		}
	}
	return out, nil
}

// Subwords counts four letters as one.
func (o *oracle) Subwords(text string) int { return (len(text) + 3) / 4 }

func subject(a Asker) []Subject { return []Subject{{Name: "oracle", Asker: a}} }

func sources(texts ...string) (list []Source) {
	for i, text := range texts {
		list = append(list, Source{Path: fmt.Sprintf("%d.go", i), Project: "shop", File: treesitter.Parse("go", []byte(text))})
	}
	return list
}

func find(t *testing.T, r Result, class, slice string) Row {
	t.Helper()
	row, ok := r.Find(class, slice)
	if !ok {
		t.Fatalf("no row %s, %s", class, slice)
	}
	return row
}

func (r Row) value(system, metric string) float64 { return r.Systems[system][metric].Value }

func TestCloze(t *testing.T) {
	right := &oracle{text: source}
	opts := ClozeOptions{Common: Common{PerClass: 30}, Generate: true}
	r, err := Cloze(t.Context(), subject(right), sources(source), opts)
	if err != nil {
		t.Fatal(err)
	}
	all := find(t, r, "all", "all")
	covered := all.value(SystemCandidates, "covered")
	if all.Count != len(r.Cases) || all.Count < 30 || covered < 0.7 || covered == 1 {
		t.Errorf("of %d cases %v are covered; cheapest or total stand nowhere else", all.Count, covered)
	}
	if got := all.value(SystemModel, "@1"); got != covered {
		t.Errorf("an oracle is right in %v of the cases, %v are covered", got, covered)
	}
	for _, system := range []string{SystemCache, SystemRecency, SystemProject, SystemCombined} {
		if a, five, mrr := all.value(system, "@1"), all.value(system, "@5"), all.value(system, "MRR"); a < 0.05 || a > five || five > covered || mrr < a {
			t.Errorf("%s: %v, %v, %v", system, a, five, mrr)
		}
	}
	if all.value(SystemCombined, "@1") < all.value(SystemCache, "@1") {
		t.Errorf("with an oracle: %v; by the cache alone: %v", all.value(SystemCombined, "@1"), all.value(SystemCache, "@1"))
	}
	if all.value(SystemGenerated, "@1") != 0 {
		t.Error("nonsense that was generated counts as right")
	}
	parts := 0
	for _, slice := range sliceSeen {
		if row, ok := r.Find("all", slice); ok {
			parts += row.Count
		}
	}
	if parts != all.Count {
		t.Errorf("seen and unseen together are %d of %d", parts, all.Count)
	}
	if names := find(t, r, "names", "go"); names.Count != find(t, r, "variable", "all").Count+find(t, r, "attribute", "all").Count+find(t, r, "call", "all").Count {
		t.Errorf("%d names", names.Count)
	}

	wrong := &oracle{text: source, contrary: true}
	r, err = Cloze(t.Context(), subject(wrong), sources(source), opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, r, "names", "all").value(SystemModel, "@1"); got > 0.1 {
		t.Errorf("a contrary oracle is right in %v of the cases", got)
	}
}

// TestHeads: a model with a pointer head is measured with one row, and by each head alone.
func TestHeads(t *testing.T) {
	o := &oracle{text: source}
	subjects := subject(o)
	subjects[0].Pointer = true
	r, err := Cloze(t.Context(), subjects, sources(source), ClozeOptions{Common: Common{PerClass: 10}, Heads: true})
	if err != nil {
		t.Fatal(err)
	}
	asked := len(o.queries)
	names := find(t, r, "names", "all")
	for _, system := range []string{SystemSpelt, SystemPointer, SystemVocabulary} {
		if got, want := names.value(system, "@1"), names.value(SystemCandidates, "covered"); got != want {
			t.Errorf("%s: %v, want %v", system, got, want)
		}
	}
	if one, pointer, vocabulary, both := names.value(SystemModel, "rows"), names.value(SystemPointer, "rows"), names.value(SystemVocabulary, "rows"),
		names.value(SystemSpelt, "rows"); one != 1 || pointer != 1 || !(vocabulary > 2) || both != vocabulary {
		t.Errorf("rows: in one pass %v, the pointer %v, the vocabulary %v, spelt out %v", one, pointer, vocabulary, both)
	}
	if r, err := Cloze(t.Context(), subjects, sources(source), ClozeOptions{Common: Common{PerClass: 10}}); err != nil {
		t.Fatal(err)
	} else if row := find(t, r, "names", "all"); row.Systems[SystemVocabulary] != nil || row.Systems[SystemSpelt] != nil || row.value(SystemCombined, "@1") == 0 {
		t.Errorf("without its heads apart: %v", row.Systems)
	}
	o.queries = o.queries[:asked]
	var onePass, bare int
	for _, q := range o.queries {
		if q.OnePass {
			onePass++
		}
		if len(q.Choices) > 1 && q.NamesBefore == nil && q.NamesAfter == nil {
			bare++
		}
	}
	if bare == 0 || onePass == 0 || onePass >= bare { // the features ask about names in one row, the vocabulary head is asked about all
		t.Errorf("%d queries for one row, %d without names in sight", onePass, bare)
	}
}

// TestSubjects: several models answer the same cases, and the table says by how much they differ.
func TestSubjects(t *testing.T) {
	var texts []string
	for i := range minClusters {
		texts = append(texts, strings.ReplaceAll(source, "item", fmt.Sprintf("thing%d", i)))
	}
	all := strings.Join(texts, "\n")
	both := []Subject{{Name: "wrong", Asker: &oracle{text: all, contrary: true}}, {Name: "right", Asker: &oracle{text: all}}}
	r, err := Cloze(t.Context(), both, sources(texts...), ClozeOptions{Common: Common{PerClass: 60}})
	if err != nil {
		t.Fatal(err)
	}
	row := find(t, r, "variable", "all")
	if row.Interval != IntervalBootstrap || row.Files != minClusters {
		t.Errorf("%d files, %s", row.Files, row.Interval)
	}
	for _, d := range row.Differences {
		if d.Pair == (Pair{"right: model", "wrong: model"}) {
			if at1 := d.Measures["@1"]; at1.Low < 0.3 || at1.Value < at1.Low || at1.High < at1.Value {
				t.Errorf("right less wrong: %+v", at1)
			}
			return
		}
	}
	t.Errorf("no difference between the models among %+v", row.Differences)
}

func TestAnswerIsInvisible(t *testing.T) {
	o := &oracle{text: source}
	// Each occurrence of a name that stands once is a case; no query may hold it.
	text := strings.Replace(source, "fmt.Println(best, rate)", "fmt.Println(best, uniqueName)", 1)
	if _, err := Cloze(t.Context(), subject(o), sources(text), ClozeOptions{Common: Common{PerClass: 100}, WindowBytes: 5000}); err != nil {
		t.Fatal(err)
	}
	asked := false
	for _, q := range o.queries {
		around := q.Before + q.After
		if !strings.Contains(around, "uniqueName") && len(q.Choices) != 1 { // alone, its spelling is measured
			asked = true
			for _, c := range q.Choices {
				if c == "uniqueName" {
					t.Error("the only occurrence is among its own choices")
				}
			}
		}
	}
	if !asked {
		t.Error("the unique name was not asked for")
	}
}

func TestClozeIsDeterministic(t *testing.T) {
	run := func(seed uint64) Result {
		r, err := Cloze(t.Context(), subject(&oracle{text: source}), sources(source, strings.ReplaceAll(source, "item", "thing")), ClozeOptions{Common: Common{PerClass: 5, Seed: seed}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if !reflect.DeepEqual(run(1).Cases, run(1).Cases) {
		t.Error("one seed, two results")
	}
	if reflect.DeepEqual(run(1).Cases, run(2).Cases) {
		t.Error("two seeds drew the same cases")
	}
}

func TestClozeErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Cloze(ctx, subject(&oracle{}), sources(source), ClozeOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	if _, err := Cloze(t.Context(), subject(&oracle{}), sources(""), ClozeOptions{}); err == nil {
		t.Error("nothing to ask for is no error")
	}
}

// TestSeen: where an answer was seen is looked up in the file, then in the files beside it.
func TestSeen(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a/go.mod", "module a\n")
	write("a/x/one.go", "package x\n\nfunc one(first int) int {\n\treturn shared(first) + lonely(later)\n}\n\nvar q = later\n")
	write("a/y/two.go", "package x\n\nfunc shared(second int) int {\n\treturn second * 2\n}\n")
	write("b/three.go", "package b\n\nfunc lonely(second int) int {\n\treturn second * 2\n}\n")
	list, err := Load(t.Context(), []string{dir}, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Project == list[1].Project {
		t.Fatalf("%d files: %+v", len(list), list)
	}
	r, err := Cloze(t.Context(), subject(&oracle{}), list, ClozeOptions{Common: Common{PerClass: 100}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"first": "seen before", "later": "seen only after", "shared": "in the project", "lonely": "unseen"}
	for _, c := range r.Cases {
		if slice, ok := want[c.Answer]; ok && c.Line == 4 && strings.HasSuffix(c.Path, "one.go") {
			if c.Slices[0] != slice {
				t.Errorf("%s is %q, want %q", c.Answer, c.Slices[0], slice)
			}
			delete(want, c.Answer)
		}
	}
	if len(want) > 0 {
		t.Errorf("not asked: %v", want)
	}
}

func TestAtMost(t *testing.T) {
	drawn := strings.Fields("a1 a2 a3 a4 b1 a5 b2 b3 c1")
	file := func(s string) byte { return s[0] }
	for n, want := range map[int]string{4: "a1 a2 b1 b2", 7: "a1 a2 b1 b2 c1 a3 a4", 20: "a1 a2 b1 b2 c1 a3 a4 a5 b3"} {
		if got := strings.Join(atMost(drawn, n, file), " "); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestImportsAreNotAsked: the parts of a path cannot be known.
func TestImportsAreNotAsked(t *testing.T) {
	text := "import com.shop.cart.Basket;\n\nclass Till {\n    int sum(Basket basket) {\n        return basket.count + basket.price;\n    }\n}\n"
	list := []Source{{Path: "Till.java", Project: "shop", File: treesitter.Parse("java", []byte(text))}}
	r, err := Cloze(t.Context(), subject(&oracle{}), list, ClozeOptions{Common: Common{PerClass: 50}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Cases {
		if c.Line == 1 {
			t.Errorf("%s of the import is asked", c.Answer)
		}
	}
	if len(r.Cases) == 0 {
		t.Error("nothing is asked")
	}
}

func TestLoadErrors(t *testing.T) {
	if _, err := Load(t.Context(), []string{t.TempDir()}, LoadOptions{}); err == nil || !strings.Contains(err.Error(), "name files or directories") {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestPrint(t *testing.T) {
	r, err := Cloze(t.Context(), subject(&oracle{}), sources(source), ClozeOptions{Common: Common{PerClass: 10}})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(Result, *bytes.Buffer) error{
		"text":     func(r Result, b *bytes.Buffer) error { return r.Print(b) },
		"markdown": func(r Result, b *bytes.Buffer) error { return r.Markdown(b) },
		"json":     func(r Result, b *bytes.Buffer) error { return r.JSON(b) },
		"html":     func(r Result, b *bytes.Buffer) error { return r.HTML(b) },
		"cases":    func(r Result, b *bytes.Buffer) error { return r.CasesJSON(b) },
	} {
		var b bytes.Buffer
		if err := write(r, &b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		least := len(r.Rows)
		switch name {
		case "cases":
			least = len(r.Cases)
		case "markdown", "text":
			least = 8
		case "html":
			least = 1
		}
		if len(lines) < least || !strings.Contains(b.String(), "combined") || strings.Contains(b.String(), "NaN") {
			t.Errorf("%s: %d lines, want %d:\n%.2000s", name, len(lines), least, b.String())
		}
	}
}

func TestWilson(t *testing.T) {
	// Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
	for _, c := range []struct{ k, n, low, high float64 }{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		low, high := Wilson(c.k, c.n)
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%v of %v: %.4f to %.4f, want %v to %v", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

// TestBootstrap: cases that come in clusters leave more doubt than as many single ones.
func TestBootstrap(t *testing.T) {
	layout := Layout{Metrics: []Metric{{Name: "@1"}}}
	row := func(files int) Estimate {
		var group []*Case
		for i := range 400 {
			file := i % files
			c := &Case{Path: fmt.Sprint(file), Systems: map[string]Outcome{"s": {Measures: map[string]Ratio{"@1": {float64(file % 2), 1}}}}}
			group = append(group, c)
		}
		return estimate(layout, "c", "s", group, 1).Systems["s"]["@1"]
	}
	many, few := row(400), row(16)
	if many.Value != 0.5 || few.Value != 0.5 {
		t.Fatalf("%+v %+v", many, few)
	}
	// The standard error is sqrt(1/4/files).
	for files, e := range map[float64]Estimate{400: many, 16: few} {
		want := 2 * 1.96 * math.Sqrt(0.25/files)
		if got := e.High - e.Low; math.Abs(got/want-1) > 0.15 {
			t.Errorf("%v files: an interval of %.3f, want about %.3f", files, got, want)
		}
	}
}
