package ort

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

// EnvLibrary is the environment variable that names a library.
const EnvLibrary = "MLM_LSP_ORT_LIBRARY"

// FindOptions says where a library may be.
type FindOptions struct {
	// Explicit is the path of --ort-library; empty when the flag was not given.
	Explicit string
	// CacheDir is where Install puts libraries; empty for the user's cache
	// directory.
	CacheDir string
}

// Find looks for a library: the explicit path, then MLM_LSP_ORT_LIBRARY, then
// the cache, then the system's directories. A path that the user named and
// that is no file is an error, never passed over in silence. When there is
// none the error wraps ErrNotFound and says what to run. Find opens no network
// connection and loads nothing.
func Find(opts FindOptions) (*Library, error) {
	named := []struct{ path, origin, from string }{
		{opts.Explicit, "flag", "--ort-library"},
		{os.Getenv(EnvLibrary), "environment", EnvLibrary},
	}
	for _, n := range named {
		if n.path == "" {
			continue
		}
		lib, err := libraryAt(n.path, n.origin)
		if err != nil {
			return nil, fmt.Errorf("finding ONNX Runtime: %s: %w: name the shared library itself", n.from, err)
		}
		return lib, nil
	}
	if lib := installed(opts.CacheDir); lib != nil {
		return lib, nil
	}
	for _, path := range systemLibraries() {
		if lib, err := libraryAt(path, "system"); err == nil {
			return lib, nil
		}
	}
	return nil, fmt.Errorf("finding ONNX Runtime: %w: %s", ErrNotFound, installHint)
}

// libraryAt describes the file at path, which must exist and be a plain file.
func libraryAt(path, origin string) (*Library, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", abs)
	}
	lib := &Library{Path: abs, Origin: origin}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		lib.Version = versionInName(filepath.Base(real))
	}
	return lib, nil
}

// installed returns the library that Install put into the cache, or nil. A
// file of another size than the pinned one is not ours: loading a cut-off
// library would kill the process.
func installed(cacheDir string) *Library {
	dir, err := installDir(cacheDir)
	if err != nil {
		return nil
	}
	if lib := recorded(dir); lib != nil {
		return lib
	}
	return nil
}

// systemLibraries lists libraries in the system's directories that are new
// enough, newest first. Windows is left out: System32 holds an old one.
func systemLibraries() []string {
	var patterns []string
	switch runtime.GOOS {
	case "linux":
		for _, dir := range []string{"/usr/local/lib", "/usr/local/lib64", "/usr/lib64", "/usr/lib", "/usr/lib/*-linux-gnu", "/opt/onnxruntime/lib"} {
			patterns = append(patterns, filepath.Join(dir, "libonnxruntime.so*"))
		}
	case "darwin":
		for _, dir := range []string{"/opt/homebrew/lib", "/usr/local/lib"} {
			patterns = append(patterns, filepath.Join(dir, "libonnxruntime*.dylib"))
		}
	}
	type found struct {
		path  string
		minor int
	}
	var all []found
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		for _, path := range paths {
			real, err := filepath.EvalSymlinks(path)
			if err != nil {
				continue
			}
			if minor, ok := minorVersion(versionInName(filepath.Base(real))); ok && minor >= minMinor {
				all = append(all, found{path, minor})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].minor > all[j].minor })
	paths := make([]string, len(all))
	for i, f := range all {
		paths[i] = f.path
	}
	return paths
}

// versionInName reads "1.26.0" out of libonnxruntime.so.1.26.0 and of
// libonnxruntime.1.26.0.dylib; empty when the name carries no full version.
func versionInName(name string) string {
	var digits []string
	for _, part := range strings.Split(name, ".") {
		if _, err := strconv.Atoi(part); err == nil {
			digits = append(digits, part)
		}
	}
	if len(digits) < 2 {
		return ""
	}
	return strings.Join(digits, ".")
}

// minorVersion returns the second number of a 1.x version.
func minorVersion(version string) (int, bool) {
	parts := strings.Split(version, ".")
	if len(parts) < 2 || parts[0] != "1" {
		return 0, false
	}
	minor, err := strconv.Atoi(parts[1])
	return minor, err == nil
}
