package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mlm-lsp/internal/generated"
	"mlm-lsp/training/corpus"
	"mlm-lsp/treesitter"
)

// file is one that is typed in and checked: of each language the one of the projects that is nearest to 1,000 lines.
type file struct {
	language string // the folder of the projects
	root     string // of its project
	path     string
	text     []byte
}

const lines = 1000

// folders of the projects, in the order of the tables.
var folders = []string{"go", "python", "js", "ts", "java", "rust"}

// choose looks at all files of the projects; tests are left out, and what the server takes for generated and is silent in.
func choose(ctx context.Context, projects string) ([]file, error) {
	var out []file
	for _, folder := range folders {
		directory := filepath.Join(projects, folder)
		paths, err := corpus.Sources(ctx, []string{directory})
		if err != nil {
			return nil, fmt.Errorf("choosing files: %w", err)
		}
		best, off := file{}, -1
		for _, path := range paths {
			inside, err := filepath.Rel(directory, path)
			if err != nil {
				return nil, fmt.Errorf("choosing files: %w", err)
			}
			if strings.Contains(inside, "test") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("choosing files: %w", err)
			}
			if generated.By(text, treesitter.LanguageOf(path)) {
				continue
			}
			if n := bytes.Count(text, []byte("\n")) - lines; off < 0 || max(n, -n) < off {
				project, _, _ := strings.Cut(filepath.ToSlash(inside), "/")
				best, off = file{folder, filepath.Join(directory, project), path, text}, max(n, -n)
			}
		}
		if off < 0 || off > lines/10 {
			return nil, fmt.Errorf("choosing files: %s holds no file of about %d lines: fetch the projects with training/evaluate/fetch", directory, lines)
		}
		out = append(out, best)
	}
	return out, nil
}

// keys are a text as a person types it: letter by letter, and the indentation of a line with the end of the line before it, since editors
// write that by themselves.
func keys(text string) (list []string) {
	for text != "" {
		n := 1
		if text[0] == '\n' {
			n += len(text[1:]) - len(strings.TrimLeft(text[1:], " \t"))
		} else if text[0] >= 0x80 {
			n = len(string([]rune(text)[:1]))
		}
		list, text = append(list, text[:n]), text[n:]
	}
	return list
}

// cut takes so many keys' worth of whole lines out of the middle of a text and returns what is left, the place, and what was taken.
func cut(text []byte, atLeast int) (rest []byte, place int, taken string) {
	place = bytes.IndexByte(text[len(text)/2:], '\n') + len(text)/2
	end := place
	for n := 0; n < atLeast && end < len(text); {
		next := bytes.IndexByte(text[end+1:], '\n')
		if next < 0 {
			break
		}
		n += len(keys(string(text[end : end+1+next])))
		end += 1 + next
	}
	return slices.Concat(text[:place], text[end:]), place, string(text[place:end])
}
