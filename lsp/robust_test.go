package lsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// A model that hangs, and does not listen either, costs a completion its ranking and a check its findings, and nobody anything else.
func TestModelThatHangs(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	m := &scripted{
		predict: func(context.Context, []model.Query) ([]model.Prediction, error) {
			<-release
			return nil, errors.New("too late")
		},
	}
	s := newServer(quick(m))
	s.opts.CompletionBudget = 20 * time.Millisecond
	s.hung = 20 * time.Millisecond
	s.suspect = func(ctx context.Context, m Model, f *treesitter.File, _ suspect.Options) ([]suspect.Finding, error) {
		_, err := m.Predict(ctx, nil)
		return nil, err
	}
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Status: true})
	wantStatus(t, e, protocol317.StatusLoading, "")
	wantStatus(t, e, protocol317.StatusReady, "")
	e.Open(file, "python", python)
	wantStatus(t, e, protocol317.StatusError, "it has not ended after 20ms")
	e.Message()
	items, incomplete := e.Complete(file, strings.Index(python, "width *")+1)
	if len(items) == 0 || items[0].Label != "width" || !incomplete {
		t.Errorf("completions %+v, incomplete %v", items, incomplete)
	}
	hover := e.Go(protocol.MethodTextDocumentHover, e.PositionParams(file, strings.Index(python, "width *")))
	e.Cancel(hover)
	wantCode(t, e.Wait(hover, nil), -32800, "a hover that was cancelled")
	e.Edit(file, fakeeditor.Edit{Text: "# \n"}) // and what comes next is served still
	if items, _ := e.Complete(file, strings.Index(e.Text(file), "width *")+1); len(items) == 0 {
		t.Error("no completions after an edit")
	}
	e.Close()
}

