package rank

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func stump(t *testing.T) *Forest {
	t.Helper()
	f, err := NewForest([]string{"a", "b"}, [][]Node{
		{{Input: 0, Left: 1, Right: 2, MissingLeft: true, Value: 0.5}, {Input: -1, Value: -1}, {Input: 1, Left: 3, Right: 4, Value: 2}, {Input: -1, Value: 3}, {Input: -1, Value: 7}},
		{{Input: -1, Value: 0.25}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestScore: a value on the cut goes left, an unknown one where its split says; a forest that was written and read answers the same.
func TestScore(t *testing.T) {
	f := stump(t)
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	read := &Forest{}
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	unknown := float32(math.NaN())
	for _, c := range []struct {
		a, b float32
		want float64
	}{{0.5, 9, -0.75}, {0.6, 2, 3.25}, {0.6, 2.1, 7.25}, {unknown, 9, -0.75}, {1, unknown, 7.25}} {
		for _, g := range []*Forest{f, read} {
			if got := g.Score([]float32{c.a, c.b}); got != c.want {
				t.Errorf("%v, %v: %v, want %v", c.a, c.b, got, c.want)
			}
		}
	}
	if !f.Reads("a") || !f.Reads("b") || f.Reads("c") {
		t.Error("it reads a and b")
	}
	if leaf, err := NewForest([]string{"a"}, [][]Node{{{Input: -1, Value: 1}}}); err != nil || leaf.Reads("a") {
		t.Errorf("a leaf reads nothing; error %v", err)
	}
}

func TestNewForestErrors(t *testing.T) {
	for name, nodes := range map[string][]Node{
		"no nodes":      {},
		"a loop":        {{Input: 0, Left: 0, Right: 1}, {Input: -1}},
		"beyond":        {{Input: 0, Left: 1, Right: 2}, {Input: -1}},
		"unknown input": {{Input: 2, Left: 1, Right: 2}, {Input: -1}, {Input: -1}},
		"no number":     {{Input: -1, Value: math.NaN()}},
	} {
		if _, err := NewForest([]string{"a", "b"}, [][]Node{nodes}); err == nil {
			t.Errorf("%s is a tree", name)
		}
	}
}

func TestParse(t *testing.T) {
	forest, err := json.Marshal(stump(t))
	if err != nil {
		t.Fatal(err)
	}
	table := `{"version":2,"fit":{"name":` + string(forest) + `},"detect":` + string(forest) + `,"sensitivities":{"normal":{"thresholds":{"name/*":{"log_odds":3},"name/go":{"log_odds":4}}}}}`
	got, err := Parse([]byte(table), []string{"b", "a"})
	if err != nil {
		t.Fatal(err)
	}
	if h, ok := got.Threshold(Normal, "name", "go"); !ok || h.LogOdds != 4 {
		t.Errorf("threshold %+v, %v", h, ok)
	}
	if h, ok := got.Threshold(Normal, "name", "python"); !ok || h.LogOdds != 3 {
		t.Errorf("threshold %+v, %v", h, ok)
	}
	if _, ok := got.Threshold(Normal, "name", "ruby"); ok {
		t.Error("something is reported in a language that no threshold was chosen on")
	}
	if _, ok := got.Threshold(Normal, "operator", "go"); ok {
		t.Error("a kind without a threshold has one")
	}
	if _, ok := got.Threshold(Quiet, "name", "go"); ok {
		t.Error("a sensitivity without thresholds has one")
	}
	for text, want := range map[string]string{
		`{"version":1}`:                         "version 1",
		`{"version":2,"fit":{"name":null}}`:     "null",
		strings.Replace(table, `"a"`, `"c"`, 1): `"c"`,
		`{"version":2,"calibration":{"name/*":{"scores":[2,1],"log_odds":[0,1]}}}`: "calibration",
		`{`: "fit it anew",
	} {
		if _, err := Parse([]byte(text), []string{"a", "b"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestDefault(t *testing.T) {
	if Default().Version != Version {
		t.Errorf("version %d", Default().Version)
	}
}

func TestCalibration(t *testing.T) {
	c := Calibration{Scores: []float64{0, 2}, LogOdds: []float64{-4, 0}}
	for score, want := range map[float64]float64{-1: -5, 0: -4, 1: -2, 2: 0, 5: 3} {
		if got := c.Apply(score); got != want {
			t.Errorf("%v: %v, want %v", score, got, want)
		}
	}
	if (Calibration{}).Apply(1.5) != 1.5 {
		t.Error("without points the score is the log-odds")
	}
}

// FuzzParse: whatever a bundle holds, a table that was read can be asked.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version":2,"fit":{"name":{"inputs":["a"],"trees":[[[0,1,2,0.5],[1],[-1]]]}}}`))
	f.Add([]byte(`{"version":2,"detect":{"inputs":["a"],"trees":[[[-1,1,2,0.5],[1],[-1]]]},"calibration":{"name/*":{"scores":[1],"log_odds":[2]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := Parse(text, []string{"a", "b"})
		if err != nil {
			return
		}
		for _, g := range table.Fit {
			g.Score(make([]float32, len(g.Inputs())))
		}
		if table.Detect != nil {
			table.Detect.Score(make([]float32, len(table.Detect.Inputs())))
		}
		table.Calibrated("name", "go", 1)
	})
}
