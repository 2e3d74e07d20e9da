package typings

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// What a file shows of the type of an expression without any annotation: literals, what functions of the file give back, what names were assigned. It is what a reader sees at a
// glance, not what a checker proves: a name has the type of its last assignment before, whatever the branches.

const (
	deepestEvident = 4   // calls and names that are followed one behind the other
	mostEvident    = 120 // expressions that are looked at for one site
)

// evident is the type of the expression that begins at a token; "" where the file does not show it.
func (l *look) evident(i, deep int) string {
	if l.looked++; deep > deepestEvident || l.looked > mostEvident || i >= len(l.tokens) || l.language != "python" && l.language != "typescript" {
		return ""
	}
	v := l.value(i)
	shape, literal := v.shape, literalTypes[l.language]
	switch {
	case v.made != "":
		return v.made
	case literal[shape] != "":
		return literal[shape]
	case shape == "compare" || strings.HasPrefix(shape, "not ") || strings.HasPrefix(shape, "! "):
		return literal["True"] + literal["true"]
	case shape == "call":
		return l.result(v.called, deep+1)
	case shape == "await call":
		return l.result(v.called, deep+1)
	case shape == "name":
		return l.valueOf(v.carried, i, deep+1)
	case shape == "[":
		if element := l.evident(l.step(i, 1), deep+1); element == "" || strings.ContainsAny(element, "|") {
			return ""
		} else if l.language == "python" {
			return "list[" + element + "]"
		} else {
			return element + "[]"
		}
	}
	// Of an operation the first operand decides, where both are mostly alike.
	if sign, operand, ok := strings.Cut(shape, " "); ok {
		switch t := literal[operand]; {
		case sign == "+" || sign == "-" || sign == "*":
			if operand == "name" || operand == "call" {
				t = l.operandOf(i, deep)
			}
			return t
		case sign == "%" && operand == "string":
			return t
		}
	}
	return ""
}

// operandOf is the type of the first operand of an expression, where it is a name.
func (l *look) operandOf(i, deep int) string {
	if v, _ := l.operand(i, 0); v.carried != "" {
		return l.valueOf(v.carried, i, deep+1)
	}
	return ""
}

// pythonResults are what functions that Python has without an import give back.
var pythonResults = map[string]string{
	"len": "int", "str": "str", "int": "int", "float": "float", "bool": "bool", "repr": "str", "input": "str", "isinstance": "bool", "callable": "bool", "hasattr": "bool",
	"any": "bool", "all": "bool", "ord": "int", "chr": "str", "hash": "int", "id": "int", "bytes": "bytes", "format": "str", "round": "int", "issubclass": "bool",
}

// result is what a function gives back: as it is annotated, else as its return statements show. Functions of the same name that differ show nothing.
func (l *look) result(c Called, deep int) string {
	if c.Name == "" || deep > deepestEvident {
		return ""
	}
	for _, s := range l.x.File.TypeSites {
		if s.Kind == "return" && s.Existing != "" && Symbol(s) == c.Name && s.Span != l.site.Span {
			return c.Gives(s.Existing)
		}
	}
	found, all := false, ""
	for _, d := range l.x.File.Declarations {
		if d.Name != c.Name || !l.isFunction(d) {
			continue
		}
		t := l.returned(d, deep)
		if t == "" || found && t != all {
			return ""
		}
		found, all = true, t
	}
	if !found && l.language == "python" {
		return pythonResults[c.Name]
	}
	return all
}

// isFunction tells whether a declaration is a function and no class.
func (l *look) isFunction(d treesitter.Declaration) bool {
	for i := l.x.Next(d.Header.Start); i < len(l.tokens) && l.tokens[i].Start < d.Header.End; i++ {
		switch l.text(i) {
		case "class", "interface", "enum", "type", "namespace":
			return false
		case d.Name:
			return true
		}
	}
	return true
}

// returned is what the return statements of a function show: one type, or one and None; "" where there is more, or one shows nothing.
func (l *look) returned(d treesitter.Declaration, deep int) string {
	var types []string
	none := l.nothing()
	for i := l.x.Next(d.Header.End); i < len(l.tokens) && l.tokens[i].Start < d.End; i++ {
		t := l.text(i)
		if t == "yield" || t == "async" {
			return ""
		}
		if t != "return" || l.x.Function(l.tokens[i].Start) != d.Span {
			continue
		}
		next, is := l.step(i, 1), none
		if n := l.text(next); n != "" && n != ";" && n != "}" && n != "None" && n != "undefined" && l.sameLine(i, next) {
			if is = l.evident(next, deep); is == "" || l.value(next).list {
				return ""
			}
		}
		if !slices.Contains(types, is) {
			types = append(types, is)
		}
	}
	switch {
	case len(types) == 0:
		return none
	case len(types) == 1:
		return types[0]
	case len(types) == 2 && slices.Contains(types, none) && l.language == "python":
		return strings.Join(slices.DeleteFunc(types, func(t string) bool { return t == none }), "") + " | None"
	}
	return ""
}

