package typeinfer

import (
	"bytes"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// Taken is an annotation that Bare took out.
type Taken struct {
	Kind, Symbol, Type string
	Was                treesitter.Span // where it stood in the file
	At                 int             // Site.At in the text without annotations
}

// Bare is a file without its annotations, as its author might have left it, and what was taken out: for measurements. What cannot stand without a type, as the fields of an interface,
// keeps it.
func Bare(f *treesitter.File) (*treesitter.File, []Taken) {
	sites := slices.DeleteFunc(newView(f).all, func(s Site) bool { return s.Existing == "" })
	slices.SortStableFunc(sites, func(a, b Site) int { return a.Span.Start - b.Span.Start })
	_, open := without(f, sites)
	// What is no site without its annotation keeps it.
	sites = slices.DeleteFunc(sites, func(s Site) bool {
		return !slices.ContainsFunc(open, func(t Taken) bool { return t.Was == s.Span })
	})
	return without(f, sites)
}

// without cuts annotations out, and lists those whose places are sites in the text that is left.
func without(f *treesitter.File, sites []Site) (*treesitter.File, []Taken) {
	var cuts []treesitter.Span
	var taken []Taken
	last := 0
	for _, s := range sites {
		from, to := s.Span.Start, s.Span.End
		at := s.At
		if f.Language == "javascript" { // with its braces
			from, to = from-1, to+1
			for to < len(f.Text) && f.Text[to] == ' ' {
				to++
			}
		} else {
			if from < last {
				continue
			}
			sign := strings.TrimSpace(s.Lead)
			head := bytes.TrimRight(f.Text[last:from], " \t\r\n")
			if !bytes.HasSuffix(head, []byte(sign)) {
				continue
			}
			from = last + len(bytes.TrimRight(head[:len(head)-len(sign)], " \t\r\n"))
			at = from
		}
		if from < last {
			continue
		}
		cuts = append(cuts, treesitter.Span{Start: from, End: to})
		taken = append(taken, Taken{s.Kind, s.Symbol, s.Existing, s.Span, at})
		last = to
	}
	var text []byte
	last = 0
	for _, c := range cuts {
		text = append(text, f.Text[last:c.Start]...)
		last = c.End
	}
	bare := treesitter.Parse(f.Language, append(text, f.Text[last:]...))
	type place struct {
		kind, symbol string
		at           int
	}
	open := map[place]bool{}
	for _, s := range newView(bare).all {
		if s.Existing == "" {
			open[place{s.Kind, strings.TrimLeft(s.Symbol, "*."), s.At}] = true
		}
	}
	for i := range taken {
		moved := taken[i].At
		for _, c := range cuts {
			if c.Start < taken[i].At {
				moved -= c.Len()
			}
		}
		taken[i].At = moved
	}
	return bare, slices.DeleteFunc(taken, func(t Taken) bool { return !open[place{t.Kind, strings.TrimLeft(t.Symbol, "*."), t.At}] })
}
