package training

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mlm-lsp/codetok"
	"mlm-lsp/training/mask"
	"mlm-lsp/training/shard"
	"mlm-lsp/training/step"
)

// Score is how well masked subwords of one class are predicted.
type Score struct {
	Count    int     `json:"count"`
	Accuracy float64 `json:"accuracy"` // share of exact top predictions
	Loss     float64 `json:"loss"`     // mean cross-entropy in nats
}

// Evaluation is one look at the model during training.
type Evaluation struct {
	Step    int              `json:"step"`
	On      string           `json:"on"` // "held-out projects", or "training text" where no project is held out
	All     Score            `json:"all"`
	Names   Score            `json:"names"` // the identifier classes together
	Classes map[string]Score `json:"classes"`
	// BitsPerByte is what the model needs for masked words that are spelled out, each subword asked for with those of its word before it in
	// sight: a measure that vocabularies of different sizes share. See spelled.
	BitsPerByte float64 `json:"bits_per_byte"`
	// SeenMasks and FreshMasks are the losses on rows of the first steps, with the masks of those steps and with masks
	// never drawn before. Fresh minus seen is what the model remembers of masks rather than of text.
	SeenMasks  float64 `json:"seen_masks"`
	FreshMasks float64 `json:"fresh_masks"`
	// Pointer is how well the pointer head finds masked names among those in sight; Mutants and Fixes how well the detection head tells
	// mutated and really buggy text from what it should be. Absent without the head, and Fixes without held-out ones.
	Pointer *PointerScore `json:"pointer,omitempty"`
	Mutants *DetectScore  `json:"mutants,omitempty"`
	Fixes   *DetectScore  `json:"fixes,omitempty"`
}

// PointerScore is the pointer head on masked names that stand elsewhere in their row, too, in one mask each.
type PointerScore struct {
	Count int     `json:"count"`
	Loss  float64 `json:"loss"` // mean -log of the name's share, in nats
	Half  float64 `json:"half"` // share of queries at which the name has more than half of the weight: a lower bound of accuracy
}

// DetectScore is the detection head on pairs of a text with a bug and the text without.
type DetectScore struct {
	Sites   int     `json:"sites"`   // that are as they were written
	Changed int     `json:"changed"` // that are not
	AUC     float64 `json:"auc"`     // chance that a changed site scores above another one
	Recall  float64 `json:"recall"`  // share of changed sites that score above 99% of the others
	Pairs   float64 `json:"pairs"`   // share of changed sites that score above the same place in the text without the bug
}

const (
	heldOutBatches = 8
	sightBatches   = 4
	fixBatches     = 16
	// probeShare is the number of held-out batches for each probe for memory of masks.
	probeShare = 4
)

// evaluationRecipe draws single whole words of all classes alike and leaves most of the text in sight, as a query does; it is
// the same for every training recipe, so that recipes can be compared.
func evaluationRecipe() mask.Recipe {
	r := mask.Uniform()
	r.Name, r.Total, r.Spans, r.Endings = "evaluation", 0.15, 0, 0
	return r
}

// sightRecipe masks a few names, each as one mask, so that most of the others stay in sight.
func sightRecipe() mask.Recipe {
	r := evaluationRecipe()
	r.Name, r.Total, r.Collapse = "names in sight", 0.03, 1
	for i := range r.Classes {
		if !shard.Class(i).Name() {
			r.Classes[i].Rate = 0
		}
	}
	return r
}

// evaluator holds the fixed batches of one run.
type evaluator struct {
	on    string
	text  []labelled
	spelt []labelled // the words of text, spelled out
	bytes [][]int    // of the word that a place of spelt belongs to
	seen  []labelled
	fresh []labelled
	sight []labelled
	fixes []labelled
}

type labelled struct {
	batch   step.Batch
	classes []shard.Label
	err     error
}

// newEvaluator draws the batches. training is the batcher of the run, of settings s; heldOut and fixes may be nil.
func newEvaluator(training *batcher, s settings, heldOut []*shard.Shard, fixes *fixSet, t *codetok.Tokenizer) *evaluator {
	e := &evaluator{on: "held-out projects"}
	set, err := newRowSet(heldOut, t, training.length)
	if err != nil { // no project is held out, or so little that it fills no row
		e.on, set = "training text", training.set
	}
	s.Seed, s.FixShare, s.Changed, s.Mutants, s.HardMutants = evaluationSeed, 0, changedMark, fewMutants, 0
	// draw draws batches with as many masks as the recipe bounds them to. The graph's number of masked places is fixed: what a smaller
	// total leaves over has weight zero, and a training recipe that masks less than the evaluation's bounds the evaluation, too.
	draw := func(recipe mask.Recipe, fixes *fixSet, batches int) (list []labelled) {
		s.Recipe = recipe
		b := newBatcher(set, s, training.layout, t, fixes, streamHeldOut)
		b.fill = min(recipe.Budget(set.length), training.masked)
		for i := range batches {
			list = append(list, take(b, i))
		}
		return list
	}
	batches := s.EvaluateBatches
	if batches == 0 { // a checkpoint from before there was a choice
		batches = heldOutBatches
	}
	e.text = draw(evaluationRecipe(), nil, min(batches, max(1, len(set.rows)/training.rows)))
	for i, b := range e.text {
		spelt, bytes := spelled(b, t, rand.New(rand.NewPCG(evaluationSeed^streamSpelled, uint64(i))))
		e.spelt, e.bytes = append(e.spelt, spelt), append(e.bytes, bytes)
	}
	if training.pointer {
		e.sight = draw(sightRecipe(), nil, sightBatches)
	}
	if training.detect > 0 && fixes != nil {
		s.FixShare = 1
		e.fixes = draw(evaluationRecipe(), fixes, fixBatches)
	}
	fresh := *training
	fresh.stream = streamFresh
	fresh.recipe.Static = false
	for i := range max(1, batches/probeShare) {
		e.seen = append(e.seen, take(training, i))
		e.fresh = append(e.fresh, take(&fresh, i))
	}
	return e
}

