package suspect

import (
	"bytes"
	"math"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model/cache"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// choice is something that could stand at a place. What does is choice 0.
type choice struct {
	text     string
	name     *name    // what is known of it where the site is a name; else nil
	tokens   []string // for the cache; nil means text is one token
	near     bool     // sure to be what could be meant: defined in this function, seen on this receiver
	visible  float32  // see inVisible
	sort     float32  // see inSort
	relation float32  // see inRelation
	known    float32  // see inKnown
	sibling  float32  // see inSibling
	inputs   [numInputs]float32
}

// describe fills in all inputs of a site's choices but the model's.
func (f *file) describe(s *site) {
	s.detect, s.strange = math.NaN(), 0
	if s.named() {
		s.strange = f.strange(s.choices[0].text)
	}
	f.askGrams(s)
	own := &s.choices[0]
	partners := f.partners(s.token)
	r := f.repeatsOf(s)
	for i := range s.choices {
		c := &s.choices[i]
		f.describeChoice(s, c, partners, &r)
		for _, m := range []input{inModel, inModelOver, inPointer, inPointerOver, inVocabulary, inVocabularyOver} {
			c.inputs[m] = rank.Unknown
		}
	}
	place := f.describePlace(s)
	for i := range s.choices {
		c := &s.choices[i]
		for _, k := range place {
			c.inputs[k.of] = k.value
		}
		for _, k := range ownInputs {
			c.inputs[k.own] = own.inputs[k.of]
		}
		f.compare(s, c, own)
	}
}

// askGrams fills in what the n-grams of the file say, and those of the project and of the corpus.
func (f *file) askGrams(s *site) {
	at, width := f.x.Gap(s.span)
	sequences := make([][]string, len(s.choices))
	for i, c := range s.choices {
		if sequences[i] = c.tokens; c.tokens == nil {
			sequences[i] = []string{c.text}
		}
	}
	before, behind := f.x.Cache.Around(at, width, ngram.Order-1)
	var view *cache.View
	if f.project != nil {
		view = f.project.Grams
	}
	own, mixed := f.x.Cache.Tokens(at, width, sequences, len(behind), view)
	left, right, both := make([]float64, len(own)), make([]float64, len(own)), make([]float64, len(own))
	for i, tokens := range own {
		n := len(sequences[i])
		left[i], right[i] = logs(tokens[:n]), logs(tokens[n:min(len(tokens), n+cache.Order-1)])
	}
	topLeft, topRight, top := math.Inf(-1), math.Inf(-1), math.Inf(-1)
	for i := range left {
		both[i] = left[i] + right[i]
		topLeft, topRight, top = math.Max(topLeft, left[i]), math.Max(topRight, right[i]), math.Max(top, both[i])
	}
	order := make([]int, len(both))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return both[order[a]] > both[order[b]] })
	for place, i := range order {
		s.choices[i].inputs[inCachePlace] = float32(place)
	}
	for i := range s.choices {
		in := &s.choices[i].inputs
		in[inCache], in[inCacheLeft], in[inCacheRight] = float32(both[i]-top), float32(left[i]-topLeft), float32(right[i]-topRight)
		in[inCacheOver], in[inCacheLeftOver], in[inCacheRightOver] = float32(both[i]-both[0]), float32(left[i]-left[0]), float32(right[i]-right[0])
		in[inProject], in[inProjectOver] = in[inCache], in[inCacheOver] // without a project the mixture is the file's own
	}
	if mixed == nil {
		mixed = own
	}
	f.askOthers(s, before, behind, sequences, mixed)
}

// askOthers fills in what the n-grams of the project and of the corpus say, mixed token by token with the file's. Without a project the mixture is the file's own, so that a forest
// never lacks it; without a corpus the one with the corpus is the project's, and what the corpus says is unknown.
func (f *file) askOthers(s *site, before, behind []string, sequences [][]string, tokens [][]float64) {
	for i := range s.choices {
		in := &s.choices[i].inputs
		in[inMixed], in[inMixedOver] = in[inProject], in[inProjectOver]
		for _, k := range []input{inCorpus, inCorpusOver, inCorpusHere, inCorpusKnown, inCorpusBefore, inCorpusAfter} {
			in[k] = rank.Unknown
		}
	}
	if f.project == nil && f.corpus == nil {
		return
	}
	fill := func(from func(choice int) float64, in, over input) {
		scores := make([]float64, len(tokens))
		for i := range scores {
			scores[i] = from(i)
		}
		top := slices.Max(scores)
		for i, score := range scores {
			s.choices[i].inputs[in], s.choices[i].inputs[over] = float32(score-top), float32(score-scores[0])
		}
	}
	mixture := func(i int) float64 { return logs(tokens[i]) }
	fill(mixture, inProject, inProjectOver)
	if f.corpus != nil {
		place := f.corpus.At(before, behind)
		alone := make([]float64, len(tokens))
		for i := range s.choices {
			in := &s.choices[i].inputs
			said := place.Tokens(sequences[i])
			in[inCorpusHere], in[inCorpusBefore] = float32(math.Log(said[0].Probability)), float32(said[0].Context)
			in[inCorpusKnown] = rank.Flag(f.corpus.Known(sequences[i][0]))
			if n := len(sequences[i]); len(said) > n {
				in[inCorpusAfter] = float32(said[n].Context)
			}
			for k, v := range said {
				alone[i] += math.Log(v.Probability)
				tokens[i][k] = ngram.Share*v.Probability + (1-ngram.Share)*tokens[i][k]
			}
		}
		fill(func(i int) float64 { return alone[i] }, inCorpus, inCorpusOver)
	}
	fill(mixture, inMixed, inMixedOver)
}

