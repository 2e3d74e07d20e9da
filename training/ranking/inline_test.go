package ranking

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"mlm-lsp/lsp/inline"
	"mlm-lsp/treesitter"
)

func TestRightInline(t *testing.T) {
	for _, c := range []struct {
		text   string
		typed  int
		answer string
		want   bool
	}{
		{"width * height", 0, "width * height", true},
		{"width", 0, "width * height", true},
		{"wid", 0, "width * height", false}, // inside a word
		{"width *", 0, "width * height", true},
		{"width * height)", 0, "width * height", false},
		{"width * height", 3, "th * height", true},
		{"width", 3, "th * height", true},
		{"height", 0, "width", false},
	} {
		item := inline.Item{Text: c.text, Span: treesitter.Span{Start: 5, End: 5 + c.typed}}
		if got := RightInline(item, c.answer); got != c.want {
			t.Errorf("%q for %q with %d typed: %v", c.text, c.answer, c.typed, got)
		}
	}
}

// TestFitInline: of what the fitted table shows, the wanted share is right on projects that it has not seen, and nothing is shown where nothing is ever right.
func TestFitInline(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	draw := func(projects, each int, first string) (questions []InlineQuestion) {
		for p := range projects {
			for range each {
				q := InlineQuestion{Project: fmt.Sprint(first, p), Answer: "right"}
				for _, text := range []string{"right", "wrong"} {
					mean := -3 * random.Float32()
					if random.Float32() < -mean/3 == (text == "right") { // the likelier, the more often right
						continue
					}
					known := make([]float32, len(inline.Inputs))
					known[1] = mean
					q.Candidates = append(q.Candidates, inline.Item{Text: text, Known: known})
				}
				questions = append(questions, q)
			}
		}
		return questions
	}
	var log strings.Builder
	table, err := FitInline(draw(24, 60, "fit"), 0.7, func(line string) { fmt.Fprintln(&log, line) })
	if err != nil {
		t.Fatal(err)
	}
	shown, right := 0, 0
	for _, q := range draw(10, 100, "other") {
		if len(q.Candidates) == 0 {
			continue
		}
		if best := table.Best(q.Candidates); best.Probability >= table.Least {
			shown++
			if RightInline(*best, q.Answer) {
				right++
			}
		}
	}
	if share := float64(right) / float64(max(1, shown)); shown < 100 || share < 0.6 || !strings.Contains(log.String(), "shown") {
		t.Errorf("%d shown, %.2f of it right; log\n%s", shown, share, log.String())
	}
	hopeless := draw(24, 30, "hopeless")
	for i := range hopeless {
		hopeless[i].Answer = "another"
	}
	if _, err := FitInline(hopeless, 0.7, func(string) {}); err == nil || !strings.Contains(err.Error(), "ask for less") {
		t.Errorf("where nothing is right: %v", err)
	}
}
