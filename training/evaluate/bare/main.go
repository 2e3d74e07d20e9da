// Bare takes the annotations out of files, in place: python, TypeScript and JSDoc that could have been left out. The checks write suggestions into what is left.
//
//	go run ./training/evaluate/bare FILE...
package main

import (
	"fmt"
	"io"
	"os"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

func main() {
	for _, path := range os.Args[1:] {
		if err := strip(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func strip(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("taking annotations out: %w", err)
	}
	f, _ := typeinfer.Bare(treesitter.Parse(treesitter.LanguageOf(path), text))
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(f.Text)
		return err
	})
}
