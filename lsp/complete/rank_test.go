package complete

import (
	"context"
	"testing"

	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// TestRank: another way to rank turns the offers around, and is told the kind of token.
func TestRank(t *testing.T) {
	text := "def area(width, wide):\n    return wi\n"
	f := treesitter.Parse("python", []byte(text))
	usual, err := Complete(context.Background(), nil, f, at(text, "return wi"), Options{})
	if err != nil || len(usual) != 2 {
		t.Fatalf("%s, %v", labels(usual), err)
	}
	contrary := func(kind string, candidates []rank.Features) []float64 {
		if kind != "variable" {
			t.Errorf("kind %q", kind)
		}
		scores := rank.Combine(kind, candidates)
		for i := range scores {
			scores[i] = -scores[i]
		}
		return scores
	}
	turned, err := Complete(context.Background(), nil, f, at(text, "return wi"), Options{Rank: contrary})
	if err != nil || len(turned) != 2 || turned[0].Label != usual[1].Label {
		t.Errorf("%s beside %s, %v", labels(turned), labels(usual), err)
	}
}
