package complete

import (
	"math"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// around is how much of a text is looked at on either side of the cursor where there is no time to look at all of it.
const around = 64 << 10

// Near offers names of the text that go on with what is typed at an offset, the nearest first, and for a member those that are members elsewhere. It reads the text as it is and asks neither parser nor
// model, so that it is done within a millisecond: for files so large that parsing them takes longer than an answer may. Where nothing is typed it offers nothing. The items are
// not ranked: LogProb is NaN.
func Near(text []byte, offset, atMost int) []Item {
	start, end := offset, offset
	for start > 0 && names.IsNameByte(text[start-1]) {
		start--
	}
	for end < len(text) && names.IsNameByte(text[end]) {
		end++
	}
	prefix := string(text[start:offset])
	if prefix == "" || '0' <= prefix[0] && prefix[0] <= '9' {
		return nil
	}
	n := nearby{text: text, prefix: prefix, member: start > 0 && text[start-1] == '.', known: map[string]bool{}}
	before, after := max(0, start-around), min(len(text), end+around)
	left, right := start, end
	for len(n.list) < atMost && (left > before || right < after) { // line by line, on both sides in turn
		from := left
		for from > before && (from == left || text[from-1] != '\n') {
			from--
		}
		n.take(from, left)
		to := right
		for to < after && (to == right || text[to-1] != '\n') {
			to++
		}
		n.take(right, to)
		left, right = from, to
	}
	list := make([]Item, 0, len(n.list))
	for _, name := range n.list[:min(atMost, len(n.list))] {
		kind := treesitter.KindVariable
		if n.member {
			kind = treesitter.KindAttribute
		}
		list = append(list, Item{Label: name, LogProb: math.NaN(), Source: gap.FromFile, Span: treesitter.Span{Start: start, End: offset}, Kind: kind})
	}
	return list
}

// nearby gathers names.
type nearby struct {
	text   []byte
	prefix string
	member bool
	known  map[string]bool
	list   []string
}

// take adds the names of a part of the text that stand there whole.
func (n *nearby) take(from, to int) {
	for at := from; at < to; at++ {
		if !names.IsNameByte(n.text[at]) || at > 0 && names.IsNameByte(n.text[at-1]) {
			continue
		}
		end := at
		for end < len(n.text) && names.IsNameByte(n.text[end]) {
			end++
		}
		name := string(n.text[at:end])
		member := at > 0 && n.text[at-1] == '.'
		if name != n.prefix && fits(name, n.prefix) && member == n.member && end <= to && !n.known[name] {
			n.known[name] = true
			n.list = append(n.list, name)
		}
		at = end
	}
}
