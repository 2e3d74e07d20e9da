// Command generate writes what is made from package settings: the table of the README, the JSON schemas of an editor's settings and of a project's file,
// the settings in the VS Code extension's package.json and the Neovim help. Run it with `go generate ./lsp/settings`.
//
// The comments of the struct are the text, its tags and the defaults the rest: nothing about a setting is written twice.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/lsp/settings"
)

func main() {
	root, err := findRoot()
	if err == nil {
		err = write(root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generating the settings' manual:", err)
		os.Exit(1)
	}
}

// findRoot returns the directory of go.mod, at or above the working directory.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", fmt.Errorf("no go.mod at or above the working directory: run it in the repository")
	}
}

// write brings every generated file below root up to date.
func write(root string) error {
	files, err := generated(root)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join(root, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := wholefile.Write(name, func(w io.Writer) error { _, err := w.Write(f.text); return err }); err != nil {
			return err
		}
	}
	return nil
}

// file is one that is generated, whole or in part.
type file struct {
	name string // slash-separated, below the root
	text []byte
}

// generated returns the files as they should be.
func generated(root string) ([]file, error) {
	entries, err := manual(root)
	if err != nil {
		return nil, err
	}
	// Of these a part is generated.
	written := func(name, begin, part, end string) ([]byte, error) {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		if text, err = withPart(text, begin, part, end); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return text, nil
	}
	readme, err := written("README.md", tableBegin, table(entries), tableEnd)
	if err != nil {
		return nil, err
	}
	const manual = "editors/nvim/doc/mlm-lsp.txt"
	neovim, err := written(manual, helpBegin, help(entries), helpEnd)
	if err != nil {
		return nil, err
	}
	const manifest = "editors/vscode/package.json"
	extension, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(manifest)))
	if err != nil {
		return nil, err
	}
	if extension, err = withConfiguration(extension, entries); err != nil {
		return nil, fmt.Errorf("%s: %w", manifest, err)
	}
	return []file{
		{"README.md", readme},
		{"docs/settings.schema.json", editorSchema(entries)},
		{"docs/project-settings.schema.json", projectSchema(entries)},
		{manifest, extension},
		{manual, neovim},
	}, nil
}

// entry is a setting with its text.
type entry struct {
	settings.Key
	doc string // one paragraph, sentences with their stops
}

// manual joins the keys with the comments of their fields.
func manual(root string) ([]entry, error) {
	source := filepath.Join(root, "lsp", "settings", "settings.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	docs := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Settings" {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			for _, name := range field.Names {
				docs[name.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
			}
		}
		return false
	})
	var entries []entry
	for _, key := range settings.Keys {
		if docs[key.Field] == "" {
			return nil, fmt.Errorf("%s: the field %s has no comment, which is the manual's text", source, key.Field)
		}
		entries = append(entries, entry{key, docs[key.Field]})
	}
	return entries, nil
}

// values says in words what a setting may be.
func (e entry) values() string {
	switch e.Default.(type) {
	case bool:
		return "`true` or `false`"
	case int:
		return fmt.Sprintf("%d to %d", e.Least, e.Most)
	case string:
		if e.File {
			return "file"
		}
		return "`" + strings.Join(e.OneOf, "`, `") + "`"
	}
	if e.Glob {
		return "list of globs"
	}
	return "list of " + e.Words
}

// by says in words who may set it.
func (e entry) by() string {
	if e.Project {
		return "editor, project"
	}
	return "editor"
}
