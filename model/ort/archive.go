package ort

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

func isArchive(name string) bool {
	for _, ending := range []string{".tgz", ".tar.gz", ".zip", ".nupkg", ".whl", ".jar"} {
		if strings.HasSuffix(strings.ToLower(name), ending) {
			return true
		}
	}
	return false
}

// walkArchive calls visit for each plain file of a .tgz or a zip, in order.
// Names are as they stand in the archive: a caller must choose file names of
// its own.
func walkArchive(ctx context.Context, name string, visit func(path string, size int64, r io.Reader) error) error {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, ".tgz") || strings.HasSuffix(lower, ".tar.gz") {
		return walkTar(ctx, name, visit)
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		if !f.Mode().IsRegular() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		err = visit(f.Name, int64(f.UncompressedSize64), contextReader{ctx, r})
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func walkTar(ctx context.Context, name string, visit func(path string, size int64, r io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	gz, err := gzip.NewReader(contextReader{ctx, f})
	if err != nil {
		return err
	}
	t := tar.NewReader(gz)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := visit(h.Name, h.Size, t); err != nil {
			return err
		}
	}
}

// fromArchive takes the largest file out of an archive that is named like
// ONNX Runtime's library. Its links (libonnxruntime.so ->
// libonnxruntime.so.1.30.0) are no plain files and pass by.
func fromArchive(ctx context.Context, stage, archive string, progress func(string, int64, int64)) (manifest, error) {
	var best string
	var size int64
	err := walkArchive(ctx, archive, func(name string, n int64, _ io.Reader) error {
		if isLibraryName(path.Base(name)) && n > size {
			best, size = name, n
		}
		return nil
	})
	if err != nil {
		return manifest{}, err
	}
	if best == "" {
		return manifest{}, errors.New("the archive holds no ONNX Runtime library")
	}
	var m manifest
	err = walkArchive(ctx, archive, func(name string, n int64, r io.Reader) error {
		if name != best || len(m.Files) > 0 {
			return nil
		}
		file, err := writeLibrary(stage, path.Base(name), r, n, progress)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, file)
		return nil
	})
	if err != nil {
		return manifest{}, fmt.Errorf("unpacking %s: %w", best, err)
	}
	return m, nil
}

// isLibraryName knows the library by its file name on the three systems; the
// shared libraries of single devices (onnxruntime_providers_cuda) are others.
func isLibraryName(name string) bool {
	switch {
	case name == "onnxruntime.dll":
		return true
	case strings.HasPrefix(name, "libonnxruntime.so"):
		return true
	case strings.HasPrefix(name, "libonnxruntime.") && strings.HasSuffix(name, ".dylib"):
		return true
	}
	return false
}
