package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/protocol318"
)

// The dispatch of go.lsp.dev/protocol ignores numeric ids in $/cancelRequest, runs requests strictly one after another, and dies
// with a handler that panics. This one answers a cancelled request at once, without waiting for its goroutine to notice.

// work is the second part of a request: it runs in a goroutine of its own and sees what its first part captured on the loop, above all
// the snapshot. Its result is sent as JSON.
type work func(ctx context.Context) (any, error)

// concurrent are the requests that take time. The function runs on the loop and returns the rest.
var concurrent = map[string]func(*server, json.RawMessage) (work, error){
	protocol.MethodTextDocumentCompletion:  decoding((*server).completion),
	protocol.MethodWorkspaceExecuteCommand: decoding((*server).executeCommand),
	protocol318.MethodInlineCompletion:     decoding((*server).inlineCompletion),
	protocol317.MethodDocumentDiagnostic:   decoding((*server).documentDiagnostic),
	protocol317.MethodWorkspaceDiagnostic:  decoding((*server).workspaceDiagnostic),
	protocol.MethodTextDocumentCodeAction:  decoding((*server).codeAction),
	protocol.MethodCompletionItemResolve:   decoding((*server).resolveCompletion),
	protocol.MethodTextDocumentHover:       decoding((*server).hover),
	protocol317.MethodCodeActionResolve:    decoding((*server).resolveCodeAction),
	protocol317.MethodInlayHint:            decoding((*server).inlayHint),
	protocol317.MethodInlayHintResolve:     decoding((*server).resolveInlayHint),
}

// superseding are the requests whose answer nobody needs once the next one is asked: the user has typed on, or the editor knows other results by now.
var superseding = map[string]bool{protocol.MethodTextDocumentCompletion: true, protocol318.MethodInlineCompletion: true, protocol317.MethodWorkspaceDiagnostic: true}

// immediate are the requests that are answered on the loop, before the next message is looked at.
var immediate = map[string]func(*server, json.RawMessage) (any, error){
	protocol.MethodInitialize: decoding((*server).initialize),
	protocol.MethodShutdown:   func(s *server, _ json.RawMessage) (any, error) { return s.shutdown() },
}

// notifications are handled on the loop, in order.
var notifications = map[string]func(*server, json.RawMessage) error{
	protocol.MethodInitialized:                        func(s *server, _ json.RawMessage) error { return s.initialized() },
	protocol.MethodExit:                               func(s *server, _ json.RawMessage) error { return s.exit() },
	protocol.MethodTextDocumentDidOpen:                noting((*server).didOpen),
	protocol.MethodTextDocumentDidChange:              noting((*server).didChange),
	protocol.MethodTextDocumentDidSave:                noting((*server).didSave),
	protocol.MethodTextDocumentDidClose:               noting((*server).didClose),
	protocol.MethodWorkspaceDidChangeConfiguration:    noting((*server).didChangeConfiguration),
	protocol.MethodWorkspaceDidChangeWatchedFiles:     noting((*server).didChangeWatchedFiles),
	protocol.MethodWorkspaceDidChangeWorkspaceFolders: noting((*server).didChangeWorkspaceFolders),
	protocol.MethodCancelRequest:                      noting((*server).cancelRequest),
	protocol.MethodSetTrace:                           noting((*server).setTrace),
	protocol.MethodWorkDoneProgressCancel:             noting((*server).cancelProgress),
}

// decoding puts the decoding of the parameters before a handler.
func decoding[P, R any](handle func(*server, *P) (R, error)) func(*server, json.RawMessage) (R, error) {
	return func(s *server, raw json.RawMessage) (R, error) {
		params := new(P)
		if err := json.Unmarshal(raw, params); err != nil {
			var none R
			return none, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "decoding parameters: %v", err)
		}
		return handle(s, params)
	}
}

func noting[P any](handle func(*server, *P) error) func(*server, json.RawMessage) error {
	decoded := decoding(func(s *server, params *P) (struct{}, error) { return struct{}{}, handle(s, params) })
	return func(s *server, raw json.RawMessage) error {
		_, err := decoded(s, raw)
		return err
	}
}

