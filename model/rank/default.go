package rank

import (
	_ "embed"
	"sync"
)

//go:embed default.json
var defaultTable []byte

// Default is the table of bundles that have none of their own.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(defaultTable, nil)
	if err != nil {
		panic(err) // part of the program: TestDefault
	}
	return t
})
