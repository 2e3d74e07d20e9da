package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
