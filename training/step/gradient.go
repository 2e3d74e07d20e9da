package step

import (
	"fmt"
	"slices"

	"mlm-lsp/model/onnx"
)

type value = onnx.Value

// tape turns a graph of forward operations into one that also computes gradients. It walks the nodes backwards; the rule of
// each operator writes what reaches its inputs. Shapes are static, so that a rule knows what was broadcast.
type tape struct {
	g *onnx.Graph
	// needs marks the values that depend on a parameter: only they get gradients.
	needs map[value]bool
	// grads holds the sum of what has reached a value so far.
	grads map[value]value
	// rows holds what has reached single rows of a matrix (the gradient of a gather), to be added in one scatter at the end.
	rows map[value][]rowGradient
	// readers lists the forward nodes that read a value.
	readers map[value][]*onnx.Node
	forward []*onnx.Node
}

// rowGradient is a gradient of rows: updates [k, width] for the rows ids [k].
type rowGradient struct{ ids, updates value }

// newTape prepares the reverse pass over all nodes that g has now.
func newTape(g *onnx.Graph, parameters []value) *tape {
	t := &tape{
		g: g, needs: map[value]bool{}, grads: map[value]value{}, rows: map[value][]rowGradient{},
		readers: map[value][]*onnx.Node{}, forward: slices.Clone(g.Nodes),
	}
	for _, p := range parameters {
		t.needs[p] = true
	}
	for _, n := range t.forward {
		for _, in := range n.Inputs {
			t.readers[in] = append(t.readers[in], n)
			if t.needs[in] {
				t.needs[n.Outputs[0]] = true
				for _, o := range n.Outputs[1:] {
					t.needs[o] = true
				}
			}
		}
	}
	return t
}

// seed adds a gradient from outside: of the loss with respect to v.
func (t *tape) seed(v, gradient value) { t.add(v, gradient) }

// backward runs the reverse pass. Afterwards gradient tells the gradient of any parameter.
func (t *tape) backward() error {
	for _, n := range slices.Backward(t.forward) {
		live := false
		for _, o := range n.Outputs {
			live = live || t.grads[o] != "" || t.rows[o] != nil
		}
		if !live || !slices.ContainsFunc(n.Inputs, func(v value) bool { return t.needs[v] }) {
			continue
		}
		rule, ok := rules[n.Op]
		if !ok {
			return fmt.Errorf("differentiating %s: no rule for the operator", n.Op)
		}
		for _, o := range n.Outputs {
			t.settle(o)
		}
		if err := rule(t, n); err != nil {
			return fmt.Errorf("differentiating %s (%s): %w", n.Op, n.Name, err)
		}
	}
	return nil
}

// reached says whether the loss depends on v.
func (t *tape) reached(v value) bool { return t.grads[v] != "" || t.rows[v] != nil }

// gradient is the finished gradient of a parameter, of its shape; zeros when the loss does not depend on it.
func (t *tape) gradient(v value) value {
	t.settle(v)
	if t.grads[v] == "" {
		t.grads[v] = t.zeros(t.g.Dims(v))
	}
	return t.grads[v]
}

// add sums gradient into what has reached v.
func (t *tape) add(v, gradient value) {
	if v == "" || !t.needs[v] {
		return
	}
	if have := t.grads[v]; have != "" {
		gradient = t.g.Op("Add", []value{have, gradient})
	}
	t.grads[v] = gradient
}

// gemm is the matrix product op(a) op(b). (Gemm could add the sum so far in the same call, but its kernel copies the sum
// first: an Add of its own is twice as fast.)
func (t *tape) gemm(a, b value, transA, transB int64) value {
	return t.g.Op("Gemm", []value{a, b}, onnx.IntAttr("transA", transA), onnx.IntAttr("transB", transB))
}

// settle writes the one scatter that adds all row gradients of v. ScatterElements is the one kernel that adds duplicates right.
func (t *tape) settle(v value) {
	pending := t.rows[v]
	if len(pending) == 0 {
		return
	}
	delete(t.rows, v)
	ids, updates := pending[0].ids, pending[0].updates
	if len(pending) > 1 {
		var allIDs, all []value
		for _, p := range pending {
			allIDs, all = append(allIDs, p.ids), append(all, p.updates)
		}
		ids = t.g.Op("Concat", allIDs, onnx.IntAttr("axis", 0))
		updates = t.g.Op("Concat", all, onnx.IntAttr("axis", 0))
	}
	shape := t.g.Dims(updates)
	column := []int64{shape[0]}
	for range shape[1:] {
		column = append(column, 1)
	}
	index := t.g.Op("Expand", []value{t.reshape(ids, column...), t.g.Ints(shape...)})
	base := t.grads[v]
	if base == "" {
		base = t.zeros(t.g.Dims(v))
	}
	t.grads[v] = t.g.Op("ScatterElements", []value{base, index, updates}, onnx.IntAttr("axis", 0), onnx.StringAttr("reduction", "add"))
}

func (t *tape) zeros(dims []int64) value {
	return t.g.Op("Expand", []value{t.g.Scalar(0), t.g.Ints(dims...)})
}

func (t *tape) reshape(v value, dims ...int64) value {
	if slices.Equal(t.g.Dims(v), dims) {
		return v
	}
	return t.g.Op("Reshape", []value{v, t.g.Ints(dims...)})
}

// unbroadcast sums a gradient over the dimensions along which a value of shape dims was repeated.
func (t *tape) unbroadcast(gradient value, dims []int64) value {
	have := t.g.Dims(gradient)
	if slices.Equal(have, dims) {
		return gradient
	}
	var axes []int64
	lead := len(have) - len(dims)
	for i, d := range have {
		if i < lead || dims[i-lead] == 1 && d != 1 {
			axes = append(axes, int64(i))
		}
	}
	if len(axes) > 0 {
		gradient = t.g.Op("ReduceSum", []value{gradient, t.g.Ints(axes...)}, onnx.IntAttr("keepdims", 1))
	}
	return t.reshape(gradient, dims...)
}

func (t *tape) mul(a, b value) value { return t.g.Op("Mul", []value{a, b}) }
func (t *tape) sub(a, b value) value { return t.g.Op("Sub", []value{a, b}) }
func (t *tape) sum(a, b value) value { return t.g.Op("Add", []value{a, b}) }

// overRows is a reduction of the last dimension, kept as 1.
func (t *tape) overRows(op string, v value) value {
	return t.g.Op(op, []value{v, t.g.Ints(-1)}, onnx.IntAttr("keepdims", 1))
}
