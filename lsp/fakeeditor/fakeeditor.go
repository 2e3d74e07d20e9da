// Package fakeeditor is an editor for tests: it drives a real language server through an in-memory pipe and holds a model of its own of
// what an editor holds: texts, versions, the diagnostics that are shown.
//
// It shares no code with the server but the message types. It counts positions by itself, in the slowest and plainest way, so that a
// mistake in the server's counting meets another opinion. And it takes nothing for granted: a message of the server that no test
// asked for, an answer to no question, diagnostics of a version older than those shown, a null where the protocol has a list, or a
// message left over when the editor closes fails the test.
package fakeeditor

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
)

// Patience is how long what a test waits for may take. It bounds a hanging test, and asserts no speed: with the race detector, on a machine with fifteen things to do, 30 s were too little.
const Patience = 3 * time.Minute

// Config is what kind of editor it is.
type Config struct {
	// Encodings are offered to the server; nil is an editor older than the offer.
	Encodings []protocol317.PositionEncodingKind
	// InitializationOptions go with initialize.
	InitializationOptions any
	// Settings answer workspace/configuration; nil is an editor that cannot be asked.
	Settings any
	// FolderSettings answer it for single workspace folders, by URI; others have null of their own.
	FolderSettings map[string]any
	// Watches is an editor that tells of changed files.
	Watches bool
	// Folders are the URIs of the workspace folders; with OldFolders the one is a root, as of an editor that knows no folders.
	Folders    []string
	OldFolders bool
	// Progress makes the editor show progress.
	Progress bool
	// OldEdits is an editor that knows no versioned edits.
	OldEdits bool
	// Plain is an editor that shows plain text only, and no label details; Tables one that shows Markdown's tables.
	Plain, Tables bool
	// Pull is an editor that asks for diagnostics; with Registers, a server may offer more of them in the session.
	Pull, Registers bool
	// PullsOnce is an editor that asks for diagnostics after an edit only. It shows what is published, too.
	PullsOnce bool
	// Status is an editor that shows what the server can do; ShowDocument one that can show a document.
	Status, ShowDocument bool
	// ProcessID is told to the server; 0 is none. Trace is what it is to tell of what it does.
	ProcessID int
	Trace     protocol317.TraceValue
	// CommandsOnly is an editor older than code actions with edits; CreatesFiles one whose edits can make files.
	CommandsOnly, CreatesFiles bool
	// Inline is an editor that shows texts in place.
	Inline bool
	// Hints is an editor that asks for hints, and can be told to ask again.
	Hints bool
	// Resolves is an editor that asks for the rest of a hint, the edit of an action and the further edits of a completion when it needs them; Annotated one that shows annotated edits before it does them.
	Resolves, Annotated bool
	// Applies is an editor that does edits that the server asks for; Declines is why it does not do one, "" where it does.
	Applies  bool
	Declines string
	// Refuses are the requests of the server that are answered with an error, though the capabilities promise them.
	Refuses []string
}

// Editor is an editor with one server. Its methods are for one goroutine, the test's.
type Editor struct {
	t        testing.TB
	config   Config
	encoding protocol317.PositionEncodingKind
	conn     net.Conn
	served   chan error // what Serve returned
	texts    map[string]*text
	versions map[string]int32 // the last one of every document that was ever open
	lastID   int
	answers  chan []byte // to requests of the server

	mu         sync.Mutex
	changed    *sync.Cond
	settings   any
	waiting    map[string]*Pending
	shown      map[string]protocol317.PublishDiagnosticsParams
	messages   []string
	progress   map[string][]string // by token
	registered []string
	traces     []protocol317.LogTraceParams
	refreshed  int // how often the server asked to be asked for diagnostics
	rehinted   int // likewise for hints
	statuses   []protocol317.StatusParams
	pages      []string                                                       // that the server had shown
	applied    []json.RawMessage                                              // edits that the server asked for, as actions
	parts      map[string][]protocol317.WorkspaceFullDocumentDiagnosticReport // of the workspace's diagnostics, by token, not taken yet
	bad        []string                                                       // what the server should not have done
	gone       bool                                                           // no message will come any more
}

