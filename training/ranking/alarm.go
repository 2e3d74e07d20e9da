package ranking

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

const (
	// askedPerThousandLines is how many sites of 1,000 right lines the model is asked about: forty times as many as may be reported, and still a small part of what a
	// check costs.
	askedPerThousandLines = 20
	// plantedWeight is what a planted mistake counts beside one that a person made.
	plantedWeight = 0.1
	// screenTrees and confirmTrees are how large the forests grow. They end there and not where a few held-out mistakes are found best: among thousands of right places those are few, and say little.
	screenTrees, confirmTrees = 200, 60
	// lookedThrough is how many lines are looked through for right places that stand out, and suspiciousPerThousandLines how many of 1,000 are kept. Among the places that are drawn
	// from each file hardly any stands out, and each stands for a hundred.
	lookedThrough              = 150_000
	suspiciousPerThousandLines = 3 * askedPerThousandLines
	// fixedWeight is what a place that was put right counts beside a mistake. It stands for itself, and is the hardest to tell from one.
	fixedWeight = 1
)

// alarmGrowth is slower than that of the other forests, since what stands out most is what counts.
var alarmGrowth = growth{depth: 4, rate: 0.06, lambda: 5, least: 0.5, share: 0.8, columns: 0.4, seed: 1}

// seen is a site as Alarm's forests see it.
type seen struct {
	record  *record
	after   bool // of the file after the fix; else before
	offset  int  // where it begins there
	wrong   bool
	mended  bool    // it is the place that was put right
	weight  float64 // of a right one: how many it stands for
	row     []float32
	asked   []float32 // what is known once the model was asked; nil where it was not
	kind    string    // see suspect.Kinds
	logOdds float64   // by forests that did not see the repository: of Screen, then of Confirm
}

// fitAlarm fits what decides on reports, on records that tables of other folds have judged. The detection head is not heard: it was trained on the same fixes, so what it says of them is
// better than what it says of others.
func fitAlarm(ctx context.Context, records []*record, tables []*rank.Table, in inputs, opts Options) (*rank.Alarm, error) {
	sites := sitesOf(records)
	var wrong, right float64
	for _, s := range sites {
		if s.wrong {
			wrong += s.weight
		} else {
			right += s.weight
		}
	}
	if wrong == 0 || right == 0 {
		return nil, fmt.Errorf("fitting alarms: of %d sites none is wrong, or all are", len(sites))
	}
	a := &rank.Alarm{ScreenBias: math.Log(wrong / right)}
	begin := func() {
		for _, s := range sites {
			s.logOdds = a.ScreenBias
		}
	}
	anything := func(string) bool { return true }
	begin()
	row := func(s *seen) []float32 { return s.row }
	_, folds, err := grade(sites, in.site, row, screenTrees, opts)
	if err != nil {
		return nil, err
	}
	opts.Log(fmt.Sprintf("alarm, without the model, first: %s", curve(sites, records)))
	// Of what stood out among the places that were drawn, all that stands out in some files takes the place.
	least := thresholdAt(sites, records, suspiciousPerThousandLines, anything)
	hard, err := hardest(ctx, records, tables, folds, a.ScreenBias, least, opts)
	if err != nil {
		return nil, err
	}
	sites = append(slices.DeleteFunc(sites, func(s *seen) bool { return !s.wrong && !s.mended && s.logOdds >= least }), hard...)
	begin()
	if a.Screen, _, err = grade(sites, in.site, row, screenTrees, opts); err != nil {
		return nil, err
	}
	opts.Log(fmt.Sprintf("alarm, without the model, with %d places that stood out: %s", len(hard), curve(sites, records)))
	a.Ask = thresholdAt(sites, records, askedPerThousandLines, anything)
	if opts.Model == nil {
		a.Confirm, err = rank.NewForest(nil, nil)
		return a, err
	}
	sites = slices.DeleteFunc(sites, func(s *seen) bool { return s.logOdds < a.Ask })
	number := map[*record]int{}
	for i, r := range records {
		number[r] = i
	}
	slices.SortStableFunc(sites, func(a, b *seen) int { return number[a.record] - number[b.record] })
	if err := ask(ctx, sites, tables, opts); err != nil {
		return nil, err
	}
	sites = slices.DeleteFunc(sites, func(s *seen) bool { return s.asked == nil })
	if a.Confirm, _, err = grade(sites, without([]string{"detect"}).site, func(s *seen) []float32 { return s.asked }, confirmTrees, opts); err != nil {
		return nil, err
	}
	opts.Log(fmt.Sprintf("alarm, with the model asked about %d sites: %s", len(sites), curve(sites, records)))
	return a, nil
}

