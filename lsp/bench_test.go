package lsp

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/model"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort"
)

// BenchmarkTyping types a line into a file of this package and asks for completions after each key, as an editor does. It reports the time from the
// key to the answer, as the editor sees it, and how much of it was outside ONNX Runtime. "static" has a model that knows nothing and costs
// nothing; "default" is the embedded one, where the runtime library is installed.
//
//	go test ./lsp -run '^$' -bench Typing -benchtime 200x
func BenchmarkTyping(b *testing.B) {
	b.Run("static", func(b *testing.B) { benchmarkTyping(b, &scripted{}) })
	b.Run("default", func(b *testing.B) {
		library, err := ort.Find(ort.FindOptions{})
		if err != nil {
			b.Skip(err)
		}
		embedded, err := bundle.Default()
		if err != nil {
			b.Skip(err)
		}
		m, err := model.Open(library, embedded, model.Options{})
		if err != nil {
			b.Fatal(err)
		}
		benchmarkTyping(b, m)
	})
}

func benchmarkTyping(b *testing.B, m Model) {
	source, err := os.ReadFile("text_synchronization.go")
	if err != nil {
		b.Fatal(err)
	}
	const goFile, line = "file:///project/text_synchronization.go", "changed := s.documents[doc.uri].mapper.offsetPosition(span.Start)"
	metered := &meter{Model: m}
	opts := quick(nil)
	opts.Open = func(context.Context, func(string)) (Model, error) { return metered, nil }
	opts.CompletionBudget, opts.DiagnosticsDelay = 0, 0 // those of the product
	e := startWithModel(b, opts, fakeeditor.Config{})
	place := strings.Index(string(source), "	return append(changed") // inside a function that uses some of these names
	e.Open(goFile, "go", string(source[:place])+"	\n"+string(source[place:]))
	place++

	var total, other []time.Duration
	late := 0
	b.ResetTimer()
	for i := range b.N {
		key := i % len(line)
		if key == 0 && i > 0 {
			e.Edit(goFile, fakeeditor.Edit{Start: place, End: place + len(line)})
		}
		forward, began := metered.cost.Forward(), time.Now()
		e.Edit(goFile, fakeeditor.Edit{Start: place + key, End: place + key, Text: line[key : key+1]})
		_, incomplete := e.Complete(goFile, place+key+1)
		took := time.Since(began)
		total, other = append(total, took), append(other, took-(metered.cost.Forward()-forward))
		if incomplete && took > 90*time.Millisecond {
			late++
		}
	}
	b.StopTimer()
	for name, times := range map[string][]time.Duration{"total": total, "other": other} {
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, name+"-p95-ms")
	}
	b.ReportMetric(float64(late), "late")
	e.Close()
}
