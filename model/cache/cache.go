// Package cache is the n-gram expert that stands beside the model: it knows nothing but the tokens of the open file and, if given, of the
// workspace, and still names the right identifier more often than a small language model does (design.md, section 5; localness of
// software: Tu, Su and Devanbu, "On the localness of software", 2014).
//
// A File is an index of every n-gram of up to four tokens of one file. Score puts each candidate into a gap and asks how probable the
// candidate is after the three tokens before it, and how probable the three tokens behind the gap are after the candidate: with n-grams of four
// tokens no later token can tell two candidates apart. Probabilities are interpolated as by Witten and Bell (1991), over counts in which an
// occurrence near the gap weighs more than a far one.
//
// Invariants:
//   - What stands in the gap is never counted: every n-gram that touches it is taken out of the counts, exactly. Score gives the same answer
//     whatever text the gap held (a test replaces it and compares).
//   - A File does not change after NewFile and may be shared between goroutines. A Workspace has a lock of its own.
//   - Each conditional distribution sums to one over the vocabulary and one unseen token.
package cache

import (
	"math"
	"sort"
)

// Order is the length of the longest n-gram that is counted.
const Order = 4

// The weight of one occurrence grows in steps as it comes nearer to the gap (distances in tokens). Steps, and not an exponential, because a sum
// over steps is a handful of binary searches, however often the n-gram occurs. Steps and weights were chosen on Go's own library;
// they are flat around these values.
var recency = [...]struct {
	within int
	weight float64
}{{150, 2}, {800, 1}}

// novelty scales Witten and Bell's estimate of how likely a context is followed by something new. It is above one because the recency
// weights make counts larger than they are; on eleven files of Go's own library 1 gives 60.6% right at once, 2 61.2%, 4 61.5%.
const novelty = 3

// maxFileTokens bounds the memory of one index to about 40 MB. Tokens of a file beyond it are context, but are not counted.
const maxFileTokens = 200_000

// trie stores n-grams: a node is an n-gram, its parent the n-gram without the last token. One open-addressing table holds all edges.
type trie struct {
	keys  []uint64 // parent<<32 | token, 0 for a free slot: token ids start at 1
	nodes []uint32 // child of keys[i]
	size  uint32   // nodes, the root (0) included
}

func newTrie(edges int) trie {
	n := 1024
	for n < edges*2 {
		n *= 2
	}
	return trie{keys: make([]uint64, n), nodes: make([]uint32, n), size: 1}
}

func (t *trie) slot(key uint64) int {
	mask := uint64(len(t.keys) - 1)
	h := key * 0x9E3779B97F4A7C15
	i := (h ^ h>>29) & mask
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return int(i)
}

// child returns the node of the n-gram node+token; ok is false when it was never added.
func (t *trie) child(node, token uint32) (uint32, bool) {
	i := t.slot(uint64(node)<<32 | uint64(token))
	return t.nodes[i], t.keys[i] != 0
}

// add returns the child, made if it is new.
func (t *trie) add(node, token uint32) (child uint32, isNew bool) {
	if int(t.size)*3 > len(t.keys)*2 {
		t.grow()
	}
	key := uint64(node)<<32 | uint64(token)
	i := t.slot(key)
	if t.keys[i] == 0 {
		t.keys[i], t.nodes[i] = key, t.size
		t.size++
		return t.nodes[i], true
	}
	return t.nodes[i], false
}

func (t *trie) grow() {
	old := *t
	t.keys, t.nodes = make([]uint64, 2*len(old.keys)), make([]uint32, 2*len(old.keys))
	for i, k := range old.keys {
		if k != 0 {
			j := t.slot(k)
			t.keys[j], t.nodes[j] = k, old.nodes[i]
		}
	}
}

