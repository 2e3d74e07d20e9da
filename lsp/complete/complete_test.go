package complete

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/treesitter"
)

const shop = `def price(items, discount):
    total = 0
    for item in items:
        total += item.amount
    return to
`

func at(text, marker string) int { return strings.Index(text, marker) + len(marker) }

func labels(items []Item) string {
	var list []string
	for _, item := range items {
		list = append(list, item.Label)
	}
	return strings.Join(list, " ")
}

// waiting is a model that answers when its context ends.
type waiting struct{ asked chan struct{} }

func (w waiting) Predict(ctx context.Context, _ []model.Query) ([]model.Prediction, error) {
	close(w.asked)
	<-ctx.Done()
	return nil, errors.New("terminated")
}

func TestDeadline(t *testing.T) {
	f := treesitter.Parse("python", []byte(shop))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	items, err := Complete(ctx, waiting{make(chan struct{})}, f, at(shop, "return to"), Options{})
	if !errors.Is(err, context.DeadlineExceeded) || labels(items) != "total" {
		t.Errorf("%s, %v", labels(items), err)
	}
}

func TestCancellation(t *testing.T) {
	f := treesitter.Parse("python", []byte(shop))
	ctx, cancel := context.WithCancel(context.Background())
	w := waiting{make(chan struct{})}
	go func() { <-w.asked; cancel() }()
	if items, err := Complete(ctx, w, f, at(shop, "return to"), Options{}); !errors.Is(err, context.Canceled) || items != nil {
		t.Errorf("%v, %v", items, err)
	}
}

type broken struct{}

func (broken) Predict(context.Context, []model.Query) ([]model.Prediction, error) {
	return nil, errors.New("out of memory")
}

func TestModelFails(t *testing.T) {
	f := treesitter.Parse("python", []byte(shop))
	items, err := Complete(context.Background(), broken{}, f, at(shop, "return to"), Options{})
	if err == nil || err.Error() != "ranking completions: out of memory" || labels(items) != "total" {
		t.Errorf("%s, %v", labels(items), err)
	}
}

func TestWithoutModel(t *testing.T) {
	f := treesitter.Parse("python", []byte(shop))
	items, err := Complete(context.Background(), nil, f, at(shop, "item."), Options{})
	if err != nil || strings.Contains(" "+labels(items)+" ", " amount ") {
		t.Errorf("the member that stands at the cursor is no evidence for itself: %s, %v", labels(items), err)
	}
}

