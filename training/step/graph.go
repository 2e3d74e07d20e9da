package step

import (
	"math"

	"mlm-lsp/model/onnx"
)

// Names of the step graph's inputs and outputs. A parameter p has the inputs p, m.p, v.p and the outputs new.p, new.m.p, new.v.p.
const (
	inIDs       = "ids"       // int64 [B*T]
	inPositions = "positions" // int64 [M]
	inLabels    = "labels"    // int64 [M]
	inWeights   = "weights"   // float32 [M]
	inRate      = "rate"      // float32 [1], the learning rate
	inCount     = "count"     // float32 [1], the number of this step, from 1

	outLoss    = "loss"     // float32 [1]
	outLosses  = "losses"   // float32 [M]
	outCorrect = "correct"  // uint8 [M]
	outNorm    = "gradient" // float32 [1], the gradient's norm before clipping
)

// Shape is what a step graph is built for: the sizes of a Batch. Queries and Names count per row, Masked and Sites per batch.
// Without Queries and Names the pointer head is left alone, without Sites the detection head.
type Shape struct{ Batch, Length, Masked, Queries, Names, Sites int }

// losses are what the reverse pass starts from; pointer and detect are nil where the shape leaves their heads out.
type losses struct {
	words   *loss
	pointer *pointer
	detect  *detect
}

// forwardGraph writes the network and its losses, with the parameters as inputs.
func forwardGraph(g *onnx.Graph, c onnx.Config, s Shape) losses {
	rows := s.Batch * s.Length
	n := &onnx.Network{Graph: g, Config: c, Folded: true, Length: s.Length}
	n.IDs = g.Input(inIDs, onnx.Int64, rows)
	n.Rows = g.Input(inPositions, onnx.Int64, s.Masked)
	if s.Queries > 0 {
		n.Queries = g.Input(inQueryAt, onnx.Int64, s.Batch*s.Queries)
		n.Names = g.Input(inNameAt, onnx.Int64, s.Batch*s.Names)
	}
	if s.Sites > 0 {
		n.Sites = g.Input(inSiteAt, onnx.Int64, s.Sites)
	}
	l := &loss{g: g}
	l.labels = g.Input(inLabels, onnx.Int64, s.Masked)
	weights := g.Input(inWeights, onnx.Float32, s.Masked)
	for _, p := range c.Parameters() {
		g.Input(p.Name, onnx.Float32, anyDims(p.Shape)...)
	}
	n.Param = func(name string) value { return name }
	n.Split = g.Ints(int64(s.Batch), int64(s.Length), int64(c.Heads), int64(c.HiddenSize/c.Heads))
	var local value
	n.Mask = func(layer int) value {
		if c.Global(layer) || c.LocalWindow/2 >= s.Length-1 {
			return ""
		}
		if local == "" {
			local = g.Initializer("local_mask", onnx.LocalMask(s.Length, c.LocalWindow))
		}
		return local
	}
	if c.ModelType != "modernbert" {
		first := int64(c.MaxPositions - c.Positions()) // RoBERTa's positions start behind its padding's
		positions := make([]int64, rows)
		for i := range positions {
			positions[i] = first + int64(i%s.Length)
		}
		n.Positions = g.Initializer("position_ids", onnx.IntTensor(positions, int64(rows)))
		n.Types = g.Initializer("type_ids", onnx.IntTensor(make([]int64, rows), int64(rows)))
	}
	l.prediction = n.Forward()
	l.forward(n.Logits(l.prediction), weights, int64(s.Masked))
	out := losses{words: l}
	if s.Queries > 0 {
		out.pointer = pointerLoss(g, l.prediction.Query, l.prediction.Key, s, c.HiddenSize)
	}
	if s.Sites > 0 {
		out.detect = detectLoss(g, l.prediction.Detect, s)
	}
	return out
}

// loss is softmax cross-entropy over the masked rows, weighted. Its forward pass keeps the probabilities p; they are the one
// tensor as large as the vocabulary that the reverse pass reads, since the gradient of the logits, w (p - onehot), is never
// written out: each product with it is one with p and a correction of single rows.
type loss struct {
	g          *onnx.Graph
	prediction onnx.Prediction
	labels     value
	p          value // [M, vocab]
	share      value // [M, 1]: a row's weight, all of them summing to 1
}

