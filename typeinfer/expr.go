package typeinfer

import (
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// expr is a type taken apart as far as types are compared and written: unions, names with arguments, lists. All else is a name that reads as it stands.
type expr struct {
	name  string // "" of a union
	args  []expr // of a union: its members
	args0 bool   // it has brackets, though nothing may stand in them
}

const unionName = ""

func (e *expr) union() bool { return e.name == unionName }

// members are those of a union, or the type itself.
func (e expr) members() []expr {
	if e.union() {
		return e.args
	}
	return []expr{e}
}

// cut splits a text at a separator outside of all brackets and quotes.
func cut(text, separator string) (parts []string) {
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '(', '[', '{', '<':
			depth++
		case ')', ']', '}':
			depth--
		case '>':
			if i == 0 || text[i-1] != '=' {
				depth--
			}
		case '"', '\'', '`':
			if end := quoteEnd(text, i); end >= 0 {
				i = end
			}
		default:
			if depth == 0 && strings.HasPrefix(text[i:], separator) {
				parts = append(parts, strings.TrimSpace(text[start:i]))
				start = i + len(separator)
			}
		}
	}
	return append(parts, strings.TrimSpace(text[start:]))
}

// quoteEnd is the place of the quote that closes the one at i, -1 where none does.
func quoteEnd(text string, i int) int {
	for k := i + 1; k < len(text); k++ {
		switch text[k] {
		case '\\':
			k++
		case text[i]:
			return k
		}
	}
	return -1
}

// requote writes the text literals in a type of TypeScript with one kind of quotes, where they hold none themselves.
func requote(text string, by byte) string {
	b := []byte(text)
	for i := 0; i < len(b); i++ {
		if !strings.ContainsRune("\"'`", rune(b[i])) {
			continue
		}
		end := quoteEnd(text, i)
		if end < 0 {
			break
		}
		if b[i] != '`' && !strings.ContainsAny(text[i+1:end], "\"'") {
			b[i], b[end] = by, by
		}
		i = end
	}
	return string(b)
}

// takeApart reads a type of Python or TypeScript.
func takeApart(language, text string) expr {
	text = strings.Join(strings.Fields(text), " ")
	if language == "python" {
		return pythonExpr(text, 0)
	}
	return scriptExpr(text, 0)
}

// deepest bounds how deep types are taken apart.
const deepest = 12

func pythonExpr(text string, deep int) expr {
	for len(text) > 1 && (text[0] == '"' || text[0] == '\'') && quoteEnd(text, 0) == len(text)-1 && whole(text[1:len(text)-1]) {
		text = strings.TrimSpace(text[1 : len(text)-1]) // a name that is defined further down
	}
	if deep > deepest {
		return expr{name: text}
	}
	if parts := cut(text, "|"); len(parts) > 1 {
		return unionOf(exprs(parts, deep, pythonExpr))
	}
	open := strings.IndexByte(text, '[')
	if open <= 0 || !strings.HasSuffix(text, "]") || strings.ContainsAny(text[:open], " (\"'") {
		return expr{name: pythonName(text)}
	}
	name, inner := pythonName(text[:open]), text[open+1:len(text)-1]
	if name == "Literal" || name == "Annotated" {
		return expr{name: name + "[" + inner + "]"}
	}
	args := exprs(cut(inner, ","), deep, pythonExpr)
	switch name {
	case "Optional":
		return unionOf(append(args, expr{name: "None"}))
	case "Union":
		return unionOf(args)
	}
	return expr{name: name, args: args, args0: true}
}

