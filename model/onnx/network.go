package onnx

import (
	"fmt"
	"math"
	"slices"
)

// Network writes the forward pass of a masked language model into Graph. Serving and training share it, so that what was
// trained is what is served; they differ only in where weights and masks come from and in Folded.
//
// Activations are matrices of one row per subword ([B*T, hidden]); attention alone sees batches and heads.
// The rows that are asked for (Rows, Queries, Names, Sites) are gathered before the last layer's feed-forward part: nothing after it mixes rows.
type Network struct {
	Graph  *Graph
	Config Config
	// Param gives the value of a checkpoint's tensor; it is asked only for tensors that ParameterShapes lists.
	Param func(name string) Value
	IDs   Value // int64 [B*T]
	Rows  Value // int64 [M]: rows b*T+t whose predictions are wanted
	// Queries, Names and Sites are rows for the further heads, int64 [Q], [N] and [S]; "" where a head is not wanted. A list that
	// is also another one (by name) costs nothing more.
	Queries, Names, Sites Value
	Split                 Value // int64 [4]: B, T, heads, width of a head
	// Length is the longest T that the rotary tables must cover.
	Length int
	// Mask gives the additive attention bias of a layer, broadcast to [B, heads, T, T], or "" when all sees all.
	Mask func(layer int) Value
	// Positions and Types are int64 [B*T] ids into BERT's and RoBERTa's tables.
	Positions, Types Value
	// Folded multiplies a norm's scale into the weights that read it instead of into the activations, and splits weights where
	// serving splits activations. The result is the same up to rounding; for training it saves passes over activations in
	// both directions.
	Folded bool

	tables map[float64][2]Value
}

// Prediction is what Forward computes: logits are Hidden x Decoder^T + Bias. The values of a head that was not wanted are "".
type Prediction struct {
	Hidden  Value // [M, hidden]
	Decoder Value // [vocab, hidden]
	Bias    Value // [vocab], or ""

	// The pointer head says how well a name's occurrence fits a mask: Query . Key / sqrt(hidden), over the occurrences in the
	// mask's row (pointer networks: Vinyals, Fortunato and Jaitly 2015; of variables' occurrences: Vasic et al. 2019).
	Query Value // [Q, hidden]
	Key   Value // [N, hidden]
	// Detect are log-odds that a site's text was replaced: the discriminator of ELECTRA (Clark et al. 2020) on chosen sites.
	Detect Value // [S]
}

// Forward writes the whole network up to the decoder.
func (n *Network) Forward() Prediction {
	if n.Config.ModelType == "modernbert" {
		return n.modernBERT()
	}
	return n.bert()
}

// Logits writes the decoder's product.
func (n *Network) Logits(p Prediction) Value {
	return n.linear(p.Hidden, p.Decoder, p.Bias)
}

// normed is a normalised activation. scale is the part of the norm that is still to be multiplied in ("" when nothing is).
type normed struct{ x, scale Value }