type text struct {
	version int32
	content string
}

// Pending is a request on its way.
type Pending struct {
	ID     any
	answer chan message
}

// Error is an error that the server answered.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%d)", e.Message, e.Code) }

type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
}

// Start runs serve, says initialize and initialized, and has the test end with Close if the test did not.
func Start(t testing.TB, serve func(context.Context, io.ReadWriteCloser) error, config Config) *Editor {
	t.Helper()
	e := Connect(t, serve, config)
	e.Initialize()
	return e
}

// Connect runs serve and says nothing yet.
func Connect(t testing.TB, serve func(context.Context, io.ReadWriteCloser) error, config Config) *Editor {
	t.Helper()
	ours, theirs := net.Pipe()
	e := &Editor{
		t: t, config: config, conn: ours, served: make(chan error, 1), answers: make(chan []byte, 1000), texts: map[string]*text{}, versions: map[string]int32{}, settings: config.Settings,
		encoding: protocol317.UTF16, waiting: map[string]*Pending{}, shown: map[string]protocol317.PublishDiagnosticsParams{},
		progress: map[string][]string{}, parts: map[string][]protocol317.WorkspaceFullDocumentDiagnosticReport{},
	}
	e.changed = sync.NewCond(&e.mu)
	go func() { e.served <- serve(context.Background(), theirs) }()
	go e.read()
	go e.answer()
	t.Cleanup(func() { _ = e.conn.Close() })
	return e
}

// Initialize agrees with the server on capabilities and returns its answer.
func (e *Editor) Initialize() protocol317.InitializeResult {
	e.t.Helper()
	var params protocol317.InitializeParams
	params.Trace = e.config.Trace
	if e.config.ProcessID != 0 {
		params.ProcessID = &e.config.ProcessID
	}
	capabilities := &params.Capabilities
	capabilities.General.PositionEncodings = e.config.Encodings
	if e.config.Tables {
		capabilities.General.Markdown.Parser = "marked"
	}
	capabilities.Window.WorkDoneProgress = e.config.Progress
	capabilities.Workspace.Configuration = e.config.Settings != nil
	capabilities.Workspace.DidChangeConfiguration.DynamicRegistration = e.config.Settings != nil
	capabilities.Workspace.DidChangeWatchedFiles.DynamicRegistration = e.config.Watches
	capabilities.Workspace.WorkspaceEdit.DocumentChanges = !e.config.OldEdits
	capabilities.TextDocument.Completion.CompletionItem.LabelDetailsSupport = !e.config.Plain
	if !e.config.CommandsOnly {
		capabilities.TextDocument.CodeAction.CodeActionLiteralSupport = &struct{}{}
	}
	if e.config.Inline {
		capabilities.TextDocument.InlineCompletion = &struct{}{}
	}
	if e.config.CreatesFiles {
		capabilities.Workspace.WorkspaceEdit.ResourceOperations = []string{"create", "rename", "delete"}
	}
	capabilities.Workspace.ApplyEdit = e.config.Applies
	capabilities.Window.ShowDocument.Support = e.config.ShowDocument
	if e.config.Status {
		capabilities.Experimental = json.RawMessage(`{"mlmLspStatus":true,"others":1}`)
	}
	if e.config.Pull {
		capabilities.TextDocument.Diagnostic = &protocol317.DiagnosticCapability{DynamicRegistration: e.config.Registers}
		capabilities.Workspace.Diagnostics.RefreshSupport = true
	}
	if e.config.PullsOnce {
		capabilities.TextDocument.Diagnostic = &protocol317.DiagnosticCapability{}
	}
	if e.config.Hints {
		capabilities.TextDocument.InlayHint = &protocol317.InlayHintCapability{}
		capabilities.Workspace.InlayHint.RefreshSupport = true
	}
	if e.config.Resolves {
		capabilities.TextDocument.Completion.CompletionItem.ResolveSupport.Properties = []string{"documentation", "additionalTextEdits"}
		capabilities.TextDocument.CodeAction.DataSupport = true
		capabilities.TextDocument.CodeAction.ResolveSupport.Properties = []string{"edit"}
		if e.config.Hints {
			capabilities.TextDocument.InlayHint.ResolveSupport.Properties = []string{"tooltip", "textEdits", "label.location"}
		}
	}
	if e.config.Annotated {
		capabilities.Workspace.WorkspaceEdit.ChangeAnnotationSupport = &struct{}{}
	}
	if !e.config.Plain {
		capabilities.TextDocument.Completion.CompletionItem.DocumentationFormat = []protocol.MarkupKind{protocol.Markdown}
		capabilities.TextDocument.Hover.ContentFormat = []protocol.MarkupKind{protocol.Markdown, protocol.PlainText}
	}
	for _, folder := range e.config.Folders {
		if e.config.OldFolders {
			params.RootURI = folder
			continue
		}
		params.WorkspaceFolders = append(params.WorkspaceFolders, protocol317.WorkspaceFolder{URI: folder})
	}
	if e.config.InitializationOptions != nil {
		params.InitializationOptions = encode(e.t, e.config.InitializationOptions)
	}
	var result protocol317.InitializeResult
	if err := e.Call(protocol.MethodInitialize, params, &result); err != nil {
		e.t.Fatalf("initialize: %v", err)
	}
	e.encoding = result.Capabilities.PositionEncoding
	e.Notify(protocol.MethodInitialized, struct{}{})
	return result
}

