package typeinfer

import (
	"slices"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// standIn is written where no annotation stands, to ask for it. What it reads does not matter: a site does not see what stands there.
const standIn = "object"

// view is a file as its sites are asked about. JavaScript is read as TypeScript, of which it is nearly a part, with the types of its JSDoc comments written where TypeScript has
// them: so they count for the other sites as annotations do.
type view struct {
	file  *treesitter.File // as the caller has it
	all   []Site           // of the file
	x     *names.Index     // of the text that is asked about
	added []insertion      // what that text has more, by place in the file
	free  []*stand         // that no site needs any more
}

type insertion struct{ at, length int }

func newView(f *treesitter.File) *view {
	v := &view{file: f}
	switch {
	case f.Language == "javascript":
		// TypeScript with JSX knows all but a few old forms of JavaScript.
		plain := names.New(treesitter.Parse("tsx", f.Text))
		v.all = documented(plain, sitesOf(plain))
		var text []byte
		last := 0
		for _, s := range v.all {
			if t := typed(s.Existing); t != "" {
				text = append(append(append(text, f.Text[last:s.At]...), s.Lead...), t...)
				last = s.At
				v.added = append(v.added, insertion{s.At, len(s.Lead) + len(t)})
			}
		}
		v.x = names.New(treesitter.Parse("tsx", append(text, f.Text[last:]...)))
	case slices.Contains(Languages(), f.Language):
		v.x = names.New(f)
		v.all = sitesOf(v.x)
	}
	return v
}

// place is where an offset of the file is in the text that is asked about; behind what was added there.
func (v *view) place(offset int) int {
	to := offset
	for _, i := range v.added {
		if i.at <= offset {
			to += i.length
		}
	}
	return to
}

// done tells that nobody asks about a site any more.
func (v *view) done(a *asking) {
	if a.stand != nil {
		v.free = append(v.free, a.stand)
		a.stand, a.x, a.gap = nil, nil, nil
	}
}

// ask readies a site for its question: with a stand-in where no annotation is.
func (v *view) ask(s Site) *asking {
	a := &asking{Site: s, x: v.x, site: treesitter.TypeSite{Symbol: s.Symbol, Kind: s.Kind, Existing: s.Existing}}
	at := v.place(s.At)
	if length := len(typed(s.Existing)); s.Existing != "" && v.file.Language == "javascript" && length > 0 {
		a.site.Span = treesitter.Span{Start: at - length, End: at}
		return a
	} else if s.Existing != "" && v.file.Language != "javascript" {
		a.site.Span = s.Span
		return a
	}
	var old *stand
	if i := slices.IndexFunc(v.free, func(n *stand) bool { return n.by == len(s.Lead)+len(standIn) }); i >= 0 {
		old = v.free[i]
		v.free = slices.Delete(v.free, i, i+1)
	}
	a.stand = splice(v.x.File, at, s.Lead, s.Symbol, old)
	a.site.Span, a.site.Existing = a.stand.at, standIn
	a.x = v.x.With(&a.stand.file, a.stand.first)
	return a
}
