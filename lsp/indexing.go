package lsp

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/project/index"
	"mlm-lsp/treesitter"
)

// Each workspace folder has an index of what its files define (package index), which is made in the background: some time after the session has begun, one file at a time, and only while
// nothing is typed, asked or checked, unless that goes on for so long that it would never come to an end. It is kept in the user's cache directory, and followed up whenever files
// may have changed: an editor that watches files says so; with others the folder is looked over when a document is opened or saved. What the editor says has changed is not told of
// from that moment on, until it was read again. The surroundings of documents (surroundings.go) are followed up by the same turns.

const (
	// beginning is how long after the start of a session its folders are looked at first: what the user sees goes before.
	beginning = 2 * time.Second
	// settling is how long is waited after a change for others: a checkout changes hundreds of files.
	settling = 300 * time.Millisecond
	// overlooked is after how long a folder is looked over again when a document is opened though the editor watches, and unwatched the same where it does not.
	overlooked = time.Minute
	unwatched  = 2 * time.Second
	// stirring is how long nothing must have been typed, asked or checked for a file to be read, and pressing how long one is put off at most.
	stirring = 150 * time.Millisecond
	pressing = time.Second
)

// indexing is the work on the index of a folder. All but the index itself belongs to the loop.
type indexing struct {
	index   atomic.Pointer[index.Index] // nil until it was opened
	cancel  context.CancelFunc          // of the turn that runs or waits; nil when none does
	again   bool                        // another is to follow
	fedUp   bool                        // the user had enough of it
	last    time.Time                   // when the last turn ended
	near    string                      // the document opened last
	shown   *progress
	bounded bool // that the bounds leave files out was told
	unsaved bool // that it cannot be kept was told
}

// indexAll begins to index the folders that are not indexed yet.
func (s *server) indexAll() {
	for _, f := range s.folders {
		if f.indexing.last.IsZero() && f.indexing.cancel == nil {
			s.reindex(f, s.beginning)
		}
	}
}

// reindex looks for what has changed in a folder, after a while.
func (s *server) reindex(f *folder, after time.Duration) {
	if f.Folder == nil || f.indexing.fedUp || s.phase != running {
		return
	}
	if f.indexing.cancel != nil {
		f.indexing.again = true
		return
	}
	turn := &indexTurn{s: s, f: f, near: f.indexing.near}
	f.indexing.cancel = s.spawn(func(ctx context.Context) {
		select {
		case <-time.After(after):
		case <-ctx.Done():
		}
		slow := time.AfterFunc(s.patience, func() { s.post(turn.show) })
		defer slow.Stop()
		began := time.Now()
		err := s.protect("indexing", func() error { return turn.run(ctx) })
		took := time.Since(began)
		s.post(func() { s.indexed(turn, err, took) })
	})
}

// stopIndexing ends the turn of a folder; what it has read is kept.
func (f *folder) stopIndexing() {
	if f.indexing.again = false; f.indexing.cancel != nil {
		f.indexing.cancel()
	}
}

// indexed takes the end of a turn.
func (s *server) indexed(turn *indexTurn, err error, took time.Duration) {
	of := &turn.f.indexing
	of.cancel, of.last = nil, time.Now()
	turn.over = true
	of.shown.end()
	of.shown = nil
	report := turn.report
	if x := of.index.Load(); x != nil {
		files, facts := x.Len()
		s.log.Info("indexed", zap.String("folder", turn.f.path), zap.Int("read", report.Read), zap.Int("files", files), zap.Int("facts", facts), zap.Duration("took", took), zap.Error(err))
	}
	if report.Left > 0 && !of.bounded {
		of.bounded = true
		s.log.Warn("the index is full: of the files changed longest ago it does not know what they define", zap.String("folder", turn.f.path), zap.Int("left out", report.Left))
	}
	if report.Unsaved != nil && !of.unsaved {
		of.unsaved = true
		s.log.Warn("the next session will build the index anew", zap.Error(report.Unsaved))
	}
	if report.Read > 0 {
		s.disturb()
		s.retypeAll(turn.f)
	}
	if of.again {
		of.again = false
		s.reindex(turn.f, s.settling)
	}
}

// indexTurn is one look at a folder.
type indexTurn struct {
	s      *server
	f      *folder
	near   string
	report index.Report // once it is over
	over   bool         // the loop's
	told   time.Time    // when progress was told last
}

// run opens the index if it was not open yet, lists the folder and has the index and the surroundings follow.
func (t *indexTurn) run(ctx context.Context) error {
	x := t.f.indexing.index.Load()
	if x == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if x, err = index.Open(t.s.opts.Cache, t.f.path, os.ReadFile, index.DefaultBounds); err != nil {
			t.s.log.Warn("opening the index", zap.Error(err))
		}
		t.f.indexing.index.Store(x)
		for _, snap := range t.open() {
			t.s.know(t.f, pathOf(snap.uri), snap.file())
		}
		if t.s.opts.Cache != "" {
			if removed, err := index.Prune(t.s.opts.Cache, time.Now()); err != nil || removed > 0 {
				t.s.log.Info("removing old indexes", zap.Int("removed", removed), zap.Error(err))
			}
		}
	}
	listing, cancel := context.WithTimeout(ctx, surveying)
	defer cancel()
	files, wanted, err := t.f.files(listing, t.s.opts.Files)
	if err != nil {
		return fmt.Errorf("listing %s: %w", t.f.path, err)
	}
	// A file that cannot be read is in the way of the surroundings that it is in, and of nothing else.
	failure := t.f.Refresh(ctx, files)
	t.report, err = x.Refresh(ctx, files, index.Options{Near: t.near, MaxFile: wanted.FilesMaxSize, Gate: t.gate, Progress: t.progress})
	// An editor that watches nothing has not said what the index found to have changed.
	changed := slices.DeleteFunc(t.report.Changed, t.s.isOpen)
	if err == nil && len(changed) > 0 {
		t.f.Outdate(changed...)
		failure = t.f.Refresh(ctx, files)
	}
	return cmp.Or(err, failure)
}

