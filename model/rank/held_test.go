package rank

import (
	"bytes"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"
)

// A text is parsed once, an equal one elsewhere by itself, and one that cannot be parsed again each time.
func TestHeld(t *testing.T) {
	var h Held[string]
	times := 0
	parse := func(text []byte) (*string, error) {
		times++
		if text[0] == '!' {
			return nil, errors.New("not a table")
		}
		s := string(text)
		return &s, nil
	}
	first, second, wrong := []byte("a table"), []byte("a table"), []byte("!")
	for range 2 {
		for _, text := range [][]byte{first, second} {
			if got, err := h.Parse(text, parse); err != nil || *got != "a table" {
				t.Fatalf("got %v, %v", got, err)
			}
		}
	}
	if times != 2 {
		t.Errorf("parsed %d times, want once each", times)
	}
	for range 2 {
		if _, err := h.Parse(wrong, parse); err == nil {
			t.Error("what cannot be parsed was taken")
		}
	}
	if times != 4 {
		t.Errorf("parsed %d times in all, want 4: an error is not remembered", times)
	}
}

// What belongs to a text that nobody has any more is let go, the readers of its forests included: a training opens many bundles.
func TestHeldLetsGo(t *testing.T) {
	var h Held[Forest]
	readers := NewReaders([]string{"a", "b"})
	forest := stump(t)
	gone := make(chan struct{}, 2) // for both: what waits here holds up all that is let go
	parse := func([]byte) (*Forest, error) {
		f, err := NewForest(forest.inputs, [][]Node{{{Input: -1, Value: 1}}})
		if err == nil {
			runtime.AddCleanup(f, func(gone chan struct{}) { gone <- struct{}{} }, gone)
		}
		return f, err
	}
	read := func(text []byte) {
		f, err := h.Parse(text, parse)
		if err != nil {
			t.Error(err)
			return
		}
		if first := readers.Of(f); readers.Of(f) != first {
			t.Error("a forest has two readers of a kind")
		}
	}
	kept := bytes.Repeat([]byte("k"), 1<<16)
	read(kept)
	var reading sync.WaitGroup
	reading.Go(func() { read(bytes.Repeat([]byte("g"), 1<<16)) }) // on a stack that is gone then, too
	reading.Wait()
	for end := time.Now().Add(20 * time.Second); ; runtime.GC() {
		select {
		case <-gone:
			_, err := h.Parse(kept, func([]byte) (*Forest, error) { return nil, errors.New("parsed twice") })
			if err != nil {
				t.Errorf("the other is gone, too: %v", err)
			}
			return
		default:
			if time.Now().After(end) {
				t.Fatal("it is held for ever")
			}
		}
	}
}
