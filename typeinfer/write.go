package typeinfer

import (
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// showable tells whether a site's best candidate may be shown unasked, however likely it is.
func (s *scope) showable(a *asking, best Candidate) bool {
	e := takeApart(s.style.language, best.Type)
	return !a.Obvious && !e.admits(anything...) && e.name != "Object"
}

// write is the type as the file would have it at the site, with what has to be imported; ok is false where it cannot be written.
func (s *scope) write(a *asking, e expr) (text string, imports []Import, ok bool) {
	text = s.style.write(e)
	quoted := false
	words := e.words()
	if s.style.language == "python" {
		words = typeWords(text)
	}
	for _, word := range words {
		if s.style.language == "python" && s.style.path != "" && strings.HasPrefix(word, s.style.path) {
			continue
		}
		stands, from := s.stands(word, a.At)
		if s.variable[word] && (strings.Count(text, word) > 1 || s.bound(a, word)) {
			stands = inScope
		}
		switch stands {
		case absent, wrong:
			return "", nil, false
		case later:
			quoted = true
		case importing:
			if !slices.Contains(imports, from) {
				imports = append(imports, from)
			}
			quoted = quoted || s.style.language == "python" && !s.deferred && (&pythonImport{module: from.Module}).group() > 1 && !s.imports(from.Module)
		}
	}
	quoted = quoted || s.style.language == "python" && s.older(9) && subscripted(e)
	if s.view.file.Language == "javascript" {
		for _, i := range imports {
			text = replaceWord(text, i.Name, "import("+quote(s.style.single)+i.Module+quote(s.style.single)+")."+i.Name)
		}
		imports = nil
	}
	if quoted && s.runs(a) {
		q := quote(s.style.single)
		if strings.Contains(text, q) {
			return "", nil, false
		}
		text = q + text + q
	}
	return text, imports, true
}

// subscripted tells whether a type has a part that Python can subscript since 3.9 only: list[int], or Iterator[str] of collections.abc.
func subscripted(e expr) bool {
	return e.args0 && !e.union() || slices.ContainsFunc(e.args, subscripted)
}

// bound tells whether the header of the function at a site names a variable of types elsewhere: alone it says nothing.
func (s *scope) bound(a *asking, word string) bool {
	for _, t := range s.view.x.File.Tokens {
		if t.Kind == treesitter.KindType && a.Function.Contains(t.Start) && t.Len() == len(word) && s.view.x.Text(t.Span) == word && (t.Start < a.Span.Start || t.Start >= a.Span.End) {
			return true
		}
	}
	return false
}

// imports tells whether the file imports names from a module at its own level.
func (s *scope) imports(module string) bool {
	return slices.ContainsFunc(s.present, func(i pythonImport) bool { return i.top && !i.plain && i.module == module && mergeable(i) })
}

// runs tells whether Python evaluates an annotation at a site: not that of a variable or an attribute in a function.
func (s *scope) runs(a *asking) bool {
	if a.Kind == Parameter || a.Kind == Return {
		return true
	}
	return a.Function.Len() == len(s.view.file.Text) || classHeader(s.view.x, &a.Site) != ""
}

func quote(single bool) string {
	if single {
		return "'"
	}
	return "\""
}

// replaceWord replaces a name in a type.
func replaceWord(text, word, by string) string {
	var b strings.Builder
	for len(text) > 0 {
		i := strings.Index(text, word)
		if i < 0 {
			break
		}
		end := i + len(word)
		if (i == 0 || !isNameByte(text[i-1]) && text[i-1] != '.') && (end == len(text) || !isNameByte(text[end])) {
			b.WriteString(text[:i] + by)
		} else {
			b.WriteString(text[:end])
		}
		text = text[end:]
	}
	return b.String() + text
}
