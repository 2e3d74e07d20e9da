package model

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
)

// Diagnosis is what `mlm-lsp doctor` shows. Parts that could not be looked at
// are zero, and Problems says why.
type Diagnosis struct {
	Library   *ort.Library
	Threads   int
	CPU       []string // features that matter to int8
	Saturates bool     // int8 must use slow products here, see ort.Int8Saturates
	Devices   []DeviceState
	Device    ort.Device // the one that answers, and why

	Bundle *BundleState

	SelfTest  []SelfTest
	Agreement *Agreement
	Latency   *BenchResult // of 256 subwords, or the window where that is less

	// Problems are sentences for the user, each with what to do.
	Problems []string
}

// DeviceState says whether a device can be used.
type DeviceState struct {
	Name   string
	Usable bool
	Reason string // why not
}

// BundleState describes a bundle.
type BundleState struct {
	Name, Title, Digest string
	Languages           []string
	Architecture        string
	Heads               []string // those beside the vocabulary's
	Parameters          int64
	Vocabulary, Window  int
	Precision           bundle.Precision // of the graph that answers
	Files               map[string]int64 // sizes in bytes
}

// SelfTest is one built-in question and its answer.
type SelfTest struct {
	Language, Want, Got string
	Probability         float64 // of Want among the choices
}

// Agreement compares int8 with fp32 on the built-in samples, every subword
// masked in turn.
type Agreement struct {
	Sites int
	Top1  float64 // share of sites where both name the same subword
	// Difference is the mean of |log p_int8 - log p_fp32| of the subword that
	// stands there.
	Difference float64
}

// DiagnoseOptions says what to look at.
type DiagnoseOptions struct {
	Library string // --ort-library
	// Open opens the bundle.
	Open  func() (*bundle.Bundle, error)
	Model Options
}

// Diagnose looks at everything that predictions depend on. It never fails:
// what it could not do is among the problems. It opens no network connection.
func Diagnose(ctx context.Context, opts DiagnoseOptions) Diagnosis {
	d := Diagnosis{Threads: opts.Model.Threads, CPU: ort.CPUFeatures(), Saturates: ort.Int8Saturates()}
	if d.Threads <= 0 {
		d.Threads = ort.DefaultThreads()
	}
	problem := func(err error) {
		d.Problems = append(d.Problems, err.Error())
	}
	if d.Saturates {
		d.Problems = append(d.Problems, "this processor has no VNNI: int8 runs on exact products, about as fast as fp32")
	}
	if lib, err := ort.Find(ort.FindOptions{Explicit: opts.Library}); err != nil {
		problem(err)
	} else if err := lib.Load(); err != nil {
		problem(err)
	} else {
		d.Library = lib
		d.Devices = devices(lib)
	}
	b, err := opts.Open()
	if err != nil {
		problem(err)
		return d
	}
	defer b.Close()
	if d.Bundle, err = Describe(b); err != nil {
		problem(err)
		return d
	}
	if d.Library == nil {
		return d
	}
	if err := d.ask(ctx, b, opts.Model); err != nil {
		problem(err)
	}
	return d
}

// ask runs the self-test, the comparison and the clock.
func (d *Diagnosis) ask(ctx context.Context, b *bundle.Bundle, opts Options) error {
	m, err := Open(d.Library, b, opts)
	if err != nil {
		return err
	}
	defer m.Close()
	d.Device = m.about.Device
	d.Bundle.Precision, d.Bundle.Window = m.about.Precision, m.about.Window
	if message := d.Device.Message(); message != "" {
		d.Problems = append(d.Problems, message)
	}
	if d.SelfTest, err = m.selfTest(ctx); err != nil {
		return err
	}
	latency, err := m.latency(ctx)
	if err != nil {
		return err
	}
	d.Latency = &latency
	models, err := bothPrecisions(d.Library, b, opts)
	if err != nil {
		return err
	}
	defer closeAll(models)
	if len(models) < 2 {
		return nil // there is nothing to compare with
	}
	agreement, err := compare(ctx, models[0], models[1])
	if err != nil {
		return err
	}
	d.Agreement = &agreement
	if agreement.Top1 < 0.9 {
		d.Problems = append(d.Problems, fmt.Sprintf("int8 and fp32 agree on %.0f%% of the samples only: use --precision fp32", 100*agreement.Top1))
	}
	return nil
}

// Describe says what a bundle is. Weights are counted, not read, except where
// a bundle holds no configuration of ours.
func Describe(b *bundle.Bundle) (*BundleState, error) {
	digest, err := b.Digest()
	if err != nil {
		return nil, err
	}
	s := &BundleState{
		Name: b.Name, Title: b.Meta.Name, Digest: digest, Languages: b.Meta.Languages,
		Architecture: b.Config.ModelType, Heads: b.Config.MoreHeads(), Vocabulary: b.Tokenizer.Size(), Window: b.Config.Positions(), Files: map[string]int64{},
	}
	for _, p := range b.Config.Parameters() {
		n := int64(1)
		for _, dim := range p.Shape {
			n *= dim
		}
		s.Parameters += n
	}
	for _, name := range []string{bundle.ConfigFile, bundle.TokenizerFile, bundle.WeightsFile, bundle.GraphFile, bundle.Int8File, bundle.MetaFile} {
		if b.Has(name) {
			s.Files[name] = b.Size(name)
		}
	}
	return s, nil
}

