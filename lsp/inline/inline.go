// Package inline continues the expression at a cursor: a text of several names and operators that is shown in place, dimmed, until it is taken or typed over. A menu offers a choice; this
// is one text that nobody asked for. So it is shown only where it is likely enough to be what would be typed next.
//
// The model fills runs of one to several masks (model.Query.Pieces): mask-predict, with one mask for each name in sight, whole. A run is believable when the file
// with it has no more errors than with nothing. What is left is judged by how likely its pieces are and by what the completion of its first name says (package gap): a forest was fitted on projects
// that neither the model nor the evaluation knows, and the probability from which a text is shown was chosen on others of them (training/ranking).
//
// Invariants:
//   - What is typed of the first name is kept, and what stands behind the cursor is kept.
//   - A text is one line, holds no quotes, and ends an expression: it never opens what it does not close.
//   - Nothing is shown inside comments and strings, inside a word, or where code goes on behind the cursor.
package inline

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// Item is a text that may be shown.
type Item struct {
	Text        string          // the whole text, what is typed of its first name included
	Span        treesitter.Span // what it replaces: what is typed of its first name, up to the cursor
	Probability float64         // that this is what would be typed next, and perhaps more behind it
	Known       []float32       // what the probability is made of, in the order of Inputs
}

// Options are the settings of one call.
type Options struct {
	// Around is the project of the file; nil when there is none.
	Around *project.View
	// Table judges; nil means the built-in one.
	Table *Table
	// WindowBytes bounds the text around the cursor that the model sees; 0 means 800.
	WindowBytes int
}

const (
	pieces     = 7 // masks at most
	worthwhile = 3 // bytes that a text must save to be shown
)

// Complete returns the likeliest text for the cursor at a byte offset, nil when none is likely enough. The error is the model's or the context's.
func Complete(ctx context.Context, p model.Predictor, f *treesitter.File, offset int, opts Options) (*Item, error) {
	t := opts.Table
	if t == nil {
		t = Default()
	}
	items, err := Candidates(ctx, p, f, offset, opts)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, nil
	}
	if best := t.Best(items); best.Probability >= t.Least {
		return best, nil
	}
	return nil, nil
}

// Candidates returns what could be shown, with what is known of it and without a judgement.
func Candidates(ctx context.Context, p model.Predictor, f *treesitter.File, offset int, opts Options) ([]Item, error) {
	if opts.WindowBytes <= 0 {
		opts.WindowBytes = 800
	}
	name, ok := complete.NameAt(f, offset)
	if !ok || !open(f, name, offset) {
		return nil, nil
	}
	place, ok := complete.At(f, offset, complete.Options{Around: opts.Around, Corpus: gap.CorpusOf(p)})
	if !ok {
		return nil, nil
	}
	combiner, err := gap.CombinerOf(p)
	if err != nil {
		return nil, err
	}
	span := treesitter.Span{Start: name.Start, End: offset}
	run := names.Query(f, span, opts.WindowBytes)
	run.Pieces, run.Prefix = pieces, string(f.Text[span.Start:offset])
	run.Choices = words(place.Gap, f)
	queries := []model.Query{run}
	if len(place.Gap.Candidates) > 0 {
		queries = append(queries, place.Query(opts.WindowBytes))
	}
	predictions, err := p.Predict(ctx, queries)
	if err != nil {
		return nil, fmt.Errorf("continuing an expression: %w", err)
	}
	if len(predictions) > 1 {
		place.Gap.Answer(predictions[1])
	}
	place.Gap.Rank(combiner)
	shares := map[string]float64{}
	for _, c := range place.Gap.Candidates {
		shares[c.Text] = c.LogProb
	}
	var items []Item
	found := predictions[0].Candidates
	for i, c := range found {
		if len(c.Text)-len(run.Prefix) >= worthwhile && believable(f, span, c.Text) {
			items = append(items, Item{Text: c.Text, Span: span, Known: known(f, span, i, found, shares)})
		}
	}
	return items, nil
}

// words are those that may stand in a text beside the names that the model sees: the candidates for the first name, the file's other names and the words of the language that can
// stand in an expression.
func words(g *gap.Gap, f *treesitter.File) []string {
	list := complete.Words(f.Language)
	for _, c := range g.Candidates {
		list = append(list, c.Text)
	}
	for _, t := range f.Tokens {
		if t.Kind.Identifier() || t.Kind == treesitter.KindType || t.Subkind == treesitter.SubkindNumber {
			list = append(list, string(f.Text[t.Start:t.End]))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// open reports whether an expression can end behind the cursor: nothing follows on the line but brackets that close, and what may stand behind them.
func open(f *treesitter.File, name treesitter.Span, offset int) bool {
	if name.End > offset {
		return false // inside a word
	}
	rest, _, _ := bytes.Cut(f.Text[offset:], []byte("\n"))
	line := f.Text[bytes.LastIndexByte(f.Text[:name.Start], '\n')+1 : name.Start]
	return len(bytes.Trim(rest, " \t\r)]},;:")) == 0 && len(bytes.TrimSpace(line)) > 0
}

// believable reports whether a text can stand at a span: its brackets close, and the file parses as well with it as before.
func believable(f *treesitter.File, span treesitter.Span, text string) bool {
	if !closes(text) {
		return false
	}
	changed := slices.Concat(f.Text[:span.Start], []byte(text), f.Text[span.End:])
	after := treesitter.Parse(f.Language, changed)
	if errorsIn(after) > errorsIn(f) {
		return false
	}
	for i := max(0, after.TokenAt(span.Start)); i < len(after.Tokens) && after.Tokens[i].Start < span.Start+len(text); i++ {
		t := after.Tokens[i]
		if t.End <= span.Start {
			continue
		}
		if t.InError || t.Kind == treesitter.KindComment {
			return false
		}
	}
	return true
}

func errorsIn(f *treesitter.File) (bytes int) {
	for _, e := range f.Errors {
		bytes += 1 + e.Len()
	}
	return bytes
}

// closes reports whether every bracket that a text opens is closed in it. It may close others.
func closes(text string) bool {
	var open []byte
	for i := range len(text) {
		switch b := text[i]; b {
		case '(', '[', '{':
			open = append(open, b)
		case ')', ']', '}':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	return len(open) == 0
}
