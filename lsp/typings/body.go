package typings

import "mlm-lsp/treesitter"

// body is what stands in a function: tokens from one up to another. owner is the declaration that its own statements are in.
type body struct {
	from, to int
	owner    treesitter.Span
}

// bodyOf is the body of a declared function, with what opens it.
func (l *look) bodyOf(d treesitter.Declaration) body {
	return body{l.x.Next(d.Header.End), l.upTo(d.End), d.Span}
}

// upTo is the first token that begins at or behind an offset.
func (l *look) upTo(offset int) int {
	i := l.x.Next(offset)
	for i > 0 && l.tokens[i-1].Start >= offset {
		i--
	}
	return i
}

// bodyAt is the token that the body of the function whose result a site is begins with, in TypeScript: a bracket, or an expression.
func (l *look) bodyAt(site treesitter.TypeSite) int {
	i := l.x.Next(site.Start)
	for i < len(l.tokens) && (l.tokens[i].Start < site.End || l.text(i) == "=>" || l.tokens[i].Kind == treesitter.KindComment) {
		i++
	}
	return i
}

// bodyBehind is the body of the function whose result a site is. In TypeScript not all functions are declarations: it is what stands between the next brackets.
func (l *look) bodyBehind(site treesitter.TypeSite, around treesitter.Span) (b body, ok bool) {
	if l.language != "typescript" {
		return body{l.x.Next(site.End), l.upTo(around.End), around}, around.Len() < len(l.x.File.Text)
	}
	i := l.bodyAt(site)
	if l.text(i) != "{" {
		return b, false
	}
	return body{i, l.match(i), l.around(l.tokens[i].Start)}, true
}

// match is the bracket that closes the one at a token; the last token where none does.
func (l *look) match(i int) int {
	depth := 0
	for ; i < len(l.tokens)-1; i++ {
		if depth += l.bracket(i); depth <= 0 {
			break
		}
	}
	return i
}

// bracket is 1 for a token that opens a bracket, -1 for one that closes one, and 0 for all others: the parts of a text in quotes are none, whatever they read.
func (l *look) bracket(i int) int {
	if i >= len(l.tokens) || l.tokens[i].Kind == treesitter.KindLiteral {
		return 0
	}
	switch l.text(i) {
	case "(", "[", "{", "${":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// returns are the tokens of the words return and yield of a body, at most mostUses: not those of functions within.
func (l *look) returns(b body) (list []int) {
	for i := b.from; i < b.to && len(list) < mostUses; i++ {
		t := l.text(i)
		if l.language == "typescript" && i > b.from && (t == "=>" || t == "function") {
			open := l.step(i, 1)
			for t == "function" && open < b.to && l.text(open) != "{" {
				if l.text(open) == "(" {
					open = l.match(open)
				}
				open = l.step(open, 1)
			}
			if l.text(open) == "{" {
				i = l.match(open)
			}
			continue
		}
		if (t == "return" || t == "yield") && l.around(l.tokens[i].Start) == b.owner {
			list = append(list, i)
		}
	}
	return list
}
