package main

import (
	"context"
	"os"
	"slices"
	"sync"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/training/corpus"
)

// surroundings tell files what those near them say. The files of one project share what is listed and read. They may be shared between goroutines.
type surroundings struct {
	mu      sync.Mutex
	folders map[string]*project.Folder // by the top of the project
}

func newSurroundings() *surroundings { return &surroundings{folders: map[string]*project.Folder{}} }

// of reads what the files near one say; standard input has none.
func (s *surroundings) of(ctx context.Context, path string) (*project.View, error) {
	if path == "-" {
		return nil, nil
	}
	top, file, err := corpus.Top(path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	folder := s.folders[top]
	if folder == nil {
		folder = project.NewFolder(func(ctx context.Context) ([]string, error) { return ownSources(ctx, top) }, os.ReadFile)
		s.folders[top] = folder
	}
	s.mu.Unlock()
	return folder.Around(ctx, file)
}

// ownSources lists the sources below the top of a project that its file does not exclude.
func ownSources(ctx context.Context, top string) ([]string, error) {
	files, err := corpus.Sources(ctx, []string{top})
	own := settings.ReadProject(top)
	wanted := settings.Merge(own.Layer)
	return slices.DeleteFunc(files, func(path string) bool { return wanted.Excluded(own.Relative(path)) }), err
}
