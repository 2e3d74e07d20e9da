// Package gap knows what may stand where a token is missing, and ranks it: at the cursor of a completion, and at a token that is taken out to be asked for.
//
// A Gap lists its candidates (names in scope, around, seen on the receiver, used by the project, known of such a receiver), describes each by inputs.go's numbers, has
// the model asked about all of them in one pass, and ranks them by the forests of rank.Combiner, which were fitted on projects that neither the model nor the
// evaluation knows (training/ranking). The experts are right on different cases, and which one to believe depends on the rest: hence forests and no sum.
//
// Invariants:
//   - The gap never sees what stood in it: neither the n-grams nor the counts, nor the window, hold it.
//   - Without the model's answer, another forest ranks, which never saw one; so a late answer costs the model's part and no more.
//   - Candidates is bounded, whatever the file and the project hold.
package gap

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Where a candidate comes from.
const (
	FromScope   = "scope"   // a definition that is visible here
	FromMember  = "member"  // seen behind a dot, on this receiver or one of the same name
	FromFile    = "file"    // seen elsewhere in the file
	FromProject = "project" // seen in another file of the project, after the same tokens
	FromKnown   = "known"   // other projects use it on receivers of this name
	FromGrammar = "keyword" // of the language
	FromModel   = "model"   // made up by the model
	FromValue   = "value"   // a type that a value in sight has by its look
	FromForm    = "form"    // a type made of one in sight as others make them
	FromNowhere = "nowhere" // what stands for all that is not listed
)

var sources = map[string]float32{FromScope: 0, FromMember: 1, FromFile: 2, FromProject: 3, FromKnown: 4, FromGrammar: 5, FromModel: 6, FromValue: 7, FromForm: 8, FromNowhere: 9}

// Groups of gaps; each has forests of its own.
const (
	GroupName     = "name"
	GroupMember   = "member"
	GroupType     = "type"
	GroupOperator = "operator"
	GroupLiteral  = "literal"
	// GroupAnnotation are whole annotations, see NewAnnotation.
	GroupAnnotation = "annotation"
)

// Groups returns all groups.
func Groups() []string {
	return []string{GroupName, GroupMember, GroupType, GroupOperator, GroupLiteral, GroupAnnotation}
}

// combiners are those of models.
var combiners rank.Held[rank.Combiner]

// CombinerOf returns the combiner that was fitted with a model, the built-in one when there is none.
func CombinerOf(p model.Predictor) (*rank.Combiner, error) {
	about, ok := p.(interface{ Info() model.Info })
	if !ok {
		return rank.DefaultCombiner(), nil
	}
	return CombinerIn(about.Info())
}

// CombinerIn is CombinerOf for a bundle that may not be opened (model.Tables).
func CombinerIn(info model.Info) (*rank.Combiner, error) {
	if len(info.Combiner) == 0 {
		return rank.DefaultCombiner(), nil
	}
	c, err := combiners.Parse(info.Combiner, func(text []byte) (*rank.Combiner, error) { return rank.ParseCombiner(text, Inputs()) })
	if err != nil {
		return nil, fmt.Errorf("opening bundle %s: %w", info.Name, err)
	}
	return c, nil
}

// CorpusOf returns the n-grams that stand beside a model in its bundle; nil when there are none, or p is nil.
func CorpusOf(p model.Predictor) *ngram.Model {
	if about, ok := p.(interface{ Info() model.Info }); ok {
		return about.Info().NGrams
	}
	return nil
}

// Knows tells whether a model has learnt a language. One that does not say may have learnt any.
func Knows(p model.Predictor, language string) bool {
	about, ok := p.(interface{ Info() model.Info })
	return !ok || len(about.Info().Languages) == 0 || slices.Contains(about.Info().Languages, language)
}

// isSelf tells the names of the object whose method one is in.
func isSelf(name string) bool { return name == "this" || name == "self" || name == "$this" }

