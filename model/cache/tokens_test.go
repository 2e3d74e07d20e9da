package cache

import (
	"math"
	"strings"
	"testing"
)

// TestTokens: token by token the file says what it says in sum.
func TestTokens(t *testing.T) {
	texts, identifiers := lex(t, library[0])
	f := NewFile(texts)
	candidates := [][]string{{"err"}, {"req", ".", "Header"}, {"neverSeen"}}
	for _, site := range []int{0, identifiers[len(identifiers)/2], identifiers[len(identifiers)-1], len(texts) - 1} {
		sums := f.Sequences(site, 1, candidates, nil)
		for i, tokens := range f.Tokens(site, 1, candidates, Order-1, nil) {
			sum := 0.0
			for _, p := range tokens {
				sum += math.Log(p)
			}
			if math.Abs(sum-sums[i]) > 1e-9 {
				t.Errorf("site %d, %q: the tokens sum to %v, the sequence has %v", site, candidates[i], sum, sums[i])
			}
		}
		before, behind := f.Around(site, 1, 4)
		if strings.Join(before, " ") != strings.Join(texts[max(0, site-4):site], " ") || strings.Join(behind, " ") != strings.Join(texts[site+1:min(site+5, len(texts))], " ") {
			t.Errorf("around %d stand %q and %q", site, before, behind)
		}
	}
	if n := len(f.Tokens(5, 1, candidates[:1], 2, nil)[0]); n != 3 {
		t.Errorf("one token and two behind the gap have %d probabilities", n)
	}
}
