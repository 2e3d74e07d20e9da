package treesitter

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Scope is a region in which names are defined. Scopes stand in the order of
// their starts, outer before inner; the first is the file.
type Scope struct {
	Span
	Parent      int32 // index, -1 for the file
	Kind        ScopeKind
	Definitions []Definition // at most one a name, in the order of the text
}

// ScopeKind says what a scope means to the names around it.
type ScopeKind uint8

const (
	ScopeFile  ScopeKind = iota
	ScopeBlock           // ordinary lexical scope
	// ScopeFunction runs later than the text around it, so it sees names that
	// are defined behind it there. It does not see the names of a class body.
	// Go's functions are blocks: their order in the text is what counts.
	ScopeFunction
	ScopeClass // what it defines are the members of a class, struct or interface
)

// String is the kind's name, as in locals.scm.
func (k ScopeKind) String() string {
	return [...]string{"file", "block", "function", "class"}[k]
}

// Definition is a name in a scope.
type Definition struct {
	Name    string
	Span    Span
	Visible int // the first offset of its scope from which it can be used
	Kind    DefinitionKind
}

// DefinitionKind is what a name stands for.
type DefinitionKind uint8

const (
	DefinitionVariable DefinitionKind = iota
	DefinitionParameter
	DefinitionFunction
	DefinitionType // classes too
	DefinitionImport
	DefinitionField    // never visible as a bare name
	DefinitionMethod   // never visible as a bare name
	numDefinitionKinds = iota
)

var definitionKindNames = [numDefinitionKinds]string{"variable", "parameter", "function", "type", "import", "field", "method"}

// String is the kind's name, as in locals.scm.
func (k DefinitionKind) String() string {
	if int(k) < len(definitionKindNames) {
		return definitionKindNames[k]
	}
	return "unknown"
}

// ScopeAt returns the index of the innermost scope at offset. A cursor behind
// the last token of a scope that ends without a bracket is still in it, and so
// is, in languages of indented blocks, an indented empty line after it.
func (f *File) ScopeAt(offset int) int32 {
	// Scopes that hold the offset have started before it and enclose each other,
	// so they are the last that has started, or its ancestors.
	last, _ := slices.BinarySearchFunc(f.Scopes, offset, func(s Scope, offset int) int {
		return cmp.Compare(s.Start, offset+1)
	})
	for i := int32(last - 1); i > 0; i = f.Scopes[i].Parent {
		if f.inScope(&f.Scopes[i], offset) {
			return i
		}
	}
	return 0
}

func (f *File) inScope(s *Scope, offset int) bool {
	if offset < s.End {
		return true
	}
	if offset > len(f.Text) || s.End == s.Start {
		return false
	}
	if offset == s.End && !strings.ContainsRune(")]}\n;", rune(f.Text[s.End-1])) {
		return true
	}
	if l := lookup(f.Language); l == nil || !l.indented || s.Kind != ScopeFunction && s.Kind != ScopeClass {
		return false
	}
	between := f.Text[s.End:offset]
	if len(bytes.TrimSpace(between)) > 0 {
		return false
	}
	line := bytes.LastIndexByte(between, '\n')
	return line >= 0 && len(between)-line-1 > f.indentation(s.Start)
}

// indentation counts the white space that begins offset's line.
func (f *File) indentation(offset int) int {
	start := f.lineStart(offset)
	n := 0
	for start+n < offset && (f.Text[start+n] == ' ' || f.Text[start+n] == '\t') {
		n++
	}
	return n
}

// VisibleAt lists what a bare name at offset can mean: the definitions of the
// innermost scope first, in each scope the nearest first, shadowed ones left out.
func (f *File) VisibleAt(offset int) []Definition {
	return f.VisibleOf(offset, func(*Definition) bool { return true })
}

// VisibleOf is what VisibleAt lists that is wanted. Where most of what the file itself defines is not, it takes a fraction of the time.
func (f *File) VisibleOf(offset int, want func(d *Definition) bool) []Definition {
	var visible []Definition
	seen := map[string]bool{}
	f.inSight(offset, func(s *Scope, later bool) bool {
		start := len(visible)
		var hide []string
		for i := range s.Definitions {
			d := &s.Definitions[i]
			if !d.bare() || !later && d.Visible > offset {
				continue
			}
			if s.Parent >= 0 {
				hide = append(hide, d.Name)
			}
			if want(d) && !seen[d.Name] {
				visible = append(visible, *d)
			}
		}
		slices.SortStableFunc(visible[start:], func(a, b Definition) int {
			return cmp.Compare(distance(a.Span.Start, offset), distance(b.Span.Start, offset))
		})
		for _, name := range hide {
			seen[name] = true
		}
		return true
	})
	return visible
}

// Meaning is the first of what VisibleAt lists of a name; ok is false where it lists none.
func (f *File) Meaning(name string, offset int) (best Definition, ok bool) {
	f.inSight(offset, func(s *Scope, later bool) bool {
		for i := range s.Definitions {
			d := &s.Definitions[i]
			if d.Name == name && d.bare() && (later || d.Visible <= offset) && (!ok || distance(d.Span.Start, offset) < distance(best.Span.Start, offset)) {
				best, ok = *d, true
			}
		}
		return !ok
	})
	return best, ok
}

