package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Config is the part of a Hugging Face config.json that decides the mathematics. The fields of one family mean nothing to the others.
type Config struct {
	ModelType         string  // "modernbert", "roberta" or "bert"
	VocabSize         int     // rows of the embedding table
	HiddenSize        int     // width of the residual stream
	IntermediateSize  int     // width of the feed-forward layer (of one of its two branches in ModernBERT)
	Layers            int     // num_hidden_layers
	Heads             int     // num_attention_heads
	MaxPositions      int     // max_position_embeddings as in the file: RoBERTa's includes its offset, see Positions
	NormEps           float32 // added to variances
	Activation        string  // "gelu", "gelu_new", "silu" or "relu", in the feed-forward layers
	PadID             int     // pad_token_id
	InitializerRange  float32 // standard deviation of fresh weights
	TypeVocabSize     int     // bert, roberta: rows of the token type table
	HeadActivation    string  // of the prediction head: classifier_activation in ModernBERT, Activation in BERT, "gelu" in RoBERTa
	GlobalEvery       int     // modernbert: global_attn_every_n_layers
	LocalWindow       int     // modernbert: local_attention, the full width of the window
	GlobalTheta       float64 // modernbert: global_rope_theta
	LocalTheta        float64 // modernbert: local_rope_theta (0: the global one)
	NormBias          bool    // modernbert: the norms have biases
	AttentionBias     bool    // modernbert
	MLPBias           bool    // modernbert
	ClassifierBias    bool    // modernbert: head.dense has a bias
	DecoderBias       bool    // modernbert
	TieWordEmbeddings bool    // the decoder is the embedding table
	PlainHead         bool    // roberta: the decoder reads the encoder's states as they are, without a transform before it or a bias (UniXcoder)
	PointerHead       bool    // modernbert: it carries the head that chooses among names in sight, see Prediction.Query
	DetectHead        bool    // modernbert: it carries the head that spots replaced tokens, see Prediction.Detect
}

// The heads beside the vocabulary's, as config.json names them under mlm_lsp_heads.
const (
	headPointer = "pointer"
	headDetect  = "detect"
)

// configFile mirrors config.json. Pointers tell an absent key from a zero.
type configFile struct {
	Architectures         []string            `json:"architectures,omitempty"`
	ModelType             string              `json:"model_type"`
	VocabSize             int                 `json:"vocab_size"`
	HiddenSize            int                 `json:"hidden_size"`
	IntermediateSize      int                 `json:"intermediate_size"`
	Layers                int                 `json:"num_hidden_layers"`
	Heads                 int                 `json:"num_attention_heads"`
	MaxPositions          int                 `json:"max_position_embeddings"`
	NormEps               *float32            `json:"norm_eps,omitempty"`
	LayerNormEps          *float32            `json:"layer_norm_eps,omitempty"`
	HiddenAct             string              `json:"hidden_act,omitempty"`
	HiddenActivation      string              `json:"hidden_activation,omitempty"`
	ClassifierActivation  string              `json:"classifier_activation,omitempty"`
	PadID                 *int                `json:"pad_token_id,omitempty"`
	InitializerRange      *float32            `json:"initializer_range,omitempty"`
	TypeVocabSize         *int                `json:"type_vocab_size,omitempty"`
	PositionEmbeddingType string              `json:"position_embedding_type,omitempty"`
	GlobalEvery           *int                `json:"global_attn_every_n_layers,omitempty"`
	LocalWindow           *int                `json:"local_attention,omitempty"`
	GlobalTheta           *float64            `json:"global_rope_theta,omitempty"`
	LocalTheta            *float64            `json:"local_rope_theta,omitempty"`
	RopeParameters        map[string]ropeFile `json:"rope_parameters,omitempty"`
	LayerTypes            []string            `json:"layer_types,omitempty"`
	NormBias              *bool               `json:"norm_bias,omitempty"`
	AttentionBias         *bool               `json:"attention_bias,omitempty"`
	MLPBias               *bool               `json:"mlp_bias,omitempty"`
	ClassifierBias        *bool               `json:"classifier_bias,omitempty"`
	DecoderBias           *bool               `json:"decoder_bias,omitempty"`
	TieWordEmbeddings     *bool               `json:"tie_word_embeddings,omitempty"`
	MoreHeads             []string            `json:"mlm_lsp_heads,omitempty"` // ours; transformers keeps what it does not know
	PlainHead             bool                `json:"mlm_lsp_plain_head,omitempty"`
}

