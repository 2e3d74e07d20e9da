package lsp

import (
	"encoding/json"
	"slices"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
)

// codeAction offers to replace what a diagnostic points at. It works from what the editor sends back with the diagnostic; a place where
// something else stands by now gets no offer.
func (s *server) codeAction(p *protocol317.CodeActionParams) (any, error) {
	actions := []protocol317.CodeAction{}
	doc := s.documents[p.TextDocument.URI]
	if only := p.Context.Only; doc == nil || len(only) > 0 && !slices.Contains(only, protocol.QuickFix) {
		return actions, nil
	}
	for _, diagnostic := range p.Context.Diagnostics {
		var data replacement
		if diagnostic.Source != settings.Section || json.Unmarshal(diagnostic.Data, &data) != nil {
			continue
		}
		span := doc.mapper.rangeSpan(diagnostic.Range)
		if string(doc.text[span.Start:span.End]) != data.Found {
			continue
		}
		for _, text := range data.Texts {
			actions = append(actions, protocol317.CodeAction{
				Title:       "Replace with `" + text + "`",
				Kind:        protocol.QuickFix,
				Diagnostics: []protocol317.Diagnostic{diagnostic},
				IsPreferred: len(data.Texts) == 1,
				Edit:        s.edit(doc.snapshot, protocol.TextEdit{Range: doc.mapper.spanRange(span), NewText: text}),
			})
		}
	}
	return actions, nil
}

// edit is an edit of one document; of this very version of it, where the editor can tell versions apart.
func (s *server) edit(snap *snapshot, edits ...protocol.TextEdit) *protocol.WorkspaceEdit {
	if !s.client.Workspace.WorkspaceEdit.DocumentChanges {
		return &protocol.WorkspaceEdit{Changes: map[protocol.DocumentURI][]protocol.TextEdit{snap.uri: edits}}
	}
	return &protocol.WorkspaceEdit{DocumentChanges: []protocol.TextDocumentEdit{{
		TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: snap.uri},
			Version:                &snap.version,
		},
		Edits: edits,
	}}}
}
