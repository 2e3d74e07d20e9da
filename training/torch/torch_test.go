package torch

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"testing"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort/orttest"
	"mlm-lsp/training/step"
)

func testConfig() onnx.Config {
	return onnx.Config{
		ModelType: "modernbert", VocabSize: 60, HiddenSize: 32, IntermediateSize: 48, Layers: 2, Heads: 2, MaxPositions: 64, NormEps: 1e-5, Activation: "gelu",
		HeadActivation: "gelu", PadID: 3, InitializerRange: 0.1, GlobalEvery: 2, LocalWindow: 8, GlobalTheta: 10000, LocalTheta: 1000, TieWordEmbeddings: true,
		PointerHead: true, DetectHead: true,
	}
}

func testOptions(c onnx.Config) step.Options {
	return step.Options{
		Shape:  step.Shape{Batch: 4, Length: 24, Masked: 12, Queries: 3, Names: 5, Sites: 10},
		Config: c, WeightDecay: 0.1, ClipNorm: 0.5, Threads: 1, PointerWeight: 0.5, DetectWeight: 1,
	}.WithDefaults()
}

// testBatch draws a batch with unused places of every kind among it.
func testBatch(o step.Options, seed uint64) step.Batch {
	random, s := rand.New(rand.NewPCG(seed, 1)), o.Shape
	b := step.Batch{}
	for range s.Batch * s.Length {
		b.IDs = append(b.IDs, int64(random.IntN(o.Config.VocabSize)))
	}
	for i := range s.Masked {
		b.Positions = append(b.Positions, int64(i*s.Batch*s.Length/s.Masked))
		b.Labels = append(b.Labels, int64(random.IntN(o.Config.VocabSize)))
		b.Weights = append(b.Weights, float32(i%3)/2)
	}
	for row := range s.Batch {
		for i := range s.Queries {
			b.QueryAt, b.QueryName = append(b.QueryAt, int64(row*s.Length+2*i)), append(b.QueryName, int64(random.IntN(s.Names))-1)
		}
		for i := range s.Names {
			b.NameAt, b.NameID = append(b.NameAt, int64(row*s.Length+3+2*i)), append(b.NameID, int64(random.IntN(s.Names-1))-1)
		}
	}
	for i := range s.Sites {
		b.SiteAt, b.SiteLabels = append(b.SiteAt, int64(random.IntN(s.Batch*s.Length))), append(b.SiteLabels, float32(random.IntN(2)))
		b.SiteWeights = append(b.SiteWeights, float32(i%4))
	}
	return b
}

// start starts an engine on the CPU in float32 with the interpreter that tests use.
func start(t *testing.T, o Options, w onnx.Weights) *Trainer {
	t.Helper()
	o.Python, o.Device, o.Precision = python(t), "cpu", "fp32"
	trainer, err := New(context.Background(), o, w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trainer.Close)
	return trainer
}

// python finds an interpreter with PyTorch. The tests of an engine need the engine: .ci/run installs it, elsewhere
// MLM_LSP_TEST_PYTHON names it.
func python(t *testing.T) string {
	t.Helper()
	name := os.Getenv("MLM_LSP_TEST_PYTHON")
	if name == "" {
		name = "python3"
	}
	if err := exec.Command(name, "-c", "import torch, numpy").Run(); err != nil {
		t.Skipf("%s has no PyTorch (%v); install Debian's python3-torch or name an interpreter in MLM_LSP_TEST_PYTHON", name, err)
	}
	return name
}

func weights(t *testing.T, c onnx.Config) onnx.Weights {
	t.Helper()
	return onnx.InitWeights(c, 3)
}

const tolerance = 2e-4 // of losses and weights after ten steps, relative to the largest: rounding, in another order

func close(a, b float32) bool {
	return math.Abs(float64(a-b)) <= tolerance*max(1, math.Abs(float64(b)))
}

func compare(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	for i := range got {
		if !close(got[i], want[i]) {
			t.Fatalf("%s: value %d is %v, want %v", name, i, got[i], want[i])
		}
	}
}

