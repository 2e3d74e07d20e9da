package lsp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// answering is what is kept of a completion's budget for stopping the model and sending the answer.
const answering = 10 * time.Millisecond

// worthwhile is how many budgets an answer may take that would be empty at the end of the first.
const worthwhile = 20

// completion offers what may stand at the cursor. It has a budget that begins when the request is read; at its end the candidates go out
// as far as they are ranked by then, marked as incomplete. Where there are none by then, since only the model knows what may stand there, it gets more time: an empty list is of
// no use, and not every editor asks again before the next key. The background checks stand aside meanwhile.
func (s *server) completion(p *protocol.CompletionParams) (work, error) {
	deadline := time.Now().Add(s.opts.CompletionBudget - answering)
	doc := s.documents[p.TextDocument.URI]
	if doc == nil || doc.language == "" || s.model == nil || s.paused || !doc.settings.Completes(doc.language, s.relative(doc), len(doc.text)) {
		// Incomplete while the model loads, so that the editor asks again.
		none := protocol317.CompletionList{Items: []protocol317.CompletionItem{}, IsIncomplete: !s.loading.over}
		return func(context.Context) (any, error) { return none, nil }, nil
	}
	s.standAside()
	snap, atMost, m := doc.snapshot, doc.settings.CompletionMaxItems, s.metered()
	around, elsewhere, types := s.around(snap), s.namesElsewhere(snap), s.typesAt(snap)
	details := s.client.TextDocument.Completion.CompletionItem.LabelDetailsSupport
	return func(ctx context.Context) (any, error) {
		began := time.Now()
		budget, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		offset := snap.mapper.positionOffset(p.Position)
		// A file that is parsed no sooner than the budget ends is parsed for the next request; this one has names near the cursor, as the text stands.
		last, cancel := context.WithDeadline(ctx, deadline.Add(answering))
		defer cancel()
		type offers struct {
			items   []complete.Item
			written writtenTypes
		}
		find := func(budget, last context.Context) (offers, error) {
			return heed(last, &s.workers, func() (found offers, err error) {
				if found.written, err = types(m, offset); err == nil {
					found.items, err = complete.Complete(budget, inTurn{m}, snap.file(), offset, complete.Options{Around: around(), Elsewhere: elsewhere, MaxItems: atMost + 1})
				}
				return found, err
			})
		}
		found, err := find(budget, last)
		if ctx.Err() == nil && last.Err() != nil && found.items == nil {
			found.items = complete.Near(snap.text, offset, atMost+1)
		}
		if ctx.Err() == nil && budget.Err() != nil && len(found.items) == 0 && len(found.written.list) == 0 {
			longer, cancel := context.WithDeadline(ctx, deadline.Add((worthwhile-1)*s.opts.CompletionBudget))
			defer cancel()
			budget, last = longer, longer
			found, err = find(budget, last)
		}
		items, written := found.items, found.written
		late := budget.Err() != nil || last.Err() != nil
		s.log.Debug("completion", zap.Int32("version", snap.version), zap.Int("items", len(items)), zap.Bool("late", late),
			zap.Duration("took", time.Since(began)), m.asked())
		if ctx.Err() != nil {
			return nil, context.Canceled
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			s.post(func() { s.complain(protocol317.StatusError, "completing: ", err) })
		}
		list := toCompletionList(snap, p.Position, items, atMost, details)
		list = s.typesBefore(list, snap, p.Position, written, atMost, details)
		list.IsIncomplete = list.IsIncomplete || late
		return list, nil
	}, nil
}

// inTurn asks its model one query after another, and answers those with nothing that its context leaves no time for. A completion asks first
// how the names in sight rank, which takes a forward pass or two, and then for names of the model's own, which takes several in a row:
// measured, 11 ms and 105 ms. In one batch a deadline during the second would cost the first as well.
type inTurn struct{ describing }

// describing is a model that says of itself what its bundle holds; meter makes one of any.
type describing interface {
	model.Predictor
	Info() model.Info
}

func (t inTurn) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	predictions := make([]model.Prediction, len(qs))
	for i := range qs {
		answers, err := t.describing.Predict(ctx, qs[i:i+1])
		if i > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			break
		}
		if err != nil {
			return nil, err
		}
		predictions[i] = answers[0]
	}
	return predictions, nil
}

// toCompletionList keeps the order of items whatever the editor sorts by, and replaces exactly what the feature wants replaced.
func toCompletionList(snap *snapshot, cursor protocol.Position, items []complete.Item, atMost int, details bool) protocol317.CompletionList {
	list := protocol317.CompletionList{Items: []protocol317.CompletionItem{}, IsIncomplete: len(items) > atMost}
	for rank, item := range items[:min(len(items), atMost)] {
		entry := protocol317.CompletionItem{CompletionItem: protocol.CompletionItem{
			Label:      item.Label,
			Kind:       completionKinds[item.Kind],
			SortText:   fmt.Sprintf("%04d", rank),
			FilterText: item.Label,
			TextEdit:   &protocol.TextEdit{Range: snap.mapper.spanRange(item.Span), NewText: item.Label},
			Data:       newOffered(snap.uri, cursor, item),
		}}
		if details {
			// Beside the offers of the language's own server it counts whose this one is.
			entry.LabelDetails = &protocol317.CompletionItemLabelDetails{Description: settings.Section + ": " + sourceWords[item.Source]}
		}
		list.Items = append(list.Items, entry)
	}
	return list
}

var completionKinds = map[treesitter.Kind]protocol.CompletionItemKind{
	treesitter.KindVariable:  protocol.CompletionItemKindVariable,
	treesitter.KindAttribute: protocol.CompletionItemKindField,
	treesitter.KindCall:      protocol.CompletionItemKindFunction,
	treesitter.KindParameter: protocol.CompletionItemKindVariable,
	treesitter.KindOperator:  protocol.CompletionItemKindOperator,
	treesitter.KindType:      protocol.CompletionItemKindClass,
	treesitter.KindKeyword:   protocol.CompletionItemKindKeyword,
	treesitter.KindLiteral:   protocol.CompletionItemKindValue,
}
