package typings

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// value is what an expression looks like.
type value struct {
	shape   string // its sort
	more    string // a second, more exact one
	made    string // its type, where it says so
	carried string // the name that it is
	called  Called // the function whose result it is
	list    bool   // more values follow behind a comma
}

// mostTokens of an expression are looked at.
const mostTokens = 60

// value looks at the expression that begins at a token.
func (l *look) value(i int) value {
	v, next := l.operand(i, 0)
	// An operator behind the first operand says more of the type than that.
	depth := 0
	for n := 0; next < len(l.tokens) && n < mostTokens; n++ {
		t := l.text(next)
		depth += l.bracket(next)
		if depth < 0 || depth == 0 && t == ";" {
			break
		}
		previous := l.step(next, -1)
		if depth == 0 && !l.sameLine(previous, next) && t != "." && l.language != "java" && l.language != "c" && l.language != "cpp" {
			break
		}
		if depth == 0 {
			switch token := l.tokens[next]; {
			case t == ",":
				v.list = true
				return v
			case token.Subkind == treesitter.SubkindComparison || t == "in" || t == "instanceof":
				return l.compared(next)
			case token.Subkind == treesitter.SubkindLogical:
				return value{shape: t + " " + v.shape}
			case t == "?" || t == "if":
				// a choice: of the same type on both sides, or of none
				v.shape, v.carried = "choice "+v.shape, ""
				return v
			case token.Subkind == treesitter.SubkindBinary:
				if sign := l.comparison(next); sign > 0 { // which binds less
					return l.compared(sign)
				}
				return value{shape: t + " " + v.shape}
			case t == "as":
				return value{shape: "as", made: l.as(l.step(next, 1))}
			}
		}
		next = l.step(next, 1)
	}
	return v
}

// as is the type that a value is said to have, where that is a name with its arguments or a list of such; "" for any other.
func (l *look) as(i int) string {
	path := l.path(i)
	if path == "" {
		return ""
	}
	end := l.x.Next(l.tokens[i].Start + len(path) - 1) // the path's last token
	for next := l.step(end, 1); l.sameLine(end, next); next = l.step(end, 1) {
		switch {
		case l.text(next) == "[" && l.text(l.step(next, 1)) == "]":
			path, end = path+"[]", l.step(next, 1)
			continue
		case l.text(next) == "[" || l.text(next) == "|" || l.text(next) == "&":
			return "" // a part of a type
		}
		break
	}
	return path
}

// comparison is the sign of one in what is left of an operation, before anything that binds less; -1 where there is none.
func (l *look) comparison(i int) int {
	depth := 0
	for n := 0; i < len(l.tokens) && n < mostTokens; n++ {
		if depth += l.bracket(i); depth < 0 {
			break
		}
		if t := l.text(i); depth == 0 && l.bracket(i) == 0 {
			switch subkind := l.tokens[i].Subkind; {
			case subkind == treesitter.SubkindComparison || t == "in" || t == "instanceof":
				return i
			case subkind == treesitter.SubkindLogical || t == "," || t == ";" || t == "?" || t == "if" || t == "=>" || !l.sameLine(l.step(i, -1), i):
				return -1
			}
		}
		i = l.step(i, 1)
	}
	return -1
}

// compared is the value that begins with a comparison, whose sign is a token: that, or what it chooses.
func (l *look) compared(i int) value {
	v := value{shape: "compare"}
	depth := 0
	for n := 0; i < len(l.tokens) && n < mostTokens; n++ {
		t := l.text(i)
		depth += l.bracket(i)
		if depth < 0 || depth == 0 && (t == ";" || !l.sameLine(l.step(i, -1), i) && t != "?" && t != "&&" && t != "||" && t != ".") {
			break
		}
		if depth == 0 {
			switch t {
			case ",":
				v.list = true
				return v
			case "if":
				return value{shape: "choice compare"}
			case "?":
				chosen, _ := l.operand(l.step(i, 1), 0)
				return value{shape: "choice " + chosen.shape}
			}
		}
		i = l.step(i, 1)
	}
	return v
}