// What an editor that does not read would have to be sent ends the session before it fills the memory.
func TestUnreadMessages(t *testing.T) {
	input, feed := io.Pipe()
	blocked := make(chan struct{})
	defer close(blocked)
	go func() {
		request := frame([]byte(`{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 1000) + `","method":"x"}`))
		for {
			if _, err := feed.Write(request); err != nil {
				return
			}
		}
	}()
	s := newServer(quick(&scripted{}))
	s.out.most = 100_000
	err := s.serve(context.Background(), stream{input, writerFunc(func([]byte) (int, error) { <-blocked; return 0, io.ErrClosedPipe })})
	_ = feed.Close()
	if !errors.Is(err, errUnread) {
		t.Errorf("serve: %v", err)
	}
}

// many is how often a test does what it does at random; MLM_LSP_MANY makes it more.
func many(t *testing.T, times int) int {
	if more := os.Getenv("MLM_LSP_MANY"); more != "" {
		n, err := strconv.Atoi(more)
		if err != nil {
			t.Fatalf("MLM_LSP_MANY: %v", err)
		}
		return n
	}
	return times
}

// Whatever an editor sends, each request has one answer, and the server lives. (MLM_LSP_MANY=1000000 for a million messages.)
func TestRandomMessages(t *testing.T) {
	for name, capabilities := range map[string]string{"push": `{"codeAction":{"codeActionLiteralSupport":{}}}`, "pull": `{"diagnostic":{},"inlineCompletion":{},"codeAction":{"codeActionLiteralSupport":{}}}`} {
		t.Run(name, func(t *testing.T) { randomMessages(t, capabilities) })
	}
}

func randomMessages(t *testing.T, capabilities string) {
	random := rand.New(rand.NewPCG(1, 2))
	methods := []string{"initialize", "initialized", "textDocument/unheardOf", "$/unheardOf", "workspace/configuration"}
	for _, table := range []map[string]struct{}{keysOf(concurrent), keysOf(immediate), keysOf(notifications)} {
		for method := range table {
			if method != protocol.MethodShutdown && method != protocol.MethodExit {
				methods = append(methods, method)
			}
		}
	}
	slices.Sort(methods)
	uris := []string{file, "untitled:a", "file:///b.go", "", "http://x", "file://%zz", "\\u0000"}
	var value func(depth int) string
	value = func(depth int) string {
		switch n := random.IntN(14); {
		case n < 2:
			return strconv.Itoa(random.IntN(200) - 3)
		case n < 3:
			return []string{"null", "true", "-1e99", "4294967296", "0.5", `"\ud800"`}[random.IntN(6)]
		case n < 6 || depth > 3:
			return strconv.Quote([]string{"python", "go", "width", uris[random.IntN(len(uris))], commandHeat, commandPause, commandResume, "mlm-lsp", "x := f(a.\n"}[random.IntN(9)])
		case n < 8:
			return "[" + value(depth+1) + "," + value(depth+1) + "]"
		default:
			keys := []string{"uri", "textDocument", "position", "range", "start", "end", "line", "character", "contentChanges", "text", "version", "languageId", "context",
				"diagnostics", "data", "label", "settings", "mlm-lsp", "id", "token", "value", "command", "arguments", "event", "added", "removed", "changes", "triggerKind", "capabilities", "previousResultIds", "partialResultToken"}
			b := "{"
			for i := range 1 + random.IntN(4) {
				if i > 0 {
					b += ","
				}
				b += strconv.Quote(keys[random.IntN(len(keys))]) + ":" + value(depth+1)
			}
			return b + "}"
		}
	}
	place := func() string {
		return fmt.Sprintf(`"textDocument":{"uri":%q,"languageId":"python","version":%d,"text":%q},"position":{"line":%d,"character":%d}`,
			uris[random.IntN(4)], random.IntN(9), python[:random.IntN(len(python))], random.IntN(6), random.IntN(40))
	}
	var input bytes.Buffer
	input.Write(frame([]byte(`{"jsonrpc":"2.0","id":"first","method":"initialize","params":{"capabilities":{"textDocument":` + capabilities + `}}}`)))
	input.Write(frame([]byte(`{"jsonrpc":"2.0","method":"initialized"}`)))
	asked := map[string]bool{}
	n := many(t, 1500)
	for i := range n {
		body := ""
		params := value(0)
		if random.IntN(2) == 0 {
			params = "{" + place() + `,"contentChanges":[{"text":` + value(3) + `}],"context":` + value(1) + "}"
		}
		switch random.IntN(12) {
		case 0: // an answer to no question
			body = fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":%s}`, random.IntN(99), params)
		case 1: // no message
			body = []string{"{", "[]", params, "\xff", `{"jsonrpc":"2.0"}`, `{"jsonrpc":"2.0","id":1,"method":""}`}[random.IntN(6)]
		case 2, 3, 4, 5, 6:
			body = fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, methods[random.IntN(len(methods))], params)
		default:
			id := strconv.Quote("r" + strconv.Itoa(i))
			asked[id] = true
			body = fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, methods[random.IntN(len(methods))], params)
		}
		input.Write(frame([]byte(body)))
	}
	input.Write(frame([]byte(`{"jsonrpc":"2.0","id":"last","method":"shutdown"}`)))
	input.Write(frame([]byte(`{"jsonrpc":"2.0","method":"exit"}`)))
	var output syncBuffer
	opts := quick(&scripted{predict: prefer("width")})
	opts.InlineDelay = time.Nanosecond
	if err := Serve(context.Background(), stream{&input, &output}, opts); err != nil {
		t.Errorf("Serve: %v", err)
	}
	text := output.String()
	answered := map[string]int{}
	for _, id := range regexp.MustCompile(`"id":"(r\d+)"`).FindAllStringSubmatch(text, -1) {
		answered[strconv.Quote(id[1])]++
	}
	for id := range asked {
		if got := answered[id]; got != 1 {
			t.Errorf("%d answers to request %s", got, id)
		}
	}
	if !strings.Contains(text, `"id":"last"`) {
		t.Error("no answer to the last request")
	}
}

