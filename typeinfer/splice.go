package typeinfer

import (
	"cmp"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// stand is a file with an annotation written at a place, as treesitter.Parse would read it: most of the time that a bare site takes would go into parsing its file again.
type stand struct {
	file treesitter.File
	at   treesitter.Span // of the annotation, which is one token: standIn
	// first is the token before it, the sign, and by how much longer the file is.
	first, by   int
	place       int // in the file without it
	far         []int32
	definitions []treesitter.Definition
	arguments   []treesitter.Span
}

// farReceiver is how many bytes of a receiver are no few: see splice.
const farReceiver = 400

// nearTokens before a place are made anew with it, since empty ones may stand at it.
const nearTokens = 8

// splice writes an annotation into a file; symbol is what it annotates. old, if it is not nil, is a stand in the same file that nobody needs any more: its parts are used again, and of its tokens, of which
// there are many, only those between the places are made anew.
func splice(f *treesitter.File, at int, lead, symbol string, old *stand) *stand {
	by := len(lead) + len(standIn)
	start := func(offset int) int { // of what begins at or behind the place
		if offset >= at {
			return offset + by
		}
		return offset
	}
	end := func(offset int) int { // of what ends behind it
		if offset > at {
			return offset + by
		}
		return offset
	}
	moved := func(s treesitter.Span) treesitter.Span {
		if s.Len() == 0 {
			return treesitter.Span{Start: end(s.Start), End: end(s.End)}
		}
		return treesitter.Span{Start: start(s.Start), End: end(s.End)}
	}
	written := treesitter.Span{Start: at + len(lead), End: at + by}
	first, _ := slices.BinarySearchFunc(f.Tokens, at, func(t treesitter.Token, at int) int { return cmp.Compare(t.Start, at) })
	n, from, to := old, 0, len(f.Tokens) // of the tokens that are made
	if n == nil || n.by != by {
		n = &stand{by: by}
		n.file.Tokens = make([]treesitter.Token, len(f.Tokens)+2)
		for i, t := range f.Tokens {
			if t.Receiver.Len() > farReceiver {
				n.far = append(n.far, int32(i))
			}
		}
	} else {
		from = max(0, min(first, n.first)-nearTokens)
		to = max(first, n.first)
		for end := max(at, n.place) + farReceiver + 1; to < len(f.Tokens) && f.Tokens[to].Start <= end; to++ {
		}
	}
	n.first, n.place, n.at = first, at, written
	g := &n.file
	g.Language = f.Language
	g.Text = append(append(append(append(g.Text[:0], f.Text[:at]...), lead...), standIn...), f.Text[at:]...)
	put := func(i int) {
		t := f.Tokens[i]
		t.Span = moved(t.Span)
		if t.Receiver.Len() > 0 {
			t.Receiver = moved(t.Receiver)
		}
		if i >= first {
			i += 2
		}
		g.Tokens[i] = t
	}
	for i := from; i < to; i++ {
		put(i)
	}
	for _, i := range n.far {
		put(int(i))
	}
	sign := strings.TrimSpace(lead)
	signAt := at + strings.Index(lead, sign)
	scope := int32(0)
	if first > 0 {
		scope = g.Tokens[first-1].Scope
	}
	g.Tokens[first] = treesitter.Token{Span: treesitter.Span{Start: signAt, End: signAt + len(sign)}, Kind: treesitter.KindPunctuation, Scope: scope}
	g.Tokens[first+1] = treesitter.Token{Span: written, Kind: treesitter.KindType, Scope: scope}
	g.Scopes = append(g.Scopes[:0], f.Scopes...)
	all := 0
	for _, s := range f.Scopes {
		all += len(s.Definitions)
	}
	definitions := slices.Grow(n.definitions[:0], all)
	for i := range g.Scopes {
		s := &g.Scopes[i]
		s.Span = moved(s.Span)
		if s.Definitions == nil {
			continue
		}
		definitions = append(definitions, s.Definitions...)
		s.Definitions = definitions[len(definitions)-len(s.Definitions):]
		for k := range s.Definitions {
			d := &s.Definitions[k]
			d.Span = moved(d.Span)
			// A variable is visible behind its declaration.
			if d.Visible > at || d.Visible == at && (d.Visible > d.Span.End || d.Kind == treesitter.DefinitionVariable) {
				d.Visible += by
			}
		}
	}
	g.Scopes[0].Span = treesitter.Span{End: len(g.Text)}
	n.definitions = definitions
	g.TypeSites = slices.Grow(g.TypeSites[:0], len(f.TypeSites))
	for _, s := range f.TypeSites {
		if s.Existing == "" && s.Start == at {
			s.Span, s.Symbol, s.Existing = written, symbol, standIn
			g.TypeSites = append(g.TypeSites, s)
			continue
		}
		s.Span = moved(s.Span)
		g.TypeSites = append(g.TypeSites, s)
	}
	g.Calls = append(g.Calls[:0], f.Calls...)
	all = 0
	for _, c := range f.Calls {
		all += len(c.Arguments)
	}
	arguments := slices.Grow(n.arguments[:0], all)
	for i := range g.Calls {
		c := &g.Calls[i]
		c.Span, c.Callee = moved(c.Span), moved(c.Callee)
		if c.Arguments == nil {
			continue
		}
		arguments = append(arguments, c.Arguments...)
		c.Arguments = arguments[len(arguments)-len(c.Arguments):]
		for k := range c.Arguments {
			c.Arguments[k] = moved(c.Arguments[k])
		}
	}
	n.arguments = arguments
	g.Declarations = append(g.Declarations[:0], f.Declarations...)
	for i := range g.Declarations {
		d := &g.Declarations[i]
		d.Span = moved(d.Span)
		header := moved(d.Header)
		if d.Header.Start < at && d.Header.End == at && d.Span.End > at {
			header.End = at + by // what a function gives back belongs to its header
		}
		d.Header = header
	}
	g.Imports, g.Errors = append(g.Imports[:0], f.Imports...), append(g.Errors[:0], f.Errors...)
	for _, list := range [][]treesitter.Span{g.Imports, g.Errors} {
		for i := range list {
			list[i] = moved(list[i])
		}
	}
	return n
}
