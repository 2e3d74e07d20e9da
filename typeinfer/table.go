package typeinfer

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"sync"
)

// Table says what the shares that the forests give come to, and from which probability on a candidate is shown.
type Table struct {
	Version int `json:"version"`
	// Least is by language, kind of site and whether file and project annotate most parameters (Typed or Untyped); what is not there is taken as it is, and never shown.
	Least map[string]map[string]map[string]Least `json:"least"`
}

// Whether file and project annotate most parameters: what is likely means another thing in each.
const (
	Typed   = "typed"
	Untyped = "untyped"
)

// Least is a threshold with what was measured at it, on projects that it was chosen on: the share of sites at which something was shown, and the share of that which was right.
type Least struct {
	// Probability is the threshold, on what Sure makes of a share; 0: nothing is shown.
	Probability float64 `json:"probability,omitempty"`
	// Slope and Shift are those of a line through the log-odds of the first candidate's share; a slope of 0 leaves it as it is.
	Slope float64 `json:"slope,omitempty"`
	Shift float64 `json:"shift,omitempty"`
	Sites int     `json:"sites"`
	Shown float64 `json:"shown"`
	Right float64 `json:"right"`
}

// TableVersion is that of the tables that this program reads.
const TableVersion = 1

//go:embed table.json
var builtinTable []byte

// DefaultTable is the built-in table.
var DefaultTable = sync.OnceValue(func() *Table {
	t, err := ParseTable(builtinTable)
	if err != nil {
		panic(err) // part of the program: TestDefaultTable
	}
	return t
})

// ParseTable reads a table.
func ParseTable(text []byte) (*Table, error) {
	t := &Table{}
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("reading the thresholds of types: %w: fit them anew with `mlm-lsp fit types`", err)
	}
	if t.Version != TableVersion {
		return nil, fmt.Errorf("reading the thresholds of types: they are not of version %d: fit them anew with `mlm-lsp fit types`", TableVersion)
	}
	for language, kinds := range t.Least {
		for kind, of := range kinds {
			for _, least := range of {
				if !(0 <= least.Probability && least.Probability <= 1) || !(least.Slope >= 0) {
					return nil, fmt.Errorf("reading the thresholds of types: %v of %s, %s is no probability, or its slope %v is negative: fit them anew with `mlm-lsp fit types`", least.Probability, language, kind, least.Slope)
				}
			}
		}
	}
	return t, nil
}

// Shows tells whether a candidate of that probability is shown.
func (t *Table) Shows(language, kind, typed string, probability float64) bool {
	least := t.Least[language][kind][typed]
	return least.Probability > 0 && probability >= least.Probability
}

// sure turns the shares of a site's candidates into probabilities: that of the first by the line of its kind of site, and the others' in step, so that all of it together stays as much
// as it was.
func (t *Table) sure(language, kind, typed string, list []Candidate) {
	if len(list) == 0 {
		return
	}
	share := list[0].Probability
	list[0].Probability = t.Least[language][kind][typed].Of(share)
	for i := range list[1:] {
		c := &list[1+i]
		if share < 1 {
			c.Probability *= (1 - list[0].Probability) / (1 - share)
		}
		c.Probability = min(c.Probability, list[0].Probability)
	}
}

// Of is the probability that a first candidate's share stands for.
func (l Least) Of(share float64) float64 {
	if l.Slope == 0 {
		return share
	}
	return 1 / (1 + math.Exp(-l.Shift-l.Slope*Odds(share)))
}

// Odds are the logarithm of a share's odds, of one that is not quite 0 and not quite 1.
func Odds(share float64) float64 {
	const nearly = 0.001
	share = min(max(share, nearly), 1-nearly)
	return math.Log(share / (1 - share))
}
