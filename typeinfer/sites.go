package typeinfer

import (
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Kinds of sites.
const (
	Parameter = "parameter"
	Return    = "return"
	Variable  = "variable"
	Field     = "field"
)

// Kinds lists all kinds of sites.
func Kinds() []string { return []string{Parameter, Return, Variable, Field} }

// Languages lists the languages whose bare sites are suggested for.
func Languages() []string { return []string{"python", "typescript", "tsx", "javascript"} }

// Site is a place where a type stands, or could.
type Site struct {
	// Span is the annotation; empty where one could be inserted. In JavaScript it is the type in a JSDoc comment.
	Span treesitter.Span
	// At is where a type stands or would, behind what it annotates: where a hint goes. Without an annotation, and but for JavaScript, it is Span.Start.
	At int
	// Name is what is annotated: a parameter, a function, a variable, a field.
	Name treesitter.Span
	// Symbol is its text, the stars of a Python parameter included.
	Symbol string
	Kind   string // one of Kinds
	// Existing is the annotation, "" if there is none.
	Existing string
	// Lead is what stands between what is annotated and a type that is inserted or shown at At.
	Lead string
	// Function is the innermost function or class around the site, its header included; the whole file outside of any.
	Function treesitter.Span
	// Inferred: the language's checkers see the type themselves, by the initialiser or by where a function is passed. It may be shown, and is written only where it is asked for.
	Inferred bool
	// Obvious: so does a reader, or who reads would have to believe us more than the checker: never Shown.
	Obvious bool
}

// sitesOf lists the sites of a file in a language that has annotations.
func sitesOf(x *names.Index) []Site {
	f := x.File
	list := make([]Site, 0, len(f.TypeSites))
	for _, t := range f.TypeSites {
		s := Site{Span: t.Span, At: t.Start, Symbol: t.Symbol, Kind: t.Kind, Existing: t.Existing, Lead: ": ", Function: x.Function(t.Start), Name: nameOf(x, t)}
		if s.Kind == Return && f.Language == "python" {
			s.Lead = " -> "
		}
		if s.Kind == Parameter && f.Language == "python" && s.Name.Len() > 0 && !strings.HasPrefix(s.Symbol, "*") {
			// The stars belong to a name that is annotated; so they do where it is not.
			for i := s.Name.Start; i > 0 && f.Text[i-1] == '*'; i-- {
				s.Symbol = "*" + s.Symbol
			}
		}
		if s.Existing == "" && (inError(f, s.Span) || unwanted(x, &s)) {
			continue
		}
		s.Inferred, s.Obvious = inferred(x, &s)
		list = append(list, s)
	}
	return list
}

// nameOf is the token that a site annotates; it stands before the site.
func nameOf(x *names.Index, t treesitter.TypeSite) treesitter.Span {
	name := strings.TrimLeft(t.Symbol, "*&. \t")
	i := x.Next(t.Start)
	for i = min(i, len(x.File.Tokens)-1); i >= 0; i-- {
		if token := x.File.Tokens[i]; token.End <= t.Start && x.Text(token.Span) == name {
			return token.Span
		}
	}
	return treesitter.Span{Start: t.Start, End: t.Start}
}

func inError(f *treesitter.File, s treesitter.Span) bool {
	return slices.ContainsFunc(f.Errors, func(e treesitter.Span) bool { return e.Start <= s.Start && s.End <= e.End })
}

// unwanted tells where an annotation would be wrong, or would change what a program does.
func unwanted(x *names.Index, s *Site) bool {
	if s.Name.Len() == 0 || strings.HasPrefix(s.Symbol, "#") {
		return true
	}
	if x.File.Language != "python" {
		return s.Kind == Return && x.Text(s.Name) == "constructor" || s.Kind == Return && accessor(x, s.Name, "set")
	}
	name := x.Text(s.Name)
	switch {
	case s.Kind == Return && indexedAtOnce.MatchString(textBehind(x, s.Span.End)):
		return true
	case s.Kind == Field && strings.HasPrefix(name, "__"):
		return true // __slots__
	case s.Kind == Variable && (name == "_" || strings.HasPrefix(name, "__")):
		return true // __all__
	case s.Kind == Field && s.Function.Len() < len(x.File.Text):
		// In a class that makes fields of annotated names, or members of all names, an annotation is more than a word.
		header := classHeader(x, s)
		for _, word := range []string{"Enum", "Flag", "dataclass", "NamedTuple", "TypedDict", "BaseModel", "Protocol", "attr.s", "define", "Model", "Schema", "Form", "Serializer"} {
			if strings.Contains(header, word) {
				return true
			}
		}
	}
	return false
}

// indexedAtOnce is the body of a function that begins behind its colon with an element of something: with `-> int` before it the grammar takes `int: a[0]` for one type, and what it reads of the file is wrong.
var indexedAtOnce = regexp.MustCompile(`^:[ \t]*\w+[ \t]*\[`)

// classHeader is the header of the class in whose body a field stands; "" where it stands in a method.
func classHeader(x *names.Index, s *Site) string {
	for _, d := range x.File.Declarations {
		if d.Span == s.Function {
			if header := x.Text(d.Header); strings.Contains(header, "class ") {
				return header
			}
		}
	}
	return ""
}

// accessor tells whether a word stands right before the name of a method.
func accessor(x *names.Index, name treesitter.Span, word string) bool {
	i := x.Next(name.Start) - 1
	return i >= 0 && x.Text(x.File.Tokens[i].Span) == word
}

// inferred tells whether checkers know the type of a bare site, and whether it is obvious.
func inferred(x *names.Index, s *Site) (is, plainly bool) {
	behind := textBehind(x, s.Span.End)
	script := x.File.Language != "python"
	if s.Kind == Return || s.Kind == Parameter {
		if script && passed(x, s) {
			return true, true
		}
		if s.Kind == Return || !script {
			return false, false
		}
	}
	return plain(behind), plain(behind) && obvious(behind)
}

var obviousValue = regexp.MustCompile(`^=\s*(?:[rbfuRBFU]{0,2}["'` + "`" + `]|-?[0-9]|(?:True|False|true|false|lambda|function|async|new)\b|\([^()]*\)\s*=>|\w+\s*=>|(?:\w+\.)*[A-Z]\w*\()`)

// obvious tells whether the value behind a name says at a glance what its type is.
func obvious(behind string) bool { return obviousValue.MatchString(behind) }

// plain tells whether a value stands behind a name that says what its type is: what an empty container or a null holds later no checker sees.
func plain(behind string) bool {
	if !strings.HasPrefix(behind, "=") || strings.HasPrefix(behind, "==") || strings.HasPrefix(behind, "=>") {
		return false
	}
	value := strings.TrimLeft(behind[1:], " \t")
	for _, open := range []string{"[]", "{}", "None", "null", "undefined", "list()", "dict()", "set()", "new Map()", "new Set()"} {
		if strings.HasPrefix(value, open) {
			return false
		}
	}
	return true
}

// textBehind is what stands behind an offset, up to the end of the line.
func textBehind(x *names.Index, offset int) string {
	text := x.Text(treesitter.Span{Start: offset, End: len(x.File.Text)})
	text = strings.TrimLeft(text, " \t")
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// passed tells whether a parameter belongs to a function that is passed to a call: there it has the type that the callee says.
func passed(x *names.Index, s *Site) bool {
	// The innermost argument around the site whose parameters begin with its first bracket.
	var innermost treesitter.Span
	for _, c := range x.File.Calls {
		if c.Start > s.Span.Start {
			break
		}
		for _, a := range c.Arguments {
			if a.Start <= s.Name.Start && s.Name.End <= a.End {
				innermost = a
			}
		}
	}
	if innermost.Len() == 0 {
		return false
	}
	depth := 0
	for i := x.Next(innermost.Start); i < len(x.File.Tokens) && x.File.Tokens[i].Start < s.Name.Start; i++ {
		switch x.Text(x.File.Tokens[i].Span) {
		case "(":
			depth++
		case ")":
			return false // behind its parameters
		case "{":
			if depth == 0 {
				return false // an object, or a body
			}
		}
	}
	return depth > 0
}
