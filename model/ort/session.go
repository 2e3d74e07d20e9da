package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	ortgo "github.com/yalue/onnxruntime_go"
)

// Value is a tensor of the binding. Tensors are made with its NewTensor and
// NewEmptyTensor and freed with their Destroy; one may be reused across runs.
type Value = ortgo.Value

// SessionOptions says how a graph runs.
type SessionOptions struct {
	// Inputs and Outputs name the values of a run, in order. Both nil: they are
	// read from the graph, which costs the time of a second session.
	Inputs, Outputs []string
	// Threads is the number of threads of one operator; 0 takes what the
	// process may use, at most 8.
	Threads int
	// Spin lets idle threads wait busily: right for training, wrong for an
	// editor, where runs are seldom and the machine is the user's.
	Spin bool
	// Device is one of Devices; empty means "auto".
	Device string
	// ExactInt8 asks for int8 products that cannot overflow where the processor
	// does not need to be told; see Int8Saturates.
	ExactInt8 bool
	// NoArena frees buffers after each run in place of keeping them for the
	// next: less memory, more time.
	NoArena bool
}

// Session is a graph that is ready to run. Its methods may be called from
// several goroutines; concurrent runs share the threads.
type Session struct {
	Inputs, Outputs []string
	inner           *ortgo.DynamicAdvancedSession
	device          Device

	mu     sync.RWMutex // held for reading by runs, for writing by Close
	closed bool
}

// ErrClosed is returned by a run of a session that was closed.
var ErrClosed = errors.New("the session is closed")

// NewSession readies a graph, given as the bytes of an ONNX model, on the
// device of the options. A device that is absent or fails is replaced by the
// CPU, and Device says why. The graph must hold its weights itself: external
// data is for the caller to refuse, since the library would look for it in the
// working directory.
func (l *Library) NewSession(model []byte, opts SessionOptions) (*Session, error) {
	if err := l.Load(); err != nil {
		return nil, err
	}
	s := &Session{Inputs: opts.Inputs, Outputs: opts.Outputs}
	if s.Inputs == nil && s.Outputs == nil {
		in, out, err := ortgo.GetInputOutputInfoWithONNXData(model)
		if err != nil {
			return nil, fmt.Errorf("reading the graph: %w", err)
		}
		for _, i := range in {
			s.Inputs = append(s.Inputs, i.Name)
		}
		for _, o := range out {
			s.Outputs = append(s.Outputs, o.Name)
		}
	}
	var err error
	s.inner, s.device, err = l.withDevice(opts.Device, func(name string) (*ortgo.DynamicAdvancedSession, error) {
		o, err := sessionOptions(opts)
		if err != nil {
			return nil, err
		}
		defer o.Destroy()
		if err := appendDevice(o, name, l.Path); err != nil {
			return nil, err
		}
		return ortgo.NewDynamicAdvancedSessionWithONNXData(model, s.Inputs, s.Outputs, o)
	})
	if err != nil {
		return nil, fmt.Errorf("creating a session: %w", err)
	}
	return s, nil
}

// DefaultThreads is how many threads an operator gets when nobody says: those
// that the process may use (the Go runtime knows affinity and container
// limits), at most 8, beyond which small models gain nothing.
func DefaultThreads() int {
	return max(1, min(runtime.GOMAXPROCS(0), 8))
}

func sessionOptions(opts SessionOptions) (*ortgo.SessionOptions, error) {
	o, err := ortgo.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	threads := opts.Threads
	if threads <= 0 {
		threads = DefaultThreads()
	}
	flag := map[bool]string{false: "0", true: "1"}
	err = errors.Join(
		o.SetIntraOpNumThreads(threads),
		o.SetInterOpNumThreads(1),
		o.SetExecutionMode(ortgo.ExecutionModeSequential),
		o.SetGraphOptimizationLevel(ortgo.GraphOptimizationLevelEnableAll),
		// Patterns are kept per shape; windows come in many.
		o.SetMemPattern(false),
		o.SetCpuMemArena(!opts.NoArena),
		o.SetLogSeverityLevel(ortgo.LoggingLevelFatal),
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", flag[opts.Spin]),
		o.AddSessionConfigEntry("session.inter_op.allow_spinning", "0"),
		o.AddSessionConfigEntry("session.set_denormal_as_zero", "1"),
		o.AddSessionConfigEntry("session.x64quantprecision", flag[opts.ExactInt8 || Int8Saturates()]),
	)
	if err != nil {
		o.Destroy()
		return nil, err
	}
	return o, nil
}

// Device says where the session runs and why.
func (s *Session) Device() Device { return s.device }

// Run computes outputs from inputs, both in the order of the session's names. A
// nil output is allocated by the library, and is then the caller's to Destroy.
// When ctx ends first, the run stops at the end of the operator that it is in,
// and the context's error is returned; the session stays usable.
func (s *Session) Run(ctx context.Context, inputs, outputs []Value) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	if ctx.Done() == nil {
		return s.inner.Run(inputs, outputs)
	}
	options, err := ortgo.NewRunOptions()
	if err != nil {
		return err
	}
	terminated := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(terminated)
		// It can only fail on options that are gone, and these are kept
		// until it has returned.
		_ = options.Terminate()
	})
	err = s.inner.RunWithOptions(inputs, outputs, options)
	if !stop() {
		<-terminated
	}
	destroyErr := options.Destroy()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(err, destroyErr)
}

// Close frees the graph, after the runs under way have ended. A second call
// does nothing.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.inner.Destroy()
}
