// Package mutate makes bugs: it replaces tokens of training rows by others that could stand there, so that a model can learn to tell which.
//
// It works on subwords and their labels, since that is what shards hold; the recipe is that of He et al. 2022 and BugLab (Allamanis et al.
// 2021) as far as labels carry it. A use of a variable becomes another name that stands before it, mostly in the same declaration; a
// member another member of the row; an operator one that it is mistaken for (treesitter.OperatorGroup); a boolean its opposite; two
// neighbouring arguments are exchanged. Misspell works on the text of a name.
//
// Invariants:
//
//   - The sites of a row are a function of its subwords, labels and language alone: every name, boolean, and operator that can be mistaken for
//     another. Definitions, receivers and types are sites, too, since a detector is asked about them; they are not mutated.
//   - An Edit never puts back what stood there, and a mutated row differs from the original at its edits alone.
//   - What is drawn is a function of the row and the random source.
package mutate

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"

	"mlm-lsp/codetok"
	"mlm-lsp/training/shard"
	"mlm-lsp/treesitter"
)

// Row is a stretch of encoded text in one language. Special tokens part documents.
type Row struct {
	Language string
	IDs      []int32
	Labels   []shard.Label
	Windows  []int // where declarations begin, rising
}

// Site is a token that can be wrong: IDs[Start:End] of its row, End exclusive. At is the subword that the detection head is asked at, the
// first that holds a byte of the token which is no space.
type Site struct {
	Start, At, End int
	family         family
	mutable        bool // it may be replaced
	word           int  // index into the words of the row
}

// Name tells identifiers and types from operators and booleans.
func (s Site) Name() bool { return s.family != operator && s.family != boolean }

// family is what can stand for each other.
type family uint8

const (
	none family = iota
	value
	function
	member
	key // a field's name without a dot: in literals of structs and objects
	method
	operator
	boolean
)

// word is a syntactic token of a row.
type word struct {
	start, end int
	document   int
	window     int
	family     family
	site       bool
	mutable    bool
	text       string // the ids' bytes
	receiver   string // of members and methods: the name before the dot, "" for anything else
}

// Mutator finds sites and replaces what stands there. It keeps what it learns of the tokenizer and is for one goroutine.
type Mutator struct {
	tokenizer *codetok.Tokenizer
	texts     map[int32]string
	words     []word
	names     map[string][]int32 // the subwords of names, by text
}

// New returns a Mutator for rows of the tokenizer.
func New(t *codetok.Tokenizer) *Mutator {
	return &Mutator{tokenizer: t, texts: map[int32]string{}, names: map[string][]int32{}}
}

// receivers are the names that stand for the object itself, and for nothing: they are never confused with another.
var receivers = map[string]bool{"self": true, "cls": true, "this": true, "super": true, "_": true}

// Sites lists the sites of a row in order.
func (m *Mutator) Sites(r *Row) []Site {
	m.read(r)
	var sites []Site
	for i := range m.words {
		w := &m.words[i]
		if !w.site {
			continue
		}
		s := Site{Start: w.start, At: w.start, End: w.end, family: w.family, mutable: w.mutable, word: i}
		if w.family == operator {
			// An operator of letters stands between spaces that are subwords of their own; one of signs takes them with it.
			for s.At+1 < s.End && strings.TrimSpace(m.text(r.IDs[s.At])) == "" {
				s.At++
			}
			if isWord(strings.TrimSpace(w.text)) {
				if s.Start > 0 && m.text(r.IDs[s.Start-1]) == " " {
					s.Start--
				}
				if s.End < len(r.IDs) && m.text(r.IDs[s.End]) == " " {
					s.End++
				}
			}
		}
		sites = append(sites, s)
	}
	return sites
}

func (m *Mutator) text(id int32) string {
	text, ok := m.texts[id]
	if !ok {
		text = string(m.tokenizer.Bytes(id))
		m.texts[id] = text
	}
	return text
}

func isWord(text string) bool { return text != "" && text[0] >= 'a' && text[0] <= 'z' }