// logs is the sum of the logarithms.
func logs(probabilities []float64) (sum float64) {
	for _, p := range probabilities {
		sum += math.Log(p)
	}
	return sum
}

// askProject fills in how the project's other files use a choice; without a project that is unknown.
func (f *file) askProject(s *site, c *choice) {
	in := &c.inputs
	in[inFiles], in[inProjectSort], in[inProjectDefined] = rank.Unknown, rank.Unknown, rank.Unknown
	if f.project == nil || !s.named() {
		return
	}
	if c.name.uses == nil {
		uses := f.project.Uses(c.text)
		c.name.uses = &uses
	}
	uses := c.name.uses
	n := uses.Names + uses.Typings
	if s.group == groupMember {
		n = uses.Members
	}
	in[inFiles], in[inProjectSort], in[inProjectDefined] = float32(uses.Files), rank.Log1p(n), rank.Log1p(uses.Defined)
}

func (f *file) describeChoice(s *site, c *choice, partners []string, r *repeating) {
	in := &c.inputs
	f.askProject(s, c)
	around := f.function[s.token]
	l := f.lineOf[s.token]
	votes := f.votes[int32(s.token)]
	if n := c.name; n != nil {
		in[inSeen] = rank.Log1p(n.count(span32{0, int32(len(f.tokens))}, s.token))
		in[inSeenFunction] = rank.Log1p(n.count(around, s.token))
		in[inSeenSort] = rank.Log1p(f.countSort(s, n))
		before, after := n.nearest(s.token)
		in[inBefore], in[inAfter] = logDistance(before), logDistance(after)
		in[inLine] = float32(n.count(span32{f.first[l], f.first[l+1]}, s.token))
		in[inDefined] = float32(min(f.defined[c.text], 3))
		in[inIdle] = f.idle(c, around, s.token)
		in[inEcho] = f.echo(c.text, partners)
		in[inLength] = float32(len(c.text))
		in[inTitle] = n.title
		in[inVotes] = 0
		if votes != nil {
			if n.key == "" {
				n.key = key(n.text)
			}
			in[inVotes] = float32(votes[n.key])
		}
		in[inOperatorTo] = rank.Unknown
		in[inSpoken] = n.spoken
	} else {
		n, onLine := f.countOperators(s, c.text)
		in[inSeen], in[inLine] = rank.Log1p(n), float32(onLine)
		in[inSeenFunction], in[inSeenSort], in[inBefore], in[inAfter], in[inDefined], in[inIdle], in[inEcho] = rank.Unknown, rank.Unknown, rank.Unknown, rank.Unknown, rank.Unknown, rank.Unknown, rank.Unknown
		in[inLength], in[inTitle], in[inSpoken] = rank.Unknown, rank.Unknown, rank.Unknown
		in[inVotes] = float32(votes[c.text])
		in[inOperatorTo] = float32(operatorNumber[strings.Join(strings.Fields(c.text), " ")])
	}
	in[inVisible], in[inSort], in[inRelation], in[inKnown] = c.visible, c.sort, c.relation, c.known
	in[inAcross] = rank.Flag(f.across(s, c.text))
	in[inRepeats], in[inRepeatsFunction] = r.of(c.text)
}

// known is an input with its value.
type known struct {
	of    input
	value float32
}

// describePlace fills in what is the same for all choices.
func (f *file) describePlace(s *site) [8]known {
	t := f.tokens[s.token]
	return [...]known{
		{inLanguage, rank.Language(f.x.File.Language)}, {inKind, float32(t.Kind)}, {inDeclaring, rank.Flag(t.Declaring)}, {inImporting, rank.Flag(s.importing)},
		{inChoices, float32(len(s.choices))}, {inPrevious, f.glance(s.token - 1)}, {inNext, f.glance(f.behind(s))}, {inOpening, f.opening(s.token)},
	}
}

