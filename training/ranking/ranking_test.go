package ranking

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// TestBoost: a forest learns which row is right where two inputs decide together, and what a missing value means; an input of noise changes nothing on held-out groups.
func TestBoost(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) []group {
		var groups []group
		for range n {
			g := group{weight: 1, target: random.IntN(5)}
			for k := range 5 {
				a, b := float32(random.Float64()), float32(random.Float64())
				if k == g.target {
					a, b = 0.5+a/2, 0.5+b/2
				} else if random.IntN(2) == 0 {
					a = float32(math.NaN()) // never right
				} else {
					b /= 2
				}
				g.rows = append(g.rows, []float32{a, b, float32(random.Float64())})
			}
			groups = append(groups, g)
		}
		return groups
	}
	f, err := boost([]string{"a", "b", "noise"}, draw(400), draw(100), defaultGrowth)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	test := draw(200)
	for _, g := range test {
		best, at := math.Inf(-1), -1
		for k, row := range g.rows {
			if s := f.Score(row); s > best {
				best, at = s, k
			}
		}
		if at == g.target {
			right++
		}
	}
	if right < 190 {
		t.Errorf("%d of %d right", right, len(test))
	}
	if _, err := boost([]string{"a"}, nil, nil, defaultGrowth); err == nil {
		t.Error("a forest grew of nothing")
	}
}

// TestBoostYesOrNo: questions of one row give log-odds, those that they begin with where the inputs say nothing.
func TestBoostYesOrNo(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	var groups []group
	bias := math.Log(0.1)
	for range 4000 {
		// A tenth of the rows with a, and none of the others, is: that is one in twenty of all.
		a := float32(random.IntN(2))
		g := group{rows: [][]float32{{a, float32(random.Float64())}}, target: -1, weight: 1, offset: []float64{bias}}
		if a > 0 && random.IntN(10) == 0 {
			g.target = 0
		}
		groups = append(groups, g)
	}
	f, err := boost([]string{"a", "noise"}, groups[:3000], groups[3000:], defaultGrowth)
	if err != nil {
		t.Fatal(err)
	}
	with, without := bias+f.Score([]float32{1, 0.5}), bias+f.Score([]float32{0, 0.5})
	if math.Abs(with-math.Log(1./9)) > 0.6 || without > -4 {
		t.Errorf("log-odds %.2f and %.2f, want about %.2f and much less", with, without, math.Log(1./9))
	}
}

// TestSoftmax: a row that stands for many takes their share.
func TestSoftmax(t *testing.T) {
	p := softmax([]float64{1, 1}, []float64{0, math.Log(3)})
	if math.Abs(p[0]-0.25) > 1e-12 || math.Abs(p[1]-0.75) > 1e-12 {
		t.Errorf("%v", p)
	}
}

// TestPlatt: log-odds come back from labels that were drawn with them.
func TestPlatt(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var points []point
	for range 20000 {
		score := random.NormFloat64() * 2
		label := 0.0
		if random.Float64() < 1/(1+math.Exp(-(0.7*score-3))) {
			label = 1
		}
		points = append(points, point{score, label, 1})
	}
	c := platt(points)
	for _, score := range []float64{-2, 0, 3} {
		if got, want := c.Apply(score), 0.7*score-3; math.Abs(got-want) > 0.25 {
			t.Errorf("%v: %.2f, want about %.2f", score, got, want)
		}
	}
}

// examples are files in which one name of a pair stands where the other belongs: results for result.
func examples(n int) []Example {
	random := rand.New(rand.NewPCG(5, 6))
	words := strings.Fields("item row user file token page event order value index")
	var list []Example
	for i := range n {
		right := words[random.IntN(len(words))]
		wrong := right + "s"
		var text strings.Builder
		for k := range 6 {
			fmt.Fprintf(&text, "def f%d(%s, %s, other, more):\n    count = len(%s)\n    %s = %s.first\n    return use(%s, other, count == more)\n\n", k, right, wrong, wrong, right, right, right)
		}
		after := text.String()
		at := strings.LastIndex(after, right+", other, count")
		before := after[:at] + wrong + after[at+len(right):]
		list = append(list, Example{Repo: fmt.Sprint("r", i%12), Language: "python", Before: []byte(before), After: []byte(after), At: at, Old: wrong, New: right})
	}
	return list
}