// TestQueries: what is typed is a prefix and stands in no window; what follows the name stays.
func TestQueries(t *testing.T) {
	fake := &modeltest.Fake{}
	text := "def area(width, height):\n    return wid_old * height\n"
	f := treesitter.Parse("python", []byte(text))
	items, err := Complete(context.Background(), fake, f, at(text, "return wid"), Options{})
	if err != nil || labels(items) != "width" {
		t.Fatalf("%s, %v", labels(items), err)
	}
	if got, want := items[0].Span, (treesitter.Span{Start: at(text, "return "), End: at(text, "return wid")}); got != want {
		t.Errorf("replaced %v, want %v", got, want)
	}
	asked := fake.Asked()
	if len(asked) != 2 {
		t.Fatalf("%d queries", len(asked))
	}
	for _, q := range asked {
		if !strings.HasSuffix(q.Before, "return ") || !strings.HasPrefix(q.After, " * height") || q.Language != "python" {
			t.Errorf("query %+v", q)
		}
	}
	if asked[0].Choices == nil || asked[1].Prefix != "wid" {
		t.Errorf("queries %+v", asked)
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"python", "x = 1  # com|ment", "no"},
		{"python", "x = 'te|xt'", "no"},
		{"python", "x = 'text'|", "no"},
		{"python", "x = 12|", "no"},
		{"python", "x = 1.|", "no"},
		{"python", "def na|", "defining"},
		{"python", "x.y|", "member"},
		{"python", "f(a)[0].|", "member"},
		{"go", "package p\nfunc f(a ...|", "free"},
		{"go", "package p\n/* a */|", "free"},
		{"javascript", "a?.b|", "member"},
		{"javascript", "const value|", "defining"},
		{"go", "package p\nvar _ = f()|", "no"},
		{"go", "package p\nvar _ = f() |", "free"},
		{"go", "|", "free"},
	} {
		offset := strings.Index(c.text, "|")
		text := strings.Replace(c.text, "|", "", 1)
		cursor, ok := find(treesitter.Parse(c.language, []byte(text)), offset)
		got := "free"
		switch {
		case !ok:
			got = "no"
		case cursor.member:
			got = "member"
		case cursor.defining:
			got = "defining"
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
	f := treesitter.Parse("go", []byte("package p"))
	for _, offset := range []int{-1, 10, 1 << 40} {
		if items, err := Complete(context.Background(), nil, f, offset, Options{}); items != nil || err != nil {
			t.Errorf("offset %d: %v, %v", offset, items, err)
		}
	}
}

func TestReceiver(t *testing.T) {
	for text, want := range map[string]string{
		"x = a.b.": "a.b", "f(a.b, c).": "f(a.b, c)", "rows[i].x.": "rows[i].x", "a?.": "a", "(a + b).": "(a + b)", ".": "", "return this.": "this", "x = 'a'.": "",
	} {
		if got := receiverBefore([]byte(text[:len(text)-1])); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzComplete(f *testing.F) {
	f.Add("python", shop, 40)
	f.Add("go", "package p\nfunc f() { a.", 23)
	f.Add("tsx", "<a.b c={`${d.}`}>", 12)
	f.Add("tsx", "< !AA A=!\x7f\xffA<${A\xe1\xda\u07b1", 15) // a name with a control character in it
	fake := &modeltest.Fake{Rules: []modeltest.Rule{{Candidates: []model.Candidate{{Text: "made", LogProb: -1}, {Text: "x y", LogProb: -2}}}}}
	f.Fuzz(func(t *testing.T, language, text string, offset int) {
		if len(text) > 4000 {
			return
		}
		items, err := Complete(context.Background(), fake, treesitter.Parse(language, []byte(text)), offset, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			if item.Span.Start < 0 || item.Span.End != offset || item.Span.Start > offset || !names.IsName(item.Label) {
				t.Fatalf("item %+v at %d", item, offset)
			}
		}
	})
}

// learnt is a model that says which languages it knows, and remembers what it was asked for of its own.
type learnt struct {
	languages []string
	made      []model.Query
}

func (l *learnt) Info() model.Info { return model.Info{Languages: l.languages} }

func (l *learnt) Predict(_ context.Context, qs []model.Query) ([]model.Prediction, error) {
	out := make([]model.Prediction, len(qs))
	for i, q := range qs {
		for _, c := range q.Choices {
			out[i].Candidates = append(out[i].Candidates, model.Candidate{Text: c, LogProb: -1})
		}
		if q.Choices == nil {
			l.made = append(l.made, q)
		}
	}
	return out, nil
}

// A model makes up names in languages that it has learnt; in others it ranks those that there are.
func TestMadeUpNamesOfKnownLanguages(t *testing.T) {
	f := treesitter.Parse("python", []byte(shop))
	for _, c := range []struct {
		languages []string
		made      int
	}{{[]string{"go", "python"}, 1}, {[]string{"go"}, 0}, {nil, 1}} {
		m := &learnt{languages: c.languages}
		items, err := Complete(context.Background(), m, f, at(shop, "return to"), Options{})
		if err != nil || labels(items) != "total" || len(m.made) != c.made {
			t.Errorf("knowing %q: %s, %d times asked for names, error %v", c.languages, labels(items), len(m.made), err)
		}
	}
}

// TestElsewhere: what only other files of the project define is offered once something is typed of it, behind a dot with the members of classes, and never where a name is made.
func TestElsewhere(t *testing.T) {
	asked := ""
	opts := Options{Elsewhere: func(prefix string, member bool) []string {
		asked = fmt.Sprintf("%s %v", prefix, member)
		return []string{"rates_of", "rate"}
	}}
	for text, want := range map[string]string{"rate = 1\nx = ra": "ra false", "x.ra": "ra true", "x = ": "", "def ra": ""} {
		asked = ""
		items, err := Complete(context.Background(), nil, treesitter.Parse("python", []byte(text)), len(text), opts)
		if err != nil {
			t.Fatal(err)
		}
		times := map[string]int{}
		source := ""
		for _, item := range items {
			if times[item.Label]++; item.Label == "rates_of" {
				source = item.Source
			}
		}
		if asked != want {
			t.Errorf("%q: asked for %q, want %q", text, asked, want)
		}
		if offered := want != ""; times["rates_of"] > 0 != offered || times["rate"] > 1 || offered && source != gap.FromProject {
			t.Errorf("%q: offered %v, from %q", text, times, source)
		}
	}
}
