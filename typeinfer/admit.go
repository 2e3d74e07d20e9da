package typeinfer

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/treesitter"
)

// known is what the file itself says of a site.
type known struct {
	typings.Evidence
	value   string // what it begins with: a shape of typings, "none" where there is nothing
	results []string
	async   bool
	doc     string // the type that the documentation gives it
}

func (s *scope) known(a *asking, e typings.Evidence) known {
	k := known{Evidence: e, value: "none"}
	if v := k.Keys[typings.FamilyValue]; len(v) > 0 {
		k.value = v[0]
	}
	k.async = slices.Contains(k.Keys[typings.FamilySign], "async")
	if a.Kind == Return && ownResults(a) {
		k.results = resultsOf(k.Keys[typings.FamilyResult])
		if s.style.language == "python" && returnsGenerator(a) {
			k.results = append(k.results, "yield")
		}
	}
	if s.style.language == "python" {
		k.doc = documentedType(a)
	}
	return k
}

// resultsOf are the shapes of a function's results: several that are given back at once are a tuple.
func resultsOf(shapes []string) []string {
	list := slices.Clone(shapes)
	for i, r := range list {
		if r == "list" {
			list[i] = "(,"
		}
	}
	return list
}

// expressionBody tells whether an arrow function's body is an expression.
func expressionBody(a *asking) bool {
	behind, ok := strings.CutPrefix(strings.TrimLeft(string(a.x.File.Text[a.site.End:min(len(a.x.File.Text), a.site.End+200)]), " \t\r\n"), "=>")
	return ok && !strings.HasPrefix(strings.TrimLeft(behind, " \t\r\n"), "{")
}

// returnsGenerator tells whether a function of Python gives back a generator expression.
func returnsGenerator(a *asking) bool {
	around := a.x.Function(a.site.Start)
	tokens := a.x.File.Tokens
	for i := a.x.Next(a.site.End); i+1 < len(tokens) && tokens[i].Start < around.End; i++ {
		if a.x.Text(tokens[i].Span) != "return" || a.x.Function(tokens[i].Start) != around || a.x.Text(tokens[i+1].Span) != "(" {
			continue
		}
		for k, depth := i+1, 0; k < len(tokens) && tokens[k].Start < around.End; k++ {
			switch a.x.Text(tokens[k].Span) {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			case "for":
				if depth == 1 {
					return true
				}
			}
			if depth == 0 {
				break
			}
		}
	}
	return false
}

// ownResults tells whether the results that were seen are those of the function at the site, and all that it has.
func ownResults(a *asking) bool {
	f := a.x.File
	for _, d := range f.Declarations {
		if d.Span != a.x.Function(a.site.Start) {
			continue
		}
		body := string(f.Text[min(d.Header.End, d.End):d.End])
		if d.Name != a.Symbol || d.Header.End >= d.End {
			return false
		}
		if f.Language == "python" {
			header := string(f.Text[d.Start:d.Header.End])
			plain := strings.TrimSpace(strings.TrimLeft(body, ": \t\n"))
			return !open(body, header) && !strings.HasSuffix(plain, "pass") && !strings.HasSuffix(plain, "\"\"\"") && !strings.HasSuffix(plain, "'''")
		}
		return strings.HasPrefix(strings.TrimLeft(body, " \t\n=>"), "{") && !strings.Contains(body, "throw ")
	}
	return false
}

// open tells whether a function of Python leaves to others what it gives back.
func open(body, header string) bool {
	return strings.Contains(body, "NotImplemented") || strings.Contains(header, "abstract") || strings.Contains(header, "overload") || strings.HasSuffix(strings.TrimSpace(body), "...")
}

// leftOpen is open for the function at a site.
func leftOpen(a *asking) bool {
	f := a.x.File
	for _, d := range f.Declarations {
		if d.Span == a.x.Function(a.site.Start) && d.Name == a.Symbol && d.Header.End < d.End {
			return open(string(f.Text[d.Header.End:d.End]), string(f.Text[d.Start:d.Header.End]))
		}
	}
	return false
}

