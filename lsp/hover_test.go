package lsp

import (
	"context"
	"math"
	"regexp"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/fakeeditor"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
)

// What a hover lists is the business of lsp/suspect and of the marker tests; here is how it is shown.
func TestHover(t *testing.T) {
	quiet := map[string]any{"diagnostics": map[string]any{"enable": false}}
	for name, config := range map[string]fakeeditor.Config{"tables": {InitializationOptions: quiet, Tables: true}, "markdown": {InitializationOptions: quiet}, "plain": {InitializationOptions: quiet, Plain: true}} {
		t.Run(name, func(t *testing.T) {
			e := startWithModel(t, quick(&scripted{predict: prefer("height", "width")}), config)
			e.Open(file, "python", "s = '𝄞'; "+python)
			at := strings.Index(e.Text(file), "width *")
			hover := e.Hover(file, at+2)
			if hover == nil || hover.Start != at || hover.End != at+len("width") {
				t.Fatalf("hover %+v, want one of the name at %d", hover, at)
			}
			rows := `(?m)^variable +model +file *$\n^height .*%.*%.*\n^width \(here\) .*%.*%`
			switch name {
			case "markdown":
				rows = "^```text\n" + `variable +model +file *\n(?m)^height .*%.*%.*\n^width \(here\) .*%.*%` + "[^`]*\n```$"
			case "tables":
				rows = "(?m)^\\| variable +\\| model \\| +file \\|$\n^\\|-+\\|-+:\\|-+:\\|$\n^\\| `height` .*%.*%.*\n^\\| \\*\\*`width`\\*\\* .*%.*%"
			}
			if !regexp.MustCompile(rows).MatchString(hover.Markdown) || !strings.Contains(hover.Markdown, "bits of surprise. Not reported: ") {
				t.Errorf("shown:\n%s\nwant %s", hover.Markdown, rows)
			}
			if got := e.Hover(file, strings.Index(e.Text(file), ":\n")); got != nil {
				t.Errorf("of punctuation: %+v", got)
			}
			e.Open("file:///notes.txt", "plaintext", "notes")
			if got := e.Hover("file:///notes.txt", 1); got != nil {
				t.Errorf("in a text of no language: %+v", got)
			}
			e.CloseDocument(file)
			var answer *protocol.Hover
			if err := e.Call(protocol.MethodTextDocumentHover, map[string]any{"textDocument": map[string]any{"uri": file}, "position": protocol.Position{}}, &answer); err != nil || answer != nil {
				t.Errorf("of a document that is closed: %+v, %v", answer, err)
			}
			e.Close()
		})
	}
}

// Before there is a model a hover shows nothing, and one that fails is an error of that request only.
func TestHoverWithoutAnswers(t *testing.T) {
	m := &scripted{predict: func(context.Context, []model.Query) ([]model.Prediction, error) { panic("no") }}
	e := startWithModel(t, quick(m), fakeeditor.Config{InitializationOptions: map[string]any{"diagnostics": map[string]any{"enable": false}}})
	e.Open(file, "python", python)
	wantCode(t, e.Call(protocol.MethodTextDocumentHover, e.PositionParams(file, strings.Index(python, "width *")), nil), -32603, "a hover whose model panics")
	e.Close()
}

// Whatever a token is, it is a cell of the table.
func TestExplanationCells(t *testing.T) {
	x := &suspect.Explanation{Token: "||", Kind: "operator", Choices: []suspect.Share{
		{Text: "||", Model: -1, File: math.NaN()}, {Text: "`a`", Model: -12, File: math.NaN()}, {Text: "not\n  in", Model: -3, File: math.NaN()}}, Bits: 1.44, Why: "Why."}
	want := "| operator   | model |\n" +
		"|------------|------:|\n" +
		"| **`\\|\\|`** |   37% |\n" +
		"| `` `a` ``  | <0.1% |\n" +
		"| `not in`   |  5.0% |\n" +
		"\n1.4 bits of surprise. Why.\n"
	if got := explanationText(x, tabled); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	x.Choices[1].Text = "```a"
	want = "````text\n" +
		"operator   model  \n" +
		"|| (here)    37%  \n" +
		"```a       <0.1%  \n" +
		"not in      5.0%  \n" +
		"````\n" +
		"\n1.4 bits of surprise. Why.\n"
	if got := explanationText(x, fenced); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Of a name without an annotation the likely types are told, of any other none.
func TestHoverTellsTypes(t *testing.T) {
	for name, config := range map[string]fakeeditor.Config{"markdown": {}, "plain": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			e := startTyping(t, quick(&scripted{predict: prefer("Decimal")}), config)
			e.Open(file, "python", orders)
			want := "\nLikely types of `amount`: `Decimal` "
			if config.Plain {
				want = "\nLikely types of amount: Decimal "
			}
			at := strings.Index(orders, "paid(self, amount") + len("paid(self, a")
			if got := e.Hover(file, at); got == nil || !strings.Contains(got.Markdown, want) || !strings.Contains(got.Markdown, "For the first: ") {
				t.Errorf("hover %+v", got)
			}
			if got := e.Hover(file, strings.Index(orders, "return total")+len("return t")); got == nil || strings.Contains(got.Markdown, "Likely") {
				t.Errorf("hover of a use: %+v", got)
			}
			if got := e.Hover(file, strings.Index(orders, "buyer: str")+1); got == nil || strings.Contains(got.Markdown, "Likely") {
				t.Errorf("hover of what is annotated: %+v", got)
			}
			e.Close()
		})
	}
}
