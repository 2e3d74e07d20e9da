// Package index knows what every file of a workspace folder defines and imports, and which names it annotates: more files than package project reads for the n-grams around one, and less of each.
// It is built in the background (Refresh), kept in the user's cache directory between sessions (Open, Save), and asked by name.
//
// Invariants:
//   - It is bounded in files and in facts, in memory and so on the disk.
//   - What was outdated (Outdate) is not told any more, until it was read again. A text that an editor has open goes before the disk's.
//   - What is read from the cache directory is checked, and whatever is wrong with it costs only the time to read the folder again. A file whose size and time of change are those
//     that were noted is not read again, unless it was changed so shortly before it was read that a later change may have the same time.
//   - Everything that it tells is plain data, and everything may be asked by many goroutines at once.
package index

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"mlm-lsp/treesitter"
)

// Bounds are how much an index holds.
type Bounds struct {
	Files int // files
	Facts int // symbols, imports and annotated names of all of them; some 40 bytes each
}

// DefaultBounds let in projects of a million lines.
var DefaultBounds = Bounds{Files: 20_000, Facts: 600_000}

// Index is what is known of a folder.
type Index struct {
	folder string
	read   func(path string) ([]byte, error)
	bounds Bounds
	store  string // the file that it is kept in; "" for none

	refreshing sync.Mutex // one refresh at a time; taken before mu

	mu      sync.RWMutex
	words   []string // by id; the first is ""
	ids     map[string]uint32
	files   map[string]*file
	naming  map[uint32][]*file // the files of which a name is a symbol, an import or annotated
	facts   int
	changed bool              // since it was last saved
	during  map[string]bool   // what was outdated since the refresh that runs began; nil while none does
	modules map[string]string // what Go's modules and Rust's crates are called, by manifest; nil until it is asked for
}

// file is what is kept of one.
type file struct {
	path, language string
	size, modified int64 // as they were when it was read; the latter in nanoseconds since 1970
	doubtful       bool  // it may have changed since without a sign
	outdated       bool
	buffer         bool // it is what an editor has open
	packageName    uint32
	symbols        []symbol
	imports        []imported
	annotated      []uint32
}

type symbol struct {
	name, of, text uint32
	start, line    uint32
	kind           treesitter.DefinitionKind
	exported       bool
}

type imported struct{ name, module, of uint32 }

// New returns an empty index of a folder, which read reads the files of.
func New(folder string, read func(path string) ([]byte, error), bounds Bounds) *Index {
	x := &Index{folder: folder, read: read, bounds: bounds}
	x.clear()
	return x
}

func (x *Index) clear() {
	x.words, x.ids = []string{""}, map[string]uint32{"": 0}
	x.files, x.naming, x.facts, x.modules = map[string]*file{}, map[uint32][]*file{}, 0, nil
}

// Len returns the number of files and of facts that are held.
func (x *Index) Len() (files, facts int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.files), x.facts
}

func (x *Index) id(text string) uint32 {
	id, ok := x.ids[text]
	if !ok {
		id = uint32(len(x.words))
		text = strings.Clone(text) // lest a word pins the text of its file
		x.ids[text] = id
		x.words = append(x.words, text)
	}
	return id
}

// pack puts the facts of a file into numbers.
func (x *Index) pack(path string, found *facts) *file {
	f := &file{path: path, language: found.language, packageName: x.id(found.packageName)}
	f.symbols = make([]symbol, 0, len(found.symbols))
	for _, s := range found.symbols {
		f.symbols = append(f.symbols, symbol{
			name: x.id(s.Name), of: x.id(s.Of), text: x.id(s.Type), start: uint32(s.Start), line: uint32(s.Line), kind: s.Kind, exported: s.Exported,
		})
	}
	f.imports = make([]imported, 0, len(found.imports))
	for _, i := range found.imports {
		f.imports = append(f.imports, imported{x.id(i.Name), x.id(i.Module), x.id(i.Of)})
	}
	f.annotated = make([]uint32, 0, len(found.annotated))
	for _, name := range found.annotated {
		f.annotated = append(f.annotated, x.id(name))
	}
	return f
}

// facts counts those of a file.
func (f *file) facts() int { return len(f.symbols) + len(f.imports) + len(f.annotated) }

// names calls take with every name that a file is found by, some of them more than once.
func (f *file) names(take func(uint32)) {
	for _, s := range f.symbols {
		take(s.name)
	}
	for _, i := range f.imports {
		take(i.name)
	}
	for _, name := range f.annotated {
		take(name)
	}
}

// add puts a file in, in place of what is there of it.
func (x *Index) add(f *file) {
	x.remove(f.path)
	x.files[f.path] = f
	x.facts += f.facts()
	seen := map[uint32]bool{}
	f.names(func(name uint32) {
		if !seen[name] {
			seen[name] = true
			x.naming[name] = append(x.naming[name], f)
		}
	})
	x.changed = true
}

func (x *Index) remove(path string) {
	f := x.files[path]
	if f == nil {
		return
	}
	delete(x.files, path)
	x.facts -= f.facts()
	f.names(func(name uint32) {
		list := x.naming[name]
		if i := slices.Index(list, f); i >= 0 {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			x.naming[name] = list[:len(list)-1]
		}
		if len(x.naming[name]) == 0 {
			delete(x.naming, name)
		}
	})
	x.changed = true
}

