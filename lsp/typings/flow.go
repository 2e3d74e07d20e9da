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
	l.follow(site, behind, around)
	l.Flows = settled(l.Flows, site.Kind)
}

// settled are flows with what is sometimes nothing taken together: a name for which a string and None are passed is "str | None".
func settled(flows []string, kind string) (list []string) {
	none := ""
	for _, text := range flows {
		if nothings[text] && none == "" {
			none = text
		}
	}
	for _, text := range flows {
		switch {
		case nothings[text] || text == "void" && kind != "return":
		case none != "" && !strings.Contains(text, none) && !strings.Contains(text, "Optional["):
			list = append(list, text+" | "+none)
		default:
			list = append(list, text)
		}
	}
	if list == nil && kind == "return" {
		return flows
	}
	return list
}

// follow is flows before what is sometimes nothing is taken together.
func (l *look) follow(site treesitter.TypeSite, behind int, around treesitter.Span) {
	l.promises = l.language == "typescript" && slices.Contains(l.Keys[FamilySign], "async")
	l.looked = 0
	for _, c := range l.Called {
		before := len(l.Flows)
		for s := range l.returnsOf(c.Name) {
			if apart(s.Span, site.Span) {
				l.flow(c.Gives(s.Existing))
			}
		}
		if len(l.Flows) == before {
			l.flow(l.result(c, 1))
		}
	}
	if own := l.own(site, behind, around); Askable(own) && !saysNothing[own] {
		l.Own = own
	}
	if !slices.Contains(l.Flows, l.Own) {
		l.flow(l.Own)
	}
	if site.Kind == "return" || l.Symbol == "" {
		return
	}
	place := -1
	if site.Kind == "parameter" {
		l.Owner, place = l.parameterOf(site)
		l.Place = place
	}
	l.passedFor(site, l.Owner, place, l.Symbol)
	if site.Kind == "field" || site.Kind == "variable" {
		l.takesOver(site)
	}
	if l.file.calls == nil {
		l.file.readCalls()
	}
	for i, callee := range l.file.callees {
		c := l.x.File.Calls[i]
		if callee == "" || site.Kind != "field" && (c.Start < around.Start || c.End > around.End) {
			continue
		}
		for k, argument := range c.Arguments {
			if l.isName(argument, site.Kind == "field") {
				l.passes(Passing{callee, k, ""})
				l.parameters(callee, func(n int, s treesitter.TypeSite) {
					if n == k && apart(s.Span, site.Span) {
						l.flow(s.Existing)
					}
				})
			}
		}
		if l.language == "python" && !c.Complete {
			l.keywords(c, callee, site)
		}
	}
}

// passes keeps for what the name is passed.
func (l *look) passes(p Passing) {
	if len(l.Passed) < mostKeys && !slices.Contains(l.Passed, p) {
		l.Passed = append(l.Passed, p)
	}
}

// keywords follows a name that is passed by the names of parameters.
func (l *look) keywords(c treesitter.Call, callee string, site treesitter.TypeSite) {
	l.named(c, func(name string, first int) {
		last := first
		for site.Kind == "field" && (l.text(last) == "self" || l.text(last) == ".") {
			last = l.step(last, 1)
		}
		if behind := l.text(l.step(last, 1)); l.text(last) != l.Symbol || behind != "," && behind != ")" || (last > first) != (site.Kind == "field") {
			return
		}
		l.passes(Passing{callee, -1, name})
		l.parameters(callee, func(_ int, s treesitter.TypeSite) {
			if Symbol(s) == name && apart(s.Span, site.Span) {
				l.flow(s.Existing)
			}
		})
	})
}

// passedFor follows what the calls of the file pass for a parameter of a function.
func (l *look) passedFor(site treesitter.TypeSite, function string, place int, name string) {
	if function == "" {
		return
	}
	for _, i := range l.callsOf(function) {
		c := l.x.File.Calls[i]
		if at := l.argument(c, place, name); at >= 0 {
			l.flow(l.evident(at, 0))
		}
	}
}

