package suspect

import (
	"bytes"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// file is what is known of a whole file before its sites are looked at.
type file struct {
	x       *names.Index
	project *project.View // nil without one
	corpus  *ngram.Reader // nil without one, or where it says nothing of the language
	tokens  []treesitter.Token
	texts   []string         // by token
	names   map[string]*name // that were met, in the file or among the choices
	named   []*name          // by token; nil where it is no identifier
	members []int32          // identifier tokens behind a dot or before a colon, ascending, and the others
	bare    []int32

	lineOf    []int32            // by token: its line
	first     []int32            // by line: its first token; one more at the end
	lines     []string           // by line: its text without white space around
	same      map[string][]int32 // lines by text
	function  []span32           // by token: the tokens of the innermost declaration around it
	imports   func(int) bool
	defined   map[string]int // how often a name is defined, in any scope
	params    map[string][]string
	calls     map[string][]treesitter.Call
	argument  map[int32]argument  // by first token of an argument
	memo      map[uint64]likeness // by the numbers of two names
	close     map[string][]string // see similar
	bySubword map[string][]string
	known     []*name // all distinct identifiers, in the order of the text
	byLength  map[int][]string
	words     map[string]int // parts of names, and of the words of comments and strings
	spoken    map[string]int // words of comments and strings
	votes     votes
	operators map[string][]int32 // operator tokens by text, made when first asked for
	unnamed   bool               // it takes names from another file without saying which: import *

	place   int32    // how many sites were gathered for, see name
	scratch []choice // of the site that is gathered for
	line    []byte   // see repeats
}

// name is what is known of a name in the whole file.
type name struct {
	text   string
	number uint32
	at     []int32 // its identifier tokens, ascending
	spoken float32 // see inSpoken
	title  float32 // see inTitle
	key    string  // see key; made when first asked for
	uses   *project.Uses

	// Of the site that is gathered for, where these are its number: the name is among the choices; it is visible, as which of the visible names.
	taken, visible int32
	as             int
}

// name returns what is known of a name.
func (f *file) name(text string) *name {
	n, ok := f.names[text]
	if !ok {
		n = &name{text: text, number: uint32(len(f.names)), title: rank.Flag(upper((strings.TrimLeft(text, "_$") + "a")[0])), spoken: rank.Log1p(f.spoken[text])}
		f.names[text] = n
	}
	return n
}

// span32 is a half-open range of tokens.
type span32 struct{ lo, hi int32 }

// argument is the place of an argument in its call.
type argument struct{ call, position int }

func newFile(x *names.Index, around *project.View, corpus *ngram.Model) *file {
	f := &file{
		x: x, project: around, tokens: x.File.Tokens, texts: make([]string, len(x.File.Tokens)), names: map[string]*name{}, named: make([]*name, len(x.File.Tokens)), imports: insideOf(x.File.Imports),
		defined: map[string]int{}, params: map[string][]string{}, calls: map[string][]treesitter.Call{}, argument: map[int32]argument{},
		memo: map[uint64]likeness{}, close: map[string][]string{}, bySubword: map[string][]string{}, byLength: map[int][]string{},
	}
	if corpus != nil {
		f.corpus = corpus.Reader(x.File.Language)
	}
	for i, t := range f.tokens {
		f.texts[i] = x.Text(t.Span)
	}
	f.readSpoken()
	for i, t := range f.tokens {
		if !t.Kind.Identifier() && t.Kind != treesitter.KindType {
			continue
		}
		n := f.name(f.texts[i])
		if len(n.at) == 0 {
			f.known = append(f.known, n)
		}
		n.at = append(n.at, int32(i))
		f.named[i] = n
		if f.member(t) {
			f.members = append(f.members, int32(i))
		} else {
			f.bare = append(f.bare, int32(i))
		}
	}
	for _, n := range f.known {
		f.byLength[len(n.text)] = append(f.byLength[len(n.text)], n.text)
		parts := names.Parts(n.text)
		for _, word := range append(parts, starts(n.text)) {
			if word != "" {
				f.bySubword[word] = append(f.bySubword[word], n.text)
			}
		}
		for _, part := range parts {
			f.words[part] += len(n.at)
		}
	}
	for _, scope := range x.File.Scopes {
		for _, d := range scope.Definitions {
			f.defined[d.Name]++
		}
	}
	for _, span := range x.File.Imports {
		line := x.File.Text[span.Start:span.End]
		if x.File.Language == "python" && bytes.HasSuffix(bytes.TrimRight(line, " \t\r\n;"), []byte("import *")) || x.File.Language == "go" && bytes.Contains(line, []byte(". \"")) {
			f.unnamed = true
		}
	}
	f.splitLines()
	f.findFunctions()
	f.findParameters()
	f.votes = f.copies()
	for c, call := range x.File.Calls {
		callee := names.Compact(x.Text(call.Callee))
		f.calls[callee] = append(f.calls[callee], call)
		for i, a := range call.Arguments {
			f.argument[int32(x.Next(a.Start))] = argument{c, i}
		}
	}
	return f
}

func (f *file) splitLines() {
	text := f.x.File.Text
	f.lineOf = make([]int32, len(f.tokens))
	f.same = map[string][]int32{}
	next := 0
	for start := 0; start <= len(text); {
		end := lineEnd(text, start)
		f.first = append(f.first, int32(next))
		for next < len(f.tokens) && f.tokens[next].Start <= end {
			f.lineOf[next] = int32(len(f.lines))
			next++
		}
		line := string(bytes.TrimSpace(text[start:end]))
		f.lines = append(f.lines, line)
		f.same[line] = append(f.same[line], int32(len(f.lines)-1))
		start = end + 1
	}
	f.first = append(f.first, int32(next))
}

// findFunctions sweeps over the declarations, which are sorted by start, outer before inner.
func (f *file) findFunctions() {
	f.function = make([]span32, len(f.tokens))
	for i := range f.function {
		f.function[i] = span32{0, int32(len(f.tokens))}
	}
	for _, d := range f.x.File.Declarations {
		lo := sort.Search(len(f.tokens), func(i int) bool { return f.tokens[i].Start >= d.Start })
		hi := lo + sort.Search(len(f.tokens)-lo, func(i int) bool { return f.tokens[lo+i].Start >= d.End })
		for i := lo; i < hi; i++ {
			f.function[i] = span32{int32(lo), int32(hi)}
		}
	}
}

// findParameters lists the parameters of the file's functions by the function's name; names that two functions have are left out.
func (f *file) findParameters() {
	twice := map[string]bool{}
	for _, d := range f.x.File.Declarations {
		var list []string
		for i := f.x.Next(d.Header.Start); i < len(f.tokens) && f.tokens[i].Start < d.Header.End; i++ {
			if t := f.tokens[i]; t.Kind == treesitter.KindParameter && !receivers[f.texts[i]] {
				list = append(list, f.texts[i])
			}
		}
		if _, ok := f.params[d.Name]; ok {
			twice[d.Name] = true
		}
		f.params[d.Name] = list
	}
	for name := range twice {
		delete(f.params, name)
	}
}

// count returns how many of the tokens of a name lie in a range, the token but left out.
func (n *name) count(in span32, but int) int {
	list := n.at
	lo := sort.Search(len(list), func(i int) bool { return list[i] >= in.lo })
	hi := sort.Search(len(list), func(i int) bool { return list[i] >= in.hi })
	times := hi - lo
	if i := sort.Search(len(list), func(i int) bool { return int(list[i]) >= but }); i < len(list) && int(list[i]) == but && in.lo <= int32(but) && int32(but) < in.hi {
		times--
	}
	return times
}

// nearest returns the distances in tokens to the nearest occurrence of a name before and behind a token; -1 where there is none.
func (n *name) nearest(token int) (before, after int) {
	list := n.at
	i := sort.Search(len(list), func(i int) bool { return int(list[i]) >= token })
	before, after = -1, -1
	if i > 0 {
		before = token - int(list[i-1])
	}
	if i < len(list) && int(list[i]) == token {
		i++
	}
	if i < len(list) {
		after = int(list[i]) - token
	}
	return before, after
}

// similar lists the names of the file that are most like a name, the most alike first.
func (f *file) similar(name string) []string {
	if list, ok := f.close[name]; ok {
		return list
	}
	type scored struct {
		name  string
		score float32
	}
	var all []scored
	seen := map[string]bool{name: true}
	for _, word := range append(names.Parts(name), starts(name)) {
		others := f.bySubword[word]
		if word == "" || len(others) > maxSharers {
			continue
		}
		for _, other := range others {
			if seen[other] {
				continue
			}
			seen[other] = true
			l := f.likeness(name, other)
			if score := l.ratio + l.words; score > 0.5 {
				all = append(all, scored{other, score})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score > all[j].score })
	list := make([]string, 0, maxSimilar)
	for _, s := range all[:min(maxSimilar, len(all))] {
		list = append(list, s.name)
	}
	f.close[name] = list
	return list
}

const (
	maxSimilar = 16  // names that are offered because they are like what stands there
	maxSharers = 400 // a part that more names than that have in common says nothing
)

// likeness compares two names.
func (f *file) likeness(a, b string) likeness {
	key := uint64(f.name(a).number)<<32 | uint64(f.name(b).number)
	l, ok := f.memo[key]
	if !ok {
		l = compare(a, b)
		f.memo[key] = l
	}
	return l
}

// insideOf returns a function that tells whether an offset is in one of the spans, which are sorted.
func insideOf(spans []treesitter.Span) func(int) bool {
	return func(offset int) bool {
		i := sort.Search(len(spans), func(i int) bool { return spans[i].End > offset })
		return i < len(spans) && spans[i].Start <= offset
	}
}

func lineEnd(text []byte, from int) int {
	if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(text)
}

// last returns the last name of a path: "b" of "a.b".
func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
