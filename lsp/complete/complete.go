// Package complete offers what may stand at a cursor: candidates first, the model second. The names that can stand there are listed from the file
// (package names), the n-gram cache and the model rank them, and the model may add names that no list holds.
//
// Invariants:
//   - What is typed so far is replaced, what stands behind the cursor is kept.
//   - Nothing is offered inside comments and strings, and nothing but members behind a dot.
//   - The text at the cursor, typed or not, is never counted as evidence for itself.
//   - When the context's time is over, the candidates that are known go out, ranked by the cache alone: that takes milliseconds.
package complete

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Where an item comes from.
const (
	SourceScope   = "scope"   // a definition that is visible here
	SourceMember  = "member"  // seen behind a dot, on this receiver or one of the same name
	SourceFile    = "file"    // seen elsewhere in the file
	SourceModel   = "model"   // made up by the model
	SourceKeyword = "keyword" // of the language
)

// Item is one offer.
type Item struct {
	Label   string          // the whole text
	LogProb float64         // natural logarithm of the probability among all items
	Source  string          // one of the constants above
	Span    treesitter.Span // what Label replaces: the text typed so far
	Kind    treesitter.Kind // what the text would be
}

// Options are the settings of one call.
type Options struct {
	// MaxItems bounds the answer; 0 means 50.
	MaxItems int
	// MaxChoices bounds how many candidates the model is asked to rank; the cache picks them. 0 means 16.
	MaxChoices int
	// WindowBytes bounds the text around the cursor that the model sees; 0 means 600, about 150 subwords: time grows with it.
	WindowBytes int
	// Rank gives each candidate of a kind of token its log-probability; nil means rank.Combine. Evaluation puts single experts here.
	Rank func(kind string, candidates []rank.Features) []float64
}

