// Package marks puts what a program writes into pages that people write: between <!-- NAME --> and the next <!-- end -->, each on a
// line of its own. What stands around them is never touched.
package marks

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Replace returns a page with the table in the place of what stood between the marks. A page without them is an error: a table that
// nobody would see is a mistake.
func Replace(page []byte, name, table string) ([]byte, error) {
	mark := "<!-- " + name + " -->\n"
	before, rest, ok := bytes.Cut(page, []byte(mark))
	_, after, closed := bytes.Cut(rest, []byte("<!-- end -->\n"))
	if !ok || !closed {
		return nil, fmt.Errorf("no %q with an end behind it", strings.TrimSpace(mark))
	}
	return slices.Concat(before, []byte(mark+"\n"+table+"\n<!-- end -->\n"), after), nil
}
