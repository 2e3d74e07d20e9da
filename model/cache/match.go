package cache

import "math"

// Match says how much of what stands around a gap was seen around a candidate elsewhere: exact n-grams, where Sides mixes all orders. A forest can trust three tokens
// seen once more than Witten and Bell's estimate does.
type Match struct {
	// Before is how many of the tokens right before the gap were seen right before the candidate, at most three, and After how many of those behind it were seen
	// behind the candidate.
	Before, After int
	// Around is the length of the longest n-gram seen that holds the candidate and tokens on both sides: 0, 3 or 4.
	Around int
	// Times is how often the candidate was seen after Before tokens (of the file by their recency weights).
	Times float64
}

// Matches returns the matches of each candidate in the file, where the gap is the tokens site..site+width, and in the view's other files, which may be nil: then the
// second list is.
func (f *File) Matches(site, width int, candidates []string, view *View) (here, there []Match) {
	g := gap{site, width}
	if f.put != nil {
		f = f.put.whole()
	}
	left := f.texts[max(0, site-Order+1):site]
	right := f.texts[min(site+width, len(f.texts)):min(site+width+Order-1, len(f.texts))]
	own := index{
		id: func(text string) uint32 { return f.vocab[text] },
		count: func(ids []uint32) float64 {
			node, ok := find(&f.trie, ids)
			if !ok {
				return 0
			}
			lo, hi := g.excluded(len(ids))
			return g.weigh(f.list(node), lo, hi, len(f.tokens))
		},
	}
	here = own.matches(left, right, candidates)
	if view == nil {
		return here, nil
	}
	view.lock()
	defer view.unlock()
	others := index{
		id: func(text string) uint32 { return view.workspace.vocab[text] },
		count: func(ids []uint32) float64 {
			node, ok := find(&view.workspace.trie, ids)
			if !ok {
				return 0
			}
			return float64(view.times(node))
		},
	}
	return here, others.matches(left, right, candidates)
}

// index is where n-grams are counted.
type index struct {
	id    func(text string) uint32 // 0 for a token never seen
	count func(ids []uint32) float64
}

func (x index) matches(left, right, candidates []string) []Match {
	var before, after, ids []uint32
	for _, text := range left {
		before = append(before, x.id(text))
	}
	for _, text := range right {
		after = append(after, x.id(text))
	}
	list := make([]Match, len(candidates))
	for i, text := range candidates {
		id := x.id(text)
		if id == 0 {
			continue
		}
		gram := func(l, r int) float64 {
			ids = append(append(append(ids[:0], before[len(before)-l:]...), id), after[:r]...)
			return x.count(ids)
		}
		m := &list[i]
		m.Times = gram(0, 0)
		for n := 1; n <= len(before); n++ {
			times := gram(n, 0)
			if times == 0 {
				break // a longer context has not been seen either
			}
			m.Before, m.Times = n, times
		}
		for n := 1; n <= len(after); n++ {
			if gram(0, n) == 0 {
				break
			}
			m.After = n
		}
		if m.Before > 0 && m.After > 0 && gram(1, 1) > 0 {
			m.Around = 3
			if m.Before > 1 && gram(2, 1) > 0 || m.After > 1 && gram(1, 2) > 0 {
				m.Around = 4
			}
		}
	}
	return list
}

// LogTimes is the logarithm of one more than Times.
func (m Match) LogTimes() float64 { return math.Log1p(m.Times) }
