// Package heat draws a file as a page on which each token has the colour of its surprisal: how little the model expected it, with what it expected instead shown on
// hover. It is the quickest way to see whether a model makes sense.
//
// Surprisals come from the screening pass (many masks a row), so they are a little higher than those of a token masked alone; the most surprising
// tokens are asked again one by one for what the model would rather see.
//
// Invariants: the page needs no network and no script; whatever the file contains is text on it; the text of the page, copied, is the file's.
package heat

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html"
	"html/template"
	"math"
	"sort"
	"strings"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// Model is what a page asks.
type Model interface {
	model.Predictor
	model.Scanner
}

const (
	scanBytes    = 1200 // of a window of the screening pass
	windowBytes  = 1000 // around a token that is asked alone
	batch        = 16   // queries at once
	alternatives = 6    // of a token that is asked alone
	closer       = 40   // tokens that are asked alone
	atLeast      = 3.0  // bits, for a token to be asked alone
)

// levels are the upper bounds of the colours, in bits; what lies above the last has the last colour.
var levels = [...]float64{1, 2, 4, 6, 8, 11}

// heated is a token with what the model says of it.
type heated struct {
	treesitter.Token
	bits   float64 // mean over subwords
	better []model.Candidate
	alone  bool // better and probability come from a mask of its own
}

// Token is a token of a file as a page shows it. There is none for a comment, nor for a token that the model was not asked about.
type Token struct {
	treesitter.Span
	Bits  float64 // mean over its subwords
	Level int     // its colour, an index into Legend
	Text  string  // what is shown of it: kind, surprisal, and in a line each what would surprise less
}

// Tokens returns what an editor draws of a part of a file: at least the tokens that lie in the span, in the order of the text, in the numbers of the page. It is what is quick to know: no
// token is asked alone, since an editor asks again with every edit, and a hover tells the rest. An error is the model's or the context's.
func Tokens(ctx context.Context, m model.Scanner, f *treesitter.File, part treesitter.Span) ([]Token, error) {
	asked, err := scan(ctx, m, f, part)
	if err != nil {
		return nil, fmt.Errorf("scanning: %w", err)
	}
	tokens := []Token{}
	for _, t := range asked {
		if !math.IsNaN(t.bits) {
			tokens = append(tokens, Token{t.Span, t.bits, level(t.bits), tip(t)})
		}
	}
	return tokens, nil
}

// Legend says of each level which surprisals it stands for, in bits a subword.
func Legend() []string {
	var ranges []string
	for _, s := range legend() {
		ranges = append(ranges, s.Range)
	}
	return ranges
}

// Page returns the page of a file as HTML. An error is the model's or the context's.
func Page(ctx context.Context, m Model, f *treesitter.File, title string) ([]byte, error) {
	tokens, err := scan(ctx, m, f, treesitter.Span{End: len(f.Text)})
	if err != nil {
		return nil, fmt.Errorf("scanning %s: %w", title, err)
	}
	if err := look(ctx, m, f, tokens); err != nil {
		return nil, fmt.Errorf("asking about %s: %w", title, err)
	}
	return render(f, title, tokens)
}

// scan gives every token but comments its surprisal, in the windows that a part of the file touches.
func scan(ctx context.Context, m model.Scanner, f *treesitter.File, part treesitter.Span) ([]heated, error) {
	var tokens []heated
	for _, t := range f.Tokens {
		if t.Kind != treesitter.KindComment {
			tokens = append(tokens, heated{Token: t, bits: math.NaN()})
		}
	}
	var queries []model.ScanQuery
	var first []int
	next := 0
	for _, w := range f.Windows(scanBytes) {
		if w.End <= part.Start || part.End <= w.Start {
			continue
		}
		q := model.ScanQuery{Language: f.Language, Text: string(f.Text[w.Start:w.End])}
		for next < len(tokens) && tokens[next].Start < w.Start {
			next++ // a token that reaches over the end of its window stays without a colour
		}
		from := next
		for next < len(tokens) && tokens[next].End <= w.End {
			q.Sites = append(q.Sites, model.Site{Start: tokens[next].Start - w.Start, End: tokens[next].End - w.Start})
			next++
		}
		if next > from {
			queries, first = append(queries, q), append(first, from)
		}
	}
	for start := 0; start < len(queries); start += batch {
		end := min(start+batch, len(queries))
		answers, err := m.Scan(ctx, queries[start:end])
		if err != nil {
			return nil, err
		}
		for i, scores := range answers {
			for j, score := range scores {
				t := &tokens[first[start+i]+j]
				t.bits = math.Max(0, -score.LogProb/math.Ln2)
				if score.Best != "" {
					t.better = []model.Candidate{{Text: score.Best, LogProb: score.BestLogProb}}
				}
			}
		}
	}
	return tokens, nil
}

