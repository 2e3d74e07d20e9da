package typings

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// What a file shows of the type of an expression without any annotation: literals, what functions of the file and of the language's library give back, what names were assigned. It is
// what a reader sees at a glance, not what a checker proves: a name has the type of its last assignment before, whatever the branches.

const (
	deepestEvident = 4   // calls and names that are followed one behind the other
	mostEvident    = 160 // expressions that are looked at for one site
)

// Follows tells whether expressions of a language are looked into.
func Follows(language string) bool {
	language = CountedAs(language)
	return language == "python" || language == "typescript"
}

func (l *look) follows() bool { return Follows(l.language) }

// evident is the type of the expression that begins at a token; "" where the file does not show it.
func (l *look) evident(i, deep int) string {
	if l.looked++; deep > deepestEvident || l.looked > mostEvident || i >= len(l.tokens) || !l.follows() {
		return ""
	}
	v := l.value(i)
	shape, literal := v.shape, literalTypes[l.language]
	if t, is := l.method(i); is {
		return t
	}
	switch {
	case l.language == "typescript" && !strings.HasPrefix(shape, "choice ") && shape != "function" && l.behindSign(i, "?") >= 0:
		return l.choice(i, deep)
	case v.made != "":
		return l.classOf(v.made)
	case literal[shape] != "":
		return literal[shape]
	case shape == "None", shape == "null", shape == "undefined":
		return shape
	case shape == "compare" || strings.HasPrefix(shape, "not ") || strings.HasPrefix(shape, "! "):
		return literal["True"] + literal["true"]
	case shape == "call" || shape == "await call":
		return l.result(v.called, deep+1)
	case shape == "name":
		return l.valueOf(v.carried, i, deep+1)
	case shape == "self" || shape == "this":
		return l.classAround(i)
	case shape == "[" || shape == "{" || shape == "(,":
		return l.container(i, deep)
	case shape == "index":
		return l.element(i, deep)
	case strings.HasPrefix(shape, "choice "):
		return l.choice(i, deep)
	}
	// Of an operation the first operand decides, where both are mostly alike.
	if sign, operand, ok := strings.Cut(shape, " "); ok {
		switch t := literal[operand]; {
		case sign == "or" || sign == "||" || sign == "??":
			return l.fallback(i, sign, deep)
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

// method is the result of the last call of a chain that begins with a literal or a bracket, as in ", ".join(names); is tells whether there is one.
func (l *look) method(i int) (t string, is bool) {
	if l.tokens[i].Kind != treesitter.KindLiteral && l.text(i) != "[" && l.text(i) != "{" && l.text(i) != "(" {
		return "", false
	}
	behind := l.step(i, 1)
	if l.tokens[i].Kind != treesitter.KindLiteral {
		behind = l.closing(i)
	}
	for n := 0; l.text(behind) == "." && n < 8; n++ {
		name := l.step(behind, 1)
		behind = l.step(name, 1)
		t, is = "", true
		if l.text(behind) == "(" {
			t = knownResults[l.language]["."+l.text(name)]
			behind = l.closing(behind)
		}
	}
	return t, is
}

// classOf is what a call makes by its look, if that is a type as it stands.
func (l *look) classOf(made string) string {
	if l.language == "typescript" {
		switch made {
		case "Map", "Set", "WeakMap", "WeakSet", "Promise", "Array", "Proxy":
			return ""
		}
	}
	if !title(made[strings.LastIndexAny(made[:strings.IndexAny(made+"<[", "<[")], ".:")+1:]) {
		return ""
	}
	return made
}

// operandOf is the type of the first operand of an expression, where it is a name or a call.
func (l *look) operandOf(i, deep int) string {
	switch v, _ := l.operand(i, 0); {
	case v.carried != "":
		return l.valueOf(v.carried, i, deep+1)
	case v.shape == "call":
		return l.result(v.called, deep+1)
	}
	return ""
}

// behindSign is the token behind the first of some signs outside of brackets, in the expression that begins at a token; -1 where there is none near.
func (l *look) behindSign(i int, signs ...string) int {
	depth := 0
	for n := 0; i < len(l.tokens) && n < mostTokens; n++ {
		switch t := l.text(i); {
		case depth == 0 && slices.Contains(signs, t):
			return l.step(i, 1)
		case depth == 0 && n > 0 && t == "=>" || depth == 0 && n > 0 && l.begins(i):
			return -1
		case t == "(" || t == "[" || t == "{" || t == "${":
			depth++
		case t == ")" || t == "]" || t == "}":
			if depth--; depth < 0 {
				return -1
			}
		case t == ";":
			return -1
		}
		i = l.step(i, 1)
	}
	return -1
}

// begins tells whether a statement begins at a token: on a new line, with a word, behind what an expression may end with.
func (l *look) begins(i int) bool {
	before := l.step(i, -1)
	if before < 0 || l.sameLine(before, i) {
		return false
	}
	word := func(k int) bool {
		t := l.text(k)
		return names.IsName(t) && !slices.Contains([]string{"else", "if", "or", "and", "in", "is", "not", "instanceof", "as"}, t) || l.tokens[k].Kind == treesitter.KindLiteral
	}
	return word(i) && (word(before) || strings.Contains(")]}", l.text(before)))
}

// choice is the type of "a if c else b" or "c ? a : b": of both, or of one that may be missing.
func (l *look) choice(i, deep int) string {
	first, second := i, -1
	if l.language == "python" {
		if second = l.behindSign(i, "else"); second >= 0 {
			v, _ := l.operand(i, 0)
			return l.both(l.plainOperand(v, i, deep), l.evident(second, deep+1))
		}
		return ""
	}
	if first = l.behindSign(i, "?"); first < 0 {
		return ""
	}
	if second = l.behindSign(first, ":"); second < 0 {
		return ""
	}
	v, _ := l.operand(first, 0)
	return l.both(l.plainOperand(v, first, deep), l.evident(second, deep+1))
}

// plainOperand is the type of one operand by itself.
func (l *look) plainOperand(v value, i, deep int) string {
	switch {
	case v.made != "":
		return l.classOf(v.made)
	case literalTypes[l.language][v.shape] != "":
		return literalTypes[l.language][v.shape]
	case v.shape == "None" || v.shape == "null" || v.shape == "undefined":
		return v.shape
	case v.carried != "":
		return l.valueOf(v.carried, i, deep+1)
	case v.shape == "call" || v.shape == "await call":
		return l.result(v.called, deep+1)
	case v.shape == "[" || v.shape == "{" || v.shape == "(,":
		return l.container(i, deep)
	}
	return ""
}

// fallback is the type of "a or b": that of both, the first without what makes the second stand.
func (l *look) fallback(i int, sign string, deep int) string {
	second := l.behindSign(i, sign)
	if second < 0 {
		return ""
	}
	v, _ := l.operand(i, 0)
	a, b := withoutNothing(l.plainOperand(v, i, deep)), l.evident(second, deep+1)
	switch {
	case a == "" || a == b:
		return b
	case b == "" && l.text(second) != "null" && l.text(second) != "undefined" && l.text(second) != "None":
		return a
	}
	return l.both(a, b)
}

// both is the type of one of two values; "" where they are of two kinds.
func (l *look) both(a, b string) string {
	switch {
	case a == "" || b == "":
		return ""
	case a == b || nothings[b] && strings.HasSuffix(a, "| "+b):
		return a
	case nothings[a] && strings.HasSuffix(b, "| "+a):
		return b
	case b == "None" && strings.HasPrefix(a, "Optional["):
		return a
	case a == "None" && strings.HasPrefix(b, "Optional["):
		return b
	case (a == "void" || a == "undefined") && (b == "void" || b == "undefined"):
		return "void"
	case nothings[a] && !nothings[b]:
		return b + " | " + a
	case nothings[b] && !nothings[a]:
		return a + " | " + b
	}
	return ""
}

var nothings = map[string]bool{"None": true, "null": true, "undefined": true}

// withoutNothing is a type without what stands for no value, each at most once in a row: a form that is filled with a type of its own sort ("X | None | None") is no plain X.
func withoutNothing(text string) string {
	if nothings[text] {
		return ""
	}
	for before := ""; ; {
		at := strings.LastIndex(text, " | ")
		if at < 0 || !nothings[text[at+len(" | "):]] || text[at:] == before {
			return text
		}
		text, before = text[:at], text[at:]
	}
}

// result is what a function gives back: as it is annotated, else as its return statements show, else as the library has it. Functions of the same name that differ show nothing.
func (l *look) result(c Called, deep int) string {
	if c.Name == "" || deep > deepestEvident {
		return ""
	}
	for s := range l.returnsOf(c.Name) {
		if s.Existing != "" && apart(s.Span, l.site.Span) {
			return c.Gives(s.Existing)
		}
	}
	if c.Path == "cls" && c.At < len(l.tokens) {
		return l.classAround(c.At)
	}
	found, all := false, ""
	for _, i := range l.declarationsOf(c.Name, false) {
		d := l.x.File.Declarations[i]
		if !l.isFunction(d) {
			continue
		}
		t := l.returned(d, deep)
		if l.async(d) && t != "" {
			if l.language == "typescript" {
				t = c.Gives("Promise<" + t + ">")
			} else if !c.Awaited {
				t = ""
			}
		}
		if t == "" || found && t != all {
			return ""
		}
		found, all = true, t
	}
	if !found {
		return l.libraryResult(c)
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

// async tells whether a function gives back a promise of what it returns.
func (l *look) async(d treesitter.Declaration) bool {
	for i := l.x.Next(d.Header.Start); i < len(l.tokens) && l.tokens[i].Start < d.Header.End; i++ {
		if l.text(i) == "async" {
			return true
		}
	}
	return false
}

// classAround is the name of the class around a token; "" where there is none.
func (l *look) classAround(i int) string {
	for k := l.x.Innermost(l.tokens[i].Start); k >= 0; k = l.x.Parent(k) {
		if d := l.x.File.Declarations[k]; !l.isFunction(d) {
			return d.Name
		}
	}
	return ""
}

// returned is what the return statements of a function show: one type, or one and nothing; "" where there is more, or one shows nothing.
func (l *look) returned(d treesitter.Declaration, deep int) string {
	return l.returnedIn(l.bodyOf(d), deep)
}

// returnedIn is returned of a body.
func (l *look) returnedIn(b body, deep int) string {
	all := ""
	none := l.nothing()
	for _, i := range l.returns(b) {
		next, is := l.step(i, 1), none
		if l.text(i) == "yield" {
			return ""
		}
		if n := l.text(next); n != "" && n != ";" && n != "}" && l.sameLine(i, next) || l.text(next) == "(" {
			if l.value(next).list && l.language == "python" {
				is = l.tuple(next, deep)
			} else {
				is = l.evident(next, deep)
			}
			if is == "" {
				return ""
			}
		}
		if is == "void" && all != "" {
			is = "undefined"
		} else if all == "void" && is != "void" {
			all = "undefined"
		}
		switch {
		case all == "":
			all = is
		default:
			if all = l.both(all, is); all == "" {
				return ""
			}
		}
	}
	if all == "" && l.stub(b) {
		return ""
	}
	if all == "" {
		return none
	}
	return all
}

// stub tells of a function without results whether it leaves to others what they are: it has no body, or one that does nothing.
func (l *look) stub(b body) bool {
	first := true
	for i := b.from; i < b.to; i++ {
		switch t := l.text(i); {
		case t == ":" || t == "{" || t == "}" || t == ";" || t == "=>" || l.tokens[i].Kind == treesitter.KindComment || first && l.tokens[i].Subkind == treesitter.SubkindString:
		case first && t != "pass" && t != "..." && t != "raise" && t != "throw":
			return false
		case t == "raise" || t == "throw":
			return true // at once
		default:
			first = t == "pass" || t == "..."
			if !first {
				return false
			}
		}
	}
	return true
}

// nothing is what a function without a value gives back.
func (l *look) nothing() string {
	if l.language == "python" {
		return "None"
	}
	return "void"
}
