// Package project holds what the files around an open one say: their n-grams and how their names are used. It is what a completion and a check
// know beyond the file.
//
// Invariants:
//   - A View never counts the file that it is the view of, whichever version of it was set.
//   - A Project is bounded in tokens; the files set longest ago make room. It may be shared between goroutines.
package project

import (
	"slices"
	"sync"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model/cache"
	"mlm-lsp/treesitter"
)

// Uses counts how a name is used.
type Uses struct {
	Files                          int
	Names, Members, Calls, Typings int // occurrences: neither behind a dot nor called; behind a dot; called, behind a dot or not; as a type
	Defined                        int // occurrences that make it: definitions, fields, parameters
}

func (u *Uses) add(v Uses, by int) {
	u.Files += by * v.Files
	u.Names += by * v.Names
	u.Members += by * v.Members
	u.Calls += by * v.Calls
	u.Typings += by * v.Typings
	u.Defined += by * v.Defined
}

// Project counts the files of a project.
type Project struct {
	grams *cache.Workspace
	bound int

	mu    sync.RWMutex
	uses  map[string]Uses
	sizes map[int]map[string]bool // the names of uses by their length in bytes
	types map[typeOf]int          // annotations
	files map[string]*file
	order []string // paths by the time they were set, the oldest first
	total int      // tokens
}

type file struct {
	uses   map[string]Uses
	types  map[typeOf]int
	facts  func() *typings.Facts // read when somebody asks first
	bare   int                   // parameters without an annotation
	typed  int                   // and with one
	tokens int
}

// typeOf is a name and what it is annotated with.
type typeOf struct{ symbol, text string }

// New returns a project without files that holds at most so many tokens.
func New(tokens int) *Project {
	return &Project{grams: cache.NewWorkspace(tokens), bound: tokens, uses: map[string]Uses{}, sizes: map[int]map[string]bool{}, types: map[typeOf]int{}, files: map[string]*file{}}
}

// Set adds a file, or replaces it. One that is larger than the whole bound is not kept.
func (p *Project) Set(path string, f *treesitter.File) {
	tokens := make([]string, 0, len(f.Tokens))
	uses := map[string]Uses{}
	text := string(f.Text)
	for _, t := range f.Tokens {
		if t.Kind == treesitter.KindComment {
			continue
		}
		token := text[t.Start:t.End]
		tokens = append(tokens, token)
		if !t.Kind.Identifier() && t.Kind != treesitter.KindType || !names.IsName(token) {
			continue
		}
		u := uses[token]
		u.Files = 1
		switch {
		case t.Kind == treesitter.KindType:
			u.Typings++
		case t.Receiver.Len() > 0 || t.Kind == treesitter.KindAttribute:
			u.Members++
		default:
			u.Names++
		}
		if t.Kind == treesitter.KindCall {
			u.Calls++
		}
		if t.Declaring {
			u.Defined++
		}
		uses[token] = u
	}
	bare, typed := typings.Parameters(f)
	types := map[typeOf]int{}
	for _, a := range typings.Listed(f, treesitter.Span{}) {
		types[typeOf{a.Symbol, a.Type}]++
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(path)
	if len(tokens)+1 > p.bound {
		p.grams.Remove(path)
		return
	}
	// The n-grams make room by the same rule; here it is only kept in step.
	for p.total+len(tokens)+1 > p.bound {
		p.remove(p.order[0])
	}
	p.grams.Set(path, tokens)
	p.files[path] = &file{uses, types, factsLater(f), bare, typed, len(tokens) + 1}
	p.order = append(p.order, path)
	p.total += len(tokens) + 1
	for name, u := range uses {
		sum := p.uses[name]
		if sum.Files == 0 {
			if p.sizes[len(name)] == nil {
				p.sizes[len(name)] = map[string]bool{}
			}
			p.sizes[len(name)][name] = true
		}
		sum.add(u, 1)
		p.uses[name] = sum
	}
	for t, n := range types {
		p.types[t] += n
	}
}

// Remove forgets a file; one that is not there is no error.
func (p *Project) Remove(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grams.Remove(path)
	p.remove(path)
}

func (p *Project) remove(path string) {
	f, ok := p.files[path]
	if !ok {
		return
	}
	delete(p.files, path)
	for i, other := range p.order {
		if other == path {
			p.order = append(p.order[:i:i], p.order[i+1:]...)
			break
		}
	}
	p.total -= f.tokens
	for name, u := range f.uses {
		sum := p.uses[name]
		if sum.add(u, -1); sum.Files == 0 {
			delete(p.uses, name)
			delete(p.sizes[len(name)], name)
			continue
		}
		p.uses[name] = sum
	}
	for t, n := range f.types {
		if p.types[t] -= n; p.types[t] == 0 {
			delete(p.types, t)
		}
	}
}

// Len returns the number of files and of tokens that are held.
func (p *Project) Len() (files, tokens int) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.files), p.total
}

