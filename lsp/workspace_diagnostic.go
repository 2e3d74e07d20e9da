package lsp

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"

	"mlm-lsp/internal/generated"
	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// An editor that asks for diagnostics may ask for those of the whole workspace. It gets those of files that are not open (of the others it asks one by one), where diagnostics.workspace is
// set, and nothing else: checking a project takes a core for a while. Files are checked one at a time, each when nothing has been typed, asked or checked for a moment, and whatever is
// typed or asked stops the check of the file, which comes again: the model remembers what it was asked.
//
// What was found in a file is remembered with the file's time and size and the settings that held, so that asking again costs a look at each file. An editor that takes partial results has each file's when
// it is ready; its request, where nothing is new, waits until something has changed, so that it need not ask every other second. (VS Code asks again as soon as it has an answer.)

// maxWorkspaceFiles bounds how many files of a session are checked without being open.
const maxWorkspaceFiles = 2000

// An editor that knows that a server has diagnostics of a workspace treats it in another way, wanted or not: Neovim asks for those alone when it is told that diagnostics have changed. So it is told
// only when they are wanted: in the answer to initialize, if the settings that come with it say so, or else by a registration for no document at all, so that documents are asked about as before.

// offerWorkspace tells an editor that it may ask for the diagnostics of the workspace, once they are wanted.
func (s *server) offerWorkspace() {
	wanted := settings.Merge(s.configuration.of("")).DiagnosticsWorkspace
	for _, f := range s.folders {
		wanted = wanted || settings.Merge(s.configuration.of(f.path)).DiagnosticsWorkspace
	}
	if !wanted || s.offersWorkspace || !s.pulls() || !s.client.TextDocument.Diagnostic.DynamicRegistration {
		return
	}
	s.offersWorkspace = true
	s.register("offering diagnostics of the workspace", protocol.Registration{
		ID: "workspace diagnostics", Method: protocol317.MethodDocumentDiagnostic,
		RegisterOptions: protocol317.DiagnosticRegistrationOptions{
			DocumentSelector:  []map[string]string{{"language": settings.Section + "-none"}},
			DiagnosticOptions: protocol317.DiagnosticOptions{Identifier: settings.Section + "-workspace", InterFileDependencies: true, WorkspaceDiagnostics: true},
		},
	})
}

// workspaceMemory is what was found in files that are not open. Requests that overlap share it.
type workspaceMemory struct {
	mu    sync.Mutex
	files map[string]remembered // by path
	told  bool                  // that there are more files than are checked
}

// remembered is what was found in a file, and in what circumstances.
type remembered struct {
	circumstances
	id    string
	found []protocol.Diagnostic
}

// circumstances are what the diagnostics of a file hang on. What other files say counts, too, but is not looked at: a file is checked again when it, or how it is to be looked at, has changed.
type circumstances struct {
	modified time.Time
	size     int64
	wanted   settings.Settings
	known    known
	model    Model
}

func (c circumstances) equal(other circumstances) bool {
	return c.modified.Equal(other.modified) && c.size == other.size && c.known == other.known && c.model == other.model && reflect.DeepEqual(c.wanted, other.wanted)
}

// overview is what a pass over the workspace sees of the session.
type overview struct {
	folders []*folder
	editor  []settings.Layer // of the folders
	model   *meter           // nil while there is none, and when the server is paused
	changed chan struct{}    // closed when something has happened that may change what is found
	fedUp   bool             // the user had enough of it since
}

// overview asks the loop; ok is false when the session, or the request, has ended.
func (s *server) overview(ctx context.Context) (_ overview, ok bool) {
	ready := make(chan overview, 1)
	s.post(func() {
		o := overview{changed: s.changed, fedUp: s.fedUp == s.changed}
		for _, f := range s.folders {
			if f.Folder != nil {
				o.folders, o.editor = append(o.folders, f), append(o.editor, s.configuration.of(f.path))
			}
		}
		if s.model != nil && !s.paused {
			o.model = s.metered()
		}
		ready <- o
	})
	select {
	case o := <-ready:
		return o, true
	case <-ctx.Done():
		return overview{}, false
	}
}

