package complete

import (
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

func TestWhere(t *testing.T) {
	const text = `package p

import "os"

type box struct{ width int }

func (b *box) grow(by int) { b.width += by }

func f(by box, n int) {
	by.grow(other.depth)
	n
	if n := 3; n > 2 { use(n) }
}
`
	f := treesitter.Parse("go", []byte(text))
	for _, c := range []struct{ at, name, line, defined string }{
		{"\tn\n", "n", "func f(by box, n int) {", "defined"},
		{"use(n", "n", "	if n := 3; n > 2 { use(n) }", "defined"}, // the innermost
		{"\tn\n", "by", "func f(by box, n int) {", "defined"},
		{"\tn\n", "box", "type box struct{ width int }", "defined"},
		{"\tn\n", "os", `import "os"`, "defined"},
		{"by.gr", "grow", "func (b *box) grow(by int) { b.width += by }", "defined"},
		{"\tn\n", "width", "type box struct{ width int }", "defined"},
		{"\tn\n", "depth", "	by.grow(other.depth)", "used"},
		{"other.depth", "depth", "", "nowhere"}, // what is being typed says nothing of itself
		{"\tn\n", "height", "", "nowhere"},
	} {
		offset := strings.Index(text, c.at) + len(strings.TrimRight(c.at, "\n"))
		place, defined := Where(f, offset, c.name)
		got, line := "used", ""
		switch {
		case place.Len() == 0:
			got = "nowhere"
		case defined:
			got = "defined"
		}
		if got != "nowhere" {
			if text[place.Start:place.End] != c.name && got == "used" {
				t.Errorf("%s at %q: the place holds %q", c.name, c.at, text[place.Start:place.End])
			}
			start := strings.LastIndexByte(text[:place.Start], '\n') + 1
			line, _, _ = strings.Cut(text[start:], "\n")
		}
		if got != c.defined || line != c.line {
			t.Errorf("%s at %q: %s in %q, want %s in %q", c.name, c.at, got, line, c.defined, c.line)
		}
	}
}
