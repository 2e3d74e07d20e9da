package step

import (
	"context"
	"errors"
	"fmt"
	"math"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"

	ortgo "github.com/yalue/onnxruntime_go"
)

// Options fix a trainer. Zero values of Beta1, Beta2 and Eps take 0.9, 0.98 and 1e-6; a ClipNorm of 0 does not clip.
type Options struct {
	Shape             Shape
	Config            onnx.Config
	WeightDecay       float32
	Beta1, Beta2, Eps float32
	ClipNorm          float32
	Threads           int // 0: as many as the process may use
	// PointerWeight and DetectWeight multiply the losses of these heads in the sum that is minimised; 0 is 0.
	PointerWeight, DetectWeight float32
}

// Batch is what one step learns from. Rows are packed full: there is no padding inside them. Places are rows of IDs, flat
// (row*Length + column). Of the heads' places, those that are not used may repeat any, as their -1 or weight of 0 says.
type Batch struct {
	IDs       []int64   // [Batch*Length] subwords, masked ones replaced
	Positions []int64   // [Masked] which of IDs are asked for
	Labels    []int64   // [Masked] what stood there
	Weights   []float32 // [Masked] weight of each in the loss; 0 for unused places

	// The pointer head; empty when the Shape has no Queries. A query asks which name of its row stood at a mask.
	QueryAt   []int64 // [Batch*Queries] places of the masks
	QueryName []int64 // [Batch*Queries] which name, as a number within the row; -1 for unused places
	NameAt    []int64 // [Batch*Names] places of the names' first subwords
	NameID    []int64 // [Batch*Names] equal numbers for equal names of the row; -1 for unused places

	// The detection head; empty when the Shape has no Sites. Sites lie in rows without masks.
	SiteAt      []int64   // [Sites] places of the sites' first subwords
	SiteLabels  []float32 // [Sites] 1 where the text was replaced, 0 where it is as it was written
	SiteWeights []float32 // [Sites] weight of each in the loss; 0 for unused places
}

// Result is what a step or an evaluation found, before the update. The step minimises
// Loss + PointerWeight*PointerLoss + DetectWeight*DetectLoss.
type Result struct {
	Loss     float32   // of the vocabulary's head: weighted mean of Losses, in nats
	GradNorm float32   // before clipping; 0 from Evaluate
	Losses   []float32 // [Masked]
	Correct  []bool    // [Masked]: the label was the likeliest subword

	PointerLoss float32   // mean of QueryLosses over the queries whose name is in sight
	QueryLosses []float32 // [Batch*Queries] -log of the name's share of the occurrences in sight; 0 where there is none
	DetectLoss  float32   // weighted mean of the sites' binary cross-entropy
	SiteLogits  []float32 // [Sites] above 0: rather replaced than not
}

// State is everything that a step changes. Continuing from a State gives the same bits as never having stopped.
type State struct {
	Step    int64        // steps taken
	Weights onnx.Weights // parameters
	First   onnx.Weights // AdamW's first moments
	Second  onnx.Weights // AdamW's second moments
}

// ErrNotFinite is returned by a step whose loss or gradient overflowed. The state is as before the step.
var ErrNotFinite = errors.New("the loss or its gradient is not finite")

// Trainer trains one model. It is not safe for concurrent use.
type Trainer struct {
	lib     *ort.Library
	options Options
	shape   Shape
	params  []onnx.Parameter
	count   int64

	// The state lies twice in memory: a step reads buffers[current] and writes the other, and only a step that
	// ended well swaps them. A cancelled step therefore loses nothing.
	buffers [2]buffers
	current int

	// The tensors of a batch and of its result by their names in the graph, made for the current shape.
	integers map[string]*ortgo.Tensor[int64]
	floats   map[string]*ortgo.Tensor[float32]
	correct  *ortgo.Tensor[uint8]

	step, evaluate *ort.Session // made when first needed, for the current shape
}

// buffers are the tensors of one copy of the state, in the order of Trainer.params.
type buffers struct{ weights, first, second []*ortgo.Tensor[float32] }

