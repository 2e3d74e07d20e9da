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

// Reader asks about the tokens of one text, and remembers what it has looked up. It is used by one goroutine at a time.
type Reader struct {
	m      *Model
	family *Family
	root   Key
	floor  float64 // of a token that the empty context does not know
	words  map[string]word
}

// word is a token as it is counted.
type word struct {
	Token
	nats  float64 // what its shape leaves to it
	known bool
}

// Reader returns one for a text in a language; nil when that was not counted.
func (m *Model) Reader(language string) *Reader {
	f := m.family(language)
	if f == nil {
		return nil
	}
	return &Reader{m: m, family: f, root: Root(f.Name), floor: math.Log(float64(f.Known + 1)), words: map[string]word{}}
}

func (r *Reader) word(text string) word {
	w, ok := r.words[text]
	if !ok {
		folded := Fold(text)
		if w.known = r.m.known(r.family, folded); w.known {
			w.Token = TokenOf(folded)
		} else {
			shape := Shape(folded)
			w.Token, w.nats = TokenOf(shape), math.Log(float64(r.family.Rare[shape]+1))
		}
		r.words[text] = w
	}
	return w
}

// Known is Model's.
func (r *Reader) Known(text string) bool { return r.word(text).known }

// Place is where a token is missing, with the tokens around it. It is used by one goroutine at a time.
type Place struct {
	r *Reader
	// left are the contexts that end right before the gap, from the empty one up to the longest that the model holds, and ends the n-grams there, by length.
	left []context
	ends []Key
	// behind are the tokens behind the gap, with what those between the gap and each say of it.
	behind []beginning
	// grown are, by where they begin, the n-grams that end before the token that is asked about and hold tokens of the candidate.
	grown []Key
	said  []Said
}

// context is an n-gram that something follows, and what it leaves to those that it does not know; shorter first in a list.
type context struct {
	key  Key
	rest float64
}

// beginning is a token whose shorter contexts are known.
type beginning struct {
	word
	answer answer
	most   int // tokens of the longest of those contexts; longer ones hold tokens of a candidate
}

// answer is what contexts say of a token, from the empty one up.
type answer struct {
	nats    float64
	context int  // tokens of the longest context that knows it
	held    bool // all of them do
	over    bool // nothing is known behind the last of them, nor behind a longer one
}

// ask goes on with a context of n tokens that leaves rest, and becomes key by the token that is asked about.
func (a *answer) ask(m *Model, n int, key Key, rest float64) {
	if a.held {
		var code uint8
		if code, a.held = m.table.get(key); a.held {
			a.nats, a.context = float64(m.books[n][code]), n
			return
		}
	}
	a.nats += rest
}

func (a answer) said(w word) Said {
	return Said{Probability: math.Exp(-a.nats - w.nats), Context: a.context}
}

// rest is what a context of n tokens leaves to shorter ones; ok is false when nothing is known behind it. The empty one leaves nothing.
func (m *Model) rest(key Key, n int) (rest float64, ok bool) {
	if n == 0 {
		return 0, true
	}
	code, ok := m.table.get(key.rest())
	return float64(m.books[Order+n][code]), ok
}

// At readies a place between tokens; before and behind may be longer than what is looked at. In a language that was not counted it is nil.
func (m *Model) At(language string, before, behind []string) *Place {
	r := m.Reader(language)
	if r == nil {
		return nil
	}
	return r.At(before, behind)
}

// At is Model's.
func (r *Reader) At(before, behind []string) *Place {
	p := &Place{r: r}
	var left []word
	for _, text := range before[max(0, len(before)-Order+1):] {
		left = append(left, r.word(text))
	}
	for n := 0; n <= len(left); n++ {
		key := r.key(left[len(left)-n:])
		p.ends = append(p.ends, key)
		if rest, ok := r.m.rest(key, n); ok && len(p.left) == n {
			p.left = append(p.left, context{key, rest})
		}
	}
	var right []word
	for _, text := range behind[:min(len(behind), Order-1)] {
		b := beginning{word: r.word(text), answer: answer{nats: r.floor, held: true}, most: len(right)}
		for n := 0; n <= len(right) && n < Order; n++ {
			key := r.key(right[len(right)-n:])
			rest, ok := r.m.rest(key, n)
			if b.answer.over = !ok; !ok {
				break
			}
			b.answer.ask(r.m, n, key.Next(b.Token), rest)
		}
		p.behind = append(p.behind, b)
		right = append(right, b.word)
	}
	return p
}

// key is that of words behind each other.
func (r *Reader) key(words []word) Key {
	key := r.root
	for _, w := range words {
		key = key.Next(w.Token)
	}
	return key
}

// Said is what a model says of a token.
type Said struct {
	// Probability is the token's after those before it.
	Probability float64
	// Context is how many of those before it the longest n-gram that ends with the token has.
	Context int
}

// Tokens says of each of a candidate's tokens, and then of up to four behind the gap, how probable it is after the up to four before it. The slice holds until the next call.
func (p *Place) Tokens(candidate []string) []Said {
	p.said, p.grown = p.said[:0], p.grown[:0]
	left := len(p.ends) - 1
	for n := left; n > 0; n-- {
		p.grown = append(p.grown, p.ends[n])
	}
	for j := range len(candidate) + len(p.behind) {
		var w word
		a, most := answer{nats: p.r.floor, held: true}, -1
		if j < len(candidate) {
			w = p.r.word(candidate[j])
			p.grown = append(p.grown, p.r.root)
		} else {
			b := &p.behind[j-len(candidate)]
			w, a, most = b.word, b.answer, b.most
		}
		for n := most + 1; n < min(Order, left+j+1); n++ {
			key := &p.grown[left+j-n]
			next := key.Next(w.Token)
			if !a.over {
				var rest float64
				known := true
				switch {
				case j > 0:
					rest, known = p.r.m.rest(*key, n)
				case n < len(p.left):
					rest = p.left[n].rest
				default:
					known = false
				}
				if a.over = !known; known {
					a.ask(p.r.m, n, next, rest)
				}
			}
			*key = next
		}
		p.said = append(p.said, a.said(w))
	}
	return p.said
}

// Size is how many bytes the n-grams take.
func (m *Model) Size() int { return len(m.table.cells) }
