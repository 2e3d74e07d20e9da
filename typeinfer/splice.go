package typeinfer

import (
	"cmp"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// splice is a file with an annotation written at a place, as treesitter.Parse would read it: most of the time that a bare site takes would go into parsing its file again. The annotation is one
// token, standIn, whose place is returned with that of the first token that is new; symbol is what it annotates.
func splice(f *treesitter.File, at int, lead, symbol string) (_ *treesitter.File, standing treesitter.Span, token int) {
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
	g := &treesitter.File{Language: f.Language, Text: slices.Concat(f.Text[:at], []byte(lead), []byte(standIn), f.Text[at:])}

	// Most tokens lie whole before or behind the place: those before are copied as they are.
	first, _ := slices.BinarySearchFunc(f.Tokens, at, func(t treesitter.Token, at int) int { return cmp.Compare(t.Start, at) })
	g.Tokens = make([]treesitter.Token, len(f.Tokens)+2)
	copy(g.Tokens, f.Tokens[:first])
	for i := first - 1; i >= 0 && g.Tokens[i].End > at; i-- {
		g.Tokens[i].Span = moved(g.Tokens[i].Span)
	}
	sign := strings.TrimSpace(lead)
	from := at + strings.Index(lead, sign)
	scope := int32(0)
	if first > 0 {
		scope = g.Tokens[first-1].Scope
	}
	g.Tokens[first] = treesitter.Token{Span: treesitter.Span{Start: from, End: from + len(sign)}, Kind: treesitter.KindPunctuation, Scope: scope}
	g.Tokens[first+1] = treesitter.Token{Span: written, Kind: treesitter.KindType, Scope: scope}
	copy(g.Tokens[first+2:], f.Tokens[first:])
	behind := g.Tokens[first+2:]
	for i := range behind {
		t := &behind[i]
		t.Span = moved(t.Span)
		if t.Receiver.Len() > 0 {
			t.Receiver = moved(t.Receiver)
		}
	}
	g.Scopes = slices.Clone(f.Scopes)
	all := 0
	for _, s := range f.Scopes {
		all += len(s.Definitions)
	}
	definitions := make([]treesitter.Definition, 0, all)
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
	g.TypeSites = make([]treesitter.TypeSite, 0, len(f.TypeSites))
	for _, s := range f.TypeSites {
		if s.Existing == "" && s.Start == at {
			s.Span, s.Symbol, s.Existing = written, symbol, standIn
			g.TypeSites = append(g.TypeSites, s)
			continue
		}
		s.Span = moved(s.Span)
		g.TypeSites = append(g.TypeSites, s)
	}
	g.Calls = slices.Clone(f.Calls)
	all = 0
	for _, c := range f.Calls {
		all += len(c.Arguments)
	}
	arguments := make([]treesitter.Span, 0, all)
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
	g.Declarations = slices.Clone(f.Declarations)
	for i := range g.Declarations {
		d := &g.Declarations[i]
		d.Span = moved(d.Span)
		header := moved(d.Header)
		if d.Header.Start < at && d.Header.End == at && d.Span.End > at {
			header.End = at + by // what a function gives back belongs to its header
		}
		d.Header = header
	}
	g.Imports, g.Errors = slices.Clone(f.Imports), slices.Clone(f.Errors)
	for _, list := range [][]treesitter.Span{g.Imports, g.Errors} {
		for i := range list {
			list[i] = moved(list[i])
		}
	}
	return g, written, first
}
