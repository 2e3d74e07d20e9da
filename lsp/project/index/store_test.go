package index

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/treesitter"
)

// stored makes an index of a small folder that is kept.
func stored(t *testing.T) (d *tree, cache string, x *Index) {
	d = newTree(t, map[string]string{
		"a.py": "import os\nclass A:\n    x: int = 1\n    def m(self, y: str) -> None: pass\n", "b.ts": "import { C } from './c';\nexport class B {}\n", "s/c.go": "package c\n\nfunc F() {}\n",
	})
	cache = filepath.Join(t.TempDir(), "made", "when needed")
	x, err := Open(cache, d.root, d.read, DefaultBounds)
	if err != nil {
		t.Fatal(err)
	}
	d.refresh(x, Options{})
	return d, cache, x
}

// told is everything that an index says of a language.
func told(x *Index) (list []any) {
	for _, language := range []string{"python", "typescript", "go"} {
		list = append(list, symbolsOf(x, language), x.Names(language, "", true, "", 99))
		for _, name := range []string{"os", "C", "x", "y", "m"} {
			list = append(list, x.Imports(language, name, ""), len(x.naming[x.ids[name]]))
		}
	}
	return list
}

// symbolsOf are those of the files of a language.
func symbolsOf(x *Index, language string) (list []Symbol) {
	for _, f := range x.files {
		for _, s := range f.symbols {
			if f.language == language {
				list = append(list, x.symbol(f, s))
			}
		}
	}
	sortSymbols(list)
	return list
}

func TestKept(t *testing.T) {
	d, cache, x := stored(t)
	next, err := Open(cache, d.root, d.read, DefaultBounds)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(next), told(x); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	_, read := d.refresh(next, Options{})
	want(t, "read in the next session", read, []string(nil))
	before := len(next.words)
	for i := range 50 {
		next.Set(d.path("a.py"), treesitter.Parse("python", fmt.Appendf(nil, "name%d = 1\n", i)))
	}
	if err := next.Save(); err != nil {
		t.Fatal(err)
	}
	if len(next.words) > before {
		t.Errorf("%d words, of which most are forgotten", len(next.words))
	}
	// What was open is read from the disk in the session after.
	last, err := Open(cache, d.root, d.read, DefaultBounds)
	if err != nil {
		t.Fatal(err)
	}
	_, read = d.refresh(last, Options{})
	want(t, "read after an edit", read, []string{"a.py"})
	if got, want := told(last), told(x); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// Another folder has a file of its own.
	if other, err := Open(cache, t.TempDir(), d.read, DefaultBounds); err != nil || len(other.files) > 0 {
		t.Errorf("%v, %d files", err, len(other.files))
	}
}

// TestDamaged: whatever is wrong with what was kept, it is said, the index is empty, and what is built takes its place.
func TestDamaged(t *testing.T) {
	d, cache, x := stored(t)
	whole, err := os.ReadFile(x.store)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(at int) []byte {
		data := slices.Clone(whole)
		data[at] ^= 0x10
		return data
	}
	cases := map[string][]byte{
		"empty": {}, "a byte more": append(slices.Clone(whole), 0), "another's": []byte("SQLite format 3\x00" + strings.Repeat("x", 100)), "another version": flipped(len(magic)),
	}
	for at := 0; at < len(whole); at += 7 {
		cases[fmt.Sprint("cut at ", at)] = whole[:at]
		cases[fmt.Sprint("flipped at ", at)] = flipped(at)
	}
	for name, data := range cases {
		if err := os.WriteFile(x.store, data, 0o600); err != nil {
			t.Fatal(err)
		}
		next, err := Open(cache, d.root, d.read, DefaultBounds)
		if err == nil || !strings.Contains(err.Error(), "built anew") || len(next.files) > 0 || next.Find("python", "A") != nil {
			t.Errorf("%s: %v, %d files", name, err, len(next.files))
		}
	}
	next, _ := Open(cache, d.root, d.read, DefaultBounds)
	d.refresh(next, Options{})
	if again, err := Open(cache, d.root, d.read, DefaultBounds); err != nil || !reflect.DeepEqual(told(again), told(x)) {
		t.Errorf("built anew: %v, %v", err, told(again))
	}
	// A place that cannot be written costs the next session its index, and this one nothing.
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next, err = Open(filepath.Join(blocked, "below"), d.root, d.read, DefaultBounds)
	if err == nil && next.Save() != nil {
		t.Error("there is nothing to save, and it fails")
	}
	report, err := next.Refresh(t.Context(), d.list(), Options{})
	if err != nil || report.Unsaved == nil || next.Find("python", "A") == nil {
		t.Errorf("%v, %v, %v", err, report.Unsaved, next.Find("python", "A"))
	}
}

// TestNowhereToKeep: an index that takes so long that it is saved in between is built to its end where it cannot be.
func TestNowhereToKeep(t *testing.T) {
	d := newTree(t, map[string]string{"a.py": "class A: pass\n", "b.py": "class B: pass\n", "c.py": "class C: pass\n"})
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	x := New(d.root, d.read, DefaultBounds)
	x.store = filepath.Join(blocked, "below", "one"+suffix)
	synctest.Test(t, func(t *testing.T) {
		report, err := x.Refresh(t.Context(), d.list(), Options{Gate: func(context.Context) error { time.Sleep(2 * checkpoint); return nil }})
		if err != nil || report.Unsaved == nil || report.Read != 3 || x.Find("python", "A") == nil || x.Find("python", "B") == nil || x.Find("python", "C") == nil {
			t.Errorf("%v, %v, %d files read", err, report.Unsaved, report.Read)
		}
	})
}

