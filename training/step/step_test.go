package step

import (
	"context"
	"math/rand/v2"
	"testing"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort/orttest"
)

func tinyConfig() onnx.Config {
	return onnx.Config{
		ModelType: "modernbert", VocabSize: 61, HiddenSize: 16, IntermediateSize: 24, Layers: 3, Heads: 2, MaxPositions: 32, NormEps: 1e-5,
		Activation: "gelu", HeadActivation: "gelu", InitializerRange: 0.02, GlobalEvery: 1, LocalWindow: 128, GlobalTheta: 10000, TieWordEmbeddings: true,
	}
}

func randomBatch(c onnx.Config, batch, length, masked int, seed uint64) Batch {
	r := rand.New(rand.NewPCG(seed, 1))
	b := Batch{}
	for range batch * length {
		b.IDs = append(b.IDs, r.Int64N(int64(c.VocabSize)))
	}
	for i := range masked {
		b.Positions = append(b.Positions, int64(r.IntN(batch*length)))
		b.Labels = append(b.Labels, r.Int64N(int64(c.VocabSize)))
		b.Weights = append(b.Weights, float32(i%3)+0.5)
	}
	return b
}

func TestOverfitOneBatch(t *testing.T) {
	c := tinyConfig()
	tr, err := New(orttest.Library(t), Options{Shape: Shape{Batch: 2, Length: 16, Masked: 8}, Config: c, ClipNorm: 1}, onnx.InitWeights(c, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	b := randomBatch(c, 2, 16, 8, 7)
	for i := range b.Positions {
		b.Positions[i] = int64(4 * i) // two labels for one place could not both be learnt
	}
	var r Result
	for range 150 {
		if r, err = tr.Step(context.Background(), b, 5e-3); err != nil {
			t.Fatal(err)
		}
	}
	if r.Loss > 0.01 {
		t.Errorf("loss is %v after 150 steps on one batch", r.Loss)
	}
	for i, right := range r.Correct {
		if !right {
			t.Errorf("place %d is still wrong", i)
		}
	}
}
