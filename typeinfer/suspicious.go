package typeinfer

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// An annotation is suspicious where two things agree: what the file does contradicts every type that it allows (the literal that a name begins with, all that a function gives back, all that
// calls pass, what is done with a name), and, asked as if it did not stand there, the site is ranked to be another type, which nothing contradicts. Only types are judged of which it is known
// what they take (judged): an alias, a protocol, a type variable, an imported class, Any and whatever is as wide may take anything, and so is never called wrong; what is wider than
// the evidence (float for an integer, Sequence for a list, a union that holds it) takes it. A default of None, which long meant Optional, contradicts nothing. No model is asked.

// Suspicion is an annotation that looks wrong.
type Suspicion struct {
	Site
	// Candidates are what was likelier meant, best first; at least one.
	Candidates []Candidate
	// Against says in words what contradicts the annotation, the strongest first.
	Against []string
}

// preferred is the least share, of all that the file does not contradict, that the best other type has, whatever its arguments are.
const preferred = 0.5

// share is that of the first candidate and of those that differ from it in their arguments alone.
func (s *scope) share(candidates []Candidate) (sum float64) {
	for _, c := range candidates {
		if takeApart(s.style.language, c.Type).bare() == takeApart(s.style.language, candidates[0].Type).bare() {
			sum += c.Probability
		}
	}
	return sum
}

// Suspicious lists the annotations of a file that look wrong, in the order of the text; none in a language that is not one of Languages. It takes a fraction of the time of Suggest: only
// sites that are contradicted are ranked. An error is the context's, or that the combiner of p's bundle cannot be read; p is not asked.
func Suspicious(ctx context.Context, p model.Predictor, f *treesitter.File, opts Options) ([]Suspicion, error) {
	if !slices.Contains(Languages(), f.Language) {
		return nil, nil
	}
	opts, err := opts.withDefaults(p)
	if err != nil {
		return nil, err
	}
	v := newView(f)
	s := v.scope(opts)
	var list []Suspicion
	for _, site := range v.all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if site.Existing == "" || opts.Only != nil && !opts.Only(site.Span) || s.erroneous(&site) {
			continue
		}
		written := s.written(site.Existing)
		if !s.judges(written) {
			continue
		}
		a := v.ask(site)
		k := s.known(a)
		against := s.against(a, &k, written)
		if len(against) == 0 {
			continue
		}
		a.gap = gap.NewAnnotation(a.x, a.site, opts.Around, opts.Corpus, opts.alike(a.site)...)
		a.gap.Rank(opts.Combiner)
		candidates := s.candidates(a, mostCandidates)
		if s.share(candidates) < preferred {
			continue
		}
		// What holds the annotation is no other type, but a wider one.
		if best := takeApart(s.style.language, candidates[0].Type); best.admits(anything...) || overlap(written, best, func(x, y expr) bool { return alike(s.dialect(), x, y) }) {
			continue
		}
		candidates = slices.DeleteFunc(candidates, func(c Candidate) bool { return Normalise(f.Language, c.Type) == written.key() })
		list = append(list, Suspicion{Site: site, Candidates: candidates, Against: against})
	}
	return list, nil
}

// erroneous tells whether a site is within something that does not parse: what is around it may be read wrongly, too.
func (s *scope) erroneous(site *Site) bool {
	whole := site.Function.Len() == len(s.view.file.Text)
	return slices.ContainsFunc(s.view.file.Errors, func(e treesitter.Span) bool {
		return !whole && site.Function.Start <= e.Start && e.End <= site.Function.End || e.Start <= site.Span.End && site.Span.Start <= e.End
	})
}

// written takes an annotation apart.
func (s *scope) written(text string) expr {
	if s.view.file.Language == "javascript" {
		if text = typed(text); text == "" {
			return expr{name: "any"}
		}
		text = Normalise("javascript", text)
		return takeApart("typescript", text)
	}
	return takeApart(s.style.language, text)
}