// Options say what is missing.
type Options struct {
	// Kind of the missing token: variable, attribute, call, type, operator or literal.
	Kind treesitter.Kind
	// Member: it stands behind a dot, and Receiver is what stands before that.
	Member   bool
	Receiver string
	// Prefix is what is typed of it.
	Prefix string
	// More are texts that may stand there beside those of file and project: words of the language.
	More []names.Name
	// Around is the project; nil when there is none.
	Around *project.View
	// Elsewhere are names that only files of the project beyond Around are known to define; they are the last to be listed.
	Elsewhere []string
	// Corpus is what a corpus says of which tokens follow each other, see CorpusOf; nil when there is nothing.
	Corpus *ngram.Model
	// None says that nothing that is known can stand there: a new name. What the model makes up can.
	None bool
}

// described bounds the candidates, hinted those that the project adds, known those of the lexicon, and common the file's members on other receivers that go before
// either.
const (
	described = 160
	hinted    = 32
	known     = 24
	common    = 64
)

// Gap is a place with its candidates. It is used by one goroutine at a time.
type Gap struct {
	// Group is which forests rank.
	Group string
	// Candidates are in the order of the last Rank, best first.
	Candidates []Candidate

	x     *names.Index
	span  treesitter.Span
	opts  Options
	asked bool // the model has answered
	// Of an annotation alone.
	annotation *annotation
	rest       *Candidate // that it is none of the candidates
	queried    []string   // what the model is asked about
}

// Candidate is a text that may stand in a gap.
type Candidate struct {
	Text   string
	Source string // one of the constants above
	Kind   treesitter.Kind
	// LogProb is the natural logarithm of its share among all, after Rank.
	LogProb float64
	// Inputs are what is known of it.
	Inputs [NumInputs]float32

	near       bool
	visible    float32
	definition float32
	outer      float32
	known      float32
}

// New finds and describes what may stand at a span, whose text does not count; an empty span is a place between two tokens.
func New(x *names.Index, span treesitter.Span, opts Options) *Gap {
	g := &Gap{x: x, span: span, opts: opts}
	switch {
	case opts.Kind == treesitter.KindOperator:
		g.Group = GroupOperator
	case opts.Kind == treesitter.KindLiteral:
		g.Group = GroupLiteral
	case opts.Member:
		g.Group = GroupMember
	case opts.Kind == treesitter.KindType:
		g.Group = GroupType
	default:
		g.Group = GroupName
	}
	if !opts.None {
		g.collect()
	}
	g.unasked()
	g.describe()
	return g
}

// unasked takes the model's inputs away.
func (g *Gap) unasked() {
	forget := func(c *Candidate) {
		for _, in := range []Input{Model, ModelOver, ModelPlace, Pointer, Vocabulary} {
			c.Inputs[in] = rank.Unknown
		}
	}
	for i := range g.Candidates {
		forget(&g.Candidates[i])
	}
	if g.rest != nil {
		forget(g.rest)
	}
}

// Rows are the inputs of all candidates, with a last one, where there is one, for that it is none of them.
func (g *Gap) Rows() (rows [][]float32, rest bool) {
	for _, c := range g.Candidates {
		rows = append(rows, slices.Clone(c.Inputs[:]))
	}
	if g.rest != nil {
		rows = append(rows, slices.Clone(g.rest.Inputs[:]))
	}
	return rows, g.rest != nil
}

// collect lists the candidates, each once, from the surest source, those that begin with what is typed; if none does, upper and lower case are taken for the same.
func (g *Gap) collect() {
	fits := func(text string) bool { return strings.HasPrefix(text, g.opts.Prefix) }
	if g.list(fits); len(g.Candidates) == 0 && g.opts.Prefix != "" {
		prefix := strings.ToLower(g.opts.Prefix)
		g.list(func(text string) bool { return strings.HasPrefix(strings.ToLower(text), prefix) })
	}
	g.Candidates = g.Candidates[:min(described, len(g.Candidates))]
}

