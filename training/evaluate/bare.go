package evaluate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/ranking"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// TypeOptions says what TypeQuestions asks.
type TypeOptions struct {
	PerFile int // sites of a kind in a file, at most; 0: 8
	Seed    uint64
	// Combiner is what ranks in the files of a project: forests that were not fitted on it.
	Combiner func(project string) *rank.Combiner
	// Asked, if not nil, is told each question with its file and what stood there.
	Asked    func(q ranking.TypeQuestion, path string, s typeinfer.Suggestion, answer string)
	Progress func(done, total int)
}

// TypeQuestions takes the annotations out of files and asks for them as the feature does, each file twice: one annotation at a time, with all others there and the project around; and with
// no annotation left in file and project. Any, object and unknown are no answers: whoever wrote them knew no better. p is as typeinfer.Suggest
// has it, and is not asked.
func TypeQuestions(ctx context.Context, p model.Predictor, sources []Source, opts TypeOptions) (list []ranking.TypeQuestion, err error) {
	if opts.PerFile == 0 {
		opts.PerFile = 8
	}
	// Files are asked about at the same time; the list is in their order.
	answered := make([][]typeAnswer, len(sources))
	progress := &steps{total: len(sources), report: opts.Progress}
	var done sync.Mutex
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range sources {
		if !slices.Contains(typeinfer.Languages(), sources[i].File.Language) {
			continue
		}
		group.Go(func() (err error) {
			answered[i], err = askTypes(groupCtx, p, &sources[i], uint64(i), opts)
			done.Lock()
			defer done.Unlock()
			progress.add(1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, of := range answered {
		for _, a := range of {
			list = append(list, a.TypeQuestion)
			if opts.Asked != nil {
				opts.Asked(a.TypeQuestion, sources[i].Path, a.suggestion, a.stood)
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("asking for types: %w: no annotation in the files: name more", ErrNothingToAsk)
	}
	return list, nil
}

// typeAnswer is a question with what was suggested and what stood there.
type typeAnswer struct {
	ranking.TypeQuestion
	suggestion typeinfer.Suggestion
	stood      string
}

// askTypes asks the questions of one file; number is its place in the draw.
func askTypes(ctx context.Context, p model.Predictor, s *Source, number uint64, opts TypeOptions) (list []typeAnswer, err error) {
	around, err := near(ctx, *s)
	if err != nil {
		return nil, err
	}
	aroundBare, err := nearBare(ctx, *s)
	if err != nil {
		return nil, err
	}
	options := typeinfer.Options{Combiner: opts.Combiner(s.Project), Table: &typeinfer.Table{}} // shares as the forests give them
	ask := func(f *treesitter.File, around *project.View, all bool, only func(treesitter.Span) bool, answer func(typeinfer.Site) string) error {
		o := options
		o.Around, o.All, o.Only = around, all, only
		suggestions, err := typeinfer.Suggest(ctx, p, f, o)
		if err != nil {
			return fmt.Errorf("asking for types of %s: %w", s.Path, err)
		}
		for _, g := range suggestions {
			text := answer(g.Site)
			if !typings.Askable(text) || noAnswer[typeinfer.Normalise(f.Language, text)] {
				continue
			}
			q := ranking.TypeQuestion{Project: s.Project, Language: f.Language, Kind: g.Kind, Typed: g.Typed, Showable: g.Showable}
			if len(g.Candidates) > 0 {
				q.Probability = g.Candidates[0].Probability
				q.Right = typeinfer.Normalise(f.Language, g.Candidates[0].Type) == typeinfer.Normalise(f.Language, text)
			}
			list = append(list, typeAnswer{q, g, text})
		}
		return nil
	}
	random := rand.New(rand.NewPCG(opts.Seed, number))
	// In JavaScript the sites of types in comments have other places than the text.
	script := s.File.Language == "javascript"
	wanted, kept := map[treesitter.Span]bool{}, map[string]int{}
	for _, site := range random.Perm(len(s.File.TypeSites)) {
		t := s.File.TypeSites[site]
		if kept[t.Kind]++; t.Existing != "" && kept[t.Kind] <= opts.PerFile {
			wanted[t.Span] = true
		}
	}
	err = ask(s.File, around, true, func(span treesitter.Span) bool { return script || wanted[span] }, func(g typeinfer.Site) string { return g.Existing })
	if err != nil {
		return nil, err
	}
	bare, taken := typeinfer.Bare(s.File)
	random.Shuffle(len(taken), func(i, k int) { taken[i], taken[k] = taken[k], taken[i] })
	answers, count := map[int]string{}, map[string]int{}
	for _, t := range taken {
		if count[t.Kind]++; count[t.Kind] <= opts.PerFile {
			answers[t.At] = t.Type
		}
	}
	err = ask(bare, aroundBare, false, func(span treesitter.Span) bool { return script || answers[span.Start] != "" }, func(g typeinfer.Site) string { return answers[g.At] })
	return list, err
}

// noAnswer are types that say nothing, in normal form.
var noAnswer = map[string]bool{"Any": true, "object": true, "any": true, "unknown": true, "": true, "[type]": true, "Object": true, "Function": true, "Promise": true, "Array": true, "array": true}
