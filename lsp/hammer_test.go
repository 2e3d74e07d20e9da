package lsp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/protocol318"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
)

// Eight documents are edited at once, each by a goroutine, with requests of every kind under way, cancellations, settings, folders and baselines that change, pauses, documents that are closed and opened again; for
// -race. In the end the texts are the editor's, and so are the diagnostics. (MLM_LSP_MANY=10000 for as many steps in each.)
func TestManyDocumentsAtOnce(t *testing.T) {
	for name, config := range map[string]fakeeditor.Config{"push": {}, "pull": {Pull: true}} {
		t.Run(name, func(t *testing.T) { hammer(t, config) })
	}
}

func hammer(t *testing.T, config fakeeditor.Config) {
	directory := t.TempDir()
	place(t, directory, "closed.py", "wrong\n")
	config.Inline, config.Watches, config.ShowDocument, config.Progress = true, true, true, true
	config.Folders = []string{uriOf(directory)}
	s := newServer(listing(quick(&scripted{predict: prefer("width")})))
	s.suspect = func(ctx context.Context, m Model, f *treesitter.File, opts suspect.Options) ([]suspect.Finding, error) {
		if _, err := suspect.Check(ctx, m, f, opts); err != nil {
			return nil, err
		}
		return wrongIsRight("right")(ctx, m, f, opts)
	}
	e := fakeeditor.Start(t, s.serve, config)
	var names []string
	for i := range 8 {
		names = append(names, uriOf(fmt.Sprintf("%s/%d.py", directory, i)))
		e.Open(names[i], "python", python)
	}
	changes := []any{
		map[string]any{}, map[string]any{"completion": map[string]any{"maxItems": 3}}, everywhere(nil),
		map[string]any{"diagnostics": map[string]any{"severity": "hint", "disabledKinds": []string{"variable-misuse"}}},
		map[string]any{"diagnostics": map[string]any{"enable": false}}, map[string]any{"diagnostics": map[string]any{"baseline": ""}},
	}
	var mu sync.Mutex // the editor is one for all
	var hands sync.WaitGroup
	for hand, name := range names {
		hands.Add(1)
		go func() {
			defer hands.Done()
			random := rand.New(rand.NewPCG(5, uint64(hand)))
			var pending []*fakeeditor.Pending
			ask := func(method string, params any) { pending = append(pending, e.Go(method, params)) }
			for range many(t, 120) {
				mu.Lock()
				text := e.Text(name)
				at := randomEdit(random, text).Start
				switch random.IntN(24) {
				default:
					edit := randomEdit(random, text)
					if edit.Text == "" && random.IntN(2) == 0 {
						edit.Text = "wrong"
					}
					e.Edit(name, edit)
				case 0, 1, 2:
					ask(protocol.MethodTextDocumentCompletion, e.CompletionParams(name, at))
				case 3, 4:
					ask(protocol.MethodTextDocumentHover, e.PositionParams(name, at))
				case 5, 6:
					ask(protocol317.MethodDocumentDiagnostic, map[string]any{"textDocument": map[string]any{"uri": name}})
				case 7:
					ask(protocol318.MethodInlineCompletion, e.InlineParams(name, at))
				case 8:
					ask(protocol.MethodTextDocumentCodeAction, map[string]any{"textDocument": map[string]any{"uri": name}, "context": map[string]any{"diagnostics": []any{}, "triggerKind": 1}})
				case 9:
					ask(protocol.MethodWorkspaceExecuteCommand, map[string]any{"command": []string{commandHeat, commandPause, commandResume, commandResume}[random.IntN(4)], "arguments": []any{name}})
				case 10:
					ask(protocol317.MethodWorkspaceDiagnostic, map[string]any{"previousResultIds": []any{}})
				case 11:
					e.Save(name)
				case 12:
					e.Configure(changes[random.IntN(len(changes))])
				case 13:
					e.ChangeFolders(config.Folders, nil)
					e.ChangeFolders(nil, config.Folders)
				case 14:
					e.Watched(uriOf(directory + "/.mlm-lsp.toml"))
				case 15:
					e.CloseDocument(name)
					e.Open(name, "python", text)
				}
				if len(pending) > 0 && random.IntN(3) == 0 {
					e.Cancel(pending[random.IntN(len(pending))])
				}
				mu.Unlock()
				if len(pending) > 20 {
					awaitAll(t, e, pending)
					pending = nil
				}
			}
			awaitAll(t, e, pending)
		}()
	}
	hands.Wait()
	e.Configure(map[string]any{"diagnostics": map[string]any{"severity": "warning"}}) // known to be others than before
	if err := e.Execute(commandResume, nil); err != nil {
		t.Error(err)
	}
	texts := map[string]string{}
	for _, name := range names {
		e.Edit(name, fakeeditor.Edit{Text: "\n"})
		texts[name] = e.Text(name)
		found := e.Diagnostics(name)
		if want := strings.Count(texts[name], "wrong"); len(found) != want {
			t.Errorf("%s: %d diagnostics, want %d", name, len(found), want)
		}
		for _, d := range found {
			if texts[name][d.Start:d.End] != "wrong" || d.Severity != protocol.DiagnosticSeverityWarning {
				t.Errorf("%s: %+v", name, d)
			}
		}
	}
	e.Close()
	for _, name := range names {
		if got := string(s.documents[protocol.DocumentURI(name)].text); got != texts[name] {
			t.Errorf("%s: the server has %q, the editor %q", name, got, texts[name])
		}
	}
	if len(s.calls) != 0 || len(s.idlers) != 0 || len(s.progresses) != 0 {
		t.Errorf("left behind: %d requests, %d that wait, %d that are shown", len(s.calls), len(s.idlers), len(s.progresses))
	}
}

