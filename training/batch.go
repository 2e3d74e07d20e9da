package training

import (
	"math/rand/v2"

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
)

// batcher makes the batches of one phase: which rows and which masks is a function of the seed and the batch's number
// alone, so a resumed run draws what the uninterrupted one would have drawn.
type batcher struct {
	set    *rowSet
	order  *order
	drawer *mask.Drawer
	recipe mask.Recipe
	rows   int // per batch
	masked int // places per row, a property of the graph
	fill   int // masked subwords per row, at most masked
	maskID int64
	seed   uint64
	stream uint64
}

func newBatcher(set *rowSet, recipe mask.Recipe, rows, maskedPerRow int, maskID int32, seed, stream uint64) *batcher {
	return &batcher{
		set: set, order: newOrder(seed^streamOrder, len(set.rows)), drawer: mask.NewDrawer(recipe), recipe: recipe, rows: rows, masked: maskedPerRow, fill: maskedPerRow,
		maskID: int64(maskID), seed: seed, stream: stream,
	}
}

// batch returns the n-th batch and the labels of its masked places, parallel to Positions.
func (b *batcher) batch(n int) (step.Batch, []shard.Label) {
	length := b.set.length
	out := step.Batch{
		IDs: make([]int64, b.rows*length), Positions: make([]int64, b.rows*b.masked), Labels: make([]int64, b.rows*b.masked),
		Weights: make([]float32, b.rows*b.masked),
	}
	classes := make([]shard.Label, b.rows*b.masked)
	labels := make([]shard.Label, length)
	next := 0
	for i := range b.rows {
		draw := n*b.rows + i
		index := b.order.at(draw)
		ids := out.IDs[i*length : (i+1)*length]
		b.set.fill(b.set.rows[index], ids, labels)
		number := uint64(draw)
		if b.recipe.Static {
			number = uint64(index)
		}
		random := rand.New(rand.NewPCG(b.seed^b.stream, number))
		for _, at := range b.drawer.Draw(random, labels, b.fill) {
			out.Positions[next] = int64(i*length + at)
			out.Labels[next] = ids[at]
			out.Weights[next] = b.recipe.Loss(labels[at])
			classes[next] = labels[at]
			ids[at] = b.maskID
			next++
		}
	}
	// What is left of the fixed number of places points at the first row's start with weight zero.
	for i := next; i < len(out.Positions); i++ {
		classes[i] = shard.SpecialLabel
	}
	return out, classes
}

// ahead draws the batch that comes next while the engine is at work on the one before.
type ahead struct {
	batches *batcher
	next    int
	drawn   chan labelled // nil before the first
}

func drawAhead(b *batcher) *ahead { return &ahead{batches: b} }

// take returns batch n and begins to draw batch n+1. The batcher is in use between calls.
func (a *ahead) take(n int) (step.Batch, []shard.Label) {
	if a.drawn == nil || a.next != n {
		a.draw(n)
	}
	out := <-a.drawn
	a.draw(n + 1)
	return out.batch, out.classes
}

func (a *ahead) draw(n int) {
	drawn := make(chan labelled, 1)
	a.next, a.drawn = n, drawn
	go func() { drawn <- take(a.batches, n) }()
}
