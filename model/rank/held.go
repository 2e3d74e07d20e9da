package rank

import (
	"runtime"
	"sync"
	"weak"
)

// Held remembers what was parsed of texts that models hold, by where the text lies, as long as somebody has the text: it must not be changed, and what is made of it must not refer to it.
// Those texts have megabytes and are asked for with every file, so none is copied or compared. The zero value is ready; several goroutines may use it.
type Held[T any] struct{ parsed sync.Map } // weak.Pointer[byte] -> *T

// Parse returns what parse made of a text, which is not empty, and has it parsed the first time.
func (h *Held[T]) Parse(text []byte, parse func(text []byte) (*T, error)) (*T, error) {
	at := weak.Make(&text[0])
	if v, ok := h.parsed.Load(at); ok {
		return v.(*T), nil
	}
	v, err := parse(text)
	if err != nil {
		return nil, err
	}
	h.parsed.Store(at, v)
	runtime.AddCleanup(&text[0], func(at weak.Pointer[byte]) { h.parsed.Delete(at) }, at)
	return v, nil
}
