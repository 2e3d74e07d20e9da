// Package typings knows what things are annotated with. A site of an annotation (treesitter.TypeSite) has evidence around it: what the annotated name is called, the
// value that it begins with, what is done with it, what a function gives back (Look). A Lexicon says which types go with such evidence in the code of many projects, and
// Listed what a file itself annotates.
//
// Invariants:
//   - The annotation that stands at a site is never looked at, so a site that has none is judged alike.
//   - A lexicon holds no type of a project's own: what few projects write stands in it as Hole (Lexicon.Form), so that "Optional[#]" is counted for all of them.
//   - Everything here is plain data; nothing asks a model.
package typings

import (
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Annotation is a type that a file gives to a name.
type Annotation struct {
	treesitter.Span
	Kind   string // of the site, see treesitter.TypeSite
	Symbol string // see Symbol
	Type   string // see Tidy
}

// longest is the most bytes of an annotation that is taken for one.
const longest = 80

// Askable tells whether an annotation is one that lists can hold: not long, and on one line.
func Askable(text string) bool {
	return text != "" && len(text) <= longest && !strings.ContainsAny(text, "\t\r\n")
}

// Listed returns the annotations of a file in their order, but those that overlap a span.
func Listed(f *treesitter.File, but treesitter.Span) []Annotation {
	list := make([]Annotation, 0, len(f.TypeSites))
	for _, s := range f.TypeSites {
		if Askable(s.Existing) && (s.Start >= but.End || s.End <= but.Start) {
			list = append(list, Annotation{s.Span, s.Kind, Symbol(s), s.Existing})
		}
	}
	return list
}

// Parameters counts the parameters of a file's functions without an annotation, and those with one: what an author may leave out, or not, unlike the fields of an interface or of a data
// class, and the parameters of types of functions.
func Parameters(f *treesitter.File) (bare, typed int) {
	l := lookAround(f)
	for _, d := range f.Declarations {
		if !l.isFunction(d) {
			continue
		}
		for _, s := range l.parametersIn(d) {
			if s.Existing == "" {
				bare++
			} else {
				typed++
			}
		}
	}
	return bare, typed
}

// WrittenAt tells take the types with a path or with arguments that stand at a token of a file, whole or within others: what neither Listed nor a list of names holds. Arguments are what stands
// between the brackets right behind the name. It looks no further than an annotation may be long.
func WrittenAt(f *treesitter.File, token int, take func(text string, at treesitter.Span)) {
	t := f.Tokens[token]
	if t.Kind != treesitter.KindType || t.End < len(f.Text) && pathSign(string(f.Text[t.End:min(len(f.Text), t.End+3)]), 0) > 0 {
		return
	}
	open, close := byte('<'), byte('>')
	if f.Language == "python" || f.Language == "go" {
		open, close = '[', ']'
	}
	add := func(start, end int) {
		if text := string(f.Text[start:end]); Askable(text) {
			take(text, treesitter.Span{Start: start, End: end})
		}
	}
	start := t.Start
	for n := start; n > 0 && (names.IsNameByte(f.Text[n-1]) || f.Text[n-1] == '.' || f.Text[n-1] == ':') && t.Start-n < longest; n-- {
		if names.IsNameByte(f.Text[n-1]) && (n < 2 || !names.IsNameByte(f.Text[n-2])) {
			start = n - 1
		}
	}
	if words := Words(string(f.Text[start:t.End])); len(words) != 1 || len(words[0]) != t.End-start {
		start = t.Start
	}
	if start < t.Start {
		add(start, t.End)
	}
	if t.End >= len(f.Text) || f.Text[t.End] != open {
		return
	}
	depth := 0
	for i := t.End; i < len(f.Text) && i-start < longest; i++ {
		switch f.Text[i] {
		case open:
			depth++
		case close:
			depth--
		}
		if depth == 0 {
			add(start, i+1)
			break
		}
	}
}

// Symbol is the bare name that a site annotates; empty for a pattern.
func Symbol(s treesitter.TypeSite) string {
	name := strings.Trim(s.Symbol, "*&. \t")
	if !names.IsName(name) {
		return ""
	}
	return name
}

// LastPart is the last part of a name that is no number, in lower case: "id" of "userID2".
func LastPart(name string) string {
	parts := names.Parts(name)
	for i := len(parts) - 1; i >= 0; i-- {
		if c := parts[i][0]; c < '0' || c > '9' {
			return parts[i]
		}
	}
	return ""
}

// Words lists the names in a type, with their paths: "Dict", "str" and "np.ndarray" of "Dict[str, np.ndarray]". Texts in quotes are none.
func Words(text string) (list []string) {
	scan(text, func(word string, isName bool) {
		if isName {
			list = append(list, word)
		}
	})
	return list
}

// scan cuts a type into names with their paths, and what stands between them.
func scan(text string, take func(part string, isName bool)) {
	between := 0
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"' || c == '\'' || c == '`':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 { // a lifetime
				for i++; i < len(text) && names.IsNameByte(text[i]); i++ {
				}
				continue
			}
			i += end + 2
		case names.IsNameByte(c):
			start := i
			for i < len(text) && names.IsNameByte(text[i]) || i > start && pathSign(text, i) > 0 {
				i += max(1, pathSign(text, i))
			}
			if start > between {
				take(text[between:start], false)
			}
			take(text[start:i], text[start] < '0' || text[start] > '9')
			between = i
		default:
			i++
		}
	}
	if between < len(text) {
		take(text[between:], false)
	}
}

// pathSign is the length of a sign that joins two names to a path, 0 where none stands.
func pathSign(text string, i int) int {
	n := 0
	switch {
	case i >= len(text):
		return 0
	case strings.HasPrefix(text[i:], "::"):
		n = 2
	case text[i] == '.' && !strings.HasPrefix(text[i:], ".."):
		n = 1
	}
	if n == 0 || i+n >= len(text) || !names.IsNameByte(text[i+n]) {
		return 0
	}
	return n
}

// Tokens cuts a type into tokens as a file's are cut.
func Tokens(language, text string) (tokens []string) {
	for _, t := range treesitter.Parse(language, []byte(text)).Tokens {
		tokens = append(tokens, text[t.Start:t.End])
	}
	if tokens == nil {
		tokens = []string{text}
	}
	return tokens
}
