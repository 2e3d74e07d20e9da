package lsp

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// Where a type is being written, whole types are offered before the names that could begin one. They are ranked without the model, in milliseconds. What a type needs imported is written
// when the item is accepted: an editor that asks for that then gets it by completionItem/resolve, another one with the item.

// fromTypes is the source of a whole type.
const fromTypes = "type"

// writtenTypes are types that may be written at a cursor, and what they replace.
type writtenTypes struct {
	list []typeinfer.Candidate
	span treesitter.Span
}

// typesAt returns what lists the types that may be written at an offset of a document; none where no type is written.
func (s *server) typesAt(snap *snapshot) func(m *meter, offset int) (writtenTypes, error) {
	options := s.typeOptions(snap)
	return func(m *meter, offset int) (w writtenTypes, err error) {
		if !mayBeType(snap, offset) {
			return w, nil
		}
		w.list, w.span, _, err = typeinfer.At(m, snap.file(), offset, options())
		return w, err
	}
}

// mayBeType tells, without a parse, where no type begins: at all other keys a completion need not pay for one.
func mayBeType(snap *snapshot, offset int) bool {
	at := offset
	for at > 0 && names.IsNameByte(snap.text[at-1]) {
		at--
	}
	for at > 0 && (snap.text[at-1] == ' ' || snap.text[at-1] == '\t') {
		at--
	}
	if at == 0 {
		return false
	}
	switch before := snap.text[at-1]; snap.language {
	case "python", "typescript", "tsx", "rust":
		line := snap.text[bytes.LastIndexByte(snap.text[:at], '\n')+1 : at]
		return before == ':' || before == '>' || bytes.IndexByte([]byte("[<,|"), before) >= 0 && typeinfer.MayBePart(string(line))
	default:
		return before != '.'
	}
}

// typesBefore puts types before the other items of a list.
func (s *server) typesBefore(list protocol317.CompletionList, snap *snapshot, cursor protocol.Position, written writtenTypes, atMost int, details bool) protocol317.CompletionList {
	if len(written.list) == 0 {
		return list
	}
	later := s.client.TextDocument.Completion.CompletionItem.ResolveSupport.Asks("additionalTextEdits")
	var items []protocol317.CompletionItem
	for _, c := range written.list {
		if len(items) == atMost {
			break
		}
		logProb := math.Log(c.Probability)
		item := protocol317.CompletionItem{CompletionItem: protocol.CompletionItem{
			Label: c.Type, Kind: protocol.CompletionItemKindClass, FilterText: c.Type, TextEdit: &protocol.TextEdit{Range: snap.mapper.spanRange(written.span), NewText: c.Type},
			Data: offered{URI: snap.uri, Position: cursor, Source: fromTypes, LogProb: &logProb, Imports: c.Imports},
		}}
		if details {
			item.LabelDetails = &protocol317.CompletionItemLabelDetails{Description: settings.Section + ": " + sourceWords[fromTypes]}
			if len(c.Imports) > 0 {
				item.LabelDetails.Description = settings.Section + ": from " + c.Imports[0].Module
			}
		}
		if !later && len(c.Imports) > 0 {
			item.AdditionalTextEdits = textEdits(snap, typeinfer.ImportEdits(snap.file(), c.Imports))
		}
		items = append(items, item)
	}
	for _, item := range list.Items {
		if !slices.ContainsFunc(items, func(other protocol317.CompletionItem) bool { return other.Label == item.Label }) {
			items = append(items, item)
		}
	}
	incomplete := list.IsIncomplete || len(items) > atMost || len(written.list) > atMost
	items = items[:min(len(items), atMost)]
	for rank := range items {
		items[rank].SortText = fmt.Sprintf("%04d", rank)
	}
	return protocol317.CompletionList{Items: items, IsIncomplete: incomplete}
}
