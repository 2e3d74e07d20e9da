package treesitter

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// Parse reads text as the language. It never fails: an unknown language, an
// empty text, one of more than 32 MiB and one that takes tree-sitter absurdly
// long give a File without tokens, and what does not parse stands in Errors.
// The text must not be changed afterwards.
func Parse(lang string, text []byte) *File {
	f := &File{Language: lang, Text: text}
	if l := lookup(lang); l != nil {
		walkTree(l.pointer, text, func(nodes []node) {
			if len(nodes) > 0 {
				b := builders.Get().(*builder)
				b.build(f, l, nodes)
				builders.Put(b)
			} else if len(text) > 0 {
				f.Errors = []Span{{0, len(text)}}
			}
		})
	}
	if f.Scopes == nil {
		f.Scopes = []Scope{{Span: Span{0, len(text)}, Parent: -1}}
	}
	return f
}

// builders keeps builders with their slices between parses: a File is copied
// out of them in its exact size, and collecting garbage costs more than copying.
var builders = sync.Pool{New: func() any { return &builder{scopes: scopes{known: map[scopedName]bool{}}} }}

// builder fills a File from the nodes of its parse.
type builder struct {
	File
	matcher
	scopes   scopes
	spans    []Span // backs Call.Arguments
	errorEnd int32  // first node behind the current ERROR
	typesEnd int32  // first node behind the current type expression
	tokenEnd int32  // first node behind the current token
}

// build fills f, whose text and language are set.
func (b *builder) build(f *File, l *language, nodes []node) {
	b.Text = f.Text
	b.matcher = matcher{nodes: nodes, language: l, source: unsafe.String(&f.Text[0], len(f.Text))}
	b.errorEnd, b.typesEnd, b.tokenEnd = 0, 0, 0
	b.scopes.reset(len(f.Text), len(nodes))

	b.visit()

	f.Tokens = slices.Clone(b.Tokens)
	f.Scopes = b.scopes.finish()
	f.TypeSites = slices.Clone(b.TypeSites)
	slices.SortStableFunc(f.TypeSites, func(a, b TypeSite) int { return cmp.Compare(a.Start, b.Start) })
	f.Calls = slices.Clone(b.Calls)
	f.Declarations = slices.Clone(b.Declarations)
	f.Imports = slices.Clone(b.Imports)
	f.Errors = slices.Clone(b.Errors)

	// What is kept must hold neither the text nor C memory.
	clear(b.TypeSites)
	clear(b.Calls)
	clear(b.Declarations)
	b.File = File{Tokens: b.Tokens[:0], TypeSites: b.TypeSites[:0], Calls: b.Calls[:0],
		Declarations: b.Declarations[:0], Imports: b.Imports[:0], Errors: b.Errors[:0]}
	b.matcher = matcher{}
	b.spans = nil
}

func (b *builder) span(i int32) Span {
	return Span{int(b.nodes[i].start), int(b.nodes[i].end)}
}

// slice returns a piece of File.Text without copying it.
func (b *builder) slice(s Span) string { return b.source[s.Start:s.End] }

