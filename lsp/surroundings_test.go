package lsp

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
)

// TestSurroundings: completions know the files of the workspace folder, and open documents as they are in the editor.
func TestSurroundings(t *testing.T) {
	for _, old := range []bool{false, true} {
		directory := t.TempDir()
		write := func(name, text string) string {
			path := filepath.Join(directory, name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return "file://" + filepath.ToSlash(path)
		}
		const body = "import rates\nx = rates."
		main, other := write("main.py", body), write("other.py", "import rates\ny = rates.lookup(1)\n")
		opts := quick(&scripted{})
		opts.Files = func(_ context.Context, root string) ([]string, error) {
			if root != directory {
				t.Errorf("listed %s, the folder is %s", root, directory)
			}
			return filepath.Glob(filepath.Join(root, "*.py"))
		}
		e := startWithModel(t, opts, fakeeditor.Config{Folders: []string{"file://" + filepath.ToSlash(directory)}, OldFolders: old})
		e.Open(main, "python", body)
		// The surroundings are read in the background, and no request waits for them.
		offered := func(label string) bool {
			items, _ := e.Complete(main, len(body))
			return slices.ContainsFunc(items, func(item fakeeditor.Completion) bool { return item.Label == label })
		}
		await := func(label string, want bool) {
			t.Helper()
			for end := time.Now().Add(fakeeditor.Patience); offered(label) != want; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%s: offered is not %v", label, want)
				}
			}
		}
		await("lookup", true)
		text := strings.Replace("import rates\ny = rates.lookup(1)\n", "lookup", "fetch", 1)
		e.Open(other, "python", text)
		await("fetch", true)
		await("lookup", false)
		e.Edit(other, fakeeditor.Edit{Start: len(text), End: len(text), Text: "z = rates.reset()\n"})
		e.Save(other)
		await("reset", true)
		e.Close()
	}
}

// TestCheckSurroundings: a document is checked with what its project says as soon as that was read.
func TestCheckSurroundings(t *testing.T) {
	directory := t.TempDir()
	for name, text := range map[string]string{"main.py": "x = lookup\n", "other.py": "lookup = 1\n"} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opts := quick(&scripted{})
	opts.Files = func(_ context.Context, root string) ([]string, error) {
		return filepath.Glob(filepath.Join(root, "*.py"))
	}
	uses := make(chan int, 100)
	e := startSuspecting(t, func(_ context.Context, _ Model, _ *treesitter.File, o suspect.Options) ([]suspect.Finding, error) {
		if o.Around != nil {
			uses <- o.Around.Uses("lookup").Names
		}
		return nil, nil
	}, opts, fakeeditor.Config{Folders: []string{"file://" + filepath.ToSlash(directory)}})
	e.Open("file://"+filepath.ToSlash(filepath.Join(directory, "main.py")), "python", "x = lookup\n")
	select {
	case n := <-uses:
		if n != 1 {
			t.Errorf("the other files use lookup %d times, want once", n)
		}
	case <-time.After(fakeeditor.Patience):
		t.Fatal("it was never checked with its project")
	}
	e.Close()
}

// TestPathOf: what is no file has no surroundings.
func TestPathOf(t *testing.T) {
	for name, want := range map[string]string{"untitled:Untitled-1": "", "": "", "file:///a/b%20c.go": "/a/b c.go", "git:/a/b.go?x": "", "file://": ""} {
		if got := filepath.ToSlash(pathOf(protocol.DocumentURI(name))); got != want && !(want == "" && got == ".") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestExcludedFilesAreNotRead: neither what the editor excludes nor what the project's file does is among the surroundings, and the project's word on the rest is over the editor's.
func TestExcludedFilesAreNotRead(t *testing.T) {
	directory := t.TempDir()
	place(t, directory, settings.FileName, "[files]\nexclude = [\"gen\"]\nmaxSize = 1000\n")
	s := newServer(quick(nil))
	s.opts.Files = func(context.Context, string) ([]string, error) {
		return []string{filepath.Join(directory, "a.py"), filepath.Join(directory, "gen", "b.py"), filepath.Join(directory, "c.pb.py")}, nil
	}
	s.addFolder(uriOf(directory))
	s.configure(json.RawMessage(`{"files": {"exclude": ["*.pb.py"], "maxSize": 2000}}`), nil)
	files, wanted, err := s.folders[0].files(t.Context(), s.opts.Files)
	if err != nil || !slices.Equal(files, []string{filepath.Join(directory, "a.py")}) || wanted.FilesMaxSize != 1000 {
		t.Errorf("%q of at most %d bytes, %v", files, wanted.FilesMaxSize, err)
	}
}
