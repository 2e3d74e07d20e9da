// Package torch is the training engine for GPUs, for processors whose matrix units PyTorch knows better than ONNX Runtime does,
// and for more than one machine: the same steps as package step, taken by a PyTorch program (engine.py) that this package starts
// and speaks with over a socket.
//
// Everything else stays in Go: shards, masks, schedule, checkpoints, reports. Both engines read the same step.Batch and leave the
// same step.State, so that a run may change engines at a checkpoint.
//
// Invariants: the state after a step that failed or overflowed is the state before it, or the engine is gone and every later
// call says so. The socket lies in a directory that only its user may enter. With several processes the gradient is that of one
// process but for rounding.
package torch

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"mlm-lsp/model/onnx"
	"mlm-lsp/training/step"
)

//go:embed engine.py
var program []byte

// Options fix an engine.
type Options struct {
	step.Options
	// Python is the interpreter; "" is python3.
	Python string
	// Processes is how many processes share the rows of a batch on this machine; 0 is one. With more than one, or with
	// Torchrun set, they are started by torchrun.
	Processes int
	// Torchrun are further arguments of torchrun for several machines, as --nnodes=2 --node_rank=0 --master_addr=HOST
	// --master_port=PORT. This machine must have node rank 0; each other one runs "python3 engine.py launch" with the same
	// arguments, --nproc_per_node and its own --node_rank, and needs nothing but that file.
	Torchrun []string
	// Device is "auto" (or ""), "cpu" or "cuda".
	Device string
	// Precision is "auto" (or ""): bfloat16 where its matrix products are faster, "bf16" or "fp32". Weights, moments and sums
	// are float32 in any case.
	Precision string
	// Compile hands the step to torch.compile where the version has it.
	Compile bool
	// RowsAtOnce bounds the rows that one process holds in memory at once; a larger share of a batch is taken in parts whose
	// gradients are added up. 0 is no bound.
	RowsAtOnce int
	// Log receives what the processes write to their standard error; nil drops all but the end, which errors quote.
	Log io.Writer
}

// Info is what the engine found on its machine.
type Info struct {
	Version string  `json:"torch"`
	Device  string  `json:"device"`
	Name    string  `json:"device_name"`
	Half    bool    `json:"bf16"`
	Compile bool    `json:"compiled"`
	World   int     `json:"world"`
	Peak    float64 `json:"peak"` // floating-point operations per second that matrix products reach, all processes together
}

// String names the engine on one line.
func (i Info) String() string {
	device, precision := i.Device, "fp32"
	if i.Name != "" {
		device = i.Name
	}
	if i.Half {
		precision = "bf16"
	}
	parts := []string{"PyTorch " + i.Version, device, precision}
	if i.Compile {
		parts = append(parts, "compiled")
	}
	if i.World > 1 {
		parts = append(parts, fmt.Sprintf("%d processes", i.World))
	}
	return fmt.Sprintf("%s; matrix products reach %.2f TFLOP/s", strings.Join(parts, ", "), i.Peak/1e12)
}

// Trainer is the engine. It is not safe for concurrent use.
type Trainer struct {
	options Options
	shape   step.Shape
	info    Info
	dir     string
	command *exec.Cmd
	conn    net.Conn
	tail    *tail
	done    chan error // the process' end
	broken  error
}

// startTimeout is how long the program may take to import PyTorch and to find the other processes.
const startTimeout = 10 * time.Minute

// New starts the program and gives it weights w with empty moments.
func New(ctx context.Context, o Options, w onnx.Weights) (_ *Trainer, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("starting the torch engine: %w", err)
		}
	}()
	if o.Config.ModelType != "modernbert" || o.Config.Activation != "gelu" || o.Config.HeadActivation != "gelu" {
		return nil, fmt.Errorf("it trains ModernBERT models with gelu, this one is %s with %s; use --engine ort", o.Config.ModelType, o.Config.Activation)
	}
	o.Options = o.Options.WithDefaults()
	if err := o.Config.Check(); err != nil {
		return nil, err
	}
	started := &Trainer{options: o, shape: o.Shape, tail: &tail{to: o.Log}, done: make(chan error, 1)}
	if err := started.start(ctx); err != nil {
		started.Close()
		return nil, err
	}
	if err := started.Load(step.State{Weights: w}); err != nil {
		started.Close()
		return nil, err
	}
	return started, nil
}

