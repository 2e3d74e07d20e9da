package lsp

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/settings"
)

// place writes a file below a directory and returns its URI.
func place(t *testing.T, directory, name, text string) string {
	t.Helper()
	path := filepath.Join(directory, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	// At once, as editors save: what looks at the folder meanwhile sees the old text or the new one.
	err := wholefile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return uriOf(path)
}

func uriOf(path string) string { return "file://" + filepath.ToSlash(path) }

// The file of a document's project is heeded over the editor's settings; it is read again when an editor says that it has changed, or saves it; one nearer to the document
// takes its place.
func TestProjectsFile(t *testing.T) {
	for name, watches := range map[string]bool{"watched": true, "saved": false} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			conf := place(t, directory, settings.FileName, "[diagnostics]\nseverity = \"hint\"\n")
			e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{Watches: watches,
				InitializationOptions: map[string]any{"diagnostics": map[string]any{"severity": "warning"}}})
			if watches {
				e.Registered(protocol.MethodWorkspaceDidChangeWatchedFiles)
			} else {
				e.Open(conf, "toml", "")
			}
			changed := func(conf string) {
				if watches {
					e.Watched(conf)
				} else {
					e.Save(conf)
				}
			}
			source := place(t, directory, "deep/a.py", "wrong\n")
			e.Open(source, "python", "wrong\n")
			e.Open("untitled:b", "python", "wrong\n")
			if got := e.Diagnostics("untitled:b"); len(got) != 1 || got[0].Severity != protocol.DiagnosticSeverityWarning {
				t.Errorf("in no project: %+v", got)
			}
			if got := e.Diagnostics(source); len(got) != 1 || got[0].Severity != protocol.DiagnosticSeverityHint {
				t.Fatalf("diagnostics %+v", got)
			}
			place(t, directory, settings.FileName, "[diagnostics]\ndisabledFiles = [\"deep/*.py\"]\n")
			changed(conf)
			e.Cleared(source)
			place(t, directory, settings.FileName, "[diagnostics]\nseverity = 3\n")
			changed(conf)
			if got := e.Message(); !strings.Contains(got, settings.FileName+":2") || !strings.Contains(got, "diagnostics.severity") {
				t.Errorf("message %q", got)
			}
			e.Edit(source, fakeeditor.Edit{Text: "wrong "})
			if got := e.Diagnostics(source); len(got) != 2 || got[0].Severity != protocol.DiagnosticSeverityWarning {
				t.Errorf("with a file that sets nothing: %+v", got)
			}
			changed(conf) // as wrong as before: not said again
			nearer := place(t, directory, "deep/"+settings.FileName, "[diagnostics]\ndisabledLanguages = [\"python\"]\n")
			if !watches {
				e.Open(nearer, "toml", "")
			}
			changed(nearer)
			e.Cleared(source)
			if err := os.Remove(filepath.Join(directory, "deep", settings.FileName)); err != nil {
				t.Fatal(err)
			}
			changed(nearer)
			e.Edit(source, fakeeditor.Edit{Text: "wrong "})
			if got := e.Diagnostics(source); len(got) != 3 {
				t.Errorf("without it: %+v", got)
			}
			e.Watched(uriOf(filepath.Join(directory, "other.toml"))) // none of ours
			e.Close()
		})
	}
}

// An editor that can be asked is asked for each folder, and again when folders come and go.
func TestSettingsOfFolders(t *testing.T) {
	const one, two = "file:///one", "file:///two"
	e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{
		Folders:  []string{one},
		Settings: map[string]any{"diagnostics": map[string]any{"severity": "warning"}},
		FolderSettings: map[string]any{
			one: map[string]any{"diagnostics": map[string]any{"severity": "hint"}},
			two: map[string]any{"diagnostics": map[string]any{"severity": "information", "typo": 1}},
		}})
	severities := func(documents ...string) (list []protocol.DiagnosticSeverity) {
		for _, name := range documents {
			for _, d := range e.Diagnostics(name) {
				list = append(list, d.Severity)
			}
		}
		return list
	}
	names := []string{one + "/a.py", two + "/b.py", "untitled:c"}
	for _, name := range names {
		e.Open(name, "python", "wrong\n")
	}
	if got, want := severities(names...), []protocol.DiagnosticSeverity{protocol.DiagnosticSeverityHint, protocol.DiagnosticSeverityWarning, protocol.DiagnosticSeverityWarning}; !slices.Equal(got, want) {
		t.Errorf("severities %v, want %v", got, want)
	}
	e.ChangeFolders([]string{one}, []string{two, "untitled:no-folder"})
	if got := e.Message(); !strings.Contains(got, "diagnostics.typo is not a setting") {
		t.Errorf("message %q", got)
	}
	for _, name := range names {
		e.Edit(name, fakeeditor.Edit{Text: "\n"})
	}
	if got, want := severities(names...), []protocol.DiagnosticSeverity{protocol.DiagnosticSeverityWarning, protocol.DiagnosticSeverityInformation, protocol.DiagnosticSeverityWarning}; !slices.Equal(got, want) {
		t.Errorf("severities %v, want %v", got, want)
	}
	e.Close()
}
