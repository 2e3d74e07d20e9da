package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"mlm-lsp/treesitter"
)

func TestPeers(t *testing.T) {
	files := []string{"/p/a/one.py", "/p/b/two.py", "/p/a/three.py", "/p/a/four.go", "/p/a/c/five.py", "/p/a/self.py"}
	want := []string{"/p/a/one.py", "/p/a/three.py", "/p/a/c/five.py", "/p/b/two.py"}
	if got := Peers("/p/a/self.py", files); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// texts are files in memory, and how often each was read.
type texts struct {
	mu    sync.Mutex
	files map[string]string
	reads map[string]int
	lists int
}

func (m *texts) list(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lists++
	var list []string
	for name := range m.files {
		list = append(list, name)
	}
	slices.Sort(list)
	return list, nil
}

func (m *texts) read(path string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reads == nil {
		m.reads = map[string]int{}
	}
	m.reads[path]++
	text, ok := m.files[path]
	if !ok {
		return nil, fmt.Errorf("opening %s: %w", path, fs.ErrNotExist)
	}
	return []byte(text), nil
}

// TestFolder: files of a directory share what is read once; each sees the others, in the versions that they have in the editor; nothing waits where Held is asked.
func TestFolder(t *testing.T) {
	m := &texts{files: map[string]string{"/p/a/one.py": "first = 1\n", "/p/a/two.py": "second = 2\n", "/p/b/three.py": "third = 3\n"}}
	d := NewFolder(m.list, m.read)
	if d.Held("/p/a/one.py") != nil {
		t.Error("something is held before it was asked for")
	}
	v, err := d.Around(t.Context(), "/p/a/one.py")
	if err != nil {
		t.Fatal(err)
	}
	if v.Uses("second").Names != 1 || v.Uses("third").Names != 1 || v.Uses("first") != (Uses{}) {
		t.Errorf("one sees %+v, %+v, and of itself %+v", v.Uses("second"), v.Uses("third"), v.Uses("first"))
	}
	if v = d.Held("/p/a/two.py"); v == nil || v.Uses("first").Names != 1 || v.Uses("second") != (Uses{}) {
		t.Errorf("two sees %+v", v)
	}
	d.Update("/p/a/one.py", treesitter.Parse("python", []byte("fresh = 1\n")))
	d.Update("/p/a/new.py", treesitter.Parse("python", []byte("newer = 1\n")))
	if v = d.Held("/p/a/two.py"); v.Uses("first") != (Uses{}) || v.Uses("fresh").Names != 1 || v.Uses("newer").Names != 1 {
		t.Errorf("after an edit: first %+v, fresh %+v, newer %+v", v.Uses("first"), v.Uses("fresh"), v.Uses("newer"))
	}
	if v, err := d.Around(t.Context(), "/p/a/notes.txt"); v != nil || err != nil {
		t.Errorf("what is no source sees %v, %v", v, err)
	}
	if m.lists != 1 || m.reads["/p/a/two.py"] != 1 {
		t.Errorf("%d lists, two.py was read %d times", m.lists, m.reads["/p/a/two.py"])
	}
}

// TestFolderBound: the surroundings asked for longest ago are forgotten, and as many files as the bound says are read.
func TestFolderBound(t *testing.T) {
	m := &texts{files: map[string]string{}}
	for i := range 3 * PeerFiles {
		m.files[fmt.Sprintf("/p/%d/x.py", i)] = "x = 1\n"
	}
	d := NewFolder(m.list, m.read)
	for i := range heldProjects + 1 {
		v, err := d.Around(t.Context(), fmt.Sprintf("/p/%d/x.py", i))
		if err != nil {
			t.Fatal(err)
		}
		if n := v.Uses("x").Files; n > PeerFiles {
			t.Errorf("%d files were read", n)
		}
	}
	if d.Held("/p/0/x.py") != nil || d.Held("/p/1/x.py") == nil {
		t.Error("the oldest is held, or a newer one is not")
	}
}

// TestFolderFails: a failure is told, and what failed is tried again; someone who waits for a reader that was cancelled reads himself.
func TestFolderFails(t *testing.T) {
	m := &texts{files: map[string]string{"/p/one.py": "x = 1\n"}}
	broken := errors.New("disk is gone")
	fails := true
	d := NewFolder(func(ctx context.Context) ([]string, error) {
		if fails {
			return nil, broken
		}
		return m.list(ctx)
	}, m.read)
	if _, err := d.Around(t.Context(), "/p/two.py"); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	fails = false
	if v, err := NewFolder(func(context.Context) ([]string, error) { return []string{"/p/gone.py", "/p/one.py"}, nil }, m.read).Around(t.Context(), "/p/two.py"); err != nil || v.Uses("x").Names != 1 {
		t.Errorf("a file that is gone: %v", err)
	}
	m.reads = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Around(ctx, "/p/two.py"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if v, err := d.Around(t.Context(), filepath.Join("/p", "two.py")); err != nil || v.Uses("x").Names != 1 {
				t.Errorf("%v, %v", v, err)
			}
		}()
	}
	wait.Wait()
	if m.reads["/p/one.py"] != 1 {
		t.Errorf("read %d times", m.reads["/p/one.py"])
	}
}

