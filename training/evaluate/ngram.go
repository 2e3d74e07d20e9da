package evaluate

import (
	"math"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model/ngram"
	"mlm-lsp/treesitter"
)

// mixture is the baseline of evaluation.md's first experiment: the n-grams of the corpus and those of the file, mixed token by token, over each candidate and the four
// tokens behind the gap. The score is the mean over the tokens, so that candidates of different lengths compare. In a language that was not counted the file is alone.
func mixture(m *ngram.Model, x *names.Index, gap treesitter.Span, candidates [][]string) []float64 {
	site, width := x.Gap(gap)
	before, behind := x.Cache.Around(site, width, ngram.Order-1)
	own, _ := x.Cache.Tokens(site, width, candidates, len(behind), nil)
	place := m.At(x.File.Language, before, behind)
	scores := make([]float64, len(candidates))
	for i, candidate := range candidates {
		var wide []ngram.Said
		if place != nil {
			wide = place.Tokens(candidate)
		}
		for k, p := range own[i] {
			if wide != nil {
				p = ngram.Share*wide[k].Probability + (1-ngram.Share)*p
			}
			scores[i] += math.Log(p)
		}
		scores[i] /= float64(len(own[i]))
	}
	return scores
}

// singles makes a sequence of each text.
func singles(texts []string) [][]string {
	list := make([][]string, len(texts))
	for i := range texts {
		list[i] = texts[i : i+1]
	}
	return list
}
