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
		own, mixed := f.Tokens(site, 1, candidates, Order-1, nil)
		if mixed != nil {
			t.Error("without a view there is a mixture")
		}
		for i, tokens := range own {
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
	if own, _ := f.Tokens(5, 1, candidates[:1], 2, nil); len(own[0]) != 3 {
		t.Errorf("one token and two behind the gap have %d probabilities", len(own[0]))
	}
}

// TestTokensTogether: what a file says of a candidate does not depend on what else is asked: other candidates, a view, or more tokens behind the gap.
func TestTokensTogether(t *testing.T) {
	texts, identifiers := lex(t, library[0])
	other, _ := lex(t, library[1])
	w := NewWorkspace(0)
	w.Set("other", other)
	w.Set("self", texts)
	view := w.View("self")
	f := NewFile(texts)
	candidates := [][]string{{"err"}, {"req", ".", "Header"}, {"neverSeen"}, {"a", "b", "c", "d", "e", "f"}, {texts[3]}}
	for _, site := range []int{0, 1, 3, identifiers[len(identifiers)/2], len(texts) - 2, len(texts)} {
		for _, width := range []int{0, 1, 3} {
			own, mixed := f.Tokens(site, width, candidates, Order, view)
			for i, candidate := range candidates {
				alone, _ := f.Tokens(site, width, candidates[i:i+1], Order-1, nil)
				_, with := f.Tokens(site, width, candidates[i:i+1], Order-1, view)
				for k := range alone[0] {
					if own[i][k] != alone[0][k] || mixed[i][k] != with[0][k] {
						t.Errorf("site %d, width %d, %q, token %d: %v and %v, alone %v and %v", site, width, candidate, k, own[i][k], mixed[i][k], alone[0][k], with[0][k])
					}
				}
			}
		}
	}
}
