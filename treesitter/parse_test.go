package treesitter

import "testing"

// TestQueries compiles every language's queries, which resolves every name in them.
func TestQueries(t *testing.T) {
	for _, name := range Languages() {
		for _, l := range registry {
			if l.name != name {
				continue
			}
			if err := (&language{name: l.name, grammar: l.grammar}).compile(); err != nil {
				t.Error(err)
			}
		}
	}
}