// Close shuts the server down in order and fails the test for everything that the server sent and the test did not ask for.
func (e *Editor) Close() {
	e.t.Helper()
	if err := e.Call(protocol.MethodShutdown, nil, nil); err != nil {
		e.t.Errorf("shutdown: %v", err)
	}
	e.Notify(protocol.MethodExit, nil)
	if err := e.Served(); err != nil {
		e.t.Errorf("after shutdown and exit Serve returned %v", err)
	}
	e.Check()
}

// Check fails the test for what the server did wrong so far and for messages that nobody took.
func (e *Editor) Check() {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, bad := range e.bad {
		e.t.Error(bad)
	}
	for _, left := range e.messages {
		e.t.Errorf("the server showed a message that the test did not expect: %s", left)
	}
	for _, left := range e.statuses {
		e.t.Errorf("the server told a status that the test did not expect: %+v", left)
	}
	e.bad, e.messages, e.statuses = nil, nil, nil
}

// Hangup ends the server's input.
func (e *Editor) Hangup() { _ = e.conn.Close() }

// Served waits for the server to end and returns what Serve did.
func (e *Editor) Served() error {
	e.t.Helper()
	select {
	case err := <-e.served:
		return err
	case <-time.After(Patience):
		e.t.Fatal("the server does not end")
		return nil
	}
}

// Send writes bytes as they are.
func (e *Editor) Send(raw []byte) {
	e.t.Helper()
	if err := e.write(raw); err != nil {
		e.t.Fatalf("writing to the server: %v", err)
	}
}

// write gives up where the server takes nothing any more: a test that hangs tells less than one that fails.
func (e *Editor) write(raw []byte) error {
	if err := e.conn.SetWriteDeadline(time.Now().Add(Patience)); err != nil {
		return err
	}
	_, err := e.conn.Write(raw)
	return err
}

func (e *Editor) send(m message) {
	e.t.Helper()
	m.Version = "2.0"
	body := encode(e.t, m)
	e.Send(append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...))
}

// Notify sends a notification.
func (e *Editor) Notify(method string, params any) {
	e.t.Helper()
	e.send(message{Method: method, Params: encodeParams(e.t, params)})
}

