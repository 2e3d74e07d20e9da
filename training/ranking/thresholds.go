package ranking

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Budget is how many false alarms there may be on code that nobody complained about.
type Budget struct {
	PerThousandLines float64 // reports; 0 means 0.5
	Functions        float64 // share of the functions that may hold one at rank.Quiet; 0 means 0.001
	Misspelt         float64 // share of the reports that may be of misspelt names; 0 means MisspeltShare
}

// MisspeltShare is the share of the reports that may be of misspelt names.
const MisspeltShare = 0.2

// Right is a file that nobody complained about. The model was not trained on it, nor the table fitted.
type Right struct {
	Project string
	File    *treesitter.File
	Around  func(context.Context) (*project.View, error) // what the project's other files say; nil where they are not known
}

// Alarm is a site of a right file that the model was asked about.
type Alarm struct {
	LogOdds  float64
	Misspelt bool // it looks misspelt, see suspect.KindMisspelt
	Function int  // the number of its function
}

// Alarms are those of some right files.
type Alarms struct {
	list             []Alarm // the most suspicious first
	Lines, Functions int
}

// Add adds a file: what a check that the model took part in says of it.
func (a *Alarms) Add(e *suspect.Examination) {
	starts := functionStarts(e.File())
	for k := range e.Len() {
		if logOdds, asked := e.Alarm(k); asked && e.Reportable(k) {
			a.insert(Alarm{logOdds, e.Kind(k) == suspect.KindMisspelt, a.Functions + sort.SearchInts(starts, e.Function(k).Start)})
		}
	}
	a.Functions += len(starts) + 1
	a.Lines += lines(e.File())
}

// insert keeps the order; of those alike, the one that came first stands first.
func (a *Alarms) insert(x Alarm) {
	i := sort.Search(len(a.list), func(i int) bool { return a.list[i].LogOdds < x.LogOdds })
	a.list = slices.Insert(a.list, i, x)
}

// half is the files of some projects.
type half struct {
	projects int
	Alarms
}

// Thresholds gives the table its sensitivities. The projects of the right files are parted into two halves of about as many lines: the thresholds are the lowest that keep the budget on
// one, and what they let in is told as the other has it, blind. The reports on mistakes, which must not be those that the table was fitted on, are their recall. opts.Model must be the
// model that check will ask. An error is the model's, that of a project that cannot be read, or says that there are not two projects.
func Thresholds(ctx context.Context, t *rank.Table, clean []Right, mistakes []Example, budget Budget, opts Options) error {
	if budget.PerThousandLines == 0 {
		budget.PerThousandLines = 0.5
	}
	if budget.Functions == 0 {
		budget.Functions = 0.001
	}
	if budget.Misspelt == 0 {
		budget.Misspelt = MisspeltShare
	}
	if opts.Log == nil {
		opts.Log = func(string) {}
	}
	// Nothing is reported yet of what could be. Pairs of arguments cannot: the examples do not show them.
	kinds := slices.DeleteFunc(suspect.Kinds(), func(kind string) bool { return kind == suspect.GroupArguments })
	never := rank.Sensitivity{Thresholds: map[string]rank.Threshold{}}
	for _, kind := range kinds {
		never.Thresholds[kind+"/*"] = rank.Threshold{LogOdds: math.Inf(1)}
	}
	t.Sensitivities = map[string]rank.Sensitivity{rank.Normal: never}
	halves, err := alarmsOf(ctx, t, clean, opts)
	if err != nil {
		return err
	}
	found, err := odds(ctx, t, mistakes, opts)
	if err != nil {
		return err
	}
	chosen := map[string]rank.Sensitivity{}
	for _, way := range []struct {
		name      string
		functions float64
	}{{rank.Normal, 1}, {rank.Quiet, budget.Functions}} {
		// The other way round is told beside it, as another look at how much the next files differ.
		for side := range halves {
			on, blind := &halves[side], &halves[1-side]
			misspelt, others := on.Least(Budget{budget.PerThousandLines, way.functions, budget.Misspelt})
			of := func(kind string) float64 {
				if kind == suspect.KindMisspelt {
					return misspelt
				}
				return others
			}
			s := rank.Sensitivity{Thresholds: map[string]rank.Threshold{}}
			perThousand := func(of *half, misspelt, others float64) (reports, functions float64) {
				n, functions := of.Reports(misspelt, others)
				return 1000 * float64(n) / float64(of.Lines), functions
			}
			s.PerThousandLines, s.Functions = perThousand(blind, misspelt, others)
			here, functions := perThousand(on, misspelt, others)
			ofMisspelt, _ := perThousand(blind, misspelt, math.Inf(1))
			text := fmt.Sprintf("threshold, %s: log-odds %.2f, of misspelt names %.2f, chosen on %d lines of %d projects (%.2f reports on 1,000 lines, %.2f%% of functions); on %d lines of %d others, blind, %.2f reports on 1,000 lines, %.2f of them of misspelt names, and %.2f%% of functions; recall of real mistakes (of planted)",
				way.name, others, misspelt, on.Lines, on.projects, here, 100*functions,
				blind.Lines, blind.projects, s.PerThousandLines, ofMisspelt, 100*s.Functions)
			for _, kind := range kinds {
				real, planted := found.from(of, kind, false), found.from(of, kind, true)
				s.Thresholds[kind+"/*"] = rank.Threshold{LogOdds: of(kind), Recall: real}
				text += fmt.Sprintf(" %s %.1f%% (%.1f%%)", kind, 100*real, 100*planted)
			}
			s.Recall, s.Misspelt = found.from(of, "", false), s.Thresholds[suspect.KindMisspelt+"/*"].Recall
			opts.Log(text + fmt.Sprintf(" all but misspelt names %.1f%% (%.1f%%)", 100*s.Recall, 100*found.from(of, "", true)))
			if side == 0 {
				chosen[way.name] = s
			}
		}
	}
	t.Sensitivities = chosen
	return nil
}

