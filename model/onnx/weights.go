package onnx

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
)

// Parameter is one tensor of a checkpoint.
type Parameter struct {
	Name  string
	Shape []int64
}

// Parameters lists the tensors that a configuration asks for, in the order of the forward pass. A tied decoder is not listed.
func (c Config) Parameters() []Parameter {
	var out []Parameter
	h, inner := int64(c.HiddenSize), int64(c.IntermediateSize)
	add := func(name string, shape ...int64) { out = append(out, Parameter{name, shape}) }
	norm := func(name string) {
		add(name+".weight", h)
		if c.NormBias {
			add(name+".bias", h)
		}
	}
	linear := func(name string, biased bool, rows, cols int64) {
		add(name+".weight", rows, cols)
		if biased {
			add(name+".bias", rows)
		}
	}
	if c.ModelType == "modernbert" {
		add("model.embeddings.tok_embeddings.weight", int64(c.VocabSize), h)
		norm("model.embeddings.norm")
		for i := range c.Layers {
			p := fmt.Sprintf("model.layers.%d.", i)
			if i > 0 {
				norm(p + "attn_norm")
			}
			linear(p+"attn.Wqkv", c.AttentionBias, 3*h, h)
			linear(p+"attn.Wo", c.AttentionBias, h, h)
			norm(p + "mlp_norm")
			linear(p+"mlp.Wi", c.MLPBias, 2*inner, h)
			linear(p+"mlp.Wo", c.MLPBias, h, inner)
		}
		norm("model.final_norm")
		linear("head.dense", c.ClassifierBias, h, h)
		norm("head.norm")
		if !c.TieWordEmbeddings {
			add("decoder.weight", int64(c.VocabSize), h)
		}
		if c.DecoderBias {
			add("decoder.bias", int64(c.VocabSize))
		}
		if c.PointerHead {
			add("pointer.query.weight", h, h)
			add("pointer.key.weight", h, h)
		}
		if c.DetectHead {
			linear("detect.dense", true, h, h)
			linear("detect.out", true, 1, h)
		}
		return out
	}
	m := c.ModelType + "."
	add(m+"embeddings.word_embeddings.weight", int64(c.VocabSize), h)
	add(m+"embeddings.position_embeddings.weight", int64(c.MaxPositions), h)
	add(m+"embeddings.token_type_embeddings.weight", int64(c.TypeVocabSize), h)
	norm(m + "embeddings.LayerNorm")
	for i := range c.Layers {
		p := fmt.Sprintf("%sencoder.layer.%d.", m, i)
		for _, name := range []string{"query", "key", "value"} {
			linear(p+"attention.self."+name, true, h, h)
		}
		linear(p+"attention.output.dense", true, h, h)
		norm(p + "attention.output.LayerNorm")
		linear(p+"intermediate.dense", true, inner, h)
		linear(p+"output.dense", true, h, inner)
		norm(p + "output.LayerNorm")
	}
	if c.PlainHead {
		return out
	}
	names := headNames(c)
	linear(names.dense, true, h, h)
	norm(names.norm)
	if !c.TieWordEmbeddings {
		add(names.decoder, int64(c.VocabSize), h)
	}
	add(names.bias, int64(c.VocabSize))
	return out
}

func (c Config) shapeOf(name string) ([]int64, bool) {
	for _, p := range c.Parameters() {
		if p.Name == name {
			return p.Shape, true
		}
	}
	return nil, false
}

// InitWeights draws fresh weights: matrices from a normal distribution of deviation InitializerRange cut at three deviations,
// with those that write into the residual stream divided by sqrt(2 * Layers) (as in GPT-2 and ModernBERT's full-megatron scheme);
// scales one, biases zero. In ModernBERT a layer's attention output is the transpose of its values instead, so that attention
// begins by copying what it attends to ("Mimetic Initialization of Self-Attention Layers", Trockman and Kolter 2023): a masked
// name mostly stands elsewhere in sight, and learning to copy from nothing takes a small model longer than all the rest. The
// same seed gives the same bits.
func InitWeights(c Config, seed uint64) Weights {
	w := Weights{}
	random := rand.New(rand.NewPCG(seed, 0x6d6c6d2d6c7370)) // the stream is ours alone: "mlm-lsp"
	for _, p := range c.Parameters() {
		n, _ := elements(p.Shape)
		data := make([]float32, n)
		switch {
		case strings.HasSuffix(p.Name, "bias"):
		case len(p.Shape) == 1:
			for i := range data {
				data[i] = 1
			}
		default:
			std := float64(c.InitializerRange)
			if writesResidual(p.Name) {
				std /= math.Sqrt(2 * float64(c.Layers))
			}
			for i := range data {
				z := random.NormFloat64()
				for z < -3 || z > 3 {
					z = random.NormFloat64()
				}
				data[i] = float32(z * std)
			}
		}
		w[p.Name] = FloatTensor(data, p.Shape...)
	}
	if c.ModelType == "modernbert" {
		for i := range c.Layers {
			layer := fmt.Sprintf("model.layers.%d.attn.", i)
			w[layer+"Wo.weight"] = transposedValues(w[layer+"Wqkv.weight"])
		}
	}
	return w
}

