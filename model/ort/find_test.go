package ort

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindPrecedence(t *testing.T) {
	dir := t.TempDir()
	flag, env := filepath.Join(dir, "flag.so"), filepath.Join(dir, "env.so")
	for _, path := range []string{flag, env} {
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(EnvLibrary, env)
	if lib, err := Find(FindOptions{Explicit: flag, CacheDir: dir}); err != nil || lib.Path != flag || lib.Origin != "flag" {
		t.Errorf("with a flag: %+v, %v", lib, err)
	}
	if lib, err := Find(FindOptions{CacheDir: dir}); err != nil || lib.Path != env || lib.Origin != "environment" {
		t.Errorf("with the environment: %+v, %v", lib, err)
	}
	// A library that the user named and that is not there is never passed over.
	t.Setenv(EnvLibrary, filepath.Join(dir, "absent.so"))
	if _, err := Find(FindOptions{CacheDir: dir}); err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), EnvLibrary) {
		t.Errorf("with an absent file: %v", err)
	}
	if _, err := Find(FindOptions{Explicit: dir}); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("with a directory: %v", err)
	}
}

func TestVersionInName(t *testing.T) {
	for name, want := range map[string]string{
		"libonnxruntime.so.1.26.0":    "1.26.0",
		"libonnxruntime.1.30.0.dylib": "1.30.0",
		"libonnxruntime.so.1":         "",
		"libonnxruntime.so":           "",
		"onnxruntime.dll":             "",
	} {
		if got := versionInName(name); got != want {
			t.Errorf("versionInName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestLoadRefusesWhatIsNoLibrary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.WriteFile(path, []byte("this is a text"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := (&Library{Path: path}).Load()
	if err == nil || !strings.Contains(err.Error(), "mlm-lsp runtime install") {
		t.Errorf("error = %v", err)
	}
}
