// Package complete offers what may stand at a cursor: candidates first, the model second. Package gap lists what can stand there from the file, its project and the
// language, and ranks it; the model may add names that no list holds, in languages that it has learnt.
//
// Invariants:
//   - What is typed so far is replaced, what stands behind the cursor is kept.
//   - Nothing is offered inside comments and strings, and nothing but members behind a dot.
//   - The text at the cursor, typed or not, is never counted as evidence for itself.
//   - When the context's time is over, the candidates that are known go out, ranked without the model: that takes milliseconds.
package complete

import (
	"context"
	"errors"
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

// Item is one offer.
type Item struct {
	Label   string          // the whole text
	LogProb float64         // natural logarithm of the probability among all items
	Source  string          // one of package gap's
	Span    treesitter.Span // what Label replaces: the text typed so far
	Kind    treesitter.Kind // what the text would be
}

// Options are the settings of one call.
type Options struct {
	// Around is the project of the file; nil when there is none.
	Around *project.View
	// Elsewhere returns names that begin with a prefix, of the project's other files, with the members of their classes where they stand behind a dot; nil when none are known.
	// It is asked once something is typed.
	Elsewhere func(prefix string, member bool) []string
	// Corpus is what a corpus says of which tokens follow each other; nil means that of the model, if it has one.
	Corpus *ngram.Model
	// MaxItems bounds the answer; 0 means 50.
	MaxItems int
	// WindowBytes bounds the text around the cursor that the model sees; 0 means 1,000, about 250 subwords: time grows with it.
	WindowBytes int
	// Combiner is what ranks; nil means that of the model, or the built-in one.
	Combiner *rank.Combiner
	// Rank takes the combiner's place; evaluation puts single experts here.
	Rank func(g *gap.Gap)
}

func (o Options) withDefaults(p model.Predictor) (Options, error) {
	if o.MaxItems <= 0 {
		o.MaxItems = 50
	}
	if o.WindowBytes <= 0 {
		o.WindowBytes = 1000
	}
	if o.Corpus == nil {
		o.Corpus = gap.CorpusOf(p)
	}
	if o.Rank == nil {
		if o.Combiner == nil {
			var err error
			if o.Combiner, err = gap.CombinerOf(p); err != nil {
				return o, err
			}
		}
		o.Rank = func(g *gap.Gap) { g.Rank(o.Combiner) }
	}
	return o, nil
}

const (
	generated = 6 // names of its own that the model is asked for
	longest   = 2 // subwords of such a name
	// believable is the share that a made-up name needs beside names that exist: the tail of a generation is a heap of pieces.
	believable = 0.02
	// generatedFrom bounds the text that the model sees while it makes up names: that takes several passes, one after another.
	generatedFrom = 600
)

// Complete returns what may stand at a byte offset of the file, best first. p may be nil: then everything but the model ranks.
//
// When ctx ends by its deadline, or the model fails, the items are those known without it, and the error says so: context.DeadlineExceeded or the
// model's. When ctx was cancelled there are no items.
func Complete(ctx context.Context, p model.Predictor, f *treesitter.File, offset int, opts Options) ([]Item, error) {
	opts, err := opts.withDefaults(p)
	if err != nil {
		return nil, err
	}
	place, ok := At(f, offset, opts)
	if !ok {
		return nil, ctx.Err()
	}
	opts.Rank(place.Gap)
	var failure error
	if p != nil && ctx.Err() == nil {
		failure = place.ask(ctx, p, opts)
	} else if p != nil {
		failure = ctx.Err()
	}
	if errors.Is(failure, context.Canceled) || errors.Is(ctx.Err(), context.Canceled) {
		return nil, context.Canceled
	}
	if failure != nil && ctx.Err() != nil {
		failure = context.DeadlineExceeded // however the model words it
	} else if failure != nil {
		failure = fmt.Errorf("ranking completions: %w", failure)
	}
	return place.items(opts.MaxItems), failure
}

// maxReparse bounds the files that are parsed once more with a placeholder: half a megabyte takes some 40 ms.
const maxReparse = 512 << 10

// Place is a cursor with what may stand there.
type Place struct {
	Gap *gap.Gap

	file   *treesitter.File // as the editor has it
	cursor cursor
	span   treesitter.Span // of the name in it
}

// At describes the place at an offset, with what the options' project and corpus know; ok is false where nothing may be offered.
func At(f *treesitter.File, offset int, known Options) (_ *Place, ok bool) {
	c, ok := find(f, offset)
	if !ok {
		return nil, false
	}
	p := &Place{file: f, cursor: c, span: c.name}
	words := grammar(f, c)
	if c.bare() && len(f.Text) <= maxReparse {
		// With nothing typed the parser often takes the next line for the rest of this one. A name at the cursor shows it what is meant.
		f = treesitter.Parse(f.Language, c.withPlaceholder(f.Text))
	}
	x := names.New(f)
	opts := gap.Options{Kind: treesitter.KindVariable, Member: c.member, Receiver: c.receiver, Prefix: c.prefix, More: words, Around: known.Around, Corpus: known.Corpus}
	if i := f.TokenAt(c.name.Start); i >= 0 && f.Tokens[i].Start == c.name.Start {
		switch kind := f.Tokens[i].Kind; kind {
		case treesitter.KindCall, treesitter.KindType:
			opts.Kind = kind
		}
	}
	if c.member && opts.Kind != treesitter.KindCall {
		opts.Kind = treesitter.KindAttribute
	}
	if known.Elsewhere != nil && c.prefix != "" && !c.defining {
		opts.Elsewhere = known.Elsewhere(c.prefix, c.member)
	}
	opts.None = c.defining // a new name: no list holds it
	p.Gap = gap.New(x, c.name, opts)
	return p, true
}

// Query asks the model how the candidates rank.
func (p *Place) Query(windowBytes int) model.Query {
	return p.Gap.Query(names.Query(p.file, p.span, windowBytes))
}

// Generation asks it for names of its own; see Take.
func (p *Place) Generation() model.Query {
	q := model.Query{Language: p.file.Language, Prefix: p.cursor.prefix, MaxSubwords: longest, TopK: generated}
	q.Before, q.After = p.file.Window(p.span, generatedFrom)
	return q
}

// Take adds the names that the model made up to the candidates.
func (p *Place) Take(made model.Prediction) {
	var fit []model.Candidate
	for _, c := range made.Candidates {
		if names.IsName(c.Text) && c.Text != p.cursor.prefix && !isKeyword(p.file.Language, c.Text) && fits(c.Text, p.cursor.prefix) {
			fit = append(fit, c)
		}
	}
	p.Gap.Add(fit)
}

// ask has the model rank the candidates, and then add names of its own. If time runs out between the two, the first is kept.
func (p *Place) ask(ctx context.Context, m model.Predictor, opts Options) error {
	if len(p.Gap.Candidates) > 0 {
		predictions, err := m.Predict(ctx, []model.Query{p.Query(opts.WindowBytes)})
		if err != nil {
			return err
		}
		p.Gap.Answer(predictions[0])
		opts.Rank(p.Gap)
	}
	if !gap.Knows(m, p.file.Language) {
		return nil // what it makes up in a language that it never saw is a heap of pieces
	}
	predictions, err := m.Predict(ctx, []model.Query{p.Generation()})
	if err != nil {
		return err
	}
	listed := len(p.Gap.Candidates)
	p.Take(predictions[0])
	opts.Rank(p.Gap)
	if listed > 0 {
		p.Gap.Candidates = slices.DeleteFunc(p.Gap.Candidates, func(c gap.Candidate) bool { return c.Source == gap.FromModel && c.LogProb < math.Log(believable) })
	}
	return nil
}

// items turns candidates into items.
func (p *Place) items(atMost int) []Item {
	best := p.Gap.Candidates[:min(atMost, len(p.Gap.Candidates))]
	list := make([]Item, 0, len(best))
	for _, c := range best {
		list = append(list, Item{Label: c.Text, LogProb: c.LogProb, Source: c.Source, Span: treesitter.Span{Start: p.cursor.name.Start, End: p.cursor.offset}, Kind: c.Kind})
	}
	return list
}
