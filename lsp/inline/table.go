package inline

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Inputs are the names of what is known of a candidate.
var Inputs = []string{
	"log probability", // of all pieces
	"mean",            // of a piece
	"pieces",
	"bytes",
	"next",    // by how much its mean is above that of the best candidate that it does not begin
	"longer",  // and above that of the best one that goes on from it
	"first",   // the logarithm of the share of its first name among the names that can stand there; unknown for what begins with none
	"typed",   // letters of the first name
	"behind",  // 1 where a bracket closes behind the cursor
	"before",  // what stands before it: see contexts
	"words",   // names and words in it
	"margin",  // by how much "first" is above the best other name
	"letters", // of its last word
}

// contexts are what stands before a cursor, by the last byte but blanks; 0 is anything else.
const contexts = ".(,=[{:+-*/<>&|!?"

// Table judges candidates. It is fitted (training/ranking).
type Table struct {
	Version int `json:"version"`
	// Forest sums to the log-odds that a candidate is what would be typed next.
	Forest *rank.Forest `json:"forest"`
	// Least is the probability from which a candidate is shown.
	Least float64 `json:"least"`
	// Shown and Right are what was measured at Least on projects that neither was fitted on: the share of places where something is shown, and the share of that which is right.
	Shown float64 `json:"shown"`
	Right float64 `json:"right"`
}

// Version is that of the tables that this program reads.
const Version = 1

//go:embed table.json
var builtin []byte

// Default is the built-in table.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(builtin)
	if err != nil {
		panic(err) // part of the program: TestDefault
	}
	return t
})

// Parse reads a table.
func Parse(text []byte) (*Table, error) {
	t := &Table{}
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("reading the table of inline completions: %w: fit it anew with `mlm-lsp fit inline`", err)
	}
	if t.Version != Version || t.Forest == nil || !slices.Equal(t.Forest.Inputs(), Inputs) || !(0 < t.Least && t.Least <= 1) {
		return nil, fmt.Errorf("reading the table of inline completions: it is not one of version %d: fit it anew with `mlm-lsp fit inline`", Version)
	}
	return t, nil
}

// Best gives each candidate its probability and returns the likeliest; there must be one.
func (t *Table) Best(items []Item) *Item {
	best := &items[0]
	for i := range items {
		if items[i].Probability = t.probability(items[i].Known); items[i].Probability > best.Probability {
			best = &items[i]
		}
	}
	return best
}

func (t *Table) probability(known []float32) float64 {
	return 1 / (1 + math.Exp(-t.Forest.Score(known)))
}

// known describes candidate i of those found. shares are the logarithms of how likely names are as the first.
func known(f *treesitter.File, span treesitter.Span, i int, found []model.Candidate, shares map[string]float64) []float32 {
	c := found[i]
	next, longer := rank.Unknown, rank.Unknown
	for k, other := range found {
		if k == i {
			continue
		}
		to := &next
		if strings.HasPrefix(other.Text, c.Text) {
			to = &longer
		}
		if by := float32(c.Vocabulary - other.Vocabulary); !(*to <= by) {
			*to = by
		}
	}
	count := 1.0
	if c.Vocabulary < 0 {
		count = math.Round(c.LogProb / c.Vocabulary)
	}
	words := strings.FieldsFunc(c.Text, func(r rune) bool { return r < 128 && !names.IsNameByte(byte(r)) })
	first, margin, last := rank.Unknown, rank.Unknown, float32(0)
	if len(words) > 0 {
		last = float32(len(words[len(words)-1]))
	}
	if len(words) > 0 && strings.HasPrefix(c.Text, words[0]) {
		if share, ok := shares[words[0]]; ok {
			first = float32(share)
			other := -10.0
			for name, share := range shares {
				if name != words[0] {
					other = math.Max(other, share)
				}
			}
			margin = float32(share - other)
		} else {
			first = -10
		}
	}
	before := strings.TrimRight(string(f.Text[max(0, span.Start-20):span.Start]), " \t")
	context := 0
	if before != "" {
		context = 1 + strings.IndexByte(contexts, before[len(before)-1])
	}
	behind := span.End < len(f.Text) && strings.IndexByte(")]}", f.Text[span.End]) >= 0
	return []float32{
		float32(c.LogProb), float32(c.Vocabulary), float32(count), float32(len(c.Text)), next, longer, first, float32(span.Len()), rank.Flag(behind), float32(context), float32(len(words)), margin, last,
	}
}
