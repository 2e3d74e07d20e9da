package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// A summary tells a task in one table that a page has room for: a row for each class, each language and what else is asked, a column for each system. The rest is in
// the full tables.

// column is what a cell of a summary holds: some measures of one system, the first with its interval.
type column struct {
	title   string
	system  string     // "" for a column of the best part, see summary
	instead string     // the system where that one was not measured
	metrics [][]string // the first of the lists whose first measure the row has
}

var ranks = [][]string{{"@1", "@5"}, {"saved"}}

// rankColumns are those of tasks that rank: a column of ranks for each system.
func rankColumns(systems ...string) (list []column) {
	for _, name := range systems {
		c := column{title: name, system: name, metrics: ranks}
		if name == SystemNGram {
			c.instead = SystemCache
		}
		list = append(list, c)
	}
	return list
}

// shape is the summary of a task.
type shape struct {
	columns []column
	// languages is the class whose languages have rows, slices those whose other slices have; "" is none.
	languages, slices string
	metric            string // of the differences and of the best
	legend            string
}

const rankLegend = "@1 (95% interval) / @5"

var bugColumns = []column{
	{title: "covered", system: SystemCheck, metrics: [][]string{{"covered"}}},
	{title: "cache, repair", system: SystemCache, metrics: [][]string{{"repair@1", "repair@3"}}},
	{title: "n-gram, repair", system: SystemNGram, metrics: [][]string{{"repair@1", "repair@3"}}},
	{title: "model, repair", system: SystemModel, metrics: [][]string{{"repair@1", "repair@3"}}},
	{title: "check, repair", system: SystemCheck, metrics: [][]string{{"repair@1", "repair@3"}}},
	{title: "of covered", system: SystemCheck, metrics: [][]string{{"of covered@1", "of covered@3"}}},
	{title: "cache, pairs", system: SystemCache, metrics: [][]string{{"pairs"}}},
	{title: "n-gram, pairs", system: SystemNGram, metrics: [][]string{{"pairs"}}},
	{title: "model, pairs", system: SystemModel, metrics: [][]string{{"pairs"}}},
	{title: "check, pairs", system: SystemCheck, metrics: [][]string{{"pairs"}}},
	{title: "in function", system: SystemCheck, metrics: [][]string{{"in function@1", "in function@5"}}},
	{title: "recall", system: SystemCheck, metrics: [][]string{{"recall"}}},
}

const bugLegend = "repair and of covered: @1 (95% interval) / @3; in function: @1 / @5"

var shapes = map[string]shape{
	"cloze": {columns: slices.Concat([]column{{title: "covered", system: SystemCandidates, metrics: [][]string{{"covered"}}}},
		rankColumns(SystemRecency, SystemNGram, SystemProject, SystemStatic, SystemModel, SystemCombined)),
		languages: "names", slices: "names", metric: "@1", legend: rankLegend},
	"complete": {columns: slices.Concat([]column{{title: "covered", system: SystemCandidates, metrics: [][]string{{"covered"}}}},
		rankColumns(SystemRecency, SystemNGram, SystemProject, SystemStatic, SystemModel, SystemCombined)),
		languages: typedClass(0), metric: "@1", legend: rankLegend + "; keystrokes: the share that is saved"},
	"types": {columns: slices.Concat([]column{{title: "covered", system: SystemCandidates, metrics: [][]string{{"covered"}}}},
		rankColumns(SystemFrequent, SystemRecency, SystemNGram, SystemGenerated, SystemModel, SystemStatic, SystemCombined, SystemTypes),
		[]column{{title: "types, shown / precise", system: SystemTypes, metrics: [][]string{{"shown", "precise"}}}, {title: "MRR", system: SystemTypes, metrics: [][]string{{"MRR"}}}}),
		languages: SliceAll, slices: SliceAll, metric: "@1", legend: rankLegend},
	"probes": {columns: rankColumns(SystemChance, SystemRecency, SystemNGram, SystemModel, SystemCombined),
		languages: SliceAll, slices: SliceAll, metric: "@1", legend: "@1 (95% interval)"},
	"bugs":  {columns: bugColumns, languages: SliceAll, metric: "repair@1", legend: bugLegend},
	"fixes": {columns: bugColumns, languages: SliceAll, metric: "repair@1", legend: bugLegend},
}

