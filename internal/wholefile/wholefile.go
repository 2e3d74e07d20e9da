// Package wholefile writes files that are never half there. What is written goes into a file beside the one that is
// meant, is flushed to the disk, and takes the other's name in one step: whoever reads that name, at any time and after
// any failure, reads the old file or the whole new one, and a failure leaves nothing beside it.
package wholefile

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is what is written to before it has its name.
type File interface {
	io.Writer
	Sync() error
	Close() error
	Name() string
}

// CreateFunc makes a new file in dir, named after pattern as os.CreateTemp does. Tests put a full disk behind one.
type CreateFunc func(dir, pattern string) (File, error)

// Create makes a real file.
func Create(dir, pattern string) (File, error) { return os.CreateTemp(dir, pattern) }

// Write gives path what write writes. Errors are those of the file system and of write, without a word on what was
// being done: the caller knows what the file is. A link is followed, and what is no file at all, a pipe or a device,
// is written into: a name like /dev/stdout must not be replaced. A file keeps its permissions, a program is one
// afterwards; one that its owner may not write either is left alone, and the error is fs.ErrPermission.
func Write(path string, write func(io.Writer) error) error { return WriteWith(Create, path, write) }

// WriteWith is Write with files made by create.
func WriteWith(create CreateFunc, path string, write func(io.Writer) error) (err error) {
	mode := fs.FileMode(0o644)
	if info, errStat := os.Stat(path); errStat == nil {
		if !info.Mode().IsRegular() && !info.IsDir() {
			return into(path, write)
		}
		if mode = info.Mode().Perm(); mode&0o200 == 0 {
			return &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	f, err := create(filepath.Dir(path), filepath.Base(path)+".*.partial")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close() // its error, or that it is closed already, adds nothing to the first
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), mode); err != nil { // temporary files are made for their owner alone
		return err
	}
	return os.Rename(f.Name(), path)
}

// into writes to a pipe or a device that is there.
func into(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
