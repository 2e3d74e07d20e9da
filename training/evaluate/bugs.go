package evaluate

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model/ngram"
	"mlm-lsp/treesitter"
)

// Bug is a file with one mistake of one token, and the same file without.
type Bug struct {
	Project, Path string
	Language      string // a name of treesitter's
	Before, After []byte // with the mistake and without
	At            int    // where the wrong token begins in Before, and the right one in After
	Old, New      string // the wrong token and the right one
	// Around returns what the project's other files say, without the mistake's; nil where they are not known.
	Around func(context.Context) (*project.View, error)
	Kind   string // "variable", "attribute", "operator", "boolean", "swap" or "misspelt"
}

// BugOptions says what Bugs asks.
type BugOptions struct {
	Common
	// Whole is the share of the files in which the mistake is also looked for among all sites, which takes as long as checking the file; of the others the place alone is asked about.
	Whole float64
}

// The systems of Bugs: SystemRecency, SystemCache and SystemNGram, which order what could have been meant by how near it stands, by the n-grams of the file, and by those of a corpus, too,
// and suspect it by how much better the best of them is; SystemModel, which does so by the model's word on the masked place; and
const (
	SystemHead  = "head"  // the model's detection head, which says how suspicious a place is and not what was meant
	SystemCheck = "check" // what `check --all` says
)

var bugMetrics = []Metric{
	{Name: "scored", Percent: true}, {Name: "covered", Percent: true}, {Name: "repair@1", Percent: true, Main: true}, {Name: "repair@3", Percent: true},
	{Name: "of covered@1", Percent: true}, {Name: "of covered@3", Percent: true}, {Name: "pairs", Percent: true, Main: true},
	{Name: "in file@1", Percent: true}, {Name: "in file@5", Percent: true}, {Name: "in function@1", Percent: true}, {Name: "in function@5", Percent: true}, {Name: "recall", Percent: true},
}

// Bugs asks whether mistakes are found, and what was meant. All of a case is what `check --all` says of the two files: whether the site is scored and the right
// token is among its suggestions (scored, covered), and at which place (repair); whether the wrong token's score is above the right one's (pairs; chance is 50%); its place
// among the scores of the file and of the innermost function (in file, in function); whether it is reported (recall). It returns an error when
// there is no case, a subject fails, or ctx ends.
func Bugs(ctx context.Context, subjects []Subject, bugs []Bug, opts BugOptions) (Result, error) {
	if len(bugs) == 0 {
		return Result{}, fmt.Errorf("evaluating bugs: there is none: name sources, or pairs and their repositories")
	}
	layout := Layout{
		Task: "bugs", Classes: []string{"variable", "attribute", "identifiers", "operator", "boolean", "swap", "misspelt"}, Slices: []string{SliceAll},
		Pooled:  map[string][]string{"variable": {"identifiers"}, "attribute": {"identifiers"}},
		Systems: systems(subjects, []string{SystemRecency, SystemCache, SystemNGram}, []string{SystemModel, SystemHead, SystemCheck}), Metrics: bugMetrics,
	}
	for _, s := range subjects {
		layout.Pairs = append(layout.Pairs, Pair{system(subjects, s, SystemCheck), SystemCache}, Pair{system(subjects, s, SystemCheck), SystemNGram})
	}
	random := rand.New(rand.NewPCG(opts.Seed, 23))
	whole := make([]bool, len(bugs))
	cases := make([]Case, len(bugs))
	for i, b := range bugs {
		whole[i] = random.Float64() < opts.Whole
		line := bytes.Count(b.Before[:b.At], []byte("\n"))
		cases[i] = Case{
			Path: b.Path, Project: b.Project, Language: b.Language, Line: line + 1, Column: b.At - bytes.LastIndexByte(b.Before[:b.At], '\n'),
			Class: b.Kind, Answer: b.New, Systems: map[string]Outcome{},
		}
	}
	count := &steps{total: len(bugs) * len(subjects), report: opts.Progress}
	for k, s := range subjects {
		judge, ok := s.Asker.(suspect.Model)
		if !ok && s.Asker != nil {
			return Result{}, fmt.Errorf("evaluating bugs: %s cannot check", s.Name)
		}
		err := inBatches(ctx, len(bugs), 1, count, func(from, _ int) error {
			var baselines map[string]view
			if k == 0 {
				baselines = bugBaselines(opts.NGrams)
			}
			return askBug(ctx, judge, bugs[from], whole[from], &cases[from], baselines, func(name string) string { return system(subjects, s, name) })
		})
		if err != nil {
			return Result{}, fmt.Errorf("evaluating bugs: %w", err)
		}
	}
	return Tabulate(layout, subjects, cases, opts.Seed), nil
}

