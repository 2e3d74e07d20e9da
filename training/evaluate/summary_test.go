package evaluate

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// answered makes cases of a task in two languages; right says how often a system is right at once.
func answered(task string, layout Layout, right map[string]float64) Result {
	random := rand.New(rand.NewPCG(5, 6))
	var cases []Case
	for i := range 400 {
		c := Case{Path: fmt.Sprint(i % 50), Language: []string{"go", "python"}[i/2%2], Class: layout.Classes[i%len(layout.Classes)], Systems: map[string]Outcome{}}
		for _, name := range layout.Systems {
			place := 2 + random.IntN(8)
			if random.Float64() < right[name] {
				place = 1
			}
			c.Systems[name] = Outcome{Place: place, Measures: placed(place), Confidence: right[name]}
		}
		cases = append(cases, c)
	}
	layout.Task = task
	layout.Metrics = []Metric{{Name: "@1", Percent: true, Main: true}, {Name: "@5", Percent: true}}
	return Tabulate(layout, []Subject{{Name: "m"}}, cases, 3)
}

func clozeLike(model, combined float64) Result {
	return answered("cloze", Layout{
		Classes: []string{"variable", "operator"},
		Pooled:  map[string][]string{"variable": {"names"}},
		Systems: []string{SystemRecency, SystemNGram, SystemModel, SystemCombined},
		Pairs:   []Pair{{SystemCombined, SystemModel}, {SystemCombined, SystemNGram}},
	}, map[string]float64{SystemRecency: 0.1, SystemNGram: 0.4, SystemModel: model, SystemCombined: combined})
}

func TestSummary(t *testing.T) {
	r := clozeLike(0.5, 0.9)
	table, _, ok := r.summary()
	if !ok {
		t.Fatal("no summary")
	}
	if got := strings.Join(table.header, ","); got != ",cases,recency,n-gram,model,combined,over its best part" {
		t.Errorf("columns %s", got)
	}
	labels := map[string][]string{}
	for _, row := range table.rows {
		labels[row[0]] = row
	}
	for _, want := range []string{"variable", "operator", "names", "names, go", "names, python", "all"} {
		row, ok := labels[want]
		if !ok {
			t.Errorf("no row %q", want)
			continue
		}
		if !strings.HasPrefix(row[5], "**") || strings.HasPrefix(row[4], "**") || !strings.Contains(row[5], "(") || !strings.HasSuffix(row[6], ", model") {
			t.Errorf("%s: %q", want, row)
		}
	}
	if len(table.rows) != len(labels) || labels["variable, go"] != nil {
		t.Errorf("rows %v", table.rows)
	}
	r.Models = []string{"a", "b"}
	if _, _, ok := r.summary(); ok {
		t.Error("a comparison has a summary of one model")
	}
}

func TestAsked(t *testing.T) {
	measured := func(r Result) map[string]string {
		rows, _ := r.asked()
		list := map[string]string{}
		for _, row := range rows.rows {
			list[row[0]] = row[3]
		}
		return list
	}
	good, bad := measured(clozeLike(0.5, 0.9)), measured(clozeLike(0.5, 0.5))
	const everywhere = "the combination above each of its parts in every language, names"
	if got := good[everywhere]; got != "model: above in 2 of 2, beyond doubt in 2; n-gram: above in 2 of 2, beyond doubt in 2" {
		t.Errorf("far above its parts: %s", got)
	}
	if got := bad[everywhere]; strings.Contains(got, "model: above in 2 of 2, beyond doubt in 2") {
		t.Errorf("as good as the model: %s", got)
	}
	row, _ := clozeLike(0.5, 0.9).Find("operator", SliceAll)
	want := fmt.Sprintf("%.1f (", 100*row.Systems[SystemCombined]["@1"].Value)
	if got := good["operators, right at once"]; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "of 200") {
		t.Errorf("operators %q, want %q", got, want)
	}
	if _, ok := good["names of two and more subwords behind those of one, points"]; ok {
		t.Error("a figure that was not measured is told")
	}
	r := clozeLike(0.5, 0.9)
	r.Models = []string{"a", "b"}
	if _, ok := r.asked(); ok {
		t.Error("a comparison of any models answers what was asked")
	}
}

// TestReliability: what is as sure as it is right has no more error than chance; what overstates has the difference.
func TestReliability(t *testing.T) {
	of := func(r Result, class, slice string) Reliability {
		t.Helper()
		for _, e := range r.Reliability() {
			if e.Class == class && e.Slice == slice && e.System == SystemCombined {
				return e
			}
		}
		t.Fatalf("no calibration of %s, %s", class, slice)
		return Reliability{}
	}
	r := clozeLike(0.5, 0.75)
	for _, row := range [][2]string{{SliceAll, SliceAll}, {"names", SliceAll}, {"operator", "go"}, {SliceAll, "python"}} {
		if e := of(r, row[0], row[1]); e.Error > 3*e.Chance || e.Stated != 0.75 || e.Count < fewest {
			t.Errorf("%v: %+v", row, e)
		}
	}
	for i := range r.Cases {
		o := r.Cases[i].Systems[SystemCombined]
		o.Confidence = 0.95
		r.Cases[i].Systems[SystemCombined] = o
	}
	e := of(r, SliceAll, SliceAll)
	if math.Abs(e.Error-(0.95-e.Right)) > 1e-9 || e.Error < 0.1 || e.Chance > 0.05 {
		t.Errorf("overstated: %+v", e)
	}
	sum := 0
	for _, b := range e.Bins {
		sum += b.Count
	}
	if sum != e.Count {
		t.Errorf("the bins hold %d of %d cases", sum, e.Count)
	}
	r.Cases = r.Cases[:fewest-1]
	if list := r.Reliability(); len(list) > 0 {
		t.Errorf("%d cases make %d rows", len(r.Cases), len(list))
	}
}

// TestDocument: the parts that docs/evaluate quotes stand between their marks.
func TestDocument(t *testing.T) {
	var b bytes.Buffer
	if err := clozeLike(0.5, 0.9).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, mark := range []string{"asked", "summary", "calibration"} {
		_, rest, ok := strings.Cut(text, "<!-- "+mark+" -->\n")
		part, _, closed := strings.Cut(rest, "<!-- end -->\n")
		if !ok || !closed || !strings.Contains(part, "|---|") || strings.Contains(part, "#") {
			t.Errorf("%s: %q", mark, part)
		}
	}
	if strings.Contains(text, "NaN") {
		t.Error("NaN is shown")
	}
}
