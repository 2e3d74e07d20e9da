// Package ranking fits what package suspect judges with: forests that tell what fits a place (Fit), what was meant by what stands there (Repair) and how likely it is wrong
// (Detect), from fixes that people made and from mutants, and then the log-odds and thresholds from unchanged code.
//
// The inputs of the forests come from suspect.Examine, which is what check asks, so fitting and serving see the same.
//
// Invariants:
//   - Nothing is fitted on evaluation projects: the caller passes none (training/fixes refuses them).
//   - What judges a case while Detect is fitted was itself fitted on other repositories (cross-fitting), so Detect sees verdicts as good as they will be.
//   - The result is a function of the cases and the options.
package ranking

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Example is a file with one mistake.
type Example struct {
	Repo     string // cases of one repository are never on both sides of a split
	Language string // a name of treesitter's
	Before   []byte // with the mistake
	After    []byte // without
	// At is where the wrong token begins in Before; the right one begins there in After.
	At       int
	Old, New string
	// Around returns what the project's other files say; nil where they are not known.
	Around func(context.Context) (*project.View, error)
	// Planted says that nobody made the mistake. What is reported is chosen with those, too; what was meant, and what is likelier wrong than another, is not learnt from them.
	Planted bool
	// Misspelt says that the wrong token stands nowhere else in Before and is one slip from the right one (names.SlipOf).
	Misspelt bool
}

// What figures are told of beside the groups of places.
const (
	sortMisspelt        = "misspelt"
	sortPlanted         = "planted"
	sortMisspeltPlanted = "misspelt, planted"
)

// around reads the project, where it is known.
func (x *Example) around(ctx context.Context) (*project.View, error) {
	if x.Around == nil {
		return nil, nil
	}
	v, err := x.Around(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the project of an example of %s: %w", x.Repo, err)
	}
	return v, nil
}

// sort is what figures are told by: the group of the place, or how the mistake came there.
func (x *Example) sort(group string) string {
	switch {
	case x.Misspelt && x.Planted:
		return sortMisspeltPlanted
	case x.Misspelt:
		return sortMisspelt
	case x.Planted:
		return sortPlanted
	}
	return group
}

// weight is what the example counts where what was meant is learnt, and what is reported.
func (x *Example) weight() float64 {
	if x.Planted {
		return plantedWeight
	}
	return 1
}

// Options says how to fit.
type Options struct {
	// Folds is into how many parts the repositories are split for cross-fitting; 0 means 4.
	Folds int
	// Others is how many unsuspected sites of each file are looked at; 0 means 24.
	Others int
	Seed   uint64
	// Model is asked as check asks; nil fits a table that works without one.
	Model suspect.Model
	// Corpus is what check will know of a corpus: that of the model's bundle; nil fits a table that works without one.
	Corpus *ngram.Model
	// Progress gets the examples read and their number; may be nil.
	Progress func(done, total int)
	// Log gets a line per forest with what it reached on held-out repositories; may be nil.
	Log func(line string)
}

// record is an example as sites: those of Before, and the fixed one of After.
type record struct {
	fold     int
	language string
	old, new string
	lines    int
	example  *Example
	before   *suspect.Examination
	after    *suspect.Examination // nil of a planted one: it is another record's
	wrong    int                  // of before's sites; the others were right
	answer   int                  // of the wrong site's choices, -1: none of them
	stand    float64              // how many sites each of the others stands for
}

// Fit fits a table. It returns an error when an example cannot be examined, or too few are left.
func Fit(ctx context.Context, examples []Example, opts Options) (*rank.Table, error) {
	opts = opts.withDefaults()
	records, err := gather(ctx, examples, opts)
	if err != nil {
		return nil, err
	}
	return fitLevel(ctx, records, without(asked), opts)
}

// askMeant asks the model what was meant by each mistake, as check does, and returns the answers by tables that did not see the mistake.
func askMeant(ctx context.Context, records []*record, tables []*rank.Table, opts Options) ([]*record, error) {
	var answered []*record
	for i, r := range records {
		if r.example.Planted || r.answer < 1 {
			continue
		}
		if opts.Progress != nil {
			opts.Progress(i, len(records))
		}
		around, err := r.example.around(ctx)
		if err != nil {
			return nil, err
		}
		e, err := suspect.Examine(ctx, opts.Model, treesitter.Parse(r.language, r.example.Before), suspect.Options{
			All: true, Around: around, Table: tables[r.fold], MaxConfirm: math.MaxInt, Only: func(s treesitter.Span) bool { return s.Start == r.example.At },
		})
		if err != nil {
			return nil, fmt.Errorf("asking about an example of %s: %w", r.example.Repo, err)
		}
		e.Forget()
		if wrong := e.At(r.example.At); wrong >= 0 {
			answered = append(answered, &record{before: e, wrong: wrong, answer: slices.Index(e.Choices(wrong), r.new)})
		}
	}
	return answered, nil
}

