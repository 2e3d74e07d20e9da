package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
)

// What a project's baseline knows is not shown, however it got to another line, and is shown again when the baseline no longer knows it; one that is broken is told once.
func TestBaseline(t *testing.T) {
	const line, other = `{"path":"deep/a.py","code":"variable-misuse","token":"wrong","text":"x = wrong"}` + "\n", `{"path":"deep/b.py","code":"variable-misuse","token":"wrong","text":"x = wrong"}` + "\n"
	for name, config := range map[string]fakeeditor.Config{"watched": {Watches: true}, "saved": {}, "asked for": {Watches: true, Pull: true}} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			conf := place(t, directory, settings.FileName, "")
			file := place(t, directory, baseline.FileName, line+other)
			e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), config)
			if config.Watches {
				e.Registered(protocol.MethodWorkspaceDidChangeWatchedFiles)
			}
			changed := func(name string) {
				if config.Watches {
					e.Watched(name)
				} else {
					e.Open(name, "json", "")
					e.Save(name)
				}
			}
			source := place(t, directory, "deep/a.py", "")
			show := func(why string, want int) {
				t.Helper()
				e.Edit(source, fakeeditor.Edit{Text: "\n"}) // so that what was shown before is not taken for the answer
				if got := e.Diagnostics(source); len(got) != want {
					t.Errorf("%s: %+v", why, got)
				}
			}
			e.Open(source, "python", "# moved\nx = wrong\nx = wrong\ny = wrong\n")
			if got := e.Diagnostics(source); len(got) != 2 || got[1].Start != strings.LastIndex(e.Text(source), "wrong") {
				t.Errorf("one of three is known: %+v", got)
			}
			place(t, directory, baseline.FileName, line+line)
			changed(file)
			show("two of three are known", 1)
			place(t, directory, baseline.FileName, line+"{")
			changed(file)
			if got := e.Message(); !strings.Contains(got, baseline.FileName+":2: it is no baseline: unexpected EOF: nothing is left out by it; make it anew with mlm-lsp check --baseline") {
				t.Errorf("message %q", got)
			}
			show("broken", 3)
			changed(file) // as broken as before: not said again
			tools := place(t, directory, "tools/known.json", strings.ReplaceAll(line, "deep/", "../deep/"))
			place(t, directory, settings.FileName, "diagnostics.baseline = \"tools/known.json\"\n")
			changed(conf)
			show("another file, in another directory", 2)
			if err := os.Remove(filepath.Join(directory, "tools", "known.json")); err != nil {
				t.Fatal(err)
			}
			changed(tools)
			if got := e.Message(); !strings.Contains(got, "there is no such file, though diagnostics.baseline names it") {
				t.Errorf("message %q", got)
			}
			show("gone", 3)
			e.CloseDocument(source)
			e.Close()
		})
	}
}

// The editor's settings may name another baseline, or none, at any time; a folder without a project has one, too.
func TestBaselineOfTheEditor(t *testing.T) {
	directory := t.TempDir()
	line := `{"path":"a.py","code":"variable-misuse","token":"wrong","text":"wrong"}` + "\n"
	place(t, directory, baseline.FileName, line)
	place(t, directory, "two.json", line+line)
	source := place(t, directory, "a.py", "")
	e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{Folders: []string{uriOf(directory)}})
	e.Open(source, "python", "wrong\nwrong\nwrong\n")
	for _, c := range []struct {
		name any
		want int
	}{{nil, 2}, {"two.json", 1}, {"", 3}, {"../two.json", 2}, {7, 2}} {
		e.Configure(map[string]any{"diagnostics": map[string]any{"baseline": c.name}})
		if c.name == "../two.json" { // the other is as wrong: not said again
			if got := e.Message(); !strings.Contains(got, "diagnostics.baseline must be a file below the project's root") {
				t.Errorf("message %q", got)
			}
		}
		e.Edit(source, fakeeditor.Edit{Text: "\n"})
		if got := e.Diagnostics(source); len(got) != c.want {
			t.Errorf("%v: %+v", c.name, got)
		}
	}
	e.Close()
}

// Who asks about a finding that is reported and not shown is told why.
func TestHiddenFindings(t *testing.T) {
	s := newServer(quick(nil))
	doc := &document{snapshot: s.newSnapshot("file:///p/a.py", 1, "python", []byte("x = wrong\n")), settings: settings.Default()}
	x := &suspect.Explanation{Code: suspect.CodeOperator, Token: "wrong", Reported: true}
	x.Span.Start = 4
	for want, change := range map[string]func(){
		"":                                      func() {},
		"the server is paused":                  func() { s.paused = true },
		"diagnostics.enable is false":           func() { doc.settings.DiagnosticsEnable = false },
		"the file is larger than files.maxSize": func() { doc.settings.FilesMaxSize = 1 },
		"wrong-operator is among diagnostics.disabledKinds": func() { doc.settings.DiagnosticsDisabledKinds = []string{suspect.CodeOperator} },
		"the baseline knows it": func() {
			b, err := baseline.Parse([]byte(`{"path":"a.py","code":"wrong-operator","token":"wrong","text":"x = wrong"}`))
			if err != nil {
				t.Fatal(err)
			}
			doc.known = known{"/p/known.json", b}
		},
	} {
		doc.settings, doc.known, s.paused = settings.Default(), known{}, false
		change()
		if got := s.hidden(doc)(x); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
