package lsp

import (
	"cmp"
	"context"
	"encoding/json"
	"path/filepath"
	"reflect"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/internal/generated"
	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
)

// A document's settings are two layers over the defaults. The editor's comes by three ways, the later over the earlier as a whole: initializationOptions; the answer to our
// workspace/configuration, which is asked for each workspace folder; and what an editor that cannot be asked pushes by didChangeConfiguration. The project's is the file in the
// root of the project that the document is in. It is found and read off the loop when the document is opened, and again when the editor, or the saving of such a
// file, says that one has changed. With it the project's baseline is read. A document is not checked before both were looked for.

// configuration is what the editor set.
type configuration struct {
	general settings.Layer
	folders map[string]settings.Layer // by folder's path, where the editor was asked
	last    json.RawMessage           // what general was read from
}

// of returns the editor's layer for a folder, "" for none.
func (c *configuration) of(folder string) settings.Layer {
	if layer, ok := c.folders[folder]; ok {
		return layer
	}
	return c.general
}

// watchConfiguration asks for the settings, and to be told of changes to them and to projects' files, where the editor can do that.
func (s *server) watchConfiguration() {
	var registrations []protocol.Registration
	if s.client.Workspace.DidChangeConfiguration.DynamicRegistration {
		registrations = append(registrations, protocol.Registration{
			ID: "configuration", Method: protocol.MethodWorkspaceDidChangeConfiguration,
			RegisterOptions: map[string]string{"section": settings.Section},
		})
	}
	if s.client.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		registrations = append(registrations, watcher("projects", "**/"+settings.FileName, "**/"+baseline.FileName))
	}
	if len(registrations) > 0 {
		s.register("asking to be told of changed settings", registrations...)
	}
	s.pullConfiguration()
}

// watcher registers for changes of the files that globs name.
func watcher(id string, globs ...string) protocol.Registration {
	var watchers []protocol.FileSystemWatcher
	for _, glob := range globs {
		watchers = append(watchers, protocol.FileSystemWatcher{GlobPattern: glob})
	}
	return protocol.Registration{
		ID: id, Method: protocol.MethodWorkspaceDidChangeWatchedFiles, RegisterOptions: protocol.DidChangeWatchedFilesRegistrationOptions{Watchers: watchers},
	}
}

// register tells the editor of what the server can do besides, or wants to be told of. The log is told, in the words of what, if the editor refuses.
func (s *server) register(what string, registrations ...protocol.Registration) {
	s.ask(protocol.MethodClientRegisterCapability, protocol.RegistrationParams{Registrations: registrations}, func(_ json.RawMessage, err error) {
		if err != nil {
			s.log.Warn(what, zap.Error(err))
		}
	})
}

// pullConfiguration asks for the settings, in general and of each folder; null as an answer means that there are none.
func (s *server) pullConfiguration() {
	if !s.client.Workspace.Configuration {
		return
	}
	items := []protocol.ConfigurationItem{{Section: settings.Section}}
	var paths []string
	for _, f := range s.folders {
		items = append(items, protocol.ConfigurationItem{Section: settings.Section, ScopeURI: f.uri})
		paths = append(paths, f.path)
	}
	s.ask(protocol.MethodWorkspaceConfiguration, protocol.ConfigurationParams{Items: items}, func(result json.RawMessage, err error) {
		var values []json.RawMessage
		if err == nil {
			err = json.Unmarshal(result, &values)
		}
		if err != nil {
			s.log.Warn("asking for the settings", zap.Error(err))
			return
		}
		folders := map[string]json.RawMessage{}
		for i, path := range paths {
			if i+1 < len(values) {
				folders[path] = values[i+1]
			}
		}
		general := s.configuration.last
		if len(values) > 0 && string(values[0]) != "null" {
			general = values[0]
		}
		s.configure(general, folders)
	})
}

