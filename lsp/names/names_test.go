package names

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

func texts(list []Name) string {
	var words []string
	for _, n := range list {
		word := n.Text
		if n.Near {
			word += "*"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

const source = `package p

import "fmt"

var total int

func area(width, height int) int {
	box := newBox(width)
	box.grow(height)
	other.box.shrink(width)
	size := box.size
	return size
}

func newBox(n int) *Box { return nil }
`

func index(t *testing.T) (*Index, func(text string, nth int) treesitter.Span) {
	t.Helper()
	x := New(treesitter.Parse("go", []byte(source)))
	return x, func(text string, nth int) treesitter.Span {
		at := 0
		for range nth {
			at += strings.Index(source[at:], text) + 1
		}
		return treesitter.Span{Start: at - 1, End: at - 1 + len(text)}
	}
}

func TestVisible(t *testing.T) {
	x, at := index(t)
	got := texts(x.Visible(at("size", 2)))
	for _, want := range []string{"width*", "height*", "box*", "total", "fmt", "newBox"} {
		if !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	if strings.Contains(got, "size") || strings.Contains(got, "n*") {
		t.Errorf("not visible: %s", got)
	}
}

func TestMembers(t *testing.T) {
	x, at := index(t)
	if got := texts(x.Members("box", at("size", 2), false)); got != "grow* shrink" {
		t.Errorf("members of box at its last use: %q", got)
	}
	if got := texts(x.Members("other .box", at("shrink", 1), false)); got != "grow size" {
		t.Errorf("members of other.box, whose only one is the place: %q", got)
	}
	if got := texts(x.Members("", treesitter.Span{}, true)); got != "box size grow shrink" {
		t.Errorf("all members: %q", got)
	}
}

func TestGap(t *testing.T) {
	x, at := index(t)
	for _, c := range []struct {
		span  treesitter.Span
		width int
	}{{at("width", 1), 1}, {at("box.grow", 1), 3}, {treesitter.Span{Start: len(source), End: len(source)}, 0}, {treesitter.Span{}, 0}} {
		site, width := x.Gap(c.span)
		if width != c.width || site < 0 || site > x.Cache.Len() {
			t.Errorf("%q: site %d width %d", x.Text(c.span), site, width)
		}
	}
}

func TestTail(t *testing.T) {
	for receiver, want := range map[string]string{
		"line": "line", "this.lines[0].line": "line", "f(a.b)": "f()", "x.rows[i][j]": "rows[][]", "(a + b)": "", "": "", ")": "", `"text"`: "", "größe": "größe",
	} {
		if got := Tail(receiver); got != want {
			t.Errorf("%q: %q, want %q", receiver, got, want)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add("python", "a.b(c).d\n", 3, 2)
	f.Add("go", source, 50, 4)
	f.Fuzz(func(t *testing.T, language, text string, start, length int) {
		if start < 0 || length < 0 || start > len(text) || length > len(text)-start || len(text) > 10000 {
			return
		}
		x := New(treesitter.Parse(language, []byte(text)))
		place := treesitter.Span{Start: start, End: start + length}
		site, width := x.Gap(place)
		if site < 0 || width < 0 || site+width > x.Cache.Len() {
			t.Fatalf("gap %d %d of %d", site, width, x.Cache.Len())
		}
		x.Cache.Score(site, width, []string{"a", "b"}, nil)
		fmt.Fprint(new(strings.Builder), x.Visible(place), x.Members(text[start:start+length], place, true), x.Identifiers(place, treesitter.KindVariable))
		if tail := Tail(text); len(tail) > len(text) {
			t.Fatalf("the last name of %q is longer: %q", text, tail)
		}
	})
}

// TestQuery holds that the names of a query are names, and that the site's own text is not among what it shows.
func TestQuery(t *testing.T) {
	source := "def area(width, height):\n    return width * height\n"
	f := treesitter.Parse("python", []byte(source))
	at := strings.LastIndex(source, "width")
	q := Query(f, treesitter.Span{Start: at, End: at + len("width")}, 1000)
	var got []string
	for _, s := range q.NamesBefore {
		got = append(got, q.Before[s.Start:s.End])
	}
	for _, s := range q.NamesAfter {
		got = append(got, q.After[s.Start:s.End])
	}
	if want := []string{"area", "width", "height", "height"}; !slices.Equal(got, want) || q.Before+q.After != source[:at]+source[at+len("width"):] || q.Language != "python" {
		t.Errorf("names %q, want %q; %+v", got, want, q)
	}
}
