package gap

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model/cache"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// A gap of a whole annotation: its candidates are types of any number of tokens. What they are is seldom written before the gap, so there is always one more: that it is
// none of the list. It takes a share like the others and is never offered.

const (
	// listedTypes bounds the candidates of an annotation, askedTypes those that the model is asked about: types are spelt out, which costs rows of the network; surestTypes of them to
	// their end.
	listedTypes = 96
	askedTypes  = 14
	surestTypes = 4

	knownForms   = 40 // of the lexicon
	filledForms  = 8  // of them with a hole
	fillings     = 8  // names that are put into each
	frequentOnes = 16 // of a kind of site
	projectOnes  = 24
	namesInSight = 24
)

// annotation is what is known of a site before its candidates are.
type annotation struct {
	site       treesitter.TypeSite
	evidence   typings.Evidence
	importable []string
	opinion    *typings.Opinion
	lexicon    *typings.Lexicon

	sites *Sites
	here  int     // the token of x that the site begins with
	out   []int32 // what the file annotates at the site itself: it does not count

	// What file and project annotate: all types; those of names that are the same; those of names whose last part is; those of the names that are carried.
	file, fileName, filePart, carried tally
	around                            *tally
	aroundName, aroundPart            tally
	flow, flowAround                  tally              // what calls of the file say of it, and what the project has for functions whose result it is
	kind                              tally              // the file's at sites of this kind
	sight                             map[string]bool    // names of types in sight
	optional                          bool               // file and project write Optional[X], and not X | None
	used                              []string           // what is used behind a dot on it
	holders                           map[string]float64 // the share of those that a class of file or project has, by its name; nil where nothing is used
	argued                            map[string]bool    // see generic
}

// tally counts types.
type tally struct {
	times  map[string]int
	total  int
	sorted []string // see texts; nil where it is not known yet
	// of is a tally that this one is, but for what is less.
	of   *tally
	less map[string]int
}

func (t *tally) add(text string, n int) {
	if t.times == nil {
		t.times = map[string]int{}
	}
	t.times[text] += n
	t.total += n
	t.sorted = nil
}

// but is a tally without one of some types, which it has.
func (t *tally) but(texts []string) tally {
	if t == nil {
		return tally{}
	}
	other := tally{of: t, total: t.total - len(texts)}
	for _, text := range texts {
		if other.less == nil {
			other.less = map[string]int{}
		}
		other.less[text]++
	}
	return other
}

// n is how often a type was counted.
func (t *tally) n(text string) int {
	if t.of != nil {
		return t.of.times[text] - t.less[text]
	}
	return t.times[text]
}

// share is the part of a type among all, unknown where none was counted.
func (t *tally) share(text string) float32 {
	if t.total == 0 {
		return rank.Unknown
	}
	return float32(t.n(text)) / float32(t.total)
}

// texts are the types, most frequent first.
func (t *tally) texts() []string {
	if t.of != nil && len(t.less) == 0 {
		return t.of.texts()
	}
	if t.sorted != nil {
		return t.sorted
	}
	times := t.times
	if t.of != nil {
		times = t.of.times
	}
	list := make([]string, 0, len(times))
	for text := range times {
		if t.n(text) > 0 {
			list = append(list, text)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(t.n(b)-t.n(a), strings.Compare(a, b)) })
	t.sorted = list
	return list
}

// NewAnnotation finds and describes what a site may be annotated with, whatever stands there. around is the project and corpus what is known of others (CorpusOf); both may be nil.
// importable are names of types that are not in sight and could be: they are candidates as if they were imported.
func NewAnnotation(x *names.Index, site treesitter.TypeSite, around *project.View, corpus *ngram.Model, importable ...string) *Gap {
	return NewSites(x, around).Annotation(x, site, corpus, importable...)
}

