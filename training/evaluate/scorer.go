package evaluate

import (
	"math"
	"sort"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/model/ngram"
)

// The ways to rank the candidates of a gap without asking a model.

// byRecency puts the names used nearest first, and those used nowhere behind them.
func byRecency(g *gap.Gap) { g.RankBy(recency) }

// byCache goes by the n-gram of the file alone, byProject by that of file and project.
func byCache(g *gap.Gap) {
	g.RankBy(func(c *gap.Candidate) float64 { return float64(c.Inputs[gap.Cache]) })
}
func byProject(g *gap.Gap) {
	g.RankBy(func(c *gap.Candidate) float64 { return float64(c.Inputs[gap.Project]) })
}

// byNGrams goes by the n-grams of a corpus and of the file, see mixture.
func byNGrams(m *ngram.Model) func(*gap.Gap) {
	return func(g *gap.Gap) {
		texts := textsIn(g)
		x, span := g.Site()
		scores := map[string]float64{}
		for i, score := range mixture(m, x, span, singles(texts)) {
			scores[texts[i]] = score
		}
		g.RankBy(func(c *gap.Candidate) float64 { return scores[c.Text] })
	}
}

// byModel goes by the model alone; where it says nothing, recency does. Names that it made up come last: the question is how it ranks what there is, as
// the others do.
func byModel(g *gap.Gap) {
	g.RankBy(func(c *gap.Candidate) float64 {
		switch logProb := float64(c.Inputs[gap.Model]); {
		case c.Source == gap.FromModel:
			return -2 * farAway
		case math.IsNaN(logProb):
			return recency(c) - farAway
		default:
			return logProb
		}
	})
}

// recency is higher for what was used nearer.
func recency(c *gap.Candidate) float64 {
	return -float64(min(c.Inputs[gap.NearBefore], c.Inputs[gap.NearAfter]))
}

// farAway is beyond the logarithm of any distance or probability.
const farAway = 1e3

// sure is the outcome of a way whose figures are probabilities: with how sure it is of its first answer.
func sure(answer string, g *gap.Gap, by func(*gap.Gap)) Outcome {
	g = g.Clone()
	by(g)
	o := outcome(answer, textsIn(g))
	if len(g.Candidates) > 0 {
		o.Confidence = math.Exp(g.Candidates[0].LogProb)
	}
	return o
}

// order lists the texts of a gap's candidates by one of the ways.
func order(g *gap.Gap, by func(*gap.Gap)) []string {
	g = g.Clone()
	by(g)
	return textsIn(g)
}

func textsIn(g *gap.Gap) []string {
	texts := make([]string, len(g.Candidates))
	for i, c := range g.Candidates {
		texts[i] = c.Text
	}
	return texts
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
