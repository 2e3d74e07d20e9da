package ranking

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"sync"

	"mlm-lsp/model/rank"
)

// group is one question: rows of inputs of which one is right. The loss of a forest on it is the negative logarithm of the right one's share in the softmax of the
// rows' scores. A question of a single row asks whether it is (target 0) or is not (-1): its score is then the log-odds, and the loss is that of logistic regression.
type group struct {
	rows   [][]float32
	offset []float64 // added to the scores: the logarithm of how many rows each stands for, or the log-odds to begin with; nil means none
	target int
	weight float64
}

// growth says how forests are grown. The defaults were chosen once and are the same for all: with a few thousand questions small trees and early stopping matter, and little
// else does.
type growth struct {
	trees   int     // at most
	depth   int     // of a tree
	rate    float64 // of learning
	lambda  float64 // added to the curvature of a leaf
	least   float64 // curvature that a leaf must have
	share   float64 // of the groups that each tree sees
	columns float64 // share of the inputs that each tree sees
	patient int     // trees without a better loss on the held-out groups before it ends
	seed    uint64
}

var defaultGrowth = growth{trees: 160, depth: 4, rate: 0.12, lambda: 3, least: 1.5, share: 0.8, columns: 0.6, patient: 15, seed: 1}

// bins is how many values of an input are told apart; the last bin holds the unknown ones.
const bins = 48

// boost grows a forest for groups by gradient boosting with the softmax loss (Friedman 2001; listwise: Cao et al. 2007). With held groups it ends
// where their loss is least.
func boost(inputs []string, groups, held []group, g growth) (*rank.Forest, error) {
	if len(groups) == 0 {
		return nil, fmt.Errorf("growing a forest: there is nothing to learn from")
	}
	d := newTable(len(inputs), groups)
	random := rand.New(rand.NewPCG(g.seed, 17))
	scores := make([]float64, d.rows)
	gradient, curvature := make([]float32, d.rows), make([]float32, d.rows)
	heldScores := make([][]float64, len(held))
	for i := range held {
		heldScores[i] = make([]float64, len(held[i].rows))
	}
	var trees [][]rank.Node
	best, bestAt := lossOf(held, heldScores), 0
	for len(trees) < g.trees {
		d.gradients(groups, scores, gradient, curvature)
		tree, leaf := d.grow(groups, gradient, curvature, g, random)
		one, err := rank.NewForest(inputs, [][]rank.Node{tree})
		if err != nil {
			return nil, fmt.Errorf("growing a forest: %w", err)
		}
		trees = append(trees, tree)
		for i, n := range leaf {
			scores[i] += float64(float32(tree[n].Value)) // as the forest says it
		}
		for i := range held {
			for k, row := range held[i].rows {
				heldScores[i][k] += one.Score(row)
			}
		}
		if len(held) == 0 {
			bestAt = len(trees)
			continue
		}
		if loss := lossOf(held, heldScores); loss < best-1e-5 {
			best, bestAt = loss, len(trees)
		} else if len(trees)-bestAt >= g.patient {
			break
		}
	}
	return rank.NewForest(inputs, trees[:bestAt])
}

func lossOf(groups []group, scores [][]float64) float64 {
	sum, weight := 0.0, 0.0
	for i := range groups {
		p := softmax(scores[i], groups[i].offset)
		share := 1 - p[0]
		if groups[i].target >= 0 {
			share = p[groups[i].target]
		}
		sum -= groups[i].weight * math.Log(math.Max(share, 1e-12))
		weight += groups[i].weight
	}
	if weight == 0 {
		return 0
	}
	return sum / weight
}

