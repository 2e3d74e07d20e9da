// Package ngram is what a corpus says of which tokens follow each other, small enough for a bundle: the expert that knows libraries, beside the model, which is too small to,
// and beside model/cache, which knows the file and its project.
//
// A Model holds, for each family of languages that write the same code, how probable a token is after up to four others, interpolated from the empty context up as by
// Witten and Bell ("The zero-frequency problem", 1991), as a back-off model in the manner of ARPA files: the probability of each n-gram that is kept, and for each context what
// it leaves to the next shorter one. training/ngram counts and chooses what is kept. All strings are counted as one token, and what is too rare to be known by the
// way it is written, see Fold and Shape.
//
// Invariants:
//   - A Model does not change and may be shared between goroutines.
//   - Where the n-gram of n+1 tokens is held, so is the one without its first token: no longer one is looked for behind one that is missing.
//   - The table holds no texts: of 4,096 n-grams that it does not hold it takes one for held.
//   - Whatever bytes Read accepts, no question about them fails, and a probability is within 0 and 1.
//   - Equal input gives equal bytes.
package ngram

import (
	"fmt"
	"math"
	"slices"
)

// Order is the length of the longest n-gram.
const Order = 5

// Share is what a probability of the corpus weighs beside one of the file or the project, where the two are mixed token by token. On 1,380 gaps in projects that nothing else is
// measured on a file alone was right in 55.6%, the corpus alone in 43.8%, and the mixture in 61.6, 62.1 and 62.1% at 0.2, 0.5 and 0.7; weights that fall with how often the
// file has seen the context (Tu, Su and Devanbu, "On the localness of software", 2014) gave 60.2 to 62.3%.
const Share = 0.5

// Family is what was counted of some languages.
type Family struct {
	Name     string `json:"name"` // see FamilyOf
	Projects int    `json:"projects"`
	Files    int    `json:"files"`
	Tokens   int    `json:"tokens"`
	// Known is how many different tokens are told apart, and Rare how many others there are of each shape.
	Known int            `json:"known"`
	Rare  map[string]int `json:"rare"`
}

// Model is the n-grams of a corpus.
type Model struct {
	families []Family
	books    []book // by number of tokens of the context: of the probabilities, then of the rests
	table    table
}

// book is what the codes of a kind of figure stand for, ascending: natural logarithms of probabilities, without the sign.
type book [1 << codeBits]float32

// Gram is an n-gram with what New is to hold of it.
type Gram struct {
	Key Key
	// Context is how many tokens the n-gram has before its last one; of a Rest, how many it has.
	Context int
	// Rest tells that Nats is what the n-gram leaves as a context, and not its own probability.
	Rest bool
	Nats float64 // the natural logarithm, without the sign
}

// New makes a model of n-grams. Of the figures of a kind only sixteen are told apart, by the means of as many heaps (Lloyd, "Least squares quantization in PCM", 1982).
func New(families []Family, grams []Gram) (*Model, error) {
	m := &Model{families: families, books: make([]book, 2*Order)}
	heaps := make([][]float64, 2*Order)
	for _, g := range grams {
		if g.Context < 0 || g.Context >= Order || !(g.Nats >= 0) || math.IsInf(g.Nats, 1) {
			return nil, fmt.Errorf("making n-grams: one of %d tokens before the last has %v nats", g.Context, g.Nats)
		}
		heaps[g.book()] = append(heaps[g.book()], g.Nats)
	}
	for i, heap := range heaps {
		m.books[i] = newBook(heap)
	}
	items := make([]item, len(grams))
	for i, g := range grams {
		items[i] = item{g.Key, m.books[g.book()].code(g.Nats)}
		if g.Rest {
			items[i].key = g.Key.rest()
		}
	}
	t, err := newTable(items)
	if err != nil {
		return nil, fmt.Errorf("making n-grams: %w", err)
	}
	m.table = *t
	return m, nil
}

func (g Gram) book() int {
	if g.Rest {
		return Order + g.Context
	}
	return g.Context
}

// newBook finds the means, beginning with heaps of equal size.
func newBook(nats []float64) (b book) {
	if len(nats) == 0 {
		return b
	}
	nats = slices.Sorted(slices.Values(nats))
	var means [len(b)]float64
	for i := range means {
		means[i] = nats[(2*i+1)*len(nats)/(2*len(b))]
	}
	const rounds = 30
	for range rounds {
		var sums, sizes [len(b)]float64
		at := 0
		for _, x := range nats {
			for at+1 < len(means) && math.Abs(means[at+1]-x) <= math.Abs(means[at]-x) {
				at++
			}
			sums[at] += x
			sizes[at]++
		}
		for i := range means {
			if sizes[i] > 0 {
				means[i] = sums[i] / sizes[i]
			}
		}
		slices.Sort(means[:])
	}
	for i, x := range means {
		b[i] = float32(x)
	}
	return b
}

