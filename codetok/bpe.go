package codetok

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// A pair is two neighbouring subwords, left in the upper half.
type pair uint64

func makePair(left, right int32) pair { return pair(left)<<32 | pair(uint32(right)) }

func (p pair) left() int32  { return int32(p >> 32) }
func (p pair) right() int32 { return int32(uint32(p)) }

const noRank = ^uint32(0)

// A rankTable maps a pair to its rank among the merges and to what it becomes:
// open addressing with linear probing, at most half full.
type rankTable struct {
	slots []rankSlot
	shift uint
}

type rankSlot struct {
	key  pair
	rank uint32 // noRank in an empty slot
	id   int32
}

func newRankTable(n int) rankTable {
	size := 1 << max(4, bits.Len(uint(2*n)))
	t := rankTable{slots: make([]rankSlot, size), shift: uint(64 - bits.Len(uint(size-1)))}
	for i := range t.slots {
		t.slots[i].rank = noRank
	}
	return t
}

func (t *rankTable) slot(p pair) *rankSlot {
	mask := len(t.slots) - 1
	for i := int(uint64(p) * 0x9E3779B97F4A7C15 >> t.shift); ; i++ {
		s := &t.slots[i&mask]
		if s.rank == noRank || s.key == p {
			return s
		}
	}
}

// set gives p a rank; a pair that is there already keeps the later one, as in
// the reference implementation.
func (t *rankTable) set(p pair, rank uint32, id int32) {
	*t.slot(p) = rankSlot{p, rank, id}
}

// get returns the rank of p (noRank where it is no merge) and what it becomes.
func (t *rankTable) get(p pair) (uint32, int32) {
	s := t.slot(p)
	return s.rank, s.id
}

// An encoder is the memory of one goroutine's encoding: a bounded cache of
// pieces, and room to merge in. Both parts of the cache are direct mapped: a new
// piece takes the place of an old one.
type encoder struct {
	short [1 << 13]shortSlot
	long  [1 << 11]longSlot
	room  mergeRoom
}

// A shortSlot holds a piece of up to 16 bytes: its length and two words that
// determine it.
type shortSlot struct {
	k0, k1 uint64
	length uint8 // 0 in an empty slot
	count  uint8
	ids    [7]int32
}

// A longSlot holds a piece of 17 to 48 bytes.
type longSlot struct {
	length uint8
	count  uint8
	key    [48]byte
	ids    [12]int32
}

// appendPiece appends the subwords of one piece of at least two bytes.
func (e *encoder) appendPiece(t *Tokenizer, ids []int32, piece string) []int32 {
	n := len(piece)
	if n <= 16 {
		k0, k1 := words(piece)
		s := &e.short[hashWords(k0, k1, n)&(1<<13-1)]
		if s.k0 == k0 && s.k1 == k1 && int(s.length) == n {
			if s.count == 1 {
				return append(ids, s.ids[0])
			}
			return append(ids, s.ids[:s.count]...)
		}
		before := len(ids)
		ids = e.room.merge(t, ids, piece)
		if count := len(ids) - before; count <= len(s.ids) {
			s.k0, s.k1, s.length, s.count = k0, k1, uint8(n), uint8(count)
			copy(s.ids[:], ids[before:])
		}
		return ids
	}
	if n <= len(longSlot{}.key) {
		k0, k1 := words(piece[:16])
		l0, l1 := words(piece[n-16:])
		s := &e.long[hashWords(k0^bits.RotateLeft64(l0, 17), k1^bits.RotateLeft64(l1, 31), n)&(1<<11-1)]
		if string(s.key[:s.length]) == piece {
			return append(ids, s.ids[:s.count]...)
		}
		before := len(ids)
		ids = e.room.merge(t, ids, piece)
		if count := len(ids) - before; count <= len(s.ids) {
			s.length, s.count = uint8(n), uint8(count)
			copy(s.key[:], piece)
			copy(s.ids[:], ids[before:])
		}
		return ids
	}
	return e.room.merge(t, ids, piece)
}

// words packs a string of 2 to 16 bytes into two words; together with its length
// they determine it.
func words(s string) (uint64, uint64) {
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	switch n := len(b); {
	case n >= 8:
		return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	default:
		return uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16, 0
	}
}