// same compares what two views say of every name that any of the files may have.
func same(t *testing.T, what string, got, want *View) {
	t.Helper()
	types := func(v *View) map[string]int {
		list := map[string]int{}
		v.Types(func(symbol, text string, times int) { list[symbol+": "+text] = times })
		return list
	}
	if g, w := types(got), types(want); !maps.Equal(g, w) {
		t.Errorf("%s: annotations %v, want %v", what, g, w)
	}
	for i := range 40 {
		name := fmt.Sprint("name", i)
		if g, w := got.Uses(name), want.Uses(name); g != w {
			t.Errorf("%s: %s is used %+v, want %+v", what, name, g, w)
		}
		anything := func(string) bool { return true }
		if g, w := got.Grams.Continue([]string{name, "."}, anything, 9), want.Grams.Continue([]string{name, "."}, anything, 9); !slices.Equal(g, w) {
			t.Errorf("%s: behind %s. stand %v, want %v", what, name, g, w)
		}
	}
}

// TestFolderRefresh: whatever is made, changed, deleted, opened and closed, after a refresh everyone sees what he would see if all were read now, and before it nothing of what was outdated.
func TestFolderRefresh(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 1))
	m := &texts{files: map[string]string{}}
	text := func() string {
		n := random.IntN(40)
		return fmt.Sprintf("name%d.name%d(name%d)\nname%d: T%d = 1\n", n, random.IntN(40), random.IntN(40), random.IntN(40), n)
	}
	path := func() string { return fmt.Sprintf("/p/%d/f%d.py", random.IntN(4), random.IntN(12)) }
	for range 30 {
		m.files[path()] = text()
	}
	held := []string{"/p/0/x.py", "/p/1/f1.py", "/p/2/x.py", "/p/3/f3.py"}
	d := NewFolder(m.list, m.read)
	for _, path := range held {
		if _, err := d.Around(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	open := map[string]*treesitter.File{}
	for round := range 60 {
		for range 1 + random.IntN(4) {
			switch p := path(); random.IntN(5) {
			case 0, 1:
				m.files[p] = text()
				if open[p] == nil {
					d.Outdate(p)
				}
			case 2:
				delete(m.files, p)
				delete(open, p)
				d.Outdate(p)
			case 3:
				open[p] = treesitter.Parse("python", []byte(text()))
				d.Update(p, open[p])
			default:
				delete(open, p)
				d.Outdate(p)
				if random.IntN(4) > 0 {
					continue
				}
				directory := filepath.Dir(p) // of the whole directory all is said to be changed
				maps.DeleteFunc(open, func(p string, _ *treesitter.File) bool { return filepath.Dir(p) == directory })
				d.Outdate(directory)
				if v := d.Held(held[0]); filepath.Dir(held[0]) == directory {
					for p := range v.project.files {
						if filepath.Dir(p) == directory {
							t.Errorf("%s is told of and outdated", p)
						}
					}
				}
			}
		}
		files, _ := m.list(t.Context())
		if err := d.Refresh(t.Context(), files); err != nil {
			t.Fatal(err)
		}
		fresh := NewFolder(m.list, m.read)
		for _, path := range held {
			if _, err := fresh.Around(t.Context(), path); err != nil {
				t.Fatal(err)
			}
		}
		for path, f := range open {
			fresh.Update(path, f)
		}
		for _, path := range held {
			same(t, fmt.Sprintf("round %d, %s", round, path), d.Held(path), fresh.Held(path))
		}
		if t.Failed() {
			return
		}
	}
	m.reads = map[string]int{}
	files, _ := m.list(t.Context())
	d.Outdate("/p/9/elsewhere.py")
	if err := d.Refresh(t.Context(), files); err != nil || len(m.reads) > 0 {
		t.Errorf("%v, and for nothing %v was read", err, m.reads)
	}
}

// TestOutdatedWhileRead: what changes while it is read is not told of.
func TestOutdatedWhileRead(t *testing.T) {
	m := &texts{files: map[string]string{"/p/a/one.py": "first = 1\n", "/p/a/sub/two.py": "second = 2\n"}}
	var d *Folder
	changes := true
	d = NewFolder(m.list, func(path string) ([]byte, error) {
		text, err := m.read(path)
		if changes && path == "/p/a/sub/two.py" {
			changes = false
			d.Outdate("/p/a/one.py", "/p/a/sub")
		}
		return text, err
	})
	v, err := d.Around(t.Context(), "/p/a/x.py")
	if err != nil {
		t.Fatal(err)
	}
	if v.Uses("first").Names+v.Uses("second").Names != 0 {
		t.Errorf("first %+v, second %+v", v.Uses("first"), v.Uses("second"))
	}
	files, _ := m.list(t.Context())
	if err := d.Refresh(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	if v := d.Held("/p/a/x.py"); v.Uses("first").Names != 1 || v.Uses("second").Names != 1 {
		t.Errorf("after a refresh: first %+v, second %+v", v.Uses("first"), v.Uses("second"))
	}
}

// TestFolderShared: questions, edits, events and refreshes at once.
func TestFolderShared(t *testing.T) {
	m := &texts{files: map[string]string{}}
	for i := range 12 {
		m.files[fmt.Sprintf("/p/%d/f%d.py", i%3, i)] = fmt.Sprintf("name%d = name%d.name%d\n", i, i+1, i+2)
	}
	d := NewFolder(m.list, m.read)
	files, _ := m.list(t.Context())
	parsed := treesitter.Parse("python", []byte("typed = 1\n"))
	var wait sync.WaitGroup
	for _, work := range []func(i int){
		func(i int) {
			if _, err := d.Around(t.Context(), fmt.Sprintf("/p/%d/x.py", i%3)); err != nil {
				t.Error(err)
			}
		},
		func(i int) {
			if v := d.Held(fmt.Sprintf("/p/%d/x.py", i%3)); v != nil {
				v.Uses("name1")
			}
		},
		func(i int) { d.Update(files[i%len(files)], parsed) },
		func(i int) { d.Outdate(files[i%len(files)]) },
		func(int) {
			if err := d.Refresh(t.Context(), files); err != nil {
				t.Error(err)
			}
		},
	} {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range 30 {
				work(i)
			}
		}()
	}
	wait.Wait()
	d.Outdate(files...)
	if err := d.Refresh(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	fresh := NewFolder(m.list, m.read)
	want, err := fresh.Around(t.Context(), "/p/0/x.py")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "after all", d.Held("/p/0/x.py"), want)
}
