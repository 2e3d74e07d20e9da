package ort

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// releaseAddress is where ONNX Runtime's project describes its releases, the
// sha256 of each archive included. The digest comes over the same connection
// as the archive: it finds damage, and the connection's TLS vouches for the
// rest, where the npm package is pinned here.
const releaseAddress = "https://api.github.com/repos/microsoft/onnxruntime/releases/tags/v"

// maxArchive bounds a download, and maxLibrary a file in an archive, against a
// server that never stops sending and an archive made to fill the disk.
const (
	maxArchive = 1 << 30
	maxLibrary = 1 << 30
)

// fromNPM lets the npm client fetch the package into the staging directory and
// takes this platform's files out of it. The client runs there, so that no
// .npmrc of the directory that the user is in has a say, and runs no script.
func fromNPM(ctx context.Context, stage string, src sources, progress func(string, int64, int64)) (manifest, error) {
	if len(src.files) == 0 {
		return manifest{}, errors.New("the npm package has no library for this platform")
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return manifest{}, errors.New("there is no npm client on the PATH")
	}
	work, err := os.MkdirTemp(stage, "npm-")
	if err != nil {
		return manifest{}, err
	}
	defer os.RemoveAll(work)

	progress("downloading", 0, 0)
	stop := poll(func() { progress("downloading", 0, 0) })
	cmd := exec.CommandContext(ctx, npm, "pack", src.npmSpec, "--ignore-scripts", "--silent", "--loglevel=error")
	cmd.Dir = work
	cmd.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	stop()
	if ctx.Err() != nil {
		return manifest{}, ctx.Err()
	}
	if err != nil {
		return manifest{}, fmt.Errorf("fetching %s with npm: %w: %s", src.npmSpec, err, tail(stderr.String(), 400))
	}
	archives, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return manifest{}, fmt.Errorf("fetching %s with npm: the client wrote %d archives instead of one", src.npmSpec, len(archives))
	}
	archive := archives[0]
	digest, err := digestSHA512(ctx, archive, progress)
	if err != nil {
		return manifest{}, err
	}
	if digest != src.integrity {
		return manifest{}, fmt.Errorf("verifying %s: %w: the package has %s, not the pinned %s: the download is damaged or the registry serves another file: try again, or use --from FILE", src.npmSpec, ErrChecksum, digest, src.integrity)
	}
	m := manifest{Version: Version, Source: "npm " + src.npmSpec}
	wanted := map[string]pin{}
	for _, f := range src.files {
		wanted[f.path] = f
	}
	written := map[string]installedFile{}
	err = walkArchive(ctx, archive, func(path string, size int64, r io.Reader) error {
		f, ok := wanted[path]
		if !ok {
			return nil
		}
		file, err := writeLibrary(stage, f.name, r, size, progress)
		if err != nil {
			return err
		}
		if file.SHA256 != f.sha256 || file.Size != f.size {
			return fmt.Errorf("verifying %s: %w", f.path, ErrChecksum)
		}
		written[f.path] = file
		return nil
	})
	if err != nil {
		return manifest{}, fmt.Errorf("unpacking %s: %w", src.npmSpec, err)
	}
	for _, f := range src.files {
		file, ok := written[f.path]
		if !ok {
			return manifest{}, fmt.Errorf("unpacking %s: no %s in the package", src.npmSpec, f.path)
		}
		m.Files = append(m.Files, file)
	}
	return m, nil
}

