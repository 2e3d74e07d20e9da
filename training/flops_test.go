package training

import (
	"math"
	"testing"

	"mlm-lsp/model/onnx"
	"mlm-lsp/training/step"
)

// TestOperations compares the count with what is known of a large model: six per parameter and subword, forward and back, when
// attention's scores and the vocabulary are small beside the layers.
func TestOperations(t *testing.T) {
	c := onnx.Config{ModelType: "modernbert", VocabSize: 1, HiddenSize: 4096, IntermediateSize: 8192, Layers: 24, Heads: 32, MaxPositions: 512}
	s := step.Shape{Batch: 2, Length: 64, Masked: 128}
	parameters := 0.0
	for _, p := range c.Parameters() {
		if len(p.Shape) == 2 {
			parameters += float64(p.Shape[0] * p.Shape[1])
		}
	}
	want := 6 * parameters * 128
	if got := operations(c, s); math.Abs(got-want) > 0.02*want {
		t.Errorf("%.3g operations, six per parameter and subword are %.3g", got, want)
	}
}