// devices tries every device of this system.
func devices(lib *ort.Library) []DeviceState {
	var out []DeviceState
	for _, name := range ort.Devices[1:] {
		if name == "coreml" && runtime.GOOS != "darwin" || name == "directml" && runtime.GOOS != "windows" {
			continue
		}
		state := DeviceState{Name: name, Usable: true}
		if err := probeDevice(lib, name); err != nil {
			state.Usable, state.Reason = false, err.Error()
		}
		out = append(out, state)
	}
	return out
}

// probeDevice tries a device on a graph of one operator.
func probeDevice(lib *ort.Library, name string) error {
	g := onnx.NewGraph("probe")
	x := g.Input("x", onnx.Float32, 4)
	g.Output(g.Op("Relu", []onnx.Value{x}), onnx.Float32, 4)
	probe, err := g.Marshal()
	if err != nil {
		return err
	}
	return lib.Probe(name, probe)
}

func (m *Model) selfTest(ctx context.Context) ([]SelfTest, error) {
	var qs []Query
	var out []SelfTest
	for _, s := range samplesFor(m.about.Languages) {
		q, want := s.gap()
		qs = append(qs, q)
		out = append(out, SelfTest{Language: s.language, Want: want})
	}
	answers, err := m.Predict(ctx, qs)
	if err != nil {
		return nil, fmt.Errorf("testing the model: %w", err)
	}
	for i, p := range answers {
		out[i].Got = p.Candidates[0].Text
		for _, c := range p.Candidates {
			if c.Text == out[i].Want {
				out[i].Probability = math.Exp(c.LogProb)
			}
		}
	}
	return out, nil
}

// latency is the time of a pass of 256 subwords.
func (m *Model) latency(ctx context.Context) (BenchResult, error) {
	r := BenchResult{Precision: m.about.Precision, Subwords: min(256, m.window), Runs: 40}
	var times, full []time.Duration
	for i := range r.Runs + warmUp {
		d, err := m.timePass(ctx, r.Subwords, 1)
		if err != nil {
			return r, err
		}
		if i >= warmUp {
			times = append(times, d)
		}
		if i%everyFull != 0 {
			continue
		}
		if d, err = m.timePass(ctx, r.Subwords, fullPass(r.Subwords)); err != nil {
			return r, err
		}
		full = append(full, d)
	}
	r.P50, r.P95, r.RowsPerSecond = quantile(times, 0.5), quantile(times, 0.95), rowsPerSecond(r.Subwords, full)
	return r, nil
}

// compare masks every subword of the samples in both models.
func compare(ctx context.Context, a, b *Model) (Agreement, error) {
	type answer struct {
		best    int32
		logProb float64
	}
	answers := func(m *Model) ([]answer, error) {
		var out []answer
		var rows []*row
		for _, s := range samplesFor(m.about.Languages) {
			ids := slices.Concat(m.openers(s.language), m.tok.Encode(s.plain()).IDs)
			first := len(m.openers(s.language))
			ids = ids[:min(len(ids), m.window-1)]
			if m.special.SEP >= 0 {
				ids = append(ids, m.special.SEP)
			}
			base := len(out)
			out = append(out, make([]answer, len(ids))...)
			for start := range scanStride {
				r := &row{ids: slices.Clone(ids)}
				for i := first + start; i < len(ids)-1; i += scanStride {
					r.ids[i] = m.special.MASK
					r.wanted = append(r.wanted, i)
				}
				r.visit = func(wanted int, d distribution) {
					at := r.wanted[wanted]
					out[base+at] = answer{m.bestOther(d, -1), d.logProb(ids[at])}
				}
				rows = append(rows, r)
			}
		}
		return out, m.forward(ctx, rows)
	}
	left, err := answers(a)
	if err != nil {
		return Agreement{}, fmt.Errorf("comparing precisions: %w", err)
	}
	right, err := answers(b)
	if err != nil {
		return Agreement{}, fmt.Errorf("comparing precisions: %w", err)
	}
	var out Agreement
	for i := range left {
		if left[i] == (answer{}) {
			continue // a place that is never masked
		}
		out.Sites++
		if left[i].best == right[i].best {
			out.Top1++
		}
		out.Difference += math.Abs(left[i].logProb - right[i].logProb)
	}
	if out.Sites > 0 {
		out.Top1 /= float64(out.Sites)
		out.Difference /= float64(out.Sites)
	}
	return out, nil
}
