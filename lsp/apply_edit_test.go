package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/jsonrpc2"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
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
	e.Open(conf, "toml", action.Others[conf][0].Text+"other = 1\n") // the editor's text goes over the disk's
	if err := os.Remove(filepath.Join(directory, settings.FileName)); err != nil {
		t.Fatal(err)
	}
	e.Watched(conf)
	wantCode(t, e.Execute(commandSilence, nil, source, kind), -32600, "what is silent already in a text that is not saved")
	e.CloseDocument(conf)
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

// What was typed between the making of an edit and its sending is not overwritten, in an editor that knows no versions of edits either.
func TestEditOfAnOlderTextIsNotSent(t *testing.T) {
	s := newServer(quick(nil))
	old := s.newSnapshot(file, 1, "python", []byte("x = 1\n"))
	doc := &document{snapshot: s.newSnapshot(file, 2, "python", []byte("yx = 1\n"))}
	s.documents[file] = doc
	for name, c := range map[string]struct {
		of   *snapshot
		sent int
	}{"the newest": {doc.snapshot, 1}, "an older one": {old, 0}, "a file that is not open": {nil, 1}} {
		s.asked = map[jsonrpc2.ID]func(json.RawMessage, error){}
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- s.apply(ctx, "", c.of, &protocol317.WorkspaceEdit{}) }()
		(<-s.events)()
		if len(s.asked) != c.sent {
			t.Errorf("%s: asked %d times", name, len(s.asked))
		} else if c.sent == 0 {
			if err := <-result; !errors.Is(err, errModified) {
				t.Errorf("%s: %v", name, err)
			}
		}
		cancel()
	}
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
