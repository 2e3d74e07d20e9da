package step

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort/orttest"
)

// fixtures are the models in testdata: ModernBERT as ours are, with every bias and local attention, with the two further heads, and
// the older families.
var fixtures = []string{"own", "biases", "heads", "roberta", "bert"}

// headOptions are the weights of the further heads' losses in testdata/make_gradients.py.
var headOptions = Options{PointerWeight: 0.5, DetectWeight: 2}

// fixture reads what testdata/make_gradients.py wrote: PyTorch's view of one batch.
func fixture(t *testing.T, name string) (onnx.Config, Shape, Batch, onnx.Weights) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := onnx.ParseConfig(data)
	if err != nil {
		t.Fatal(err)
	}
	w, err := onnx.ReadSafetensorsFile("testdata/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	b := Batch{IDs: w["ids"].Ints(), Positions: w["positions"].Ints(), Labels: w["labels"].Ints(), Weights: w["weights"].Floats()}
	s := Shape{Batch: 2, Length: len(b.IDs) / 2, Masked: len(b.Labels)}
	if c.PointerHead && c.DetectHead {
		b.QueryAt, b.QueryName, b.NameAt, b.NameID = w["query_at"].Ints(), w["query_name"].Ints(), w["name_at"].Ints(), w["name_id"].Ints()
		b.SiteAt, b.SiteLabels, b.SiteWeights = w["site_at"].Ints(), w["site_labels"].Floats(), w["site_weights"].Floats()
		s.Queries, s.Names, s.Sites = len(b.QueryAt)/2, len(b.NameAt)/2, len(b.SiteAt)
	}
	return c, s, b, w
}

// inputs are a batch as the graphs take it.
func (b Batch) inputs(s Shape) map[string]any {
	feed := map[string]any{inIDs: b.IDs, inPositions: b.Positions, inLabels: b.Labels, inWeights: b.Weights}
	if s.Queries > 0 {
		feed[inQueryAt], feed[inQueryName], feed[inNameAt], feed[inNameID] = b.QueryAt, b.QueryName, b.NameAt, b.NameID
	}
	if s.Sites > 0 {
		feed[inSiteAt], feed[inSiteLabels], feed[inSiteWeights] = b.SiteAt, b.SiteLabels, b.SiteWeights
	}
	return feed
}

func part(w onnx.Weights, prefix string) onnx.Weights {
	out := onnx.Weights{}
	for name, t := range w {
		if rest, ok := strings.CutPrefix(name, prefix+"/"); ok {
			out[rest] = t
		}
	}
	return out
}

// distance is the largest difference as a share of the largest value, or of 1e-5: a key's bias cancels in the softmax, its
// gradient is nothing but rounding.
func distance(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	most, size := 0.0, 1e-5
	for i := range got {
		most = max(most, math.Abs(float64(got[i])-float64(want[i])))
		size = max(size, math.Abs(float64(want[i])))
		if got[i] != got[i] {
			return math.Inf(1)
		}
	}
	return most / size
}

// TestGradientsAgainstTorch compares the gradient of every tensor with PyTorch's on transformers' models.
func TestGradientsAgainstTorch(t *testing.T) {
	for _, name := range fixtures {
		t.Run(name, func(t *testing.T) {
			c, s, b, w := fixture(t, name)
			g, tape, err := gradientGraph(c, s, headOptions)
			if err != nil {
				t.Fatal(err)
			}
			feed := b.inputs(s)
			for _, p := range c.Parameters() {
				feed[p.Name] = w["before/"+p.Name].Floats()
				g.Output(g.Rename(g.Op("Identity", []value{tape.gradient(p.Name)}), "grad."+p.Name), onnx.Float32, anyDims(p.Shape)...)
			}
			out := map[string][]float32{}
			var floats []string
			for _, o := range g.Outputs {
				if o.Type.DType == onnx.Float32 {
					floats = append(floats, o.Name)
				}
			}
			for i, values := range ready(t, g, feed)() {
				out[floats[i]] = values
			}
			results := []string{outLoss, outLosses}
			if c.PointerHead {
				results = append(results, outPointer, outQueryLosses, outDetect, outSiteLogits)
			}
			for _, name := range results { // the fixture has the same names
				if d := distance(out[name], w[name].Floats()); d > 1e-5 {
					t.Errorf("%s is %v, PyTorch says %v", name, out[name], w[name].Floats())
				}
			}
			for _, p := range c.Parameters() {
				want := w["gradient/"+p.Name].Floats()
				if d := distance(out["grad."+p.Name], want); d > 2e-4 {
					t.Errorf("gradient of %s is off by %.2g of its largest value", p.Name, d)
				}
			}
		})
	}
}

