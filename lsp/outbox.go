package lsp

import (
	"fmt"
	"io"
	"sync"
)

// outbox is the queue of outgoing messages. It is not bounded, so that an editor that does not read cannot stop the loop.
type outbox struct {
	mu     sync.Mutex
	queue  [][]byte
	closed bool
	wake   chan struct{}

	broken chan struct{} // closed when nothing will be written any more; then err is the reason, nil after close
	err    error
}

func newOutbox() *outbox {
	return &outbox{wake: make(chan struct{}, 1), broken: make(chan struct{})}
}

func (o *outbox) send(body []byte) {
	o.mu.Lock()
	o.queue = append(o.queue, frame(body))
	o.mu.Unlock()
	o.nudge()
}

// close lets write return once the queue is empty.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.nudge()
}

func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// write is the write loop.
func (o *outbox) write(w io.Writer) {
	defer close(o.broken)
	for range o.wake {
		o.mu.Lock()
		queue, closed := o.queue, o.closed
		o.queue = nil
		o.mu.Unlock()
		for _, framed := range queue {
			if _, err := w.Write(framed); err != nil {
				o.err = fmt.Errorf("writing to the editor: %w", err)
				return
			}
		}
		if closed {
			return
		}
	}
}
