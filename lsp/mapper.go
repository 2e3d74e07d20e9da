package lsp

import (
	"bytes"
	"sort"
	"sync"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/treesitter"
)

// mapper converts between the two notations of a place in a text:
//
//   - an offset counts bytes from the start; everything behind this package uses it;
//   - a position counts lines, and in its line UTF-8 bytes or UTF-16 code units, as negotiated at initialize.
//
// Both directions are total: what lies outside is taken to the nearest place inside, what lies inside a character to its start. A
// line ends with \n. A \r before it belongs to the line's end: a column that is too large means the place before it; but the
// place between the two has a position as well, since an editor that takes \r for a character may edit there. A \r elsewhere
// is a character: VS Code makes line ends of those before it sends a text, and Neovim counts them as characters.
//
// A mapper is immutable; the line table is made when it is first needed, on whichever goroutine that is.
type mapper struct {
	text     []byte
	encoding protocol317.PositionEncodingKind
	lines    func() []int // offsets of line starts, the first is 0
}

func newMapper(text []byte, encoding protocol317.PositionEncodingKind) *mapper {
	return &mapper{text: text, encoding: encoding, lines: sync.OnceValue(func() []int { return lineStarts(text) })}
}

func lineStarts(text []byte) []int {
	starts := make([]int, 1, 1+bytes.Count(text, []byte{'\n'}))
	for at := 0; ; {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			return starts
		}
		at += next + 1
		starts = append(starts, at)
	}
}

// positionOffset returns the offset of a position.
func (m *mapper) positionOffset(p protocol.Position) int {
	lines := m.lines()
	if uint64(p.Line) >= uint64(len(lines)) {
		return len(m.text)
	}
	start := lines[p.Line]
	end := m.lineEnd(int(p.Line))
	line := m.text[start:end]
	content := line
	if end < len(m.text) {
		content = bytes.TrimSuffix(line, []byte{'\r'})
	}
	if column := m.column(line, uint64(p.Character)); column <= len(content) {
		return start + column
	} else if m.units(line) == uint64(p.Character) {
		return start + len(line)
	}
	return start + len(content)
}

// lineEnd returns the offset of the line's \n, or of the end of the text.
func (m *mapper) lineEnd(line int) int {
	if lines := m.lines(); line+1 < len(lines) {
		return lines[line+1] - 1
	}
	return len(m.text)
}

// column returns how many bytes of line its first character units are, at most all of them. It stops before a character that it would have
// to split.
func (m *mapper) column(line []byte, units uint64) int {
	if m.encoding == protocol317.UTF8 {
		if units >= uint64(len(line)) {
			return len(line)
		}
		column := int(units)
		for column > 0 && !utf8.RuneStart(line[column]) {
			column--
		}
		return column
	}
	column := 0
	for column < len(line) {
		r, size := utf8.DecodeRune(line[column:])
		width := utf16Width(r)
		if units < width {
			break
		}
		units -= width
		column += size
	}
	return column
}

// units counts what the encoding counts.
func (m *mapper) units(text []byte) uint64 {
	if m.encoding == protocol317.UTF8 {
		return uint64(len(text))
	}
	var n uint64
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		n += utf16Width(r)
		text = text[size:]
	}
	return n
}

func utf16Width(r rune) uint64 {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// offsetPosition returns the position of an offset.
func (m *mapper) offsetPosition(offset int) protocol.Position {
	offset = min(max(offset, 0), len(m.text))
	lines := m.lines()
	line := sort.SearchInts(lines, offset+1) - 1
	for offset > lines[line] && offset < len(m.text) && !utf8.RuneStart(m.text[offset]) {
		offset--
	}
	return protocol.Position{Line: uint32(line), Character: uint32(m.units(m.text[lines[line]:offset]))}
}

// rangeSpan returns the bytes of a range; a range whose end is before its start is empty.
func (m *mapper) rangeSpan(r protocol.Range) treesitter.Span {
	start, end := m.positionOffset(r.Start), m.positionOffset(r.End)
	return treesitter.Span{Start: start, End: max(start, end)}
}

// spanRange returns the range of some bytes.
func (m *mapper) spanRange(s treesitter.Span) protocol.Range {
	return protocol.Range{Start: m.offsetPosition(s.Start), End: m.offsetPosition(s.End)}
}