// TestStepsAgainstTorch takes the three steps that PyTorch took: clipping, AdamW, what decays and what does not.
func TestStepsAgainstTorch(t *testing.T) {
	for _, name := range fixtures {
		t.Run(name, func(t *testing.T) {
			c, s, b, w := fixture(t, name)
			o := headOptions
			o.Shape, o.Config, o.WeightDecay, o.ClipNorm, o.Threads = s, c, 0.1, 0.5, 2
			tr, err := New(orttest.Library(t), o, part(w, "before"))
			if err != nil {
				t.Fatal(err)
			}
			defer tr.Close()
			for range 3 {
				if _, err := tr.Step(context.Background(), b, 1e-2); err != nil {
					t.Fatal(err)
				}
			}
			after := tr.State().Weights
			for key, want := range part(w, "after") {
				if _, ours := after[key]; !ours {
					continue // a tied decoder, under its second name
				}
				if d := distance(after[key].Floats(), want.Floats()); d > 1e-3 {
					t.Errorf("%s is off by %.2g of its largest value", key, d)
				}
			}
		})
	}
}

// TestServedGraphIsTheTrainedGraph holds the two forms of the network together: same weights, same batch, same losses of all heads.
func TestServedGraphIsTheTrainedGraph(t *testing.T) {
	for _, name := range fixtures {
		t.Run(name, func(t *testing.T) {
			c, s, b, w := fixture(t, name)
			tr, err := New(orttest.Library(t), Options{Shape: s, Config: c}, part(w, "before"))
			if err != nil {
				t.Fatal(err)
			}
			defer tr.Close()
			trained, err := tr.Evaluate(context.Background(), b)
			if err != nil {
				t.Fatal(err)
			}
			g, err := onnx.BuildInference(c, tr.State().Weights)
			if err != nil {
				t.Fatal(err)
			}
			served := serve(t, g, c, b)
			compareHeads(t, served, trained, c, s, b, 1e-4)
			for i, label := range b.Labels {
				row := served["logits"][i*c.VocabSize : (i+1)*c.VocabSize]
				best := 0
				for j, l := range row {
					if l > row[best] {
						best = j
					}
				}
				if (best == int(label)) != trained.Correct[i] {
					t.Errorf("row %d: served best is %d, trained says correct = %v", i, best, trained.Correct[i])
				}
			}
			if c.PointerHead {
				int8, err := onnx.Quantize(g)
				if err != nil {
					t.Fatal(err)
				}
				compareHeads(t, serve(t, int8, c, b), trained, c, s, b, 0.1)
			}
		})
	}
}

// serve runs a served graph on a batch. The masks of the pointer's queries stand behind those of the vocabulary.
func serve(t *testing.T, g *onnx.Graph, c onnx.Config, b Batch) map[string][]float32 {
	t.Helper()
	present := make([]int64, len(b.IDs))
	for i := range present {
		present[i] = 1
	}
	feed := map[string]any{
		"input_ids": b.IDs, "attention_mask": present, "masked_positions": append(slices.Clone(b.Positions), b.QueryAt...),
		"name_positions": b.NameAt, "site_positions": b.SiteAt,
	}
	sizes := map[string]int64{"masked": int64(len(b.Positions) + len(b.QueryAt)), "names": int64(len(b.NameAt)), "sites": int64(len(b.SiteAt)), "batch": 2, "length": int64(len(b.IDs) / 2)}
	out := map[string][]float32{}
	var names []string
	for _, list := range [][]onnx.Info{g.Inputs, g.Outputs} {
		for i := range list {
			for j, name := range list[i].Params {
				if name != "" {
					list[i].Type.Dims[j] = sizes[name]
				}
			}
		}
	}
	for _, o := range g.Outputs {
		names = append(names, o.Name)
	}
	for i, values := range ready(t, g, feed)() {
		out[names[i]] = values
	}
	return out
}

// compareHeads computes the losses by their definitions from what a served graph gave.
func compareHeads(t *testing.T, served map[string][]float32, trained Result, c onnx.Config, s Shape, b Batch, tolerance float64) {
	t.Helper()
	check := func(what string, i int, served float64, trained float32) {
		if d := math.Abs(served - float64(trained)); !(d <= tolerance) {
			t.Errorf("%s %d: served %v, trained %v", what, i, served, trained)
		}
	}
	for i, label := range b.Labels {
		row := served["logits"][i*c.VocabSize : (i+1)*c.VocabSize]
		var sum float64
		for _, l := range row {
			sum += math.Exp(float64(l))
		}
		check("loss", i, math.Log(sum)-float64(row[label]), trained.Losses[i])
	}
	for i, name := range b.QueryName {
		query := served["pointer_query"][(len(b.Positions)+i)*c.HiddenSize:][:c.HiddenSize]
		var all, right float64
		for j := i / s.Queries * s.Names; j < (i/s.Queries+1)*s.Names; j++ {
			score := 0.0
			for k, v := range query {
				score += float64(v) * float64(served["pointer_key"][j*c.HiddenSize+k])
			}
			if b.NameID[j] >= 0 {
				all += math.Exp(score)
			}
			if b.NameID[j] >= 0 && b.NameID[j] == name {
				right += math.Exp(score)
			}
		}
		if right == 0 {
			right = all // not in sight
		}
		check("query loss", i, math.Log(all/right), trained.QueryLosses[i])
	}
	for i := range b.SiteAt {
		check("site logit", i, float64(served["detect"][i]), trained.SiteLogits[i])
	}
}

