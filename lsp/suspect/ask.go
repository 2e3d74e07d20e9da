package suspect

import (
	"context"
	"math"
	"sort"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// scanBytes bounds a window of the screen, and batch how many queries go to the model at once: between batches a cancellation is seen at the latest.
const (
	scanBytes = 1200
	batch     = 16
)

// screen gives sites the model's first opinion of what stands there: with all those of interest. A site that the cache does not doubt cannot be reported whatever
// the model says, so a check that reports asks about a few percent of them.
func screen(ctx context.Context, m model.Scanner, f *treesitter.File, sites []site, all bool) error {
	// Sites of a scan must not overlap, so pairs of arguments are left to their members.
	order := make([]int, 0, len(sites))
	for i := range sites {
		if sites[i].code != CodeArguments && (all || sites[i].doubted) {
			order = append(order, i)
		}
	}
	sort.Slice(order, func(a, b int) bool { return sites[order[a]].span.Start < sites[order[b]].span.Start })
	var queries []model.ScanQuery
	var members [][]int
	next := 0
	for _, w := range f.Windows(scanBytes) {
		q := model.ScanQuery{Language: f.Language, Text: string(f.Text[w.Start:w.End])}
		var of []int
		for next < len(order) && sites[order[next]].span.Start < w.End {
			s := sites[order[next]].span
			if w.Start <= s.Start && s.End <= w.End {
				q.Sites = append(q.Sites, model.Site{Start: s.Start - w.Start, End: s.End - w.Start})
				of = append(of, order[next])
			}
			next++
		}
		if len(of) > 0 {
			queries, members = append(queries, q), append(members, of)
		}
	}
	for start := 0; start < len(queries); start += batch {
		end := min(start+batch, len(queries))
		answers, err := m.Scan(ctx, queries[start:end])
		if err != nil {
			return err
		}
		for i, scores := range answers {
			for j, score := range scores {
				s := &sites[members[start+i][j]]
				s.screened = true
				s.surprise = math.Max(-12, math.Min(12, score.BestLogProb-score.LogProb))
			}
		}
	}
	return nil
}

// confirm asks the model about the most suspicious sites one by one.
func confirm(ctx context.Context, m model.Predictor, f *treesitter.File, sites []site, opts Options) error {
	limit := opts.MaxConfirm
	if limit <= 0 && opts.All {
		limit = 40 + len(sites)/10
	} else if limit <= 0 {
		limit = 12 + len(sites)/25
	}
	var order []int
	for i := range sites {
		if opts.All || sites[i].doubted && (!sites[i].screened || sites[i].surprise > 0) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return sites[order[a]].suspicion() > sites[order[b]].suspicion() })
	order = order[:min(limit, len(order))]
	for start := 0; start < len(order); start += batch {
		chunk := order[start:min(start+batch, len(order))]
		queries := make([]model.Query, len(chunk))
		for k, i := range chunk {
			queries[k] = sites[i].query(f, opts.WindowBytes)
		}
		predictions, err := m.Predict(ctx, queries)
		if err != nil {
			return err
		}
		for k, i := range chunk {
			sites[i].answer(predictions[k])
		}
	}
	return nil
}

// sharply is how many choices the model ranks exactly. What stands at the site may be below them; the last of them is then its upper bound.
const sharply = 6

// query asks what belongs at the site.
func (s *site) query(f *treesitter.File, windowBytes int) model.Query {
	q := model.Query{Language: f.Language, TopK: sharply}
	q.Before, q.After = f.Window(s.span, windowBytes)
	for _, c := range s.choices {
		q.Choices = append(q.Choices, c.text)
	}
	return q
}

// answer takes the model's opinion.
func (s *site) answer(p model.Prediction) {
	if len(p.Candidates) == 0 {
		return
	}
	logProbs := map[string]float64{}
	for _, c := range p.Candidates {
		logProbs[c.Text] = c.LogProb
	}
	last := p.Candidates[len(p.Candidates)-1].LogProb
	for i := range s.choices {
		logProb, ok := logProbs[s.choices[i].text]
		if !ok {
			logProb = last
		}
		s.choices[i].features.Model = logProb
	}
	s.confirmed = true
}
