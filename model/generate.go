package model

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Defaults and bounds of free generation.
const (
	defaultSubwords = 3
	maxSubwords     = 8
	defaultTopK     = 10
	// beam is how many beginnings of each length are followed per number of
	// subwords: with three, all names of up to three subwords cost at most
	// twelve rows.
	beam = 3
)

// generating finds texts that no list holds: for 1 to k subwords it masks as
// many, takes the likeliest for the first, reveals it, and goes on to the right
// (mask-predict with left-to-right reveals, Ghazvininejad et al. 2019,
// arXiv:1904.09324). What it gives a text is therefore the same PLL-word-l2r
// that choosing gives it. It goes best first by mean log-probability and stops
// when no beginning can end among the TopK best.
//
// A text is one word or one run of other characters, without white space. It is
// kept only if the tokenizer would cut it the way it was put together, starts
// with the prefix, and is valid UTF-8.
type generating struct {
	m          *Model
	q          Query
	site       *site
	slots      []*slot
	topK       int
	hypotheses []*hypothesis
	opened     map[level]int // rows run
	finished   map[string]bool
	seeded     bool
}

// slot is a way in which the text around the gap is cut: a tokenizer may cut it
// otherwise around an operator or a bracket than around a name.
type slot struct {
	frame     frame
	must      []byte // the bytes that the subwords begin with: left glue and prefix
	glueLeft  int    // of must
	glueRight string // the bytes that the subwords end with
	subwords  int    // the most subwords of a text
}

// level is a place in the search: a slot, a number of subwords, and how many
// of them are revealed.
type level struct {
	slot        *slot
	k, revealed int
}

// hypothesis is a beginning of a text that shall have k subwords.
type hypothesis struct {
	slot *slot
	k    int
	ids  []int32
	raw  []byte
	sum  float64
	text string // when len(ids) == k
}

func (h *hypothesis) bound() float64 { return h.sum / float64(h.k) }

func (h *hypothesis) complete() bool { return len(h.ids) == h.k }

func (m *Model) newGenerating(q Query) (*generating, error) {
	g := &generating{
		m: m, q: q, site: newSite(m.tok, q.Before, q.After, m.window),
		topK: q.TopK, opened: map[level]int{}, finished: map[string]bool{},
	}
	if g.topK <= 0 {
		g.topK = defaultTopK
	}
	subwords := q.MaxSubwords
	if subwords <= 0 {
		subwords = defaultSubwords
	}
	// Stand-ins show how the surroundings are cut. Where a prefix is typed, it
	// says what kind of text comes.
	stands := []string{"x", "==", ")"}
	if q.Prefix != "" {
		stands = []string{q.Prefix}
	}
	seen := map[string]bool{}
	for i, stand := range stands {
		f := g.site.fill(stand)
		f.target = nil // the key is that of the surroundings
		if seen[f.key()] {
			continue
		}
		seen[f.key()] = true
		s := &slot{
			frame: frame{f.left, f.right}, must: []byte(f.glueLeft + q.Prefix),
			glueLeft: len(f.glueLeft), glueRight: f.glueRight, subwords: min(subwords, maxSubwords),
		}
		if i > 0 {
			s.subwords = 1 // operators and brackets are
		}
		g.slots = append(g.slots, s)
	}
	return g, nil
}

func (g *generating) rows() []*row {
	if !g.seeded {
		g.seeded = true
		for _, s := range g.slots {
			for k := 1; k <= s.subwords; k++ {
				g.hypotheses = append(g.hypotheses, &hypothesis{slot: s, k: k})
			}
		}
	}
	g.sort()
	var rows []*row
	better := 0 // how many are kept or tried so far
	kept := g.hypotheses[:0]
	for _, h := range g.hypotheses {
		if h.complete() || better >= g.topK {
			kept = append(kept, h)
			better++
			continue
		}
		at := level{h.slot, h.k, len(h.ids)}
		if g.opened[at] >= beam {
			continue // fell out of the beam
		}
		g.opened[at]++
		better++
		rows = append(rows, g.row(h))
	}
	g.hypotheses = kept
	return rows
}

// row makes the row that continues h; its logits replace h by what follows it.
func (g *generating) row(h *hypothesis) *row {
	r := g.m.row(g.q.Language, g.site, h.slot.frame, h.ids, h.k)
	r.visit = func(_ int, d distribution) { g.extend(h, d) }
	return r
}

