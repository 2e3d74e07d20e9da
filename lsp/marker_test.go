package lsp

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"
	"testing"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/internal/marker"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/treesitter"
)

// TestMarkers runs the scenarios of testdata/marker through a whole server, in both position encodings. The marker package's own test runs
// them through the features alone, so what fails here only is this package's doing.
func TestMarkers(t *testing.T) {
	scenarios, err := marker.Load("testdata/marker")
	if err != nil {
		t.Fatal(err)
	}
	for _, scenario := range scenarios {
		for _, encoding := range encodings {
			t.Run(scenario.Name+"/"+string(encoding), func(t *testing.T) { runScenario(t, scenario, encoding) })
		}
	}
}

// languageIDs are the names that editors have for treesitter's languages, where they differ.
var languageIDs = map[string]string{"tsx": "typescriptreact"}

func runScenario(t *testing.T, scenario *marker.Scenario, encoding protocol317.PositionEncodingKind) {
	m, err := scenario.Model()
	if err != nil {
		t.Fatal(err)
	}
	config := fakeeditor.Config{
		Encodings:             []protocol317.PositionEncodingKind{encoding},
		Tables:                true,
		Pull:                  encoding == protocol317.UTF8, // and by the other, diagnostics are published
		InitializationOptions: map[string]any{"completion": map[string]any{"maxItems": 50}},
	}
	if scenario.Settings != nil {
		config.InitializationOptions = json.RawMessage(scenario.Settings)
	}
	e := startWithModel(t, quick(m), config)
	name := func(source *marker.Source) string { return "file:///" + path.Join("work", source.Name) }
	for i := range scenario.Sources {
		source := &scenario.Sources[i]
		id := languageIDs[source.Language]
		if id == "" {
			id = source.Language
		}
		e.Open(name(source), id, string(source.Text))
	}
	for i := range scenario.Sources {
		source := &scenario.Sources[i]
		var observed []marker.Finding
		for _, d := range e.Diagnostics(name(source)) {
			finding := marker.Finding{Span: treesitter.Span{Start: d.Start, End: d.End}, Code: d.Code}
			// The best suggestion is the first quick fix.
			if actions := e.Actions(name(source), nil, d); len(actions) > 0 && len(actions[0].Edits) == 1 {
				finding.Text = actions[0].Edits[0].Text
			}
			observed = append(observed, finding)
		}
		for _, complaint := range source.CheckFindings(observed) {
			t.Error(complaint)
		}
		for _, h := range source.Hovers {
			var choices []marker.Offer
			if hover := e.Hover(name(source), h.Offset); hover != nil {
				for _, row := range regexp.MustCompile("(?m)^\\| (?:\\*\\*)?`(.+?)`").FindAllStringSubmatch(hover.Markdown, -1) {
					choices = append(choices, marker.Offer{Label: strings.ReplaceAll(row[1], `\|`, "|"), Replaced: treesitter.Span{Start: hover.Start, End: hover.End}})
				}
			}
			for _, complaint := range h.Check(source, choices) {
				t.Error(complaint)
			}
		}
		for _, completion := range source.Completions {
			items, _ := e.Complete(name(source), completion.Offset)
			var offers []marker.Offer
			for _, item := range items {
				offers = append(offers, marker.Offer{Label: item.Label, Replaced: treesitter.Span{Start: item.Start, End: item.End}})
			}
			for _, complaint := range completion.Check(source, offers) {
				t.Error(complaint)
			}
		}
	}
	e.Close()
}
