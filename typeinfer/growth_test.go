package typeinfer

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"mlm-lsp/treesitter"
)

// BenchmarkGrowth asks about a file and about one of twice its lines, in turns: growth is how many times as long the second takes, 2 where all sites share what is read of their file.
func BenchmarkGrowth(b *testing.B) {
	functions := bytes.SplitAfter(thousandLines(), []byte("        return None\n\n"))
	python := func(times int) []byte {
		var all []byte
		for i := range times {
			for k, f := range functions {
				if k == 0 && i > 0 { // the class begins once
					_, f, _ = bytes.Cut(f, []byte("self.cache = {}\n\n"))
				}
				all = append(all, bytes.ReplaceAll(f, []byte("_id"), fmt.Appendf(nil, "_id%d", i))...)
			}
		}
		return all
	}
	typescript := func(times int) []byte {
		var all []byte
		for i := range 250 * times {
			all = fmt.Appendf(all, "export function step%[1]d(first, second = %[1]d) {\n  const both = first ? step%[2]d(first) : second\n  return both\n}\n", i, i/2)
		}
		return all
	}
	for _, c := range []struct {
		language string
		text     func(times int) []byte
	}{{"python", python}, {"typescript", typescript}} {
		b.Run(c.language, func(b *testing.B) {
			once, twice := treesitter.Parse(c.language, c.text(1)), treesitter.Parse(c.language, c.text(2))
			ask := func(f *treesitter.File) time.Duration {
				begun := time.Now()
				if _, err := Suggest(context.Background(), nil, f, Options{}); err != nil {
					b.Fatal(err)
				}
				return time.Since(begun)
			}
			ask(once) // reads what a process reads once
			short, long := ask(once), ask(twice)
			for b.Loop() { // the shortest of each: other work on the machine only adds
				short, long = min(short, ask(once)), min(long, ask(twice))
			}
			b.ReportMetric(long.Seconds()/short.Seconds(), "growth")
		})
	}
}
