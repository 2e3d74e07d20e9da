package rank

import (
	_ "embed"
	"sync"
)

//go:embed default.json
var defaultTable []byte

// Default is the table of bundles that have none of their own. Its forests but Alarm were fitted without a model on 1,962 mined fixes (`mlm-lsp fit --without-model --others 12 --largest
// 30000`), its blend on fixes of held-out repositories with a small model. Alarm was grown on 3,232 fixes with the same inputs by LightGBM; what it makes of the model's answer, for operators
// alone, was set by hand. Its thresholds, of members and of the rest, are meant to let in about 0.5 reports on 1,000
// lines: one for all that was chosen on 47,000 lines of raft, paramiko, got and others let in 0.77 on others.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(defaultTable, nil)
	if err != nil {
		panic(err) // part of the program: TestDefault
	}
	return t
})