// File is the index of one file's tokens.
type File struct {
	texts  []string
	vocab  map[string]uint32 // ids from 1
	tokens []uint32
	trie
	kids      []uint32 // distinct tokens that follow the n-gram
	starts    []int32  // positions[starts[node]:starts[node+1]] are where the n-gram begins, ascending
	positions []int32
	put       *put // what With put in; then there is nothing else
}

// NewFile indexes the tokens of one file, in order. Comments should be left out: they separate tokens that belong together.
func NewFile(tokens []string) *File {
	f := &File{texts: tokens, vocab: make(map[string]uint32, 1+len(tokens)/8), tokens: make([]uint32, len(tokens))}
	for i, text := range tokens {
		id, ok := f.vocab[text]
		if !ok {
			id = uint32(len(f.vocab) + 1)
			f.vocab[text] = id
		}
		f.tokens[i] = id
	}
	counted := f.tokens[:min(len(f.tokens), maxFileTokens)]
	f.trie = newTrie(len(counted) * 2)
	f.kids = make([]uint32, 1, 1+len(counted)*2)
	counts := make([]int32, 1, 1+len(counted)*2)
	paths := make([][Order]uint32, len(counted))
	for p := range counted {
		node := uint32(0)
		for n := 0; n < Order && p+n < len(counted); n++ {
			child, isNew := f.add(node, counted[p+n])
			if isNew {
				f.kids, counts = append(f.kids, 0), append(counts, 0)
				f.kids[node]++
			}
			counts[child]++
			paths[p][n] = child
			node = child
		}
	}
	f.starts = make([]int32, f.size+1)
	for node, n := range counts {
		f.starts[node+1] = f.starts[node] + n
	}
	f.positions = make([]int32, f.starts[f.size])
	next := counts // reused: how far each node's list is filled
	copy(next, f.starts)
	for p := range paths {
		for _, node := range paths[p] {
			if node != 0 {
				f.positions[next[node]] = int32(p)
				next[node]++
			}
		}
	}
	return f
}

// Len returns the number of tokens.
func (f *File) Len() int {
	if f.put != nil {
		return f.put.base.Len() + 2
	}
	return len(f.tokens)
}

// gap is the place asked about: tokens site..site+width are taken out of the file.
type gap struct{ site, width int }

// excluded returns the first and last start of an n-gram of length n that touches the gap.
func (g gap) excluded(n int) (int, int) { return g.site - n + 1, g.site + g.width - 1 }

// list returns where the n-gram of a node begins.
func (f *File) list(node uint32) []int32 { return f.positions[f.starts[node]:f.starts[node+1]] }

// between counts the positions p with lo <= p <= hi.
func between(list []int32, lo, hi int) int {
	if hi < lo {
		return 0
	}
	i := sort.Search(len(list), func(i int) bool { return int(list[i]) >= lo })
	if i == len(list) || int(list[i]) > hi {
		return 0
	}
	return sort.Search(len(list)-i, func(j int) bool { return int(list[i+j]) > hi })
}

// looked is how long a list is at most that is looked through, and not searched. The sums are the same: they are whole numbers.
const looked = 24

// weigh sums the recency weights of the positions from list that are no later than last and outside lo..hi.
func (g gap) weigh(list []int32, lo, hi, last int) float64 {
	if len(list) <= looked {
		sum := 0.0
		for _, position := range list {
			p := int(position)
			if p > last {
				break
			}
			if lo <= p && p <= hi {
				continue
			}
			sum++
			for _, step := range recency {
				if g.site-step.within <= p && p <= g.site+step.within {
					sum += step.weight
				}
			}
		}
		return sum
	}
	all := between(list, 0, last) - between(list, max(lo, 0), min(hi, last))
	if all == 0 {
		return 0
	}
	sum := float64(all)
	for _, step := range recency {
		first, final := g.site-step.within, min(g.site+step.within, last)
		sum += step.weight * float64(between(list, first, final)-between(list, max(lo, first), min(hi, final)))
	}
	return sum
}

