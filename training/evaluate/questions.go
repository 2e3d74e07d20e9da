package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/training/ranking"
	"mlm-lsp/treesitter"
)

// Questions asks a model as Cloze and Complete do, and returns what is known of the candidates where the right one is among them: what ranking.FitCombiner fits
// on. The sources must not be of projects that are measured on, nor of those that the model has learnt from.
//
// Of the completions half have the rest of the line taken away, as when a line is written from left to right.
func Questions(ctx context.Context, m Asker, sources []Source, opts Common) ([]ranking.Question, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 110
	}
	files := make([]examFile, len(sources))
	at := map[*Source]*examFile{}
	for i := range sources {
		files[i].source = &sources[i]
		at[&sources[i]] = &files[i]
	}
	total := 0
	for _, it := range drawPlaces(sources, opts) {
		at[it.source].items = append(at[it.source].items, it)
		total++
	}
	more := opts
	more.PerClass *= completions
	random := rand.New(rand.NewPCG(opts.Seed, 23))
	for _, u := range drawUsages(sources, CompleteOptions{Common: more}) {
		e := exam{u, []int{0, 0, 1, 3}[random.IntN(4)], random.IntN(2) == 0, random.IntN(5) == 0}
		at[u.source].exams = append(at[u.source].exams, e)
		total++
	}
	if total == 0 {
		return nil, errors.New("asking: no token to ask for: name more files")
	}
	// Files are asked about at the same time; the list is in their order.
	progress := &steps{total: total, report: opts.Progress}
	var done sync.Mutex
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range files {
		f := &files[i]
		n := len(f.items) + len(f.exams)
		if n == 0 {
			continue
		}
		group.Go(func() error {
			err := f.ask(groupCtx, m)
			done.Lock()
			defer done.Unlock()
			progress.add(n)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	var list []ranking.Question
	for i := range files {
		list = append(list, files[i].questions...)
	}
	return list, nil
}

// completions is how many completions there are for each token of a class that is taken out.
const completions = 3

// examFile is a file with what it is asked for.
type examFile struct {
	source    *Source
	items     []*item
	exams     []exam
	questions []ranking.Question
}

// exam is a completion: with so many letters typed, the rest of the line cut, and names of the model's own.
type exam struct {
	usage
	typed     int
	cut, made bool
}

func (f *examFile) ask(ctx context.Context, m Asker) error {
	around, err := near(ctx, *f.source)
	if err != nil {
		return err
	}
	var queries []model.Query
	var of []*item
	if len(f.items) > 0 {
		describe(f.items, around)
	}
	corpus := gap.CorpusOf(m)
	for _, it := range f.items {
		if it.gap.Place(it.text) >= 0 {
			it.gap = it.gap.WithCorpus(corpus)
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
		f.keep("cloze", it.text, it.gap)
	}
	f.items = nil
	for _, e := range f.exams {
		place, mode := e.place(around, corpus, min(e.typed, len(e.name)-1), e.cut)
		// What no list holds is asked only where the model makes names up.
		if place == nil || len(place.Gap.Candidates) == 0 || !e.made && place.Gap.Place(e.name) < 0 {
			continue
		}
		queries := []model.Query{place.Query(windowBytes)}
		if e.made {
			queries = append(queries, place.Generation())
		}
		predictions, err := m.Predict(ctx, queries)
		if err != nil {
			return err
		}
		place.Gap.Answer(predictions[0])
		if e.made {
			place.Take(predictions[1])
		}
		f.keep(mode, e.name, place.Gap)
	}
	return nil
}

// keep makes a question of an answered gap, if the right text is among its candidates.
func (f *examFile) keep(mode, answer string, g *gap.Gap) {
	q := ranking.Question{Project: f.source.Project, Group: g.Group, Mode: mode, Answer: g.Place(answer)}
	if q.Answer < 0 {
		return
	}
	for _, c := range g.Candidates {
		q.Inputs = append(q.Inputs, slices.Clone(c.Inputs[:]))
	}
	f.questions = append(f.questions, q)
}

// windowBytes is the text around a gap that the features ask with.
const windowBytes = 1000

// place is the cursor in the name, with some letters typed; nil where nothing is offered. With cut the rest of the line is not there yet.
func (u usage) place(around *project.View, corpus *ngram.Model, typed int, cut bool) (*complete.Place, string) {
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
	place, ok := complete.At(f, offset, around, corpus)
	if !ok {
		return nil, ""
	}
	return place, mode
}