// count tallies what file and project annotate.
func (a *annotation) count(x *names.Index) {
	s := a.sites
	s.read()
	symbol, part := a.evidence.Symbol, typings.LastPart(a.evidence.Symbol)
	a.here, a.out = x.Next(a.site.Start), s.overlap(x, a.site.Span)
	var file, kind []string
	for _, i := range a.out {
		file = append(file, s.listed[i].Type)
		if s.listed[i].Kind == a.site.Kind {
			kind = append(kind, s.listed[i].Type)
		}
	}
	a.file, a.kind = s.file.but(file), s.kinds[a.site.Kind].but(kind)
	add := func(to *tally, places []int32, want func(other *said) bool) {
		for _, i := range places {
			if other := &s.listed[i]; want(other) && !slices.Contains(a.out, i) {
				to.add(other.Type, 1)
			}
		}
	}
	if symbol != "" {
		add(&a.fileName, s.byName[symbol], func(*said) bool { return true })
	}
	if part != "" {
		add(&a.filePart, s.byPart[part], func(other *said) bool { return other.Symbol != symbol })
	}
	for i, name := range a.evidence.Carried {
		if name != symbol && name != "" && !slices.Contains(a.evidence.Carried[:i], name) {
			add(&a.carried, s.byName[name], func(other *said) bool { return other.Kind != "return" })
		}
	}
	for _, text := range a.evidence.Flows {
		a.flow.add(text, 1)
	}
	p := s.readProject()
	a.around = &p.types
	for _, c := range a.evidence.Called {
		for _, other := range p.byName[c.Name] {
			a.flowAround.add(c.Gives(other.text), other.times)
		}
	}
	if symbol != "" {
		for _, other := range p.byName[symbol] {
			a.aroundName.add(other.text, other.times)
		}
		if part != "" {
			for _, other := range p.byPart[part] {
				if other.symbol != symbol {
					a.aroundPart.add(other.text, other.times)
				}
			}
		}
	}
	a.factsOf(x)
}

// listTypes lists the candidates, those of most promise first.
func (g *Gap) listTypes() {
	a := g.annotation
	at := map[string]int{}
	var promise []float64
	add := func(source, text string, worth float64) {
		if !typings.Askable(text) {
			return
		}
		if i, ok := at[text]; ok {
			promise[i] += worth
			return
		}
		at[text] = len(g.Candidates)
		g.Candidates = append(g.Candidates, g.candidate(source, text))
		promise = append(promise, worth)
	}
	if a.evidence.Own != "" {
		add(FromValue, a.style(a.evidence.Own), 8)
	}
	for _, text := range a.evidence.Made {
		add(FromValue, text, 3)
	}
	for _, name := range a.holding() {
		add(FromProject, name, 4)
	}
	for _, from := range []struct {
		source string
		*tally
		worth float64
		most  int
	}{
		{FromFile, &a.flow, 6, 8}, {FromProject, &a.flowAround, 4, 8}, {FromFile, &a.carried, 4, 8}, {FromFile, &a.fileName, 4, 8}, {FromProject, &a.aroundName, 3, 8}, {FromFile, &a.filePart, 2, 12}, {FromProject, &a.aroundPart, 1.5, 12},
		{FromFile, &a.file, 5, math.MaxInt}, {FromProject, a.around, 1, projectOnes},
	} {
		list := from.texts()
		for _, text := range list[:min(len(list), from.most)] {
			add(from.source, text, from.worth*(0.5+float64(from.share(text))))
		}
	}
	written := a.sites.types(g.x, g.span)
	for _, text := range written {
		if _, ok := at[text]; !ok {
			add(FromFile, text, 2)
		}
	}
	inSight := g.typesInSight(written)
	for i, name := range inSight {
		a.sight[name] = true
		if i < namesInSight {
			add(FromScope, name, 0)
		}
	}
	for _, text := range a.lexicon.Frequent(a.site.Kind, frequentOnes) {
		add(FromKnown, text, 0)
	}
	fill := g.fillings(inSight)
	filled := 0
	for _, form := range a.opinion.Best(knownForms) {
		switch strings.Count(form, typings.Hole) {
		case 0:
			add(FromKnown, form, 0)
		case 1:
			if filled++; filled > filledForms {
				continue
			}
			argued := strings.Contains(form, typings.Hole+"[") || strings.Contains(form, typings.Hole+"<")
			for _, name := range fill {
				if argued && !a.generic(name, written) {
					continue
				}
				add(FromForm, strings.Replace(form, typings.Hole, name, 1), 0)
			}
		}
	}
	// What the lexicon says of a form is shared by all names that fill it.
	var order []int
	rank := func() {
		for i := len(order); i < len(g.Candidates); i++ {
			order = append(order, i)
			text := g.Candidates[i].Text
			known := a.sites.of(text)
			promise[i] += a.opinion.OfForm(known.form).All - 2*float64(known.holes) + 2*float64(a.alike(text))
		}
		slices.SortStableFunc(order, func(i, k int) int { return cmp.Compare(promise[k], promise[i]) })
	}
	rank()
	var promising []string
	for _, i := range order[:min(len(order), composedOf)] {
		promising = append(promising, g.Candidates[i].Text)
	}
	for _, text := range a.compose(g.x.File.Language, promising) {
		add(FromForm, text, 0.5)
	}
	rank()
	best := make([]Candidate, 0, listedTypes)
	for _, i := range order[:min(len(order), listedTypes)] {
		best = append(best, g.Candidates[i])
	}
	g.Candidates = best
	rest := g.candidate(FromNowhere, "")
	g.rest = &rest
}