// operand looks at one operand and returns the token behind it.
func (l *look) operand(i, deep int) (value, int) {
	if i >= len(l.tokens) || deep > 4 {
		return value{shape: "other"}, i + 1
	}
	t := l.text(i)
	next := l.step(i, 1)
	token := l.tokens[i]
	if token.Kind == treesitter.KindLiteral && token.Subkind == treesitter.SubkindString {
		next = l.behindText(i)
	}
	switch {
	case token.Kind == treesitter.KindLiteral && token.Subkind == treesitter.SubkindString && l.text(next) == "." && names.IsName(l.text(l.step(next, 1))):
		return l.ofText(l.step(next, 1), t)
	case token.Kind == treesitter.KindLiteral:
		switch token.Subkind {
		case treesitter.SubkindNumber:
			if l.language == "typescript" && strings.HasSuffix(t, "n") {
				return value{shape: "bigint"}, next
			}
			if strings.ContainsAny(t, ".") || !strings.HasPrefix(t, "0x") && strings.ContainsAny(t, "eE") {
				return value{shape: "float"}, next
			}
			return value{shape: "int"}, next
		case treesitter.SubkindString:
			switch {
			case isBytes(t):
				return value{shape: "bytes"}, next
			case l.language == "typescript" && t[0] == '/':
				return value{shape: "regex", made: "RegExp"}, next
			}
			if t[0] == '\'' && (l.language == "go" || l.language == "rust" || l.language == "java" || l.language == "c" || l.language == "cpp") {
				return value{shape: "char"}, next
			}
			return value{shape: "string"}, next
		}
		return value{shape: t}, next
	case t == "await" || t == "not" || t == "!" || t == "-" || t == "*" || t == "yield":
		v, end := l.operand(next, deep+1)
		if t == "-" {
			return v, end
		}
		waited := value{shape: t + " " + v.shape}
		if t == "await" {
			waited.called = v.called
			waited.called.Awaited = true
		}
		return waited, end
	case t == "&":
		v, end := l.operand(next, deep+1)
		if v.shape == "mut" {
			v, end = l.operand(end, deep+1)
		}
		v.shape, v.carried = "& "+v.shape, ""
		if v.made != "" {
			sign := "&"
			if l.language == "go" {
				sign = "*"
			}
			v.made = sign + v.made
		}
		return v, end
	case t == "new":
		made := l.path(next)
		v := value{shape: "new", made: made}
		if words := Words(made); len(words) > 0 {
			v.more = "new " + words[0]
		}
		return v, l.closing(next)
	case t == "[":
		return l.bracketed(i, deep)
	case t == "{":
		if l.text(next) == "}" {
			return value{shape: "{}"}, l.step(next, 1)
		}
		v, _ := l.operand(next, deep+1)
		return value{shape: "{", more: "{" + v.shape}, l.closing(i)
	case t == "(":
		end := l.closing(i)
		if l.text(end) == "=>" {
			return value{shape: "function"}, len(l.tokens)
		}
		v, behind := l.operand(next, deep+1)
		if l.text(behind) == "," {
			return value{shape: "(,", more: "(" + v.shape}, end
		}
		return value{shape: "(" + v.shape}, end
	case slices.Contains(functionWords[l.language], t):
		return value{shape: "function"}, len(l.tokens)
	case l.language == "go" && (t == "make" || t == "new") && l.text(next) == "(":
		made := l.typeAt(l.step(next, 1))
		if t == "new" && made != "" {
			made = "*" + made
		}
		return value{shape: t, made: made}, l.closing(next)
	case l.language == "go" && t == "map":
		made := l.typeAt(i)
		return value{shape: "map", made: made}, l.closing(next)
	case names.IsName(t):
		return l.chain(i)
	}
	return value{shape: "other"}, next
}

