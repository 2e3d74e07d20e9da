package rank

import "sync"

// Held remembers what was parsed of texts that models hold, by where the text lies: while one is remembered it stays there, and must not be changed. Those texts have
// megabytes and are asked for with every file, so none is copied or compared. The zero value is ready; several goroutines may use it.
type Held[T any] struct{ parsed sync.Map } // *byte -> *T

// Parse returns what parse made of a text, which is not empty, and has it parsed the first time.
func (h *Held[T]) Parse(text []byte, parse func(text []byte) (*T, error)) (*T, error) {
	if v, ok := h.parsed.Load(&text[0]); ok {
		return v.(*T), nil
	}
	v, err := parse(text)
	if err != nil {
		return nil, err
	}
	h.parsed.Store(&text[0], v)
	return v, nil
}