// Of the types of a language, those of which it is known what they take: numbers, texts, containers and so on. What all take (Hashable, Sized, object) is not among them.
var judged = map[string]map[string]bool{
	"python": set(`str bytes bytearray int float complex bool list dict set frozenset tuple None range slice memoryview type
		Sequence MutableSequence Mapping MutableMapping Iterable Collection Callable Iterator Generator AsyncIterator AsyncGenerator AsyncIterable Awaitable Coroutine
		DefaultDict defaultdict Counter deque Deque OrderedDict Pattern Match TextIO BinaryIO IO StringIO BytesIO
		date datetime timedelta tzinfo Path PurePath UUID Logger Thread Popen CompletedProcess Namespace ArgumentParser
		BaseException Exception ValueError TypeError KeyError RuntimeError OSError ModuleType TracebackType`),
	"typescript": set(`string number boolean bigint symbol null undefined void never Array ReadonlyArray Iterable Map Set WeakMap WeakSet Date RegExp Function Promise`),
}

// takes are the judged types that something of a shape (typings.FamilyValue) may have. A shape that is not here says nothing.
var takes = map[string]map[string][]string{
	"python": {
		"int": {"int", "float", "complex"}, "float": {"float", "complex"},
		"string": {"str", "Sequence", "Iterable", "Collection"}, "bytes": {"bytes", "bytearray", "memoryview", "Sequence", "Iterable", "Collection"},
		"True": {"bool", "int", "float", "complex"}, "False": {"bool", "int", "float", "complex"}, "compare": {"bool", "int", "float", "complex"},
		"[]": {"list", "Sequence", "MutableSequence", "Iterable", "Collection"}, "[": {"list", "Sequence", "MutableSequence", "Iterable", "Collection"},
		"{}": {"dict", "Mapping", "MutableMapping", "Iterable", "Collection"}, "{": {"dict", "Mapping", "MutableMapping", "Iterable", "Collection", "set", "frozenset"},
		"(,": {"tuple", "Sequence", "Iterable", "Collection"}, "function": {"Callable"},
	},
	"typescript": {
		"int": {"number"}, "float": {"number"}, "string": {"string"}, "true": {"boolean"}, "false": {"boolean"}, "compare": {"boolean"},
		"[]": {"Array", "ReadonlyArray", "Iterable"}, "[": {"Array", "ReadonlyArray", "Iterable"}, "function": {"Function"}, "bigint": {"bigint"}, "regex": {"RegExp"},
		"{": {}, "{}": {}, "new": {"Map", "Set", "WeakMap", "WeakSet", "Date", "RegExp", "Promise", "Array", "ReadonlyArray", "Iterable", "Function"},
	},
}

// shapeOf is the shape whose types a type may stand for or be given: what a name annotated with the key holds.
var shapeOf = map[string]map[string]string{
	"python": {
		"int": "int", "float": "float", "str": "string", "bytes": "bytes", "bool": "True", "list": "[]", "dict": "{}", "tuple": "(,", "Callable": "function",
	},
	"typescript": {"number": "int", "string": "string", "boolean": "true", "Array": "[]", "Function": "function"},
}

func (s *scope) dialect() string {
	if s.style.language == "python" {
		return "python"
	}
	return "typescript"
}

// judges tells whether it is known of all that a type allows what that takes.
func (s *scope) judges(e expr) bool {
	return !slices.ContainsFunc(e.members(), func(m expr) bool { return (!judged[s.dialect()][m.name] || s.redefined(m.name)) && !s.class(m.name) })
}

// objects are types of TypeScript, without an import, that no literal but an object's or a function's may have.
var objects = set(`AbortController AbortSignal Blob CustomEvent Document DocumentFragment DragEvent Element Error Event EventTarget File FileReader FocusEvent FormData HTMLAnchorElement
	HTMLButtonElement HTMLCanvasElement HTMLDivElement HTMLElement HTMLFormElement HTMLImageElement HTMLInputElement HTMLSelectElement HTMLSpanElement HTMLVideoElement Headers ImageData
	KeyboardEvent MouseEvent MutationObserver Node PointerEvent Request ResizeObserver Response Selection TouchEvent URL URLSearchParams UIEvent WebSocket WheelEvent Window Worker
	Int8Array Int16Array Int32Array Uint8Array Uint16Array Uint32Array Float32Array Float64Array Buffer ArrayBuffer DataView`)

