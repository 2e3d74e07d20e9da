package rank

import (
	"errors"
	"testing"
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
