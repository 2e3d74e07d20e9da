package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/heat"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/treesitter"
)

// surprise answers with the tokens of a document, or of a part of it and a little around that, and how much each surprises, in the numbers of its heat map. A text that is edited meanwhile is answered with ContentModified.
func (s *server) surprise(raw []json.RawMessage) (work, error) {
	var name protocol.DocumentURI
	var part *protocol.Range
	into := []any{&name, &part}
	if len(raw) < len(into) {
		into = into[:1]
	}
	if err := arguments(raw, into...); err != nil {
		return nil, err
	}
	doc, err := s.askedAbout(name)
	if err != nil {
		return nil, err
	}
	snap, m, span := doc.snapshot, s.metered(), treesitter.Span{End: len(doc.text)}
	if part != nil {
		span = doc.mapper.rangeSpan(*part)
	}
	s.lastDrawn++
	token := fmt.Sprintf("%s%d", drawingToken, s.lastDrawn)
	outdated := doc.forThisVersion()
	return func(ctx context.Context) (any, error) {
		var tokens []heat.Token
		err := s.whileShown(ctx, token, "drawing the heat map of "+titleOf(name), func(ctx context.Context) error {
			return outdated(ctx, func(ctx context.Context) (err error) {
				tokens, err = heat.Tokens(ctx, m, snap.file(), span)
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		result := protocol317.Surprise{Version: snap.version, Legend: heat.Legend(), Tokens: make([]protocol317.SurprisingToken, len(tokens))}
		for i, t := range tokens {
			result.Tokens[i] = protocol317.SurprisingToken{Range: snap.mapper.spanRange(t.Span), Bits: math.Round(t.Bits*100) / 100, Level: t.Level, Text: t.Text}
		}
		return result, nil
	}, nil
}

// titleOf is what a document is called to its user.
func titleOf(name protocol.DocumentURI) string {
	if path := pathOf(name); path != "" {
		return filepath.Base(path)
	}
	return filepath.Base(string(name))
}

// forThisVersion returns what runs work that is of no use once the document is another: it ends then, with errModified.
func (d *document) forThisVersion() func(ctx context.Context, do func(context.Context) error) error {
	if d.over == nil {
		d.over, d.outdate = context.WithCancelCause(context.Background())
	}
	over := d.over
	return func(ctx context.Context, do func(context.Context) error) error {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(over, stop)()
		err := do(ctx)
		if over.Err() != nil {
			return context.Cause(over)
		}
		return err
	}
}

// replaced ends the work on the version that was.
func (d *document) replaced() {
	if d.over != nil {
		d.outdate(errModified)
		d.over = nil
	}
}
