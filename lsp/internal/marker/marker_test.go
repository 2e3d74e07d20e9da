package marker

import (
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

const sample = `What it is about.

-- settings.json --
{}
-- model --
while i [MASK] len => < -0.1, > -6.0
-- loop.py --
while i > len(xs):
#       ^ suspect < wrong-operator
    wait(mil)
#        ^^^ complete millis@1, "a b", !mile
#           | complete -
    done()
`

func TestParse(t *testing.T) {
	s, err := Parse("sample.txt", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	source := &s.Sources[0]
	if want := "while i > len(xs):\n    wait(mil)\n    done()\n"; string(source.Text) != want {
		t.Errorf("text %q", source.Text)
	}
	suspect := source.Suspects[0]
	if got := string(source.Text[suspect.Span.Start:suspect.Span.End]); got != ">" || suspect.Text != "<" || suspect.Code != "wrong-operator" {
		t.Errorf("suspect %q %+v", got, suspect)
	}
	c := source.Completions[0]
	if got := string(source.Text[c.Replaced.Start:c.Offset]); got != "mil" || len(c.Want) != 3 || c.Want[0].Within != 1 || c.Want[1].Label != "a b" || !c.Want[2].Absent {
		t.Errorf("completion %q %+v", got, c)
	}
	if empty := source.Completions[1]; !empty.Nothing || empty.Replaced.Len() != 0 || source.Text[empty.Offset] != ')' {
		t.Errorf("completion %+v", empty)
	}

	good := Finding{Span: suspect.Span, Code: "wrong-operator", Text: "<"}
	for _, c := range []struct {
		observed   []Finding
		complaints int
	}{
		{[]Finding{good}, 0},
		{nil, 1},
		{[]Finding{good, good}, 1},
		{[]Finding{{Span: suspect.Span, Code: "wrong-operator", Text: ">="}}, 2},
	} {
		if got := source.CheckFindings(c.observed); len(got) != c.complaints {
			t.Errorf("%v: %q", c.observed, got)
		}
	}
	offer := func(labels ...string) (offers []Offer) {
		for _, l := range labels {
			offers = append(offers, Offer{l, c.Replaced})
		}
		return offers
	}
	for _, x := range []struct {
		offers     []Offer
		complaints int
	}{
		{offer("millis", "other", "a b"), 0},
		{offer("a b", "millis"), 1},
		{offer("millis"), 1},
		{offer("millis", "a b", "mile"), 1},
		{[]Offer{{"millis", treesitter.Span{}}, {"a b", c.Replaced}}, 1},
	} {
		if got := c.Check(source, x.offers); len(got) != x.complaints {
			t.Errorf("%v: %q", x.offers, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no prose", "-- a.py --\nx\n", "say first"},
		{"no source", "x\n-- model --\n", "no source"},
		{"language", "x\n-- a.xyz --\nx\n", "no known language"},
		{"misspelt verb", "x\n-- a.py --\n  x\n# ^ suspekt y\n", "looks like a note"},
		{"beyond the line", "x\n-- a.py --\nx\n#     ^ suspect y\n", "behind the end"},
		{"no line above", "x\n-- a.py --\n#  ^ suspect y\n", "no line above"},
		{"rank", "x\n-- a.py --\n  x\n# ^ complete y@z\n", "no rank"},
		{"script", "x\n-- model --\nno arrow\n-- a.py --\nx\n", "=>"},
	} {
		if _, err := Parse("f", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