// plainClass is the header of a class or interface of which no literal is; abstract what a header has of one that may be nearly anything.
var (
	plainClass = regexp.MustCompile(`^\s*((export|default|abstract|declare|@\w[^\n]*)\s+)*(class|interface)\b`)
	abstract   = regexp.MustCompile(`\b(Protocol|ABC|ABCMeta|Generic|TypedDict|NamedTuple|metaclass|extends\s+(string|number|boolean|Array)|Enum|IntEnum|StrEnum|str|int|float|bytes|dict|list|tuple|set)\b`)
)

// class tells whether a name is of a class or an interface that the file itself defines, or that everybody knows, so that no number, text or truth value is of it.
func (s *scope) class(name string) bool {
	if s.dialect() == "typescript" && objects[name] {
		return !s.redefined(name)
	}
	f := s.view.x.File
	same := 0
	for _, d := range f.Declarations {
		if d.Name != name {
			continue
		}
		header := f.Text[d.Start:d.Header.End]
		if same++; !plainClass.Match(header) || abstract.Match(header) {
			return false
		}
	}
	return same == 1
}

// redefined tells whether a file defines or imports a name that its language has another thing for: from .compat import str.
func (s *scope) redefined(name string) bool {
	if s.dialect() == "python" && !pythonBuiltins[name] {
		return false // it had to be imported
	}
	return slices.ContainsFunc(s.view.x.File.Scopes[0].Definitions, func(d treesitter.Definition) bool { return d.Name == name })
}

// refuses tells whether none of a judged type's members takes what has a shape; false where the shape says nothing.
func (s *scope) refuses(e expr, shape string) bool {
	shape = s.plain(shape)
	takers, known := takes[s.dialect()][shape]
	if !known || e.admits(takers...) {
		return false
	}
	if s.dialect() == "typescript" && (shape == "{" || shape == "{}" || shape == "function" || shape == "new") {
		// An object is of any class or interface that it looks like.
		return !slices.ContainsFunc(e.members(), func(m expr) bool { return s.class(m.name) })
	}
	return true
}

// plain is the shape of what an operation gives, where that is known whatever the second operand is.
func (s *scope) plain(shape string) string {
	switch sign, operand, _ := strings.Cut(shape, " "); sign {
	case "not", "!":
		return "compare"
	case "+", "%":
		if operand == "string" && (sign == "+" || s.dialect() == "python") {
			return "string"
		}
	}
	return shape
}

// Differs tells whether a type is wrong in place of another one, as far as that can be seen of the two: it is not as wide as any, and they have no member in common, nor one that takes the other.
func Differs(language, wrong, right string) bool {
	if language == "javascript" {
		wrong, right = Normalise(language, wrong), Normalise(language, right)
	}
	dialect := "typescript"
	if language == "python" {
		dialect = language
	}
	a, b := takeApart(dialect, wrong), takeApart(dialect, right)
	return !a.admits(anything...) && !b.admits(anything...) && a.key() != b.key() && !overlap(a, b, func(x, y expr) bool { return alike(dialect, x, y) })
}

// overlap tells whether a pair of members, nothing aside, is as is asked for.
func overlap(a, b expr, as func(x, y expr) bool) bool {
	for _, x := range a.members() {
		for _, y := range b.members() {
			if !slices.Contains(nulls, x.name) && !slices.Contains(nulls, y.name) && as(x, y) {
				return true
			}
		}
	}
	return false
}

