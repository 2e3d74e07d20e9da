package evaluate

import (
	"fmt"
	"hash/fnv"
	"html"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/training/page"
	"mlm-lsp/treesitter"
)

// Reliability compares what a system states with what comes true: the probability that it gave to its first answers, and how many of them were right.
type Reliability struct {
	Class  string  `json:"class"`
	Slice  string  `json:"slice"` // SliceAll or a language
	System string  `json:"system"`
	Count  int     `json:"count"`
	Stated float64 `json:"stated"` // mean
	Right  float64 `json:"right"`
	// Error is the expected calibration error: over ten bins of equal width, the distance between what was stated and what was right, weighed by
	// the cases (Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015).
	Error float64 `json:"error"`
	// Chance is the error that answers as reliable as stated would show on as many cases, in the mean: with few cases bins are off by luck.
	Chance float64 `json:"chance"`
	Bins   []Bin   `json:"bins"` // those that hold cases
}

// Bin is the cases whose stated probability lies in one tenth.
type Bin struct {
	Count  int     `json:"count"`
	Stated float64 `json:"stated"` // mean
	Right  float64 `json:"right"`
}

const (
	reliabilityBins = 10
	// fewest is how many cases a row of calibration has at least: below, it would tell of luck alone.
	fewest = 40
)

// Reliability has a row for each class, each language and each class in each language that holds enough cases, by system; classes that ask different things
// (Layout.Apart) are not counted together.
func (r Result) Reliability() (list []Reliability) {
	for _, name := range r.Systems {
		for _, row := range r.Rows {
			if row.Slice != SliceAll && !slices.Contains(treesitter.Languages(), row.Slice) {
				continue
			}
			var stated []float64
			var right []bool
			for _, c := range r.Cases {
				o := c.Systems[name]
				pooled := c.Class == row.Class || row.Class == SliceAll || slices.Contains(r.Pooled[c.Class], row.Class)
				if o.Confidence > 0 && pooled && (row.Slice == SliceAll || row.Slice == c.Language) {
					stated, right = append(stated, o.Confidence), append(right, o.Place == 1)
				}
			}
			if len(stated) < fewest {
				continue
			}
			e := reliability(stated, right)
			e.Class, e.Slice, e.System = row.Class, row.Slice, name
			e.Chance = chance(stated, r.Seed, row.Class+"\x00"+row.Slice+"\x00"+name)
			list = append(list, e)
		}
	}
	return list
}

// reliability bins the cases.
func reliability(stated []float64, right []bool) Reliability {
	var sums, rights [reliabilityBins]float64
	var counts [reliabilityBins]int
	e := Reliability{Count: len(stated)}
	for i, p := range stated {
		b := min(reliabilityBins-1, int(p*reliabilityBins))
		counts[b]++
		sums[b] += p
		e.Stated += p
		if right[i] {
			rights[b]++
			e.Right++
		}
	}
	n := float64(len(stated))
	e.Stated /= n
	e.Right /= n
	for b, count := range counts {
		if count > 0 {
			e.Error += math.Abs(sums[b]-rights[b]) / n
			e.Bins = append(e.Bins, Bin{count, sums[b] / float64(count), rights[b] / float64(count)})
		}
	}
	return e
}

// chance is the mean error over draws in which every answer is right with the probability that was stated.
func chance(stated []float64, seed uint64, name string) float64 {
	const draws = 100
	h := fnv.New64a()
	h.Write([]byte(name))
	random := rand.New(rand.NewPCG(seed, h.Sum64()))
	right := make([]bool, len(stated))
	sum := 0.0
	for range draws {
		for i, p := range stated {
			right[i] = random.Float64() < p
		}
		sum += reliability(stated, right).Error
	}
	return sum / draws
}

// calibration lays the rows out; brief leaves what is shown to people: the combination, and of types what is suggested, by class and by language.
func (r Result) calibration(brief bool) (table, bool) {
	t := table{title: r.Task + ", calibration", header: []string{"task", "class", "slice", "system", "cases", "stated", "right", "ECE", "by chance"}}
	for _, e := range r.Reliability() {
		if brief && (e.System != SystemCombined && e.System != SystemTypes || e.Slice != SliceAll && e.Class != r.whole()) {
			continue
		}
		percent := func(x float64) string { return fmt.Sprintf("%.1f", 100*x) }
		t.rows = append(t.rows, []string{r.Task, e.Class, e.Slice, e.System, fmt.Sprint(e.Count), percent(e.Stated), percent(e.Right), percent(e.Error), percent(e.Chance)})
	}
	return t, len(t.rows) > 0
}

// whole is the class that stands for the task.
func (l Layout) whole() string {
	if l.Apart && len(l.Classes) > 0 {
		return l.Classes[0]
	}
	return SliceAll
}

// reliabilityPlots draws, for each system, what was right over what was stated, a curve for each class.
func (r Result) reliabilityPlots(b *strings.Builder) {
	bySystem := map[string][]page.Curve{}
	for _, e := range r.Reliability() {
		if e.Slice != SliceAll {
			continue
		}
		c := page.Curve{Name: fmt.Sprintf("%s (%d cases, ECE %.1f%%)", e.Class, e.Count, 100*e.Error)}
		for _, bin := range e.Bins {
			c.X, c.Y = append(c.X, bin.Stated), append(c.Y, bin.Right)
		}
		if e.Class == r.whole() { // the thick line
			bySystem[e.System] = append([]page.Curve{c}, bySystem[e.System]...)
		} else {
			bySystem[e.System] = append(bySystem[e.System], c)
		}
	}
	var names []string
	for name := range bySystem {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(b, `<h2>Reliability of %s</h2><p class="note">How many first answers are right, over the probability that was stated, in tenths; on the diagonal both are equal.</p>`, html.EscapeString(name))
		b.WriteString(page.Shares(bySystem[name]))
	}
}
