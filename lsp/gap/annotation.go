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

	// What file and project annotate: all types; those of names that are the same; those of names whose last part is; those of the names that are carried.
	file, fileName, filePart, carried tally
	around, aroundName, aroundPart    tally
	flow, flowAround                  tally              // what calls of the file say of it, and what the project has for functions whose result it is
	kind                              tally              // the file's at sites of this kind
	near                              map[string][2]int  // distance of the nearest before and behind, in tokens
	sight                             map[string]bool    // names of types in sight
	optional                          bool               // file and project write Optional[X], and not X | None
	facts                             []*typings.Facts   // of the file and of the project
	used                              []string           // what is used behind a dot on it
	holders                           map[string]float64 // the share of those that a class of file or project has, by its name
}

// tally counts types.
type tally struct {
	times map[string]int
	total int
}

func (t *tally) add(text string, n int) {
	if t.times == nil {
		t.times = map[string]int{}
	}
	t.times[text] += n
	t.total += n
}

// share is the part of a type among all, unknown where none was counted.
func (t *tally) share(text string) float32 {
	if t.total == 0 {
		return rank.Unknown
	}
	return float32(t.times[text]) / float32(t.total)
}

// texts are the types, most frequent first.
func (t *tally) texts() []string {
	list := make([]string, 0, len(t.times))
	for text := range t.times {
		list = append(list, text)
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(t.times[b]-t.times[a], strings.Compare(a, b)) })
	return list
}

// NewAnnotation finds and describes what a site may be annotated with, whatever stands there. around is the project and corpus what is known of others (CorpusOf); both may be nil.
// importable are names of types that are not in sight and could be: they are candidates as if they were imported.
func NewAnnotation(x *names.Index, site treesitter.TypeSite, around *project.View, corpus *ngram.Model, importable ...string) *Gap {
	g := &Gap{Group: GroupAnnotation, x: x, span: site.Span, opts: Options{Kind: treesitter.KindType, Around: around, Corpus: corpus}}
	a := &annotation{site: site, evidence: typings.Look(x, site), lexicon: typings.For(x.File.Language), near: map[string][2]int{}, sight: map[string]bool{}}
	a.importable = importable
	a.opinion = a.lexicon.Judge(a.evidence)
	g.annotation = a
	a.count(x, around)
	g.listTypes()
	g.unasked()
	g.describe()
	return g
}

// count tallies what file and project annotate.
func (a *annotation) count(x *names.Index, around *project.View) {
	part := typings.LastPart(a.evidence.Symbol)
	here := x.Next(a.site.Start)
	for _, other := range typings.Listed(x.File, a.site.Span) {
		a.file.add(other.Type, 1)
		if other.Kind == a.site.Kind {
			a.kind.add(other.Type, 1)
		}
		if other.Symbol != "" {
			switch {
			case other.Symbol == a.evidence.Symbol:
				a.fileName.add(other.Type, 1)
			case part != "" && typings.LastPart(other.Symbol) == part:
				a.filePart.add(other.Type, 1)
			}
			if slices.Contains(a.evidence.Carried, other.Symbol) && other.Symbol != a.evidence.Symbol && other.Kind != "return" {
				a.carried.add(other.Type, 1)
			}
		}
		d := x.Next(other.Start) - here
		n := a.near[other.Type]
		if d <= 0 && (n[0] == 0 || 1-d < n[0]) {
			n[0] = 1 - d
		}
		if d > 0 && (n[1] == 0 || d < n[1]) {
			n[1] = d
		}
		a.near[other.Type] = n
	}
	for _, text := range a.evidence.Flows {
		a.flow.add(text, 1)
	}
	if around == nil {
		a.factsOf(x, nil)
		return
	}
	around.Types(func(symbol, text string, times int) {
		a.around.add(text, times)
		for _, c := range a.evidence.Called {
			if c.Name == symbol {
				a.flowAround.add(c.Gives(text), times)
			}
		}
		switch {
		case symbol == "" || a.evidence.Symbol == "":
		case symbol == a.evidence.Symbol:
			a.aroundName.add(text, times)
		case part != "" && typings.LastPart(symbol) == part:
			a.aroundPart.add(text, times)
		}
	})
	a.factsOf(x, around)
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
		{FromFile, &a.file, 5, len(a.file.times)}, {FromProject, &a.around, 1, projectOnes},
	} {
		list := from.texts()
		for _, text := range list[:min(len(list), from.most)] {
			add(from.source, text, from.worth*(0.5+float64(from.share(text))))
		}
	}
	written := typings.Written(g.x.File, g.span)
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
			promise[i] += a.opinion.Of(text).All - 2*float64(strings.Count(a.lexicon.Form(text), typings.Hole)) + 2*float64(alike(a.evidence.Symbol, text))
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
	if slices.ContainsFunc(written, has) {
		return true
	}
	for text := range a.around.times {
		if has(text) {
			return true
		}
	}
	return false
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
	visible := x.Visible(g.span)
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
		if n.Definition == treesitter.DefinitionImport && 'A' <= n.Text[0] && n.Text[0] <= 'Z' {
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
		for _, word := range typings.Words(text) {
			if a.lexicon.Form(word) == typings.Hole {
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
		return cmp.Compare(alike(a.evidence.Symbol, y), alike(a.evidence.Symbol, x))
	})
	for i, name := range like {
		if i < 3 && alike(a.evidence.Symbol, name) > 0 {
			add(name)
		}
	}
	for _, name := range inSight {
		if a.lexicon.Form(name) == typings.Hole {
			add(name)
		}
	}
	return list
}

