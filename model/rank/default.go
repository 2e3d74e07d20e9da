package rank

import (
	_ "embed"
	"sync"
)

//go:embed default.json
var defaultTable []byte

// Default is the table of bundles that have none of their own. It was fitted without a model on 2,030 mined fixes of some 80 repositories (`mlm-lsp fit --without-model --others 12`), so its Detect
// sees no detection head; its blend on fixes of held-out repositories with a small model; its thresholds on 46,000 lines of dns, docutils, got and pyparsing. At at most one function of a
// thousand with a report nothing of 293 held-out mistakes is reported.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(defaultTable, nil)
	if err != nil {
		panic(err) // part of the program: TestDefault
	}
	return t
})
