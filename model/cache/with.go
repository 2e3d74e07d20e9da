package cache

import (
	"sort"
	"sync"
)

// put is what a File of With has more than another: two tokens before one of its places, a sign and one that is asked about. Where the gap is that token, what is counted follows from the
// counts of the other File: n-grams over the place are gone, those that end with the sign are new, and all that is behind moves by two. It is exact: a test compares it with NewFile.
type put struct {
	base  *File
	at    int
	sign  string
	id    uint32 // of the sign
	whole func() *File
}

// With returns the index of the same tokens with two more before place at: a sign, and a token that stands for what is asked about. For the gap over the latter it costs nothing, however long
// the file; for any other it is made by NewFile when it is first asked.
func (f *File) With(at int, sign, asked string) *File {
	whole := func() *File {
		texts := make([]string, 0, len(f.texts)+2)
		texts = append(append(append(texts, f.texts[:at]...), sign, asked), f.texts[at:]...)
		return NewFile(texts)
	}
	if f.put != nil || len(f.tokens)+2 > maxFileTokens {
		return whole()
	}
	id, ok := f.vocab[sign]
	if !ok {
		id = uint32(len(f.vocab) + 1)
	}
	return &File{put: &put{base: f, at: at, sign: sign, id: id, whole: sync.OnceValue(whole)}}
}

// of returns the index that answers for a gap: itself where what was put in is the gap, or nothing was; else that of all tokens.
func (f *File) of(site, width int) *File {
	if f.put == nil || site == f.put.at+1 && width == 1 {
		return f
	}
	return f.put.whole()
}

// id is that of a text, 0 for one that is not there.
func (f *File) id(text string) uint32 {
	if f.put == nil {
		return f.vocab[text]
	}
	if text == f.put.sign {
		return f.put.id
	}
	return f.put.base.vocab[text]
}

// around are up to before tokens before a gap, and up to behind of those behind it; of must be f.
func (f *File) around(site, width, before, behind int) (left, right []string) {
	if p := f.put; p != nil {
		if before > 0 {
			left = append(append(left, p.base.texts[max(0, p.at-before+1):p.at]...), p.sign)
		}
		return left, p.base.texts[p.at:min(p.at+behind, len(p.base.texts))]
	}
	return f.texts[max(0, site-before):site], f.texts[min(site+width, len(f.texts)):min(site+width+behind, len(f.texts))]
}

// occurrences is Occurrences for the gap over what was put in.
func (p *put) occurrences(text string) (count, distance int) {
	distance = -1
	nearer := func(n, d int) {
		if n > 0 && (count == 0 || d < distance) {
			distance = d
		}
		count += n
	}
	if text == p.sign {
		nearer(1, 1)
	}
	if node, ok := find(&p.base.trie, []uint32{p.base.vocab[text]}); ok {
		list := p.base.list(node)
		i := sort.Search(len(list), func(i int) bool { return int(list[i]) >= p.at })
		if i > 0 {
			nearer(i, p.at+1-int(list[i-1]))
		}
		if i < len(list) {
			nearer(len(list)-i, int(list[i])-p.at+1)
		}
	}
	return count, distance
}

// signed are the n-grams around what was put in: before are the nodes of the tokens before the sign, by their number, and ended those with the sign behind them, by their length, which may be in
// the other File, too; fresh where they are not.
type signed struct {
	before [Order]uint32
	ended  [Order + 1]uint32
	known  int // how many of before there are
}

// fresh is the node of an n-gram that ends with the sign and is nowhere else, by its length: nothing follows it but the gap.
const fresh = absent - 2*Order

func (p *put) signed() (s signed) {
	for n := 0; n < Order && n <= p.at; n++ {
		node, _ := find(&p.base.trie, p.base.tokens[p.at-n:p.at])
		s.before[n], s.known = node, n+1
		s.ended[n+1] = fresh + uint32(n)
		if child, ok := p.base.child(node, p.id); ok {
			s.ended[n+1] = child
		}
	}
	return s
}

// child is that of an n-gram of the other File.
func (s *signed) child(p *put, node, id uint32) uint32 {
	if node >= fresh {
		return absent
	}
	if id == p.id {
		for n, before := range s.before[:s.known] {
			if before == node {
				return s.ended[n+1]
			}
		}
	}
	if child, ok := p.base.child(node, id); ok {
		return child
	}
	return absent
}

// signWeight is what an n-gram weighs that ends right before the gap.
var signWeight = func() float64 {
	sum := 1.0
	for _, step := range recency {
		sum += step.weight
	}
	return sum
}()

// weigh sums the recency weights of the other File's n-grams of length n that do not lie over the place; of those behind it only the ones up to last count.
func (p *put) weigh(list []int32, n, last int) float64 {
	g, lo := gap{site: p.at + 1, width: 1}, p.at-n+1
	if len(list) <= looked {
		sum := 0.0
		for _, position := range list {
			at := int(position)
			if at >= p.at {
				if at > last {
					break
				}
				at += 2
			} else if at >= lo {
				continue
			}
			sum++
			for _, step := range recency {
				if g.site-step.within <= at && at <= g.site+step.within {
					sum += step.weight
				}
			}
		}
		return sum
	}
	sum := float64(between(list, 0, lo-1) + between(list, p.at, last))
	for _, step := range recency {
		sum += step.weight * float64(between(list, g.site-step.within, lo-1)+between(list, p.at, min(g.site+step.within-2, last)))
	}
	return sum
}

// followPut is place.follow where something was put in.
func (p *place) followPut(node uint32, n int) (weight, kinds float64) {
	put := p.file.put
	f := put.base
	if node >= fresh {
		return 0, 0
	}
	if node == 0 {
		lo, hi := p.gap.excluded(1)
		weight = p.gap.weighRoot(lo, hi, len(f.tokens)+1)
	} else {
		weight = put.weigh(f.list(node), n, len(f.tokens)-n-1)
	}
	if weight == 0 {
		return 0, 0
	}
	kinds = float64(f.kids[node])
	lo, hi := gap{site: put.at}.excluded(n + 1)
	gone := [Order + 4]uint32{}
	found := gone[:0]
	for at := max(lo, 0); at <= hi; at++ {
		if path := &p.paths[at-p.first]; path[n] == node && path[n+1] != absent {
			list := f.list(path[n+1])
			if between(list, lo, hi) == len(list) && !contains(found, path[n+1]) {
				found = append(found, path[n+1])
				kinds--
			}
		}
	}
	if n < p.signed.known && p.signed.before[n] == node {
		if sign := p.signed.ended[n+1]; sign >= fresh || contains(found, sign) {
			kinds++
		}
	}
	return weight, kinds
}

// countPut is what an n-gram of length n weighs where something was put in.
func (p *place) countPut(node uint32, n int) (weight float64) {
	if node < fresh {
		f := p.file.put.base
		weight = p.file.put.weigh(f.list(node), n, len(f.tokens))
	}
	if p.signed.ended[n] == node && n > 0 && n <= p.signed.known {
		weight += signWeight
	}
	return weight
}