// kin are types by one that they all are, or may be taken for: an ordered dict is a dict, a path a pure path.
var kin = func() map[string]string {
	m := map[string]string{}
	for base, names := range map[string]string{
		"dict": "OrderedDict defaultdict DefaultDict Counter", "list": "deque Deque range", "date": "datetime", "PurePath": "Path", "set": "frozenset", "bytes": "bytearray memoryview",
		"IO": "TextIO BinaryIO StringIO BytesIO", "BaseException": "Exception ValueError TypeError KeyError RuntimeError OSError", "Iterable": "Iterator Generator",
		"AsyncIterable": "AsyncIterator AsyncGenerator", "Awaitable": "Coroutine", "Array": "ReadonlyArray", "Map": "WeakMap", "Set": "WeakSet",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = base
		}
	}
	return m
}()

// alike tells whether of two types, no unions, one takes what is of the other.
func alike(dialect string, x, y expr) bool {
	shapes, takers := shapeOf[dialect], takes[dialect]
	a, b := cmp.Or(kin[x.name], x.name), cmp.Or(kin[y.name], y.name)
	return a == b || slices.Contains(takers[shapes[a]], b) || slices.Contains(takers[shapes[b]], a)
}

// against says what contradicts a judged annotation; nothing where something goes with it.
func (s *scope) against(a *asking, k *known, written expr) (list []string) {
	if a.Kind == Return {
		return s.againstResult(a, k, written)
	}
	if strings.HasPrefix(a.Symbol, "*") || slices.Contains(k.Keys[typings.FamilySign], "...") {
		return nil // it holds what is left
	}
	nothing := !slices.ContainsFunc(written.members(), func(m expr) bool { return !slices.Contains(nulls, m.name) })
	if s.refuses(written, k.value) {
		word := "starts as "
		if a.Kind == Parameter {
			word = "default is "
		}
		list = append(list, word+shapes[k.value])
	} else if _, known := takes[s.dialect()][k.value]; known {
		return nil // it begins as what is written
	}
	if uses := usesOf(a, k); !s.guarded(a, uses) {
		for _, use := range uses {
			if nothing && (use == "()" || use == "[]" || strings.HasPrefix(use, ".") && !strings.HasPrefix(use, "...")) || !nothing && misused(s.style.language, written, []string{use}) {
				list = append(list, useWords(use))
			}
		}
	}
	if shown := s.shown(k, written); shown != "" && len(list) == 0 && (a.Kind != Parameter || !slices.ContainsFunc(k.Keys[typings.FamilyUse], func(use string) bool { return strings.HasPrefix(use, "=") })) {
		list = append(list, "all that it is given here is `"+shown+"`")
	}
	if passed := s.passes(a); len(passed) > 0 && !slices.ContainsFunc(passed, func(shape string) bool { return !s.refuses(written, shape) }) {
		slices.Sort(passed)
		for _, shape := range slices.Compact(passed) {
			list = append(list, "all calls pass "+shapes[shape])
		}
	}
	return list
}

// shown is the type that a site's own values show, where that is another than the one that is written; else "". Of two classes one may be the other's, and a name may be another function's.
func (s *scope) shown(k *known, written expr) string {
	if slices.ContainsFunc(slices.Concat([]string{k.value}, k.results, k.Keys[typings.FamilyUse]), func(shape string) bool {
		return shape == "name" || shape == "=name" || strings.HasSuffix(shape, " name")
	}) {
		return ""
	}
	own := takeApart(s.style.language, k.Own)
	if own.name == "Promise" && len(own.args) == 1 && written.name != "Promise" {
		own = own.args[0]
	}
	if k.Own == "" || !s.judges(own) || !slices.ContainsFunc(own.members(), func(m expr) bool { return !slices.Contains(nulls, m.name) && m.name != "void" && m.name != "never" }) {
		return ""
	}
	if overlap(written, own, func(x, y expr) bool { return alike(s.dialect(), x, y) || s.class(x.name) && s.class(y.name) }) {
		return ""
	}
	return s.style.write(own)
}

// leastCalls are needed for what is passed to contradict an annotation.
const leastCalls = 2