// awaitAll waits for requests, each of which may have been cancelled or overtaken.
func awaitAll(t *testing.T, e *fakeeditor.Editor, pending []*fakeeditor.Pending) {
	for _, p := range pending {
		var wire *fakeeditor.Error
		if err := e.Wait(p, nil); errors.As(err, &wire) && wire.Code != -32800 && wire.Code != -32802 {
			if !strings.Contains(wire.Message, "there is no model yet") { // a command that came before
				t.Errorf("request %v: %v", p.ID, err)
			}
		}
	}
}

// Memory stays what it is while one types: what is held after a quarter of the keys is held at the end. (MLM_LSP_MANY=18000 for the keys of an hour.)
func TestMemoryWhileTyping(t *testing.T) {
	const line = "    total = width * height if area(width, height) else print(width)\n"
	opts := quick(&scripted{predict: prefer("width")})
	e := startWithModel(t, opts, fakeeditor.Config{Inline: true})
	text := strings.Repeat(python, 10)
	e.Open(file, "python", text)
	place := strings.Index(text, "    return")
	measure := func() (heap uint64, goroutines int) {
		e.Diagnostics(file)
		var now runtime.MemStats
		for range 2 { // the second takes what finalizers let go of
			runtime.GC()
		}
		runtime.ReadMemStats(&now)
		return now.HeapAlloc, runtime.NumGoroutine()
	}
	var heap uint64
	var goroutines int
	n := many(t, 1500)
	for key := range n {
		at := key % len(line)
		if at == 0 && key > 0 {
			e.SetText(file, text)
		}
		e.Edit(file, fakeeditor.Edit{Start: place + at, End: place + at, Text: line[at : at+1]})
		switch key % 7 {
		case 0, 2, 4:
			e.Complete(file, place+at+1)
		case 3: // typed on before it is there
			e.Go(protocol.MethodTextDocumentCompletion, e.CompletionParams(file, place+at+1))
		case 5:
			e.Inline(file, place+at+1, nil)
		case 6:
			e.Hover(file, place)
		}
		if key%50 == 0 {
			e.Save(file)
			e.Diagnostics(file)
		}
		if key == n/4 {
			heap, goroutines = measure()
		}
	}
	heapAfter, goroutinesAfter := measure()
	if heapAfter > heap+2<<20 || goroutinesAfter > goroutines+2 {
		t.Errorf("after %d keys %d bytes and %d goroutines, after a quarter of them %d and %d", n, heapAfter, goroutinesAfter, heap, goroutines)
	}
	e.Close()
}

// Whatever order its own messages to the loop come in, a pass that waits for its turn leaves nothing behind when its request is cancelled.
func TestIdlersLeave(t *testing.T) {
	s := newServer(quick(&scripted{}))
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case event := <-s.events:
				event()
			case <-stop:
				close(s.done)
				return
			}
		}
	}()
	var waiters sync.WaitGroup
	for range 50 {
		ctx, cancel := context.WithCancel(context.Background())
		waiters.Add(1)
		go func() {
			defer waiters.Done()
			if _, err := s.whenIdle(ctx, func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Errorf("a turn that never comes: %v", err)
			}
		}()
		cancel()
	}
	waiters.Wait()
	close(stop)
	<-s.done
	if len(s.idlers) != 0 {
		t.Errorf("%d wait still", len(s.idlers))
	}
}
