// Package mask chooses which subwords of a training row are masked.
//
// Masks are drawn by words; a word is what shard.Label says. A mask covers whole words or, in a share of its own, one
// word from some subword to its end: never a beginning or a middle alone. A masked name of several subwords may be meant to
// become one mask, which tells nothing of its length and is for the pointer head alone. A recipe of single subwords alone
// knows no words: it is there to be compared with. What a draw returns is a function of the
// row's labels, the recipe and the random source alone, so a step can be drawn again, and it never holds more subwords
// than asked for: the training graph has a fixed number of masked rows.
package mask

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mlm-lsp/training/shard"
	"mlm-lsp/treesitter"
)

// Weights says how one class is treated.
type Weights struct {
	// Rate is how much more often a word of this class starts a mask than one of rate 1; 0 leaves it to spans.
	Rate float64 `json:"rate"`
	// Loss multiplies the cross-entropy of a masked subword of this class.
	Loss float64 `json:"loss"`
}

// Recipe says how masks are drawn.
type Recipe struct {
	Name    string    `json:"name"`
	Total   float64   `json:"total"` // share of a row's subwords that are masked
	Classes []Weights `json:"classes"`
	// Spans is the share of masks that go on over the words that follow; SpanStop is the chance that such a span
	// ends after each word (SpanBERT's geometric distribution), and SpanMax bounds it.
	Spans    float64 `json:"spans"`
	SpanStop float64 `json:"span_stop"`
	SpanMax  int     `json:"span_max"`
	// Endings is the share of single words of several subwords that keep one or more of their first subwords in sight.
	// Candidates are scored from left to right, their first subwords shown while the next is asked for (PLL-word-l2r,
	// Kauf and Ivanova 2023); a model that only ever saw whole words masked has not learnt to go on with one.
	Endings float64 `json:"endings,omitempty"`
	// Subwords masks single subwords wherever they stand in a word, as BERT first did: no spans, endings or collapsed names.
	Subwords bool `json:"subwords,omitempty"`
	// Collapse is the share of wholly masked names of several subwords that become one mask.
	Collapse float64 `json:"collapse,omitempty"`
	// Static draws the same masks for a row each time; it exists to measure what dynamic masks gain.
	Static bool `json:"static"`
}

// Named returns the recipe that treats classes by that name, "weighted" (the default) or "uniform", in DefaultShape and at DefaultTotal.
func Named(name string) (Recipe, error) {
	switch name {
	case "", "weighted":
		return Weighted(), nil
	case "uniform":
		return Uniform(), nil
	}
	return Recipe{}, fmt.Errorf("choosing mask recipe: there is none named %q; use weighted or uniform", name)
}

const (
	// DefaultTotal is the share of a row's subwords that is masked. Small models learn better from low rates (Wettig et al. 2023, "Should You
	// Mask 15% in Masked Language Modeling?", section 4), and at 15% of names that are preferred three of four stay in sight to copy from,
	// which is what a query asks for; at 30% two of three would be hidden.
	DefaultTotal = 0.15
	// DefaultShape is Shaped's name for the shape of masks.
	DefaultShape = "mixed"
)

// Shaped returns the recipe with masks of another shape. "mixed" are whole words, of which a tenth goes on over the words that follow and two
// in five of those with several subwords keep their beginning; "words" are whole words and nothing else; "spans" are whole words that go on over
// the next ones, SpanBERT's way (Joshi et al. 2020, without its objective); "subwords" are single subwords, whatever word they belong to.
func (r Recipe) Shaped(shape string) (Recipe, error) {
	r.Spans, r.SpanStop, r.SpanMax, r.Endings, r.Subwords = 0, 0, 0, 0, false
	switch shape {
	case DefaultShape:
		r.Spans, r.SpanStop, r.SpanMax, r.Endings = 0.1, 0.35, 4, 0.4
	case "words":
	case "spans":
		r.Spans, r.SpanStop, r.SpanMax = 1, 0.35, 8
	case "subwords":
		r.Subwords = true
	default:
		return Recipe{}, fmt.Errorf("choosing the shape of masks: there is none named %q; use mixed, words, spans or subwords", shape)
	}
	return r, nil
}

// Uniform treats all classes alike.
func Uniform() Recipe {
	r := Recipe{Name: "uniform", Total: DefaultTotal, Classes: make([]Weights, shard.NumClasses)}
	for i := range r.Classes {
		r.Classes[i] = Weights{Rate: 1, Loss: 1}
	}
	r, err := r.Shaped(DefaultShape)
	if err != nil {
		panic(err) // the default is one of the shapes
	}
	return r
}

// Weighted is the type-weighted recipe: what the product asks for (names, types, operators) is masked often and weighs
// much; punctuation, line ends and comments, which are easy or not asked for, seldom.
func Weighted() Recipe {
	r := Uniform()
	r.Name = "weighted"
	for i := range r.Classes {
		w := &r.Classes[i]
		switch shard.Class(i) {
		case shard.Whitespace:
			*w = Weights{Rate: 0.2, Loss: 0.3}
			continue
		case shard.Assignment:
			*w = Weights{Rate: 0.4, Loss: 0.5}
			continue
		}
		// Identifiers keep the uniform rate and weight of one.
		switch treesitter.Kind(i) {
		case treesitter.KindType:
			*w = Weights{Rate: 1.2, Loss: 1.5}
		case treesitter.KindOperator:
			*w = Weights{Rate: 0.8, Loss: 1.2}
		case treesitter.KindKeyword:
			*w = Weights{Rate: 0.5, Loss: 0.8}
		case treesitter.KindLiteral:
			*w = Weights{Rate: 0.5, Loss: 0.7}
		case treesitter.KindComment:
			*w = Weights{Rate: 0.3, Loss: 0.4}
		case treesitter.KindPunctuation:
			*w = Weights{Rate: 0.3, Loss: 0.5}
		}
	}
	return r
}

