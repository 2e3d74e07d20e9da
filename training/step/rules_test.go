package step

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
	"mlm-lsp/model/ort/orttest"

	ortgo "github.com/yalue/onnxruntime_go"
)

// ready makes a graph runnable. The function runs it on the slices in in, which may change between calls, and gives its
// float outputs in order, valid until the next call.
func ready(t *testing.T, g *onnx.Graph, in map[string]any) func() [][]float32 {
	t.Helper()
	lib := orttest.Library(t)
	model, err := g.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	o := ort.SessionOptions{Threads: 2}
	var inputs, outputs []ort.Value
	var floats [][]float32
	keep := func(v ort.Value, err error) ort.Value {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { v.Destroy() })
		return v
	}
	for _, i := range g.Inputs {
		o.Inputs = append(o.Inputs, i.Name)
		switch data := in[i.Name].(type) {
		case []float32:
			inputs = append(inputs, keep(ortgo.NewTensor(ortgo.Shape(i.Type.Dims), data)))
		case []int64:
			inputs = append(inputs, keep(ortgo.NewTensor(ortgo.Shape(i.Type.Dims), data)))
		default:
			t.Fatalf("no value for input %s", i.Name)
		}
	}
	for _, i := range g.Outputs {
		o.Outputs = append(o.Outputs, i.Name)
		if i.Type.DType == onnx.Uint8 {
			outputs = append(outputs, keep(ortgo.NewEmptyTensor[uint8](i.Type.Dims)))
			continue
		}
		v, err := ortgo.NewEmptyTensor[float32](i.Type.Dims)
		outputs = append(outputs, keep(v, err))
		floats = append(floats, v.GetData())
	}
	s, err := lib.NewSession(model, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return func() [][]float32 {
		if err := s.Run(context.Background(), inputs, outputs); err != nil {
			t.Fatal(err)
		}
		return floats
	}
}

