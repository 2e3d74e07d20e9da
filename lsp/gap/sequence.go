package gap

import (
	"bytes"

	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Names come in orders that recur: the fields of a type where it is declared, made and copied; the parameters of a function where it is called. Between them stands what the
// n-grams do not see past, so they are looked at in two ways: as the sequence of names with everything else left out, and line by line, each token beside the one above it.

// describeSequences fills in how often candidates were seen in such an order with the neighbours of the gap.
func (g *Gap) describeSequences() {
	at := make(map[string]int, len(g.Candidates))
	for i := range g.Candidates {
		at[g.Candidates[i].Text] = i
	}
	count := func(in Input, seen map[string]int) {
		for i := range g.Candidates {
			g.Candidates[i].Inputs[in] = rank.Log1p(seen[g.Candidates[i].Text])
		}
	}
	if g.Group != GroupOperator && g.Group != GroupLiteral {
		after, before := g.besides(at)
		count(AfterName, after)
		count(BeforeName, before)
	}
	below, above := g.aligned(at)
	count(BelowName, below)
	count(AboveName, above)
}

// besides counts which candidates come right after another occurrence of the name before the gap, and right before one of the name behind it.
func (g *Gap) besides(at map[string]int) (after, before map[string]int) {
	var texts []string
	here := -1 // the gap stands before this name
	for _, t := range g.x.File.Tokens {
		if !t.Kind.Identifier() && t.Kind != treesitter.KindType || t.Start < g.span.End && g.span.Start < t.End {
			continue
		}
		if here < 0 && t.Start >= g.span.End {
			here = len(texts)
		}
		texts = append(texts, g.x.Text(t.Span))
	}
	if here < 0 {
		here = len(texts)
	}
	after, before = map[string]int{}, map[string]int{}
	for i := 0; i+1 < len(texts); i++ {
		if i+1 == here {
			continue // the gap is between the two
		}
		if here > 0 && texts[i] == texts[here-1] {
			if _, ok := at[texts[i+1]]; ok {
				after[texts[i+1]]++
			}
		}
		if here < len(texts) && texts[i+1] == texts[here] {
			if _, ok := at[texts[i]]; ok {
				before[texts[i]]++
			}
		}
	}
	return after, before
}

// aligned counts which candidates stand right below another occurrence of the token above the gap, and right above one of the token below it: at the same place in the
// next line, counted in tokens.
func (g *Gap) aligned(at map[string]int) (below, above map[string]int) {
	below, above = map[string]int{}, map[string]int{}
	text := g.x.File.Text
	var lines [][]string
	row, column := -1, 0
	end, line := -1, []string(nil)
	for _, t := range g.x.File.Tokens {
		if t.Kind == treesitter.KindComment {
			continue
		}
		if t.Start > end {
			if line != nil {
				lines = append(lines, line)
			}
			line = []string{}
			end = len(text)
			if i := bytes.IndexByte(text[t.Start:], '\n'); i >= 0 {
				end = t.Start + i
			}
		}
		if row < 0 && t.End > g.span.Start {
			row, column = len(lines), len(line)
			if g.span.Len() == 0 {
				line = append(line, "") // what is missing takes a place
			}
		}
		if t.Start < g.span.End && g.span.Start < t.End {
			line = append(line, "")
			continue
		}
		line = append(line, g.x.Text(t.Span))
	}
	lines = append(lines, line)
	cell := func(row, column int) string {
		if row < 0 || row >= len(lines) || column >= len(lines[row]) {
			return ""
		}
		return lines[row][column]
	}
	if row < 0 {
		return below, above
	}
	over, under := cell(row-1, column), cell(row+1, column)
	for i := 0; i+1 < len(lines); i++ {
		for k := 0; k < len(lines[i]) && k < len(lines[i+1]); k++ {
			a, b := lines[i][k], lines[i+1][k]
			if a != "" && a == over {
				if _, ok := at[b]; ok {
					below[b]++
				}
			}
			if b != "" && b == under {
				if _, ok := at[a]; ok {
					above[a]++
				}
			}
		}
	}
	return below, above
}
