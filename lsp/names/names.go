// Package names knows which names of a file may stand at a place, and holds the file's n-gram cache beside them: the two things that lsp/complete and lsp/suspect
// ask before they ask the model.
//
// Invariant: a place never sees itself. Every method takes the span asked about, and an occurrence inside it counts as absent.
// An Index does not change after New and may be shared between goroutines.
package names

import (
	"sort"
	"strings"

	"mlm-lsp/model/cache"
	"mlm-lsp/treesitter"
)

// Index is what is known of one file.
type Index struct {
	File  *treesitter.File
	Cache *cache.File

	text     string
	counted  []int32            // per token: its place in the cache, or that of the next token that is in it (comments are not)
	receiver map[string][]int32 // tokens behind a dot, by the text before it
	tail     map[string][]int32 // the same, by the last name of the text before it
	byKind   [treesitter.NumKinds][]int32

	*shared
	// Of With: all but the text is asked of these.
	base  *Index
	first int
	whole func() *Index
}

// New indexes a file; a file of 4,000 lines takes a few milliseconds.
func New(f *treesitter.File) *Index {
	x := &Index{File: f, text: string(f.Text), counted: make([]int32, len(f.Tokens)+1), receiver: map[string][]int32{}, tail: map[string][]int32{}}
	texts := make([]string, 0, len(f.Tokens))
	for i, t := range f.Tokens {
		x.counted[i] = int32(len(texts))
		if t.Kind != treesitter.KindComment {
			texts = append(texts, x.text[t.Start:t.End])
		}
		x.byKind[t.Kind] = append(x.byKind[t.Kind], int32(i))
		if t.Receiver.Len() > 0 {
			key := Compact(x.text[t.Receiver.Start:t.Receiver.End])
			x.receiver[key] = append(x.receiver[key], int32(i))
			key = Tail(key)
			x.tail[key] = append(x.tail[key], int32(i))
		}
	}
	x.counted[len(f.Tokens)] = int32(len(texts))
	x.Cache = cache.NewFile(texts)
	x.shared = share(x)
	return x
}

// Bare returns an index that knows the text alone: Text, Next and Function. It costs nothing.
func Bare(f *treesitter.File) *Index {
	x := &Index{File: f, text: string(f.Text)}
	x.shared = share(x)
	return x
}

// Text returns the text of a span.
func (x *Index) Text(s treesitter.Span) string { return x.text[s.Start:s.End] }

// Next returns the index of the first token that ends behind offset, len(Tokens) when there is none.
func (x *Index) Next(offset int) int {
	return sort.Search(len(x.File.Tokens), func(i int) bool { return x.File.Tokens[i].End > offset })
}

// Gap returns the place of a span in the cache: the first token that touches it and how many do. An empty span is an insertion.
func (x *Index) Gap(s treesitter.Span) (site, width int) {
	first := x.Next(s.Start)
	last := first
	for last < len(x.File.Tokens) && x.File.Tokens[last].Start < s.End {
		last++
	}
	site = x.place(first)
	return site, x.place(last) - site
}

// Name is a name that may stand at a place.
type Name struct {
	Text string
	Kind treesitter.Kind // of one of its occurrences
	// Definition says what a visible name stands for; it means nothing for other names.
	Definition treesitter.DefinitionKind
	// Near: a visible name is defined in the innermost function; a member was seen on the same receiver.
	Near bool
	// Seen is how often a name that is not from Visible stands elsewhere in the file as the same sort of token: a member, or not one.
	Seen int
}

// Visible returns the names that are defined, visible and known at the place, nearest first, each once.
func (x *Index) Visible(place treesitter.Span) []Name {
	return x.VisibleOf(place, func(*treesitter.Definition) bool { return true })
}

// VisibleOf is Visible of the definitions that are wanted.
func (x *Index) VisibleOf(place treesitter.Span, want func(*treesitter.Definition) bool) []Name {
	around := x.Function(place.Start)
	definitions := x.File.VisibleOf(place.Start, want)
	list := make([]Name, 0, len(definitions))
	for _, d := range definitions {
		if d.Span.Start < place.End && place.Start < d.Span.End {
			continue
		}
		list = append(list, Name{
			Text: d.Name, Kind: kindOf[d.Kind], Definition: d.Kind,
			Near: around.Contains(d.Span.Start) && around.Len() < len(x.text),
		})
	}
	return list
}

// kindOf is how a name that stands for something is used.
var kindOf = map[treesitter.DefinitionKind]treesitter.Kind{
	treesitter.DefinitionVariable:  treesitter.KindVariable,
	treesitter.DefinitionParameter: treesitter.KindParameter,
	treesitter.DefinitionFunction:  treesitter.KindCall,
	treesitter.DefinitionType:      treesitter.KindType,
	treesitter.DefinitionImport:    treesitter.KindVariable,
	treesitter.DefinitionField:     treesitter.KindAttribute,
	treesitter.DefinitionMethod:    treesitter.KindCall,
}