// read takes the words out of a row.
func (m *Mutator) read(r *Row) {
	m.words = m.words[:0]
	document, window := 0, 0
	seen := map[string]bool{} // names of the document
	var b strings.Builder
	for start := 0; start < len(r.IDs); {
		end := start + 1
		for end < len(r.IDs) && !r.Labels[end].WordStart() {
			end++
		}
		class := r.Labels[start].Class()
		for window < len(r.Windows) && r.Windows[window] <= start {
			window++
		}
		if class == shard.Special {
			document++
			clear(seen)
		}
		b.Reset()
		for _, id := range r.IDs[start:end] {
			b.WriteString(m.text(id))
		}
		w := word{start: start, end: end, document: document, window: window, text: b.String()}
		m.classify(r, &w, class, seen)
		if class.Name() {
			seen[w.text] = true
			if _, ok := m.names[w.text]; !ok {
				m.names[w.text] = slices.Clone(r.IDs[start:end])
			}
		}
		m.words = append(m.words, w)
		start = end
	}
}

func (m *Mutator) classify(r *Row, w *word, class shard.Class, seen map[string]bool) {
	if class == shard.Assignment && treesitter.OperatorGroup(r.Language, operatorText(w.text)) != nil {
		w.family, w.site, w.mutable = operator, true, true // += for -=
		return
	}
	if class >= shard.Whitespace {
		return
	}
	w.site = class.Name()
	dotted := false
	switch kind := treesitter.Kind(class); kind {
	case treesitter.KindAttribute, treesitter.KindCall:
		dotted = m.behindDot(r, w)
		fallthrough
	case treesitter.KindVariable, treesitter.KindParameter:
		if receivers[w.text] || strings.HasPrefix(w.text, "__") {
			return
		}
		w.mutable = true
		switch {
		case kind == treesitter.KindParameter:
			w.family, w.mutable = value, false
		case kind == treesitter.KindVariable:
			// A name that is assigned and did not stand before is being defined.
			w.family, w.mutable = value, seen[w.text] || !m.assigned(r, w.end)
		case kind == treesitter.KindCall && dotted:
			w.family = method
		case kind == treesitter.KindCall:
			w.family = function
		case dotted:
			w.family = member
		default:
			w.family = key
		}
	case treesitter.KindOperator:
		if treesitter.OperatorGroup(r.Language, operatorText(w.text)) != nil && m.behindOperand(r, w.start) {
			w.family, w.site, w.mutable = operator, true, true
		}
	case treesitter.KindLiteral:
		if treesitter.OppositeBoolean(w.text) != "" {
			w.family, w.site, w.mutable = boolean, true, true
		}
	}
}

func operatorText(text string) string { return strings.Join(strings.Fields(text), " ") }

// behindDot tells a member, and takes its receiver's name.
func (m *Mutator) behindDot(r *Row, w *word) bool {
	if w.start == 0 || r.Labels[w.start-1].Class() != shard.Class(treesitter.KindPunctuation) && r.Labels[w.start-1].Class() != shard.Class(treesitter.KindOperator) {
		return false
	}
	before := strings.TrimRight(m.text(r.IDs[w.start-1]), " ")
	if !strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "->") && !strings.HasSuffix(before, "::") {
		return false
	}
	if n := len(m.words); n > 1 && m.words[n-1].end-m.words[n-1].start == 1 && before == "." && r.Labels[m.words[n-2].start].Class().Name() {
		w.receiver = m.words[n-2].text
	}
	return true
}

// behindOperand tells operators of two operands from signs.
func (m *Mutator) behindOperand(r *Row, at int) bool {
	for at--; at >= 0; at-- {
		text := strings.TrimSpace(m.text(r.IDs[at]))
		if text == "" {
			continue
		}
		class := r.Labels[at].Class()
		return class.Name() || class == shard.Class(treesitter.KindLiteral) || strings.ContainsAny(text[len(text)-1:], ")]}")
	}
	return false
}

// assigned tells whether an assignment follows.
func (m *Mutator) assigned(r *Row, at int) bool {
	for at < len(r.IDs) && r.Labels[at].Class() == shard.Whitespace {
		at++
	}
	return at < len(r.IDs) && r.Labels[at].Class() == shard.Assignment && !bytes.ContainsAny([]byte(m.text(r.IDs[at])), "+-*/%|&^<>")
}

// Edit puts IDs in the place of a site.
type Edit struct {
	Site int // index into the row's sites
	IDs  []int32
	at   int  // which of IDs the detection head is asked at
	swap bool // it is one of two that exchange arguments
}

// At says which of IDs is the first that holds a byte of the token.
func (e Edit) At() int { return e.at }

const (
	nearby  = 0.8 // share of names that are taken from the same declaration, if it has others
	alike   = 0.3 // share of names that are taken from those that have a subword in common, if there are any
	related = 0.6 // share of members that are taken from those of the same receiver, if it has others
	// exchanges is the share of mutations that exchange two arguments, where a row has such.
	exchanges = 0.08
)