// look asks what the model would rather see in the place of the most surprising tokens.
func look(ctx context.Context, m model.Predictor, f *treesitter.File, tokens []heated) error {
	var order []int
	for i, t := range tokens {
		if t.bits >= atLeast {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return tokens[order[a]].bits > tokens[order[b]].bits })
	order = order[:min(closer, len(order))]
	for start := 0; start < len(order); start += batch {
		chunk := order[start:min(start+batch, len(order))]
		queries := make([]model.Query, len(chunk))
		for k, i := range chunk {
			before, after := f.Window(tokens[i].Span, windowBytes)
			queries[k] = model.Query{Language: f.Language, Before: before, After: after, MaxSubwords: 2, TopK: alternatives}
		}
		predictions, err := m.Predict(ctx, queries)
		if err != nil {
			return err
		}
		for k, i := range chunk {
			if len(predictions[k].Candidates) > 0 {
				tokens[i].better, tokens[i].alone = predictions[k].Candidates, true
			}
		}
	}
	return nil
}

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// swatch is an entry of the legend.
type swatch struct {
	Class string
	Range string
}

// row is a line of the summary.
type row struct {
	Kind  string
	Count int
	Bits  string
}

func render(f *treesitter.File, title string, tokens []heated) ([]byte, error) {
	var out bytes.Buffer
	err := page.Execute(&out, map[string]any{
		"Title":  title,
		"Legend": legend(),
		"Rows":   summary(tokens),
		"Code":   template.HTML(code(f, tokens)),
	})
	if err != nil {
		return nil, fmt.Errorf("writing the page of %s: %w", title, err)
	}
	return out.Bytes(), nil
}

func legend() []swatch {
	var list []swatch
	low := 0.0
	for i, high := range levels {
		list = append(list, swatch{fmt.Sprintf("h%d", i), fmt.Sprintf("%g to %g", low, high)})
		low = high
	}
	return append(list, swatch{fmt.Sprintf("h%d", len(levels)), fmt.Sprintf("over %g", low)})
}

// summary is the mean surprisal by kind of token, and of all.
func summary(tokens []heated) []row {
	var count [treesitter.NumKinds + 1]int
	var sum [treesitter.NumKinds + 1]float64
	for _, t := range tokens {
		if math.IsNaN(t.bits) {
			continue
		}
		for _, k := range []int{int(t.Kind), treesitter.NumKinds} {
			count[k]++
			sum[k] += t.bits
		}
	}
	var rows []row
	for k := range count {
		name := "all"
		if k < treesitter.NumKinds {
			name = treesitter.Kind(k).String()
		}
		if count[k] > 0 {
			rows = append(rows, row{name, count[k], fmt.Sprintf("%.2f", sum[k]/float64(count[k]))})
		}
	}
	return rows
}

// code is the text in lines, tokens in their colours. What is no token (white space, comments) stands as it is.
func code(f *treesitter.File, tokens []heated) string {
	var b strings.Builder
	b.Grow(len(f.Text)*4 + 1024)
	b.WriteString("<span class=l>")
	at := 0
	for _, t := range tokens {
		escapeLines(&b, f.Text[at:t.Start], "", "")
		at = t.End
		if math.IsNaN(t.bits) {
			escapeLines(&b, f.Text[t.Start:t.End], "", "")
			continue
		}
		open := fmt.Sprintf(`<b class=h%d data-t="%s">`, level(t.bits), html.EscapeString(tip(t)))
		escapeLines(&b, f.Text[t.Start:t.End], open, "</b>")
	}
	escapeLines(&b, f.Text[at:], "", "")
	b.WriteString("</span>")
	return b.String()
}

// escapeLines writes text with open and end around the part on each line, and starts a new line of the page behind each newline.
func escapeLines(b *strings.Builder, text []byte, open, end string) {
	for i, line := range strings.Split(strings.ToValidUTF8(string(text), "\uFFFD"), "\n") {
		if i > 0 {
			b.WriteString("\n</span><span class=l>")
		}
		if line != "" {
			b.WriteString(open)
			b.WriteString(html.EscapeString(strings.ReplaceAll(line, "\x00", "\uFFFD")))
			b.WriteString(end)
		}
	}
}

func level(bits float64) int {
	for i, high := range levels {
		if bits < high {
			return i
		}
	}
	return len(levels)
}

// tip is what is shown on hover: kind, surprisal, and what would surprise less.
func tip(t heated) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %.1f bits (%s)", t.Kind, t.bits, percent(-t.bits*math.Ln2))
	for _, c := range t.better {
		text := c.Text
		if !t.alone {
			text += "…" // the first subword of something
		}
		fmt.Fprintf(&b, "\n%6s  %s", percent(c.LogProb), strings.ReplaceAll(text, "\n", "⏎"))
	}
	return b.String()
}

func percent(logProb float64) string {
	p := 100 * math.Exp(logProb)
	switch {
	case p < 0.01:
		return "<0.01%"
	case p < 1:
		return fmt.Sprintf("%.2f%%", p)
	}
	return fmt.Sprintf("%.0f%%", p)
}