func (s *server) didChangeConfiguration(p *protocol317.DidChangeConfigurationParams) error {
	if s.client.Workspace.Configuration {
		s.pullConfiguration()
		return nil
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(p.Settings, &sections); err != nil {
		return err
	}
	if own, ok := sections[settings.Section]; ok {
		s.configure(own, nil)
	}
	return nil
}

// configure takes new settings of the editor. A folder for which it has null has the general ones.
func (s *server) configure(general json.RawMessage, folders map[string]json.RawMessage) {
	c := configuration{folders: map[string]settings.Layer{}, last: general}
	layer, problems := settings.ReadClient(general)
	c.general = layer
	for path, raw := range folders {
		if string(raw) == "null" {
			continue
		}
		layer, more := settings.ReadClient(raw)
		c.folders[path] = layer
		if string(raw) != string(general) { // else all has been said
			problems = append(problems, more...)
		}
	}
	s.complainOfSettings(settings.Client, problems)
	s.configuration = c
	s.offerWorkspace()
	s.disturb()
	s.settle()
}

// complainOfSettings shows what is wrong with the settings of one source in one message, and not again until something else is.
func (s *server) complainOfSettings(source string, problems []settings.Problem) {
	complaint := settings.Complaint(problems)
	if complaint == s.problems[source] {
		return
	}
	s.problems[source] = complaint
	if complaint != "" {
		s.showMessage(protocol.MessageTypeWarning, "mlm-lsp: "+complaint)
	}
}

// settle gives every document the settings that hold for it now, and has those checked again whose settings, or baseline, are others.
func (s *server) settle() {
	for _, f := range s.folders {
		layer := s.configuration.of(f.path)
		if before := f.editor.Swap(&layer); before != nil && !reflect.DeepEqual(*before, layer) && !f.indexing.last.IsZero() {
			s.reindex(f, s.settling) // other files may be listed now
		}
	}
	outdated := false
	var elsewhere []*document // those whose baseline is another file now
	for _, doc := range s.documents {
		outdated = s.settleOne(doc) || doc.unsettled || outdated
		doc.unsettled = false
		if doc.located && baselineFile(s.rootOf(doc), doc.settings) != doc.known.file {
			elsewhere = append(elsewhere, doc)
		}
	}
	if len(elsewhere) > 0 {
		s.locate(elsewhere...)
	}
	if outdated {
		s.refreshDiagnostics()
		s.refreshHints()
		s.schedule()
	}
}

func (s *server) settleOne(doc *document) (changed bool) {
	now := settings.Merge(s.editorLayer(doc.uri), doc.project.Layer)
	if reflect.DeepEqual(now, doc.settings) {
		return false
	}
	doc.settings = now
	s.outdate(doc)
	return true
}

// editorLayer is what the editor sets for a document.
func (s *server) editorLayer(name protocol.DocumentURI) settings.Layer {
	if f := s.folderOf(pathOf(name)); f != nil {
		return s.configuration.of(f.path)
	}
	return s.configuration.of("")
}

// address is where a document's project is looked for, and what was known of it.
type address struct {
	path   string // of the document
	folder string // that it is in; "" for none
	editor settings.Layer
}

// found is what there is of the project of a document.
type found struct {
	project  settings.Project
	known    known
	problems []settings.Problem // of the baseline
}

// locate finds the projects of documents and reads their files, off the loop.
func (s *server) locate(documents ...*document) {
	places := map[protocol.DocumentURI]address{}
	there := map[string]*baseline.Baseline{} // by file: one that has not changed stays what it is
	s.lastLocated++
	turn := s.lastLocated
	for _, doc := range documents {
		doc.locating, doc.located = turn, false
		p := address{path: pathOf(doc.uri), editor: s.editorLayer(doc.uri)}
		if f := s.folderOf(p.path); f != nil {
			p.folder = f.path
		}
		places[doc.uri] = p
	}
	for _, doc := range s.documents {
		there[doc.known.file] = doc.known.Baseline
	}
	s.spawn(func(context.Context) {
		all := map[protocol.DocumentURI]found{}
		projects, baselines := map[string]settings.Project{}, map[string]found{} // by root, and by file
		err := s.protect("looking for projects", func() error {
			for name, p := range places {
				var at found
				if p.path != "" {
					at.project.Root = settings.FindRoot(filepath.Dir(p.path))
				}
				if root := at.project.Root; root != "" {
					if _, ok := projects[root]; !ok {
						projects[root] = settings.ReadProject(root)
					}
					at.project = projects[root]
				}
				wanted := settings.Merge(p.editor, at.project.Layer)
				root := cmp.Or(at.project.Root, p.folder)
				if file := baselineFile(root, wanted); file != "" {
					b, ok := baselines[file]
					if !ok {
						b.known.file = file
						b.known.Baseline, b.problems = settings.ReadBaseline(root, wanted.DiagnosticsBaseline, there[file])
						baselines[file] = b
					}
					at.known, at.problems = b.known, b.problems
				}
				all[name] = at
			}
			return nil
		})
		if err != nil {
			s.log.Warn("looking for projects", zap.Error(err))
		}
		s.post(func() {
			for name := range places {
				s.located(turn, name, all[name])
			}
			s.settle()
			s.schedule() // documents may have waited for this alone
		})
	})
}

// located takes what was found of a document's project, unless it was looked for again since.
func (s *server) located(turn int, name protocol.DocumentURI, at found) {
	doc := s.documents[name]
	if doc == nil || doc.locating != turn {
		return
	}
	doc.project, doc.located = at.project, true
	if at.project.Root != "" {
		s.complainOfSettings(at.project.File, at.project.Problems)
	}
	if at.known.Baseline != doc.known.Baseline {
		s.outdate(doc)
		doc.unsettled = true
	}
	if doc.known = at.known; doc.known.file != "" {
		s.complainOfSettings(doc.known.file, at.problems)
		s.watchBaseline(settings.Merge(s.editorLayer(name), at.project.Layer).DiagnosticsBaseline)
	}
}

// didChangeWatchedFiles is told of sources (indexing.go), and of projects' files and baselines. A new one of those may be the root of documents that had another, so all are looked for
// again, and the project's file says what is listed.
func (s *server) didChangeWatchedFiles(p *protocol.DidChangeWatchedFilesParams) error {
	s.filesChanged(p.Changes)
	s.disturb()
	for _, change := range p.Changes {
		if change != nil && s.settles(protocol.DocumentURI(change.URI)) {
			s.locateAll()
			break
		}
	}
	return nil
}

func (s *server) locateAll() {
	var all []*document
	for _, doc := range s.documents {
		all = append(all, doc)
	}
	s.locate(all...)
}

// relative returns the slash-separated path of a document below its project's root, or else below its workspace folder, "" for one in neither.
func (s *server) relative(doc *document) string {
	return settings.Project{Root: s.rootOf(doc)}.Relative(pathOf(doc.uri))
}

// rootOf returns the root of a document's project, or else its workspace folder, "" for one in neither.
func (s *server) rootOf(doc *document) string {
	if f := s.folderOf(pathOf(doc.uri)); doc.project.Root == "" && f != nil {
		return f.path
	}
	return doc.project.Root
}

// silence says why nothing is reported in a document, "" for one that is to be checked.
func (s *server) silence(doc *document) string {
	if reason := doc.settings.Silence(doc.language, s.relative(doc), len(doc.text)); reason != "" {
		return reason
	}
	if generated.By(doc.text, doc.language) {
		return "generated, as its first lines say"
	}
	return ""
}
