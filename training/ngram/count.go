// Package ngram counts the n-grams of a corpus and chooses which of them a model (model/ngram) of a given size holds.
//
// Estimates are those of Witten and Bell ("The zero-frequency problem", 1991): a context that was followed N times, by T different tokens, keeps T of N+T parts for what it was
// never followed by, and those parts go by the next shorter context. For code that does as well as the smoothings that are better for prose (Hellendoorn and Devanbu,
// "Are deep neural networks the best choice for modeling source code?", 2017), and it bears pruning, which they do not (Chelba et al., "Study on interaction between
// entropy pruning and Kneser-Ney smoothing", 2010).
//
// Invariants:
//   - An n-gram never spans two files.
//   - What stands in one file alone is counted and then forgotten; what several files of one project alone hold counts for less than what several projects do, but is not
//     worth nothing: a library's own files say how it is used.
//   - Equal files in equal order give equal bytes.
package ngram

import (
	"slices"
	"strings"

	"mlm-lsp/model/ngram"
)

const (
	// shared is in how many files an n-gram of several tokens stands at least.
	shared = 2
	// A token is told from others that stands in so many projects, or in so many files.
	manyProjects, manyFiles = 2, 5
)

// Counter collects the tokens of files. The zero value is ready.
type Counter struct {
	families []*tally // in the order of their first file
}

// tally is what one family's files hold.
type tally struct {
	name   string
	ids    map[string]uint32 // of folded texts, from 1
	texts  []string          // by id
	files  []file
	tokens []uint32
}

type file struct {
	project int
	start   int // of its tokens; those of the next file end them
}

// Add counts a file of a project, whose number says no more than which files belong together.
func (c *Counter) Add(language string, project int, tokens []string) {
	name := ngram.FamilyOf(language)
	at := slices.IndexFunc(c.families, func(f *tally) bool { return f.name == name })
	if at < 0 {
		at = len(c.families)
		c.families = append(c.families, &tally{name: name, ids: map[string]uint32{}, texts: make([]string, 1)})
	}
	f := c.families[at]
	f.files = append(f.files, file{project, len(f.tokens)})
	for _, text := range tokens {
		f.tokens = append(f.tokens, f.id(ngram.Fold(text)))
	}
}

func (f *tally) id(text string) uint32 {
	id, ok := f.ids[text]
	if !ok {
		id = uint32(len(f.texts))
		text = strings.Clone(text) // lest it pins the text of its file
		f.ids[text] = id
		f.texts = append(f.texts, text)
	}
	return id
}

// tokensOf are the tokens of the i-th file.
func (f *tally) tokensOf(i int) []uint32 {
	end := len(f.tokens)
	if i+1 < len(f.files) {
		end = f.files[i+1].start
	}
	return f.tokens[f.files[i].start:end]
}

// text is a family's tokens, one file behind the other, with what is rare replaced by its shape.
type text struct {
	about    ngram.Family
	tokens   []uint32 // 0 stands behind each file, and at the end Order times
	files    []int32  // of each token
	projects []int    // of each file
	hashes   []ngram.Token
}

// shaped tells the rare tokens and lays the others out.
func (f *tally) shaped() *text {
	order := make([]int, len(f.files)) // projects one behind the other, so that those of a token can be counted
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return f.files[a].project - f.files[b].project })
	type places struct{ projects, files, project, file int32 } // in how many of either, and the last of each and one
	seen := make([]places, len(f.texts))
	t := &text{about: ngram.Family{Name: f.name, Files: len(f.files), Tokens: len(f.tokens), Rare: map[string]int{}}}
	current := -1
	for _, i := range order {
		project := f.files[i].project
		if project != current {
			t.about.Projects++
			current = project
		}
		for _, id := range f.tokensOf(i) {
			if p := &seen[id]; p.file != int32(i)+1 {
				p.file = int32(i) + 1
				p.files++
				if p.project != int32(project)+1 {
					p.project = int32(project) + 1
					p.projects++
				}
			}
		}
	}
	into := make([]uint32, len(f.texts))
	for id := 1; id < len(seen); id++ {
		into[id] = uint32(id)
		if seen[id].projects >= manyProjects || seen[id].files >= manyFiles {
			t.about.Known++
			continue
		}
		shape := ngram.Shape(f.texts[id])
		t.about.Rare[shape]++
		into[id] = f.id(shape)
	}
	t.hashes = make([]ngram.Token, len(f.texts))
	for id, text := range f.texts {
		t.hashes[id] = ngram.TokenOf(text)
	}
	t.tokens = make([]uint32, 0, len(f.tokens)+len(f.files)+ngram.Order)
	t.files = make([]int32, 0, cap(t.tokens))
	for _, file := range f.files {
		t.projects = append(t.projects, file.project)
	}
	for _, i := range order {
		for _, id := range f.tokensOf(i) {
			t.tokens, t.files = append(t.tokens, into[id]), append(t.files, int32(i))
		}
		t.tokens, t.files = append(t.tokens, 0), append(t.files, int32(i))
	}
	t.tokens = append(t.tokens, make([]uint32, ngram.Order)...)
	return t
}

