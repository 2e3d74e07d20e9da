package onnx

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Quantize returns a copy of a graph that computes its matrix products in int8: weights per output channel, fixed now;
// activations per row, while it runs. Tables that are gathered from are int8 with a scale per row, and a table that is
// also the decoder is stored once. Everything else stays as it is, and so do weights that are not worth it.
//
// Activations have a scale per row, not one for the whole tensor as DynamicQuantizeLinear gives them. A row's result then
// does not depend on what it is batched with or padded to, to the last bit, and rows with outliers do not coarsen the
// others. Measured on AVX-512 VNNI at 256 subwords it costs a tenth of the gain, which is a factor of two over fp32.
//
// Activations are uint8 around 128 and weights int8, the one pairing that ONNX Runtime's x86 kernels run fast: with
// both signed or both unsigned they are as slow as fp32 or slower. Without VNNI those kernels would saturate, and model/ort
// tells the library to use others there; that transformation wants the weights to have no zero point of their own. The
// results are the same integers on every machine.
func Quantize(g *Graph) (*Graph, error) {
	q := quantizer{in: g, out: NewGraph(g.Name + "_int8"), tables: map[tableKey]quantized{}}
	q.out.Inputs, q.out.Outputs = slices.Clone(g.Inputs), slices.Clone(g.Outputs)
	q.out.Opsets = maps.Clone(g.Opsets)
	q.out.Opsets[Microsoft] = 1
	q.out.extra, q.out.extraG = g.extra, g.extraG
	q.out.types = maps.Clone(g.types) // also keeps fresh names away from old ones
	q.out.unique = g.unique
	for _, n := range g.Nodes {
		q.node(n)
	}
	if len(q.tables) == 0 {
		return nil, fmt.Errorf("quantizing graph %s: it has no matrix product with fixed fp32 weights", g.Name)
	}
	// The initializers that something still reads, in the old order.
	read := map[Value]bool{}
	for _, n := range q.out.Nodes {
		for _, v := range n.Inputs {
			read[v] = true
		}
	}
	for _, o := range q.out.Outputs {
		read[o.Name] = true
	}
	// A subgraph may read values of the graph around it by name, and this package does not look inside.
	keepAll := slices.ContainsFunc(g.Nodes, func(n *Node) bool {
		return slices.ContainsFunc(n.Attrs, func(a Attr) bool { return a.Kind == AttrRaw })
	})
	for _, name := range g.order {
		if read[name] || keepAll {
			q.out.Initializer(name, g.Initializers[name])
		}
	}
	return q.out, nil
}

// smallest is the least width and height of a matrix that is worth quantizing.
const smallest = 16

type quantizer struct {
	in, out *Graph
	tables  map[tableKey]quantized
}

// tableKey is a weight and whether its channels are its rows.
type tableKey struct {
	weight Value
	rows   bool
}

// quantized is a weight with a scale for each row of its [out, in] form.
type quantized struct {
	weight Value // int8 [out, in]
	scale  Value // float32 [out]
	turned Value // int8 [in, out], "" until a product needs it
}

func (q *quantizer) node(n *Node) {
	switch n.Op {
	case "Gemm":
		if n.Domain == "" && n.Int("transA", 0) == 0 && n.Float("alpha", 1) == 1 && n.Float("beta", 1) == 1 && q.fits(n.Inputs[1]) {
			y := q.product(n.Inputs[0], n.Inputs[1], n.Int("transB", 0) == 1)
			if len(n.Inputs) > 2 && n.Inputs[2] != "" {
				y = q.out.Op("Add", []Value{y, n.Inputs[2]})
			}
			q.name(y, n.Outputs[0])
			return
		}
	case "MatMul":
		if n.Domain == "" && q.fits(n.Inputs[1]) {
			q.name(q.product(n.Inputs[0], n.Inputs[1], false), n.Outputs[0])
			return
		}
	case "Gather":
		// The small tables (positions, types) stay.
		if n.Domain == "" && n.Int("axis", 0) == 0 && q.fits(n.Inputs[0]) && q.in.Initializers[n.Inputs[0]].Dims[0] >= 1024 {
			q.name(q.gather(n.Inputs[0], n.Inputs[1]), n.Outputs[0])
			return
		}
	}
	q.out.Append(n)
}

// fits says whether a value is a weight that can be quantized.
func (q *quantizer) fits(v Value) bool {
	t, ok := q.in.Initializers[v]
	return ok && t.DType == Float32 && len(t.Dims) == 2 && min(t.Dims[0], t.Dims[1]) >= smallest
}

