package evaluate

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Alarms is how many mistakes a check finds at how many false alarms: what one threshold of its log-odds for all kinds and languages would report.
type Alarms struct {
	Lines, Functions int // of the files that are right
	Kinds            []string
	Cases            map[string]int // by kind
	Points           []AlarmPoint   // those of the limits, then what check reports as it is shipped, at each sensitivity
}

// AlarmPoint is one threshold.
type AlarmPoint struct {
	Limit     string  // what it keeps to
	Lines     float64 // reports on 1,000 right lines
	Functions float64 // share of right functions that hold one
	Recall    map[string]float64
}

// alarmLimits are how many reports on 1,000 lines the points are for.
var alarmLimits = []float64{0.1, 0.25, 0.5, 1, 2, 5, 10}

// functionLimit is the share of right functions that another point is for.
const functionLimit = 0.001

// MeasureAlarms checks files that are right, and looks at the places of mistakes. It returns an error when there are no files or no mistakes, the model fails, or ctx ends.
func MeasureAlarms(ctx context.Context, m suspect.Model, clean []Source, bugs []Bug, progress func(done, total int)) (*Alarms, error) {
	if len(clean) == 0 || len(bugs) == 0 {
		return nil, fmt.Errorf("measuring alarms: %d files that are right, %d mistakes: name some of both", len(clean), len(bugs))
	}
	count := &steps{total: len(clean) + len(bugs), report: progress}
	a := &Alarms{Cases: map[string]int{}}
	type alarm struct {
		logOdds  float64
		function int
		reported [2]bool // by sensitivity
	}
	sensitivities := [2]string(rank.Sensitivities())
	reportedAt := func(e *suspect.Examination, i int) (at [2]bool) {
		for k, sensitivity := range sensitivities {
			at[k] = e.ReportedAt(i, sensitivity)
		}
		return at
	}
	var alarms []alarm
	for _, s := range clean {
		around, err := Bug{Path: s.Path, Around: s.Around}.around(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: %w", err)
		}
		e, err := suspect.Examine(ctx, m, s.File, suspect.Options{Around: around})
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: checking %s: %w", s.Path, err)
		}
		starts := make([]int, len(s.File.Declarations))
		for i, d := range s.File.Declarations {
			starts[i] = d.Start
		}
		sort.Ints(starts)
		for i := range e.Len() {
			if logOdds, asked := e.Alarm(i); asked && e.Reportable(i) {
				alarms = append(alarms, alarm{logOdds, a.Functions + sort.SearchInts(starts, e.Function(i).Start), reportedAt(e, i)})
			}
		}
		a.Functions += len(starts) + 1
		a.Lines += 1 + bytes.Count(s.File.Text, []byte("\n"))
		count.add(1)
	}
	odds := map[string][]float64{}
	shipped := [2]AlarmPoint{}
	for k, sensitivity := range sensitivities {
		shipped[k] = AlarmPoint{Limit: "as shipped, " + sensitivity, Recall: map[string]float64{}}
	}
	for _, b := range bugs {
		around, err := b.around(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: %w", err)
		}
		e, err := suspect.Examine(ctx, m, treesitter.Parse(b.Language, b.Before), suspect.Options{Around: around, Only: func(s treesitter.Span) bool { return s.Start == b.At }})
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: checking %s: %w", b.Path, err)
		}
		v, reported := math.Inf(-1), [2]bool{}
		if i := e.At(b.At); i >= 0 {
			if logOdds, asked := e.Alarm(i); asked && e.Reportable(i) {
				v = logOdds
			}
			reported = reportedAt(e, i)
		}
		for _, kind := range []string{b.Kind, SliceAll} {
			odds[kind] = append(odds[kind], v)
			for k := range shipped {
				if reported[k] {
					shipped[k].Recall[kind]++
				}
			}
		}
		count.add(1)
	}
	for _, kind := range []string{"variable", "attribute", "operator", "boolean", "swap", "misspelt", SliceAll} {
		if n := len(odds[kind]); n > 0 {
			a.Kinds = append(a.Kinds, kind)
			a.Cases[kind] = n
			for k := range shipped {
				shipped[k].Recall[kind] /= float64(n)
			}
		}
	}
	slices.SortStableFunc(alarms, func(x, y alarm) int {
		switch {
		case x.logOdds > y.logOdds:
			return -1
		case x.logOdds < y.logOdds:
			return 1
		}
		return 0
	})
	// point takes alarms from the first as long as the limits hold; the threshold is the log-odds of the first one too many, which those must exceed.
	point := func(limit string, perThousandLines, functions float64) AlarmPoint {
		p := AlarmPoint{Limit: limit, Recall: map[string]float64{}}
		threshold := math.Inf(-1)
		hit := map[int]bool{}
		n := 0
		for _, x := range alarms {
			hit[x.function] = true
			if 1000*float64(n+1) > perThousandLines*float64(a.Lines) || float64(len(hit)) > functions*float64(a.Functions) {
				threshold = x.logOdds
				break
			}
			n++
		}
		n = sort.Search(n, func(i int) bool { return alarms[i].logOdds <= threshold })
		reported := map[int]bool{}
		for _, x := range alarms[:n] {
			reported[x.function] = true
		}
		p.Lines, p.Functions = 1000*float64(n)/float64(a.Lines), float64(len(reported))/float64(a.Functions)
		for kind, list := range odds {
			for _, v := range list {
				if v > threshold {
					p.Recall[kind] += 1 / float64(len(list))
				}
			}
		}
		return p
	}
	for _, limit := range alarmLimits {
		a.Points = append(a.Points, point(fmt.Sprintf("%g on 1,000 lines", limit), limit, 1))
	}
	a.Points = append(a.Points, point(fmt.Sprintf("%g%% of functions", 100*functionLimit), math.Inf(1), functionLimit))
	for k := range shipped {
		functions := map[int]bool{}
		for _, x := range alarms {
			if x.reported[k] {
				shipped[k].Lines += 1000 / float64(a.Lines)
				functions[x.function] = true
			}
		}
		shipped[k].Functions = float64(len(functions)) / float64(a.Functions)
		a.Points = append(a.Points, shipped[k])
	}
	return a, nil
}

// Markdown writes the points as a table: shares in per cent.
func (a *Alarms) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d lines and %d functions that are right.\n\n| at most | reports on 1,000 lines | functions with one |", a.Lines, a.Functions)
	for _, kind := range a.Kinds {
		fmt.Fprintf(&b, " %s (%d) |", kind, a.Cases[kind])
	}
	b.WriteString("\n|---|---|---|" + strings.Repeat("---|", len(a.Kinds)) + "\n")
	for _, p := range a.Points {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f |", p.Limit, p.Lines, 100*p.Functions)
		for _, kind := range a.Kinds {
			fmt.Fprintf(&b, " %.1f |", 100*p.Recall[kind])
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