// passes are the shapes of what the calls in the file pass for a parameter, where all pass a literal; nothing where some pass something else, where the function may be another's of its
// name, and where there are few calls.
func (s *scope) passes(a *asking) (list []string) {
	f := a.x.File
	name, place, same := "", -1, 0
	for _, d := range f.Declarations {
		if a.Kind != Parameter || d.Span != a.x.Function(a.site.Start) || d.Header.End < a.site.End {
			continue
		}
		name = d.Name
		n := 0
		for _, t := range f.TypeSites {
			if t.Kind == Parameter && d.Header.Start <= t.Start && t.End <= d.Header.End {
				if t.Start == a.site.Start {
					place = n
				}
				n++
			}
		}
	}
	for _, d := range f.Declarations {
		if d.Name == name {
			same++
		}
	}
	defined := slices.ContainsFunc(f.Scopes[0].Definitions, func(d treesitter.Definition) bool { return d.Name == name && d.Kind == treesitter.DefinitionFunction })
	if place < 0 || same != 1 || !defined {
		return nil
	}
	for _, c := range f.Calls {
		if string(f.Text[c.Callee.Start:c.Callee.End]) != name {
			continue
		}
		if place >= len(c.Arguments) || !c.Complete {
			return nil
		}
		shape := s.literal(a, c.Arguments[place])
		if shape == "" {
			return nil
		}
		list = append(list, shape)
	}
	if len(list) < leastCalls {
		return nil
	}
	return list
}

// literal is the shape of an argument that is one literal; "" for any other.
func (s *scope) literal(a *asking, at treesitter.Span) string {
	i := a.x.Next(at.Start)
	if i >= len(a.x.File.Tokens) || a.x.File.Tokens[i].Span != at || a.x.File.Tokens[i].Kind != treesitter.KindLiteral {
		return ""
	}
	switch text := a.x.Text(at); a.x.File.Tokens[i].Subkind {
	case treesitter.SubkindNumber:
		switch {
		case strings.HasSuffix(text, "n") || strings.HasSuffix(text, "j"):
			return ""
		case strings.ContainsAny(text, ".eE") && !strings.HasPrefix(text, "0x"):
			return "float"
		}
		return "int"
	case treesitter.SubkindString:
		if strings.ContainsAny(text[:1], "'\"`") {
			return "string"
		}
		return "" // of bytes, an expression
	default:
		if shapes[text] == "`"+text+"`" && text != "None" && text != "null" && text != "undefined" {
			return text
		}
	}
	return ""
}

// useWords words a use, as evidence does.
func useWords(use string) string {
	switch {
	case use == "()":
		return "is called"
	case use == "[]":
		return "is indexed"
	case use == "for":
		return "is iterated over"
	}
	return "`" + use + "` is used on it"
}

var (
	// asks are uses that ask what a value is, so that what is done with it later holds in one case only.
	asks = regexp.MustCompile(`^(isinstance|issubclass|type|hasattr|callable|getattr|isArray|is[A-Z_]\w*|has[A-Z_]\w*|assert\w*|cast)\($|^(typeof|instanceof|in) |^=`)
	// tries are what is caught where a value turns out to be another.
	tries = regexp.MustCompile(`\b(AttributeError|TypeError)\b`)
)

// guarded tells whether a name may be something else where it is used: it is asked what it is, given another value, or hidden by another of the name.
func (s *scope) guarded(a *asking, uses []string) bool {
	if len(uses) >= mostUsesKnown || slices.ContainsFunc(uses, asks.MatchString) {
		return true
	}
	f := a.x.File
	around := a.x.Function(a.site.Start)
	if tries.Match(f.Text[around.Start:around.End]) {
		return true
	}
	name := typings.Symbol(a.site)
	if slices.ContainsFunc(f.Declarations, func(d treesitter.Declaration) bool { return d.Name == name }) {
		return true // a function is called so: that of a property that it sets
	}
	defined := 0
	for _, scope := range f.Scopes {
		for _, d := range scope.Definitions {
			if d.Name == name && around.Start <= d.Span.Start && d.Span.End <= around.End {
				defined++
			}
		}
	}
	return defined > 1
}

// mostUsesKnown is how many uses typings keeps: of what is used in more ways not all are known.
const mostUsesKnown = 12