// fromRelease downloads the release archive of ONNX Runtime's project, checks
// the digest that the project gives for it, and takes the library out.
func fromRelease(ctx context.Context, stage string, src sources, progress func(string, int64, int64)) (manifest, error) {
	if src.archive == "" {
		return manifest{}, errors.New("ONNX Runtime has no release archive for this platform")
	}
	var release struct {
		Assets []struct {
			Name   string `json:"name"`
			URL    string `json:"browser_download_url"`
			Digest string `json:"digest"`
			Size   int64  `json:"size"`
		} `json:"assets"`
	}
	text, err := get(ctx, src.release)
	if err != nil {
		return manifest{}, fmt.Errorf("asking for the release archive: %w", err)
	}
	err = json.NewDecoder(io.LimitReader(text, 16<<20)).Decode(&release)
	text.Close()
	if err != nil {
		return manifest{}, fmt.Errorf("asking for the release archive: reading the answer: %w", err)
	}
	for _, asset := range release.Assets {
		if asset.Name != src.archive {
			continue
		}
		want, ok := strings.CutPrefix(asset.Digest, "sha256:")
		if !ok {
			return manifest{}, fmt.Errorf("fetching %s: the release gives no sha256 for it", asset.Name)
		}
		body, err := get(ctx, asset.URL)
		if err != nil {
			return manifest{}, fmt.Errorf("fetching %s: %w", asset.Name, err)
		}
		defer body.Close()
		path := filepath.Join(stage, src.archive)
		hash := sha256.New()
		err = writeFile(path, io.TeeReader(io.LimitReader(body, maxArchive), hash), func(n int64) { progress("downloading", n, asset.Size) })
		if err != nil {
			return manifest{}, fmt.Errorf("fetching %s: %w", asset.Name, err)
		}
		defer os.Remove(path)
		if got := hex.EncodeToString(hash.Sum(nil)); got != want {
			return manifest{}, fmt.Errorf("verifying %s: %w: it has sha256 %s, not %s", asset.Name, ErrChecksum, got, want)
		}
		m, err := fromArchive(ctx, stage, path, progress)
		if err != nil {
			return manifest{}, err
		}
		m.Version, m.Source = Version, "release "+asset.Name
		return m, nil
	}
	return manifest{}, fmt.Errorf("asking for the release archive: release %s has no %s", Version, src.archive)
}

// get opens an address. The transport honours the user's proxy settings.
func get(ctx context.Context, address string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("%s answered %s", req.URL.Host, resp.Status)
	}
	return resp.Body, nil
}

// fromFile takes a library, or an archive with one, that the user names.
func fromFile(ctx context.Context, stage, from string, progress func(string, int64, int64)) (manifest, error) {
	info, err := os.Stat(from)
	if err != nil {
		return manifest{}, err
	}
	if !info.Mode().IsRegular() {
		return manifest{}, fmt.Errorf("%s is not a file: name a shared library or a release archive", from)
	}
	var m manifest
	if isArchive(from) {
		m, err = fromArchive(ctx, stage, from, progress)
	} else {
		var f *os.File
		if f, err = os.Open(from); err != nil {
			return manifest{}, err
		}
		defer f.Close()
		var file installedFile
		file, err = writeLibrary(stage, filepath.Base(from), f, info.Size(), progress)
		m.Files = []installedFile{file}
	}
	if err != nil {
		return manifest{}, fmt.Errorf("taking the library from %s: %w", from, err)
	}
	m.Source = "file " + filepath.Base(from)
	if m.Version = versionInName(m.Files[0].Name); m.Version == "" {
		m.Version = "unknown"
	}
	return m, nil
}

// writeLibrary copies one library into dir and checks that it is one: the first
// bytes are those of this platform's shared libraries and no byte is missing.
func writeLibrary(dir, name string, r io.Reader, size int64, progress func(string, int64, int64)) (installedFile, error) {
	if size > maxLibrary {
		return installedFile{}, fmt.Errorf("%s has %d bytes, too many for a library", name, size)
	}
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return installedFile{}, fmt.Errorf("reading %s: %w", name, err)
	}
	if !isLibrary(head[:]) {
		return installedFile{}, fmt.Errorf("%s is no shared library", name)
	}
	hash := sha256.New()
	body := io.TeeReader(io.MultiReader(bytes.NewReader(head[:]), r), hash)
	var n int64
	err := writeFile(filepath.Join(dir, name), body, func(done int64) { n = done; progress("unpacking", done, size) })
	if err != nil {
		return installedFile{}, fmt.Errorf("writing %s: %w", name, err)
	}
	if n != size {
		return installedFile{}, fmt.Errorf("reading %s: %d of %d bytes: %w", name, n, size, io.ErrUnexpectedEOF)
	}
	return installedFile{Name: name, Size: n, SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}

// isLibrary knows ELF, Mach-O (one architecture or several) and PE.
func isLibrary(head []byte) bool {
	for _, magic := range []string{"\x7fELF", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "MZ"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// digestSHA512 returns a file's digest in the form of npm's integrity strings.
func digestSHA512(ctx context.Context, path string, progress func(string, int64, int64)) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	hash := sha512.New()
	r := &countingReader{r: contextReader{ctx, f}, report: func(n int64) { progress("verifying", n, info.Size()) }}
	if _, err := io.Copy(hash, r); err != nil {
		return "", err
	}
	return "sha512-" + base64.StdEncoding.EncodeToString(hash.Sum(nil)), nil
}

// contextReader ends a copy once its context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// tail returns the last n bytes of a program's complaint on one line.
func tail(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > n {
		s = "..." + s[len(s)-n:]
	}
	return s
}
