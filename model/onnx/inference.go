package onnx

import (
	"fmt"
	"math"
)

// BuildInference builds the served graph of a checkpoint:
//
//	input_ids int64 [batch, length], attention_mask int64 [batch, length] (1 real, 0 padding),
//	masked_positions int64 [masked] (rows batch*length + position)  ->  logits float32 [masked, vocab]
//
// A model with the pointer head also takes name_positions int64 [names] and gives pointer_query float32 [masked, hidden] and
// pointer_key float32 [names, hidden]: the product of a query and a key is the score of that name's occurrence behind that
// mask, and comparing those of one row is left to the caller, who knows which names a mask may see. One with the detection
// head takes site_positions int64 [sites] and gives detect float32 [sites], the log-odds that what stands there was replaced.
// No list of positions may be empty; a head that is not asked can be given any place.
//
// Every linear layer is one Gemm(x, W, bias) with transB = 1 whose W is an initializer under its checkpoint name.
func BuildInference(c Config, weights Weights) (*Graph, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("building graph: %w", err)
	}
	w, err := c.Match(weights)
	if err != nil {
		return nil, fmt.Errorf("building graph: %w", err)
	}
	g := NewGraph(c.ModelType)
	ids := g.Input("input_ids", Int64, "batch", "length")
	present := g.Input("attention_mask", Int64, "batch", "length")
	rows := g.Input("masked_positions", Int64, "masked")

	n := &Network{Graph: g, Config: c, Rows: rows, Length: c.Positions()}
	n.Param = func(name string) Value {
		if _, ok := g.Initializers[name]; !ok {
			g.Initializer(name, w[name])
		}
		return name
	}
	flat := g.Ints(-1)
	n.IDs = g.Op("Reshape", []Value{ids, flat})
	shape := g.Op("Shape", []Value{ids})
	n.Split = g.Op("Concat", []Value{shape, g.Ints(int64(c.Heads), int64(c.HiddenSize/c.Heads))}, IntAttr("axis", 0))
	n.Mask = masks(g, c, present, shape)
	if c.ModelType != "modernbert" {
		n.Positions = g.Op("Reshape", []Value{positions(g, c, ids, shape), flat})
		n.Types = g.Op("Mul", []Value{n.IDs, g.Ints(0)}) // one segment: code has no sentence pairs
	}
	if c.PointerHead {
		n.Queries, n.Names = rows, g.Input("name_positions", Int64, "names")
	}
	if c.DetectHead {
		n.Sites = g.Input("site_positions", Int64, "sites")
	}
	p := n.Forward()
	g.Rename(n.Logits(p), "logits")
	g.Output("logits", Float32, "masked", c.VocabSize)
	if c.PointerHead {
		g.Rename(p.Query, "pointer_query")
		g.Output("pointer_query", Float32, "masked", c.HiddenSize)
		key := g.Op("Mul", []Value{p.Key, g.Scalar(float32(1 / math.Sqrt(float64(c.HiddenSize))))})
		g.Output(g.Rename(key, "pointer_key"), Float32, "names", c.HiddenSize)
	}
	if c.DetectHead {
		g.Output(g.Rename(p.Detect, "detect"), Float32, "sites")
	}
	return g, nil
}

// masked is added to the score of a pair that must not attend: far below any score, and still finite when two are added.
const masked = -math.MaxFloat32 / 4

// masks gives the attention bias of each layer: padding for the global ones, padding and distance for the local ones.
func masks(g *Graph, c Config, present, shape Value) func(int) Value {
	absent := g.Op("Sub", []Value{g.Scalar(1), g.Op("Cast", []Value{present}, IntAttr("to", int64(Float32)))})
	absent = g.Op("Mul", []Value{absent, g.Scalar(masked)})
	padding := g.Op("Unsqueeze", []Value{absent, g.Ints(1, 2)}) // [B, 1, 1, T]
	var local Value
	return func(layer int) Value {
		if c.Global(layer) {
			return padding
		}
		if local == "" {
			t := rangeOf(g, shape)
			distance := g.Op("Abs", []Value{g.Op("Sub", []Value{g.Op("Unsqueeze", []Value{t, g.Ints(1)}), t})})
			far := g.Op("Greater", []Value{distance, g.Ints(int64(c.LocalWindow / 2))})
			far = g.Op("Mul", []Value{g.Op("Cast", []Value{far}, IntAttr("to", int64(Float32))), g.Scalar(masked)})
			local = g.Op("Add", []Value{padding, far})
		}
		return local
	}
}

// rangeOf is 0 .. T-1 for a shape [B, T].
func rangeOf(g *Graph, shape Value) Value {
	length := g.Op("Gather", []Value{shape, g.Ints(1)}) // [1]
	ones := g.Op("Expand", []Value{g.Ints(1), length})
	return g.Op("Sub", []Value{g.Op("CumSum", []Value{ones, g.Initializer(g.Fresh("axis"), IntTensor([]int64{0}))}), g.Ints(1)})
}

// positions are the rows of the position table: RoBERTa counts real subwords from pad + 1, BERT counts all from 0.
func positions(g *Graph, c Config, ids, shape Value) Value {
	if c.ModelType == "bert" {
		return g.Op("Expand", []Value{rangeOf(g, shape), shape})
	}
	pad := g.Op("Equal", []Value{ids, g.Ints(int64(c.PadID))})
	isReal := g.Op("Cast", []Value{g.Op("Not", []Value{pad})}, IntAttr("to", int64(Int64)))
	count := g.Op("CumSum", []Value{isReal, g.Initializer(g.Fresh("axis"), IntTensor([]int64{1}))})
	return g.Op("Add", []Value{g.Op("Mul", []Value{count, isReal}), g.Ints(int64(c.PadID))})
}

// LocalMask is the attention bias [1, 1, length, length] of ModernBERT's local layers: rows see window/2 to either side.
func LocalMask(length, window int) Tensor {
	data := make([]float32, length*length)
	for i := range length {
		for j := range length {
			if d := i - j; d > window/2 || -d > window/2 {
				data[i*length+j] = masked
			}
		}
	}
	n := int64(length)
	return FloatTensor(data, 1, 1, n, n)
}
