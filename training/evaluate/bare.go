package evaluate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"mlm-lsp/lsp/typings"
	"mlm-lsp/model"
	"mlm-lsp/training/ranking"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// TypeOptions says what TypeQuestions asks.
type TypeOptions struct {
	PerFile int  // sites of a kind in a file, at most; 0: 8
	HeldOut bool // ask only of projects that the forests were not fitted on (ranking.HeldOut)
	Seed    uint64
	// Asked, if not nil, is told each question with its file and what stood there.
	Asked    func(q ranking.TypeQuestion, path string, s typeinfer.Suggestion, answer string)
	Progress func(done, total int)
}

// TypeQuestions takes the annotations out of files and asks for them as the feature does, each file twice: one annotation at a time, with all others there and the project around; and with
// no annotation left in the file and no project, as in code that has none. Any, object and unknown are no answers: whoever wrote them knew no better. p is as typeinfer.Suggest
// has it, and is not asked.
func TypeQuestions(ctx context.Context, p model.Predictor, sources []Source, opts TypeOptions) (list []ranking.TypeQuestion, err error) {
	if opts.PerFile == 0 {
		opts.PerFile = 8
	}
	for i := range sources {
		s := &sources[i]
		if opts.Progress != nil {
			opts.Progress(i, len(sources))
		}
		// No annotation of JavaScript was fitted on.
		if !slices.Contains(typeinfer.Languages(), s.File.Language) || opts.HeldOut && s.File.Language != "javascript" && !ranking.HeldOut(s.Project) {
			continue
		}
		around, err := near(ctx, *s)
		if err != nil {
			return nil, err
		}
		bare, taken := typeinfer.Bare(s.File)
		random := rand.New(rand.NewPCG(opts.Seed, uint64(i)))
		random.Shuffle(len(taken), func(i, k int) { taken[i], taken[k] = taken[k], taken[i] })
		count := map[string]int{}
		answers := map[int]typeinfer.Taken{}
		for _, t := range taken {
			if count[t.Kind]++; count[t.Kind] <= opts.PerFile {
				answers[t.At] = t
			}
		}
		ask := func(f *treesitter.File, o typeinfer.Options, answer func(typeinfer.Site) string) error {
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
				list = append(list, q)
				if opts.Asked != nil {
					opts.Asked(q, s.Path, g, text)
				}
			}
			return nil
		}
		wanted := map[treesitter.Span]bool{}
		kept := map[string]int{}
		for _, site := range random.Perm(len(s.File.TypeSites)) {
			t := s.File.TypeSites[site]
			if kept[t.Kind]++; t.Existing != "" && kept[t.Kind] <= opts.PerFile {
				wanted[t.Span] = true
			}
		}
		if s.File.Language != "javascript" {
			err = ask(s.File, typeinfer.Options{Around: around, All: true, Only: func(span treesitter.Span) bool { return wanted[span] }}, func(g typeinfer.Site) string { return g.Existing })
		} else {
			err = ask(s.File, typeinfer.Options{Around: around, All: true}, func(g typeinfer.Site) string { return g.Existing })
		}
		if err != nil {
			return nil, err
		}
		places := map[int]bool{}
		for at := range answers {
			places[at] = true
		}
		err = ask(bare, typeinfer.Options{Only: func(span treesitter.Span) bool { return bare.Language == "javascript" || places[span.Start] }}, func(g typeinfer.Site) string { return answers[g.At].Type })
		if err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, errors.New("asking for types: no annotation in the files: name more")
	}
	return list, nil
}

// noAnswer are types that say nothing, in normal form.
var noAnswer = map[string]bool{"Any": true, "object": true, "any": true, "unknown": true, "": true, "[type]": true, "Object": true, "Function": true, "Promise": true, "Array": true, "array": true}
