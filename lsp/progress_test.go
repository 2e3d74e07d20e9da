package lsp

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
)

// The user may do without the model: the server says so and goes on; a model that comes after all is closed.
func TestLoadingIsCancelled(t *testing.T) {
	loaded, closed := make(chan struct{}), make(chan struct{})
	opts := quick(nil)
	opts.Open = func(ctx context.Context, _ func(string)) (Model, error) {
		<-ctx.Done()
		<-loaded // deaf to it for a while
		return &scripted{closed: closed}, nil
	}
	e := start(t, opts, fakeeditor.Config{Progress: true})
	e.ProgressBegun(fakeeditor.Loading)
	e.CancelProgress("mlm-lsp/none")
	e.Notify(protocol.MethodWorkDoneProgressCancel, map[string]any{"token": 7})
	e.CancelProgress(fakeeditor.Loading)
	if got := e.Progress(fakeeditor.Loading); !slices.Equal(got, []string{"begin", "end"}) {
		t.Errorf("progress %q", got)
	}
	if got := e.Message(); !strings.Contains(got, "cancelled") {
		t.Errorf("message %q", got)
	}
	e.CancelProgress(fakeeditor.Loading) // again: nothing more is said
	e.Open(file, "python", python)
	if items, incomplete := e.Complete(file, strings.Index(python, "width *")); len(items) > 0 || incomplete {
		t.Errorf("completions %v, incomplete %v", items, incomplete)
	}
	close(loaded)
	<-closed
	e.Close()
}

// What is still shown when the session ends is taken away then, however long the work goes on.
func TestShutdownEndsProgress(t *testing.T) {
	directory := t.TempDir()
	release := make(chan struct{})
	defer close(release)
	opts := quick(&scripted{})
	opts.Files = func(context.Context, string) ([]string, error) { <-release; return nil, nil }
	e := start(t, opts, fakeeditor.Config{Progress: true, Folders: []string{uriOf(directory)}}, atOnce, func(s *server) { s.patience = 1 })
	token := indexingToken + directory
	e.ProgressBegun(token)
	if err := e.Call(protocol.MethodShutdown, nil, nil); err != nil {
		t.Error(err)
	}
	if got := e.Progress(token); !slices.Equal(got, []string{"begin", "end"}) {
		t.Errorf("progress %q", got)
	}
	e.Notify(protocol.MethodExit, nil)
	if err := e.Served(); err != nil {
		t.Error(err)
	}
	e.Check()
}

// Reading a large folder is shown, and can be cancelled; the next document that is opened there has it read again.
func TestReadingAFolderIsShown(t *testing.T) {
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "rates.py"), []byte("import rates\nrates.lookup(1)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	listing, cancelled := make(chan struct{}, 10), make(chan struct{})
	opts := quick(&scripted{})
	first := true
	opts.Files = func(ctx context.Context, root string) ([]string, error) {
		listing <- struct{}{}
		if first {
			first = false
			<-ctx.Done()
			if !errors.Is(ctx.Err(), context.Canceled) {
				t.Error(ctx.Err())
			}
			close(cancelled)
			return nil, ctx.Err()
		}
		return filepath.Glob(filepath.Join(root, "*.py"))
	}
	s := newServer(opts)
	unindexed(s)
	s.patience = 1
	folder := "file://" + filepath.ToSlash(directory)
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Progress: true, Folders: []string{folder}})
	e.Open(folder+"/a.py", "python", "import rates\nrates.")
	<-listing
	token := readingToken + directory
	e.ProgressBegun(token)
	e.CancelProgress(token)
	<-cancelled
	if got := e.Progress(token); !slices.Equal(got, []string{"begin", "end"}) {
		t.Errorf("progress %q", got)
	}
	e.Open(folder+"/b.py", "python", "import rates\nrates.")
	<-listing
	e.Close()
}
