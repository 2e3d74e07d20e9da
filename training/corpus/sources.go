package corpus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"mlm-lsp/treesitter"
)

// Sources lists the files in known languages that the paths name: files as they are, and what lies below directories as
// Collect walks them, without vendored code but with what git does not track yet. The names begin as the paths do, each once, in the order of the paths and
// then of the names. It returns an error for a path that is not there and for a file of no known language.
func Sources(ctx context.Context, paths []string) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("listing sources: %w", err)
		}
		if !info.IsDir() {
			if treesitter.LanguageOf(path) == "" {
				return nil, fmt.Errorf("listing sources: %s is in none of the languages %v", path, treesitter.Languages())
			}
			if !seen[path] {
				seen[path] = true
				names = append(names, path)
			}
			continue
		}
		root, err := clean(path)
		if err != nil {
			return nil, fmt.Errorf("listing sources: %w", err)
		}
		w := walker{seen: map[string]bool{}, untracked: true}
		if err := w.walk(ctx, root); err != nil {
			return nil, fmt.Errorf("listing sources below %s: %w", path, err)
		}
		for _, s := range w.sources {
			relative, err := filepath.Rel(root, s.absolute)
			if err != nil || vendored(filepath.ToSlash(relative)) || treesitter.LanguageOf(s.absolute) == "" {
				continue
			}
			if name := filepath.Join(path, relative); !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// Top returns the top of the checkout that holds a file, its directory where none does, and the file: what Sources lists in the former is the project of the latter. Both are
// absolute and without links, so that the file is found among them.
func Top(path string) (directory, file string, err error) {
	file, err = clean(path)
	if err != nil {
		return "", "", fmt.Errorf("looking for the project of %s: %w", path, err)
	}
	directory = filepath.Dir(file)
	if top := checkoutAbove(directory); top != "" {
		directory = top
	}
	return directory, file, nil
}
