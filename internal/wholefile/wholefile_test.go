package wholefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, want := range []string{"first", "second, longer", "3"} {
		if err := Write(path, text(want)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != want {
			t.Errorf("holds %q, want %q", got, want)
		}
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	alone(t, dir, 1)
	if err := Write(filepath.Join(dir, "missing", "file"), text("")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into a directory that is not there: error %v", err)
	}
	if err := Write(dir, text("")); err == nil {
		t.Error("a directory was replaced by a file")
	}
}

// A program that is written anew can still be run, what is secret stays so, and what is read-only is left as it is.
func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such permissions")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, mode := range []os.FileMode{0o755, 0o600, 0o664, 0o444} {
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		want, err := "new", Write(path, text("new"))
		if mode == 0o444 {
			want = "old"
			if !errors.Is(err, os.ErrPermission) {
				t.Errorf("a read-only file: error %v", err)
			}
		} else if err != nil {
			t.Error(err)
		}
		if got := read(t, path); got != want {
			t.Errorf("a file of mode %v holds %q, want %q", mode, got, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("mode %v, want %v, error %v", info.Mode(), mode, err)
		}
		alone(t, dir, 1)
	}
}

// alone fails the test unless dir holds n entries: nothing was left beside them.
func alone(t *testing.T, dir string, n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != n {
		t.Errorf("%d entries, want %d: %v", len(entries), n, entries)
	}
}

// failing is a file whose step of that name fails.
type failing struct {
	File
	step string
}

func (f failing) Write(p []byte) (int, error) {
	if f.step == "write" {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, syscall.ENOSPC
	}
	return f.File.Write(p)
}

func (f failing) Sync() error {
	if f.step == "sync" {
		return syscall.EIO
	}
	return f.File.Sync()
}

func (f failing) Close() error {
	err := f.File.Close()
	if f.step == "close" {
		return syscall.EIO
	}
	return err
}

func TestFailingDisk(t *testing.T) {
	for _, step := range []string{"create", "write", "sync", "close", "content"} {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			if err := Write(path, text("old")); err != nil {
				t.Fatal(err)
			}
			create := func(dir, pattern string) (File, error) {
				if step == "create" {
					return nil, syscall.ENOSPC
				}
				f, err := Create(dir, pattern)
				return failing{f, step}, err
			}
			broken := errors.New("broken")
			err := WriteWith(create, path, func(w io.Writer) error {
				if err := text("new")(w); err != nil {
					return err
				}
				if step == "content" {
					return broken
				}
				return nil
			})
			want := map[string]error{"create": syscall.ENOSPC, "write": syscall.ENOSPC, "sync": syscall.EIO, "close": syscall.EIO, "content": broken}
			if !errors.Is(err, want[step]) {
				t.Errorf("error %v, want %v", err, want[step])
			}
			if got := read(t, path); got != "old" {
				t.Errorf("holds %q after the failure", got)
			}
			alone(t, dir, 1)
		})
	}
}

func TestLinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := Write(target, text("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		if runtime.GOOS == "windows" { // links need a privilege there
			return
		}
		t.Fatal(err)
	}
	if err := Write(link, text("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, error %v", info.Mode(), err)
	}
	if got := read(t, target); got != "new" {
		t.Errorf("the link's file holds %q", got)
	}
}