// argument is the token at which begins what a call passes for a parameter; -1 where it passes nothing that can be told.
func (l *look) argument(c treesitter.Call, place int, name string) int {
	if value := l.keyword(c, name); value >= 0 && l.language == "python" {
		return value
	}
	if place < 0 || place >= len(c.Arguments) || !c.Complete && l.unpacking(c) <= c.Arguments[place].Start {
		return -1
	}
	return l.tokenAt(c.Arguments[place])
}

// unpacking is the offset at which a call unpacks something for the first time; behind its end where it does not.
func (l *look) unpacking(c treesitter.Call) int {
	for i := l.x.Next(c.Callee.End); i < len(l.tokens) && l.tokens[i].Start < c.End; i++ {
		if t := l.text(i); t == "*" || t == "**" || t == "..." {
			return l.tokens[i].Start
		}
	}
	return c.End + 1
}

// takesOver gives a field or variable that is a parameter what the file says of the parameter.
func (l *look) takesOver(site treesitter.TypeSite) {
	for _, name := range l.Carried[:min(len(l.Carried), 3)] {
		p, ok := l.parameterAt(name, site.Start)
		if !ok || p.Existing != "" {
			continue
		}
		if owner, place := l.parameterOf(p); owner != "" && l.Owner == "" {
			l.Owner, l.Place = owner, place
			l.passedFor(site, owner, place, name)
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

// saysNothing are types that nobody learns from.
var saysNothing = map[string]bool{"Any": true, "any": true, "unknown": true, "object": true, "null": true, "undefined": true}

func (l *look) flow(text string) {
	if saysNothing[withoutNothing(text)] {
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
	for _, i := range l.declarationsOf(function, true) {
		d := f.Declarations[i]
		if d.Name != function && (function == "" || l.classAround(l.x.Next(d.Header.End-1)) != function) || d.Name == function && !l.isFunction(d) {
			continue
		}
		for n, s := range l.parametersIn(d) {
			take(n, s)
		}
	}
}

// parametersIn are the parameters in a declaration's header, in their order.
func (l *look) parametersIn(d treesitter.Declaration) (list []treesitter.TypeSite) {
	sites := l.x.File.TypeSites
	first, _ := slices.BinarySearchFunc(sites, d.Header.Start, func(s treesitter.TypeSite, start int) int { return s.Start - start })
	for _, s := range sites[first:] {
		if s.Start >= d.Header.End {
			break
		}
		if s.Kind == "parameter" && s.End <= d.Header.End {
			list = append(list, s)
		}
	}
	return list
}

// parameterOf is the function that a parameter belongs to and the parameter's place; "" where there is none of a name.
func (l *look) parameterOf(site treesitter.TypeSite) (function string, place int) {
	place = -1
	in := false
	for i := l.x.Innermost(site.Start); i >= 0; i = l.x.Parent(i) {
		d := l.x.File.Declarations[i]
		if d.Header.Start > site.Start || site.End > d.Header.End {
			continue
		}
		if !in {
			in, function = true, d.Name
		}
		if d.Name == function && l.isFunction(d) {
			place = slices.IndexFunc(l.parametersIn(d), func(s treesitter.TypeSite) bool { return s.Span == site.Span })
			break
		}
	}
	if place < 0 {
		return "", -1
	}
	if function == "__init__" || function == "constructor" {
		function = l.classAround(l.x.Next(site.Start - 1))
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
	Awaited bool   // what it promises is used
	Path    string // with what stands before it, where those are names: "os.path.join"; ".join" behind anything else
	At      int    // the token of its name, in what is looked at
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
	if v.called.Name != "" && len(l.Called) < mostKeys && !slices.ContainsFunc(l.Called, func(c Called) bool { return c.Path == v.called.Path && c.Awaited == v.called.Awaited }) {
		l.Called = append(l.Called, v.called)
	}
}
