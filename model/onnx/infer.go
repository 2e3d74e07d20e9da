package onnx

// infer gives the types of a node's outputs from those of its inputs, for the operators that this project builds
// graphs from. For others it gives nothing: their outputs have an unknown type, which serving never needs.
// Differentiation does need shapes, and works only on operators listed here.
func infer(g *Graph, n *Node) []Type {
	in := make([]Type, len(n.Inputs))
	for i, v := range n.Inputs {
		in[i] = g.types[v]
	}
	if len(in) == 0 {
		return nil
	}
	x := in[0]
	switch n.Op {
	case "Add", "Sub", "Mul", "Div", "Max", "Min", "Pow":
		return []Type{{x.DType, broadcast(in[0].Dims, in[1].Dims)}}
	case "Equal", "Greater", "GreaterOrEqual":
		return []Type{{Bool, broadcast(in[0].Dims, in[1].Dims)}}
	case "Identity", "Gelu", "Sigmoid", "Erf", "Exp", "Log", "Sqrt", "Neg", "Abs", "Relu", "Softmax",
		"QuickGelu", "Softplus", "RotaryEmbedding", "Not", "ScatterElements", "CumSum":
		return []Type{x}
	case "Cast":
		return []Type{{DType(n.Int("to", 0)), x.Dims}}
	case "LayerNormalization":
		stats := Type{Float32, append([]int64(nil), x.Dims...)}
		if len(stats.Dims) > 0 {
			stats.Dims[len(stats.Dims)-1] = 1
		}
		return []Type{x, stats, stats}
	case "MatMul", "FusedMatMul":
		a, b := x.Dims, in[1].Dims
		if len(a) < 2 || len(b) < 2 {
			return nil
		}
		rows, cols := a[len(a)-2], b[len(b)-1]
		if n.Int("transA", 0) == 1 {
			rows = a[len(a)-1]
		}
		if n.Int("transB", 0) == 1 {
			cols = b[len(b)-2]
		}
		return []Type{{x.DType, append(broadcast(a[:len(a)-2], b[:len(b)-2]), rows, cols)}}
	case "Gemm":
		a, b := x.Dims, in[1].Dims
		if len(a) != 2 || len(b) != 2 {
			return nil
		}
		return []Type{{x.DType, []int64{a[n.Int("transA", 0)], b[1-n.Int("transB", 0)]}}}
	case "Gather":
		axis := int(n.Int("axis", 0))
		if axis < 0 || axis >= len(x.Dims) || in[1].Dims == nil {
			return nil
		}
		d := append([]int64(nil), x.Dims[:axis]...)
		d = append(d, in[1].Dims...)
		return []Type{{x.DType, append(d, x.Dims[axis+1:]...)}}
	case "GatherElements":
		return []Type{{x.DType, in[1].Dims}}
	case "Transpose":
		perm, _ := n.Attr("perm")
		d := make([]int64, len(perm.Ints))
		for i, p := range perm.Ints {
			if int(p) >= len(x.Dims) {
				return nil
			}
			d[i] = x.Dims[p]
		}
		return []Type{{x.DType, d}}
	case "Reshape":
		shape, ok := g.Initializers[n.Inputs[1]]
		if !ok {
			d := in[1].Dims
			if len(d) != 1 || d[0] < 0 {
				return []Type{{x.DType, nil}}
			}
			return []Type{{x.DType, unknown(int(d[0]))}}
		}
		return []Type{{x.DType, reshaped(x.Dims, shape.Ints())}}
	case "Expand":
		if shape, ok := g.Initializers[n.Inputs[1]]; ok {
			return []Type{{x.DType, broadcast(x.Dims, shape.Ints())}}
		}
	case "Unsqueeze":
		axes, ok := g.Initializers[n.Inputs[1]]
		if !ok {
			return nil
		}
		d := append([]int64(nil), x.Dims...)
		for _, a := range axes.Ints() {
			if a < 0 {
				a += int64(len(d)) + 1
			}
			if a > int64(len(d)) {
				return nil
			}
			d = append(d[:a:a], append([]int64{1}, d[a:]...)...)
		}
		return []Type{{x.DType, d}}
	case "Shape":
		return []Type{{Int64, []int64{int64(len(x.Dims))}}}
	case "Concat":
		axis := int(n.Int("axis", 0))
		if axis < 0 || axis >= len(x.Dims) {
			return nil
		}
		d := append([]int64(nil), x.Dims...)
		for _, t := range in[1:] {
			if len(t.Dims) != len(d) || t.Dims[axis] < 0 || d[axis] < 0 {
				d[axis] = -1
				break
			}
			d[axis] += t.Dims[axis]
		}
		return []Type{{x.DType, d}}
	case "Split":
		axis := int(n.Int("axis", 0))
		sizes, ok := g.Initializers[n.Inputs[1]]
		if !ok || axis >= len(x.Dims) {
			return nil
		}
		var out []Type
		for _, s := range sizes.Ints() {
			d := append([]int64(nil), x.Dims...)
			d[axis] = s
			out = append(out, Type{x.DType, d})
		}
		return out
	case "ReduceSum", "ReduceMean", "ReduceMax", "ReduceSumSquare":
		return []Type{{x.DType, reduced(g, n, x.Dims)}}
	}
	return nil
}

// reduced is the shape after a reduction whose axes are a constant second input, or absent for "all".
func reduced(g *Graph, n *Node, dims []int64) []int64 {
	keep := n.Int("keepdims", 1) == 1
	gone := make([]bool, len(dims))
	if len(n.Inputs) < 2 || n.Inputs[1] == "" {
		for i := range gone {
			gone[i] = true
		}
	} else {
		for _, a := range g.Initializers[n.Inputs[1]].Ints() {
			if a < 0 {
				a += int64(len(dims))
			}
			if a >= 0 && int(a) < len(dims) {
				gone[a] = true
			}
		}
	}
	out := []int64{}
	for i, d := range dims {
		if !gone[i] {
			out = append(out, d)
		} else if keep {
			out = append(out, 1)
		}
	}
	return out
}

func unknown(rank int) []int64 {
	d := make([]int64, rank)
	for i := range d {
		d[i] = -1
	}
	return d
}

func reshaped(dims, shape []int64) []int64 {
	out := append([]int64(nil), shape...)
	total, known, open := int64(1), int64(1), -1
	for _, d := range dims {
		if d < 0 {
			total = -1
			break
		}
		total *= d
	}
	for i, d := range out {
		if d == 0 && i < len(dims) {
			out[i] = dims[i]
		}
		if out[i] == -1 {
			if open < 0 && d == -1 {
				open = i
			} else {
				total = -1
			}
			continue
		}
		known *= out[i]
	}
	if open >= 0 && total >= 0 && known > 0 {
		out[open] = total / known
	}
	return out
}

func broadcast(a, b []int64) []int64 {
	if a == nil || b == nil {
		return nil
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	out := append([]int64{}, a...)
	for i, d := range b {
		j := len(a) - len(b) + i
		switch {
		case out[j] == 1:
			out[j] = d
		case out[j] == -1 && d > 1:
			out[j] = d
		}
	}
	return out
}
