package evaluate

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/ranking"
	"mlm-lsp/treesitter"
)

// Alarms is how many mistakes a check finds at how many false alarms: what two thresholds of its log-odds would report, one for what looks misspelt, which has a share of the reports
// (ranking.MisspeltShare), and one for all else.
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
	sensitivities := rank.Sensitivities()
	shipped := make([]AlarmPoint, len(sensitivities))
	for k, sensitivity := range sensitivities {
		shipped[k] = AlarmPoint{Limit: "as shipped, " + sensitivity, Recall: map[string]float64{}}
	}
	var alarms ranking.Alarms
	for _, s := range clean {
		around, err := Bug{Path: s.Path, Around: s.Around}.around(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: %w", err)
		}
		e, err := suspect.Examine(ctx, m, s.File, suspect.Options{Around: around})
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: checking %s: %w", s.Path, err)
		}
		alarms.Add(e)
		for k, sensitivity := range sensitivities {
			functions := map[int]bool{}
			for i := range e.Len() {
				if e.ReportedAt(i, sensitivity) {
					shipped[k].Lines++
					functions[e.Function(i).Start] = true
				}
			}
			shipped[k].Functions += float64(len(functions))
		}
		count.add(1)
	}
	type mistake struct {
		logOdds  float64
		misspelt bool // it looks so
	}
	mistakes := map[string][]mistake{}
	for _, b := range bugs {
		around, err := b.around(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: %w", err)
		}
		e, err := suspect.Examine(ctx, m, treesitter.Parse(b.Language, b.Before), suspect.Options{Around: around, Only: func(s treesitter.Span) bool { return s.Start == b.At }})
		if err != nil {
			return nil, fmt.Errorf("measuring alarms: checking %s: %w", b.Path, err)
		}
		v, i := mistake{logOdds: math.Inf(-1)}, e.At(b.At)
		if i >= 0 {
			if logOdds, asked := e.Alarm(i); asked && e.Reportable(i) {
				v = mistake{logOdds, e.Kind(i) == suspect.KindMisspelt}
			}
		}
		for _, kind := range []string{b.Kind, SliceAll} {
			mistakes[kind] = append(mistakes[kind], v)
			for k, sensitivity := range sensitivities {
				if i >= 0 && e.ReportedAt(i, sensitivity) {
					shipped[k].Recall[kind]++
				}
			}
		}
		count.add(1)
	}
	a := &Alarms{Lines: alarms.Lines, Functions: alarms.Functions, Cases: map[string]int{}}
	for _, kind := range []string{"variable", "attribute", "operator", "boolean", "swap", "misspelt", SliceAll} {
		if n := len(mistakes[kind]); n > 0 {
			a.Kinds = append(a.Kinds, kind)
			a.Cases[kind] = n
		}
	}
	point := func(limit string, perThousandLines, functions float64) {
		p := AlarmPoint{Limit: limit, Recall: map[string]float64{}}
		misspelt, others := alarms.Least(ranking.Budget{PerThousandLines: perThousandLines, Functions: functions, Misspelt: ranking.MisspeltShare})
		n, share := alarms.Reports(misspelt, others)
		p.Lines, p.Functions = 1000*float64(n)/float64(a.Lines), share
		for kind, list := range mistakes {
			for _, v := range list {
				if v.logOdds >= others && !v.misspelt || v.logOdds >= misspelt && v.misspelt {
					p.Recall[kind] += 1 / float64(len(list))
				}
			}
		}
		a.Points = append(a.Points, p)
	}
	for _, limit := range alarmLimits {
		point(fmt.Sprintf("%g on 1,000 lines", limit), limit, 1)
	}
	point(fmt.Sprintf("%g%% of functions", 100*functionLimit), math.Inf(1), functionLimit)
	for _, p := range shipped {
		p.Lines *= 1000 / float64(a.Lines)
		p.Functions /= float64(a.Functions)
		for kind := range p.Recall {
			p.Recall[kind] /= float64(a.Cases[kind])
		}
		a.Points = append(a.Points, p)
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
