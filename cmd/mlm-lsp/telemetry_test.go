package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"mlm-lsp/model/ort/orttest"
)

// ONNX Runtime would keep events for its makers, to be sent when it can, in the user's cache directory, and a log in the temporary one. A run of the program leaves nothing in either.
func TestRuntimeTellsNobody(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	left := t.TempDir()
	source := filepath.Join(t.TempDir(), "a.py")
	if err := os.WriteFile(source, []byte("def area(width, height):\n    return width * height\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"home", "cache", "tmp"} {
		if err := os.Mkdir(filepath.Join(left, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	check := exec.Command(path, "heat", source)
	check.Args[0] = "mlm-lsp" // which makes a test binary the program: TestMain
	check.Env = append(os.Environ(), "MLM_LSP_ORT_LIBRARY="+orttest.Library(t).Path, "HOME="+filepath.Join(left, "home"), "XDG_CACHE_HOME="+filepath.Join(left, "cache"),
		"TMPDIR="+filepath.Join(left, "tmp"), "ORT_DISABLE_TELEMETRY=")
	if out, err := check.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	err = filepath.WalkDir(left, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("the run left %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