// disturb has requests that wait for something new look again.
func (s *server) disturb() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// workspaceDiagnostic answers with what is new since the results that the editor names.
func (s *server) workspaceDiagnostic(p *protocol317.WorkspaceDiagnosticParams) (work, error) {
	previous := map[protocol.DocumentURI]string{}
	for _, result := range p.PreviousResultIDs {
		previous[result.URI] = result.Value
	}
	return func(ctx context.Context) (any, error) {
		answer := protocol317.WorkspaceDiagnosticReport{Items: []protocol317.WorkspaceFullDocumentDiagnosticReport{}}
		if !s.pulls() {
			return answer, nil
		}
		for {
			w := &workspacePass{s: s, previous: previous, ctx: ctx}
			if p.PartialResultToken != nil {
				w.send = func(report protocol317.WorkspaceFullDocumentDiagnosticReport) {
					part := protocol317.ProgressParams{Token: p.PartialResultToken, Value: protocol317.WorkspaceDiagnosticReport{Items: []protocol317.WorkspaceFullDocumentDiagnosticReport{report}}}
					s.post(func() {
						if ctx.Err() == nil { // else the request has its answer
							s.notify(protocol.MethodProgress, part)
						}
					})
				}
			} else {
				w.send = func(report protocol317.WorkspaceFullDocumentDiagnosticReport) {
					answer.Items = append(answer.Items, report)
				}
			}
			var ok bool
			if w.overview, ok = s.overview(ctx); !ok {
				return nil, context.Canceled
			}
			w.run()
			switch {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case w.sent || p.PartialResultToken == nil:
				return answer, nil
			}
			select {
			case <-w.changed:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}, nil
}

// workspacePass looks at every file of the workspace once. It runs in the request's goroutine.
type workspacePass struct {
	overview
	s        *server
	ctx      context.Context
	previous map[protocol.DocumentURI]string
	send     func(report protocol317.WorkspaceFullDocumentDiagnosticReport)
	sent     bool // something was new
	at       string
	shown    *progress // the loop's; nil while it has been quick

	projects  map[string]settings.Project // by root
	baselines map[string]known            // by file
	roots     map[string]string           // by directory
}

// run ends early when its context does, when the user has enough of it, and when the model fails.
func (w *workspacePass) run() {
	w.projects, w.baselines, w.roots = map[string]settings.Project{}, map[string]known{}, map[string]string{}
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	if w.model == nil || w.fedUp {
		return // what is known still holds
	}
	slow := time.AfterFunc(w.s.patience, func() {
		w.s.post(func() {
			if ctx.Err() == nil {
				w.shown = w.s.startProgress(workspaceToken, "checking the workspace", func() { w.s.fedUp = w.changed; cancel() })
			}
		})
	})
	defer w.s.post(func() { w.shown.end() })
	defer slow.Stop()
	defer cancel()

	type file struct {
		folder int
		path   string
	}
	var files []file
	for i, f := range w.folders {
		wanted := settings.Merge(w.editor[i])
		if !wanted.DiagnosticsWorkspace || !wanted.DiagnosticsEnable {
			continue
		}
		var list []string
		if !w.idly(ctx, func(ctx context.Context) (err error) { list, _, err = f.files(ctx, w.s.opts.Files); return err }) {
			return
		}
		for _, path := range list {
			files = append(files, file{i, path})
		}
	}
	w.s.remembered.bound(w.s, len(files))
	files = files[:min(len(files), maxWorkspaceFiles)]
	gone := maps.Clone(w.previous)
	for n, file := range files {
		name := uri.File(file.path)
		delete(gone, name)
		w.at = fmt.Sprintf("%d of %d files", n, len(files))
		if !w.file(ctx, file.folder, file.path, name) {
			return
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if none := nothingIn(name); w.s.isOpen(pathOf(name)) {
			w.send(none)
		} else {
			w.report(none)
		}
	}
}

func nothingIn(name protocol.DocumentURI) protocol317.WorkspaceFullDocumentDiagnosticReport {
	return protocol317.WorkspaceFullDocumentDiagnosticReport{URI: name, Kind: "full", Items: []protocol.Diagnostic{}}
}

func (w *workspacePass) report(report protocol317.WorkspaceFullDocumentDiagnosticReport) {
	w.sent = true
	w.send(report)
}

// idly does something when the session is idle, as often as it takes; false is a pass that is to end. A failure is the user's to know.
func (w *workspacePass) idly(ctx context.Context, do func(context.Context) error) bool {
	for {
		at := w.at
		w.s.post(func() {
			if w.shown != nil {
				w.shown.report(at)
			}
		})
		stopped, err := w.s.whenIdle(ctx, do)
		switch {
		case ctx.Err() != nil:
			return false
		case stopped:
			continue
		case err != nil:
			w.s.post(func() { w.s.complain(protocol317.StatusError, "checking the workspace: ", err) })
			return false
		}
		return true
	}
}

// file tells what is new of one file; false is a pass that is to end.
func (w *workspacePass) file(ctx context.Context, folder int, path string, name protocol.DocumentURI) bool {
	if w.s.isOpen(path) {
		// The editor asks for it by itself. Some keep what they had of it beside that, until they are told that there is nothing; it is no news that ends a request.
		if _, had := w.previous[name]; had {
			w.send(nothingIn(name))
		}
		return ctx.Err() == nil
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ctx.Err() == nil // gone by now
	}
	now := circumstances{modified: info.ModTime(), size: info.Size(), model: w.model.Model}
	var relative string
	now.wanted, now.known, relative = w.settings(folder, path)
	before, ok := w.s.remembered.get(path)
	if !ok || !before.equal(now) {
		before = remembered{circumstances: now, found: []protocol.Diagnostic{}}
		if now.wanted.Silence(treesitter.LanguageOf(path), relative, int(min(info.Size(), 1<<30))) == "" {
			if !w.idly(ctx, func(ctx context.Context) (err error) {
				before.found, err = w.check(ctx, folder, path, name, now)
				return err
			}) {
				return false
			}
		}
		before.id = w.s.digest(before.found)
		w.s.remembered.put(path, before)
	}
	previous, had := w.previous[name]
	switch {
	case had && previous == before.id, !had && len(before.found) == 0:
		return true // the editor has it
	case w.s.isOpen(path): // since
		return true
	}
	w.report(protocol317.WorkspaceFullDocumentDiagnosticReport{URI: name, Kind: "full", ResultID: before.id, Items: before.found})
	return true
}

// settings are those of a file, its project's over the editor's.
func (w *workspacePass) settings(folder int, path string) (wanted settings.Settings, k known, relative string) {
	directory := filepath.Dir(path)
	root, ok := w.roots[directory]
	if !ok {
		root = settings.FindRoot(directory)
		w.roots[directory] = root
	}
	var project settings.Project
	if root == "" {
		project.Root = w.folders[folder].path
	} else if project, ok = w.projects[root]; !ok {
		project = settings.ReadProject(root)
		w.projects[root] = project
		w.s.post(func() { w.s.complainOfSettings(project.File, project.Problems) })
	}
	wanted = settings.Merge(w.editor[folder], project.Layer)
	if file := baselineFile(project.Root, wanted); file != "" {
		if k, ok = w.baselines[file]; !ok {
			there, problems := settings.ReadBaseline(project.Root, wanted.DiagnosticsBaseline, w.s.remembered.baseline(file))
			k = known{file, there}
			w.baselines[file] = k
			w.s.post(func() { w.s.complainOfSettings(file, problems) })
		}
	}
	return wanted, k, project.Relative(path)
}

// check looks at one file.
func (w *workspacePass) check(ctx context.Context, folder int, path string, name protocol.DocumentURI, c circumstances) (found []protocol.Diagnostic, err error) {
	err = w.s.protect("checking the workspace", func() error {
		found = []protocol.Diagnostic{}
		text, err := os.ReadFile(path)
		if err != nil || len(text) > c.wanted.FilesMaxSize {
			return nil // gone by now, or grown
		}
		language := treesitter.LanguageOfText(path, text)
		if generated.By(text, language) {
			return nil
		}
		around, err := w.folders[folder].Around(ctx, path)
		if err != nil {
			return err
		}
		snap := w.s.newSnapshot(name, 0, language, text)
		found, err = w.s.examine(ctx, w.model, snap, c.wanted, c.known, suspect.Options{Around: around, Sensitivity: c.wanted.DiagnosticsSensitivity}, func() typeinfer.Options {
			return typeinfer.Options{Around: around, Origins: typeinfer.FromIndex(w.folders[folder].indexing.index.Load(), language, path)}
		})
		return err
	})
	return found, err
}

func (m *workspaceMemory) get(path string) (remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.files[path]
	return r, ok
}

func (m *workspaceMemory) put(path string, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil || len(m.files) >= 2*maxWorkspaceFiles { // of folders and files that are gone
		m.files = map[string]remembered{}
	}
	m.files[path] = r
}

// baseline returns what was last read from a file, if that is still remembered.
func (m *workspaceMemory) baseline(file string) *baseline.Baseline {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.files {
		if r.known.file == file {
			return r.known.Baseline
		}
	}
	return nil
}

// bound tells the log, once, of files that are too many.
func (m *workspaceMemory) bound(s *server, files int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if files > maxWorkspaceFiles && !m.told {
		m.told = true
		s.log.Info("not all files of the workspace are checked", zap.Int("files", files), zap.Int("checked", maxWorkspaceFiles))
	}
}