// View is the project as one file sees it: all others.
type View struct {
	// Grams are the n-grams of the others.
	Grams   *cache.View
	project *Project
	path    string
}

// View returns the project without the file at path.
func (p *Project) View(path string) *View {
	return &View{Grams: p.grams.View(path), project: p, path: path}
}

// Uses returns how the others use a name.
func (v *View) Uses(name string) Uses {
	p := v.project
	p.mu.RLock()
	defer p.mu.RUnlock()
	u := p.uses[name]
	if own, ok := p.files[v.path]; ok {
		u.add(own.uses[name], -1)
	}
	return u
}

// Like returns the names that the others use and that are one slip (names.SlipOf) from a name, in order.
func (v *View) Like(name string) []string {
	p := v.project
	p.mu.RLock()
	defer p.mu.RUnlock()
	own := p.files[v.path]
	var list []string
	for size := len(name) - 1; size <= len(name)+1; size++ {
		for other := range p.sizes[size] {
			if names.SlipOf(name, other) != names.NoSlip && (own == nil || own.uses[other].Files < p.uses[other].Files) {
				list = append(list, other)
			}
		}
	}
	slices.Sort(list)
	return list
}

// Types tells take what the others annotate names with, each pair of a name (empty for a pattern) and a type once. The order is not told.
func (v *View) Types(take func(symbol, text string, times int)) {
	p := v.project
	p.mu.RLock()
	defer p.mu.RUnlock()
	var own map[typeOf]int
	if f, ok := p.files[v.path]; ok {
		own = f.types
	}
	for t, n := range p.types {
		if n > own[t] {
			take(t.symbol, t.text, n-own[t])
		}
	}
}

// factsLater reads a file's facts when they are first asked for: till then the file is held.
func factsLater(f *treesitter.File) func() *typings.Facts {
	if !typings.Follows(f.Language) {
		return func() *typings.Facts { return nil }
	}
	return sync.OnceValue(func() *typings.Facts { return typings.FactsOf(f) })
}

// Facts lists what the others say of their functions and classes, a file each, in the order of their paths.
func (v *View) Facts() (list []*typings.Facts) {
	p := v.project
	p.mu.RLock()
	paths := make([]string, 0, len(p.files))
	for path := range p.files {
		if path != v.path {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	read := make([]func() *typings.Facts, len(paths))
	for i, path := range paths {
		read[i] = p.files[path].facts
	}
	p.mu.RUnlock()
	for _, facts := range read {
		if f := facts(); f != nil {
			list = append(list, f)
		}
	}
	return list
}

// Parameters counts those of the others' functions that have no annotation, and those that have one.
func (v *View) Parameters() (bare, typed int) {
	p := v.project
	p.mu.RLock()
	defer p.mu.RUnlock()
	for path, f := range p.files {
		if path != v.path {
			bare, typed = bare+f.bare, typed+f.typed
		}
	}
	return bare, typed
}
