// Package rank combines the experts: the model, the n-grams, and what is known of a candidate without either. They are right on different cases (evaluation.md), so each
// alone is worse.
//
// A Combiner ranks what may stand where a token is missing, a Table judges what stands there: both by forests of small trees (Forest) that were fitted on projects
// held out (training/ranking), since which expert to believe depends on the rest. Where the choices are no names of a file, as type annotations and the
// generated probes of an evaluation, nothing is fitted, and Combine adds the experts up with fixed weights:
//
//	score(c) = sum over the features of weight(kind, feature) * feature(c)
//
// Invariant: features of candidates with different numbers of subwords are comparable before they come here. The model's log-probability must be length-normalised
// (model.Prediction is); sums over subwords are never passed.
package rank

import "math"

// Features are what is known of one candidate. All candidates of one question are described together.
type Features struct {
	// Model is the model's log-probability over the candidates; NaN for all when the model was not asked or did not answer in time, and for
	// one that the model did not score.
	Model float64
	// Cache is the n-gram cache's log-probability over the same candidates; NaN when there is no cache.
	Cache float64
	// Visible: the candidate is defined, in scope and before the place, or it is a member seen on the same receiver.
	Visible bool
	// Seen is how often the candidate stands elsewhere in the file as the same kind of token.
	Seen int
	// Distance is the number of tokens to the nearest of those; negative when there is none.
	Distance int
	// Listed: the candidate stands in a list of names; false for one that the model made up.
	Listed bool
}

// Weights is one row of the table.
type Weights struct{ Model, Cache, Visible, Seen, Near, Listed float64 }

// table holds the weights. They are rounded by hand, not fitted: both experts count the same, as in the mixture of evaluation.md that beat both; Visible stops a frequent
// text from elsewhere from beating one that is in scope; Seen and Near are small because the cache counts occurrences already, and break its ties; Listed keeps invented
// texts behind those that exist unless the model is sure. For operators the cache sees only a few tokens, and the model knows what is compared.
var table = map[string]Weights{
	"variable": {Model: 0.5, Cache: 0.5, Visible: 1.5, Seen: 0.1, Near: 0.1, Listed: 1},
	"operator": {Model: 0.7, Cache: 0.3},
}

// WeightsOf returns the weights of a kind of token; a kind without a row has those of "variable".
func WeightsOf(kind string) Weights {
	if w, ok := table[kind]; ok {
		return w
	}
	return table["variable"]
}

// Combine returns the log-probability of each candidate over all of them, by the weights of the kind. Where an expert is absent for all candidates, the other one takes
// its weight; where the model has no figure for some candidates, they count as just behind the worst it has.
func Combine(kind string, candidates []Features) []float64 {
	w := WeightsOf(kind)
	modelWorst, model := worst(candidates, func(f Features) float64 { return f.Model })
	cacheWorst, cache := worst(candidates, func(f Features) float64 { return f.Cache })
	switch {
	case !model:
		w.Cache, w.Model = w.Cache+w.Model, 0
	case !cache:
		w.Model, w.Cache = w.Model+w.Cache, 0
	}
	scores := make([]float64, len(candidates))
	for i, f := range candidates {
		s := w.Seen * math.Log1p(float64(f.Seen))
		if f.Distance >= 0 {
			s -= w.Near * math.Log1p(float64(f.Distance))
		} else {
			s -= w.Near * math.Log1p(farAway)
		}
		if f.Visible {
			s += w.Visible
		}
		if f.Listed {
			s += w.Listed
		}
		if model {
			s += w.Model * orWorse(f.Model, modelWorst)
		}
		if cache {
			s += w.Cache * orWorse(f.Cache, cacheWorst)
		}
		scores[i] = s
	}
	return Normalize(scores)
}

// farAway stands for the distance of a name that does not occur.
const farAway = 2000

// worst returns the lowest figure of an expert, and whether it has any.
func worst(candidates []Features, of func(Features) float64) (float64, bool) {
	low, any := 0.0, false
	for _, f := range candidates {
		if x := of(f); !math.IsNaN(x) && (!any || x < low) {
			low, any = x, true
		}
	}
	return low, any
}

func orWorse(x, low float64) float64 {
	if math.IsNaN(x) {
		return low - 1
	}
	return x
}

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
