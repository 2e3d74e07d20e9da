package complete

import "mlm-lsp/treesitter"

// Where returns the place in a file that tells most of a name that is offered at an offset: its definition that is visible there, else a field or method of that name, and then
// defined is true; else its first use elsewhere. A name that the file does not have is at an empty span.
func Where(f *treesitter.File, offset int, name string) (place treesitter.Span, defined bool) {
	for _, d := range f.VisibleAt(offset) {
		if d.Name == name && !touches(d.Span, offset) {
			return d.Span, true
		}
	}
	for _, s := range f.Scopes {
		for _, d := range s.Definitions {
			if d.Name == name && (d.Kind == treesitter.DefinitionField || d.Kind == treesitter.DefinitionMethod) && !touches(d.Span, offset) {
				return d.Span, true
			}
		}
	}
	for _, t := range f.Tokens {
		if (t.Kind.Identifier() || t.Kind == treesitter.KindType) && string(f.Text[t.Start:t.End]) == name && !touches(t.Span, offset) {
			return t.Span, false
		}
	}
	return treesitter.Span{}, false
}

// touches reports whether the cursor is in or at a span: what stands there is what is being typed.
func touches(s treesitter.Span, offset int) bool { return s.Start <= offset && offset <= s.End }