// Go sends a request and does not wait.
func (e *Editor) Go(method string, params any) *Pending {
	e.t.Helper()
	e.lastID++
	return e.GoID(e.lastID, method, params)
}

// GoID is Go with an id of the test's choice, a number or a string.
func (e *Editor) GoID(id any, method string, params any) *Pending {
	e.t.Helper()
	p := &Pending{ID: id, answer: make(chan message, 1)}
	raw := encode(e.t, id)
	e.mu.Lock()
	e.waiting[string(raw)] = p
	e.mu.Unlock()
	e.send(message{ID: raw, Method: method, Params: encodeParams(e.t, params)})
	return p
}

// Cancel sends $/cancelRequest for p.
func (e *Editor) Cancel(p *Pending) {
	e.t.Helper()
	e.Notify(protocol.MethodCancelRequest, map[string]any{"id": p.ID})
}

// Wait waits for the answer to p; the error is *Error where the server answered one.
func (e *Editor) Wait(p *Pending, result any) error {
	e.t.Helper()
	select {
	case m, ok := <-p.answer:
		switch {
		case !ok:
			return errors.New("the server left without an answer")
		case m.Error != nil:
			return m.Error
		case result == nil:
			return nil
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			e.t.Errorf("decoding an answer: %v", err)
		}
		return nil
	case <-time.After(Patience):
		e.t.Fatalf("no answer to request %v", p.ID)
		return nil
	}
}

// Call is Go and Wait.
func (e *Editor) Call(method string, params, result any) error {
	e.t.Helper()
	return e.Wait(e.Go(method, params), result)
}

// Message takes the oldest message that the server has shown, waiting for one.
func (e *Editor) Message() string {
	e.t.Helper()
	e.await("a message to the user", func() bool { return len(e.messages) > 0 })
	defer e.mu.Unlock()
	next := e.messages[0]
	e.messages = e.messages[1:]
	return next
}

// Loading names the progress of loading the model.
const Loading = "mlm-lsp/model"

// ProgressBegun waits until the server has begun to show some progress.
func (e *Editor) ProgressBegun(token string) {
	e.t.Helper()
	e.await("the beginning of the progress of "+token, func() bool { return len(e.progress[token]) > 0 })
	e.mu.Unlock()
}

// Progress waits until some progress has come to its end and returns its kinds and messages in order.
func (e *Editor) Progress(token string) []string {
	e.t.Helper()
	e.await("the end of the progress of "+token, func() bool {
		list := e.progress[token]
		return len(list) > 0 && list[len(list)-1] == "end"
	})
	defer e.mu.Unlock()
	return e.progress[token]
}

// CancelProgress tells the server that the user had enough of some progress.
func (e *Editor) CancelProgress(token string) {
	e.t.Helper()
	e.Notify(protocol.MethodWorkDoneProgressCancel, protocol317.WorkDoneProgressCancelParams{Token: token})
}

// Status takes the oldest status that the server has told, waiting for one.
func (e *Editor) Status() protocol317.StatusParams {
	e.t.Helper()
	e.await("a status", func() bool { return len(e.statuses) > 0 })
	defer e.mu.Unlock()
	next := e.statuses[0]
	e.statuses = e.statuses[1:]
	return next
}

// Traces takes what the server told of what it did, once it has told of a method.
func (e *Editor) Traces(method string) []protocol317.LogTraceParams {
	e.t.Helper()
	e.await("a trace of "+method, func() bool {
		return slices.ContainsFunc(e.traces, func(p protocol317.LogTraceParams) bool { return strings.HasPrefix(p.Message, method+" ") })
	})
	defer e.mu.Unlock()
	traces := e.traces
	e.traces = nil
	return traces
}

// Page takes the oldest page that the server had shown, waiting for one.
func (e *Editor) Page() string {
	e.t.Helper()
	e.await("a page", func() bool { return len(e.pages) > 0 })
	defer e.mu.Unlock()
	next := e.pages[0]
	e.pages = e.pages[1:]
	return next
}

