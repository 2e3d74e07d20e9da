package lsp

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/typeinfer"
)

// hover shows what could stand at a token, how surprising what does is, and why it is reported or is not, and of a name without an annotation the likely types. It has nothing to say of punctuation, comments and
// strings, so that it seldom stands beside the hover of the language's own server without being asked for.
func (s *server) hover(p *protocol.HoverParams) (work, error) {
	doc := s.documents[p.TextDocument.URI]
	if doc == nil || doc.language == "" || s.model == nil {
		return func(context.Context) (any, error) { return nil, nil }, nil
	}
	snap, m, options, hidden := doc.snapshot, s.metered(), s.examining(doc), s.hidden(doc)
	elsewhere, types := s.elsewhere(snap), s.annotating(doc, true)
	kind := protocol.PlainText
	if slices.Contains(s.client.TextDocument.Hover.ContentFormat, protocol.Markdown) {
		kind = protocol.Markdown
	}
	in := s.markup(kind == protocol.Markdown)
	return func(ctx context.Context) (any, error) {
		x, err := explained(ctx, m, snap, p.Position, options(), hidden)
		if err != nil || x == nil {
			return nil, err
		}
		likely, err := types.named(ctx, x.Span)
		if err != nil {
			return nil, err
		}
		r := snap.mapper.spanRange(x.Span)
		text := explanationText(x, in) + likelyText(likely, kind == protocol.Markdown)
		if !definesName(snap.file(), x.Token) {
			text += elsewhere(x.Token, behindDot(snap.text, x.Span.Start), kind == protocol.Markdown)
		}
		return &protocol.Hover{Contents: protocol.MarkupContent{Kind: kind, Value: text}, Range: &r}, nil
	}, nil
}

// mostTypes are told of a site by a hover.
const mostTypes = 3

// likelyText words in a line what a site may be annotated with, and what speaks for the first; "" of nil, and where nothing is likely.
func likelyText(suggestion *typeinfer.Suggestion, markdown bool) string {
	if suggestion == nil {
		return ""
	}
	var list []string
	for _, c := range suggestion.Candidates[:min(mostTypes, len(suggestion.Candidates))] {
		if c.Probability >= worthAnnotating {
			list = append(list, code(c.Type, false, markdown)+" "+share(c.Probability))
		}
	}
	if len(list) == 0 {
		return ""
	}
	text := fmt.Sprintf("\nLikely types of %s: %s.", siteWords(suggestion, markdown), strings.Join(list, ", "))
	if evidence := suggestion.Candidates[0].Evidence; len(evidence) > 0 {
		text += " For the first: " + evidenceText(evidence, markdown) + "."
	}
	return text + "\n"
}

// evidenceText joins what speaks for a type.
func evidenceText(evidence []string, markdown bool) string {
	text := strings.Join(evidence, "; ")
	if !markdown {
		text = strings.ReplaceAll(text, "`", "")
	}
	return text
}

// explained explains the token at a position, and what keeps a finding there from being shown.
func explained(ctx context.Context, m *meter, snap *snapshot, at protocol.Position, options suspect.Options, hidden func(*suspect.Explanation) string) (*suspect.Explanation, error) {
	x, err := suspect.Explain(ctx, m, snap.file(), snap.mapper.positionOffset(at), options)
	if err != nil || x == nil {
		return nil, err
	}
	if why := hidden(x); x.Reported && why != "" {
		x.Why += " It is not shown: " + why + "."
	}
	return x, nil
}

// hidden returns what says why a finding that is reported in a document is not shown, "" for one that is.
func (s *server) hidden(doc *document) func(*suspect.Explanation) string {
	silence, wanted, known, snap, paused := s.silence(doc), doc.settings, doc.known, doc.snapshot, s.paused
	return func(x *suspect.Explanation) string {
		switch {
		case paused:
			return "the server is paused"
		case !wanted.DiagnosticsEnable:
			return "diagnostics.enable is false"
		case silence != "":
			return "the file is " + silence
		case !wanted.Reports(x.Code):
			return x.Code + " is among diagnostics.disabledKinds"
		case known.knows(snap, x.Code, x.Token, x.Span.Start):
			return "the baseline knows it"
		}
		return ""
	}
}

// examining returns what a check of a document is told. What is known of its project is looked up when it is asked for.
func (s *server) examining(doc *document) func() suspect.Options {
	around, sensitivity := s.around(doc.snapshot), doc.settings.DiagnosticsSensitivity
	return func() suspect.Options { return suspect.Options{Around: around(), Sensitivity: sensitivity} }
}

// markup is what a text is to be written in.
type markup int

// Editors that know Markdown need not know its tables, which some run together into one line: to them columns are a block of code.
const (
	plainText markup = iota
	fenced
	tabled
)

// markup is what an editor reads that takes Markdown or does not.
func (s *server) markup(markdown bool) markup {
	switch {
	case !markdown:
		return plainText
	case s.client.General.Markdown.Parser == "marked": // what VS Code has
		return tabled
	}
	return fenced
}

// explanationText words an explanation.
func explanationText(x *suspect.Explanation, in markup) string {
	markdown := in == tabled
	rows := [][]string{{x.Kind, "model", "file"}}
	for _, c := range x.Choices {
		rows = append(rows, []string{code(c.Text, c.Text == x.Token, markdown), percent(c.Model), percent(c.File)})
	}
	if x.Choices[0].File != x.Choices[0].File { // NaN: the file was not asked
		for i := range rows {
			rows[i] = rows[i][:2]
		}
	}
	var b strings.Builder
	table(&b, rows, markdown)
	if in == fenced {
		fence := "```"
		for strings.Contains(b.String(), fence) {
			fence += "`"
		}
		text := fence + "text\n" + b.String() + fence + "\n"
		b.Reset()
		b.WriteString(text)
	}
	fmt.Fprintf(&b, "\n%.1f bits of surprise. %s\n", x.Bits, x.Why)
	return b.String()
}

// code is a text in one line, and not to be taken for markup.
func code(text string, here, markdown bool) string {
	text = oneLine(text)
	switch {
	case !markdown && here:
		return text + " (here)"
	case !markdown:
		return text
	}
	if strings.Contains(text, "`") {
		text = "`` " + text + " ``"
	} else {
		text = "`" + text + "`"
	}
	if here {
		return "**" + text + "**"
	}
	return text
}

// table writes rows, the first of which names the columns, aligned.
func table(b *strings.Builder, rows [][]string, markdown bool) {
	if markdown { // a bar ends a cell, in code too
		for _, row := range rows {
			for i := range row {
				row[i] = strings.ReplaceAll(row[i], "|", `\|`)
			}
		}
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	for r, row := range rows {
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 { // figures stand at the right
				cell = padding + cell
			} else {
				cell += padding
			}
			if markdown {
				b.WriteString("| " + cell + " ")
			} else {
				b.WriteString(cell + "  ")
			}
		}
		if markdown {
			b.WriteString("|")
		}
		b.WriteByte('\n')
		if r == 0 && markdown {
			for i, width := range widths {
				rule := "|" + strings.Repeat("-", width+1)
				if i > 0 {
					b.WriteString(rule + ":")
				} else {
					b.WriteString(rule + "-")
				}
			}
			b.WriteString("|\n")
		}
	}
}

// percent is a share, given its logarithm.
func percent(logProb float64) string {
	p := 100 * math.Exp(logProb)
	switch {
	case p < 0.1:
		return "<0.1%"
	case p < 10:
		return fmt.Sprintf("%.1f%%", p)
	}
	return fmt.Sprintf("%.0f%%", p)
}