// Draw chooses count mutations, uniformly over the sites that have an alternative; fewer where the row has fewer. sites are those that
// Sites returned for this row just now. An exchange is two edits.
func (m *Mutator) Draw(random *rand.Rand, r *Row, sites []Site, count int) []Edit {
	var edits []Edit
	taken := make([]bool, len(sites))
	pairs := m.arguments(r, sites)
	for n := 0; n < count; n++ {
		if len(pairs) > 0 && random.Float64() < exchanges {
			p := pairs[random.IntN(len(pairs))]
			if !taken[p] && !taken[p+1] {
				taken[p], taken[p+1] = true, true
				a, b := &sites[p], &sites[p+1]
				edits = append(edits, Edit{Site: p, IDs: r.IDs[b.Start:b.End], swap: true}, Edit{Site: p + 1, IDs: r.IDs[a.Start:a.End], swap: true})
				continue
			}
		}
		// Some tries find a site with an alternative unless there is hardly any.
		for range 50 {
			if len(sites) == 0 {
				break
			}
			i := random.IntN(len(sites))
			if taken[i] || !sites[i].mutable {
				continue
			}
			if edit, ok := m.replace(random, r, &sites[i]); ok {
				edit.Site, taken[i] = i, true
				edits = append(edits, edit)
				break
			}
		}
	}
	slices.SortFunc(edits, func(a, b Edit) int { return a.Site - b.Site })
	return edits
}

// Alternatives lists what could be drawn in the place of an edit, its own text among them: all names in scope, or all operators of the group.
// There are none for an exchange of arguments. sites are those that the edit was drawn for, from this row, just now.
func (m *Mutator) Alternatives(r *Row, sites []Site, e Edit) []Edit {
	s := &sites[e.Site]
	w := &m.words[s.word]
	var list []Edit
	switch {
	case e.swap:
	case s.family == boolean:
		list = append(list, e)
	case s.family == operator:
		for _, other := range treesitter.OperatorGroup(r.Language, operatorText(w.text)) {
			if other != operatorText(w.text) {
				edit := m.operator(r, s, other)
				edit.Site = e.Site
				list = append(list, edit)
			}
		}
	default:
		for _, i := range m.candidates(s.word) {
			list = append(list, Edit{Site: e.Site, IDs: slices.Clone(r.IDs[m.words[i].start:m.words[i].end])})
		}
	}
	return list
}

// replace draws another text for one site.
func (m *Mutator) replace(random *rand.Rand, r *Row, s *Site) (Edit, bool) {
	w := &m.words[s.word]
	switch s.family {
	case operator:
		group := treesitter.OperatorGroup(r.Language, operatorText(w.text))
		other := group[random.IntN(len(group))]
		if other == operatorText(w.text) {
			return Edit{}, false // drawn again by the caller
		}
		return m.operator(r, s, other), true
	case boolean:
		return Edit{IDs: m.encode(treesitter.OppositeBoolean(w.text))}, true
	}
	candidates := m.candidates(s.word)
	candidates = prefer(random, nearby, candidates, func(i int) bool { return s.family == value && m.words[i].window == w.window })
	candidates = prefer(random, related, candidates, func(i int) bool { return w.receiver != "" && m.words[i].receiver == w.receiver })
	ids := r.IDs[w.start:w.end]
	candidates = prefer(random, alike, candidates, func(i int) bool {
		return slices.ContainsFunc(r.IDs[m.words[i].start:m.words[i].end], func(id int32) bool { return slices.Contains(ids, id) && len(m.text(id)) > 1 })
	})
	if len(candidates) == 0 {
		return Edit{}, false
	}
	other := &m.words[candidates[random.IntN(len(candidates))]]
	return Edit{IDs: slices.Clone(r.IDs[other.start:other.end])}, true
}

// candidates are the first words of each other text of a word's family: of variables those before it, of members all in the document.
func (m *Mutator) candidates(at int) []int {
	w := &m.words[at]
	seen := map[string]bool{w.text: true}
	var list []int
	// The nearest first: of a name in two declarations, the place in this one counts.
	for i := at - 1; i >= 0 && m.words[i].document == w.document; i-- {
		if c := &m.words[i]; c.family == w.family && !seen[c.text] {
			seen[c.text] = true
			list = append(list, i)
		}
	}
	if w.family == value {
		return list
	}
	for i := at + 1; i < len(m.words) && m.words[i].document == w.document; i++ {
		if c := &m.words[i]; c.family == w.family && !seen[c.text] {
			seen[c.text] = true
			list = append(list, i)
		}
	}
	return list
}

