package lsp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/internal/marker"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/model"
)

// scripted is a model whose answers a test writes. What is left nil answers nothing.
type scripted struct {
	predict func(ctx context.Context, qs []model.Query) ([]model.Prediction, error)
	scan    func(ctx context.Context, qs []model.ScanQuery) ([][]model.SiteScore, error)
	closed  chan struct{}
}

func (m *scripted) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	if m.predict == nil {
		return make([]model.Prediction, len(qs)), nil
	}
	return m.predict(ctx, qs)
}

func (m *scripted) Scan(ctx context.Context, qs []model.ScanQuery) ([][]model.SiteScore, error) {
	if m.scan != nil {
		return m.scan(ctx, qs)
	}
	scores := make([][]model.SiteScore, len(qs))
	for i, q := range qs {
		scores[i] = make([]model.SiteScore, len(q.Sites))
	}
	return scores, nil
}

// combiner is the same slice each time, as a bundle's is: package rank remembers what it has read by where it lies.
var combiner = []byte(marker.Combiner)

// Info says that completions are ranked as the model prefers.
func (m *scripted) Info() model.Info { return model.Info{Combiner: combiner} }

func (m *scripted) Close() error {
	if m.closed != nil {
		close(m.closed)
	}
	return nil
}

// prefer answers every query with the choices it has, those of names first.
func prefer(names ...string) func(context.Context, []model.Query) ([]model.Prediction, error) {
	return func(_ context.Context, qs []model.Query) ([]model.Prediction, error) {
		predictions := make([]model.Prediction, len(qs))
		for i, q := range qs {
			for _, choice := range q.Choices {
				logProb := -9.0
				for rank, name := range names {
					if name == choice {
						logProb = -0.1 - float64(rank)
					}
				}
				predictions[i].Candidates = append(predictions[i].Candidates, model.Candidate{Text: choice, LogProb: logProb})
			}
			sortCandidates(predictions[i].Candidates)
		}
		return predictions, nil
	}
}

func sortCandidates(c []model.Candidate) {
	for i := range c {
		for j := i; j > 0 && c[j-1].LogProb < c[j].LogProb; j-- {
			c[j-1], c[j] = c[j], c[j-1]
		}
	}
}

func opening(m Model) func(context.Context, func(string)) (Model, error) {
	return func(context.Context, func(string)) (Model, error) { return m, nil }
}

// quick are options that do not make a test wait, nor fail on a busy machine.
func quick(m Model) Options {
	return Options{Open: opening(m), Version: "test", CompletionBudget: time.Minute, InlineDelay: time.Millisecond, DiagnosticsDelay: time.Millisecond}
}

func start(t testing.TB, opts Options, config fakeeditor.Config, tune ...func(*server)) *fakeeditor.Editor {
	t.Helper()
	s := newServer(opts)
	for _, change := range tune {
		change(s)
	}
	return fakeeditor.Start(t, s.serve, config)
}

// startWithModel also waits until the model is there.
func startWithModel(t testing.TB, opts Options, config fakeeditor.Config, tune ...func(*server)) *fakeeditor.Editor {
	t.Helper()
	config.Progress = true
	loaded := make(chan struct{})
	open := opts.Open
	opts.Open = func(ctx context.Context, report func(string)) (Model, error) {
		<-loaded // not before the progress is shown, whose end the test waits for
		return open(ctx, report)
	}
	e := start(t, opts, config, tune...)
	e.ProgressBegun(fakeeditor.Loading)
	close(loaded)
	e.Progress(fakeeditor.Loading)
	return e
}

const (
	file   = "file:///project/a.py"
	python = "def area(width, height):\n    return width * height\n\n\nprint(area(2, 3))\n"
)

