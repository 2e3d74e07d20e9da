package lsp

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
)

// The fake editor fails a test in which diagnostics are published to it though it asks for them.
func TestPull(t *testing.T) {
	for _, encoding := range encodings {
		t.Run(string(encoding), func(t *testing.T) {
			e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{
				Pull: true, Encodings: []protocol317.PositionEncodingKind{encoding}})
			const text = "a = '𝄞ß' + wrong\r\nb = wrong\r\n"
			e.Open(file, "python", text)
			if got := e.Diagnostics(file); len(got) != 2 || got[0].Start != strings.Index(text, "wrong") || got[0].Code != "variable-misuse" {
				t.Fatalf("diagnostics %+v", got)
			}
			first, err := e.Pull(file, "")
			again, err2 := e.Pull(file, first.ResultID)
			if err != nil || err2 != nil || first.Kind != "full" || again.Kind != "unchanged" {
				t.Errorf("asked twice: %+v, %v; %+v, %v", first, err, again, err2)
			}
			e.Edit(file, fakeeditor.Edit{Start: len(text), End: len(text), Text: "# behind\n"})
			if got, err := e.Pull(file, first.ResultID); err != nil || got.Kind != "unchanged" {
				t.Errorf("after an edit that moves nothing: %+v, %v", got, err)
			}
			e.Edit(file, fakeeditor.Edit{Text: "\n"})
			if got, err := e.Pull(file, first.ResultID); err != nil || got.Kind != "full" || got.Items[0].Range.Start.Line != 1 {
				t.Errorf("after an edit before: %+v, %v", got, err)
			}
			actions := e.Actions(file, nil, e.Diagnostics(file)...)
			if len(actions) == 0 || actions[0].Title != "Replace with `right`" {
				t.Errorf("actions %+v", actions)
			}
			e.CloseDocument(file)
			if err := e.Call(protocol317.MethodDocumentDiagnostic, map[string]any{"textDocument": map[string]any{"uri": file}}, &first); err != nil || len(first.Items) != 0 {
				t.Errorf("of a closed document: %+v, %v", first, err)
			}
			e.Close()
		})
	}
}

