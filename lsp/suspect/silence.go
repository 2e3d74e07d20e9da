package suspect

import (
	"bytes"
	"slices"

	"mlm-lsp/treesitter"
)

// Insertion is text to be put into a file.
type Insertion struct {
	Offset int
	Text   string
}

// SilenceLine returns a comment that silences findings of a code at an offset, where it can stand: behind the line, or before it. It reports false where none
// would do, as inside a string of many lines. It parses the text once or twice.
func SilenceLine(f *treesitter.File, offset int, code string) (Insertion, bool) {
	line := lineAround(f.Text, treesitter.Span{Start: offset, End: offset})
	text := f.Text[line.Start:line.End]
	behind := line.Start + len(bytes.TrimRight(text, " \t\r"))
	indent := string(text[:len(text)-len(bytes.TrimLeft(text, " \t"))])
	comment := commentOf(f.Language, "mlm-lsp: "+ignoreLine+"["+code+"]")
	return firstThatSilences(f, offset, code, []Insertion{
		{behind, "  " + comment},
		{line.Start, indent + comment + lineBreak(f.Text)},
	})
}

// SilenceFile returns a comment that silences findings of a code in the whole file, at its beginning or behind its first line; "" is all codes. It reports false
// where neither would do.
func SilenceFile(f *treesitter.File, code string) (Insertion, bool) {
	word := "mlm-lsp: " + ignoreFile
	if code == "" {
		code = CodeVariable // any one, to see that it works
	} else {
		word += "[" + code + "]"
	}
	comment := commentOf(f.Language, word) + lineBreak(f.Text)
	if len(f.Tokens) > 0 && f.Tokens[0].Kind == treesitter.KindComment {
		comment += lineBreak(f.Text) // not to become a part of what that documents
	}
	second := min(lineEnd(f.Text, 0)+1, len(f.Text))
	return firstThatSilences(f, 0, code, []Insertion{{0, comment}, {second, comment}})
}

// firstThatSilences tries insertions: one is good when the comment silences the place and everything else is read as it was.
func firstThatSilences(f *treesitter.File, offset int, code string, insertions []Insertion) (Insertion, bool) {
	before := codeTexts(f)
	for _, in := range insertions {
		after := treesitter.Parse(f.Language, slices.Concat(f.Text[:in.Offset], []byte(in.Text), f.Text[in.Offset:]))
		at := offset
		if in.Offset <= offset {
			at += len(in.Text)
		}
		if readSuppressions(after).suppressed(at, code) && slices.Equal(before, codeTexts(after)) && len(after.Errors) <= len(f.Errors) &&
			(in.Offset > 0 || !bytes.HasPrefix(f.Text, []byte("#!"))) { // a script's first line is read by others, too
			return in, true
		}
	}
	return Insertion{}, false
}

// codeTexts are the texts of all tokens but comments.
func codeTexts(f *treesitter.File) []string {
	var texts []string
	for _, t := range f.Tokens {
		if t.Kind != treesitter.KindComment {
			texts = append(texts, string(f.Text[t.Start:t.End]))
		}
	}
	return texts
}

// commentOf is a comment to the end of the line.
func commentOf(language, text string) string {
	switch language {
	case "python", "ruby":
		return "# " + text
	case "c":
		return "/* " + text + " */" // C89 has no other
	}
	return "// " + text
}

// lineBreak is the file's.
func lineBreak(text []byte) string {
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
