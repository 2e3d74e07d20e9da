package ort

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// InstallOptions says where a library comes from and goes to.
type InstallOptions struct {
	// Progress is told the stage ("downloading", "verifying", "unpacking") and
	// how many of total bytes are done; total is 0 where it is not known. Nil
	// is allowed.
	Progress func(stage string, done, total int64)
	// From is a shared library, or an archive (.tgz, .zip) that holds one,
	// taken instead of a download. The user vouches for it.
	From string
	// CacheDir replaces the user's cache directory.
	CacheDir string
	// Force installs again over a library that is there.
	Force bool
}

// ErrChecksum is wrapped by the error of an archive or a file whose digest is
// not the pinned one.
var ErrChecksum = errors.New("checksum mismatch")

// manifestName is the file that is written last into an installed directory.
// A directory without it was not made by Install.
const manifestName = "installed.json"

type manifest struct {
	Version string          `json:"version"`
	Source  string          `json:"source"`
	Files   []installedFile `json:"files"` // the library first
}

type installedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Install puts the pinned release of ONNX Runtime into the cache and returns
// it; a complete one that is there already is returned at once. The package of
// the npm registry comes first, if there is an npm client, for the client knows
// the user's registry and proxy; then the release archive of the project.
//
// Two installs at once wait for one another. Whatever goes wrong, the cache
// holds a whole library or none.
func Install(ctx context.Context, opts InstallOptions) (*Library, error) {
	lib, err := install(ctx, opts, pinnedSources())
	if err != nil {
		return nil, fmt.Errorf("installing ONNX Runtime %s: %w", Version, err)
	}
	return lib, nil
}

// sources is where downloads come from: a value, so that tests can put small
// ones in its place.
type sources struct {
	npmSpec   string // what `npm pack` is asked for
	integrity string
	files     []pin  // of this platform; none when the package has no library for it
	release   string // address of the release's description
	archive   string // name of the release archive of this platform
}

func pinnedSources() sources {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	s := sources{
		npmSpec:   npmPackage + "@" + Version,
		integrity: npmIntegrity,
		files:     npmFiles[platform],
		release:   releaseAddress + Version,
	}
	if name, ok := releaseArchives[platform]; ok {
		s.archive = fmt.Sprintf(name, Version)
	}
	return s
}

func install(ctx context.Context, opts InstallOptions, src sources) (*Library, error) {
	if opts.Progress == nil {
		opts.Progress = func(string, int64, int64) {}
	}
	dir, err := installDir(opts.CacheDir)
	if err != nil {
		return nil, err
	}
	keep := opts.From == "" && !opts.Force
	if lib := recorded(dir); lib != nil && keep {
		return lib, nil
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, mendCache(err, parent)
	}
	unlock, err := lock(ctx, filepath.Join(parent, ".lock"))
	if err != nil {
		return nil, mendCache(err, parent)
	}
	defer unlock()
	// Another process may have finished while this one waited.
	if lib := recorded(dir); lib != nil && keep {
		return lib, nil
	}
	removeStale(parent)
	stage, err := os.MkdirTemp(parent, ".staging-")
	if err != nil {
		return nil, mendCache(err, parent)
	}
	defer os.RemoveAll(stage)

	m, err := fill(ctx, stage, opts, src)
	if err != nil {
		return nil, mendCache(err, parent)
	}
	if err := writeManifest(stage, m); err != nil {
		return nil, mendCache(err, parent)
	}
	if err := replaceDir(stage, dir); err != nil {
		return nil, mendCache(err, parent)
	}
	lib := recorded(dir)
	if lib == nil {
		return nil, fmt.Errorf("the installed library is not in %s: another program removed it", dir)
	}
	return lib, nil
}