func (n *Network) modernBERT() Prediction {
	g, c := n.Graph, n.Config
	table := n.Param("model.embeddings.tok_embeddings.weight")
	x := n.norm(g.Op("Gather", []Value{table, n.IDs}), "model.embeddings.norm")
	wanted := n.wanted()
	for i := range c.Layers {
		p := fmt.Sprintf("model.layers.%d.", i)
		h := normed{x: x}
		if i > 0 {
			h = n.prenorm(x, p+"attn_norm")
		}
		theta := c.GlobalTheta
		if !c.Global(i) && c.LocalTheta > 0 {
			theta = c.LocalTheta
		}
		qkv := n.project(h, p+"attn.Wqkv", c.AttentionBias, 3)
		for j, v := range qkv {
			qkv[j] = n.heads(v)
		}
		q, k := n.Rotate(qkv[0], theta), n.Rotate(qkv[1], theta)
		ctx := n.attend(q, k, qkv[2], n.Mask(i))
		if i == c.Layers-1 {
			ctx, x = n.pick(ctx, wanted), n.pick(x, wanted)
		}
		x = n.residual(ctx, p+"attn.Wo", c.AttentionBias, x)
		in := n.project(n.prenorm(x, p+"mlp_norm"), p+"mlp.Wi", c.MLPBias, 2)
		act := g.Op("Mul", []Value{n.activate(in[0], c.Activation), in[1]})
		x = n.residual(act, p+"mlp.Wo", c.MLPBias, x)
	}
	states := n.shares(n.prenorm(x, "model.final_norm"), wanted)
	x = n.activate(n.project(states[n.Rows], "head.dense", c.ClassifierBias, 1)[0], c.HeadActivation)
	out := Prediction{Hidden: n.norm(x, "head.norm"), Decoder: table}
	if !c.TieWordEmbeddings {
		out.Decoder = n.Param("decoder.weight")
	}
	if c.DecoderBias {
		out.Bias = n.Param("decoder.bias")
	}
	if n.Queries != "" {
		out.Query = n.project(states[n.Queries], "pointer.query", false, 1)[0]
		out.Key = n.project(states[n.Names], "pointer.key", false, 1)[0]
	}
	if n.Sites != "" {
		x := n.activate(n.project(states[n.Sites], "detect.dense", true, 1)[0], "gelu")
		x = n.linear(x, n.Param("detect.out.weight"), n.Param("detect.out.bias"))
		out.Detect = g.Op("Reshape", []Value{x, g.Ints(-1)})
	}
	return out
}

