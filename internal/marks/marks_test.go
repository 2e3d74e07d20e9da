package marks

import (
	"strings"
	"testing"
)

func TestReplace(t *testing.T) {
	text := "head\n<!-- a -->\nold\n<!-- end -->\nconclusion\n<!-- b -->\n<!-- end -->\n"
	got, err := Replace([]byte(text), "a", "new\n")
	if want := strings.Replace(text, "old\n", "\nnew\n\n", 1); err != nil || string(got) != want {
		t.Errorf("%q, error %v", got, err)
	}
	for _, broken := range []string{"", "<!-- a -->\nold\n"} {
		if _, err := Replace([]byte(broken), "a", "new\n"); err == nil {
			t.Errorf("%q has no table", broken)
		}
	}
}
