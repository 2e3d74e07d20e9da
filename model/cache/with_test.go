package cache

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What With says of the gap that it makes is what NewFile says of the same tokens, to the bit, and so of any other gap.
func TestWithIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("a b c : -> ( ) , def object self = x y z")
	elsewhere := NewWorkspace(1000)
	elsewhere.Set("other", strings.Fields("def a ( b : x , c : object ) -> y : self = a"))
	view := elsewhere.View("this")
	for range 3000 {
		texts := make([]string, random.IntN(60))
		few := 2 + random.IntN(len(words)-2)
		for i := range texts {
			texts[i] = words[random.IntN(few)]
		}
		at := random.IntN(len(texts) + 1)
		sign := []string{":", "->", "::"}[random.IntN(3)]
		put := NewFile(texts).With(at, sign, "object")
		whole := NewFile(slices.Insert(slices.Clone(texts), at, sign, "object"))
		if put.Len() != whole.Len() {
			t.Fatalf("%d tokens, want %d", put.Len(), whole.Len())
		}
		var candidates [][]string
		for range 12 {
			c := make([]string, 1+random.IntN(4))
			for i := range c {
				c[i] = append(slices.Clone(words), sign, "new")[random.IntN(len(words)+2)]
			}
			candidates = append(candidates, c)
		}
		for _, gap := range [][2]int{{at + 1, 1}, {at, 1}, {random.IntN(whole.Len()), 0}} {
			own, mixed := put.Tokens(gap[0], gap[1], candidates, Order-1, view)
			wantOwn, wantMixed := whole.Tokens(gap[0], gap[1], candidates, Order-1, view)
			for i, c := range candidates {
				if !slices.Equal(own[i], wantOwn[i]) || !slices.Equal(mixed[i], wantMixed[i]) {
					t.Fatalf("%q with %q before %d, gap %v: %q has %v and %v, want %v and %v", texts, sign, at, gap, c, own[i], mixed[i], wantOwn[i], wantMixed[i])
				}
				count, distance := put.Occurrences(c[0], gap[0], gap[1])
				if n, d := whole.Occurrences(c[0], gap[0], gap[1]); n != count || d != distance {
					t.Fatalf("%q with %q before %d, gap %v: %q occurs %d times, %d away, want %d and %d", texts, sign, at, gap, c[0], count, distance, n, d)
				}
			}
			before, behind := put.Around(gap[0], gap[1], 3)
			wantBefore, wantBehind := whole.Around(gap[0], gap[1], 3)
			if !slices.Equal(before, wantBefore) || !slices.Equal(behind, wantBehind) {
				t.Fatalf("%q with %q before %d, gap %v: %q and %q around it, want %q and %q", texts, sign, at, gap, before, behind, wantBefore, wantBehind)
			}
		}
	}
}
