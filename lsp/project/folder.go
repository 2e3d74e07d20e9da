package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
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

	reading  sync.Mutex // one at a time lists or reads; taken before mu
	mu       sync.Mutex
	files    []string
	listed   bool
	projects []*surroundings             // most recently asked for last
	buffers  map[string]*treesitter.File // what editors have open
	turn     int                         // of Outdate
}

// surroundings are those of the files of a directory in a language.
type surroundings struct {
	directory, language string
	path                string         // who asked first
	peers               []string       // what was read, or would have been
	outdated            map[string]int // what is not to be told of any more, and the turn in which that was said
	project             *Project       // nil until ready is closed, and after a failure
	ready               chan struct{}  // closed when it was read
	filling             bool           // it is being read, for the first time or again
	editing             sync.Mutex     // what is outdated goes out of project, and what an editor has in; taken before mu
}

// NewFolder returns a folder. list names its files, and is asked once, when it is first needed; read returns the text of one.
func NewFolder(list func(ctx context.Context) ([]string, error), read func(path string) ([]byte, error)) *Folder {
	return &Folder{list: list, read: read, buffers: map[string]*treesitter.File{}}
}

// Around returns what the files near one say to it. It reads them when it is first asked in their directory, which takes some tenths of a second. A file in no known
// language has a nil view.
func (d *Folder) Around(ctx context.Context, path string) (*View, error) {
	language := treesitter.LanguageOf(path)
	if language == "" {
		return nil, nil
	}
	for {
		s, mine := d.claim(path, language)
		if mine {
			err := d.load(ctx, s)
			if err != nil {
				d.mu.Lock()
				d.drop(s)
				d.mu.Unlock()
			}
			close(s.ready)
			if err != nil {
				return nil, err
			}
		}
		select {
		case <-s.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if v := d.view(s, path); v != nil {
			return v, nil
		} // who read it was cancelled: it is read again
	}
}

// Held is Around without waiting: nil when the surroundings were not read yet.
func (d *Folder) Held(path string) *View {
	d.mu.Lock()
	i := d.find(filepath.Dir(path), treesitter.LanguageOf(path))
	if i < 0 {
		d.mu.Unlock()
		return nil
	}
	s := d.projects[i]
	d.mu.Unlock()
	return d.view(s, path)
}

// view returns surroundings as a file sees them, without what is outdated in them; nil while they were not read.
func (d *Folder) view(s *surroundings, path string) *View {
	d.mu.Lock()
	p, outdated := s.project, len(s.outdated) > 0
	d.mu.Unlock()
	if p == nil {
		return nil
	}
	if outdated {
		s.editing.Lock()
		defer s.editing.Unlock()
		d.mu.Lock()
		gone := slices.Collect(maps.Keys(s.outdated))
		p = s.project
		d.mu.Unlock()
		for _, path := range gone {
			p.Remove(path)
		}
	}
	return p.View(path)
}

// Update has everyone who reads a file, or has read it, know it as an editor has it now, until Outdate says that it is to be read from the disk again.
func (d *Folder) Update(path string, f *treesitter.File) {
	d.mu.Lock()
	d.buffers[path] = f
	all := slices.Clone(d.projects)
	d.mu.Unlock()
	for _, s := range all {
		s.editing.Lock()
		d.mu.Lock()
		p := s.project
		_, outdated := s.outdated[path]
		wanted := p != nil && d.buffers[path] == f && (outdated || s.takes(p, path, f.Language))
		if wanted {
			delete(s.outdated, path)
		}
		d.mu.Unlock()
		if wanted {
			p.Set(path, f)
		}
		s.editing.Unlock()
	}
}

// takes tells whether a file that an editor has open belongs among what was read.
func (s *surroundings) takes(p *Project, path, language string) bool {
	return p.holds(path) || s.directory == filepath.Dir(path) && s.language == language
}

// Outdate notes that files, or whole directories, are no longer what they were, or not there. Nobody is told of them until a Refresh has read them.
func (d *Folder) Outdate(paths ...string) {
	gone := make(map[string]bool, len(paths))
	for _, path := range paths {
		gone[path] = true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn++
	maps.DeleteFunc(d.buffers, func(path string, _ *treesitter.File) bool { return within(path, gone) })
	for _, s := range d.projects {
		if s.filling {
			for _, path := range paths {
				s.outdated[path] = d.turn // it may have been read already
			}
		}
		if s.project == nil {
			continue
		}
		for _, path := range s.concern(s.project, s.peers) {
			if within(path, gone) {
				s.outdated[path] = d.turn
			}
		}
	}
}

// concern lists the files that surroundings are made of.
func (s *surroundings) concern(p *Project, peers []string) []string {
	return append(p.paths(), peers...)
}

// within tells whether a path, or a directory above it, is among some.
func within(path string, among map[string]bool) bool {
	for !among[path] {
		above := filepath.Dir(path)
		if above == path {
			return false
		}
		path = above
	}
	return true
}

// Refresh has the surroundings that are held be as if they were read now, given the files that there are: what is outdated is read again, and where other files are
// the nearest ones now, those are. The error is that of a file that cannot be read, or the context's; the rest is done at the next turn.
func (d *Folder) Refresh(ctx context.Context, files []string) error {
	d.reading.Lock()
	defer d.reading.Unlock()
	d.mu.Lock()
	d.files, d.listed = files, true
	all := slices.Clone(d.projects)
	d.mu.Unlock()
	for _, s := range all {
		peers := peersOf(s.path, files)
		d.mu.Lock()
		ready := s.project != nil
		current := ready && len(s.outdated) == 0 && slices.Equal(s.peers, peers)
		d.mu.Unlock()
		if !ready || current { // what is being claimed is read after this
			continue
		}
		if err := d.fill(ctx, s, peers); err != nil {
			return err
		}
	}
	return nil
}

// claim returns the surroundings of a file's directory; mine is true when the caller has to read them.
func (d *Folder) claim(path, language string) (s *surroundings, mine bool) {
	directory := filepath.Dir(path)
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.find(directory, language); i >= 0 {
		s = d.projects[i]
		d.projects = append(slices.Delete(d.projects, i, i+1), s)
		return s, false
	}
	s = &surroundings{directory: directory, language: language, path: path, outdated: map[string]int{}, ready: make(chan struct{})}
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

// load reads surroundings for the first time.
func (d *Folder) load(ctx context.Context, s *surroundings) error {
	d.reading.Lock()
	defer d.reading.Unlock()
	d.mu.Lock()
	files, listed := d.files, d.listed
	d.mu.Unlock()
	if !listed {
		var err error
		if files, err = d.list(ctx); err != nil {
			return err
		}
		d.mu.Lock()
		d.files, d.listed = files, true
		d.mu.Unlock()
	}
	return d.fill(ctx, s, peersOf(s.path, files))
}

// peersOf are the files that the surroundings of path are made of. All files of the directory share them, so there is one more than a single one would be shown: path itself stands among
// them when it is listed, and else once it is updated.
func peersOf(path string, files []string) []string {
	peers := Peers(path, files)
	if slices.Contains(files, path) {
		peers = slices.Insert(peers, min(PeerFiles-1, len(peers)), path)
	}
	return peers[:min(PeerFiles, len(peers))]
}

// fill reads peers, and puts what editors have open in the place of what the disk has.
func (d *Folder) fill(ctx context.Context, s *surroundings, peers []string) error {
	d.mu.Lock()
	turn := d.turn
	s.filling = true
	d.mu.Unlock()
	p, err := Read(ctx, peers, d.read)
	if err != nil {
		d.mu.Lock()
		s.filling = false
		d.mu.Unlock()
		return err
	}
	s.editing.Lock()
	defer s.editing.Unlock()
	d.mu.Lock()
	buffers := maps.Clone(d.buffers)
	d.mu.Unlock()
	for _, path := range slices.Sorted(maps.Keys(buffers)) {
		if s.takes(p, path, buffers[path].Language) {
			p.Set(path, buffers[path])
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.project, s.peers, s.filling = p, peers, false
	// What was outdated before this began is read now. What was since may have been read before.
	since := map[string]bool{}
	for path, when := range s.outdated {
		if when > turn {
			since[path] = true
		}
	}
	clear(s.outdated)
	for _, path := range s.concern(p, peers) {
		if within(path, since) {
			s.outdated[path] = d.turn
		}
	}
	return nil
}

func (p *Project) holds(path string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.files[path] != nil
}

// paths are those of the files that are held.
func (p *Project) paths() []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return slices.Clone(p.order)
}