// blend finds for each group the weight of the model's log-probabilities under which what was meant is likeliest.
func blend(records []*record, opts Options) map[string]float64 {
	at := slices.Index(suspect.ChoiceInputs(), "model")
	weights := map[string]float64{}
	for _, kind := range suspect.Groups() {
		type question struct {
			scores, model []float64
			answer        int
		}
		var questions []question
		for _, r := range records {
			if r.answer < 1 || r.before.Group(r.wrong) != kind {
				continue
			}
			q := question{answer: r.answer - 1}
			worst, known := 0.0, false
			for k := 1; k < len(r.before.Choices(r.wrong)); k++ {
				v := float64(r.before.Known(r.wrong, k)[at])
				q.model, q.scores = append(q.model, v), append(q.scores, r.before.Repair(r.wrong, k))
				if !math.IsNaN(v) {
					worst, known = math.Min(worst, v), true
				}
			}
			if !known {
				continue
			}
			for k, v := range q.model {
				if math.IsNaN(v) {
					q.model[k] = worst - 1
				}
			}
			questions = append(questions, q)
		}
		if len(questions) < 20 {
			continue
		}
		best, least := 0.0, math.Inf(1)
		var rightThen, rightNow int
		for step := range 31 {
			weight, loss, right := float64(step)/20, 0.0, 0
			for _, q := range questions {
				sums := make([]float64, len(q.scores))
				for k := range sums {
					sums[k] = q.scores[k] + weight*q.model[k]
				}
				loss -= rank.Normalize(sums)[q.answer]
				if sums[q.answer] == slices.Max(sums) {
					right++
				}
			}
			if step == 0 {
				rightThen = right
			}
			if loss < least {
				best, least, rightNow = weight, loss, right
			}
		}
		weights[kind] = best
		opts.Log(fmt.Sprintf("blend/%s: the model counts %.2f; of %d covered mistakes %d are repaired at the first place, without it %d", kind, best, len(questions), rightNow, rightThen))
	}
	return weights
}