// TestFit: a table that was fitted is read back, ranks what was meant first in a file that it has not seen, and doubts it more than the fixed one.
func TestFit(t *testing.T) {
	list := examples(100)
	table, err := Fit(context.Background(), list[:90], Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = rank.Parse(text, suspect.Inputs()); err != nil {
		t.Fatal(err)
	}
	first, ordered := 0, 0
	for _, x := range list[90:] {
		r, err := examine(context.Background(), &x, Options{Folds: 4, Others: 8}, rand.New(rand.NewPCG(1, 1)))
		if err != nil || r == nil {
			t.Fatal(r, err)
		}
		r.before.Judge(table)
		r.after.Judge(table)
		if r.before.Suggestions(r.wrong)[0] == x.New {
			first++
		}
		if r.before.Score(r.wrong) > r.after.Score(0) {
			ordered++
		}
	}
	if first < 9 || ordered < 8 {
		t.Errorf("of 10, %d are repaired and %d doubted more than the fixed one", first, ordered)
	}
	if table.Alarm == nil || table.Alarm.Confirm.Len() > 0 || table.Blend != nil {
		t.Fatalf("without a model the table has %+v and the blend %v", table.Alarm, table.Blend)
	}
	if _, err := Fit(context.Background(), list[:10], Options{}); err == nil {
		t.Error("ten examples are enough")
	}
}

// TestFitWithModel: with a model what is suspected is asked about, and what it says counts: here it alone knows which of two names was planted.
func TestFitWithModel(t *testing.T) {
	list := examples(100)
	for i := range list {
		list[i].Planted = i%4 == 3
	}
	m, err := modeltest.Parse("[MASK] => item -0.1, row -0.1, user -0.1, file -0.1, token -0.1, page -0.1, event -0.1, order -0.1, value -0.1, index -0.1")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	table, err := Fit(t.Context(), list, Options{Model: m, Log: func(line string) { log.WriteString(line + "\n") }})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Asked()) == 0 || table.Alarm.Confirm.Len() == 0 {
		t.Errorf("the model was asked %d times", len(m.Asked()))
	}
	for _, want := range []string{"alarm, without the model", "alarm, with the model", "real mistakes at 0.1 per 1,000 lines", "25 planted at"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, log.String())
		}
	}
	table.Sensitivities = map[string]rank.Sensitivity{rank.Normal: {Thresholds: map[string]rank.Threshold{"name/*": {}}}}
	x := list[0]
	e, err := suspect.Examine(t.Context(), m, treesitter.Parse(x.Language, x.Before), suspect.Options{Table: table})
	if err != nil {
		t.Fatal(err)
	}
	wrong := e.At(x.At)
	logOdds, asked := e.Alarm(wrong)
	if !asked {
		t.Fatalf("the mistake is not suspected: log-odds %v, asked from %v on", logOdds, table.Alarm.Ask)
	}
	above := 0
	for i := range e.Len() {
		if other, asked := e.Alarm(i); asked && other > logOdds {
			above++
		}
	}
	if above > 2 {
		t.Errorf("%d sites are more suspicious than the mistake", above)
	}
}

