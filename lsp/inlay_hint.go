package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/typeinfer"
)

// A request for hints waits until the types in its range are known (types.go). An editor that can be told to ask again is answered after a while with what there is, and told when there
// is more. An edit answers who waits with ContentModified: whatever was found has its place in a text that the editor no longer has.

// longestHint is how many characters of a type are shown; the rest is in the tooltip.
const longestHint = 30

// hinting is how long a request for hints may wait where the editor can be told to ask again.
const hinting = time.Second

// errModified answers a request about a text that is another by now. Editors ask again by themselves.
var errModified = jsonrpc2.NewError(protocol317.CodeContentModified, "the document has changed")

// inlayHint shows the types that are sure enough where none are written.
func (s *server) inlayHint(p *protocol317.InlayHintParams) (work, error) {
	s.hinted = true
	doc := s.documents[p.TextDocument.URI]
	none := func(context.Context) (any, error) { return []protocol317.InlayHint{}, nil }
	if doc == nil {
		return none, nil
	}
	snap, wanted := doc.snapshot, doc.settings
	call := &hintsCall{span: snap.mapper.rangeSpan(p.Range), answer: make(chan hinted, 1)}
	doc.types.waiting = append(doc.types.waiting, call)
	s.answerHints(doc)
	if len(call.answer) == 0 {
		s.list(doc)
		if s.refreshesHints() {
			s.whenLate(snap.uri, call)
		}
	}
	s.schedule()
	later := s.client.TextDocument.InlayHint != nil && s.client.TextDocument.InlayHint.ResolveSupport.Asks("tooltip", "textEdits")
	return func(ctx context.Context) (any, error) {
		select {
		case got := <-call.answer:
			if got.err != nil {
				return nil, got.err
			}
			hints := []protocol317.InlayHint{}
			for _, b := range got.sites {
				if b.Shown && within(b.At, call.span) && shows(wanted, b.Kind) {
					hints = append(hints, s.hint(snap, &b.Suggestion, later))
				}
			}
			return hints, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}, nil
}

// shows tells whether hints of a kind are wanted.
func shows(wanted settings.Settings, kind string) bool {
	switch kind {
	case typeinfer.Parameter:
		return wanted.TypesParameters
	case typeinfer.Return:
		return wanted.TypesReturns
	case typeinfer.Variable:
		return wanted.TypesVariables
	case typeinfer.Field:
		return wanted.TypesFields
	}
	return false
}

// hintData travels with a hint to the editor and back, so that resolving it needs no memory of what was shown.
type hintData struct {
	URI     protocol.DocumentURI `json:"uri"`
	Version int32                `json:"version"`
	At      int                  `json:"at"` // of the site, with the kind
	Kind    string               `json:"kind"`
}

// hint shows the first candidate of a site.
func (s *server) hint(snap *snapshot, suggestion *typeinfer.Suggestion, later bool) protocol317.InlayHint {
	label := suggestion.Lead + oneLine(suggestion.Candidates[0].Type)
	trimmed := strings.TrimLeft(label, " ")
	h := protocol317.InlayHint{
		Position: snap.mapper.offsetPosition(suggestion.At), Label: cut(trimmed, longestHint), Kind: protocol317.InlayHintType, PaddingLeft: len(trimmed) < len(label),
		PaddingRight: bytes.HasPrefix(snap.text[suggestion.At:], []byte("=")),
	}
	if later {
		h.Data = s.marshal(hintData{snap.uri, snap.version, suggestion.At, suggestion.Kind})
		return h
	}
	s.resolve(snap, suggestion, &h)
	return h
}

// resolve adds what is seen of a hint when somebody points at it, or takes it.
func (s *server) resolve(snap *snapshot, suggestion *typeinfer.Suggestion, h *protocol317.InlayHint) {
	h.Tooltip = &protocol.MarkupContent{Kind: protocol.Markdown, Value: typesText(suggestion, true)}
	h.TextEdits = textEdits(snap, typeinfer.Edits(snap.file(), []typeinfer.Pick{{Site: suggestion.Site, Candidate: suggestion.Candidates[0]}}))
}

// resolveInlayHint adds tooltip and edits to a hint. One of another version of the text gets none: its edits would hit something else.
func (s *server) resolveInlayHint(h *protocol317.InlayHint) (work, error) {
	var data hintData
	same := func(context.Context) (any, error) { return h, nil }
	if json.Unmarshal(h.Data, &data) != nil || s.documents[data.URI] == nil {
		return same, nil
	}
	doc := s.documents[data.URI]
	if doc.version != data.Version {
		return nil, errModified
	}
	snap, sites := doc.snapshot, doc.knownSites()
	return func(context.Context) (any, error) {
		for _, b := range sites {
			if b.At == data.At && b.Kind == data.Kind && len(b.Candidates) > 0 {
				s.resolve(snap, &b.Suggestion, h)
			}
		}
		return h, nil
	}, nil
}

// refreshesHints reports whether the editor can be told to ask for hints again.
func (s *server) refreshesHints() bool {
	return s.client.TextDocument.InlayHint != nil && s.client.Workspace.InlayHint.RefreshSupport
}

// refreshHints tells an editor that has asked for hints to do so again.
func (s *server) refreshHints() {
	if s.hinted && s.refreshesHints() {
		s.refresh(protocol317.MethodInlayHintRefresh)
	}
}

// textEdits are the edits of package typeinfer in the editor's positions.
func textEdits(snap *snapshot, edits []typeinfer.Edit) []protocol.TextEdit {
	list := []protocol.TextEdit{}
	for _, e := range edits {
		list = append(list, protocol.TextEdit{Range: snap.mapper.spanRange(e.Span), NewText: e.Text})
	}
	return list
}

// typesText words what a site may be annotated with.
func typesText(suggestion *typeinfer.Suggestion, markdown bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Likely types of %s:\n\n", siteWords(suggestion, markdown))
	for _, c := range suggestion.Candidates {
		fmt.Fprintf(&b, "- %s %s", code(c.Type, false, markdown), share(c.Probability))
		if len(c.Evidence) > 0 {
			b.WriteString(": " + evidenceText(c.Evidence, markdown))
		}
		for i, in := range c.Imports {
			if i == 0 {
				b.WriteString(" (imported from ")
			} else {
				b.WriteString(", ")
			}
			b.WriteString(code(in.Module, false, markdown))
			if i == len(c.Imports)-1 {
				b.WriteString(")")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// siteWords names a site.
func siteWords(suggestion *typeinfer.Suggestion, markdown bool) string {
	name := code(suggestion.Symbol, false, markdown)
	if suggestion.Kind == typeinfer.Return {
		return "the result of " + name
	}
	return name
}

func share(probability float64) string { return fmt.Sprintf("%.0f%%", 100*probability) }

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
