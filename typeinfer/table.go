package typeinfer

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

// Table says from which probability on a candidate is shown.
type Table struct {
	Version int `json:"version"`
	// Least is the least probability by language, kind of site and whether file or project annotate anything (Typed or Untyped); what is not there is never shown.
	Least map[string]map[string]map[string]Least `json:"least"`
}

// Whether a file or its project annotate anything: what is likely means another thing in each.
const (
	Typed   = "typed"
	Untyped = "untyped"
)

// Least is a threshold with what was measured at it, on projects that it was chosen on: the share of sites at which something was shown, and the share of that which was right.
type Least struct {
	Probability float64 `json:"probability"`
	Sites       int     `json:"sites"`
	Shown       float64 `json:"shown"`
	Right       float64 `json:"right"`
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
				if !(0 < least.Probability && least.Probability <= 1) {
					return nil, fmt.Errorf("reading the thresholds of types: %v of %s, %s is no probability: fit them anew with `mlm-lsp fit types`", least.Probability, language, kind)
				}
			}
		}
	}
	return t, nil
}

// Shows tells whether a candidate of that probability is shown.
func (t *Table) Shows(language, kind, typed string, probability float64) bool {
	least, ok := t.Least[language][kind][typed]
	return ok && probability >= least.Probability
}
