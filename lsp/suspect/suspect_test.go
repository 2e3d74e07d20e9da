package suspect

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/treesitter"
)

const rect = `package geometry

func grow(x, y, width, height int) Rect {
	return Rect{Point{x, y}, Point{x + width, y + height}}
}

func place(x, y, width, height int, ok bool) Rect {
	if width <= 0 || !ok && height == top.left {
		return top.right(width, height)
	}
	return Rect{Point{x, y}, Point{x + width, y + width}}
}
`

func check(t *testing.T, m Model, text string) []Finding {
	t.Helper()
	findings, err := Check(context.Background(), m, treesitter.Parse("go", []byte(text)), Options{All: true})
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// TestAll: every sort of site is scored, in the order of the text, with probabilities and alternatives that make sense.
func TestAll(t *testing.T) {
	kinds := map[string]int{}
	last := 0
	for _, f := range check(t, &modeltest.Fake{}, rect) {
		kinds[f.Code]++
		if f.Span.Start < last {
			t.Errorf("%+v is out of order", f)
		}
		last = f.Span.Start
		if f.Probability < 0 || f.Probability > 1 || math.IsNaN(f.Score) || len(f.Suggestions) == 0 || f.Suggestions[0].Text == f.Token || f.Message == "" {
			t.Errorf("%+v", f)
		}
		if rect[f.Span.Start:f.Span.End] != f.Token {
			t.Errorf("%+v stands at %q", f, rect[f.Span.Start:f.Span.End])
		}
	}
	for code, least := range map[string]int{CodeVariable: 15, CodeOperator: 8, CodeArguments: 1} {
		if kinds[code] < least {
			t.Errorf("%d of %s", kinds[code], code)
		}
	}
}

// TestSiteIsInvisible: what stands at a site changes neither the windows of its queries nor what the cache says of the candidates.
func TestSiteIsInvisible(t *testing.T) {
	one := "y + width}}\n}\n"
	at := strings.LastIndex(rect, one) + len("y + ")
	scores := map[string][]float64{}
	var windows []string
	for _, name := range []string{"width", "height", "x"} {
		fake := &modeltest.Fake{}
		text := rect[:at] + name + rect[at+len("width"):]
		var found bool
		for _, f := range check(t, fake, text) {
			if f.Span.Start != at {
				continue
			}
			found = true
			byText := map[string]float64{name: math.Log(f.Probability)}
			for _, s := range f.Suggestions {
				byText[s.Text] = s.LogProb
			}
			scores[name] = []float64{byText["width"] - byText["height"], byText["x"] - byText["height"]}
		}
		if !found {
			t.Fatalf("%s is not scored", name)
		}
		for _, q := range fake.Asked() {
			if strings.HasSuffix(q.Before, "y + ") && strings.HasPrefix(q.After, "}}\n}\n") && len(q.After) < 10 {
				windows = append(windows, q.Before+"|"+q.After)
			}
		}
	}
	for _, name := range []string{"height", "x"} {
		for i, s := range scores[name] {
			if math.Abs(s-scores["width"][i]) > 1e-9 {
				t.Errorf("with %s there: %v, with width: %v", name, scores[name], scores["width"])
			}
		}
	}
	if len(windows) != 3 || windows[0] != windows[1] || windows[1] != windows[2] {
		t.Errorf("windows %q", windows)
	}
}

type failing struct{ modeltest.Fake }

func (*failing) Scan(context.Context, []model.ScanQuery) ([][]model.SiteScore, error) {
	return nil, errors.New("out of memory")
}

func TestErrors(t *testing.T) {
	f := treesitter.Parse("go", []byte(rect))
	if _, err := Check(context.Background(), &failing{}, f, Options{All: true}); err == nil || err.Error() != "screening: out of memory" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, &modeltest.Fake{}, f, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if findings, err := Check(context.Background(), nil, f, Options{}); len(findings) > 0 || err != nil {
		t.Errorf("without a model: %v, %v", findings, err)
	}
}

// TestFewQueries: a check that reports asks the model about no more than a few percent of the sites.
func TestFewQueries(t *testing.T) {
	var text strings.Builder
	text.WriteString("package p\n")
	for range 200 {
		text.WriteString(strings.Split(rect, "\n\n")[1] + "\n\n")
	}
	fake := &modeltest.Fake{}
	f := treesitter.Parse("go", []byte(text.String()))
	findings, err := Check(context.Background(), fake, f, Options{})
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v, %v", findings, err)
	}
	sites := 0
	for _, q := range fake.Scanned() {
		sites += len(q.Sites)
	}
	if all := 200 * 9; sites+len(fake.Asked()) > all/10 {
		t.Errorf("%d sites screened, %d confirmed, of %d", sites, len(fake.Asked()), all)
	}
}

func TestTimes(t *testing.T) {
	for odds, want := range map[float64]string{1.44: "1.4x", 12.2: "12x", 347: "340x", 5000: "over 1000x"} {
		if got := times(math.Log(odds)); got != want {
			t.Errorf("%v: %s, want %s", odds, got, want)
		}
	}
}

func TestUninformative(t *testing.T) {
	for text, want := range map[string]bool{"x": true, "ab2": true, "key": true, "arg1": true, "width": false, "width, height": false, "width, x": true, "p.key": true, "keys": false} {
		if got := uninformative(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("go", rect)
	f.Add("python", "def f(a, b):\n    return a.x if b is not a.x else g(a, b) # mlm-lsp: ignore\n")
	f.Add("typescript", "f(a.b, c); // mlm-lsp: ignore\nf(c, a.b)")
	f.Fuzz(func(t *testing.T, language, text string) {
		if len(text) > 4000 {
			return
		}
		findings, err := Check(context.Background(), &modeltest.Fake{}, treesitter.Parse(language, []byte(text)), Options{All: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range findings {
			if finding.Span.Start < 0 || finding.Span.Start >= finding.Span.End || finding.Span.End > len(text) || math.IsNaN(finding.Score) {
				t.Fatalf("%+v", finding)
			}
		}
	})
}
