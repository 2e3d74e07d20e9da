package names

import (
	"slices"
	"strings"
)

// Parts splits a name into its parts, in lower case.
func Parts(name string) []string {
	var parts []string
	start := 0
	cut := func(end int) {
		if end > start {
			parts = append(parts, strings.ToLower(name[start:end]))
		}
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '_' || c == '$':
			cut(i)
			start = i + 1
		case i > start && upper(c) && (!upper(name[i-1]) || i+1 < len(name) && lower(name[i+1])), i > start && digit(c) != digit(name[i-1]):
			cut(i)
			start = i
		}
	}
	cut(len(name))
	return parts
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }

// SharedParts is the Jaccard index of the parts of two names: the share of all parts that both have.
func SharedParts(x, y string) float32 {
	a, b := Parts(x), Parts(y)
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	both := 0
	for i, x := range a {
		if slices.Contains(b, x) && !slices.Contains(a[:i], x) {
			both++
		}
	}
	all := both
	for i, x := range a {
		if !slices.Contains(b, x) && !slices.Contains(a[:i], x) {
			all++
		}
	}
	for i, x := range b {
		if !slices.Contains(a, x) && !slices.Contains(b[:i], x) {
			all++
		}
	}
	return float32(both) / float32(all)
}
