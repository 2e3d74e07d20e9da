package evaluate

import (
	"math"
	"sort"

	"mlm-lsp/model/rank"
)

// The ways to score candidates without asking a model; their type is that of rank.Combine, so that a feature can be told to rank by them. The higher a score
// the better; NaN says that nothing is known.

// byRecency puts the names used nearest first, and those used nowhere behind them.
func byRecency(_ string, candidates []rank.Features) []float64 {
	return scored(candidates, recency)
}

// byCache goes by the file's n-gram alone.
func byCache(_ string, candidates []rank.Features) []float64 {
	return scored(candidates, func(f rank.Features) float64 { return f.Cache })
}

// byModel goes by the model alone; which candidates it is asked about, and what stands behind them, recency says. Names that it made up come last: the question is
// how it ranks what there is, as the others do.
func byModel(_ string, candidates []rank.Features) []float64 {
	worst := 0.0
	for _, f := range candidates {
		if !math.IsNaN(f.Model) {
			worst = min(worst, f.Model)
		}
	}
	return scored(candidates, func(f rank.Features) float64 {
		switch {
		case !f.Listed:
			return -2 * farAway
		case math.IsNaN(f.Model):
			return worst - 1 + recency(f)
		}
		return f.Model
	})
}

func recency(f rank.Features) float64 {
	if f.Distance < 0 {
		return -farAway
	}
	return -float64(f.Distance)
}

// farAway is beyond the tokens of any file.
const farAway = 1e8

func scored(candidates []rank.Features, of func(rank.Features) float64) []float64 {
	scores := make([]float64, len(candidates))
	for i, f := range candidates {
		scores[i] = of(f)
	}
	return scores
}

// sorted lists the candidates by falling score, equal ones in their order, those without a score last.
func sorted(candidates []string, scores []float64) []string {
	order := make([]int, len(candidates))
	for i := range order {
		order[i] = i
	}
	value := func(i int) float64 {
		if math.IsNaN(scores[i]) {
			return math.Inf(-1)
		}
		return scores[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return value(order[a]) > value(order[b]) })
	texts := make([]string, len(order))
	for i, k := range order {
		texts[i] = candidates[k]
	}
	return texts
}

// outcome places the answer in a ranking.
func outcome(answer string, ranking []string) Outcome {
	o := Outcome{}
	if len(ranking) > 0 {
		o.Top = ranking[0]
	}
	for i, text := range ranking {
		if text == answer {
			o.Place = i + 1
			break
		}
	}
	o.Measures = placed(o.Place)
	return o
}
