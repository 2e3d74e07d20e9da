package typings

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// mostFlows bounds the types that calls say of one site, and mostCalls the calls that are looked at.
const (
	mostFlows = 24
	mostCalls = 400
)

// flows follows what the file passes on: what a called function gives back, what the parameters are annotated with that a name is passed for, what the arguments are that are passed for
// a parameter, and what is assigned. Functions are told apart by their bare name; where several have it, all of them count. Literals are no flows: they are values (FamilyValue).
func (l *look) flows(site treesitter.TypeSite, behind int, around treesitter.Span) {
	l.promises = l.language == "typescript" && slices.Contains(l.Keys[FamilySign], "async")
	for _, c := range l.Called {
		before := len(l.Flows)
		for _, s := range l.x.File.TypeSites {
			if s.Kind == "return" && Symbol(s) == c.Name && apart(s.Span, site.Span) {
				l.flow(c.Gives(s.Existing))
			}
		}
		if len(l.Flows) == before {
			l.flow(l.result(c, 1))
		}
	}
	if site.Kind == "return" {
		for _, d := range l.x.File.Declarations {
			if d.Span == around && len(l.Called) == 0 && len(l.Carried) > 0 {
				l.flow(l.returned(d, 1))
			}
		}
		return
	}
	if l.Symbol == "" {
		return
	}
	if l.text(behind) == "=" && len(l.Called) == 0 {
		if value := l.step(behind, 1); value < len(l.tokens) && l.tokens[value].Kind != treesitter.KindLiteral && !l.value(value).list {
			l.flow(l.evident(value, 0))
		}
	}
	own, place := "", -1
	if site.Kind == "parameter" {
		own, place = l.parameterOf(site)
	}
	for i, c := range l.x.File.Calls {
		if i == mostCalls {
			break
		}
		callee := lastName(l.x.Text(c.Callee))
		if callee == "" {
			continue
		}
		if callee == own {
			if place < len(c.Arguments) && c.Complete {
				l.flow(l.evident(l.tokenAt(c.Arguments[place]), 0))
			} else if value := l.keyword(c, l.Symbol); value >= 0 {
				l.flow(l.evident(value, 0))
			}
		}
		if site.Kind != "field" && (c.Start < around.Start || c.End > around.End) {
			continue
		}
		for k, argument := range c.Arguments {
			if l.isName(argument, site.Kind == "field") {
				l.parameters(callee, func(n int, s treesitter.TypeSite) {
					if n == k && apart(s.Span, site.Span) {
						l.flow(s.Existing)
					}
				})
			}
		}
	}
}

// tokenAt is the token that a span begins with.
func (l *look) tokenAt(at treesitter.Span) int {
	i := l.x.Next(at.Start)
	if i < len(l.tokens) && l.tokens[i].Start == at.Start {
		return i
	}
	return len(l.tokens)
}

// apart tells whether two annotations do not overlap.
func apart(a, b treesitter.Span) bool { return a != b && (a.Start >= b.End || a.End <= b.Start) }

func (l *look) flow(text string) {
	switch text {
	case "Any", "any", "unknown", "object":
		return
	}
	if l.site.Kind == "return" && l.promises && !strings.HasPrefix(text, "Promise<") && text != "" {
		text = "Promise<" + text + ">"
	}
	if Askable(text) && len(l.Flows) < mostFlows {
		l.Flows = append(l.Flows, text)
	}
}

// isName tells whether an expression is the name of the site and nothing more: a field behind self or this.
func (l *look) isName(at treesitter.Span, field bool) bool {
	text := l.x.Text(at)
	if !field {
		return text == l.Symbol
	}
	head, name, ok := strings.Cut(text, ".")
	return ok && name == l.Symbol && (head == "self" || head == "this" || head == "cls")
}

// parameters calls take for each parameter site of the functions of a name, with its place.
func (l *look) parameters(function string, take func(n int, s treesitter.TypeSite)) {
	f := l.x.File
	for _, d := range f.Declarations {
		if d.Name != function {
			continue
		}
		n := 0
		for _, s := range f.TypeSites {
			if s.Kind == "parameter" && s.Start >= d.Header.Start && s.End <= d.Header.End {
				take(n, s)
				n++
			}
		}
	}
}

// parameterOf is the function that a parameter belongs to and the parameter's place; "" where there is none of a name.
func (l *look) parameterOf(site treesitter.TypeSite) (function string, place int) {
	for _, d := range l.x.File.Declarations {
		if d.Header.Start <= site.Start && site.End <= d.Header.End {
			function = d.Name // the innermost comes last
		}
	}
	place = -1
	l.parameters(function, func(n int, s treesitter.TypeSite) {
		if s.Span == site.Span {
			place = n
		}
	})
	if place < 0 {
		return "", -1
	}
	return function, place
}

// literalTypes are what literals are, by the shape of a value.
var literalTypes = map[string]map[string]string{
	"python":     {"int": "int", "float": "float", "string": "str", "bytes": "bytes", "True": "bool", "False": "bool"},
	"typescript": {"int": "number", "float": "number", "string": "string", "true": "boolean", "false": "boolean"},
	"go":         {"int": "int", "float": "float64", "string": "string", "true": "bool", "false": "bool"},
	"java":       {"int": "int", "float": "double", "string": "String", "true": "boolean", "false": "boolean"},
	"rust":       {"string": "&str", "true": "bool", "false": "bool"},
}

// Called is a function whose result is used.
type Called struct {
	Name    string
	Awaited bool // what it promises is used
}

// Gives is the type of the result, of a function that is annotated to give back a type.
func (c Called) Gives(text string) string {
	if inner, ok := strings.CutPrefix(text, "Promise<"); ok && c.Awaited && strings.HasSuffix(inner, ">") {
		return inner[:len(inner)-1]
	}
	return text
}

// lastName is the name behind the last dot of a path; "" for what is none.
func lastName(path string) string {
	name := path[strings.LastIndexAny(path, ".:")+1:]
	if !names.IsName(name) {
		return ""
	}
	return name
}

// calls keeps the function whose result a value is.
func (l *look) calls(v value) {
	if v.called.Name != "" && len(l.Called) < mostKeys && !slices.Contains(l.Called, v.called) {
		l.Called = append(l.Called, v.called)
	}
}