// compareResults compares what two engines said of a batch; of places of weight 0 they may say anything.
func compareResults(t *testing.T, b step.Batch, got, want step.Result) {
	t.Helper()
	for _, r := range []step.Result{got, want} {
		for i, w := range b.Weights {
			if w == 0 {
				r.Losses[i], r.Correct[i] = 0, false
			}
		}
		for i, w := range b.SiteWeights {
			if w == 0 {
				r.SiteLogits[i] = 0
			}
		}
	}
	compare(t, "losses", []float32{got.Loss, got.PointerLoss, got.DetectLoss, got.GradNorm}, []float32{want.Loss, want.PointerLoss, want.DetectLoss, want.GradNorm})
	compare(t, "losses of places", got.Losses, want.Losses)
	compare(t, "losses of queries", got.QueryLosses, want.QueryLosses)
	compare(t, "logits of sites", got.SiteLogits, want.SiteLogits)
}

func compareStates(t *testing.T, got, want step.State) {
	t.Helper()
	if got.Step != want.Step {
		t.Errorf("%d steps, want %d", got.Step, want.Step)
	}
	for name, w := range want.Weights {
		compare(t, name, got.Weights[name].Floats(), w.Floats())
		compare(t, "first moment of "+name, got.First[name].Floats(), want.First[name].Floats())
		compare(t, "second moment of "+name, got.Second[name].Floats(), want.Second[name].Floats())
	}
}

// TestEnginesAgree: the same weights and batches give the same losses, gradients' norms and states from both engines.
func TestEnginesAgree(t *testing.T) {
	o := testOptions(testConfig())
	w := weights(t, o.Config)
	one := start(t, Options{Options: o}, w)
	other, err := step.New(orttest.Library(t), o, w)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for i := range uint64(10) {
		b := testBatch(o, i)
		got, err := one.Step(context.Background(), b, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		want, err := other.Step(context.Background(), b, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		compareResults(t, b, got, want)
		for j := range got.Correct {
			if got.Correct[j] != want.Correct[j] {
				t.Errorf("step %d, place %d: correct is %v, want %v", i, j, got.Correct[j], want.Correct[j])
			}
		}
	}
	state, err := one.State()
	if err != nil {
		t.Fatal(err)
	}
	compareStates(t, state, other.State())
}

// TestResumeIsExact: a state that went through a checkpoint's form goes on bit for bit.
func TestResumeIsExact(t *testing.T) {
	o := testOptions(testConfig())
	w := weights(t, o.Config)
	steps := func(e *Trainer, from, to uint64) {
		for i := from; i < to; i++ {
			if _, err := e.Step(context.Background(), testBatch(o, i), 1e-3); err != nil {
				t.Fatal(err)
			}
		}
	}
	straight := start(t, Options{Options: o}, w)
	steps(straight, 0, 5)
	half, err := straight.State()
	if err != nil {
		t.Fatal(err)
	}
	steps(straight, 5, 10)
	resumed := start(t, Options{Options: o}, onnx.InitWeights(o.Config, 99))
	if err := resumed.Load(half); err != nil {
		t.Fatal(err)
	}
	steps(resumed, 5, 10)
	a, errA := straight.State()
	b, errB := resumed.State()
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	for name := range a.Weights {
		if !bytes.Equal(a.Weights[name].Data, b.Weights[name].Data) {
			t.Errorf("%s differs after resuming", name)
		}
	}
}

// TestPartsEqualTheWhole: a batch that is taken in parts, or shared out among two processes, gives the step of the whole batch.
func TestPartsEqualTheWhole(t *testing.T) {
	o := testOptions(testConfig())
	w := weights(t, o.Config)
	run := func(options Options) (step.Result, step.State) {
		e := start(t, options, w)
		var last step.Result
		for i := range uint64(3) {
			var err error
			if last, err = e.Step(context.Background(), testBatch(o, i), 1e-3); err != nil {
				t.Fatal(err)
			}
		}
		s, err := e.State()
		if err != nil {
			t.Fatal(err)
		}
		return last, s
	}
	result, state := run(Options{Options: o})
	for name, options := range map[string]Options{
		"parts": {Options: o, RowsAtOnce: 1}, "two processes": {Options: o, Processes: 2}, "two processes in parts": {Options: o, Processes: 2, RowsAtOnce: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, s := run(options)
			compareResults(t, testBatch(o, 2), r, result)
			compareStates(t, s, state)
		})
	}
}

// TestTwoMachines: the documented way over several machines, both of them this one.
func TestTwoMachines(t *testing.T) {
	o := testOptions(testConfig())
	w := weights(t, o.Config)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	rendezvous := []string{"--nnodes=2", "--master_addr=127.0.0.1", fmt.Sprintf("--master_port=%d", port)}

	args := append([]string{"engine.py", "launch", "--nproc_per_node=1", "--node_rank=1"}, rendezvous...)
	second := exec.Command(python(t), args...)
	var log bytes.Buffer
	second.Stdout, second.Stderr = &log, &log
	ownGroup(second)
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- second.Wait() }()

	first := start(t, Options{Options: o, Torchrun: append([]string{"--node_rank=0"}, rendezvous...)}, w)
	got, err := first.Step(context.Background(), testBatch(o, 0), 1e-3)
	if err != nil {
		t.Fatalf("%v; the second machine wrote:\n%s", err, &log)
	}
	if first.Info().World != 2 {
		t.Errorf("%d processes, want 2", first.Info().World)
	}
	want, err := start(t, Options{Options: o}, w).Step(context.Background(), testBatch(o, 0), 1e-3)
	if err != nil {
		t.Fatal(err)
	}
	compareResults(t, testBatch(o, 0), got, want)
	first.Close()
	if err := <-ended; err != nil { // the end of the training ends the other machine, too
		t.Errorf("the second machine: %v\n%s", err, &log)
	}
}

