package modeltest

import (
	"math"
	"testing"

	"mlm-lsp/model"
)

func TestFake(t *testing.T) {
	f, err := Parse(`
// a comparison the wrong way round
while i [MASK] len => < -0.1, > -6.0
call( [MASK] ) => ", " -1, xs -0.5
`)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := f.Predict(t.Context(), []model.Query{
		{Before: "\nwhile  i ", After: " len(xs):", Choices: []string{">", "<", "=="}},
		{Before: "call(", After: ")\n", Prefix: "x"},
		{Before: "no", After: "rule", Choices: []string{"a", "b"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := ps[0].Candidates; c[0] != (model.Candidate{Text: "<", LogProb: -0.1, Pointer: math.Inf(-1), Vocabulary: -0.1}) || c[2].LogProb != Unlikely {
		t.Errorf("choices: %v", c)
	}
	if c := ps[1].Candidates; len(c) != 1 || c[0].Text != "xs" {
		t.Errorf("generated with a prefix: %v", c)
	}
	if c := ps[2].Candidates; c[0].LogProb != -math.Log(2) || c[0].LogProb != c[1].LogProb {
		t.Errorf("without a rule: %v", c)
	}
	if u := f.Unmatched(); len(u) != 1 || u[0] != "no[MASK]rule" {
		t.Errorf("unmatched: %q", u)
	}
	text := "while i > len(xs):"
	scores, err := f.Scan(t.Context(), []model.ScanQuery{{Text: text, Sites: []model.Site{{Start: 0, End: 5}, {Start: 8, End: 9}}}})
	if err != nil {
		t.Fatal(err)
	}
	if s := scores[0]; s[0].LogProb != 0 || !math.IsNaN(s[0].Detect) || !math.IsNaN(s[1].Detect) || s[1].LogProb != -6 || s[1].Best != "<" || s[1].BestLogProb != -0.1 {
		t.Errorf("scan: %+v", s)
	}
}

func TestFakeHeads(t *testing.T) {
	f, err := Parse("x = [MASK] => price -0.1/-0.5, sum -3 detect: 2.5")
	if err != nil {
		t.Fatal(err)
	}
	ps, err := f.Predict(t.Context(), []model.Query{{Before: "x = ", Choices: []string{"sum", "price"}}})
	if err != nil {
		t.Fatal(err)
	}
	if c := ps[0].Candidates; c[0] != (model.Candidate{Text: "price", LogProb: -0.1, Pointer: -0.5, Vocabulary: -0.1}) || !math.IsInf(c[1].Pointer, -1) {
		t.Errorf("choices: %+v", c)
	}
	scores, err := f.Scan(t.Context(), []model.ScanQuery{
		{Text: "x = sum", Sites: []model.Site{{Start: 0, End: 1}, {Start: 4, End: 7}}}, {Text: "x = price", Sites: []model.Site{{Start: 4, End: 9}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := []float64{scores[0][0].Detect, scores[0][1].Detect, scores[1][0].Detect}; got[0] != Unlikely || got[1] != 2.5 || got[2] != -2.5 {
		t.Errorf("log-odds %v", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, script := range []string{"no arrow", "no mask => a -1", "a [MASK] b => x", "a [MASK] [MASK] => x -1", "a [MASK] => x 1", "a [MASK] => x NaN", "a [MASK] => x -1/2", "a [MASK] => x -1 detect: y"} {
		if _, err := Parse(script); err == nil {
			t.Errorf("Parse(%q) succeeded", script)
		}
	}
}
