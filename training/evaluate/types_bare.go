package evaluate

import (
	"context"
	"slices"

	"mlm-lsp/lsp/project"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// canBeBare tells whether code in a language can do without annotations.
func canBeBare(language string) bool {
	return language != "javascript" && slices.Contains(typeinfer.Languages(), language)
}

// bareAnnotation is an annotation asked for in a file that has no other that could have been left out (typeinfer.Bare); nil where it could not be.
func bareAnnotation(a *annotation) *annotation {
	f, taken := typeinfer.Bare(a.source.File)
	i := slices.IndexFunc(taken, func(t typeinfer.Taken) bool { return t.Was == a.written })
	if i < 0 {
		return nil
	}
	lead := ": "
	if f.Language == "python" && a.site.Kind == typeinfer.Return {
		lead = " -> "
	}
	at := taken[i].At
	f = treesitter.Parse(f.Language, slices.Concat(f.Text[:at], []byte(lead), []byte(a.site.Existing), f.Text[at:]))
	at += len(lead)
	i = slices.IndexFunc(f.TypeSites, func(s treesitter.TypeSite) bool {
		return s.Start == at && s.Existing == a.site.Existing && s.Kind == a.site.Kind
	})
	if i < 0 {
		return nil
	}
	return &annotation{source: a.source, file: f, site: f.TypeSites[i], written: a.written, bare: true, outcomes: map[string]Outcome{}}
}

// nearBare is near for a file whose project has no annotations either.
func nearBare(ctx context.Context, s Source) (*project.View, error) {
	p, err := project.Read(ctx, s.Peers, func(path string) ([]byte, error) {
		text, err := readSource(path)
		if err != nil || text == nil {
			return text, err
		}
		stripped, _ := typeinfer.Bare(treesitter.Parse(s.File.Language, text))
		return stripped.Text, nil
	})
	if err != nil {
		return nil, err
	}
	return p.View(s.Path), nil
}