func keysOf[V any](m map[string]V) map[string]struct{} {
	keys := map[string]struct{}{}
	for key := range m {
		keys[key] = struct{}{}
	}
	return keys
}

// After many random edits the server's answers are those of a server that has just opened the text, and its memory is what it was. (That its text is the editor's is the business of
// TestRandomEdits; MLM_LSP_MANY=10000.)
func TestAnswersAfterManyEdits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	opts := quick(&scripted{predict: prefer("width")})
	e := startWithModel(t, opts, fakeeditor.Config{Pull: true})
	text := strings.Repeat(python, 4)
	e.Open(file, "python", text)
	var before, after runtime.MemStats
	n := many(t, 2000)
	for i := range n {
		if i%100 == 0 {
			e.SetText(file, text)
		}
		e.Edit(file, randomEdit(random, e.Text(file)))
		if i == n/10 {
			_ = e.Call("test/barrier", nil, nil)
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
	}
	_ = e.Call("test/barrier", nil, nil)
	runtime.GC()
	if runtime.ReadMemStats(&after); after.HeapAlloc > before.HeapAlloc+8<<20 {
		t.Errorf("%d bytes of heap, before most of the edits %d", after.HeapAlloc, before.HeapAlloc)
	}
	fresh := startWithModel(t, opts, fakeeditor.Config{Pull: true})
	fresh.Open(file, "python", e.Text(file))
	for at := range e.Text(file) { // where characters begin
		if random.IntN(12) > 0 {
			continue
		}
		one, _ := e.Complete(file, at)
		other, _ := fresh.Complete(file, at)
		if fmt.Sprint(menu(one)) != fmt.Sprint(menu(other)) {
			t.Errorf("at %d: completions %v, of a server that has just opened the text %v", at, menu(one), menu(other))
		}
		if one, other := e.Hover(file, at), fresh.Hover(file, at); (one == nil) != (other == nil) || one != nil && *one != *other {
			t.Errorf("at %d: hover %v, of a server that has just opened the text %v", at, one, other)
		}
	}
	if one, other := e.Diagnostics(file), fresh.Diagnostics(file); fmt.Sprint(one) != fmt.Sprint(other) {
		t.Errorf("diagnostics %v, of a server that has just opened the text %v", one, other)
	}
	e.Close()
	fresh.Close()
}

// menu is what a user sees and gets of completions.
func menu(items []fakeeditor.Completion) (list []string) {
	for _, item := range items {
		list = append(list, fmt.Sprintf("%s %+v", item.Label, item.Edit))
	}
	return list
}

// An editor that says nothing of what it can is served what needs no saying, and every request has a result. (The fake editor fails a test for whatever it did not offer to take.)
func TestEditorThatOffersNothing(t *testing.T) {
	s := newServer(quick(&scripted{predict: prefer("width")}))
	s.suspect = wrongIsRight("right")
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Plain: true, OldEdits: true, CommandsOnly: true})
	e.Open(file, "python", python+"wrong\n")
	found := e.Diagnostics(file) // so there is a model
	if len(found) != 1 {
		t.Errorf("diagnostics %+v", found)
	}
	at := strings.Index(python, "width *")
	items, _ := e.Complete(file, at)
	if len(items) == 0 || items[0].Item.LabelDetails != nil {
		t.Fatalf("completions %+v", items)
	}
	if got := e.Resolve(items[0]); !strings.Contains(got, "Defined in line 1") || strings.Contains(got, "```") {
		t.Errorf("documentation %q", got)
	}
	if got := e.Hover(file, at); got == nil || strings.ContainsAny(got.Markdown, "|`") {
		t.Errorf("hover %+v", got)
	}
	if got := e.Actions(file, nil, found...); len(got) != 0 {
		t.Errorf("actions %q", titles(got))
	}
	if got := e.Inline(file, at, nil); len(got) != 0 {
		t.Errorf("inline completions %+v", got)
	}
	if report, err := e.Pull(file, ""); err != nil || len(report.Items) != 0 {
		t.Errorf("diagnostics that it was not expected to ask for: %+v, %v", report, err)
	}
	if err := e.Execute(commandHeat, nil, file); err != nil {
		t.Errorf("heat map: %v", err)
	}
	if got := e.Message(); !strings.Contains(got, "heat-1.html") {
		t.Errorf("message %q", got)
	}
	e.Configure(map[string]any{"diagnostics": map[string]any{"enable": false}})
	e.Cleared(file)
	e.Close()
}

