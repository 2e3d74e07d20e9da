package complete

import (
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	const text = "totals = 1\nfar.total_far()\nbox.tone\ntotal_near = 2\n\tt‸x = tip\nbox.t1 + tin, 3t\n"
	before, after, _ := strings.Cut(text, "‸")
	for _, c := range []struct {
		typed  string
		atMost int
		want   string
	}{
		{"", 9, "tip total_near tin totals"},
		{"", 2, "tip total_near"},
		{"o", 9, "total_near totals"},
		{"q", 9, ""},
		{" ", 9, ""},
		{" box.", 9, ""},
		{" box.t", 9, "t1 tone total_far"},
		{" 3", 9, ""},
	} {
		now := before + c.typed + after
		items := Near([]byte(now), len(before)+len(c.typed), c.atMost)
		if got := labels(items); got != c.want {
			t.Errorf("%q: %s, want %s", c.typed, got, c.want)
		}
		for _, item := range items {
			if typed := now[item.Span.Start:item.Span.End]; item.Span.End != len(before)+len(c.typed) || !strings.HasPrefix(item.Label, typed) {
				t.Errorf("%q: %+v replaces %q", c.typed, item, typed)
			}
		}
	}
	large := strings.Repeat("tower\n", around)
	if got := labels(Near([]byte("tall\n"+large+"t\n"+large), len("tall\n"+large)+1, 9)); got != "tower" {
		t.Errorf("in a large text: %s", got)
	}
}

func FuzzNear(f *testing.F) {
	f.Add("a.b ab", 1)
	f.Add("\xff\xfe", 2)
	f.Fuzz(func(t *testing.T, text string, offset int) {
		if offset < 0 || offset > len(text) {
			return
		}
		for _, item := range Near([]byte(text), offset, 5) {
			if !strings.Contains(text, item.Label) || !strings.HasPrefix(item.Label, text[item.Span.Start:offset]) || item.Span.End != offset {
				t.Fatalf("%+v", item)
			}
		}
	})
}
