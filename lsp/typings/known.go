package typings

import (
	"iter"
	"slices"
	"sort"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Known is what is looked up of a file for its sites, by name: it is read once, a part when it is first asked for, so that many sites cost one pass over the file. It is used by one goroutine at a
// time.
//
// Sites, calls and declarations are known by their places in the file's lists, which are the same in a file with a stand-in (names.Index.With); tokens by those of the file without.
type Known struct {
	x *names.Index

	tokens     map[string][]int32 // that are a name
	assigned   map[string][]bound // to which a value is assigned
	annotated  map[string][]int32 // sites with an annotation, but results
	parameters map[string][]bound
	returns    map[string][]int32 // sites of results
	declared   map[string][]int32 // declarations
	makers     []int32            // declarations of constructors
	calls      map[string][]int32 // of the first mostCalls, by the last name of what is called
	callees    []string           // of the same
	classes    *Facts
}

// bound is a place of one of the lists, or a token, with the innermost declaration around it, -1 for none.
type bound struct{ place, around int32 }

// Know returns what is known of the file of an index, and of all that With made of it.
func Know(x *names.Index) *Known {
	base, _ := x.Base()
	return &Known{x: base}
}

// Classes are ClassesOf the file.
func (k *Known) Classes() *Facts {
	if k.classes == nil {
		k.classes = ClassesOf(k.x.File)
	}
	return k.classes
}

// look returns one without a site.
func (k *Known) look(x *names.Index) *look {
	l := &look{x: x, tokens: x.File.Tokens, language: CountedAs(x.File.Language), file: k, Evidence: &Evidence{}}
	l.site.Start, l.site.End = -1, -1
	return l
}

// readTokens reads the names of the file, and to which of them is assigned.
func (k *Known) readTokens() {
	k.tokens, k.assigned = map[string][]int32{}, map[string][]bound{}
	l := k.look(k.x)
	for i := range l.tokens {
		if name := l.text(i); names.IsName(name) {
			k.tokens[name] = append(k.tokens[name], int32(i))
			if l.assigns(i) {
				k.assigned[name] = append(k.assigned[name], bound{int32(i), int32(k.x.Innermost(l.tokens[i].Start))})
			}
		}
	}
}

// readSites reads the sites of annotations.
func (k *Known) readSites() {
	k.annotated, k.parameters, k.returns = map[string][]int32{}, map[string][]bound{}, map[string][]int32{}
	for i, s := range k.x.File.TypeSites {
		name, place := Symbol(s), int32(i)
		switch {
		case name == "":
			continue
		case s.Kind == "return":
			k.returns[name] = append(k.returns[name], place)
			continue
		case s.Kind == "parameter":
			k.parameters[name] = append(k.parameters[name], bound{place, int32(k.x.Innermost(s.Start))})
		}
		if s.Existing != "" {
			k.annotated[name] = append(k.annotated[name], place)
		}
	}
}

// readDeclarations reads the names of functions and classes.
func (k *Known) readDeclarations() {
	k.declared = map[string][]int32{}
	for i, d := range k.x.File.Declarations {
		k.declared[d.Name] = append(k.declared[d.Name], int32(i))
		if d.Name == "__init__" || d.Name == "constructor" {
			k.makers = append(k.makers, int32(i))
		}
	}
}

// readCalls reads what is called.
func (k *Known) readCalls() {
	k.calls = map[string][]int32{}
	for i, c := range k.x.File.Calls[:min(len(k.x.File.Calls), mostCalls)] {
		callee := lastName(k.x.Text(c.Callee))
		k.callees = append(k.callees, callee)
		k.calls[callee] = append(k.calls[callee], int32(i))
	}
}

// occurrences are the tokens that read as a name, from one on.
func (l *look) occurrences(name string, from int) iter.Seq[int] {
	if l.file.tokens == nil {
		l.file.readTokens()
	}
	list := l.file.tokens[name]
	list = list[sort.Search(len(list), func(i int) bool { return l.x.FromBase(int(list[i])) >= from }):]
	return func(yield func(int) bool) {
		for _, i := range list {
			if !yield(l.x.FromBase(int(i))) {
				return
			}
		}
	}
}

// assigns tells whether a token is a name to which a value is assigned.
func (l *look) assigns(i int) bool {
	return l.tokens[i].Kind.Identifier() && l.text(l.step(i, 1)) == "=" && l.assigned(i)
}

// assignedTo are the tokens at which a value is assigned to a name, each with the declaration around it.
func (l *look) assignedTo(name string) iter.Seq2[int, treesitter.Span] {
	if l.file.tokens == nil {
		l.file.readTokens()
	}
	return func(yield func(int, treesitter.Span) bool) {
		// A neighbour of a stand-in may be assigned without it only: `x = 1` is, `x: object = 1` is not.
		before, behind := -1, -1
		if base, first := l.x.Base(); base != l.x {
			before, behind = l.step(first, -1), l.step(first+1, 1)
		}
		for _, b := range l.file.assigned[name] {
			i := l.x.FromBase(int(b.place))
			if (i == before || i == behind) && !l.assigns(i) {
				continue
			}
			if !yield(i, l.spanOf(int(b.around))) {
				return
			}
		}
	}
}

// spanOf is the span of a declaration by its place; that of the file for -1.
func (l *look) spanOf(declaration int) treesitter.Span {
	if declaration < 0 {
		return treesitter.Span{End: len(l.x.File.Text)}
	}
	return l.x.File.Declarations[declaration].Span
}

// sites are those of one of the lists of Known: as they are in what is looked at.
func (l *look) sites(places []int32) iter.Seq[treesitter.TypeSite] {
	return func(yield func(treesitter.TypeSite) bool) {
		for _, i := range places {
			if !yield(l.x.File.TypeSites[i]) {
				return
			}
		}
	}
}

// returnsOf are the sites of what functions of a name give back.
func (l *look) returnsOf(name string) iter.Seq[treesitter.TypeSite] {
	if l.file.returns == nil {
		l.file.readSites()
	}
	return l.sites(l.file.returns[name])
}

// declarationsOf are the functions and classes of a name, by their places; with those of constructors, if that is wanted.
func (l *look) declarationsOf(name string, makers bool) []int32 {
	if l.file.declared == nil {
		l.file.readDeclarations()
	}
	list := l.file.declared[name]
	if makers && len(l.file.makers) > 0 {
		list = append(slices.Clone(list), l.file.makers...)
		slices.Sort(list)
		list = slices.Compact(list)
	}
	return list
}

// callsOf are the calls of functions of a name.
func (l *look) callsOf(name string) []int32 {
	if l.file.calls == nil {
		l.file.readCalls()
	}
	return l.file.calls[name]
}
