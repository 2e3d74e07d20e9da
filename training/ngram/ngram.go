// Package ngram counts the n-grams of a corpus: the baseline that stands beside a model in an evaluation, and is shipped nowhere.
//
// A Counter takes the lexer tokens of files; its Model says how probable a token is after those before it, interpolated from the empty
// context up as by Witten and Bell ("The zero-frequency problem", 1991): a context that was followed N times, by T different tokens, keeps T of N+T
// parts for what it was never followed by. For code that does as well as the smoothings that are better for prose (Hellendoorn and Devanbu, "Are deep
// neural networks the best choice for modeling source code?", 2017). Languages that write the same code are counted together: TypeScript with
// JavaScript, C++ with C.
//
// Invariants:
//   - An n-gram never spans two files.
//   - An n-gram that was seen once is counted and then forgotten, so that a model takes six bytes per n-gram that recurs; what it had goes back to
//     the shorter context. So each distribution still sums to one over the corpus' vocabulary and one unseen token, but for what is lost to rounding
//     (three in a hundred of a probability).
//   - Equal files in equal order give equal bytes.
package ngram

import (
	"math"
	"math/bits"
	"slices"
)

// Order is the length of the longest n-gram that is counted.
const Order = 5

// kept is how often an n-gram stands in the corpus at least for a model to hold it.
const kept = 2

// FamilyOf is the name under which a language is counted, with those that write the same code.
func FamilyOf(language string) string {
	switch language {
	case "typescript", "tsx":
		return "javascript"
	case "cpp":
		return "c"
	}
	return language
}

// Counter collects the tokens of files. The zero value is ready.
type Counter struct {
	families []*corpus // in the order of their first file
}

// corpus is what one family's files hold.
type corpus struct {
	Family string
	Files  int
	ids    map[string]uint32 // from 1
	hashes []uint64          // by id
	tokens []uint32          // 0 stands behind each file
}

// Add counts a file.
func (c *Counter) Add(language string, tokens []string) {
	name := FamilyOf(language)
	at := slices.IndexFunc(c.families, func(f *corpus) bool { return f.Family == name })
	if at < 0 {
		at = len(c.families)
		c.families = append(c.families, &corpus{Family: name, ids: map[string]uint32{}, hashes: make([]uint64, 1)})
	}
	f := c.families[at]
	f.Files++
	for _, text := range tokens {
		id, ok := f.ids[text]
		if !ok {
			id = uint32(len(f.hashes))
			f.ids[text] = id
			f.hashes = append(f.hashes, hashToken(text))
		}
		f.tokens = append(f.tokens, id)
	}
	f.tokens = append(f.tokens, 0)
}

// Model makes the model of all files so far.
func (c *Counter) Model() *Model {
	m := &Model{}
	found := map[uint64]entry{}
	for _, f := range c.families {
		m.Families = append(m.Families, Family{Name: f.Family, Files: f.Files, Tokens: len(f.tokens) - f.Files, Vocabulary: len(f.hashes) - 1})
		f.count(found)
	}
	m.fill(found)
	return m
}

// entry is what a model knows of an n-gram: its share among what follows all but its last token, and the share that it leaves, as a context, to
// shorter ones. Both are codes.
type entry struct{ share, rest uint8 }

// count puts the entries of all n-grams that recur into found.
func (f *corpus) count(found map[uint64]entry) {
	at := func(start uint32, k int) uint32 { // the k-th token of the n-gram at start; 0 behind the file's end
		for i := range k {
			if f.tokens[int(start)+i] == 0 {
				return 0
			}
		}
		return f.tokens[int(start)+k]
	}
	starts := make([]uint32, 0, len(f.tokens))
	for i, token := range f.tokens {
		if token != 0 {
			starts = append(starts, uint32(i))
		}
	}
	// Sorted by what begins there, all places of an n-gram stand together, whatever its length, and so do all n-grams of one context.
	slices.SortFunc(starts, func(a, b uint32) int {
		for k := range Order {
			x, y := f.tokens[int(a)+k], f.tokens[int(b)+k]
			if x != y {
				return int(x) - int(y)
			}
			if x == 0 {
				break
			}
		}
		return int(a) - int(b) // any order will do that is one
	})
	var open [Order]context // by length
	open[0].hash = hashFamily(f.Family)
	last := uint32(0)
	for i, start := range starts {
		same := 0 // how many tokens it shares with the one before
		if i > 0 {
			for same < Order && at(start, same) != 0 && at(start, same) == at(last, same) {
				same++
			}
		}
		for n := Order - 1; n > same; n-- {
			open[n].close(found)
		}
		for n := range Order {
			token := at(start, n)
			if token == 0 {
				break
			}
			if open[n].hash == 0 {
				open[n] = context{hash: hashNext(open[n-1].hash, f.hashes[at(start, n-1)]), followers: open[n].followers[:0]}
			}
			open[n].follow(token, f.hashes[token])
		}
		last = start
	}
	for n := Order - 1; n >= 0; n-- {
		open[n].close(found)
	}
}

// context is an n-gram whose followers are being counted.
type context struct {
	hash      uint64 // 0: none is open
	total     int    // how often it is followed
	kinds     int    // by how many different tokens
	token     uint32
	followers []follower // those that recur, and the last one
}

type follower struct {
	hash  uint64 // of the token
	count int
}

// follow counts a token behind the context; equal ones come one after another.
func (c *context) follow(token uint32, hash uint64) {
	c.total++
	if token == c.token {
		c.followers[len(c.followers)-1].count++
		return
	}
	c.forget()
	c.token = token
	c.kinds++
	c.followers = append(c.followers, follower{hash, 1})
}

// forget drops the last follower if it did not recur.
func (c *context) forget() {
	if n := len(c.followers); n > 0 && c.followers[n-1].count < kept {
		c.followers = c.followers[:n-1]
	}
}

// close writes down what the context is followed by, and leaves none open.
func (c *context) close(found map[uint64]entry) {
	c.forget()
	sum, of := 0, float64(c.total+c.kinds)
	for _, f := range c.followers {
		key := hashNext(c.hash, f.hash)
		e := found[key]
		e.share = code(float64(f.count) / of)
		found[key] = e
		sum += f.count
	}
	if sum > 0 {
		e := found[c.hash]
		e.rest = code((of - float64(sum)) / of)
		found[c.hash] = e
	}
	*c = context{followers: c.followers[:0]}
}

// Codes of shares: 0 for none, k for exp((1-k)/16): down to one in eight million.
const codesPerNat = 16

func code(share float64) uint8 {
	return uint8(min(255, max(1, 1+math.Round(-math.Log(share)*codesPerNat))))
}

var decoded = func() (shares [256]float64) {
	for k := 1; k < len(shares); k++ {
		shares[k] = math.Exp(float64(1-k) / codesPerNat)
	}
	return shares
}()

// Hashes: of a token (FNV-1a with a finaliser), and of n-grams by way of their contexts.

func hashToken(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return mix(h)
}

func hashFamily(name string) uint64 { return mix(hashToken(name) + 1) }

func hashNext(context, token uint64) uint64 {
	return mix(bits.RotateLeft64(context, 23)*0x9E3779B97F4A7C15 + token)
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}