// softmax returns the shares of scores that stand for exp(offset) rows each; of a single one, the probability that its log-odds stand for.
func softmax(scores, offset []float64) []float64 {
	p := make([]float64, len(scores))
	if len(p) == 1 {
		p[0] = scores[0]
		if offset != nil {
			p[0] += offset[0]
		}
		p[0] = 1 / (1 + math.Exp(-p[0]))
		return p
	}
	top := math.Inf(-1)
	for i, s := range scores {
		if p[i] = s; offset != nil {
			p[i] += offset[i]
		}
		top = math.Max(top, p[i])
	}
	sum := 0.0
	for i := range p {
		p[i] = math.Exp(p[i] - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// table holds all rows of all groups, by input and in bins.
type table struct {
	rows    int
	columns [][]uint8   // by input, by row
	cuts    [][]float32 // by input: a value is in the first bin whose cut is not below it
}

func newTable(inputs int, groups []group) *table {
	d := &table{columns: make([][]uint8, inputs), cuts: make([][]float32, inputs)}
	for i := range groups {
		d.rows += len(groups[i].rows)
	}
	inParallel(inputs, func(f int) {
		stride := max(1, d.rows/50000)
		var sample []float32
		at := 0
		for i := range groups {
			for _, row := range groups[i].rows {
				if at++; at%stride == 0 && row[f] == row[f] {
					sample = append(sample, row[f])
				}
			}
		}
		d.cuts[f] = quantiles(sample)
		column := make([]uint8, 0, d.rows)
		for i := range groups {
			for _, row := range groups[i].rows {
				column = append(column, d.bin(f, row[f]))
			}
		}
		d.columns[f] = column
	})
	return d
}

// quantiles returns up to bins-2 cuts between the values.
func quantiles(values []float32) []float32 {
	sort.Slice(values, func(i, j int) bool { return values[i] < values[j] })
	var distinct []float32
	for i, v := range values {
		if i == 0 || v != values[i-1] {
			distinct = append(distinct, v)
		}
	}
	if len(distinct) <= bins-2 {
		return distinct
	}
	var cuts []float32
	for i := range bins - 2 {
		v := values[(i+1)*(len(values)-1)/(bins-1)]
		if len(cuts) == 0 || v > cuts[len(cuts)-1] {
			cuts = append(cuts, v)
		}
	}
	return cuts
}

func (d *table) bin(f int, v float32) uint8 {
	if v != v {
		return bins - 1
	}
	cuts := d.cuts[f]
	return uint8(sort.Search(len(cuts), func(i int) bool { return v <= cuts[i] }))
}

// gradients fills in the first and second derivatives of the loss by each row's score.
func (d *table) gradients(groups []group, scores []float64, gradient, curvature []float32) {
	at := 0
	for i := range groups {
		q := &groups[i]
		p := softmax(scores[at:at+len(q.rows)], q.offset)
		for k, share := range p {
			y := 0.0
			if k == q.target {
				y = 1
			}
			gradient[at+k] = float32(q.weight * (share - y))
			curvature[at+k] = float32(q.weight * math.Max(share*(1-share), 1e-6))
		}
		at += len(q.rows)
	}
}

type sums struct{ g, h float64 }

// split is the best way found to split a node.
type split struct {
	gain        float64
	input, bin  int
	missingLeft bool
}

// grow grows one tree, level by level, and tells in which leaf each row ends. It forgets the derivatives of the groups that the tree does not see.
func (d *table) grow(groups []group, gradient, curvature []float32, g growth, random *rand.Rand) (tree []rank.Node, node []int16) {
	node = make([]int16, d.rows)
	at := 0
	for i := range groups {
		if random.Float64() >= g.share {
			clear(gradient[at : at+len(groups[i].rows)])
			clear(curvature[at : at+len(groups[i].rows)])
		}
		at += len(groups[i].rows)
	}
	inputs := random.Perm(len(d.columns))[:max(1, int(g.columns*float64(len(d.columns))))]
	tree = []rank.Node{{Input: -1}}
	for first, depth := 0, 0; first < len(tree); depth++ {
		last := len(tree)
		if depth == g.depth {
			d.leaves(tree, first, node, gradient, curvature, g)
			break
		}
		splits := d.splits(first, last, inputs, node, gradient, curvature, g)
		for n := first; n < last; n++ {
			s := splits[n-first]
			if s.gain <= 0 {
				continue
			}
			tree[n] = rank.Node{Input: s.input, Left: len(tree), Right: len(tree) + 1, MissingLeft: s.missingLeft, Value: float64(d.cuts[s.input][s.bin])}
			tree = append(tree, rank.Node{Input: -1}, rank.Node{Input: -1})
		}
		d.leaves(tree[:last], first, node, gradient, curvature, g)
		for i := range node {
			if n := int(node[i]); n >= first && tree[n].Input >= 0 {
				s := splits[n-first]
				b := d.columns[s.input][i]
				left := int(b) <= s.bin
				if b == bins-1 {
					left = s.missingLeft
				}
				node[i] = int16(tree[n].Right)
				if left {
					node[i] = int16(tree[n].Left)
				}
			}
		}
		first = last
	}
	return tree, node
}

// leaves gives the nodes from first on that are leaves their values.
func (d *table) leaves(tree []rank.Node, first int, node []int16, gradient, curvature []float32, g growth) {
	all := make([]sums, len(tree))
	for i, n := range node {
		if int(n) >= first && int(n) < len(tree) {
			all[n].g += float64(gradient[i])
			all[n].h += float64(curvature[i])
		}
	}
	for n := first; n < len(tree); n++ {
		if tree[n].Input < 0 {
			// Rounded as rank's JSON is, so that a forest does not change when it is written and read.
			tree[n].Value = round(-g.rate * all[n].g / (all[n].h + g.lambda))
		}
	}
}

func round(v float64) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, 4-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// splits finds the best split of each node from first to last.
func (d *table) splits(first, last int, inputs []int, node []int16, gradient, curvature []float32, g growth) []split {
	perInput := make([][]split, len(inputs))
	inParallel(len(inputs), func(k int) {
		f := inputs[k]
		hist := make([]sums, (last-first)*bins)
		column := d.columns[f]
		for i, n := range node {
			if int(n) >= first {
				h := &hist[(int(n)-first)*bins+int(column[i])]
				h.g += float64(gradient[i])
				h.h += float64(curvature[i])
			}
		}
		perInput[k] = make([]split, last-first)
		for n := range perInput[k] {
			perInput[k][n] = bestSplit(hist[n*bins:(n+1)*bins], len(d.cuts[f]), f, g)
		}
	})
	best := make([]split, last-first)
	for _, list := range perInput {
		for n, s := range list {
			if s.gain > best[n].gain {
				best[n] = s
			}
		}
	}
	return best
}

func bestSplit(hist []sums, cuts, input int, g growth) split {
	var all sums
	for _, h := range hist {
		all.g, all.h = all.g+h.g, all.h+h.h
	}
	missing := hist[bins-1]
	value := func(s sums) float64 { return s.g * s.g / (s.h + g.lambda) }
	best := split{}
	var left sums
	for b := range cuts {
		left.g, left.h = left.g+hist[b].g, left.h+hist[b].h
		for _, missingLeft := range []bool{false, true} {
			l := left
			if missingLeft {
				if missing.h == 0 {
					continue
				}
				l.g, l.h = l.g+missing.g, l.h+missing.h
			}
			r := sums{all.g - l.g, all.h - l.h}
			if l.h < g.least || r.h < g.least {
				continue
			}
			if gain := value(l) + value(r) - value(all); gain > best.gain+1e-9 {
				best = split{gain, input, b, missingLeft}
			}
		}
	}
	return best
}

// inParallel calls do for 0 to n-1 on two goroutines.
func inParallel(n int, do func(i int)) {
	var wait sync.WaitGroup
	const workers = 2
	for w := range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := w; i < n; i += workers {
				do(i)
			}
		}()
	}
	wait.Wait()
}
