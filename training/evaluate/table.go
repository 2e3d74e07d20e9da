package evaluate

import (
	"slices"
	"sort"
)

// Ratio is one case's part of a measure: the measure of many cases is the sum of Sum over the sum of Of. For a share Of is 1; for keystrokes
// saved it is the keystrokes there are.
type Ratio struct{ Sum, Of float64 }

// Outcome is what one system made of one case.
type Outcome struct {
	Place int    // of the answer, from 1; 0 when it is not among the candidates
	Top   string // what stands at the first place
	// Confidence is the probability that the system gave to what stands at the first place; 0 when it states none.
	Confidence float64
	// Measures are by the task's metrics; those that a case says nothing about are absent.
	Measures map[string]Ratio
}

// Case is one question and what every system made of it.
type Case struct {
	Path, Project, Language string
	Line, Column            int // from 1; the column in bytes
	Class                   string
	Slices                  []string // beside "all" and the language
	Answer                  string
	Systems                 map[string]Outcome
}

// Metric is a column of a table.
type Metric struct {
	Name    string
	Percent bool // shown times 100
	Main    bool // shown with its interval
	Less    bool // less is better
}

// Pair names two systems whose difference gets an interval: Of minus Minus.
type Pair struct{ Of, Minus string }

// Layout says how the cases of a task become a table.
type Layout struct {
	Task    string
	Classes []string            // in the order of the table; a case's class that is missing here stands behind
	Pooled  map[string][]string // further classes that a class is counted in; all are counted in "all"
	Slices  []string            // in the order of the table; languages stand behind, then others
	Systems []string
	Metrics []Metric
	Pairs   []Pair
	// Apart: the classes ask different things, so that no row counts them together.
	Apart bool
}

// Estimate is a measure with its 95% confidence interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Difference is one system's measures less another's on the same cases.
type Difference struct {
	Pair
	Measures map[string]Estimate
}

// Row is the result on one slice of the cases of one class.
type Row struct {
	Class, Slice string
	Count, Files int
	Interval     string // IntervalBootstrap or IntervalWilson
	Systems      map[string]map[string]Estimate
	Differences  []Difference
}

// Result is what a task found.
type Result struct {
	Layout
	Models []string
	Seed   uint64
	Cases  []Case
	Rows   []Row
}

// SliceAll is the slice, and the class, that holds all cases.
const SliceAll = "all"

// Tabulate counts every case in all the rows that it belongs to.
func Tabulate(layout Layout, subjects []Subject, cases []Case, seed uint64) Result {
	type key struct{ class, slice string }
	groups := map[key][]*Case{}
	classes, others, languages := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range cases {
		c := &cases[i]
		classes[c.Class] = true
		languages[c.Language] = true
		in := []string{SliceAll, c.Language}
		for _, s := range c.Slices {
			others[s] = true
			in = append(in, s)
		}
		for _, class := range slices.Concat([]string{c.Class}, layout.Pooled[c.Class], layout.total()) {
			for _, slice := range in {
				k := key{class, slice}
				groups[k] = append(groups[k], c)
			}
		}
	}
	for _, pooled := range layout.Pooled {
		for _, class := range pooled {
			classes[class] = true
		}
	}
	for _, class := range layout.total() {
		classes[class] = true
	}
	r := Result{Layout: layout, Seed: seed, Cases: cases}
	for _, s := range subjects {
		r.Models = append(r.Models, s.Name)
	}
	others[SliceAll] = true
	sliceOrder := inOrder(append([]string{SliceAll}, layout.Slices...), languages, others)
	for _, class := range inOrder(layout.Classes, classes) {
		for _, slice := range sliceOrder {
			if group := groups[key{class, slice}]; len(group) > 0 {
				r.Rows = append(r.Rows, estimate(layout, class, slice, group, seed))
			}
		}
	}
	return r
}

// total is the class that counts all cases, if there is one.
func (l Layout) total() []string {
	if l.Apart {
		return nil
	}
	return []string{SliceAll}
}

// inOrder lists first the known, as far as they occur in one of the sets, then each set's others by name.
func inOrder(known []string, sets ...map[string]bool) []string {
	var list []string
	for _, name := range known {
		for _, set := range sets {
			if set[name] && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	for _, set := range sets {
		var rest []string
		for name := range set {
			if !slices.Contains(list, name) {
				rest = append(rest, name)
			}
		}
		sort.Strings(rest)
		list = append(list, rest...)
	}
	return list
}

// Find returns the row of a class and slice; ok is false when no case is in it.
func (r Result) Find(class, slice string) (row Row, ok bool) {
	for _, row := range r.Rows {
		if row.Class == class && row.Slice == slice {
			return row, true
		}
	}
	return Row{}, false
}

// placed are the measures of a ranking: exact at the first and among the first five places, and the reciprocal rank (0 behind the tenth place).
func placed(place int) map[string]Ratio {
	m := map[string]Ratio{"@1": {0, 1}, "@5": {0, 1}, "MRR": {0, 1}}
	if place == 1 {
		m["@1"] = Ratio{1, 1}
	}
	if 1 <= place && place <= 5 {
		m["@5"] = Ratio{1, 1}
	}
	if 1 <= place && place <= lastPlace {
		m["MRR"] = Ratio{1 / float64(place), 1}
	}
	return m
}

// lastPlace is the last that a reciprocal rank counts.
const lastPlace = 10

// listed is the outcome of the candidates by themselves.
func listed(covered bool) Outcome {
	o := Outcome{Measures: map[string]Ratio{"covered": {0, 1}}}
	if covered {
		o.Measures["covered"] = Ratio{1, 1}
	}
	return o
}