// candidates are the types for a site that the file lets stand, best first, at most so many.
func (s *scope) candidates(a *asking, most int) []Candidate {
	k := s.known(a, a.gap.Evidence())
	type group struct {
		expr        expr
		probability float64
		first       int
		fit         float32 // by how much likelier the name makes it
	}
	var groups []*group
	at := map[string]*group{}
	add := func(e expr, p float64, fit float32) {
		key := e.key()
		g := at[key]
		if g == nil {
			g = &group{expr: e, first: len(groups), fit: fit}
			at[key] = g
			groups = append(groups, g)
		}
		g.probability += p
	}
	refused, admitted, listed := 0.0, 0.0, 0.0
	for _, c := range a.gap.Candidates {
		p := math.Exp(c.LogProb)
		listed += p
		if !isType(s.style.language, c.Text) {
			continue
		}
		e, ok := s.admit(a, &k, takeApart(s.style.language, c.Text))
		if !ok {
			refused += p
			continue
		}
		admitted += p
		add(e, p, c.Inputs[gap.NameFit])
	}
	// What contradicts the file is no possibility, neither of what is listed nor, as far as that is like it, of what is not.
	if admitted > 0 {
		left := admitted + (1-listed)*admitted/(admitted+refused)
		for _, g := range groups {
			g.probability /= max(left, 0.01)
		}
	}
	if k.doc != "" {
		if e, ok := s.admit(a, &k, takeApart(s.style.language, k.doc)); ok {
			fits := func(g *group) bool { return g.expr.bare() == e.bare() && !e.argued() } // "dict" may be of anything
			sum := 0.0
			for _, g := range groups {
				if fits(g) {
					sum += g.probability
				}
			}
			for _, g := range groups {
				if sum > 0.05 && fits(g) {
					g.probability *= (documentedShare + (1-documentedShare)*sum) / sum
				} else {
					g.probability *= 1 - documentedShare
				}
			}
			if sum <= 0.05 {
				add(e, documentedShare, 0)
			}
		}
	}
	slices.SortStableFunc(groups, func(x, y *group) int { return cmp.Or(cmp.Compare(y.probability, x.probability), x.first-y.first) })
	var list []Candidate
	for _, g := range groups {
		if len(list) == most {
			break
		}
		if text, imports, ok := s.write(a, g.expr); ok {
			// A text of its own: a piece of that with the stand-in would hold all of it.
			list = append(list, Candidate{Type: strings.Clone(text), Probability: math.Min(1, g.probability), Imports: imports, Evidence: s.words(a, &k, g.expr, g.fit)})
		}
	}
	return list
}

// documentedShare is how far a type in a docstring is believed. Of 0.3 to 0.9 by tenths it makes what people annotate likeliest (0.29 nats at each of 304 such places in projects to fit on, 0.31 with
// 0.7 or 0.9): there 90% of the documented types are what is annotated, and most others are its aliases or wider.
const documentedShare = 0.8

var (
	anything       = []string{"Any", "object", "any", "unknown"}
	pythonNumbers  = []string{"int", "float", "complex", "Number", "Real", "Rational", "Integral", "SupportsInt", "SupportsFloat", "SupportsIndex"}
	pythonOrdered  = []string{"list", "Sequence", "MutableSequence", "Iterable", "Collection", "Container", "Reversible", "Sized"}
	pythonMapped   = []string{"dict", "Mapping", "MutableMapping", "Iterable", "Collection", "Container", "Sized"}
	pythonGrouped  = []string{"set", "Set", "AbstractSet", "MutableSet", "frozenset"}
	pythonTupled   = []string{"tuple", "Sequence", "Iterable", "Collection", "Container", "Sized", "Reversible"}
	pythonYielding = []string{"Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator"}
	// values are what a literal may be.
	values = map[string]map[string][]string{
		"python": {
			"int": pythonNumbers, "float": pythonNumbers[1:], "string": {"str", "AnyStr", "LiteralString", "Hashable", "Sequence", "Iterable", "Collection"}, "bytes": {"bytes", "AnyStr", "Buffer", "ByteString"},
			"True": {"bool"}, "False": {"bool"}, "[]": pythonOrdered, "[": pythonOrdered, "{}": pythonMapped, "{": append(slices.Clone(pythonMapped), pythonGrouped...), "(,": pythonTupled,
		},
		"typescript": {
			"int": {"number"}, "float": {"number"}, "string": {"string"}, "true": {"boolean"}, "false": {"boolean"},
			"[]": {"Array", "ReadonlyArray", "Iterable"}, "[": {"Array", "ReadonlyArray", "Iterable"},
		},
	}
	literalStarts = map[string]string{"int": "0123456789-", "float": "0123456789-", "string": "\"'`", "true": "t", "false": "f", "[": "[", "[]": "["}
)

