package codetok

import (
	"unicode"
	"unicode/utf8"
)

// CodePattern is the regular expression of the default pre-tokeniser, in the
// syntax of the Split pre-tokeniser of tokenizer.json (Oniguruma). nextCode is
// the same pattern written by hand. An identifier never takes a neighbouring
// space with it, so a name is the same subwords wherever it stands, and neither
// does an operator give up its own. Punctuation takes what white space is left
// beside it, with the line end and indentation that so often follow: 5% fewer
// subwords than without.
const CodePattern = `[^\S\r\n]*(?:\r?\n)+[ \t]*` + // line ends with the indentation after them
	`|[\p{L}_][\p{L}\p{N}_]*` +
	`|\p{N}+` +
	`| ?[=+\-*/%<>!&|^~?:]+ ?` +
	`| ?[()\[\]{}.,;]+(?: [()\[\]{}.,;]+)*(?:[ \t]*(?:\r?\n)+[ \t]*| (?![=+\-*/%<>!&|^~?:]))?` +
	"|[\"'`]+" +
	`|\s+` +
	`|[^\s\p{L}\p{N}]`

// A splitter names one of the pre-tokenisers.
type splitter uint8

const (
	splitGPT2   splitter = iota // ByteLevel with its own regular expression
	splitCode                   // Split(CodePattern), then ByteLevel without
	splitDigits                 // Digits one by one, then ByteLevel with its own regular expression (StarCoder's)
)

// next returns the end of the piece that starts at pos; pos < len(text).
func (s splitter) next(text string, pos int) int {
	switch s {
	case splitGPT2:
		return nextGPT2(text, pos)
	case splitDigits:
		return nextDigits(text, pos)
	}
	return nextCode(text, pos)
}

// nextDigits is nextGPT2 on what stands between numbers, and the characters of numbers one by one. Only white space ends
// elsewhere for it: it does not leave its last character to a number.
func nextDigits(text string, pos int) int {
	class, width := classAt(text, pos)
	if class == classNumber {
		return pos + width
	}
	if isSpace(class) {
		end := spaceRun(text, pos)
		if end < len(text) {
			if next, _ := classAt(text, end); next == classNumber {
				return end
			}
		}
	}
	return nextGPT2(text, pos)
}

// The classes of characters that the two patterns tell apart.
const (
	classOther uint8 = iota
	classLetter
	classNumber
	classSpace // \s except line ends
	classCR
	classLF
	classUnderscore
	classOperator
	classPunctuation // brackets, dot, comma, semicolon
	classQuote
)

var asciiClass = func() (c [utf8.RuneSelf]uint8) {
	for i := range c {
		switch {
		case 'a' <= i && i <= 'z', 'A' <= i && i <= 'Z':
			c[i] = classLetter
		case '0' <= i && i <= '9':
			c[i] = classNumber
		}
	}
	set := func(chars string, class uint8) {
		for _, b := range []byte(chars) {
			c[b] = class
		}
	}
	set(" \t\v\f", classSpace)
	set("\r", classCR)
	set("\n", classLF)
	set("_", classUnderscore)
	set("=+-*/%<>!&|^~?:", classOperator)
	set("()[]{}.,;", classPunctuation)
	set("\"'`", classQuote)
	return c
}()

// classAt returns the class and the width of the character at pos. A byte that
// is not part of valid UTF-8 is a character of class other and width 1.
func classAt(text string, pos int) (class uint8, width int) {
	if b := text[pos]; b < utf8.RuneSelf {
		return asciiClass[b], 1
	}
	r, width := utf8.DecodeRuneInString(text[pos:])
	return runeClass(r, width), width
}

func runeClass(r rune, width int) uint8 {
	switch {
	case r == utf8.RuneError && width == 1:
		return classOther
	case unicode.IsLetter(r), unicode.Is(newLetters, r):
		return classLetter
	case unicode.IsNumber(r), unicode.Is(newNumbers, r):
		return classNumber
	case unicode.IsSpace(r):
		return classSpace
	}
	return classOther
}

// runOf returns the end of the run of characters of one class from pos on.
func runOf(text string, pos int, class uint8) int {
	for pos < len(text) {
		c, w := classAt(text, pos)
		if c != class {
			break
		}
		pos += w
	}
	return pos
}