// againstResult says what contradicts the annotation of a result: all that the function gives back.
func (s *scope) againstResult(a *asking, k *known, written expr) []string {
	if s.decorated(a) {
		return nil // what a caller gets is another thing
	}
	python := s.dialect() == "python"
	if !python {
		if slices.Contains(k.Keys[typings.FamilySign], "*") || expressionBody(a) {
			return nil
		}
		if written.name == "Promise" {
			if len(written.args) != 1 || !s.judges(written.args[0]) {
				return nil
			}
			written = written.args[0]
		}
	}
	if list := s.againstShapes(a, k, written); len(list) > 0 {
		return list
	}
	if shown := s.shown(k, written); shown != "" && python && !slices.Contains(k.results, "yield") {
		return []string{"what it returns is `" + shown + "`"}
	}
	return nil
}

// againstShapes says what contradicts the annotation of a result: the shapes of all that the function gives back.
func (s *scope) againstShapes(a *asking, k *known, written expr) []string {
	python := s.dialect() == "python"
	none := written.admits("None", "void", "undefined", "never", "null")
	var list []string
	add := func(r string) {
		if r == "never" {
			r = "nothing"
		}
		if text := "returns " + shapes[r]; !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	for _, r := range k.results {
		switch r {
		case "yield":
			if !python || written.admits(pythonYielding...) || written.admits("Coroutine", "Awaitable") {
				return nil
			}
			list = append(list, "yields")
		case "nothing", "never", "None", "undefined", "null":
			if none || !written.union() && r != "never" && len(k.results) > 1 {
				if none && written.union() {
					return nil
				}
				continue // a function may give back nothing, too
			}
			if !s.ends(a) {
				return nil
			}
			add(r)
		default:
			if !s.refuses(written, r) {
				return nil
			}
			add(r)
		}
	}
	return list
}

// decorated tells whether a function has a decorator.
func (s *scope) decorated(a *asking) bool {
	f := a.x.File
	return slices.ContainsFunc(f.Declarations, func(d treesitter.Declaration) bool {
		return d.Span == a.x.Function(a.site.Start) && f.Text[d.Start] == '@'
	})
}

var (
	// unbodied is in the header of what may hold functions without a body.
	unbodied = regexp.MustCompile(`\b(Protocol|ABC|ABCMeta|Interface|abstract|declare|interface)\b`)
	// endless is in a body that need not come to its end, stopped at the end of one that does not.
	endless = regexp.MustCompile(`\bwhile (True|1)\b|while ?\((true|1)\)|for ?\(;;\)`)
	stopped = regexp.MustCompile(`(?:^|[\n;{}:])\s*(?:raise|throw|assert|[\w.]*(?:exit|abort|fail|skip|never|unreachable|error)\w*\()[^\n]*(?:\n[ \t]*[)}\]][^\n]*)*\s*$`)
)

// ends tells whether a function that gives back nothing is made to: it has a body, which comes to its end.
func (s *scope) ends(a *asking) bool {
	f := a.x.File
	around := a.x.Function(a.site.Start)
	for _, d := range f.Declarations {
		if d.Span != around {
			if d.Start <= around.Start && around.End <= d.End && unbodied.Match(f.Text[d.Start:d.Header.End]) {
				return false
			}
			continue
		}
		body := string(f.Text[min(d.Header.End, d.End):d.End])
		return !endless.MatchString(body) && !stopped.MatchString(body) && !leftOpen(a)
	}
	return false
}

// Message says how a suspicious annotation is told of: what stands there, what was likelier meant, and why.
func (s *Suspicion) Message() string {
	return fmt.Sprintf("`%s` looks wrong for %s: was `%s` meant? (%s)", oneLine(s.Existing), s.words(), oneLine(s.Candidates[0].Type), strings.Join(s.Against, "; "))
}

func (s *Suspicion) words() string {
	if s.Kind == Return {
		return "the result of `" + s.Symbol + "`"
	}
	return "`" + s.Symbol + "`"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