// whole tells whether a text may be one type: all brackets and quotes close within it, nothing is in it that cut may take for brackets, and it is no list.
func whole(text string) bool {
	if strings.ContainsAny(text, "<>`") || len(cut(text, ",")) > 1 {
		return false
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			if i = quoteEnd(text, i); i < 0 {
				return false
			}
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// pythonAliases are names that mean the same.
var pythonAliases = map[string]string{"List": "list", "Dict": "dict", "Set": "set", "FrozenSet": "frozenset", "Tuple": "tuple", "Type": "type", "Text": "str", "NoneType": "None"}

func pythonName(text string) string {
	for _, module := range []string{"typing.", "typing_extensions.", "t.", "builtins.", "collections.abc."} {
		text = strings.TrimPrefix(text, module)
	}
	if same, ok := pythonAliases[text]; ok {
		return same
	}
	return text
}

func scriptExpr(text string, deep int) expr {
	for len(text) > 1 && text[0] == '(' && closes(text) == len(text)-1 {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if deep > deepest || len(cut(text, "=>")) > 1 || len(cut(text, "?")) > 1 || len(cut(text, " is ")) > 1 || len(cut(text, "&")) > 1 {
		return expr{name: text}
	}
	if parts := cut(strings.TrimPrefix(text, "|"), "|"); len(parts) > 1 {
		return unionOf(exprs(parts, deep, scriptExpr))
	}
	if element, ok := strings.CutSuffix(text, "[]"); ok && element != "" && !strings.HasPrefix(element, "readonly ") && !strings.HasPrefix(element, "keyof ") && !strings.HasPrefix(element, "typeof ") {
		return expr{name: "Array", args: []expr{scriptExpr(strings.TrimSpace(element), deep+1)}, args0: true}
	}
	if open := strings.IndexByte(text, '<'); open > 0 && strings.HasSuffix(text, ">") && isPath(text[:open]) {
		return expr{name: text[:open], args: exprs(cut(text[open+1:len(text)-1], ","), deep, scriptExpr), args0: true}
	}
	return expr{name: requote(text, '"')}
}

// closes is the place of the bracket that closes the first, -1 where none does.
func closes(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i
			}
		case '"', '\'', '`':
			if end := quoteEnd(text, i); end >= 0 {
				i = end
			}
		}
	}
	return -1
}

// isPath tells whether a text is names joined by dots.
func isPath(text string) bool {
	return !slices.ContainsFunc(strings.Split(text, "."), func(part string) bool { return !names.IsName(part) })
}

func exprs(parts []string, deep int, read func(string, int) expr) []expr {
	var list []expr
	for _, part := range parts {
		if part != "" {
			list = append(list, read(part, deep+1))
		}
	}
	return list
}

// nulls are what a union ends in, in this order.
var nulls = []string{"null", "undefined", "None"}

// unionOf joins types: each once, those of unions in it by themselves, what is nothing last.
func unionOf(list []expr) expr {
	var flat []expr
	seen := map[string]bool{}
	for _, e := range list {
		for _, m := range e.members() {
			if key := m.key(); !seen[key] {
				seen[key] = true
				flat = append(flat, m)
			}
		}
	}
	slices.SortStableFunc(flat, func(a, b expr) int { return slices.Index(nulls, a.name) - slices.Index(nulls, b.name) })
	if len(flat) == 1 {
		return flat[0]
	}
	return expr{name: unionName, args: flat}
}

// admits tells whether one of a union, or the type itself, has that name.
func (e expr) admits(name ...string) bool {
	return slices.ContainsFunc(e.members(), func(m expr) bool { return slices.Contains(name, m.name) })
}

// without is a union without the members of a name.
func (e expr) without(name ...string) expr {
	if !e.union() {
		return e
	}
	return unionOf(slices.DeleteFunc(slices.Clone(e.args), func(m expr) bool { return slices.Contains(name, m.name) }))
}

// key is the same for types that mean the same.
func (e expr) key() string {
	parts := make([]string, len(e.args))
	for i, a := range e.args {
		parts[i] = a.key()
	}
	if e.union() {
		slices.Sort(parts)
		return strings.Join(parts, " | ")
	}
	if !e.args0 {
		return e.name
	}
	return e.name + "[" + strings.Join(parts, ", ") + "]"
}

// Normalise returns the form in which types are compared: unions in order and without Optional, no capital List, no quotes, Array<T> for T[].
func Normalise(language, text string) string {
	if language == "javascript" {
		if script := typed(text); script != "" {
			text = script
		}
		return replaceWord(replaceWord(replaceWord(takeApart(language, text).key(), "String", "string"), "Number", "number"), "Boolean", "boolean")
	}
	return takeApart(language, text).key()
}

