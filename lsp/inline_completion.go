package lsp

import (
	"context"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/inline"
	"mlm-lsp/lsp/protocol318"
)

// inlineCompletion offers the rest of an expression, or nothing. It takes longer than a completion, so what the editor asks for by itself waits until the user pauses: the next key's request ends
// it before the model is asked, and a menu of completions, asked for at the same time, is there first. Who asks by a key is answered at once.
func (s *server) inlineCompletion(p *protocol318.InlineCompletionParams) (work, error) {
	doc := s.documents[p.TextDocument.URI]
	if doc == nil || doc.language == "" || s.model == nil || s.paused || !doc.settings.Completes(doc.language, s.relative(doc), len(doc.text)) {
		return func(context.Context) (any, error) { return inlineList(), nil }, nil
	}
	invoked := p.Context.TriggerKind == protocol318.InlineCompletionInvoked
	if !invoked && !doc.settings.CompletionInline {
		return func(context.Context) (any, error) { return inlineList(), nil }, nil
	}
	s.standAside()
	snap, m, around := doc.snapshot, s.metered(), s.around(doc.snapshot)
	pause := s.opts.InlineDelay
	if invoked {
		pause = 0
	}
	return func(ctx context.Context) (any, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
		began := time.Now()
		asked, offset, replaced, selected := snap, snap.mapper.positionOffset(p.Position), protocol.Range{}, p.Context.SelectedCompletionInfo
		if selected != nil {
			// The menu shows an item as if it were there. What is offered must go on from that.
			span := snap.mapper.rangeSpan(selected.Range)
			text := slices.Concat(snap.text[:span.Start], []byte(selected.Text), snap.text[span.End:])
			asked, offset = s.newSnapshot(snap.uri, snap.version, snap.language, text), span.Start+len(selected.Text)
		}
		item, err := inline.Complete(ctx, m, asked.file(), offset, inline.Options{Around: around(), Table: s.inlineTable})
		s.log.Debug("inline completion", zap.Int32("version", snap.version), zap.Bool("shown", item != nil), zap.Duration("took", time.Since(began)), m.asked())
		if err != nil || item == nil {
			return inlineList(), err
		}
		text := item.Text
		if replaced = snap.mapper.spanRange(item.Span); selected != nil {
			text, replaced = selected.Text+item.Text[item.Span.Len():], selected.Range
		}
		return inlineList(protocol318.InlineCompletionItem{InsertText: text, FilterText: text, Range: replaced}), nil
	}, nil
}

// inlineList never holds nil, which would be sent as null.
func inlineList(items ...protocol318.InlineCompletionItem) protocol318.InlineCompletionList {
	return protocol318.InlineCompletionList{Items: append([]protocol318.InlineCompletionItem{}, items...)}
}