// changedMark is the weight of changed sites in evaluations, which tells them from the others.
const changedMark = 2

// fewMutants is the most mutations of a row in evaluations.
const fewMutants = 3

// evaluationSeed is the same for all runs: figures of different seeds are for the same masks.
const evaluationSeed = 1

func take(b *batcher, n int) labelled {
	batch, classes := b.batch(n)
	return labelled{batch, classes, b.err()}
}

// tally sums outcomes.
type tally struct {
	count, correct int
	loss           float64
}

func (t *tally) score() Score {
	if t.count == 0 {
		return Score{}
	}
	return Score{Count: t.count, Accuracy: float64(t.correct) / float64(t.count), Loss: t.loss / float64(t.count)}
}

// run evaluates the model of trainer as it is.
func (e *evaluator) run(ctx context.Context, trainer engine, at int) (Evaluation, error) {
	out := Evaluation{Step: at, On: e.on, Classes: map[string]Score{}}
	var all, names tally
	var classes [shard.NumClasses]tally
	var mutants, fixes detection
	for _, b := range e.text {
		result, err := trainer.Evaluate(ctx, b.batch)
		if err != nil {
			return out, fmt.Errorf("evaluating: %w", err)
		}
		mutants.add(b.batch, result)
		for i, label := range b.classes {
			if label.Class() == shard.Special {
				continue
			}
			sums := []*tally{&all, &classes[label.Class()]}
			if label.Class().Identifier() {
				sums = append(sums, &names)
			}
			for _, sum := range sums {
				sum.count++
				sum.loss += float64(result.Losses[i])
				if result.Correct[i] {
					sum.correct++
				}
			}
		}
	}
	out.All, out.Names = all.score(), names.score()
	for i := range classes {
		if classes[i].count > 0 {
			out.Classes[shard.Class(i).String()] = classes[i].score()
		}
	}
	for _, b := range e.fixes {
		result, err := trainer.Evaluate(ctx, b.batch)
		if err != nil {
			return out, fmt.Errorf("evaluating: %w", err)
		}
		fixes.add(b.batch, result)
	}
	out.Mutants, out.Fixes = mutants.score(), fixes.score()
	var err error
	if out.BitsPerByte, err = e.spelling(ctx, trainer); err != nil {
		return out, err
	}
	if out.Pointer, err = e.pointer(ctx, trainer); err != nil {
		return out, err
	}
	if out.SeenMasks, err = meanLoss(ctx, trainer, e.seen); err != nil {
		return out, err
	}
	out.FreshMasks, err = meanLoss(ctx, trainer, e.fresh)
	return out, err
}

// pointer evaluates the pointer head; nil without one.
func (e *evaluator) pointer(ctx context.Context, trainer engine) (*PointerScore, error) {
	var sum PointerScore
	for _, b := range e.sight {
		result, err := trainer.Evaluate(ctx, b.batch)
		if err != nil {
			return nil, fmt.Errorf("evaluating: %w", err)
		}
		for i, name := range b.batch.QueryName {
			if name < 0 {
				continue
			}
			sum.Count++
			sum.Loss += float64(result.QueryLosses[i])
			if result.QueryLosses[i] < math.Ln2 {
				sum.Half++
			}
		}
	}
	if sum.Count == 0 {
		return nil, nil
	}
	sum.Loss /= float64(sum.Count)
	sum.Half /= float64(sum.Count)
	return &sum, nil
}

// detection gathers the logits of batches in their order.
type detection struct {
	clean, changed []float64 // logits of sites that are as written, and that are not
	right          []float64 // logits of changed sites' places in the texts without the bug, in the same order
}

func (d *detection) add(b step.Batch, r step.Result) {
	for i, weight := range b.SiteWeights {
		logit := float64(r.SiteLogits[i])
		switch {
		case weight == 0:
		case b.SiteLabels[i] > 0:
			d.changed = append(d.changed, logit)
		default:
			d.clean = append(d.clean, logit)
			if weight == changedMark {
				d.right = append(d.right, logit)
			}
		}
	}
}

// score is nil where there is nothing to tell apart.
func (d *detection) score() *DetectScore {
	if len(d.changed) == 0 || len(d.clean) == 0 {
		return nil
	}
	out := &DetectScore{Sites: len(d.clean), Changed: len(d.changed)}
	clean := slices.Sorted(slices.Values(d.clean))
	limit := clean[len(clean)*99/100]
	for _, logit := range d.changed {
		below, _ := slices.BinarySearch(clean, logit)
		out.AUC += float64(below) / float64(len(clean)) / float64(len(d.changed))
		if logit > limit {
			out.Recall += 1 / float64(len(d.changed))
		}
	}
	// A text with a bug comes right before the one without, so the two lists run side by side; the last pair may have lost its second half.
	n := min(len(d.changed), len(d.right))
	for i := range n {
		if d.changed[i] > d.right[i] {
			out.Pairs += 1 / float64(n)
		}
	}
	return out
}

func meanLoss(ctx context.Context, trainer engine, batches []labelled) (float64, error) {
	sum := 0.0
	for _, b := range batches {
		result, err := trainer.Evaluate(ctx, b.batch)
		if err != nil {
			return 0, fmt.Errorf("evaluating: %w", err)
		}
		sum += float64(result.Loss)
	}
	if mean := sum / float64(len(batches)); !math.IsNaN(mean) && !math.IsInf(mean, 0) {
		return mean, nil
	}
	return 0, fmt.Errorf("evaluating: the loss is not a number")
}
