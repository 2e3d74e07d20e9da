package treesitter

import (
	"fmt"
	"slices"
)

// queryNames are the files of a language's folder.
var queryNames = [...]string{"tokens", "locals", "types"}

const (
	tokensQuery = iota
	localsQuery
	typesQuery
)

// A group holds the rules of which at most one, the first that matches, acts at
// a node. The groups act in this order.
type group uint8

const (
	groupScope group = iota
	groupDefine
	groupStructure // declarations, imports, calls
	groupToken
	groupType
	numGroups = iota
)

// part is a capture that completes the anchor's meaning.
type part uint8

const (
	partReceiver  part = iota // the expression before the dot
	partName                  // the name of a declaration, call or annotated symbol
	partBody                  // where the header ends
	partArguments             // the argument list of a call
	partExisting              // the annotation that is there
	partAfter                 // an annotation would stand behind this
	numParts
)

var parts = map[string]part{
	"receiver": partReceiver, "name": partName, "body": partBody, "arguments": partArguments,
	"existing": partExisting, "after": partAfter,
}

// step is a pattern compiled for one grammar.
type step struct {
	symbols  []bool // by row; nil matches all
	field    uint8  // 0 is any
	first    bool
	absent   []uint8
	part     int // index of a captured part, -1 for none
	children []step
}

// rule is a pattern seen from its anchor: the anchor's own step, then for each
// ancestor up to the pattern's root its step, whose children are the siblings
// that the pattern asks for on the way up.
type rule struct {
	action action
	steps  []step
	texts  []partText
	plain  bool // the dispatch by symbol and parent has checked all but the field
}

// partText asks for a part's text.
type partText struct {
	part  part
	text  string
	equal bool
}

// rules are a language's compiled queries, indexed by the node and its parent.
type rules struct {
	// lists by the node's row and its parent's (the root's parent is the last);
	// nil rows belong to symbols without any rule.
	byParent [][]uint16
	lists    []ruleList
}

// ruleList holds, per group, the rules to try in order.
type ruleList [numGroups][]*rule

// compileRules reads and compiles the queries of a language.
func compileRules(l *language) (*rules, error) {
	rows := len(l.names)
	all := &rules{byParent: make([][]uint16, rows), lists: make([]ruleList, 1)}
	var compiled ruleList
	for q, name := range queryNames {
		patterns, err := readQuery(l.name, name, nil)
		if err != nil {
			return nil, err
		}
		for _, p := range patterns {
			r, err := compileRule(l, p, q)
			if err != nil {
				return nil, fmt.Errorf("compiling queries/%s/%s.scm: pattern %s: %w", l.name, name, p, err)
			}
			g := r.action.do.group()
			compiled[g] = append(compiled[g], r)
		}
	}
	index := map[string]uint16{}
	var key []byte
	for row := range rows {
		var candidates ruleList
		for g := range compiled {
			for _, r := range compiled[g] {
				if r.steps[0].admits(row) {
					candidates[g] = append(candidates[g], r)
				}
			}
		}
		for parent := range rows + 1 {
			key = key[:0]
			for g := range candidates {
				for i, r := range candidates[g] {
					if r.parentAdmits(parent) {
						key = append(key, byte(g), byte(i), byte(i>>8))
					}
				}
			}
			if len(key) == 0 {
				continue
			}
			key = append(key, byte(row), byte(row>>8))
			id, ok := index[string(key)]
			if !ok {
				id = uint16(len(all.lists))
				index[string(key)] = id
				var list ruleList
				for g := range candidates {
					for _, r := range candidates[g] {
						if r.parentAdmits(parent) {
							list[g] = append(list[g], r)
						}
					}
				}
				all.lists = append(all.lists, list)
			}
			if all.byParent[row] == nil {
				all.byParent[row] = make([]uint16, rows+1)
			}
			all.byParent[row][parent] = id
		}
	}
	return all, nil
}

// readQuery returns the patterns of a folder's file, then the inherited ones.
func readQuery(folder, name string, seen []string) ([]*pattern, error) {
	if slices.Contains(seen, folder) {
		return nil, fmt.Errorf("reading queries/%s/%s.scm: it inherits itself", folder, name)
	}
	path := fmt.Sprintf("queries/%s/%s.scm", folder, name)
	text, err := queryFiles.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading queries: %w", err)
	}
	patterns, inherits, err := parseQuery(string(text))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	for _, base := range inherits {
		inherited, err := readQuery(base, name, append(seen, folder))
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, inherited...)
	}
	return patterns, nil
}

// parentAdmits tells whether the anchor's parent can be of that row's symbol; one
// row behind the last is for a node without a parent.
func (r *rule) parentAdmits(row int) bool {
	if len(r.steps) == 1 {
		return true
	}
	parent := &r.steps[1]
	return parent.symbols == nil || row < len(parent.symbols) && parent.symbols[row]
}

// admits tells whether a node of that row's symbol can match.
func (s *step) admits(row int) bool { return s.symbols == nil || s.symbols[row] }