// call is a request of the editor that has no answer yet.
type call struct {
	method string
	cancel context.CancelFunc
	read   time.Time
}

func (s *server) dispatch(message jsonrpc2.Message) {
	switch m := message.(type) {
	case *jsonrpc2.Call:
		s.request(m)
	case *jsonrpc2.Notification:
		s.notification(m)
	case *jsonrpc2.Response:
		s.response(m)
	}
}

func (s *server) request(m *jsonrpc2.Call) {
	id, method := m.ID(), m.Method()
	if err := s.admit(id, method); err != nil {
		s.reply(id, nil, err)
		return
	}
	if answer, ok := immediate[method]; ok {
		began := time.Now()
		var result any
		err := s.protect(method, func() (err error) { result, err = answer(s, m.Params()); return err })
		encoded := s.encode(id, result, err)
		s.out.send(encoded)
		s.trace(method, &id, time.Since(began), len(encoded), err)
		return
	}
	prepare, ok := concurrent[method]
	if !ok {
		s.reply(id, nil, jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "%s is not served", method))
		return
	}
	c := &call{method: method, read: time.Now()}
	var run work
	if err := s.protect(method, func() (err error) { run, err = prepare(s, m.Params()); return err }); err != nil {
		s.reply(id, nil, err)
		return
	}
	if superseding[method] {
		if older := s.calls[s.newest[method]]; older != nil && older.method == method {
			s.cancel(s.newest[method])
		}
		s.newest[method] = id
	}
	s.calls[id] = c
	c.cancel = s.spawn(func(ctx context.Context) {
		var result any
		err := s.protect(method, func() (err error) { result, err = run(ctx); return err })
		answer := s.encode(id, result, err) // here, since a long list takes time
		s.post(func() {
			if s.calls[id] != c {
				return // cancelled, and answered then
			}
			delete(s.calls, id)
			s.out.send(answer)
			s.trace(method, &id, time.Since(c.read), len(answer), err)
			s.log.Debug("request", zap.String("method", method), zap.String("id", fmt.Sprint(id)),
				zap.Duration("total", time.Since(c.read)), zap.Error(err))
		})
	})
}

// admit says why a request cannot be served now.
func (s *server) admit(id jsonrpc2.ID, method string) error {
	switch first := method == protocol.MethodInitialize; {
	case s.phase == created && !first:
		return jsonrpc2.Errorf(jsonrpc2.ServerNotInitialized, "%s came before initialize", method)
	case s.phase == shutDown:
		return jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "%s came after shutdown", method)
	case s.phase != created && first:
		return jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "initialize came a second time")
	case s.calls[id] != nil:
		return jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "id %v is that of a request still running", id)
	}
	return nil
}

func (s *server) notification(m *jsonrpc2.Notification) {
	method := m.Method()
	if s.phase != running && method != protocol.MethodExit {
		s.log.Warn("dropping a notification outside the session", zap.String("method", method))
		return
	}
	handle, ok := notifications[method]
	if !ok {
		if !strings.HasPrefix(method, "$/") {
			s.log.Debug("ignoring a notification", zap.String("method", method))
		}
		return
	}
	began := time.Now()
	err := s.protect(method, func() error { return handle(s, m.Params()) })
	if err != nil {
		s.log.Warn("handling a notification", zap.String("method", method), zap.Error(err))
	}
	s.trace(method, nil, time.Since(began), 0, err)
}

func (s *server) cancelRequest(p *protocol317.CancelParams) error {
	s.cancel(p.ID)
	return nil
}

// cancel answers a request now; whatever its goroutine still finds is dropped. An id that does not run is one that was answered while the
// cancellation was under way.
func (s *server) cancel(id jsonrpc2.ID) {
	c := s.calls[id]
	if c == nil {
		return
	}
	delete(s.calls, id)
	c.cancel()
	s.reply(id, nil, context.Canceled)
	s.log.Debug("request cancelled", zap.String("method", c.method), zap.Duration("after", time.Since(c.read)))
}