// Set has the index know a file as an editor has it, until Outdate says that it is to be read from the disk again.
func (x *Index) Set(path string, f *treesitter.File) {
	found := factsOf(path, f)
	x.mu.Lock()
	defer x.mu.Unlock()
	packed := x.pack(path, found)
	packed.buffer = true
	x.remove(path)
	if x.room(packed) {
		x.add(packed)
	}
}

// room reports whether a file may be added, after older ones made way if they must. What an editor has open is newer than anything.
func (x *Index) room(f *file) bool {
	if f.facts() > x.bounds.Facts {
		return false
	}
	for len(x.files)+1 > x.bounds.Files || x.facts+f.facts() > x.bounds.Facts {
		var oldest *file
		for _, other := range x.files {
			if !other.buffer && (oldest == nil || other.modified < oldest.modified) {
				oldest = other
			}
		}
		if oldest == nil || !f.buffer && oldest.modified >= f.modified {
			return false
		}
		x.remove(oldest.path)
	}
	return true
}

// Outdate notes that files, or whole directories, are no longer what they were, or not there. They are not told of until a Refresh has read them.
func (x *Index) Outdate(paths ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	outdate := func(f *file) {
		f.outdated, f.buffer = true, false
		x.changed = true
	}
	for _, path := range paths {
		if x.during != nil {
			x.during[path] = true
		}
		if f := x.files[path]; f != nil {
			outdate(f)
			continue
		}
		for _, f := range x.files {
			if strings.HasPrefix(f.path, path+string(filepath.Separator)) {
				outdate(f)
			}
		}
	}
}

// related tells whether names of one language mean something in another: those of JavaScript and of TypeScript do, and those of C and of C++.
func related(a, b string) bool { return family(a) == family(b) }

func family(language string) string {
	switch language {
	case "typescript", "tsx":
		return "javascript"
	case "cpp":
		return "c"
	}
	return language
}

func (x *Index) symbol(f *file, s symbol) Symbol {
	return Symbol{
		Name: x.words[s.name], Kind: s.kind, Of: x.words[s.of], Type: x.words[s.text], Exported: s.exported, Path: f.path, Start: int(s.start), Line: int(s.line),
	}
}

// Find returns the definitions of a name in a language and those that share its files, those that others may use first, then by path and line.
func (x *Index) Find(language, name string) (list []Symbol) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	id, ok := x.ids[name]
	if !ok {
		return nil
	}
	for _, f := range x.naming[id] {
		if f.outdated || !related(f.language, language) {
			continue
		}
		for _, s := range f.symbols {
			if s.name == id {
				list = append(list, x.symbol(f, s))
			}
		}
	}
	sortSymbols(list)
	return list
}

func sortSymbols(list []Symbol) {
	slices.SortFunc(list, func(a, b Symbol) int {
		if a.Exported != b.Exported {
			if a.Exported {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.Path, b.Path), a.Start-b.Start)
	})
}

// Imported is how files of the project take a name from elsewhere.
type Imported struct {
	Import
	Files int
	Path  string // of one of them: a module may be named from there
}

// Imports returns how the other files of a language import what they call by a name, the most frequent first. but is the path of the file that asks.
func (x *Index) Imports(language, name, but string) []Imported {
	x.mu.RLock()
	defer x.mu.RUnlock()
	id, ok := x.ids[name]
	if !ok {
		return nil
	}
	counted := map[imported]Imported{}
	for _, f := range x.naming[id] {
		if f.outdated || f.path == but || !related(f.language, language) {
			continue
		}
		for _, i := range f.imports {
			if i.name != id {
				continue
			}
			sum := counted[i]
			if sum.Files++; sum.Path == "" || f.path < sum.Path {
				sum.Path = f.path
			}
			counted[i] = sum
		}
	}
	var list []Imported
	for i, sum := range counted {
		sum.Import = Import{Name: name, Module: x.words[i.module], Of: x.words[i.of]}
		list = append(list, sum)
	}
	slices.SortFunc(list, func(a, b Imported) int {
		return cmp.Or(b.Files-a.Files, strings.Compare(a.Module, b.Module), strings.Compare(a.Of, b.Of))
	})
	return list
}

// Names lists names that begin with a prefix and that a file may mean which none of its own text tells it of: what other files define for others at their top, and with members what their
// classes hold, too. Those that most files define, import or annotate come first; at most atMost are listed. but is the path of the file that asks: a name that it alone has is not listed.
func (x *Index) Names(language, prefix string, members bool, but string, atMost int) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	type found struct {
		name  string
		files int
	}
	var list []found
	for id, files := range x.naming {
		if name := x.words[id]; strings.HasPrefix(name, prefix) && slices.ContainsFunc(files, func(f *file) bool {
			return !f.outdated && f.path != but && related(f.language, language) && f.offers(id, members)
		}) {
			list = append(list, found{name, len(files)})
		}
	}
	slices.SortFunc(list, func(a, b found) int { return cmp.Or(b.files-a.files, strings.Compare(a.name, b.name)) })
	names := make([]string, 0, min(atMost, len(list)))
	for _, f := range list[:cap(names)] {
		names = append(names, f.name)
	}
	return names
}

// offers tells whether a file defines a name for others.
func (f *file) offers(name uint32, members bool) bool {
	return slices.ContainsFunc(f.symbols, func(s symbol) bool {
		return s.name == name && s.exported && (members || s.of == 0 || s.kind == treesitter.DefinitionType)
	})
}
