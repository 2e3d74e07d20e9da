//go:build !windows

package ort

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// library stands for a shared library: the installer looks at its first bytes
// and its digest, never into it.
var library = append([]byte("\x7fELF"), bytes.Repeat([]byte("code "), 50_000)...)

const libraryPath = "package/bin/libonnxruntime.so.1"

// archiveOf makes a .tgz of the given files.
func archiveOf(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	gz := gzip.NewWriter(&out)
	w := tar.NewWriter(gz)
	for name, data := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func hexDigest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// fakeNPM puts an npm client on the PATH, and nothing else, that runs script in
// place of a download; the archive is at $ARCHIVE. It returns pins that fit.
func fakeNPM(t *testing.T, archive []byte, script string) sources {
	t.Helper()
	bin := t.TempDir()
	write(t, filepath.Join(bin, "npm"), []byte("#!/bin/sh\nPATH=/usr/bin:/bin\n"+script+"\n"), 0o755)
	path := filepath.Join(t.TempDir(), "package.tgz")
	write(t, path, archive, 0o644)
	t.Setenv("PATH", bin)
	t.Setenv("ARCHIVE", path)
	sum := sha512.Sum512(archive)
	return sources{
		npmSpec:   "onnxruntime-node@test",
		integrity: "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		files:     []pin{{libraryPath, "libonnxruntime.so.1", int64(len(library)), hexDigest(library)}},
	}
}

func write(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
}

const download = `cp "$ARCHIVE" ./onnxruntime-node-test.tgz`

// nothingLeft fails when the cache holds anything but whole installations and
// the lock.
func nothingLeft(t *testing.T, cache string, installed bool) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(cache, "ort"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == ".lock" || installed && e.Name() == Version {
			continue
		}
		t.Errorf("the installation left %s behind", e.Name())
	}
	if lib := installed; lib != (recorded(filepath.Join(cache, "ort", Version)) != nil) {
		t.Errorf("a library is in the cache: %v, want %v", !lib, lib)
	}
}

func TestInstallFromNPM(t *testing.T) {
	src := fakeNPM(t, archiveOf(t, map[string][]byte{libraryPath: library, "package/other": []byte("x")}), download)
	cache := t.TempDir()
	stages := map[string]bool{}
	lib, err := install(t.Context(), InstallOptions{CacheDir: cache, Progress: func(stage string, _, _ int64) { stages[stage] = true }}, src)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(lib.Path)
	if err != nil || !bytes.Equal(got, library) {
		t.Fatalf("the installed library differs from the package's (%v)", err)
	}
	for _, stage := range []string{"downloading", "verifying", "unpacking"} {
		if !stages[stage] {
			t.Errorf("no progress for %s", stage)
		}
	}
	nothingLeft(t, cache, true)

	// A second time there is nothing to do, and so no need of a client.
	t.Setenv("PATH", t.TempDir())
	again, err := install(t.Context(), InstallOptions{CacheDir: cache}, src)
	if err != nil || again.Path != lib.Path {
		t.Fatalf("installing again: %v, %v", again, err)
	}
	found, err := Find(FindOptions{CacheDir: cache})
	if err != nil || found.Path != lib.Path || found.Origin != "cache" {
		t.Fatalf("Find = %+v, %v", found, err)
	}
}

func TestInstallFailuresLeaveNothing(t *testing.T) {
	whole := archiveOf(t, map[string][]byte{libraryPath: library})
	for _, test := range []struct {
		name    string
		archive []byte
		script  string
		change  func(*sources)
		want    string
	}{
		{"wrong checksum of the package", whole, download, func(s *sources) { s.integrity = "sha512-AAAA" }, "checksum mismatch"},
		{"wrong checksum of the file", whole, download, func(s *sources) { s.files[0].sha256 = strings.Repeat("0", 64) }, "checksum mismatch"},
		{"a cut-off download", whole, `head -c 100 "$ARCHIVE" > onnxruntime-node-test.tgz`, nil, "checksum mismatch"},
		{"a truncated archive that is pinned", whole[:len(whole)/2], download, nil, "unexpected EOF"},
		{"no archive", whole, "exit 0", nil, "wrote 0 archives"},
		{"a client that fails", whole, "echo 'npm error code ECONNREFUSED' >&2; exit 1", nil, "ECONNREFUSED"},
		{"a full disk in the client", whole, "echo 'npm error ENOSPC: no space left on device' >&2; exit 1", nil, "free 300 MB"},
		{"a package without the library", archiveOf(t, map[string][]byte{"package/README.md": []byte("x")}), download, nil, "no " + libraryPath},
		{"a text in place of the library", archiveOf(t, map[string][]byte{libraryPath: []byte("version https://git-lfs")}), download, nil, "no shared library"},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := fakeNPM(t, test.archive, test.script)
			if test.change != nil {
				test.change(&src)
			}
			cache := t.TempDir()
			_, err := install(t.Context(), InstallOptions{CacheDir: cache}, src)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one that says %q", err, test.want)
			}
			nothingLeft(t, cache, false)
		})
	}
}

func TestInstallWithoutNPM(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	cache := t.TempDir()
	_, err := install(t.Context(), InstallOptions{CacheDir: cache}, sources{files: []pin{{}}})
	if err == nil || !strings.Contains(err.Error(), "no npm client") || !strings.Contains(err.Error(), "--from FILE") {
		t.Errorf("error = %v", err)
	}
	nothingLeft(t, cache, false)
}

