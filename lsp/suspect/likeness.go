package suspect

import (
	"strings"

	"mlm-lsp/lsp/names"
)

// likeness is how alike two names are: people mistake `results` for `result` more often than for `width`.
type likeness struct {
	edits  float32 // changed, added, left out and exchanged characters, upper and lower case taken for the same
	ratio  float32 // 1 less the edits by the longer name's length
	prefix float32 // share of the shorter name that both begin with
	suffix float32 // and end with
	words  float32 // share of all parts (of snake_case and camelCase) that both have
	style  float32 // 1 when both are written the same way
}

// maxCompared bounds the bytes of names that are compared.
const maxCompared = 48

func compare(a, b string) likeness {
	var l likeness
	if style(a) == style(b) {
		l.style = 1
	}
	l.words = names.SharedParts(a, b)
	a, b = strings.ToLower(a), strings.ToLower(b)
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	short, long := float32(min(len(a), len(b))), float32(max(len(a), len(b)))
	if long == 0 {
		return l
	}
	l.edits = float32(distance(a, b))
	l.ratio = 1 - l.edits/long
	if short > 0 {
		n := 0
		for n < int(short) && a[n] == b[n] {
			n++
		}
		l.prefix = float32(n) / short
		n = 0
		for n < int(short) && a[len(a)-1-n] == b[len(b)-1-n] {
			n++
		}
		l.suffix = float32(n) / short
	}
	return l
}

// distance is Damerau and Levenshtein's in its restricted form (optimal string alignment).
func distance(a, b string) int {
	var rows [3][maxCompared + 1]int
	before, above, here := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		here[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			here[j] = min(above[j]+1, here[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				here[j] = min(here[j], before[j-2]+1)
			}
		}
		before, above, here = above, here, before
	}
	return above[len(b)]
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

// starts is how a name begins, a key under which misspelt ones meet.
func starts(name string) string {
	name = strings.ToLower(strings.TrimLeft(name, "_$"))
	return name[:min(3, len(name))] + "~"
}

// style tells how a name is written.
func style(name string) int {
	trimmed := strings.TrimLeft(name, "_$")
	if trimmed == "" {
		return 0
	}
	private := 0
	if trimmed != name {
		private = 8
	}
	hasUpper := strings.ToLower(trimmed) != trimmed
	hasLower := strings.ToUpper(trimmed) != trimmed
	switch {
	case hasUpper && !hasLower:
		return private + 1 // CONSTANT
	case upper(trimmed[0]):
		return private + 2 // Exported
	case hasUpper:
		return private + 3 // camelCase
	case strings.Contains(trimmed, "_"):
		return private + 4 // snake_case
	}
	return private + 5 // word
}