// sitesOf lists the sites of the records that could be reported. A planted mistake adds itself alone: what stands around it is another record's.
func sitesOf(records []*record) []*seen {
	var sites []*seen
	for _, r := range records {
		add := func(e *suspect.Examination, k int, s seen) {
			if e.Reportable(k) {
				s.record, s.offset, s.row, s.kind = r, e.Span(k).Start, e.KnownOfSite(k), e.Kind(k)
				sites = append(sites, &s)
			}
		}
		add(r.before, r.wrong, seen{wrong: true, weight: r.example.weight()})
		if r.example.Planted {
			continue
		}
		add(r.after, 0, seen{after: true, mended: true, weight: fixedWeight})
		for k := range r.before.Len() {
			if k != r.wrong {
				add(r.before, k, seen{weight: r.stand})
			}
		}
	}
	return sites
}

// hardest looks through as many mended files as lookedThrough says for right places whose odds, by the forests that did not see their repository, reach least. Each stands for as many as there
// are lines to one that was looked at.
func hardest(ctx context.Context, records []*record, tables []*rank.Table, screens []*rank.Forest, bias, least float64, opts Options) ([]*seen, error) {
	var all, some int
	var files []*record
	random := rand.New(rand.NewPCG(opts.Seed, 37))
	for _, i := range random.Perm(len(records)) {
		r := records[i]
		if r.after == nil {
			continue
		}
		if all += r.lines; some < lookedThrough {
			some += r.lines
			files = append(files, r)
		}
	}
	none, err := rank.NewForest(nil, nil)
	if err != nil {
		return nil, err
	}
	found := make([][]*seen, len(files))
	err = parallel(len(files), opts, func(n int) error {
		r := files[n]
		t := *tables[r.fold]
		t.Alarm = &rank.Alarm{Screen: screens[r.fold], ScreenBias: bias, Confirm: none}
		around, err := r.example.around(ctx)
		if err != nil {
			return err
		}
		e, err := suspect.Examine(ctx, nil, treesitter.Parse(r.language, r.example.After), suspect.Options{Table: &t, Around: around, Corpus: opts.Corpus})
		if err != nil {
			return fmt.Errorf("looking through an example of %s: %w", r.example.Repo, err)
		}
		for k := range e.Len() {
			if logOdds, _ := e.Alarm(k); logOdds >= least && e.Group(k) != suspect.GroupArguments && e.Span(k).Start != r.example.At {
				found[n] = append(found[n], &seen{
					record: r, after: true, offset: e.Span(k).Start, weight: float64(all) / float64(some), row: e.KnownOfSite(k), kind: e.Kind(k),
				})
			}
		}
		return nil
	})
	return slices.Concat(found...), err
}

// grade grows a forest that adds to the log-odds that the sites have, so as to tell the wrong ones from the right ones, and adds to each what forests say that did not see its repository: those of folds.
func grade(sites []*seen, names []string, row func(*seen) []float32, trees int, opts Options) (_ *rank.Forest, folds []*rank.Forest, _ error) {
	all := suspect.Inputs()
	index := make([]int, len(names))
	for i, name := range names {
		index[i] = slices.Index(all, name)
	}
	questions := make([]group, len(sites))
	for i, s := range sites {
		full := row(s)
		g := group{rows: [][]float32{make([]float32, len(index))}, offset: []float64{s.logOdds}, target: -1, weight: s.weight}
		for k, f := range index {
			g.rows[0][k] = full[f]
		}
		if s.wrong {
			g.target = 0
		}
		questions[i] = g
	}
	g := alarmGrowth
	g.trees = trees
	g.seed += opts.Seed
	for fold := range opts.Folds {
		var others []group
		for i, s := range sites {
			if s.record.fold != fold {
				others = append(others, questions[i])
			}
		}
		f, err := boost(names, others, nil, g)
		if err != nil {
			return nil, nil, err
		}
		folds = append(folds, f)
		for i, s := range sites {
			if s.record.fold == fold {
				s.logOdds += f.Score(questions[i].rows[0])
			}
		}
	}
	f, err := boost(names, questions, nil, g)
	return f, folds, err
}