// Check proves that the recipe can be drawn from.
func (r *Recipe) Check() error {
	if len(r.Classes) != shard.NumClasses {
		return fmt.Errorf("checking mask recipe %s: %d classes, %d are needed", r.Name, len(r.Classes), shard.NumClasses)
	}
	if !(0 < r.Total && r.Total < 1) || r.Spans < 0 || r.Spans > 1 || r.Spans > 0 && (r.SpanStop <= 0 || r.SpanMax < 1) ||
		!(0 <= r.Endings && r.Endings <= 1) || !(0 <= r.Collapse && r.Collapse <= 1) {
		return fmt.Errorf("checking mask recipe %s: total %v, spans %v/%v/%d, endings %v or collapse %v out of range", r.Name, r.Total, r.Spans, r.SpanStop, r.SpanMax, r.Endings,
			r.Collapse)
	}
	if r.Subwords && (r.Spans > 0 || r.Endings > 0) {
		return fmt.Errorf("checking mask recipe %s: single subwords have neither spans nor endings", r.Name)
	}
	for i, w := range r.Classes {
		if !(w.Rate >= 0 && w.Loss >= 0) || math.IsInf(w.Rate, 0) || math.IsInf(w.Loss, 0) {
			return fmt.Errorf("checking mask recipe %s: class %v has rate %v and loss weight %v", r.Name, shard.Class(i), w.Rate, w.Loss)
		}
	}
	return nil
}

// Word is a word of a row, part or all of it masked; with Recipe.Subwords, one subword.
type Word struct {
	Start, End int  // the word
	From       int  // its first masked subword; those before it stay in sight
	One        bool // all of it becomes one mask
}

// Drawer draws masks; it keeps its buffers between draws and is for one goroutine.
type Drawer struct {
	recipe Recipe
	words  []word
	order  []int
	masked []Word
}

type word struct {
	Word
	key    float64
	masked bool
}

// NewDrawer returns a Drawer for a recipe that passes Check.
func NewDrawer(recipe Recipe) *Drawer { return &Drawer{recipe: recipe} }

// Budget is how many subwords of a row of the given length are masked at most.
func (r *Recipe) Budget(length int) int { return int(r.Total * float64(length)) }

// Draw chooses words with at most budget masks together and returns them in rising order, in a slice that the next call
// overwrites; none of class shard.Special is among them. Words are taken in the order of an exponential race with the rates
// of their classes, which is sampling without replacement in proportion to the rates; words too long for what is left of
// the budget are passed over.
func (d *Drawer) Draw(random *rand.Rand, labels []shard.Label, budget int) []Word {
	d.words, d.order = d.words[:0], d.order[:0]
	for i, l := range labels {
		if i == 0 || l.WordStart() || d.recipe.Subwords {
			d.words = append(d.words, word{Word: Word{Start: i, End: i + 1}})
		} else {
			d.words[len(d.words)-1].End = i + 1
		}
	}
	for i := range d.words {
		w := &d.words[i]
		if labels[w.Start].Class() == shard.Special {
			continue
		}
		if rate := d.recipe.Classes[labels[w.Start].Class()].Rate; rate > 0 {
			w.key = random.ExpFloat64() / rate
			d.order = append(d.order, i)
		}
	}
	slices.SortFunc(d.order, func(a, b int) int {
		return cmp.Or(cmp.Compare(d.words[a].key, d.words[b].key), cmp.Compare(a, b))
	})
	left := budget
	for _, first := range d.order {
		if left == 0 {
			break
		}
		count := 1
		if random.Float64() < d.recipe.Spans {
			for count < d.recipe.SpanMax && random.Float64() >= d.recipe.SpanStop {
				count++
			}
		}
		for i := first; i < min(first+count, len(d.words)); i++ {
			w := &d.words[i]
			if w.masked || labels[w.Start].Class() == shard.Special {
				break
			}
			w.From = w.Start
			if count == 1 && w.End-w.Start > 1 {
				d.shape(random, w, labels[w.Start].Class())
			}
			cost := w.End - w.From
			if w.One {
				cost = 1
			}
			if cost > left {
				w.One = false
				break
			}
			w.masked = true
			left -= cost
		}
	}
	d.masked = d.masked[:0]
	for _, w := range d.words {
		if w.masked {
			d.masked = append(d.masked, w.Word)
		}
	}
	return d.masked
}

// shape decides how a single word of several subwords is masked: from some subword on, as one mask, or subword by subword.
func (d *Drawer) shape(random *rand.Rand, w *word, class shard.Class) {
	if d.recipe.Endings > 0 && random.Float64() < d.recipe.Endings {
		w.From += 1 + random.IntN(w.End-w.Start-1)
		return
	}
	w.One = d.recipe.Collapse > 0 && class.Name() && random.Float64() < d.recipe.Collapse
}

// Loss is the weight of a masked subword's loss.
func (r *Recipe) Loss(l shard.Label) float32 { return float32(r.Classes[l.Class()].Loss) }
