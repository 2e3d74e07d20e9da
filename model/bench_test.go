package model

import (
	"fmt"
	"strings"
	"testing"

	"mlm-lsp/model/bundle/bundletest"
)

// manyChoices are names as a scope has them.
func manyChoices(n int) []string {
	words := []string{"price", "discount", "total", "item", "name", "index", "find", "sum"}
	var out []string
	for i := range n {
		name := words[i%len(words)] + strings.ToUpper(words[i/8%len(words)][:1]) + words[i/8%len(words)][1:]
		if i >= 64 {
			name += fmt.Sprint(i)
		}
		out = append(out, name)
	}
	return out
}

// BenchmarkSearch is everything about a query but the forward pass: a network
// that answers at once, a vocabulary of 16,384, a window of 2 kB.
func BenchmarkSearch(b *testing.B) {
	const vocab = 16384
	logits := pseudo(vocab)([]int32{1}, 1)
	tok := bundletest.Tokenizer(b, 400)
	net := &scripted{answer: func([]int32, int) []float32 { return logits }}
	m, err := newModel(tok, net, 512, Options{CacheSize: -1})
	if err != nil {
		b.Fatal(err)
	}
	before := strings.Repeat(bundletest.Text, 2)
	for name, q := range map[string]Query{
		"50choices":     {Language: "go", Before: before, After: before, Choices: manyChoices(50)},
		"50choicesTop5": {Language: "go", Before: before, After: before, Choices: manyChoices(50), TopK: 5},
		"500choices":    {Language: "go", Before: before, After: before, Choices: manyChoices(500), TopK: 20},
		"generate":      {Language: "go", Before: before, After: before, Prefix: "pr", TopK: 5},
	} {
		b.Run(name, func(b *testing.B) {
			net.rows = 0
			for b.Loop() {
				if _, err := m.Predict(b.Context(), []Query{q}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(net.rows)/float64(b.N), "rows/op")
		})
	}
}

// BenchmarkPredict asks a small real model one query at a time, and eight.
func BenchmarkPredict(b *testing.B) {
	m := tiny(b, Options{CacheSize: -1})
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			qs := make([]Query, n)
			for i := range qs {
				qs[i] = shortQuery(manyChoices(8 + i))
			}
			for b.Loop() {
				if _, err := m.Predict(b.Context(), qs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