// prefer keeps, in a share of the draws, only the candidates that have a property, if any do.
func prefer(random *rand.Rand, share float64, candidates []int, has func(int) bool) []int {
	if random.Float64() >= share {
		return candidates
	}
	var kept []int
	for _, c := range candidates {
		if has(c) {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return candidates
	}
	return kept
}

// operator writes another operator with the spaces that the first has.
func (m *Mutator) operator(r *Row, s *Site, other string) Edit {
	var b strings.Builder
	for _, id := range r.IDs[s.Start:s.End] {
		b.WriteString(m.text(id))
	}
	text := b.String()
	core := strings.TrimSpace(text)
	lead, trail := text[:strings.Index(text, core)], text[strings.Index(text, core)+len(core):]
	if isWord(other) {
		if lead == "" && s.Start == s.At {
			lead = " "
		}
		if trail == "" {
			trail = " "
		}
	}
	e := m.tokenizer.Encode(lead + other + trail)
	edit := Edit{IDs: e.IDs}
	for edit.at+1 < len(e.IDs) && int(e.Offsets[edit.at][1]) <= len(lead) {
		edit.at++
	}
	return edit
}

func (m *Mutator) encode(text string) []int32 {
	ids, ok := m.names[text]
	if !ok {
		ids = m.tokenizer.Encode(text).IDs
		m.names[text] = ids
	}
	return ids
}

// arguments finds neighbouring arguments of one call that are plain variables: the sites i and i+1 of each i in the list.
func (m *Mutator) arguments(r *Row, sites []Site) []int {
	var list []int
	for i := 0; i+1 < len(sites); i++ {
		a, b := &sites[i], &sites[i+1]
		if a.family != value || b.family != value || !a.mutable || !b.mutable || b.word != a.word+2 || a.word < 2 || b.word+1 >= len(m.words) {
			continue
		}
		wa, wb := &m.words[a.word], &m.words[b.word]
		between, after := m.words[a.word+1].text, m.words[b.word+1].text
		if wa.text == wb.text || strings.TrimRight(between, " ") != "," || !strings.HasPrefix(after, ")") && !strings.HasPrefix(after, ",") {
			continue
		}
		// Back over plain arguments to the call.
		open := a.word - 1
		for open > 1 && strings.TrimRight(m.words[open].text, " ") == "," && m.words[open-1].family == value {
			open -= 2
		}
		if open > 0 && m.words[open].text == "(" && (m.words[open-1].family == function || m.words[open-1].family == method) {
			list = append(list, i)
		}
	}
	return list
}

// Apply makes the row with the edits, and tells where its sites are. Labels of replaced tokens stay those of their kind.
func (m *Mutator) Apply(r *Row, sites []Site, edits []Edit) (Row, []Site) {
	out := Row{Language: r.Language, IDs: make([]int32, 0, len(r.IDs)+8), Labels: make([]shard.Label, 0, len(r.IDs)+8)}
	moved := make([]Site, len(sites))
	next, edit := 0, 0
	for i, s := range sites {
		for ; next < s.Start; next++ {
			out.IDs, out.Labels = append(out.IDs, r.IDs[next]), append(out.Labels, r.Labels[next])
		}
		moved[i] = s
		// Spaces between two operators of letters belong to both; the first has taken them.
		moved[i].Start = len(out.IDs)
		moved[i].At = moved[i].Start + s.At - max(s.Start, next)
		if edit < len(edits) && edits[edit].Site == i {
			e := &edits[edit]
			edit++
			class := r.Labels[s.At].Class()
			for k, id := range e.IDs {
				label := shard.Label(class)
				switch {
				case k < e.at, k > e.at && strings.TrimSpace(m.text(id)) == "" && s.family == operator:
					label = shard.Boundary | shard.Label(shard.Whitespace)
				case k == e.at:
					label |= shard.Boundary
				}
				out.IDs, out.Labels = append(out.IDs, id), append(out.Labels, label)
			}
			moved[i].At = moved[i].Start + e.at
			next = s.End
		} else {
			for ; next < s.End; next++ {
				out.IDs, out.Labels = append(out.IDs, r.IDs[next]), append(out.Labels, r.Labels[next])
			}
		}
		moved[i].End = len(out.IDs)
	}
	for ; next < len(r.IDs); next++ {
		out.IDs, out.Labels = append(out.IDs, r.IDs[next]), append(out.Labels, r.Labels[next])
	}
	return out, moved
}
