package model

import (
	"encoding/binary"
	"sort"
	"strings"

	"mlm-lsp/codetok"
)

// minWindow is room for three openers, eight masks, one subword on either side
// and [SEP].
const minWindow = 14

// bytesPerSubword is more than the mean of any code; text further away than
// that many bytes for each place in the window is not encoded.
const bytesPerSubword = 16

// cutBefore are the characters that begin a subword when a letter or a digit of
// ASCII stands before them, in every pre-tokeniser of codetok and whatever
// follows: a text that is cut there falls into the same subwords as in one
// piece.
const cutBefore = "()[]{}.,;\r\n"

// site is a gap made ready for many texts. Only what stands around the gap, up
// to the nearest safe cuts, is encoded for each text.
type site struct {
	tok           *codetok.Tokenizer
	head, tail    []int32 // subwords further away on the left and on the right
	before, after string  // the text around the gap that is encoded with each candidate
	// Where names can be found again: the bytes where head, before and tail begin in the texts that newSite was given, and the
	// offsets of the subwords of head and tail within them.
	headAt, beforeAt, tailAt int
	headOffsets, tailOffsets [][2]int32
}

// newSite readies a gap for a window of so many subwords.
func newSite(tok *codetok.Tokenizer, before, after string, window int) *site {
	limit := window * bytesPerSubword
	headAt := 0
	if len(before) > limit {
		headAt = safeCutAfter(before, len(before)-limit)
		before = before[headAt:]
	}
	if len(after) > limit {
		after = after[:safeCutBefore(after, limit)]
	}
	p := safeCutBefore(before, len(before))
	if p == len(before) {
		p = 0
	}
	q := safeCutAfter(after, 0)
	s := &site{tok: tok, before: before[p:], after: after[:q], headAt: headAt, beforeAt: headAt + p, tailAt: q}
	head, tail := tok.Encode(before[:p]), tok.Encode(after[q:])
	s.head, s.headOffsets = head.IDs, head.Offsets
	s.tail, s.tailOffsets = tail.IDs, tail.Offsets
	return s
}

