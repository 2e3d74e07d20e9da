package cache

import (
	"math"
	"strings"
	"testing"
)

// TestTokens: token by token the file says what it says in sum, and the weight of a context is that of its places outside the gap.
func TestTokens(t *testing.T) {
	texts, identifiers := lex(t, library[0])
	f := NewFile(texts)
	candidates := [][]string{{"err"}, {"req", ".", "Header"}, {"neverSeen"}}
	for _, site := range []int{0, identifiers[len(identifiers)/2], identifiers[len(identifiers)-1], len(texts) - 1} {
		sums := f.Sequences(site, 1, candidates, nil)
		for i, tokens := range f.Tokens(site, 1, candidates, Order-1) {
			sum := 0.0
			for _, token := range tokens {
				sum += math.Log(token.Probability)
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
	f = NewFile(strings.Fields("a b c x ; a b c y ; a b c z ; q q q z"))
	tokens := f.Tokens(13, 1, [][]string{{"x"}, {"z"}}, 0)
	if tokens[0][0].Context == 0 || tokens[0][0].Context != tokens[1][0].Context || tokens[0][0].Probability <= tokens[1][0].Probability {
		t.Errorf("after a b c: %v", tokens)
	}
	if seen := f.Tokens(18, 1, [][]string{{"z"}}, 0)[0][0].Context; seen != 0 {
		t.Errorf("q q q stands nowhere else and weighs %v", seen)
	}
}
