package treesitter

import (
	"bytes"
	"context"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	sitter "github.com/smacker/go-tree-sitter"
)

// BenchmarkParse reports the median ratio of Parse to tree-sitter's parse alone,
// taken in turns on 2,000 lines. The aim is at most 1.3.
func BenchmarkParse(b *testing.B) {
	for _, lang := range []string{"go", "python", "typescript"} {
		b.Run(lang, func(b *testing.B) {
			text := benchmarkText(b, lang)
			parser := sitter.NewParser()
			parser.SetLanguage(lookup(lang).grammar())
			var ratios []float64
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				start := time.Now()
				tree, err := parser.ParseCtx(context.Background(), nil, text)
				if err != nil {
					b.Fatal(err)
				}
				tree.Close()
				bare := time.Since(start)
				Parse(lang, text)
				own := time.Since(start) - bare
				ratios = append(ratios, float64(own)/float64(bare))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "ratio")
		})
	}
}

// benchmarkText returns 2,000 lines: of net/http's server for Go, of the
// ordinary code among the goldens, repeated, for the others.
func benchmarkText(b *testing.B, lang string) []byte {
	const count = 2000
	text, err := os.ReadFile(filepath.Join(build.Default.GOROOT, "src/net/http/server.go"))
	if err != nil {
		b.Fatal(err)
	}
	if lang != "go" {
		archive, err := txtar.ParseFile(map[string]string{
			"python": "testdata/service.py.txtar", "typescript": "testdata/service.ts.txtar",
		}[lang])
		if err != nil {
			b.Fatal(err)
		}
		source := archive.Files[0].Data
		text = bytes.Repeat(source, count/bytes.Count(source, []byte("\n"))+1)
	}
	return bytes.Join(bytes.SplitAfter(text, []byte("\n"))[:count], nil)
}
