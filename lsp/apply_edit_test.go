package lsp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/settings"
)

// The command has the editor do what the action of the same name does, and the project falls silent once the file is saved.
func TestSilenceCommand(t *testing.T) {
	const kind = "variable-misuse"
	directory := t.TempDir()
	source := place(t, directory, "a.py", "wrong\n")
	conf := uriOf(filepath.Join(directory, settings.FileName))
	e := startSuspecting(t, wrongIsRight("right"), quick(&scripted{}), fakeeditor.Config{Applies: true, CreatesFiles: true, Folders: []string{uriOf(directory)}})
	e.Open(source, "python", "wrong\n")
	e.Diagnostics(source)
	var where string
	if err := e.Execute(commandSilence, &where, source, kind); err != nil || where != conf {
		t.Fatalf("%s, %v", where, err)
	}
	action := e.Applied(source)
	if !slices.Equal(action.Creates, []string{conf}) || len(action.Others[conf]) != 1 {
		t.Fatalf("edit %+v", action)
	}
	if err := os.WriteFile(filepath.Join(directory, settings.FileName), []byte(action.Others[conf][0].Text), 0o600); err != nil {
		t.Fatal(err)
	}
	e.Watched(conf)
	e.Cleared(source)
	wantCode(t, e.Execute(commandSilence, nil, source, kind), -32600, "what is silent already")
	if err := os.WriteFile(filepath.Join(directory, settings.FileName), []byte("[diagnostics\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e.Watched(conf)
	e.Message()
	if err := e.Execute(commandSilence, nil, source, kind); err == nil || !strings.Contains(err.Error(), "mend it first") {
		t.Errorf("a file that is not TOML is added to: %v", err)
	}
	e.Close()
}

func TestSilenceCommandThatIsDeclined(t *testing.T) {
	directory := t.TempDir()
	source := place(t, directory, "a.py", "x\n")
	place(t, directory, settings.FileName, "")
	e := startWithModel(t, quick(&scripted{}), fakeeditor.Config{Applies: true, Declines: "read-only", Folders: []string{uriOf(directory)}})
	e.Open(source, "python", "x\n")
	err := e.Execute(commandSilence, nil, source, "wrong-operator")
	wantCode(t, err, -32803, "an edit that is declined")
	if err != nil && !strings.Contains(err.Error(), "read-only") {
		t.Errorf("error %v", err)
	}
	e.Close()
}

// All that is sure is written, and the editor told what its edits are for; where nothing is, the user is told so.
func TestAnnotateCommand(t *testing.T) {
	e := startTyping(t, quick(&scripted{predict: prefer("Decimal")}), fakeeditor.Config{Applies: true, Annotated: true})
	e.Open(file, "python", orders)
	var done bool
	if err := e.Execute(commandAnnotate, &done, file); err != nil || !done {
		t.Fatalf("annotated: %v, %v", done, err)
	}
	action := e.Applied(file)
	if action.Label != "Types that are sure enough" {
		t.Errorf("edits for %q", action.Label)
	}
	e.Apply(file, action)
	if text := e.Text(file); !strings.Contains(text, "def paid(self, amount: Decimal, note") || errorsIn("python", text) != 0 {
		t.Errorf("annotated:\n%s", text)
	}
	e.SetText(file, "x = 1\n")
	if err := e.Execute(commandAnnotate, &done, file); err != nil || done {
		t.Errorf("annotated: %v, %v", done, err)
	}
	if message := e.Message(); !strings.Contains(message, "sure enough") {
		t.Errorf("message %q", message)
	}
	const golang = "file:///project/a.go"
	e.Open(golang, "go", "package p\n")
	wantCode(t, e.Execute(commandAnnotate, nil, golang), -32600, "a language without bare sites")
	e.Close()
}
