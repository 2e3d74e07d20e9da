package typings

import (
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// typeAt is the text of a type of Go's that a value begins with: up to the bracket of its elements, or what separates it.
func (l *look) typeAt(i int) string {
	start := i
	depth := 0
	for n := 0; i < len(l.tokens) && n < mostTokens; n++ {
		t := l.text(i)
		switch {
		case t == "[" || t == "(":
			depth++
		case (t == "]" || t == ")") && depth > 0:
			depth--
		case depth == 0 && (t == "{" && !(l.text(l.step(i, -1)) == "struct" || l.text(l.step(i, -1)) == "interface") || t == ")" || t == "," || t == ";"):
			if i == start {
				return ""
			}
			text := l.x.Text(treesitter.Span{Start: l.tokens[start].Start, End: l.tokens[l.step(i, -1)].End})
			if !Askable(text) {
				return ""
			}
			return text
		}
		i = l.step(i, 1)
	}
	return ""
}

// path is a name with its path and what it is made of in angle brackets, as it stands.
func (l *look) path(i int) string {
	start := i
	if !names.IsName(l.text(i)) {
		return ""
	}
	end := i
	for {
		next := l.step(end, 1)
		t := l.text(next)
		if t != "." && t != "::" || !names.IsName(l.text(l.step(next, 1))) {
			if t == "<" {
				if close := l.angle(next); close > 0 && close > l.step(next, 1) {
					end = close
				}
			}
			break
		}
		end = l.step(next, 1)
	}
	text := l.x.Text(treesitter.Span{Start: l.tokens[start].Start, End: l.tokens[end].End})
	if !Askable(text) {
		return ""
	}
	return text
}

// angle is the bracket that closes an angle bracket; 0 when there is none near.
func (l *look) angle(i int) int {
	depth := 0
	for n := 0; i < len(l.tokens) && n < 24; n++ {
		switch l.text(i) {
		case "<":
			depth++
		case ">":
			if depth--; depth == 0 {
				return i
			}
		case ";", "{", "(":
			return 0
		}
		i = l.step(i, 1)
	}
	return 0
}

// closing is the token behind the bracket that closes the first one from a token on.
func (l *look) closing(i int) int {
	depth, begun := 0, false
	for n := 0; i < len(l.tokens) && n < 400; n++ {
		sign := l.bracket(i)
		if depth += sign; sign == 0 && depth <= 0 && l.text(i) == ";" {
			return i
		}
		begun = begun || sign > 0
		i = l.step(i, 1)
		if begun && depth <= 0 || depth < 0 {
			return i
		}
	}
	return i
}

// chain looks at a name with what follows it: members, calls and indexes.
func (l *look) chain(i int) (value, int) {
	start, last, calls, indexes := i, i, 0, 0
	head := l.text(i)
	single := true // names only, up to the first call
	callee := ""
	called := Called{}
	for n := 0; n < mostTokens; n++ {
		next := l.step(last, 1)
		switch t := l.text(next); {
		case (t == "." || t == "?." || t == "::") && names.IsName(l.text(l.step(next, 1))):
			if calls > 0 || indexes > 0 {
				single = false
			}
			last = l.step(next, 1)
			callee = ""
			continue
		case t == "(" && l.sameLine(last, next):
			calls++
			callee = l.calleeAt(last)
			called = Called{Name: lastName(callee), Path: l.pathOf(start, last, calls == 1 && indexes == 0), At: last}
			last = l.step(l.closing(next), -1)
			continue
		case t == "[" && l.sameLine(last, next):
			indexes++
			callee = "[]"
			last = l.step(l.closing(next), -1)
			continue
		case t == "!" && l.language == "rust" && calls == 0:
			return value{shape: "macro", more: "macro " + l.text(last)}, l.closing(l.step(next, 1))
		case t == "!" || t == "?" && l.language == "rust":
			last = next
			continue
		case t == "=>" && calls == 0:
			return value{shape: "function"}, len(l.tokens)
		case t == "{" && calls == 0 && (l.language == "go" || l.language == "rust") && l.sameLine(last, next):
			made := l.x.Text(treesitter.Span{Start: l.tokens[start].Start, End: l.tokens[last].End})
			return value{shape: "made", made: made}, l.closing(next)
		}
		break
	}
	behind := l.step(last, 1)
	switch {
	case callee == "[]":
		return value{shape: "index", more: "index " + LastPart(head)}, behind
	case callee != "":
		v := value{shape: "call", more: "call " + callee, called: called}
		if single && calls == 1 {
			end := start
			for {
				next := l.step(end, 1)
				if t := l.text(next); t != "." && t != "::" || !names.IsName(l.text(l.step(next, 1))) {
					break
				}
				end = l.step(next, 1)
			}
			path := l.x.Text(treesitter.Span{Start: l.tokens[start].Start, End: l.tokens[end].End})
			switch {
			case l.language == "python" && title(l.text(end)):
				v.made = path
			case l.language == "rust":
				if at := strings.LastIndex(path, "::"); at > 0 {
					v.made = path[:at]
					v.more = "call " + path
				}
			case l.language == "go" && strings.HasPrefix(l.text(end), "New") && len(l.text(end)) > 3:
				v.made = "*" + path[:len(path)-len(l.text(end))] + l.text(end)[3:]
			}
			if !Askable(v.made) {
				v.made = ""
			}
		}
		return v, behind
	case calls == 0 && indexes == 0:
		name := l.text(last)
		if head == "self" && last == start || head == "this" && last == start {
			return value{shape: head}, behind
		}
		return value{shape: "name", more: "name " + LastPart(name), carried: name}, behind
	}
	return value{shape: "other"}, behind
}

// pathOf is the path of a called name from the head of its chain on, where plain says that it is names and dots alone; else its name behind a dot.
func (l *look) pathOf(start, last int, plain bool) string {
	if start == last {
		return l.text(last)
	}
	if text := l.x.Text(treesitter.Span{Start: l.tokens[start].Start, End: l.tokens[last].End}); plain && len(text) <= longest && !strings.ContainsAny(text, "([ \t\r\n") {
		return text
	}
	return "." + l.text(last)
}

// calleeAt is the name of what is called, with the one before it where that says more: "Map.of", "Vec::new".
func (l *look) calleeAt(i int) string {
	name := l.text(i)
	if sign := l.step(i, -1); l.text(sign) == "." || l.text(sign) == "::" {
		if head := l.text(l.step(sign, -1)); title(head) {
			return head + l.text(sign) + name
		}
	}
	return name
}

func title(name string) bool { return name != "" && 'A' <= name[0] && name[0] <= 'Z' }