// A request waits for the pass over the text that it was read at. An edit ends the pass and the wait; a completion ends the pass only.
func TestPullWaits(t *testing.T) {
	started := make(chan struct{}, 100)
	var passes atomic.Int32
	check := func(ctx context.Context, m Model, f *treesitter.File, opts suspect.Options) ([]suspect.Finding, error) {
		started <- struct{}{}
		if passes.Add(1) <= 3 {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return wrongIsRight()(ctx, m, f, opts)
	}
	e := startSuspecting(t, check, quick(&scripted{predict: prefer()}), fakeeditor.Config{Pull: true})
	params := map[string]any{"textDocument": map[string]any{"uri": file}}
	e.Open(file, "python", python+"wrong\n")
	e.Open("file:///other.py", "python", "wrong")
	first := e.Go(protocol317.MethodDocumentDiagnostic, params)
	<-started
	e.Edit(file, fakeeditor.Edit{Text: "\n"})
	var wire *fakeeditor.Error
	if err := e.Wait(first, nil); !errors.As(err, &wire) || wire.Code != -32802 || string(wire.Data) != `{"retriggerRequest":true}` {
		t.Errorf("a request that an edit outran: %v %s", err, wire.Data)
	}
	second, third := e.Go(protocol317.MethodDocumentDiagnostic, params), e.Go(protocol317.MethodDocumentDiagnostic, params)
	<-started
	e.Cancel(second)
	wantCode(t, e.Wait(second, nil), -32800, "a request that the editor cancelled")
	if items, _ := e.Complete(file, strings.Index(e.Text(file), "width *")+1); len(items) == 0 {
		t.Error("no completions")
	}
	<-started
	e.CloseDocument(file)
	var report protocol317.FullDocumentDiagnosticReport
	if err := e.Wait(third, &report); err != nil || report.Items == nil || len(report.Items) != 0 {
		t.Errorf("a request whose document was closed: %+v, %v", report, err)
	}
	if got := e.Diagnostics("file:///other.py"); len(got) != 1 {
		t.Errorf("diagnostics %+v", got)
	}
	e.Close()
}

// Nothing is checked that nobody asks about, and a pass that fails is an error to who asked.
func TestPullChecksWhatIsAskedAbout(t *testing.T) {
	var passes atomic.Int32
	check := func(ctx context.Context, m Model, f *treesitter.File, opts suspect.Options) ([]suspect.Finding, error) {
		passes.Add(1)
		if strings.Contains(string(f.Text), "broken") {
			return nil, errors.New("out of memory")
		}
		return wrongIsRight()(ctx, m, f, opts)
	}
	e := startSuspecting(t, check, quick(&scripted{}), fakeeditor.Config{Pull: true})
	e.Open("file:///quiet.py", "python", "wrong")
	e.Open(file, "python", "wrong")
	e.Save("file:///quiet.py")
	time.Sleep(20 * time.Millisecond) // not long, but a mistake would show in most runs
	if got := e.Diagnostics(file); len(got) != 1 || passes.Load() != 1 {
		t.Errorf("diagnostics %+v after %d passes", got, passes.Load())
	}
	e.Edit(file, fakeeditor.Edit{Text: "broken"})
	_, err := e.Pull(file, "")
	wantCode(t, err, -32603, "a pass that failed")
	if got := e.Message(); !strings.Contains(got, "out of memory") {
		t.Errorf("message %q", got)
	}
	e.Close()
}

// What changes diagnostics without an edit has the editor ask again: a model that is there now, other settings.
func TestPullIsRefreshed(t *testing.T) {
	loaded := make(chan struct{})
	s := newServer(quick(nil))
	s.opts.Open = func(context.Context, func(string)) (Model, error) { <-loaded; return &scripted{}, nil }
	s.suspect = wrongIsRight("right")
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Pull: true})
	e.Open(file, "python", "wrong\n")
	early := e.Go(protocol317.MethodDocumentDiagnostic, map[string]any{"textDocument": map[string]any{"uri": file}})
	_ = e.Call("test/barrier", nil, nil)
	close(loaded)
	var report protocol317.FullDocumentDiagnosticReport
	if err := e.Wait(early, &report); err != nil || len(report.Items) != 1 {
		t.Errorf("asked before there was a model: %+v, %v", report, err)
	}
	e.Refreshed(1)
	if got := e.Diagnostics(file); len(got) != 1 {
		t.Errorf("with a model: %+v", got)
	}
	e.Configure(map[string]any{"diagnostics": map[string]any{"enable": false}})
	e.Refreshed(2)
	if got := e.Diagnostics(file); len(got) != 0 {
		t.Errorf("turned off: %+v", got)
	}
	e.Configure(map[string]any{"diagnostics": map[string]any{"disabledLanguages": []string{"python"}}})
	e.Refreshed(3)
	if got := e.Diagnostics(file); len(got) != 0 {
		t.Errorf("turned off for the language: %+v", got)
	}
	e.Configure(map[string]any{})
	e.Refreshed(4)
	if got := e.Diagnostics(file); len(got) != 1 {
		t.Errorf("on again: %+v", got)
	}
	e.Close()
}

// An editor that cannot be told to ask again would show what was true at the last edit.
func TestPullWithoutRefresh(t *testing.T) {
	e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{PullsOnce: true})
	e.Open(file, "python", "wrong\n")
	if got := e.Diagnostics(file); len(got) != 1 {
		t.Errorf("opened: %+v", got)
	}
	e.Configure(map[string]any{"diagnostics": map[string]any{"enable": false}})
	e.Cleared(file)
	e.Close()
}

// A request that waits for a model that does not come is answered all the same.
func TestPullWithoutModel(t *testing.T) {
	failed := make(chan struct{})
	opts := quick(nil)
	opts.Open = func(context.Context, func(string)) (Model, error) { <-failed; return nil, errors.New("no library") }
	e := start(t, opts, fakeeditor.Config{Pull: true})
	e.Open(file, "python", "wrong\n")
	early := e.Go(protocol317.MethodDocumentDiagnostic, map[string]any{"textDocument": map[string]any{"uri": file}})
	_ = e.Call("test/barrier", nil, nil)
	close(failed)
	var report protocol317.FullDocumentDiagnosticReport
	if err := e.Wait(early, &report); err != nil || len(report.Items) != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	e.Message()
	if got := e.Diagnostics(file); len(got) != 0 {
		t.Errorf("afterwards: %+v", got)
	}
	e.Close()
}
