package suspect

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Lines that are copies of each other with names consistently exchanged say what the names of one should be from those of the other:
//
//	self.width = width
//	self.height = width
//
// What stood twice in the first line stands once in the second, and once more something else does.

// reach is how many lines apart copies are looked for, and widest how many tokens their lines have at most.
const (
	reach  = 8
	widest = 60
)

// votes holds, by token, what the copies of its line say should stand there, by its parts, and how many say so.
type votes map[int32]map[string]int

// key is a name without regard for how it is written.
func key(name string) string { return strings.Join(names.Parts(name), "_") }

// copies compares each line with those around it.
func (f *file) copies() votes {
	v := votes{}
	shapes := make([]string, len(f.lines))
	for l := range f.lines {
		shapes[l] = f.shape(l)
	}
	for l := range f.lines {
		if shapes[l] == "" {
			continue
		}
		for n := max(0, l-reach); n < min(len(f.lines), l+reach+1); n++ {
			if n != l && shapes[n] == shapes[l] && f.lines[n] != f.lines[l] {
				f.compareLines(v, int(f.first[l]), int(f.first[n]), int(f.first[l+1]-f.first[l]))
			}
		}
	}
	return v
}

// shape is what copies have in common: the kinds of their tokens. It is empty for lines without enough of them.
func (f *file) shape(l int) string {
	lo, hi := f.first[l], f.first[l+1]
	if hi-lo < 4 || hi-lo > widest {
		return ""
	}
	b := make([]byte, 0, hi-lo)
	for i := lo; i < hi; i++ {
		t := f.tokens[i]
		switch {
		case t.Kind.Identifier():
			b = append(b, 'n') // a call and a variable may be one another's copies
		case t.Kind == treesitter.KindPunctuation:
			b = append(b, f.texts[i][0])
		default:
			b = append(b, byte('A'+t.Kind), byte('a'+t.Subkind))
		}
	}
	return string(b)
}

// compareLines lets the line at token n vote on that at token l, both of so many tokens.
func (f *file) compareLines(v votes, l, n, size int) {
	type exchange struct {
		at       int
		from, to string
	}
	var parts []exchange // of parts of names
	for k := range size {
		if from, to, ok := exchanged(f.texts[n+k], f.texts[l+k]); ok && f.tokens[l+k].Kind.Identifier() {
			parts = append(parts, exchange{k, from, to})
		}
	}
	vote := func(at int, for_ string) {
		if v[int32(at)] == nil {
			v[int32(at)] = map[string]int{}
		}
		v[int32(at)][for_]++
	}
	for j := range size {
		there := f.texts[n+j]
		t := f.tokens[l+j]
		if t.Kind == treesitter.KindOperator || t.Subkind == treesitter.SubkindBoolean {
			vote(l+j, there)
			continue
		}
		if !t.Kind.Identifier() {
			continue
		}
		for k := range size {
			if k != j && f.texts[n+k] == there && f.tokens[l+k].Kind.Identifier() && f.texts[n+k] != f.texts[l+k] {
				vote(l+j, key(f.texts[l+k]))
			}
		}
		words := names.Parts(there)
		for _, e := range parts {
			if e.at != j && slices.Contains(words, e.from) {
				changed := make([]string, len(words))
				for w := range words {
					changed[w] = words[w]
					if words[w] == e.from {
						changed[w] = e.to
					}
				}
				vote(l+j, strings.Join(changed, "_"))
			}
		}
	}
}

// exchanged tells in which one part two names differ.
func exchanged(from, to string) (a, b string, ok bool) {
	if from == to {
		return "", "", false
	}
	x, y := names.Parts(from), names.Parts(to)
	if len(x) != len(y) {
		return "", "", false
	}
	for i := range x {
		if x[i] != y[i] {
			if ok {
				return "", "", false
			}
			a, b, ok = x[i], y[i], true
		}
	}
	return a, b, ok
}