// Applied takes the oldest edit that the server asked for. It is not done yet: Apply does it.
func (e *Editor) Applied(name string) Action {
	e.t.Helper()
	e.await("an edit", func() bool { return len(e.applied) > 0 })
	next := e.applied[0]
	e.applied = e.applied[1:]
	e.mu.Unlock()
	var params struct {
		Label string          `json:"label"`
		Edit  json.RawMessage `json:"edit"`
	}
	e.decode(message{Method: protocol.MethodWorkspaceApplyEdit, Params: next}, &params)
	return e.action(name, encode(e.t, map[string]any{"title": params.Label, "edit": params.Edit}))
}

// Execute has the server execute a command.
func (e *Editor) Execute(command string, result any, arguments ...any) error {
	e.t.Helper()
	return e.Call(protocol.MethodWorkspaceExecuteCommand, map[string]any{"command": command, "arguments": arguments}, result)
}

// Refreshed waits until the server has asked so often to be asked for diagnostics.
func (e *Editor) Refreshed(times int) {
	e.t.Helper()
	e.await("a refresh of diagnostics", func() bool { return e.refreshed >= times })
	e.mu.Unlock()
}

// Rehinted waits until the server has asked so often to be asked for hints.
func (e *Editor) Rehinted(times int) {
	e.t.Helper()
	e.await("a refresh of hints", func() bool { return e.rehinted >= times })
	e.mu.Unlock()
}

// Registered waits for the server to have registered for a method.
func (e *Editor) Registered(method string) {
	e.t.Helper()
	e.await("a registration for "+method, func() bool {
		for _, r := range e.registered {
			if r == method {
				return true
			}
		}
		return false
	})
	e.mu.Unlock()
}

// await returns with e.mu held, once met holds.
func (e *Editor) await(what string, met func() bool) {
	e.t.Helper()
	deadline := time.Now().Add(Patience)
	alarm := time.AfterFunc(Patience, func() {
		e.mu.Lock() // else it may come between the look at the clock and the wait, which nothing would end then
		defer e.mu.Unlock()
		e.changed.Broadcast()
	})
	defer alarm.Stop()
	e.mu.Lock()
	for !met() {
		if e.gone || !time.Now().Before(deadline) {
			bad := e.bad
			e.mu.Unlock()
			e.t.Fatalf("waiting for %s in vain; complaints: %q", what, bad)
		}
		e.changed.Wait()
	}
}

// Configure changes the settings and tells the server, in the way of its kind of editor.
func (e *Editor) Configure(settings any) {
	e.t.Helper()
	e.mu.Lock()
	e.settings = settings
	e.mu.Unlock()
	if e.config.Settings != nil {
		e.Notify(protocol.MethodWorkspaceDidChangeConfiguration, map[string]any{"settings": nil})
		return
	}
	e.Notify(protocol.MethodWorkspaceDidChangeConfiguration, map[string]any{"settings": map[string]any{"mlm-lsp": settings}})
}

// Watched tells the server of a file that has changed, was made or is gone.
func (e *Editor) Watched(name string) {
	e.t.Helper()
	e.Notify(protocol.MethodWorkspaceDidChangeWatchedFiles, map[string]any{"changes": []any{map[string]any{"uri": name, "type": 2}}})
}

// ChangeFolders closes and opens workspace folders.
func (e *Editor) ChangeFolders(removed, added []string) {
	e.t.Helper()
	list := func(names []string) []any {
		folders := []any{}
		for _, name := range names {
			folders = append(folders, map[string]any{"uri": name, "name": name})
		}
		return folders
	}
	e.Notify(protocol.MethodWorkspaceDidChangeWorkspaceFolders, map[string]any{"event": map[string]any{"removed": list(removed), "added": list(added)}})
}

