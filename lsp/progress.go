package lsp

import (
	"context"
	"encoding/json"
	"time"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
)

// The tokens of what the editor can show as work in progress. A session loads one model; each workspace folder is read for itself.
const (
	loadingToken  = "mlm-lsp/model"
	readingToken  = "mlm-lsp/folder/" // and the folder's path
	indexingToken = "mlm-lsp/index/"  // likewise
	drawingToken  = "mlm-lsp/heat/"   // and a number

	annotatingToken = "mlm-lsp/types/" // and a number

	workspaceToken = "mlm-lsp/workspace"
)

// patience is how long work may take before the editor shows it: what is over at once would only flicker.
const patience = time.Second

// progress is work that the editor shows, where it can. It belongs to the dispatch loop.
type progress struct {
	s      *server
	token  string
	title  string
	cancel context.CancelFunc // the user had enough of it
	last   string
	shown  bool
}

// startProgress asks the editor to show some work, unless the session ends. cancel may be called any number of times.
func (s *server) startProgress(token, title string, cancel context.CancelFunc) *progress {
	p := &progress{s: s, token: token, title: title, cancel: cancel}
	if s.phase == shutDown {
		return p
	}
	s.progresses[token] = p
	if s.client.Window.WorkDoneProgress {
		s.ask(protocol.MethodWorkDoneProgressCreate, protocol317.WorkDoneProgressCreateParams{Token: token}, func(_ json.RawMessage, err error) {
			if err == nil && s.progresses[token] == p {
				p.shown = true
				p.send(protocol.WorkDoneProgressBegin{Kind: protocol.WorkDoneProgressKindBegin, Title: "mlm-lsp: " + title, Cancellable: true, Message: p.last})
			}
		})
	}
	return p
}

// report says what is being done.
func (p *progress) report(message string) {
	p.last = message
	if p.shown {
		p.send(protocol.WorkDoneProgressReport{Kind: protocol.WorkDoneProgressKindReport, Cancellable: true, Message: message})
	}
}

// end takes the work away; nil, and one that has ended, may end.
func (p *progress) end() {
	if p == nil || p.s.progresses[p.token] != p {
		return
	}
	delete(p.s.progresses, p.token)
	if p.shown {
		p.shown = false
		p.send(protocol.WorkDoneProgressEnd{Kind: protocol.WorkDoneProgressKindEnd})
	}
}

func (p *progress) send(value any) {
	p.s.notify(protocol.MethodProgress, protocol317.ProgressParams{Token: p.token, Value: value})
}

// cancelProgress is the user's word on some work. One that is over is no error: the two messages may have crossed.
func (s *server) cancelProgress(params *protocol317.WorkDoneProgressCancelParams) error {
	if token, ok := params.Token.(string); ok && s.progresses[token] != nil {
		s.progresses[token].cancel()
	}
	return nil
}

// whileShown does a request's work, and shows it once it takes long. It belongs to the request's goroutine; do ends when the user has enough of it.
func (s *server) whileShown(ctx context.Context, token, title string, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var shown *progress
	slow := time.AfterFunc(s.patience, func() {
		s.post(func() {
			if ctx.Err() == nil {
				shown = s.startProgress(token, title, cancel)
			}
		})
	})
	defer s.post(func() { shown.end() })
	defer cancel() // before that, so that none is shown any more
	defer slow.Stop()
	return do(ctx)
}
