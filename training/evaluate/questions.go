package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/training/ranking"
	"mlm-lsp/treesitter"
)

// Questions asks a model as Cloze and Complete do, and returns what is known of the candidates where the right one is among them: what ranking.FitCombiner fits
// on. The sources must not be of projects that are measured on, nor of those that the model has learnt from.
//
// Of the completions half have the rest of the line taken away, as when a line is written from left to right.
func Questions(ctx context.Context, m Asker, sources []Source, opts Common) ([]ranking.Question, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 60
	}
	items, err := draw(ctx, sources, ClozeOptions{Common: opts})
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	more := opts
	more.PerClass *= 3
	usages := drawUsages(sources, CompleteOptions{Common: more})
	if len(items)+len(usages) == 0 {
		return nil, errors.New("asking: no token to ask for: name more files")
	}
	progress := &steps{total: len(items) + len(usages), report: opts.Progress}
	var list []ranking.Question
	keep := func(project, mode, answer string, g *gap.Gap) {
		q := ranking.Question{Project: project, Group: g.Group, Mode: mode, Answer: g.Place(answer)}
		if q.Answer < 0 {
			return
		}
		for _, c := range g.Candidates {
			q.Inputs = append(q.Inputs, slices.Clone(c.Inputs[:]))
		}
		list = append(list, q)
	}
	err = inBatches(ctx, len(items), 8, progress, func(from, to int) error {
		var queries []model.Query
		var of []*item
		for _, it := range items[from:to] {
			if it.gap.Place(it.text) >= 0 {
				of = append(of, it)
				queries = append(queries, it.gap.Query(names.Query(it.index.File, it.index.File.Tokens[it.token].Span, windowBytes)))
			}
		}
		predictions, err := m.Predict(ctx, queries)
		if err != nil {
			return err
		}
		for i, it := range of {
			it.gap.Answer(predictions[i])
			keep(it.source.Project, "cloze", it.text, it.gap)
			it.gap = nil
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	// File by file, since the files around one are read for it.
	slices.SortStableFunc(usages, func(a, b usage) int { return strings.Compare(a.source.Path, b.source.Path) })
	random := rand.New(rand.NewPCG(opts.Seed, 23))
	var around *project.View
	err = inBatches(ctx, len(usages), 1, progress, func(from, _ int) error {
		u := usages[from]
		if from == 0 || usages[from-1].source != u.source {
			var err error
			if around, err = near(ctx, *u.source); err != nil {
				return err
			}
		}
		typed, cut, made := []int{0, 0, 1, 3}[random.IntN(4)], random.IntN(2) == 0, random.IntN(3) == 0
		place, mode := u.place(around, min(typed, len(u.name)-1), cut)
		if place == nil {
			return nil
		}
		// What no list holds is asked only where the model makes names up.
		if len(place.Gap.Candidates) == 0 || !made && place.Gap.Place(u.name) < 0 {
			return nil
		}
		queries := []model.Query{place.Query(windowBytes)}
		if made {
			queries = append(queries, place.Generation())
		}
		predictions, err := m.Predict(ctx, queries)
		if err != nil {
			return err
		}
		place.Gap.Answer(predictions[0])
		if made {
			place.Take(predictions[1])
		}
		keep(u.source.Project, mode, u.name, place.Gap)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	return list, nil
}

// windowBytes is the text around a gap that the features ask with.
const windowBytes = 1000

// place is the cursor in the name, with some letters typed; nil where nothing is offered. With cut the rest of the line is not there yet.
func (u usage) place(around *project.View, typed int, cut bool) (*complete.Place, string) {
	text, mode := u.source.File.Text, fmt.Sprintf("%d typed", typed)
	rest := text[u.token.End:]
	if cut {
		mode += ", at the line's end"
		for len(rest) > 0 && rest[0] != '\n' {
			rest = rest[1:]
		}
	}
	offset := u.token.Start + typed
	f := treesitter.Parse(u.source.File.Language, slices.Concat(text[:offset], rest))
	place, ok := complete.At(f, offset, around)
	if !ok {
		return nil, ""
	}
	return place, mode
}
