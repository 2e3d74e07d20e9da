package ranking

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"mlm-lsp/lsp/inline"
	"mlm-lsp/lsp/names"
	"mlm-lsp/model/rank"
)

// InlineQuestion is a place at which an expression was cut, with the candidates for the rest.
type InlineQuestion struct {
	Project    string
	Answer     string // what stood behind the cursor
	Candidates []inline.Item
}

// RightInline reports whether an item is what stood behind the cursor, as far as it goes: it may end before the expression does, but not inside a word.
func RightInline(item inline.Item, answer string) bool {
	text := item.Text[item.Span.Len():]
	if len(text) > len(answer) || text != answer[:len(text)] {
		return false
	}
	return len(text) == len(answer) || text == "" || !names.IsNameByte(text[len(text)-1]) || !names.IsNameByte(answer[len(text)])
}

// inlineFolds is in how many parts projects are dealt for the threshold.
const inlineFolds = 4

// FitInline fits what inline completions are judged with. The threshold is the least probability above which the wanted share of what is shown is right; it is chosen on answers of
// forests that did not see the project. The final forest sees all.
func FitInline(questions []InlineQuestion, precision float64, log func(string)) (*inline.Table, error) {
	type shown struct {
		probability float64
		right       bool
	}
	var all []shown
	for fold := range inlineFolds {
		var rest []InlineQuestion
		for _, q := range questions {
			if foldOf(q.Project, inlineFolds) != fold {
				rest = append(rest, q)
			}
		}
		f, err := growInline(rest)
		if err != nil {
			return nil, err
		}
		t := &inline.Table{Forest: f}
		for _, q := range questions {
			if foldOf(q.Project, inlineFolds) != fold || len(q.Candidates) == 0 {
				continue
			}
			best := t.Best(slices.Clone(q.Candidates))
			all = append(all, shown{best.Probability, RightInline(*best, q.Answer)})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].probability > all[j].probability })
	table := &inline.Table{Version: inline.Version}
	right := 0
	for i, s := range all {
		if s.right {
			right++
		}
		share := float64(right) / float64(i+1)
		if i >= 19 && share >= precision && (i+1 == len(all) || all[i+1].probability < s.probability) {
			table.Least, table.Shown, table.Right = s.probability, float64(i+1)/float64(len(questions)), share
		}
		if (i+1)%50 == 0 {
			log(fmt.Sprintf("from %.2f: shown %.1f%%, right %.1f%%", s.probability, 100*float64(i+1)/float64(len(questions)), 100*share))
		}
	}
	if table.Least == 0 {
		return nil, fmt.Errorf("fitting inline completions: at no probability %.0f%% of what is shown is right: ask for less, or at more places", 100*precision)
	}
	var err error
	table.Forest, err = growInline(questions)
	return table, err
}

// growInline grows a forest on candidates, each by itself; a sixth of the projects says when it has grown enough.
func growInline(questions []InlineQuestion) (*rank.Forest, error) {
	var grown, held []group
	for _, q := range questions {
		for _, c := range q.Candidates {
			g := group{rows: [][]float32{c.Known}, target: -1, weight: 1}
			if RightInline(c, q.Answer) {
				g.target = 0
			}
			if foldOf("held "+q.Project, 6) == 0 {
				held = append(held, g)
			} else {
				grown = append(grown, g)
			}
		}
	}
	if len(grown) == 0 || len(held) == 0 {
		return nil, errors.New("fitting inline completions: there are too few candidates: name more projects")
	}
	return boost(inline.Inputs, grown, held, defaultGrowth)
}