// wanted lists the different lists of rows that the heads read.
func (n *Network) wanted() []Value {
	var out []Value
	for _, v := range []Value{n.Rows, n.Queries, n.Names, n.Sites} {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// pick gathers the rows of all lists, one list behind the other.
func (n *Network) pick(x Value, lists []Value) Value {
	rows := lists[0]
	if len(lists) > 1 {
		rows = n.Graph.Op("Concat", lists, IntAttr("axis", 0))
	}
	return n.Graph.Op("Gather", []Value{x, rows})
}

// shares takes what pick gathered apart again.
func (n *Network) shares(h normed, lists []Value) map[Value]normed {
	if len(lists) == 1 {
		return map[Value]normed{lists[0]: h}
	}
	g := n.Graph
	fixed, sizes := make([]int64, len(lists)), make([]Value, len(lists))
	for i, list := range lists {
		fixed[i] = g.Dims(list)[0]
	}
	var lengths Value
	if slices.Min(fixed) >= 0 {
		lengths = g.Ints(fixed...)
	} else {
		for i, list := range lists {
			sizes[i] = g.Op("Shape", []Value{list})
		}
		lengths = g.Op("Concat", sizes, IntAttr("axis", 0))
	}
	out := map[Value]normed{}
	for i, part := range g.OpN("Split", len(lists), []Value{h.x, lengths}, IntAttr("axis", 0)) {
		out[lists[i]] = normed{part, h.scale}
	}
	return out
}

// norm is layer normalisation with its scale and bias.
func (n *Network) norm(x Value, name string) Value {
	in := []Value{x, n.Param(name + ".weight")}
	if n.Config.NormBias {
		in = append(in, n.Param(name+".bias"))
	}
	return n.layerNorm(in)
}

// prenorm is norm, with the scale left to the weights that follow where that is allowed.
func (n *Network) prenorm(x Value, name string) normed {
	if !n.Folded || n.Config.NormBias {
		return normed{x: n.norm(x, name)}
	}
	ones := n.Graph.Ones(int64(n.Config.HiddenSize))
	return normed{x: n.layerNorm([]Value{x, ones}), scale: n.Param(name + ".weight")}
}

// layerNorm always names all three outputs when training, which reads the deviations again on the way back.
func (n *Network) layerNorm(in []Value) Value {
	outputs := 1
	if n.Folded {
		outputs = 3
	}
	return n.Graph.OpN("LayerNormalization", outputs, in, IntAttr("axis", -1), FloatAttr("epsilon", n.Config.NormEps))[0]
}

// linear is x W^T + bias; W lies as [out, in], as checkpoints have it.
func (n *Network) linear(x, w, bias Value) Value {
	in := []Value{x, w}
	if bias != "" {
		in = append(in, bias)
	}
	return n.Graph.Op("Gemm", in, IntAttr("transB", 1))
}

// project is a linear layer whose output consists of equal parts.
func (n *Network) project(h normed, name string, biased bool, parts int) []Value {
	g := n.Graph
	w := n.Param(name + ".weight")
	bias := ""
	if biased {
		bias = n.Param(name + ".bias")
	}
	if h.scale != "" {
		w = g.Op("Mul", []Value{w, h.scale})
	}
	if parts == 1 {
		return []Value{n.linear(h.x, w, bias)}
	}
	if !n.Folded {
		y := n.linear(h.x, w, bias)
		return g.OpN("Split", parts, []Value{y, g.Ints(equal(n.width(name), parts)...)}, IntAttr("axis", 1))
	}
	sizes := g.Ints(equal(n.width(name), parts)...)
	ws := g.OpN("Split", parts, []Value{w, sizes}, IntAttr("axis", 0))
	bs := make([]Value, parts)
	if biased {
		bs = g.OpN("Split", parts, []Value{bias, sizes}, IntAttr("axis", 0))
	}
	out := make([]Value, parts)
	for i := range out {
		out[i] = n.linear(h.x, ws[i], bs[i])
	}
	return out
}

// width is the number of outputs of a weight matrix.
func (n *Network) width(name string) int64 {
	shape, _ := n.Config.shapeOf(name + ".weight")
	return shape[0]
}

func equal(total int64, parts int) []int64 {
	out := make([]int64, parts)
	for i := range out {
		out[i] = total / int64(parts)
	}
	return out
}

// residual is x + ctx W^T + bias.
func (n *Network) residual(ctx Value, name string, biased bool, x Value) Value {
	w := n.Param(name + ".weight")
	bias := ""
	if biased {
		bias = n.Param(name + ".bias")
	}
	return n.Graph.Op("Add", []Value{n.linear(ctx, w, bias), x})
}

// heads turns rows [B*T, hidden] into [B, heads, T, width].
func (n *Network) heads(x Value) Value {
	x = n.Graph.Op("Reshape", []Value{x, n.Split})
	return n.Graph.Op("Transpose", []Value{x}, IntsAttr("perm", 0, 2, 1, 3))
}

// attend is scaled dot-product attention over [B, heads, T, width]; its result lies in rows again.
func (n *Network) attend(q, k, v, mask Value) Value {
	g := n.Graph
	width := n.Config.HiddenSize / n.Config.Heads
	s := g.Contrib("FusedMatMul", []Value{q, k}, IntAttr("transB", 1), FloatAttr("alpha", float32(1/math.Sqrt(float64(width)))))
	if mask != "" {
		s = g.Op("Add", []Value{s, mask})
	}
	p := g.Op("Softmax", []Value{s}, IntAttr("axis", -1))
	o := g.Contrib("FusedMatMul", []Value{p, v})
	o = g.Op("Transpose", []Value{o}, IntsAttr("perm", 0, 2, 1, 3))
	return g.Op("Reshape", []Value{o, g.Ints(-1, int64(n.Config.HiddenSize))})
}

// Rotate applies rotary positions to [B, heads, T, width], the two halves of a head turning together.
func (n *Network) Rotate(x Value, theta float64) Value {
	if n.tables == nil {
		n.tables = map[float64][2]Value{}
	}
	t, ok := n.tables[theta]
	if !ok {
		width := n.Config.HiddenSize / n.Config.Heads
		cos, sin := rotaryTables(theta, n.Length, width)
		dims := []int64{int64(n.Length), int64(width / 2)}
		t = [2]Value{
			n.Graph.Initializer(n.Graph.Fresh("cos"), FloatTensor(cos, dims...)),
			n.Graph.Initializer(n.Graph.Fresh("sin"), FloatTensor(sin, dims...)),
		}
		n.tables[theta] = t
	}
	return n.Graph.Contrib("RotaryEmbedding", []Value{x, n.Graph.Ints(0), t[0], t[1]})
}

// rotaryTables holds the cosine and sine of t * theta^(-2i/width) in float32 steps, as transformers computes them.
func rotaryTables(theta float64, length, width int) (cos, sin []float32) {
	cos, sin = make([]float32, length*width/2), make([]float32, length*width/2)
	for i := range width / 2 {
		frequency := float32(1 / math.Pow(theta, float64(2*i)/float64(width)))
		for t := range length {
			angle := float64(float32(t) * frequency)
			cos[t*width/2+i] = float32(math.Cos(angle))
			sin[t*width/2+i] = float32(math.Sin(angle))
		}
	}
	return cos, sin
}

func (n *Network) activate(x Value, kind string) Value {
	switch kind {
	case "silu", "swish":
		return n.Graph.Contrib("QuickGelu", []Value{x}, FloatAttr("alpha", 1))
	case "relu":
		return n.Graph.Op("Relu", []Value{x})
	case "gelu_new", "gelu_pytorch_tanh":
		return n.Graph.Op("Gelu", []Value{x}, StringAttr("approximate", "tanh"))
	}
	return n.Graph.Op("Gelu", []Value{x})
}

func (n *Network) bert() Prediction {
	g, c := n.Graph, n.Config
	m := c.ModelType + "."
	table := n.Param(m + "embeddings.word_embeddings.weight")
	x := g.Op("Gather", []Value{table, n.IDs})
	x = g.Op("Add", []Value{x, g.Op("Gather", []Value{n.Param(m + "embeddings.position_embeddings.weight"), n.Positions})})
	x = g.Op("Add", []Value{x, g.Op("Gather", []Value{n.Param(m + "embeddings.token_type_embeddings.weight"), n.Types})})
	x = n.norm(x, m+"embeddings.LayerNorm")
	for i := range c.Layers {
		p := fmt.Sprintf("%sencoder.layer.%d.", m, i)
		var qkv [3]Value
		for j, name := range []string{"query", "key", "value"} {
			qkv[j] = n.heads(n.project(normed{x: x}, p+"attention.self."+name, true, 1)[0])
		}
		ctx := n.attend(qkv[0], qkv[1], qkv[2], n.Mask(i))
		if i == c.Layers-1 {
			ctx, x = n.pick(ctx, []Value{n.Rows}), n.pick(x, []Value{n.Rows})
		}
		x = n.norm(n.residual(ctx, p+"attention.output.dense", true, x), p+"attention.output.LayerNorm")
		h := n.activate(n.project(normed{x: x}, p+"intermediate.dense", true, 1)[0], c.Activation)
		x = n.norm(n.residual(h, p+"output.dense", true, x), p+"output.LayerNorm")
	}
	if c.PlainHead {
		return Prediction{Hidden: x, Decoder: table}
	}
	names := headNames(c)
	x = n.activate(n.project(normed{x: x}, names.dense, true, 1)[0], c.HeadActivation)
	out := Prediction{Hidden: n.norm(x, names.norm), Decoder: table, Bias: n.Param(names.bias)}
	if !c.TieWordEmbeddings {
		out.Decoder = n.Param(names.decoder)
	}
	return out
}

type head struct{ dense, norm, decoder, bias string }

func headNames(c Config) head {
	if c.ModelType == "roberta" {
		return head{"lm_head.dense", "lm_head.layer_norm", "lm_head.decoder.weight", "lm_head.bias"}
	}
	return head{"cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder.weight", "cls.predictions.bias"}
}
