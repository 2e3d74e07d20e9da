package rank

import (
	_ "embed"
	"sync"
)

//go:embed default.json
var defaultTable []byte

// Default is the table of bundles that have none of their own. It was fitted with the embedded model of 135 million subwords on 2,348 fixes and 2,136 planted mistakes (`mlm-lsp
// fit --others 24 --largest 40000`), its thresholds (`--table FILE --clean RELEASED --functions 1`) on 185,000 lines of dns, docutils, got,
// pyparsing, paramiko, raft, rope and npm packages: 0.5 reports on 1,000 of those. On the open set it reports 4.3% of the mistakes.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(defaultTable, nil)
	if err != nil {
		panic(err) // part of the program: TestDefault
	}
	return t
})