// alike is how much a name is like one of the names in a type at most: 2 for the same but for case, else the share of parts that both have.
func alike(symbol, text string) float32 {
	best := float32(0)
	for _, word := range typings.Words(text) {
		word = word[strings.LastIndexAny(word, ".:")+1:]
		if len(symbol) > 1 && strings.EqualFold(word, strings.Trim(symbol, "_")) {
			return 2
		}
		best = max(best, names.SharedParts(word, symbol))
	}
	return best
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
		support[i] = a.opinion.Of(g.Candidates[i].Text)
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
	words := typings.Words(c.Text)
	seen := 0
	for _, word := range words {
		head := word[:strings.IndexAny(word+".", ".:")]
		if a.sight[word] || a.sight[head] || a.lexicon.Form(word) != typings.Hole {
			seen++
		}
	}
	in[TypeWords], in[Holes] = float32(len(words)), float32(strings.Count(a.lexicon.Form(c.Text), typings.Hole))
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
	in[FlowTimes], in[FlowAroundTimes] = rank.Log1p(a.flow.times[c.Text]), rank.Log1p(a.flowAround.times[c.Text])
	in[Echo] = alike(a.evidence.Symbol, c.Text)
	in[FlowShare], in[FlowAround] = a.flow.share(c.Text), a.flowAround.share(c.Text)
	in[CarriedShare], in[NameShare], in[PartShare], in[KindShare] = a.carried.share(c.Text), a.fileName.share(c.Text), a.filePart.share(c.Text), a.kind.share(c.Text)
	in[NameShareAround], in[PartShareAround] = a.aroundName.share(c.Text), a.aroundPart.share(c.Text)
	in[Seen], in[SeenSort], in[ProjectSort] = rank.Log1p(a.file.times[c.Text]), rank.Log1p(a.kind.times[c.Text]), rank.Log1p(a.around.times[c.Text])
	in[SeenName], in[SeenPart] = rank.Log1p(a.fileName.times[c.Text]), rank.Log1p(a.filePart.times[c.Text])
	near := a.near[c.Text]
	in[NearBefore], in[NearAfter] = logDistance(near[0]), logDistance(near[1])
}

// describeTypeGrams fills in what the n-grams of file and project say: the mean over the tokens of a type and those behind it, since types have different numbers.
func (g *Gap) describeTypeGrams() {
	if len(g.Candidates) == 0 {
		return
	}
	sequences := make([][]string, len(g.Candidates))
	for i, c := range g.Candidates {
		sequences[i] = typings.Tokens(g.x.File.Language, c.Text)
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
