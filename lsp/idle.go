package lsp

import (
	"context"
	"errors"
	"slices"
	"time"
)

// What is of use later only, as the check of files that are not open, is done when nothing is typed, asked or checked for a moment, one thing at a time, and stops as soon as something is. It takes its turn after the
// diagnostics and the types (diagnostics.go).

// idler waits for its turn to work in the background.
type idler struct {
	pass  *check
	begin chan struct{} // closed when it is its turn
}

// whenIdle does something when nothing has been typed, asked or checked for a moment. stopped is true where something has since, so that it was told to end and its result does not count.
func (s *server) whenIdle(ctx context.Context, do func(context.Context) error) (stopped bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	waiting := &idler{pass: &check{cancel: cancel}, begin: make(chan struct{})}
	if !s.post(func() { s.idlers = append(s.idlers, waiting); s.schedule() }) {
		return false, context.Canceled
	}
	select {
	case <-waiting.begin:
		limited, cancel := context.WithTimeout(ctx, s.hung)
		defer cancel()
		if err = do(limited); errors.Is(err, context.DeadlineExceeded) {
			err = s.errHung()
		}
	case <-ctx.Done():
		err = ctx.Err()
	}
	left := make(chan bool, 1)
	leave := func() {
		s.idlers = slices.DeleteFunc(s.idlers, func(i *idler) bool { return i == waiting })
		if s.checking == waiting.pass {
			s.checking = nil
		}
		s.schedule()
		left <- waiting.pass.stopped
	}
	if !s.post(leave) {
		return false, context.Canceled
	}
	return <-left, err
}

// idleFrom is when the session has been idle for a while, should nothing happen.
func (s *server) idleFrom() time.Time { return s.active.Add(3 * s.opts.DiagnosticsDelay) }

// beginIdler gives the first that waits for nothing to happen its turn, if that is so.
func (s *server) beginIdler() {
	if s.idleFrom().After(time.Now()) {
		s.schedule()
		return
	}
	first := s.idlers[0]
	s.idlers = s.idlers[1:]
	s.checking = first.pass
	close(first.begin)
}
