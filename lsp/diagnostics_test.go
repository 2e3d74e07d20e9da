package lsp

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// wrongIsRight finds every "wrong" in a text, as a stand-in for lsp/suspect, whose judgement is tested there.
func wrongIsRight(suggestions ...string) func(context.Context, Model, *treesitter.File, suspect.Options) ([]suspect.Finding, error) {
	return func(_ context.Context, _ Model, f *treesitter.File, _ suspect.Options) ([]suspect.Finding, error) {
		var findings []suspect.Finding
		for at := 0; ; {
			next := strings.Index(string(f.Text[at:]), "wrong")
			if next < 0 {
				return append(findings, suspect.Finding{Message: "scored, and not reported"}), nil
			}
			at += next
			finding := suspect.Finding{Span: treesitter.Span{Start: at, End: at + 5}, Code: "variable-misuse", Token: "wrong", Reported: true,
				Message: "wrong is surprising here"}
			for _, text := range suggestions {
				finding.Suggestions = append(finding.Suggestions, model.Candidate{Text: text})
			}
			findings = append(findings, finding)
			at += 5
		}
	}
}

// startSuspecting starts a server with a stand-in for lsp/suspect and waits until its model is there.
func startSuspecting(t testing.TB, check func(context.Context, Model, *treesitter.File, suspect.Options) ([]suspect.Finding, error), opts Options,
	config fakeeditor.Config) *fakeeditor.Editor {
	t.Helper()
	s := newServer(opts)
	unindexed(s)
	s.suspect = check
	config.Progress = true
	begun := make(chan struct{})
	open := s.opts.Open
	s.opts.Open = func(ctx context.Context, report func(string)) (Model, error) { <-begun; return open(ctx, report) }
	e := fakeeditor.Start(t, s.serve, config)
	e.ProgressBegun(fakeeditor.Loading)
	close(begun)
	e.Progress(fakeeditor.Loading)
	return e
}

func TestDiagnostics(t *testing.T) {
	for _, encoding := range encodings {
		t.Run(string(encoding), func(t *testing.T) {
			e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{
				Encodings: []protocol317.PositionEncodingKind{encoding}})
			const text = "a = '𝄞ß' + wrong\r\nb = wrong\r\n"
			e.Open(file, "python", text)
			first := strings.Index(text, "wrong")
			got := e.Diagnostics(file)
			if len(got) != 2 || got[0].Start != first || got[0].End != first+5 || got[0].Code != "variable-misuse" ||
				got[0].Message != "wrong is surprising here" || got[0].Severity != protocol.DiagnosticSeverityInformation {
				t.Fatalf("diagnostics %+v", got)
			}
			e.Edit(file, fakeeditor.Edit{Start: first, End: first + 5, Text: "𝄞"})
			if got := e.Diagnostics(file); len(got) != 1 || got[0].Start != strings.LastIndex(e.Text(file), "wrong") {
				t.Errorf("diagnostics after an edit %+v", got)
			}
			e.Save(file)
			e.CloseDocument(file)
			e.Cleared(file)
			e.Close()
		})
	}
}

func TestDiagnosticsFollowSettings(t *testing.T) {
	e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{})
	e.Open(file, "python", "wrong\n")
	if got := e.Diagnostics(file); len(got) != 1 {
		t.Fatalf("diagnostics %+v", got)
	}
	e.Configure(map[string]any{"diagnostics": map[string]any{"enable": false}})
	e.Cleared(file)
	e.Edit(file, fakeeditor.Edit{Text: "wrong "})
	e.Configure(map[string]any{"diagnostics": map[string]any{"severity": "hint"}})
	if got := e.Diagnostics(file); len(got) != 2 || got[0].Severity != protocol.DiagnosticSeverityHint {
		t.Errorf("diagnostics %+v", got)
	}
	e.Close()
}

// A pass over a version that is no longer the newest is stopped, and what it finds all the same is not published; the fake editor fails the test
// for a version that goes backwards, and Diagnostics waits for the newest.
func TestDiagnosticsOfTheNewestVersionOnly(t *testing.T) {
	started, stopped := make(chan int, 100), make(chan struct{}, 100)
	check := func(ctx context.Context, m Model, f *treesitter.File, _ suspect.Options) ([]suspect.Finding, error) {
		started <- len(f.Text)
		if !strings.Contains(string(f.Text), "final") {
			<-ctx.Done()
			stopped <- struct{}{}
		}
		return wrongIsRight()(ctx, m, f, suspect.Options{})
	}
	e := startSuspecting(t, check, quick(&scripted{}), fakeeditor.Config{})
	e.Open(file, "python", "wrong\n")
	<-started
	e.Edit(file, fakeeditor.Edit{Text: "wrong "}, fakeeditor.Edit{Text: "wrong "})
	<-stopped
	<-started // that of the second version
	e.Edit(file, fakeeditor.Edit{Text: "final "})
	<-stopped
	if got := e.Diagnostics(file); len(got) != 3 || e.Version(file) != 2 {
		t.Errorf("diagnostics %+v of version %d", got, e.Version(file))
	}
	e.Close()
}