func TestLifecycle(t *testing.T) {
	closed := make(chan struct{})
	e := fakeeditor.Connect(t, func(ctx context.Context, stream io.ReadWriteCloser) error {
		return Serve(ctx, stream, quick(&scripted{closed: closed}))
	}, fakeeditor.Config{Encodings: []protocol317.PositionEncodingKind{"utf-32", protocol317.UTF16, protocol317.UTF8}})

	wantCode(t, e.Call(protocol.MethodTextDocumentHover, map[string]any{}, nil), -32002, "a request before initialize")
	wantCode(t, e.Call("shutdown", nil, nil), -32002, "shutdown before initialize")
	e.Notify(protocol.MethodTextDocumentDidOpen, map[string]any{}) // dropped

	result := e.Initialize()
	if got := result.Capabilities.PositionEncoding; got != protocol317.UTF8 {
		t.Errorf("position encoding %q, though UTF-8 was offered", got)
	}
	if result.ServerInfo == nil || result.ServerInfo.Name != "mlm-lsp" || result.ServerInfo.Version != "test" {
		t.Errorf("server info %+v", result.ServerInfo)
	}
	wantCode(t, e.Call(protocol.MethodInitialize, protocol317.InitializeParams{}, nil), -32600, "a second initialize")
	wantCode(t, e.Call("textDocument/unheardOf", map[string]any{}, nil), -32601, "an unknown method")
	wantCode(t, e.Call("$/unheardOf", map[string]any{}, nil), -32601, "an unknown $/ request")
	wantCode(t, e.Call(protocol.MethodTextDocumentCompletion, []int{1}, nil), -32602, "a completion with a list for parameters")
	wantCode(t, e.Call(protocol.MethodTextDocumentCompletion, nil, nil), -32602, "a completion without parameters")
	e.Notify("$/unheardOf", nil)
	e.Notify("textDocument/unheardOf", nil)
	e.Notify(protocol.MethodTextDocumentDidChange, map[string]any{"textDocument": map[string]any{"uri": "file:///not/open"}})

	if err := e.Call(protocol.MethodShutdown, nil, nil); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	wantCode(t, e.Call(protocol.MethodTextDocumentHover, map[string]any{}, nil), -32600, "a request after shutdown")
	e.Notify(protocol.MethodExit, nil)
	if err := e.Served(); err != nil {
		t.Errorf("Serve: %v", err)
	}
	e.Check()
	select {
	case <-closed:
	default:
		t.Error("the model was not closed")
	}
}

func wantCode(t *testing.T, err error, code int, what string) {
	t.Helper()
	var wire *fakeeditor.Error
	if !errors.As(err, &wire) || wire.Code != code {
		t.Errorf("%s: got %v, want error %d", what, err, code)
	}
}

