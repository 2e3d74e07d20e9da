package complete

import (
	"bytes"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// cursor is the place of a completion.
type cursor struct {
	offset   int
	name     treesitter.Span // the whole name around the cursor; empty when there is none
	prefix   string          // its part before the cursor
	member   bool            // behind a dot
	receiver string          // what stands before the dot
	defining bool            // behind a word that makes the name a new one
	first    bool            // at the start of a statement, as far as that can be told
}

// bare reports whether nothing is typed at the cursor yet.
func (c cursor) bare() bool { return c.name.Len() == 0 }

// placeholder is what the parser reads where nothing is typed. No file contains it.
const placeholder = "mlm_lsp_placeholder"

// withPlaceholder returns the text with the placeholder at the cursor. The cursor's own name then covers it.
func (c *cursor) withPlaceholder(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(placeholder))
	out = append(append(append(out, text[:c.offset]...), placeholder...), text[c.offset:]...)
	c.name.End = c.name.Start + len(placeholder)
	return out
}

// NameAt returns the name around an offset, empty between two; ok is false where nothing may be offered: in comments, strings and numbers, and where a new name is made up.
func NameAt(f *treesitter.File, offset int) (name treesitter.Span, ok bool) {
	c, ok := find(f, offset)
	return c.name, ok && !c.defining
}

// find describes the place at an offset; ok is false where nothing may be offered: outside the text, in a comment, a string, a number.
func find(f *treesitter.File, offset int) (c cursor, ok bool) {
	text := f.Text
	if offset < 0 || offset > len(text) {
		return c, false
	}
	c.offset, c.name = offset, treesitter.Span{Start: offset, End: offset}
	for c.name.Start > 0 && names.IsNameByte(text[c.name.Start-1]) {
		c.name.Start--
	}
	for f.Language == "ruby" && c.name.Start > 0 && text[c.name.Start-1] == '@' {
		c.name.Start--
	}
	for c.name.End < len(text) && names.IsNameByte(text[c.name.End]) {
		c.name.End++
	}
	c.prefix = string(text[c.name.Start:offset])
	if c.name.Len() > 0 && '0' <= text[c.name.Start] && text[c.name.Start] <= '9' || inProse(f, offset) {
		return c, false
	}
	if c.prefix == "" {
		if offset > 0 && (text[offset-1] == ')' || text[offset-1] == ']') {
			return c, false // no name can follow without a blank
		}
		c.name = treesitter.Span{Start: offset, End: offset} // a name that begins at the cursor is text behind it
	}

	last := -1 // the token before the name
	for i := len(f.Tokens) - 1; i >= 0; i-- {
		if f.Tokens[i].End <= c.name.Start && f.Tokens[i].Kind != treesitter.KindComment {
			last = i
			break
		}
	}
	space := c.name.Start
	for space > 0 && (text[space-1] == ' ' || text[space-1] == '\t') {
		space--
	}
	c.first = space == 0 || bytes.IndexByte([]byte("\n{};"), text[space-1]) >= 0
	trimmed := bytes.TrimRight(text[:c.name.Start], " \t\r\n")
	arrow := arrowAtEnd(f.Language, text[:c.name.Start])
	switch {
	case endsInDot(trimmed):
		c.member, c.first = true, false
		c.receiver = receiverBefore(trimmed[:len(trimmed)-1])
	case arrow > 0:
		c.member, c.first = true, false
		c.receiver = receiverBefore(text[:c.name.Start-arrow])
	case last >= 0 && introduces[f.Language][string(text[f.Tokens[last].Start:f.Tokens[last].End])]:
		c.defining = true
	}
	return c, true
}

// endsInDot reports whether a member's name is next: behind a dot that belongs to no number and to no ellipsis.
func endsInDot(text []byte) bool {
	n := len(text)
	if n == 0 || text[n-1] != '.' || n > 1 && text[n-2] == '.' {
		return false
	}
	i := n - 1
	for i > 0 && names.IsNameByte(text[i-1]) {
		i--
	}
	return i == n-1 || !('0' <= text[i] && text[i] <= '9')
}

// arrows are what stands between a receiver and its member beside the dot, by language. They touch both: behind a blank, -> says what a function returns.
var arrows = map[string][]string{"c": {"->"}, "cpp": {"->"}, "php": {"->", "::"}}

// arrowAtEnd returns how long the arrow is that text ends in, 0 for none.
func arrowAtEnd(language string, text []byte) int {
	for _, arrow := range arrows[language] {
		if n := len(text) - len(arrow); n > 0 && string(text[n:]) == arrow && text[n-1] != ' ' {
			return len(arrow)
		}
	}
	return 0
}

// receiverBefore returns the expression that text ends in, behind which a dot or an arrow stands: names, calls and indexes joined by those.
func receiverBefore(text []byte) string {
	if n := len(text); n > 0 && (text[n-1] == '?' || text[n-1] == '!') {
		text = text[:n-1]
	}
	start := len(text)
	for start > 0 {
		b := text[start-1]
		switch {
		case names.IsNameByte(b):
			for start > 0 && names.IsNameByte(text[start-1]) {
				start--
			}
			if start > 0 && text[start-1] == '.' {
				start--
				continue
			}
			if start > 2 && text[start-2] == '-' && text[start-1] == '>' {
				start -= 2
				continue
			}
			return string(text[start:])
		case b == ')' || b == ']':
			depth := 0
			i := start
			for i > 0 && start-i < 4096 {
				i--
				if text[i] == ')' || text[i] == ']' || text[i] == '}' {
					depth++
				} else if text[i] == '(' || text[i] == '[' || text[i] == '{' {
					depth--
				}
				if depth == 0 {
					break
				}
			}
			if depth != 0 {
				return ""
			}
			start = i
		default:
			return string(text[start:])
		}
	}
	return string(text)
}

// inProse reports whether the offset is in a comment, a string or a number. Right
// behind the last two it is too: no name can follow without a blank; behind a block comment it is not.
func inProse(f *treesitter.File, offset int) bool {
	if offset > 0 {
		if i := f.TokenAt(offset - 1); i >= 0 {
			t := f.Tokens[i]
			switch {
			case t.Kind == treesitter.KindComment:
				if offset < t.End || !bytes.HasSuffix(f.Text[t.Start:t.End], []byte("*/")) {
					return true
				}
			case t.Subkind == treesitter.SubkindString, t.Subkind == treesitter.SubkindNumber:
				return true
			}
		}
	}
	// The start of a piece of a string that is cut by expressions.
	i := f.TokenAt(offset)
	return i > 0 && f.Tokens[i].Subkind == treesitter.SubkindString && f.Tokens[i-1].Subkind == treesitter.SubkindString && f.Tokens[i-1].End == offset
}
