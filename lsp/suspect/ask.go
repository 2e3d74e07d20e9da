package suspect

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

const (
	// scanBytes bounds a window of the screen.
	scanBytes = 1200
	// batch is how many queries go to the model at once: between batches a cancellation is seen at the latest.
	batch = 16
	// asked is how many choices of a site the model is asked about: those that everything else puts first, and what stands there. A model without a pointer head needs several
	// rows for each; askedSlowly of slowly times fewer sites have to do then.
	asked       = 24
	askedSlowly = 6
	slowly      = 4
	// mostOperators is how many operators are asked about with All whatever the rest says of them.
	mostOperators = 300
)

// screen lets the model's detection head look at all sites, a row for each window of the file. A model without one is not asked: surprise finds nothing (package comment).
func (e *Examination) screen(ctx context.Context, m Model) error {
	if about, ok := m.(interface{ Info() model.Info }); ok && !about.Info().Detect {
		return nil
	}
	var queries []model.ScanQuery
	var members [][]int
	next := 0
	f := e.file.x.File
	for _, w := range f.Windows(scanBytes) {
		q := model.ScanQuery{Language: f.Language, Text: string(f.Text[w.Start:w.End]), Screen: true}
		var of []int
		for ; next < len(e.sites) && e.sites[next].span.Start < w.End; next++ {
			// Pairs of arguments overlap their members.
			if s := e.sites[next].span; w.Start <= s.Start && s.End <= w.End && e.sites[next].group != GroupArguments {
				q.Sites = append(q.Sites, model.Site{Start: s.Start - w.Start, End: s.End - w.Start})
				of = append(of, next)
			}
		}
		if len(of) > 0 {
			queries, members = append(queries, q), append(members, of)
		}
	}
	for start := 0; start < len(queries); start += batch {
		end := min(start+batch, len(queries))
		answers, err := m.Scan(ctx, queries[start:end])
		if err != nil {
			return fmt.Errorf("screening: %w", err)
		}
		for i, scores := range answers {
			for j, score := range scores {
				e.sites[members[start+i][j]].detect = score.Detect
			}
		}
	}
	return nil
}

// confirm asks the model about sites one by one, each masked alone, and judges them again: the most suspicious of those that can be reported; with All the
// most suspicious of all, and the operators.
func (e *Examination) confirm(ctx context.Context, m Model, opts Options) error {
	points := true
	if about, ok := m.(interface{ Info() model.Info }); ok {
		points = about.Info().Pointer
	}
	limit := opts.MaxConfirm
	if limit <= 0 {
		limit = 40 + e.found/20
		if !points {
			limit /= slowly
		}
	}
	// First, with All or without, those that may be reported.
	var order []int
	for i := range e.sites {
		if e.suspected(&e.sites[i]) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return e.sites[order[a]].alarm > e.sites[order[b]].alarm })
	most := 8 + e.found/40
	if !points {
		most = max(4, most/slowly)
	}
	order = order[:min(most, len(order))]
	for _, i := range order {
		e.sites[i].doubted = true
	}
	if opts.All {
		order = append(order, e.others(order, limit, opts)...)
	}
	for start := 0; start < len(order); start += batch {
		chunk := order[start:min(start+batch, len(order))]
		queries := make([]model.Query, len(chunk))
		for k, i := range chunk {
			queries[k] = e.query(&e.sites[i], opts.WindowBytes, points)
		}
		predictions, err := m.Predict(ctx, queries)
		if err != nil {
			return fmt.Errorf("asking the model about suspicious places: %w", err)
		}
		for k, i := range chunk {
			e.sites[i].answer(predictions[k])
			e.sites[i].judge(e.table)
		}
	}
	return nil
}

// others lists what the model is asked about with All beside the sites of first: the most suspicious ones, and the operators. It is what was meant that it is asked, where its
// word counts or the caller says for how many.
func (e *Examination) others(first []int, limit int, opts Options) []int {
	done := map[int]bool{}
	for _, i := range first {
		done[i] = true
	}
	var order []int
	for i := range e.sites {
		if !done[i] && (opts.MaxConfirm > 0 || e.table.Blend[e.sites[i].group] > 0) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return e.logOdds(&e.sites[order[a]]) > e.logOdds(&e.sites[order[b]]) })
	rest := order[min(limit, len(order)):]
	order = order[:min(limit, len(order))]
	for _, i := range rest {
		// An operator takes one row, and the model knows better than the file which belongs there.
		if s := &e.sites[i]; len(order) < limit+mostOperators && s.group == groupOperator && e.file.tokens[s.token].Subkind != treesitter.SubkindAssignment {
			order = append(order, i)
		}
	}
	return order
}

// query asks what belongs at the site.
func (e *Examination) query(s *site, windowBytes int, points bool) model.Query {
	q := names.Query(e.file.x.File, s.span, windowBytes)
	q.OnePass = true
	q.Choices = []string{s.choices[0].text}
	choices := asked
	if !points {
		choices = askedSlowly
	}
	for _, i := range s.order[:min(choices, len(s.order))] {
		q.Choices = append(q.Choices, s.choices[i].text)
	}
	// An edit elsewhere may put the same choices in another order, and the model's cache should know the question still.
	slices.Sort(q.Choices)
	return q
}

// outOfSight stands for the pointer head's opinion of a name that it does not see: less than of any that it sees.
const outOfSight = -20

// answer takes the model's opinion.
func (s *site) answer(p model.Prediction) {
	found := map[string]model.Candidate{}
	points := false
	for _, c := range p.Candidates {
		found[c.Text] = c
		points = points || !math.IsInf(c.Pointer, 0) && !math.IsNaN(c.Pointer)
	}
	own, ok := found[s.choices[0].text]
	if !ok {
		return
	}
	s.confirmed = true
	take := func(of func(model.Candidate) float64, in, over input) {
		top := math.Inf(-1)
		for _, c := range found {
			if v := of(c); !math.IsNaN(v) {
				top = math.Max(top, v)
			}
		}
		for i := range s.choices {
			if c, ok := found[s.choices[i].text]; ok {
				s.choices[i].inputs[in], s.choices[i].inputs[over] = float32(of(c)-top), float32(of(c)-of(own))
			}
		}
	}
	take(func(c model.Candidate) float64 { return c.LogProb }, inModel, inModelOver)
	take(func(c model.Candidate) float64 { return c.Vocabulary }, inVocabulary, inVocabularyOver)
	if points {
		take(func(c model.Candidate) float64 { return math.Max(c.Pointer, outOfSight) }, inPointer, inPointerOver)
	}
}