// smallest keeps the logarithm of a probability that underflowed finite: no loss above 85 is told apart.
const smallest = 1e-37

func (l *loss) forward(logits, weights value, m int64) {
	g := l.g
	l.p = g.Op("Softmax", []value{logits}, onnx.IntAttr("axis", -1))
	total := g.Op("Max", []value{g.Op("ReduceSum", []value{weights}, onnx.IntAttr("keepdims", 1)), g.Scalar(smallest)})
	share := g.Op("Div", []value{weights, total})
	l.share = g.Op("Reshape", []value{share, g.Ints(m, 1)})
	target := g.Op("GatherElements", []value{l.p, g.Op("Reshape", []value{l.labels, g.Ints(m, 1)})}, onnx.IntAttr("axis", 1))
	target = g.Op("Reshape", []value{target, g.Ints(m)})
	losses := g.Op("Neg", []value{g.Op("Log", []value{g.Op("Max", []value{target, g.Scalar(smallest)})})})
	g.Rename(losses, outLosses)
	g.Rename(g.Op("ReduceSum", []value{g.Op("Mul", []value{outLosses, share})}, onnx.IntAttr("keepdims", 1)), outLoss)
	best := g.Op("ReduceMax", []value{l.p, g.Ints(-1)}, onnx.IntAttr("keepdims", 0))
	right := g.Op("GreaterOrEqual", []value{target, best})
	g.Rename(g.Op("Cast", []value{right}, onnx.IntAttr("to", int64(onnx.Uint8))), outCorrect)
	g.Output(outLoss, onnx.Float32, 1)
	g.Output(outLosses, onnx.Float32, m)
	g.Output(outCorrect, onnx.Uint8, m)
}

// backward seeds the reverse pass: the gradients of the last hidden state, the decoder and its bias.
func (l *loss) backward(t *tape) {
	g, hidden, decoder := l.g, l.prediction.Hidden, l.prediction.Decoder
	m := g.Dims(hidden)[0]
	product := t.gemm(l.p, decoder, 0, 0)
	t.seed(hidden, t.mul(t.sub(product, g.Op("Gather", []value{decoder, l.labels})), l.share))
	weighted := t.mul(hidden, l.share)
	t.seed(decoder, t.gemm(l.p, weighted, 1, 0))
	t.rows[decoder] = append(t.rows[decoder], rowGradient{l.labels, g.Op("Neg", []value{weighted})})
	if b := l.prediction.Bias; b != "" {
		dense := t.gemm(l.share, l.p, 1, 0)
		t.seed(b, t.reshape(dense, g.Dims(b)...))
		t.rows[b] = append(t.rows[b], rowGradient{l.labels, t.reshape(g.Op("Neg", []value{l.share}), m)})
	}
}

// evaluationGraph is the forward pass alone.
func evaluationGraph(c onnx.Config, s Shape) *onnx.Graph {
	g := onnx.NewGraph("evaluation")
	forwardGraph(g, c, s)
	return g
}

// gradientGraph is the forward and the reverse pass.
func gradientGraph(c onnx.Config, s Shape, o Options) (*onnx.Graph, *tape, error) {
	g := onnx.NewGraph("training")
	l := forwardGraph(g, c, s)
	var names []value
	for _, p := range c.Parameters() {
		names = append(names, p.Name)
	}
	t := newTape(g, names)
	l.words.backward(t)
	if l.pointer != nil {
		l.pointer.backward(t, o.PointerWeight)
	}
	if l.detect != nil {
		l.detect.backward(t, o.DetectWeight)
	}
	if err := t.backward(); err != nil {
		return nil, nil, err
	}
	return g, t, nil
}