// What old and odd clients say at the start is taken as it is: whatever is null or missing is nothing offered, what is unknown is passed over, and the session works.
func TestOddClients(t *testing.T) {
	for _, params := range []string{
		`{}`,
		`{"processId":null,"rootUri":null,"rootPath":null,"capabilities":{}}`,
		`{"processId":null,"clientInfo":null,"rootUri":"","workspaceFolders":null,"initializationOptions":null,"trace":"loud","capabilities":null}`,
		`{"capabilities":{"general":null,"workspace":{"configuration":null,"workspaceEdit":null},"textDocument":{"completion":{"completionItem":null},"codeAction":null,"diagnostic":null},"experimental":[1]}}`,
		`{"capabilities":{"general":{"positionEncodings":[]},"notebookDocument":{"synchronization":{}},"textDocument":{"unheardOf":7}},"initializationOptions":[],"workspaceFolders":[{"uri":"vscode-remote://x/y","name":"z"}]}`,
		`{"capabilities":{"general":{"positionEncodings":["utf-32","utf-16"]}},"initializationOptions":"none","locale":"de","workDoneToken":7}`,
	} {
		var input, output bytes.Buffer
		for _, body := range []string{
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":` + params + `}`, `{"jsonrpc":"2.0","method":"initialized"}`,
			`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.py","languageId":"python","version":1,"text":"wide = 1\nwi"}}}`,
			`{"jsonrpc":"2.0","id":2,"method":"textDocument/completion","params":{"textDocument":{"uri":"file:///a.py"},"position":{"line":1,"character":2},"context":null}}`,
			`{"jsonrpc":"2.0","id":3,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///a.py"},"position":{"line":0,"character":0}}}`,
			`{"jsonrpc":"2.0","id":4,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///a.py"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[]}}}`,
			`{"jsonrpc":"2.0","id":5,"method":"textDocument/diagnostic","params":{"textDocument":{"uri":"file:///a.py"}}}`,
			`{"jsonrpc":"2.0","id":6,"method":"workspace/diagnostic","params":{"previousResultIds":[]}}`,
			`{"jsonrpc":"2.0","id":7,"method":"shutdown"}`, `{"jsonrpc":"2.0","method":"exit"}`,
		} {
			input.Write(frame([]byte(body)))
		}
		if err := Serve(context.Background(), stream{&input, &output}, quick(&scripted{predict: prefer()})); err != nil {
			t.Errorf("%s: %v", params, err)
		}
		text := output.String()
		for id := 1; id <= 7; id++ {
			if got := strings.Count(text, fmt.Sprintf(`"id":%d,`, id)) + strings.Count(text, fmt.Sprintf(`"id":%d}`, id)); got != 1 {
				t.Errorf("%s: %d answers to request %d in\n%s", params, got, id, text)
			}
		}
		for _, never := range []string{"registerCapability", "workspace/configuration", "workDoneProgress/create", "mlm-lsp/status", "inlayHint/refresh", "codeLens/refresh", "diagnostic/refresh", "logTrace"} {
			if strings.Contains(text, never+`"`) {
				t.Errorf("%s: the client never offered to take %s", params, never)
			}
		}
		if strings.Contains(text, `"code":-326`) {
			t.Errorf("%s: an error in\n%s", params, text)
		}
	}
}