// around reads the project, where it is known.
func (b Bug) around(ctx context.Context) (*project.View, error) {
	if b.Around == nil {
		return nil, nil
	}
	v, err := b.Around(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the project of %s: %w", b.Path, err)
	}
	return v, nil
}

// bugBaselines are the views of those that need no model.
func bugBaselines(m *ngram.Model) map[string]view {
	views := map[string]view{SystemRecency: byInput("before", -1), SystemCache: byInput("cache", 1)}
	if m != nil {
		indexes := map[*suspect.Examination]*names.Index{}
		views[SystemNGram] = byMixture(m, func(e *suspect.Examination) *names.Index {
			if indexes[e] == nil {
				indexes[e] = names.New(e.File())
			}
			return indexes[e]
		})
	}
	return views
}

// askBug fills in a case for a model, whose systems have names, and the views beside it.
func askBug(ctx context.Context, m suspect.Model, b Bug, whole bool, c *Case, views map[string]view, name func(system string) string) error {
	around, err := b.around(ctx)
	if err != nil {
		return err
	}
	// Where only the place itself is asked about, what is known of it is the same, and the model can be asked whatever check would.
	examine := func(text []byte, whole bool) (*suspect.Examination, int, error) {
		opts := suspect.Options{All: true, Around: around}
		if !whole {
			opts.Only, opts.Screen, opts.MaxConfirm = func(s treesitter.Span) bool { return s.Start == b.At }, true, math.MaxInt
		}
		e, err := suspect.Examine(ctx, m, treesitter.Parse(b.Language, text), opts)
		if err != nil {
			return nil, 0, fmt.Errorf("checking %s: %w", b.Path, err)
		}
		return e, e.At(b.At), nil
	}
	before, wrong, err := examine(b.Before, whole)
	if err != nil {
		return err
	}
	after, right, err := examine(b.After, false)
	if err != nil {
		return err
	}
	check := view{
		order: func(e *suspect.Examination, i int) []string { return e.Suggestions(i) },
		score: func(e *suspect.Examination, i int) float64 { return e.Finding(i).Score },
	}
	outcome := check.outcome(b, before, wrong, after, right, whole)
	if wrong >= 0 {
		// What is stated of a place that is known to be wrong: how likely the first suggestion was meant.
		outcome.Confidence = math.Exp(before.Finding(wrong).Suggestions[0].LogProb)
	}
	c.Systems[name(SystemCheck)] = outcome
	if m != nil && !whole {
		c.Systems[name(SystemModel)] = byInput("model", 1).outcome(b, before, wrong, after, right, false)
		if pairs, ok := headView.outcome(b, before, wrong, after, right, false).Measures["pairs"]; ok && wrong >= 0 && !math.IsNaN(headView.score(before, wrong)) {
			c.Systems[name(SystemHead)] = Outcome{Measures: map[string]Ratio{"pairs": pairs}}
		}
	}
	for name, v := range views {
		c.Systems[name] = v.outcome(b, before, wrong, after, right, whole)
	}
	if wrong >= 0 && before.Finding(wrong).Reported {
		c.Systems[name(SystemCheck)].Measures["recall"] = Ratio{1, 1}
	}
	return nil
}

// view is one system's opinion of an examined file.
type view struct {
	order func(e *suspect.Examination, i int) []string // what could have been meant at a site, best first
	score func(e *suspect.Examination, i int) float64  // how suspicious the site is
}

// headView is the detection head's opinion.
var headView = view{
	order: func(*suspect.Examination, int) []string { return nil },
	score: func(e *suspect.Examination, i int) float64 {
		return float64(e.KnownOfSite(i)[slices.Index(suspect.Inputs(), "detect")])
	},
}

