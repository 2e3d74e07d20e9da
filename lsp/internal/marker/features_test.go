package marker_test

import (
	"context"
	"strings"
	"testing"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/internal/marker"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// TestFeatures runs every scenario through the feature functions. The server's tests run the same files through a fake editor.
func TestFeatures(t *testing.T) {
	scenarios, err := marker.Load("../../testdata/marker")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) {
			for i := range s.Sources {
				source := &s.Sources[i]
				m, err := s.Model()
				if err != nil {
					t.Fatal(err)
				}
				f := treesitter.Parse(source.Language, source.Text)
				findings, err := suspect.Check(context.Background(), m, f, suspect.Options{})
				if err != nil {
					t.Fatal(err)
				}
				var observed []marker.Finding
				for _, finding := range findings {
					observed = append(observed, marker.Finding{Span: finding.Span, Code: finding.Code, Text: finding.Suggestions[0].Text})
				}
				for _, complaint := range source.CheckFindings(observed) {
					t.Error(complaint)
				}
				if t.Failed() {
					explain(t, m, f)
				}
				for _, h := range source.Hovers {
					explanation, err := suspect.Explain(context.Background(), m, f, h.Offset, suspect.Options{})
					if err != nil {
						t.Fatal(err)
					}
					var choices []marker.Offer
					if explanation != nil {
						for _, c := range explanation.Choices {
							choices = append(choices, marker.Offer{Label: c.Text, Replaced: explanation.Span})
						}
					}
					for _, complaint := range h.Check(source, choices) {
						t.Error(complaint)
					}
				}
				checkTypes(t, m, source, f)
				for _, c := range source.Completions {
					m, _ := s.Model()
					items, err := complete.Complete(context.Background(), m, f, c.Offset, complete.Options{})
					if err != nil {
						t.Fatal(err)
					}
					var offers []marker.Offer
					for _, item := range items {
						offers = append(offers, marker.Offer{Label: item.Label, Replaced: item.Span})
					}
					for _, complaint := range c.Check(source, offers) {
						t.Error(complaint)
					}
					if unmatched := m.Unmatched(); s.Script != "" && len(unmatched) > 0 && !c.Nothing {
						t.Errorf("%s:%d: no rule of the script matches; the context is\n%s", source.Name, c.Line, unmatched[0])
					}
				}
			}
		})
	}
}

// checkTypes compares types with the notes about them.
func checkTypes(t *testing.T, m model.Predictor, source *marker.Source, f *treesitter.File) {
	for _, c := range source.Types {
		list, span, _, err := typeinfer.At(m, f, c.Offset, typeinfer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, complaint := range c.Check(source, offersOf(list, span)) {
			t.Error(complaint)
		}
	}
	if len(source.Hints)+len(source.Annotates) == 0 {
		return
	}
	sites, err := typeinfer.Suggest(context.Background(), m, f, typeinfer.Options{Table: marker.Showing(marker.Even)})
	if err != nil {
		t.Fatal(err)
	}
	var hints []marker.Hint
	for _, s := range sites {
		if s.Shown {
			hints = append(hints, marker.Hint{At: s.At, Label: strings.TrimSpace(s.Lead + s.Candidates[0].Type)})
		}
	}
	for _, complaint := range source.CheckHints(hints) {
		t.Error(complaint)
	}
	for _, c := range source.Annotates {
		var offers []marker.Offer // none where no site has that name
		for _, s := range sites {
			if s.Name == c.Replaced {
				offers = append(offers, offersOf(s.Candidates, s.Name)...)
			}
		}
		for _, complaint := range c.Check(source, offers) {
			t.Error(complaint)
		}
	}
}

func offersOf(list []typeinfer.Candidate, span treesitter.Span) (offers []marker.Offer) {
	for _, c := range list {
		offers = append(offers, marker.Offer{Label: c.Type, Replaced: span})
	}
	return offers
}

// explain logs every site that was scored.
func explain(t *testing.T, m suspect.Model, f *treesitter.File) {
	findings, _ := suspect.Check(context.Background(), m, f, suspect.Options{All: true})
	for _, finding := range findings {
		t.Logf("%-17s %6.2f %v %-12s %s", finding.Code, finding.Score, finding.Reported, finding.Token, finding.Message)
	}
}