// A completion stops the pass, which begins again when the editor is quiet.
func TestCompletionStopsDiagnostics(t *testing.T) {
	started, stopped := make(chan struct{}, 100), make(chan struct{}, 100)
	var passes atomic.Int32
	check := func(ctx context.Context, m Model, f *treesitter.File, _ suspect.Options) ([]suspect.Finding, error) {
		started <- struct{}{}
		if passes.Add(1) == 1 {
			<-ctx.Done()
			stopped <- struct{}{}
			return nil, ctx.Err()
		}
		return wrongIsRight()(ctx, m, f, suspect.Options{})
	}
	e := startSuspecting(t, check, quick(&scripted{predict: prefer()}), fakeeditor.Config{})
	e.Open(file, "python", python+"wrong\n")
	<-started
	if items, _ := e.Complete(file, strings.Index(python, "width *")+1); len(items) == 0 {
		t.Error("no completions")
	}
	<-stopped
	if got := e.Diagnostics(file); len(got) != 1 {
		t.Errorf("diagnostics %+v", got)
	}
	e.Close()
}

// Several documents are checked one after another, and a panic in one pass is the end of that pass only.
func TestDiagnosticsOfSeveralDocuments(t *testing.T) {
	var running atomic.Int32
	check := func(ctx context.Context, m Model, f *treesitter.File, _ suspect.Options) ([]suspect.Finding, error) {
		if running.Add(1) > 1 {
			t.Error("two passes at once")
		}
		defer running.Add(-1)
		if strings.Contains(string(f.Text), "panic") {
			panic("in a pass")
		}
		time.Sleep(time.Millisecond)
		return wrongIsRight()(ctx, m, f, suspect.Options{})
	}
	e := startSuspecting(t, check, quick(&scripted{}), fakeeditor.Config{})
	names := []string{"file:///a.py", "file:///b.go", "file:///c.ts", "untitled:d"}
	for _, name := range names {
		e.Open(name, "python", "wrong")
	}
	for _, name := range names {
		if got := e.Diagnostics(name); len(got) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	e.Edit(names[0], fakeeditor.Edit{Text: "panic "})
	if got := e.Message(); !strings.Contains(got, "internal error in diagnostics") {
		t.Errorf("message %q", got)
	}
	e.Edit(names[0], fakeeditor.Edit{Start: 0, End: 6})
	if got := e.Diagnostics(names[0]); len(got) != 1 {
		t.Errorf("after a panic: %+v", got)
	}
	e.Close()
}

// A document that is closed while its pass runs, or while diagnostics are shown, is forgotten.
func TestClosingWhileDiagnosticsRun(t *testing.T) {
	started, stopped := make(chan struct{}, 10), make(chan struct{})
	check := func(ctx context.Context, m Model, f *treesitter.File, _ suspect.Options) ([]suspect.Finding, error) {
		if strings.Contains(string(f.Text), "slow") {
			started <- struct{}{}
			<-ctx.Done()
			close(stopped)
		}
		return wrongIsRight()(ctx, m, f, suspect.Options{})
	}
	e := startSuspecting(t, check, quick(&scripted{}), fakeeditor.Config{})
	e.Open(file, "python", "slow wrong")
	<-started
	e.CloseDocument(file)
	<-stopped
	e.Open(file, "python", "wrong wrong")
	if got := e.Diagnostics(file); len(got) != 2 {
		t.Errorf("diagnostics %+v", got)
	}
	e.Notify(protocol.MethodTextDocumentDidSave, map[string]any{"textDocument": map[string]any{"uri": "file:///not/open"}})
	e.Notify(protocol.MethodTextDocumentDidClose, map[string]any{"textDocument": map[string]any{"uri": "file:///not/open"}})
	e.Close()
}

// Why nothing is reported in a document is told to the log once, however often it is edited.
func TestSilenceIsLoggedOnce(t *testing.T) {
	var log syncBuffer
	opts := quick(&scripted{})
	opts.Log = logTo(&log, zap.InfoLevel)
	e := startSuspecting(t, wrongIsRight("right"), opts, fakeeditor.Config{InitializationOptions: map[string]any{"files": map[string]any{"maxSize": 50}}})
	e.Open(file, "python", "wrong\n")
	e.Open("file:///project/generated.py", "python", "# Code generated by x. DO NOT EDIT.\n")
	if got := e.Diagnostics(file); len(got) != 1 {
		t.Fatalf("diagnostics %+v", got)
	}
	e.Edit(file, fakeeditor.Edit{Text: strings.Repeat("wrong\n", 9)})
	e.Cleared(file)
	for range 5 {
		e.Edit(file, fakeeditor.Edit{Text: "wrong\n"})
		e.Save(file)
		time.Sleep(5 * time.Millisecond) // for passes that would say it again
	}
	e.SetText(file, "wrong wrong\n")
	if got := e.Diagnostics(file); len(got) != 2 {
		t.Errorf("small again: %+v", got)
	}
	e.Close()
	if got := log.String(); strings.Count(got, "larger than files.maxSize") != 1 || strings.Count(got, "not checking a document") != 2 {
		t.Errorf("log %s", got)
	}
}