// admit tells whether what the file says lets a type stand, and gives it what that says it must have besides: None of a default None.
func (s *scope) admit(a *asking, k *known, e expr) (expr, bool) {
	python := s.style.language == "python"
	if s.none(e) || python && s.misplaced(a, e) {
		return e, false
	}
	if e.admits(anything...) {
		return e, a.Kind != Return || !nothing(k.results)
	}
	if a.Kind == Return {
		return s.admitResult(a, k, e)
	}
	if misused(s.style.language, e, usesOf(a, k)) || !python && slices.Contains(k.Keys[typings.FamilySign], "...") && !gathers(e) {
		return e, false
	}
	switch k.value {
	case "None", "null", "undefined":
		if python && strings.HasPrefix(a.Symbol, "*") {
			return e, true
		}
		if !e.admits(k.value) && !slices.ContainsFunc(e.members(), func(m expr) bool { return aliased(m.name) }) {
			e = unionOf([]expr{e, {name: k.value}})
		}
		return e, e.name != k.value // nothing alone says nothing
	}
	if !python && a.Kind == Parameter {
		// A parameter with a question mark or a default may be left out as it is.
		if e = e.without("undefined"); e.admits("undefined") {
			return e, false
		}
	}
	if e.name == "None" || e.name == "null" || e.name == "undefined" || e.name == "void" || e.name == "never" || e.name == "NoReturn" {
		return e, false
	}
	language := "typescript"
	if python {
		language = "python"
	}
	allowed, ok := values[language][k.value]
	if !ok || e.admits(allowed...) {
		return e, true
	}
	return e, slices.ContainsFunc(e.members(), func(m expr) bool {
		if strings.HasPrefix(m.name, "Literal[") {
			return true
		}
		if !python && m.name != "" && strings.IndexByte(literalStarts[k.value], m.name[0]) >= 0 && !isPath(m.name) {
			return true
		}
		return s.alias(m.name)
	})
}

// single are types of TypeScript and JSDoc that are no arrays.
var single = set("null undefined string number boolean bigint symbol object String Number Boolean BigInt Symbol Object Function Date RegExp Error Promise Map Set Record")

// gathers tells whether a type may be that of a rest parameter: an array, a tuple, or a name that may stand for one.
func gathers(e expr) bool {
	return !slices.ContainsFunc(e.members(), func(m expr) bool { return single[m.name] || !isPath(m.name) && !strings.HasPrefix(m.name, "[") })
}

// incomplete are names that are no types, or none without what they are given in brackets.
var incomplete = map[string]map[string]bool{
	"python": set("Optional Union Literal Annotated Generic Protocol TypedDict NamedTuple ClassVar Final TypeVar NewType TYPE_CHECKING Concatenate Required NotRequired Unpack super property staticmethod classmethod"),
	"typescript": set(`Promise Record Partial Required Readonly Pick Omit Exclude Extract Array ReadonlyArray Map Set WeakMap WeakSet ReadonlyMap ReadonlySet Iterable Iterator AsyncIterable AsyncIterator
		IterableIterator Generator AsyncGenerator Awaited ReturnType Parameters InstanceType NonNullable PromiseLike ArrayLike NodeListOf Intl JSX NodeJS React keyof typeof readonly infer extends is asserts in as
		new import globalThis`),
}

// none tells whether something in a type is none: a constant, a module, a generic type of nothing.
func (s *scope) none(e expr) bool {
	language := "typescript"
	if s.style.language == "python" {
		language = "python"
	}
	if !e.args0 && (incomplete[language][e.name] || constant(e.name) || s.generic(e.name)) {
		return true
	}
	return slices.ContainsFunc(e.args, func(a expr) bool { return s.none(a) })
}

// misplaced tells whether something in a type of Python has no meaning at the site.
func (s *scope) misplaced(a *asking, e expr) bool {
	switch e.name {
	case "TypeAlias":
		return a.Kind != Variable || !title(a.Symbol)
	case "Final":
		return a.Kind == Parameter || a.Kind == Return
	case "ClassVar":
		return a.Kind != Field || classHeader(s.view.x, &a.Site) == ""
	case "TypeGuard", "TypeIs":
		return a.Kind != Return
	case "Self":
		return !s.inClass(a)
	case "AnyStr":
		return !s.bound(a, "AnyStr")
	}
	return slices.ContainsFunc(e.args, func(x expr) bool { return s.misplaced(a, x) })
}

