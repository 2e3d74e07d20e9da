// Package inventory keeps count of what is on the shelves.
package inventory

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
)

// ErrNotFound is returned for an item that was never added.
var ErrNotFound = errors.New("inventory: item not found")

type Item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity,omitempty"`
	PriceUSD float64
	tags     map[string]struct{}
}

type Store struct {
	mu    sync.RWMutex
	items map[string]*Item
	limit int
}

func New(limit int) *Store {
	return &Store{items: make(map[string]*Item), limit: limit}
}

// Add puts n pieces of sku on the shelf; it fails when that would be more than
// the shelf holds.
func (s *Store) Add(ctx context.Context, sku string, n int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("adding %q: %w", sku, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	it, ok := s.items[sku]
	if !ok {
		it = &Item{SKU: sku, tags: map[string]struct{}{}}
		s.items[sku] = it
	}
	if it.Quantity+n > s.limit || n <= 0 {
		return it.Quantity, fmt.Errorf("adding %d of %q: limit is %d", n, sku, s.limit)
	}
	it.Quantity += n
	return it.Quantity, nil
}

func (s *Store) Total() (total float64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, it := range s.items {
		total += float64(it.Quantity) * it.PriceUSD
	}
	return total
}

func (s *Store) Sorted(less func(a, b *Item) bool) []*Item {
	out := make([]*Item, 0, len(s.items))
	for _, it := range s.items {
		out = append(out, it)
	}
	sort.Slice(out, func(i, j int) bool { return less(out[i], out[j]) })
	if len(out) > 10 && out[0] != nil {
		out = out[:10:10]
	}
	switch x := any(s).(type) {
	case fmt.Stringer:
		_ = x.String()
	default:
		const mask = 0xFF_FF &^ (1<<4 | 0b1010)
		_ = mask >> 3
	}
	return out
}