// nothing is what a function without a value gives back.
func (l *look) nothing() string {
	if l.language == "python" {
		return "None"
	}
	return "void"
}

// valueOf is the type of what a name holds at a token: what it is annotated with, a function, or what it was last assigned before.
func (l *look) valueOf(name string, i, deep int) string {
	if !names.IsName(name) || deep > deepestEvident {
		return ""
	}
	if t := l.annotated(name, l.tokens[i].Start); t != "" {
		return t
	}
	field := l.text(i) != name // behind a dot
	inside := l.x.Function(l.tokens[i].Start)
	last := -1
	for k := range l.tokens {
		if l.tokens[k].Start >= l.tokens[i].Start && last >= 0 {
			break
		}
		if l.text(k) != name || (l.tokens[k].Receiver.Len() > 0) != field || l.text(l.step(k, 1)) != "=" || !l.assigned(k) {
			continue
		}
		if at := l.x.Function(l.tokens[k].Start); at == inside || field || at.Len() == len(l.x.File.Text) && (last < 0 || l.x.Function(l.tokens[last].Start) != inside) {
			last = k
		}
	}
	if last >= 0 {
		value := l.step(l.step(last, 1), 1)
		if value == i || value >= len(l.tokens) || l.value(value).list {
			return ""
		}
		return l.evident(value, deep)
	}
	if field || l.language != "python" || l.isParameter(name, l.tokens[i].Start) {
		return ""
	}
	for _, d := range l.x.File.Declarations {
		switch {
		case d.Name != name:
		case !l.isFunction(d):
			return "type[" + name + "]"
		case !l.inClass(d):
			return "Callable[..., Any]"
		}
	}
	return ""
}

// isParameter tells whether a name is a parameter of a function around an offset.
func (l *look) isParameter(name string, offset int) bool {
	return slices.ContainsFunc(l.x.File.Declarations, func(d treesitter.Declaration) bool {
		return d.Start <= offset && offset < d.End && slices.ContainsFunc(l.x.File.TypeSites, func(s treesitter.TypeSite) bool {
			return s.Kind == "parameter" && s.Start >= d.Header.Start && s.End <= d.Header.End && Symbol(s) == name
		})
	})
}

// inClass tells whether a declaration is a member of a class: one is the innermost around it.
func (l *look) inClass(d treesitter.Declaration) bool {
	member := false
	for _, outer := range l.x.File.Declarations { // outer ones first
		if outer.Start < d.Start && d.End <= outer.End {
			member = !l.isFunction(outer)
		}
	}
	return member
}

// assigned tells whether a name before "=" is assigned: at the beginning of a line, behind a declaring word or a dot, or a parameter with a default.
func (l *look) assigned(k int) bool {
	before := l.step(k, -1)
	switch l.text(before) {
	case "const", "let", "var", ".":
		return true
	}
	return !l.sameLine(before, k) && before >= 0 && l.text(before) != "," && l.text(before) != "(" || before < 0
}

// annotated is what a name is annotated with, in the function around an offset if there, else anywhere in the file.
func (l *look) annotated(name string, offset int) (best string) {
	inside := l.x.Function(offset)
	for _, s := range l.x.File.TypeSites {
		if s.Kind != "return" && s.Existing != "" && Symbol(s) == name && apart(s.Span, l.site.Span) {
			if best == "" || s.Start >= inside.Start && s.End <= inside.End {
				best = s.Existing
			}
		}
	}
	return best
}

// keyword is the token behind "name =" among the arguments of a call; -1 where it is not passed by name.
func (l *look) keyword(c treesitter.Call, name string) int {
	depth := 0
	for i := l.x.Next(c.Callee.End); i < len(l.tokens) && l.tokens[i].Start < c.End; i++ {
		switch t := l.text(i); {
		case t == "(" || t == "[" || t == "{":
			depth++
		case t == ")" || t == "]" || t == "}":
			depth--
		case depth == 1 && t == name && l.text(l.step(i, 1)) == "=":
			return l.step(l.step(i, 1), 1)
		}
	}
	return -1
}
