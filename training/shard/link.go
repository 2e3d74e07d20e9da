package shard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Link makes dir hold the shards of from, both sides of the split: as further names of the same files where the file system allows that, else as
// copies. A shard is never changed in place, so the two directories do not disturb each other. Shards that were in dir are removed first.
func Link(from, dir string) error {
	if err := link(from, dir); err != nil {
		return fmt.Errorf("taking shards of %s: %w", from, err)
	}
	return nil
}

func link(from, dir string) error {
	paths, err := list(from, "")
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return errors.New(`no shards there; name BUNDLE.training of another training, or what "mlm-lsp shards unpack" wrote`)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	old, err := list(dir, "")
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	for _, path := range paths {
		to := filepath.Join(dir, filepath.Base(path))
		if os.Link(path, to) == nil {
			continue
		}
		if err := copyFile(path, to); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies a shard. One that is cut off is told by its checksum when it is read.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, source); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
