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

	ids, positions, labels *ortgo.Tensor[int64]
	weights, rate, number  *ortgo.Tensor[float32]
	loss, losses, norm     *ortgo.Tensor[float32]
	correct                *ortgo.Tensor[uint8]

	step, evaluate *ort.Session // made when first needed, for the current shape
}

// buffers are the tensors of one copy of the state, in the order of Trainer.params.
type buffers struct{ weights, first, second []*ortgo.Tensor[float32] }

// New makes a trainer that starts from weights w with empty moments.
func New(lib *ort.Library, o Options, w onnx.Weights) (*Trainer, error) {
	if o.Beta1 == 0 {
		o.Beta1 = 0.9
	}
	if o.Beta2 == 0 {
		o.Beta2 = 0.98
	}
	if o.Eps == 0 {
		o.Eps = 1e-6
	}
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
	if s.Batch < 1 || s.Length < 1 || s.Masked < 1 || s.Length > t.options.Config.Positions() {
		return fmt.Errorf("shaping training step: %d rows of %d subwords (at most %d), %d masked", s.Batch, s.Length, t.options.Config.Positions(), s.Masked)
	}
	t.closeSessions()
	t.closeBatch()
	t.shape = s
	n, m := int64(s.Batch*s.Length), int64(s.Masked)
	var errs [10]error
	t.ids, errs[0] = ortgo.NewEmptyTensor[int64](ortgo.NewShape(n))
	t.positions, errs[1] = ortgo.NewEmptyTensor[int64](ortgo.NewShape(m))
	t.labels, errs[2] = ortgo.NewEmptyTensor[int64](ortgo.NewShape(m))
	t.weights, errs[3] = ortgo.NewEmptyTensor[float32](ortgo.NewShape(m))
	t.rate, errs[4] = ortgo.NewEmptyTensor[float32](ortgo.NewShape(1))
	t.number, errs[5] = ortgo.NewEmptyTensor[float32](ortgo.NewShape(1))
	t.loss, errs[6] = ortgo.NewEmptyTensor[float32](ortgo.NewShape(1))
	t.losses, errs[7] = ortgo.NewEmptyTensor[float32](ortgo.NewShape(m))
	t.norm, errs[8] = ortgo.NewEmptyTensor[float32](ortgo.NewShape(1))
	t.correct, errs[9] = ortgo.NewEmptyTensor[uint8](ortgo.NewShape(m))
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("shaping training step: %w", err)
	}
	return nil
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
	t.rate.GetData()[0] = rate
	t.number.GetData()[0] = float32(t.count + 1)
	from, to := t.buffers[t.current], t.buffers[1-t.current]
	in := map[string]ort.Value{
		inIDs: t.ids, inPositions: t.positions, inLabels: t.labels, inWeights: t.weights, inRate: t.rate, inCount: t.number,
	}
	out := map[string]ort.Value{outLoss: t.loss, outLosses: t.losses, outCorrect: t.correct, outNorm: t.norm}
	for i, p := range t.params {
		in[p.Name], in["m."+p.Name], in["v."+p.Name] = from.weights[i], from.first[i], from.second[i]
		out["new."+p.Name], out["new.m."+p.Name], out["new.v."+p.Name] = to.weights[i], to.first[i], to.second[i]
	}
	if err := run(ctx, t.step, in, out); err != nil {
		return Result{}, fmt.Errorf("taking training step %d: %w", t.count+1, err)
	}
	r := t.result()
	r.GradNorm = t.norm.GetData()[0]
	if !finite(r.Loss) || !finite(r.GradNorm) {
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
	in := map[string]ort.Value{inIDs: t.ids, inPositions: t.positions, inLabels: t.labels, inWeights: t.weights}
	for i, p := range t.params {
		in[p.Name] = t.buffers[t.current].weights[i]
	}
	out := map[string]ort.Value{outLoss: t.loss, outLosses: t.losses, outCorrect: t.correct}
	if err := run(ctx, t.evaluate, in, out); err != nil {
		return Result{}, fmt.Errorf("evaluating a batch: %w", err)
	}
	return t.result(), nil
}

// feed checks a batch and copies it into the input tensors: a wrong id would read outside a table.
func (t *Trainer) feed(b Batch) error {
	n, m := t.shape.Batch*t.shape.Length, t.shape.Masked
	if len(b.IDs) != n || len(b.Positions) != m || len(b.Labels) != m || len(b.Weights) != m {
		return fmt.Errorf("feeding a batch: %d ids, %d positions, %d labels, %d weights; the step takes %d and %d",
			len(b.IDs), len(b.Positions), len(b.Labels), len(b.Weights), n, m)
	}
	for _, list := range []struct {
		name   string
		values []int64
		limit  int
	}{{"id", b.IDs, t.options.Config.VocabSize}, {"position", b.Positions, n}, {"label", b.Labels, t.options.Config.VocabSize}} {
		for _, v := range list.values {
			if v < 0 || v >= int64(list.limit) {
				return fmt.Errorf("feeding a batch: %s %d is not below %d", list.name, v, list.limit)
			}
		}
	}
	copy(t.ids.GetData(), b.IDs)
	copy(t.positions.GetData(), b.Positions)
	copy(t.labels.GetData(), b.Labels)
	copy(t.weights.GetData(), b.Weights)
	return nil
}

func (t *Trainer) result() Result {
	r := Result{Loss: t.loss.GetData()[0], Losses: append([]float32(nil), t.losses.GetData()...), Correct: make([]bool, t.shape.Masked)}
	for i, c := range t.correct.GetData() {
		r.Correct[i] = c != 0
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
func run(ctx context.Context, s *ort.Session, in, out map[string]ort.Value) error {
	inputs, outputs := make([]ort.Value, len(s.Inputs)), make([]ort.Value, len(s.Outputs))
	for i, name := range s.Inputs {
		inputs[i] = in[name]
	}
	for i, name := range s.Outputs {
		outputs[i] = out[name]
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
	for _, tensor := range []*ortgo.Tensor[int64]{t.ids, t.positions, t.labels} {
		if tensor != nil {
			tensor.Destroy()
		}
	}
	for _, tensor := range []*ortgo.Tensor[float32]{t.weights, t.rate, t.number, t.loss, t.losses, t.norm} {
		if tensor != nil {
			tensor.Destroy()
		}
	}
	if t.correct != nil {
		t.correct.Destroy()
	}
}
