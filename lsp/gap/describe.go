package gap

import (
	"math"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model/cache"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// describe fills in all inputs but the model's.
func (g *Gap) describe() {
	if g.annotation != nil {
		g.describeAnnotation()
		return
	}
	if len(g.Candidates) == 0 {
		return
	}
	for i := range g.Candidates {
		c := &g.Candidates[i]
		for k := range Model {
			c.Inputs[k] = rank.Unknown
		}
	}
	g.describeTexts()
	g.describeOccurrences()
	g.describeSequences()
	g.describeGrams()
	g.describePlace()
}

func (g *Gap) describePlace() {
	tokens := g.x.File.Tokens
	previous := g.step(g.before()+1, -1)
	next := g.x.Next(g.span.Start)
	for next < len(tokens) && tokens[next].Start < g.span.End {
		next++
	}
	next = g.step(next-1, 1)
	place := map[Input]float32{
		Language: rank.Language(g.x.File.Language), KindHere: float32(g.opts.Kind), Typed: float32(len(g.opts.Prefix)), Candidates: rank.Log1p(len(g.Candidates)),
		Previous: g.glance(previous), Next: g.glance(next), Before2: g.glance(g.step(previous, -1)), After2: g.glance(g.step(next, 1)), Opening: g.glance(g.opening()), Receiver: g.receiver(),
	}
	across := map[string]bool{}
	for _, way := range []int{-1, 1} {
		side := previous
		if way > 0 {
			side = next
		}
		if side < 0 || side >= len(tokens) || tokens[side].Kind != treesitter.KindOperator && g.x.Text(tokens[side].Span) != "," {
			continue
		}
		if other := g.step(side, way); other >= 0 && other < len(tokens) {
			across[g.x.Text(tokens[other].Span)] = true
		}
	}
	partners := append(g.partners(previous, next), g.parameter()...)
	line := g.namesOnLine()
	for i := range g.Candidates {
		c := &g.Candidates[i]
		for in, v := range place {
			c.Inputs[in] = v
		}
		c.Inputs[Across] = rank.Flag(across[c.Text])
		if g.Group != GroupOperator && g.Group != GroupLiteral && len(partners) > 0 {
			c.Inputs[Echo] = echo(c.Text, partners)
		}
		if g.Group != GroupOperator && g.Group != GroupLiteral {
			c.Inputs[LineEcho] = likeOther(c.Text, line)
		}
	}
}

// step returns the index of the next token that is no comment, in a direction; -1 or the number of tokens beyond the ends.
func (g *Gap) step(from, way int) int {
	tokens := g.x.File.Tokens
	for i := from + way; i >= 0 && i < len(tokens); i += way {
		if tokens[i].Kind != treesitter.KindComment {
			return i
		}
	}
	if way < 0 {
		return -1
	}
	return len(tokens)
}

// glance says roughly what a token is.
func (g *Gap) glance(i int) float32 {
	if i < 0 || i >= len(g.x.File.Tokens) {
		return -1
	}
	t := g.x.File.Tokens[i]
	text := g.x.Text(t.Span)
	if n, ok := glances[text]; ok {
		return 20 + n
	}
	switch t.Kind {
	case treesitter.KindLiteral, treesitter.KindOperator:
		return float32(t.Kind)*0.01 + float32(t.Subkind)*0.1 + 10
	}
	return float32(t.Kind) * 0.1
}

// glances numbers frequent tokens: those that are alike beside each other, since a forest splits between numbers.
var glances = func() map[string]float32 {
	m := map[string]float32{}
	for i, text := range strings.Fields(". ?. :: -> ( ) [ ] { } , ; : = := == != === !== < > <= >= + - * / % && || ! and or not return if elif else while for in of range new await throw raise import from case let const var mut & | @ ? => -> as is None null nil 0 1 true false self this len") {
		if _, ok := m[text]; !ok {
			m[text] = float32(i)
		}
	}
	return m
}()

func (g *Gap) describeTexts() {
	for i := range g.Candidates {
		c := &g.Candidates[i]
		in := &c.Inputs
		in[From], in[Visible], in[Definition], in[Outer], in[Known] = sources[c.Source], c.visible, c.definition, c.outer, c.known
		in[Length] = float32(len(c.Text))
		in[Finished] = float32(len(g.opts.Prefix)) / float32(len(c.Text))
		if g.Group == GroupOperator || g.Group == GroupLiteral {
			in[Word] = wordNumber(c.Text)
			continue
		}
		bare := strings.TrimLeft(c.Text, "_$")
		in[Title] = rank.Flag(bare != "" && 'A' <= bare[0] && bare[0] <= 'Z')
		in[Shout] = rank.Flag(len(bare) > 1 && strings.ToUpper(bare) == bare && strings.ToLower(bare) != bare)
		in[Private] = rank.Flag(c.Text[0] == '_')
		last := c.Text[len(c.Text)-1]
		in[Numbered] = rank.Flag('0' <= last && last <= '9')
	}
}

// words are the operators and literals that a forest can tell apart, those that are mistaken for each other side by side.
var words = func() map[string]float32 {
	m := map[string]float32{}
	for i, text := range strings.Fields("== === != !== is is_not in not_in instanceof < <= > >= && and || or ?? + - * / // % ** @ & | ^ &^ << >> >>> true True false False null nil None undefined NULL nullptr 0 1 2") {
		m[strings.ReplaceAll(text, "_", " ")] = float32(i)
	}
	return m
}()

func wordNumber(text string) float32 {
	if n, ok := words[strings.Join(strings.Fields(text), " ")]; ok {
		return n
	}
	return 100 + float32(min(len(text), 9))
}

// occurrences of a candidate.
type occurrences struct {
	all, function, sort, line, typing, called int
	before, after, declaration                int // distance in tokens, 0: none
	declared                                  int // in the function
}

// describeOccurrences looks at the other tokens of the file once.
func (g *Gap) describeOccurrences() {
	at := make(map[string]int, len(g.Candidates))
	for i := range g.Candidates {
		at[g.Candidates[i].Text] = i
	}
	list := make([]occurrences, len(g.Candidates))
	f := g.x.File
	function := g.x.Function(g.span.Start)
	line := g.line()
	here := g.before() + 1
	member := g.Group == GroupMember
	for k, t := range f.Tokens {
		switch g.Group {
		case GroupOperator, GroupLiteral:
			if t.Kind != g.opts.Kind {
				continue
			}
		default:
			if !t.Kind.Identifier() && t.Kind != treesitter.KindType {
				continue
			}
		}
		if t.Start < g.span.End && g.span.Start < t.End {
			continue
		}
		i, ok := at[g.x.Text(t.Span)]
		if !ok {
			continue
		}
		o := &list[i]
		o.all++
		if function.Contains(t.Start) {
			o.function++
			if t.Declaring {
				o.declared++
			}
		}
		if line.Contains(t.Start) {
			o.line++
		}
		if t.Kind == g.opts.Kind && (t.Receiver.Len() > 0) == member {
			o.sort++
		}
		if t.Kind == treesitter.KindType {
			o.typing++
		}
		if t.Kind == treesitter.KindCall {
			o.called++
		}
		if k < here {
			o.before = here - k
			if t.Declaring {
				o.declaration = here - k
			}
		} else if o.after == 0 {
			o.after = k - here + 1
		}
	}
	defined := map[string]int{}
	for _, scope := range f.Scopes {
		for _, d := range scope.Definitions {
			if _, ok := at[d.Name]; ok {
				defined[d.Name]++
			}
		}
	}
	order := make([]int, len(list))
	for i := range g.Candidates {
		order[i] = i
		in, o := &g.Candidates[i].Inputs, list[i]
		in[Seen], in[SeenFunction], in[SeenSort], in[SeenLine] = rank.Log1p(o.all), rank.Log1p(o.function), rank.Log1p(o.sort), float32(o.line)
		in[NearBefore], in[NearAfter] = logDistance(o.before), logDistance(o.after)
		in[NearDeclared] = logDistance(o.declaration)
		if o.all > 0 {
			in[SeenTyping], in[SeenCall] = float32(o.typing)/float32(o.all), float32(o.called)/float32(o.all)
		}
		if g.Group != GroupOperator && g.Group != GroupLiteral {
			in[Defined] = float32(min(defined[g.Candidates[i].Text], 3))
			in[Idle] = rank.Flag(o.declared > 0 && o.function == o.declared)
		}
	}
	places(order, func(i int) float32 { return -g.Candidates[i].Inputs[NearBefore] }, func(i, place int) { g.Candidates[i].Inputs[Recent] = float32(place) })
}

// places sorts by falling value and tells each its place.
func places(order []int, value func(i int) float32, tell func(i, place int)) {
	sort.SliceStable(order, func(a, b int) bool { return value(order[a]) > value(order[b]) })
	for place, i := range order {
		tell(i, place)
	}
}

// logDistance is 12 where there is none: farther than any file is long.
func logDistance(n int) float32 {
	if n == 0 {
		return 12
	}
	return rank.Log1p(n)
}

// line is the span of the gap's line.
func (g *Gap) line() treesitter.Span {
	text := g.x.File.Text
	start := strings.LastIndexByte(g.x.Text(treesitter.Span{Start: 0, End: g.span.Start}), '\n') + 1
	end := g.span.End
	for end < len(text) && text[end] != '\n' {
		end++
	}
	return treesitter.Span{Start: start, End: end}
}

func (g *Gap) describeGrams() {
	texts := make([]string, len(g.Candidates))
	sequences := make([][]string, len(g.Candidates))
	for i := range g.Candidates {
		texts[i] = g.Candidates[i].Text
		sequences[i] = texts[i : i+1]
	}
	site, width := g.x.Gap(g.span)
	var view *cache.View
	if g.opts.Around != nil {
		view = g.opts.Around.Grams
	}
	here, there := g.x.Cache.Matches(site, width, texts, view)
	before, behind := g.x.Cache.Around(site, width, ngram.Order-1)
	own, tokens := g.x.Cache.Tokens(site, width, sequences, len(behind), view)
	// Without a project the mixture is the file's own, so that a forest never lacks it; without a corpus the one with the corpus is the project's.
	if tokens == nil {
		tokens = own
	}
	left, right := make([]float64, len(own)), make([]float64, len(own))
	for i := range own {
		left[i], right[i] = sides(own[i][:min(len(own[i]), cache.Order)])
	}
	g.mixed(left, right, Cache, CacheOver, CacheLeft, CacheRight, CachePlace)
	for i := range tokens {
		left[i], right[i] = sides(tokens[i][:min(len(tokens[i]), cache.Order)])
	}
	g.mixed(left, right, Project, ProjectOver, ProjectLeft, ProjectRight, ProjectPlace)
	g.describeCorpus(before, behind, tokens)
	for i := range g.Candidates {
		in := &g.Candidates[i].Inputs
		in[MatchBefore], in[MatchAfter], in[MatchAround], in[MatchTimes] = float32(here[i].Before), float32(here[i].After), float32(here[i].Around), float32(here[i].LogTimes())
		if view == nil {
			continue
		}
		in[ProjectBefore], in[ProjectAfter], in[ProjectAround], in[ProjectTimes] = float32(there[i].Before), float32(there[i].After), float32(there[i].Around), float32(there[i].LogTimes())
		if g.Group == GroupOperator || g.Group == GroupLiteral {
			continue
		}
		uses := g.opts.Around.Uses(texts[i])
		in[ProjectFiles] = float32(uses.Files)
		n := uses.Names
		switch {
		case g.Group == GroupMember:
			n = uses.Members
		case g.Group == GroupType:
			n = uses.Typings
		case g.opts.Kind == treesitter.KindCall:
			n = uses.Calls
		}
		in[ProjectSort] = rank.Log1p(n)
		if all := uses.Names + uses.Members + uses.Typings; all > 0 {
			in[ProjectCalled] = float32(uses.Calls) / float32(all)
		}
	}
}

// describeCorpus fills in what the n-grams of the corpus say of each candidate and of the tokens behind it, alone and mixed with the probabilities of tokens.
func (g *Gap) describeCorpus(before, behind []string, tokens [][]float64) {
	var corpus *ngram.Reader
	if g.opts.Corpus != nil {
		corpus = g.opts.Corpus.Reader(g.x.File.Language)
	}
	left, right := make([]float64, len(tokens)), make([]float64, len(tokens))
	if corpus != nil {
		place := corpus.At(before, behind)
		for i := range g.Candidates {
			c := &g.Candidates[i]
			said := place.Tokens([]string{c.Text})
			alone := make([]float64, len(said))
			for k, s := range said {
				alone[k] = s.Probability
				tokens[i][k] = ngram.Share*s.Probability + (1-ngram.Share)*tokens[i][k]
			}
			left[i], right[i] = sides(alone)
			c.Inputs[CorpusHere], c.Inputs[CorpusBefore] = float32(left[i]), float32(said[0].Context)
			c.Inputs[CorpusKnown] = rank.Flag(corpus.Known(c.Text))
			if len(said) > 1 {
				c.Inputs[CorpusAfter] = float32(said[1].Context)
			}
		}
		g.mixed(left, right, Corpus, CorpusOver, CorpusLeft, CorpusRight, CorpusPlace)
	}
	for i := range tokens {
		left[i], right[i] = sides(tokens[i])
	}
	g.mixed(left, right, Mixed, MixedOver, MixedLeft, MixedRight, MixedPlace)
}

// sides are the logarithms of a candidate's own probability, and of those behind it together.
func sides(tokens []float64) (own, after float64) {
	for _, p := range tokens[1:] {
		after += math.Log(p)
	}
	return math.Log(tokens[0]), after
}

// mixed fills in what one mixture of n-grams says.
func (g *Gap) mixed(left, right []float64, logProb, over, ownLeft, ownRight, place Input) {
	both, order := make([]float64, len(left)), make([]int, len(left))
	top, topLeft, topRight := math.Inf(-1), math.Inf(-1), math.Inf(-1)
	for i := range left {
		order[i] = i
		both[i] = left[i] + right[i]
		top, topLeft, topRight = math.Max(top, both[i]), math.Max(topLeft, left[i]), math.Max(topRight, right[i])
	}
	for i := range both {
		in := &g.Candidates[i].Inputs
		in[over], in[ownLeft], in[ownRight] = float32(both[i]-top), float32(left[i]-topLeft), float32(right[i]-topRight)
	}
	for i, p := range cache.Normalize(both) {
		g.Candidates[i].Inputs[logProb] = float32(p)
	}
	places(order, func(i int) float32 { return g.Candidates[i].Inputs[logProb] }, func(i, p int) { g.Candidates[i].Inputs[place] = float32(p) })
}

// partners lists the names and keys that the gap is tied to: what is assigned to or from it, and the name of the argument that it is passed for.
func (g *Gap) partners(previous, next int) []string {
	tokens := g.x.File.Tokens
	text := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return g.x.Text(tokens[i].Span)
	}
	var list []string
	add := func(i int) {
		if t := strings.Trim(text(i), "\"'`"); names.IsName(t) {
			list = append(list, t)
		}
	}
	start := previous
	for text(start) == "." { // to the head of a path
		start = g.step(g.step(start, -1), -1)
	}
	if ties[text(start)] {
		add(g.step(start, -1))
	}
	if ties[text(next)] {
		i := g.step(next, 1)
		for text(g.step(i, 1)) == "." {
			i = g.step(g.step(i, 1), 1)
		}
		add(i)
	}
	return list
}

