package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/model/ort/orttest"
)

// served is the program as an editor starts it.
type served struct {
	*exec.Cmd
	log bytes.Buffer
}

// program is this program, with its own model, the library of the other tests, and a cache of its own.
func program(t *testing.T) *served {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &served{Cmd: exec.Command(path, "serve", "--log-level", "debug")}
	p.Args[0] = "mlm-lsp" // which makes a test binary the program: TestMain
	p.Env = append(os.Environ(), "MLM_LSP_ORT_LIBRARY="+orttest.Library(t).Path, "XDG_CACHE_HOME="+t.TempDir())
	p.Stderr = &p.log
	return p
}

// serve runs it for a fake editor.
func (p *served) serve(_ context.Context, stream io.ReadWriteCloser) error {
	in, err := p.StdinPipe()
	if err != nil {
		return err
	}
	p.Stdout = stream
	if err := p.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(in, stream) // until the editor hangs up
		_ = in.Close()
	}()
	return p.Wait()
}

// check wants a session that had a model, and no mishap.
func (p *served) check(t *testing.T) {
	t.Helper()
	if got := p.log.String(); !strings.Contains(got, "model loaded") || strings.Contains(got, `"level":"error"`) {
		t.Errorf("log:\n%s", got)
	}
}

// A stranger's checkout, opened as a folder and as the working directory, has its settings refused, its libraries and models left where they are, its links not followed, and none of its programs
// run, whatever its files and an editor that passes its settings on say.
func TestServeInAHostileCheckout(t *testing.T) {
	for name, path := range map[string]string{"git of the system": os.Getenv("PATH") + ":.", "git of the checkout": ".:" + os.Getenv("PATH")} {
		t.Run(name, func(t *testing.T) { serveInAHostileCheckout(t, path) })
	}
}

func serveInAHostileCheckout(t *testing.T, path string) {
	directory, outside := t.TempDir(), t.TempDir()
	ran := filepath.Join(outside, "ran")
	script := "#!/bin/sh\ntouch " + ran + "\n"
	const evil = "model = \"evil.bundle\"\nlibrary = \"libonnxruntime.so\"\ncommand = [\"./evil.sh\"]\n[runtime]\npath = \"libonnxruntime.so\"\n[diagnostics]\nbaseline = \"../secret.json\"\nseverity = \"hint\"\n"
	write(t, directory, map[string]string{
		".mlm-lsp.toml": evil, "libonnxruntime.so": "no library", "libonnxruntime.so.1": "no library", "evil.bundle/model.onnx": "no model", "model.bundle/manifest.json": "{}",
		"evil.sh": script, "git": script, "npm": script, "a.py": "def area(width, height):\n    return width * height\n", "b.py": "import a\n",
	})
	write(t, outside, map[string]string{"secret.json": "{\"path\":\"a.py\",\"code\":\"x\",\"token\":\"a\",\"text\":\"b\"}\n", "secret.py": "very_secret_name = 1\n"})
	for _, name := range []string{"evil.sh", "git", "npm"} {
		if err := os.Chmod(filepath.Join(directory, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{".mlm-lsp-baseline.json": "secret.json", "linked.py": "secret.py"} {
		if err := os.Symlink(filepath.Join(outside, to), filepath.Join(directory, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "a.py", "b.py"}, {"config", "core.fsmonitor", "./evil.sh"}, {"config", "core.hooksPath", "."}, {"config", "core.pager", "./evil.sh"},
		{"config", "core.sshCommand", "./evil.sh"}, {"config", "filter.x.clean", "./evil.sh"}, {"config", "diff.external", "./evil.sh"}, {"config", "alias.ls-files", "!./evil.sh"}} {
		if out, err := exec.Command("git", append([]string{"-C", directory}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write(t, directory, map[string]string{".gitattributes": "*.py filter=x diff=x\n"})
	p := program(t)
	p.Dir = directory
	p.Env = append(p.Env, "PATH="+path)
	folder := "file://" + filepath.ToSlash(directory)
	e := fakeeditor.Start(t, p.serve, fakeeditor.Config{Pull: true, Status: true, Folders: []string{folder}, InitializationOptions: map[string]any{
		"model": "evil.bundle", "ortLibrary": filepath.Join(directory, "libonnxruntime.so"), "runtime": map[string]any{"command": "./evil.sh"}, "diagnostics": map[string]any{"workspace": true}}})
	if got := e.Message(); strings.Count(got, "models and libraries are chosen on the command line") != 3 {
		t.Errorf("of the editor's settings: %q", got)
	}
	name := folder + "/a.py"
	e.Open(name, "python", "def area(width, height):\n    return width * height\n\nve")
	if got := e.Message(); strings.Count(got, "is refused") != 4 || !strings.Contains(got, "diagnostics.baseline must be a file below the project's root") {
		t.Errorf("of the project's settings: %q", got)
	}
	if got := e.Message(); !strings.Contains(got, ".mlm-lsp-baseline.json: ") || strings.Contains(got, "secret") && !strings.Contains(got, "escapes") {
		t.Errorf("of a baseline that is a link: %q", got)
	}
	for e.Status().Kind != protocol317.StatusReady { // with the embedded model
	}
	e.Diagnostics(name)
	e.Workspace(e.GoWorkspace(map[string]string{}, ""), map[string]string{})
	items, _ := e.Complete(name, len(e.Text(name)))
	for _, item := range items {
		if strings.Contains(item.Label, "secret") {
			t.Errorf("%s is offered, which stands in a file outside of the checkout", item.Label)
		}
	}
	e.Close()
	p.check(t)
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program of the checkout was run")
	}
}
