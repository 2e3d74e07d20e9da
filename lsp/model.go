package lsp

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/model"
)

// Model answers the questions of both features. It must be safe for concurrent use. One that is an io.Closer is closed when the session ends.
type Model interface {
	model.Predictor
	model.Scanner
}

// loading is how far the model has come.
type loading struct {
	progress   *progress
	over       bool  // the model is there, or will not be
	failure    error // why there will be none
	complained bool  // the user knows that there is none, or that it fails
}

// errCancelled is the end of a load that the user did not want.
var errCancelled = &Mendable{errors.New("loading the model was cancelled: restart the server to load it"), protocol317.RemedyRestart}

// loadModel opens the model in the background. Until it is there, requests answer empty at once, but for those for diagnostics, which wait.
func (s *server) loadModel() {
	report := func(message string) {
		s.post(func() {
			if !s.loading.over {
				s.loading.progress.report(message)
			}
		})
	}
	s.tellStatus(protocol317.StatusLoading, "", "")
	began := time.Now()
	cancel := s.spawn(func(ctx context.Context) {
		var m Model
		err := s.protect("loading the model", func() (err error) { m, err = s.opts.Open(ctx, report); return err })
		if !s.post(func() { s.modelLoaded(m, err, time.Since(began)) }) && err == nil {
			closeModel(m, s.log)
		}
	})
	s.loading.progress = s.startProgress(loadingToken, "starting", func() {
		cancel()
		s.modelLoaded(nil, errCancelled, time.Since(began)) // at once, however long Open takes to notice
	})
}

// modelLoaded takes the first outcome of a load. A model that comes after the user cancelled it is of no use.
func (s *server) modelLoaded(m Model, err error, took time.Duration) {
	if s.loading.over {
		if err == nil {
			s.spawn(func(context.Context) { closeModel(m, s.log) })
		}
		return
	}
	s.loading.over = true
	s.loading.progress.end()
	if err != nil {
		s.loading.failure = err
		for _, doc := range s.documents {
			doc.answerPulls(pulled{found: []protocol.Diagnostic{}}) // they have waited for nothing
		}
		s.complain(protocol317.StatusNoModel, "offering nothing: ", err)
		s.schedule() // who waits for hints need wait no longer
		return
	}
	s.log.Info("model loaded", zap.Duration("took", took))
	if describes, ok := m.(interface{ Info() model.Info }); ok {
		if message := describes.Info().Device.Message(); message != "" {
			s.showMessage(protocol.MessageTypeWarning, "mlm-lsp: "+message)
		}
	}
	s.model = m
	s.works()
	s.recheck()
}

// complain tells the user once in a session that the model does not work; after that only the log and the status say so.
func (s *server) complain(kind protocol317.StatusKind, doing string, err error) {
	s.log.Warn("model", zap.String("doing", doing), zap.Error(err))
	s.tellStatus(kind, doing+err.Error(), remedy(err))
	if s.loading.complained {
		return
	}
	s.loading.complained = true
	s.showMessage(protocol.MessageTypeError, "mlm-lsp: "+doing+err.Error())
}

func closeModel(m Model, log *zap.Logger) {
	closer, ok := m.(io.Closer)
	if !ok {
		return
	}
	if err := closer.Close(); err != nil {
		log.Warn("closing the model", zap.Error(err))
	}
}

// meter is a Model that adds up how long it was asked for, and that heeds its context whatever the model does: a call that hangs costs who asked nothing but the answer. What the model
// says of itself shows through: package suspect judges with the bundle's table.
type meter struct {
	Model
	workers *sync.WaitGroup // calls that were given up count among them until they end; may be nil
	queries atomic.Int64
	spent   atomic.Int64 // nanoseconds
	cost    model.Cost   // of it in forward passes
}

// metered is the model for one request.
func (s *server) metered() *meter { return &meter{Model: s.model, workers: &s.workers} }

// Info is the model's; one that says nothing of itself has an empty one.
func (m *meter) Info() model.Info {
	if describes, ok := m.Model.(interface{ Info() model.Info }); ok {
		return describes.Info()
	}
	return model.Info{}
}

func (m *meter) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	defer m.add(len(qs), time.Now())
	ctx = model.WithCost(ctx, &m.cost)
	return heed(ctx, m.workers, func() ([]model.Prediction, error) { return m.Model.Predict(ctx, qs) })
}

func (m *meter) Scan(ctx context.Context, qs []model.ScanQuery) ([][]model.SiteScore, error) {
	defer m.add(len(qs), time.Now())
	ctx = model.WithCost(ctx, &m.cost)
	return heed(ctx, m.workers, func() ([][]model.SiteScore, error) { return m.Model.Scan(ctx, qs) })
}

// asked is for the log: what the model was asked and what that took.
func (m *meter) asked() zap.Field {
	return zap.Dict("model", zap.Int64("queries", m.queries.Load()), zap.Int64("rows", m.cost.Rows()),
		zap.Duration("took", time.Duration(m.spent.Load())), zap.Duration("forward", m.cost.Forward()))
}

func (m *meter) add(queries int, began time.Time) {
	m.queries.Add(int64(queries))
	m.spent.Add(int64(time.Since(began)))
}

// outcome is how a call ended. Of a panic the stack is that of the call's own goroutine.
type outcome[T any] struct {
	result T
	err    error
	panic  any
	stack  []byte
}

// modelPanic is a panic of the model, on its way to the wrapper around handlers.
type modelPanic struct {
	value any
	stack []byte
}

// heed makes a call in a goroutine of its own and waits for it or for the context, whichever ends first.
func heed[T any](ctx context.Context, workers *sync.WaitGroup, call func() (T, error)) (T, error) {
	if workers != nil {
		workers.Add(1) // the caller is one, so nobody waits for none yet
	}
	done := make(chan outcome[T], 1)
	go func() {
		var o outcome[T]
		defer func() {
			if o.panic = recover(); o.panic != nil {
				o.stack = debug.Stack()
			}
			if inner, ok := o.panic.(modelPanic); ok { // of a call within this one
				o.panic, o.stack = inner.value, inner.stack
			}
			done <- o
			if workers != nil {
				workers.Done()
			}
		}()
		o.result, o.err = call()
	}()
	select {
	case o := <-done:
		if o.panic != nil {
			panic(modelPanic{o.panic, o.stack})
		}
		return o.result, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