// stepGraph is the whole training step: forward, backward, clipping by the global norm, AdamW.
func stepGraph(c onnx.Config, s Shape, o Options) (*onnx.Graph, error) {
	g, t, err := gradientGraph(c, s, o)
	if err != nil {
		return nil, err
	}
	rate, count := g.Input(inRate, onnx.Float32, 1), g.Input(inCount, onnx.Float32, 1)
	var squares []value
	for _, p := range c.Parameters() {
		if !t.reached(p.Name) {
			continue
		}
		squares = append(squares, t.reshape(g.Op("ReduceSumSquare", []value{t.gradient(p.Name)}, onnx.IntAttr("keepdims", 0)), 1))
	}
	total := g.Op("ReduceSum", []value{g.Op("Concat", squares, onnx.IntAttr("axis", 0))}, onnx.IntAttr("keepdims", 1))
	norm := g.Rename(g.Op("Sqrt", []value{total}), outNorm)
	g.Output(outNorm, onnx.Float32, 1)

	a := newAdamW(t, o, rate, count, norm)
	for _, p := range c.Parameters() {
		dims := anyDims(p.Shape)
		g.Input("m."+p.Name, onnx.Float32, dims...)
		g.Input("v."+p.Name, onnx.Float32, dims...)
		if t.reached(p.Name) {
			a.update(p, t.gradient(p.Name))
		} else { // a head that the shape leaves out, which must not decay meanwhile
			for _, kind := range []string{"", "m.", "v."} {
				g.Rename(g.Op("Identity", []value{kind + p.Name}), "new."+kind+p.Name)
			}
		}
		for _, kind := range []string{"new.", "new.m.", "new.v."} {
			g.Output(kind+p.Name, onnx.Float32, dims...)
		}
	}
	return g, nil
}

// adamW holds the scalars of one update, all of shape [1].
type adamW struct {
	t               *tape
	beta1, beta2    value
	first, second   value // what the gradient is multiplied with on its way into m, and (before squaring) into v
	eps, rate, keep value
}

// newAdamW writes the scalars. With c1 = 1 - beta1^count and c2 = 1 - beta2^count, AdamW (Loshchilov and Hutter 2019, as PyTorch computes it) is
// p' = p (1 - rate decay) - rate/c1 m' / (sqrt(v'/c2) + eps); taking sqrt(c2) out of the denominator leaves scalars alone to correct.
func newAdamW(t *tape, o Options, rate, count, norm value) *adamW {
	g := t.g
	one := g.Scalar(1)
	pow := func(beta float32) value {
		return t.sub(one, g.Op("Pow", []value{g.Scalar(beta), count}))
	}
	c1, c2 := pow(o.Beta1), g.Op("Sqrt", []value{pow(o.Beta2)})
	clip := one
	if o.ClipNorm > 0 {
		clip = g.Op("Min", []value{one, g.Op("Div", []value{g.Scalar(o.ClipNorm), t.sum(norm, g.Scalar(1e-6))})})
	}
	return &adamW{
		t: t, beta1: g.Scalar(o.Beta1), beta2: g.Scalar(o.Beta2),
		first:  t.mul(clip, g.Scalar(1-o.Beta1)),
		second: t.mul(clip, g.Scalar(float32(math.Sqrt(1-float64(o.Beta2))))),
		eps:    t.mul(c2, g.Scalar(o.Eps)),
		rate:   g.Op("Div", []value{t.mul(rate, c2), c1}),
		keep:   t.sub(one, t.mul(rate, g.Scalar(o.WeightDecay))),
	}
}

// update writes one parameter's new value and moments. Matrices decay; scales and biases do not.
func (a *adamW) update(p onnx.Parameter, gradient value) {
	t, g := a.t, a.t.g
	m := t.sum(t.mul("m."+p.Name, a.beta1), t.mul(gradient, a.first))
	square := t.mul(gradient, a.second)
	v := t.sum(t.mul("v."+p.Name, a.beta2), t.mul(square, square))
	g.Rename(m, "new.m."+p.Name)
	g.Rename(v, "new.v."+p.Name)
	denominator := t.sum(g.Op("Sqrt", []value{"new.v." + p.Name}), a.eps)
	move := t.mul(g.Op("Div", []value{"new.m." + p.Name, denominator}), a.rate)
	old := p.Name
	if len(p.Shape) > 1 {
		old = t.mul(old, a.keep)
	}
	g.Rename(t.sub(old, move), "new."+p.Name)
}

// anyDims is a shape as onnx.Graph.Input takes it.
func anyDims(dims []int64) []any {
	out := make([]any, len(dims))
	for i, d := range dims {
		out[i] = d
	}
	return out
}
