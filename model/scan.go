package model

import (
	"context"
	"fmt"
	"math"
)

// scanStride is how many sites apart two masks of one row are: far enough that
// a mask's neighbourhood stands, near enough that a window takes as few rows.
const scanStride = 16

// Scan asks the detection head, where the model has one, in one row for each
// window of a text. Where it has none, or more than a screen is asked for, it masks
// many sites of a text at once, every sixteenth in each row, so that a window costs
// sixteen rows however many sites it has. Texts longer than the model's window are
// scanned in overlapping windows, each site in the one where it stands most
// central.
//
// Texts are looked at a pass's worth at a time, and what is finished is remembered: who is cancelled and asks again goes on there.
func (m *Model) Scan(ctx context.Context, qs []ScanQuery) ([][]SiteScore, error) {
	out := make([][]SiteScore, len(qs))
	s := scan{m: m}
	missing := map[int]memoKey{}
	finish := func() error {
		if err := m.forward(ctx, s.rows); err != nil {
			return err
		}
		for _, w := range s.windows {
			for i, site := range w.sites {
				w.scores[site.index].Detect = float64(w.row.detect[i])
			}
		}
		for i, key := range missing {
			m.memo.addScan(key, out[i])
		}
		s = scan{m: m}
		clear(missing)
		return nil
	}
	for i, q := range qs {
		q.Screen = q.Screen && m.about.Detect
		key := keyOfScan(q)
		if scores, ok := m.memo.getScan(key); ok {
			out[i] = scores
			continue
		}
		missing[i] = key
		out[i] = make([]SiteScore, len(q.Sites))
		if err := s.add(q, out[i]); err != nil {
			return nil, fmt.Errorf("scanning text %d: %w", i, err)
		}
		if s.full() {
			if err := finish(); err != nil {
				return nil, err
			}
		}
	}
	if err := finish(); err != nil {
		return nil, err
	}
	return out, nil
}

// scan is the rows of one call.
type scan struct {
	m       *Model
	rows    []*row
	windows []detected
}

// full reports whether one row more would not fit in a pass; see batches.
func (s *scan) full() bool {
	longest := 0
	for _, r := range s.rows {
		longest = max(longest, len(r.ids))
	}
	return (len(s.rows)+1)*longest > runSubwords
}

// detected is a window that the detection head sees.
type detected struct {
	row    *row
	sites  []scanned
	scores []SiteScore // of the whole text
}

// scanned is a site as subwords.
type scanned struct {
	index  int // among the sites
	lo, hi int // subwords of the text
}

// add makes the rows of one text. A site of more subwords than fit in its window
// is cut at its end.
func (s *scan) add(q ScanQuery, scores []SiteScore) error {
	m := s.m
	e := m.tok.Encode(q.Text)
	sites := make([]scanned, 0, len(q.Sites))
	at, end := 0, 0
	for i, site := range q.Sites {
		if site.Start < end || site.End <= site.Start || site.End > len(q.Text) {
			return fmt.Errorf("site %d (%d to %d) does not stand behind the one before it and within the text", i, site.Start, site.End)
		}
		end = site.End
		for int(e.Offsets[at][1]) <= site.Start {
			at++
		}
		hi := at
		for hi < len(e.IDs) && int(e.Offsets[hi][0]) < site.End {
			hi++
		}
		sites = append(sites, scanned{i, at, hi})
	}
	prefix := m.openers(q.Language)
	room := m.window - len(prefix)
	if m.special.SEP >= 0 {
		room--
	}
	for i := range scores {
		scores[i].Detect = math.NaN()
		if q.Screen {
			scores[i].LogProb, scores[i].BestLogProb = math.NaN(), math.NaN()
		}
	}
	for len(sites) > 0 {
		// The window begins a quarter before its first site, and is left once a
		// site is nearer to its end than that, unless it is the text's.
		lo := max(0, sites[0].lo-room/4)
		hi := min(len(e.IDs), lo+room)
		lo = max(0, hi-room)
		n := 0
		for n < len(sites) && (n == 0 || hi == len(e.IDs) || sites[n].hi <= hi-room/4) {
			n++
		}
		if m.about.Detect {
			s.detect(prefix, e.IDs[lo:hi], lo, sites[:n], scores)
		}
		if !q.Screen {
			s.rows = append(s.rows, m.windowRows(prefix, e.IDs[lo:hi], lo, sites[:n], scores)...)
		}
		sites = sites[n:]
	}
	return nil
}

// detect adds the one row of a window for the detection head.
func (s *scan) detect(prefix, ids []int32, lo int, sites []scanned, scores []SiteScore) {
	r := s.m.windowRow(prefix, ids)
	for _, site := range sites {
		r.sites = append(r.sites, len(prefix)+site.lo-lo)
	}
	s.rows = append(s.rows, r)
	s.windows = append(s.windows, detected{r, sites, scores})
}

// windowRow is a window with nothing masked.
func (m *Model) windowRow(prefix, ids []int32) *row {
	r := &row{ids: make([]int32, 0, len(prefix)+len(ids)+1)}
	r.ids = append(append(r.ids, prefix...), ids...)
	if m.special.SEP >= 0 {
		r.ids = append(r.ids, m.special.SEP)
	}
	return r
}

// windowRows makes the masked rows of one window.
func (m *Model) windowRows(prefix, ids []int32, lo int, sites []scanned, scores []SiteScore) []*row {
	var rows []*row
	for first := range min(scanStride, len(sites)) {
		r := m.windowRow(prefix, ids)
		type place struct {
			site, offset, length int
			id                   int32
		}
		var places []place
		for i := first; i < len(sites); i += scanStride {
			s := sites[i]
			from, to := s.lo-lo, min(s.hi-lo, len(ids))
			for j := from; j < to; j++ {
				places = append(places, place{s.index, j - from, to - from, ids[j]})
				r.wanted = append(r.wanted, len(prefix)+j)
				r.ids[len(prefix)+j] = m.special.MASK
			}
		}
		r.visit = func(wanted int, d distribution) {
			p := places[wanted]
			score := &scores[p.site]
			if d.allowed[p.id] {
				score.LogProb += d.logProb(p.id) / float64(p.length)
			}
			if p.offset == 0 {
				best := m.bestOther(d, p.id)
				score.Best, score.BestLogProb = string(m.tok.Bytes(best)), d.logProb(best)
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// bestOther is the likeliest id but one.
func (m *Model) bestOther(d distribution, but int32) int32 {
	best, top := int32(-1), float32(math.Inf(-1))
	for i, ok := range d.allowed {
		if ok && int32(i) != but && d.logits[i] > top {
			best, top = int32(i), d.logits[i]
		}
	}
	return best
}
