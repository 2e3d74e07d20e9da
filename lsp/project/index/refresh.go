package index

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mlm-lsp/internal/generated"
	"mlm-lsp/treesitter"
)

// Options say how a Refresh goes about it. The zero value reads as fast as it can.
type Options struct {
	// Near is a file whose neighbours are read first.
	Near string
	// MaxFile is the size in bytes above which a file is not read; 0 means 512 KiB.
	MaxFile int
	// Gate is called before each file and may wait, so that nothing else has to; its error ends the refresh. May be nil.
	Gate func(context.Context) error
	// Progress is called after each file that was read. May be nil.
	Progress func(done, total int)
}

func (o Options) most() int { return cmp.Or(o.MaxFile, 512<<10) }

// Report is what a Refresh did.
type Report struct {
	Read int // files that were new or had changed
	Left int // files that the bounds left out
	// Changed are the files that were read and are not what they were when they were read before.
	Changed []string
	// Unsaved is why the index could not be kept for the next session; nil when it was.
	Unsaved error
}

const (
	// checkpoint is how long the work lasts that a crash may cost.
	checkpoint = 15 * time.Second
	// doubtful is how long before a file is read it may have been changed last, for another change to be told by its time: file systems count in up to two seconds.
	doubtful = 2 * time.Second
)

// seen is a file that was listed, as the disk has it.
type seen struct {
	path           string
	size, modified int64
	near           int
	known          bool // from before
}

// Refresh makes the index one of the files listed: it forgets others, reads what is new or has changed, and saves. What editors have open stays as they have it. It returns the
// context's error, or the gate's, when it was ended; what was read by then is kept. A file that cannot be read has no facts.
func (x *Index) Refresh(ctx context.Context, files []string, o Options) (report Report, err error) {
	x.refreshing.Lock()
	defer x.refreshing.Unlock()
	x.mu.Lock()
	x.during, x.modules = map[string]bool{}, nil
	x.mu.Unlock()
	defer func() {
		report.Unsaved = x.Save()
		x.mu.Lock()
		x.during = nil
		x.mu.Unlock()
	}()
	todo, left, err := x.look(ctx, files, o)
	report.Left = left
	if err != nil {
		return report, err
	}
	saved := time.Now()
	for i, s := range todo {
		if err := pause(ctx, o.Gate); err != nil {
			return report, err
		}
		if !x.take(s, o) {
			report.Left++
		}
		report.Read++
		if s.known {
			report.Changed = append(report.Changed, s.path)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(todo))
		}
		if time.Since(saved) > checkpoint {
			_ = x.Save() // the last one tells whether it could be kept: without a place for it the index is as good
			saved = time.Now()
		}
	}
	return report, nil
}

func pause(ctx context.Context, gate func(context.Context) error) error {
	if err := ctx.Err(); err != nil || gate == nil {
		return err
	}
	return gate(ctx)
}

// look compares what is listed with what is known. It returns what has to be read, the nearest first, then the newest, and how many files the bound leaves out.
func (x *Index) look(ctx context.Context, files []string, o Options) (todo []seen, left int, err error) {
	var list []seen
	for i, path := range files {
		if i%64 == 0 {
			if err := pause(ctx, o.Gate); err != nil {
				return nil, 0, err
			}
		}
		if info, err := os.Lstat(path); err == nil { // else it was there when they were listed
			list = append(list, seen{path, info.Size(), info.ModTime().UnixNano(), shared(o.Near, path), false})
		}
	}
	slices.SortStableFunc(list, func(a, b seen) int { return cmp.Compare(b.modified, a.modified) })
	if left = len(list) - x.bounds.Files; left > 0 {
		list = list[:x.bounds.Files]
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	wanted := make(map[string]bool, len(list))
	for _, s := range list {
		wanted[s.path] = true
		f := x.files[s.path]
		if f == nil || f.outdated || !f.buffer && (f.doubtful || f.size != s.size || f.modified != s.modified || s.size > int64(o.most()) && f.facts() > 0) {
			s.known = f != nil
			todo = append(todo, s)
		}
	}
	for path, f := range x.files {
		if !wanted[path] && !f.buffer {
			x.remove(path)
		}
	}
	slices.SortStableFunc(todo, func(a, b seen) int { return b.near - a.near })
	return todo, max(0, left), nil
}

// shared is how much of their directories two paths have in common.
func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return strings.LastIndexByte(b[:n], filepath.Separator)
}

// take reads a file. It reports false when the bound leaves its facts out.
func (x *Index) take(s seen, o Options) bool {
	most := o.most()
	read := time.Now()
	found := &facts{language: treesitter.LanguageOf(s.path)}
	if s.size <= int64(most) {
		// What cannot be read, or is gone again, has no facts, and is looked at again when its size or time change.
		if text, err := x.read(s.path); err == nil && len(text) <= most {
			language := treesitter.LanguageOfText(s.path, text)
			found.language = language
			if !generated.By(text, language) {
				found = factsOf(s.path, treesitter.Parse(language, text))
			}
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if old := x.files[s.path]; old != nil && old.buffer || x.outdatedMeanwhile(s.path) {
		return true // who outdated it asks for another refresh
	}
	f := x.pack(s.path, found)
	f.size, f.modified, f.doubtful = s.size, s.modified, read.UnixNano()-s.modified < int64(doubtful)
	x.remove(s.path)
	fits := x.room(f)
	if !fits {
		f.symbols, f.imports, f.annotated = nil, nil, nil // so that it is not read again at every turn
	}
	x.add(f)
	return fits
}

// outdatedMeanwhile tells whether a file, or a directory above it, was outdated since the refresh began.
func (x *Index) outdatedMeanwhile(path string) bool {
	for len(x.during) > 0 && len(path) > len(x.folder) {
		if x.during[path] {
			return true
		}
		path = filepath.Dir(path)
	}
	return false
}
