package step

import (
	"fmt"
	"math"
	"slices"

	"mlm-lsp/model/onnx"
)

// rules gives, for each operator, what the gradient of its outputs means for its inputs. ONNX Runtime's inference build has none of
// the gradient kernels, so each is composed; each is checked against finite differences in rules_test.go.
var rules map[string]func(*tape, *onnx.Node) error

func init() {
	rules = map[string]func(*tape, *onnx.Node) error{
		"Add": addRule, "Mul": mulRule, "Split": splitRule,
		"Gather": gatherRule, "Reshape": reshapeRule, "Transpose": transposeRule,
		"Gemm": gemmRule, "FusedMatMul": matMulRule, "MatMul": matMulRule,
		"LayerNormalization": layerNormRule, "Softmax": softmaxRule, "RotaryEmbedding": rotaryRule,
		"Gelu": geluRule, "QuickGelu": siluRule, "Relu": reluRule,
	}
}

func addRule(t *tape, n *onnx.Node) error {
	for _, in := range n.Inputs {
		if t.needs[in] {
			t.add(in, t.unbroadcast(t.grads[n.Outputs[0]], t.g.Dims(in)))
		}
	}
	return nil
}

func mulRule(t *tape, n *onnx.Node) error {
	dy := t.grads[n.Outputs[0]]
	a, b := n.Inputs[0], n.Inputs[1]
	if t.needs[a] {
		t.add(a, t.unbroadcast(t.mul(dy, b), t.g.Dims(a)))
	}
	if t.needs[b] {
		t.add(b, t.unbroadcast(t.mul(dy, a), t.g.Dims(b)))
	}
	return nil
}

func splitRule(t *tape, n *onnx.Node) error {
	parts := make([]value, len(n.Outputs))
	for i, o := range n.Outputs {
		parts[i] = t.gradient(o)
	}
	t.add(n.Inputs[0], t.g.Op("Concat", parts, onnx.IntAttr("axis", n.Int("axis", 0))))
	return nil
}

func gatherRule(t *tape, n *onnx.Node) error {
	if n.Int("axis", 0) != 0 || len(t.g.Dims(n.Inputs[1])) != 1 {
		return fmt.Errorf("only rows can be gathered")
	}
	v := n.Inputs[0]
	t.rows[v] = append(t.rows[v], rowGradient{n.Inputs[1], t.grads[n.Outputs[0]]})
	return nil
}

func reshapeRule(t *tape, n *onnx.Node) error {
	t.add(n.Inputs[0], t.reshape(t.grads[n.Outputs[0]], t.g.Dims(n.Inputs[0])...))
	return nil
}

func transposeRule(t *tape, n *onnx.Node) error {
	perm, _ := n.Attr("perm")
	back := make([]int64, len(perm.Ints))
	for i, p := range perm.Ints {
		back[p] = int64(i)
	}
	t.add(n.Inputs[0], t.g.Op("Transpose", []value{t.grads[n.Outputs[0]]}, onnx.IntsAttr("perm", back...)))
	return nil
}

// gemmRule: Y = A op(B) + C.
func gemmRule(t *tape, n *onnx.Node) error {
	if n.Int("transA", 0) != 0 || n.Float("alpha", 1) != 1 || n.Float("beta", 1) != 1 {
		return fmt.Errorf("only A op(B) + C is differentiated")
	}
	dy := t.grads[n.Outputs[0]]
	a, b := n.Inputs[0], n.Inputs[1]
	transB := n.Int("transB", 0)
	if t.needs[a] {
		t.add(a, t.gemm(dy, b, 0, 1-transB))
	}
	if t.needs[b] {
		if transB == 1 {
			t.add(b, t.gemm(dy, a, 1, 0))
		} else {
			t.add(b, t.gemm(a, dy, 1, 0))
		}
	}
	if len(n.Inputs) > 2 && t.needs[n.Inputs[2]] {
		t.add(n.Inputs[2], t.unbroadcast(dy, t.g.Dims(n.Inputs[2])))
	}
	return nil
}

// matMulRule: Y = alpha op(A) op(B), per batch. Transposing is free inside the product, so none is ever materialised.
func matMulRule(t *tape, n *onnx.Node) error {
	dy := t.grads[n.Outputs[0]]
	a, b := n.Inputs[0], n.Inputs[1]
	da, db := t.g.Dims(a), t.g.Dims(b)
	if !slices.Equal(da[:len(da)-2], db[:len(db)-2]) {
		return fmt.Errorf("batch dimensions %v and %v differ", da, db)
	}
	transA, transB, alpha := n.Int("transA", 0), n.Int("transB", 0), n.Float("alpha", 1)
	product := func(x, y value, tx, ty int64) value {
		return t.g.Contrib("FusedMatMul", []value{x, y}, onnx.IntAttr("transA", tx), onnx.IntAttr("transB", ty), onnx.FloatAttr("alpha", alpha))
	}
	if t.needs[a] {
		if transA == 0 {
			t.add(a, product(dy, b, 0, 1-transB))
		} else {
			t.add(a, product(b, dy, transB, 1))
		}
	}
	if t.needs[b] {
		if transB == 0 {
			t.add(b, product(a, dy, 1-transA, 0))
		} else {
			t.add(b, product(dy, a, 1, transA))
		}
	}
	return nil
}

