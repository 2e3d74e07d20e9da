package onnx_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
	"mlm-lsp/model/ort/orttest"

	ortgo "github.com/yalue/onnxruntime_go"
)

// TestParity compares the served graph with transformers on every fixture (testdata/make_fixtures.py).
func TestParity(t *testing.T) {
	for _, name := range []string{"modernbert", "modernbert-biases", "modernbert-own", "roberta", "bert"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			data, err := os.ReadFile(filepath.Join(dir, "config.json"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := onnx.ParseConfig(data)
			if err != nil {
				t.Fatal(err)
			}
			w := readWeights(t, filepath.Join(dir, "model.safetensors"))
			want := readWeights(t, filepath.Join(dir, "case.safetensors"))
			g, err := onnx.BuildInference(c, w)
			if err != nil {
				t.Fatal(err)
			}
			got := runGraph(t, g, want, want["logits"].Dims)
			if d := furthest(got, want["logits"].Floats()); d > 1e-4 {
				t.Errorf("logits are off by %v", d)
			}

			// The configuration survives being written by us.
			again, err := c.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if c2, err := onnx.ParseConfig(again); err != nil || c2 != c {
				t.Errorf("config.json written and read again: %+v, %v; was %+v", c2, err, c)
			}
		})
	}
}

func readWeights(t *testing.T, path string) onnx.Weights {
	t.Helper()
	w, err := onnx.ReadSafetensorsFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// runGraph runs a served graph, after a round trip through its bytes, on a case's inputs.
func runGraph(t *testing.T, g *onnx.Graph, c onnx.Weights, outShape []int64) []float32 {
	t.Helper()
	model, err := g.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if g, err = onnx.Unmarshal(model); err != nil {
		t.Fatal(err)
	}
	if again, err := g.Marshal(); err != nil || string(again) != string(model) {
		t.Errorf("reading and writing the graph changed it (%v)", err)
	}
	names := []string{"input_ids", "attention_mask", "masked_positions"}
	s, err := orttest.Library(t).NewSession(model, ort.SessionOptions{Inputs: names, Outputs: []string{"logits"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var in []ort.Value
	for _, name := range names {
		v, err := ortgo.NewTensor(c[name].Dims, c[name].Ints())
		if err != nil {
			t.Fatal(err)
		}
		defer v.Destroy()
		in = append(in, v)
	}
	out, err := ortgo.NewEmptyTensor[float32](outShape)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Destroy()
	if err := s.Run(context.Background(), in, []ort.Value{out}); err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), out.GetData()...)
}

func furthest(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	most := 0.0
	for i := range a {
		d := math.Abs(float64(a[i]) - float64(b[i]))
		if !(d <= most) {
			most = d
		}
	}
	return most
}
