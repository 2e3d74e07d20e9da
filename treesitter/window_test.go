package treesitter

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// pythonModule has imports, and functions and a class with methods, each of
// about size bytes.
func pythonModule(size int) string {
	var b strings.Builder
	b.WriteString("import os\nfrom sys import path\n\nLIMIT = 3\n\n")
	body := func(indent, name string) {
		fmt.Fprintf(&b, "%sdef %s(a, b):\n", indent, name)
		for start := b.Len(); b.Len()-start < size; {
			fmt.Fprintf(&b, "%s    %s = a + b\n", indent, name)
		}
		b.WriteString("\n")
	}
	body("", "first")
	body("", "second")
	b.WriteString("class C(Base):\n    kind = 1\n\n")
	body("    ", "third")
	body("    ", "fourth")
	body("    ", "fifth")
	body("", "sixth")
	return b.String()
}

// siteOf finds the last occurrence of text.
func siteOf(t *testing.T, source, text string) Span {
	i := strings.LastIndex(source, text)
	if i < 0 {
		t.Fatalf("no %q", text)
	}
	return Span{i, i + len(text)}
}

func TestWindow(t *testing.T) {
	source := pythonModule(200)
	f := Parse("python", []byte(source))
	for _, test := range []struct {
		name     string
		site     string
		maxBytes int
		want     string // of these marks, the ones that stand in the window, in order
	}{
		{"everything fits", "fourth = ", 10_000, "import LIMIT first second class third fourth fifth sixth"},
		{"the class with its header fits", "fourth = ", 950, "import class third fourth fifth"},
		{"a neighbour fits", "fourth = ", 600, "import class fourth fifth"},
		{"the function alone", "fourth = ", 450, "import class fourth"},
		{"only lines", "fourth = ", 200, "import class fourth"},
		{"a function of the file", "second = ", 400, "import second"},
		{"its neighbours", "second = ", 600, "import LIMIT first second"},
		{"between declarations", "LIMIT", 200, "import LIMIT"},
		{"an import", "sys", 200, "import LIMIT"},
		{"the last one", "sixth = ", 300, "import sixth"},
	} {
		site := siteOf(t, source, test.site)
		before, after := f.Window(site, test.maxBytes)
		if len(before)+len(after) > test.maxBytes {
			t.Errorf("%s: %d bytes", test.name, len(before)+len(after))
		}
		window := before + "[]" + after
		var got []string
		for mark, text := range map[string]string{
			"import": "import os\n", "LIMIT": "= 3\n", "first": "first = a", "second": "second = a",
			"class": "class C(Base):\n", "third": "third = a", "fourth": "fourth = a", "fifth": "fifth = a", "sixth": "sixth = a",
		} {
			if (strings.Contains(window, text)) != strings.Contains(" "+test.want+" ", " "+mark+" ") {
				got = append(got, mark)
			}
		}
		if got != nil {
			t.Errorf("%s: %v are not as wanted in\n%s", test.name, got, window)
		}
	}
}

