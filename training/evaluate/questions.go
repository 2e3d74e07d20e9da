package evaluate

import (
	"context"
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

// QuestionOptions says what Questions asks.
type QuestionOptions struct {
	Common // PerClass: questions of each language and class of tokens or kind of site; 0: 110
	// Groups are those that are asked about (gap.Groups); nil: all.
	Groups []string
}

// Questions asks a model as Cloze, Complete and Types do, and returns what is known of the candidates where the right one is among them: what ranking.FitCombiner fits
// on. The sources must not be of projects that are measured on, nor of those that the model has learnt from.
//
// Of the completions half have the rest of the line taken away, as when a line is written from left to right. Of the annotations half are asked for in files without any others, where
// a language lets them be; they cost the model many rows each, so it is asked about one in fifteen, and there about those candidates that the present forests rank first.
func Questions(ctx context.Context, m Asker, sources []Source, opts QuestionOptions) ([]ranking.Question, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 110
	}
	if opts.Groups == nil {
		opts.Groups = gap.Groups()
	}
	files := make([]examFile, len(sources))
	at := map[*Source]*examFile{}
	for i := range sources {
		files[i].source = &sources[i]
		at[&sources[i]] = &files[i]
	}
	total := 0
	if slices.Contains(opts.Groups, gap.GroupAnnotation) {
		first := 2 * rand.New(rand.NewPCG(opts.Seed, 29)).IntN(modelAsked/2)
		for i, a := range drawAnnotations(sources, opts.Common) {
			a.bare = i%2 == 1 && canBeBare(a.file.Language)
			at[a.source].annotations = append(at[a.source].annotations, a)
			if (first+i)%modelAsked < 2 {
				at[a.source].asked = append(at[a.source].asked, a)
			}
			total++
		}
	}
	others := slices.ContainsFunc(opts.Groups, func(group string) bool { return group != gap.GroupAnnotation })
	if !others {
		sources = nil
	}
	for _, it := range drawPlaces(sources, opts.Common) {
		at[it.source].items = append(at[it.source].items, it)
		total++
	}
	more := opts.Common
	more.PerClass *= completions
	random := rand.New(rand.NewPCG(opts.Seed, 23))
	for _, u := range drawUsages(sources, CompleteOptions{Common: more}) {
		e := exam{u, []int{0, 0, 1, 3}[random.IntN(4)], random.IntN(2) == 0, random.IntN(5) == 0}
		at[u.source].exams = append(at[u.source].exams, e)
		total++
	}
	if total == 0 {
		return nil, fmt.Errorf("asking: %w: name more files", ErrNothingToAsk)
	}
	// Files are asked about at the same time; the list is in their order.
	progress := &steps{total: total, report: opts.Progress}
	var done sync.Mutex
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range files {
		f := &files[i]
		n := len(f.items) + len(f.exams) + len(f.annotations)
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
	return slices.DeleteFunc(list, func(q ranking.Question) bool { return !slices.Contains(opts.Groups, q.Group) }), nil
}

// modelAsked is of how many annotations two are shown to the model, one of them bare.
const modelAsked = 30

// completions is how many completions there are for each token of a class that is taken out.
const completions = 3

// examFile is a file with what it is asked for.
type examFile struct {
	source *Source
	items  []*item
	exams  []exam
	// The model is asked about some of the annotations.
	annotations, asked []*annotation
	questions          []ranking.Question
}

// exam is a completion: with so many letters typed, the rest of the line cut, and names of the model's own.
type exam struct {
	usage
	typed     int
	cut, made bool
}

func (f *examFile) ask(ctx context.Context, m Asker) error {
	corpus := gap.CorpusOf(m)
	if err := f.askTypes(ctx, m, corpus); err != nil {
		return err
	}
	if len(f.items) == 0 && len(f.exams) == 0 {
		return nil
	}
	around, err := near(ctx, *f.source)
	if err != nil {
		return err
	}
	var queries []model.Query
	var of []*item
	if len(f.items) > 0 {
		describe(f.items, around)
	}
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

// askTypes asks for the annotations.
func (f *examFile) askTypes(ctx context.Context, m Asker, corpus *ngram.Model) error {
	var annotations []*annotation
	asked := map[*annotation]bool{}
	for _, a := range f.annotations {
		one := a
		if a.bare { // made here and not when they are drawn: each has a file of its own
			if one = bareAnnotation(a); one == nil {
				continue
			}
		}
		annotations = append(annotations, one)
		asked[one] = slices.Contains(f.asked, a)
	}
	if len(annotations) == 0 {
		return nil
	}
	if err := describeSites(ctx, annotations, corpus); err != nil {
		return err
	}
	combiner, err := gap.CombinerOf(m)
	if err != nil {
		return err
	}
	var queries []model.Query
	var of []*annotation
	for _, a := range annotations {
		if asked[a] && len(a.gap.Candidates) > 0 {
			of = append(of, a)
			a.gap.Rank(combiner)
			queries = append(queries, a.gap.Query(names.Query(a.file, a.site.Span, windowBytes)))
		}
	}
	predictions, err := m.Predict(ctx, queries)
	if err != nil {
		return err
	}
	for i, a := range of {
		a.gap.Answer(predictions[i])
	}
	for _, a := range annotations {
		mode := a.site.Kind
		if a.bare {
			mode += ", bare"
		}
		f.keep(mode, a.site.Existing, a.gap)
	}
	f.annotations, f.asked = nil, nil
	return nil
}

// keep makes a question of a gap, if the right text is among its candidates or the gap knows what it means that it is not.
func (f *examFile) keep(mode, answer string, g *gap.Gap) {
	q := ranking.Question{Project: f.source.Project, Group: g.Group, Mode: mode, Answer: g.Place(answer)}
	q.Inputs, q.Rest = g.Rows()
	if q.Answer < 0 {
		if !q.Rest {
			return
		}
		q.Answer = len(q.Inputs) - 1
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
	place, ok := complete.At(f, offset, complete.Options{Around: around, Corpus: corpus})
	if !ok {
		return nil, ""
	}
	return place, mode
}