// summary lays out the summary; ok is false for a task without one, and for a comparison of models, whose differences the full tables have.
func (r Result) summary() (t table, legend string, ok bool) {
	s, ok := shapes[r.Task]
	if !ok || len(r.Models) > 1 {
		return table{}, "", false
	}
	t = table{title: r.Task, header: []string{"", "cases"}}
	var columns []column
	for _, c := range s.columns {
		if !r.measured(c.system) && c.instead != "" {
			c.title, c.system = c.instead, c.instead
		}
		if r.measured(c.system) && !slices.ContainsFunc(columns, func(x column) bool { return x.title == c.title }) {
			columns = append(columns, c)
			t.header = append(t.header, c.title)
		}
	}
	gains := slices.ContainsFunc(r.Rows, func(row Row) bool { _, ok := row.gain(s.metric); return ok })
	if gains {
		t.header = append(t.header, "over its best part")
	}
	for _, row := range r.Rows {
		if !s.wants(row) {
			continue
		}
		label := row.Class
		if row.Slice != SliceAll {
			label += ", " + row.Slice
		}
		cells := []string{label, fmt.Sprint(row.Count)}
		best := row.best(columns)
		for i, c := range columns {
			cell := r.short(row, c)
			if slices.Contains(best, i) {
				cell = "**" + cell + "**"
			}
			cells = append(cells, cell)
		}
		if gains {
			gain, _ := row.gain(s.metric)
			cells = append(cells, gain)
		}
		t.rows = append(t.rows, cells)
	}
	return t, "Per cent. " + s.legend + ".", true
}

func (r Result) measured(system string) bool {
	return slices.ContainsFunc(r.Rows, func(row Row) bool { return len(row.Systems[system]) > 0 })
}

// wants tells whether a row is in the summary.
func (s shape) wants(row Row) bool {
	switch {
	case row.Slice == SliceAll:
		return true
	case slices.Contains(treesitter.Languages(), row.Slice):
		return row.Class == s.languages
	}
	return row.Class == s.slices
}

// short is a cell: the first measure with its interval, whole per cent.
func (r Result) short(row Row, c column) string {
	for _, list := range c.metrics {
		if _, ok := row.Systems[c.system][list[0]]; !ok {
			continue
		}
		var parts []string
		for i, name := range list {
			e, ok := row.Systems[c.system][name]
			switch {
			case !ok || math.IsNaN(e.Value):
			case i == 0 && !math.IsNaN(e.Low) && r.main(name):
				parts = append(parts, fmt.Sprintf("%.0f (%.0f-%.0f)", 100*e.Value, 100*e.Low, 100*e.High))
			default:
				parts = append(parts, fmt.Sprintf("%.0f", 100*e.Value))
			}
		}
		if parts != nil {
			return strings.Join(parts, " / ")
		}
	}
	return "-"
}

func (r Result) main(metric string) bool {
	return slices.ContainsFunc(r.Metrics, func(m Metric) bool { return m.Name == metric && m.Main })
}

// best are the columns of ranks whose first measure is the highest; none where the columns measure different things, or nothing is right.
func (row Row) best(columns []column) (best []int) {
	highest := 0.0
	for i, c := range columns {
		for _, list := range c.metrics {
			if list[0] != "@1" && list[0] != "saved" {
				continue
			}
			switch e := row.Systems[c.system][list[0]]; {
			case e.Value > highest:
				best, highest = []int{i}, e.Value
			case e.Value == highest && highest > 0:
				best = append(best, i)
			}
		}
	}
	return best
}

// gain is what the combination adds to the best of its parts, by the paired difference; ok is false where nothing was compared.
func (row Row) gain(metric string) (text string, ok bool) {
	text = "-"
	least := math.Inf(1)
	for _, d := range row.Differences {
		if d.Of != SystemCombined && d.Of != SystemCheck {
			continue
		}
		e, measured := d.Measures[metric]
		if !measured {
			e, measured = d.Measures["saved"]
		}
		if !measured || math.IsNaN(e.Value) || e.Value >= least {
			continue
		}
		least, ok = e.Value, true
		text = fmt.Sprintf("%+.1f", 100*e.Value)
		if !math.IsNaN(e.Low) {
			text += fmt.Sprintf(" (%+.0f to %+.0f)", 100*e.Low, 100*e.High)
		}
		text += ", " + d.Minus
	}
	return text, ok
}
