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