// layerNormRule: with x^ the normalised input and d = dy * scale,
// dx = (d - mean(d) - x^ mean(d x^)) / deviation.
func layerNormRule(t *tape, n *onnx.Node) error {
	if len(n.Outputs) != 3 {
		return fmt.Errorf("mean and deviation are not among its outputs")
	}
	x, scale, dy := n.Inputs[0], n.Inputs[1], t.grads[n.Outputs[0]]
	inverse := n.Outputs[2]
	normal, d := n.Outputs[0], dy
	if scale != t.g.Ones(t.g.Dims(scale)[0]) {
		normal = t.mul(t.sub(x, n.Outputs[1]), inverse)
		if t.needs[scale] {
			t.add(scale, t.unbroadcast(t.mul(dy, normal), t.g.Dims(scale)))
		}
		d = t.mul(dy, scale)
	} else if len(n.Inputs) > 2 {
		return fmt.Errorf("a bias without a scale")
	}
	if len(n.Inputs) > 2 && t.needs[n.Inputs[2]] {
		t.add(n.Inputs[2], t.unbroadcast(dy, t.g.Dims(n.Inputs[2])))
	}
	if !t.needs[x] {
		return nil
	}
	along := t.mul(normal, t.overRows("ReduceMean", t.mul(d, normal)))
	rest := t.sub(t.sub(d, t.overRows("ReduceMean", d)), along)
	t.add(x, t.mul(rest, inverse))
	return nil
}

// softmaxRule: dx = p (dp - rowsum(dp p)). Where p's only reader is a product o = p v, the row sum equals rowsum(do o), which is a
// far smaller tensor in attention.
func softmaxRule(t *tape, n *onnx.Node) error {
	p := n.Outputs[0]
	dp := t.grads[p]
	var dot value
	if r := t.readers[p]; len(r) == 1 && (r[0].Op == "FusedMatMul" || r[0].Op == "MatMul") && r[0].Inputs[0] == p &&
		r[0].Inputs[1] != p && r[0].Int("transA", 0) == 0 {
		o := r[0].Outputs[0]
		dot = t.overRows("ReduceSum", t.mul(t.grads[o], o))
	} else {
		dot = t.overRows("ReduceSum", t.mul(dp, p))
	}
	t.add(n.Inputs[0], t.mul(t.sub(dp, dot), p))
	return nil
}

// rotaryRule: a rotation's transpose is the rotation by the negative angle.
func rotaryRule(t *tape, n *onnx.Node) error {
	table, ok := t.g.Initializers[n.Inputs[3]]
	if !ok {
		return fmt.Errorf("its sine table is not constant")
	}
	name := n.Inputs[3] + "_reverse"
	if _, ok := t.g.Initializers[name]; !ok {
		sines := table.Floats()
		for i := range sines {
			sines[i] = -sines[i]
		}
		t.g.Initializer(name, onnx.FloatTensor(sines, table.Dims...))
	}
	dy := t.grads[n.Outputs[0]]
	t.add(n.Inputs[0], t.g.Contrib("RotaryEmbedding", []value{dy, n.Inputs[1], n.Inputs[2], name}, n.Attrs...))
	return nil
}

// geluRule: the derivative of x F(x) is F(x) + x f(x), F and f the normal distribution and its density. With u = x/sqrt(2) that is
// 1/2 + erf(u)/2 + u exp(-u^2 - ln(pi)/2): constants hide in the exponent, where they cost no pass of their own.
func geluRule(t *tape, n *onnx.Node) error {
	if a, ok := n.Attr("approximate"); ok && a.S != "none" {
		return fmt.Errorf("the tanh approximation is not differentiated; use gelu or silu")
	}
	x, g := n.Inputs[0], t.g
	u := t.mul(x, g.Scalar(float32(math.Sqrt(0.5))))
	density := g.Op("Exp", []value{t.sub(g.Scalar(float32(-math.Log(math.Pi)/2)), t.mul(u, u))})
	distribution := t.sum(t.mul(g.Op("Erf", []value{u}), g.Scalar(0.5)), g.Scalar(0.5))
	t.add(x, t.mul(t.grads[n.Outputs[0]], t.sum(distribution, t.mul(u, density))))
	return nil
}

// siluRule: y = x s with s = sigmoid(x), dy/dx = s + y (1 - s).
func siluRule(t *tape, n *onnx.Node) error {
	if n.Float("alpha", 1.702) != 1 {
		return fmt.Errorf("only alpha = 1, which is silu, is differentiated")
	}
	y := n.Outputs[0]
	s := t.g.Op("Sigmoid", n.Inputs[:1])
	slope := t.sub(t.sum(s, y), t.mul(s, y))
	t.add(n.Inputs[0], t.mul(t.grads[y], slope))
	return nil
}

func reluRule(t *tape, n *onnx.Node) error {
	positive := t.g.Op("Cast", []value{t.g.Op("Greater", []value{n.Inputs[0], t.g.Scalar(0)})}, onnx.IntAttr("to", int64(onnx.Float32)))
	t.add(n.Inputs[0], t.mul(t.grads[n.Outputs[0]], positive))
	return nil
}
