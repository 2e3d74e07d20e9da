package gap

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model/ngram"
	"mlm-lsp/treesitter"
)

// Sites are the sites of annotations of one file. What file and project say of them is counted once, a part when it is first asked for, so that many sites cost one pass over the file. They are used by one
// goroutine at a time.
type Sites struct {
	x       *names.Index // without a stand-in
	around  *project.View
	known   *typings.Known
	lexicon *typings.Lexicon

	// What the file annotates, in its order, and by name, by last part of the name and by type: places in the list.
	listed                 []said
	byName, byPart, byType map[string][]int32
	file                   *tally
	kinds                  map[string]*tally
	written                []written
	places                 map[string]int // of types in written

	project *surroundings
	texts   map[string]*text
}

// said is what the file annotates something with. token is that at or behind its begin.
type said struct {
	typings.Annotation
	part  string // the last of the name
	token int
}

// written is a type that stands somewhere in the file (typings.WrittenAt), and at which tokens.
type written struct {
	text   string
	tokens []int32
}

// surroundings are what the project says, by name.
type surroundings struct {
	types          tally
	byName, byPart map[string][]saidAround
	writes, argues map[string]bool
	facts          []*typings.Facts
	classes        map[string]typings.Class
	holding        map[string][]string // the classes that have a member, with what they have of their bases
}

type saidAround struct {
	symbol, text string
	times        int
}

// text is what a type says by itself.
type text struct {
	words  []string
	form   string
	holes  int
	tokens []string
}

// NewSites returns the sites of a file, of which x may be an index with a stand-in; around is as for NewAnnotation.
func NewSites(x *names.Index, around *project.View) *Sites {
	base, _ := x.Base()
	return &Sites{x: base, around: around, known: typings.Know(base), lexicon: typings.For(base.File.Language), texts: map[string]*text{}}
}

// Annotation is NewAnnotation for a site of the file, or of one that With made of it, whose index x is.
func (s *Sites) Annotation(x *names.Index, site treesitter.TypeSite, corpus *ngram.Model, importable ...string) *Gap {
	g := &Gap{Group: GroupAnnotation, x: x, span: site.Span, opts: Options{Kind: treesitter.KindType, Around: s.around, Corpus: corpus}}
	a := &annotation{sites: s, site: site, evidence: s.known.Look(x, site), lexicon: s.lexicon, sight: map[string]bool{}, importable: importable}
	a.opinion = a.lexicon.Judge(a.evidence)
	g.annotation = a
	a.count(x)
	g.listTypes()
	g.unasked()
	g.describe()
	return g
}

// Evidence is what the file says of a site, as for Annotation.
func (s *Sites) Evidence(x *names.Index, site treesitter.TypeSite) typings.Evidence {
	return s.known.Look(x, site)
}

// Evidence is what the file says of the site of an annotation.
func (g *Gap) Evidence() typings.Evidence { return g.annotation.evidence }

// of is what a type says by itself.
func (s *Sites) of(what string) *text {
	t := s.texts[what]
	if t == nil {
		form := s.lexicon.Form(what)
		t = &text{words: typings.Words(what), form: form, holes: strings.Count(form, typings.Hole)}
		s.texts[strings.Clone(what)] = t
	}
	return t
}

// tokensOf cuts a type into tokens.
func (s *Sites) tokensOf(what string) []string {
	t := s.of(what)
	if t.tokens == nil {
		t.tokens = typings.Tokens(s.x.File.Language, what)
	}
	return t.tokens
}

// read reads what the file annotates.
func (s *Sites) read() {
	if s.file != nil {
		return
	}
	s.file, s.kinds = &tally{}, map[string]*tally{}
	s.byName, s.byPart, s.byType = map[string][]int32{}, map[string][]int32{}, map[string][]int32{}
	for i, a := range typings.Listed(s.x.File, treesitter.Span{}) {
		one := said{a, "", s.x.Next(a.Start)}
		s.file.add(a.Type, 1)
		if s.kinds[a.Kind] == nil {
			s.kinds[a.Kind] = &tally{}
		}
		s.kinds[a.Kind].add(a.Type, 1)
		s.byType[a.Type] = append(s.byType[a.Type], int32(i))
		if a.Symbol != "" {
			one.part = typings.LastPart(a.Symbol)
			s.byName[a.Symbol] = append(s.byName[a.Symbol], int32(i))
			s.byPart[one.part] = append(s.byPart[one.part], int32(i))
		}
		s.listed = append(s.listed, one)
	}
}

// overlap are the places in the list of what stands over a site, or is it.
func (s *Sites) overlap(x *names.Index, span treesitter.Span) (list []int32) {
	tokens := s.x.File.Tokens
	base, first := x.Base()
	from := span.Start
	if base != x {
		if from = 0; first > 0 {
			from = tokens[first-1].End
		}
	}
	i := sort.Search(len(s.listed), func(i int) bool { return s.listed[i].Start > from-listedBytes })
	for ; i < len(s.listed); i++ {
		a := &s.listed[i]
		if base != x {
			if a.token >= first {
				break
			}
			if first < len(tokens) && a.End > tokens[first].Start {
				list = append(list, int32(i))
			}
			continue
		}
		if a.Start >= span.End {
			break
		}
		if a.End > span.Start {
			list = append(list, int32(i))
		}
	}
	return list
}

// listedBytes is more than an annotation that is listed has (typings.Askable).
const listedBytes = 200

