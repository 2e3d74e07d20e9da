package index

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/treesitter"
)

// Symbol is a name that a file defines outside of its functions.
type Symbol struct {
	Name string
	// Kind is variable, function, type (classes, interfaces, enums and aliases), field or method.
	Kind treesitter.DefinitionKind
	// Of is the class, type or namespace that holds it; "" at the top of the file.
	Of string
	// Type is what it is annotated with, of a function and a method what they return; "" where nothing stands.
	Type string
	// Exported: other files may use it, as its language or the custom of its language has it.
	Exported bool
	// Path is the file, Start the byte at which the name begins there, Line its line, from 0: in the text that was read last.
	Path        string
	Start, Line int
}

// Import is a name that a file takes from elsewhere.
type Import struct {
	// Name is what the file calls it.
	Name string
	// Module is where it is from, as it is written there.
	Module string
	// Of is its name in the module: "" for the module itself, "default" and "*" as in JavaScript.
	Of string
}

// facts are what the index keeps of a file.
type facts struct {
	language    string
	packageName string // of the package clause: Java's, Go's
	symbols     []Symbol
	imports     []Import
	annotated   []string // names with annotations, each once
}

// most is how many facts of each sort are kept of one file: what has more was written by a machine.
const most = 2000

// factsOf reads them out of a file.
func factsOf(path string, f *treesitter.File) *facts {
	r := &reader{File: f, text: string(f.Text), path: path}
	found := &facts{language: f.Language, packageName: r.packageName(), symbols: r.symbols(), imports: r.imports()}
	seen := map[string]bool{"": true}
	for _, a := range typings.Listed(f, treesitter.Span{}) {
		if !seen[a.Symbol] && len(found.annotated) < most {
			seen[a.Symbol] = true
			found.annotated = append(found.annotated, a.Symbol)
		}
	}
	return found
}

// reader is a file that facts are read from.
type reader struct {
	*treesitter.File
	text string
	path string
}

func (r *reader) of(s treesitter.Span) string { return r.text[s.Start:s.End] }

// place is a definition, and the scope it is in.
type place struct {
	treesitter.Definition
	scope int
}

// symbols lists what is defined at the top of the file and in its classes.
func (r *reader) symbols() (list []Symbol) {
	places := r.places()
	functions := map[int]bool{} // where the name of one begins
	for _, p := range places {
		if p.Kind == treesitter.DefinitionFunction || p.Kind == treesitter.DefinitionMethod {
			functions[p.Span.Start] = true
		}
	}
	types := r.types()
	exported := r.exports()
	var around []treesitter.Declaration // those that the sweep is in, outer first
	next, line, counted := 0, 0, 0
	for _, p := range places {
		for next < len(r.Declarations) && r.Declarations[next].Start <= p.Span.Start {
			around = append(around, r.Declarations[next])
			next++
		}
		around = slices.DeleteFunc(around, func(d treesitter.Declaration) bool { return d.End <= p.Span.Start })
		// What a method defines for its class stands in the scope of the class, so that the scope says in which declarations it is.
		scope := r.Scopes[p.scope]
		holder, local, declared := "", r.inFunction(p.scope), false
		for _, d := range around {
			if d.Name == p.Name && d.Header.Start <= p.Span.Start && p.Span.End <= d.Header.End {
				declared = true
			}
			if p.scope > 0 && d.Start <= scope.Start && scope.End <= d.End {
				holder = d.Name
				local = local || r.isFunction(d, functions)
			}
		}
		line += strings.Count(r.text[counted:p.Span.Start], "\n")
		counted = p.Span.Start
		kind, kept := kindIn(scope.Kind, p.Kind)
		if scope.Kind == treesitter.ScopeBlock {
			kept = kept && declared // the parameters of a class are types, too
		}
		if local || !kept || !names.IsName(p.Name) || len(p.Name) > 100 || len(list) == most {
			continue
		}
		if r.Language == "go" && kind == treesitter.DefinitionMethod && holder == "" {
			holder = r.receiver(p.Span.Start)
		}
		site := "variable"
		switch kind {
		case treesitter.DefinitionFunction, treesitter.DefinitionMethod:
			site = "return"
		case treesitter.DefinitionField:
			site = "field"
		}
		list = append(list, Symbol{
			Name: p.Name, Kind: kind, Of: holder, Type: types.behind(p.Name, site, p.Span.Start), Exported: r.exported(p, holder, exported),
			Path: r.path, Start: p.Span.Start, Line: line,
		})
	}
	return list
}

// places lists the definitions of the file by their start.
func (r *reader) places() (list []place) {
	for i, s := range r.Scopes {
		for _, d := range s.Definitions {
			list = append(list, place{d, i})
		}
	}
	slices.SortStableFunc(list, func(a, b place) int { return a.Span.Start - b.Span.Start })
	return list
}

// inFunction tells whether a scope is in one whose names are its own. In languages of blocks it is the declarations that tell.
func (r *reader) inFunction(scope int) bool {
	for i := int32(scope); i >= 0; i = r.Scopes[i].Parent {
		if r.Scopes[i].Kind == treesitter.ScopeFunction {
			return true
		}
	}
	return false
}

// isFunction tells whether a declaration is one.
func (r *reader) isFunction(d treesitter.Declaration, functions map[int]bool) bool {
	for i, header := r.next(d.Start), d.Header.End; i < len(r.Tokens) && r.Tokens[i].Start < header; i++ {
		if functions[r.Tokens[i].Start] && r.of(r.Tokens[i].Span) == d.Name {
			return true
		}
	}
	return false
}

// next is the index of the first token that ends behind an offset.
func (r *reader) next(offset int) int {
	i, _ := slices.BinarySearchFunc(r.Tokens, offset, func(t treesitter.Token, offset int) int { return t.End - offset - 1 })
	return i
}