// generic tells whether file or project give a type of a name arguments, or its class says that it takes some.
func (a *annotation) generic(name string, written []string) bool {
	has := func(text string) bool {
		return strings.Contains(text, name+"[") && !strings.Contains(text, name+"[]") || strings.Contains(text, name+"<")
	}
	is, known := a.argued[name]
	if !known {
		if a.argued == nil {
			a.argued = map[string]bool{}
		}
		is = slices.ContainsFunc(written, has) || a.sites.projectArgues(name, has)
		a.argued[name] = is
	}
	return is
}

// candidate is one of which nothing is known yet.
func (g *Gap) candidate(source, text string) Candidate {
	return Candidate{Text: text, Source: source, Kind: g.opts.Kind, definition: rank.Unknown, outer: rank.Unknown, known: rank.Unknown}
}

// typesInSight lists the names of types of the file, those that are defined there first, then those nearest to the site, those with a path, and what is imported.
func (g *Gap) typesInSight(written []string) []string {
	x := g.x
	seen := map[string]bool{}
	var list []string
	add := func(text string) {
		if !seen[text] {
			seen[text] = true
			list = append(list, text)
		}
	}
	visible := x.VisibleOf(g.span, func(d *treesitter.Definition) bool {
		return d.Kind == treesitter.DefinitionType || d.Kind == treesitter.DefinitionImport && 'A' <= d.Name[0] && d.Name[0] <= 'Z'
	})
	for _, n := range visible {
		if n.Definition == treesitter.DefinitionType {
			add(n.Text)
		}
	}
	for _, n := range g.nearest(x.Identifiers(g.span, treesitter.KindType)) {
		if names.IsName(n.Text) {
			add(n.Text)
		}
	}
	for _, text := range written {
		if words := typings.Words(text); len(words) == 1 && words[0] == text {
			add(text)
		}
	}
	for _, n := range visible {
		if n.Definition == treesitter.DefinitionImport {
			add(n.Text)
		}
	}
	for _, name := range g.annotation.importable {
		add(name)
	}
	return list
}

