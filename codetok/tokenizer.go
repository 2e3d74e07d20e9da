package codetok

import (
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"sync"
)

// An Encoding is a text as subwords. IDs and Offsets run in parallel; an offset
// is a half-open range of bytes of the text.
type Encoding struct {
	IDs     []int32
	Offsets [][2]int32
}

// Special holds the ids of the special tokens, -1 for one that is absent.
type Special struct {
	CLS, SEP, PAD, MASK, UNK int32
}

// A Tokenizer cuts text into subwords. It is immutable and safe for concurrent
// use.
type Tokenizer struct {
	split     splitter
	entries   [][]byte // raw bytes by id; nil for special tokens and for ids that are not in use
	isSpecial []bool   // by id
	length    []int32  // bytes of text that an id takes up
	byteID    [256]int32
	ranks     rankTable
	added     [2]*matcher // added tokens found in text: as it stands, then in what is left
	special   Special
	languages map[string]int32
	named     map[string]int32 // special tokens
	file      document
	canonical func() []byte // the tokenizer.json that Write writes
	idle      chan *encoder // warm encoders, at most one for each CPU
}

// Encode returns the subwords of text. They tile it: each begins where the one
// before it ends, for any bytes, valid UTF-8 or not. No special tokens are
// added, and the names of special tokens in text are text.
func (t *Tokenizer) Encode(text string) Encoding {
	var e Encoding
	t.EncodeAppend(&e, text)
	return e
}

// EncodeAppend appends the subwords of text to dst. Offsets count from the
// beginning of text. It allocates nothing where dst has room. The text must be
// shorter than 2 GiB.
func (t *Tokenizer) EncodeAppend(dst *Encoding, text string) {
	var e *encoder
	select {
	case e = <-t.idle:
	default:
		e = new(encoder)
	}
	t.encodeMatching(dst, e, text, 0, 0)
	select {
	case t.idle <- e:
	default:
	}
}

// encodeMatching cuts out the added tokens of this and the later passes, and
// encodes what lies between them. base is where text stands in the whole.
func (t *Tokenizer) encodeMatching(dst *Encoding, e *encoder, text string, base, pass int) {
	if pass == len(t.added) {
		t.encodePieces(dst, e, text, base)
		return
	}
	if t.added[pass] == nil {
		t.encodeMatching(dst, e, text, base, pass+1)
		return
	}
	for text != "" {
		start, end, id := t.added[pass].find(text)
		if start > 0 {
			t.encodeMatching(dst, e, text[:start], base, pass+1)
		}
		if end > start {
			dst.IDs = append(dst.IDs, id)
			dst.Offsets = append(dst.Offsets, [2]int32{int32(base + start), int32(base + end)})
		}
		text, base = text[end:], base+end
	}
}

func (t *Tokenizer) encodePieces(dst *Encoding, e *encoder, text string, base int) {
	ids, offsets := dst.IDs, dst.Offsets
	for pos := 0; pos < len(text); {
		end := t.split.next(text, pos)
		at := int32(base + pos)
		if end == pos+1 {
			ids = append(ids, t.byteID[text[pos]])
			offsets = append(offsets, [2]int32{at, at + 1})
			pos = end
			continue
		}
		before := len(ids)
		ids = e.appendPiece(t, ids, text[pos:end])
		for _, id := range ids[before:] {
			n := t.length[id]
			offsets = append(offsets, [2]int32{at, at + n})
			at += n
		}
		pos = end
	}
	dst.IDs, dst.Offsets = ids, offsets
}

// Decode returns the text of ids, the bytes of one after another. Special tokens
// and ids outside the vocabulary decode to nothing.
func (t *Tokenizer) Decode(ids []int32) string {
	var text []byte
	for _, id := range ids {
		text = append(text, t.Bytes(id)...)
	}
	return string(text)
}

// Size returns the number of ids: every id is below it.
func (t *Tokenizer) Size() int { return len(t.entries) }

// Special returns the ids of the special tokens.
func (t *Tokenizer) Special() Special { return t.special }

// IsSpecial reports whether id is a special token: one that stands for no text.
func (t *Tokenizer) IsSpecial(id int32) bool {
	return id >= 0 && int(id) < len(t.isSpecial) && t.isSpecial[id]
}

// LanguageTag returns the id of the special token <|lang|>.
func (t *Tokenizer) LanguageTag(lang string) (int32, bool) {
	id, ok := t.languages[lang]
	return id, ok
}

// SpecialToken returns the id of the special token of that name, as "<encoder-only>".
func (t *Tokenizer) SpecialToken(name string) (int32, bool) {
	id, ok := t.named[name]
	return id, ok
}

// Bytes returns the bytes that id stands for, nil for a special token and for an
// id outside the vocabulary. The caller must not change them.
func (t *Tokenizer) Bytes(id int32) []byte {
	if id < 0 || int(id) >= len(t.entries) {
		return nil
	}
	return t.entries[id]
}

// Digest returns the SHA-256 of what Write writes, in hexadecimal.
func (t *Tokenizer) Digest() string {
	sum := sha256.Sum256(t.canonical())
	return hex.EncodeToString(sum[:])
}

// newTokenizer derives everything that encoding needs from a document that has
// been checked.
func newTokenizer(d document) (*Tokenizer, error) {
	t := &Tokenizer{file: d, split: d.split, idle: make(chan *encoder, runtime.GOMAXPROCS(0))}
	t.canonical = sync.OnceValue(func() []byte { return t.file.marshal() })
	if err := t.build(); err != nil {
		return nil, err
	}
	return t, nil
}
