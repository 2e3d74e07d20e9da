package typeinfer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
)

func isNameByte(b byte) bool { return names.IsNameByte(b) }

// mostEvidence goes with a candidate.
const mostEvidence = 4

// words says what speaks for a type, the strongest first. fit is by how much likelier the name makes it (gap.NameFit).
func (s *scope) words(a *asking, k *known, e expr, fit float32) (list []string) {
	add := func(text string) {
		if len(list) < mostEvidence && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	symbol := typings.Symbol(a.site)
	if symbol != "" {
		own := 0
		if a.Existing != "" && Normalise(s.style.language, a.Existing) == e.key() {
			own = 1 // what stands here is not counted
		}
		if n := s.said[[2]string{symbol, e.key()}] - own; n > 0 {
			add(fmt.Sprintf("`%s` is annotated so %s in this file", symbol, times(n)))
		}
		if n := s.sayAround(symbol)[e.key()]; n > 0 {
			add(fmt.Sprintf("`%s` is annotated so %s in the project", symbol, times(n)))
		}
	}
	if k.doc != "" && Normalise(s.style.language, k.doc) == e.without("None").key() || k.doc != "" && Normalise(s.style.language, k.doc) == e.key() {
		add("the documentation says `" + k.doc + "`")
	}
	if a.Kind == Return {
		for _, r := range k.results {
			switch {
			case r == "never":
				add("returns nothing")
			case r == "yield":
				add("yields")
			case shapes[r] != "":
				add("returns " + shapes[r])
			case strings.HasPrefix(r, "call "):
				add("returns what `" + strings.TrimPrefix(r, "call ") + "` returns")
			}
		}
	} else if text := shapes[k.value]; text != "" {
		word := "starts as "
		if a.Kind == Parameter {
			word = "default is "
		}
		add(word + text)
	}
	for _, made := range k.Made {
		if slices.Contains(e.words(), strings.TrimLeft(made, "*&")) {
			add("`" + made + "` is made")
		}
	}
	for _, use := range k.Keys[typings.FamilyUse] {
		switch {
		case use == "()":
			add("is called")
		case use == "[]":
			add("is indexed")
		case use == "for":
			add("is iterated over")
		case strings.HasPrefix(use, "."):
			add("`" + use + "` is used on it")
		case use == "await _":
			add("is awaited")
		}
	}
	if fit > 1 && symbol != "" {
		add(fmt.Sprintf("what is called `%s` often is one", symbol))
	}
	return list
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// shapes are those of typings.Evidence in words.
var shapes = map[string]string{
	"int": "an integer", "float": "a number", "string": "a string", "bytes": "bytes", "True": "`True`", "False": "`False`", "true": "`true`", "false": "`false`", "None": "`None`", "null": "`null`",
	"undefined": "`undefined`", "[]": "`[]`", "[": "a list", "{}": "`{}`", "{": "`{...}`", "(,": "a tuple", "compare": "a comparison", "function": "a function", "nothing": "nothing",
}

// Types in docstrings, as Sphinx, Google and NumPy write them. The name stands for %s.
var documentedAs = []string{
	`(?m):type\s+\**%s\s*:[ \t]*(.+)$`,
	`(?m):param\s+([\w.\[\], |]+?)\s+\**%s\s*:`,
	`(?m)^[ \t]+\**%s[ \t]*\(([^()\n]+?)(?:,[ \t]*optional|,[ \t]*default[^()\n]*)?\)[ \t]*:`,
	`(?m)^[ \t]+\**%s[ \t]+:[ \t]+([^\n]+)$`,
}

var documentedResults = []*regexp.Regexp{
	regexp.MustCompile(`(?m):rtype\s*:[ \t]*(.+)$`),
	regexp.MustCompile(`(?m)^[ \t]+Returns:[ \t]*\n[ \t]+([\w.\[\], |]+?):[ \t]`),
	regexp.MustCompile(`(?m)^[ \t]+Returns[ \t]*\n[ \t]+-------[ \t]*\n[ \t]+(?:\w+[ \t]+:[ \t]+)?([^\n]+)$`),
}

var docWords = map[string]string{
	"string": "str", "strings": "str", "text": "str", "integer": "int", "integers": "int", "ints": "int", "boolean": "bool", "floats": "float", "number": "float", "dictionary": "dict", "strs": "str",
	"function": "Callable", "callable": "Callable", "iterable": "Iterable", "iterator": "Iterator", "sequence": "Sequence", "generator": "Iterator", "mapping": "Mapping", "none": "None", "array": "",
}

var (
	listOf   = regexp.MustCompile(`^(?:a )?(list|set|tuple|iterable|sequence)s?(?: of |\()([\w.]+)\)?s?$`)
	optional = regexp.MustCompile(`(?i)(?:,\s*optional\b.*|\s*\(optional\).*|,\s*default\b.*|,?\s+default[s]?[:= ].*)$`)
)

// documentedType is the type that a docstring of Python gives to a parameter or result; "" where it gives none that parses.
func documentedType(a *asking) string {
	if a.Kind != Parameter && a.Kind != Return {
		return ""
	}
	f := a.x.File
	around := a.x.Function(a.site.Start)
	var docstring string
	for _, d := range f.Declarations {
		if d.Span != around {
			continue
		}
		if i := a.x.Next(d.Header.End); i < len(f.Tokens) {
			for i < len(f.Tokens) && f.Tokens[i].Start < d.End && a.x.Text(f.Tokens[i].Span) == ":" {
				i++
			}
			if t := f.Tokens[i%len(f.Tokens)]; strings.HasPrefix(strings.TrimLeft(a.x.Text(t.Span), "rRuU"), "\"\"\"") || strings.HasPrefix(strings.TrimLeft(a.x.Text(t.Span), "rRuU"), "'''") {
				docstring = a.x.Text(t.Span)
			}
		}
	}
	if docstring == "" {
		return ""
	}
	var found string
	if a.Kind == Return {
		for _, p := range documentedResults {
			if m := p.FindStringSubmatch(docstring); m != nil {
				found = m[1]
				break
			}
		}
	} else {
		name := regexp.QuoteMeta(a.x.Text(nameOf(a.x, a.site)))
		for _, p := range documentedAs {
			if m := regexp.MustCompile(fmt.Sprintf(p, name)).FindStringSubmatch(docstring); m != nil {
				found = m[1]
				break
			}
		}
	}
	return docType(found)
}

// docType is a type in the words of documentation as Python has it; "" for what is none.
func docType(text string) string {
	text = strings.Trim(optional.ReplaceAllString(strings.TrimSpace(text), ""), " .`~:")
	if text == "" || len(text) > 60 {
		return ""
	}
	var members []string
	for _, part := range strings.Split(strings.ReplaceAll(text, " or ", " | "), " | ") {
		part = strings.Trim(part, " `,.~")
		part = strings.TrimPrefix(strings.TrimPrefix(part, "class:`"), ":class:`")
		if m := listOf.FindStringSubmatch(strings.ToLower(part)); m != nil {
			inner := docWord(m[2])
			if inner == "" {
				return ""
			}
			outer := docWord(m[1])
			if outer == "tuple" {
				part = "tuple"
			} else {
				part = outer + "[" + inner + "]"
			}
		} else if part = docWord(part); part == "" {
			return ""
		}
		members = append(members, part)
	}
	joined := strings.Join(members, " | ")
	if !isType("python", joined) {
		return ""
	}
	return joined
}

// docWord is a word of documentation as a type; "" for a word of prose.
func docWord(word string) string {
	if as, ok := docWords[strings.ToLower(word)]; ok {
		return as
	}
	head := word[:strings.IndexAny(word+"[", "[.")]
	if pythonBuiltins[head] || title(head) || strings.Contains(word, ".") && isPath(word) {
		return word
	}
	return ""
}
