package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
)

// document is an open document, owned by the dispatch loop.
type document struct {
	*snapshot           // the newest one
	check     diagnosis // what is known of its diagnostics
	types     typing    // what is known of the types that it may be annotated with

	over    context.Context         // of the work on the newest version that is of no use for another; nil for none
	outdate context.CancelCauseFunc // ends it

	settings  settings.Settings
	project   settings.Project // none until it is located
	known     known            // likewise
	located   bool
	locating  int  // the turn in which its project is looked for
	unsettled bool // its baseline is another since it was settled
	reading   int  // how many surveys of what is around it run
}

// didOpen takes over the text from the disk's; a second didOpen of the same document replaces the first.
func (s *server) didOpen(p *protocol.DidOpenTextDocumentParams) error {
	item := p.TextDocument
	doc := s.documents[item.URI]
	if doc == nil {
		doc = &document{}
		s.documents[item.URI] = doc
	}
	doc.snapshot = s.newSnapshot(item.URI, item.Version, languageOf(item.LanguageID, item.URI), []byte(item.Text))
	s.settleOne(doc)
	s.disturb() // its file is none of the workspace's any more
	s.touched(doc, 0)
	s.locate(doc)
	s.opened(doc)
	s.survey(doc)
	return nil
}

func (s *server) didChange(p *protocol317.DidChangeTextDocumentParams) error {
	doc := s.documents[p.TextDocument.URI]
	if doc == nil {
		return fmt.Errorf("changing %s: it is not open", p.TextDocument.URI)
	}
	text := doc.text
	for _, change := range p.ContentChanges {
		text = applyChange(text, change, s.encoding)
	}
	doc.snapshot = s.newSnapshot(doc.uri, p.TextDocument.Version, doc.language, text)
	s.touched(doc, s.opts.DiagnosticsDelay)
	return nil
}

// applyChange returns a new text; the old one stays as it is, since snapshots share it.
func applyChange(text []byte, change protocol317.TextDocumentContentChangeEvent, encoding protocol317.PositionEncodingKind) []byte {
	if change.Range == nil {
		return []byte(change.Text)
	}
	span := newMapper(text, encoding).rangeSpan(*change.Range)
	changed := make([]byte, 0, len(text)-(span.End-span.Start)+len(change.Text))
	changed = append(changed, text[:span.Start]...)
	changed = append(changed, change.Text...)
	return append(changed, text[span.End:]...)
}

// didSave changes nothing but the patience: who saves wants to see what is wrong.
func (s *server) didSave(p *protocol.DidSaveTextDocumentParams) error {
	doc := s.documents[p.TextDocument.URI]
	if doc == nil {
		return fmt.Errorf("saving %s: it is not open", p.TextDocument.URI)
	}
	if s.settles(doc.uri) {
		s.locateAll() // not every editor watches files
	}
	s.disturb()
	s.hurry(doc)
	if f := s.folderOf(pathOf(doc.uri)); f != nil {
		s.lookOver(f)
	}
	snap, update := doc.snapshot, s.updated(doc.snapshot)
	s.spawn(func(context.Context) {
		err := s.protect("reading a saved document", func() error { update(snap.file()); return nil })
		if err != nil {
			s.log.Warn("reading a saved document", zap.Error(err))
		}
	})
	return nil
}

func (s *server) didClose(p *protocol.DidCloseTextDocumentParams) error {
	doc := s.documents[p.TextDocument.URI]
	if doc == nil {
		return fmt.Errorf("closing %s: it is not open", p.TextDocument.URI)
	}
	delete(s.documents, doc.uri)
	s.closed(doc)
	s.disturb() // whose file is one of the workspace's again
	doc.retype(nil)
	doc.replaced()
	s.clear(doc)
	return nil
}
