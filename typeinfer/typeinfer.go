// Package typeinfer says what may be annotated where no annotation stands: parameters, results, variables and fields of Python and TypeScript, and of JavaScript through JSDoc.
//
// A site (sites.go) is asked as one is that carries an annotation: a stand-in is written there, and package lsp/gap lists and ranks what could take its place. What comes back is
// held against what the file itself says (admit.go): a candidate that the initialiser, the default or the function's results contradict is none, nor is one whose names are
// neither in scope nor importable, nor one that does not parse as a type. What is left is written as the file writes types (expr.go), types that mean the same are
// taken together, and the best is Shown where its probability reaches the least one at which nine of ten were right (table.go).
//
// Invariants:
//   - An annotation that stands in the file is never changed, nor seen by the site that it is at.
//   - Probabilities are shares of everything, what no list holds included; what is refused for another reason than a contradiction keeps its share and gives it to nobody.
//   - Applying the Edits of any picks leaves a text that parses with no errors that the file did not have.
//   - An edit inside one function has the model asked about that function's windows only (Memory).
//   - What people annotate is not what they leave bare: the thresholds are measured on annotations that were taken out, and hold for bare sites as far as those are alike.
package typeinfer

import (
	"context"
	"fmt"
	"math"
	"slices"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Suggestion is a site with what it may be annotated with.
type Suggestion struct {
	Site
	// Candidates are the likeliest types, best first; at most 5. There may be none.
	Candidates []Candidate
	// Shown: the first is sure enough to be shown to somebody who did not ask.
	Shown bool
	// Showable: it may be Shown, if it is sure enough.
	Showable bool
	// Typed says which thresholds hold: Typed or Untyped.
	Typed string
}

// Candidate is a type for a site.
type Candidate struct {
	// Type is as it would stand in the file.
	Type string
	// Probability is its share of everything that could stand there.
	Probability float64
	// Evidence says in words what speaks for it, the strongest first.
	Evidence []string
	// Imports are what the file has to import for it.
	Imports []Import
}

// Import is a name and the module that a file imports it from.
type Import struct{ Module, Name string }

// Options are the settings of one call.
type Options struct {
	// Around is the project of the file; nil when there is none.
	Around *project.View
	// Origins lists the modules from which the file may import a name that is not in scope, best first, as the file would write them (FromIndex); nil knows the standard
	// library only.
	Origins func(name string) []string
	// Oldest is the minor version of the oldest Python 3 that is to run the file: before 3.10 no X | None is written where annotations are evaluated, before 3.9 no list[int] without
	// quotes. 0 means one that knows both.
	Oldest int
	// All asks about annotations that stand there, too, as if they did not.
	All bool
	// Only says which sites are wanted, by their Span; nil means all.
	Only func(treesitter.Span) bool
	// Corpus is what a corpus says of which tokens follow each other; nil means that of the model, if it has one.
	Corpus *ngram.Model
	// Combiner is what ranks; nil means that of the model, or the built-in one.
	Combiner *rank.Combiner
	// Table holds the least probabilities from which a candidate is shown; nil means the built-in ones.
	Table *Table
	// Ask has the model say what it thinks of the candidates where the forests are undecided. It costs some rows of the network for each such site, and on annotations that were taken out it
	// adds nothing that could be measured (docs/types.md).
	Ask bool
	// Memory keeps between calls what the model was asked, so that it is asked the same again; nil keeps nothing.
	Memory *Memory
	// WindowBytes bounds the text around a site that the model sees; 0 means 1,000, about 250 subwords.
	WindowBytes int
}

const (
	// mostCandidates go with a suggestion.
	mostCandidates = 5
	// batch is how many sites are asked about at once, and so how many queries go to the model: between batches a cancellation is seen at the latest.
	batch = 8
)

// Suggest lists the sites of a file, in the order of the text, with what they may be annotated with. p says which forests and n-grams of a corpus rank, and is asked itself if opts say so;
// nil means the built-in forests without a corpus. An error is the model's or the context's.
func Suggest(ctx context.Context, p model.Predictor, f *treesitter.File, opts Options) ([]Suggestion, error) {
	opts, err := opts.withDefaults(p)
	if err != nil {
		return nil, err
	}
	v := newView(f)
	var sites []Site
	for _, s := range v.all {
		if (s.Existing == "" || opts.All) && (opts.Only == nil || opts.Only(s.Span)) {
			sites = append(sites, s)
		}
	}
	list := make([]Suggestion, 0, len(sites))
	if len(sites) == 0 {
		return list, nil
	}
	s := v.scope(opts)
	typed, asks := s.typed(), gap.NewSites(v.x, opts.Around)
	// A few sites at a time: each has a copy of the file.
	for some := range slices.Chunk(sites, batch) {
		var asked []*asking
		for _, site := range some {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			a := v.ask(site)
			a.gap = asks.Annotation(a.x, a.site, opts.Corpus, opts.alike(a.site)...)
			a.gap.Rank(opts.Combiner)
			asked = append(asked, a)
		}
		if p != nil && opts.Ask {
			if err := askModel(ctx, p, asked, opts); err != nil {
				return nil, err
			}
		}
		for _, a := range asked {
			g := Suggestion{Site: a.Site, Candidates: s.candidates(a, mostCandidates), Typed: typed}
			opts.Table.sure(f.Language, a.Kind, g.Typed, g.Candidates)
			g.Showable = len(g.Candidates) > 0 && s.showable(a, g.Candidates[0])
			g.Shown = g.Showable && opts.Table.Shows(f.Language, a.Kind, g.Typed, g.Candidates[0].Probability)
			list = append(list, g)
			v.done(a)
		}
	}
	return list, nil
}

func (o Options) withDefaults(p model.Predictor) (Options, error) {
	if o.WindowBytes <= 0 {
		o.WindowBytes = 1000
	}
	if o.Corpus == nil {
		o.Corpus = gap.CorpusOf(p)
	}
	if o.Table == nil {
		o.Table = DefaultTable()
	}
	if o.Combiner == nil {
		var err error
		if o.Combiner, err = gap.CombinerOf(p); err != nil {
			return o, err
		}
	}
	return o, nil
}

// Sites lists the sites of a file, in the order of the text, those that carry an annotation included; none in a language that is not one of Languages.
func Sites(f *treesitter.File) []Site { return newView(f).all }

// asking is a site that is being asked about.
type asking struct {
	Site
	x    *names.Index        // of the text with the stand-in
	site treesitter.TypeSite // in that text
	gap  *gap.Gap
	// stand is what x is of; nil where an annotation stands.
	stand *stand
}

// askModel has the model say what it thinks of the candidates, where they are not decided already.
func askModel(ctx context.Context, p model.Predictor, all []*asking, opts Options) error {
	var open []*asking
	var queries []model.Query
	for _, a := range all {
		if len(a.gap.Candidates) < 2 {
			continue
		}
		first := a.gap.Candidates[0].LogProb
		q, ok := opts.Memory.query(a.gap, names.Query(a.x.File, a.site.Span, opts.WindowBytes), first < math.Log(decided) && first > math.Log(hopeless))
		if ok {
			open, queries = append(open, a), append(queries, q)
		}
	}
	if len(open) == 0 {
		return nil
	}
	answers, err := p.Predict(ctx, queries)
	if err != nil {
		return fmt.Errorf("asking the model about annotations: %w", err)
	}
	for i, a := range open {
		a.gap.Answer(answers[i])
		a.gap.Rank(opts.Combiner)
	}
	return nil
}

// What the first candidate's share decides the model is not asked about: it costs a second for two or three sites, and moves a share by little.
const (
	decided  = 0.95
	hopeless = 0.4
)
