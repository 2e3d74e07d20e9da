package lsp

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/model"
)

// remembering is a model that knows nothing and remembers what it was asked, as the cache of a real one does.
type remembering struct {
	mu    sync.Mutex
	known map[string]bool
	fresh []string // the texts of questions that it was not asked before
	rank  string   // a table of package suspect
	block func(question int)
}

func (m *remembering) Info() model.Info {
	return model.Info{Detect: true, Pointer: true, Rank: []byte(m.rank)}
}

func (m *remembering) take(question any, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if key := fmt.Sprintf("%+v", question); !m.known[key] {
		m.known[key] = true
		m.fresh = append(m.fresh, text)
	}
}

func (m *remembering) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	for _, q := range qs {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		m.take(q, q.Before+q.After)
	}
	return make([]model.Prediction, len(qs)), nil
}

func (m *remembering) Scan(ctx context.Context, qs []model.ScanQuery) ([][]model.SiteScore, error) {
	scores := make([][]model.SiteScore, len(qs))
	for i, q := range qs {
		if m.block != nil {
			m.block(i)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		m.take(q, q.Text)
		scores[i] = make([]model.SiteScore, len(q.Sites))
	}
	return scores, nil
}

// since returns the texts that are new since it was last called.
func (m *remembering) since() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := m.fresh
	m.fresh = nil
	return fresh
}

// curious is a table that looks at every site with the detection head, asks about the most suspicious ones, and reports none.
const curious = `{"version": 2,
	"alarm": {"screen": {"inputs": ["detect", "cache over"], "trees": [[[0, 1, 2, 0], [-1], [1]], [[1, 1, 2, 0], [-1], [1]]]}, "ask": -100,
		"confirm": {"inputs": ["model over"], "trees": [[[0]]]}},
	"sensitivities": {"normal": {"thresholds": {"name/*": {"log_odds": 100}, "operator/*": {"log_odds": 100}, "member/*": {"log_odds": 100}}}}}`

// functions is a file of so many functions of some 500 bytes.
func functions(n int) string {
	var b strings.Builder
	b.WriteString("package shapes\n\nimport \"math\"\n")
	for i := range n {
		fmt.Fprintf(&b, `
// measure%[1]d measures.
func measure%[1]d(width, height, depth float64, names []string) (float64, int) {
	total, count := 0.0, 0
	for index, name := range names {
		if index > 0 && len(name) > %[1]d {
			total += width * height
			count++
		} else if depth != 0 {
			total -= math.Sqrt(depth) / height
		}
	}
	if count == 0 || total < 0 {
		return width, len(names)
	}
	return total / float64(count), count
}
`, i)
	}
	return b.String()
}

// After an edit inside one function, the model is asked nothing but what that function is in; after one that is taken back, nothing at all.
func TestEditAsksAboutItsFunctionOnly(t *testing.T) {
	const name = "file:///shapes.go"
	m := &remembering{known: map[string]bool{}, rank: curious}
	e := startWithModel(t, quick(m), fakeeditor.Config{})
	text := functions(8)
	e.Open(name, "go", text)
	e.Diagnostics(name)
	all := len(m.since())
	for function := range 8 {
		header := fmt.Sprintf("func measure%d(", function)
		at := strings.Index(text, header)
		at += strings.Index(text[at:], "count++")
		const added = "total += depth\n\t\t\t"
		e.Edit(name, fakeeditor.Edit{Start: at, End: at, Text: added})
		e.Diagnostics(name)
		again := m.since()
		if len(again) == 0 || len(again) >= all {
			t.Errorf("measure%d: %d questions after an edit, %d at first", function, len(again), all)
		}
		for _, window := range again {
			if !strings.Contains(window, header) {
				t.Errorf("an edit of measure%d asks about\n%s", function, window)
			}
		}
		e.Edit(name, fakeeditor.Edit{Start: at, End: at + len(added)})
		e.Diagnostics(name)
		if again := m.since(); len(again) != 0 {
			t.Errorf("measure%d: the edit is taken back, and %d questions are asked", function, len(again))
		}
	}
	e.Close()
}

// A pass that typing stops is taken up by the next one, which asks only what was not answered before.
func TestPassResumes(t *testing.T) {
	const name = "file:///shapes.go"
	reached, stopped := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m := &remembering{known: map[string]bool{}, rank: curious}
	m.block = func(question int) {
		if question == 8 {
			once.Do(func() { close(reached); <-stopped })
		}
	}
	e := startWithModel(t, quick(m), fakeeditor.Config{})
	text := functions(30)
	e.Open(name, "go", text)
	<-reached
	finished := len(m.since())
	e.Edit(name, fakeeditor.Edit{Start: len(text), End: len(text), Text: "// typed\n"})
	_ = e.Call("test/barrier", nil, nil) // the pass is told to stop
	close(stopped)
	e.Diagnostics(name)
	rest := len(m.since())
	if finished != 8 || rest == 0 {
		t.Errorf("%d windows were finished, %d questions came behind them", finished, rest)
	}
	// All at once, in a session of its own: as many as in two parts, but for the last window, which was edited in between.
	whole := &remembering{known: map[string]bool{}, rank: curious}
	other := startWithModel(t, quick(whole), fakeeditor.Config{})
	other.Open(name, "go", e.Text(name))
	other.Diagnostics(name)
	if all := len(whole.since()); finished+rest > all+1 {
		t.Errorf("%d questions in two parts, %d at once", finished+rest, all)
	}
	e.Close()
	other.Close()
}