// TestWindowParts shows one window in full: context out of place comes first, in
// whole lines.
func TestWindowParts(t *testing.T) {
	source := "# Licence\n\nimport os\n\nX = 1\n\nclass C:\n    \"\"\"Doc.\"\"\"\n    y = 2\n\n" +
		"    # Why f.\n    @deco\n    def f(self):\n        return 0\n\n    def g(self):\n        return 1\n\n\ndef h(): return 22222222222222222\n"
	f := Parse("python", []byte(source))
	before, after := f.Window(siteOf(t, source, "0"), 90)
	if got, want := before+"·"+after, "import os\nclass C:\n    # Why f.\n    @deco\n    def f(self):\n        return ·\n"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestWindowNames holds that the names are where they are said to be, in the context out of place, too.
func TestWindowNames(t *testing.T) {
	source := "# Licence\n\nimport os\n\nX = 1\n\nclass C:\n    \"\"\"Doc.\"\"\"\n    y = 2\n\n" +
		"    # Why f.\n    @deco\n    def f(self):\n        return 0\n\n    def g(self):\n        return 1\n\n\ndef h(): return 22222222222222222\n"
	f := Parse("python", []byte(source))
	for _, test := range []struct {
		site     string
		maxBytes int
		want     string
	}{
		{"0", 90, "os C deco f self"},
		{"deco", 1000, "os X C y | f self g self h"},
		{"f(self", 1000, "os X C y deco | g self h"}, // the parameter is part of the site
	} {
		site := siteOf(t, source, test.site)
		before, after := f.Window(site, test.maxBytes)
		namesBefore, namesAfter := f.WindowNames(site, test.maxBytes)
		var got []string
		for _, n := range namesBefore {
			got = append(got, before[n.Start:n.End])
		}
		if len(namesAfter) > 0 {
			got = append(got, "|")
		}
		for _, n := range namesAfter {
			got = append(got, after[n.Start:n.End])
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("around %q: names %q, want %q", test.site, got, test.want)
		}
	}
}

// TestWindowIsStable edits a function and looks at windows elsewhere.
func TestWindowIsStable(t *testing.T) {
	source := pythonModule(300)
	edited := strings.Replace(source, "    first = a + b\n", "    first = a * b\n    changed = 1\n", 1)
	f, g := Parse("python", []byte(source)), Parse("python", []byte(edited))
	for _, name := range []string{"third = ", "fourth = ", "fifth = ", "sixth = "} {
		before, after := f.Window(siteOf(t, source, name), 900)
		editedBefore, editedAfter := g.Window(siteOf(t, edited, name), 900)
		if before != editedBefore || after != editedAfter {
			t.Errorf("the window of %s changed from\n%s\nto\n%s", name, before+"·"+after, editedBefore+"·"+editedAfter)
		}
	}
}

func TestWindowsCutAtDeclarations(t *testing.T) {
	source := pythonModule(200)
	f := Parse("python", []byte(source))
	for _, w := range f.Windows(700)[1:] {
		line, _, _ := strings.Cut(source[w.Start:], "\n")
		if word := strings.Fields(line); len(word) == 0 || word[0] != "def" && word[0] != "class" {
			t.Errorf("a window begins with %q", line)
		}
	}
}

// TestWindowsResynchronise inserts lines near the start of a long file: the cuts
// far behind them stay where they were.
func TestWindowsResynchronise(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "def f%d(x):\n    return x %% %d\n\n", i*i*7919%1009, i)
	}
	source := b.String()
	insertion := "def new(x):\n    return 1\n\n"
	cuts := map[int]bool{}
	windows := Parse("python", []byte(source)).Windows(600)
	for _, w := range windows {
		cuts[w.Start] = true
	}
	kept := 0
	for _, w := range Parse("python", []byte(insertion+source)).Windows(600) {
		if cuts[w.Start-len(insertion)] {
			kept++
		}
	}
	if kept < len(windows)*3/4 {
		t.Errorf("%d of %d cuts are kept", kept, len(windows))
	}
}

func TestWindowAtAnyPlace(t *testing.T) {
	f := Parse("go", []byte("package p\n"))
	for _, site := range []Span{{-5, -1}, {0, 0}, {5, 3}, {100, 200}, {0, 100}} {
		for _, maxBytes := range []int{-1, 0, 3, 100} {
			if before, after := f.Window(site, maxBytes); len(before)+len(after) > max(maxBytes, 0) {
				t.Errorf("%v within %d: %q, %q", site, maxBytes, before, after)
			}
		}
	}
}

// TestLongLine: a minified file is one line, of which a window takes a part.
func TestLongLine(t *testing.T) {
	source := strings.Repeat("function f(a,b){return a+b*'é'}", 5000)
	f := Parse("javascript", []byte(source))
	if len(f.Declarations) != 5000 {
		t.Fatalf("%d declarations", len(f.Declarations))
	}
	site := siteOf(t, source[:len(source)/2], "b*")
	for _, maxBytes := range []int{20, 33, 400} {
		before, after := f.Window(site, maxBytes)
		if size := len(before) + len(after); size > maxBytes || size < maxBytes-40 {
			t.Errorf("%d of %d bytes", size, maxBytes)
		}
		if !strings.HasSuffix(source[:site.Start], before) || !utf8.ValidString(before+after) {
			t.Errorf("%q·%q", before, after)
		}
	}
	for _, w := range f.Windows(500) {
		if w.Len() < 250 && w.End < len(source) {
			t.Errorf("a window of %d bytes", w.Len())
		}
	}
}