// compileRule finds the anchor of a pattern and turns the pattern inside out.
func compileRule(l *language, root *pattern, query int) (*rule, error) {
	var path []*pattern // from the root to the anchor
	var act action
	var find func(p *pattern, above []*pattern) error
	find = func(p *pattern, above []*pattern) error {
		here := append(above[:len(above):len(above)], p)
		for _, capture := range p.captures {
			if _, ok := parts[capture]; ok {
				continue
			}
			a, ok := actionsOf[query][capture]
			if !ok {
				return fmt.Errorf("unknown capture @%s", capture)
			}
			if path != nil {
				return fmt.Errorf("@%s is a second action", capture)
			}
			path, act = here, a
		}
		for _, child := range p.children {
			if err := find(child, here); err != nil {
				return err
			}
		}
		return nil
	}
	if err := find(root, nil); err != nil {
		return nil, err
	}
	if path == nil {
		return nil, fmt.Errorf("no capture says what the match is for")
	}
	r := &rule{action: act, plain: len(path) <= 2}
	for i := len(path) - 1; i >= 0; i-- {
		p := *path[i]
		if i+1 < len(path) { // The way down to the anchor is not a sibling to look for.
			p.children = slices.DeleteFunc(slices.Clone(p.children), func(c *pattern) bool { return c == path[i+1] })
		}
		s, err := compileStep(l, &p)
		if err != nil {
			return nil, err
		}
		if s.part >= 0 || len(s.children)+len(s.absent) > 0 || s.first || i < len(path)-1 && s.field != 0 {
			r.plain = false
		}
		r.steps = append(r.steps, s)
	}
	if err := r.addTexts(root); err != nil {
		return nil, err
	}
	return r, nil
}

// addTexts collects the predicates of a pattern.
func (r *rule) addTexts(p *pattern) error {
	for _, t := range p.texts {
		part, ok := parts[t.capture]
		if !ok {
			return fmt.Errorf("the predicate's @%s is no part", t.capture)
		}
		r.texts = append(r.texts, partText{part, t.text, t.equal})
		r.plain = false
	}
	for _, child := range p.children {
		if err := r.addTexts(child); err != nil {
			return err
		}
	}
	return nil
}

// compileStep resolves a pattern's names in the grammar.
func compileStep(l *language, p *pattern) (step, error) {
	s := step{first: p.first, part: -1}
	if len(p.names) > 0 || p.named {
		s.symbols = make([]bool, len(l.names))
		for row := range l.names {
			s.symbols[row] = p.named && l.named[row]
		}
	}
	for _, want := range p.names {
		found := false
		for row, name := range l.names {
			if name == want.name && l.named[row] == want.named {
				s.symbols[row], found = true, true
			}
		}
		if !found {
			return s, fmt.Errorf("the grammar has no node %q", want.name)
		}
	}
	var err error
	if p.field != "" {
		if s.field, err = l.fieldID(p.field); err != nil {
			return s, err
		}
	}
	for _, name := range p.absent {
		id, err := l.fieldID(name)
		if err != nil {
			return s, err
		}
		s.absent = append(s.absent, id)
	}
	for _, capture := range p.captures {
		if part, ok := parts[capture]; ok {
			s.part = int(part)
		}
	}
	for _, child := range p.children {
		c, err := compileStep(l, child)
		if err != nil {
			return s, err
		}
		s.children = append(s.children, c)
	}
	return s, nil
}

func (l *language) fieldID(name string) (uint8, error) {
	i := slices.Index(l.fields, name)
	if i <= 0 || i > 255 {
		return 0, fmt.Errorf("the grammar has no field %q", name)
	}
	return uint8(i), nil
}

// String shows a pattern well enough to find it in its file.
func (p *pattern) String() string {
	s := "_"
	if len(p.names) > 0 {
		s = p.names[0].name
	}
	for _, c := range p.children {
		s += " " + c.String()
	}
	s = "(" + s + ")"
	for _, c := range p.captures {
		s += " @" + c
	}
	return s
}

// matcher matches rules against the nodes of one parse.
type matcher struct {
	nodes    []node
	language *language
	source   string
	parts    [numParts]int32 // nodes captured by the last match, -1 for none
}

var noParts = [numParts]int32{-1, -1, -1, -1, -1, -1}

// find returns the action of the first of the rules that matches at node i, and
// leaves the parts in m. A pattern costs its own size, and the siblings'.
func (m *matcher) find(list []*rule, i int32) *rule {
	n := &m.nodes[i]
	for _, r := range list {
		anchor := &r.steps[0]
		if anchor.field != 0 && anchor.field != n.field {
			continue
		}
		m.parts = noParts
		if r.plain || m.ascend(r, i) {
			return r
		}
	}
	return nil
}

// ascend matches a rule from its anchor up to the pattern's root.
func (m *matcher) ascend(r *rule, i int32) bool {
	below := int32(-1)
	for s := range r.steps {
		if i < 0 || !m.match(&r.steps[s], i, below) {
			return false
		}
		below, i = i, m.nodes[i].parent
	}
	for _, t := range r.texts {
		p := m.parts[t.part]
		if p < 0 || (m.source[m.nodes[p].start:m.nodes[p].end] == t.text) != t.equal {
			return false
		}
	}
	return true
}

// match matches a step at node i, whose child `except` is spoken for. It
// recurses as deep as the pattern, not as the tree.
func (m *matcher) match(s *step, i, except int32) bool {
	n := &m.nodes[i]
	if s.field != 0 && s.field != n.field || !s.admits(m.language.row(n.symbol)) || s.first && !m.isFirst(i) {
		return false
	}
	for _, field := range s.absent {
		for c := i + 1; c < int32(n.next); c = int32(m.nodes[c].next) {
			if m.nodes[c].field == field {
				return false
			}
		}
	}
children:
	for c := range s.children {
		for child := i + 1; child < int32(n.next); child = int32(m.nodes[child].next) {
			if child != except && m.match(&s.children[c], child, -1) {
				continue children
			}
		}
		return false
	}
	if s.part >= 0 {
		m.parts[s.part] = i
	}
	return true
}

// isFirst tells whether node i is the first named child of its parent.
func (m *matcher) isFirst(i int32) bool {
	parent := m.nodes[i].parent
	if parent < 0 {
		return true
	}
	for c := parent + 1; c < i; c = int32(m.nodes[c].next) {
		if m.language.named[m.language.row(m.nodes[c].symbol)] {
			return false
		}
	}
	return true
}
