package typings

import (
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Family is a sort of evidence.
type Family int

// The families. The keys of the first three are of a kind of site; the others mean the same for all.
const (
	FamilyName   Family = iota // the whole name
	FamilyLast                 // its last part
	FamilyFirst                // its first part, where there are more
	FamilyValue                // what it begins with
	FamilyUse                  // what is done with it
	FamilyResult               // what a function gives back
	FamilySign                 // what stands beside it: ? * async const

	NumFamilies
)

const familyLetters = "nlfvurs"

// Evidence is what a file says of the type at a site, without the annotation.
type Evidence struct {
	Kind   string // of the site
	Symbol string // the bare name, see Symbol
	// Keys are what was found, by family, each once.
	Keys [NumFamilies][]string
	// Made are types that values in sight have by their look: "Cart" of "new Cart()", "[]string" of "[]string{}".
	Made []string
	// Carried are other names whose values it takes or gives back.
	Carried []string
	// Called are the functions whose results it takes or gives back.
	Called []Called
	// Flows are the types of what calls in the file pass for it, pass it for, or give to it, each as often as it was found.
	Flows []string
	// Own is the type that the site's own values show: its results, what it begins with and is assigned later, its default. "" where they do not.
	Own string
	// Owner is the function that has the parameter, a class for its constructor, and Place the parameter's place, from 0: what others pass to it is of the type.
	Owner string
	Place int
	// Passed says for which parameters of which functions it is passed.
	Passed []Passing
}

// Passing is a parameter of a function that something is passed for: by its place, from 0, or by its name, if that is not empty.
type Passing struct {
	Function string
	Place    int
	Name     string
}

// key is how a lexicon calls a key of a family.
func (e *Evidence) key(family Family, key string) string {
	k := familyLetters[family : family+1]
	if family <= FamilyFirst && e.Kind != "" {
		k += e.Kind[:1]
	}
	return k + " " + key
}

// LexiconKeys are all keys as a lexicon calls them.
func (e *Evidence) LexiconKeys() (list []string) {
	for family, keys := range e.Keys {
		for _, key := range keys {
			list = append(list, e.key(Family(family), key))
		}
	}
	return list
}

func (e *Evidence) add(family Family, key string) {
	for _, k := range e.Keys[family] {
		if k == key {
			return
		}
	}
	if key != "" && len(key) <= 40 && len(e.Keys[family]) < mostKeys {
		e.Keys[family] = append(e.Keys[family], key)
	}
}

// mostKeys of a family are kept, and mostUses occurrences of a name looked at.
const (
	mostKeys = 12
	mostUses = 24
)

// look reads the tokens of a file but comments.
type look struct {
	x        *names.Index
	tokens   []treesitter.Token
	language string
	site     treesitter.TypeSite
	file     *Known
	looked   int  // expressions, see evident
	promises bool // what a function gives back is a promise of it
	*Evidence
}

// Look gathers the evidence at a site.
func Look(x *names.Index, site treesitter.TypeSite) Evidence { return Know(x).Look(x, site) }

// Look gathers the evidence at a site of the file, or of one that With made of it, whose index x is.
func (k *Known) Look(x *names.Index, site treesitter.TypeSite) Evidence {
	e := Evidence{Kind: site.Kind, Symbol: Symbol(site)}
	l := &look{x: x, tokens: x.File.Tokens, language: CountedAs(x.File.Language), site: site, file: k, Evidence: &e}
	if e.Symbol != "" {
		e.add(FamilyName, strings.ToLower(strings.Trim(e.Symbol, "_")))
		e.add(FamilyLast, LastPart(e.Symbol))
		if parts := names.Parts(e.Symbol); len(parts) > 1 {
			e.add(FamilyFirst, parts[0])
		}
	}
	symbol := l.symbol(site)
	l.signs(site, symbol)
	behind := l.behind(site, symbol)
	around := l.around(site.Start)
	switch {
	case site.Kind == "return":
		l.results(site, around)
	default:
		if l.text(behind) == "=" {
			l.take(FamilyValue, l.value(l.step(behind, 1)))
		} else {
			e.add(FamilyValue, "none")
		}
		if e.Symbol != "" {
			l.uses(site, symbol, around)
		}
	}
	l.flows(site, behind, around)
	return e
}

func (l *look) text(i int) string {
	if i < 0 || i >= len(l.tokens) {
		return ""
	}
	return l.x.Text(l.tokens[i].Span)
}

// step is the next token that is no comment, in a direction; beyond the ends it stays there.
func (l *look) step(i, way int) int {
	for i += way; i >= 0 && i < len(l.tokens) && l.tokens[i].Kind == treesitter.KindComment; i += way {
	}
	return min(max(i, -1), len(l.tokens))
}

// symbol is the token that is annotated: before the annotation, with a function's parameters between, or right behind it; -1 when there is none.
func (l *look) symbol(site treesitter.TypeSite) int {
	if l.Symbol == "" {
		return -1
	}
	far := 6
	if site.Kind == "return" {
		far = 200
	}
	here := l.x.Next(site.Start)
	for i := here - 1; i >= 0 && i >= here-far; i-- {
		if l.text(i) == l.Symbol {
			return i
		}
	}
	for i := here; i < len(l.tokens) && l.tokens[i].Start < site.End+8 && i < here+40; i++ {
		if l.tokens[i].Start >= site.End && l.text(i) == l.Symbol {
			return i
		}
	}
	return -1
}

// behind is the first token behind annotation and name.
func (l *look) behind(site treesitter.TypeSite, symbol int) int {
	i := l.x.Next(site.Start)
	for i < len(l.tokens) && l.tokens[i].Start < site.End {
		i++
	}
	i = l.step(i-1, 1)
	if symbol >= i {
		i = l.step(symbol, 1)
	}
	for t := l.text(i); t == "?" || t == "!" || t == "]" || t == "["; t = l.text(i) {
		i = l.step(i, 1)
	}
	return i
}

// signs are marks beside the name that say something of its type.
func (l *look) signs(site treesitter.TypeSite, symbol int) {
	if strings.HasPrefix(site.Symbol, "*") {
		l.add(FamilySign, site.Symbol[:len(site.Symbol)-len(strings.TrimLeft(site.Symbol, "*"))])
	}
	if symbol < 0 {
		if l.Symbol == "" {
			l.add(FamilySign, "pattern")
		}
		return
	}
	if l.text(l.step(symbol, 1)) == "?" {
		l.add(FamilySign, "?")
	}
	for i := symbol + 1; site.Kind == "return" && i < min(len(l.tokens), symbol+4) && l.text(i) != "("; i++ { // f = async (x) =>
		if l.text(i) == "async" {
			l.add(FamilySign, "async")
		}
	}
	for i, n := l.step(symbol, -1), 0; i >= 0 && n < 4; i, n = l.step(i, -1), n+1 {
		t := l.text(i)
		if t == "async" || t == "const" || t == "static" || t == "final" || t == "*" || t == "**" || t == "..." || t == "for" || t == "readonly" {
			l.add(FamilySign, t)
		}
		if strings.ContainsAny(t, "{};()") || l.tokens[i].Start < site.Start && l.tokens[symbol].Start > site.End && l.tokens[i].Kind == treesitter.KindType {
			break
		}
	}
}

// around is the innermost declaration around an offset, its header included.
func (l *look) around(offset int) treesitter.Span { return l.x.Function(offset) }

// take keeps what a value looks like.
func (l *look) take(family Family, v value) {
	l.add(family, v.shape)
	if v.more != "" {
		l.add(family, v.more)
	}
	if v.made != "" && len(l.Made) < mostKeys {
		l.Made = append(l.Made, v.made)
	}
	if v.carried != "" && len(l.Carried) < mostKeys {
		l.Carried = append(l.Carried, v.carried)
	}
	l.calls(v)
}

// results looks at what a function gives back.
func (l *look) results(site treesitter.TypeSite, around treesitter.Span) {
	b, ok := l.bodyBehind(site, around)
	if !ok {
		return
	}
	found := 0
	for _, i := range l.returns(b) {
		t := l.text(i)
		found++
		if t == "yield" {
			l.add(FamilyResult, "yield")
			continue
		}
		next := l.step(i, 1)
		if n := l.text(next); n == "" || n == ";" || n == "}" || !l.sameLine(i, next) && n != "(" {
			l.add(FamilyResult, "nothing")
			continue
		}
		v := l.value(next)
		if v.list && l.language == "python" { // a tuple: its first is not what is given back
			l.add(FamilyResult, "list")
			continue
		}
		l.take(FamilyResult, v)
		if v.list {
			l.add(FamilyResult, "list")
		}
	}
	if l.language == "rust" {
		if v, ok := l.tail(around); ok {
			found++
			l.take(FamilyResult, v)
		}
	}
	if found == 0 {
		l.add(FamilyResult, "never")
	}
}

// tail is the value that a block of Rust ends in.
func (l *look) tail(around treesitter.Span) (value, bool) {
	last := l.x.Next(around.End-1) - 1
	for last >= 0 && l.tokens[last].End >= around.End {
		last--
	}
	if last < 0 || l.text(last) == ";" || l.text(last) == "}" {
		return value{}, false
	}
	depth := 0
	for i := last; i >= 0 && l.tokens[i].Start >= around.Start; i-- {
		switch l.text(i) {
		case ")", "]", "}":
			depth++
		case "(", "[":
			depth--
		case "{":
			if depth == 0 {
				return l.value(l.step(i, 1)), true
			}
			depth--
		case ";":
			if depth == 0 {
				return l.value(l.step(i, 1)), true
			}
		}
		if depth < 0 {
			break
		}
		if t := l.text(i); t == "}" && depth == 1 && i < last && !l.sameLine(i, l.step(i, 1)) {
			return l.value(l.step(i, 1)), true
		}
	}
	return value{}, false
}

func (l *look) sameLine(i, k int) bool {
	if i < 0 || k >= len(l.tokens) {
		return false
	}
	return !strings.Contains(l.x.Text(treesitter.Span{Start: l.tokens[i].End, End: max(l.tokens[i].End, l.tokens[k].Start)}), "\n")
}

// uses looks at what is done with the name: a parameter's or variable's in its function, a field's anywhere.
func (l *look) uses(site treesitter.TypeSite, symbol int, around treesitter.Span) {
	found := 0
	first := 0
	if site.Kind != "field" {
		first = l.x.Next(around.Start)
	}
	for i := range l.occurrences(l.Symbol, first) {
		t := l.tokens[i]
		if found == mostUses || site.Kind != "field" && t.Start >= around.End {
			break
		}
		if i == symbol || t.Start < site.End && site.Start < t.End || (t.Receiver.Len() > 0) != (site.Kind == "field") || !t.Kind.Identifier() {
			continue
		}
		found++
		l.use(i)
	}
	if found == 0 {
		l.add(FamilyUse, "never")
	}
}

// use is what is done with the name at one place.
func (l *look) use(i int) {
	head := i // of a path that ends in the name
	for l.text(l.step(head, -1)) == "." {
		head = l.step(l.step(head, -1), -1)
	}
	before, next := l.step(head, -1), l.step(i, 1)
	switch t := l.text(next); {
	case t == "." || t == "?." || t == "!":
		if t == "!" {
			next = l.step(next, 1)
		}
		member := l.step(next, 1)
		if names.IsName(l.text(member)) {
			key := "." + l.text(member)
			if l.text(l.step(member, 1)) == "(" {
				key += "()"
			}
			l.add(FamilyUse, key)
		}
	case (t == "[" || t == "(") && !l.sameLine(i, next): // another statement
	case t == "[":
		l.add(FamilyUse, "[]")
		if k := l.step(next, 1); k < len(l.tokens) && l.tokens[k].Kind == treesitter.KindLiteral {
			l.add(FamilyUse, "["+l.tokens[k].Subkind.String()+"]")
		}
	case t == "(":
		l.add(FamilyUse, "()")
	case t == "=" || t == ":=":
		v := l.value(l.step(next, 1))
		l.add(FamilyUse, "="+v.shape)
		if v.made != "" && len(l.Made) < mostKeys {
			l.Made = append(l.Made, v.made)
		}
		if v.carried != "" && len(l.Carried) < mostKeys {
			l.Carried = append(l.Carried, v.carried)
		}
		l.calls(v)
	case next < len(l.tokens) && l.tokens[next].Kind == treesitter.KindOperator:
		key := t
		if k := l.step(next, 1); k < len(l.tokens) && l.tokens[k].Kind == treesitter.KindLiteral {
			key += " " + l.tokens[k].Subkind.String()
		}
		l.add(FamilyUse, key)
	}
	if before < 0 {
		return
	}
	switch t := l.text(before); {
	case t == "in" || t == "of" || t == "range":
		l.add(FamilyUse, "for")
	case t == "(":
		if callee := l.text(l.step(before, -1)); names.IsName(callee) {
			l.add(FamilyUse, callee+"(")
		}
	case t == "=" || t == ":=" || t == "return":
		if to := l.step(before, -1); t != "return" && names.IsName(l.text(to)) && len(l.Carried) < mostKeys {
			l.Carried = append(l.Carried, l.text(to))
		}
	case l.tokens[before].Kind == treesitter.KindOperator || t == "await" || t == "typeof" || t == "if" || t == "while" || t == "raise" || t == "throw" || t == "*" || t == "**" || t == "..." || t == "&":
		l.add(FamilyUse, t+" _")
	}
}
