package rank

import (
	_ "embed"
	"sync"
)

//go:embed default.json
var defaultTable []byte

// Default is the table of bundles that have none of their own. It was fitted without a model on 1,962 mined fixes (`mlm-lsp fit --without-model --others 12 --largest 30000`), so its Detect
// sees no detection head; its blend on fixes of held-out repositories with a small model; its thresholds on 35,000 lines of dns, docutils, got and pyparsing. With at most one function of a
// thousand holding a report it reports nothing of 147 held-out mistakes.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(defaultTable, nil)
	if err != nil {
		panic(err) // part of the program: TestDefault
	}
	return t
})
