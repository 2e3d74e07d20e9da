package training

import (
	"context"
	"fmt"
	"math"

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
	// SeenMasks and FreshMasks are the losses on rows of the first steps, with the masks of those steps and with masks
	// never drawn before. Fresh minus seen is what the model remembers of masks rather than of text.
	SeenMasks  float64 `json:"seen_masks"`
	FreshMasks float64 `json:"fresh_masks"`
}

const (
	heldOutBatches = 8
	probeBatches   = 2
)

// evaluationRecipe draws single whole words of all classes alike and leaves most of the text in sight, as a query does; it is
// the same for every training recipe, so that recipes can be compared.
func evaluationRecipe() mask.Recipe {
	r := mask.Uniform()
	r.Name, r.Total, r.Spans, r.Endings = "evaluation", 0.15, 0, 0
	return r
}

// evaluator holds the fixed batches of one phase.
type evaluator struct {
	on    string
	text  []labelled
	seen  []labelled
	fresh []labelled
}

type labelled struct {
	batch   step.Batch
	classes []shard.Label
}

// newEvaluator draws the batches. training is the batcher of the phase; heldOut may be nil.
func newEvaluator(training *batcher, heldOut []*shard.Shard, t *codetok.Tokenizer) *evaluator {
	e := &evaluator{on: "held-out projects"}
	set, err := newRowSet(heldOut, t, training.set.length)
	if err != nil { // no project is held out, or so little that it fills no row
		e.on, set = "training text", training.set
	}
	recipe := evaluationRecipe()
	// The graph's number of masked places is fixed: what a smaller total leaves over has weight zero, and a recipe that masks
	// less than the evaluation's bounds the evaluation, too.
	text := newBatcher(set, recipe, training.rows, training.masked, int32(training.maskID), evaluationSeed, streamHeldOut)
	text.fill = min(recipe.Budget(set.length), training.masked)
	batches := min(heldOutBatches, max(1, len(set.rows)/training.rows))
	for i := range batches {
		e.text = append(e.text, take(text, i))
	}
	fresh := *training
	fresh.stream = streamFresh
	fresh.recipe.Static = false
	for i := range probeBatches {
		e.seen = append(e.seen, take(training, i))
		e.fresh = append(e.fresh, take(&fresh, i))
	}
	return e
}

// evaluationSeed is the same for all runs: figures of different seeds are for the same masks.
const evaluationSeed = 1

func take(b *batcher, n int) labelled {
	batch, classes := b.batch(n)
	return labelled{batch, classes}
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
	for _, b := range e.text {
		result, err := trainer.Evaluate(ctx, b.batch)
		if err != nil {
			return out, fmt.Errorf("evaluating: %w", err)
		}
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
	var err error
	if out.SeenMasks, err = meanLoss(ctx, trainer, e.seen); err != nil {
		return out, err
	}
	out.FreshMasks, err = meanLoss(ctx, trainer, e.fresh)
	return out, err
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
