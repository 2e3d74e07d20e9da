package ranking

import (
	"context"
	"fmt"
	"maps"
	"math"
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

// alarm is a site of unchanged code that the model was asked about.
type alarm struct {
	logOdds  float64
	function int
}

// part is the files of a language.
type part struct {
	alarms           []alarm
	lines, functions int
}

// Thresholds gives the table the thresholds that keep the budget on files that are right, by language; where a language has fewer than 20,000 lines, those of all languages
// together. The reports on mistakes, which must not be those that the table was fitted on, are their recall. opts.Model must be the model that check will ask.
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
	// Nothing is reported yet of what could be. Pairs of arguments cannot: the examples do not show them.
	t.Thresholds = map[string]rank.Threshold{}
	groups := slices.DeleteFunc(suspect.Groups(), func(group string) bool { return group == suspect.GroupArguments })
	for _, group := range groups {
		t.Thresholds[group+"/*"] = rank.Threshold{LogOdds: math.Inf(1)}
	}
	parts := map[string]*part{"*": {}}
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
		starts := functionStarts(f)
		for _, p := range []*part{parts[f.Language], parts["*"]} {
			for k := range e.Len() {
				if logOdds, asked := e.Alarm(k); asked && e.Reportable(k) {
					p.alarms = append(p.alarms, alarm{logOdds, p.functions + sort.SearchInts(starts, e.Function(k).Start)})
				}
			}
			p.functions += len(starts) + 1
			p.lines += lines(f)
		}
	}
	found, err := odds(ctx, t, mistakes, opts)
	if err != nil {
		return err
	}
	for _, language := range slices.Sorted(maps.Keys(parts)) {
		p := parts[language]
		if language != "*" && p.lines < 20000 {
			continue
		}
		for _, b := range []Budget{{budget.PerThousandLines, 1}, {math.Inf(1), budget.Functions}, budget} {
			least, reports := p.least(b)
			threshold := rank.Threshold{LogOdds: least, PerThousandLines: 1000 * float64(reports) / float64(p.lines)}
			text := fmt.Sprintf("threshold/%s: at most %g reports on 1,000 lines and in %g of the functions: log-odds %.2f, %d reports on %d lines and %d functions; recall of real mistakes (of planted)",
				language, b.PerThousandLines, b.Functions, least, reports, p.lines, p.functions)
			for _, group := range append(groups[:len(groups):len(groups)], sortMisspelt, "all") {
				real, planted := found.from(least, group, language, false), found.from(least, group, language, true)
				if !math.IsNaN(real + planted) {
					text += fmt.Sprintf(" %s %.1f%% (%.1f%%)", group, 100*real, 100*planted)
				}
				if threshold.Recall = real; math.IsNaN(real) {
					threshold.Recall = 0
				}
				if group != "all" && group != sortMisspelt {
					t.Thresholds[group+"/"+language] = threshold
				}
			}
			opts.Log(text)
		}
	}
	return nil
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

// mistakeOdds are the log-odds of mistakes; -Inf where they cannot be reported.
type mistakeOdds map[mistakeSort][]float64

type mistakeSort struct {
	group, language string
	planted         bool
}

// from is the share of the mistakes of a group, or "all", in a language, or "*", that reach a threshold; NaN without any.
func (m mistakeOdds) from(threshold float64, group, language string, planted bool) float64 {
	n, reached := 0, 0
	for key, list := range m {
		if key.group != group && (group != "all" || key.group == sortMisspelt) || language != "*" && key.language != language || key.planted != planted {
			continue
		}
		for _, v := range list {
			n++
			if v >= threshold {
				reached++
			}
		}
	}
	return float64(reached) / float64(n)
}

// odds asks for the log-odds of mistakes, as check does in a file where it has room for them.
func odds(ctx context.Context, t *rank.Table, mistakes []Example, opts Options) (mistakeOdds, error) {
	found := mistakeOdds{}
	for _, x := range mistakes {
		around, err := x.around(ctx)
		if err != nil {
			return nil, err
		}
		e, err := suspect.Examine(ctx, opts.Model, treesitter.Parse(x.Language, x.Before), suspect.Options{Around: around, Table: t, Only: func(s treesitter.Span) bool { return s.Start == x.At }})
		if err != nil {
			return nil, fmt.Errorf("measuring recall: %w", err)
		}
		key, v := mistakeSort{language: x.Language, planted: x.Planted}, math.Inf(-1)
		if i := e.At(x.At); i >= 0 {
			if key.group = e.Group(i); x.Misspelt {
				key.group = sortMisspelt
			}
			if logOdds, asked := e.Alarm(i); asked {
				v = logOdds
			}
		}
		found[key] = append(found[key], v)
	}
	return found, nil
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
