package names

import (
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// Query asks what belongs at a site: its window of at most maxBytes bytes, with the names in sight. Choices and limits are the
// caller's to add.
func Query(f *treesitter.File, site treesitter.Span, maxBytes int) model.Query {
	q := model.Query{Language: f.Language}
	q.Before, q.After = f.Window(site, maxBytes)
	before, after := f.WindowNames(site, maxBytes)
	q.NamesBefore, q.NamesAfter = sites(before), sites(after)
	return q
}

func sites(spans []treesitter.Span) []model.Site {
	out := make([]model.Site, len(spans))
	for i, s := range spans {
		out[i] = model.Site(s)
	}
	return out
}