// Function returns the innermost declaration around an offset, the whole file if there is none.
func (x *Index) Function(offset int) treesitter.Span {
	around := treesitter.Span{Start: 0, End: len(x.text)}
	if i := x.Innermost(offset); i >= 0 {
		around = x.File.Declarations[i].Span
	}
	return around
}

// Members returns the names seen behind a dot: first those seen on the same receiver (Near), then those on receivers that end in the same name, then, if all is set, every
// other one of the file. An empty receiver has no first two groups.
func (x *Index) Members(receiver string, place treesitter.Span, all bool) []Name {
	x = x.all()
	c := collector{x: x, place: place, at: map[string]int{}}
	receiver = Compact(receiver)
	if receiver != "" {
		c.add(x.receiver[receiver], true)
		if tail := Tail(receiver); tail != "" {
			c.add(x.tail[tail], false)
		}
	}
	if all {
		for _, kind := range []treesitter.Kind{treesitter.KindAttribute, treesitter.KindCall} {
			c.addIf(x.byKind[kind], false, func(t treesitter.Token) bool { return kind == treesitter.KindAttribute || t.Receiver.Len() > 0 })
		}
	}
	return c.list
}

// Identifiers returns every name of the file that stands outside the place and not behind a dot, of the given kinds.
func (x *Index) Identifiers(place treesitter.Span, kinds ...treesitter.Kind) []Name {
	if len(kinds) == 1 && kinds[0] == treesitter.KindType {
		return x.types(place)
	}
	x = x.all()
	c := collector{x: x, place: place, at: map[string]int{}}
	for _, kind := range kinds {
		c.addIf(x.byKind[kind], false, func(t treesitter.Token) bool { return t.Receiver.Len() == 0 })
	}
	return c.list
}

// collector gathers names, each once, and counts them.
type collector struct {
	x     *Index
	place treesitter.Span
	at    map[string]int
	list  []Name
	done  map[int32]bool
}

func (c *collector) add(tokens []int32, near bool) {
	c.addIf(tokens, near, func(treesitter.Token) bool { return true })
}

func (c *collector) addIf(tokens []int32, near bool, want func(treesitter.Token) bool) {
	if c.done == nil {
		c.done = map[int32]bool{}
	}
	for _, i := range tokens {
		t := c.x.File.Tokens[i]
		if t.Start < c.place.End && c.place.Start < t.End || c.done[i] || !want(t) {
			continue
		}
		c.done[i] = true
		text := c.x.Text(t.Span)
		k, ok := c.at[text]
		if !ok {
			k = len(c.list)
			c.at[text] = k
			c.list = append(c.list, Name{Text: text, Kind: t.Kind, Near: near})
		}
		c.list[k].Seen++
	}
}

// Compact takes the white space out of a receiver, so that a chain broken over lines is the same.
func Compact(receiver string) string {
	if strings.ContainsAny(receiver, " \t\r\n") {
		return strings.Join(strings.Fields(receiver), "")
	}
	return receiver
}

// Tail returns the last name of a receiver: "line" of "this.lines[0].line" and of "line". A call or an index at the end gives "f()" or "x[]", whose members
// are those of the results.
func Tail(receiver string) string {
	suffix := ""
	for len(receiver) > 0 {
		last := receiver[len(receiver)-1]
		if last != ')' && last != ']' {
			break
		}
		open, depth := -1, 0
		for i := len(receiver) - 1; i >= 0; i-- {
			switch receiver[i] {
			case ')', ']', '}':
				depth++
			case '(', '[', '{':
				depth--
			}
			if depth == 0 {
				open = i
				break
			}
		}
		if open < 0 {
			return ""
		}
		suffix = receiver[open:open+1] + receiver[len(receiver)-1:] + suffix
		receiver = receiver[:open]
	}
	i := len(receiver)
	for i > 0 && IsNameByte(receiver[i-1]) {
		i--
	}
	if i == len(receiver) {
		return ""
	}
	return receiver[i:] + suffix
}

// IsNameByte reports whether a byte can be part of a name; bytes of characters beyond ASCII can.
func IsNameByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_' || b == '$' || b >= 0x80
}

// IsName reports whether text is a name, as far as that can be told of all languages at once. Ruby's variables of an object and of a class have one or two @ before them.
func IsName(text string) bool {
	text = strings.TrimPrefix(strings.TrimPrefix(text, "@"), "@")
	if text == "" || '0' <= text[0] && text[0] <= '9' {
		return false
	}
	for i := range len(text) {
		if !IsNameByte(text[i]) {
			return false
		}
	}
	return true
}