func (o Options) withDefaults() Options {
	if o.Rank == nil {
		o.Rank = rank.Combine
	}
	for _, d := range []struct {
		field *int
		value int
	}{{&o.MaxItems, 50}, {&o.MaxChoices, 16}, {&o.WindowBytes, 600}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return o
}

const (
	generated = 6 // names of its own that the model is asked for
	longest   = 2 // subwords of such a name

	// believable is the probability that a made-up name needs beside names that exist: the tail of a generation is a heap of pieces.
	believable = 0.02

	sharply = 4 // choices that it ranks exactly; of the others it sees the first subwords only
)

// Complete returns what may stand at a byte offset of the file, best first. p may be nil: then the cache ranks.
//
// When ctx ends by its deadline, or the model fails, the items are those known without it, and the error says so: context.DeadlineExceeded or the
// model's. When ctx was cancelled there are no items.
func Complete(ctx context.Context, p model.Predictor, f *treesitter.File, offset int, opts Options) ([]Item, error) {
	opts = opts.withDefaults()
	cursor, ok := find(f, offset)
	if !ok {
		return nil, ctx.Err()
	}
	original, gap := f, cursor.name
	if cursor.bare() && len(f.Text) <= maxReparse {
		// With nothing typed the parser often takes the next line for the rest of this one. A name at the cursor shows it what is meant.
		f = treesitter.Parse(f.Language, cursor.withPlaceholder(f.Text))
	}
	x := names.New(f)
	candidates := collect(x, cursor)
	scoreStatic(x, cursor, candidates, opts)
	candidates = top(candidates, 2*opts.MaxItems+opts.MaxChoices)

	var failure error
	if p != nil && ctx.Err() == nil {
		candidates, failure = askModel(ctx, p, x, cursor, gap, original, candidates, opts)
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
	return items(candidates, cursor, opts.MaxItems), failure
}

// maxReparse bounds the files that are parsed once more with a placeholder: half a megabyte takes some 40 ms.
const maxReparse = 512 << 10

// candidate is an item while it is ranked.
type candidate struct {
	text     string
	source   string
	kind     treesitter.Kind
	features rank.Features
	score    float64
}

// scoreStatic ranks the candidates by everything but the model.
func scoreStatic(x *names.Index, c cursor, candidates []candidate, opts Options) {
	site, width := x.Gap(c.name)
	for i := range candidates {
		count, distance := x.Cache.Occurrences(candidates[i].text, site, width)
		features := &candidates[i].features
		features.Model, features.Seen, features.Distance, features.Listed = math.NaN(), count, distance, true
	}
	scoreCache(x, c, candidates)
	combine(c, candidates, opts)
}

// scoreCache asks the cache about all candidates.
func scoreCache(x *names.Index, c cursor, candidates []candidate) {
	texts := make([]string, len(candidates))
	for i := range candidates {
		texts[i] = candidates[i].text
	}
	site, width := x.Gap(c.name)
	for i, logProb := range x.Cache.Score(site, width, texts, nil) {
		candidates[i].features.Cache = logProb
	}
}

// combine ranks the candidates, best first.
func combine(c cursor, candidates []candidate, opts Options) {
	features := make([]rank.Features, len(candidates))
	for i := range candidates {
		features[i] = candidates[i].features
	}
	kind := "variable"
	switch {
	case c.member:
		kind = "attribute"
	case c.defining:
		kind = "definition"
	}
	for i, score := range opts.Rank(kind, features) {
		candidates[i].score = score
	}
	sort.SliceStable(candidates, func(i, j int) bool { return candidates[i].score > candidates[j].score })
}

func top(candidates []candidate, n int) []candidate { return candidates[:min(n, len(candidates))] }

// askModel has the model rank the best candidates, and then add names of its own. If time runs out between the two, the first is kept.
func askModel(ctx context.Context, p model.Predictor, x *names.Index, c cursor, gap treesitter.Span, f *treesitter.File, candidates []candidate, opts Options) ([]candidate, error) {
	before, after := f.Window(gap, opts.WindowBytes)
	choices := map[string]float64{}
	if asked := top(candidates, opts.MaxChoices); len(asked) > 0 {
		q := model.Query{Language: f.Language, Before: before, After: after, TopK: sharply}
		for _, k := range asked {
			q.Choices = append(q.Choices, k.text)
		}
		predictions, err := p.Predict(ctx, []model.Query{q})
		if err != nil {
			return candidates, err
		}
		for _, answer := range predictions[0].Candidates {
			choices[answer.Text] = answer.LogProb
		}
		for i := range asked {
			if logProb, ok := choices[asked[i].text]; ok {
				asked[i].features.Model = logProb
			}
		}
		combine(c, candidates, opts)
	}
	free := model.Query{Language: f.Language, Before: before, After: after, Prefix: c.prefix, MaxSubwords: longest, TopK: generated}
	predictions, err := p.Predict(ctx, []model.Query{free})
	if err != nil {
		return candidates, err
	}
	listed := len(candidates)
	candidates = addGenerated(x, c, candidates, predictions[0].Candidates, choices)
	combine(c, candidates, opts)
	if listed > 0 {
		candidates = slices.DeleteFunc(candidates, func(k candidate) bool { return k.source == SourceModel && k.score < math.Log(believable) })
	}
	return candidates, nil
}

// addGenerated adds the names that the model made up and no list holds.
//
// A generated name's LogProb is a mean over its subwords, a choice's the same less a constant that makes the choices sum to one. A name that is in both
// answers shows the constant. If none is, every generated name fits better than every choice, and the constant is taken so that the last of them just does.
func addGenerated(x *names.Index, c cursor, candidates []candidate, answers []model.Candidate, choices map[string]float64) []candidate {
	if len(answers) == 0 {
		return candidates
	}
	norm, known := 0.0, len(choices) == 0
	for _, answer := range answers {
		if logProb, ok := choices[answer.Text]; ok {
			norm, known = answer.LogProb-logProb, true
			break
		}
	}
	if !known {
		best := math.Inf(-1)
		for _, logProb := range choices {
			best = math.Max(best, logProb)
		}
		norm = answers[len(answers)-1].LogProb - best
	}
	listed := map[string]bool{c.prefix: true}
	for _, k := range candidates {
		listed[k.text] = true
	}
	site, width := x.Gap(c.name)
	for _, answer := range answers {
		if listed[answer.Text] || !names.IsName(answer.Text) || isKeyword(x.File.Language, answer.Text) || !fits(answer.Text, c.prefix) {
			continue
		}
		listed[answer.Text] = true
		k := candidate{text: answer.Text, source: SourceModel, kind: treesitter.KindVariable}
		if c.member {
			k.kind = treesitter.KindAttribute
		}
		count, distance := x.Cache.Occurrences(k.text, site, width)
		k.features = rank.Features{Model: answer.LogProb - norm, Seen: count, Distance: distance}
		candidates = append(candidates, k)
	}
	scoreCache(x, c, candidates)
	return candidates
}

// items turns candidates into items.
func items(candidates []candidate, c cursor, atMost int) []Item {
	list := make([]Item, 0, min(atMost, len(candidates)))
	for _, k := range top(candidates, atMost) {
		list = append(list, Item{Label: k.text, LogProb: k.score, Source: k.source, Span: treesitter.Span{Start: c.name.Start, End: c.offset}, Kind: k.kind})
	}
	return list
}
