package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
)

// An editor that can ask for diagnostics is asked by none: nothing is published to it, and only documents that it asks about are checked. Its requests wait for the pass over
// the version that they were read at; an edit that comes before its end answers them with ServerCancelled, which says to ask again. What makes
// diagnostics change without an edit (a model that is there now, other settings) is told by workspace/diagnostic/refresh. To an editor that cannot be told so (Neovim 0.10) they are
// published, since it would show the old ones until the next edit.
//
// Result ids are digests of what was found, positions included. So "unchanged" needs no memory of what any id stood for.

// pulled is the answer to a request for diagnostics: what was found, or why nothing can be said.
type pulled struct {
	found []protocol.Diagnostic
	err   error
}

// pulls reports whether the editor asks for diagnostics, and asks again when it is told to.
func (s *server) pulls() bool {
	return s.client.TextDocument.Diagnostic != nil && s.client.Workspace.Diagnostics.RefreshSupport
}

// errOutdated says to ask again: the text is another by now.
var errOutdated = func() error {
	data := json.RawMessage(`{"retriggerRequest":true}`)
	return &jsonrpc2.Error{Code: protocol317.CodeServerCancelled, Message: "the document has changed", Data: &data}
}()

// documentDiagnostic answers from the last pass over the document, or waits for the next one.
func (s *server) documentDiagnostic(p *protocol317.DocumentDiagnosticParams) (work, error) {
	doc := s.documents[p.TextDocument.URI]
	answer := make(chan pulled, 1)
	switch {
	case doc == nil || s.paused || !doc.settings.DiagnosticsEnable || !s.pulls() || s.model == nil && s.loading.over:
		answer <- pulled{found: []protocol.Diagnostic{}}
	case !doc.check.stale && s.model != nil:
		answer <- pulled{found: doc.check.found}
	default:
		doc.check.waiting = append(doc.check.waiting, answer)
		s.schedule()
	}
	return func(ctx context.Context) (any, error) {
		select {
		case got := <-answer:
			if got.err != nil {
				return nil, got.err
			}
			return s.report(got.found, p.PreviousResultID), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}, nil
}

// report is the whole of what was found, unless it is what the editor has.
func (s *server) report(found []protocol.Diagnostic, previous string) any {
	id := s.digest(found)
	if id == previous {
		return protocol317.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id}
	}
	return protocol317.FullDocumentDiagnosticReport{Kind: "full", ResultID: id, Items: found}
}

// digest is the result id of diagnostics.
func (s *server) digest(found []protocol.Diagnostic) string {
	digest := fnv.New64a()
	_, _ = digest.Write(s.marshal(found)) // which a hash never refuses
	return fmt.Sprintf("%016x", digest.Sum64())
}

// answerPulls answers who waits for the diagnostics of a document.
func (doc *document) answerPulls(answer pulled) {
	for _, waiting := range doc.check.waiting {
		waiting <- answer
	}
	doc.check.waiting = nil
}

// refreshDiagnostics tells an editor that asks for diagnostics to do so again.
func (s *server) refreshDiagnostics() {
	if s.pulls() {
		s.refresh(protocol317.MethodDiagnosticRefresh)
	}
}
