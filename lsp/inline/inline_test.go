package inline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/treesitter"
)

// byMean is a table that believes what the model is sure of.
func byMean(t testing.TB) *Table {
	t.Helper()
	inputs, err := json.Marshal(Inputs)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Parse(fmt.Appendf(nil, `{"version": 1, "forest": {"inputs": %s, "trees": [[[1, 1, 2, -0.5], [-3], [0]], [[1, 1, 2, -0.2], [0], [3]]]}, "least": 0.7}`, inputs))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// going is a model whose runs are the given texts, with the given means.
type going struct {
	modeltest.Fake
	texts []model.Candidate
}

func (g *going) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	out, err := g.Fake.Predict(ctx, qs)
	for i, q := range qs {
		if q.Pieces > 0 && out != nil {
			out[i] = model.Prediction{}
			for _, c := range g.texts {
				if strings.HasPrefix(c.Text, q.Prefix) {
					out[i].Candidates = append(out[i].Candidates, c)
				}
			}
		}
	}
	return out, err
}

func run(text string, mean float64) model.Candidate {
	n := float64(len(strings.Fields(text)))
	return model.Candidate{Text: text, LogProb: mean * n, Vocabulary: mean, Pointer: math.Inf(-1)}
}

const source = `def area(width, height):
    return |


def volume(width, height, depth):
    return area(width, height) * depth
`

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		name, text string
		runs       []model.Candidate
		want       string
	}{
		{"sure", source, []model.Candidate{run("width * height", -0.1)}, "width * height"},
		{"the likeliest", source, []model.Candidate{run("height", -0.4), run("width * height", -0.1)}, "width * height"},
		{"not sure", source, []model.Candidate{run("width * height", -0.9)}, ""},
		{"too short", source, []model.Candidate{run("wi", -0.1)}, ""},
		{"typed", strings.Replace(source, "|", "wid|", 1), []model.Candidate{run("width * height", -0.1), run("height", -0.1)}, "width * height"},
		{"hardly more than is typed", strings.Replace(source, "|", "widt|", 1), []model.Candidate{run("width", -0.1)}, ""},
		{"does not parse", source, []model.Candidate{run("width height", -0.1)}, ""},
		{"opens a bracket", source, []model.Candidate{run("area(width", -0.1)}, ""},
		{"closes one that it opens", source, []model.Candidate{run("area(width, height)", -0.1)}, "area(width, height)"},
		{"inside brackets that are closed", strings.Replace(source, "|", "max(|)", 1), []model.Candidate{run("width, height", -0.1)}, "width, height"},
		{"closes a bracket twice", strings.Replace(source, "|", "max(|)", 1), []model.Candidate{run("width, height)", -0.1)}, ""},
		{"code goes on", strings.Replace(source, "|", "| * height", 1), []model.Candidate{run("width", -0.1)}, ""},
		{"inside a word", strings.Replace(source, "|", "wid|th", 1), []model.Candidate{run("width", -0.1)}, ""},
		{"in a comment", strings.Replace(source, "return |", "pass  # see |", 1), []model.Candidate{run("width", -0.1)}, ""},
		{"in a string", strings.Replace(source, "|", "'a|'", 1), []model.Candidate{run("width", -0.1)}, ""},
		{"a new name", strings.Replace(source, "return |", "def |", 1), []model.Candidate{run("width", -0.1)}, ""},
		{"an empty line", strings.Replace(source, "return |", "|", 1), []model.Candidate{run("width", -0.1)}, ""},
	} {
		at := strings.Index(c.text, "|")
		text := strings.Replace(c.text, "|", "", 1)
		item, err := Complete(context.Background(), &going{texts: c.runs}, treesitter.Parse("python", []byte(text)), at, Options{Table: byMean(t)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if item != nil {
			got = item.Text
			if typed := text[item.Span.Start:at]; item.Span.End != at || !strings.HasPrefix(got, typed) || item.Probability < 0.7 {
				t.Errorf("%s: %+v does not go on from %q", c.name, item, typed)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestQuestion: the gap is what is typed, all of it, and the words that may stand in a run are names and what the language has for expressions.
func TestQuestion(t *testing.T) {
	m := &going{}
	text := strings.Replace(source, "|", "wid", 1)
	if _, err := Complete(context.Background(), m, treesitter.Parse("python", []byte(text)), strings.Index(text, "wid\n")+3, Options{}); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(m.Asked(), func(q model.Query) bool { return q.Pieces > 0 })
	if i < 0 {
		t.Fatal("no run was asked for")
	}
	q := m.Asked()[i]
	if !strings.HasSuffix(q.Before, "return ") || strings.Contains(q.Before+q.After, "wid\n") || q.Prefix != "wid" || len(q.NamesBefore) == 0 {
		t.Errorf("%+v", q)
	}
	for _, word := range []string{"height", "depth", "not", "None"} {
		if !slices.Contains(q.Choices, word) {
			t.Errorf("%s is none of the words %q", word, q.Choices)
		}
	}
	if slices.Contains(q.Choices, "while") {
		t.Error("an expression may hold while")
	}
}

func TestErrors(t *testing.T) {
	f := treesitter.Parse("python", []byte(strings.Replace(source, "|", "", 1)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if item, err := Complete(ctx, &going{}, f, strings.Index(source, "|"), Options{}); item != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", item, err)
	}
	for _, offset := range []int{-1, len(f.Text) + 1, 1 << 40} {
		if item, err := Complete(context.Background(), &going{}, f, offset, Options{}); item != nil || err != nil {
			t.Errorf("offset %d: %v, %v", offset, item, err)
		}
	}
}

func TestDefault(t *testing.T) {
	if table := Default(); table.Least < 0.4 || table.Right < 0.6 || table.Shown <= 0 {
		t.Errorf("the built-in table shows from %.2f on, %.2f of it right, at %.3f of all places", table.Least, table.Right, table.Shown)
	}
	for _, text := range []string{"", "{}", `{"version": 2}`, `{"version": 1, "forest": {"inputs": ["mean"], "trees": []}, "least": 0.5}`} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "mlm-lsp fit inline") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzComplete(f *testing.F) {
	f.Add("python", strings.Replace(source, "|", "", 1), strings.Index(source, "|"), "width * height")
	f.Add("go", "package p\nvar a = f(", 21, "a, b)")
	f.Add("tsx", "<a>{b.", 6, "c}</a>")
	table := byMean(f)
	f.Fuzz(func(t *testing.T, language, text string, offset int, made string) {
		if len(text) > 2000 {
			return
		}
		item, err := Complete(context.Background(), &going{texts: []model.Candidate{run(made, -0.01)}}, treesitter.Parse(language, []byte(text)), offset, Options{Table: table})
		if err != nil {
			t.Fatal(err)
		}
		if item != nil && (item.Span.End != offset || item.Span.Start < 0 || item.Span.Start > offset || !strings.HasPrefix(item.Text, text[item.Span.Start:offset])) {
			t.Fatalf("%+v at %d", item, offset)
		}
	})
}
