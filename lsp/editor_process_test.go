//go:build !windows

package lsp

import (
	"errors"
	"os/exec"
	"testing"
	"time"

	"mlm-lsp/lsp/fakeeditor"
)

// The session ends with the editor's process, though its end of the stream is still open.
func TestEditorsProcess(t *testing.T) {
	editor := exec.Command("sleep", "60")
	if err := editor.Start(); err != nil {
		t.Fatal(err)
	}
	s := newServer(quick(&scripted{}))
	s.watching = time.Millisecond
	e := fakeeditor.Start(t, s.serve, fakeeditor.Config{ProcessID: editor.Process.Pid})
	_ = e.Call("test/barrier", nil, nil)
	if err := editor.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = editor.Wait() // killed
	if err := e.Served(); !errors.Is(err, ErrNoShutdown) || !errors.Is(err, errEditorGone) {
		t.Errorf("Serve: %v", err)
	}

	// One that is not to be seen from here is not watched.
	s = newServer(quick(&scripted{}))
	s.watching = time.Millisecond
	e = fakeeditor.Start(t, s.serve, fakeeditor.Config{ProcessID: editor.Process.Pid})
	e.Open(file, "python", python)
	time.Sleep(20 * time.Millisecond)
	e.Diagnostics(file)
	e.Close()
}
