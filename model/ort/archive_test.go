//go:build !windows

package ort

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzFromArchive holds that no archive makes the installer fail otherwise than
// with an error, or write outside its directory.
func FuzzFromArchive(f *testing.F) {
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	if w, err := z.Create("lib/onnxruntime.dll"); err != nil {
		f.Fatal(err)
	} else if _, err := w.Write([]byte("MZ and more")); err != nil {
		f.Fatal(err)
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(zipped.Bytes(), true)
	f.Add(archiveOf(f, map[string][]byte{"../libonnxruntime.so.1": []byte("\x7fELF and more")}), false)
	f.Fuzz(func(t *testing.T, data []byte, isZip bool) {
		dir := t.TempDir()
		stage := filepath.Join(dir, "stage")
		if err := os.Mkdir(stage, 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "archive.tgz")
		if isZip {
			path = filepath.Join(dir, "archive.zip")
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := fromArchive(t.Context(), stage, path, func(string, int64, int64) {})
		if err == nil && len(m.Files) != 1 {
			t.Errorf("%d files without an error", len(m.Files))
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 2 {
			t.Errorf("beside the staging directory: %v, %v", entries, err)
		}
	})
}
