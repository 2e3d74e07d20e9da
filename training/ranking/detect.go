package ranking

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/rank"
)

// pairWeight is what telling a mistake from its fix counts beside finding it among the other sites of its file.
const pairWeight = 2

// fitDetect fits the forest that all kinds of sites share and the log-odds of its scores.
func fitDetect(records []*record, in inputs, opts Options) (*rank.Forest, map[string]rank.Calibration, error) {
	all := suspect.Inputs()
	index := make([]int, len(in.site))
	for i, name := range in.site {
		index[i] = slices.Index(all, name)
	}
	known := func(e *suspect.Examination, i int) []float32 {
		full := e.KnownOfSite(i)
		row := make([]float32, len(index))
		for k, f := range index {
			row[k] = full[f]
		}
		return row
	}
	questions := func(keep func(r *record) bool) []group {
		var list []group
		for _, r := range records {
			if !keep(r) {
				continue
			}
			wrong := known(r.before, r.wrong)
			among := group{rows: [][]float32{wrong}, offset: []float64{0}, weight: 1}
			for k := range r.before.Len() {
				if k != r.wrong {
					among.rows = append(among.rows, known(r.before, k))
					among.offset = append(among.offset, math.Log(r.stand))
				}
			}
			list = append(list, among, group{rows: [][]float32{wrong, known(r.after, 0)}, weight: pairWeight})
		}
		return list
	}
	// Scores for calibration come from forests that did not see the record's repository.
	type scored struct {
		wrong, fixed float64
		others       []float64
	}
	held := map[*record]scored{}
	for fold := range opts.Folds {
		next := (fold + 1) % opts.Folds
		f, err := boost(in.site, questions(func(r *record) bool { return r.fold != fold && r.fold != next }), questions(func(r *record) bool { return r.fold == next }), growthFor(len(records), opts))
		if err != nil {
			return nil, nil, err
		}
		for _, r := range records {
			if r.fold != fold {
				continue
			}
			s := scored{wrong: f.Score(known(r.before, r.wrong)), fixed: f.Score(known(r.after, 0))}
			for k := range r.before.Len() {
				if k != r.wrong {
					s.others = append(s.others, f.Score(known(r.before, k)))
				}
			}
			held[r] = s
		}
	}
	calibration := map[string]rank.Calibration{}
	for _, kind := range append(suspect.Groups(), sortMisspelt, "") {
		var points []point
		var pairs, ordered, first, fifth, n float64
		for _, r := range records {
			s := held[r]
			of := func(e *suspect.Examination, k int) bool { return kind == "" || e.Group(k) == kind }
			other := 0
			for k := range r.before.Len() {
				if k == r.wrong {
					continue
				}
				if of(r.before, k) {
					points = append(points, point{s.others[other], 0, r.stand})
				}
				other++
			}
			if sort := r.example.sort(r.before.Group(r.wrong)); sort != kind && (kind != "" || sort == sortMisspelt) {
				continue
			}
			points = append(points, point{s.wrong, 1, 1}, point{s.fixed, 0, 1})
			n++
			pairs++
			switch {
			case s.wrong > s.fixed:
				ordered++
			case s.wrong == s.fixed:
				ordered += 0.5
			}
			above := 0.0
			for _, o := range s.others {
				if o > s.wrong {
					above += r.stand
				}
			}
			if above == 0 {
				first++
			}
			if above < 5 {
				fifth++
			}
		}
		if n > 0 {
			name := kind
			if name == "" {
				name = "all"
			}
			opts.Log(fmt.Sprintf("detect/%s, held-out repositories: %.0f mistakes, pairs %.1f%%, first of its file about %.1f%%, among five %.1f%%", name, n, 100*ordered/pairs, 100*first/n, 100*fifth/n))
		}
		if kind != "" && kind != sortMisspelt && n >= 20 {
			calibration[kind+"/*"] = platt(points)
		}
	}
	f, err := boost(in.site, questions(func(r *record) bool { return true }), nil, lastGrowth(opts))
	if err != nil {
		return nil, nil, err
	}
	return f, calibration, nil
}

func lastGrowth(opts Options) growth {
	g := growthFor(1000, opts)
	g.trees = 90
	return g
}

type point struct {
	score, label, weight float64
}

// platt fits the log-odds of a mistake as a line over the score (Platt 1999), by Newton's method. The points are as frequent as they are in a file with one mistake.
func platt(points []point) rank.Calibration {
	a, b := 1.0, -7.0
	for range 60 {
		var ga, gb, haa, hab, hbb float64
		for _, p := range points {
			q := 1 / (1 + math.Exp(-(a*p.score + b)))
			d, h := p.weight*(q-p.label), p.weight*q*(1-q)
			ga, gb = ga+d*p.score, gb+d
			haa, hab, hbb = haa+h*p.score*p.score, hab+h*p.score, hbb+h
		}
		haa, hbb = haa+1e-6, hbb+1e-6
		det := haa*hbb - hab*hab
		if det <= 0 {
			break
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		step := math.Min(1, 2/math.Max(math.Abs(da), math.Abs(db)))
		a, b = a-step*da, b-step*db
		if math.Abs(da)+math.Abs(db) < 1e-7 {
			break
		}
	}
	a = math.Max(a, 0.05) // what is more suspicious is never less likely wrong
	sort.Slice(points, func(i, j int) bool { return points[i].score < points[j].score })
	low, high := points[0].score, points[len(points)-1].score
	if high <= low {
		high = low + 1
	}
	return rank.Calibration{Scores: []float64{low, high}, LogOdds: []float64{a*low + b, a*high + b}}
}
