package training

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mlm-lsp/codetok"
	"mlm-lsp/training/shard"
)

// spelled makes of a batch of whole-word masks one that asks for a single subword of each word, drawn uniformly: those before it are in sight,
// those after it are masked, as in PLL-word-l2r (Kauf and Ivanova 2023). A place that is asked weighs as much as its word has subwords, all others
// nothing, so that weighted losses estimate, in one pass, what it would take as many passes to sum. bytes are those of the word at each place that
// is asked, 0 elsewhere.
func spelled(b labelled, t *codetok.Tokenizer, random *rand.Rand) (spelt labelled, bytes []int) {
	spelt = b
	spelt.batch.IDs, spelt.batch.Weights = slices.Clone(b.batch.IDs), make([]float32, len(b.batch.Weights))
	bytes = make([]int, len(b.classes))
	for start := 0; start < len(b.classes); {
		if b.classes[start].Class() == shard.Special {
			start++ // a place that is not used
			continue
		}
		end := start + 1
		for end < len(b.classes) && b.classes[end].Class() != shard.Special && !b.classes[end].WordStart() {
			end++
		}
		asked := start + random.IntN(end-start)
		for i := start; i < end; i++ {
			if i < asked {
				spelt.batch.IDs[b.batch.Positions[i]] = b.batch.Labels[i]
			}
			bytes[asked] += len(t.Bytes(int32(b.batch.Labels[i])))
		}
		spelt.batch.Weights[asked] = float32(end - start)
		start = end
	}
	return spelt, bytes
}

// spelling evaluates the words of the held-out batches and returns their bits per byte.
func (e *evaluator) spelling(ctx context.Context, trainer engine) (float64, error) {
	nats, bytes := 0.0, 0
	for i, b := range e.spelt {
		result, err := trainer.Evaluate(ctx, b.batch)
		if err != nil {
			return 0, fmt.Errorf("evaluating: %w", err)
		}
		for k, n := range e.bytes[i] {
			nats += float64(b.batch.Weights[k]) * float64(result.Losses[k])
			bytes += n
		}
	}
	if bytes == 0 {
		return 0, nil
	}
	return nats / math.Ln2 / float64(bytes), nil
}