type ropeFile struct {
	Theta *float64 `json:"rope_theta"`
	Type  string   `json:"rope_type"`
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// ParseConfig reads a config.json. Absent keys take the defaults of transformers. What this package cannot compute exactly
// (another family, relative positions, another activation) is an error, and so are sizes beyond any real encoder.
func ParseConfig(data []byte) (Config, error) {
	var f configFile
	if err := json.Unmarshal(data, &f); err != nil {
		return Config{}, fmt.Errorf("reading config.json: %w", err)
	}
	c := Config{
		ModelType: f.ModelType, VocabSize: f.VocabSize, HiddenSize: f.HiddenSize, IntermediateSize: f.IntermediateSize,
		Layers: f.Layers, Heads: f.Heads, MaxPositions: f.MaxPositions,
		InitializerRange: or(f.InitializerRange, 0.02), TieWordEmbeddings: or(f.TieWordEmbeddings, true), PlainHead: f.PlainHead,
	}
	switch c.ModelType {
	case "modernbert":
		c.NormEps = or(f.NormEps, 1e-5)
		c.Activation, c.HeadActivation = f.HiddenActivation, f.ClassifierActivation
		c.PadID = or(f.PadID, 50283)
		c.GlobalEvery, c.LocalWindow = or(f.GlobalEvery, 3), or(f.LocalWindow, 128)
		c.GlobalTheta, c.LocalTheta = or(f.GlobalTheta, 160000), or(f.LocalTheta, 10000)
		for kind, theta := range map[string]*float64{"full_attention": &c.GlobalTheta, "sliding_attention": &c.LocalTheta} {
			if r, ok := f.RopeParameters[kind]; ok { // how transformers 5 writes the same
				if r.Type != "" && r.Type != "default" {
					return Config{}, fmt.Errorf("reading config.json: rope_type %q is not supported", r.Type)
				}
				*theta = or(r.Theta, *theta)
			}
		}
		if len(f.LayerTypes) > 0 && f.GlobalEvery == nil {
			c.GlobalEvery = len(f.LayerTypes) + 1
			for i, kind := range f.LayerTypes[1:] {
				if kind == "full_attention" {
					c.GlobalEvery = i + 1
					break
				}
			}
		}
		c.NormBias, c.AttentionBias, c.MLPBias = or(f.NormBias, false), or(f.AttentionBias, false), or(f.MLPBias, false)
		c.ClassifierBias, c.DecoderBias = or(f.ClassifierBias, false), or(f.DecoderBias, true)
	case "roberta", "bert", "camembert", "xlm-roberta":
		if c.ModelType != "bert" {
			c.ModelType = "roberta"
		}
		c.NormEps = or(f.LayerNormEps, 1e-12)
		c.Activation = f.HiddenAct
		c.TypeVocabSize = or(f.TypeVocabSize, 2)
		c.NormBias, c.AttentionBias, c.MLPBias, c.ClassifierBias, c.DecoderBias = true, true, true, true, true
		if c.ModelType == "roberta" {
			c.PadID, c.HeadActivation = or(f.PadID, 1), "gelu"
		} else {
			c.PadID, c.HeadActivation = or(f.PadID, 0), f.HiddenAct
		}
		if f.PositionEmbeddingType != "" && f.PositionEmbeddingType != "absolute" {
			return Config{}, fmt.Errorf("reading config.json: position_embedding_type %q is not supported", f.PositionEmbeddingType)
		}
	case "":
		return Config{}, errors.New("reading config.json: it names no model_type")
	default:
		return Config{}, fmt.Errorf("reading config.json: model_type %q is not supported; modernbert, roberta and bert are", f.ModelType)
	}
	for _, name := range f.MoreHeads {
		switch name {
		case headPointer:
			c.PointerHead = true
		case headDetect:
			c.DetectHead = true
		default:
			return Config{}, fmt.Errorf("reading config.json: mlm_lsp_heads names %q, which this program does not know: update mlm-lsp", name)
		}
	}
	if c.Activation == "" {
		c.Activation = "gelu"
	}
	if c.HeadActivation == "" {
		c.HeadActivation = "gelu"
	}
	if err := c.Check(); err != nil {
		return Config{}, fmt.Errorf("reading config.json: %w", err)
	}
	return c, nil
}

// Check says what makes a configuration impossible to build.
func (c Config) Check() error {
	for _, s := range []struct {
		name      string
		v, lo, hi int
	}{
		{"vocab_size", c.VocabSize, 1, 1 << 21}, {"hidden_size", c.HiddenSize, 1, 1 << 14}, {"intermediate_size", c.IntermediateSize, 1, 1 << 17},
		{"num_hidden_layers", c.Layers, 1, 256}, {"num_attention_heads", c.Heads, 1, 1 << 10}, {"max_position_embeddings", c.MaxPositions, 1, 1 << 20},
	} {
		if s.v < s.lo || s.v > s.hi {
			return fmt.Errorf("%s is %d", s.name, s.v)
		}
	}
	if c.HiddenSize%c.Heads != 0 {
		return fmt.Errorf("hidden_size %d is not a multiple of num_attention_heads %d", c.HiddenSize, c.Heads)
	}
	for _, a := range []string{c.Activation, c.HeadActivation} {
		switch a {
		case "gelu", "gelu_new", "gelu_pytorch_tanh", "silu", "swish", "relu":
		default:
			return fmt.Errorf("activation %q is not supported", a)
		}
	}
	if c.ModelType != "modernbert" && (c.PointerHead || c.DetectHead) {
		return fmt.Errorf("mlm_lsp_heads go with modernbert, not with %s", c.ModelType)
	}
	if c.PlainHead && (c.ModelType != "roberta" || !c.TieWordEmbeddings) {
		return errors.New("mlm_lsp_plain_head goes with roberta and tied embeddings")
	}
	switch c.ModelType {
	case "modernbert":
		if c.HiddenSize/c.Heads%2 != 0 {
			return errors.New("rotary positions need heads of even width")
		}
		if c.GlobalEvery < 1 || c.LocalWindow < 2 || !(c.GlobalTheta > 0) || c.LocalTheta < 0 {
			return errors.New("global_attn_every_n_layers, local_attention or a rope_theta is out of range")
		}
	case "roberta":
		if c.PadID < 0 || c.PadID+1 >= c.MaxPositions {
			return fmt.Errorf("pad_token_id %d leaves no positions of %d", c.PadID, c.MaxPositions)
		}
		fallthrough
	case "bert":
		if c.TypeVocabSize < 1 {
			return fmt.Errorf("type_vocab_size is %d", c.TypeVocabSize)
		}
	default:
		return fmt.Errorf("model_type %q is not supported", c.ModelType)
	}
	return nil
}

// Positions is the longest input in subwords, special tokens included.
func (c Config) Positions() int {
	if c.ModelType == "roberta" {
		return c.MaxPositions - c.PadID - 1 // RoBERTa counts positions from pad_token_id + 1
	}
	return c.MaxPositions
}

// Global says whether layer i attends to the whole input rather than to a window.
func (c Config) Global(i int) bool {
	return c.ModelType != "modernbert" || i%c.GlobalEvery == 0
}

// MoreHeads names the heads beside the vocabulary's, as config.json does.
func (c Config) MoreHeads() []string {
	var names []string
	if c.PointerHead {
		names = append(names, headPointer)
	}
	if c.DetectHead {
		names = append(names, headDetect)
	}
	return names
}

// Marshal writes config.json in the form that transformers reads.
func (c Config) Marshal() ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("writing config.json: %w", err)
	}
	pad := c.PadID
	f := configFile{
		ModelType: c.ModelType, VocabSize: c.VocabSize, HiddenSize: c.HiddenSize, IntermediateSize: c.IntermediateSize,
		Layers: c.Layers, Heads: c.Heads, MaxPositions: c.MaxPositions, PadID: &pad,
		InitializerRange: &c.InitializerRange, TieWordEmbeddings: &c.TieWordEmbeddings, PlainHead: c.PlainHead,
	}
	switch c.ModelType {
	case "modernbert":
		f.Architectures = []string{"ModernBertForMaskedLM"}
		f.NormEps, f.HiddenActivation, f.ClassifierActivation = &c.NormEps, c.Activation, c.HeadActivation
		f.GlobalEvery, f.LocalWindow, f.GlobalTheta, f.LocalTheta = &c.GlobalEvery, &c.LocalWindow, &c.GlobalTheta, &c.LocalTheta
		f.NormBias, f.AttentionBias, f.MLPBias = &c.NormBias, &c.AttentionBias, &c.MLPBias
		f.ClassifierBias, f.DecoderBias = &c.ClassifierBias, &c.DecoderBias
	case "roberta":
		f.Architectures = []string{"RobertaForMaskedLM"}
		if c.PlainHead {
			f.Architectures = []string{"RobertaModel"}
		}
	case "bert":
		f.Architectures = []string{"BertForMaskedLM"}
	}
	f.MoreHeads = c.MoreHeads()
	if c.ModelType != "modernbert" {
		f.LayerNormEps, f.HiddenAct, f.TypeVocabSize = &c.NormEps, c.Activation, &c.TypeVocabSize
	}
	out, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing config.json: %w", err)
	}
	return append(out, '\n'), nil
}