// ties are tokens that tie what stands on their sides to each other.
var ties = map[string]bool{"=": true, ":=": true, ":": true, "==": true}

// echo is how much a name is like the partners at most: 2 for the same, else the share of parts that both have.
func echo(text string, partners []string) float32 {
	best := float32(0)
	for _, p := range partners {
		if p == text {
			return 2
		}
		best = max(best, names.SharedParts(text, p))
	}
	return best
}

// receiver says what the first name of the receiver stands for: itself for an object's own, a kind of definition, or something unknown here.
func (g *Gap) receiver() float32 {
	if g.Group != GroupMember {
		return rank.Unknown
	}
	head := g.opts.Receiver
	for i := range len(head) {
		if !names.IsNameByte(head[i]) {
			head = head[:i]
			break
		}
	}
	if isSelf(head) {
		return 20 + rank.Flag(head == g.opts.Receiver)
	}
	for _, n := range g.x.Visible(g.span) {
		if n.Text == head {
			return float32(n.Definition)*2 + rank.Flag(head == g.opts.Receiver)
		}
	}
	return -1
}

// opening is the first token of the gap's line; -1 when the gap itself is.
func (g *Gap) opening() int {
	line := g.line()
	i := g.x.Next(line.Start)
	if i >= len(g.x.File.Tokens) || g.x.File.Tokens[i].Start >= g.span.Start {
		return -1
	}
	return i
}

