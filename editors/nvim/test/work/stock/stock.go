// Package stock keeps count of what lies in a warehouse.
package stock

import (
	"errors"
	"fmt"
	"sort"
)

// ErrShort is the error of an order that is larger than the stock.
var ErrShort = errors.New("not enough in stock")

// Item is one line of the warehouse.
type Item struct {
	Name     string
	Quantity int
	Reorder  int
}

// Warehouse holds items by name.
type Warehouse struct {
	items map[string]*Item
}

// New returns an empty warehouse.
func New() *Warehouse {
	return &Warehouse{items: map[string]*Item{}}
}

// Add puts a quantity of an item into the warehouse.
func (w *Warehouse) Add(name string, quantity int) {
	item, ok := w.items[name]
	if !ok {
		item = &Item{Name: name}
		w.items[name] = item
	}
	item.Quantity += quantiy
}

// Take removes a quantity of an item.
func (w *Warehouse) Take(name string, quantity int) error {
	item, ok := w.items[name]
	if !ok {
		return fmt.Errorf("taking %s: %w", name, ErrShort)
	}
	if item.Quantity < quantity {
		return fmt.Errorf("taking %d of %s: %w", quantity, name, ErrShort)
	}
	item.Quantity -= quantity
	return nil
}

// Short lists the names of items that must be ordered again.
func (w *Warehouse) Short() []string {
	var names []string
	for name, item := range w.items {
		if item.Quantity < item.Reorder {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}
