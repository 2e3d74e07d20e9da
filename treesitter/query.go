package treesitter

import (
	"fmt"
	"strings"
)

// A query file holds patterns in a subset of tree-sitter's query syntax:
//
//	(name child ...)       a named node; (_) is any named node, _ any node, (ERROR) an error
//	"text"                 an anonymous node
//	field: pattern         a child in that field
//	!field                 the node has no child in that field
//	. pattern              the child is its parent's first named one
//	[a b c]                any of the patterns
//	pattern @capture       what the match is for
//	(#eq? @part "text")    the part captured in this pattern reads so; #not-eq? likewise
//	; inherits: x, y       patterns of those folders' files of the same name come after these
//
// Children match in any order and anywhere among their siblings. One capture of
// a pattern, the anchor, is an action (actionsOf); the others are the parts it
// needs (parts). Of the patterns whose anchor is a node, the first of each group
// acts (group), so special patterns stand before general ones.
//
// The reason for a compiler of our own is time: tree-sitter's query engine
// hands its matches over in a call each, and there are ten on a line. Here a node is looked up by its own symbol and its
// parent's, and what is left to check is a field, or a few siblings.

// pattern is one node of a parsed pattern.
type pattern struct {
	names    []symbolName // alternatives; empty is a wildcard
	named    bool         // a wildcard that only named nodes match
	field    string
	absent   []string
	first    bool
	captures []string
	children []*pattern
	texts    []textTest
}

// textTest is a predicate.
type textTest struct {
	capture string
	text    string
	equal   bool
}

type symbolName struct {
	name  string
	named bool
}

// parseQuery reads a query file into its patterns, alternations with structure
// expanded, and the folders that it inherits from.
func parseQuery(text string) (patterns []*pattern, inherits []string, err error) {
	s := &scanner{text: text, line: 1}
	defer func() {
		if p := recover(); p != nil {
			e, ok := p.(queryError)
			if !ok {
				panic(p)
			}
			err = e
		}
	}()
	for s.skip(); s.pos < len(s.text); s.skip() {
		patterns = append(patterns, s.pattern()...)
	}
	return patterns, s.inherits, nil
}

type queryError string

func (e queryError) Error() string { return string(e) }

type scanner struct {
	text     string
	pos      int
	line     int
	inherits []string
}

func (s *scanner) fail(format string, args ...any) {
	panic(queryError(fmt.Sprintf("line %d: ", s.line) + fmt.Sprintf(format, args...)))
}

// skip passes over spaces and comments.
func (s *scanner) skip() {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '\n':
			s.line++
			s.pos++
		case c == ' ' || c == '\t' || c == '\r':
			s.pos++
		case c == ';':
			comment, _, _ := strings.Cut(s.text[s.pos:], "\n")
			if list, ok := strings.CutPrefix(comment, "; inherits:"); ok {
				for _, name := range strings.Split(list, ",") {
					s.inherits = append(s.inherits, strings.TrimSpace(name))
				}
			}
			s.pos += len(comment)
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.pos == len(s.text) {
		s.fail("unexpected end")
	}
	return s.text[s.pos]
}

func (s *scanner) accept(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) word() string {
	start := s.pos
	for s.pos < len(s.text) && (s.text[s.pos] == '_' || s.text[s.pos] == '.' || isAlphanumeric(s.text[s.pos])) {
		s.pos++
	}
	if s.pos == start {
		s.fail("unexpected %q", s.peek())
	}
	return s.text[start:s.pos]
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// pattern reads one pattern with its captures, in all its alternatives.
func (s *scanner) pattern() []*pattern {
	var result []*pattern
	switch c := s.peek(); {
	case c == '[':
		s.pos++
		for s.skip(); !s.accept(']'); s.skip() {
			result = append(result, s.pattern()...)
		}
		result = merge(result)
	case c == '(':
		s.pos++
		s.skip()
		result = s.node()
	case c == '"':
		s.pos++
		result = []*pattern{{names: []symbolName{{s.literal(), false}}}}
	case c == '_':
		s.pos++
		result = []*pattern{{}}
	default:
		s.fail("unexpected %q", c)
	}
	for s.skip(); s.accept('@'); s.skip() {
		capture := s.word()
		for _, p := range result {
			p.captures = append(p.captures, capture)
		}
	}
	return result
}

// node reads the rest of a pattern that began with a parenthesis.
func (s *scanner) node() []*pattern {
	base := &pattern{}
	if name := s.word(); name == "_" {
		base.named = true
	} else {
		base.names = []symbolName{{name, true}}
	}
	result := []*pattern{base}
	for s.skip(); !s.accept(')'); s.skip() {
		if s.accept('!') {
			field := s.word()
			for _, p := range result {
				p.absent = append(p.absent, field)
			}
			continue
		}
		if test, ok := s.predicate(); ok {
			for _, p := range result {
				p.texts = append(p.texts[:len(p.texts):len(p.texts)], test)
			}
			continue
		}
		first := s.accept('.')
		s.skip()
		field := ""
		if c := s.peek(); c != '_' && isAlphanumeric(c) || c == '_' && isAlphanumeric(s.text[min(s.pos+1, len(s.text)-1)]) {
			field = s.word()
			if !s.accept(':') {
				s.fail("expected a colon after %q", field)
			}
			s.skip()
		}
		children := s.pattern()
		var product []*pattern
		for _, p := range result {
			for _, child := range children {
				parent, copied := *p, *child
				copied.first, copied.field = first, field
				parent.children = append(parent.children[:len(parent.children):len(parent.children)], &copied)
				product = append(product, &parent)
			}
		}
		result = product
	}
	return result
}

// predicate reads a predicate, if one is next.
func (s *scanner) predicate() (textTest, bool) {
	rest := s.text[s.pos:]
	if !strings.HasPrefix(rest, "(#") {
		return textTest{}, false
	}
	var test textTest
	switch {
	case strings.HasPrefix(rest, "(#eq? @"):
		s.pos += len("(#eq? @")
		test.equal = true
	case strings.HasPrefix(rest, "(#not-eq? @"):
		s.pos += len("(#not-eq? @")
	default:
		s.fail("unknown predicate")
	}
	test.capture = s.word()
	s.skip()
	if !s.accept('"') {
		s.fail("expected a string")
	}
	test.text = s.literal()
	s.skip()
	if !s.accept(')') {
		s.fail("expected the predicate's end")
	}
	return test, true
}

// literal reads the rest of a string.
func (s *scanner) literal() string {
	var b strings.Builder
	for !s.accept('"') {
		c := s.peek()
		s.pos++
		if c == '\\' {
			c = s.peek()
			s.pos++
		}
		b.WriteByte(c)
	}
	return b.String()
}

// merge joins alternatives that differ in their names only into one pattern.
func merge(alternatives []*pattern) []*pattern {
	joined := &pattern{}
	for _, p := range alternatives {
		if len(p.names) == 0 || len(p.captures)+len(p.children)+len(p.absent)+len(p.texts) > 0 {
			return alternatives
		}
		joined.names = append(joined.names, p.names...)
	}
	return []*pattern{joined}
}