// ask sends a request to the editor; then runs on the loop with the answer. An editor that never answers costs an entry in a map.
func (s *server) ask(method string, params any, then func(result json.RawMessage, err error)) {
	s.lastAsked++
	id := jsonrpc2.NewNumberID(s.lastAsked)
	var raw json.RawMessage // absent where there are none: null is no parameters
	if params != nil {
		raw = s.marshal(params)
	}
	m, err := jsonrpc2.NewCall(id, method, raw)
	if err != nil {
		s.log.Error("encoding a request", zap.String("method", method), zap.Error(err))
		return
	}
	s.asked[id] = then
	s.out.send(s.marshal(m))
}

// refresh asks the editor to ask anew for what it shows.
func (s *server) refresh(method string) {
	s.ask(method, nil, func(_ json.RawMessage, err error) {
		if err != nil && !errors.Is(err, context.Canceled) {
			s.log.Debug("asking the editor to ask again", zap.String("method", method), zap.Error(err))
		}
	})
}

func (s *server) response(m *jsonrpc2.Response) {
	then := s.asked[m.ID()]
	if then == nil {
		s.log.Warn("dropping an answer to no question", zap.String("id", fmt.Sprint(m.ID())))
		return
	}
	delete(s.asked, m.ID())
	_ = s.protect("an answer of the editor", func() error { then(m.Result(), m.Err()); return nil })
}

// notify sends a notification.
func (s *server) notify(method string, params any) {
	m, err := jsonrpc2.NewNotification(method, s.marshal(params))
	if err != nil {
		s.log.Error("encoding a notification", zap.String("method", method), zap.Error(err))
		return
	}
	s.out.send(s.marshal(m))
}

func (s *server) showMessage(kind protocol.MessageType, message string) {
	s.notify(protocol.MethodWindowShowMessage, protocol.ShowMessageParams{Type: kind, Message: message})
}

func (s *server) reply(id jsonrpc2.ID, result any, err error) {
	s.out.send(s.encode(id, result, err))
}

// replyNoID answers a message whose id could not be read. jsonrpc2 has no id null.
func (s *server) replyNoID(err *malformedError) {
	type wireError struct {
		Code    jsonrpc2.Code `json:"code"`
		Message string        `json:"message"`
	}
	s.out.send(s.marshal(struct {
		Version string    `json:"jsonrpc"`
		ID      *struct{} `json:"id"`
		Error   wireError `json:"error"`
	}{jsonrpc2.Version, nil, wireError{err.code, err.Error()}}))
}

// encode makes the answer to a request. It runs on any goroutine.
func (s *server) encode(id jsonrpc2.ID, result any, err error) []byte {
	if wire := (*jsonrpc2.Error)(nil); errors.Is(err, context.Canceled) {
		err = jsonrpc2.NewError(protocol317.CodeRequestCancelled, "cancelled")
	} else if err != nil && !errors.As(err, &wire) {
		err = jsonrpc2.NewError(jsonrpc2.InternalError, err.Error())
	}
	m, merr := jsonrpc2.NewResponse(id, s.marshal(result), err)
	if merr != nil {
		s.log.Error("encoding an answer", zap.Error(merr))
	}
	return s.marshal(m)
}

// marshal encodes what this package made itself, which cannot fail but by a mistake here. The standard library does it: jsonrpc2's encoder gets
// only finished JSON to see.
func (s *server) marshal(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		s.log.Error("encoding a message", zap.String("type", fmt.Sprintf("%T", v)), zap.Error(err))
		return json.RawMessage("null")
	}
	return data
}

// protect is the one wrapper around handlers: a panic is logged with its stack and becomes InternalError. The value of a panic can quote source
// text, so it is logged at debug level unless the runtime made it.
func (s *server) protect(what string, handle func() error) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		stack := debug.Stack()
		if p, ok := value.(modelPanic); ok {
			value, stack = p.value, p.stack
		}
		reason := fmt.Sprintf("a %T", value)
		if e, ok := value.(runtime.Error); ok {
			reason = e.Error()
		}
		s.log.Error("panic", zap.String("in", what), zap.String("value", reason), zap.ByteString("stack", stack))
		s.log.Debug("panic value", zap.Any("value", value))
		err = jsonrpc2.Errorf(jsonrpc2.InternalError, "internal error in %s; the server's log has the stack", what)
	}()
	return handle()
}
