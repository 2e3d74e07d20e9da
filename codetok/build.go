package codetok

import (
	"fmt"
	"slices"
	"strings"
)

// byteRune is the alphabet of ByteLevel: a printable character for every byte.
var byteRune, runeByte = func() (byteRune [256]rune, runeByte map[rune]byte) {
	runeByte = make(map[rune]byte, 256)
	next := rune(256)
	for b := range 256 {
		r := rune(b)
		if !('!' <= r && r <= '~' || '¡' <= r && r <= '¬' || '®' <= r && r <= 'ÿ') {
			r = next
			next++
		}
		byteRune[b] = r
		runeByte[r] = byte(b)
	}
	return
}()

// fromAlphabet turns a subword of the file into its bytes.
func fromAlphabet(token string) ([]byte, bool) {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := runeByte[r]
		if !ok {
			return nil, false
		}
		out = append(out, b)
	}
	return out, true
}

func toAlphabet(raw []byte) string {
	var s strings.Builder
	for _, b := range raw {
		s.WriteRune(byteRune[b])
	}
	return s.String()
}

// build fills in the tables of a tokenizer from its document.
func (t *Tokenizer) build() error {
	d := &t.file
	t.entries = make([][]byte, len(d.vocab))
	t.isSpecial = make([]bool, len(d.vocab))
	t.length = make([]int32, len(d.vocab))
	ids := make(map[string]int32, len(d.vocab))
	for id, token := range d.vocab {
		if token != "" {
			ids[token] = int32(id)
		}
	}
	isAdded := make(map[int32]bool, len(d.added))
	for _, a := range d.added {
		isAdded[a.ID] = true
		if a.Special {
			t.isSpecial[a.ID] = true
		} else {
			t.entries[a.ID] = []byte(a.Content)
		}
	}
	for id, token := range d.vocab {
		if token == "" || isAdded[int32(id)] {
			continue
		}
		raw, ok := fromAlphabet(token)
		if !ok {
			return fmt.Errorf("vocabulary entry %d, %q, is not in the alphabet of byte-level BPE", id, token)
		}
		t.entries[id] = raw
	}
	for id, raw := range t.entries {
		t.length[id] = int32(len(raw))
	}
	t.buildAdded()
	if err := t.buildBytes(ids); err != nil {
		return err
	}
	return t.buildMerges(ids)
}

// buildBytes finds the entry of every byte. GPT-NeoX's vocabulary, and
// ModernBERT's after it, leaves out the 13 bytes that occur in no valid UTF-8; the
// unknown token stands in for them.
func (t *Tokenizer) buildBytes(ids map[string]int32) error {
	standIn := t.special.UNK
	if standIn < 0 {
		standIn = int32(slices.Index(t.isSpecial, true))
	}
	for b, r := range byteRune {
		id, ok := ids[string(r)]
		switch {
		case ok && t.length[id] == 1:
			t.byteID[b] = id
		case !ok && standIn >= 0 && (b == 0xC0 || b == 0xC1 || b >= 0xF5):
			t.byteID[b] = standIn
			t.length[standIn] = 1
		default:
			return fmt.Errorf("byte %#02x has no vocabulary entry, so this is no byte-level BPE", b)
		}
	}
	return nil
}

func (t *Tokenizer) buildMerges(ids map[string]int32) error {
	t.ranks = newRankTable(len(t.file.merges))
	for rank, m := range t.file.merges {
		var got [3]int32
		for i, token := range [3]string{m[0], m[1], m[0] + m[1]} {
			id, ok := ids[token]
			if !ok {
				return fmt.Errorf("merge %d, %q with %q, names %q, which is not in the vocabulary", rank, m[0], m[1], token)
			}
			if t.isSpecial[id] {
				return fmt.Errorf("merge %d, %q with %q, names the special token %q", rank, m[0], m[1], token)
			}
			got[i] = id
		}
		if t.length[got[2]] != t.length[got[0]]+t.length[got[1]] {
			return fmt.Errorf("merge %d, %q with %q, makes an added token", rank, m[0], m[1])
		}
		t.ranks.set(makePair(got[0], got[1]), uint32(rank), got[2])
	}
	return nil
}

