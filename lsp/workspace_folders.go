package lsp

import (
	"slices"

	"go.lsp.dev/protocol"
)

// didChangeWorkspaceFolders takes folders that the editor opens and closes in the session. Documents keep what their project's file says, and have the editor's settings of the folder
// that they are in now.
func (s *server) didChangeWorkspaceFolders(p *protocol.DidChangeWorkspaceFoldersParams) error {
	for _, gone := range p.Event.Removed {
		path := pathOf(protocol.DocumentURI(gone.URI))
		s.folders = slices.DeleteFunc(s.folders, func(f *folder) bool {
			if f.path != path {
				return false
			}
			for running := range f.surveys {
				running.cancel()
			}
			f.stopIndexing()
			return true
		})
	}
	for _, added := range p.Event.Added {
		s.addFolder(added.URI)
	}
	s.indexAll()
	s.pullConfiguration()
	s.disturb()
	s.settle()
	for _, doc := range s.documents {
		s.survey(doc)
	}
	return nil
}