// bare tells whether a name means the definition without anything before it.
func (d *Definition) bare() bool { return d.Kind != DefinitionField && d.Kind != DefinitionMethod }

// inSight tells take the scopes whose names are seen at offset, the innermost first, and whether those count that are defined further down; until it says that it is enough.
func (f *File) inSight(offset int, take func(s *Scope, later bool) bool) {
	later, inFunction := false, false
	for i := f.ScopeAt(offset); i >= 0; i = f.Scopes[i].Parent {
		s := &f.Scopes[i]
		if (s.Kind != ScopeClass || !inFunction) && !take(s, later) {
			return
		}
		if s.Kind == ScopeFunction {
			later, inFunction = true, true
		}
	}
}

func distance(a, b int) int { return max(a-b, b-a) }

// where says in which scope a definition belongs.
type where uint8

const (
	whereHere     where = iota
	whereOuter          // in the scope around the one whose name it is
	whereFunction       // in the innermost function, or the file
	whereClass          // in the innermost class
)

var whereNames = map[where]string{whereHere: "", whereOuter: ".outer", whereFunction: ".function", whereClass: ".class"}

// region is a part of the tree whose names are definitions, or are none.
type region struct {
	end     int32 // first node behind
	act     action
	visible int // -1: from each name's end
}

// scopes collects scopes and definitions while the nodes are visited.
type scopes struct {
	list    []Scope
	ends    []int32 // by scope: first node behind it
	current int32
	regions []region
	known   map[scopedName]bool
	found   []found
}

type scopedName struct {
	scope int32
	name  string
}

type found struct {
	scope int32
	Definition
}

// enter opens a scope that ends before node end.
func (s *scopes) enter(span Span, kind ScopeKind, end int32) {
	s.list = append(s.list, Scope{Span: span, Parent: s.current, Kind: kind})
	s.ends = append(s.ends, end)
	s.current = int32(len(s.list) - 1)
}

// leave closes what ends before node i.
func (s *scopes) leave(i int32) {
	for s.current > 0 && i >= s.ends[s.current] {
		s.current = s.list[s.current].Parent
	}
	for len(s.regions) > 0 && i >= s.regions[len(s.regions)-1].end {
		s.regions = s.regions[:len(s.regions)-1]
	}
}

// target is the scope that a definition made here goes to.
func (s *scopes) target(w where) int32 {
	i := s.current
	switch w {
	case whereOuter:
		return max(s.list[i].Parent, 0)
	case whereFunction:
		for i > 0 && s.list[i].Kind != ScopeFunction {
			i = s.list[i].Parent
		}
	case whereClass:
		for i > 0 && s.list[i].Kind != ScopeClass {
			i = s.list[i].Parent
		}
	}
	return i
}

// define adds a definition unless its scope has that name. It returns the scope
// and whether the name is new there.
func (s *scopes) define(name string, span Span, r region) (int32, bool) {
	scope := s.target(r.act.where)
	key := scopedName{scope, name}
	if s.known[key] {
		return scope, false
	}
	s.known[key] = true
	if r.act.do == doElsewhere {
		return scope, false
	}
	d := Definition{Name: name, Span: span, Visible: r.visible, Kind: r.act.defines}
	switch {
	case r.act.hoisted:
		d.Visible = s.list[scope].Start
	case r.visible < 0:
		d.Visible = span.End
	}
	s.found = append(s.found, found{scope, d})
	return scope, true
}

// reset begins a file.
func (s *scopes) reset(size, nodes int) {
	s.list = append(s.list[:0], Scope{Span: Span{0, size}, Parent: -1})
	s.ends = append(s.ends[:0], int32(nodes))
	s.current = 0
	s.regions = s.regions[:0]
}

// finish returns a copy of the scopes with their definitions, which share one
// array, and forgets the names.
func (s *scopes) finish() []Scope {
	list := slices.Clone(s.list)
	slices.SortStableFunc(s.found, func(a, b found) int { return cmp.Compare(a.scope, b.scope) })
	all := make([]Definition, len(s.found))
	for i, d := range s.found {
		all[i] = d.Definition
	}
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && s.found[end].scope == s.found[start].scope {
			end++
		}
		list[s.found[start].scope].Definitions = all[start:end:end]
		start = end
	}
	clear(s.found)
	s.found = s.found[:0]
	if clear(s.known); len(list) > 1<<12 {
		s.known = map[scopedName]bool{} // Clearing takes as long as the map was ever large.
	}
	return list
}

// importedName is the name that an import of a path binds without saying so:
// the last element that is not a version.
func importedName(path string) string {
	path = strings.Trim(path, "\"`'")
	elements := strings.Split(path, "/")
	name := elements[len(elements)-1]
	if len(elements) > 1 && len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = elements[len(elements)-2]
	}
	name, _, _ = strings.Cut(name, ".")
	name = strings.TrimPrefix(name, "go-")
	return strings.TrimSuffix(name, "-go")
}
