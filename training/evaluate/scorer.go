package evaluate

import (
	"math"
	"sort"

	"mlm-lsp/model"
	"mlm-lsp/model/rank"
)

// evidence is what is known of the candidates of one question; they stand in the order of their last use.
type evidence struct {
	kind     string
	features []rank.Features
	project  []float64          // log-probabilities of the n-gram of file and project; nil where there is none
	answers  []*model.Candidate // of the subject; nil for candidates that it cut off
}

// scorer is one way to order candidates. A further one is a line in scorers and a name in the layouts.
type scorer struct {
	name string
	asks bool // of a subject: there is one result for each
	// score gives each candidate a number, the higher the better; NaN where it knows nothing. nil says that there is no such system.
	score func(s Subject, e evidence) []float64
}

var scorers = []scorer{
	{SystemRecency, false, func(_ Subject, e evidence) []float64 {
		return each(e, func(f rank.Features) float64 {
			if f.Distance < 0 {
				return math.NaN()
			}
			return -float64(f.Distance)
		})
	}},
	{SystemCache, false, func(_ Subject, e evidence) []float64 {
		return each(e, func(f rank.Features) float64 { return f.Cache })
	}},
	{SystemProject, false, func(_ Subject, e evidence) []float64 { return e.project }},
	{SystemModel, true, func(_ Subject, e evidence) []float64 {
		return each(e, func(f rank.Features) float64 { return f.Model })
	}},
	{SystemPointer, true, func(_ Subject, e evidence) []float64 {
		return heads(e, func(c *model.Candidate) float64 { return c.Pointer })
	}},
	{SystemVocabulary, true, func(_ Subject, e evidence) []float64 {
		return heads(e, func(c *model.Candidate) float64 { return c.Vocabulary })
	}},
	{SystemCombined, true, func(s Subject, e evidence) []float64 { return s.combine(e.kind, e.features) }},
}

func each(e evidence, of func(rank.Features) float64) []float64 {
	scores := make([]float64, len(e.features))
	for i, f := range e.features {
		scores[i] = of(f)
	}
	return scores
}

// heads is one head's view; nil when the model has no pointer head, or no name was in its sight.
func heads(e evidence, of func(*model.Candidate) float64) []float64 {
	pointed := false
	scores := make([]float64, len(e.answers))
	for i, a := range e.answers {
		scores[i] = math.NaN()
		if a != nil {
			scores[i] = of(a)
			pointed = pointed || a.Pointer > math.Inf(-1)
		}
	}
	if !pointed {
		return nil
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