// sorted lists where n-grams begin, so that all places of one stand together, whatever its length, and so do all n-grams of one context.
func (t *text) sorted() []uint32 {
	// A heap for each first token, and each sorted.
	ends := make([]uint32, len(t.hashes)+1)
	for _, id := range t.tokens {
		ends[id+1]++
	}
	ends[1] = 0 // no n-gram begins behind a file
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	starts := make([]uint32, ends[len(ends)-1])
	for i, id := range t.tokens {
		if id != 0 {
			starts[ends[id]] = uint32(i)
			ends[id]++
		}
	}
	from := uint32(0)
	for _, end := range ends[1 : len(ends)-1] {
		heap := starts[from:end]
		from = end
		slices.SortFunc(heap, func(a, b uint32) int {
			for k := 1; k < ngram.Order; k++ {
				x, y := t.tokens[int(a)+k], t.tokens[int(b)+k]
				if x != y {
					return int(x) - int(y)
				}
				if x == 0 {
					break
				}
			}
			return int(a) - int(b) // any order will do that is one
		})
	}
	return starts
}

// gram is an n-gram that stands in several files.
type gram struct {
	key     ngram.Key
	suffix  int32   // the n-gram without its first token, in the level below
	context int32   // its context in its level
	share   float32 // how often it stands there, of its context's occurrences and kinds
	p       float64 // probability
	alone   bool    // they are of one project
	gain    float64 // what the model loses without it, in nats for each token of the corpus; as much as a longer one at least that needs it
}

// head is what n-grams share but for their last token.
type head struct {
	key         ngram.Key
	occurrences float64
	rest        float64 // share that it leaves to what is not held
	first, last int32   // its n-grams
}

// level is the n-grams of one length.
type level struct {
	grams    []gram
	contexts []head
}

// levels are a family's n-grams of one token, of two, and so on.
type levels [ngram.Order]level

// open is an n-gram and a context of as many tokens but one, while the places are gone through.
type open struct {
	counted bool // there is an n-gram
	key     ngram.Key
	suffix  ngram.Key
	times   int
	file    int32 // its first
	spans   bool  // it stands in another, too
	wide    bool  // of another project

	begun       bool // there is a context
	context     ngram.Key
	occurrences int
	kinds       int
	held        int // occurrences of the n-grams that are kept
	first       int
}

// count finds all n-grams that several files share, with their probabilities.
func (t *text) count() *levels {
	var ls levels
	var suffixes [ngram.Order][]ngram.Key
	var now [ngram.Order]open
	endGram := func(n int) {
		o := &now[n]
		if !o.counted {
			return
		}
		o.counted = false
		o.occurrences += o.times
		o.kinds++
		if n == 0 || o.spans { // what is told apart in the empty context has been decided already
			o.held += o.times
			ls[n].grams = append(ls[n].grams, gram{key: o.key, context: int32(len(ls[n].contexts)), share: float32(o.times), alone: !o.wide})
			suffixes[n] = append(suffixes[n], o.suffix)
		}
	}
	endContext := func(n int) {
		o := &now[n]
		if !o.begun {
			return
		}
		o.begun = false
		if o.held == 0 {
			return
		}
		of := float64(o.occurrences + o.kinds)
		for i := o.first; i < len(ls[n].grams); i++ {
			ls[n].grams[i].share /= float32(of)
		}
		ls[n].contexts = append(ls[n].contexts, head{o.context, float64(o.occurrences), (of - float64(o.held)) / of, int32(o.first), int32(len(ls[n].grams))})
	}
	root := ngram.Root(t.about.Name)
	chain := func(tokens []uint32) ngram.Key {
		k := root
		for _, id := range tokens {
			k = k.Next(t.hashes[id])
		}
		return k
	}
	last := -1
	for _, start := range t.sorted() {
		at := int(start)
		same := 0 // how many tokens it shares with the one before
		if last >= 0 {
			for same < ngram.Order && t.tokens[at+same] != 0 && t.tokens[at+same] == t.tokens[last+same] {
				same++
			}
		}
		for n := ngram.Order - 1; n >= same; n-- {
			endGram(n)
			if n > same {
				endContext(n)
			}
		}
		for n := range ngram.Order {
			if t.tokens[at+n] == 0 {
				break
			}
			o := &now[n]
			if !o.begun {
				o.begun, o.context, o.occurrences, o.kinds, o.held, o.first = true, chain(t.tokens[at:at+n]), 0, 0, 0, len(ls[n].grams)
			}
			if !o.counted {
				o.counted, o.times, o.spans, o.wide, o.file = true, 0, false, false, t.files[at]
				o.key, o.suffix = o.context.Next(t.hashes[t.tokens[at+n]]), chain(t.tokens[at+1:at+n+1])
			}
			o.times++
			o.spans = o.spans || t.files[at] != o.file
			o.wide = o.wide || t.projects[t.files[at]] != t.projects[o.file]
		}
		last = at
	}
	for n := ngram.Order - 1; n >= 0; n-- {
		endGram(n)
		endContext(n)
	}
	ls.estimate(suffixes, 1/float64(t.about.Known+1))
	return &ls
}

// estimate fills in the probabilities, from the empty context up; floor is that of a token which it does not know.
func (ls *levels) estimate(suffixes [ngram.Order][]ngram.Key, floor float64) {
	below := map[ngram.Key]int32{}
	for n := range ls {
		l := &ls[n]
		here := make(map[ngram.Key]int32, len(l.grams))
		for i := range l.grams {
			g := &l.grams[i]
			g.suffix = -1
			if n > 0 {
				g.suffix = below[suffixes[n][i]] // what several files share, they share without its first token
			}
			g.p = float64(g.share) + l.contexts[g.context].rest*ls.lower(n, g, floor)
			here[g.key] = int32(i)
		}
		below = here
	}
}

// lower is the probability of an n-gram's last token in the context that is shorter by one.
func (ls *levels) lower(n int, g *gram, floor float64) float64 {
	if n == 0 {
		return floor
	}
	return ls[n-1].grams[g.suffix].p
}
