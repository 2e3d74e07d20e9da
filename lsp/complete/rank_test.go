package complete

import (
	"context"
	"testing"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/treesitter"
)

// TestRank: another way to rank turns the offers around, and sees the gap that is meant.
func TestRank(t *testing.T) {
	text := "def area(width, wide):\n    return wi\n"
	f := treesitter.Parse("python", []byte(text))
	ways := []func(c *gap.Candidate) float64{
		func(c *gap.Candidate) float64 { return float64(len(c.Text)) },
		func(c *gap.Candidate) float64 { return -float64(len(c.Text)) },
	}
	for i, way := range ways {
		items, err := Complete(context.Background(), nil, f, at(text, "return wi"), Options{Rank: func(g *gap.Gap) {
			if g.Group != gap.GroupName {
				t.Errorf("group %q", g.Group)
			}
			g.RankBy(way)
		}})
		if err != nil || len(items) != 2 {
			t.Fatalf("%s, %v", labels(items), err)
		}
		if want := []string{"width", "wide"}[i]; items[0].Label != want {
			t.Errorf("%s first, want %s", items[0].Label, want)
		}
	}
}
