// Package rank combines the experts: the model, the n-grams, and what is known of a candidate without either. They are right on different cases (evaluation.md), so each
// alone is worse.
//
// A Combiner ranks what may stand where a token is missing, a Table judges what stands there: both by forests of small trees (Forest) that were fitted on projects
// held out (training/ranking), since which expert to believe depends on the rest.
//
// Invariant: what is known of candidates with different numbers of subwords is comparable before it comes here. The model's log-probability must be length-normalised
// (model.Prediction is); sums over subwords are never passed.
package rank

import "math"

// Normalize turns scores into log-probabilities, in place, and returns them.
func Normalize(scores []float64) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, s := range scores {
		top = math.Max(top, s)
	}
	for _, s := range scores {
		sum += math.Exp(s - top)
	}
	for i := range scores {
		scores[i] -= top + math.Log(sum)
	}
	return scores
}
