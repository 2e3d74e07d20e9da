package typeinfer

import (
	"slices"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/model"
)

// Memory keeps whether the model was asked about a window, and about which candidates, so that an edit elsewhere, which moves shares and may put other types among the first, has it asked
// the same again: that costs nothing, since a model keeps its answers. It may be shared between goroutines and files. A nil Memory keeps nothing.
type Memory struct {
	asked *lru.Cache[window, []string] // the candidates; none where the model was not asked
	mu    sync.Mutex
}

// window is what a question is known by.
type window struct{ language, before, after string }

// remembered bounds the windows of a Memory.
const remembered = 4096

// NewMemory returns an empty Memory.
func NewMemory() *Memory {
	asked, err := lru.New[window, []string](remembered)
	if err != nil {
		panic(err) // the size is a constant above 0
	}
	return &Memory{asked: asked}
}

// decisive is how many of the first candidates an earlier question must have been about to stand for this one.
const decisive = 3

// query returns the question to ask; ok is false where none is. open says whether there would be one if nothing were remembered. A question is that of an earlier call for the same window,
// where that held what matters now.
func (m *Memory) query(g *gap.Gap, q model.Query, open bool) (_ model.Query, ok bool) {
	if m == nil {
		return g.Query(q), open
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := window{q.Language, q.Before, q.After}
	before, known := m.asked.Get(key)
	if known && len(before) == 0 {
		return q, false
	}
	q = g.Query(q)
	if known && !slices.ContainsFunc(q.Choices[:min(decisive, len(q.Choices))], func(c string) bool { return !slices.Contains(before, c) }) {
		return g.Again(q, before), true
	}
	if !open && !known {
		m.asked.Add(key, nil)
		return q, false
	}
	m.asked.Add(key, q.Choices)
	return q, true
}