// read takes the server's messages until the pipe closes.
func (e *Editor) read() {
	in := bufio.NewReader(e.conn)
	for {
		m, err := readFrame(in)
		e.mu.Lock()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
				e.complain("reading from the server: %v", err)
			}
			e.gone = true
			for _, p := range e.waiting {
				close(p.answer)
			}
			e.waiting = nil
			close(e.answers)
			e.changed.Broadcast()
			e.mu.Unlock()
			return
		}
		answer := e.take(m)
		e.changed.Broadcast()
		e.mu.Unlock()
		if answer != nil {
			answer.Version = "2.0"
			body, _ := json.Marshal(answer)
			e.answers <- append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)
		}
	}
}

// answer writes what the server asked for, in its order. The pipe has no buffer, so read itself could wait here for a server that waits
// for it.
func (e *Editor) answer() {
	for framed := range e.answers {
		_ = e.write(framed) // the pipe is closed, or the test's own writes fail as well
	}
}

func readFrame(in *bufio.Reader) (message, error) {
	header, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil {
		return message{}, err
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		return message{}, err
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(in, body); err != nil {
		return message{}, err
	}
	var m message
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	return m, decoder.Decode(&m)
}

func (e *Editor) complain(format string, args ...any) {
	e.bad = append(e.bad, fmt.Sprintf(format, args...))
}

// take handles one message with e.mu held, and returns the answer if the message asks for one.
func (e *Editor) take(m message) *message {
	if m.Version != "2.0" {
		e.complain("a message without a version: %+v", m)
	}
	if m.Method == "" {
		e.takeAnswer(m)
		return nil
	}
	if m.ID != nil {
		return e.takeRequest(m)
	}
	switch m.Method {
	case protocol.MethodTextDocumentPublishDiagnostics:
		e.takeDiagnostics(m.Params)
	case protocol.MethodWindowShowMessage:
		var p protocol.ShowMessageParams
		e.decode(m, &p)
		e.messages = append(e.messages, p.Message)
	case protocol.MethodProgress:
		var p struct {
			Token string `json:"token"`
			Value struct {
				Kind, Message string
				protocol317.WorkspaceDiagnosticReport
			} `json:"value"`
		}
		e.decode(m, &p)
		if parts, asked := e.parts[p.Token]; asked {
			if len(p.Value.Items) == 0 {
				e.complain("a part of nothing")
			}
			e.parts[p.Token] = append(parts, p.Value.Items...)
			break
		}
		entry := p.Value.Kind
		if p.Value.Message != "" {
			entry += " " + p.Value.Message
		}
		if list := e.progress[p.Token]; (len(list) == 0 || list[len(list)-1] == "end") != (p.Value.Kind == "begin") {
			e.complain("progress %q of %s after %q", entry, p.Token, list)
		}
		e.progress[p.Token] = append(e.progress[p.Token], entry)
	case protocol.MethodLogTrace:
		var p protocol317.LogTraceParams
		e.decode(m, &p)
		e.traces = append(e.traces, p)
	case protocol317.MethodStatus:
		var p protocol317.StatusParams
		if e.decode(m, &p); !e.config.Status {
			e.complain("a status for an editor that shows none: %v", p)
		}
		e.statuses = append(e.statuses, p)
	default:
		e.complain("the server notifies of %s, which nobody asked for", m.Method)
	}
	return nil
}

func (e *Editor) takeAnswer(m message) {
	p := e.waiting[string(m.ID)]
	if p == nil {
		e.complain("an answer to no question: id %s, %+v", m.ID, m)
		return
	}
	if (m.Error == nil) == (m.Result == nil) {
		e.complain("an answer with both a result and an error, or neither: %+v", m)
	}
	delete(e.waiting, string(m.ID))
	p.answer <- m
}

func (e *Editor) takeRequest(m message) *message {
	answer := &message{ID: m.ID, Result: json.RawMessage("null")}
	if slices.Contains(e.config.Refuses, m.Method) {
		answer.Result, answer.Error = nil, &Error{Code: -32603, Message: "refused"}
		return answer
	}
	switch m.Method {
	case protocol.MethodWorkspaceConfiguration:
		var p protocol.ConfigurationParams
		e.decode(m, &p)
		values := make([]any, len(p.Items))
		for i, item := range p.Items {
			if item.Section != "mlm-lsp" {
				e.complain("the server asks for the settings of %q", item.Section)
			}
			if values[i] = e.settings; item.ScopeURI != "" {
				values[i] = e.config.FolderSettings[string(item.ScopeURI)]
			}
		}
		answer.Result, _ = json.Marshal(values)
	case protocol.MethodWorkDoneProgressCreate:
		if !e.config.Progress {
			e.complain("progress in an editor that shows none")
		}
	case protocol.MethodClientRegisterCapability:
		var p protocol.RegistrationParams
		e.decode(m, &p)
		for _, r := range p.Registrations {
			if offered, known := map[string]bool{
				protocol.MethodWorkspaceDidChangeConfiguration: e.config.Settings != nil,
				protocol.MethodWorkspaceDidChangeWatchedFiles:  e.config.Watches,
				protocol317.MethodDocumentDiagnostic:           e.config.Pull && e.config.Registers,
			}[r.Method]; !offered {
				e.complain("the server registers %s, which nobody offered (known: %v)", r.Method, known)
			}
			e.registered = append(e.registered, r.Method)
		}
	case protocol.MethodShowDocument:
		var p protocol.ShowDocumentParams
		if e.decode(m, &p); !e.config.ShowDocument || !p.External {
			e.complain("the server has %v shown", p)
		}
		e.pages = append(e.pages, string(p.URI))
		answer.Result = json.RawMessage(`{"success":true}`)
	case protocol.MethodWorkspaceApplyEdit:
		if !e.config.Applies {
			e.complain("the server asks an editor to do an edit that does none")
		}
		if e.config.Declines != "" {
			answer.Result, _ = json.Marshal(protocol317.ApplyEditResult{FailureReason: e.config.Declines})
			break
		}
		e.applied = append(e.applied, m.Params)
		answer.Result = json.RawMessage(`{"applied":true}`)
	case protocol317.MethodDiagnosticRefresh:
		if e.refreshed++; !e.config.Pull {
			e.complain("the server wants to be asked for diagnostics by an editor that does not")
		}
	case protocol317.MethodInlayHintRefresh:
		if e.rehinted++; !e.config.Hints {
			e.complain("the server wants to be asked for hints by an editor that does not")
		}
	default:
		e.complain("the server asks for %s, which nobody offered", m.Method)
		answer.Result, answer.Error = nil, &Error{Code: -32601, Message: "no such method"}
	}
	return answer
}

func (e *Editor) takeDiagnostics(raw json.RawMessage) {
	var p protocol317.PublishDiagnosticsParams
	e.decode(message{Params: raw}, &p)
	if e.config.Pull {
		e.complain("diagnostics are published to an editor that asks for them")
	}
	if p.Diagnostics == nil {
		e.complain("diagnostics that are null, not a list")
	}
	if before, ok := e.shown[string(p.URI)]; ok && p.Version != nil && before.Version != nil && *p.Version < *before.Version {
		e.complain("diagnostics for version %d of %s after those for %d", *p.Version, p.URI, *before.Version)
	}
	e.shown[string(p.URI)] = p
}

func (e *Editor) decode(m message, into any) {
	if err := json.Unmarshal(m.Params, into); err != nil {
		e.complain("decoding %s: %v", m.Method, err)
	}
}

func encode(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encoding %T: %v", v, err)
	}
	return data
}

func encodeParams(t testing.TB, params any) json.RawMessage {
	t.Helper()
	if params == nil {
		return nil
	}
	return encode(t, params)
}
