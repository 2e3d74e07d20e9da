// Package bundletest makes small bundles with random weights, for tests that
// need a real graph and not a clever one.
package bundletest

import (
	"context"
	"iter"
	"strings"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/onnx"
)

// Text is some code that the tests' tokenizers are trained on, so that its
// names are one to a few subwords.
const Text = `package shop

func total(prices []float64, discount float64) float64 {
	sum := 0.0
	for i, price := range prices {
		if price < 0 || i >= len(prices) {
			continue
		}
		sum += price * (1 - discount)
	}
	return sum
}

func find(items []string, name string) int {
	for index, item := range items {
		if item == name {
			return index
		}
	}
	return -1
}
`

// Size says how large a bundle is.
type Size struct {
	Vocabulary, Hidden, Intermediate, Layers, Heads, Positions int
	// MoreHeads adds the pointer head and the detection head.
	MoreHeads bool
}

// Tiny is a size whose forward pass takes no time.
var Tiny = Size{Vocabulary: 400, Hidden: 32, Intermediate: 64, Layers: 2, Heads: 2, Positions: 96}

// TinyHeads is Tiny with the further heads.
var TinyHeads = Size{Vocabulary: 400, Hidden: 32, Intermediate: 64, Layers: 2, Heads: 2, Positions: 96, MoreHeads: true}

// Tokenizer trains a tokenizer on Text.
func Tokenizer(tb testing.TB, vocabulary int) *codetok.Tokenizer {
	tb.Helper()
	texts := iter.Seq[string](func(yield func(string) bool) {
		for range 3 {
			if !yield(Text) {
				return
			}
		}
	})
	tok, err := codetok.Train(context.Background(), texts, codetok.TrainOptions{VocabSize: vocabulary})
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

// Contents returns what Write needs for a random bundle of our own
// architecture. Its weights are large, so that its predictions are far from
// uniform.
func Contents(tb testing.TB, size Size) bundle.Contents {
	tb.Helper()
	tok := Tokenizer(tb, size.Vocabulary)
	config := onnx.Config{
		ModelType: "modernbert", VocabSize: size.Vocabulary, HiddenSize: size.Hidden, IntermediateSize: size.Intermediate,
		Layers: size.Layers, Heads: size.Heads, MaxPositions: size.Positions, NormEps: 1e-5, Activation: "gelu", HeadActivation: "gelu",
		PadID: int(tok.Special().PAD), InitializerRange: 0.3, GlobalEvery: 1, LocalWindow: 128, GlobalTheta: 10000, LocalTheta: 10000,
		TieWordEmbeddings: true, PointerHead: size.MoreHeads, DetectHead: size.MoreHeads,
	}
	return bundle.Contents{
		Config: config, Tokenizer: tok, Weights: onnx.InitWeights(config, 1), Half: true,
		Meta: bundle.Meta{Name: "random", Languages: []string{"go"}},
	}
}

// Dir writes a random bundle and returns its directory.
func Dir(tb testing.TB, size Size) string {
	tb.Helper()
	dir := tb.TempDir() + "/bundle"
	if err := bundle.Write(dir, Contents(tb, size)); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Open writes and opens a random bundle.
func Open(tb testing.TB, size Size) *bundle.Bundle {
	tb.Helper()
	b, err := bundle.Open(Dir(tb, size))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

// Gap cuts Text at the n-th occurrence (from 0) of a word: the text before it
// and the text behind it.
func Gap(tb testing.TB, word string, n int) (before, after string) {
	tb.Helper()
	at := 0
	for ; ; n-- {
		i := strings.Index(Text[at:], word)
		if i < 0 {
			tb.Fatalf("too few %q in the text", word)
		}
		at += i
		if n == 0 {
			return Text[:at], Text[at+len(word):]
		}
		at += len(word)
	}
}
