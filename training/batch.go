package training

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"

	"mlm-lsp/codetok"
	"mlm-lsp/training/mask"
	"mlm-lsp/training/shard"
	"mlm-lsp/training/step"
)

// Streams keep the random numbers of one purpose apart from those of another under one seed.
const (
	streamOrder = 0x6f72646572 + iota<<40
	streamMasks
	streamHeldOut
	streamFresh
	streamDetect
	streamSpelled
)

// layout is the shape of a run's batches: the first rows carry masks, the last ones sites for the detection head and no mask.
type layout struct {
	rows    int // per batch
	length  int // subwords per row
	masked  int // places per row with masks
	pointer bool
	detect  int // rows with sites
}

// siteShare is how many sites a row of the detection head has room for, by its length: code has a name, an operator or a boolean in every
// two or three subwords.
const siteShare = 0.4375

// newLayout lays batches out for settings and a model's heads.
func newLayout(s settings, pointer, detect bool) layout {
	l := layout{rows: s.Batch, length: s.Row, masked: s.Recipe.Budget(s.Row), pointer: pointer}
	if detect && s.Batch > 1 {
		l.detect = min(s.Batch-1, max(1, int(math.Round(s.DetectShare*float64(s.Batch)))))
	}
	return l
}

// shape is what the engines call it. Names have something between them, so a row holds at most one in two subwords.
func (l layout) shape() step.Shape {
	s := step.Shape{Batch: l.rows, Length: l.length, Masked: (l.rows - l.detect) * l.masked, Sites: l.detect * l.sites()}
	if l.pointer {
		s.Queries, s.Names = l.masked, l.length/2
	}
	return s
}

// sites is the room in each row of the detection head.
func (l layout) sites() int { return int(siteShare * float64(l.length)) }

// batcher makes the batches of one run: which rows and which masks is a function of the seed and the batch's number
// alone, so a resumed run draws what the uninterrupted one would have drawn.
type batcher struct {
	layout
	set      *rowSet
	order    *order
	drawer   *mask.Drawer
	recipe   mask.Recipe
	fill     int // masks per row, at most masked
	maskID   int64
	seed     uint64
	stream   uint64
	detector *detector // nil without rows for the detection head

	ids    []int64 // of one row, with more behind it
	labels []shard.Label
	names  map[string]int64
	key    []byte
}

// newBatcher makes batches of a layout from the rows of set. fixes may be nil; see detector.
func newBatcher(set *rowSet, s settings, l layout, t *codetok.Tokenizer, fixes *fixSet, stream uint64) *batcher {
	b := &batcher{
		layout: l, set: set, order: newOrder(s.Seed^streamOrder, len(set.rows)), recipe: s.Recipe, fill: l.masked, maskID: int64(t.Special().MASK), seed: s.Seed, stream: stream,
		names: map[string]int64{},
	}
	more := 0
	if !l.pointer {
		b.recipe.Collapse = 0
	} else if b.recipe.Collapse > 0 {
		more = l.length / 4 // what takes the place of subwords that became one mask
	}
	b.drawer = mask.NewDrawer(b.recipe)
	b.ids, b.labels = make([]int64, l.length+more), make([]shard.Label, l.length+more)
	if l.detect > 0 {
		b.detector = newDetector(set, s, l, t, fixes, stream)
	}
	return b
}

// err is what kept batches from being what they should, if anything did.
func (b *batcher) err() error {
	if b.detector == nil {
		return nil
	}
	return b.detector.err
}

// batch returns the n-th batch and the labels of its masked places, parallel to Positions.
func (b *batcher) batch(n int) (step.Batch, []shard.Label) {
	shape := b.shape()
	out := step.Batch{
		IDs: make([]int64, shape.Batch*shape.Length), Positions: make([]int64, shape.Masked), Labels: make([]int64, shape.Masked), Weights: make([]float32, shape.Masked),
		QueryAt: make([]int64, shape.Batch*shape.Queries), QueryName: filled(shape.Batch * shape.Queries), NameAt: make([]int64, shape.Batch*shape.Names),
		NameID: filled(shape.Batch * shape.Names), SiteAt: make([]int64, shape.Sites), SiteLabels: make([]float32, shape.Sites), SiteWeights: make([]float32, shape.Sites),
	}
	// What is left of the fixed number of places points at the first row's start with weight zero.
	classes := slices.Repeat([]shard.Label{shard.SpecialLabel}, shape.Masked)
	next, rows := 0, b.rows-b.detect
	for i := range rows {
		draw := n*rows + i
		index := b.order.at(draw)
		number := uint64(draw)
		if b.recipe.Static {
			number = uint64(index)
		}
		random := rand.New(rand.NewPCG(b.seed^b.stream, number))
		next = b.maskRow(random, b.set.rows[index], i, &out, classes, next)
	}
	for i := range b.detect {
		b.detector.row(n*b.detect+i, rows+i, i, &out)
	}
	return out, classes
}

