package rank

import (
	"math"
	"testing"
)

func best(scores []float64) int {
	top := 0
	for i, s := range scores {
		if s > scores[top] {
			top = i
		}
	}
	return top
}

func TestCombine(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct {
		name       string
		kind       string
		candidates []Features
		best       int
	}{
		{"both experts agree", "variable", []Features{{Model: -3, Cache: -3}, {Model: -0.1, Cache: -0.1}}, 1},
		{"a sure expert beats an unsure one", "variable", []Features{{Model: -8, Cache: -0.5}, {Model: -0.1, Cache: -1}}, 1},
		{"without a model the cache decides", "variable", []Features{{Model: none, Cache: -0.1}, {Model: none, Cache: -3}}, 0},
		{"without a cache the model decides", "operator", []Features{{Model: -3, Cache: none}, {Model: -0.1, Cache: none}}, 1},
		{"visible beats slightly more frequent", "variable", []Features{{Model: -1, Cache: -1, Seen: 9}, {Model: -1.2, Cache: -1.2, Visible: true}}, 1},
		{"a candidate the model left out is behind", "variable", []Features{{Model: none, Cache: -1}, {Model: -2, Cache: -1}}, 1},
		{"near breaks a tie", "variable", []Features{{Model: none, Cache: -1, Distance: 500}, {Model: none, Cache: -1, Distance: 3}}, 1},
		{"an unknown kind has a row", "no such kind", []Features{{Model: -3, Cache: -3}, {Model: -1, Cache: -1}}, 1},
	} {
		scores := Combine(c.kind, c.candidates)
		if got := best(scores); got != c.best {
			t.Errorf("%s: %d is best of %v", c.name, got, scores)
		}
		sum := 0.0
		for _, s := range scores {
			sum += math.Exp(s)
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%s: probabilities sum to %v", c.name, sum)
		}
	}
	if got := Combine("variable", nil); len(got) != 0 {
		t.Errorf("no candidates: %v", got)
	}
}

// TestTable: every weight pulls the way its name says, and the experts' weights sum to one, so that a missing one does not change the scale.
func TestTable(t *testing.T) {
	for kind, w := range table {
		if math.Abs(w.Model+w.Cache-1) > 1e-9 || w.Model < 0 || w.Cache < 0 || w.Visible < 0 || w.Seen < 0 || w.Near < 0 || w.Listed < 0 {
			t.Errorf("%s: %+v", kind, w)
		}
	}
}
