package suspect

import (
	"slices"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// How many alternatives of each source a name has at most.
const (
	maxNear   = 40 // defined in the innermost function, or seen on the same receiver
	maxFar    = 24 // visible from further out, or seen on a receiver of the same name
	maxAround = 40 // standing nearest in the text
	maxWalk   = 4000
)

// The groups of sites that are judged alike: each has forests of its own in package rank.
const (
	groupName     = "name"
	groupMember   = "member"
	groupOperator = "operator"
	groupBoolean  = "boolean"
	// GroupArguments are two neighbouring arguments, judged against the same two exchanged. Each of the two is a site of its own as well.
	GroupArguments = "arguments"
)

// Groups lists the groups of sites.
func Groups() []string {
	return []string{groupName, groupMember, groupOperator, groupBoolean, GroupArguments}
}

// KindMisspelt is the kind of names and members that look misspelt, see CodeMisspelt. They have a threshold of their own: much is surer of them than of others.
const KindMisspelt = "misspelt"

// Kinds lists what thresholds are for: the groups, and KindMisspelt.
func Kinds() []string { return append(Groups(), KindMisspelt) }

// findSites gives take the sites that have at least one alternative: those of tokens in the order of the text, then those of arguments. The choices are the caller's until take
// returns. Without all, those that are never reported are left out. An error of take's ends it.
func (f *file) findSites(wanted func(treesitter.Span) bool, all bool, take func(s site) error) error {
	for i, t := range f.tokens {
		if wanted != nil && !wanted(t.Span) {
			continue
		}
		importing := f.imports(t.Start)
		never := t.InError || t.Declaring || importing
		if never && !all {
			continue
		}
		var s site
		switch {
		case t.Kind.Identifier() || t.Kind == treesitter.KindType:
			if !names.IsName(f.texts[i]) || !all && strings.HasPrefix(f.texts[i], "__") {
				continue
			}
			if f.member(t) {
				s = f.memberSite(i)
			} else {
				s = f.nameSite(i)
			}
		case t.Kind == treesitter.KindOperator:
			s = f.operatorSite(i)
		case t.Kind == treesitter.KindLiteral:
			s = f.booleanSite(i)
		}
		s.importing, s.unnamed = importing, f.unnamed
		s.builtin = t.Receiver.Len() == 0 && builtins[f.x.File.Language][f.texts[i]]
		s.barred = s.barred || never
		if len(s.choices) < 2 || s.barred && !all {
			continue
		}
		if err := take(s); err != nil {
			return err
		}
	}
	if wanted != nil {
		return nil
	}
	for _, call := range f.x.File.Calls {
		for _, s := range f.argumentsSites(call) {
			if s.barred && !all {
				continue
			}
			if err := take(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// member reports whether a token is a name behind a dot, or a field's key.
func (f *file) member(t treesitter.Token) bool {
	return t.Receiver.Len() > 0 || t.Kind == treesitter.KindAttribute
}

// receivers are the names that stand for the object itself, or for nothing.
var receivers = map[string]bool{"self": true, "cls": true, "this": true, "super": true, "_": true, "__class__": true}

// nearest gives take the first maxNear near names and the first maxFar of the others, in their order.
func nearest(list []names.Name, take func(text string)) {
	near, far := 0, 0
	for _, n := range list {
		switch {
		case n.Near && near < maxNear:
			near++
		case !n.Near && far < maxFar:
			far++
		default:
			continue
		}
		take(n.Text)
	}
}

// gather begins a site's choices.
func (f *file) gather() {
	f.place++
	f.scratch = f.scratch[:0]
}

// choose adds a name to the choices; nil when it is among them.
func (f *file) choose(n *name) *choice {
	if n.taken == f.place {
		return nil
	}
	n.taken = f.place
	f.scratch = append(f.scratch, choice{text: n.text, name: n, sort: -1})
	return &f.scratch[len(f.scratch)-1]
}

// nameSite judges a bare name: the alternatives are the visible names, those around it, and those that are like it.
func (f *file) nameSite(token int) site {
	t := f.tokens[token]
	text := f.texts[token]
	s := site{span: t.Span, token: token, code: CodeVariable, group: groupName, kind: t.Kind.String(), written: f.assigned(token), barred: strings.HasPrefix(text, "__")}
	f.gather()
	visible := f.x.Visible(t.Span)
	for i, v := range visible {
		n := f.name(v.Text)
		n.visible, n.as = f.place, i
	}
	add := func(n *name) bool {
		c := f.choose(n)
		if c == nil {
			return false
		}
		if n.visible == f.place {
			v := &visible[n.as]
			c.near, c.sort, c.visible = v.Near, float32(v.Definition), 1+rank.Flag(v.Near)
		}
		return true
	}
	addText := func(text string) { add(f.name(text)) }
	add(f.named[token])
	nearest(visible, addText)
	f.around(token, f.bare, add)
	for _, name := range f.similar(text) {
		addText(name)
	}
	for _, name := range f.slips(text, false) {
		addText(name)
	}
	s.choices = f.scratch
	return s
}

// around gives take the names nearest to a token among some, until maxAround were taken; of two that are as near both, the one before the token first.
func (f *file) around(token int, among []int32, take func(n *name) bool) {
	after := sort.Search(len(among), func(i int) bool { return int(among[i]) > token })
	before := after - 1
	if before >= 0 && int(among[before]) == token {
		before--
	}
	for taken := 0; taken < maxAround; {
		left, right := maxWalk, maxWalk
		if before >= 0 {
			left = token - int(among[before])
		}
		if after < len(among) {
			right = int(among[after]) - token
		}
		near := min(left, right)
		if near >= maxWalk {
			return
		}
		if left == near {
			if take(f.named[among[before]]) {
				taken++
			}
			before--
		}
		if right == near {
			if take(f.named[among[after]]) {
				taken++
			}
			after++
		}
	}
}

// assigned reports whether a plain assignment follows the token: it is written, not read.
func (f *file) assigned(token int) bool {
	if token+1 >= len(f.tokens) {
		return false
	}
	return f.tokens[token+1].Subkind == treesitter.SubkindAssignment && (f.texts[token+1] == "=" || f.texts[token+1] == ":=")
}

// memberSite judges a name behind a dot or a key: the alternatives are the members seen on that receiver and on receivers of the same name, those that stand around it,
// those that are like it, and those that other projects use on such receivers, or beside it.
func (f *file) memberSite(token int) site {
	t := f.tokens[token]
	text := f.texts[token]
	s := site{span: t.Span, token: token, code: CodeAttribute, group: groupMember, kind: t.Kind.String(), written: f.assigned(token), barred: strings.HasPrefix(text, "__")}
	f.gather()
	relation := map[string]float32{}
	var seen []names.Name
	if t.Receiver.Len() > 0 {
		seen = f.x.Members(f.x.Text(t.Receiver), t.Span, false)
	}
	for _, n := range seen {
		relation[n.Text] = 1 + rank.Flag(n.Near)
	}
	language := f.x.File.Language
	known, siblings := map[string]float32{}, map[string]float32{}
	beside := names.Siblings(language, text)
	for i, name := range beside {
		siblings[name] = 1 / float32(1+i)
	}
	var elsewhere []string
	if t.Receiver.Len() > 0 {
		elsewhere = names.KnownMembers(language, f.x.Text(t.Receiver))
	}
	for i, name := range elsewhere {
		known[name] = 1 / float32(1+i)
	}
	add := func(n *name) bool {
		c := f.choose(n)
		if c == nil {
			return false
		}
		c.relation, c.known, c.sibling = relation[n.text], known[n.text], siblings[n.text]
		c.near = c.relation == 2
		return true
	}
	addText := func(text string) { add(f.name(text)) }
	add(f.named[token])
	nearest(seen, addText)
	f.around(token, f.members, add)
	for _, list := range [][]string{f.similar(text), f.slips(text, true), elsewhere, beside} {
		for _, name := range list {
			addText(name)
		}
	}
	s.choices = f.scratch
	return s
}

// confused are operators that real fixes exchange and mutants do not, beside treesitter's groups.
var confused = func() map[string][][]string {
	table := map[string][]string{
		"go":         {"= := += -= *= /= |= &="},
		"javascript": {"= += -= *= /= |= ||= ??= &&=", "=== !== == != in instanceof", "* **"},
		"python":     {"= += -= *= /= //= |= &= **=", "* / // ** @"},
		"java":       {"= += -= *= /= |= &=", "== != instanceof"},
	}
	table["typescript"], table["tsx"] = table["javascript"], table["javascript"]
	table["rust"], table["c"], table["cpp"] = table["java"][:1], table["java"][:1], table["java"][:1]
	groups := map[string][][]string{}
	for language, lines := range table {
		for _, line := range lines {
			groups[language] = append(groups[language], strings.Fields(line))
		}
	}
	return groups
}()

// others lists the operators that may have been meant by one.
func others(language, operator string) []string {
	list := slices.Clone(treesitter.OperatorGroup(language, operator))
	for _, group := range confused[language] {
		if slices.Contains(group, operator) {
			list = append(list, group...)
		}
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(other string) bool { return other == operator })
}

// operatorNumber numbers the operators and booleans, for forests.
var operatorNumber = func() map[string]int {
	m := map[string]int{}
	for i, text := range strings.Split("== === is != !== is_not < <= > >= in not_in instanceof && and || or ?? + - * ** / // % @ & | ^ &^ << >> >>> = := += -= *= /= //= %= **= |= &= ^= &^= "+
		"<<= >>= >>>= &&= ||= ??= ++ -- True true False false", " ") {
		m[strings.ReplaceAll(text, "_", " ")] = i
	}
	return m
}()

// ordering holds the comparisons of order.
var ordering = map[string]bool{"<": true, "<=": true, ">": true, ">=": true}

// operatorSite judges an operator among those of its group.
func (f *file) operatorSite(token int) site {
	t := f.tokens[token]
	text := strings.Join(strings.Fields(f.texts[token]), " ")
	if t.Subkind == treesitter.SubkindUnary && text != "++" && text != "--" {
		return site{}
	}
	s := site{span: t.Span, token: token, code: CodeOperator, kind: "operator", group: groupOperator}
	if t.Subkind == treesitter.SubkindAssignment {
		s.written = true
		s.barred = treesitter.OperatorGroup(f.x.File.Language, text) == nil // a plain assignment is scored and never reported
	}
	s.choices = append(s.choices, choice{text: f.texts[token], near: true})
	for _, other := range others(f.x.File.Language, text) {
		s.choices = append(s.choices, choice{text: other, near: ordering[other] == ordering[text]})
	}
	return s
}

// booleanSite judges true against false.
func (f *file) booleanSite(token int) site {
	t := f.tokens[token]
	other := treesitter.OppositeBoolean(f.texts[token])
	if t.Subkind != treesitter.SubkindBoolean || other == "" {
		return site{}
	}
	return site{span: t.Span, token: token, code: CodeLiteral, kind: "boolean", group: groupBoolean, choices: []choice{{text: f.texts[token], near: true}, {text: other, near: true}}}
}

// maxArguments bounds the text of two arguments that are exchanged.
const maxArguments = 80

// argumentsSites judges each two neighbouring arguments of a call against the same two exchanged. Both must be names or members: of `f(x, 0)` the parser's types
// would tell.
func (f *file) argumentsSites(call treesitter.Call) []site {
	if !call.Complete || f.imports(call.Start) {
		return nil
	}
	x := f.x
	var sites []site
	for i := 0; i+1 < len(call.Arguments); i++ {
		a, b := call.Arguments[i], call.Arguments[i+1]
		first, second := x.Text(a), x.Text(b)
		span := treesitter.Span{Start: a.Start, End: b.End}
		if first == second || span.Len() > maxArguments || !isPath(first) || !isPath(second) || inError(x.File, span) {
			continue
		}
		between := string(x.File.Text[a.End:b.Start])
		swapped := second + between + first
		tokens := tokensOf(x, span)
		left, right := tokensOf(x, a), tokensOf(x, b)
		other := append(append(append([]string{}, right...), tokens[len(left):len(tokens)-len(right)]...), left...)
		sites = append(sites, site{
			span: span, token: x.Next(span.Start), code: CodeArguments, kind: "arguments", group: GroupArguments,
			choices: []choice{{text: x.Text(span), tokens: tokens, near: true}, {text: swapped, tokens: other, near: true}},
			barred:  f.deliberate(call, first, second),
		})
	}
	return sites
}

// isPath reports whether text is names joined by dots.
func isPath(text string) bool {
	for _, part := range strings.Split(text, ".") {
		if !names.IsName(part) || receivers[part] && part == text {
			return false
		}
	}
	return true
}

func tokensOf(x *names.Index, span treesitter.Span) []string {
	var texts []string
	for i := x.Next(span.Start); i < len(x.File.Tokens) && x.File.Tokens[i].Start < span.End; i++ {
		if x.File.Tokens[i].Kind != treesitter.KindComment {
			texts = append(texts, x.Text(x.File.Tokens[i].Span))
		}
	}
	return texts
}

func inError(f *treesitter.File, span treesitter.Span) bool {
	for _, e := range f.Errors {
		if e.Start < span.End && span.Start < e.End {
			return true
		}
	}
	return false
}