func TestEndWithoutShutdown(t *testing.T) {
	for name, end := range map[string]func(*fakeeditor.Editor){
		"exit":           func(e *fakeeditor.Editor) { e.Notify(protocol.MethodExit, nil) },
		"end of input":   func(e *fakeeditor.Editor) { e.Hangup() },
		"half a message": func(e *fakeeditor.Editor) { e.Send([]byte("Content-Length: 10\r\n\r\n{")); e.Hangup() },
		"no header":      func(e *fakeeditor.Editor) { e.Send([]byte("nonsense\r\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, quick(&scripted{}), fakeeditor.Config{})
			e.Open(file, "python", python)
			end(e)
			if err := e.Served(); !errors.Is(err, ErrNoShutdown) {
				t.Errorf("Serve: %v, want %v", err, ErrNoShutdown)
			}
		})
	}
}

func TestEndOfInputAfterShutdown(t *testing.T) {
	e := start(t, quick(&scripted{}), fakeeditor.Config{})
	if err := e.Call(protocol.MethodShutdown, nil, nil); err != nil {
		t.Fatal(err)
	}
	e.Hangup()
	if err := e.Served(); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestContextEndsSession(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	e := fakeeditor.Start(t, func(_ context.Context, stream io.ReadWriteCloser) error {
		return Serve(ctx, stream, quick(&scripted{}))
	},
		fakeeditor.Config{})
	cancel()
	if err := e.Served(); !errors.Is(err, context.Canceled) {
		t.Errorf("Serve: %v", err)
	}
}

// An ill-formed message whose frame is whole costs that message only.
func TestMalformedMessages(t *testing.T) {
	for _, body := range []string{`{`, `[]`, `"a"`, `{"jsonrpc":"1.0","id":1,"method":"x"}`, `{"jsonrpc":"2.0","id":{},"method":"x"}`,
		strings.Repeat("[", 100_000), "\xff\xfe", `{"jsonrpc":"2.0"}`} {
		var answers bytes.Buffer
		input := string(frame([]byte(body))) + string(frame([]byte(`{"jsonrpc":"2.0","id":7,"method":"shutdown"}`)))
		err := Serve(context.Background(), stream{strings.NewReader(input), &answers}, quick(&scripted{}))
		if !errors.Is(err, ErrNoShutdown) {
			t.Errorf("%.40q: %v", body, err)
		}
		if got := answers.String(); !strings.Contains(got, `"id":null`) || !strings.Contains(got, `-32002`) {
			t.Errorf("%.40q: answers %q: want one without an id, and one to the request behind it", body, got)
		}
	}
}

// stream is an input that is there from the start, and an output.
type stream struct {
	io.Reader
	io.Writer
}

func (stream) Close() error { return nil }

func FuzzFraming(f *testing.F) {
	for _, seed := range []string{
		"Content-Length: 2\r\n\r\n{}",
		"content-length:44\nX: y\n\n" + `{"jsonrpc":"2.0","id":"a","method":"initialize"}`,
		"Content-Length: 99999999999999999999\r\n\r\n",
		"Content-Length: 200000000\r\n\r\n{",
		"Content-Length: -1\r\n\r\n",
		"\r\n\r\n",
		string(frame([]byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`))) +
			string(frame([]byte(`{"jsonrpc":"2.0","method":"initialized"}`))) +
			string(frame([]byte(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"a:b","text":"x"}}}`))) +
			string(frame([]byte(`{"jsonrpc":"2.0","id":2,"method":"textDocument/completion","params":{"textDocument":{"uri":"a:b"}}}`))) +
			string(frame([]byte(`{"jsonrpc":"2.0","id":3,"method":"shutdown"}`))) +
			string(frame([]byte(`{"jsonrpc":"2.0","method":"exit"}`))),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var answers bytes.Buffer
		_ = Serve(context.Background(), stream{bytes.NewReader(input), &answers}, quick(&scripted{}))
		// Whatever came in, what went out is whole messages.
		out := bufio.NewReader(&answers)
		for {
			length, err := readHeader(out)
			if errors.Is(err, io.EOF) {
				return
			}
			body := make([]byte, max(length, 0))
			if _, rerr := io.ReadFull(out, body); err != nil || rerr != nil || !json.Valid(body) {
				t.Fatalf("answers %q: %v, %v", answers.String(), err, rerr)
			}
		}
	})
}

// A server must not read more than it was told, nor reserve what was only announced.
func TestReadMessageBounds(t *testing.T) {
	for _, input := range []string{
		"Content-Length: 268435457\r\n\r\n",
		"Content-Length: nine\r\n\r\n123456789",
		"X: " + strings.Repeat("y", 10_000) + "\r\n\r\n",
		strings.Repeat("X: y\r\n", 10_000),
		"Content-Type: application/json\r\n\r\n{}",
		"Content-Length: 268435456\r\n\r\n{}",
	} {
		_, err := readMessage(bufio.NewReader(strings.NewReader(input)))
		if malformed := (*malformedError)(nil); err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &malformed) {
			t.Errorf("%.40q: %v", input, err)
		}
	}
}

func TestPanicInHandler(t *testing.T) {
	var log syncBuffer
	opts := quick(&scripted{predict: func(context.Context, []model.Query) ([]model.Prediction, error) { panic("secret = 1") }})
	opts.Log = logTo(&log, zap.InfoLevel)
	e := startWithModel(t, opts, fakeeditor.Config{InitializationOptions: map[string]any{"diagnostics": map[string]any{"enable": false}}})
	e.Open(file, "python", python)
	err := e.Call(protocol.MethodTextDocumentCompletion, e.CompletionParams(file, len("def area(width, height):\n    return w")), nil)
	wantCode(t, err, -32603, "a handler that panics")
	wantCode(t, e.Call("textDocument/unheardOf", nil, nil), -32601, "a request after it")
	e.Close()
	if got := log.String(); !strings.Contains(got, "server_test.go") || strings.Contains(got, "secret") {
		t.Errorf("log %s: want the stack, and not the value", got)
	}
}