// TestRules checks each operator's gradient against central differences of a random weighted sum of its output.
func TestRules(t *testing.T) {
	type shapes [][]int64
	op := func(name string, attrs ...onnx.Attr) func(*onnx.Graph, []value) value {
		return func(g *onnx.Graph, in []value) value { return g.Op(name, in, attrs...) }
	}
	contrib := func(name string, attrs ...onnx.Attr) func(*onnx.Graph, []value) value {
		return func(g *onnx.Graph, in []value) value { return g.Contrib(name, in, attrs...) }
	}
	for name, c := range map[string]struct {
		in    shapes
		build func(*onnx.Graph, []value) value
	}{
		"add":                 {shapes{{3, 4}, {3, 4}}, op("Add")},
		"add to itself":       {shapes{{3, 4}}, func(g *onnx.Graph, in []value) value { return g.Op("Add", []value{in[0], in[0]}) }},
		"add a row":           {shapes{{3, 4}, {4}}, op("Add")},
		"add a column":        {shapes{{3, 4}, {3, 1}}, op("Add")},
		"mul":                 {shapes{{3, 4}, {3, 4}}, op("Mul")},
		"mul by a row":        {shapes{{3, 4}, {4}}, op("Mul")},
		"mul by one":          {shapes{{3, 4}, {1}}, op("Mul")},
		"square":              {shapes{{3, 4}}, func(g *onnx.Graph, in []value) value { return g.Op("Mul", []value{in[0], in[0]}) }},
		"gemm":                {shapes{{3, 4}, {4, 5}}, op("Gemm")},
		"gemm transposed":     {shapes{{3, 4}, {5, 4}}, op("Gemm", onnx.IntAttr("transB", 1))},
		"gemm with residual":  {shapes{{3, 4}, {5, 4}, {3, 5}}, op("Gemm", onnx.IntAttr("transB", 1))},
		"gemm with bias":      {shapes{{3, 4}, {5, 4}, {5}}, op("Gemm", onnx.IntAttr("transB", 1))},
		"matmul":              {shapes{{2, 3, 4}, {2, 4, 5}}, op("MatMul")},
		"matmul scaled":       {shapes{{2, 3, 4}, {2, 5, 4}}, contrib("FusedMatMul", onnx.IntAttr("transB", 1), onnx.FloatAttr("alpha", 0.3))},
		"matmul transposed":   {shapes{{2, 4, 3}, {2, 4, 5}}, contrib("FusedMatMul", onnx.IntAttr("transA", 1), onnx.FloatAttr("alpha", 2))},
		"matmul transposed 2": {shapes{{2, 4, 3}, {2, 5, 4}}, contrib("FusedMatMul", onnx.IntAttr("transA", 1), onnx.IntAttr("transB", 1))},
		"reshape":             {shapes{{3, 4}}, func(g *onnx.Graph, in []value) value { return g.Op("Reshape", []value{in[0], g.Ints(2, -1)}) }},
		"transpose":           {shapes{{2, 3, 4, 5}}, op("Transpose", onnx.IntsAttr("perm", 0, 2, 3, 1))},
		"gelu":                {shapes{{4, 6}}, op("Gelu")},
		"silu":                {shapes{{4, 6}}, contrib("QuickGelu", onnx.FloatAttr("alpha", 1))},
		"relu":                {shapes{{4, 6}}, op("Relu")},
		"softmax":             {shapes{{2, 3, 5}}, op("Softmax", onnx.IntAttr("axis", -1))},
		"attention": {shapes{{2, 3, 5}, {2, 5, 4}}, func(g *onnx.Graph, in []value) value {
			return g.Contrib("FusedMatMul", []value{g.Op("Softmax", in[:1], onnx.IntAttr("axis", -1)), in[1]})
		}},
		"split": {shapes{{6, 4}}, func(g *onnx.Graph, in []value) value {
			p := g.OpN("Split", 3, []value{in[0], g.Ints(2, 2, 2)}, onnx.IntAttr("axis", 0))
			return g.Op("Mul", []value{p[0], p[2]}) // one part unused
		}},
		"layer norm": {shapes{{3, 8}, {8}, {8}}, func(g *onnx.Graph, in []value) value {
			return g.OpN("LayerNormalization", 3, in, onnx.IntAttr("axis", -1), onnx.FloatAttr("epsilon", 1e-5))[0]
		}},
		"layer norm of scale one": {shapes{{3, 8}}, func(g *onnx.Graph, in []value) value {
			return g.OpN("LayerNormalization", 3, []value{in[0], g.Ones(8)}, onnx.IntAttr("axis", -1), onnx.FloatAttr("epsilon", 1e-5))[0]
		}},
		"gather with repeats": {shapes{{5, 3}}, func(g *onnx.Graph, in []value) value { return g.Op("Gather", []value{in[0], g.Ints(4, 1, 4, 4, 0)}) }},
		"two gathers": {shapes{{5, 3}}, func(g *onnx.Graph, in []value) value {
			a, b := g.Op("Gather", []value{in[0], g.Ints(4, 1, 4)}), g.Op("Gather", []value{in[0], g.Ints(1, 0, 1)})
			return g.Op("Mul", []value{a, b})
		}},
		"rotary": {shapes{{1, 2, 3, 8}}, func(g *onnx.Graph, in []value) value {
			n := &onnx.Network{Graph: g, Length: 3, Config: onnx.Config{HiddenSize: 16, Heads: 2}}
			return n.Rotate(in[0], 10)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			g := onnx.NewGraph(name)
			feed := map[string]any{}
			var in []value
			for i, dims := range c.in {
				v := g.Input(string(rune('a'+i)), onnx.Float32, anyDims(dims)...)
				in = append(in, v)
				feed[v] = normal(r, dims)
			}
			y := c.build(g, in)
			weights := g.Initializer("weights", onnx.FloatTensor(normal(r, g.Dims(y)), g.Dims(y)...))
			tp := newTape(g, in)
			tp.seed(y, weights)
			if err := tp.backward(); err != nil {
				t.Fatal(err)
			}
			sum := g.Op("ReduceSum", []value{g.Op("Mul", []value{y, weights})}, onnx.IntAttr("keepdims", 1))
			g.Output(g.Op("Reshape", []value{sum, g.Ints(1)}), onnx.Float32, 1)
			for i, v := range in {
				if got, want := g.Dims(tp.gradient(v)), c.in[i]; len(got) != len(want) {
					t.Fatalf("gradient of input %d has shape %v, want %v", i, got, want)
				}
				g.Output(g.Op("Identity", []value{tp.gradient(v)}), onnx.Float32, anyDims(c.in[i])...) // two gradients may be one value
			}
			run := ready(t, g, feed)
			got := make([][]float32, 0)
			for _, out := range run() {
				got = append(got, slices.Clone(out))
			}
			const h = 1e-2
			for i, v := range in {
				x := feed[v].([]float32)
				for j := range x {
					at := func(d float32) float64 {
						old := x[j]
						x[j] += d
						defer func() { x[j] = old }()
						return float64(run()[0][0])
					}
					want := (at(h) - at(-h)) / (2 * h)
					if d := math.Abs(float64(got[1+i][j]) - want); d > 2e-3*(1+math.Abs(want)) {
						t.Errorf("gradient of input %d at %d is %v, differences say %v", i, j, got[1+i][j], want)
					}
				}
			}
		})
	}
}

// normal draws values away from zero, where relu has no derivative.
func normal(r *rand.Rand, dims []int64) []float32 {
	n := int64(1)
	for _, d := range dims {
		n *= d
	}
	out := make([]float32, n)
	for i := range out {
		for math.Abs(float64(out[i])) < 0.05 {
			out[i] = float32(r.NormFloat64())
		}
	}
	return out
}