// behind is the first token behind a site.
func (f *file) behind(s *site) int {
	i := s.token + 1
	for i < len(f.tokens) && f.tokens[i].Start < s.span.End {
		i++
	}
	return i
}

// compare fills in what a choice has to do with what stands there.
func (f *file) compare(s *site, c, own *choice) {
	in := &c.inputs
	in[inSeenMore] = in[inSeen] - own.inputs[inSeen]
	in[inSameSort] = rank.Flag(c.sort == own.sort)
	in[inExchange], in[inSibling] = 0, c.sibling
	in[inEdits], in[inRatio], in[inPrefix], in[inSuffix], in[inWords], in[inStyle] = rank.Unknown, rank.Unknown, rank.Unknown, rank.Unknown, rank.Unknown, rank.Unknown
	in[inSlip] = rank.Unknown
	if s.named() {
		l := f.likeness(own.text, c.text)
		in[inEdits], in[inRatio], in[inPrefix], in[inSuffix], in[inWords], in[inStyle] = l.edits, l.ratio, l.prefix, l.suffix, l.words, l.style
		in[inSlip] = float32(names.SlipOf(own.text, c.text))
		in[inExchange] = f.exchange(s, c.text)
	}
}

func logDistance(n int) float32 {
	if n < 0 {
		return 12 // farther than any file is long
	}
	return rank.Log1p(n)
}

// countSort counts the other tokens of the name that are of the site's sort: behind a dot or not.
func (f *file) countSort(s *site, of *name) int {
	n := 0
	list := of.at
	if len(list) > 200 {
		list = list[:200]
	}
	member := f.tokens[s.token].Receiver.Len() > 0
	for _, i := range list {
		if int(i) != s.token && (f.tokens[i].Receiver.Len() > 0) == member {
			n++
		}
	}
	return n
}

// idle reports whether a choice is defined in this function and neither read nor written to elsewhere in it.
func (f *file) idle(c *choice, around span32, but int) float32 {
	if c.visible < 2 {
		return 0
	}
	return rank.Flag(c.name.count(around, but) <= 1)
}

// across reports whether text is what the site's operator has on its other side, or what stands beside it in a list.
func (f *file) across(s *site, text string) bool {
	for _, way := range []int{-1, 1} {
		i := s.token + way
		if way > 0 {
			i = f.behind(s)
		}
		if i < 0 || i >= len(f.tokens) {
			continue
		}
		t := f.tokens[i]
		if t.Kind != treesitter.KindOperator && f.texts[i] != "," || t.Subkind == treesitter.SubkindUnary {
			continue
		}
		if j := i + way; j >= 0 && j < len(f.tokens) && f.texts[j] == text {
			return true
		}
	}
	return false
}

// repeating is the line of a site without what stands at the site.
type repeating struct {
	f             *file
	token         int
	before, after []byte
	whole         bool // it is there, and not too long
}

func (f *file) repeatsOf(s *site) repeating {
	source := f.x.File.Text
	first := f.tokens[f.first[f.lineOf[s.token]]].Start
	if s.span.End > s.span.Start+200 || first > s.span.Start {
		return repeating{}
	}
	end := lineEnd(source, s.span.End)
	return repeating{f, s.token, source[first:s.span.Start], source[s.span.End:end], end-first <= 400}
}

// of counts the other lines of the file, and of the innermost function, that equal the site's with text in its place. Code comes in pairs (pack and unpack, first and
// last) whose halves are so alike that each looks like a mistake for the other; nobody writes the same half twice.
func (r *repeating) of(text string) (inFile, inFunction float32) {
	if !r.whole {
		return 0, 0
	}
	f := r.f
	f.line = append(append(append(f.line[:0], r.before...), text...), r.after...)
	l, around := f.lineOf[r.token], f.function[r.token]
	for _, other := range f.same[string(bytes.TrimSpace(f.line))] {
		if other == l {
			continue
		}
		inFile++
		if f.first[other] >= around.lo && f.first[other] < around.hi {
			inFunction++
		}
	}
	return min(inFile, 5), min(inFunction, 5)
}