// functionWords begin a value that is a function; in another language each is a name like any other.
var functionWords = map[string][]string{"python": {"lambda"}, "typescript": {"function", "async"}, "go": {"func"}, "rust": {"move", "|", "||", "async"}}

// ofText is what a member of a text in quotes is or gives back, by its name; a call for what is not known. The token behind it is behind its call.
func (l *look) ofText(member int, text string) (value, int) {
	shape, behind := textMembers[l.language][l.text(member)], l.step(member, 1)
	switch {
	case l.language == "python" && isBytes(text):
		switch name := l.text(member); {
		case name == "decode" || name == "hex":
			shape = "string"
		case shape == "string":
			shape = "bytes"
		case shape == "bytes":
			shape = ""
		}
	case text[0] == '/':
		shape = ""
	}
	called := l.text(behind) == "("
	if called {
		behind = l.closing(behind)
	}
	if next := l.text(behind); shape == "" || next == "." || next == "[" || next == "(" {
		shape = "other"
		for t := next; t == "." || t == "[" || t == "("; t = l.text(behind) { // what that gives back nobody follows
			if behind = l.step(behind, 1); t != "." {
				behind = l.closing(l.step(behind, -1))
			}
		}
	}
	return value{shape: shape}, behind
}

// behindText is the token behind a text in quotes that begins at a token. One with expressions in it is many tokens, of which the first is its opening quotes.
func (l *look) behindText(i int) int {
	next := l.step(i, 1)
	quotes := strings.TrimLeft(l.text(i), "rRfFtT")
	if !slices.Contains([]string{"'", "\"", "\"\"\"", "'''", "`"}, quotes) {
		return next
	}
	for k, n := next, 0; k < len(l.tokens) && n < mostOfText; k, n = l.step(k, 1), n+1 {
		if l.text(k) == quotes {
			return l.step(k, 1)
		}
	}
	return next
}

// mostOfText bounds the tokens of a text with expressions in it.
const mostOfText = 400

// isBytes tells whether a literal of Python is one of bytes.
func isBytes(text string) bool {
	prefix, _, _ := strings.Cut(strings.ReplaceAll(text[:min(len(text), 3)], "'", "\""), "\"")
	return strings.ContainsAny(prefix, "bB")
}

// textMembers are the shapes of what texts give back.
var textMembers = func() map[string]map[string]string {
	m := map[string]map[string]string{}
	for language, shapes := range map[string]map[string]string{
		"python": {
			"string":  "capitalize casefold center expandtabs format format_map join ljust lower lstrip removeprefix removesuffix replace rjust rstrip strip swapcase title translate upper zfill",
			"[":       "split rsplit splitlines",
			"bytes":   "encode",
			"int":     "count find index rfind rindex",
			"compare": "endswith isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper startswith",
			"(,":      "partition rpartition",
		},
		"typescript": {
			"string": "at charAt concat normalize padEnd padStart repeat replace replaceAll slice substr substring toLowerCase toString toUpperCase trim trimEnd trimStart",
			"[":      "split", "int": "charCodeAt indexOf lastIndexOf length localeCompare search", "compare": "endsWith includes startsWith",
		},
	} {
		m[language] = map[string]string{}
		for shape, list := range shapes {
			for name := range strings.FieldsSeq(list) {
				m[language][name] = shape
			}
		}
	}
	return m
}()

// bracketed is a list, or Go's value of a list type.
func (l *look) bracketed(i, deep int) (value, int) {
	next := l.step(i, 1)
	if l.language == "go" {
		made := l.typeAt(i)
		return value{shape: "[", made: made}, len(l.tokens)
	}
	if l.text(next) == "]" {
		return value{shape: "[]"}, l.step(next, 1)
	}
	v, _ := l.operand(next, deep+1)
	return value{shape: "[", more: "[" + v.shape}, l.closing(i)
}

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
