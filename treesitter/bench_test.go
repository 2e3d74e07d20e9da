package treesitter

import (
	"context"
	"testing"
	"time"

	"bytes"
	sitter "github.com/smacker/go-tree-sitter"
	"os"
	"path/filepath"
	"runtime"
)

func BenchmarkParse(b *testing.B) {
	src, err := os.ReadFile(filepath.Join(runtime.GOROOT(), "src/net/http/server.go"))
	if err != nil {
		b.Fatal(err)
	}
	src = bytes.Join(bytes.SplitAfter(src, []byte("\n"))[:2000], nil)
	l := lookup("go")
	parser := sitter.NewParser()
	parser.SetLanguage(l.grammar())
	var bare, own time.Duration
	for b.Loop() {
		t := time.Now()
		tree, _ := parser.ParseCtx(context.Background(), nil, src)
		tree.Close()
		bare += time.Since(t)
		t = time.Now()
		Parse("go", src)
		own += time.Since(t)
	}
	b.ReportMetric(float64(own)/float64(bare), "ratio")
}