// nextCode is CodePattern.
func nextCode(text string, pos int) int {
	class, w := classAt(text, pos)
	end := pos + w
	switch class {
	case classLetter, classUnderscore:
		for end < len(text) {
			c, w := classAt(text, end)
			if c != classLetter && c != classUnderscore && c != classNumber {
				break
			}
			end += w
		}
		return end
	case classOperator:
		return operatorEnd(text, end)
	case classPunctuation:
		return punctuationEnd(text, end)
	case classNumber, classQuote:
		return runOf(text, end, class)
	case classSpace, classCR, classLF:
		return nextCodeSpace(text, pos, class)
	}
	return end
}

// operatorEnd returns the end of a run of operators that goes on at pos.
func operatorEnd(text string, pos int) int {
	return optionalSpace(text, runOf(text, pos, classOperator))
}

// punctuationEnd returns the end of the punctuation that goes on at pos: runs
// with single spaces between them, then the line end with the indentation after
// it, or one more space unless an operator follows and takes it.
func punctuationEnd(text string, pos int) int {
	for {
		pos = runOf(text, pos, classPunctuation)
		if pos == len(text) {
			return pos
		}
		end := skipBlanks(text, pos)
		if lines := skipLineEnds(text, end); lines > end {
			return skipBlanks(text, lines)
		}
		switch {
		case text[pos] != ' ':
			return pos
		case pos+1 == len(text):
			return pos + 1
		}
		switch class, _ := classAt(text, pos+1); class {
		case classPunctuation:
			pos++
		case classOperator:
			return pos
		default:
			return pos + 1
		}
	}
}

// optionalSpace is ` ?`.
func optionalSpace(text string, pos int) int {
	if pos < len(text) && text[pos] == ' ' {
		pos++
	}
	return pos
}

// skipBlanks is [ \t]*.
func skipBlanks(text string, pos int) int {
	for pos < len(text) && (text[pos] == ' ' || text[pos] == '\t') {
		pos++
	}
	return pos
}

// nextCodeSpace is nextCode for a piece that begins with white space.
func nextCodeSpace(text string, pos int, class uint8) int {
	end := pos
	if class == classSpace {
		end = runOf(text, pos, classSpace)
	}
	if lines := skipLineEnds(text, end); lines > end {
		return skipBlanks(text, lines)
	}
	if end == pos+1 && text[pos] == ' ' && end < len(text) {
		switch c, w := classAt(text, end); c {
		case classOperator:
			return operatorEnd(text, end+w)
		case classPunctuation:
			return punctuationEnd(text, end+w)
		}
	}
	return spaceRun(text, end)
}

// skipLineEnds is (?:\r?\n)*.
func skipLineEnds(text string, pos int) int {
	for pos < len(text) {
		switch {
		case text[pos] == '\n':
			pos++
		case text[pos] == '\r' && pos+1 < len(text) && text[pos+1] == '\n':
			pos += 2
		default:
			return pos
		}
	}
	return pos
}

// spaceRun is \s*.
func spaceRun(text string, pos int) int {
	for pos < len(text) {
		c, w := classAt(text, pos)
		if !isSpace(c) {
			break
		}
		pos += w
	}
	return pos
}

func isSpace(class uint8) bool { return class >= classSpace && class <= classLF }

// nextGPT2 is the regular expression of ByteLevel:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func nextGPT2(text string, pos int) int {
	class, w := classAt(text, pos)
	end := pos + w
	switch {
	case class == classLetter, class == classNumber:
		return runOf(text, end, class)
	case !isSpace(class):
		if text[pos] == '\'' {
			if n := contraction(text[end:]); n > 0 {
				return end + n
			}
		}
		return otherRun(text, end)
	}
	if text[pos] == ' ' && end < len(text) {
		switch c, w := classAt(text, end); {
		case c == classLetter, c == classNumber:
			return runOf(text, end+w, c)
		case !isSpace(c):
			return otherRun(text, end+w)
		}
	}
	// White space: all of it at the end of the text, else all but its last
	// character, which goes with (or before) what follows.
	last := pos
	for end < len(text) {
		c, w := classAt(text, end)
		if !isSpace(c) {
			if last > pos {
				return last
			}
			return end
		}
		last = end
		end += w
	}
	return end
}

// contraction returns how many bytes after an apostrophe belong to it.
func contraction(text string) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case 's', 't', 'm', 'd':
		return 1
	case 'r', 'v':
		if len(text) > 1 && text[1] == 'e' {
			return 2
		}
	case 'l':
		if len(text) > 1 && text[1] == 'l' {
			return 2
		}
	}
	return 0
}

// otherRun is [^\s\p{L}\p{N}]*.
func otherRun(text string, pos int) int {
	for pos < len(text) {
		c, w := classAt(text, pos)
		if c == classLetter || c == classNumber || isSpace(c) {
			break
		}
		pos += w
	}
	return pos
}
