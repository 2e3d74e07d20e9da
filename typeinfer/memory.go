package typeinfer

import (
	"slices"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/model"
)

// Memory keeps what the model was asked about each window, so that an edit elsewhere, which may put other types among the first candidates, has it asked the same again: that costs
// nothing, since a model keeps its answers. It may be shared between goroutines and files. A nil Memory keeps nothing.
type Memory struct {
	mu    sync.Mutex
	asked *lru.Cache[window, []string]
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

// query is the question to ask: with the choices of an earlier one of the same window, where those hold what matters now.
func (m *Memory) query(g *gap.Gap, q model.Query) model.Query {
	if m == nil {
		return q
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := window{q.Language, q.Before, q.After}
	if before, ok := m.asked.Get(key); ok && !slices.ContainsFunc(q.Choices[:min(decisive, len(q.Choices))], func(c string) bool { return !slices.Contains(before, c) }) {
		return g.Again(q, before)
	}
	m.asked.Add(key, q.Choices)
	return q
}
