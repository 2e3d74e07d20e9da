package treesitter

import "bytes"

// Parse reads text as the language. It never fails: an unknown language, an
// empty text or one of more than 32 MiB gives a File without tokens, and what
// does not parse stands in Errors. The text must not be changed afterwards.
func Parse(lang string, text []byte) *File {
	f := &File{Language: lang, Text: text, Scopes: []Scope{{Span: Span{0, len(text)}, Parent: -1}}}
	l := lookup(lang)
	if l == nil {
		return f
	}
	walkTree(l.pointer, text, func(nodes []node) {
		if len(nodes) == 0 {
			if len(text) > 0 {
				f.Errors = []Span{{0, len(text)}}
			}
			return
		}
		b := &builder{File: f, language: l, matcher: matcher{nodes: nodes, language: l}}
		b.build()
	})
	return f
}

// builder fills a File from the nodes of its parse.
type builder struct {
	*File
	matcher
	language *language
	errorEnd int32 // first node behind the current ERROR
	typesEnd int32 // first node behind the current type expression
	tokenEnd int32 // first node behind the current token
}

func (b *builder) span(i int32) Span {
	return Span{int(b.nodes[i].start), int(b.nodes[i].end)}
}

func (b *builder) text(s Span) string { return string(b.Text[s.Start:s.End]) }

// build visits every node once, in preorder.
func (b *builder) build() {
	b.Tokens = make([]Token, 0, len(b.nodes)/2)
	rules, rows := b.language.rules, len(b.language.names)
	for i := range int32(len(b.nodes)) {
		n := &b.nodes[i]
		row, parent := b.language.row(n.symbol), rows
		if n.parent >= 0 {
			parent = b.language.row(b.nodes[n.parent].symbol)
		}
		if n.symbol == symbolError && i >= b.errorEnd {
			b.errorEnd = int32(n.next)
			b.Errors = append(b.Errors, b.span(i))
		} else if n.flags&flagMissing != 0 && i >= b.errorEnd {
			b.Errors = append(b.Errors, b.span(i))
		}
		var list *ruleList
		if byParent := rules.byParent[row]; byParent != nil {
			list = &rules.lists[byParent[parent]]
		} else {
			list = &rules.lists[0]
		}
		if i >= b.tokenEnd {
			b.token(i, row, list[tokensQuery])
		}
		if len(list[localsQuery]) > 0 {
			if r := b.find(list[localsQuery], i); r != nil {
				b.local(i, r.action)
			}
		}
	}
}

// token adds the token at node i, if it is one. Leaves without a rule are
// keywords or punctuation.
func (b *builder) token(i int32, row int, list []*rule) {
	n := &b.nodes[i]
	act := action{do: doDescend}
	var matched *rule
	if len(list) > 0 {
		if matched = b.find(list, i); matched != nil {
			act = matched.action
		}
	}
	if leaf := n.next == uint32(i+1); leaf && matched == nil {
		act.do = doToken
		if !b.language.named[row] && isWord(b.language.names[row]) {
			act.kind = KindKeyword
		}
	}
	switch act.do {
	case doDescend:
		return
	case doTypes:
		b.typesEnd = max(b.typesEnd, int32(n.next))
		return
	}
	b.tokenEnd = int32(n.next)
	span := b.span(i)
	if act.do == doNothing || !b.trim(&span) {
		return
	}
	t := Token{Span: span, Kind: act.kind, Subkind: act.subkind, InError: i < b.errorEnd}
	switch t.Kind {
	case KindVariable:
		if i < b.typesEnd {
			t.Kind = KindType
		}
	case KindAttribute, KindCall:
		if matched != nil && !matched.plain && b.parts[partReceiver] >= 0 {
			t.Receiver = b.span(b.parts[partReceiver])
		}
	case KindParameter, KindDefinition:
		t.Declaring = act.detail == 0
	}
	b.Tokens = append(b.Tokens, t)
}

// trim takes white space off a token's ends and keeps it behind the last one.
// It returns false where nothing is left.
func (b *builder) trim(s *Span) bool {
	if len(b.Tokens) > 0 {
		s.Start = max(s.Start, b.Tokens[len(b.Tokens)-1].End)
	}
	s.End = min(s.End, len(b.Text))
	for s.Start < s.End && isSpace(b.Text[s.Start]) {
		s.Start++
	}
	for s.Start < s.End && isSpace(b.Text[s.End-1]) {
		s.End--
	}
	return s.Start < s.End
}

// isSpace also takes NUL, which the grammars accept as the end of a file.
func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\v' || c == 0
}

func isWord(s string) bool {
	return s != "" && (isAlphanumeric(s[0]) || s[0] == '_')
}

// local does what a match of locals.scm asks for.
func (b *builder) local(i int32, act action) {
	switch act.do {
	case doDeclaration:
		d := Declaration{Span: b.span(i)}
		d.Header = d.Span
		if body := b.parts[partBody]; body >= 0 {
			d.Header.End = d.Start + len(bytes.TrimRight(b.Text[d.Start:b.nodes[body].start], " \t\r\n"))
		}
		if name := b.parts[partName]; name >= 0 {
			d.Name = b.text(b.span(name))
		}
		b.Declarations = append(b.Declarations, d)
	case doImport:
		b.Imports = append(b.Imports, b.span(i))
	}
}
