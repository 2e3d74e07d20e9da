package rank

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDefaultCombiner(t *testing.T) {
	c := DefaultCombiner()
	if len(c.Static) == 0 || len(c.Static) != len(c.Full) {
		t.Errorf("%d forests without the model, %d with it", len(c.Static), len(c.Full))
	}
}

// TestParseCombiner: what is read is what was written, and what is none is refused with the reason.
func TestParseCombiner(t *testing.T) {
	f, err := NewForest([]string{"a"}, [][]Node{{{Input: -1, Value: 0.5}}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(&Combiner{Version: CombinerVersion, Static: map[string]*Forest{"name": f}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseCombiner(text, []string{"a", "b"})
	if err != nil || c.Static["name"].Score([]float32{1}) != 0.5 {
		t.Errorf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		`{`:                                      "unexpected end",
		`{"version": 99}`:                        "version 99",
		`{"version": 1, "full": {"name": null}}`: "name is null",
		`{"version": 1, "static": {"name": {"inputs": ["c"], "trees": []}}}`:   `input "c"`,
		`{"version": 1, "static": {"name": {"inputs": [], "trees": [[[0]]]}}}`: "",
	} {
		_, err := ParseCombiner([]byte(text), []string{"a", "b"})
		if want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "fit") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParseCombiner(f *testing.F) {
	f.Add([]byte(`{"version": 1, "static": {"name": {"inputs": ["a"], "trees": [[[0, 1, 2, 0.5], [1], [2]]]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseCombiner(text, nil)
		if err != nil {
			return
		}
		for _, forests := range []map[string]*Forest{c.Static, c.Full} {
			for _, forest := range forests {
				forest.Score(make([]float32, len(forest.Inputs())))
			}
		}
	})
}
