package lsp

import (
	"testing"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/treesitter"
)

var encodings = []protocol317.PositionEncodingKind{protocol317.UTF8, protocol317.UTF16}

func TestMapper(t *testing.T) {
	const text = "a\r\nß=𝄞x\n\r\rb\n"
	for _, test := range []struct {
		encoding                protocol317.PositionEncodingKind
		line, character, offset uint32
		back                    bool // the offset has this position, too
	}{
		{"utf-8", 0, 0, 0, true}, {"utf-8", 0, 1, 1, true},
		{"utf-8", 0, 2, 2, true},    // between \r and \n
		{"utf-8", 0, 9, 1, false},   // beyond the line: before its \r
		{"utf-8", 1, 1, 3, false},   // inside ß: before it
		{"utf-8", 1, 2, 5, true},    // behind it
		{"utf-8", 1, 5, 6, false},   // inside the clef
		{"utf-8", 1, 8, 11, true},   // the end of the line
		{"utf-8", 1, 99, 11, false}, // beyond
		{"utf-8", 2, 2, 14, true},   // behind two characters \r
		{"utf-8", 3, 0, 16, true}, {"utf-8", 9, 9, 16, false},
		{"utf-16", 0, 2, 2, true}, {"utf-16", 0, 9, 1, false},
		{"utf-16", 1, 1, 5, true}, {"utf-16", 1, 2, 6, true},
		{"utf-16", 1, 3, 6, false}, // between the surrogates
		{"utf-16", 1, 4, 10, true}, {"utf-16", 1, 5, 11, true}, {"utf-16", 1, 6, 11, false},
		{"utf-16", 4294967295, 4294967295, 16, false}, {"utf-16", 2, 4294967295, 15, false},
	} {
		m := newMapper([]byte(text), test.encoding)
		p := protocol.Position{Line: test.line, Character: test.character}
		if got := m.positionOffset(p); got != int(test.offset) {
			t.Errorf("%s: offset of %v is %d, want %d", test.encoding, p, got, test.offset)
		}
		if got := m.offsetPosition(int(test.offset)); test.back && got != p {
			t.Errorf("%s: position of %d is %v, want %v", test.encoding, test.offset, got, p)
		}
	}
	if got := newMapper(nil, protocol317.UTF16).positionOffset(protocol.Position{Line: 1, Character: 1}); got != 0 {
		t.Errorf("a place in an empty text is at %d", got)
	}
	reversed := protocol.Range{Start: protocol.Position{Line: 1, Character: 2}}
	if got := newMapper([]byte(text), protocol317.UTF8).rangeSpan(reversed); got != (treesitter.Span{Start: 5, End: 5}) {
		t.Errorf("the bytes of a reversed range are %v", got)
	}
}

// Every offset at which a character begins has one position, in either encoding, and is found back from it.
func FuzzMapper(f *testing.F) {
	f.Add("a\r\nß=𝄞x\n\r\rb\n", uint32(1), uint32(3))
	f.Add("\xff\xc3\n\xf0\x9d\r", uint32(0), uint32(1))
	f.Fuzz(func(t *testing.T, text string, line, character uint32) {
		for _, encoding := range encodings {
			m := newMapper([]byte(text), encoding)
			for offset := range text + " " {
				if offset < len(text) && !utf8.RuneStart(text[offset]) {
					continue // part of no character; it counts as one where it stands alone
				}
				if got := m.positionOffset(m.offsetPosition(offset)); got != offset {
					t.Fatalf("%s: %d -> %v -> %d", encoding, offset, m.offsetPosition(offset), got)
				}
			}
			if got := m.positionOffset(protocol.Position{Line: line, Character: character}); got < 0 || got > len(text) {
				t.Fatalf("%s: offset %d", encoding, got)
			}
		}
	})
}
