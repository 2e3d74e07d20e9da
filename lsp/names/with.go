package names

import (
	"cmp"
	"slices"
	"sort"
	"sync"

	"mlm-lsp/treesitter"
)

// shared is what an Index and those of With have in common: it is made of the file once, when it is first asked for.
type shared struct {
	parents func() []int32     // of each declaration, the innermost one around it: -1 for none
	typed   func() []typeNames // the names that stand as types and not behind a dot, by their first tokens
}

// typeNames are the tokens of one name.
type typeNames struct {
	text   string
	tokens []int32
}

func share(x *Index) *shared {
	return &shared{
		parents: sync.OnceValue(func() []int32 {
			list := x.File.Declarations
			parents := make([]int32, len(list))
			for i := range list {
				p := int32(i - 1)
				for p >= 0 && !(list[p].Start <= list[i].Start && list[i].End <= list[p].End) {
					p = parents[p]
				}
				parents[i] = p
			}
			return parents
		}),
		typed: sync.OnceValue(func() (groups []typeNames) {
			at := map[string]int{}
			for _, i := range x.byKind[treesitter.KindType] {
				if t := x.File.Tokens[i]; t.Receiver.Len() == 0 {
					text := x.Text(t.Span)
					k, ok := at[text]
					if !ok {
						k = len(groups)
						at[text] = k
						groups = append(groups, typeNames{text: text})
					}
					groups[k].tokens = append(groups[k].tokens, i)
				}
			}
			return groups
		}),
	}
}

// With returns the index of a file that has two tokens more than that of x and is the same besides: a sign, which is token first, and a type. Where a gap covers the type it costs next to nothing;
// what else such an index is asked is worked out when it is.
func (x *Index) With(f *treesitter.File, first int) *Index {
	if x.base != nil || len(f.Tokens) != len(x.File.Tokens)+2 {
		return New(f)
	}
	y := &Index{File: f, text: string(f.Text), base: x, first: first, shared: x.shared}
	y.Cache = x.Cache.With(int(x.counted[first]), y.Text(f.Tokens[first].Span), y.Text(f.Tokens[first+1].Span))
	y.whole = sync.OnceValue(func() *Index { return New(f) })
	return y
}

// Base returns the index that x was made of by With, and the first of the two tokens that it has more; x itself and the number of its tokens where it was not.
func (x *Index) Base() (base *Index, first int) {
	if x.base == nil {
		return x, len(x.File.Tokens)
	}
	return x.base, x.first
}

// FromBase is the token of x that a token of Base is.
func (x *Index) FromBase(i int) int {
	if x.base != nil && i >= x.first {
		return i + 2
	}
	return i
}

// all returns an index that has everything: of With, that made anew.
func (x *Index) all() *Index {
	if x.base == nil {
		return x
	}
	return x.whole()
}

// place is that of a token in the cache, or that of the next token that is in it.
func (x *Index) place(token int) int {
	switch {
	case x.base == nil || token <= x.first:
		base, _ := x.Base()
		return int(base.counted[token])
	case token == x.first+1:
		return int(x.base.counted[x.first]) + 1
	}
	return int(x.base.counted[token-2]) + 2
}

// Around returns the declarations around an offset by their places in the file's list, the innermost first.
func (x *Index) Around(offset int) (list []int) {
	for i := x.Innermost(offset); i >= 0; i = int(x.shared.parents()[i]) {
		list = append(list, i)
	}
	return list
}

// Parent is the innermost declaration around another, both by their places in the file's list; -1 for none.
func (x *Index) Parent(declaration int) int { return int(x.shared.parents()[declaration]) }

// Innermost is the innermost declaration around an offset by its place in the file's list; -1 for none.
func (x *Index) Innermost(offset int) int {
	list := x.File.Declarations
	i := sort.Search(len(list), func(i int) bool { return list[i].Start > offset }) - 1
	for i >= 0 && !list[i].Contains(offset) {
		i = int(x.shared.parents()[i])
	}
	return i
}

// types is Identifiers of treesitter.KindType: in the order of the first tokens outside of the place.
func (x *Index) types(place treesitter.Span) []Name {
	base, _ := x.Base()
	groups := base.shared.typed()
	list := make([]Name, 0, len(groups))
	first := make([]int32, 0, len(groups))
	sorted := true
	tokens := x.File.Tokens
	from := x.Next(place.Start)
	to := from
	for to < len(tokens) && tokens[to].Start < place.End {
		to++
	}
	if x.base != nil && (x.first+1 < from || x.first+1 >= to) {
		return x.all().types(place) // the type that was put in counts, too
	}
	for _, g := range groups {
		seen, begins := 0, int32(-1)
		lo := sort.Search(len(g.tokens), func(k int) bool { return x.FromBase(int(g.tokens[k])) >= from })
		hi := lo + sort.Search(len(g.tokens)-lo, func(k int) bool { return x.FromBase(int(g.tokens[lo+k])) >= to })
		if seen = len(g.tokens) - (hi - lo); seen == 0 {
			continue
		}
		if lo > 0 {
			begins = g.tokens[0]
		} else {
			begins = g.tokens[hi]
		}
		sorted = sorted && (len(first) == 0 || first[len(first)-1] < begins)
		first = append(first, begins)
		list = append(list, Name{Text: g.text, Kind: treesitter.KindType, Seen: seen})
	}
	if !sorted {
		order := make([]int, len(list))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(first[a], first[b]) })
		again := make([]Name, len(list))
		for i, k := range order {
			again[i] = list[k]
		}
		list = again
	}
	return list
}
