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
	start := startWithModel
	if scenario.Typed() {
		config.Hints, start = true, startTyping
	}
	e := start(t, quick(m), config, func(s *server) { s.typesAsk, s.typeTable = false, marker.Showing(marker.Even) })
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
		checkTypes(t, e, name(source), source)
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

// checkTypes compares what the editor shows of types with the notes about them, and has it write all hints: that leaves a text that parses and has none left.
func checkTypes(t *testing.T, e *fakeeditor.Editor, name string, source *marker.Source) {
	for _, c := range source.Types {
		items, _ := e.Complete(name, c.Offset)
		var offers []marker.Offer
		for _, item := range items {
			if d := item.Item.LabelDetails; d != nil && strings.HasPrefix(d.Description, "mlm-lsp: type") || d != nil && strings.HasPrefix(d.Description, "mlm-lsp: from ") {
				offers = append(offers, marker.Offer{Label: item.Label, Replaced: treesitter.Span{Start: item.Start, End: item.End}})
			}
		}
		for _, complaint := range c.Check(source, offers) {
			t.Error(complaint)
		}
		for i := range offers {
			if items[i].Label != offers[i].Label {
				t.Errorf("%s:%d: %s stands before the type %s", source.Name, c.Line, items[i].Label, offers[i].Label)
				break
			}
		}
	}
	for _, c := range source.Annotates {
		var offers []marker.Offer
		for _, action := range e.ActionsAt(name, c.Replaced.Start) {
			if m := annotateTitle.FindStringSubmatch(action.Title); m != nil {
				offers = append(offers, marker.Offer{Label: m[1], Replaced: c.Replaced})
			}
		}
		for _, complaint := range c.Check(source, offers) {
			t.Error(complaint)
		}
	}
	if len(source.Hints) == 0 {
		return
	}
	hints := e.Hints(name)
	var observed []marker.Hint
	for _, h := range hints {
		observed = append(observed, marker.Hint{At: h.At, Label: strings.TrimSpace(h.Label)})
	}
	for _, complaint := range source.CheckHints(observed) {
		t.Error(complaint)
	}
	for len(hints) > 0 {
		e.TakeHint(name, hints[len(hints)-1])
		left := e.Hints(name)
		if len(left) >= len(hints) {
			t.Fatalf("%s: after `%s` was taken there are as many hints:\n%s", source.Name, hints[len(hints)-1].Label, e.Text(name))
		}
		hints = left
	}
	if errorsIn(source.Language, e.Text(name)) > errorsIn(source.Language, string(source.Text)) {
		t.Errorf("%s: with all hints taken\n%s", source.Name, e.Text(name))
	}
}

// annotateTitle is the title of an action that writes a type.
var annotateTitle = regexp.MustCompile("^Annotate .* as `(.+)` \\(\\d+%\\)$")
