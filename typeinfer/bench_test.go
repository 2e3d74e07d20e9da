package typeinfer

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort/orttest"
	"mlm-lsp/treesitter"
)

// thousandLines is Python of some 1,000 lines without an annotation, in functions of 20 lines that differ in their names.
func thousandLines() []byte {
	var b bytes.Buffer
	b.WriteString("import os\nimport json\n\n\nclass Store:\n    def __init__(self, root, limit=100):\n        self.root = root\n        self.limit = limit\n        self.cache = {}\n\n")
	nouns := []string{"order", "user", "invoice", "event", "session", "report", "token", "image", "product", "ticket"}
	verbs := []string{"load", "save", "find", "count", "merge"}
	for _, verb := range verbs {
		for _, noun := range nouns {
			fmt.Fprintf(&b, `    def %[1]s_%[2]s(self, %[2]s_id, path=None, verbose=False, retries=3):
        """Does what its name says of a %[2]s."""
        name = os.path.join(self.root, "%[2]s-%%s.json" %% %[2]s_id)
        if %[2]s_id in self.cache:
            return self.cache[%[2]s_id]
        for attempt in range(retries):
            if verbose:
                print("%[1]s", name, attempt)
            try:
                with open(path or name) as lines:
                    %[2]s = json.load(lines)
            except OSError as error:
                if attempt + 1 == retries:
                    raise RuntimeError("cannot %[1]s a %[2]s: %%s" %% error)
                continue
            if len(self.cache) < self.limit:
                self.cache[%[2]s_id] = %[2]s
            return %[2]s
        return None

`, verb, noun)
		}
	}
	return b.Bytes()
}

// BenchmarkSuggest asks about 1,000 lines: by the forests alone, with the model, and again after an edit in one function.
func BenchmarkSuggest(b *testing.B) {
	lib := orttest.Library(b)
	text := thousandLines()
	before := treesitter.Parse("python", text)
	after := treesitter.Parse("python", bytes.Replace(text, []byte(`print("find", name, attempt)`), []byte(`print("found", name, attempt)`), 1))
	ask := func(b *testing.B, p model.Predictor, f *treesitter.File, memory *Memory) {
		var cost model.Cost
		list, err := Suggest(model.WithCost(context.Background(), &cost), p, f, Options{Ask: true, Memory: memory})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(list)), "sites")
		b.ReportMetric(float64(cost.Passes()), "passes")
		b.ReportMetric(float64(cost.Rows()), "rows")
	}
	b.Run("forests", func(b *testing.B) {
		for b.Loop() {
			ask(b, nil, before, nil)
		}
	})
	open := func(b *testing.B) *model.Model {
		d, err := bundle.Default()
		if err != nil {
			b.Fatal(err)
		}
		m, err := model.Open(lib, d, model.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = m.Close() })
		return m
	}
	b.Run("model", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			m := open(b)
			b.StartTimer()
			ask(b, m, before, NewMemory())
		}
	})
	b.Run("edit", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			m, memory := open(b), NewMemory()
			ask(b, m, before, memory)
			b.StartTimer()
			ask(b, m, after, memory)
		}
	})
}
