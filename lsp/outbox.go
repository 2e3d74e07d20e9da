package lsp

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// outbox is the queue of outgoing messages. Sending never waits, so that an editor that does not read cannot stop the loop. What an editor leaves unread is bounded all the same: it takes
// nothing from a session to end it for one that has let so much pile up.
type outbox struct {
	mu     sync.Mutex
	queue  [][]byte
	bytes  int // of queue
	most   int // of bytes
	closed bool
	wake   chan struct{}

	broken chan struct{} // closed when nothing will be written any more; then err is the reason, nil after close
	err    error
	full   chan struct{} // closed when the editor has left too much unread
}

// errUnread ends the session of an editor that does not read.
var errUnread = errors.New("writing to the editor: it does not read what it is sent")

// maxUnread bounds what an editor may leave unread.
const maxUnread = 128 << 20

func newOutbox() *outbox {
	return &outbox{most: maxUnread, wake: make(chan struct{}, 1), broken: make(chan struct{}), full: make(chan struct{})}
}

func (o *outbox) send(body []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-o.full:
		return // the session ends, even if the editor has read some since
	default:
	}
	framed := frame(body)
	o.queue, o.bytes = append(o.queue, framed), o.bytes+len(framed)
	if o.bytes > o.most {
		close(o.full)
	}
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
			o.mu.Lock()
			o.bytes -= len(framed)
			o.mu.Unlock()
		}
		if closed {
			return
		}
	}
}