func (g *Gap) list(fits func(text string) bool) {
	x, o := g.x, g.opts
	at := map[string]bool{}
	add := func(source string, from []names.Name) {
		// In text that is broken the parser takes for names what is none.
		parsed := g.Group != GroupOperator && g.Group != GroupLiteral && (source == FromScope || source == FromMember || source == FromFile)
		for i, n := range from {
			if at[n.Text] || n.Text == "" || !fits(n.Text) || parsed && !names.IsName(n.Text) {
				continue
			}
			at[n.Text] = true
			c := Candidate{Text: n.Text, Source: source, Kind: n.Kind, near: n.Near, definition: rank.Unknown, outer: rank.Unknown, known: rank.Unknown}
			switch source {
			case FromScope:
				c.visible, c.definition, c.outer = 1+rank.Flag(n.Near), float32(n.Definition), float32(i)
			case FromMember:
				c.visible = 1 + rank.Flag(n.Near)
			case FromKnown:
				c.known = float32(i)
			}
			g.Candidates = append(g.Candidates, c)
		}
	}
	switch g.Group {
	case GroupOperator, GroupLiteral:
		add(FromFile, g.sameSort())
		add(FromGrammar, o.More)
		return
	case GroupMember:
		add(FromMember, x.Members(o.Receiver, g.span, false))
		lexicon := lexiconOf(x.File.Language, o.Receiver)
		others := x.Members("", g.span, true)
		sort.SliceStable(others, func(i, j int) bool { return others[i].Seen > others[j].Seen })
		add(FromFile, others[:min(len(others), common)])
		if isSelf(o.Receiver) {
			// A field or method may be defined and not used yet.
			add(FromFile, x.Identifiers(g.span, treesitter.KindAttribute, treesitter.KindDefinition))
		}
		add(FromKnown, lexicon)
		add(FromProject, g.hints(fits, func(u project.Uses) bool { return u.Members > 0 }))
		add(FromFile, others)
	case GroupType:
		visible := x.Visible(g.span)
		add(FromScope, keep(visible, func(n names.Name) bool {
			return n.Definition == treesitter.DefinitionType || n.Definition == treesitter.DefinitionImport
		}))
		add(FromFile, g.nearest(x.Identifiers(g.span, treesitter.KindType)))
		add(FromGrammar, o.More)
		add(FromProject, g.hints(fits, func(u project.Uses) bool { return u.Typings > 0 }))
		// Where a line is not finished the parser sees types that are none.
		add(FromScope, visible)
		add(FromFile, g.nearest(x.Identifiers(g.span, treesitter.KindVariable, treesitter.KindCall, treesitter.KindParameter, treesitter.KindDefinition)))
	default:
		add(FromScope, x.Visible(g.span))
		add(FromGrammar, o.More)
		add(FromProject, g.hints(fits, func(u project.Uses) bool { return u.Names > 0 }))
		add(FromFile, g.nearest(x.Identifiers(g.span, treesitter.KindVariable, treesitter.KindCall, treesitter.KindParameter, treesitter.KindDefinition, treesitter.KindType)))
	}
	var elsewhere []names.Name
	for _, text := range o.Elsewhere {
		elsewhere = append(elsewhere, names.Name{Text: text, Kind: o.Kind})
	}
	add(FromProject, elsewhere)
	// A candidate that a surer source named as well keeps what only the others know.
	lexicon := map[string]float32{}
	if g.Group == GroupMember {
		for i, n := range lexiconOf(x.File.Language, o.Receiver) {
			lexicon[n.Text] = float32(i)
		}
	}
	for i := range g.Candidates {
		if place, ok := lexicon[g.Candidates[i].Text]; ok {
			g.Candidates[i].known = place
		}
	}
}

