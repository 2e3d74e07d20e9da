package ranking

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Budget is how many false alarms there may be on code that nobody complained about.
type Budget struct {
	PerThousandLines float64 // reports; 0 means 0.5
	Functions        float64 // share of the functions that hold one; 0 means 0.001
}

// alarm is a site of unchanged code that could be reported.
type alarm struct {
	logOdds  float64 // less what the site needs more than others
	function int
}

// part is the files of a language.
type part struct {
	alarms           []alarm
	lines, functions int
}

// Thresholds gives the table the thresholds that keep the budget on files that are right, by language; where a language has fewer than 20,000 lines, those of all languages
// together. mistakes are what the recall is measured on; they must not be what the table was fitted on.
func Thresholds(ctx context.Context, t *rank.Table, clean []*treesitter.File, mistakes []Example, budget Budget, opts Options) error {
	if budget.PerThousandLines == 0 {
		budget.PerThousandLines = 0.5
	}
	if budget.Functions == 0 {
		budget.Functions = 0.001
	}
	if opts.Log == nil {
		opts.Log = func(string) {}
	}
	if len(clean) == 0 {
		return fmt.Errorf("choosing thresholds: there are no files")
	}
	parts := map[string]*part{"*": {}}
	surprises := map[string][]float64{}
	for i, f := range clean {
		if opts.Progress != nil {
			opts.Progress(i, len(clean))
		}
		e, err := suspect.Examine(ctx, opts.Model, f, suspect.Options{Table: t})
		if err != nil {
			return fmt.Errorf("choosing thresholds: %w", err)
		}
		if parts[f.Language] == nil {
			parts[f.Language] = &part{}
		}
		for k := range e.Len() {
			if nats, ok := e.Surprise(k); ok {
				surprises[e.Group(k)] = append(surprises[e.Group(k)], nats)
			}
		}
		starts := functionStarts(f)
		for _, p := range []*part{parts[f.Language], parts["*"]} {
			for k := range e.Len() {
				if logOdds, ok := e.Reportable(k); ok {
					p.alarms = append(p.alarms, alarm{logOdds, p.functions + sort.SearchInts(starts, e.Function(k).Start)})
				}
			}
			p.functions += len(starts) + 1
			p.lines += lines(f)
		}
	}
	t.Thresholds = map[string]rank.Threshold{}
	for language, p := range parts {
		if language != "*" && p.lines < 20000 {
			continue
		}
		least, reports := p.least(budget)
		threshold := rank.Threshold{LogOdds: least, PerThousandLines: 1000 * float64(reports) / float64(p.lines)}
		for _, group := range suspect.Groups() {
			t.Thresholds[group+"/"+language] = threshold
		}
		opts.Log(fmt.Sprintf("threshold/%s: log-odds %.2f, %d reports on %d lines and %d functions", language, least, reports, p.lines, p.functions))
	}
	t.Surprise = map[string]rank.Threshold{}
	for group, nats := range surprises {
		t.Surprise[group] = startled(nats, parts["*"].lines, surpriseShare[group]*budget.PerThousandLines)
		opts.Log(fmt.Sprintf("surprise/%s: %.2f nats, %.2f reports on 1,000 lines", group, t.Surprise[group].LogOdds, t.Surprise[group].PerThousandLines))
	}
	return recall(ctx, t, mistakes, opts)
}

// surpriseShare is each group's part of the budget for surprises: most for operators, where most of what is planted is found that way. What they leave is Detect's.
var surpriseShare = map[string]float64{"operator": 0.4, "name": 0.1, "member": 0.1, "boolean": 0.1}

// startled is the least surprise, in nats, that keeps to so many reports on 1,000 right lines. The budget of functions is not kept: it leaves
// room for one report on ten thousand lines and more, and then next to nothing is found.
func startled(nats []float64, lines int, perThousandLines float64) rank.Threshold {
	slices.Sort(nats)
	allowed := int(perThousandLines * float64(lines) / 1000)
	if allowed >= len(nats) {
		allowed = len(nats) - 1
	}
	at := nats[len(nats)-1-allowed] + 0.01
	return rank.Threshold{LogOdds: at, PerThousandLines: 1000 * float64(allowed) / float64(lines)}
}

// least is the lowest threshold that keeps the budget, and how many alarms there are then.
func (p *part) least(budget Budget) (threshold float64, reports int) {
	slices.SortFunc(p.alarms, func(a, b alarm) int {
		switch {
		case a.logOdds > b.logOdds:
			return -1
		case a.logOdds < b.logOdds:
			return 1
		}
		return 0
	})
	functions := map[int]bool{}
	for i, a := range p.alarms {
		functions[a.function] = true
		if float64(i+1)*1000 > budget.PerThousandLines*float64(p.lines) || float64(len(functions)) > budget.Functions*float64(p.functions) {
			return a.logOdds + 0.01, i
		}
	}
	if len(p.alarms) == 0 {
		return certain, 0
	}
	return p.alarms[len(p.alarms)-1].logOdds, len(p.alarms)
}

// recall measures which share of mistakes is reported, by group, and notes it in the table.
func recall(ctx context.Context, t *rank.Table, mistakes []Example, opts Options) error {
	found, all := map[string]float64{}, map[string]float64{}
	for _, x := range mistakes {
		e, err := suspect.Examine(ctx, opts.Model, treesitter.Parse(x.Language, x.Before), suspect.Options{Table: t, All: true, Only: func(s treesitter.Span) bool { return s.Start == x.At }})
		if err != nil {
			return fmt.Errorf("measuring recall: %w", err)
		}
		i := e.At(x.At)
		if i < 0 {
			continue
		}
		all[e.Group(i)]++
		logOdds, ok := e.Reportable(i)
		if h, has := t.Threshold(e.Group(i), x.Language); ok && has && logOdds >= h.LogOdds {
			found[e.Group(i)]++
		}
	}
	for _, group := range suspect.Groups() {
		if all[group] == 0 {
			continue
		}
		opts.Log(fmt.Sprintf("recall/%s: %.1f%% of %.0f mistakes of held-out repositories", group, 100*found[group]/all[group], all[group]))
		for key, h := range t.Thresholds {
			if len(key) > len(group) && key[:len(group)+1] == group+"/" {
				h.Recall = found[group] / all[group]
				t.Thresholds[key] = h
			}
		}
	}
	return nil
}

// functionStarts lists where the declarations of a file begin.
func functionStarts(f *treesitter.File) []int {
	starts := make([]int, len(f.Declarations))
	for i, d := range f.Declarations {
		starts[i] = d.Start
	}
	sort.Ints(starts)
	return starts
}

func lines(f *treesitter.File) int {
	n := 1
	for _, b := range f.Text {
		if b == '\n' {
			n++
		}
	}
	return n
}

// certain is a threshold that nothing reaches which was not fitted on very much.
const certain = 20