func (o Options) withDefaults() Options {
	if o.Folds == 0 {
		o.Folds = 4
	}
	if o.Others == 0 {
		o.Others = 24
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return o
}

// asked are the inputs that are known of sites that the model was asked about, masked alone. Few are, so the forests do not look at them; see rank.Table.Blend.
var asked = []string{"model", "model over", "pointer", "pointer over", "vocabulary", "vocabulary over", "own model", "own pointer", "detect", "favourite", "agreed"}

// inputs are what forests may ask for.
type inputs struct{ neutral, choice, site []string }

// without returns all inputs but some.
func without(some []string) inputs {
	drop := func(list []string) []string {
		return slices.DeleteFunc(list, func(name string) bool { return slices.Contains(some, name) })
	}
	return inputs{drop(suspect.Neutral()), drop(suspect.ChoiceInputs()), drop(suspect.Inputs())}
}

// fitLevel fits a table whose forests ask for some inputs.
func fitLevel(ctx context.Context, records []*record, in inputs, opts Options) (*rank.Table, error) {
	// A table for each fold, fitted on the others, judges the fold's records; Detect and Alarm learn from those verdicts.
	tables := make([]*rank.Table, opts.Folds)
	for fold := range opts.Folds {
		t, err := fitChoices(records, fold, in, opts)
		if err != nil {
			return nil, err
		}
		tables[fold] = t
		for _, r := range records {
			if r.fold == fold {
				r.before.Judge(t)
				if r.after != nil {
					r.after.Judge(t)
				}
			}
		}
	}
	reportRepair(records, opts)
	detect, calibration, err := fitDetect(slices.DeleteFunc(slices.Clone(records), func(r *record) bool { return r.example.Planted }), in, opts)
	if err != nil {
		return nil, err
	}
	alarm, err := fitAlarm(ctx, records, tables, in, opts)
	if err != nil {
		return nil, err
	}
	t, err := fitChoices(records, -1, in, opts)
	if err != nil {
		return nil, err
	}
	t.Detect, t.Calibration, t.Alarm = detect, calibration, alarm
	if opts.Model != nil {
		answered, err := askMeant(ctx, records, tables, opts)
		if err != nil {
			return nil, err
		}
		t.Blend = blend(answered, opts)
	}
	return t, nil
}

// gather examines the examples, several at once.
func gather(ctx context.Context, examples []Example, opts Options) ([]*record, error) {
	found := make([]*record, len(examples))
	err := parallel(len(examples), opts, func(i int) (err error) {
		found[i], err = examine(ctx, &examples[i], opts, rand.New(rand.NewPCG(opts.Seed, uint64(i))))
		return err
	})
	if err != nil {
		return nil, err
	}
	records := slices.DeleteFunc(found, func(r *record) bool { return r == nil })
	if len(records) < 20*opts.Folds {
		return nil, fmt.Errorf("fitting: %d of %d examples have a site: at least %d are needed", len(records), len(examples), 20*opts.Folds)
	}
	opts.Log(fmt.Sprintf("%d of %d examples have a site", len(records), len(examples)))
	return records, nil
}

// parallel does something n times, as much at once as there are processors.
func parallel(n int, opts Options, do func(i int) error) error {
	errs := make([]error, n)
	var done, next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = do(i)
				if d := done.Add(1); opts.Progress != nil && d%16 == 0 {
					opts.Progress(int(d), n)
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// examine makes a record of an example, without the model; nil when the mistake has no site.
func examine(ctx context.Context, x *Example, opts Options, random *rand.Rand) (*record, error) {
	around, err := x.around(ctx)
	if err != nil {
		return nil, err
	}
	look := func(f *treesitter.File, share float64) (*suspect.Examination, int, error) {
		only := func(s treesitter.Span) bool { return s.Start == x.At || random.Float64() < share }
		e, err := suspect.Examine(ctx, nil, f, suspect.Options{All: true, Around: around, Corpus: opts.Corpus, Table: rank.Default(), Only: only})
		if err != nil {
			return nil, 0, fmt.Errorf("examining an example of %s: %w", x.Repo, err)
		}
		return e, e.At(x.At), nil
	}
	file := treesitter.Parse(x.Language, x.Before)
	share := 0.0
	if !x.Planted {
		// About three tokens of five are sites.
		share = math.Min(1, float64(opts.Others)/(0.5*float64(max(len(file.Tokens), 1))))
	}
	before, wrong, err := look(file, share)
	if err != nil {
		return nil, err
	}
	if wrong < 0 || before.Choices(wrong)[0] != x.Old {
		return nil, nil
	}
	r := &record{
		fold: foldOf(x.Repo, opts.Folds), language: x.Language, old: x.Old, new: x.New, lines: lines(file), example: x, before: before, wrong: wrong,
		stand: 1 / share,
	}
	r.answer = slices.Index(before.Choices(wrong), x.New)
	before.Forget()
	if x.Planted {
		return r, nil
	}
	after, right, err := look(treesitter.Parse(x.Language, x.After), 0)
	if err != nil {
		return nil, err
	}
	if right < 0 || after.Choices(right)[0] != x.New {
		return nil, nil
	}
	r.after = after
	after.Forget()
	return r, nil
}

// foldOf puts a repository into one of so many parts.
func foldOf(repo string, folds int) int {
	h := fnv.New64a()
	h.Write([]byte(repo))
	return int(h.Sum64() % uint64(folds))
}

// fitChoices fits Fit, Repair and the confusions on the records that are not in a fold; -1 takes all.
func fitChoices(records []*record, without int, in inputs, opts Options) (*rank.Table, error) {
	t := &rank.Table{Version: rank.Version, Fit: map[string]*rank.Forest{}, Repair: map[string]*rank.Forest{}}
	for _, kind := range suspect.Groups() {
		var fit, fitHeld, repair, repairHeld []group
		for i, r := range records {
			if r.fold == without || r.example.Planted && !r.example.Misspelt {
				continue
			}
			held := r.fold == (without+1)%opts.Folds && without >= 0 || without < 0 && i%10 == 0
			if g, ok := repairGroup(r, kind); ok {
				if held {
					repairHeld = append(repairHeld, g)
				} else {
					repair = append(repair, g)
				}
			}
			if r.after == nil {
				continue // its other places, too, are another record's
			}
			for k := range r.before.Len() {
				if k == r.wrong || r.before.Group(k) != kind {
					continue
				}
				if g := fitGroup(r.before, k); held {
					fitHeld = append(fitHeld, g)
				} else {
					fit = append(fit, g)
				}
			}
			if r.after.Group(0) == kind {
				if g := fitGroup(r.after, 0); held {
					fitHeld = append(fitHeld, g)
				} else {
					fit = append(fit, g)
				}
			}
		}
		fit, fitHeld = thin(fit, mostQuestions, opts.Seed), thin(fitHeld, mostQuestions/4, opts.Seed)
		for _, part := range []struct {
			name         string
			into         map[string]*rank.Forest
			groups, held []group
			inputs       []string
		}{{"fit", t.Fit, fit, fitHeld, in.neutral}, {"repair", t.Repair, repair, repairHeld, in.choice}} {
			if len(part.groups) < 30 {
				continue
			}
			f, err := boost(part.inputs, only(suspect.ChoiceInputs(), part.inputs, part.groups), only(suspect.ChoiceInputs(), part.inputs, part.held), growthFor(len(part.groups), opts))
			if err != nil {
				return nil, err
			}
			part.into[kind] = f
			if without < 0 {
				opts.Log(fmt.Sprintf("%s/%s: %d questions, %d trees", part.name, kind, len(part.groups), f.Len()))
			}
		}
	}
	return t, nil
}

// mostQuestions is how many sites of a kind Fit learns from: more change nothing.
const mostQuestions = 4000

// thin draws at most so many groups.
func thin(groups []group, most int, seed uint64) []group {
	random := rand.New(rand.NewPCG(seed, 31))
	random.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	return groups[:min(most, len(groups))]
}

// growthFor is how forests for so many questions are grown.
func growthFor(questions int, opts Options) growth {
	g := defaultGrowth
	g.seed += opts.Seed
	if questions < 500 {
		g.depth = 3
	}
	return g
}

// mostRows bounds the rows of a group: the answer, and the others that the cache puts first.
const mostRows = 30

// repairGroup asks what was meant at the wrong site of a record.
func repairGroup(r *record, kind string) (group, bool) {
	if r.answer < 1 || r.before.Group(r.wrong) != kind {
		return group{}, false
	}
	g := group{weight: r.example.weight()}
	for k := 1; k < len(r.before.Choices(r.wrong)); k++ {
		g.rows = append(g.rows, r.before.Known(r.wrong, k))
	}
	g.target = r.answer - 1
	return g, len(g.rows) > 1
}

// fitGroup asks what stands at a site.
func fitGroup(e *suspect.Examination, i int) group {
	g := group{weight: 1}
	n := len(e.Choices(i))
	// Every so-many-th is enough to learn from, where there are more.
	step := max(1, (n-1)/mostRows)
	g.rows = append(g.rows, e.Known(i, 0))
	g.offset = append(g.offset, 0)
	for k := 1; k < n; k += step {
		g.rows = append(g.rows, e.Known(i, k))
		g.offset = append(g.offset, math.Log(float64(step)))
	}
	return g
}

// only takes some inputs out of the rows, which hold all of them.
func only(all, inputs []string, groups []group) []group {
	if len(inputs) == len(all) {
		return groups
	}
	index := make([]int, len(inputs))
	for i, name := range inputs {
		index[i] = slices.Index(all, name)
	}
	out := make([]group, len(groups))
	for i, g := range groups {
		out[i] = g
		out[i].rows = make([][]float32, len(g.rows))
		for k, row := range g.rows {
			out[i].rows[k] = make([]float32, len(index))
			for n, f := range index {
				out[i].rows[k][n] = row[f]
			}
		}
	}
	return out
}

// reportRepair logs how often the cross-fitted tables put the answer first.
func reportRepair(records []*record, opts Options) {
	for _, kind := range append(suspect.Groups(), sortMisspelt, sortMisspeltPlanted) {
		var n, covered, first, third float64
		for _, r := range records {
			if r.example.sort(r.before.Group(r.wrong)) != kind {
				continue
			}
			n++
			if place := slices.Index(r.before.Suggestions(r.wrong), r.new); place >= 0 {
				covered++
				if place == 0 {
					first++
				}
				if place < 3 {
					third++
				}
			}
		}
		if n > 0 {
			opts.Log(fmt.Sprintf("repair/%s, held-out repositories: %.0f mistakes, %.1f%% covered, %.1f%% at the first place, %.1f%% among three", kind, n, 100*covered/n, 100*first/n, 100*third/n))
		}
	}
}
