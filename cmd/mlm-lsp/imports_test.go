package main

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// allowed is the import table of the project (docs/architecture.md): which packages of ours each package
// may import. A package that is missing here fails the test, so the table stays complete.
//
// The rows, from the top: the commands; the front ends (lsp, training); the features (lsp/complete,
// lsp/suspect, lsp/heat, typeinfer); where masks may go and what goes there (treesitter | model); subwords; files.
var allowed = map[string][]string{
	"cmd/mlm-lsp": {"internal/wholefile", "internal/generated", "lsp", "lsp/baseline", "lsp/settings", "lsp/complete", "lsp/gap", "lsp/names", "lsp/mistyped", "lsp/project", "lsp/project/index", "lsp/suspect", "lsp/heat", "typeinfer", "training", "training/...", "treesitter", "model", "model/...", "codetok"},

	"lsp":                     {"internal/generated", "internal/wholefile", "lsp/...", "typeinfer", "treesitter", "model", "model/..."},
	"lsp/protocol317":         {},
	"lsp/protocol318":         {},
	"lsp/baseline":            {},
	"lsp/settings":            {"lsp/baseline", "lsp/suspect", "treesitter"},
	"lsp/settings/generate":   {"internal/wholefile", "lsp/settings"},
	"lsp/fakeeditor":          {"lsp", "lsp/protocol317", "lsp/protocol318"},
	"lsp/internal/...":        {"treesitter", "model", "model/...", "lsp/complete", "lsp/suspect", "typeinfer"},
	"training":                {"internal/wholefile", "training/...", "treesitter", "model", "model/...", "codetok"},
	"training/corpus":         {"internal/generated", "treesitter"},
	"training/shard":          {"internal/wholefile", "treesitter", "codetok"},
	"training/mask":           {"treesitter", "training/shard"},
	"training/mutate":         {"treesitter", "codetok", "training/shard", "lsp/names"},
	"training/fixes":          {"internal/wholefile", "treesitter", "codetok", "training/shard", "training/corpus"},
	"training/sampler":        {"model/bundle", "model/ort", "codetok"},
	"training/step":           {"model/onnx", "model/ort"},
	"training/torch":          {"training/step", "model/onnx"},
	"training/step/bench":     {"training/step", "model/onnx", "model/ort"},
	"training/ranking":        {"typeinfer", "lsp/inline", "lsp/project", "lsp/suspect", "lsp/gap", "lsp/names", "lsp/typings", "treesitter", "model/ngram", "model/rank"},
	"training/evaluate":       {"typeinfer", "lsp/project/index", "lsp/inline", "lsp/names", "lsp/gap", "lsp/typings", "lsp/project", "training/ranking", "training/mutate", "lsp/complete", "lsp/suspect", "training/corpus", "training/page", "treesitter", "model", "model/..."},
	"training/evaluate/bare":  {"internal/wholefile", "treesitter", "typeinfer"},
	"training/ngram":          {"model/ngram", "training/corpus", "treesitter"},
	"training/page":           {},
	"lsp/complete":            {"lsp/gap", "lsp/project", "lsp/names", "treesitter", "model", "model/..."},
	"lsp/inline":              {"lsp/complete", "lsp/gap", "lsp/project", "lsp/names", "treesitter", "model", "model/..."},
	"lsp/gap":                 {"lsp/project", "lsp/names", "lsp/typings", "treesitter", "model", "model/..."},
	"lsp/project":             {"lsp/names", "lsp/typings", "treesitter", "model/cache"},
	"lsp/project/index":       {"internal/generated", "internal/wholefile", "lsp/names", "lsp/typings", "treesitter"},
	"lsp/typings":             {"lsp/names", "treesitter"},
	"lsp/mistyped":            {"lsp/suspect", "typeinfer", "treesitter", "model"},
	"lsp/suspect":             {"lsp/names", "lsp/project", "treesitter", "model", "model/..."},
	"lsp/heat":                {"treesitter", "model"},
	"typeinfer":               {"lsp/gap", "lsp/project", "lsp/project/index", "lsp/names", "lsp/typings", "treesitter", "model", "model/..."},
	"lsp/names":               {"treesitter", "model", "model/cache"},
	"treesitter":              {},
	"model":                   {"model/bundle", "model/ngram", "model/onnx", "model/ort", "codetok"},
	"model/modeltest":         {"model", "model/...", "codetok"},
	"model/bundle":            {"internal/wholefile", "model/ngram", "model/onnx", "codetok"},
	"model/bundle/bundletest": {"model/bundle", "model/onnx", "codetok"},
	"model/onnx":              {},
	"model/ort":               {},
	"model/ort/orttest":       {"model/ort"},
	"model/cache":             {"codetok"},
	"model/ngram":             {},
	"model/rank":              {},
	"codetok":                 {},
	"internal/wholefile":      {},
	"internal/marks":          {},
	"internal/generated":      {},
	"codetok/bench":           {"codetok"},
	"docs/serving":            {"internal/generated", "internal/marks", "treesitter", "internal/wholefile", "lsp/protocol317", "training/corpus", "model/bundle", "model/onnx", "model/ort", "codetok"},
	"docs/recipe":             {"internal/marks", "internal/wholefile", "training", "training/shard", "training/page", "treesitter", "codetok"},
}

func TestImportTable(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var violations []string
	seen := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		name := d.Name()
		if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "editors" || name == "examples") {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if err != nil {
			if _, none := err.(*build.NoGoError); none {
				return nil
			}
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		may, known := lookup(rel)
		if !known {
			violations = append(violations, rel+": not in the import table")
			return nil
		}
		seen++
		for _, imp := range pkg.Imports {
			ours, ok := strings.CutPrefix(imp, "mlm-lsp/")
			if ok && !matches(may, ours) {
				violations = append(violations, rel+" imports "+ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Errorf("only %d packages were seen: the walk is broken", seen)
	}
	sort.Strings(violations)
	for _, v := range violations {
		t.Error(v)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Error(err)
	}
}

func lookup(pkg string) ([]string, bool) {
	if may, ok := allowed[pkg]; ok {
		return may, true
	}
	for pattern, may := range allowed {
		if prefix, ok := strings.CutSuffix(pattern, "..."); ok && strings.HasPrefix(pkg, prefix) {
			return may, true
		}
	}
	return nil, false
}

func matches(may []string, pkg string) bool {
	for _, m := range may {
		if prefix, ok := strings.CutSuffix(m, "..."); ok {
			if strings.HasPrefix(pkg, prefix) {
				return true
			}
		} else if m == pkg {
			return true
		}
	}
	return false
}
