package model

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// maxTarget is the most subwords of a choice that are looked at; the mean is
// over those. Further ones, up to maxHidden, stay masked, so that no choice
// sees its own end. No name needs as many.
const (
	maxTarget = 32
	maxHidden = 8
)

// choosing scores given texts by PLL-word-l2r (Kauf & Ivanova 2023,
// arXiv:2305.10588): each subword with itself and the text's subwords to its
// right masked. Texts with equal surroundings and equally many subwords share a
// row as long as their revealed subwords are equal, as in a trie.
//
// Where the model has a pointer head and names are in sight, one row more (or one
// of those) says what the pointer makes of all of them, and a text's score is the
// mixture of the two.
//
// With a TopK it goes best first: a log-probability is at most 0, so a text
// whose known terms alone put it below the TopK best can never be among them,
// and its other rows are never run. The answer is exact all the same.
type choosing struct {
	m     *Model
	q     Query
	site  *site
	texts []*scored
	sight *sight  // nil when the pointer is not asked
	share float64 // the pointer's part of the mixture, 0 when it is not asked
	asked bool    // the pointer's row was run
}

// scored is a choice with what is known of it.
type scored struct {
	text  string
	index int // among the choices
	frame frame
	key   string
	ids   []int32
	terms []float64 // log-probabilities by subword; NaN while unknown
	sum   float64   // of the known terms
	known int
	point float64 // logarithm of its share of the names in sight
}

// vocabulary is the mean log-probability, with 0 for the terms that are unknown:
// that of a text whose terms are all known, an upper bound for another.
func (s *scored) vocabulary() float64 { return s.sum / float64(len(s.ids)) }

// nothing is the score of what one pass knows nothing of.
const nothing = -30

// leavesOut says whether one pass leaves a text to the pointer.
func (c *choosing) leavesOut(s *scored) bool {
	return c.q.OnePass && len(s.ids) > 1 && isWord(s.text[0])
}

// bound is the score of a text, an upper bound of it while terms are unknown.
func (c *choosing) bound(s *scored) float64 {
	if c.share == 0 {
		return s.vocabulary()
	}
	sum := c.share * math.Exp(s.point)
	if !c.leavesOut(s) {
		sum += (1 - c.share) * math.Exp(s.vocabulary())
	}
	return math.Log(max(sum, math.Exp(nothing)))
}

func (m *Model) newChoosing(q Query) (*choosing, error) {
	if len(q.Choices) == 0 {
		return nil, errors.New("there are no choices")
	}
	c := &choosing{m: m, q: q, site: newSite(m.tok, q.Before, q.After, m.window)}
	limit := min(maxTarget, m.window-minWindow+8)
	seen := map[string]bool{}
	for _, text := range q.Choices {
		if text == "" {
			return nil, fmt.Errorf("a choice is empty: there is nothing to mask")
		}
		if seen[text] {
			continue
		}
		seen[text] = true
		f := c.site.fill(text)
		if len(f.target) > limit {
			hidden := slices.Repeat([]int32{m.special.MASK}, min(maxHidden, len(f.target)-limit))
			f.target, f.right = f.target[:limit], append(hidden, f.right...)
		}
		s := &scored{
			text: text, index: len(c.texts), frame: frame{f.left, f.right}, key: f.key(), ids: f.target, terms: make([]float64, len(f.target)),
			point: math.Inf(-1),
		}
		for i := range s.terms {
			s.terms[i] = math.NaN()
		}
		c.texts = append(c.texts, s)
	}
	if len(q.NamesBefore)+len(q.NamesAfter) > 0 {
		var err error
		if c.sight, err = newSight(c.site, q); err != nil {
			return nil, err
		}
		c.share = m.mixture.Pointer
	}
	return c, nil
}

// topK is how many candidates are wanted.
func (c *choosing) topK() int {
	if c.q.TopK <= 0 {
		return len(c.texts)
	}
	return min(c.q.TopK, len(c.texts))
}

// rows asks for what the best texts still lack: at first the row with all
// subwords masked, which says most and is shared by most, then the rest. When
// all texts are wanted there is nothing to save, and it asks for all at once.
func (c *choosing) rows() []*row {
	c.sort()
	want := c.texts[:c.topK()]
	first := false
	if len(want) < len(c.texts) {
		for _, s := range c.texts {
			first = first || s.known == 0 && !c.leavesOut(s)
		}
	}
	if first {
		want = c.texts
	}
	shared := map[string]*row{}
	var rows []*row
	if c.sight != nil && !c.asked {
		c.asked = true
		r := c.pointerRow()
		shared[c.sight.gap.key()] = r
		rows = append(rows, r)
	}
	for _, s := range want {
		for j, term := range s.terms {
			if !math.IsNaN(term) || c.leavesOut(s) {
				continue
			}
			id := rowKey(s, j)
			if shared[id] == nil {
				r := c.row(s, j)
				shared[id] = r
				rows = append(rows, r)
			}
			if first {
				break
			}
		}
	}
	return rows
}

// rowKey identifies the row that gives term j of a text.
func rowKey(s *scored, j int) string {
	b := make([]byte, 0, len(s.key)+4*j+1)
	b = append(b, s.key...)
	for _, id := range s.ids[:j] {
		b = append(b, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	return string(b)
}

// row makes the row for term j of a text; it gives that term to every text that
// shares the row.
func (c *choosing) row(s *scored, j int) *row {
	r := c.m.row(c.q.Language, c.site, s.frame, s.ids[:j], len(s.ids))
	r.visit = func(_ int, d distribution) { c.learn(s.key, s.ids[:j], d) }
	return r
}

// pointerRow makes the row in which the gap is one mask. Texts of one subword
// share it.
func (c *choosing) pointerRow() *row {
	r, names := c.sight.row(c.m, c.q.Language)
	r.visit = func(_ int, d distribution) {
		c.learn(c.sight.gap.key(), nil, d)
		points := shares(r.pointer, names)
		for _, t := range c.texts {
			if p, ok := points[t.text]; ok {
				t.point = p
			}
		}
	}
	return r
}

// learn gives the texts of a key that begin as revealed what a row says of their
// next subword.
func (c *choosing) learn(key string, revealed []int32, d distribution) {
	j := len(revealed)
	for _, t := range c.texts {
		if t.key == key && slices.Equal(t.ids[:j], revealed) && math.IsNaN(t.terms[j]) {
			t.terms[j] = d.logProb(t.ids[j])
			t.sum += t.terms[j]
			t.known++
		}
	}
}

// sort puts the highest bounds first; equal ones stand in the order of the choices.
func (c *choosing) sort() {
	slices.SortFunc(c.texts, func(a, b *scored) int {
		return cmp.Or(cmp.Compare(c.bound(b), c.bound(a)), cmp.Compare(a.index, b.index))
	})
}

func (c *choosing) prediction() Prediction {
	top := math.Inf(-1)
	for _, s := range c.texts {
		top = max(top, c.bound(s))
	}
	var sum float64
	for _, s := range c.texts {
		sum += math.Exp(c.bound(s) - top)
	}
	norm := top + math.Log(sum)
	p := Prediction{Candidates: make([]Candidate, 0, c.topK())}
	for _, s := range c.texts[:c.topK()] {
		answer := Candidate{Text: s.text, LogProb: c.bound(s) - norm, Pointer: s.point, Vocabulary: s.vocabulary()}
		if c.leavesOut(s) {
			answer.Vocabulary = math.NaN()
		}
		p.Candidates = append(p.Candidates, answer)
	}
	return p
}