// isSafeCut says whether the text falls into the same subwords when it is cut at i.
func isSafeCut(text string, i int) bool {
	if i <= 0 || i >= len(text) || strings.IndexByte(cutBefore, text[i]) < 0 {
		return false
	}
	c := text[i-1]
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// safeCutBefore is the last safe cut at or before i; i itself when there is none.
func safeCutBefore(text string, i int) int {
	for at := i; at > 0; {
		at = strings.LastIndexAny(text[:at], cutBefore)
		if at < 0 {
			break
		}
		if isSafeCut(text, at) {
			return at
		}
	}
	return i
}

// safeCutAfter is the first safe cut at or after i; when there is none, i for a
// cut within the text and its end for i = 0.
func safeCutAfter(text string, i int) int {
	for at := i; at < len(text); at++ {
		next := strings.IndexAny(text[at:], cutBefore)
		if next < 0 {
			break
		}
		at += next
		if isSafeCut(text, at) {
			return at
		}
	}
	if i == 0 {
		return len(text)
	}
	return i
}

// filling is a text in a gap, as subwords. The target is what overlaps the
// text; a tokenizer may glue a neighbouring space or operator to it, and then
// glueLeft and glueRight are those bytes of the sides.
type filling struct {
	left, target, right []int32 // of the encoded part: without head and tail
	glueLeft, glueRight string
	offsets             [][2]int32 // of left, target and right
	length              int        // of the text, in bytes
}

// fill encodes the gap with a text in it, which must not be empty.
func (s *site) fill(text string) filling {
	var b strings.Builder
	b.Grow(len(s.before) + len(text) + len(s.after))
	b.WriteString(s.before)
	b.WriteString(text)
	b.WriteString(s.after)
	e := s.tok.Encode(b.String())
	start, end := int32(len(s.before)), int32(len(s.before)+len(text))
	i := 0
	for i < len(e.IDs) && e.Offsets[i][1] <= start {
		i++
	}
	j := i
	for j < len(e.IDs) && e.Offsets[j][0] < end {
		j++
	}
	f := filling{left: e.IDs[:i], target: e.IDs[i:j], right: e.IDs[j:], offsets: e.Offsets, length: len(text)}
	if i < j {
		f.glueLeft = s.before[e.Offsets[i][0]:]
		f.glueRight = s.after[:e.Offsets[j-1][1]-end]
	}
	return f
}

// subwordsBefore tells how many subwords before the target (1 is the next) the subword stands that holds the byte at of the text before
// the gap. It is false where that is cut off or belongs to the target.
func (s *site) subwordsBefore(f filling, at int) (int, bool) {
	if at >= s.beforeAt {
		i := holder(f.offsets, at-s.beforeAt)
		return len(f.left) - i, i < len(f.left)
	}
	i := holder(s.headOffsets, at-s.headAt)
	return len(f.left) + len(s.head) - i, at >= s.headAt && i < len(s.head)
}

// subwordsAfter is the same for the text behind the gap: how many subwords behind the target's last one.
func (s *site) subwordsAfter(f filling, at int) (int, bool) {
	if at < s.tailAt {
		i := holder(f.offsets, len(s.before)+f.length+at) - len(f.left) - len(f.target)
		return i + 1, i >= 0 && i < len(f.right)
	}
	i := holder(s.tailOffsets, at-s.tailAt)
	return len(f.right) + i + 1, i < len(s.tail)
}

// holder is the index of the subword that holds a byte.
func holder(offsets [][2]int32, at int) int {
	return sort.Search(len(offsets), func(i int) bool { return int(offsets[i][1]) > at })
}

// frame is the surroundings of a target: fillings with equal frames and equally
// many subwords share rows.
type frame struct{ left, right []int32 }

// key identifies a frame with a number of subwords within one site.
func (f filling) key() string {
	b := make([]byte, 0, 4*(len(f.left)+len(f.right))+8)
	b = binary.AppendUvarint(b, uint64(len(f.target)))
	b = binary.AppendUvarint(b, uint64(len(f.left)))
	for _, id := range f.left {
		b = binary.AppendUvarint(b, uint64(id))
	}
	for _, id := range f.right {
		b = binary.AppendUvarint(b, uint64(id))
	}
	return string(b)
}

// row is one line of a batch: ids, the places whose logits are wanted, and
// who wants them.
type row struct {
	ids    []int32
	wanted []int
	visit  func(wanted int, d distribution)

	names   []int     // first subwords of names in sight, for the pointer head
	pointer []float32 // how well each of them fits the first wanted place: logits
	sites   []int     // first subwords of sites, for the detection head
	detect  []float32 // the log-odds of each that it was replaced
}

// row builds the row of a frame for a target of k subwords of which the first
// are revealed: [CLS] <|language|> left revealed masks right [SEP]. The subwords
// nearest the target are kept when not all fit. Only the first mask is wanted.
func (m *Model) row(language string, s *site, fr frame, revealed []int32, k int) *row {
	prefix := m.openers(language)
	room := m.window - len(prefix) - k
	if m.special.SEP >= 0 {
		room--
	}
	nLeft, nRight := len(s.head)+len(fr.left), len(fr.right)+len(s.tail)
	if nLeft+nRight > room {
		half := room / 2
		switch {
		case nLeft <= half:
			nRight = room - nLeft
		case nRight <= room-half:
			nLeft = room - nRight
		default:
			nLeft, nRight = half, room-half
		}
	}
	ids := make([]int32, 0, len(prefix)+nLeft+k+nRight+1)
	ids = append(ids, prefix...)
	ids = appendLast(ids, s.head, fr.left, nLeft)
	first := len(ids) + len(revealed)
	ids = append(ids, revealed...)
	for range k - len(revealed) {
		ids = append(ids, m.special.MASK)
	}
	ids = appendFirst(ids, fr.right, s.tail, nRight)
	if m.special.SEP >= 0 {
		ids = append(ids, m.special.SEP)
	}
	return &row{ids: ids, wanted: []int{first}}
}

// encoderOnly says to UniXcoder, which also writes texts, that it is asked as an
// encoder. Its rows begin with [CLS], this and [SEP] (microsoft/CodeBERT,
// UniXcoder/unixcoder.py, tokenize).
const encoderOnly = "<encoder-only>"

// openers are the special tokens that a row begins with: three at most.
func (m *Model) openers(language string) []int32 {
	var ids []int32
	if m.special.CLS >= 0 {
		ids = append(ids, m.special.CLS)
	}
	if mode, ok := m.tok.SpecialToken(encoderOnly); ok {
		ids = append(ids, mode)
		if m.special.SEP >= 0 {
			ids = append(ids, m.special.SEP)
		}
	} else if tag, ok := m.tok.LanguageTag(language); ok {
		ids = append(ids, tag)
	}
	return ids
}

// appendLast appends the last n of a followed by b.
func appendLast(dst, a, b []int32, n int) []int32 {
	if n > len(b) {
		return append(append(dst, a[len(a)-(n-len(b)):]...), b...)
	}
	return append(dst, b[len(b)-n:]...)
}

// appendFirst appends the first n of a followed by b.
func appendFirst(dst, a, b []int32, n int) []int32 {
	if n > len(a) {
		return append(append(dst, a...), b[:n-len(a)]...)
	}
	return append(dst, a[:n]...)
}
