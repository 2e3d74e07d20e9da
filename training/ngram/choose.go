package ngram

import (
	"errors"
	"math"
	"slices"

	"mlm-lsp/model/ngram"
)

// Model makes the model of all files so far that takes about so many bytes, or of all that several files share where that is less. What is left out is what
// changes the model's distribution least, by Stolcke's measure ("Entropy-based pruning of backoff language models", 1998), all families by one measure. It returns an error
// when nothing was counted.
func (c *Counter) Model(bytes int) (*ngram.Model, error) {
	if len(c.families) == 0 {
		return nil, errors.New("choosing n-grams: there are none: name the sources of a corpus")
	}
	var families []ngram.Family
	var counted []*levels
	for _, f := range c.families {
		t := f.shaped()
		families = append(families, t.about)
		ls := t.count()
		ls.weigh(t)
		counted = append(counted, ls)
	}
	least := threshold(counted, ngram.Fitting(bytes))
	var grams []ngram.Gram
	for i, ls := range counted {
		grams = ls.held(grams, least, families[i])
		counted[i] = nil
	}
	return ngram.New(families, grams)
}

// ownWorth is what an n-gram of one project alone is worth beside one that others write, too.
const ownWorth = 0.25

// weigh fills in what each n-gram gains.
func (ls *levels) weigh(t *text) {
	floor, all := 1/float64(t.about.Known+1), float64(t.about.Tokens)
	for i := range ls[0].grams {
		ls[0].grams[i].gain = math.Inf(1) // Known counts it
	}
	for n := len(ls) - 1; n > 0; n-- {
		for _, c := range ls[n].contexts {
			grams := ls[n].grams[c.first:c.last]
			left, leftBelow := 1.0, 1.0 // what is not held, and what of it the shorter context says
			for i := range grams {
				left -= grams[i].p
				leftBelow -= ls.lower(n, &grams[i], floor)
			}
			for i := range grams {
				g := &grams[i]
				low := ls.lower(n, g, floor)
				before, after := backOff(left, leftBelow), backOff(left+g.p, leftBelow+low)
				loss := g.p*(math.Log(g.p)-math.Log(low*after)) + left*math.Log(before/after)
				if g.alone {
					loss *= ownWorth
				}
				g.gain = max(g.gain, loss*c.occurrences/all)
				below := &ls[n-1].grams[g.suffix]
				below.gain = max(below.gain, g.gain)
			}
		}
	}
}

// backOff is the factor between what a context leaves and what the shorter one says of the same tokens.
func backOff(left, below float64) float64 {
	const least = 1e-7 // rounding may leave nothing
	return max(left, least) / max(below, least)
}

// threshold is the least gain of what is held, where so many n-grams and contexts may be.
func threshold(counted []*levels, fitting int) float64 {
	var gains []float64
	for _, ls := range counted {
		for n := range ls {
			for _, g := range ls[n].grams {
				gains = append(gains, g.gain)
			}
			for _, c := range ls[n].contexts {
				if n > 0 {
					gains = append(gains, c.gain(ls[n].grams))
				}
			}
		}
	}
	if len(gains) <= fitting {
		return math.Inf(-1)
	}
	slices.Sort(gains)
	return gains[len(gains)-max(1, fitting)] // single tokens are held in any case
}

// gain is that of the best n-gram behind it: without any a context need not be held.
func (c *head) gain(grams []gram) float64 {
	best := math.Inf(-1)
	for _, g := range grams[c.first:c.last] {
		best = max(best, g.gain)
	}
	return best
}

// held adds the n-grams that gain enough, and what their contexts leave now.
func (ls *levels) held(list []ngram.Gram, least float64, about ngram.Family) []ngram.Gram {
	floor := 1 / float64(about.Known+1)
	for n := range ls {
		for _, c := range ls[n].contexts {
			left, below, any := 1.0, 1.0, false
			for i := c.first; i < c.last; i++ {
				g := &ls[n].grams[i]
				if g.gain < least {
					continue
				}
				any = true
				left -= g.p
				below -= ls.lower(n, g, floor)
				list = append(list, ngram.Gram{Key: g.key, Context: n, Nats: -math.Log(min(1, g.p))})
			}
			if any && n > 0 {
				list = append(list, ngram.Gram{Key: c.key, Context: n, Rest: true, Nats: max(0, -math.Log(backOff(left, below)))})
			}
		}
	}
	return list
}