// bare is the key of a type without arguments: "dict | None" of "dict[str, int] | None".
func (e expr) bare() string {
	var parts []string
	for _, m := range e.members() {
		parts = append(parts, m.name)
	}
	slices.Sort(parts)
	return strings.Join(parts, " | ")
}

// argued tells whether a type has arguments.
func (e expr) argued() bool {
	return slices.ContainsFunc(e.members(), func(m expr) bool { return m.args0 })
}

// words lists the names in a type that somebody has to define, each with its path.
func (e expr) words() (list []string) {
	if isPath(e.name) {
		list = append(list, e.name)
	} else if !e.union() {
		list = append(list, typeWords(e.name)...)
	}
	for _, a := range e.args {
		list = append(list, a.words()...)
	}
	return list
}

// style is how a file writes types.
type style struct {
	language string
	optional bool            // Optional[X] and not X | None
	capital  map[string]bool // List and not list, by name
	generic  bool            // Array<T> and not T[]
	path     string          // what stands before the names of typing: "typing.", "t." or nothing
	single   bool            // quotes
}

// write is the type as the file would write it.
func (s *style) write(e expr) string {
	if s.language == "python" {
		return s.python(e)
	}
	return s.script(e)
}

func (s *style) python(e expr) string {
	if e.union() {
		rest := e.without("None")
		if !s.optional {
			return strings.Join(each(e.args, s.python), " | ")
		}
		var inner string
		if rest.union() {
			inner = s.path + "Union[" + strings.Join(each(rest.args, s.python), ", ") + "]"
		} else {
			inner = s.python(rest)
		}
		if e.admits("None") {
			return s.path + "Optional[" + inner + "]"
		}
		return inner
	}
	name := e.name
	for long, short := range pythonAliases {
		if short == name && s.capital[long] {
			name = s.path + long
		}
	}
	if s.path != "" && typingNames[name] {
		name = s.path + name
	}
	if !e.args0 {
		return name
	}
	return name + "[" + strings.Join(each(e.args, s.python), ", ") + "]"
}

func (s *style) script(e expr) string {
	if e.union() {
		return strings.Join(each(e.args, s.script), " | ")
	}
	name := e.name
	if s.single {
		name = requote(name, '\'')
	}
	if !e.args0 {
		return name
	}
	if e.name == "Array" && len(e.args) == 1 && !s.generic {
		inner := s.script(e.args[0])
		if e.args[0].union() || !isPath(e.args[0].name) {
			inner = "(" + inner + ")"
		}
		return inner + "[]"
	}
	return name + "<" + strings.Join(each(e.args, s.script), ", ") + ">"
}

func each(list []expr, write func(expr) string) []string {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = write(e)
	}
	return texts
}

// snippet is a text that may be a type, in one of two grammars.
type snippet struct {
	python bool
	text   string
}

// typesKnown bounds the texts of which it is remembered whether they are types.
const typesKnown = 1 << 14

var isTypeKnown = func() *lru.Cache[snippet, bool] {
	known, err := lru.New[snippet, bool](typesKnown)
	if err != nil {
		panic(err) // the size is a constant above 0
	}
	return known
}()

// isType tells whether a text parses as a type.
func isType(language, text string) bool {
	key := snippet{language == "python", text}
	if known, ok := isTypeKnown.Get(key); ok {
		return known
	}
	code := "let x: " + text + ";\n"
	if language == "python" {
		code = "def f(x: " + text + "): pass\n"
	} else {
		language = "typescript"
	}
	f := treesitter.Parse(language, []byte(code))
	ok := len(f.Errors) == 0 && slices.ContainsFunc(f.TypeSites, func(s treesitter.TypeSite) bool { return s.Existing == text })
	if ok && f.Language == "python" {
		// The grammar takes any expression for a type.
		ok = !slices.ContainsFunc(f.Tokens, func(t treesitter.Token) bool {
			return t.Kind == treesitter.KindOperator && t.Start > len("def f(x:") && string(f.Text[t.Start:t.End]) != "|" || t.Kind == treesitter.KindCall
		})
	}
	isTypeKnown.Add(snippet{key.python, strings.Clone(text)}, ok) // not a piece of a file, which would be kept with it
	return ok
}
