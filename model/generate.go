package model

import (
	"bytes"
	"cmp"
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
	// subwords: with four, a name of three subwords costs at most nine rows.
	beam = 4
)

// generating finds texts that no list holds: for 1 to k subwords it masks as
// many, takes the likeliest for the first, reveals it, and goes on to the right
// (mask-predict with left-to-right reveals, Ghazvininejad et al. 2019,
// arXiv:1904.09324). What it gives a text is therefore the same PLL-word-l2r
// that choosing gives it. It goes best first by mean log-probability and stops
// when no beginning can end among the TopK best.
//
// A text is kept only if the tokenizer would cut it the way it was put
// together, starts with the prefix, and is valid UTF-8.
type generating struct {
	m           *Model
	q           Query
	site        *site
	frame       frame
	must        []byte // the bytes that the subwords begin with: left glue and prefix
	glueLeft    int    // of must
	glueRight   string // the bytes that the subwords end with
	topK        int
	hypotheses  []*hypothesis
	opened      map[[2]int]int // rows run by number of subwords and revealed ones
	finished    map[string]bool
	seeded      bool
	maxSubwords int
}

// hypothesis is a beginning of a text that shall have k subwords.
type hypothesis struct {
	k    int
	ids  []int32
	raw  []byte
	sum  float64
	text string // when len(ids) == k
}

func (h *hypothesis) bound() float64 { return h.sum / float64(h.k) }

func (h *hypothesis) complete() bool { return len(h.ids) == h.k }

func (m *Model) newGenerating(q Query) (*generating, error) {
	s := newSite(m.tok, q.Before, q.After, m.window)
	// The surroundings are cut as they would be around an identifier, which is
	// what a gap without choices is asked for.
	stand := q.Prefix
	if stand == "" {
		stand = "x"
	}
	f := s.fill(stand)
	g := &generating{
		m: m, q: q, site: s,
		frame:       frame{f.left, f.right},
		must:        []byte(f.glueLeft + q.Prefix),
		glueLeft:    len(f.glueLeft),
		glueRight:   f.glueRight,
		topK:        q.TopK,
		opened:      map[[2]int]int{},
		finished:    map[string]bool{},
		maxSubwords: q.MaxSubwords,
	}
	if g.topK <= 0 {
		g.topK = defaultTopK
	}
	if g.maxSubwords <= 0 {
		g.maxSubwords = defaultSubwords
	}
	g.maxSubwords = min(g.maxSubwords, maxSubwords)
	return g, nil
}

func (g *generating) rows() []*row {
	if !g.seeded {
		g.seeded = true
		for k := 1; k <= g.maxSubwords; k++ {
			g.hypotheses = append(g.hypotheses, &hypothesis{k: k})
		}
	}
	g.sort()
	var rows []*row
	better := 0 // hypotheses that stand above, which can only be beaten by worse luck
	kept := g.hypotheses[:0]
	for _, h := range g.hypotheses {
		if h.complete() || better >= g.topK {
			kept = append(kept, h)
			better++
			continue
		}
		level := [2]int{h.k, len(h.ids)}
		if g.opened[level] >= beam {
			continue // fell out of the beam
		}
		g.opened[level]++
		better++
		rows = append(rows, g.row(h))
	}
	g.hypotheses = kept
	return rows
}

// row makes the row that continues h; its logits replace h by what follows it.
func (g *generating) row(h *hypothesis) *row {
	r := g.m.row(g.q.Language, g.site, g.frame, h.ids, h.k)
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
		next := &hypothesis{
			k:   h.k,
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
		if !ok || len(best) == n && d.logits[id] <= d.logits[best[n-1]] || !g.fits(h.raw, g.m.tok.Bytes(id), last) {
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
// agree with what the text must begin with, and go beyond it at the end.
func (g *generating) fits(raw, subword []byte, last bool) bool {
	if len(raw) < len(g.must) {
		rest := g.must[len(raw):]
		if !bytes.HasPrefix(subword, rest) && !bytes.HasPrefix(rest, subword) {
			return false
		}
	}
	return !last || len(raw)+len(subword) >= len(g.must)+len(g.glueRight)
}

// finish turns the subwords of h into a text; false when they are none.
func (g *generating) finish(h *hypothesis) bool {
	text, ok := strings.CutSuffix(string(h.raw[g.glueLeft:]), g.glueRight)
	if !ok || text == "" || !strings.HasPrefix(text, g.q.Prefix) || !utf8.ValidString(text) || g.finished[text] {
		return false
	}
	if f := g.site.fill(text); !slices.Equal(f.target, h.ids) || !slices.Equal(f.left, g.frame.left) || !slices.Equal(f.right, g.frame.right) {
		return false
	}
	g.finished[text] = true
	h.text = text
	return true
}

func (g *generating) sort() {
	slices.SortFunc(g.hypotheses, func(a, b *hypothesis) int {
		return cmp.Or(cmp.Compare(b.bound(), a.bound()), cmp.Compare(a.k, b.k), slices.Compare(a.ids, b.ids))
	})
}

func (g *generating) prediction() Prediction {
	g.sort()
	p := Prediction{Candidates: []Candidate{}}
	for _, h := range g.hypotheses {
		if h.complete() && len(p.Candidates) < g.topK {
			p.Candidates = append(p.Candidates, Candidate{Text: h.text, LogProb: h.bound()})
		}
	}
	return p
}
