package lsp

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/project/index"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/treesitter"
)

// What the files around a document say is read in the background when it is opened: the nearest files of its workspace folder, bounded in number and size
// (package project), and followed up as they change (indexing.go). No request waits for it but one for diagnostics, since a document is not checked without its project; completions that come before it is there are answered from the file alone. Documents that are open take the place of
// what the disk has of them when they are opened, saved or checked.

// surveying bounds how long a folder is walked and its files are read: a home directory opened as a folder is no project.
const surveying = 20 * time.Second

// folder is a workspace folder.
type folder struct {
	path            string
	uri             protocol.DocumentURI
	*project.Folder                                // nil when nothing but open documents is looked at
	editor          atomic.Pointer[settings.Layer] // what the editor set for it
	surveys         map[*survey]bool               // those that run; the loop's
	shown           *progress                      // of all of them; nil when none runs, or all are quick so far
	indexing        indexing
}

// survey is the reading of what is around a document.
type survey struct{ cancel context.CancelFunc }

// addFolders takes the workspace folders of the session.
func (s *server) addFolders(p *protocol317.InitializeParams) {
	if len(p.WorkspaceFolders) == 0 {
		s.addFolder(p.RootURI)
	}
	for _, f := range p.WorkspaceFolders {
		s.addFolder(f.URI)
	}
}

// addFolder takes one folder; one that is no directory of files, or there already, is passed over.
func (s *server) addFolder(name string) {
	path := pathOf(protocol.DocumentURI(name))
	if path == "" || slices.ContainsFunc(s.folders, func(f *folder) bool { return f.path == path }) {
		return
	}
	f := &folder{path: path, uri: protocol.DocumentURI(name), surveys: map[*survey]bool{}}
	if s.opts.Files != nil {
		f.Folder = project.NewFolder(func(ctx context.Context) ([]string, error) {
			files, _, err := f.files(ctx, s.opts.Files)
			return files, err
		}, os.ReadFile)
	}
	s.folders = append(s.folders, f)
}

// files lists the files of the folder that are the project's own, and returns the settings that say so: the editor's and those of the project that the folder is.
func (f *folder) files(ctx context.Context, list func(context.Context, string) ([]string, error)) (files []string, wanted settings.Settings, err error) {
	if files, err = list(ctx, f.path); err != nil {
		return nil, wanted, err
	}
	root := settings.FindRoot(f.path)
	if root == "" {
		root = f.path
	}
	own := settings.ReadProject(root)
	var editor settings.Layer // none set yet
	if set := f.editor.Load(); set != nil {
		editor = *set
	}
	wanted = settings.Merge(editor, own.Layer)
	return slices.DeleteFunc(files, func(path string) bool { return wanted.Excluded(own.Relative(path)) }), wanted, nil
}

// pathOf returns the file that a URI names, "" when it names none.
func pathOf(name protocol.DocumentURI) string {
	if !strings.HasPrefix(string(name), "file://") {
		return "" // Filename panics for others
	}
	parsed, err := uri.Parse(string(name))
	if err != nil {
		return ""
	}
	return filepath.Clean(parsed.Filename())
}

// folderOf returns the innermost workspace folder that holds a path, nil when none does.
func (s *server) folderOf(path string) *folder {
	var best *folder
	for _, f := range s.folders {
		if strings.HasPrefix(path, strings.TrimSuffix(f.path, string(filepath.Separator))+string(filepath.Separator)) && (best == nil || len(f.path) > len(best.path)) {
			best = f
		}
	}
	return best
}

// survey has the surroundings of a document read.
func (s *server) survey(doc *document) {
	path := pathOf(doc.uri)
	f := s.folderOf(path)
	if f == nil || f.Folder == nil || doc.language == "" {
		return
	}
	snap := doc.snapshot
	doc.reading++
	v := &survey{}
	v.cancel = s.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, surveying)
		defer cancel()
		slow := time.AfterFunc(s.patience, func() { s.post(func() { s.showSurvey(f, v) }) })
		defer slow.Stop()
		began := time.Now()
		err := s.protect("reading the project", func() error {
			s.know(f, path, snap.file())
			_, err := f.Around(ctx, path)
			return err
		})
		if err != nil {
			s.log.Info("reading the project", zap.Error(err))
		}
		s.log.Debug("project", zap.Duration("took", time.Since(began)))
		s.post(func() {
			doc.reading--
			s.schedule() // the document may have waited for this
			if delete(f.surveys, v); len(f.surveys) == 0 {
				f.shown.end()
				f.shown = nil
			}
		})
	})
	f.surveys[v] = true
}

// showSurvey has the editor show that a folder is being read. Who has enough of that stops all of it, and the next document that is opened there begins anew.
func (s *server) showSurvey(f *folder, v *survey) {
	if !f.surveys[v] || f.shown != nil {
		return
	}
	f.shown = s.startProgress(readingToken+f.path, "reading the files around", func() {
		for running := range f.surveys {
			running.cancel()
		}
	})
}

// around returns what the surroundings of a document say, as far as they were read; nil when they were not.
func (s *server) around(snap *snapshot) func() *project.View {
	path := pathOf(snap.uri)
	f := s.folderOf(path)
	return func() *project.View {
		if f == nil || f.Folder == nil {
			return nil
		}
		return f.Held(path)
	}
}

// index returns what is known of all files of a document's folder; nil while nothing is.
func (s *server) index(snap *snapshot) func() *index.Index {
	f := s.folderOf(pathOf(snap.uri))
	return func() *index.Index {
		if f == nil {
			return nil
		}
		return f.indexing.index.Load()
	}
}

// updated tells the surroundings of others what a document holds now. It parses, so it runs off the loop.
func (s *server) updated(snap *snapshot) func(*treesitter.File) {
	path := pathOf(snap.uri)
	f := s.folderOf(path)
	return func(file *treesitter.File) {
		if f != nil && f.Folder != nil && snap.language != "" {
			s.know(f, path, file)
		}
	}
}
