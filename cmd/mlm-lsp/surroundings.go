package main

import (
	"context"
	"os"
	"slices"
	"sync"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/project/index"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/training/corpus"
	"mlm-lsp/treesitter"
)

// surroundings tell files what those near them say. The files of one project share what is listed and read. They may be shared between goroutines.
type surroundings struct {
	mu      sync.Mutex
	reading sync.Mutex                 // of an index
	folders map[string]*project.Folder // by the top of the project
	indexes map[string]*index.Index
	before  sync.Map // of []byte, by path: see was
}

func newSurroundings() *surroundings {
	return &surroundings{folders: map[string]*project.Folder{}, indexes: map[string]*index.Index{}}
}

// was has those that read a file later find the text that it has now. What is written into files must not depend on what was written into others before: it would count as what people wrote.
func (s *surroundings) was(path string, text []byte) error {
	_, file, err := corpus.Top(path)
	if err == nil {
		s.before.Store(file, text)
	}
	return err
}

// read reads a file as it was when the first of its project was asked about.
func (s *surroundings) read(path string) ([]byte, error) {
	if text, ok := s.before.Load(path); ok {
		return text.([]byte), nil
	}
	return os.ReadFile(path)
}

// index reads what all files of a path's project define and import, of the languages that are wanted, and returns the path as the index has it.
func (s *surroundings) index(ctx context.Context, path string, languages []string) (*index.Index, string, error) {
	top, file, err := corpus.Top(path)
	if err != nil {
		return nil, "", err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	if x := s.indexes[top]; x != nil {
		return x, file, nil
	}
	files, err := ownSources(ctx, top)
	if err != nil {
		return nil, "", err
	}
	files = slices.DeleteFunc(files, func(path string) bool { return !slices.Contains(languages, treesitter.LanguageOf(path)) })
	x := index.New(top, s.read, index.DefaultBounds)
	if _, err := x.Refresh(ctx, files, index.Options{}); err != nil {
		return nil, "", err
	}
	s.indexes[top] = x
	return x, file, nil
}

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
		folder = project.NewFolder(func(ctx context.Context) ([]string, error) { return ownSources(ctx, top) }, s.read)
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
