package ort_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ortgo "github.com/yalue/onnxruntime_go"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
	"mlm-lsp/model/ort/orttest"
)

// heavy is a chain of matrix products: each takes little, all of them seconds.
func heavy(t *testing.T, products int) []byte {
	t.Helper()
	const n = 256
	data := make([]float32, n*n)
	for i := range data {
		data[i] = float32(math.Sin(float64(i))) / n
	}
	g := onnx.NewGraph("heavy")
	x := g.Input("x", onnx.Float32, "rows", n)
	w := g.Initializer("w", onnx.FloatTensor(data, n, n))
	for range products {
		x = g.Op("MatMul", []onnx.Value{x, w})
	}
	g.Rename(x, "y")
	g.Output("y", onnx.Float32, "rows", n)
	model, err := g.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// run pushes rows of ones through a session.
func run(ctx context.Context, s *ort.Session, rows int64) ([]float32, error) {
	in, err := ortgo.NewTensor(ortgo.NewShape(rows, 256), slices.Repeat([]float32{1}, int(rows*256)))
	if err != nil {
		return nil, err
	}
	defer in.Destroy()
	out := []ort.Value{nil}
	if err := s.Run(ctx, []ort.Value{in}, out); err != nil {
		return nil, err
	}
	defer out[0].Destroy()
	return slices.Clone(out[0].(*ortgo.Tensor[float32]).GetData()), nil
}

func TestRunIsCancelled(t *testing.T) {
	lib := orttest.Library(t)
	s, err := lib.NewSession(heavy(t, 3000), ort.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := run(ctx, s, 2000); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want a cancelled context", err)
	}
	if _, err := run(ctx, s, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	deadline, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if _, err := run(deadline, s, 1); err != nil {
		t.Errorf("after a cancellation: %v", err)
	}
}

func TestRunsAtOnce(t *testing.T) {
	s, err := orttest.Library(t).NewSession(heavy(t, 3), ort.SessionOptions{Inputs: []string{"x"}, Outputs: []string{"y"}, Threads: 2, NoArena: true})
	if err != nil {
		t.Fatal(err)
	}
	want, err := run(context.Background(), s, 1)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for rows := range int64(10) {
				got, err := run(t.Context(), s, rows+1)
				if err != nil || math.Abs(float64(got[0]-want[0])) > 1e-6 {
					t.Errorf("%d rows: %v, %v; want %v", rows+1, got[0], err, want[0])
				}
			}
		})
	}
	group.Wait()
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := run(t.Context(), s, 1); !errors.Is(err, ort.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestDevices(t *testing.T) {
	lib := orttest.Library(t)
	model := heavy(t, 1)
	for _, device := range append(slices.Clone(ort.Devices), "") {
		s, err := lib.NewSession(model, ort.SessionOptions{Device: device})
		if err != nil {
			t.Errorf("%s: %v", device, err)
			continue
		}
		d := s.Device()
		if d.Used == "" || d.Used == "auto" || d.Reason == "" || d.Fallback != (d.Requested != "auto" && d.Used != d.Requested) || (d.Message() != "") != d.Fallback {
			t.Errorf("%s: %+v", device, d)
		}
		if _, err := run(t.Context(), s, 2); err != nil {
			t.Errorf("running on %s: %v", device, err)
		}
		s.Close()
	}
	if _, err := lib.NewSession(model, ort.SessionOptions{Device: "tpu"}); err == nil || !strings.Contains(err.Error(), "use one of auto, cpu") {
		t.Errorf("an unknown device: %v", err)
	}
	if _, err := lib.NewSession([]byte("no graph"), ort.SessionOptions{}); err == nil {
		t.Error("a text was taken for a graph")
	}
}

// TestLoadOnce holds that a process has one library.
func TestLoadOnce(t *testing.T) {
	lib := orttest.Library(t)
	again := &ort.Library{Path: lib.Path}
	if err := again.Load(); err != nil || again.Version != lib.Version || lib.Version == "" {
		t.Errorf("loading it again: %v, version %q", err, again.Version)
	}
	other := &ort.Library{Path: lib.Path + ".other"}
	if err := other.Load(); err == nil || !strings.Contains(err.Error(), "already uses") {
		t.Errorf("loading another: %v", err)
	}
}
