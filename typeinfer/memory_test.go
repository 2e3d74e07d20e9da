package typeinfer

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// counting answers every question alike, and keeps those that it was not asked before, as a model's own memory does.
type counting struct {
	known map[string]bool
	fresh []model.Query
}

func (c *counting) Predict(_ context.Context, queries []model.Query) ([]model.Prediction, error) {
	out := make([]model.Prediction, len(queries))
	for i, q := range queries {
		key := fmt.Sprint(q.Language, q.Before, "\x00", q.After, q.Choices, q.TopK)
		if !c.known[key] {
			c.known[key] = true
			c.fresh = append(c.fresh, q)
		}
		for k, choice := range q.Choices {
			out[i].Candidates = append(out[i].Candidates, model.Candidate{Text: choice, LogProb: -1 - float64(k)})
		}
	}
	return out, nil
}

// TestOneEditAsksOneFunction: after an edit inside one function the model is asked about that function only.
func TestOneEditAsksOneFunction(t *testing.T) {
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, "def total_%d(price, name, cart, limit=None):\n    result = cart.find(name)\n", i)
		for k := range 22 {
			fmt.Fprintf(&b, "    result += price * %d + cart.value(limit, %d)\n", k, i)
		}
		fmt.Fprintf(&b, "    return result\n\n\n")
	}
	before := b.String()
	after := strings.Replace(before, "cart.value(limit, 3)", "cart.worth(limit, 3)", 1)
	p := &counting{known: map[string]bool{}}
	ask := func(text string, memory *Memory) int {
		p.fresh = nil
		if _, err := Suggest(context.Background(), p, treesitter.Parse("python", []byte(text)), Options{Ask: true, Memory: memory}); err != nil {
			t.Fatal(err)
		}
		return len(p.fresh)
	}
	memory := NewMemory()
	first := ask(before, memory)
	if first < 6 {
		t.Fatalf("%d questions about 6 functions: nothing is measured", first)
	}
	if again := ask(before, memory); again != 0 {
		t.Errorf("%d questions about a text that is known", again)
	}
	edited := ask(after, memory)
	if edited == 0 || edited > first/3 {
		t.Errorf("%d questions after an edit, %d before", edited, first)
	}
	for _, q := range p.fresh {
		if !strings.Contains(q.Before+q.After, "cart.worth") {
			t.Errorf("asked about a window that the edit is not in:\n%s<mask>%s", q.Before, q.After)
		}
	}
}