// extend adds the likeliest continuations of h that fit the constraints. The
// last subword may turn out not to be the tokenizer's cut, so that more are
// tried there than are wanted.
func (g *generating) extend(h *hypothesis, d distribution) {
	last := len(h.ids) == h.k-1
	want := beam
	if last {
		want = 2 * g.topK
	}
	for _, id := range g.likeliest(h, d, want, last) {
		// A masked model likes to say a likely subword twice when it has two places for it; names hardly ever do.
		if n := len(h.ids); n > 0 && h.ids[n-1] == id && len(g.m.tok.Bytes(id)) > 1 {
			continue
		}
		next := &hypothesis{
			slot: h.slot, k: h.k,
			ids: append(slices.Clone(h.ids), id),
			raw: append(slices.Clone(h.raw), g.m.tok.Bytes(id)...),
			sum: h.sum + d.logProb(id),
		}
		if last && !g.finish(next) {
			continue
		}
		g.hypotheses = append(g.hypotheses, next)
	}
}

// likeliest lists the n ids of highest probability that may follow h, best
// first, ties by id.
func (g *generating) likeliest(h *hypothesis, d distribution, n int, last bool) []int32 {
	var best []int32
	for i, ok := range d.allowed {
		id := int32(i)
		if !ok || len(best) == n && d.logits[id] <= d.logits[best[n-1]] || !h.slot.fits(h.raw, g.m.tok.Bytes(id), last) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, id, func(a, b int32) int {
			return cmp.Or(cmp.Compare(d.logits[b], d.logits[a]), cmp.Compare(a, b))
		})
		best = slices.Insert(best, at, id)
		best = best[:min(len(best), n)]
	}
	return best
}

// fits says whether a subword may follow the raw bytes so far: together they
// agree with what the text must begin with, go beyond it at the end, and are of
// one kind.
func (s *slot) fits(raw, subword []byte, last bool) bool {
	if len(raw) < len(s.must) {
		rest := s.must[len(raw):]
		if !bytes.HasPrefix(subword, rest) && !bytes.HasPrefix(rest, subword) {
			return false
		}
	}
	if last && len(raw)+len(subword) < len(s.must)+len(s.glueRight) {
		return false
	}
	// What lies within the text, and what came before it there.
	text := subword[min(len(subword), max(0, s.glueLeft-len(raw))):]
	if last {
		text = bytes.TrimSuffix(text, []byte(s.glueRight))
	}
	if len(raw) > s.glueLeft && len(text) > 0 && isWord(raw[s.glueLeft]) != isWord(text[0]) {
		return false
	}
	for _, b := range text {
		if b <= ' ' || isWord(b) != isWord(text[0]) {
			return false
		}
	}
	return true
}

// isWord says whether a byte belongs to a word. Those beyond ASCII do, letters
// mostly.
func isWord(b byte) bool {
	return b >= utf8.RuneSelf || b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// finish turns the subwords of h into a text; false when they are none.
func (g *generating) finish(h *hypothesis) bool {
	text, ok := strings.CutSuffix(string(h.raw[h.slot.glueLeft:]), h.slot.glueRight)
	if !ok || text == "" || !strings.HasPrefix(text, g.q.Prefix) || !utf8.ValidString(text) || g.finished[text] {
		return false
	}
	f := g.site.fill(text)
	if !slices.Equal(f.target, h.ids) || !slices.Equal(f.left, h.slot.frame.left) || !slices.Equal(f.right, h.slot.frame.right) {
		return false
	}
	g.finished[text] = true
	h.text = text
	return true
}

func (g *generating) sort() {
	slices.SortFunc(g.hypotheses, func(a, b *hypothesis) int {
		return cmp.Or(cmp.Compare(b.bound(), a.bound()), cmp.Compare(a.k, b.k), slices.Compare(a.ids, b.ids), bytes.Compare(a.slot.must, b.slot.must))
	})
}

func (g *generating) prediction() Prediction {
	g.sort()
	p := Prediction{Candidates: []Candidate{}}
	for _, h := range g.hypotheses {
		if h.complete() && len(p.Candidates) < g.topK {
			p.Candidates = append(p.Candidates, Candidate{Text: h.text, LogProb: h.bound(), Pointer: math.Inf(-1), Vocabulary: h.bound()})
		}
	}
	return p
}