func sameState(a, b State) error {
	if a.Step != b.Step {
		return fmt.Errorf("steps %d and %d", a.Step, b.Step)
	}
	for i, pair := range [][2]onnx.Weights{{a.Weights, b.Weights}, {a.First, b.First}, {a.Second, b.Second}} {
		for name, t := range pair[0] {
			if string(t.Data) != string(pair[1][name].Data) {
				return fmt.Errorf("%s (part %d) differs", name, i)
			}
		}
	}
	return nil
}

// TestResumeIsExact: 20 steps straight equal 10, a save, another trainer, and 10 more, bit for bit.
func TestResumeIsExact(t *testing.T) {
	c := tinyConfig()
	o := Options{Shape: Shape{Batch: 2, Length: 16, Masked: 8}, Config: c, WeightDecay: 0.01, ClipNorm: 1}
	train := func(tr *Trainer, from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			if _, err := tr.Step(context.Background(), randomBatch(c, 2, 16, 8, uint64(i)), 1e-3); err != nil {
				t.Fatal(err)
			}
		}
	}
	make := func() *Trainer {
		tr, err := New(orttest.Library(t), o, onnx.InitWeights(c, 1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tr.Close)
		return tr
	}
	straight := make()
	train(straight, 0, 20)

	first := make()
	train(first, 0, 10)
	saved := first.State()
	second := make()
	train(second, 5, 8) // whatever it did before must not matter
	if err := second.Load(saved); err != nil {
		t.Fatal(err)
	}
	train(second, 10, 20)
	if err := sameState(straight.State(), second.State()); err != nil {
		t.Error(err)
	}

	// A change of shape in between keeps the state, too.
	if err := first.Reshape(Shape{Batch: 1, Length: 32, Masked: 4}); err != nil {
		t.Fatal(err)
	}
	if err := sameState(saved, first.State()); err != nil {
		t.Error(err)
	}
	if _, err := first.Step(context.Background(), randomBatch(c, 1, 32, 4, 1), 1e-3); err != nil {
		t.Error(err)
	}
}

// TestCancelledStep: a step that does not end changes nothing, whenever it is cut off.
func TestCancelledStep(t *testing.T) {
	c := tinyConfig()
	tr, err := New(orttest.Library(t), Options{Shape: Shape{Batch: 2, Length: 16, Masked: 8}, Config: c}, onnx.InitWeights(c, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	b := randomBatch(c, 2, 16, 8, 1)
	if _, err := tr.Step(context.Background(), b, 1e-3); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		before := tr.State()
		ctx, cancel := context.WithCancel(context.Background())
		go cancel() // somewhere in the step, or before it, or after
		_, err := tr.Step(ctx, b, 1e-3)
		if err == nil {
			continue
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := sameState(before, tr.State()); err != nil {
			t.Fatalf("a cancelled step left its traces: %v", err)
		}
	}

	// An overflow is not learnt from either.
	before := tr.State()
	b.Weights[0] = float32(math.Inf(1))
	if _, err := tr.Step(context.Background(), b, 1e-3); !errors.Is(err, ErrNotFinite) {
		t.Errorf("a step with an infinite weight gave %v", err)
	}
	if err := sameState(before, tr.State()); err != nil {
		t.Errorf("a step that overflowed left its traces: %v", err)
	}
	b.Weights[0] = 1
	if _, err := tr.Step(context.Background(), b, 1e-3); err != nil {
		t.Errorf("after a step that overflowed: %v", err)
	}
}

// TestBatchesAreChecked: an id outside the table must never reach the kernels.
func TestBatchesAreChecked(t *testing.T) {
	c := tinyConfig()
	tr, err := New(orttest.Library(t), Options{Shape: Shape{Batch: 2, Length: 16, Masked: 8}, Config: c}, onnx.InitWeights(c, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	for name, spoil := range map[string]func(*Batch){
		"id":       func(b *Batch) { b.IDs[3] = int64(c.VocabSize) },
		"negative": func(b *Batch) { b.IDs[3] = -1 },
		"position": func(b *Batch) { b.Positions[1] = 32 },
		"label":    func(b *Batch) { b.Labels[0] = 1 << 40 },
		"short":    func(b *Batch) { b.Weights = b.Weights[1:] },
		"more":     func(b *Batch) { b.SiteAt = []int64{1} },
	} {
		b := randomBatch(c, 2, 16, 8, 1)
		spoil(&b)
		if _, err := tr.Step(context.Background(), b, 1e-3); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := tr.Reshape(Shape{Batch: 1, Length: 64, Masked: 4}); err == nil {
		t.Error("rows longer than the model's positions: no error")
	}
	if err := tr.Reshape(Shape{Batch: 1, Length: 16, Masked: 4, Sites: 3}); err == nil {
		t.Error("sites for a model without a detection head: no error")
	}
	if _, err := tr.Step(context.Background(), randomBatch(c, 2, 16, 8, 1), 1e-3); err != nil {
		t.Errorf("after a refused shape: %v", err)
	}
}
