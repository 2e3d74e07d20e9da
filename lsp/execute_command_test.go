package lsp

import (
	"context"
	"io/fs"
	"os"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/model"
)

func quietly() map[string]any { return map[string]any{"diagnostics": map[string]any{"enable": false}} }

// The page is shown where the editor can do that, and else the user is told where it is; it is gone with the session.
func TestHeatMap(t *testing.T) {
	for name, shows := range map[string]bool{"shown": true, "told": false} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			e := startWithModel(t, quick(&scripted{}), fakeeditor.Config{ShowDocument: shows, InitializationOptions: quietly()})
			e.Open("file:///project/a%20b.py", "python", python)
			var where string
			if err := e.Execute(commandHeat, &where, "file:///project/a%20b.py"); err != nil {
				t.Fatal(err)
			}
			if shows {
				if got := e.Page(); got != where {
					t.Errorf("shown %s, made %s", got, where)
				}
			} else if got := e.Message(); !strings.Contains(got, where) {
				t.Errorf("message %q, made %s", got, where)
			}
			path := pathOf(protocol.DocumentURI(where))
			page, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(page), "a b.py") || !strings.Contains(string(page), "height") {
				t.Errorf("page of %d bytes, %v", len(page), err)
			}
			e.Close()
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("after the session: %v", err)
			}
			if left, err := fs.Glob(os.DirFS(os.TempDir()), "*"); err != nil || len(left) > 0 {
				t.Errorf("left: %q, %v", left, err)
			}
		})
	}
}

// Both ways to cancel end the drawing.
func TestHeatMapIsCancelled(t *testing.T) {
	asked := make(chan struct{}, 10)
	m := &scripted{scan: func(ctx context.Context, _ []model.ScanQuery) ([][]model.SiteScore, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	e := startWithModel(t, quick(m), fakeeditor.Config{InitializationOptions: quietly()})
	e.Open(file, "python", python)
	params := map[string]any{"command": commandHeat, "arguments": []any{file}}
	p := e.Go(protocol.MethodWorkspaceExecuteCommand, params)
	<-asked
	e.ProgressBegun(drawingToken + "1")
	e.CancelProgress(drawingToken + "1")
	wantCode(t, e.Wait(p, nil), -32800, "cancelled by its progress")
	p = e.Go(protocol.MethodWorkspaceExecuteCommand, params)
	<-asked
	e.Cancel(p)
	wantCode(t, e.Wait(p, nil), -32800, "cancelled as a request")
	if got := e.Progress(drawingToken + "1"); got[0] != "begin" {
		t.Errorf("progress %q", got)
	}
	e.Close()
}

func TestExplainCommand(t *testing.T) {
	e := startWithModel(t, quick(&scripted{predict: prefer("width")}), fakeeditor.Config{InitializationOptions: quietly(), Tables: true})
	e.Open(file, "python", python)
	var markdown string
	if err := e.Execute(commandExplain, &markdown, file, e.PositionParams(file, strings.Index(python, "height\n")).Position); err != nil {
		t.Fatal(err)
	}
	if got := e.Message(); !strings.HasPrefix(got, "`height` in line 2:\n") || !strings.Contains(got, "height (here)") || !strings.Contains(markdown, "**`height`**") {
		t.Errorf("message %q, result %q", got, markdown)
	}
	e.Close()
}

// What cannot be done is an error that says why, and nothing else happens.
func TestCommandsThatCannotBe(t *testing.T) {
	loaded := make(chan struct{})
	opts := quick(nil)
	opts.Open = func(context.Context, func(string)) (Model, error) { <-loaded; return &scripted{}, nil }
	e := start(t, opts, fakeeditor.Config{Progress: true, InitializationOptions: quietly()})
	e.Open(file, "python", python)
	at := protocol.Position{}
	wantCode(t, e.Execute(commandHeat, nil, file), -32600, "a heat map before there is a model")
	e.ProgressBegun(fakeeditor.Loading)
	close(loaded)
	e.Progress(fakeeditor.Loading)
	wantCode(t, e.Execute(commandAnnotate, nil, file), -32600, "an edit in an editor that does none")
	wantCode(t, e.Execute(commandSilence, nil, file, "wrong-operator"), -32600, "an edit in an editor that does none")
	wantCode(t, e.Execute(commandSilence, nil, file, "wrong-colour"), -32602, "no kind of findings")
	wantCode(t, e.Execute("mlm-lsp.unheardOf", nil), -32602, "no command")
	wantCode(t, e.Execute(commandHeat, nil), -32602, "no document")
	wantCode(t, e.Execute(commandHeat, nil, 7), -32602, "a number for a document")
	wantCode(t, e.Execute(commandHeat, nil, "file:///not/open.py"), -32602, "a document that is not open")
	wantCode(t, e.Execute(commandExplain, nil, file), -32602, "no position")
	wantCode(t, e.Execute(commandExplain, nil, file, e.PositionParams(file, strings.Index(python, "("))), -32602, "punctuation")
	wantCode(t, e.Execute(commandExplain, nil, "file:///not/open.py", at), -32602, "a document that is not open")
	e.Close()
}