// namesOnLine lists the other names on the gap's line, at most 24.
func (g *Gap) namesOnLine() []string {
	line := g.line()
	var list []string
	for i := g.x.Next(line.Start); i < len(g.x.File.Tokens) && g.x.File.Tokens[i].Start < line.End && len(list) < 24; i++ {
		t := g.x.File.Tokens[i]
		if (t.Kind.Identifier() || t.Kind == treesitter.KindType) && (t.Start >= g.span.End || t.End <= g.span.Start) {
			list = append(list, g.x.Text(t.Span))
		}
	}
	return list
}

// likeOther is the largest share of parts that a name has in common with one that is not itself.
func likeOther(text string, list []string) float32 {
	best := float32(0)
	for _, other := range list {
		if other != text {
			best = max(best, names.SharedParts(text, other))
		}
	}
	return best
}

// parameter is the name of the parameter that the gap is passed for, where a function of the file with that name has it; at most one.
func (g *Gap) parameter() []string {
	f := g.x.File
	var callee string
	position := -1
	for _, call := range f.Calls {
		if call.Start > g.span.Start {
			break
		}
		for i, a := range call.Arguments {
			if a.Start == g.span.Start {
				callee, position = names.Tail(names.Compact(g.x.Text(call.Callee))), i
			}
		}
	}
	if position < 0 {
		return nil
	}
	for _, d := range f.Declarations {
		if d.Name != callee {
			continue
		}
		for i := g.x.Next(d.Header.Start); i < len(f.Tokens) && f.Tokens[i].Start < d.Header.End; i++ {
			text := g.x.Text(f.Tokens[i].Span)
			if f.Tokens[i].Kind != treesitter.KindParameter || text == "self" || text == "cls" || text == "this" {
				continue
			}
			if position == 0 {
				return []string{text}
			}
			position--
		}
		break
	}
	return nil
}