// TestCrash: a program that ends while it writes leaves the old index whole, and what it left is removed later.
func TestCrash(t *testing.T) {
	d, cache, x := stored(t)
	// What a killed process leaves is what lies there in the middle of its writing.
	err := wholefile.Write(x.store, func(w io.Writer) error {
		if _, err := w.Write([]byte(magic)); err != nil {
			return err
		}
		half, err := filepath.Glob(filepath.Join(cache, "*.partial"))
		if err != nil || len(half) != 1 {
			t.Errorf("%v, %v", half, err)
		}
		if err := os.Link(half[0], filepath.Join(cache, "left.partial")); err != nil {
			return err
		}
		next, err := Open(cache, d.root, d.read, DefaultBounds)
		if err != nil || !reflect.DeepEqual(told(next), told(x)) {
			t.Errorf("%v, %v", err, told(next))
		}
		return io.ErrUnexpectedEOF
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	next, err := Open(cache, d.root, d.read, DefaultBounds)
	if err != nil || !reflect.DeepEqual(told(next), told(x)) {
		t.Errorf("%v, %v", err, told(next))
	}
	now := time.Now()
	if n, err := Prune(cache, now); n != 0 || err != nil {
		t.Errorf("removed %d at once, %v", n, err)
	}
	if n, err := Prune(cache, now.Add(2*keptBroken)); n != 1 || err != nil {
		t.Errorf("removed %d after a while, %v", n, err)
	}
}

// TestTwoProcesses: who writes, and who reads meanwhile, always has a whole index.
func TestTwoProcesses(t *testing.T) {
	d, cache, _ := stored(t)
	var wait sync.WaitGroup
	for range 3 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range 10 {
				x, err := Open(cache, d.root, d.read, DefaultBounds)
				if err != nil || x.Find("typescript", "B") == nil {
					t.Errorf("%v, %v", err, x.Find("typescript", "B"))
				}
				x.Set(d.path(fmt.Sprintf("new%d.py", i)), treesitter.Parse("python", []byte("new = 1\n")))
				if err := x.Save(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wait.Wait()
	if left, err := filepath.Glob(filepath.Join(cache, "*")); err != nil || len(left) != 1 {
		t.Errorf("%q lie there, %v", left, err)
	}
}

func TestPrune(t *testing.T) {
	d, cache, x := stored(t)
	gone := newTree(t, map[string]string{"a.py": "a = 1\n"})
	other, err := Open(cache, gone.root, gone.read, DefaultBounds)
	if err != nil {
		t.Fatal(err)
	}
	gone.refresh(other, Options{})
	if err := os.RemoveAll(gone.root); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", "0123.index"} {
		if err := os.WriteFile(filepath.Join(cache, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lying := func() (list []string) {
		entries, err := os.ReadDir(cache)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	now := time.Now()
	all := lying()
	for _, step := range []struct {
		after time.Duration
		left  []string
	}{
		{0, all}, {2 * keptBroken, []string{filepath.Base(x.store), filepath.Base(other.store), "notes.txt"}}, {2 * keptGone, []string{filepath.Base(x.store), "notes.txt"}}, {2 * keptUnused, []string{"notes.txt"}},
	} {
		if _, err := Prune(cache, now.Add(step.after)); err != nil {
			t.Error(err)
		}
		slices.Sort(step.left)
		if got := lying(); !slices.Equal(got, step.left) {
			t.Errorf("after %v: %q, want %q", step.after, got, step.left)
		}
	}
	if n, err := Prune(filepath.Join(d.root, "none"), now); n != 0 || err != nil {
		t.Errorf("where nothing is: %d, %v", n, err)
	}
}

// FuzzDecode: no bytes make the reader fail otherwise than with an error, or give an index that cannot be asked and written.
func FuzzDecode(f *testing.F) {
	x := New("/p", os.ReadFile, DefaultBounds)
	x.Set("/p/a.py", treesitter.Parse("python", []byte("import os\nclass A:\n    x: int = 1\n    def m(self, y: str) -> None: pass\n")))
	f.Add(x.encode()[headerSize:])
	f.Add([]byte("\x02/p\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		data := append([]byte(magic), make([]byte, 16)...)
		binary.LittleEndian.PutUint32(data[len(magic):], formatNow)
		binary.LittleEndian.PutUint32(data[len(magic)+4:], crc32.Checksum(body, castagnoli))
		binary.LittleEndian.PutUint64(data[len(magic)+8:], uint64(len(body)))
		x := New("/p", os.ReadFile, DefaultBounds)
		if x.decode(append(data, body...)) != nil {
			return
		}
		before := told(x)
		x.compact()
		y := New("/p", os.ReadFile, DefaultBounds)
		if err := y.decode(x.encode()); err != nil || !reflect.DeepEqual(told(y), before) {
			t.Errorf("%v, %v, want %v", err, told(y), before)
		}
	})
}