// weighRoot is weigh for the empty n-gram, whose positions are all numbers up to last.
func (g gap) weighRoot(lo, hi, last int) float64 {
	count := func(a, b int) float64 { return float64(max(0, min(b, last)-max(a, 0)+1)) }
	sum := count(0, last) - count(lo, hi)
	for _, step := range recency {
		first, final := g.site-step.within, g.site+step.within
		sum += step.weight * (count(first, final) - count(max(lo, first), min(hi, final)))
	}
	return sum
}

func contains(list []uint32, x uint32) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// Score says how well each candidate fits where the tokens site..site+width stand; width 0 asks about an insertion before token site. The
// result holds natural logarithms of probabilities that sum to one over the candidates. The tokens in the gap are not counted and
// need not be among the candidates. view may be nil; see [Workspace.View].
func (f *File) Score(site, width int, candidates []string, view *View) []float64 {
	sequences := make([][]string, len(candidates))
	for i := range candidates {
		sequences[i] = candidates[i : i+1]
	}
	scores := f.Sequences(site, width, sequences, view)
	return Normalize(scores)
}

// Sequences is Score for candidates of any number of tokens, as when two arguments change places, and returns plain log-likelihoods: the sum over the
// candidate's tokens and the three tokens behind the gap. Compare only candidates of equal length.
func (f *File) Sequences(site, width int, candidates [][]string, view *View) []float64 {
	own, after := f.Sides(site, width, candidates, view)
	for i := range own {
		own[i] += after[i]
	}
	return own
}

// Sides is Sequences in two parts: the log-likelihood of each candidate after what stands before the gap, and that of the three tokens behind the gap after the
// candidate.
func (f *File) Sides(site, width int, candidates [][]string, view *View) (own, after []float64) {
	own, after = make([]float64, len(candidates)), make([]float64, len(candidates))
	all, mixed := f.Tokens(site, width, candidates, Order-1, view)
	if view != nil {
		all = mixed
	}
	for i, tokens := range all {
		for k, probability := range tokens {
			if logProb := math.Log(probability); k < len(candidates[i]) {
				own[i] += logProb
			} else {
				after[i] += logProb
			}
		}
	}
	return own, after
}

func find(t *trie, ids []uint32) (uint32, bool) {
	node := uint32(0)
	for _, id := range ids {
		if id == 0 {
			return 0, false
		}
		child, ok := t.child(node, id)
		if !ok {
			return 0, false
		}
		node = child
	}
	return node, true
}

// Occurrences returns how often text stands in the file outside the gap, and how many tokens away the nearest one is (-1 when there is none).
func (f *File) Occurrences(text string, site, width int) (count, distance int) {
	if f = f.of(site, width); f.put != nil {
		return f.put.occurrences(text)
	}
	id, ok := f.vocab[text]
	if !ok {
		return 0, -1
	}
	node, ok := f.child(0, id)
	if !ok {
		return 0, -1
	}
	list := f.list(node)
	count = len(list) - between(list, site, site+width-1)
	if count == 0 {
		return 0, -1
	}
	distance = math.MaxInt
	i := sort.Search(len(list), func(i int) bool { return int(list[i]) >= site })
	if i > 0 {
		distance = site - int(list[i-1])
	}
	for ; i < len(list); i++ {
		if p := int(list[i]); p >= site+width {
			distance = min(distance, p-site-width+1)
			break
		}
	}
	return count, distance
}

// Normalize turns log-likelihoods into log-probabilities over the candidates, in place, and returns them.
func Normalize(scores []float64) []float64 {
	if len(scores) == 0 {
		return scores
	}
	top := math.Inf(-1)
	for _, s := range scores {
		top = math.Max(top, s)
	}
	sum := 0.0
	for _, s := range scores {
		sum += math.Exp(s - top)
	}
	z := top + math.Log(sum)
	for i := range scores {
		scores[i] -= z
	}
	return scores
}