// AddHeads returns w together with those tensors of the pointer's and the detection's head that c asks for and w lacks,
// drawn as InitWeights draws them: how training begins from a checkpoint without them. What w holds stays as it is.
func AddHeads(c Config, w Weights, seed uint64) Weights {
	out := maps.Clone(w)
	for name, t := range InitWeights(c, seed) {
		if _, ok := out[name]; !ok && (strings.HasPrefix(name, headPointer+".") || strings.HasPrefix(name, headDetect+".")) {
			out[name] = t
		}
	}
	return out
}

// transposedValues returns the transpose of the last third of [3*hidden, hidden] weights of queries, keys and values.
func transposedValues(qkv Tensor) Tensor {
	hidden := int(qkv.Dims[1])
	values := qkv.Floats()[2*hidden*hidden:]
	data := make([]float32, hidden*hidden)
	for i := range hidden {
		for j := range hidden {
			data[j*hidden+i] = values[i*hidden+j]
		}
	}
	return FloatTensor(data, int64(hidden), int64(hidden))
}

func writesResidual(name string) bool {
	return strings.HasSuffix(name, ".Wo.weight") || strings.HasSuffix(name, "output.dense.weight")
}

// Match brings a checkpoint's tensors into the form of Parameters: old and alternative key names are translated, floats
// widened to Float32, tensors that the masked language model does not read (poolers, position buffers) left out. A tensor
// that is missing or has another shape is an error.
func (c Config) Match(w Weights) (Weights, error) {
	out := Weights{}
	var missing []string
	for _, p := range c.Parameters() {
		t, ok := w[p.Name]
		for _, other := range aliases(c, p.Name) {
			if !ok {
				t, ok = w[other]
			}
		}
		if !ok {
			missing = append(missing, p.Name)
			continue
		}
		if fmt.Sprint(t.Dims) != fmt.Sprint(p.Shape) {
			return nil, fmt.Errorf("tensor %s has shape %v, config.json asks for %v", p.Name, t.Dims, p.Shape)
		}
		if t.Floats() == nil {
			return nil, fmt.Errorf("tensor %s holds %s, not floats", p.Name, t.DType)
		}
		out[p.Name] = t.Single()
	}
	switch len(missing) {
	case 0:
		return out, nil
	case 1, 2, 3:
		return nil, errors.New("the checkpoint lacks " + strings.Join(missing, ", "))
	}
	return nil, fmt.Errorf("the checkpoint lacks %s and %d more tensors: it is of another architecture, or without its prediction head",
		strings.Join(missing[:2], ", "), len(missing)-2)
}

// aliases are other names under which checkpoints carry a tensor.
func aliases(c Config, name string) []string {
	var out []string
	switch name {
	case "lm_head.bias":
		out = append(out, "lm_head.decoder.bias")
	case "cls.predictions.bias":
		out = append(out, "cls.predictions.decoder.bias")
	case "lm_head.decoder.weight":
		out = append(out, "lm_head.weight")
	}
	if rest, ok := strings.CutPrefix(name, c.ModelType+"."); ok { // as the encoder by itself is saved
		out = append(out, rest)
	}
	if strings.HasSuffix(name, "LayerNorm.weight") { // BERT's original names
		out = append(out, strings.TrimSuffix(name, "weight")+"gamma")
	}
	if strings.HasSuffix(name, "LayerNorm.bias") {
		out = append(out, strings.TrimSuffix(name, "bias")+"beta")
	}
	return out
}
