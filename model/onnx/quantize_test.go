package onnx_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	ortgo "github.com/yalue/onnxruntime_go"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
	"mlm-lsp/model/ort/orttest"
)

// quantizeConfig is an encoder with 1,024 subwords, the least that makes a table
// worth quantizing.
var quantizeConfig = onnx.Config{
	ModelType: "modernbert", VocabSize: 1024, HiddenSize: 64, IntermediateSize: 96, Layers: 2, Heads: 2, MaxPositions: 64, NormEps: 1e-5,
	Activation: "gelu", HeadActivation: "gelu", InitializerRange: 0.1, GlobalEvery: 1, LocalWindow: 128, GlobalTheta: 10000, LocalTheta: 10000,
	TieWordEmbeddings: true,
}

func session(t *testing.T, g *onnx.Graph, exact bool) *ort.Session {
	t.Helper()
	model, err := g.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var inputs []string
	for _, in := range g.Inputs {
		inputs = append(inputs, in.Name)
	}
	s, err := orttest.Library(t).NewSession(model, ort.SessionOptions{Inputs: inputs, Outputs: []string{g.Outputs[0].Name}, Device: "cpu", ExactInt8: exact})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// lines of ids of equal length through a served graph: the logits of column 1.
func logitsOf(t *testing.T, s *ort.Session, lines ...[]int64) [][]float32 {
	t.Helper()
	length := len(lines[0])
	ids := slices.Concat(lines...)
	mask := make([]int64, len(ids))
	var positions []int64
	for i, id := range ids {
		if id != 0 {
			mask[i] = 1
		}
		if i%length == 1 {
			positions = append(positions, int64(i))
		}
	}
	var inputs []ort.Value
	for _, in := range []struct {
		data  []int64
		shape ortgo.Shape
	}{{ids, ortgo.NewShape(int64(len(lines)), int64(length))}, {mask, ortgo.NewShape(int64(len(lines)), int64(length))}, {positions, ortgo.NewShape(int64(len(positions)))}} {
		v, err := ortgo.NewTensor(in.shape, in.data)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Destroy()
		inputs = append(inputs, v)
	}
	outputs := []ort.Value{nil}
	if err := s.Run(context.Background(), inputs, outputs); err != nil {
		t.Fatal(err)
	}
	defer outputs[0].Destroy()
	flat := slices.Clone(outputs[0].(*ortgo.Tensor[float32]).GetData())
	var out [][]float32
	for chunk := range slices.Chunk(flat, len(flat)/len(lines)) {
		out = append(out, chunk)
	}
	return out
}

// relative is the distance of a to b over the length of b.
func relative(a, b []float32) float64 {
	var d, n float64
	for i := range b {
		d += math.Pow(float64(a[i]-b[i]), 2)
		n += math.Pow(float64(b[i]), 2)
	}
	return math.Sqrt(d / n)
}

func line(seed, length, padding int64) []int64 {
	out := make([]int64, length)
	for i := range out {
		if int64(i) < length-padding {
			out[i] = (seed*7919+int64(i)*104729)%1000 + 5
		}
	}
	return out
}

func quantizedPair(t *testing.T) (fp32, int8 *onnx.Graph) {
	t.Helper()
	fp32, err := onnx.BuildInference(quantizeConfig, onnx.InitWeights(quantizeConfig, 7))
	if err != nil {
		t.Fatal(err)
	}
	int8, err = onnx.Quantize(fp32)
	if err != nil {
		t.Fatal(err)
	}
	return fp32, int8
}

func TestQuantizeIsNear(t *testing.T) {
	fp32, int8 := quantizedPair(t)
	want, got := session(t, fp32, false), session(t, int8, false)
	exact := session(t, int8, true)
	for seed := range int64(5) {
		ids := line(seed, 40, 0)
		w, g, e := logitsOf(t, want, ids)[0], logitsOf(t, got, ids)[0], logitsOf(t, exact, ids)[0]
		if d := relative(g, w); d > 0.05 {
			t.Errorf("int8 differs from fp32 by %.4f", d)
		}
		// What processors without VNNI compute.
		if d := relative(e, g); d > 1e-5 {
			t.Errorf("exact int8 products differ from fast ones by %g", d)
		}
	}
}

// TestQuantizedRowsAreIndependent holds that neither company nor padding changes
// a row, beyond the order of additions in the attention.
func TestQuantizedRowsAreIndependent(t *testing.T) {
	_, int8 := quantizedPair(t)
	s := session(t, int8, false)
	short := line(1, 30, 0)
	alone := logitsOf(t, s, short)[0]
	padded := append(slices.Clone(short), make([]int64, 10)...)
	for _, lines := range [][][]int64{{padded}, {line(2, 40, 0), padded, line(3, 40, 20)}} {
		at := slices.IndexFunc(lines, func(l []int64) bool { return slices.Equal(l, padded) })
		if d := relative(logitsOf(t, s, lines...)[at], alone); d > 0.01 {
			t.Errorf("in a batch of %d the row differs by %g", len(lines), d)
		}
	}
}

func TestQuantizeShrinks(t *testing.T) {
	fp32, int8 := quantizedPair(t)
	before, err := fp32.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	after, err := int8.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if len(after)*3 > len(before) {
		t.Errorf("%d bytes became %d", len(before), len(after))
	}
	again, err := onnx.Unmarshal(after)
	if err != nil || len(again.Nodes) != len(int8.Nodes) {
		t.Errorf("reading it again: %v", err)
	}
	if again, _ := fp32.Marshal(); !slices.Equal(again, before) {
		t.Error("the graph that was quantized has changed")
	}
	if _, err := onnx.Quantize(int8); err == nil || !strings.Contains(err.Error(), "no matrix product") {
		t.Errorf("quantizing twice: %v", err)
	}
}

// TestQuantizeForeignProducts covers what other exporters write: MatMul, Gemm
// the other way round, a bias, a weight that is used both ways.
func TestQuantizeForeignProducts(t *testing.T) {
	g := onnx.NewGraph("foreign")
	table := make([]float32, 1024*32)
	for i := range table {
		table[i] = float32(math.Sin(float64(i) * 1.7))
	}
	ids := g.Input("input_ids", onnx.Int64, "batch", "length")
	w := g.Initializer("w", onnx.FloatTensor(table, 1024, 32))
	square := g.Initializer("square", onnx.FloatTensor(table[:32*32], 32, 32))
	bias := g.Initializer("bias", onnx.FloatTensor(table[:32], 32))
	x := g.Op("Gather", []string{w, ids})   // [batch, length, 32]
	x = g.Op("MatMul", []string{x, square}) // three dimensions
	x = g.Op("Reshape", []string{x, g.Ints(-1, 32)})
	x = g.Op("Gemm", []string{x, square, bias}) // columns are channels
	x = g.Op("Gemm", []string{x, square, bias}, onnx.IntAttr("transB", 1))
	x = g.Op("Gemm", []string{x, w}, onnx.IntAttr("transB", 1))
	g.Rename(x, "logits")
	g.Output("logits", onnx.Float32, "rows", 1024)
	int8, err := onnx.Quantize(g)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range int8.Nodes {
		if n.Op == "MatMul" || n.Op == "Gemm" {
			t.Errorf("%s is left in fp32", n.Name)
		}
	}
	run := func(g *onnx.Graph) []float32 {
		v, err := ortgo.NewTensor(ortgo.NewShape(2, 3), []int64{0, 5, 1000, 17, 17, 300})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Destroy()
		outputs := []ort.Value{nil}
		if err := session(t, g, false).Run(context.Background(), []ort.Value{v}, outputs); err != nil {
			t.Fatal(err)
		}
		defer outputs[0].Destroy()
		return slices.Clone(outputs[0].(*ortgo.Tensor[float32]).GetData())
	}
	if d := relative(run(int8), run(g)); d > 0.05 {
		t.Errorf("int8 differs from fp32 by %.4f", d)
	}
}
