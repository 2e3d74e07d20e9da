package evaluate

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sort"
)

// How an interval was made.
const (
	// IntervalBootstrap: percentiles of the measure over draws of files with replacement, all cases of a file together (the cluster bootstrap: Field and Welsh,
	// "Bootstrapping clustered data", 2007). The difference of two systems is taken within each draw, so it is a paired interval.
	IntervalBootstrap = "bootstrap over files"
	// IntervalWilson: the score interval of a share (Wilson 1927), for rows of too few files to draw from; measures that are no shares have none (NaN).
	IntervalWilson = "Wilson"
)

const (
	replicates  = 1000
	minClusters = 8
	confidence  = 0.95
	normal975   = 1.959964 // the normal distribution's 97.5% point
)

// series is one system's measure, summed by cluster.
type series struct {
	sums, ofs []float64
	share     bool // every case has Of 1 and Sum 0 or 1
}

func (s series) total() (sum, of float64) {
	for i := range s.sums {
		sum, of = sum+s.sums[i], of+s.ofs[i]
	}
	return sum, of
}

// estimate makes the row of a group of cases.
func estimate(layout Layout, class, slice string, group []*Case, seed uint64) Row {
	row := Row{Class: class, Slice: slice, Count: len(group), Systems: map[string]map[string]Estimate{}}
	at := map[string]int{}
	of := make([]int, len(group))
	for i, c := range group {
		k, ok := at[c.Path]
		if !ok {
			k = len(at)
			at[c.Path] = k
		}
		of[i] = k
	}
	row.Files = len(at)
	row.Interval = IntervalBootstrap
	if row.Files < minClusters {
		row.Interval = IntervalWilson
	}
	type column struct{ system, metric string }
	all := map[column]*series{}
	for i, c := range group {
		for name, outcome := range c.Systems {
			for metric, r := range outcome.Measures {
				k := column{name, metric}
				s := all[k]
				if s == nil {
					s = &series{make([]float64, row.Files), make([]float64, row.Files), true}
					all[k] = s
				}
				s.sums[of[i]] += r.Sum
				s.ofs[of[i]] += r.Of
				s.share = s.share && r.Of == 1 && (r.Sum == 0 || r.Sum == 1)
			}
		}
	}
	draws := drawFiles(row, seed)
	for k, s := range all {
		if row.Systems[k.system] == nil {
			row.Systems[k.system] = map[string]Estimate{}
		}
		row.Systems[k.system][k.metric] = s.estimate(draws)
	}
	for _, pair := range layout.Pairs {
		d := Difference{Pair: pair, Measures: map[string]Estimate{}}
		for _, m := range layout.Metrics {
			a, b := all[column{pair.Of, m.Name}], all[column{pair.Minus, m.Name}]
			if a != nil && b != nil {
				d.Measures[m.Name] = difference(*a, *b, draws)
			}
		}
		if len(d.Measures) > 0 {
			row.Differences = append(row.Differences, d)
		}
	}
	return row
}

// drawFiles draws how often each file is in each replicate; nil for too few files. It depends on the row's name and the seed alone.
func drawFiles(row Row, seed uint64) [][]float64 {
	if row.Interval != IntervalBootstrap {
		return nil
	}
	h := fnv.New64a()
	h.Write([]byte(row.Class + "\x00" + row.Slice))
	random := rand.New(rand.NewPCG(seed, h.Sum64()))
	draws := make([][]float64, replicates)
	for r := range draws {
		draws[r] = make([]float64, row.Files)
		for range row.Files {
			draws[r][random.IntN(row.Files)]++
		}
	}
	return draws
}

// in is the measure in one replicate; NaN when no drawn file has a case.
func (s series) in(draw []float64) float64 {
	var sum, of float64
	for i, n := range draw {
		sum, of = sum+n*s.sums[i], of+n*s.ofs[i]
	}
	return sum / of
}

func (s series) estimate(draws [][]float64) Estimate {
	sum, of := s.total()
	e := Estimate{Value: sum / of, Low: math.NaN(), High: math.NaN()}
	// A bootstrap of cases that all came out alike says that there is no doubt; Wilson's interval does not.
	if s.share && (draws == nil || sum == 0 || sum == of) {
		e.Low, e.High = Wilson(sum, of)
		return e
	}
	e.Low, e.High = percentiles(draws, s.in)
	return e
}

// difference is a less b, with a paired interval.
func difference(a, b series, draws [][]float64) Estimate {
	sumA, ofA := a.total()
	sumB, ofB := b.total()
	e := Estimate{Value: sumA/ofA - sumB/ofB}
	e.Low, e.High = percentiles(draws, func(draw []float64) float64 { return a.in(draw) - b.in(draw) })
	return e
}

// percentiles are the ends of the middle 95% of a measure over the replicates; NaN without any.
func percentiles(draws [][]float64, measure func(draw []float64) float64) (low, high float64) {
	values := make([]float64, 0, len(draws))
	for _, draw := range draws {
		if v := measure(draw); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	sort.Float64s(values)
	at := func(share float64) float64 { return values[int(math.Round(share*float64(len(values)-1)))] }
	return at((1 - confidence) / 2), at((1 + confidence) / 2)
}

// Wilson returns the 95% score interval of a share of k in n (Wilson, "Probable inference, the law of succession, and statistical inference", 1927).
func Wilson(k, n float64) (low, high float64) {
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	const z2 = normal975 * normal975
	p := k / n
	centre := (p + z2/(2*n)) / (1 + z2/n)
	half := normal975 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return math.Max(0, centre-half), math.Min(1, centre+half)
}