// fillings are the names that forms are filled with: those that the evidence names first, then those that are like the annotated name, then the nearest.
func (g *Gap) fillings(inSight []string) []string {
	a := g.annotation
	var list []string
	add := func(text string) {
		if len(list) < fillings && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	hole := func(text string) {
		for _, word := range a.sites.of(text).words {
			if a.sites.of(word).form == typings.Hole {
				add(word)
			}
		}
	}
	for _, text := range a.evidence.Made {
		hole(text)
	}
	for _, t := range []*tally{&a.flow, &a.flowAround, &a.carried, &a.fileName, &a.aroundName, &a.filePart, &a.aroundPart} {
		for i, text := range t.texts() {
			if i < 3 {
				hole(text)
			}
		}
	}
	like := slices.Clone(inSight)
	slices.SortStableFunc(like, func(x, y string) int {
		return cmp.Compare(a.alike(y), a.alike(x))
	})
	for i, name := range like {
		if i < 3 && a.alike(name) > 0 {
			add(name)
		}
	}
	for _, name := range inSight {
		if a.sites.of(name).form == typings.Hole {
			add(name)
		}
	}
	return list
}

// alike is how much a name is like one of the names in a type at most: 2 for the same but for case, else the share of parts that both have.
func alike(symbol string, words []string) float32 {
	best := float32(0)
	for _, word := range words {
		word = word[strings.LastIndexAny(word, ".:")+1:]
		if len(symbol) > 1 && strings.EqualFold(word, strings.Trim(symbol, "_")) {
			return 2
		}
		best = max(best, names.SharedParts(word, symbol))
	}
	return best
}

// alike is how much the annotated name is like a type's.
func (a *annotation) alike(text string) float32 {
	return alike(a.evidence.Symbol, a.sites.of(text).words)
}

var siteKinds = map[string]float32{"parameter": 0, "return": 1, "variable": 2, "field": 3}

// describeAnnotation fills in all inputs but the model's.
func (g *Gap) describeAnnotation() {
	a := g.annotation
	previous := g.step(g.before()+1, -1)
	next := g.x.Next(g.span.Start)
	for next < len(g.x.File.Tokens) && g.x.File.Tokens[next].Start < g.span.End {
		next++
	}
	next = g.step(next-1, 1)
	place := map[Input]float32{
		Language: rank.Language(g.x.File.Language), KindHere: siteKinds[a.site.Kind], Candidates: rank.Log1p(len(g.Candidates)),
		Previous: g.glance(previous), Next: g.glance(next), Before2: g.glance(g.step(previous, -1)), After2: g.glance(g.step(next, 1)), Opening: g.glance(g.opening()),
		Annotated: rank.Log1p(a.file.total), Named: rank.Log1p(a.fileName.total), NamedAround: rank.Log1p(a.aroundName.total),
	}
	rows := make([]*Candidate, len(g.Candidates), len(g.Candidates)+1)
	support := make([]typings.Support, len(g.Candidates))
	best := math.Inf(-1)
	order := make([]int, len(g.Candidates))
	for i := range g.Candidates {
		rows[i], order[i] = &g.Candidates[i], i
		support[i] = a.opinion.OfForm(a.sites.of(g.Candidates[i].Text).form)
		best = max(best, support[i].All)
	}
	for i, c := range rows {
		g.describeType(c, place, support[i], best)
	}
	places(order, func(i int) float32 { return float32(support[i].All) }, func(i, place int) { g.Candidates[i].Inputs[LexiconPlace] = float32(place) })
	places(order, func(i int) float32 {
		return -min(g.Candidates[i].Inputs[NearBefore], g.Candidates[i].Inputs[NearAfter])
	}, func(i, place int) { g.Candidates[i].Inputs[Recent] = float32(place) })
	g.describeTypeGrams()
	if g.rest == nil {
		return
	}
	in := &g.rest.Inputs
	for k := range Model {
		in[k] = rank.Unknown
	}
	for k, v := range place {
		in[k] = v
	}
	// What is the best of all candidates says whether the right one may be among them.
	in[From] = sources[FromNowhere]
	for _, k := range []Input{Prior, NameFit, LastFit, FirstFit, ValueFit, UseFit, ResultFit, SignFit, Lexicon, MadeSo, OwnSo, Holds, FlowShare, FlowTimes, FlowAround, FlowAroundTimes, CarriedShare, NameShare, PartShare, KindShare, NameShareAround, PartShareAround, Echo, CacheLeft} {
		for _, c := range rows {
			if v := c.Inputs[k]; v == v && !(in[k] >= v) {
				in[k] = v
			}
		}
	}
}

// describeType fills in what is known of one type by itself.
func (g *Gap) describeType(c *Candidate, place map[Input]float32, s typings.Support, best float64) {
	a := g.annotation
	in := &c.Inputs
	for k := range Model {
		in[k] = rank.Unknown
	}
	for k, v := range place {
		in[k] = v
	}
	in[From] = sources[c.Source]
	in[Length] = float32(len(c.Text))
	known := a.sites.of(c.Text)
	words := known.words
	seen := 0
	for _, word := range words {
		head := word[:strings.IndexAny(word+".", ".:")]
		if a.sight[word] || a.sight[head] || a.sites.of(word).form != typings.Hole {
			seen++
		}
	}
	in[TypeWords], in[Holes] = float32(len(words)), float32(known.holes)
	if len(words) > 0 {
		in[InSight] = float32(seen) / float32(len(words))
		in[Title] = rank.Flag('A' <= words[0][0] && words[0][0] <= 'Z')
	}
	in[Prior], in[Lexicon], in[LexiconOver] = float32(s.Prior), float32(s.All), float32(s.All-best)
	for family, input := range []Input{NameFit, LastFit, FirstFit, ValueFit, UseFit, ResultFit, SignFit} {
		in[input] = float32(s.Shares[family])
	}
	if len(a.evidence.Made) > 0 {
		in[MadeSo] = 0
		for _, made := range a.evidence.Made {
			switch {
			case made == c.Text:
				in[MadeSo] = 2
			case slices.ContainsFunc(words, func(word string) bool { return slices.Contains(typings.Words(made), word) }):
				in[MadeSo] = max(in[MadeSo], 1)
			}
		}
	}
	if a.evidence.Own != "" {
		in[OwnSo] = typings.Accord(g.x.File.Language, c.Text, a.evidence.Own)
	}
	in[Holds] = a.holds(c.Text)
	in[FlowTimes], in[FlowAroundTimes] = rank.Log1p(a.flow.n(c.Text)), rank.Log1p(a.flowAround.n(c.Text))
	in[Echo] = a.alike(c.Text)
	in[FlowShare], in[FlowAround] = a.flow.share(c.Text), a.flowAround.share(c.Text)
	in[CarriedShare], in[NameShare], in[PartShare], in[KindShare] = a.carried.share(c.Text), a.fileName.share(c.Text), a.filePart.share(c.Text), a.kind.share(c.Text)
	in[NameShareAround], in[PartShareAround] = a.aroundName.share(c.Text), a.aroundPart.share(c.Text)
	in[Seen], in[SeenSort], in[ProjectSort] = rank.Log1p(a.file.n(c.Text)), rank.Log1p(a.kind.n(c.Text)), rank.Log1p(a.around.n(c.Text))
	in[SeenName], in[SeenPart] = rank.Log1p(a.fileName.n(c.Text)), rank.Log1p(a.filePart.n(c.Text))
	near := a.sites.nearest(g.x, c.Text, a.here, a.out)
	in[NearBefore], in[NearAfter] = logDistance(near[0]), logDistance(near[1])
}

// describeTypeGrams fills in what the n-grams of file and project say: the mean over the tokens of a type and those behind it, since types have different numbers.
func (g *Gap) describeTypeGrams() {
	if len(g.Candidates) == 0 {
		return
	}
	a := g.annotation
	sequences := make([][]string, len(g.Candidates))
	for i, c := range g.Candidates {
		sequences[i] = a.sites.tokensOf(c.Text)
	}
	site, width := g.x.Gap(g.span)
	var view *cache.View
	if g.opts.Around != nil {
		view = g.opts.Around.Grams
	}
	before, behind := g.x.Cache.Around(site, width, ngram.Order-1)
	var place *ngram.Place
	if g.opts.Corpus != nil {
		place = g.opts.Corpus.At(g.x.File.Language, before, behind)
	}
	left, right := make([]float64, len(sequences)), make([]float64, len(sequences))
	ranked := func(tokens func(i int) []float64, logProb, over, ownLeft, ownRight, place Input) {
		for i := range sequences {
			left[i], right[i] = meanSides(tokens(i), len(sequences[i]))
		}
		g.mixed(left, right, logProb, over, ownLeft, ownRight, place)
	}
	own, tokens := g.x.Cache.Tokens(site, width, sequences, len(behind), view)
	if tokens == nil { // without a project the mixture is the file's own
		tokens = own
	}
	near := func(of [][]float64) func(i int) []float64 {
		return func(i int) []float64 { return of[i][:min(len(of[i]), len(sequences[i])+cache.Order-1)] }
	}
	ranked(near(own), Cache, CacheOver, CacheLeft, CacheRight, CachePlace)
	ranked(near(tokens), Project, ProjectOver, ProjectLeft, ProjectRight, ProjectPlace)
	if place != nil {
		ranked(func(i int) []float64 {
			said := place.Tokens(sequences[i])
			alone := make([]float64, len(said))
			for k, s := range said {
				alone[k] = s.Probability
				tokens[i][k] = ngram.Share*s.Probability + (1-ngram.Share)*tokens[i][k]
			}
			return alone
		}, Corpus, CorpusOver, CorpusLeft, CorpusRight, CorpusPlace)
	}
	ranked(func(i int) []float64 { return tokens[i] }, Mixed, MixedOver, MixedLeft, MixedRight, MixedPlace)
}

// meanSides are the logarithms of a type's own probability, and of those behind it, weighed as if it were one token.
func meanSides(tokens []float64, own int) (left, right float64) {
	for i, p := range tokens {
		if i < own {
			left += math.Log(p)
		} else {
			right += math.Log(p)
		}
	}
	by := float64(len(tokens)-own+1) / float64(len(tokens))
	return left * by, right * by
}
