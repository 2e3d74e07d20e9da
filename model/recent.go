package model

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"
)

// recent remembers what the network said of the rows that were asked last. A memo knows whole questions, and while a name is typed each key makes
// another one: fewer choices, a longer prefix. Most of the rows behind them are the same ones, since what is typed is masked.
//
// It is sound for the reasons that a memo is, with a row in the place of a query. Rows that look at many places are left out: logits of one place take 64 KB.
type recent struct{ entries *lru.Cache[memoKey, *said] }

// said is what the network said of a row; it never changes once it is remembered.
type said struct {
	distributions []distribution // of the wanted places
	pointer       []float32
}

const (
	// recentPlaces is the most wanted places of a row that is remembered, and recentRows the most rows, fewer for large vocabularies.
	recentPlaces, recentRows = 2, 64
	// recentLogits bounds what is remembered at one place a row: 4 MB of them.
	recentLogits = 1 << 20
)

// newRecent makes a memory for logits of so many subwords; size is that of the memo, negative for none.
func newRecent(size, vocabulary int) *recent {
	if size < 0 {
		return &recent{}
	}
	entries, err := lru.New[memoKey, *said](max(1, min(recentRows, recentLogits/max(1, vocabulary))))
	if err != nil {
		panic(err) // the size is positive
	}
	return &recent{entries}
}

// key names a row; ok is false for one that is not remembered.
func (m *recent) key(r *row) (key memoKey, ok bool) {
	if m.entries == nil || len(r.wanted) == 0 || len(r.wanted) > recentPlaces || len(r.sites) > 0 {
		return key, false
	}
	buffer := make([]byte, 0, 3*(len(r.ids)+len(r.names)))
	buffer = binary.AppendUvarint(buffer, uint64(len(r.ids)))
	for _, id := range r.ids {
		buffer = binary.AppendVarint(buffer, int64(id))
	}
	for _, list := range [][]int{r.wanted, r.names} {
		buffer = binary.AppendUvarint(buffer, uint64(len(list)))
		for _, column := range list {
			buffer = binary.AppendUvarint(buffer, uint64(column))
		}
	}
	return sha256.Sum256(buffer), true
}

// replay answers a row from memory, if it is there.
func (m *recent) replay(key memoKey, r *row) bool {
	s, ok := m.entries.Get(key)
	if !ok {
		return false
	}
	r.pointer = slices.Clone(s.pointer)
	for wanted, d := range s.distributions {
		r.visit(wanted, d)
	}
	return true
}