// start starts the processes and waits until they are ready.
func (t *Trainer) start(ctx context.Context) error {
	var err error
	if t.dir, err = os.MkdirTemp("", "mlm-lsp-torch-"); err != nil {
		return err
	}
	path, socket := filepath.Join(t.dir, "engine.py"), filepath.Join(t.dir, "socket")
	if err := os.WriteFile(path, program, 0o600); err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer listener.Close()
	t.command = t.options.command(path)
	t.command.Env = append(environment(os.Environ()), "MLM_LSP_SOCKET="+socket, "PYTHONUNBUFFERED=1")
	t.command.Stdout, t.command.Stderr = t.tail, t.tail
	ownGroup(t.command) // an interrupt at the terminal is for this program, which saves the run first
	if err := t.command.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return fmt.Errorf("%w; install Python with PyTorch, or name its interpreter with --python", err)
		}
		return err
	}
	go func() { t.done <- t.command.Wait() }()
	accepted := make(chan net.Conn, 1)
	go func() {
		if conn, err := listener.Accept(); err == nil {
			accepted <- conn
		}
	}()
	select {
	case t.conn = <-accepted:
	case err := <-t.done:
		t.done <- err
		return fmt.Errorf("it ended: %v%s", err, t.tail.quote())
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(startTimeout):
		return fmt.Errorf("it did not answer within %v%s", startTimeout, t.tail.quote())
	}
	return t.handshake()
}

// heap tells glibc (2.35 and later; the others pass over it) to keep what is freed and to ask for large pages. A step on a CPU
// allocates hundreds of megabytes and frees them again; faulting those pages in anew, 4 KiB at a time, took a sixth of its time.
const heap = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=8000000000:glibc.malloc.trim_threshold=8000000000:glibc.malloc.top_pad=268435456"

// environment is the program's: ours, with the heap's settings unless somebody has chosen others.
func environment(ours []string) []string {
	for _, v := range ours {
		if strings.HasPrefix(v, "GLIBC_TUNABLES=") {
			return ours
		}
	}
	return append(slices.Clone(ours), "GLIBC_TUNABLES="+heap)
}

// command is how the program is started.
func (o Options) command(path string) *exec.Cmd {
	python := o.Python
	if python == "" {
		python = "python3"
	}
	if o.Processes <= 1 && len(o.Torchrun) == 0 {
		return exec.Command(python, path)
	}
	args := []string{path, "launch", "--nproc_per_node=" + strconv.Itoa(max(1, o.Processes))}
	if len(o.Torchrun) == 0 {
		args = append(args, "--standalone")
	}
	return exec.Command(python, append(args, o.Torchrun...)...)
}

func (t *Trainer) handshake() error {
	config, err := t.options.Config.Marshal()
	if err != nil {
		return err
	}
	device, precision := t.options.Device, t.options.Precision
	if device == "" {
		device = "auto"
	}
	if precision == "" {
		precision = "auto"
	}
	threads := t.options.Threads
	if threads == 0 && t.options.Processes > 1 {
		threads = 1
	}
	_, _, err = t.call(map[string]any{"op": "start", "options": map[string]any{
		"config": json.RawMessage(config), "threads": threads, "device": device, "precision": precision, "compile": t.options.Compile,
		"rows_at_once": t.options.RowsAtOnce, "beta1": t.options.Beta1, "beta2": t.options.Beta2, "eps": t.options.Eps,
		"weight_decay": t.options.WeightDecay, "clip_norm": t.options.ClipNorm, "pointer_weight": t.options.PointerWeight, "detect_weight": t.options.DetectWeight,
	}}, nil, &t.info)
	return err
}

// Info says what the engine runs on.
func (t *Trainer) Info() Info { return t.info }

// Reshape changes the shape of the batches that follow; the state stays.
func (t *Trainer) Reshape(s step.Shape) error {
	if err := s.Check(t.options.Config); err != nil {
		return fmt.Errorf("shaping training step: %w", err)
	}
	t.shape = s
	return nil
}

// outcome is the header of an answer; a number that is not finite is missing.
type outcome struct {
	MLM     float64 `json:"mlm_loss"`
	Norm    float64 `json:"norm"`
	Finite  bool    `json:"finite"`
	Pointer float64 `json:"pointer_loss"`
	Detect  float64 `json:"detect_loss"`
}