func keep(list []names.Name, want func(names.Name) bool) []names.Name {
	var kept []names.Name
	for _, n := range list {
		if want(n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// nearest sorts names of the file by the distance of their nearest occurrence.
func (g *Gap) nearest(list []names.Name) []names.Name {
	site, width := g.x.Gap(g.span)
	distance := make(map[string]int, len(list))
	for _, n := range list {
		_, d := g.x.Cache.Occurrences(n.Text, site, width)
		if d < 0 {
			d = math.MaxInt
		}
		distance[n.Text] = d
	}
	sort.SliceStable(list, func(i, j int) bool { return distance[list[i].Text] < distance[list[j].Text] })
	return list
}

func lexiconOf(language, receiver string) []names.Name {
	var list []names.Name
	for _, text := range names.KnownMembers(language, receiver) {
		if len(list) < known {
			list = append(list, names.Name{Text: text, Kind: treesitter.KindAttribute})
		}
	}
	return list
}

// hints asks the project what it has behind the tokens before the gap.
func (g *Gap) hints(fits func(string) bool, used func(project.Uses) bool) []names.Name {
	if g.opts.Around == nil {
		return nil
	}
	var before []string
	for i := g.before(); i >= 0 && len(before) < 3; i-- {
		if t := g.x.File.Tokens[i]; t.Kind != treesitter.KindComment {
			before = append([]string{g.x.Text(t.Span)}, before...)
		}
	}
	var list []names.Name
	for _, text := range g.opts.Around.Grams.Continue(before, func(text string) bool {
		return names.IsName(text) && fits(text) && used(g.opts.Around.Uses(text))
	}, hinted) {
		list = append(list, names.Name{Text: text, Kind: g.opts.Kind})
	}
	return list
}

// before is the index of the last token that ends before the gap, comments included; -1 when there is none.
func (g *Gap) before() int {
	i := g.x.Next(g.span.Start) - 1
	for i >= 0 && g.x.File.Tokens[i].End > g.span.Start {
		i--
	}
	return i
}

// sameSort lists the texts of the file's other tokens that could stand here: of operators and literals.
func (g *Gap) sameSort() (list []names.Name) {
	for _, t := range g.x.File.Tokens {
		if t.Kind != g.opts.Kind || t.InError || t.Start < g.span.End && g.span.Start < t.End {
			continue
		}
		switch t.Subkind {
		case treesitter.SubkindBinary, treesitter.SubkindComparison, treesitter.SubkindLogical, treesitter.SubkindNumber, treesitter.SubkindBoolean, treesitter.SubkindNull:
			list = append(list, names.Name{Text: g.x.Text(t.Span), Kind: t.Kind})
		}
	}
	return g.nearest(list)
}

// Query asks the model about all candidates: names in one pass, the others to the end of their spelling. window is the text around the gap, see names.Query. Of the
// candidates of an annotation it asks about the first ones: rank them before.
func (g *Gap) Query(window model.Query) model.Query {
	asked := g.Candidates
	if g.Group == GroupAnnotation {
		asked = asked[:min(len(asked), askedTypes)]
		window.TopK = surestTypes
	}
	window.Choices = make([]string, len(asked))
	for i := range asked {
		window.Choices[i] = asked[i].Text
	}
	if g.Group == GroupAnnotation {
		g.queried = window.Choices
	}
	window.OnePass = g.Group != GroupOperator && g.Group != GroupLiteral && g.Group != GroupAnnotation
	return window
}

// Again is a question that Query made, with other choices: those of an earlier question about the same window, say. What is asked about then is those.
func (g *Gap) Again(q model.Query, choices []string) model.Query {
	q.Choices = choices
	if g.Group == GroupAnnotation {
		g.queried = choices
	}
	return q
}

// Answer takes what the model says of the candidates. Those that it does not name stay without its opinion.
func (g *Gap) Answer(p model.Prediction) {
	g.asked = true
	at := make(map[string]int, len(p.Candidates))
	for place, c := range p.Candidates {
		at[c.Text] = place
	}
	pointed := slices.ContainsFunc(p.Candidates, func(c model.Candidate) bool { return !math.IsInf(c.Pointer, -1) })
	for i := range g.Candidates {
		c := &g.Candidates[i]
		place, ok := at[c.Text]
		if !ok {
			if len(p.Candidates) > 0 && slices.Contains(g.queried, c.Text) { // behind those that it named
				last := p.Candidates[len(p.Candidates)-1].LogProb
				c.Inputs[ModelOver], c.Inputs[ModelPlace] = float32(last-p.Candidates[0].LogProb-1), float32(len(p.Candidates))
			}
			continue
		}
		answer := p.Candidates[place]
		c.Inputs[Model], c.Inputs[ModelOver], c.Inputs[ModelPlace] = float32(answer.LogProb), float32(answer.LogProb-p.Candidates[0].LogProb), float32(place)
		c.Inputs[Vocabulary] = float32(answer.Vocabulary)
		if pointed { // else nothing is in sight, or the model has no head for it
			c.Inputs[Pointer] = float32(max(answer.Pointer, outOfSight))
		}
		if g.rest != nil { // how well the best fits says whether there may be a better one
			for _, in := range []Input{Pointer, Vocabulary} {
				if v := c.Inputs[in]; v == v && !(g.rest.Inputs[in] >= v) {
					g.rest.Inputs[in] = v
				}
			}
		}
	}
}

// outOfSight is the pointer's logarithm for a name that it cannot point at.
const outOfSight = -30

// Add takes names that the model made up, with the mean log-probability of their subwords, among the candidates; of those that are there already it keeps that
// figure.
func (g *Gap) Add(made []model.Candidate) {
	at := map[string]int{}
	for i, c := range g.Candidates {
		at[c.Text] = i
	}
	for _, m := range made {
		i, ok := at[m.Text]
		if !ok {
			i = len(g.Candidates)
			at[m.Text] = i
			c := g.candidate(FromModel, m.Text)
			for _, in := range []Input{Model, ModelOver, ModelPlace, Pointer, Vocabulary} {
				c.Inputs[in] = rank.Unknown
			}
			g.Candidates = append(g.Candidates, c)
		}
		g.Candidates[i].Inputs[Vocabulary] = float32(m.LogProb)
	}
	g.describe()
}

// Clone returns a gap that can be asked about and ranked without a change of g.
func (g *Gap) Clone() *Gap {
	other := *g
	other.Candidates = slices.Clone(g.Candidates)
	if g.rest != nil {
		rest := *g.rest
		other.rest = &rest
	}
	return &other
}

// WithCorpus is Clone with other n-grams of a corpus, or with none. What the model answered is kept.
func (g *Gap) WithCorpus(m *ngram.Model) *Gap {
	g = g.Clone()
	if g.opts.Corpus != m {
		g.opts.Corpus = m
		g.describe()
	}
	return g
}

// Site returns the file and the span of the gap in it.
func (g *Gap) Site() (*names.Index, treesitter.Span) { return g.x, g.span }

// Place returns the place of a text among the candidates, from 0; -1 when it is none.
func (g *Gap) Place(text string) int {
	return slices.IndexFunc(g.Candidates, func(c Candidate) bool { return c.Text == text })
}

// Rank sorts the candidates by the combiner, best first, and gives each its share. Where the combiner has no forest, the n-grams rank.
func (g *Gap) Rank(c *rank.Combiner) {
	f := c.Static[g.Group]
	if full := c.Full[g.Group]; g.asked && full != nil {
		f = full
	}
	if f == nil {
		g.RankBy(func(c *Candidate) float64 { return float64(c.Inputs[Project]) })
		return
	}
	all := len(g.Candidates)
	if g.rest != nil {
		all++
	}
	g.rankWith(readers.Of(f).Scores(all, func(i int) []float32 {
		if i == len(g.Candidates) {
			return g.rest.Inputs[:]
		}
		return g.Candidates[i].Inputs[:]
	}))
}

// RankBy is Rank by any score, the higher the better. That an annotation may be none of the candidates is left out of account.
func (g *Gap) RankBy(score func(c *Candidate) float64) {
	scores := make([]float64, len(g.Candidates))
	for i := range g.Candidates {
		scores[i] = score(&g.Candidates[i])
	}
	g.rankWith(scores)
}

// rankWith sorts the candidates by their scores, behind which that of rest may stand. Those are logarithms of shares up to a constant.
func (g *Gap) rankWith(scores []float64) {
	rank.Normalize(scores)
	for i := range g.Candidates {
		g.Candidates[i].LogProb = scores[i]
	}
	sort.SliceStable(g.Candidates, func(i, j int) bool { return g.Candidates[i].LogProb > g.Candidates[j].LogProb })
}

// readers are the forests as they read the inputs of a candidate.
var readers = rank.NewReaders(Inputs())
