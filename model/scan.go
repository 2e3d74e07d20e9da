package model

import (
	"context"
	"fmt"
	"math"
)

// scanStride is how many sites apart two masks of one row are: far enough that
// a mask's neighbourhood stands, near enough that a window takes as few rows.
const scanStride = 16

// Scan masks many sites of a text at once, every sixteenth in each row, so that
// a window costs sixteen rows however many sites it has. Texts longer than the
// model's window are scanned in overlapping windows, each site in the one where
// it stands most central.
func (m *Model) Scan(ctx context.Context, qs []ScanQuery) ([][]SiteScore, error) {
	out := make([][]SiteScore, len(qs))
	var rows []*row
	for i, q := range qs {
		out[i] = make([]SiteScore, len(q.Sites))
		more, err := m.scanRows(q, out[i])
		if err != nil {
			return nil, fmt.Errorf("scanning text %d: %w", i, err)
		}
		rows = append(rows, more...)
	}
	if err := m.forward(ctx, rows); err != nil {
		return nil, err
	}
	return out, nil
}

// scanned is a site as subwords.
type scanned struct {
	index  int // among the sites
	lo, hi int // subwords of the text
}

func (m *Model) scanRows(q ScanQuery, scores []SiteScore) ([]*row, error) {
	e := m.tok.Encode(q.Text)
	sites := make([]scanned, 0, len(q.Sites))
	at, end := 0, 0
	for i, s := range q.Sites {
		if s.Start < end || s.End <= s.Start || s.End > len(q.Text) {
			return nil, fmt.Errorf("site %d (%d to %d) does not stand behind the one before it and within the text", i, s.Start, s.End)
		}
		end = s.End
		for int(e.Offsets[at][1]) <= s.Start {
			at++
		}
		hi := at
		for hi < len(e.IDs) && int(e.Offsets[hi][0]) < s.End {
			hi++
		}
		sites = append(sites, scanned{i, at, hi})
	}
	prefix := m.openers(q.Language)
	room := m.window - len(prefix)
	if m.special.SEP >= 0 {
		room--
	}
	var rows []*row
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
		rows = append(rows, m.windowRows(prefix, e.IDs[lo:hi], lo, sites[:n], scores)...)
		sites = sites[n:]
	}
	return rows, nil
}

// windowRows makes the rows of one window. A site of more subwords than fit in
// it is cut at its end.
func (m *Model) windowRows(prefix, ids []int32, lo int, sites []scanned, scores []SiteScore) []*row {
	var rows []*row
	for first := range min(scanStride, len(sites)) {
		r := &row{ids: make([]int32, 0, len(prefix)+len(ids)+1)}
		r.ids = append(append(r.ids, prefix...), ids...)
		if m.special.SEP >= 0 {
			r.ids = append(r.ids, m.special.SEP)
		}
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