func (t *Trainer) batch(op string, b step.Batch, rate float32) (r step.Result, finite bool, err error) {
	if err := b.Check(t.shape, t.options.Config.VocabSize); err != nil {
		return r, false, err
	}
	rows := int64(t.shape.Batch)
	arrays := []array{
		{"ids", b.IDs, []int64{rows, int64(t.shape.Length)}}, flat("positions", b.Positions), flat("labels", b.Labels), flat("weights", b.Weights),
	}
	if t.shape.Queries > 0 {
		queries, names := []int64{rows, int64(t.shape.Queries)}, []int64{rows, int64(t.shape.Names)}
		arrays = append(arrays, flat("query_at", b.QueryAt), array{"query_name", b.QueryName, queries}, flat("name_at", b.NameAt), array{"name_id", b.NameID, names})
	}
	if t.shape.Sites > 0 {
		arrays = append(arrays, flat("site_at", b.SiteAt), flat("site_labels", b.SiteLabels), flat("site_weights", b.SiteWeights))
	}
	var o outcome
	_, out, err := t.call(map[string]any{"op": op, "rate": rate}, arrays, &o)
	if err != nil {
		return r, false, err
	}
	r = step.Result{
		Loss: float32(o.MLM), GradNorm: float32(o.Norm), PointerLoss: float32(o.Pointer), DetectLoss: float32(o.Detect),
		Losses: out["losses"].Floats(), QueryLosses: out["query_losses"].Floats(), SiteLogits: out["site_logits"].Floats(),
	}
	for _, c := range out["correct"].Floats() {
		r.Correct = append(r.Correct, c > 0.5)
	}
	return r, o.Finite, nil
}

// Step takes one optimizer step at learning rate rate. A step that was begun is finished even when ctx ends. When the result is
// step.ErrNotFinite the state is as before.
func (t *Trainer) Step(ctx context.Context, b step.Batch, rate float32) (step.Result, error) {
	if err := ctx.Err(); err != nil {
		return step.Result{}, err
	}
	r, finite, err := t.batch("step", b, rate)
	if err != nil {
		return r, fmt.Errorf("taking training step: %w", err)
	}
	if !finite {
		return r, fmt.Errorf("taking training step: %w", step.ErrNotFinite)
	}
	return r, nil
}

// Evaluate runs the forward pass alone.
func (t *Trainer) Evaluate(ctx context.Context, b step.Batch) (step.Result, error) {
	if err := ctx.Err(); err != nil {
		return step.Result{}, err
	}
	r, _, err := t.batch("evaluate", b, 0)
	if err != nil {
		return r, fmt.Errorf("evaluating a batch: %w", err)
	}
	return r, nil
}

// State copies the state out.
func (t *Trainer) State() (step.State, error) {
	var answer struct {
		Steps int64 `json:"steps"`
	}
	_, out, err := t.call(map[string]any{"op": "state"}, nil, &answer)
	if err != nil {
		return step.State{}, fmt.Errorf("reading training state: %w", err)
	}
	s := step.State{Step: answer.Steps, Weights: onnx.Weights{}, First: onnx.Weights{}, Second: onnx.Weights{}}
	for name, tensor := range out {
		for kind, group := range map[string]onnx.Weights{"weight/": s.Weights, "first/": s.First, "second/": s.Second} {
			if rest, ok := strings.CutPrefix(name, kind); ok {
				group[rest] = tensor
			}
		}
	}
	return s, nil
}

// Load replaces the state. Absent moments start at zero; on an error the state is as before.
func (t *Trainer) Load(s step.State) error {
	var arrays []array
	for kind, group := range map[string]onnx.Weights{"weight/": s.Weights, "first/": s.First, "second/": s.Second} {
		if group == nil {
			continue
		}
		matched, err := t.options.Config.Match(group)
		if err != nil {
			return fmt.Errorf("loading training state: %w", err)
		}
		for name, tensor := range matched {
			arrays = append(arrays, array{kind + name, tensor.Floats(), tensor.Dims})
		}
	}
	if _, _, err := t.call(map[string]any{"op": "load", "steps": s.Step}, arrays, nil); err != nil {
		return fmt.Errorf("loading training state: %w", err)
	}
	return nil
}

// Close ends the program.
func (t *Trainer) Close() {
	if t.conn != nil {
		t.conn.Close()
	}
	if t.command != nil && t.command.Process != nil {
		select {
		case <-t.done:
		case <-time.After(5 * time.Second):
			_ = t.command.Process.Kill() // it may have ended meanwhile
			<-t.done
		}
	}
	if t.dir != "" {
		os.RemoveAll(t.dir)
	}
	t.conn, t.command, t.dir = nil, nil, ""
	t.broken = errors.New("the torch engine is closed")
}

// tail passes on what it is given and keeps the end of it.
type tail struct {
	to   io.Writer
	last []byte
}

const tailBytes = 2000

func (t *tail) Write(p []byte) (int, error) {
	t.last = append(t.last, p...)
	if len(t.last) > 2*tailBytes {
		t.last = append([]byte(nil), t.last[len(t.last)-tailBytes:]...)
	}
	if t.to == nil {
		return len(p), nil
	}
	return t.to.Write(p)
}

// quote is the end of what was written, for an error.
func (t *tail) quote() string {
	text := bytes.TrimSpace(t.last)
	if len(text) == 0 {
		return ""
	}
	return "; it last wrote:\n" + string(text[max(0, len(text)-tailBytes):])
}