// byInput is the opinion of one thing that is known of choices: the more (sign 1) or the less (-1) of it the better.
func byInput(name string, sign float32) view {
	at := slices.Index(suspect.ChoiceInputs(), name)
	return byScores(func(e *suspect.Examination, i int) []float64 {
		scores := make([]float64, len(e.Choices(i)))
		for k := range scores {
			scores[k] = float64(sign * e.Known(i, k)[at])
		}
		return scores
	})
}

// byMixture is the opinion of the n-grams of a corpus and of the file, see mixture.
func byMixture(m *ngram.Model, index func(*suspect.Examination) *names.Index) view {
	return byScores(func(e *suspect.Examination, i int) []float64 {
		x := index(e)
		sequences := singles(e.Choices(i))
		if e.Group(i) == suspect.GroupArguments {
			for k, text := range e.Choices(i) {
				sequences[k] = typings.Tokens(x.File.Language, text)
			}
		}
		return mixture(m, x, e.Span(i), sequences)
	})
}

// byScores is the opinion of a score of the choices, the first of which is what stands there; what has none is worst.
func byScores(of func(e *suspect.Examination, i int) []float64) view {
	known := func(e *suspect.Examination, i int) []float64 {
		scores := of(e, i)
		for k, v := range scores {
			if math.IsNaN(v) {
				scores[k] = math.Inf(-1)
			}
		}
		return scores
	}
	return view{
		order: func(e *suspect.Examination, i int) []string {
			return sorted(e.Choices(i)[1:], known(e, i)[1:])
		},
		score: func(e *suspect.Examination, i int) float64 {
			scores := known(e, i)
			best, own := math.Inf(-1), scores[0]
			for _, v := range scores[1:] {
				best = math.Max(best, v)
			}
			if math.IsInf(own, -1) {
				own = -1e9
			}
			return best - own
		},
	}
}

// outcome measures a view on one case.
func (v view) outcome(b Bug, before *suspect.Examination, wrong int, after *suspect.Examination, right int, whole bool) Outcome {
	o := Outcome{Measures: map[string]Ratio{}}
	for _, name := range []string{"scored", "covered", "repair@1", "repair@3", "recall"} {
		o.Measures[name] = Ratio{0, 1}
	}
	if whole {
		for _, name := range []string{"in file@1", "in file@5", "in function@1", "in function@5"} {
			o.Measures[name] = Ratio{0, 1}
		}
	}
	if wrong < 0 {
		return o
	}
	o.Measures["scored"] = Ratio{1, 1}
	order := v.order(before, wrong)
	if o.Place = slices.Index(order, b.New) + 1; o.Place > 0 {
		o.Measures["covered"] = Ratio{1, 1}
		o.Measures["of covered@1"], o.Measures["of covered@3"] = Ratio{0, 1}, Ratio{0, 1}
		for _, name := range []string{"repair", "of covered"} {
			if o.Place == 1 {
				o.Measures[name+"@1"] = Ratio{1, 1}
			}
			if o.Place <= 3 {
				o.Measures[name+"@3"] = Ratio{1, 1}
			}
		}
	}
	if len(order) > 0 {
		o.Top = order[0]
	}
	score := v.score(before, wrong)
	if right >= 0 {
		r := Ratio{0, 1}
		switch other := v.score(after, right); {
		case score > other:
			r.Sum = 1
		case score == other:
			r.Sum = 0.5
		}
		o.Measures["pairs"] = r
	}
	if !whole {
		return o
	}
	file, function := 0, 0
	around := before.Function(wrong)
	for i := range before.Len() {
		if before.Group(i) != suspect.GroupArguments && v.score(before, i) > score {
			file++
			if around.Contains(before.Span(i).Start) {
				function++
			}
		}
	}
	for _, place := range []struct {
		name  string
		above int
	}{{"in file", file}, {"in function", function}} {
		if place.above == 0 {
			o.Measures[place.name+"@1"] = Ratio{1, 1}
		}
		if place.above < 5 {
			o.Measures[place.name+"@5"] = Ratio{1, 1}
		}
	}
	return o
}