// open asks the loop for the documents of the folder that are open.
func (t *indexTurn) open() []*snapshot {
	answer := make(chan []*snapshot, 1)
	if !t.s.post(func() { answer <- t.s.openIn(t.f) }) {
		return nil
	}
	return <-answer
}

// openIn lists the open documents of a folder.
func (s *server) openIn(f *folder) (open []*snapshot) {
	for _, doc := range s.documents {
		if doc.language != "" && s.folderOf(pathOf(doc.uri)) == f {
			open = append(open, doc.snapshot)
		}
	}
	return open
}

// gate waits until the session is idle, or has not been for long.
func (t *indexTurn) gate(ctx context.Context) error {
	for end := time.Now().Add(t.s.pressing); time.Now().Before(end); {
		idle := make(chan bool, 1)
		if !t.s.post(func() { idle <- t.s.checking == nil && time.Since(t.s.active) > stirring }) {
			return context.Canceled
		}
		if <-idle {
			break
		}
		select {
		case <-time.After(stirring / 5):
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	return ctx.Err()
}

// progress tells the editor now and then how far it is.
func (t *indexTurn) progress(done, total int) {
	if time.Since(t.told) < settling {
		return
	}
	t.told = time.Now()
	t.s.post(func() {
		if t.f.indexing.shown != nil {
			t.f.indexing.shown.report(fmt.Sprintf("%d of %d files", done, total))
		}
	})
}

// show has the editor show a turn that takes long. Who has enough of it does without the index in this session, as far as it is not there.
func (t *indexTurn) show() {
	if t.over || t.f.indexing.shown != nil {
		return
	}
	t.f.indexing.shown = t.s.startProgress(indexingToken+t.f.path, "indexing "+filepath.Base(t.f.path), func() {
		t.f.indexing.fedUp = true
		t.f.stopIndexing()
	})
}

// know has a folder know a file as an editor has it. It takes time, so it runs off the loop, and so the document may be closed meanwhile.
func (s *server) know(f *folder, path string, file *treesitter.File) {
	f.Update(path, file)
	if x := f.indexing.index.Load(); x != nil {
		x.Set(path, file)
	}
	if !s.isOpen(path) {
		f.forget(path)
		s.post(func() { s.reindex(f, s.settling) })
	}
}

// forget has nobody told of files, or of what is below directories, until they were read again.
func (f *folder) forget(paths ...string) {
	f.Outdate(paths...)
	if x := f.indexing.index.Load(); x != nil {
		x.Outdate(paths...)
	}
}

// isOpen tells whether an editor has a file open; any goroutine may ask.
func (s *server) isOpen(path string) bool {
	_, open := s.open.Load(path)
	return open
}

// opened notes that a document is open, and has its folder looked over if that was not done for long.
func (s *server) opened(doc *document) {
	path := pathOf(doc.uri)
	s.open.Store(path, true)
	if f := s.folderOf(path); f != nil {
		f.indexing.near = path
		s.lookOver(f)
	}
}

// lookOver looks for changes in a folder that the editor may not have told of.
func (s *server) lookOver(f *folder) {
	age := overlooked
	if !s.client.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		age = unwatched
	}
	if !f.indexing.last.IsZero() && time.Since(f.indexing.last) > age {
		s.reindex(f, s.settling)
	}
}

// closed has a document's file be what the disk has.
func (s *server) closed(doc *document) {
	path := pathOf(doc.uri)
	s.open.Delete(path)
	if f := s.folderOf(path); f != nil && f.Folder != nil {
		f.forget(path)
		s.reindex(f, s.settling)
	}
}

// watchSources asks to be told of changed sources, where the editor can do that.
func (s *server) watchSources() {
	if s.opts.Files == nil || !s.client.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		return
	}
	var endings []string
	for _, extension := range treesitter.Extensions() {
		endings = append(endings, strings.TrimPrefix(extension, "."))
	}
	s.register("asking to be told of changed files", watcher("sources", "**/*.{"+strings.Join(endings, ",")+"}", "**/"+ignoreFile))
}

// ignoreFile is what says which files of a project are not to be listed.
const ignoreFile = ".gitignore"

// filesChanged follows what an editor says of files on the disk. What is open is as the editor has it, but for whether it is listed.
func (s *server) filesChanged(changes []*protocol.FileEvent) {
	changed := map[*folder][]string{}
	for _, change := range changes {
		if change == nil {
			continue
		}
		path := pathOf(protocol.DocumentURI(change.URI))
		f := s.folderOf(path)
		if f == nil || f.Folder == nil || s.isOpen(path) && change.Type == protocol.FileChangeTypeChanged {
			continue // a file that is open, and was saved, is known
		}
		if changed[f] == nil {
			changed[f] = []string{}
		}
		if !s.isOpen(path) {
			changed[f] = append(changed[f], path)
		}
	}
	for f, paths := range changed {
		f.forget(paths...)
		s.reindex(f, s.settling)
	}
}
