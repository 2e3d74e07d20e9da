package typings

import (
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// valueOf is the type of what a name holds at a token: what it is annotated with, a function, or what it was last assigned before.
func (l *look) valueOf(name string, i, deep int) string {
	if !names.IsName(name) || deep > deepestEvident {
		return ""
	}
	field := l.text(i) != name // behind a dot
	said, here := l.annotated(name, l.tokens[i].Start)
	if here || field && said != "" {
		return said
	}
	if field {
		if t := fieldsOfAll[l.language][name]; t != "" {
			return t
		}
	}
	inside := l.around(l.tokens[i].Start)
	last := -1
	for k, at := range l.assignedTo(name) {
		if l.tokens[k].Start >= l.tokens[i].Start && last >= 0 {
			break
		}
		if (l.tokens[k].Receiver.Len() > 0) != field {
			continue
		}
		if at == inside || field || at.Len() == len(l.x.File.Text) && (last < 0 || l.around(l.tokens[last].Start) != inside) {
			last = k
		}
	}
	if said != "" && (last < 0 || l.around(l.tokens[last].Start) != inside) {
		return said
	}
	if last >= 0 {
		value := l.step(l.step(last, 1), 1)
		if value == i || value >= len(l.tokens) {
			return ""
		}
		return l.assignedValue(assignment{last, value}, name, deep)
	}
	if field {
		return ""
	}
	if p, ok := l.parameterAt(name, l.tokens[i].Start); ok {
		return l.defaultOf(p, deep)
	}
	if l.language != "python" {
		return ""
	}
	for _, i := range l.declarationsOf(name, false) {
		switch d := l.x.File.Declarations[i]; {
		case !l.isFunction(d):
			return "type[" + name + "]"
		case !l.inClass(int(i)):
			return "Callable[..., Any]"
		}
	}
	return ""
}

// fieldsOfAll are what some fields are, whatever has them.
var fieldsOfAll = map[string]map[string]string{
	"python":     {"__name__": "str", "__doc__": "str | None", "__module__": "str", "__qualname__": "str", "returncode": "int"},
	"typescript": {"length": "number", "byteLength": "number", "byteOffset": "number", "innerHTML": "string", "textContent": "string | null", "offsetWidth": "number", "offsetHeight": "number", "clientWidth": "number", "clientHeight": "number", "scrollTop": "number", "scrollLeft": "number"},
}

// assignment is the tokens of a name and of the beginning of the value that it gets.
type assignment struct{ name, value int }

// assignedValue is the type of what is assigned: an empty container's by what is put into it.
func (l *look) assignedValue(a assignment, name string, deep int) string {
	k, value := a.name, a.value
	if value >= len(l.tokens) {
		return ""
	}
	v := l.value(value)
	if v.list {
		if l.language == "python" {
			return l.tuple(value, deep)
		}
		if before := l.text(l.step(k, -1)); before != "const" && before != "let" && before != "var" { // const a = 1, b = 2
			return ""
		}
	}
	if t := l.filled(k, v, name, deep); t != "" {
		return t
	}
	return l.evident(value, deep)
}

// parameterAt is the parameter of a name in the innermost function around an offset that has one.
func (l *look) parameterAt(name string, offset int) (best treesitter.TypeSite, ok bool) {
	least := len(l.x.File.Text)
	if l.file.parameters == nil {
		l.file.readSites()
	}
	for _, p := range l.file.parameters[name] {
		if function := l.spanOf(int(p.around)); function.Contains(offset) && function.Len() < least {
			best, ok, least = l.x.File.TypeSites[p.place], true, function.Len()
		}
	}
	return best, ok
}

// defaultOf is the type of a parameter's default.
func (l *look) defaultOf(p treesitter.TypeSite, deep int) string {
	i := l.x.Next(p.Start)
	for i < len(l.tokens) && l.tokens[i].Start < p.End {
		i++
	}
	if p.Existing == "" && l.text(i) == "?" {
		i = l.step(i, 1)
	}
	if l.text(i) != "=" {
		return ""
	}
	if t := l.evident(l.step(i, 1), deep); !nothings[t] {
		return t
	}
	return ""
}

// inClass tells whether a declaration is a member of a class: one is the innermost around it.
func (l *look) inClass(declaration int) bool {
	list := l.x.File.Declarations
	for i := l.x.Parent(declaration); i >= 0; i = l.x.Parent(i) {
		if list[i].Start < list[declaration].Start {
			return !l.isFunction(list[i])
		}
	}
	return false
}

// assigned tells whether a name before "=" is assigned: at the beginning of a line, behind a declaring word or a dot.
func (l *look) assigned(k int) bool {
	before := l.step(k, -1)
	switch l.text(before) {
	case "const", "let", "var", ".":
		return true
	}
	return !l.sameLine(before, k) && before >= 0 && l.text(before) != "," && l.text(before) != "(" || before < 0
}

// annotated is what a name is annotated with, in the function around an offset (here) if there, else anywhere in the file.
func (l *look) annotated(name string, offset int) (best string, here bool) {
	inside := l.around(offset)
	if l.file.annotated == nil {
		l.file.readSites()
	}
	for s := range l.sites(l.file.annotated[name]) {
		if !apart(s.Span, l.site.Span) {
			continue
		}
		within := s.Start >= inside.Start && s.End <= inside.End
		if best == "" || within {
			best, here = s.Existing, within
		}
	}
	return best, here
}

// keyword is the token behind "name =" among the arguments of a call; -1 where it is not passed by name.
func (l *look) keyword(c treesitter.Call, name string) int {
	found := -1
	l.named(c, func(other string, at int) {
		if found < 0 && other == name {
			found = at
		}
	})
	return found
}

// container is the type of a list, set, dictionary or tuple that is written out: that of its first elements, if they agree.
func (l *look) container(i, deep int) string {
	open := l.text(i)
	if open == "(" {
		return l.tuple(l.step(i, 1), deep)
	}
	first := l.step(i, 1)
	if first >= len(l.tokens) || l.comprehension(i) {
		return ""
	}
	key, element, n := "", "", 0
	for k := first; k > 0 && n < 4; n++ {
		if t := l.text(k); t == "]" || t == "}" || t == "*" || t == "**" || t == "..." {
			break
		}
		if open == "{" {
			if l.language != "python" {
				return ""
			}
			if value := l.behindSign(k, ":"); value > 0 && value < l.behindOr(k) {
				is := l.evident(k, deep+1)
				if n > 0 && is != key || is == "" {
					return ""
				}
				key, k = is, value
			} else if key != "" {
				return ""
			}
		}
		is := l.evident(k, deep+1)
		if n == 0 {
			element = is
		} else if is != element {
			element = l.both(element, is)
		}
		if element == "" && key == "" {
			return ""
		}
		k = l.behindSign(k, ",")
	}
	switch {
	case n == 0:
		return ""
	case key != "" && element == "":
		return "dict[" + key + ", Any]"
	case key != "":
		return "dict[" + key + ", " + element + "]"
	case open == "{":
		return "set[" + element + "]"
	}
	return l.many(element)
}

// behindOr is the place of the next comma of a list, or a place behind all.
func (l *look) behindOr(k int) int {
	if next := l.behindSign(k, ","); next >= 0 {
		return next
	}
	return len(l.tokens)
}

// comprehension tells whether a loop stands in the bracket at a token.
func (l *look) comprehension(i int) bool {
	return l.behindSign(l.step(i, 1), "for") >= 0
}

// many is the type of a list of something.
func (l *look) many(element string) string {
	switch {
	case element == "" || nothings[element]:
		return ""
	case l.language == "python":
		return "list[" + element + "]"
	case strings.ContainsAny(element, "|&= "):
		return ""
	}
	return element + "[]"
}

// tuple is the type of values with commas between.
func (l *look) tuple(i, deep int) string {
	if l.language != "python" {
		return ""
	}
	var list []string
	for k := i; k > 0; k = l.behindSign(k, ",") {
		if t := l.text(k); t == ")" || !l.sameLine(l.step(k, -1), k) && l.text(l.step(k, -1)) != "(" && len(list) > 0 && l.text(l.step(k, -1)) != "," {
			break
		}
		v, _ := l.operand(k, 0)
		is := l.plainOperand(v, k, deep)
		if is == "" || len(list) == 4 {
			return ""
		}
		list = append(list, is)
	}
	if len(list) < 2 {
		return ""
	}
	return "tuple[" + strings.Join(list, ", ") + "]"
}

// element is the type of an element of what stands before a bracket.
func (l *look) element(i, deep int) string {
	behind := i
	for l.text(l.step(behind, 1)) == "." && names.IsName(l.text(l.step(l.step(behind, 1), 1))) {
		behind = l.step(l.step(behind, 1), 1)
	}
	if l.text(l.step(behind, 1)) != "[" {
		return ""
	}
	if colon := l.behindSign(l.step(l.step(behind, 1), 1), ":"); colon >= 0 {
		return l.valueOf(l.text(behind), i, deep+1) // a slice
	}
	return Element(l.language, l.valueOf(l.text(behind), i, deep+1))
}

// Element is what a type that holds many holds of; "" where it does not say.
func Element(language, text string) string {
	if CountedAs(language) == "typescript" {
		if inner, ok := strings.CutSuffix(text, "[]"); ok {
			return inner
		}
		return ""
	}
	head, inner, ok := strings.Cut(strings.TrimSuffix(text, "]"), "[")
	if !ok {
		return ""
	}
	switch head {
	case "list", "List", "Sequence", "Iterable", "Iterator", "set", "Set", "deque", "frozenset":
		return inner
	case "dict", "Dict", "Mapping", "defaultdict", "OrderedDict":
		if _, value, ok := strings.Cut(inner, ", "); ok && !strings.ContainsAny(inner[:len(inner)-len(value)], "[") {
			return value
		}
	}
	return ""
}

// filled is the type of an empty container by what is put into it in the same function, or, of a field, anywhere.
func (l *look) filled(k int, v value, name string, deep int) string {
	list := v.shape == "[]" || v.shape == "call" && v.called.Path == "list"
	mapped := v.shape == "{}" || v.shape == "call" && v.called.Path == "dict"
	grouped := v.shape == "call" && v.called.Path == "set" || v.shape == "new" && v.made == "Set"
	keyed := v.shape == "new" && v.made == "Map"
	if !list && !mapped && !grouped && !keyed || deep > deepestEvident {
		return ""
	}
	field := l.tokens[k].Receiver.Len() > 0 || l.site.Kind == "field"
	around := l.around(l.tokens[k].Start)
	from, to := l.x.Next(around.Start), around.End
	if field {
		from, to = 0, len(l.x.File.Text)
	}
	var key, element string
	seen := 0
	for i := range l.occurrences(name, from) {
		if l.tokens[i].Start >= to || seen == mostUses {
			break
		}
		if i == k || (l.tokens[i].Receiver.Len() > 0) != field && !(l.site.Kind == "field" && l.tokens[i].Receiver.Len() > 0) {
			continue
		}
		seen++
		next := l.step(i, 1)
		method := l.text(l.step(next, 1))
		argument := l.step(l.step(l.step(next, 1), 1), 1)
		is, of := "", ""
		switch t := l.text(next); {
		case t == "." && (list && (method == "append" || method == "push") || grouped && method == "add"):
			is = l.evident(argument, deep+1)
		case t == "." && list && method == "extend":
			is = Element(l.language, l.evident(argument, deep+1))
		case t == "." && (keyed && method == "set" || mapped && method == "setdefault"):
			of = l.evident(argument, deep+1)
			if second := l.behindSign(argument, ","); second > 0 {
				is = l.evident(second, deep+1)
			}
		case t == "[" && mapped:
			end := l.closing(next)
			if l.text(end) != "=" {
				continue
			}
			of = l.evident(l.step(next, 1), deep+1)
			is = l.evident(l.step(end, 1), deep+1)
		default:
			continue
		}
		if element == "" {
			element = is
		} else if is != "" && is != element {
			return ""
		}
		if key == "" {
			key = of
		}
	}
	return l.holding(list, mapped, grouped, keyed, key, element)
}

// holding is the type of a container of a sort, in the words of the language; "" where it is not known what it holds.
func (l *look) holding(list, mapped, grouped, keyed bool, key, element string) string {
	switch {
	case element == "" || nothings[element]:
		return ""
	case list:
		return l.many(element)
	case l.language == "python" && grouped:
		return "set[" + element + "]"
	case l.language == "python" && mapped && key != "":
		return "dict[" + key + ", " + element + "]"
	case l.language == "typescript" && grouped:
		return "Set<" + element + ">"
	case l.language == "typescript" && keyed && key != "":
		return "Map<" + key + ", " + element + ">"
	case l.language == "typescript" && mapped && (key == "string" || key == "number"):
		return "Record<" + key + ", " + element + ">"
	}
	return ""
}
