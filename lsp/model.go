package lsp

import (
	"context"
	"encoding/json"
	"io"
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
	shown      bool // the editor shows progress
	over       bool // the model is there, or will not be
	complained bool // the user knows that there is none, or that it fails
}

// progressToken names the progress of loading; there is one load in a session.
const progressToken = "mlm-lsp/model"

// loadModel opens the model in the background. Until it is there, requests answer empty at once.
func (s *server) loadModel() {
	if s.client.Window.WorkDoneProgress {
		s.ask(protocol.MethodWorkDoneProgressCreate, protocol317.WorkDoneProgressCreateParams{Token: progressToken},
			func(_ json.RawMessage, err error) {
				if err == nil && !s.loading.over {
					s.loading.shown = true
					s.progress(protocol.WorkDoneProgressBegin{Kind: protocol.WorkDoneProgressKindBegin, Title: "mlm-lsp: loading the model"})
				}
			})
	}
	report := func(message string) {
		s.post(func() {
			if s.loading.shown && !s.loading.over {
				s.progress(protocol.WorkDoneProgressReport{Kind: protocol.WorkDoneProgressKindReport, Message: message})
			}
		})
	}
	s.spawn(func(ctx context.Context) {
		var m Model
		began := time.Now()
		err := s.protect("loading the model", func() (err error) { m, err = s.opts.Open(ctx, report); return err })
		if !s.post(func() { s.modelLoaded(m, err, time.Since(began)) }) && err == nil {
			closeModel(m, s.log)
		}
	})
}

func (s *server) modelLoaded(m Model, err error, took time.Duration) {
	s.loading.over = true
	if s.loading.shown {
		s.progress(protocol.WorkDoneProgressEnd{Kind: protocol.WorkDoneProgressKindEnd})
	}
	if err != nil {
		s.complain("offering nothing: ", err)
		return
	}
	s.log.Info("model loaded", zap.Duration("took", took))
	if describes, ok := m.(interface{ Info() model.Info }); ok {
		if message := describes.Info().Device.Message(); message != "" {
			s.showMessage(protocol.MessageTypeWarning, "mlm-lsp: "+message)
		}
	}
	s.model = m
	s.recheck()
}

func (s *server) progress(value any) {
	s.notify(protocol.MethodProgress, protocol317.ProgressParams{Token: progressToken, Value: value})
}

// complain tells the user once in a session that the model does not work; after that only the log hears of it.
func (s *server) complain(doing string, err error) {
	s.log.Warn("model", zap.String("doing", doing), zap.Error(err))
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

// meter is a Model that adds up how long it was asked for. What the model says of itself shows through: package suspect judges with the bundle's table.
type meter struct {
	Model
	queries atomic.Int64
	spent   atomic.Int64 // nanoseconds
}

// Info is the model's; one that says nothing of itself has an empty one.
func (m *meter) Info() model.Info {
	if describes, ok := m.Model.(interface{ Info() model.Info }); ok {
		return describes.Info()
	}
	return model.Info{}
}

func (m *meter) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	defer m.add(len(qs), time.Now())
	return m.Model.Predict(ctx, qs)
}

func (m *meter) Scan(ctx context.Context, qs []model.ScanQuery) ([][]model.SiteScore, error) {
	defer m.add(len(qs), time.Now())
	return m.Model.Scan(ctx, qs)
}

func (m *meter) add(queries int, began time.Time) {
	m.queries.Add(int64(queries))
	m.spent.Add(int64(time.Since(began)))
}
