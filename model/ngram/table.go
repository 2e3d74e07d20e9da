package ngram

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// table is a map from keys to codes that holds no key: a static function on a binary fuse graph (Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor
// Filters", 2022). A key's value is the exclusive or of three cells; most of its bits are a fingerprint, by which a key that was never put in is told, but for one in
// 2^fingerprintBits. A cell takes two bytes, and there are some 1.13 of them for each key.
type table struct {
	seed    uint64
	keys    int
	segment int // cells of a segment, a power of two
	cells   []byte
}

const (
	codeBits        = 4
	fingerprintBits = 16 - codeBits
	cellBytes       = 2
)

// item is a key with its code, which is below 1<<codeBits.
type item struct {
	key  Key
	code uint8
}

// places are the three cells of a hash.
func (t *table) places(h uint64) (a, b, c int) {
	segments := t.segments()
	high, _ := bits.Mul64(h, uint64(segments-2)*uint64(t.segment))
	mask := uint64(t.segment - 1)
	a = int(high)
	b = int((high + uint64(t.segment)) ^ (h >> 18 & mask))
	c = int((high + 2*uint64(t.segment)) ^ (h & mask))
	return a, b, c
}

func (t *table) segments() int { return len(t.cells) / cellBytes / t.segment }

func fingerprint(h uint64) uint16 { return uint16((h^h>>32)>>3) << codeBits }

func (t *table) cell(i int) uint16 { return binary.LittleEndian.Uint16(t.cells[cellBytes*i:]) }

// get returns the code of a key; ok is false for nearly all keys that have none.
func (t *table) get(k Key) (code uint8, ok bool) {
	if t.keys == 0 {
		return 0, false
	}
	h := mix(uint64(k) + t.seed)
	a, b, c := t.places(h)
	v := t.cell(a) ^ t.cell(b) ^ t.cell(c)
	return uint8(v & (1<<codeBits - 1)), v&^(1<<codeBits-1) == fingerprint(h)
}

// sizeOf is how many cells a table of so many keys has, and how many a segment of it. The figures are those of the paper.
func sizeOf(keys int) (cells, segment int) {
	if keys == 0 {
		return 0, 1
	}
	n := float64(max(keys, 2))
	segment = 1 << min(18, max(1, int(math.Floor(math.Log(n)/math.Log(3.33)+2.25))))
	factor := math.Max(1.125, 0.875+0.25*math.Log(1e6)/math.Log(n))
	segments := (int(n*factor)+segment-1)/segment - 2
	return (max(1, segments) + 2) * segment, segment
}

// newTable puts the items into a table. Of two that have one key the first is kept.
func newTable(items []item) (*table, error) {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b item) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	items = slices.CompactFunc(items, func(a, b item) bool { return a.key == b.key })
	cells, segment := sizeOf(len(items))
	t := &table{keys: len(items), segment: segment, cells: make([]byte, cells*cellBytes)}
	if len(items) == 0 {
		return t, nil
	}
	for try := range 100 {
		t.seed = mix(uint64(try) + 1)
		if t.fill(items) {
			return t, nil
		}
	}
	return nil, fmt.Errorf("laying out %d n-grams: no order of them was found", len(items))
}

// fill solves for the cells: again and again a cell that only one key needs is set aside with it; in the reverse order each is then free to make its key right. It is
// false when keys are left over.
func (t *table) fill(items []item) bool {
	n := len(t.cells) / cellBytes
	users := make([]uint32, n) // how many keys need a cell
	which := make([]uint32, n) // the exclusive or of their numbers
	places := func(i uint32) [3]int {
		a, b, c := t.places(mix(uint64(items[i].key) + t.seed))
		return [3]int{a, b, c}
	}
	for i := range items {
		for _, p := range places(uint32(i)) {
			users[p]++
			which[p] ^= uint32(i)
		}
	}
	type step struct{ item, cell uint32 }
	order := make([]step, 0, len(items))
	var alone []uint32
	for p := range users {
		if users[p] == 1 {
			alone = append(alone, uint32(p))
		}
	}
	for len(alone) > 0 {
		p := alone[len(alone)-1]
		alone = alone[:len(alone)-1]
		if users[p] != 1 {
			continue
		}
		i := which[p]
		order = append(order, step{i, p})
		for _, q := range places(i) {
			users[q]--
			which[q] ^= i
			if users[q] == 1 {
				alone = append(alone, uint32(q))
			}
		}
	}
	if len(order) < len(items) {
		return false
	}
	clear(t.cells)
	for _, s := range slices.Backward(order) {
		h := mix(uint64(items[s.item].key) + t.seed)
		v := fingerprint(h) | uint16(items[s.item].code)
		a, b, c := t.places(h)
		v ^= t.cell(a) ^ t.cell(b) ^ t.cell(c) // its own is still 0
		binary.LittleEndian.PutUint16(t.cells[cellBytes*s.cell:], v)
	}
	return true
}

// Fitting is how many n-grams and contexts fit into so many bytes of a file.
func Fitting(bytes int) int {
	fits := func(keys int) bool { cells, _ := sizeOf(keys); return cells*cellBytes <= bytes }
	low, high := 0, bytes/cellBytes+1 // low fits
	for high-low > 1 {
		if middle := (low + high) / 2; fits(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
