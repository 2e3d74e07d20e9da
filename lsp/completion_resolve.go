package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/protocol317"
	"mlm-lsp/typeinfer"
)

// offered travels with a completion item to the editor and back, so that resolving it needs no memory of what was offered.
type offered struct {
	URI      protocol.DocumentURI `json:"uri"`
	Position protocol.Position    `json:"position"`                 // of the cursor
	Source   string               `json:"source"`                   // one of package gap's
	LogProb  *float64             `json:"logProb,omitempty,string"` // nil where there was no time to rank it; in quotes, since Neovim 0.12 cannot send a fraction back
	Imports  []typeinfer.Import   `json:"imports,omitempty"`        // what accepting it has to import
}

func newOffered(name protocol.DocumentURI, cursor protocol.Position, item complete.Item) offered {
	o := offered{URI: name, Position: cursor, Source: item.Source}
	if !math.IsNaN(item.LogProb) {
		o.LogProb = &item.LogProb
	}
	return o
}

// sourceWords say where a completion comes from.
var sourceWords = map[string]string{
	gap.FromScope: "in scope", gap.FromMember: "on this receiver", gap.FromFile: "in this file", gap.FromProject: "in this project",
	gap.FromKnown: "on such receivers", gap.FromGrammar: "keyword", gap.FromModel: "made up", fromTypes: "type",
}

// resolveCompletion adds the documentation to an item: how likely it is, and where its name is defined. All else goes back as it came.
func (s *server) resolveCompletion(item *protocol317.CompletionItemToResolve) (work, error) {
	var label string
	var data offered
	if err := json.Unmarshal((*item)["label"], &label); err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "decoding the label of a completion item: %v", err)
	}
	var doc *document
	if json.Unmarshal((*item)["data"], &data) == nil {
		doc = s.documents[data.URI]
	}
	if doc == nil || doc.language == "" {
		return func(context.Context) (any, error) { return item, nil }, nil // closed since, or an item of another's
	}
	snap, around, elsewhere := doc.snapshot, s.around(doc.snapshot), s.elsewhere(doc.snapshot)
	kind := protocol.PlainText
	if slices.Contains(s.client.TextDocument.Completion.CompletionItem.DocumentationFormat, protocol.Markdown) {
		kind = protocol.Markdown
	}
	return func(context.Context) (any, error) {
		text := documentation(snap, around(), elsewhere, label, data, kind == protocol.Markdown)
		for _, i := range data.Imports {
			text += "\nImported from " + code(i.Module, false, kind == protocol.Markdown) + ".\n"
		}
		documented := protocol317.CompletionItemToResolve{"documentation": s.marshal(protocol.MarkupContent{Kind: kind, Value: text})}
		if len(data.Imports) > 0 {
			documented["additionalTextEdits"] = s.marshal(textEdits(snap, typeinfer.ImportEdits(snap.file(), data.Imports)))
		}
		for key, value := range *item {
			if _, ours := documented[key]; !ours {
				documented[key] = value
			}
		}
		return documented, nil
	}, nil
}

// documentation words what is known of a completion.
func documentation(snap *snapshot, around *project.View, elsewhere func(name string, member, markdown bool) string, label string, data offered, markdown bool) string {
	var b strings.Builder
	if data.LogProb != nil && 0 < math.Exp(*data.LogProb) && *data.LogProb <= 0 {
		fmt.Fprintf(&b, "%s likely here, %s.\n", percent(*data.LogProb), sourceWords[data.Source])
	}
	if data.Source == gap.FromGrammar {
		return b.String()
	}
	place, defined := complete.Where(snap.file(), snap.mapper.positionOffset(data.Position), label)
	imported := defined && isImport(snap.file(), place)
	if place.Len() > 0 {
		start := snap.mapper.offsetPosition(place.Start)
		line := strings.TrimSpace(string(snap.text[snap.mapper.lines()[start.Line]:snap.mapper.lineEnd(int(start.Line))]))
		verb := "Used"
		if imported {
			verb = "Imported"
		} else if defined {
			verb = "Defined"
		}
		fmt.Fprintf(&b, "\n%s in line %d:\n", verb, start.Line+1)
		b.WriteString(sourceLine(line, snap.language, markdown))
	}
	if !defined || imported {
		b.WriteString(elsewhere(label, behindDot(snap.text, snap.mapper.positionOffset(data.Position)), markdown))
	}
	if around != nil {
		if files := around.Uses(label).Files; files == 1 {
			b.WriteString("\nUsed in a file nearby.\n")
		} else if files > 1 {
			fmt.Fprintf(&b, "\nUsed in %d files nearby.\n", files)
		}
	}
	return b.String()
}

// sourceLine is a line of a source as a text of its own.
func sourceLine(line, language string, markdown bool) string {
	if markdown {
		return fmt.Sprintf("```%s\n%s\n```\n", language, strings.ReplaceAll(shorten(line), "```", "'''"))
	}
	return shorten(line) + "\n"
}

// shorten cuts a line that no editor would show whole.
func shorten(line string) string {
	const most = 160
	if len(line) <= most {
		return line
	}
	cut := most
	for !utf8.RuneStart(line[cut]) {
		cut--
	}
	return line[:cut] + "…"
}
