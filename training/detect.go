package training

import (
	"math/rand/v2"
	"slices"
	"sort"

	"mlm-lsp/codetok"
	"mlm-lsp/training/mutate"
	"mlm-lsp/training/sampler"
	"mlm-lsp/training/shard"
	"mlm-lsp/training/step"
)

// detector makes the rows of the detection head. They come in pairs, the text with mutations and the text as it was, so that what is
// learnt is what the mutation changed and not which tokens are often mutated. A changed site weighs as much in the one as in the other, and
// more than the sites around it, which are many.
type detector struct {
	layout
	set     *rowSet
	order   *order
	mutator *mutate.Mutator
	fixes   *fixSet
	share   float64 // of pairs that are real fixes
	changed float32 // weight of a changed site
	most    int     // mutations of a row
	seed    uint64
	stream  uint64

	// hard is the share of replacements that the sampler chooses, if there is one. err is its first error, after which rows are not to be used.
	hard    float64
	sampler *sampler.Sampler
	err     error

	ids    []int64
	labels []shard.Label
	last   drawnPair
}

// drawnPair is a text with a bug and the text without, their sites, and which of those changed.
type drawnPair struct {
	number  int // from one on
	texts   [2]mutate.Row
	sites   [2][]mutate.Site
	changed [2][]int
	source  rand.PCG // of what is drawn for each of them after the pair
}

func newDetector(set *rowSet, s settings, l layout, t *codetok.Tokenizer, fixes *fixSet, stream uint64) *detector {
	d := &detector{
		layout: l, set: set, order: newOrder(s.Seed^streamDetect, len(set.rows)), mutator: mutate.New(t), fixes: fixes, share: s.FixShare, changed: float32(s.Changed), most: s.Mutants, hard: s.HardMutants,
		seed: s.Seed, stream: stream ^ streamDetect, ids: make([]int64, l.length+margin), labels: make([]shard.Label, l.length+margin),
	}
	return d
}

// pair draws a pair. Its two rows mostly follow each other, so the last one is kept.
func (d *detector) pair(n int) *drawnPair {
	if d.last.number == n+1 {
		return &d.last
	}
	source := rand.NewPCG(d.seed^d.stream, uint64(n))
	random := rand.New(source)
	p := drawnPair{number: n + 1}
	if d.fixes != nil && random.Float64() < d.share {
		p.texts, p.sites, p.changed = d.fixes.draw(random, d)
	} else {
		p.texts, p.sites, p.changed = d.mutate(random, d.set.rows[d.order.at(n)])
	}
	p.source = *source
	d.last = p
	return &d.last
}

// row writes the draw-th row of the detection head: row i of a batch, the k-th of those with sites.
func (d *detector) row(draw, i, k int, out *step.Batch) {
	pair, side := d.pair(draw/2), draw%2
	text, at, changed := pair.texts[side], pair.sites[side], pair.changed[side]
	// The mutated text may be a few subwords longer, or shorter; that it is must not show at the row's end.
	row := out.IDs[i*d.length : (i+1)*d.length]
	last := d.length - 1
	for j := range row {
		if row[j] = int64(d.set.sep); j < last && j < len(text.IDs) {
			row[j] = int64(text.IDs[j])
		}
	}
	var places []int
	for j := range at {
		if at[j].At < last {
			places = append(places, j)
		}
	}
	isChanged := func(j int) bool { return slices.Contains(changed, j) }
	if over := len(places) - d.sites(); over > 0 {
		// More sites than there is room for: some that did not change are left out.
		source := pair.source
		random := rand.New(&source)
		random.Shuffle(len(places), func(a, b int) { places[a], places[b] = places[b], places[a] })
		slices.SortStableFunc(places, func(a, b int) int { return before(isChanged(a), isChanged(b)) })
		places = places[:d.sites()]
		slices.Sort(places)
	}
	for n, j := range places {
		to := k*d.sites() + n
		out.SiteAt[to], out.SiteWeights[to] = int64(i*d.length+at[j].At), 1
		if isChanged(j) {
			out.SiteWeights[to] = d.changed
			if side == 0 {
				out.SiteLabels[to] = 1
			}
		}
	}
}

// before orders what is true first.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// margin is how many subwords at the end of a row are not mutated, and how many behind it stand ready: more than what a few mutations add to
// a text or take from it.
const margin = 32

// mutate returns a row with mutations and without: texts, sites, and which of the sites changed.
func (d *detector) mutate(random *rand.Rand, r row) (texts [2]mutate.Row, sites [2][]mutate.Site, changed [2][]int) {
	d.set.fill(r, d.ids, d.labels)
	text := mutate.Row{Language: d.set.shards[r.shard].Languages[r.language], Labels: slices.Clone(d.labels), Windows: d.set.windows(r)}
	for _, id := range d.ids {
		text.IDs = append(text.IDs, int32(id))
	}
	found := d.mutator.Sites(&text)
	count := 1 + random.IntN(d.most)
	// What the mutations make longer pushes the row's end out; both texts are to show every changed site.
	safe := sort.Search(len(found), func(i int) bool { return found[i].At >= d.length-margin })
	edits := d.harden(random, &text, found, d.mutator.Draw(random, &text, found[:safe], count))
	var which []int
	for _, e := range edits {
		which = append(which, e.Site)
	}
	mutated, moved := d.mutator.Apply(&text, found, edits)
	return [2]mutate.Row{mutated, text}, [2][]mutate.Site{moved, found}, [2][]int{which, which}
}

// harden draws a share of the replacements anew, from what the sampler thinks could stand there (at temperature one): what a model mistakes
// for the right token is harder to tell from it than any name in scope, as BugLab's selector is against its rewrites drawn uniformly
// (Allamanis et al. 2021). The right token itself is no alternative.
func (d *detector) harden(random *rand.Rand, text *mutate.Row, found []mutate.Site, edits []mutate.Edit) []mutate.Edit {
	if d.sampler == nil || d.err != nil {
		return edits
	}
	var which []int
	var places []sampler.Place
	var choices [][]mutate.Edit
	for i, e := range edits {
		if random.Float64() >= d.hard {
			continue
		}
		if others := d.mutator.Alternatives(text, found, e); len(others) > 1 {
			place := sampler.Place{Span: sampler.Span{Start: found[e.Site].Start, End: found[e.Site].End}}
			for _, other := range others {
				place.Choices = append(place.Choices, sampler.Choice{IDs: other.IDs, At: other.At()})
			}
			which, places, choices = append(which, i), append(places, place), append(choices, others)
		}
	}
	if len(places) == 0 {
		return edits
	}
	var names []sampler.Span
	for _, s := range found {
		if s.Name() {
			names = append(names, sampler.Span{Start: s.Start, End: s.End})
		}
	}
	shares, err := d.sampler.Shares(text.IDs, names, places)
	if err != nil {
		d.err = err
		return edits
	}
	for k, i := range which {
		at, rest := 0, random.Float64()
		for at < len(shares[k])-1 && rest >= shares[k][at] {
			rest -= shares[k][at]
			at++
		}
		edits[i] = choices[k][at]
	}
	return edits
}
