// Package mistyped makes findings of annotations that look wrong: what package typeinfer is suspicious of, as package suspect tells of tokens. So comments, baselines and settings silence
// them alike. They have a code of their own, suspect.CodeType, and are looked for only where somebody asks for them (docs/detection.md).
package mistyped

import (
	"context"
	"fmt"
	"math"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// Find lists the annotations of a file that look wrong, in the order of the text, for suspect.Options.Also; it is never nil. p says which tables rank, and is not asked; opts are those of
// types that are suggested in the file. An error is the context's, or that the tables cannot be read.
func Find(ctx context.Context, p model.Predictor, f *treesitter.File, opts typeinfer.Options) ([]suspect.Finding, error) {
	list, err := typeinfer.Suspicious(ctx, p, f, opts)
	if err != nil {
		return nil, fmt.Errorf("looking at annotations: %w", err)
	}
	found := []suspect.Finding{}
	for _, s := range list {
		finding := suspect.Finding{Span: s.Span, Code: suspect.CodeType, Kind: s.Kind, Token: s.Existing, Reported: true, Message: s.Message()}
		for _, c := range s.Candidates {
			finding.Suggestions = append(finding.Suggestions, model.Candidate{Text: c.Type, LogProb: math.Log(c.Probability)})
			var needed []suspect.Import
			for _, i := range c.Imports {
				needed = append(needed, suspect.Import(i))
			}
			finding.Imports = append(finding.Imports, needed)
		}
		// What is contradicted has no share; the log-odds are those of the best other type.
		best := min(s.Candidates[0].Probability, 1-1e-6)
		finding.Score = math.Log(best / (1 - best))
		found = append(found, finding)
	}
	return found, nil
}