func hashWords(k0, k1 uint64, n int) uint64 {
	hi, lo := bits.Mul64(k0^0xA0761D6478BD642F, k1^uint64(n)^0xE7037ED1A0B428DB)
	return hi ^ lo
}

// shortPiece is the length in bytes up to which searching the whole piece for
// the best pair is quicker than keeping a heap.
const shortPiece = 64

// mergeRoom is reused from piece to piece.
type mergeRoom struct {
	parts []part
	heap  []candidate
}

// A part is a subword of a piece that is being merged.
type part struct {
	id         int32
	rank       uint32 // of the pair with the part to the right
	becomes    int32
	prev, next int32 // neighbours, -1 at the ends; long pieces only
}

// merge appends the subwords of piece: its bytes, merged in the order of the
// merges' ranks, from left to right where the rank is the same.
func (m *mergeRoom) merge(t *Tokenizer, ids []int32, piece string) []int32 {
	if cap(m.parts) < len(piece) {
		m.parts = make([]part, max(len(piece), 256))
	}
	parts := m.parts[:len(piece)]
	for i := range parts {
		p := &parts[i]
		p.id = t.byteID[piece[i]]
		p.rank = noRank
		if i > 0 {
			left := &parts[i-1]
			left.rank, left.becomes = t.ranks.get(makePair(left.id, p.id))
		}
	}
	if len(piece) > shortPiece {
		return m.mergeLong(t, ids, parts)
	}
	for {
		best, at := noRank, 0
		for i := range parts {
			if parts[i].rank < best {
				best, at = parts[i].rank, i
			}
		}
		if best == noRank {
			break
		}
		p := &parts[at]
		p.id = p.becomes
		copy(parts[at+1:], parts[at+2:])
		parts = parts[:len(parts)-1]
		p.rank = noRank
		if at+1 < len(parts) {
			p.rank, p.becomes = t.ranks.get(makePair(p.id, parts[at+1].id))
		}
		if at > 0 {
			left := &parts[at-1]
			left.rank, left.becomes = t.ranks.get(makePair(left.id, p.id))
		}
	}
	for i := range parts {
		ids = append(ids, parts[i].id)
	}
	return ids
}

// A candidate is a pair that could be merged: its rank in the upper half and the
// index of its left part in the lower, so that the least is the next.
type candidate uint64

// mergeLong merges with a heap. A candidate is stale, and passed over, when its
// left part is gone or has another rank by now.
func (m *mergeRoom) mergeLong(t *Tokenizer, ids []int32, parts []part) []int32 {
	m.heap = m.heap[:0]
	for i := range parts {
		parts[i].prev, parts[i].next = int32(i-1), int32(i+1)
		if parts[i].rank != noRank {
			m.push(candidate(parts[i].rank)<<32 | candidate(i))
		}
	}
	parts[len(parts)-1].next = -1
	for len(m.heap) > 0 {
		c := m.pop()
		at := int32(uint32(c))
		p := &parts[at]
		if p.rank != uint32(c>>32) {
			continue
		}
		gone := &parts[p.next]
		p.id, p.next = p.becomes, gone.next
		p.rank, gone.rank = noRank, noRank
		if p.next >= 0 {
			parts[p.next].prev = at
			m.rerank(t, parts, at)
		}
		if p.prev >= 0 {
			m.rerank(t, parts, p.prev)
		}
	}
	for i := int32(0); i >= 0; i = parts[i].next {
		ids = append(ids, parts[i].id)
	}
	return ids
}

// rerank looks up the pair of parts[at] and its right neighbour.
func (m *mergeRoom) rerank(t *Tokenizer, parts []part, at int32) {
	p := &parts[at]
	p.rank, p.becomes = t.ranks.get(makePair(p.id, parts[p.next].id))
	if p.rank != noRank {
		m.push(candidate(p.rank)<<32 | candidate(at))
	}
}

func (m *mergeRoom) push(c candidate) {
	m.heap = append(m.heap, c)
	h := m.heap
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if h[up] <= h[i] {
			break
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
}

func (m *mergeRoom) pop() candidate {
	h := m.heap
	least := h[0]
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[i] <= h[child] {
			break
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
	m.heap = h
	return least
}