// TestThresholds: no more is reported on files that are right than the budget allows, and what is beyond it is; the recall is that of the mistakes.
func TestThresholds(t *testing.T) {
	leaf := func(v float64) *rank.Forest {
		// The longer what could stand there, the more suspicious: that has as many values as names have lengths.
		f, err := rank.NewForest([]string{"own length"}, [][]rank.Node{{{Input: 0, Left: 1, Right: 2, Value: 5}, {Input: -1, Value: -v}, {Input: -1, Value: v}}})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	table := &rank.Table{Version: rank.Version, Alarm: &rank.Alarm{Screen: leaf(1), Confirm: leaf(1), Ask: -9}}
	text := strings.Repeat("def f(a, widths):\n    b = a + widths\n    return g(b, a)\n\n", 5)
	f := treesitter.Parse("python", []byte(text))
	m, err := modeltest.Parse("[MASK] => a -1, b -1, widths -1")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(text, "widths")
	mistake := Example{Repo: "r", Language: "python", Before: []byte(text), After: []byte(text), At: at, Old: "widths", New: "a"}
	for _, c := range []struct {
		budget      Budget
		sensitivity string
		reports     bool
	}{
		{Budget{PerThousandLines: 0.1}, rank.Normal, false}, {Budget{PerThousandLines: 1e6, Functions: 1e-9}, rank.Normal, true},
		{Budget{PerThousandLines: 1e6, Functions: 1e-9}, rank.Quiet, false}, {Budget{PerThousandLines: 1e6, Functions: 1}, rank.Quiet, true},
	} {
		right := []Right{{Project: "a", File: f}, {Project: "b", File: f}}
		if err := Thresholds(context.Background(), table, right, []Example{mistake}, c.budget, Options{Model: m}); err != nil {
			t.Fatal(err)
		}
		findings, err := suspect.Check(context.Background(), m, f, suspect.Options{Table: table, Sensitivity: c.sensitivity})
		if err != nil {
			t.Fatal(err)
		}
		if (len(findings) > 0) != c.reports {
			t.Errorf("%+v: %d reports", c.budget, len(findings))
		}
		// The other half is the same file, so what was chosen on one holds on the other.
		s := table.Sensitivities[c.sensitivity]
		if h, _ := table.Threshold(c.sensitivity, "name", "python"); (h.Recall == 1) != c.reports || (s.Recall == 1) != c.reports || (s.PerThousandLines > 0) != c.reports || (s.Functions > 0) != c.reports {
			t.Errorf("%+v: a recall of %v, %+v", c.budget, h.Recall, s)
		}
	}
	for _, right := range [][]Right{nil, {{Project: "a", File: f}, {Project: "a", File: f}}} {
		if err := Thresholds(context.Background(), table, right, nil, Budget{}, Options{}); err == nil {
			t.Error("thresholds come from less than two projects")
		}
	}
}

// TestLeast: misspelt names get their share of the reports, what they leave is the others', and of alarms as suspicious as each other all are reported or none.
func TestLeast(t *testing.T) {
	h := Alarms{Lines: 10000, Functions: 100}
	for i := range 10 {
		h.insert(Alarm{LogOdds: float64(10 - i), Misspelt: i < 6, Function: i})
	}
	for _, c := range []struct {
		budget          Budget
		all, ofMisspelt int
	}{
		{Budget{PerThousandLines: 0.5, Functions: 1, Misspelt: 0.4}, 5, 2}, {Budget{PerThousandLines: 0.8, Functions: 1, Misspelt: 1}, 8, 6}, {Budget{PerThousandLines: 0.8, Functions: 0.03, Misspelt: 0.5}, 3, 2},
	} {
		misspelt, others := h.Least(c.budget)
		all, _ := h.Reports(misspelt, others)
		if ofMisspelt, _ := h.Reports(misspelt, math.Inf(1)); all != c.all || ofMisspelt != c.ofMisspelt {
			t.Errorf("%+v: %d reports, %d of misspelt names", c.budget, all, ofMisspelt)
		}
	}
	alike := Alarms{Lines: 10000, Functions: 100, list: []Alarm{{LogOdds: 3}, {LogOdds: 2}, {LogOdds: 2}}}
	if all, _ := alike.Reports(alike.Least(Budget{PerThousandLines: 0.2, Functions: 1})); all != 1 {
		t.Errorf("%d reports of one and two alike, and two are too few", all)
	}
}

// TestCounter: a pair that two projects agree on is known, and what one alone does is not.
func TestCounter(t *testing.T) {
	c := NewCounter()
	for project, text := range map[string]string{"a": "p.read(1)\np.write(2)\np.own()\n", "b": "x.p.read(1)\nx.p.write(2)\n"} {
		c.Add(project, treesitter.Parse("python", []byte(text)))
		c.Add(project, treesitter.Parse("python", []byte(text)))
	}
	l := c.Lexicons()["python"]
	if l.Members["p"] != "read write" || l.Siblings["read"] != "write" {
		t.Errorf("%+v", l)
	}
}