// fill puts the files of the library into stage, from the first source that
// has them. A wrong checksum ends the search: it is no reason to trust another
// source.
func fill(ctx context.Context, stage string, opts InstallOptions, src sources) (manifest, error) {
	if opts.From != "" {
		return fromFile(ctx, stage, opts.From, opts.Progress)
	}
	var failures []error
	for _, get := range []func(context.Context, string, sources, func(string, int64, int64)) (manifest, error){fromNPM, fromRelease} {
		m, err := get(ctx, stage, src, opts.Progress)
		if err == nil {
			return m, nil
		}
		if ctx.Err() != nil {
			return manifest{}, ctx.Err()
		}
		if errors.Is(err, ErrChecksum) || isFull(err) {
			return manifest{}, err
		}
		failures = append(failures, err)
	}
	return manifest{}, fmt.Errorf("%w\nInstall npm or connect to the network and run `mlm-lsp runtime install` again, or give it a library or a release archive of ONNX Runtime with --from FILE", errors.Join(failures...))
}

// mendCache adds to errors of the cache directory what the user can do.
func mendCache(err error, dir string) error {
	switch {
	case isFull(err):
		return fmt.Errorf("%w: free 300 MB in %s, or set XDG_CACHE_HOME to a disk with room", err, dir)
	case errors.Is(err, fs.ErrPermission) || isReadOnly(err):
		return fmt.Errorf("%w: make %s writable, set XDG_CACHE_HOME, or name a library with --ort-library or %s", err, dir, EnvLibrary)
	}
	return err
}

func isFull(err error) bool {
	return errors.Is(err, errNoSpace) || err != nil && strings.Contains(err.Error(), "ENOSPC")
}

// isReadOnly knows a read-only file system, which is no fs.ErrPermission.
func isReadOnly(err error) bool {
	return errors.Is(err, errReadOnly)
}

// installDir is the directory of the pinned version in the cache.
func installDir(cacheDir string) (string, error) {
	if cacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding the cache directory: %w: set HOME or XDG_CACHE_HOME", err)
		}
		cacheDir = filepath.Join(user, "mlm-lsp")
	}
	return filepath.Join(cacheDir, "ort", Version), nil
}

// recorded returns the library of an installed directory whose files all have
// the sizes of its manifest; nil otherwise. Loading a library that was cut
// short would kill the process; a full digest at each start would cost more
// than loading does.
func recorded(dir string) *Library {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil
	}
	var m manifest
	if json.Unmarshal(text, &m) != nil || len(m.Files) == 0 {
		return nil
	}
	for _, f := range m.Files {
		info, err := os.Stat(filepath.Join(dir, f.Name))
		if err != nil || !info.Mode().IsRegular() || info.Size() != f.Size || f.Name != filepath.Base(f.Name) {
			return nil
		}
	}
	return &Library{Path: filepath.Join(dir, m.Files[0].Name), Version: m.Version, Origin: "cache"}
}

func writeManifest(dir string, m manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, manifestName), strings.NewReader(string(text)+"\n"), nil)
}

// writeFile copies r into a new file and flushes it to the disk.
func writeFile(path string, r io.Reader, progress func(n int64)) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if progress != nil {
		r = &countingReader{r: r, report: progress}
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// countingReader reports how many bytes have passed.
type countingReader struct {
	r      io.Reader
	n      int64
	report func(n int64)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.report(c.n)
	return n, err
}

// replaceDir renames stage to dir. What is there already, an incomplete or
// older installation, is moved aside first.
func replaceDir(stage, dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		old, err := os.MkdirTemp(filepath.Dir(dir), ".staging-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(old)
		if err := os.Rename(dir, filepath.Join(old, "old")); err != nil {
			return err
		}
	}
	if err := os.Chmod(stage, 0o755); err != nil {
		return err
	}
	return os.Rename(stage, dir)
}

// removeStale clears what a killed installation left behind. The caller holds
// the lock, so that no living one is hit.
func removeStale(parent string) {
	old, err := filepath.Glob(filepath.Join(parent, ".staging-*"))
	if err != nil {
		return
	}
	for _, dir := range old {
		os.RemoveAll(dir)
	}
}

// lock takes the lock of the cache, which the system frees when a process
// dies. A cancelled context stops the waiting.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	type result struct {
		unlock func()
		err    error
	}
	done := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(path).Lock()
		done <- result{unlock, err}
	}()
	select {
	case r := <-done:
		return r.unlock, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				r.unlock()
			}
		}()
		return nil, ctx.Err()
	}
}

// poll calls report every 200 ms until stop is called; stop waits for the last
// call.
func poll(report func()) (stop func()) {
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				report()
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-gone }
}
