// Package treesitter turns source text into plain values: tokens with their
// kinds, scopes and what they define, places for type annotations, calls, and
// the declarations at whose borders a text may be cut into windows.
//
// Invariants:
//   - Parse never fails, on any bytes. What cannot be parsed has no tokens, or
//     has errors.
//   - Offsets are bytes. Tokens are sorted, disjoint, not empty and inside the text.
//   - A File is immutable, holds no C memory, and may be shared between goroutines.
//   - Nothing recurses with the depth of the source.
//
// A language is a folder of queries and a line in the registry (language.go).
// The tree is parsed, copied out and freed in one call to C (walk.c); the
// queries are then matched by our own compiled rules (query.go, rules.go) in one
// pass over the copied nodes.
package treesitter

// Span is a half-open range of bytes.
type Span struct{ Start, End int }

// Len is the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }

// Contains tells whether the offset is inside the span, its end excluded.
func (s Span) Contains(offset int) bool { return s.Start <= offset && offset < s.End }

// Kind is the class of a token.
type Kind uint8

const (
	KindPunctuation Kind = iota
	KindVariable         // a bare name, where it is read or assigned
	KindAttribute        // a name behind a dot, a field's key
	KindCall             // the name that is called, bare or behind a dot
	KindParameter        // a parameter where it is declared, or named in a call
	KindDefinition       // the name that a declaration or an import is about
	KindOperator
	KindType
	KindKeyword
	KindLiteral
	KindComment
	NumKinds = iota
)

var kindNames = [NumKinds]string{"punctuation", "variable", "attribute", "call", "parameter", "definition", "operator",
	"type", "keyword", "literal", "comment"}

// String is the kind's name in lower case, as in queries and reports.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Identifier tells whether tokens of the kind are names of values.
func (k Kind) Identifier() bool { return KindVariable <= k && k <= KindDefinition }

// Subkind refines operators and literals.
type Subkind uint8

const (
	SubkindNone       Subkind = iota
	SubkindBinary             // arithmetic and bits
	SubkindComparison         // order, equality, membership, identity, instanceof
	SubkindLogical            // and, or, ??
	SubkindUnary              // one operand, ++ and -- included
	SubkindAssignment         // =, := and +=
	SubkindString             // also characters, templates' fixed parts and regular expressions
	SubkindNumber
	SubkindBoolean
	SubkindNull // None, nil, null, undefined
	numSubkinds = iota
)

var subkindNames = [numSubkinds]string{"", "binary", "comparison", "logical", "unary", "assignment", "string", "number",
	"boolean", "null"}

// String is the subkind's name, empty for SubkindNone.
func (s Subkind) String() string {
	if int(s) < len(subkindNames) {
		return subkindNames[s]
	}
	return "unknown"
}

// Token is a piece of text with a class. White space belongs to no token, nor
// does what a grammar skips over: a few characters inside a format, for example.
type Token struct {
	Span
	Kind    Kind
	Subkind Subkind
	// Declaring: the name is being defined, imported or, in languages that
	// declare by assigning, assigned for the first time in its scope.
	Declaring bool
	InError   bool  // inside a part that did not parse
	Scope     int32 // index of the innermost scope
	Receiver  Span  // of attributes and methods: the expression before the dot, else empty
}

// Declaration is a function, method, class or type with a body. Nested ones
// stand in the list too.
type Declaration struct {
	Span
	Header Span // from the start, decorators included, to where the body begins
	Name   string
}

// File is a parsed text.
type File struct {
	Language     string
	Text         []byte
	Tokens       []Token
	Scopes       []Scope       // the first is the file
	TypeSites    []TypeSite    // by start
	Calls        []Call        // by start, outer before inner
	Declarations []Declaration // by start, outer before inner
	Imports      []Span        // whole statements, by start
	Errors       []Span        // outermost parts that did not parse; empty where something is missing
}

// TokenAt returns the index of the token that covers the byte at offset, or -1.
// A token does not cover the byte behind it.
func (f *File) TokenAt(offset int) int {
	low, high := 0, len(f.Tokens)
	for low < high {
		middle := (low + high) / 2
		if f.Tokens[middle].End <= offset {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(f.Tokens) && f.Tokens[low].Contains(offset) {
		return low
	}
	return -1
}

// TypeSite is a place of a type annotation.
type TypeSite struct {
	Span            // the annotation's type, or empty where one could be inserted
	Symbol   string // what it annotates: the parameter, variable, field or function
	Kind     string // "parameter", "return", "variable" or "field"
	Existing string // the annotation's text, "" if there is none
}

// Call is a call with its positional arguments.
type Call struct {
	Span
	Callee    Span
	Arguments []Span
	Complete  bool // every argument is positional: no keywords, no unpacking
}