// partners lists the names and keys that what stands at a token is tied to: that it is assigned to or passed for, or that is assigned to it.
func (f *file) partners(token int) []string {
	var list []string
	t := f.tokens[token]
	start := token
	if t.Receiver.Len() > 0 {
		start = f.x.Next(t.Receiver.Start)
	}
	endsPath := token+1 >= len(f.tokens) || f.texts[token+1] != "."
	if endsPath && start >= 2 && ties(f.texts[start-1]) && f.tokens[start-2].Kind != treesitter.KindKeyword {
		list = append(list, strings.Trim(f.texts[start-2], "\"'`"))
	}
	if a, ok := f.argument[int32(start)]; ok && endsPath {
		call := f.x.File.Calls[a.call]
		if params := f.params[last(f.x.Text(call.Callee))]; a.position < len(params) {
			list = append(list, params[a.position])
		}
	}
	if token+2 < len(f.tokens) && ties(f.texts[token+1]) {
		i := token + 2
		for i+2 < len(f.tokens) && f.texts[i+1] == "." {
			i += 2
		}
		list = append(list, strings.Trim(f.texts[i], "\"'`"))
	}
	return list
}

// ties reports whether a token ties what stands on its sides to each other.
func ties(text string) bool { return text == "=" || text == ":=" || text == ":" }

// echo is how much a name is like the partners at most; -1 without any.
func (f *file) echo(text string, partners []string) float32 {
	best := float32(-1)
	for _, p := range partners {
		if len(p) == 0 || len(p) > maxCompared {
			continue
		}
		if p == text {
			return 2
		}
		best = max(best, f.likeness(text, p).words)
	}
	return best
}

// countOperators counts the other tokens with a text, in the file and on the site's line.
func (f *file) countOperators(s *site, text string) (inFile, onLine int) {
	if f.operators == nil {
		f.operators = map[string][]int32{}
		for i, t := range f.tokens {
			if t.Kind == treesitter.KindOperator || t.Subkind == treesitter.SubkindBoolean {
				f.operators[f.texts[i]] = append(f.operators[f.texts[i]], int32(i))
			}
		}
	}
	l := f.lineOf[s.token]
	list := f.operators[text]
	inFile = len(list)
	lo := sort.Search(len(list), func(i int) bool { return list[i] >= f.first[l] })
	hi := sort.Search(len(list), func(i int) bool { return list[i] >= f.first[l+1] })
	onLine = hi - lo
	if text == f.texts[s.token] {
		inFile--
		onLine--
	}
	return inFile, onLine
}

// glance says roughly what a token is.
func (f *file) glance(i int) float32 {
	if i < 0 || i >= len(f.tokens) {
		return -1
	}
	t := f.tokens[i]
	switch {
	case t.Kind == treesitter.KindPunctuation:
		return 20 + float32(strings.IndexByte("()[]{}.,;:", f.texts[i][0]))
	case t.Kind == treesitter.KindLiteral && (f.texts[i] == "0" || f.texts[i] == "1"):
		return 40 + float32(f.texts[i][0]-'0')
	case t.Kind == treesitter.KindLiteral || t.Kind == treesitter.KindOperator:
		return 40 + 10*rank.Flag(t.Kind == treesitter.KindOperator) + float32(t.Subkind) + 2
	case f.texts[i] == "len":
		return 19
	}
	return float32(t.Kind)
}

// opening is a number for the keyword that begins the token's line; -1 when none does.
func (f *file) opening(token int) float32 {
	i := f.first[f.lineOf[token]]
	n, ok := openings[f.texts[i]]
	if !ok {
		return -1
	}
	return n
}

var openings = func() map[string]float32 {
	m := map[string]float32{}
	for i, word := range strings.Fields("if elif else while for return assert switch case raise throw const let var def func function class import from try except catch with yield await go defer") {
		m[word] = float32(i)
	}
	return m
}()

// exchange is by how much the cache prefers the site's line when text, which stands nearby on it, and what stands at the site change places; 0 when text does not
// stand on the line.
func (f *file) exchange(s *site, text string) float32 {
	l := f.lineOf[s.token]
	if text == f.texts[s.token] {
		return 0
	}
	for i := f.first[l]; i < f.first[l+1]; i++ {
		if f.texts[i] != text || !f.tokens[i].Kind.Identifier() || math.Abs(float64(int(i)-s.token)) > 12 {
			continue
		}
		lo, hi := min(int(i), s.token), max(int(i), s.token)
		plain := make([]string, 0, hi-lo+1)
		for k := lo; k <= hi; k++ {
			if f.tokens[k].Kind != treesitter.KindComment {
				plain = append(plain, f.texts[k])
			}
		}
		if len(plain) < 3 {
			continue
		}
		exchanged := append([]string{}, plain...)
		exchanged[0], exchanged[len(plain)-1] = plain[len(plain)-1], plain[0]
		at, width := f.x.Gap(treesitter.Span{Start: f.tokens[lo].Start, End: f.tokens[hi].End})
		scores := f.x.Cache.Sequences(at, width, [][]string{plain, exchanged}, nil)
		return float32(scores[1] - scores[0])
	}
	return 0
}
