package evaluate

import (
	"bytes"
	"context"
	"slices"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/treesitter"
)

// canBeBare tells whether code in a language can do without annotations.
func canBeBare(language string) bool {
	family := typings.CountedAs(language)
	return language == "python" || family == "typescript"
}

// bare is the text of a file without the annotations that people could have left out, but one: what a file looks like to which nobody has given types yet. at is
// where that one begins. What a TypeScript file declares (interfaces, fields) stays: without it, it would be no such file.
func bare(f *treesitter.File, but treesitter.Span) (text []byte, at int) {
	from := 0
	at = but.Start
	for _, s := range f.TypeSites {
		if s.Existing == "" || s.Start < from || s.Start < but.End && but.Start < s.End || s.Kind == "field" && f.Language != "python" {
			continue
		}
		before := bytes.TrimRight(f.Text[from:s.Start], " \t\r\n\\")
		sign := ":"
		if bytes.HasSuffix(before, []byte("->")) {
			sign = "->"
		}
		before, ok := bytes.CutSuffix(before, []byte(sign))
		if !ok {
			continue
		}
		if sign == "->" {
			before = bytes.TrimRight(before, " \t")
		}
		text = append(text, before...)
		if s.End <= but.Start {
			at -= s.End - from - len(before)
		}
		from = s.End
	}
	return append(text, f.Text[from:]...), at
}

// bareAnnotation is an annotation asked for in a file that has no other; nil where its site is no longer found.
func bareAnnotation(a *annotation) *annotation {
	text, at := bare(a.source.File, a.site.Span)
	f := treesitter.Parse(a.source.File.Language, text)
	i := slices.IndexFunc(f.TypeSites, func(s treesitter.TypeSite) bool {
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
		stripped, _ := bare(treesitter.Parse(s.File.Language, text), treesitter.Span{Start: len(text), End: len(text)})
		return stripped, nil
	})
	if err != nil {
		return nil, err
	}
	return p.View(s.Path), nil
}