// filled are places of which none is used.
func filled(n int) []int64 { return slices.Repeat([]int64{-1}, n) }

// maskRow writes row i of a batch. next is the first place that is not used yet, and the new one is returned.
func (b *batcher) maskRow(random *rand.Rand, r row, i int, out *step.Batch, classes []shard.Label, next int) int {
	b.set.fill(r, b.ids, b.labels)
	words := b.drawer.Draw(random, b.labels[:b.length-1], b.fill)
	row := out.IDs[i*b.length : (i+1)*b.length]
	clear(b.names)
	at, query, name := 0, 0, 0
	last := b.length - 1
	for start := 0; start < len(b.ids) && at < last; {
		end := start + 1
		for end < len(b.ids) && !b.labels[end].WordStart() {
			end++
		}
		for len(words) > 0 && words[0].End <= start {
			words = words[1:]
		}
		whole := at+end-start <= last
		masked := len(words) > 0 && words[0].Start < end
		named := b.pointer && b.labels[start].Class().Name()
		switch {
		case masked && words[0].One:
			row[at] = b.maskID
			b.ask(out, i, &query, at, start, end)
			at++
		case masked:
			if named && words[0].From == start && end == start+1 {
				b.ask(out, i, &query, at, start, end)
			}
			for k := start; k < min(end, start+last-at); k++ {
				place := at + k - start
				row[place] = b.ids[k]
				for len(words) > 0 && words[0].End <= k { // single subwords: the next one of the same word
					words = words[1:]
				}
				if len(words) > 0 && words[0].From <= k {
					out.Positions[next], out.Labels[next] = int64(i*b.length+place), b.ids[k]
					out.Weights[next] = b.recipe.Loss(b.labels[k])
					classes[next] = b.labels[k]
					row[place] = b.maskID
					next++
				}
			}
			at += end - start
		default:
			copy(row[at:last], b.ids[start:end])
			// A name that the row's end cuts through is none.
			if named && whole && name < b.shape().Names {
				out.NameAt[i*b.shape().Names+name] = int64(i*b.length + at)
				out.NameID[i*b.shape().Names+name] = b.nameID(start, end)
				name++
			}
			at += end - start
		}
		start = end
	}
	row[last] = int64(b.set.sep)
	b.answer(out, i, query)
	return next
}

// ask adds the query for a masked name; answer then keeps it if the name is in sight.
func (b *batcher) ask(out *step.Batch, i int, query *int, at, start, end int) {
	k := i*b.masked + *query
	out.QueryAt[k], out.QueryName[k] = int64(i*b.length+at), b.nameID(start, end)
	*query++
}

// nameID is the number of the name that stands at the row's subwords start to end.
func (b *batcher) nameID(start, end int) int64 {
	b.key = b.key[:0]
	for _, id := range b.ids[start:end] {
		b.key = binary.AppendUvarint(b.key, uint64(id))
	}
	id, ok := b.names[string(b.key)]
	if !ok {
		id = int64(len(b.names))
		b.names[string(b.key)] = id
	}
	return id
}

// answer drops the queries of row i whose names are nowhere in sight.
func (b *batcher) answer(out *step.Batch, i, queries int) {
	if queries == 0 {
		return
	}
	names := b.shape().Names
	inSight := map[int64]bool{}
	for _, id := range out.NameID[i*names : (i+1)*names] {
		inSight[id] = true
	}
	for k := i * b.masked; k < i*b.masked+queries; k++ {
		if !inSight[out.QueryName[k]] {
			out.QueryAt[k], out.QueryName[k] = 0, -1
		}
	}
}

// ahead draws the batch that comes next while the engine is at work on the one before.
type ahead struct {
	batches *batcher
	next    int
	drawn   chan labelled // nil before the first
}

func drawAhead(b *batcher) *ahead { return &ahead{batches: b} }

// take returns batch n and begins to draw batch n+1. The batcher is in use between calls. An error is the sampler's, see batcher.err.
func (a *ahead) take(n int) (step.Batch, []shard.Label, error) {
	if a.drawn == nil || a.next != n {
		a.draw(n)
	}
	out := <-a.drawn
	if out.err != nil {
		return out.batch, nil, out.err
	}
	a.draw(n + 1)
	return out.batch, out.classes, nil
}

func (a *ahead) draw(n int) {
	drawn := make(chan labelled, 1)
	a.next, a.drawn = n, drawn
	go func() { drawn <- take(a.batches, n) }()
}
