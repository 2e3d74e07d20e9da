package rank

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Combiner ranks what may stand where a token is missing (package lsp/gap), by group of gaps. It is fitted (training/ranking) and kept in the bundle.
type Combiner struct {
	// Version is that of the meaning of the inputs.
	Version int `json:"version"`
	// Static ranks by everything but the model; Full with it.
	Static map[string]*Forest `json:"static"`
	Full   map[string]*Forest `json:"full"`
}

// CombinerVersion is the version of combiners that this program reads.
const CombinerVersion = 1

// ParseCombiner reads a combiner and checks it against the inputs that its caller has, by name; nil means that they are not known here.
func ParseCombiner(text []byte, inputs []string) (*Combiner, error) {
	const anew = "fit it anew with `mlm-lsp fit complete`"
	c := &Combiner{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("reading the combiner: %w: %s", err, anew)
	}
	if c.Version != CombinerVersion {
		return nil, fmt.Errorf("reading the combiner: it has version %d, this program reads %d: %s", c.Version, CombinerVersion, anew)
	}
	for _, forests := range []map[string]*Forest{c.Static, c.Full} {
		for group, f := range forests {
			if f == nil {
				return nil, fmt.Errorf("reading the combiner: %s is null: %s", group, anew)
			}
			for _, name := range f.Inputs() {
				if inputs != nil && !slices.Contains(inputs, name) {
					return nil, fmt.Errorf("reading the combiner: %s was fitted with an input %q that is not known here: %s", group, name, anew)
				}
			}
		}
	}
	return c, nil
}

//go:embed complete.json
var defaultCombiner []byte

// DefaultCombiner is the one of bundles that have none of their own. It was fitted with the embedded model; docs/default-model.md says on what.
var DefaultCombiner = sync.OnceValue(func() *Combiner {
	c, err := ParseCombiner(defaultCombiner, nil)
	if err != nil {
		panic(err) // part of the program: TestDefaultCombiner
	}
	return c
})
