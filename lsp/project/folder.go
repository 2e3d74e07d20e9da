package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"mlm-lsp/treesitter"
)

// What is looked at around a file: as much as an answer within a keystroke can hold in memory, and near enough to say something.
const (
	// PeerFiles is how many files, the nearest ones, and PeerTokens how many tokens of them.
	PeerFiles  = 16
	PeerTokens = 60_000
	// maxFile is the largest file that is read; larger ones are data more often than code.
	maxFile = 512 << 10
	// heldProjects is how many directories' surroundings a Folder keeps.
	heldProjects = 6
)

// Peers lists the other files in the language of a path, those that share most of the path first, then as they come.
func Peers(path string, files []string) []string {
	language := treesitter.LanguageOf(path)
	var list []string
	for _, f := range files {
		if f != path && treesitter.LanguageOf(f) == language {
			list = append(list, f)
		}
	}
	near := make(map[string]int, len(list))
	for _, f := range list {
		n := 0
		for n < len(f) && n < len(path) && f[n] == path[n] {
			n++
		}
		near[f] = strings.LastIndexByte(path[:n], filepath.Separator)
	}
	slices.SortStableFunc(list, func(a, b string) int { return near[b] - near[a] })
	return list
}

// Read makes a project of the nearest files: as many of peers, from the first, as the bounds above let in. read returns a file's text; one that is gone is
// passed over. The error is that of a file that cannot be read, or the context's.
func Read(ctx context.Context, peers []string, read func(path string) ([]byte, error)) (*Project, error) {
	p := New(PeerTokens)
	for _, path := range peers[:min(PeerFiles, len(peers))] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		text, err := read(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was there when the files were listed
		}
		if err != nil {
			return nil, fmt.Errorf("reading the project: %w", err)
		}
		if len(text) > maxFile {
			continue
		}
		f := treesitter.Parse(treesitter.LanguageOfText(path, text), text)
		if _, held := p.Len(); held+len(f.Tokens) >= PeerTokens {
			break // the nearest are in; Set would forget them
		}
		p.Set(path, f)
	}
	return p, nil
}

// Folder tells the files below a directory what their surroundings say. The files of one directory share theirs. It may be shared between goroutines.
type Folder struct {
	list func(ctx context.Context) ([]string, error)
	read func(path string) ([]byte, error)

	mu       sync.Mutex
	listing  sync.Mutex // one at a time; taken before mu
	files    []string
	listed   bool
	projects []*surroundings // most recently asked for last
}

// surroundings are those of the files of a directory in a language.
type surroundings struct {
	directory, language string
	project             *Project      // nil until ready is closed, and after a failure
	ready               chan struct{} // closed when it was read
}

// NewFolder returns a folder. list names its files, and is asked once, when it is first needed; read returns the text of one.
func NewFolder(list func(ctx context.Context) ([]string, error), read func(path string) ([]byte, error)) *Folder {
	return &Folder{list: list, read: read}
}

// Around returns what the files near one say to it. It reads them when it is first asked in their directory, which takes some tenths of a second. A file in no known
// language has a nil view.
func (d *Folder) Around(ctx context.Context, path string) (*View, error) {
	language := treesitter.LanguageOf(path)
	if language == "" {
		return nil, nil
	}
	for {
		s, mine := d.claim(filepath.Dir(path), language)
		if mine {
			project, err := d.load(ctx, path)
			d.mu.Lock()
			s.project = project
			if err != nil {
				d.drop(s)
			}
			d.mu.Unlock()
			close(s.ready)
			if err != nil {
				return nil, err
			}
			return project.View(path), nil
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		d.mu.Lock()
		project := s.project
		d.mu.Unlock()
		if project != nil {
			return project.View(path), nil
		} // who read it was cancelled: it is read again
	}
}

// Held is Around without waiting: nil when the surroundings were not read yet.
func (d *Folder) Held(path string) *View {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.find(filepath.Dir(path), treesitter.LanguageOf(path)); i >= 0 && d.projects[i].project != nil {
		return d.projects[i].project.View(path)
	}
	return nil
}

// Update has everyone who reads a file, or has read it, know it as it is now.
func (d *Folder) Update(path string, f *treesitter.File) {
	d.mu.Lock()
	var of []*Project
	for _, s := range d.projects {
		if s.project != nil && (s.project.holds(path) || s.directory == filepath.Dir(path) && s.language == f.Language) {
			of = append(of, s.project)
		}
	}
	d.mu.Unlock()
	for _, p := range of {
		p.Set(path, f)
	}
}

// claim returns the surroundings of a directory; mine is true when the caller has to read them.
func (d *Folder) claim(directory, language string) (s *surroundings, mine bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.find(directory, language); i >= 0 {
		s = d.projects[i]
		d.projects = append(slices.Delete(d.projects, i, i+1), s)
		return s, false
	}
	s = &surroundings{directory: directory, language: language, ready: make(chan struct{})}
	d.projects = append(d.projects, s)
	if len(d.projects) > heldProjects {
		d.projects = slices.Delete(d.projects, 0, 1)
	}
	return s, true
}

func (d *Folder) find(directory, language string) int {
	return slices.IndexFunc(d.projects, func(s *surroundings) bool { return s.directory == directory && s.language == language })
}

func (d *Folder) drop(s *surroundings) {
	d.projects = slices.DeleteFunc(d.projects, func(other *surroundings) bool { return other == s })
}

// load reads the files near path. The file itself is not among them: it stands in its own directory's surroundings once it is updated.
func (d *Folder) load(ctx context.Context, path string) (*Project, error) {
	d.listing.Lock()
	defer d.listing.Unlock()
	if !d.listed {
		files, err := d.list(ctx)
		if err != nil {
			return nil, err
		}
		d.files, d.listed = files, true
	}
	// All files of the directory share the project, so it holds one more than a single one would be shown.
	peers := Peers(path, d.files)
	if slices.Contains(d.files, path) {
		peers = slices.Insert(peers, min(PeerFiles-1, len(peers)), path)
	}
	return Read(ctx, peers, d.read)
}

func (p *Project) holds(path string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.files[path] != nil
}