// TestKilledProcess: when a process dies, the call that waits for it says so and quotes it; what was read out before goes on elsewhere.
func TestKilledProcess(t *testing.T) {
	o := testOptions(testConfig())
	e := start(t, Options{Options: o, Processes: 2}, weights(t, o.Config))
	if _, err := e.Step(context.Background(), testBatch(o, 0), 1e-3); err != nil {
		t.Fatal(err)
	}
	saved, err := e.State()
	if err != nil {
		t.Fatal(err)
	}
	// The process group of the launcher holds every rank.
	if err := e.kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Step(context.Background(), testBatch(o, 1), 1e-3); err == nil {
		t.Fatal("a step succeeded without its processes")
	}
	again := start(t, Options{Options: o}, saved.Weights)
	if err := again.Load(saved); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Step(context.Background(), testBatch(o, 1), 1e-3); err != nil {
		t.Error(err)
	}
}

// TestOverflowLeavesTheState: a step whose loss is not finite changes nothing.
func TestOverflowLeavesTheState(t *testing.T) {
	o := testOptions(testConfig())
	e := start(t, Options{Options: o}, weights(t, o.Config))
	before, err := e.State()
	if err != nil {
		t.Fatal(err)
	}
	b := testBatch(o, 0)
	b.SiteWeights[1] = float32(math.Inf(1))
	if _, err := e.Step(context.Background(), b, 1e-3); err == nil {
		t.Fatal("an infinite loss was accepted")
	}
	after, err := e.State()
	if err != nil {
		t.Fatal(err)
	}
	compareStates(t, after, before)
}

func TestForeignModelsAreRefused(t *testing.T) {
	c := testConfig()
	c.Activation = "relu"
	if _, err := New(context.Background(), Options{Options: testOptions(c)}, nil); err == nil {
		t.Error("a model with relu was accepted")
	}
}

func FuzzUnpack(f *testing.F) {
	message, err := pack(map[string]any{"op": "load"}, []array{flat("a", []int64{1, 2}), flat("b", []float32{3})})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Add(message[:len(message)-1])
	f.Fuzz(func(t *testing.T, data []byte) {
		_, arrays, err := unpack(bytes.NewReader(data))
		if err != nil {
			return
		}
		for name, a := range arrays {
			n := int64(1)
			for _, d := range a.Dims {
				n *= d
			}
			if int64(len(a.Data)) != n*int64(a.DType.Size()) {
				t.Errorf("%s has %d bytes for %v", name, len(a.Data), a.Dims)
			}
		}
	})
}