// inClass tells whether a site stands in a class.
func (s *scope) inClass(a *asking) bool {
	f := a.x.File
	return slices.ContainsFunc(f.Scopes, func(c treesitter.Scope) bool {
		return c.Kind == treesitter.ScopeClass && c.Start <= a.site.Start && a.site.End <= c.End
	})
}

// constant tells whether a name is written as those of constants are.
func constant(name string) bool {
	return strings.Contains(strings.Trim(name, "_"), "_") && strings.ToUpper(name) == name && isPath(name)
}

// generic tells whether the file gives a type of its own or of others arguments wherever it stands: then it does not stand without.
func (s *scope) generic(name string) bool {
	if s.style.language == "python" || !isPath(name) || s.view.x == nil {
		return false
	}
	if known, ok := s.generics[name]; ok {
		return known
	}
	f := s.view.x.File
	with, without := 0, 0
	for _, t := range f.Tokens {
		if t.Kind == treesitter.KindType && t.Len() == len(name) && s.view.x.Text(t.Span) == name {
			if t.End < len(f.Text) && f.Text[t.End] == '<' {
				with++
			} else {
				without++
			}
		}
	}
	s.generics[name] = with > 0 && without == 0
	return s.generics[name]
}

// alias tells whether a name may stand for a simple type: one that the file does not define as a class.
func (s *scope) alias(name string) bool {
	if !isPath(name) || pythonBuiltins[name] || scriptGlobals[name] || typingNames[name] || pythonModuleOf(name) != "" {
		return false
	}
	for _, d := range s.view.x.File.Scopes[0].Definitions {
		if d.Name == name {
			return d.Kind == treesitter.DefinitionVariable || s.style.language != "python" && d.Kind != treesitter.DefinitionVariable
		}
	}
	return s.style.language != "python" // types of literals are common there
}

// aliased tells whether a name looks like one for a union, which may hold anything.
func aliased(name string) bool {
	return strings.HasSuffix(name, "Type") || strings.HasSuffix(name, "Types") || strings.HasSuffix(name, "Like") || strings.HasSuffix(name, "_t")
}

// nothing tells whether a function's results, which are all known, are none.
func nothing(results []string) bool {
	return len(results) > 0 && !slices.ContainsFunc(results, func(r string) bool { return r != "nothing" && r != "never" })
}

func (s *scope) admitResult(a *asking, k *known, e expr) (expr, bool) {
	python := s.style.language == "python"
	if !python {
		name := e.name
		if k.async && name != "Promise" && !slices.Contains(k.Keys[typings.FamilySign], "*") {
			return e, false
		}
		if name == "Promise" && len(e.args) == 1 {
			e2 := e.args[0]
			name = e2.name
		}
		switch {
		case (name == "void" || name == "never") && expressionBody(a):
			return e, false // it looks as if nothing were returned, and what stands there is
		case len(k.results) == 0:
		case nothing(k.results):
			return e, slices.Contains([]string{"void", "never", "undefined"}, name)
		case name == "void" || name == "never":
			// What another function gives back may be nothing, too.
			return e, !slices.ContainsFunc(k.results, func(r string) bool { return r != "nothing" && r != "never" && shapes[r] != "" })
		}
		return e, true
	}
	if a.Symbol == "__init__" {
		return e, e.name == "None"
	}
	if len(k.results) == 0 && e.name == "None" && leftOpen(a) {
		return e, false
	}
	switch {
	case len(k.results) == 0:
		return e, true
	case slices.Contains(k.results, "yield"):
		return e, e.admits(pythonYielding...) || strings.Contains(e.name, "ContextManager")
	case nothing(k.results):
		return e, e.name == "None" || (e.name == "NoReturn" || e.name == "Never") && !slices.Contains(k.results, "nothing")
	}
	valued := slices.ContainsFunc(k.results, func(r string) bool { return r != "nothing" && r != "never" && r != "None" })
	if !valued {
		return e, e.name == "None"
	}
	if e.name == "None" || e.name == "NoReturn" || e.name == "Never" {
		return e, false
	}
	// All that it gives back is a literal of one sort: then that is its type.
	for _, r := range k.results {
		if allowed, ok := values["python"][r]; ok && !e.admits(allowed...) && !slices.ContainsFunc(e.members(), func(m expr) bool { return strings.HasPrefix(m.name, "Literal[") || s.alias(m.name) }) {
			return e, false
		}
	}
	if (slices.Contains(k.results, "None") || slices.Contains(k.results, "nothing")) && !e.admits("None") {
		e = unionOf([]expr{e, {name: "None"}})
	}
	return e, true
}
