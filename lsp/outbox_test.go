package lsp

import (
	"io"
	"testing"
)

func TestOutboxStaysFull(t *testing.T) {
	o := newOutbox()
	o.most = 100
	o.send(make([]byte, 200))
	select {
	case <-o.full:
	default:
		t.Fatal("not full with more than it may hold")
	}
	o.close()
	o.write(io.Discard) // the editor reads after all
	o.send(make([]byte, 200))
	if len(o.queue) > 0 {
		t.Error("it takes messages again though the session ends")
	}
}
