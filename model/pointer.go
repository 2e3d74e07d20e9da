package model

import (
	"fmt"
	"math"
)

// sight is what the pointer head chooses from: the occurrences of names around a gap. The gap is ONE mask for it, however
// many subwords a name has, and a name's share is the sum over its occurrences.
type sight struct {
	site *site
	gap  filling // with a stand-in for a name
	// The occurrences by how far they stand from the mask in subwords: negative ones before it.
	distances []int
	texts     []string // of each
}

// newSight finds the names of a query again among the subwords. A name that stands too far away for the window is left out.
func newSight(s *site, q Query) (*sight, error) {
	v := &sight{site: s, gap: s.fill("x")}
	v.gap.target = v.gap.target[:1]
	for _, side := range []struct {
		text  string
		names []Site
		find  func(filling, int) (int, bool)
		sign  int
	}{{q.Before, q.NamesBefore, s.subwordsBefore, -1}, {q.After, q.NamesAfter, s.subwordsAfter, 1}} {
		for _, name := range side.names {
			if name.Start < 0 || name.End <= name.Start || name.End > len(side.text) {
				return nil, fmt.Errorf("a name in sight stands from %d to %d of %d bytes", name.Start, name.End, len(side.text))
			}
			if distance, ok := side.find(v.gap, name.Start); ok {
				v.distances = append(v.distances, side.sign*distance)
				v.texts = append(v.texts, side.text[name.Start:name.End])
			}
		}
	}
	return v, nil
}

// row makes the row in which the gap is one mask, with the names that fit in the window, and returns the texts of those.
func (v *sight) row(m *Model, language string) (*row, []string) {
	r := m.row(language, v.site, frame{v.gap.left, v.gap.right}, nil, 1)
	first, end := len(m.openers(language)), len(r.ids)
	if m.special.SEP >= 0 {
		end--
	}
	var texts []string
	for i, distance := range v.distances {
		if at := r.wanted[0] + distance; first <= at && at < end {
			r.names = append(r.names, at)
			texts = append(texts, v.texts[i])
		}
	}
	return r, texts
}

// shares turns the logits of occurrences into the logarithms of the shares of their texts.
func shares(logits []float32, texts []string) map[string]float64 {
	top := math.Inf(-1)
	for _, l := range logits {
		top = max(top, float64(l))
	}
	sums, all := map[string]float64{}, 0.0
	for i, l := range logits {
		e := math.Exp(float64(l) - top)
		sums[texts[i]] += e
		all += e
	}
	for text, sum := range sums {
		sums[text] = math.Log(sum / all)
	}
	return sums
}
