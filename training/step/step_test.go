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

// TestHeadsLearn overfits one batch with both further heads, then takes a step of a shape without them: what is not asked for
// must stay, weight decay or not.
func TestHeadsLearn(t *testing.T) {
	c := tinyConfig()
	c.PointerHead, c.DetectHead = true, true
	s := Shape{Batch: 2, Length: 16, Masked: 4, Queries: 2, Names: 4, Sites: 4}
	o := Options{Shape: s, Config: c, ClipNorm: 1, WeightDecay: 0.1, PointerWeight: 1, DetectWeight: 1}
	tr, err := New(orttest.Library(t), o, onnx.InitWeights(c, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	b := randomBatch(c, 2, 16, 4, 7)
	b.QueryAt, b.QueryName = []int64{2, 5, 20, 21}, []int64{0, 1, 1, 3}
	b.NameAt, b.NameID = []int64{1, 3, 7, 9, 17, 18, 25, 30}, []int64{0, 1, 0, 2, 0, 1, 2, -1}
	b.SiteAt, b.SiteLabels, b.SiteWeights = []int64{16, 19, 23, 28}, []float32{1, 0, 0, 1}, []float32{1, 1, 1, 1}
	var r Result
	for range 150 {
		if r, err = tr.Step(context.Background(), b, 5e-3); err != nil {
			t.Fatal(err)
		}
	}
	if r.PointerLoss > 0.05 || r.DetectLoss > 0.05 {
		t.Errorf("after 150 steps on one batch the pointer's loss is %v, the detection's %v", r.PointerLoss, r.DetectLoss)
	}
	if r.QueryLosses[3] != 0 {
		t.Errorf("a query whose name is not in sight has loss %v", r.QueryLosses[3])
	}
	for i, logit := range r.SiteLogits {
		if (logit > 0) != (b.SiteLabels[i] == 1) {
			t.Errorf("site %d has logit %v, its label is %v", i, logit, b.SiteLabels[i])
		}
	}
	before := tr.State()
	if err := tr.Reshape(Shape{Batch: 2, Length: 16, Masked: 4}); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Step(context.Background(), randomBatch(c, 2, 16, 4, 8), 1e-2); err != nil {
		t.Fatal(err)
	}
	after := tr.State()
	for _, name := range []string{"pointer.query.weight", "pointer.key.weight", "detect.dense.weight", "detect.out.bias"} {
		if string(before.Weights[name].Data) != string(after.Weights[name].Data) || string(before.First[name].Data) != string(after.First[name].Data) {
			t.Errorf("%s has changed in a step without its head", name)
		}
	}
	if name := "head.dense.weight"; string(before.Weights[name].Data) == string(after.Weights[name].Data) {
		t.Errorf("%s has not changed", name)
	}
}
