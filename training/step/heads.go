package step

import (
	"math"

	"mlm-lsp/model/onnx"
)

// Names of the heads' inputs and outputs; those of a head that the shape leaves out are not there.
const (
	inQueryAt     = "query_at"     // int64 [B*Q]
	inQueryName   = "query_name"   // int64 [B*Q]
	inNameAt      = "name_at"      // int64 [B*N]
	inNameID      = "name_id"      // int64 [B*N]
	inSiteAt      = "site_at"      // int64 [S]
	inSiteLabels  = "site_labels"  // float32 [S]
	inSiteWeights = "site_weights" // float32 [S]

	outPointer     = "pointer_loss" // float32 [1]
	outQueryLosses = "query_losses" // float32 [B*Q]
	outDetect      = "detect_loss"  // float32 [1]
	outSiteLogits  = "site_logits"  // float32 [S]
)

// far is added to the score of a pair that does not count: far below any score, and finite when two are added.
const far = -math.MaxFloat32 / 4

// pointer is the loss of the pointer head: -log of the share that the occurrences of the right name have of the softmax over all
// occurrences in the row, as in pointer sum attention (Kadlec et al. 2016), mean over the queries whose name is in sight.
type pointer struct {
	scores value // [B, Q, N]
	p      value // their softmax
	right  value // their softmax over the occurrences of the right name alone
	share  value // [B, Q, 1]: a query's weight, all of them summing to 1; 0 where the name is not in sight
}

// pointerLoss writes the forward pass and its outputs.
func pointerLoss(g *onnx.Graph, query, key value, s Shape, width int) *pointer {
	b, q, n := int64(s.Batch), int64(s.Queries), int64(s.Names)
	asked := g.Input(inQueryName, onnx.Int64, b*q)
	names := g.Input(inNameID, onnx.Int64, b*n)
	reshape := func(v value, dims ...int64) value { return g.Op("Reshape", []value{v, g.Ints(dims...)}) }
	number := func(v value) value { return g.Op("Cast", []value{v}, onnx.IntAttr("to", int64(onnx.Float32))) }
	// bias is 0 where counts is 1, and far where it is 0.
	bias := func(counts value) value {
		return g.Op("Mul", []value{g.Op("Sub", []value{g.Scalar(1), counts}), g.Scalar(far)})
	}
	names = reshape(names, b, 1, n)
	there := number(g.Op("GreaterOrEqual", []value{names, g.Ints(0)}))
	same := g.Op("Mul", []value{number(g.Op("Equal", []value{reshape(asked, b, q, 1), names})), there})

	l := &pointer{}
	l.scores = g.Contrib("FusedMatMul", []value{reshape(query, b, q, int64(width)), reshape(key, b, n, int64(width))},
		onnx.IntAttr("transB", 1), onnx.FloatAttr("alpha", float32(1/math.Sqrt(float64(width)))))
	seen := g.Op("Add", []value{l.scores, bias(there)})
	l.p = g.Op("Softmax", []value{seen}, onnx.IntAttr("axis", -1))
	l.right = g.Op("Softmax", []value{g.Op("Add", []value{seen, bias(same)})}, onnx.IntAttr("axis", -1))

	last := g.Ints(-1)
	sum := func(v value) value { return g.Op("ReduceSum", []value{v, last}, onnx.IntAttr("keepdims", 1)) }
	inSight := g.Op("Min", []value{sum(same), g.Scalar(1)}) // [B, Q, 1]
	count := g.Op("Max", []value{reshape(g.Op("ReduceSum", []value{inSight}, onnx.IntAttr("keepdims", 0)), 1), g.Scalar(1)})
	l.share = g.Op("Div", []value{inSight, count})
	target := g.Op("Max", []value{sum(g.Op("Mul", []value{l.p, same})), g.Scalar(smallest)})
	losses := g.Op("Mul", []value{g.Op("Neg", []value{g.Op("Log", []value{target})}), inSight})
	mean := g.Op("Div", []value{reshape(g.Op("ReduceSum", []value{losses}, onnx.IntAttr("keepdims", 0)), 1), count})
	g.Rename(reshape(losses, b*q), outQueryLosses)
	g.Rename(mean, outPointer)
	g.Output(outPointer, onnx.Float32, 1)
	g.Output(outQueryLosses, onnx.Float32, b*q)
	return l
}

// backward seeds the reverse pass. The derivative of -log(sum of p over the right ones) by a score is p less that score's part
// of the right ones.
func (l *pointer) backward(t *tape, weight float32) {
	share := t.mul(l.share, t.g.Scalar(weight))
	t.seed(l.scores, t.mul(t.sub(l.p, l.right), share))
}

// detect is the loss of the detection head: binary cross-entropy, weighted mean over the sites.
type detect struct {
	logits, labels value // [S]
	share          value // [S]: a site's weight, all of them summing to 1
}

// detectLoss writes the forward pass and its outputs.
func detectLoss(g *onnx.Graph, logits value, s Shape) *detect {
	l := &detect{logits: g.Rename(logits, outSiteLogits)}
	l.labels = g.Input(inSiteLabels, onnx.Float32, s.Sites)
	weights := g.Input(inSiteWeights, onnx.Float32, s.Sites)
	total := g.Op("Max", []value{g.Op("ReduceSum", []value{weights}, onnx.IntAttr("keepdims", 1)), g.Scalar(smallest)})
	l.share = g.Op("Div", []value{weights, total})
	// -y log sigmoid(z) - (1-y) log(1 - sigmoid(z)) = log(1 + e^z) - y z
	losses := g.Op("Sub", []value{g.Op("Softplus", []value{l.logits}), g.Op("Mul", []value{l.labels, l.logits})})
	g.Rename(g.Op("ReduceSum", []value{g.Op("Mul", []value{losses, l.share})}, onnx.IntAttr("keepdims", 1)), outDetect)
	g.Output(outDetect, onnx.Float32, 1)
	g.Output(outSiteLogits, onnx.Float32, s.Sites)
	return l
}

// backward seeds the reverse pass.
func (l *detect) backward(t *tape, weight float32) {
	share := t.mul(l.share, t.g.Scalar(weight))
	t.seed(l.logits, t.mul(t.sub(t.g.Op("Sigmoid", []value{l.logits}), l.labels), share))
}
