// Bare takes the annotations out of files, in place: Python, TypeScript and JSDoc that could have been left out. The checks write suggestions into what is left.
//
//	go run ./training/evaluate/bare FILE...
//
// It prints what it took as `mlm-lsp types --format json` prints suggestions, an object a line: so the authors' own annotations can be written back one at a time, and checked by the same
// procedure. Types of JSDoc are not printed.
package main

import (
	"encoding/json"
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
	f, taken := typeinfer.Bare(treesitter.Parse(treesitter.LanguageOf(path), text))
	if f.Language != "javascript" {
		if err := tell(path, f, taken); err != nil {
			return fmt.Errorf("telling what was taken out of %s: %w", path, err)
		}
	}
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(f.Text)
		return err
	})
}

type (
	edit struct {
		Start int    `json:"start"`
		End   int    `json:"end"`
		Text  string `json:"text"`
	}
	suggestion struct {
		Text        string  `json:"text"`
		Probability float64 `json:"probability"`
	}
	site struct {
		Path        string       `json:"path"`
		Line        int          `json:"line"`
		Kind        string       `json:"kind"`
		Symbol      string       `json:"symbol"`
		Reported    bool         `json:"reported"`
		Suggestions []suggestion `json:"suggestions"`
		Edits       []edit       `json:"edits"`
	}
)

// tell prints the way back of each annotation that was taken.
func tell(path string, f *treesitter.File, taken []typeinfer.Taken) error {
	out := json.NewEncoder(os.Stdout)
	for _, t := range taken {
		lead := ": "
		if f.Language == "python" && t.Kind == typeinfer.Return {
			lead = " -> "
		}
		line := 1
		for _, b := range f.Text[:t.At] {
			if b == '\n' {
				line++
			}
		}
		if err := out.Encode(site{path, line, t.Kind, t.Symbol, true, []suggestion{{t.Type, 1}}, []edit{{t.At, t.At, lead + t.Type}}}); err != nil {
			return err
		}
	}
	return nil
}