// alarmsOf checks files that are right, in two halves.
func alarmsOf(ctx context.Context, t *rank.Table, clean []Right, opts Options) ([2]half, error) {
	var halves [2]half
	size := map[string]int{}
	for _, r := range clean {
		size[r.Project] += lines(r.File)
	}
	if len(size) < 2 {
		return halves, fmt.Errorf("choosing thresholds: the right files are of %d projects: name files of two at least", len(size))
	}
	// The largest first, each to the half that has less.
	side := map[string]int{}
	projects := slices.SortedFunc(maps.Keys(size), func(a, b string) int { return cmp.Or(size[b]-size[a], strings.Compare(a, b)) })
	for _, project := range projects {
		if halves[1].Lines < halves[0].Lines {
			side[project] = 1
		}
		h := &halves[side[project]]
		h.projects, h.Lines = h.projects+1, h.Lines+size[project]
	}
	for i := range halves {
		halves[i].Lines = 0 // they are counted as they are checked
	}
	for i, r := range clean {
		if opts.Progress != nil {
			opts.Progress(i, len(clean))
		}
		var around *project.View
		if r.Around != nil {
			var err error
			if around, err = r.Around(ctx); err != nil {
				return halves, fmt.Errorf("choosing thresholds: %w", err)
			}
		}
		e, err := suspect.Examine(ctx, opts.Model, r.File, suspect.Options{Table: t, Around: around})
		if err != nil {
			return halves, fmt.Errorf("choosing thresholds: %w", err)
		}
		halves[side[r.Project]].Add(e)
	}
	return halves, nil
}

// Least are the lowest thresholds, for misspelt names and for all else, that keep a budget. What misspelt names leave of their share is the others'.
func (a *Alarms) Least(budget Budget) (misspelt, others float64) {
	most := len(a.list)
	if n := budget.PerThousandLines * float64(a.Lines) / 1000; n < float64(most) {
		most = int(n)
	}
	for n := most; ; n-- {
		misspelt = a.first(int(math.Round(budget.Misspelt*float64(n))), true)
		taken, _ := a.Reports(misspelt, math.Inf(1))
		others = a.first(n-taken, false)
		if _, functions := a.Reports(misspelt, others); n == 0 || functions <= budget.Functions {
			return misspelt, others
		}
	}
}

// first is the lowest threshold that at most n alarms of a sort reach.
func (a *Alarms) first(n int, misspelt bool) float64 {
	last := float64(certain)
	for _, x := range a.list {
		if x.Misspelt != misspelt {
			continue
		}
		if n--; n < 0 {
			return math.Nextafter(x.LogOdds, math.Inf(1)) // of several alike all or none
		}
		last = x.LogOdds
	}
	return last
}

// Reports counts the alarms that reach the thresholds, and returns the share of the functions that hold one.
func (a *Alarms) Reports(misspelt, others float64) (reports int, functions float64) {
	hit := map[int]bool{}
	for _, x := range a.list {
		if x.LogOdds >= others && !x.Misspelt || x.LogOdds >= misspelt && x.Misspelt {
			reports++
			hit[x.Function] = true
		}
	}
	return reports, float64(len(hit)) / float64(max(a.Functions, 1))
}

// mistakeOdds are the log-odds of mistakes by kind, planted ones apart; -Inf where they cannot be reported.
type mistakeOdds map[mistakeSort][]float64

type mistakeSort struct {
	kind     string // by what a check takes the place for
	misspelt bool   // what is wrong there
	planted  bool
}

// from is the share of the mistakes of a kind that reach its threshold; of "" all but misspelt names. It is 0 of none.
func (m mistakeOdds) from(threshold func(kind string) float64, kind string, planted bool) float64 {
	n, reached := 0, 0
	for sort, list := range m {
		of := sort.kind
		if sort.misspelt {
			of = suspect.KindMisspelt
		}
		if sort.planted != planted || kind != of && (kind != "" || sort.misspelt) {
			continue
		}
		for _, v := range list {
			n++
			if v >= threshold(sort.kind) {
				reached++
			}
		}
	}
	return float64(reached) / float64(max(n, 1))
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
		key, v := mistakeSort{misspelt: x.Misspelt, planted: x.Planted}, math.Inf(-1)
		if i := e.At(x.At); i >= 0 {
			key.kind = e.Kind(i)
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
