package names

import (
	"slices"
	"testing"
)

func TestParts(t *testing.T) {
	for name, want := range map[string][]string{
		"maxHTTPLines": {"max", "http", "lines"}, "max_lines": {"max", "lines"}, "_x2": {"x", "2"}, "$": nil, "": nil, "ID": {"id"},
	} {
		if got := Parts(name); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := SharedParts("max_lines", "lineMax"); got != 1.0/3 {
		t.Errorf("max of three different parts is in both: %v", got)
	}
	if SharedParts("", "x") != 0 || SharedParts("a_b", "bA") != 1 {
		t.Error("nothing shares nothing, and the order does not count")
	}
}
