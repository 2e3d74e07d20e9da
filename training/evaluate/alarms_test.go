package evaluate

import (
	"encoding/json"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// TestAlarms: a mistake is found from the limit on that lets in the right places which are as suspicious; and the shipped thresholds have a point of their own.
func TestAlarms(t *testing.T) {
	// Names of more than five letters are suspicious, all alike.
	long, err := rank.NewForest([]string{"own length"}, [][]rank.Node{{{Input: 0, Left: 1, Right: 2, Value: 5, MissingLeft: true}, {Input: -1, Value: -1}, {Input: -1, Value: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, threshold := range []float64{1.5, 2.5} {
		table, err := json.Marshal(rank.Table{
			Version: rank.Version, Alarm: &rank.Alarm{Screen: long, Confirm: long}, Sensitivities: map[string]rank.Sensitivity{
				rank.Normal: {Thresholds: map[string]rank.Threshold{"name/*": {LogOdds: threshold}}},
				rank.Quiet:  {Thresholds: map[string]rank.Threshold{"name/*": {LogOdds: threshold + 2}}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		m, err := modeltest.Parse("[MASK] => a -1, b -1, widths -1")
		if err != nil {
			t.Fatal(err)
		}
		m.About = model.Info{Rank: table, Pointer: true}
		// Three uses in a thousand lines.
		text := "def f(a, b, widths):\n    a = b + widths\n    b = a + widths\n    return a + widths\n" + strings.Repeat("\n", 995)
		clean := []Source{{Path: "a.py", Project: "p", File: treesitter.Parse("python", []byte(text))}}
		at := strings.LastIndex(text, "widths")
		bugs := []Bug{
			{Path: "b.py", Language: "python", Before: []byte(text), After: []byte(text), At: at, Old: "widths", New: "a", Kind: "variable"},
			{Path: "c.py", Language: "python", Before: []byte(text), After: []byte(text), At: strings.Index(text, "b + "), Old: "b", New: "a", Kind: "variable"},
		}
		alarms, err := MeasureAlarms(t.Context(), m, clean, bugs, nil)
		if err != nil {
			t.Fatal(err)
		}
		if alarms.Lines != 1000 || alarms.Functions != 2 || alarms.Cases["variable"] != 2 {
			t.Errorf("%+v", alarms)
		}
		for _, p := range alarms.Points {
			reports, recall := 0.0, 0.0
			if p.Limit == "5 on 1,000 lines" || p.Limit == "10 on 1,000 lines" || p.Limit == "as shipped, normal" && threshold < 2 {
				reports, recall = 3, 0.5
			}
			if p.Lines != reports || p.Recall["variable"] != recall || p.Functions != reports/6 {
				t.Errorf("%s with the threshold %v: %+v", p.Limit, threshold, p)
			}
		}
		var b strings.Builder
		if err := alarms.Markdown(&b); err != nil || !strings.Contains(b.String(), "variable (2)") || strings.Count(b.String(), "\n| ") != len(alarms.Points)+1 {
			t.Errorf("error %v:\n%s", err, b.String())
		}
	}
	if _, err := MeasureAlarms(t.Context(), nil, nil, nil, nil); err == nil {
		t.Error("alarms of nothing")
	}
}