func TestInstallWrongChecksumEndsTheSearch(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	src := fakeNPM(t, archiveOf(t, map[string][]byte{libraryPath: library}), download)
	src.integrity, src.release, src.archive = "sha512-AAAA", server.URL, "x.tgz"
	_, err := install(t.Context(), InstallOptions{CacheDir: t.TempDir()}, src)
	if !errors.Is(err, ErrChecksum) || asked {
		t.Errorf("error = %v, the release was asked for: %v", err, asked)
	}
}

func TestInstallFromRelease(t *testing.T) {
	archive := archiveOf(t, map[string][]byte{"onnxruntime/lib/libonnxruntime.so.1.30.0": library, "onnxruntime/lib/libonnxruntime_providers_shared.so": []byte("\x7fELFx")})
	digest := hexDigest(archive)
	cut := false
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/release" {
			json.NewEncoder(w).Encode(map[string]any{"assets": []map[string]any{{"name": "ort.tgz", "browser_download_url": server.URL + "/file", "digest": "sha256:" + digest, "size": len(archive)}}})
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(archive)))
		if cut {
			w.Write(archive[:len(archive)/2])
			return
		}
		w.Write(archive)
	}))
	defer server.Close()
	t.Setenv("PATH", t.TempDir())
	src := sources{release: server.URL + "/release", archive: "ort.tgz"}

	cache := t.TempDir()
	cut = true
	_, err := install(t.Context(), InstallOptions{CacheDir: cache}, src)
	if err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("a cut-off download: %v", err)
	}
	nothingLeft(t, cache, false)

	cut, digest = false, strings.Repeat("0", 64)
	if _, err = install(t.Context(), InstallOptions{CacheDir: cache}, src); !errors.Is(err, ErrChecksum) {
		t.Errorf("a wrong checksum: %v", err)
	}
	nothingLeft(t, cache, false)

	digest = hexDigest(archive)
	lib, err := install(t.Context(), InstallOptions{CacheDir: cache}, src)
	if err != nil || filepath.Base(lib.Path) != "libonnxruntime.so.1.30.0" {
		t.Fatalf("install = %+v, %v", lib, err)
	}
	nothingLeft(t, cache, true)
}

func TestInstallFromFile(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "libonnxruntime.so.1.27.0")
	write(t, plain, library, 0o644)
	zipped := filepath.Join(dir, "release.zip")
	var buffer bytes.Buffer
	z := zip.NewWriter(&buffer)
	for _, name := range []string{"../../etc/libonnxruntime.so.1.28.0", "README"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(library)
	}
	z.Close()
	write(t, zipped, buffer.Bytes(), 0o644)
	text := filepath.Join(dir, "notes.txt")
	write(t, text, []byte("not a library"), 0o644)

	for _, test := range []struct{ from, version, want string }{
		{plain, "1.27.0", ""},
		{zipped, "1.28.0", ""}, // its name cannot lead out of the cache
		{text, "", "no shared library"},
		{dir, "", "is not a file"},
		{filepath.Join(dir, "absent"), "", "no such file"},
	} {
		cache := t.TempDir()
		lib, err := install(t.Context(), InstallOptions{CacheDir: cache, From: test.from}, sources{})
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: error = %v, want %q", test.from, err, test.want)
			}
			nothingLeft(t, cache, false)
			continue
		}
		if err != nil || lib.Version != test.version || !strings.HasPrefix(lib.Path, cache) {
			t.Errorf("%s: %+v, %v", test.from, lib, err)
		}
		nothingLeft(t, cache, true)
	}
}

func TestInstallTwiceAtOnce(t *testing.T) {
	calls := filepath.Join(t.TempDir(), "calls")
	t.Setenv("CALLS", calls)
	src := fakeNPM(t, archiveOf(t, map[string][]byte{libraryPath: library}), `echo x >> "$CALLS"; sleep 0.2; `+download)
	cache := t.TempDir()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if lib, err := install(t.Context(), InstallOptions{CacheDir: cache}, src); err != nil || lib == nil {
				t.Errorf("install: %v", err)
			}
		})
	}
	group.Wait()
	if n, _ := os.ReadFile(calls); string(n) != "x\n" {
		t.Errorf("the package was fetched %d times, want once", bytes.Count(n, []byte("x")))
	}
	nothingLeft(t, cache, true)
}

func TestInstallReplacesABrokenOne(t *testing.T) {
	src := fakeNPM(t, archiveOf(t, map[string][]byte{libraryPath: library}), download)
	cache := t.TempDir()
	lib, err := install(t.Context(), InstallOptions{CacheDir: cache}, src)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(lib.Path, 1000); err != nil {
		t.Fatal(err)
	}
	if installed(cache) != nil {
		t.Error("a truncated library counts as installed")
	}
	// A killed installation leaves its staging directory to the next one.
	if err := os.Mkdir(filepath.Join(cache, "ort", ".staging-killed"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := install(t.Context(), InstallOptions{CacheDir: cache}, src); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, cache, true)
}

func TestInstallIsCancelled(t *testing.T) {
	src := fakeNPM(t, archiveOf(t, map[string][]byte{libraryPath: library}), "exec sleep 60")
	cache := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := install(ctx, InstallOptions{CacheDir: cache}, src); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v", err)
	}
	nothingLeft(t, cache, false)
}

func TestInstallIntoAReadOnlyCache(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a directory that not even root can write to")
	}
	_, err := install(t.Context(), InstallOptions{CacheDir: "/sys/mlm-lsp"}, sources{})
	if err == nil || !strings.Contains(err.Error(), "XDG_CACHE_HOME") || !strings.Contains(err.Error(), "--ort-library") {
		t.Errorf("error = %v", err)
	}
}