// kindIn is what a definition is for others, given the scope that it stands in; kept is false for what is nothing to them.
func kindIn(scope treesitter.ScopeKind, kind treesitter.DefinitionKind) (_ treesitter.DefinitionKind, kept bool) {
	switch kind {
	case treesitter.DefinitionImport, treesitter.DefinitionParameter:
		return kind, false
	}
	switch scope {
	case treesitter.ScopeClass:
		switch kind { // some grammars tell members from others, some do not
		case treesitter.DefinitionFunction:
			kind = treesitter.DefinitionMethod
		case treesitter.DefinitionVariable:
			kind = treesitter.DefinitionField
		}
	case treesitter.ScopeBlock: // of a namespace
		return kind, kind == treesitter.DefinitionType || kind == treesitter.DefinitionFunction
	}
	return kind, true
}

// receiver is the type of a method of Go, whose name begins at an offset.
func (r *reader) receiver(name int) string {
	for i := r.next(name) - 1; i >= 0 && r.of(r.Tokens[i].Span) != "func"; i-- {
		if r.Tokens[i].Kind == treesitter.KindType && (i == 0 || r.of(r.Tokens[i-1].Span) != "[" && r.of(r.Tokens[i-1].Span) != ",") {
			return r.of(r.Tokens[i].Span)
		}
	}
	return ""
}

// sites are the annotations of a file by symbol and kind, by their start.
type sites map[siteName][]treesitter.TypeSite

type siteName struct{ symbol, kind string }

func (r *reader) types() sites {
	list := sites{}
	for _, s := range r.TypeSites {
		if typings.Askable(s.Existing) {
			key := siteName{typings.Symbol(s), s.Kind}
			list[key] = append(list[key], s)
		}
	}
	return list
}

// behind returns the annotation that belongs to the definition of a name: the nearest within a few lines, behind the name or, as in C, before it.
func (s sites) behind(name, kind string, start int) string {
	text, nearest := "", 600
	for _, site := range s[siteName{name, kind}] {
		if d := max(site.Start-start, start-site.Start); d < nearest {
			text, nearest = site.Existing, d
		}
	}
	return text
}

// modifiers are the words that may stand between one that exports, or hides, and the name that it is about.
var modifiers = set(`abstract async class const constexpr declare default enum extern final fn func function get inline interface let mod mut namespace readonly set static struct
	synchronized trait type union unsafe var virtual volatile native transient record def * ( ) crate super in self`)

func set(text string) map[string]bool {
	list := map[string]bool{}
	for _, word := range strings.Fields(text) {
		list[word] = true
	}
	return list
}

// says tells whether a word stands before a name, with nothing but modifiers and types between.
func (r *reader) says(word string, name int) bool {
	for i := r.next(name) - 1; i >= 0; i-- {
		switch t := r.Tokens[i]; {
		case r.of(t.Span) == word:
			return true
		case t.Kind != treesitter.KindType && !modifiers[r.of(t.Span)]:
			return false
		}
	}
	return false
}

// exported tells whether others may use a definition.
func (r *reader) exported(p place, holder string, listed map[string]bool) bool {
	switch r.Language {
	case "python":
		return !strings.HasPrefix(p.Name, "_")
	case "go":
		first, _ := utf8.DecodeRuneInString(p.Name)
		return unicode.IsUpper(first)
	case "javascript", "typescript", "tsx":
		if holder != "" && p.scope > 0 && r.Scopes[p.scope].Kind == treesitter.ScopeClass {
			return !strings.HasPrefix(p.Name, "#") && !r.says("private", p.Span.Start) && !r.says("protected", p.Span.Start)
		}
		return listed[p.Name] || r.says("export", p.Span.Start)
	case "rust":
		return r.says("pub", p.Span.Start)
	case "c", "cpp":
		return holder != "" || !r.says("static", p.Span.Start)
	}
	return !r.says("private", p.Span.Start)
}

// exports lists the names that JavaScript's lists export: "export { a, b as c }" and "module.exports = { a, b }", "exports.a = ".
func (r *reader) exports() map[string]bool {
	list := map[string]bool{}
	if r.Language != "javascript" && r.Language != "typescript" && r.Language != "tsx" {
		return list
	}
	at := func(i int) string {
		if i < len(r.Tokens) {
			return r.of(r.Tokens[i].Span)
		}
		return ""
	}
	for i := range r.Tokens {
		switch at(i) {
		case "export":
			if at(i+1) == "default" {
				list[at(i+2)] = true
			}
			for k := i + 2; at(i+1) == "{" && k < len(r.Tokens) && at(k) != "}"; k++ {
				list[at(k)] = true
			}
		case "exports":
			if at(i+1) == "." {
				list[at(i+2)] = true
			}
			if at(i+1) != "=" {
				continue
			}
			list[at(i+2)] = true
			for k := i + 3; at(i+2) == "{" && k < len(r.Tokens) && at(k) != "}"; k++ {
				if at(k-1) == "{" || at(k-1) == "," || at(k-1) == ":" {
					list[at(k)] = true
				}
			}
		}
	}
	return list
}

// packageName is what the package clause says.
func (r *reader) packageName() string {
	if r.Language != "go" && r.Language != "java" {
		return ""
	}
	for i, t := range r.Tokens[:min(len(r.Tokens), 200)] {
		if t.Kind != treesitter.KindKeyword || r.of(t.Span) != "package" {
			continue
		}
		name := ""
		for _, t := range r.Tokens[i+1:] {
			if text := r.of(t.Span); names.IsName(text) && (name == "" || strings.HasSuffix(name, ".")) || text == "." {
				name += text
				continue
			}
			break
		}
		return name
	}
	return ""
}