// nearest are the distances, in tokens, of the last annotation with a type before a token of x and of the first one behind it, from 1; 0 for none. Those that are out do not count.
func (s *Sites) nearest(x *names.Index, what string, here int, out []int32) (n [2]int) {
	list := s.byType[what]
	i := sort.Search(len(list), func(i int) bool { return x.FromBase(s.listed[list[i]].token) > here })
	for k := i - 1; k >= 0; k-- {
		if !slices.Contains(out, list[k]) {
			n[0] = 1 + here - x.FromBase(s.listed[list[k]].token)
			break
		}
	}
	for ; i < len(list); i++ {
		if !slices.Contains(out, list[i]) {
			n[1] = x.FromBase(s.listed[list[i]].token) - here
			break
		}
	}
	return n
}

// readProject reads what the project annotates.
func (s *Sites) readProject() *surroundings {
	if s.project != nil {
		return s.project
	}
	p := &surroundings{byName: map[string][]saidAround{}, byPart: map[string][]saidAround{}, writes: map[string]bool{}, argues: map[string]bool{}}
	s.project = p
	if s.around == nil {
		return p
	}
	s.around.Types(func(symbol, text string, times int) {
		p.types.add(text, times)
		if symbol != "" {
			one, part := saidAround{symbol, text, times}, typings.LastPart(symbol)
			p.byName[symbol] = append(p.byName[symbol], one)
			p.byPart[part] = append(p.byPart[part], one)
		}
	})
	return p
}

// readFacts reads what the project's functions and classes say. Of classes of one name the file's own is kept, else the first.
func (s *Sites) readFacts() []*typings.Facts {
	p := s.readProject()
	if p.classes == nil {
		p.classes = map[string]typings.Class{}
		if s.around != nil {
			p.facts = s.around.Facts()
		}
		for _, f := range append([]*typings.Facts{s.known.Classes()}, p.facts...) {
			for name, c := range f.Classes() {
				if _, known := p.classes[name]; !known {
					p.classes[name] = c
				}
			}
		}
	}
	return p.facts
}

// class is one of the file, else of the project.
func (s *Sites) class(name string) (typings.Class, bool) {
	s.readFacts()
	c, ok := s.project.classes[name]
	return c, ok
}

// holding are the classes that have a member, by themselves or by their bases.
func (s *Sites) holding(member string) []string {
	p := s.readProject()
	if p.holding == nil {
		s.readFacts()
		p.holding = map[string][]string{}
		for name := range p.classes {
			for member := range typings.Members(name, s.class) {
				p.holding[member] = append(p.holding[member], name)
			}
		}
	}
	return p.holding[member]
}

// projectWrites tells whether an annotation of the project holds a text.
func (s *Sites) projectWrites(part string) bool {
	p := s.readProject()
	is, known := p.writes[part]
	if !known {
		is = slices.ContainsFunc(p.types.texts(), func(text string) bool { return strings.Contains(text, part) })
		p.writes[strings.Clone(part)] = is
	}
	return is
}

// projectArgues tells whether an annotation of the project has a type of a name with arguments; has tells of one whether it does.
func (s *Sites) projectArgues(name string, has func(text string) bool) bool {
	p := s.readProject()
	is, known := p.argues[name]
	if !known {
		is = slices.ContainsFunc(p.types.texts(), has)
		p.argues[strings.Clone(name)] = is
	}
	return is
}

// types lists what typings.Written does of the file with the stand-in, each type once.
func (s *Sites) types(x *names.Index, span treesitter.Span) []string {
	if s.places == nil {
		s.places = map[string]int{}
		for i := range s.x.File.Tokens {
			typings.WrittenAt(s.x.File, i, func(text string, at treesitter.Span) {
				k, ok := s.places[text]
				if !ok {
					k = len(s.written)
					s.places[text] = k
					s.written = append(s.written, written{text: text})
				}
				s.written[k].tokens = append(s.written[k].tokens, int32(i))
			})
		}
	}
	// Near the site the text may be another, and what overlaps the site is none.
	tokens := x.File.Tokens
	lo := sort.Search(len(tokens), func(i int) bool { return tokens[i].End >= span.Start-listedBytes })
	hi := lo + sort.Search(len(tokens)-lo, func(i int) bool { return tokens[lo+i].Start > span.End+listedBytes })
	base, first := x.Base()
	toBase := func(i int) int32 {
		if base != x && i > first {
			i = max(first, i-2)
		}
		return int32(i)
	}
	type entry struct {
		text  string
		place int64
	}
	var list []entry
	order := func(token int32, part int) int64 { return int64(token)<<32 | int64(part) }
	near := map[string]bool{}
	for i := lo; i < hi; i++ {
		typings.WrittenAt(x.File, i, func(text string, at treesitter.Span) {
			if at.Start < span.End && span.Start < at.End {
				return
			}
			near[text] = true
			list = append(list, entry{text, order(toBase(lo), 1+len(list))})
		})
	}
	from, to := toBase(lo), toBase(hi)
	sorted := len(list) == 0
	for _, w := range s.written {
		k, _ := slices.BinarySearch(w.tokens, from)
		if k == 0 {
			for k < len(w.tokens) && w.tokens[k] < to {
				k++
			}
			if k == len(w.tokens) {
				continue
			}
			sorted = sorted && k == 0
		} else {
			k = 0
		}
		list = append(list, entry{w.text, order(w.tokens[k], 0)})
	}
	if !sorted {
		slices.SortStableFunc(list, func(a, b entry) int { return cmp.Compare(a.place, b.place) })
	}
	texts := make([]string, 0, len(list))
	seen := map[string]bool{}
	for _, e := range list {
		if near[e.text] {
			if seen[e.text] {
				continue
			}
			seen[e.text] = true
		}
		texts = append(texts, e.text)
	}
	return texts
}