// New makes a trainer that starts from weights w with empty moments.
func New(lib *ort.Library, o Options, w onnx.Weights) (*Trainer, error) {
	o = o.WithDefaults()
	if err := o.Config.Check(); err != nil {
		return nil, fmt.Errorf("creating trainer: %w", err)
	}
	if err := lib.Load(); err != nil {
		return nil, err
	}
	t := &Trainer{lib: lib, options: o, params: o.Config.Parameters()}
	for i := range t.buffers {
		for _, p := range t.params {
			for _, list := range []*[]*ortgo.Tensor[float32]{&t.buffers[i].weights, &t.buffers[i].first, &t.buffers[i].second} {
				tensor, err := ortgo.NewEmptyTensor[float32](p.Shape)
				if err != nil {
					t.Close()
					return nil, fmt.Errorf("creating trainer: %w", err)
				}
				*list = append(*list, tensor)
			}
		}
	}
	if err := t.Load(State{Weights: w}); err != nil {
		t.Close()
		return nil, fmt.Errorf("creating trainer: %w", err)
	}
	if err := t.Reshape(o.Shape); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Reshape changes the shape of the batches that follow; the state stays.
func (t *Trainer) Reshape(s Shape) error {
	if err := s.Check(t.options.Config); err != nil {
		return fmt.Errorf("shaping training step: %w", err)
	}
	t.closeSessions()
	t.closeBatch()
	t.shape = s
	t.integers, t.floats = map[string]*ortgo.Tensor[int64]{}, map[string]*ortgo.Tensor[float32]{}
	var err error
	for name, n := range integerSizes(s) {
		if t.integers[name], err = ortgo.NewEmptyTensor[int64](ortgo.NewShape(int64(n))); err != nil {
			return fmt.Errorf("shaping training step: %w", err)
		}
	}
	for name, n := range floatSizes(s) {
		if t.floats[name], err = ortgo.NewEmptyTensor[float32](ortgo.NewShape(int64(n))); err != nil {
			return fmt.Errorf("shaping training step: %w", err)
		}
	}
	if t.correct, err = ortgo.NewEmptyTensor[uint8](ortgo.NewShape(int64(s.Masked))); err != nil {
		return fmt.Errorf("shaping training step: %w", err)
	}
	return nil
}

// integerSizes are the sizes of the integer inputs of a shape's graphs, by name.
func integerSizes(s Shape) map[string]int {
	out := map[string]int{inIDs: s.Batch * s.Length, inPositions: s.Masked, inLabels: s.Masked}
	if s.Queries > 0 {
		out[inQueryAt], out[inQueryName] = s.Batch*s.Queries, s.Batch*s.Queries
		out[inNameAt], out[inNameID] = s.Batch*s.Names, s.Batch*s.Names
	}
	if s.Sites > 0 {
		out[inSiteAt] = s.Sites
	}
	return out
}

// floatSizes are the same of float inputs and outputs.
func floatSizes(s Shape) map[string]int {
	out := map[string]int{inWeights: s.Masked, inRate: 1, inCount: 1, outLoss: 1, outLosses: s.Masked, outNorm: 1}
	if s.Queries > 0 {
		out[outPointer], out[outQueryLosses] = 1, s.Batch*s.Queries
	}
	if s.Sites > 0 {
		out[inSiteLabels], out[inSiteWeights], out[outDetect], out[outSiteLogits] = s.Sites, s.Sites, 1, s.Sites
	}
	return out
}

// Step takes one optimizer step at learning rate rate. When ctx ends first, or the result is ErrNotFinite, the state is as before.
func (t *Trainer) Step(ctx context.Context, b Batch, rate float32) (Result, error) {
	if t.step == nil {
		g, err := stepGraph(t.options.Config, t.shape, t.options)
		if err != nil {
			return Result{}, err
		}
		if t.step, err = t.session(g); err != nil {
			return Result{}, err
		}
	}
	if err := t.feed(b); err != nil {
		return Result{}, err
	}
	t.floats[inRate].GetData()[0] = rate
	t.floats[inCount].GetData()[0] = float32(t.count + 1)
	from, to := t.buffers[t.current], t.buffers[1-t.current]
	values := t.batchValues()
	for i, p := range t.params {
		values[p.Name], values["m."+p.Name], values["v."+p.Name] = from.weights[i], from.first[i], from.second[i]
		values["new."+p.Name], values["new.m."+p.Name], values["new.v."+p.Name] = to.weights[i], to.first[i], to.second[i]
	}
	if err := run(ctx, t.step, values); err != nil {
		return Result{}, fmt.Errorf("taking training step %d: %w", t.count+1, err)
	}
	r := t.result()
	r.GradNorm = t.floats[outNorm].GetData()[0]
	if !finite(r.Loss) || !finite(r.PointerLoss) || !finite(r.DetectLoss) || !finite(r.GradNorm) {
		return r, fmt.Errorf("taking training step %d: %w", t.count+1, ErrNotFinite)
	}
	t.current = 1 - t.current
	t.count++
	return r, nil
}

// Evaluate runs the forward pass alone.
func (t *Trainer) Evaluate(ctx context.Context, b Batch) (Result, error) {
	if t.evaluate == nil {
		var err error
		if t.evaluate, err = t.session(evaluationGraph(t.options.Config, t.shape)); err != nil {
			return Result{}, err
		}
	}
	if err := t.feed(b); err != nil {
		return Result{}, err
	}
	values := t.batchValues()
	for i, p := range t.params {
		values[p.Name] = t.buffers[t.current].weights[i]
	}
	if err := run(ctx, t.evaluate, values); err != nil {
		return Result{}, fmt.Errorf("evaluating a batch: %w", err)
	}
	return t.result(), nil
}

// batchValues are the tensors of a batch and its result by name.
func (t *Trainer) batchValues() map[string]ort.Value {
	out := map[string]ort.Value{outCorrect: t.correct}
	for name, v := range t.integers {
		out[name] = v
	}
	for name, v := range t.floats {
		out[name] = v
	}
	return out
}

// feed checks a batch and copies it into the input tensors.
func (t *Trainer) feed(b Batch) error {
	if err := b.Check(t.shape, t.options.Config.VocabSize); err != nil {
		return err
	}
	for name, values := range map[string][]int64{
		inIDs: b.IDs, inPositions: b.Positions, inLabels: b.Labels, inQueryAt: b.QueryAt, inQueryName: b.QueryName,
		inNameAt: b.NameAt, inNameID: b.NameID, inSiteAt: b.SiteAt,
	} {
		if tensor := t.integers[name]; tensor != nil { // the others are empty
			copy(tensor.GetData(), values)
		}
	}
	for name, values := range map[string][]float32{inWeights: b.Weights, inSiteLabels: b.SiteLabels, inSiteWeights: b.SiteWeights} {
		if tensor := t.floats[name]; tensor != nil {
			copy(tensor.GetData(), values)
		}
	}
	return nil
}

func (t *Trainer) result() Result {
	list := func(name string) []float32 { return append([]float32(nil), t.floats[name].GetData()...) }
	r := Result{Loss: t.floats[outLoss].GetData()[0], Losses: list(outLosses), Correct: make([]bool, t.shape.Masked)}
	for i, c := range t.correct.GetData() {
		r.Correct[i] = c != 0
	}
	if t.shape.Queries > 0 {
		r.PointerLoss, r.QueryLosses = t.floats[outPointer].GetData()[0], list(outQueryLosses)
	}
	if t.shape.Sites > 0 {
		r.DetectLoss, r.SiteLogits = t.floats[outDetect].GetData()[0], list(outSiteLogits)
	}
	return r
}

func finite(f float32) bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

// State copies the state out.
func (t *Trainer) State() State {
	b := t.buffers[t.current]
	read := func(list []*ortgo.Tensor[float32]) onnx.Weights {
		w := onnx.Weights{}
		for i, p := range t.params {
			w[p.Name] = onnx.FloatTensor(list[i].GetData(), p.Shape...)
		}
		return w
	}
	return State{Step: t.count, Weights: read(b.weights), First: read(b.first), Second: read(b.second)}
}

// Load replaces the state. Absent moments start at zero; on an error the state is as before.
func (t *Trainer) Load(s State) error {
	w, err := t.options.Config.Match(s.Weights)
	if err != nil {
		return fmt.Errorf("loading training state: %w", err)
	}
	moments := [2]onnx.Weights{s.First, s.Second}
	for i, m := range moments {
		if m == nil {
			continue
		}
		if moments[i], err = t.options.Config.Match(m); err != nil {
			return fmt.Errorf("loading training state: moments: %w", err)
		}
	}
	b := t.buffers[t.current]
	for i, p := range t.params {
		copy(b.weights[i].GetData(), w[p.Name].Floats())
		for j, list := range [][]*ortgo.Tensor[float32]{b.first, b.second} {
			if moments[j] == nil {
				clear(list[i].GetData())
			} else {
				copy(list[i].GetData(), moments[j][p.Name].Floats())
			}
		}
	}
	t.count = s.Step
	return nil
}

// session readies a graph. Busy waiting is right here: the threads have nothing else to do.
func (t *Trainer) session(g *onnx.Graph) (*ort.Session, error) {
	model, err := g.Marshal()
	if err != nil {
		return nil, err
	}
	o := ort.SessionOptions{Threads: t.options.Threads, Spin: true, Device: "cpu"}
	for _, in := range g.Inputs {
		o.Inputs = append(o.Inputs, in.Name)
	}
	for _, out := range g.Outputs {
		o.Outputs = append(o.Outputs, out.Name)
	}
	return t.lib.NewSession(model, o)
}

// run calls a session with values by name.
func run(ctx context.Context, s *ort.Session, values map[string]ort.Value) error {
	inputs, outputs := make([]ort.Value, len(s.Inputs)), make([]ort.Value, len(s.Outputs))
	for i, name := range s.Inputs {
		inputs[i] = values[name]
	}
	for i, name := range s.Outputs {
		outputs[i] = values[name]
	}
	return s.Run(ctx, inputs, outputs)
}

// Close frees the graphs and the state. The trainer cannot be used afterwards.
func (t *Trainer) Close() {
	t.closeSessions()
	t.closeBatch()
	for i := range t.buffers {
		for _, list := range [][]*ortgo.Tensor[float32]{t.buffers[i].weights, t.buffers[i].first, t.buffers[i].second} {
			for _, tensor := range list {
				tensor.Destroy()
			}
		}
		t.buffers[i] = buffers{}
	}
}

func (t *Trainer) closeSessions() {
	for _, s := range []**ort.Session{&t.step, &t.evaluate} {
		if *s != nil {
			(*s).Close()
			*s = nil
		}
	}
}

func (t *Trainer) closeBatch() {
	for _, tensor := range t.integers {
		if tensor != nil {
			tensor.Destroy()
		}
	}
	for _, tensor := range t.floats {
		if tensor != nil {
			tensor.Destroy()
		}
	}
	if t.correct != nil {
		t.correct.Destroy()
	}
	t.integers, t.floats, t.correct = nil, nil, nil
}
