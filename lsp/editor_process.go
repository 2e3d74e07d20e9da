package lsp

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// watching is how often the server looks whether the editor's process is still there.
const watching = 5 * time.Second

// errEditorGone ends a session whose editor died without closing the stream: another process may have kept its end open.
var errEditorGone = errors.New("the editor's process is gone")

// watchEditor ends the session when the editor's process is gone. A process that cannot be seen from the start is not watched: it runs in another container, or on another machine.
func (s *server) watchEditor(pid int) {
	if pid <= 0 {
		return
	}
	s.spawn(func(ctx context.Context) {
		if !alive(pid) {
			return
		}
		tick := time.NewTicker(s.watching)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if !alive(pid) {
					s.post(func() { s.farewell, s.phase = s.ended(fmt.Errorf("%w (%d)", errEditorGone, pid)), exited })
					return
				}
			}
		}
	})
}
