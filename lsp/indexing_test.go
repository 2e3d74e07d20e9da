package lsp

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/project/index"
	"mlm-lsp/treesitter"
)

// indexed is a server and an editor over a folder of Python, and what the server's log says.
type indexed struct {
	*fakeeditor.Editor
	t         *testing.T
	directory string
	log       *observer.ObservedLogs
	lists     atomic.Int32
}

// listPython is what a folder holds, but for what lies in directories called out.
func listPython(ctx context.Context, root string) (files []string, err error) {
	err = filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() && e.Name() == "out" {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() && treesitter.LanguageOf(path) == "python" {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

func startIndexing(t *testing.T, directory, cache string, config fakeeditor.Config) *indexed {
	x := &indexed{t: t, directory: directory}
	core, logs := observer.New(zapcore.InfoLevel)
	x.log = logs
	opts := quick(&scripted{})
	opts.Log, opts.Cache = zap.New(core), cache
	opts.Files = func(ctx context.Context, root string) ([]string, error) {
		x.lists.Add(1)
		return listPython(ctx, root)
	}
	config.Folders = []string{x.uri("")}
	x.Editor = startWithModel(t, opts, config, atOnce)
	x.Registered(protocol.MethodWorkspaceDidChangeWatchedFiles)
	return x
}

// atOnce has nothing wait for things to settle.
func atOnce(s *server) { s.beginning, s.settling, s.pressing = 0, time.Millisecond, time.Millisecond }

// unindexed has no index begin to be read some time after the start, on a slow machine in the middle of a test that it is not the business of: what it reads has the workspace checked anew.
func unindexed(s *server) { s.beginning = time.Hour }

func (x *indexed) uri(name string) string {
	return "file://" + strings.TrimSuffix(filepath.ToSlash(filepath.Join(x.directory, name)), "/")
}

func (x *indexed) turns() int { return x.log.FilterMessage("indexed").Len() }

// says is where the documentation of a name, in a document that uses it, says that it is defined; "" for nowhere.
func (x *indexed) says(name string) (where string) {
	x.t.Helper()
	const user = "out/user.py"
	x.Open(x.uri(user), "python", name+"\nx = "+name[:1])
	items, _ := x.Complete(x.uri(user), len(name)+6)
	i := slices.IndexFunc(items, func(item fakeeditor.Completion) bool { return item.Label == name })
	if i < 0 {
		x.t.Fatalf("%s is not offered", name)
	}
	got := x.Resolve(items[i])
	x.CloseDocument(x.uri(user))
	_, where, _ = strings.Cut(got, "\nDefined in ")
	where, _, _ = strings.Cut(where, "\n")
	return where
}

// tells waits until that is told.
func (x *indexed) tells(name, where string) {
	x.t.Helper()
	for end := time.Now().Add(fakeeditor.Patience); ; time.Sleep(5 * time.Millisecond) {
		got := x.says(name)
		if got == where {
			return
		}
		if time.Now().After(end) {
			x.t.Fatalf("%s is said to be defined in %q, want %q", name, got, where)
		}
	}
}

// TestIndexFollows: what the files of a folder define is told wherever it is used, and follows what an editor says of the disk, and what it has open.
func TestIndexFollows(t *testing.T) {
	directory := t.TempDir()
	place(t, directory, "rates.py", "import os\n\n\ndef lookup(x):\n    pass\n")
	place(t, directory, "deep/er/names.py", "class Shape:\n    def grow(self): pass\n")
	place(t, directory, "out/hidden.py", "secret = 1\n")
	x := startIndexing(t, directory, t.TempDir(), fakeeditor.Config{Watches: true, Plain: true})
	x.tells("lookup", "rates.py, line 4:")
	x.tells("Shape", "deep/er/names.py, line 1:")
	x.tells("secret", "")

	place(t, directory, "rates.py", "def fetch(x):\n    pass\n")
	x.Watched(x.uri("rates.py"))
	if got := x.says("lookup"); got != "" {
		t.Errorf("what was said to have changed is still told, of %s", got)
	}
	x.tells("fetch", "rates.py, line 1:")
	place(t, directory, "new.py", "newer = 1\n")
	x.Watched(x.uri("new.py"))
	x.tells("newer", "new.py, line 1:")
	// A rename is one file gone and another there; of a directory an editor may tell nothing else.
	if err := os.Rename(filepath.Join(directory, "deep"), filepath.Join(directory, "flat")); err != nil {
		t.Fatal(err)
	}
	x.Watched(x.uri("deep"))
	x.tells("Shape", "flat/er/names.py, line 1:")
	if err := os.Remove(filepath.Join(directory, "new.py")); err != nil {
		t.Fatal(err)
	}
	x.Watched(x.uri("new.py"))
	if got := x.says("newer"); got != "" {
		t.Errorf("what was said to be deleted is still told, of %s", got)
	}

	x.Open(x.uri("rates.py"), "python", "\n\ntyped = 1\n")
	x.tells("typed", "rates.py, line 3.") // the disk has no such line to show
	x.tells("fetch", "")
	x.Watched(x.uri("rates.py"))
	x.tells("typed", "rates.py, line 3.")
	x.CloseDocument(x.uri("rates.py"))
	x.tells("typed", "")
	x.tells("fetch", "rates.py, line 1:")
	x.Close()
}

// TestIndexCompletes: what only files far away define is offered, until an editor says that they have changed.
func TestIndexCompletes(t *testing.T) {
	directory := t.TempDir()
	for i := range project.PeerFiles + 1 {
		place(t, directory, fmt.Sprintf("near/f%d.py", i), "x = 1\n")
	}
	place(t, directory, "far/names.py", "def remarkable(): pass\n")
	x := startIndexing(t, directory, "", fakeeditor.Config{Watches: true})
	x.Open(x.uri("near/user.py"), "python", "y = rem")
	offered := func() bool {
		items, _ := x.Complete(x.uri("near/user.py"), len("y = rem"))
		return slices.ContainsFunc(items, func(item fakeeditor.Completion) bool { return item.Label == "remarkable" })
	}
	for end := time.Now().Add(fakeeditor.Patience); !offered(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what a file far away defines is not offered")
		}
	}
	place(t, directory, "far/names.py", "def ordinary(): pass\n")
	x.Watched(x.uri("far/names.py"))
	if offered() {
		t.Error("what is said to have changed is still offered")
	}
	x.Close()
}

// TestIndexIsFull: that the bounds leave files out is said once.
func TestIndexIsFull(t *testing.T) {
	bounds := index.DefaultBounds
	index.DefaultBounds = index.Bounds{Files: 2, Facts: 100} // one of them for what is open
	defer func() { index.DefaultBounds = bounds }()
	directory := t.TempDir()
	for i := range 3 {
		name := fmt.Sprintf("old%d.py", i)
		place(t, directory, name, fmt.Sprintf("older%d = 1\n", i))
		past := time.Now().Add(-time.Duration(1+i) * time.Hour)
		if err := os.Chtimes(filepath.Join(directory, name), past, past); err != nil {
			t.Fatal(err)
		}
	}
	place(t, directory, "new.py", "newer = 1\n")
	x := startIndexing(t, directory, "", fakeeditor.Config{Watches: true, Plain: true})
	x.tells("newer", "new.py, line 1:")
	place(t, directory, "new.py", "newest = 1\n")
	x.Watched(x.uri("new.py"))
	x.tells("newest", "new.py, line 1:")
	x.tells("older2", "")
	x.Close()
	if n := x.log.FilterMessageSnippet("the index is full").Len(); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// TestIndexUnreadable: what cannot be read is not in the way of the rest.
func TestIndexUnreadable(t *testing.T) {
	directory := t.TempDir()
	place(t, directory, "rates.py", "lookup = 1\n")
	place(t, directory, "out/deep.py/no source", "")
	opts := quick(&scripted{})
	opts.Files = func(ctx context.Context, root string) ([]string, error) {
		files, err := listPython(ctx, root)
		return append(files, filepath.Join(directory, "out", "deep.py")), err // a directory
	}
	x := &indexed{t: t, directory: directory}
	x.Editor = startWithModel(t, opts, fakeeditor.Config{Watches: true, Plain: true, Folders: []string{x.uri("")}}, atOnce)
	x.tells("lookup", "rates.py, line 1:")
	x.Close()
}

// TestElsewhere: of many definitions those are told that others may mean; of too many none.
func TestElsewhere(t *testing.T) {
	directory := t.TempDir()
	files := map[string]string{
		"a.py": "def grow(): pass\n", "b.py": "class B:\n    def grow(self): pass\n    def shrink(self): pass\n", "c.py": "def _hidden(): pass\n",
		"d.py": "def hidden(): pass\n", "many.py": "class A:\n    x = 1\nclass B:\n    x = 1\nclass C:\n    x = 1\nclass D:\n    x = 1\n", "user.py": "def own(): pass\n",
	}
	s := newServer(quick(nil))
	s.opts.Files = listPython
	s.addFolder(uriOf(directory))
	x := index.New(directory, os.ReadFile, index.DefaultBounds)
	for name, text := range files {
		place(t, directory, name, text)
		x.Set(filepath.Join(directory, name), treesitter.Parse("python", []byte(text)))
	}
	s.folders[0].indexing.index.Store(x)
	elsewhere := s.elsewhere(s.newSnapshot(protocol.DocumentURI(uriOf(filepath.Join(directory, "user.py"))), 1, "python", nil))
	for _, c := range []struct {
		name   string
		member bool
		want   string
	}{
		{"grow", false, "\nDefined in a.py, line 1:\ndef grow(): pass\n"},
		{"grow", true, "\nDefined in a.py, line 1:\ndef grow(): pass\n\nDefined in b.py, line 2:\ndef grow(self): pass\n"},
		{"shrink", false, "\nDefined in b.py, line 3:\ndef shrink(self): pass\n"},
		{"_hidden", false, "\nDefined in c.py, line 1:\ndef _hidden(): pass\n"},
		{"x", true, ""}, {"own", false, ""}, {"nobody", false, ""},
	} {
		if got := elsewhere(c.name, c.member, false); got != c.want {
			t.Errorf("%s, behind a dot %v: %q, want %q", c.name, c.member, got, c.want)
		}
	}
	for text, want := range map[string]bool{"a.b": true, "a.": true, "ab": false, "a::b": true, "p->q": true, "a .\n  bc": true, "": false} {
		if got := behindDot([]byte(text), len(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestIndexUnwatched: with an editor that watches nothing, the folder is looked over when something is opened or saved.
func TestIndexUnwatched(t *testing.T) {
	directory := t.TempDir()
	place(t, directory, "rates.py", "lookup = 1\n")
	opts := quick(&scripted{})
	opts.Files = listPython
	s := newServer(opts)
	atOnce(s)
	uri := func(name string) string { return "file://" + filepath.ToSlash(filepath.Join(directory, name)) }
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Folders: []string{uri("")}})
	e.Open(uri("user.py"), "python", "lookup\nx = l")
	s.post(func() { s.folders[0].indexing.last = time.Now().Add(-time.Hour) })
	place(t, directory, "rates.py", "lookup = 1\nlatest = 2\n")
	for end := time.Now().Add(fakeeditor.Patience); ; time.Sleep(5 * time.Millisecond) {
		e.Save(uri("user.py"))
		known := make(chan bool)
		s.post(func() {
			x := s.folders[0].indexing.index.Load()
			known <- x != nil && x.Find("python", "latest") != nil
			if s.folders[0].indexing.cancel == nil {
				s.folders[0].indexing.last = time.Now().Add(-time.Hour)
			}
		})
		if <-known {
			break
		}
		if time.Now().After(end) {
			t.Fatal("what was saved elsewhere is not known")
		}
	}
	e.Close()
}

// TestIndexIsKept: the next session reads nothing that has not changed, and one that finds rubbish says so once and builds the index anew.
func TestIndexIsKept(t *testing.T) {
	directory, cache := t.TempDir(), t.TempDir()
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"a.py", "b.py", "c.py"} {
		place(t, directory, name, "name_"+name[:1]+" = 1\n")
		if err := os.Chtimes(filepath.Join(directory, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	session := func(broken bool) (read int64) {
		x := startIndexing(t, directory, cache, fakeeditor.Config{Watches: true, Plain: true})
		x.tells("name_b", "b.py, line 1:")
		for end := time.Now().Add(fakeeditor.Patience); x.turns() == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the index is not read to its end")
			}
		}
		x.Close()
		if got := x.log.FilterMessage("opening the index").Len(); got != 0 != broken {
			t.Errorf("said %d times that the index is broken", got)
		}
		return x.log.FilterMessage("indexed").All()[0].ContextMap()["read"].(int64)
	}
	if read := session(false); read != 3 {
		t.Errorf("%d files were read at first", read)
	}
	if read := session(false); read != 0 {
		t.Errorf("%d files were read again", read)
	}
	kept, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("%q, %v", kept, err)
	}
	if err := os.Truncate(kept[0], 40); err != nil {
		t.Fatal(err)
	}
	if read := session(true); read != 3 {
		t.Errorf("%d files were read where the index is broken", read)
	}
	if read := session(false); read != 0 {
		t.Errorf("%d files were read after it was built anew", read)
	}
}

// TestIndexOfFolders: a folder that is opened in the session is indexed, too, and one that is closed is left alone.
func TestIndexOfFolders(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	place(t, first, "a.py", "first = 1\n")
	place(t, second, "b.py", "second = 1\n")
	x := startIndexing(t, first, t.TempDir(), fakeeditor.Config{Watches: true, Plain: true})
	x.tells("first", "a.py, line 1:")
	x.ChangeFolders([]string{x.uri("")}, []string{"file://" + filepath.ToSlash(second)})
	x.directory = second
	x.tells("second", "b.py, line 1:")
	x.tells("first", "")
	x.Close()
}

// TestIndexingIsCancelled: it is shown where it takes long; who has enough of it is asked no more, and what was known stays right.
func TestIndexingIsCancelled(t *testing.T) {
	directory := t.TempDir()
	place(t, directory, "rates.py", "lookup = 1\n")
	opts := quick(&scripted{})
	listing, ended := make(chan struct{}), make(chan struct{})
	var lists atomic.Int32
	opts.Files = func(ctx context.Context, root string) ([]string, error) {
		lists.Add(1)
		close(listing)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	}
	s := newServer(opts)
	atOnce(s)
	s.patience = 1
	folder := "file://" + filepath.ToSlash(directory)
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{Progress: true, Watches: true, Folders: []string{folder}})
	e.Registered(protocol.MethodWorkspaceDidChangeWatchedFiles)
	token := indexingToken + directory
	e.ProgressBegun(token)
	<-listing
	e.CancelProgress(token)
	<-ended
	if got := e.Progress(token); !slices.Equal(got, []string{"begin", "end"}) {
		t.Errorf("progress %q", got)
	}
	e.Watched(folder + "/rates.py")
	var nothing any
	if err := e.Execute(commandPause, &nothing); err != nil { // the loop has seen that by then
		t.Error(err)
	}
	if lists.Load() != 1 {
		t.Errorf("listed %d times", lists.Load())
	}
	e.Close()
}