// visit looks at every node once, in preorder.
func (b *builder) visit() {
	rules, rows := b.language.rules, len(b.language.names)
	for i := range int32(len(b.nodes)) {
		n := &b.nodes[i]
		b.scopes.leave(i)
		row, parent := b.language.row(n.symbol), rows
		if n.parent >= 0 {
			parent = b.language.row(b.nodes[n.parent].symbol)
		}
		if i >= b.errorEnd && (n.symbol == symbolError || n.flags&flagMissing != 0) {
			b.errorEnd = int32(n.next)
			b.Errors = append(b.Errors, b.span(i))
		}
		list := &rules.lists[0]
		if byParent := rules.byParent[row]; byParent != nil {
			list = &rules.lists[byParent[parent]]
		}
		if len(list[groupScope]) > 0 {
			if r := b.find(list[groupScope], i); r != nil && r.action.do == doScope {
				span := b.span(i)
				if r.action.clause && int(n.next) < len(b.nodes) {
					span.End = max(span.End, int(b.nodes[n.next].start))
				}
				b.scopes.enter(span, r.action.scope, int32(n.next))
			}
		}
		if len(list[groupDefine]) > 0 {
			if r := b.find(list[groupDefine], i); r != nil {
				b.region(i, r.action)
			}
		}
		if len(list[groupStructure]) > 0 {
			if r := b.find(list[groupStructure], i); r != nil {
				b.structure(i, r.action)
			}
		}
		if i >= b.tokenEnd {
			b.token(i, row, list[groupToken])
		}
		if len(list[groupType]) > 0 {
			if r := b.find(list[groupType], i); r != nil && r.action.do == doSite {
				b.site(i, r.action)
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
	if act.do == doNoToken || !b.trim(&span) {
		return
	}
	t := Token{Span: span, Kind: act.kind, Subkind: act.subkind, InError: i < b.errorEnd, Scope: b.scopes.current}
	if i < b.typesEnd && (t.Kind == KindVariable || t.Subkind == SubkindNull) {
		t.Kind, t.Subkind = KindType, SubkindNone
	}
	if (t.Kind == KindVariable || t.Kind == KindParameter) && b.language.blank && b.slice(span) == "_" {
		t.Kind = KindPunctuation // It stands for no name.
	}
	switch t.Kind {
	case KindAttribute, KindCall:
		if matched != nil && b.parts[partReceiver] >= 0 {
			t.Receiver = b.span(b.parts[partReceiver])
		}
	case KindParameter, KindDefinition:
		t.Declaring = !act.use
	}
	if t.InError && t.Kind.Identifier() && b.language.keywords[b.slice(span)] {
		t.Kind, t.Declaring = KindKeyword, false // The lexer takes what the parser does not expect for a name.
	}
	if regions := b.scopes.regions; len(regions) > 0 {
		b.define(&t, regions[len(regions)-1])
	}
	b.Tokens = append(b.Tokens, t)
}

// define adds the definition that a token in a region makes, if it makes one.
func (b *builder) define(t *Token, r region) {
	if r.act.do == doUses {
		return
	}
	name := b.slice(t.Span)
	switch t.Kind {
	case KindVariable, KindParameter, KindDefinition, KindAttribute:
	case KindType:
		if r.act.defines != DefinitionType {
			return
		}
	case KindLiteral:
		switch r.act.defines {
		case DefinitionImport:
			name = importedName(name)
		case DefinitionFunction:
			name = strings.TrimPrefix(name, ":") // a symbol
		default:
			return
		}
	default:
		return
	}
	if name == "" {
		return
	}
	scope, declared := b.scopes.define(name, t.Span, r)
	if r.act.where == whereOuter {
		t.Scope = scope
	}
	if t.Kind == KindVariable || t.Kind == KindAttribute {
		t.Declaring = declared
		if r.act.defines == DefinitionParameter {
			t.Kind = KindParameter
		}
	}
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

// region opens the region of definitions at node i.
func (b *builder) region(i int32, act action) {
	r := region{end: int32(b.nodes[i].next), act: act, visible: -1}
	if after := b.parts[partAfter]; after >= 0 {
		r.visible = int(b.nodes[after].end)
	}
	b.scopes.regions = append(b.scopes.regions, r)
}

// structure adds the declaration, import or call at node i.
func (b *builder) structure(i int32, act action) {
	switch act.do {
	case doDeclaration:
		d := Declaration{Span: b.span(i)}
		d.Header = d.Span
		if body := b.parts[partBody]; body >= 0 {
			d.Header.End = b.before(body)
		}
		if name := b.parts[partName]; name >= 0 {
			d.Name = b.slice(b.span(name))
		}
		b.Declarations = append(b.Declarations, d)
	case doImport:
		span := b.span(i)
		for span.End > span.Start && isSpace(b.Text[span.End-1]) { // A line of the preprocessor holds its own end.
			span.End--
		}
		b.Imports = append(b.Imports, span)
	case doCall:
		b.call(i)
	}
}

// before returns the end of what stands in front of node i in its parent,
// comments and errors aside.
func (b *builder) before(i int32) int {
	parent := b.nodes[i].parent
	end := b.nodes[parent].start
	for c := parent + 1; c < i; c = int32(b.nodes[c].next) {
		if row := b.language.row(b.nodes[c].symbol); !strings.HasSuffix(b.language.names[row], "comment") && b.nodes[c].symbol != symbolError {
			end = b.nodes[c].end
		}
	}
	return int(end)
}

// call adds the call at node i.
func (b *builder) call(i int32) {
	callee, list := b.parts[partName], b.parts[partArguments]
	if callee < 0 || list < 0 {
		return
	}
	c := Call{Span: b.span(i), Callee: b.span(callee), Complete: true}
	start := len(b.spans)
	rules := b.language.rules
	parent := b.language.row(b.nodes[list].symbol)
	for a := list + 1; a < int32(b.nodes[list].next); a = int32(b.nodes[a].next) {
		row := b.language.row(b.nodes[a].symbol)
		if !b.language.named[row] {
			continue
		}
		if byParent := rules.byParent[row]; byParent != nil {
			r := b.find(rules.lists[byParent[parent]][groupStructure], a)
			if r != nil && r.action.do == doArgument {
				c.Complete = false
				continue
			}
			if r != nil && r.action.do == doNoStructure {
				continue
			}
		}
		b.spans = append(b.spans, b.span(a))
	}
	if end := len(b.spans); end > start {
		c.Arguments = b.spans[start:end:end]
	}
	b.Calls = append(b.Calls, c)
}

// site adds the annotation site at node i.
func (b *builder) site(i int32, act action) {
	name, existing, after := b.parts[partName], b.parts[partExisting], b.parts[partAfter]
	if name < 0 {
		name = i
	}
	// A name that is assigned again has had its chance of an annotation.
	if last := len(b.Tokens) - 1; existing < 0 && last >= 0 && b.Tokens[last].Span == b.span(name) && !b.Tokens[last].Declaring {
		return
	}
	s := TypeSite{Symbol: b.slice(b.span(name)), Kind: act.site}
	switch {
	case existing >= 0:
		s.Span = b.span(existing)
		s.Existing = b.slice(s.Span)
	case after >= 0:
		s.Span = Span{int(b.nodes[after].end), int(b.nodes[after].end)}
	default:
		s.Span = Span{int(b.nodes[name].end), int(b.nodes[name].end)}
	}
	b.TypeSites = append(b.TypeSites, s)
}
