package fixes

import (
	"bytes"
	"unicode/utf8"

	"mlm-lsp/treesitter"
)

// maxBytes bounds the files that are looked at.
const maxBytes = 1 << 20

// find compares two texts of one file. It returns the place, texts and kind of the single token that differs, or of the two exchanged names;
// ok is false where the texts differ in anything else.
func find(language string, before, after []byte) (fix Fix, ok bool) {
	number, old, fresh, ok := oneLine(before, after)
	if !ok || !utf8.Valid(before) || !utf8.Valid(after) {
		return Fix{}, false
	}
	a, b := treesitter.Parse(language, before), treesitter.Parse(language, after)
	left, right := tokensIn(a, old), tokensIn(b, fresh)
	if len(left) != len(right) {
		return Fix{}, false
	}
	var differ []int
	for i := range left {
		if text(a, left[i]) != text(b, right[i]) {
			differ = append(differ, i)
		}
	}
	place := func(i int) {
		t := left[differ[i]]
		fix.Line, fix.Col, fix.Old, fix.New = number, t.Start-old.Start, text(a, t), text(b, right[differ[i]])
	}
	switch len(differ) {
	case 1:
		if left[differ[0]].Start-old.Start != right[differ[0]].Start-fresh.Start {
			return Fix{}, false // white space was moved, too
		}
		place(0)
		fix.Kind = kindOf(a, b, left[differ[0]], right[differ[0]])
	case 2:
		first, second := left[differ[0]], left[differ[1]]
		if text(a, first) != text(b, right[differ[1]]) || text(a, second) != text(b, right[differ[0]]) ||
			!exchangeable(first) || !exchangeable(second) {
			return Fix{}, false
		}
		place(0)
		fix.Kind = Swap
	}
	if fix.Kind == "" {
		return Fix{}, false
	}
	at := old.Start + fix.Col
	for _, t := range a.Tokens {
		if t.Start == at {
			continue
		}
		switch text(a, t) {
		case fix.New:
			fix.NewInFile++
		case fix.Old:
			fix.OldInFile++
		}
	}
	return fix, true
}

// oneLine finds the one line that two texts differ in: its number, and its span without the line's end in either.
func oneLine(before, after []byte) (number int, old, fresh treesitter.Span, ok bool) {
	if bytes.Count(before, []byte{'\n'}) != bytes.Count(after, []byte{'\n'}) {
		return 0, old, fresh, false
	}
	same := 0
	for same < len(before) && same < len(after) && before[same] == after[same] {
		same++
	}
	start := bytes.LastIndexByte(before[:same], '\n') + 1
	end := func(text []byte) int {
		if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
			return start + i
		}
		return len(text)
	}
	old, fresh = treesitter.Span{Start: start, End: end(before)}, treesitter.Span{Start: start, End: end(after)}
	if same == len(before) && same == len(after) || !bytes.Equal(before[old.End:], after[fresh.End:]) {
		return 0, old, fresh, false
	}
	return bytes.Count(before[:start], []byte{'\n'}) + 1, old, fresh, true
}

// tokensIn lists the tokens of a line.
func tokensIn(f *treesitter.File, line treesitter.Span) []treesitter.Token {
	var list []treesitter.Token
	for _, t := range f.Tokens {
		if t.Start < line.End && line.Start < t.End {
			list = append(list, t)
		}
	}
	return list
}

func text(f *treesitter.File, t treesitter.Token) string { return string(f.Text[t.Start:t.End]) }

// kindOf is the kind of a fix that puts b where a stood; "" where that is no change between two uses of one sort.
func kindOf(before, after *treesitter.File, a, b treesitter.Token) string {
	if a.InError || b.InError || a.Declaring || b.Declaring {
		return ""
	}
	kind := use(a)
	if kind != use(b) || kind == Operator && a.Subkind != b.Subkind {
		return ""
	}
	if kind == Boolean {
		// None for False is another matter; so is a string.
		if a.Subkind != b.Subkind {
			return ""
		}
	}
	return kind
}

// use is what a token can be part of: the kinds that Fix.Kind names.
func use(t treesitter.Token) string {
	switch t.Kind {
	case treesitter.KindVariable:
		return Variable
	case treesitter.KindCall:
		if t.Receiver.Len() == 0 {
			return Variable
		}
		return Attribute
	case treesitter.KindAttribute, treesitter.KindParameter:
		return Attribute
	case treesitter.KindOperator:
		return Operator
	case treesitter.KindLiteral:
		if t.Subkind == treesitter.SubkindBoolean {
			return Boolean
		}
	}
	return ""
}

// exchangeable tells names that stand for values, so that two of them in the wrong order are a mistake and not another declaration.
func exchangeable(t treesitter.Token) bool {
	return !t.InError && !t.Declaring && (t.Kind == treesitter.KindVariable || t.Kind == treesitter.KindAttribute)
}