// The names that special tokens go by in the families that are read.
var specialNames = map[string]func(*Special) *int32{
	"[CLS]": func(s *Special) *int32 { return &s.CLS }, "<s>": func(s *Special) *int32 { return &s.CLS }, "<cls>": func(s *Special) *int32 { return &s.CLS },
	"[SEP]": func(s *Special) *int32 { return &s.SEP }, "</s>": func(s *Special) *int32 { return &s.SEP }, "<sep>": func(s *Special) *int32 { return &s.SEP },
	"[PAD]": func(s *Special) *int32 { return &s.PAD }, "<pad>": func(s *Special) *int32 { return &s.PAD },
	"[MASK]": func(s *Special) *int32 { return &s.MASK }, "<mask>": func(s *Special) *int32 { return &s.MASK },
	"[UNK]": func(s *Special) *int32 { return &s.UNK }, "<unk>": func(s *Special) *int32 { return &s.UNK },
}

// otherMask stands for a gap in UniXcoder's tokenizer, beside or without <mask>.
const otherMask = "<mask0>"

// buildAdded sorts out the added tokens: special ones by what they are for, the
// others into what is looked for in text.
func (t *Tokenizer) buildAdded() {
	t.special = Special{-1, -1, -1, -1, -1}
	t.languages = make(map[string]int32)
	t.named = make(map[string]int32)
	for _, a := range t.file.added {
		if !a.Special {
			pass := 0
			if a.Normalized {
				pass = 1
			}
			if t.added[pass] == nil {
				t.added[pass] = new(matcher)
			}
			t.added[pass].add(a.Content, a.ID)
			continue
		}
		t.named[a.Content] = a.ID
		if field, ok := specialNames[a.Content]; ok {
			if id := field(&t.special); *id < 0 {
				*id = a.ID
			}
		}
		if lang, ok := strings.CutPrefix(a.Content, "<|"); ok {
			if lang, ok = strings.CutSuffix(lang, "|>"); ok {
				t.languages[lang] = a.ID
			}
		}
	}
	if id, ok := t.named[otherMask]; ok && t.special.MASK < 0 {
		t.special.MASK = id
	}
}

// A matcher finds added tokens: the leftmost, and the longest that begins there.
type matcher struct {
	first [256]bool // bytes that a token begins with
	nodes []matchNode
}

type matchNode struct {
	next map[byte]int32
	id   int32 // -1 where no token ends
}

func (m *matcher) add(token string, id int32) {
	if m.nodes == nil {
		m.nodes = []matchNode{{next: map[byte]int32{}, id: -1}}
	}
	m.first[token[0]] = true
	at := int32(0)
	for _, b := range []byte(token) {
		next, ok := m.nodes[at].next[b]
		if !ok {
			next = int32(len(m.nodes))
			m.nodes = append(m.nodes, matchNode{next: map[byte]int32{}, id: -1})
			m.nodes[at].next[b] = next
		}
		at = next
	}
	m.nodes[at].id = id
}

// find returns the first match in text; an empty one at its end when there is
// none.
func (m *matcher) find(text string) (start, end int, id int32) {
	for start = range len(text) {
		if !m.first[text[start]] {
			continue
		}
		at, end, id := int32(0), start, int32(-1)
		for i := start; i < len(text); i++ {
			next, ok := m.nodes[at].next[text[i]]
			if !ok {
				break
			}
			at = next
			if m.nodes[at].id >= 0 {
				end, id = i+1, m.nodes[at].id
			}
		}
		if id >= 0 {
			return start, end, id
		}
	}
	return len(text), len(text), -1
}
