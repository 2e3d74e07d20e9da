package corpus

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// Near duplicates are found as in Microsoft's near-duplicate-code-detector (Allamanis 2019): files of at least 20
// tokens are duplicates when their bags of tokens have a set Jaccard similarity of 0.8 and a multiset one of 0.7. The
// pairs to compare come from MinHash signatures in bands; the decision is exact up to 32-bit hashes of tokens. The comment
// that a file begins with is left out: a licence of 150 words makes any two small files alike, and pairs to compare of all of
// a foundation's projects.
const (
	minTokens       = 20
	setJaccard      = 0.8
	multisetJaccard = 0.7

	bands       = 18
	rowsPerBand = 5 // a pair of similarity 0.8 meets in one of the bands with probability 0.9992, one of 0.3 with 0.04
)

// bag is a file's tokens: hashes of distinct words in rising order with their counts.
type bag struct {
	digest    [sha256.Size]byte
	hashes    []uint32
	counts    []uint32
	tokens    int
	signature [bands]uint64 // one hash per band; unset below minTokens
}

// newBag cuts text into words (letters, digits, underscores, bytes above ASCII) and hashes them.
func newBag(text []byte) bag {
	b := bag{digest: sha256.Sum256(text)}
	text = behindHead(text)
	words := make([]uint32, 0, len(text)/6)
	const basis, prime = 2166136261, 16777619 // FNV-1a
	hash, inside := uint32(basis), false
	for _, c := range text {
		if c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80 {
			hash, inside = (hash^uint32(c))*prime, true
		} else if inside {
			words = append(words, hash)
			hash, inside = basis, false
		}
	}
	if inside {
		words = append(words, hash)
	}
	b.tokens = len(words)
	slices.Sort(words)
	for i, w := range words {
		if i == 0 || w != words[i-1] {
			b.hashes = append(b.hashes, w)
			b.counts = append(b.counts, 0)
		}
		b.counts[len(b.counts)-1]++
	}
	b.hashes, b.counts = slices.Clip(b.hashes), slices.Clip(b.counts)
	if b.tokens >= minTokens {
		b.sign()
	}
	return b
}

// behindHead returns the text behind the comments that it begins with, in any of our languages.
func behindHead(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, " \t\r\n\ufeff")
		var end []byte
		switch {
		case bytes.HasPrefix(text, []byte("/*")):
			end = []byte("*/")
		case bytes.HasPrefix(text, []byte("//")), bytes.HasPrefix(text, []byte("# ")), bytes.HasPrefix(text, []byte("#\n")), bytes.HasPrefix(text, []byte("#!")):
			end = []byte("\n")
		default:
			return text
		}
		i := bytes.Index(text, end)
		if i < 0 {
			return nil
		}
		text = text[i+len(end):]
	}
}

// sign computes the MinHash signature and folds the rows of each band into one value.
func (b *bag) sign() {
	var least [bands * rowsPerBand]uint64
	for i := range least {
		least[i] = ^uint64(0)
	}
	for _, h := range b.hashes {
		x := mix(uint64(h))
		for i := range least {
			// Multiply-shift with a distinct odd factor per row; x is already well mixed.
			if v := (x ^ uint64(i)<<57) * (rowFactor * uint64(2*i+1)); v < least[i] {
				least[i] = v
			}
		}
	}
	for band := range b.signature {
		folded := uint64(band)
		for row := range rowsPerBand {
			folded = mix(folded ^ least[band*rowsPerBand+row])
		}
		b.signature[band] = folded
	}
}

const rowFactor = 0x9E3779B97F4A7C15

// mix is the finaliser of SplitMix64 (Steele et al. 2014).
func mix(x uint64) uint64 {
	x += rowFactor
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// similar decides a pair: both Jaccard similarities in one merge.
func similar(a, b *bag) bool {
	if few, many := min(len(a.hashes), len(b.hashes)), max(len(a.hashes), len(b.hashes)); float64(few) < setJaccard*float64(many) {
		return false // Even if the one were all in the other.
	}
	common, least, most := 0, 0, 0
	i, j := 0, 0
	for i < len(a.hashes) && j < len(b.hashes) {
		switch {
		case a.hashes[i] == b.hashes[j]:
			common++
			least += int(min(a.counts[i], b.counts[j]))
			i++
			j++
		case a.hashes[i] < b.hashes[j]:
			i++
		default:
			j++
		}
	}
	union := len(a.hashes) + len(b.hashes) - common
	most = a.tokens + b.tokens - least
	return float64(common) >= setJaccard*float64(union) && float64(least) >= multisetJaccard*float64(most)
}

// dropDuplicates marks every candidate that repeats an earlier one that was kept. Files of evaluation projects come
// first, whatever their order, so that a copy never outlives its original.
func dropDuplicates(candidates []candidate) {
	exact := map[[sha256.Size]byte]int{}
	var buckets [bands]map[uint64][]int32
	for band := range buckets {
		buckets[band] = map[uint64][]int32{}
	}
	index := func(i int) {
		c := &candidates[i]
		exact[c.bag.digest] = i
		if c.bag.tokens < minTokens {
			return
		}
		for band, key := range c.bag.signature {
			buckets[band][key] = append(buckets[band][key], int32(i))
		}
	}
	for i := range candidates {
		if c := &candidates[i]; c.reason == ReasonEvaluation && c.bag.hashes != nil {
			index(i)
		}
	}
	checked := make([]int32, len(candidates)) // the last candidate that this one was compared with, plus one
	for i := range candidates {
		c := &candidates[i]
		if c.reason != "" {
			continue
		}
		if original, ok := exact[c.bag.digest]; ok {
			c.repeats(&candidates[original], ReasonDuplicate)
			continue
		}
		if c.bag.tokens >= minTokens {
		search:
			for band, key := range c.bag.signature {
				for _, other := range buckets[band][key] {
					if checked[other] == int32(i)+1 {
						continue
					}
					checked[other] = int32(i) + 1
					if similar(&c.bag, &candidates[other].bag) {
						c.repeats(&candidates[other], ReasonNearDuplicate)
						break search
					}
				}
			}
		}
		if c.reason == "" {
			index(i)
		}
	}
}

func (c *candidate) repeats(original *candidate, reason Reason) {
	c.reason = reason
	if original.reason == ReasonEvaluation {
		c.reason, c.evaluation = ReasonEvaluationCopy, original.evaluation
	}
	c.text = nil
}
