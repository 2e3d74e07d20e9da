package typings

import (
	"strings"

	"mlm-lsp/treesitter"
)

// own is the type that a site's own values show.
func (l *look) own(site treesitter.TypeSite, behind int, around treesitter.Span) string {
	if !l.follows() {
		return ""
	}
	if site.Kind == "return" {
		if l.language != "python" {
			return l.promised(l.returnedOrExpression(site, around))
		}
		for _, i := range l.x.Around(around.Start) {
			if d := l.x.File.Declarations[i]; d.Span == around && (d.Name == l.Symbol || l.Symbol == "") {
				return l.returnedOrYielded(d)
			}
		}
		return ""
	}
	has := l.text(behind) == "="
	if site.Kind == "parameter" {
		if !has {
			return ""
		}
		if t := l.evident(l.step(behind, 1), 0); !nothings[t] {
			return t
		}
		return ""
	}
	if l.Symbol == "" {
		return ""
	}
	all := ""
	for n, a := range l.assignments(site, behind, around) {
		is := l.assignedValue(a, l.Symbol, 0)
		switch {
		case n == 0:
			all = is
		case is == "" && all != "" && l.empty(a.value): // an empty container after one that is not
		default:
			all = l.both(all, is)
		}
		if all == "" {
			return ""
		}
	}
	if nothings[all] {
		return ""
	}
	return all
}

// empty tells whether an empty container begins at a token.
func (l *look) empty(i int) bool {
	switch v := l.value(i); v.shape {
	case "[]", "{}":
		return true
	default:
		return v.shape == "call" && (v.called.Path == "set" || v.called.Path == "dict" || v.called.Path == "list") || v.shape == "new" && (v.made == "Map" || v.made == "Set")
	}
}

// assignments are those of a variable or field, that of the site first.
func (l *look) assignments(site treesitter.TypeSite, behind int, around treesitter.Span) (list []assignment) {
	if value := l.step(behind, 1); l.text(behind) == "=" && value < len(l.tokens) {
		if symbol := l.symbol(site); symbol >= 0 {
			list = append(list, assignment{symbol, value})
		}
	}
	for k, at := range l.assignedTo(l.Symbol) {
		if len(list) == mostKeys {
			break
		}
		if len(list) > 0 && k == list[0].name {
			continue
		}
		if field := l.tokens[k].Receiver.Len() > 0; field != (site.Kind == "field") {
			continue
		}
		if site.Kind == "variable" && at != around {
			continue
		}
		if head := l.text(l.step(l.step(k, -1), -1)); site.Kind == "field" && head != "self" && head != "this" {
			continue
		}
		list = append(list, assignment{k, l.step(l.step(k, 1), 1)})
	}
	return list
}

// promised is a type as what a function at the site gives back.
func (l *look) promised(text string) string {
	if l.promises && text != "" && !strings.HasPrefix(text, "Promise<") {
		return "Promise<" + text + ">"
	}
	return text
}

// returnedOrExpression is what a function of TypeScript gives back; an arrow function's body may be an expression.
func (l *look) returnedOrExpression(site treesitter.TypeSite, around treesitter.Span) string {
	if b, ok := l.bodyBehind(site, around); ok {
		return l.returnedIn(b, 1)
	}
	if i := l.bodyAt(site); i < len(l.tokens) && l.text(l.step(i, -1)) == "=>" {
		return l.evident(i, 1)
	}
	return ""
}

// returnedOrYielded is what a function of Python gives back; a generator, what it yields.
func (l *look) returnedOrYielded(d treesitter.Declaration) string {
	yields, all := false, ""
	for i := l.x.Next(d.Header.End); i < len(l.tokens) && l.tokens[i].Start < d.End; i++ {
		if l.text(i) != "yield" || l.around(l.tokens[i].Start) != d.Span {
			continue
		}
		next := l.step(i, 1)
		is := "None"
		if l.text(next) == "from" {
			return ""
		} else if l.sameLine(i, next) && l.text(next) != ")" {
			is = l.evident(next, 1)
			if l.value(next).list {
				is = l.tuple(next, 1)
			}
		}
		if is == "" || yields && is != all {
			return ""
		}
		yields, all = true, is
	}
	if !yields {
		return l.returned(d, 1)
	}
	for _, sign := range l.Keys[FamilySign] {
		if sign == "async" {
			return "AsyncIterator[" + all + "]"
		}
	}
	return "Iterator[" + all + "]"
}