// code is the nearest entry.
func (b *book) code(nats float64) uint8 {
	best := 0
	for i := range b {
		if math.Abs(float64(b[i])-nats) < math.Abs(float64(b[best])-nats) {
			best = i
		}
	}
	return uint8(best)
}

// Families says what was counted.
func (m *Model) Families() []Family { return slices.Clone(m.families) }

// Len is the number of n-grams and of contexts that the model holds.
func (m *Model) Len() int { return m.table.keys }

func (m *Model) family(language string) *Family {
	name := FamilyOf(language)
	for i := range m.families {
		if m.families[i].Name == name {
			return &m.families[i]
		}
	}
	return nil
}

// Counts tells whether a language was counted.
func (m *Model) Counts(language string) bool { return m.family(language) != nil }

// Known tells whether a token is frequent enough in the corpus to be told from others.
func (m *Model) Known(language, text string) bool {
	f := m.family(language)
	return f != nil && m.known(f, Fold(text))
}

func (m *Model) known(f *Family, folded string) bool {
	_, ok := m.table.get(Root(f.Name).Next(TokenOf(folded)))
	return ok
}

// Place is where a token is missing, with the tokens around it. It is used by one goroutine at a time.
type Place struct {
	m      *Model
	family *Family
	root   Key
	floor  float64 // of a token that the empty context does not know
	tokens []word  // those before, the candidate's, those behind
	before int
	behind []word
	// left are the contexts that end right before the gap, from the empty one up to the longest that the model holds.
	left []context
}

type word struct {
	Token
	nats float64 // what its shape leaves to it
}

// context is an n-gram that something follows, and what it leaves to those that it does not know; shorter first in a list.
type context struct {
	key  Key
	rest float64
}

// At readies a place between tokens; before and behind may be longer than what is looked at. In a language that was not counted it is nil.
func (m *Model) At(language string, before, behind []string) *Place {
	f := m.family(language)
	if f == nil {
		return nil
	}
	p := &Place{m: m, family: f, root: Root(f.Name), floor: math.Log(float64(f.Known + 1))}
	for _, text := range before[max(0, len(before)-Order+1):] {
		p.tokens = append(p.tokens, p.word(text))
	}
	for _, text := range behind[:min(len(behind), Order-1)] {
		p.behind = append(p.behind, p.word(text))
	}
	p.before = len(p.tokens)
	p.left = p.contexts(nil, p.before)
	return p
}

func (p *Place) word(text string) word {
	text = Fold(text)
	if p.m.known(p.family, text) {
		return word{Token: TokenOf(text)}
	}
	shape := Shape(text)
	return word{TokenOf(shape), math.Log(float64(p.family.Rare[shape] + 1))}
}

// contexts lists those that end before the token at i.
func (p *Place) contexts(list []context, i int) []context {
	list = append(list, context{key: p.root})
	for n := 1; n < Order && n <= i; n++ {
		key := p.root
		for _, w := range p.tokens[i-n : i] {
			key = key.Next(w.Token)
		}
		code, ok := p.m.table.get(key.rest())
		if !ok {
			break // nothing is known behind it, nor behind a longer one
		}
		list = append(list, context{key, float64(p.m.books[Order+n][code])})
	}
	return list
}

// Said is what a model says of a token.
type Said struct {
	// Probability is the token's after those before it.
	Probability float64
	// Context is how many of those before it the longest n-gram that ends with the token has.
	Context int
}

// Tokens says of each of a candidate's tokens, and then of up to four behind the gap, how probable it is after the up to four before it.
func (p *Place) Tokens(candidate []string) []Said {
	p.tokens = p.tokens[:p.before]
	for _, text := range candidate {
		p.tokens = append(p.tokens, p.word(text))
	}
	p.tokens = append(p.tokens, p.behind...)
	list := make([]Said, 0, len(p.tokens)-p.before)
	var own [Order]context
	for i := p.before; i < len(p.tokens); i++ {
		contexts := p.left
		if i > p.before {
			contexts = p.contexts(own[:0], i)
		}
		list = append(list, p.say(contexts, p.tokens[i]))
	}
	return list
}

func (p *Place) say(contexts []context, w word) Said {
	said := Said{}
	nats, held := p.floor, true
	for n, c := range contexts {
		if held {
			var code uint8
			if code, held = p.m.table.get(c.key.Next(w.Token)); held {
				nats, said.Context = float64(p.m.books[n][code]), n
				continue
			}
		}
		nats += c.rest
	}
	said.Probability = math.Exp(-nats - w.nats)
	return said
}

// Size is how many bytes the n-grams take.
func (m *Model) Size() int { return len(m.table.cells) }
