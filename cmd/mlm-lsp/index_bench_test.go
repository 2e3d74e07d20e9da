package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/project/index"
	"mlm-lsp/treesitter"
)

var benchFolder = flag.String("folder", "../..", "the `directory` that BenchmarkIndex indexes")

// BenchmarkIndex tells what the index of a folder costs: built from nothing, and opened in the next session.
//
//	go test ./cmd/mlm-lsp -run - -bench Index -benchtime 1x -folder DIR
func BenchmarkIndex(b *testing.B) {
	top, err := filepath.Abs(*benchFolder)
	if err != nil {
		b.Fatal(err)
	}
	cache := b.TempDir()
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	list := func() []string {
		files, err := ownSources(context.Background(), top)
		if err != nil {
			b.Fatal(err)
		}
		return files
	}
	refresh := func(x *index.Index, files []string) index.Report {
		report, err := x.Refresh(context.Background(), files, index.Options{})
		if err != nil || report.Unsaved != nil {
			b.Fatal(err, report.Unsaved)
		}
		return report
	}
	run := func(name string, want int, prepare func()) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				prepare()
				before := heap()
				b.StartTimer()
				began := time.Now()
				x, err := index.Open(cache, top, os.ReadFile, index.DefaultBounds)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(began).Seconds()*1000, "ms-open")
				began = time.Now()
				files := list()
				b.ReportMetric(time.Since(began).Seconds()*1000, "ms-list")
				report := refresh(x, files)
				b.StopTimer()
				if report.Read != want && want >= 0 {
					b.Errorf("%d files were read, want %d", report.Read, want)
				}
				b.ReportMetric((heap()-before)/(1<<20), "MB-held")
				began = time.Now()
				x.Names(treesitter.LanguageOf(files[0]), "s", true, "", 24)
				b.ReportMetric(time.Since(began).Seconds()*1000, "ms-names")
				held, facts := x.Len()
				b.ReportMetric(float64(held), "files")
				b.ReportMetric(float64(facts), "facts")
				if kept, err := filepath.Glob(filepath.Join(cache, "*.index")); err == nil && len(kept) == 1 {
					if info, err := os.Stat(kept[0]); err == nil {
						b.ReportMetric(float64(info.Size())/(1<<20), "MB-kept")
					}
				}
				runtime.KeepAlive(x)
			}
		})
	}
	run("cold", -1, func() {
		if err := os.RemoveAll(cache); err != nil {
			b.Fatal(err)
		}
	})
	run("warm", 0, func() {})
	b.Run("around", func(b *testing.B) {
		files := list()
		for range b.N {
			d := project.NewFolder(func(context.Context) ([]string, error) { return files, nil }, os.ReadFile)
			if _, err := d.Around(context.Background(), files[len(files)/2]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
