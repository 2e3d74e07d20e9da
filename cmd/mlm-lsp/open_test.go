package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"mlm-lsp/lsp"
	"mlm-lsp/model/ort"
	"mlm-lsp/model/ort/orttest"
)

// What the server says of a model that cannot be opened names what mends it.
func TestOpenInstalledSaysWhatMends(t *testing.T) {
	nothing, text := t.TempDir(), filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	library := orttest.Library(t).Path
	t.Setenv(ort.EnvLibrary, "")
	for name, c := range map[string]struct {
		flags modelFlags
		want  any
	}{
		"a library that is not there": {modelFlags{library: filepath.Join(nothing, "none.so")}, lsp.Settings},
		"a library that is none":      {modelFlags{library: text}, lsp.Settings},
		"a bundle that is not there":  {modelFlags{library: library, bundle: filepath.Join(nothing, "none")}, lsp.Settings},
	} {
		_, err := c.flags.openInstalled()
		var mendable *lsp.Mendable
		if !errors.As(err, &mendable) || mendable.Remedy != c.want {
			t.Errorf("%s: %v, want it mended by %v", name, err, c.want)
		}
	}
	t.Setenv("XDG_CACHE_HOME", nothing)
	t.Setenv("HOME", nothing)
	if _, err := ort.Find(ort.FindOptions{}); !errors.Is(err, ort.ErrNotFound) {
		t.Logf("this machine has a library among the system's: %v", err)
		return
	}
	_, err := (&modelFlags{}).openInstalled()
	var mendable *lsp.Mendable
	if !errors.As(err, &mendable) || mendable.Remedy != lsp.Install {
		t.Errorf("no library: %v", err)
	}
}