func TestCancellation(t *testing.T) {
	for name, id := range map[string]any{"number": 17, "string": "seventeen"} {
		t.Run(name, func(t *testing.T) {
			asked, ended := make(chan struct{}), make(chan struct{})
			m := &scripted{predict: func(ctx context.Context, _ []model.Query) ([]model.Prediction, error) {
				close(asked)
				<-ctx.Done()
				close(ended)
				return nil, ctx.Err()
			}}
			e := startWithModel(t, quick(m), fakeeditor.Config{InitializationOptions: map[string]any{"diagnostics": map[string]any{"enable": false}}})
			e.Open(file, "python", python)
			p := e.GoID(id, protocol.MethodTextDocumentCompletion, e.CompletionParams(file, strings.Index(python, "width *")+2))
			<-asked
			wantCode(t, e.Call("textDocument/unheardOf", nil, nil), -32601, "a request while another runs")
			e.Cancel(p)
			wantCode(t, e.Wait(p, nil), -32800, "the cancelled request")
			<-ended
			e.Cancel(p) // one that is answered
			e.Close()
		})
	}
}

// A second request with the id of one that runs could not be answered: its answer would be taken for the other's.
func TestIDInUse(t *testing.T) {
	s := newServer(quick(nil))
	s.phase = running
	id := jsonrpc2.NewStringID("a")
	s.calls[id] = &call{}
	var wire *jsonrpc2.Error
	if err := s.admit(id, "x"); !errors.As(err, &wire) || wire.Code != jsonrpc2.InvalidRequest {
		t.Errorf("got %v", err)
	}
	if err := s.admit(jsonrpc2.NewStringID("b"), "x"); err != nil {
		t.Error(err)
	}
}

// The answer to a cancellation does not wait for a model that does not listen, and shutdown answers what is open.
func TestCancellationOfDeafModel(t *testing.T) {
	asked, release := make(chan struct{}, 2), make(chan struct{})
	m := &scripted{predict: func(_ context.Context, qs []model.Query) ([]model.Prediction, error) {
		asked <- struct{}{}
		<-release
		return make([]model.Prediction, len(qs)), nil
	}}
	e := startWithModel(t, quick(m), fakeeditor.Config{InitializationOptions: map[string]any{"diagnostics": map[string]any{"enable": false}}})
	e.Open(file, "python", python)
	params := e.CompletionParams(file, strings.Index(python, "width *")+2)
	first := e.Go(protocol.MethodTextDocumentCompletion, params)
	<-asked
	e.Cancel(first)
	second := e.Go(protocol.MethodTextDocumentCompletion, params)
	<-asked
	bye := e.Go(protocol.MethodShutdown, nil)
	wantCode(t, e.Wait(second, nil), -32800, "a request that was open at shutdown")
	if err := e.Wait(bye, nil); err != nil {
		t.Error(err)
	}
	close(release)
	e.Notify(protocol.MethodExit, nil)
	if err := e.Served(); err != nil {
		t.Error(err)
	}
	e.Check()
}

// An editor that sends and does not read cannot stop the server from taking its messages.
func TestEditorThatDoesNotRead(t *testing.T) {
	var input strings.Builder
	input.Write(frame([]byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`)))
	for range 1000 {
		input.Write(frame([]byte(`{"jsonrpc":"2.0","id":1,"method":"x"}`)))
	}
	input.Write(frame([]byte(`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`)))
	input.Write(frame([]byte(`{"jsonrpc":"2.0","method":"exit"}`)))
	blocked := make(chan struct{})
	defer close(blocked)
	s := stream{strings.NewReader(input.String()), writerFunc(func([]byte) (int, error) { <-blocked; return 0, io.ErrClosedPipe })}
	if err := Serve(context.Background(), s, quick(&scripted{})); err != nil {
		t.Error(err)
	}
}

func TestOutputThatBreaks(t *testing.T) {
	input, feed := io.Pipe()
	defer feed.Close()
	go func() { _, _ = feed.Write(frame([]byte(`{"jsonrpc":"2.0","id":1,"method":"x"}`))) }()
	s := stream{input, writerFunc(func([]byte) (int, error) { return 0, io.ErrClosedPipe })}
	if err := Serve(context.Background(), s, quick(&scripted{})); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Serve: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

// syncBuffer is a log for many goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func logTo(w io.Writer, level zapcore.LevelEnabler) *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(w), level))
}

func protocolURI(name string) protocol.DocumentURI           { return protocol.DocumentURI(name) }
func protocolLanguage(id string) protocol.LanguageIdentifier { return protocol.LanguageIdentifier(id) }