// ask asks the model about sites, as check does.
func ask(ctx context.Context, sites []*seen, tables []*rank.Table, opts Options) error {
	for start := 0; start < len(sites); {
		// Those of one text follow each other.
		end := start + 1
		for end < len(sites) && sites[end].record == sites[start].record {
			end++
		}
		if opts.Progress != nil {
			opts.Progress(start, len(sites))
		}
		for _, after := range []bool{false, true} {
			r := sites[start].record
			text := r.example.Before
			if after {
				text = r.example.After
			}
			at := map[int]*seen{}
			for _, s := range sites[start:end] {
				if s.after == after {
					at[s.offset] = s
				}
			}
			if len(at) == 0 {
				continue
			}
			around, err := r.example.around(ctx)
			if err != nil {
				return err
			}
			asked, err := suspect.Examine(ctx, opts.Model, treesitter.Parse(r.language, text), suspect.Options{
				All: true, Around: around, Table: tables[r.fold], MaxConfirm: math.MaxInt, Only: func(s treesitter.Span) bool { return at[s.Start] != nil },
			})
			if err != nil {
				return fmt.Errorf("asking about an example of %s: %w", r.example.Repo, err)
			}
			for offset, s := range at {
				if i := asked.At(offset); i >= 0 && asked.Asked(i) {
					s.asked = asked.KnownOfSite(i)
				}
			}
		}
		start = end
	}
	return nil
}

// thresholdAt is the log-odds that so many of the right sites of some kinds reach on 1,000 lines.
func thresholdAt(sites []*seen, records []*record, perThousandLines float64, of func(kind string) bool) float64 {
	lines := 0
	for _, r := range records {
		if !r.example.Planted {
			lines += r.lines
		}
	}
	var right []*seen
	for _, s := range sites {
		if !s.wrong && !s.mended && of(s.kind) {
			right = append(right, s)
		}
	}
	slices.SortFunc(right, func(a, b *seen) int {
		switch {
		case a.logOdds > b.logOdds:
			return -1
		case a.logOdds < b.logOdds:
			return 1
		}
		return 0
	})
	sum := 0.0
	for _, s := range right {
		if sum += s.weight; 1000*sum > perThousandLines*float64(lines) {
			return s.logOdds
		}
	}
	return math.Inf(-1)
}

// curve words the recall at several numbers of reports on 1,000 lines of the mistakes' own files: as many of misspelt names, and as many of all else.
func curve(sites []*seen, records []*record) string {
	var b strings.Builder
	for _, sort := range []Example{{}, {Planted: true}, {Misspelt: true}, {Misspelt: true, Planted: true}} {
		of := func(r *record) bool { return r.example.Planted == sort.Planted && r.example.Misspelt == sort.Misspelt }
		all := map[string]float64{}
		for _, r := range records {
			if of(r) {
				all["all"]++
				all[r.before.Group(r.wrong)]++
			}
		}
		if all["all"] == 0 {
			continue
		}
		fmt.Fprintf(&b, "of %.0f %s at", all["all"], sort.sort("real mistakes"))
		for _, per := range []float64{0.1, 0.5, 1, 2, 5, 10} {
			found := map[string]float64{}
			misspelt := thresholdAt(sites, records, per, func(kind string) bool { return kind == suspect.KindMisspelt })
			others := thresholdAt(sites, records, per, func(kind string) bool { return kind != suspect.KindMisspelt })
			for _, s := range sites {
				threshold := others
				if s.kind == suspect.KindMisspelt {
					threshold = misspelt
				}
				if s.wrong && of(s.record) && s.logOdds > threshold {
					found["all"]++
					found[s.record.before.Group(s.record.wrong)]++
				}
			}
			fmt.Fprintf(&b, " %g per 1,000 lines %.1f%%", per, 100*found["all"]/all["all"])
			if per == 0.5 {
				b.WriteString(" (")
				for _, group := range suspect.Groups() {
					if all[group] > 0 {
						fmt.Fprintf(&b, "%s %.1f ", group, 100*found[group]/all[group])
					}
				}
				b.WriteString(")")
			}
			b.WriteString(",")
		}
		b.WriteString("; ")
	}
	return strings.TrimRight(b.String(), ",; ")
}