// name gives the last value that was made the name that the rest of the graph reads.
func (q *quantizer) name(v, name Value) {
	q.out.Rename(v, name)
}

// product is x W^T for rows = true, where W lies as [out, in], and x W otherwise.
//
//	top = max|x| of each row;  y = top * (round(127 x / top) W_int8) * scale_W / 127
func (q *quantizer) product(x, w Value, rows bool) Value {
	t := q.table(w, rows)
	if t.turned == "" {
		// The library folds this when it loads the graph; the file holds the weight once.
		t.turned = q.out.Op("Transpose", []Value{t.weight}, IntsAttr("perm", 1, 0))
		q.tables[tableKey{w, rows}] = t
	}
	g := q.out
	top := q.rowMax(g.Op("Abs", []Value{x}))
	top = g.Op("Max", []Value{top, g.Scalar(1e-30)}) // a row of zeros stays one
	middle := g.constant("uint8 128", Tensor{DType: Uint8, Data: []byte{128}})
	step := g.constant("float scalar 1/127", Tensor{DType: Float32, Data: binary.LittleEndian.AppendUint32(nil, math.Float32bits(1.0/127))})
	whole := g.Op("QuantizeLinear", []Value{g.Op("Div", []Value{x, top}), step, middle})
	y := g.Contrib("MatMulIntegerToFloat", []Value{whole, t.turned, step, t.scale, middle})
	return g.Op("Mul", []Value{y, top})
}

// rowMax is the maximum over the last axis, which stays with width 1. Its axes became an input in opset 18.
func (q *quantizer) rowMax(x Value) Value {
	if q.out.Opsets[""] < 18 {
		return q.out.Op("ReduceMax", []Value{x}, IntsAttr("axes", -1))
	}
	return q.out.Op("ReduceMax", []Value{x, q.out.Ints(-1)})
}

// gather looks up rows of a table.
func (q *quantizer) gather(table, ids Value) Value {
	t := q.table(table, true)
	g := q.out
	rows := g.Op("Cast", []Value{g.Op("Gather", []Value{t.weight, ids})}, IntAttr("to", int64(Float32)))
	scale := g.Op("Gather", []Value{g.Op("Reshape", []Value{t.scale, g.Ints(-1, 1)}), ids})
	return g.Op("Mul", []Value{rows, scale})
}

// table quantizes a weight, once. rows says that its channels are its rows; a weight with channels in its columns is stored
// the other way round, under a name of its own.
func (q *quantizer) table(w Value, rows bool) quantized {
	if t, ok := q.tables[tableKey{w, rows}]; ok {
		return t
	}
	name := w
	if !rows {
		name += "_turned"
	}
	weight := q.in.Initializers[w]
	values, out, in := weight.Floats(), int(weight.Dims[0]), int(weight.Dims[1])
	if !rows {
		values, out, in = turn(values, out, in), in, out
	}
	data, scales := quantizeRows(values, out, in)
	t := quantized{
		weight: q.out.Initializer(name+"_int8", Tensor{DType: Int8, Dims: []int64{int64(out), int64(in)}, Data: data}),
		scale:  q.out.Initializer(name+"_scale", FloatTensor(scales, int64(out))),
	}
	q.tables[tableKey{w, rows}] = t
	return t
}

// quantizeRows rounds each row to whole multiples of its largest magnitude / 127.
func quantizeRows(values []float32, rows, columns int) (data []byte, scales []float32) {
	data, scales = make([]byte, len(values)), make([]float32, rows)
	for r := range rows {
		row := values[r*columns : (r+1)*columns]
		var top float64
		for _, v := range row {
			top = max(top, math.Abs(float64(v)))
		}
		if top == 0 || math.IsInf(top, 0) || math.IsNaN(top) {
			scales[r] = 1 // zeros; what is not finite is lost either way
			continue
		}
		scale := top / 127
		scales[r] = float32(scale)
		for c, v := range row {
			data[r*columns+c] = byte(int8(math.RoundToEven(float64(v) / scale)))
		}
	}
	return data, scales
}

// turn transposes a matrix.
func turn(values []float32, rows, columns int) []float32 {
	out := make([]float32, len(values))
	for r := range rows {
		for c := range columns {
			out[c*rows+r] = values[r*columns+c]
		}
	}
	return out
}
