package onnx

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"mlm-lsp/internal/wholefile"
)

func TestHalfRoundTrips(t *testing.T) {
	for h := range 1 << 16 {
		f := halfToFloat(uint16(h))
		if back := floatToHalf(f); back != uint16(h) && f == f {
			t.Fatalf("half %#04x is %v, which becomes %#04x", h, f, back)
		}
	}
	for f, want := range map[float32]uint16{
		65504: 0x7bff, 65519: 0x7bff, 65520: 0x7c00, -1e9: 0xfc00, 1e-9: 0, // range
		1 + 1.0/2048: 0x3c00, 1 + 3.0/2048: 0x3c02, // ties to even
		5.960464477539063e-08: 1, 2.9802322387695312e-08: 0, 2.98023242e-08: 1, // subnormals
	} {
		if got := floatToHalf(f); got != want {
			t.Errorf("%v becomes %#04x, want %#04x", f, got, want)
		}
	}
	if h := floatToHalf(float32(math.NaN())); halfToFloat(h) == halfToFloat(h) {
		t.Errorf("NaN becomes %#04x", h)
	}
}

func TestSafetensorsRoundTrip(t *testing.T) {
	w := Weights{
		"b":      FloatTensor([]float32{1, -2, 3.5, 0, 1e-20, 7}, 2, 3),
		"a":      FloatTensor([]float32{0.1, 0.2}, 2).Half(),
		"ids":    IntTensor([]int64{1, -5}, 2),
		"scalar": {Float32, []int64{}, []byte{0, 0, 128, 63}},
		"empty":  {Float32, []int64{0, 4}, []byte{}},
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := wholefile.Write(path, func(out io.Writer) error { return WriteSafetensors(out, w, map[string]string{"format": "pt"}) }); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSafetensorsFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, w) {
		t.Errorf("read %v, wrote %v", got, w)
	}
	var one, two bytes.Buffer
	if err := WriteSafetensors(&one, w, nil); err != nil {
		t.Fatal(err)
	}
	if err := WriteSafetensors(&two, w, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same weights gave different bytes")
	}
	if err := WriteSafetensors(&one, Weights{"bad": {Float32, []int64{3}, make([]byte, 8)}}, nil); err == nil {
		t.Error("a tensor without all its bytes was written")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// safetensors puts a header before data.
func safetensors(header string, data []byte) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), append([]byte(header), data...)...)
}

func TestSafetensorsRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing":              {},
		"cut header":           safetensors(`{}`, nil)[:9],
		"giant header":         binary.LittleEndian.AppendUint64(nil, math.MaxUint64),
		"no JSON":              safetensors(`hello`, nil),
		"cut data":             safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 7)),
		"data left over":       safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 8)),
		"shape lies":           safetensors(`{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,8]}}`, make([]byte, 8)),
		"shape overflows":      safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}`, nil),
		"negative shape":       safetensors(`{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}`, make([]byte, 8)),
		"negative offset":      safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}`, make([]byte, 8)),
		"overlap":              safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, make([]byte, 12)),
		"unknown element type": safetensors(`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, make([]byte, 1)),
	} {
		if w, err := ParseSafetensors(data); err == nil {
			t.Errorf("%s: read %v", name, w)
		}
	}
}

func TestGraphRoundTrip(t *testing.T) {
	g := NewGraph("test")
	x := g.Input("x", Float32, "rows", 3)
	y := g.Op("Gemm", []Value{x, g.Initializer("w", FloatTensor(make([]float32, 6), 2, 3)), ""}, IntAttr("transB", 1), FloatAttr("alpha", 0.5))
	y = g.Contrib("Thing", []Value{y}, IntsAttr("axes", 1, -2), StringAttr("mode", "m"),
		Attr{Name: "value", Kind: AttrTensor, Tensor: IntTensor([]int64{7}, 1)}, Attr{Name: "floats", Kind: AttrFloats, Floats: []float32{1, 2}})
	g.Rename(y, "y")
	g.Output("y", Float32, "rows", 2)
	data, err := g.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Nodes, g.Nodes) || !reflect.DeepEqual(back.Inputs, g.Inputs) || !reflect.DeepEqual(back.Outputs, g.Outputs) ||
		!reflect.DeepEqual(back.Initializers, g.Initializers) || !reflect.DeepEqual(back.Opsets, g.Opsets) || back.Name != g.Name {
		t.Errorf("read %+v, wrote %+v", back, g)
	}
	again, err := back.Marshal()
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("writing what was read gave other bytes (%v)", err)
	}
}

func TestForeignFieldsSurvive(t *testing.T) {
	data, err := NewGraph("test").Marshal()
	if err != nil {
		t.Fatal(err)
	}
	data = appendString(data, 6, "documentation")
	g, err := Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := g.Marshal(); !bytes.Contains(again, []byte("documentation")) {
		t.Error("a field that we do not know was dropped")
	}
}

func TestExternalDataIsRefused(t *testing.T) {
	for _, location := range []string{"/etc/passwd", "../outside.bin", "weights.bin"} {
		entry := appendString(appendString(nil, 1, "location"), 2, location)
		tensor := appendVarint(appendMessage(appendVarint(appendVarint(nil, 1, 1), 2, uint64(Float32)), 13, entry), 14, 1)
		inAttr := appendMessage(nil, 5, tensor)
		for name, graph := range map[string][]byte{
			"initializer": appendMessage(nil, 5, tensor),
			"attribute":   appendMessage(nil, 1, appendMessage(appendString(nil, 4, "Constant"), 5, appendVarint(inAttr, 20, uint64(AttrTensor)))),
			"sparse":      appendMessage(nil, 15, appendMessage(nil, 1, tensor)),
			"subgraph":    appendMessage(nil, 1, appendMessage(appendString(nil, 4, "If"), 5, appendVarint(appendMessage(nil, 6, appendMessage(nil, 5, tensor)), 20, 5))),
		} {
			_, err := Unmarshal(appendMessage(nil, 7, graph))
			if err == nil || !strings.Contains(err.Error(), "another file") {
				t.Errorf("%s at %s: error %v", name, location, err)
			}
		}
	}
}

func TestDeepGraphsAreRefused(t *testing.T) {
	graph := []byte{}
	for range 100 {
		attr := appendVarint(appendMessage(nil, 6, graph), 20, 5)
		graph = appendMessage(nil, 1, appendMessage(appendString(nil, 4, "If"), 5, attr))
	}
	if _, err := Unmarshal(appendMessage(nil, 7, graph)); err == nil {
		t.Error("it was read")
	}
}

func TestConfigRefuses(t *testing.T) {
	good := `{"model_type":"modernbert","vocab_size":10,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,"max_position_embeddings":16}`
	if _, err := ParseConfig([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"no JSON":        `[`,
		"no type":        `{}`,
		"other family":   strings.Replace(good, "modernbert", "gpt2", 1),
		"heads":          strings.Replace(good, `"num_attention_heads":2`, `"num_attention_heads":3`, 1),
		"odd heads":      strings.Replace(good, `"num_attention_heads":2`, `"num_attention_heads":8`, 1),
		"huge":           strings.Replace(good, `"vocab_size":10`, `"vocab_size":99999999999`, 1),
		"negative":       strings.Replace(good, `"num_hidden_layers":1`, `"num_hidden_layers":-1`, 1),
		"activation":     strings.Replace(good, `{`, `{"hidden_activation":"mish",`, 1),
		"rope scaling":   strings.Replace(good, `{`, `{"rope_parameters":{"full_attention":{"rope_type":"yarn"}},`, 1),
		"relative":       `{"model_type":"bert","vocab_size":10,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,"max_position_embeddings":16,"position_embedding_type":"relative_key"}`,
		"unknown head":   strings.Replace(good, `{`, `{"mlm_lsp_heads":["oracle"],`, 1),
		"head of bert":   `{"model_type":"bert","vocab_size":10,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,"max_position_embeddings":16,"mlm_lsp_heads":["detect"]}`,
		"plain head":     strings.Replace(good, `{`, `{"mlm_lsp_plain_head":true,`, 1),
		"only positions": `{"model_type":"roberta","vocab_size":10,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,"max_position_embeddings":2}`,
	} {
		if c, err := ParseConfig([]byte(data)); err == nil {
			t.Errorf("%s: read %+v", name, c)
		}
	}
}

func TestMatch(t *testing.T) {
	c := Config{ModelType: "bert", VocabSize: 5, HiddenSize: 4, IntermediateSize: 4, Layers: 1, Heads: 1, MaxPositions: 4, NormEps: 1e-5,
		Activation: "gelu", HeadActivation: "gelu", TypeVocabSize: 1, NormBias: true, AttentionBias: true, MLPBias: true, ClassifierBias: true, DecoderBias: true, TieWordEmbeddings: true}
	w := InitWeights(c, 1)
	if again := InitWeights(c, 1); !reflect.DeepEqual(w, again) {
		t.Error("the same seed gave other weights")
	}
	if other := InitWeights(c, 2); reflect.DeepEqual(w, other) {
		t.Error("another seed gave the same weights")
	}
	old := Weights{} // as BERT's first checkpoints have it
	for name, tensor := range w {
		name = strings.Replace(strings.Replace(name, "LayerNorm.weight", "LayerNorm.gamma", 1), "LayerNorm.bias", "LayerNorm.beta", 1)
		old[name] = tensor
	}
	old["bert.pooler.dense.weight"] = FloatTensor(make([]float32, 16), 4, 4)
	got, err := c.Match(old)
	if err != nil || !reflect.DeepEqual(got, w) {
		t.Errorf("old names: %v", err)
	}
	delete(old, "cls.predictions.bias")
	if _, err := c.Match(old); err == nil || !strings.Contains(err.Error(), "cls.predictions.bias") {
		t.Errorf("a missing tensor: error %v", err)
	}
	w["cls.predictions.bias"] = FloatTensor(make([]float32, 4), 4)
	if _, err := c.Match(w); err == nil {
		t.Error("a tensor of another shape was taken")
	}
	w["cls.predictions.bias"] = IntTensor(make([]int64, 5), 5)
	if _, err := c.Match(w); err == nil {
		t.Error("a tensor of integers was taken")
	}
}

// TestAddHeads begins with a checkpoint without further heads: what it holds must stay, what it lacks must be drawn.
func TestAddHeads(t *testing.T) {
	plain, err := ParseConfig([]byte(`{"model_type":"modernbert","vocab_size":10,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,
		"num_attention_heads":2,"max_position_embeddings":16}`))
	if err != nil {
		t.Fatal(err)
	}
	old := InitWeights(plain, 1)
	c := plain
	c.PointerHead, c.DetectHead = true, true
	if _, err := c.Match(old); err == nil {
		t.Error("a checkpoint without the heads matches a configuration with them")
	}
	w := AddHeads(c, old, 2)
	if _, err := c.Match(w); err != nil {
		t.Fatal(err)
	}
	for name, tensor := range old {
		if !reflect.DeepEqual(w[name], tensor) {
			t.Errorf("%s has changed", name)
		}
	}
	if got, want := w["detect.out.weight"].Dims, []int64{1, 8}; !reflect.DeepEqual(got, want) {
		t.Errorf("detect.out.weight has shape %v, want %v", got, want)
	}
	if w["detect.out.bias"].Floats()[0] != 0 || w["pointer.query.weight"].Floats()[0] == 0 {
		t.Error("a fresh bias is not zero, or a fresh weight is")
	}
	trained := w["pointer.key.weight"]
	if again := AddHeads(c, w, 3); !reflect.DeepEqual(again["pointer.key.weight"], trained) {
		t.Error("a head that was there was drawn anew")
	}
	if without, err := plain.Match(w); err != nil || len(without) != len(old) {
		t.Errorf("a configuration without heads takes %d tensors of %d, %v", len(without), len(old), err)
	}
}

func FuzzParseSafetensors(f *testing.F) {
	var buf bytes.Buffer
	if err := WriteSafetensors(&buf, Weights{"a": FloatTensor([]float32{1, 2}, 2), "b": IntTensor([]int64{1}, 1)}, map[string]string{"format": "pt"}); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add(safetensors(`{"a":{"dtype":"F32","shape":[0,9999999999],"data_offsets":[0,0]}}`, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := ParseSafetensors(data)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := WriteSafetensors(&out, w, nil); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := ParseSafetensors(out.Bytes())
		if err != nil || len(again) != len(w) {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	g := NewGraph("test")
	g.Input("x", Float32, "rows", 3)
	y := g.Op("Gemm", []Value{"x", g.Initializer("w", FloatTensor(make([]float32, 6), 2, 3))}, IntAttr("transB", 1), FloatAttr("alpha", 0.5))
	g.Output(g.Contrib("Thing", []Value{y}, IntsAttr("axes", 1, -2), StringAttr("mode", "m")), Float32, "rows", 2)
	data, err := g.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(appendMessage(nil, 7, appendMessage(nil, 5, protowire.AppendVarint([]byte{0x0a, 0x09}, math.MaxUint64))))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Unmarshal(data)
		if err != nil {
			return
		}
		out, err := g.Marshal()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := Unmarshal(out); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

func FuzzParseConfig(f *testing.F) {
	for _, name := range []string{"modernbert", "modernbert-biases", "roberta", "bert"} {
		data, err := os.ReadFile(filepath.Join("testdata", name, "config.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(bytes.Replace(data, []byte(`{`), []byte(`{"mlm_lsp_heads":["detect","pointer"],`), 1))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseConfig(data)
		if err != nil {
			return
		}
		out, err := c.Marshal()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if again, err := ParseConfig(out); err != nil || again != c {
			t.Fatalf("config %+v written and read again is %+v, %v", c, again, err)
		}
	})
}

// TestFreshAttentionCopies multiplies a fresh layer's values and output: what is attended to must come out as it went in.
func TestFreshAttentionCopies(t *testing.T) {
	const hidden = 64
	c := Config{ModelType: "modernbert", VocabSize: 10, HiddenSize: hidden, IntermediateSize: 64, Layers: 2, Heads: 2, MaxPositions: 8, NormEps: 1e-5,
		Activation: "gelu", HeadActivation: "gelu", InitializerRange: 1.0 / 8, GlobalEvery: 1, LocalWindow: 8, GlobalTheta: 10000, LocalTheta: 10000, TieWordEmbeddings: true}
	w := InitWeights(c, 1)
	values := w["model.layers.1.attn.Wqkv.weight"].Floats()[2*hidden*hidden:]
	output := w["model.layers.1.attn.Wo.weight"].Floats()
	var same, other float64
	for i := range hidden {
		for j := range hidden {
			var sum float64
			for k := range hidden {
				sum += float64(output[i*hidden+k]) * float64(values[k*hidden+j])
			}
			if i == j {
				same += sum / hidden
			} else {
				other += math.Abs(sum) / (hidden * (hidden - 1))
			}
		}
	}
	if same < 0.8 || same > 1.2 || other > 0.2 {
		t.Errorf("a feature comes out at %.2f, the others leak %.2f on average", same, other)
	}
}
