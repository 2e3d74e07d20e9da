package bundle

import (
	"errors"
	"fmt"
	"slices"

	"mlm-lsp/model/onnx"
)

// The names of the values of a served graph.
const (
	InputIDs        = "input_ids"        // int64 [rows, length]
	AttentionMask   = "attention_mask"   // int64 [rows, length], 0 for padding
	TokenTypeIDs    = "token_type_ids"   // int64 [rows, length], zeros; some exports want it
	MaskedPositions = "masked_positions" // int64 [masks], row*length + column
	Logits          = "logits"           // float32 [masks, vocabulary], or [rows, length, vocabulary]

	// Of the further heads, see onnx.BuildInference.
	NamePositions = "name_positions" // int64 [names]
	PointerQuery  = "pointer_query"  // float32 [masks, hidden]
	PointerKey    = "pointer_key"    // float32 [names, hidden]
	SitePositions = "site_positions" // int64 [sites]
	Detect        = "detect"         // float32 [sites]
)

// Precision is how a graph computes.
type Precision string

// PrecisionAuto takes the int8 graph where the bundle holds one, and fp32 elsewhere.
const (
	PrecisionAuto Precision = "auto"
	PrecisionInt8 Precision = "int8"
	PrecisionFP32 Precision = "fp32"
)

// Graph is a served graph.
type Graph struct {
	Model     []byte    // an ONNX model that holds its weights itself
	Precision Precision // int8 or fp32
	Inputs    []string  // InputIDs and AttentionMask, and those of the others that it takes
	Output    string    // the name of the logits
	// Masked says that the graph takes MaskedPositions and gives the logits of
	// those alone.
	Masked bool
	// Pointer says that it takes NamePositions and gives PointerQuery and
	// PointerKey; Detecting that it takes SitePositions and gives Detect.
	Pointer, Detecting bool
}

// Graph returns the graph of a precision: the file of the bundle where there
// is one, else one built from the weights. int8 without its file is an error
// that says how to make one.
func (b *Bundle) Graph(p Precision) (*Graph, error) {
	g, err := b.graph(p)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", b.Name, err)
	}
	return g, nil
}

func (b *Bundle) graph(p Precision) (*Graph, error) {
	switch p {
	case PrecisionAuto, "":
		if b.Has(Int8File) {
			return b.fileGraph(Int8File, PrecisionInt8)
		}
	case PrecisionInt8:
		if !b.Has(Int8File) {
			return nil, fmt.Errorf("there is no %s: make it with `mlm-lsp model quantize`", Int8File)
		}
		return b.fileGraph(Int8File, PrecisionInt8)
	case PrecisionFP32:
	default:
		return nil, fmt.Errorf("unknown precision %q: use auto, int8 or fp32", p)
	}
	if b.Has(GraphFile) {
		return b.fileGraph(GraphFile, PrecisionFP32)
	}
	if !b.Has(WeightsFile) {
		return nil, fmt.Errorf("there is neither %s nor %s: this bundle holds the int8 graph alone", GraphFile, WeightsFile)
	}
	g, err := b.Build()
	if err != nil {
		return nil, err
	}
	model, err := g.Marshal()
	if err != nil {
		return nil, err
	}
	return describeGraph(g, model, PrecisionFP32)
}

// Quantized returns the int8 graph: the file of the bundle, else one that is
// made now of its fp32 graph.
func (b *Bundle) Quantized() (*Graph, error) {
	if b.Has(Int8File) {
		return b.Graph(PrecisionInt8)
	}
	g, err := b.Quantize()
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", b.Name, err)
	}
	model, err := g.Marshal()
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", b.Name, err)
	}
	return describeGraph(g, model, PrecisionInt8)
}

// Quantize makes an int8 graph of the fp32 graph, whatever int8 graph the
// bundle holds.
func (b *Bundle) Quantize() (*onnx.Graph, error) {
	if !b.Has(GraphFile) {
		g, err := b.Build()
		if err != nil {
			return nil, err
		}
		return onnx.Quantize(g)
	}
	fp32, err := b.Graph(PrecisionFP32)
	if err != nil {
		return nil, err
	}
	g, err := onnx.Unmarshal(fp32.Model)
	if err != nil {
		return nil, err
	}
	return onnx.Quantize(g)
}

// Build makes the fp32 graph from the weights, whatever graphs the bundle holds.
func (b *Bundle) Build() (*onnx.Graph, error) {
	w, err := b.Weights()
	if err != nil {
		return nil, err
	}
	g, err := onnx.BuildInference(b.Config, w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", WeightsFile, err)
	}
	return g, nil
}

func (b *Bundle) fileGraph(name string, p Precision) (*Graph, error) {
	model, err := b.read(name)
	if err != nil {
		return nil, err
	}
	if err := refuseExternalData(model); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	g, err := onnx.Unmarshal(model)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out, err := describeGraph(g, model, p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// describeGraph checks that a graph can be asked what this program asks.
func describeGraph(g *onnx.Graph, model []byte, p Precision) (*Graph, error) {
	out := &Graph{Model: model, Precision: p}
	for _, in := range g.Inputs {
		if _, weight := g.Initializers[in.Name]; weight {
			continue // older exports list the weights among the inputs
		}
		if in.Type.DType != onnx.Int64 {
			return nil, fmt.Errorf("the input %s holds %s: only I64 is supported", in.Name, in.Type.DType)
		}
		switch in.Name {
		case InputIDs, AttentionMask, TokenTypeIDs:
		case MaskedPositions:
			out.Masked = true
		case NamePositions:
			out.Pointer = true
		case SitePositions:
			out.Detecting = true
		default:
			return nil, fmt.Errorf("unknown input %s: the graph of a masked language model takes %s and %s", in.Name, InputIDs, AttentionMask)
		}
		out.Inputs = append(out.Inputs, in.Name)
	}
	for _, need := range []string{InputIDs, AttentionMask} {
		if !slices.Contains(out.Inputs, need) {
			return nil, fmt.Errorf("there is no input %s", need)
		}
	}
	if len(g.Outputs) == 0 {
		return nil, errors.New("the graph has no output")
	}
	result := g.Outputs[0]
	has := map[string]bool{}
	for _, o := range g.Outputs {
		has[o.Name] = o.Type.DType == onnx.Float32
		if o.Name == Logits {
			result = o
		}
	}
	if out.Pointer && !(out.Masked && has[PointerQuery] && has[PointerKey]) {
		return nil, fmt.Errorf("the input %s goes with %s and the outputs %s and %s of F32, and not all are there", NamePositions, MaskedPositions, PointerQuery, PointerKey)
	}
	if out.Detecting && !has[Detect] {
		return nil, fmt.Errorf("the input %s goes with an output %s of F32, and there is none", SitePositions, Detect)
	}
	rank := 3
	if out.Masked {
		rank = 2
	}
	if result.Type.DType != onnx.Float32 || result.Type.Dims != nil && len(result.Type.Dims) != rank {
		return nil, fmt.Errorf("the output %s is %s %v, not F32 of rank %d: this is no masked language model", result.Name, result.Type.DType, result.Type.Dims, rank)
	}
	out.Output = result.Name
	return out, nil
}
