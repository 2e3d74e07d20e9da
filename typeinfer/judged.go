package typeinfer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

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
