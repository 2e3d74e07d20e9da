package treesitter

import (
	"bytes"
	"fmt"
	"go/build"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// check reports what a File promises and does not hold.
func check(f *File) error {
	size := len(f.Text)
	inside := func(s Span) bool { return 0 <= s.Start && s.Start <= s.End && s.End <= size }
	last := 0
	for i, k := range f.Tokens {
		if k.Start < last || k.Len() == 0 || !inside(k.Span) {
			return fmt.Errorf("token %d %v after %d", i, k.Span, last)
		}
		last = k.End
		if !inside(k.Receiver) || k.Receiver.Len() > 0 && k.Receiver.End > k.Start {
			return fmt.Errorf("token %d %v has receiver %v", i, k.Span, k.Receiver)
		}
		if k.Scope < 0 || int(k.Scope) >= len(f.Scopes) || int(k.Kind) >= NumKinds || int(k.Subkind) >= numSubkinds {
			return fmt.Errorf("token %d: %+v", i, k)
		}
		if f.TokenAt(k.Start) != i || f.TokenAt(k.End-1) != i {
			return fmt.Errorf("token %d is not found at %v", i, k.Span)
		}
	}
	if len(f.Scopes) == 0 || f.Scopes[0].Parent != -1 || f.Scopes[0].Span != (Span{0, size}) {
		return fmt.Errorf("the first scope is not the file")
	}
	for i, s := range f.Scopes {
		if !inside(s.Span) || i > 0 && (s.Parent < 0 || int(s.Parent) >= i || s.Start < f.Scopes[i-1].Start) {
			return fmt.Errorf("scope %d: %+v", i, s)
		}
		names := map[string]bool{}
		for _, d := range s.Definitions {
			if !inside(d.Span) || d.Name == "" || names[d.Name] || d.Visible > size {
				return fmt.Errorf("scope %d defines %+v", i, d)
			}
			names[d.Name] = true
		}
	}
	for _, s := range f.TypeSites {
		if !inside(s.Span) || s.Kind == "" || s.Existing != string(f.Text[s.Start:s.End]) {
			return fmt.Errorf("type site %+v", s)
		}
	}
	for _, c := range f.Calls {
		if !inside(c.Span) || !inside(c.Callee) {
			return fmt.Errorf("call %+v", c)
		}
		for _, a := range c.Arguments {
			if !inside(a) || a.Start < c.Start || a.End > c.End {
				return fmt.Errorf("call %+v", c)
			}
		}
	}
	for i, d := range f.Declarations {
		if !inside(d.Span) || !inside(d.Header) || d.Header.Start != d.Start || d.Header.End > d.End ||
			i > 0 && d.Start < f.Declarations[i-1].Start {
			return fmt.Errorf("declaration %d: %+v", i, d)
		}
	}
	for _, s := range append(f.Imports, f.Errors...) {
		if !inside(s) {
			return fmt.Errorf("import or error %v", s)
		}
	}
	if f.Windows(1) == nil && size > 0 {
		return fmt.Errorf("no windows")
	}
	for _, maxBytes := range []int{0, 7, 300, 4000} {
		end := 0
		for _, w := range f.Windows(maxBytes) {
			if w.Start != end || w.Len() == 0 || w.Len() > max(maxBytes, 4) {
				return fmt.Errorf("window %v after %d of at most %d", w, end, maxBytes)
			}
			end = w.End
		}
		if end != size {
			return fmt.Errorf("windows end at %d of %d", end, size)
		}
	}
	return nil
}

// checkSites looks at windows and visible names in some places of the file.
func checkSites(f *File, random *rand.Rand, count int) error {
	for range count {
		site := Span{random.IntN(len(f.Text) + 1), 0}
		site.End = site.Start
		if len(f.Tokens) > 0 && random.IntN(4) > 0 {
			site = f.Tokens[random.IntN(len(f.Tokens))].Span
		}
		maxBytes := random.IntN(3000)
		before, after := f.Window(site, maxBytes)
		if len(before)+len(after) > maxBytes {
			return fmt.Errorf("window of %d+%d bytes at %v, at most %d", len(before), len(after), site, maxBytes)
		}
		if !strings.HasPrefix(string(f.Text[site.End:]), after) {
			return fmt.Errorf("the text after %v is not the file's", site)
		}
		near := before[strings.LastIndexByte(before, '\n')+1:]
		if !strings.HasSuffix(string(f.Text[:site.Start]), near) {
			return fmt.Errorf("the line before %v is %q", site, near)
		}
		if maxBytes >= len(f.Text) && (before != string(f.Text[:site.Start]) || after != string(f.Text[site.End:])) {
			return fmt.Errorf("the window at %v is not the whole file", site)
		}
		seen := map[string]bool{}
		for _, d := range f.VisibleAt(site.Start) {
			if seen[d.Name] {
				return fmt.Errorf("%s is visible twice at %d", d.Name, site.Start)
			}
			seen[d.Name] = true
		}
	}
	return nil
}

func TestAnyBytes(t *testing.T) {
	defer func(old time.Duration) { parseTimeout = old }(parseTimeout)
	parseTimeout = time.Second // Among the inputs are some that drag on.
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 20_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	ascii := make([]byte, 20_000)
	const printable = " \n\t(){}[]\"'`=+-*/.,:;abcdef01"
	for i := range ascii {
		ascii[i] = printable[random.IntN(len(printable))]
	}
	inputs := map[string]string{
		"nothing":       "",
		"noise":         string(noise),
		"printable":     string(ascii),
		"invalid UTF-8": "x = \"\xff\xfe\"\n\x80\x81 = f(\xc3)\n",
		"NULs":          "\x00\x00x = 1\x00\ny\x00 = 2\n",
		"CRLF":          "import os\r\ndef f(a):\r\n    return a\r\n",
		"BOM":           "\ufeffpackage main\n\nfunc f() { x := 1 }\n",
		"nested":        "x = " + strings.Repeat("(", 20_000) + "1" + strings.Repeat(")", 20_000) + "\n",
		"open":          "x = " + strings.Repeat("(", 20_000),
		"open brackets": strings.Repeat("[{(", 5_000),
		"long line":     "x = [" + strings.Repeat("1, ", 10_000) + "]\n",
		"one line":      strings.Repeat("x", 100_000),
		"dots":          "a" + strings.Repeat(".a", 20_000) + "\n",
		"30,000 lines":  strings.Repeat("a = f(b)\n", 30_000),
	}
	for _, lang := range Languages() {
		for name, text := range inputs {
			t.Run(lang+"/"+name, func(t *testing.T) {
				f := Parse(lang, []byte(text))
				if err := check(f); err != nil {
					t.Fatal(err)
				}
				if err := checkSites(f, random, 10); err != nil {
					t.Fatal(err)
				}
				// Without tokens only where the parse was given up.
				if whole := (Span{0, len(text)}); text != "" && len(f.Tokens) == 0 && (len(f.Errors) != 1 || f.Errors[0] != whole) {
					t.Error("no tokens")
				}
			})
		}
	}
}

func TestUnknownLanguage(t *testing.T) {
	f := Parse("cobol", []byte("MOVE A TO B."))
	if len(f.Tokens) != 0 || len(f.Errors) != 0 {
		t.Error("an unknown language has tokens")
	}
	if err := check(f); err != nil {
		t.Error(err)
	}
}

func TestHugeText(t *testing.T) {
	f := Parse("python", make([]byte, maxText+1))
	if len(f.Tokens) != 0 || len(f.Errors) != 1 {
		t.Errorf("%d tokens and %d errors", len(f.Tokens), len(f.Errors))
	}
}

// TestRealCode holds the invariants on the Go distribution's own sources, where
// besides nothing may be an error.
func TestRealCode(t *testing.T) {
	root := filepath.Join(build.Default.GOROOT, "src")
	var paths []string
	for _, dir := range []string{"net/http", "go/parser", "encoding/json", "cmd/compile/internal/types2"} {
		found, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no sources in %s: %v", dir, err)
		}
		paths = append(paths, found...)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := Parse("go", text)
		if err := check(f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := checkSites(f, random, 20); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(f.Errors) > 0 {
			t.Errorf("%s: %v does not parse: %.60q", path, f.Errors[0], f.Text[f.Errors[0].Start:])
		}
	}
}

func TestConcurrentParse(t *testing.T) {
	sources := goldenSources(t)
	var wait sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for range 3 {
				for lang, text := range sources {
					f := Parse(lang, text)
					if err := check(f); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
}

// goldenSources returns the source that has each language's shapes.
func goldenSources(t testing.TB) map[string][]byte {
	paths, err := filepath.Glob("testdata/shapes.*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sources[LanguageOf(archive.Files[0].Name)] = archive.Files[0].Data
	}
	if len(sources) != len(registry) {
		t.Fatalf("sources in %d languages of %d", len(sources), len(registry))
	}
	return sources
}

func FuzzParse(f *testing.F) {
	languages := Languages()
	for lang, text := range goldenSources(f) {
		for i, l := range languages {
			if l == lang {
				f.Add(byte(i), text)
				for _, line := range bytes.SplitAfter(text, []byte("\n")) {
					f.Add(byte(i), line)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, lang byte, text []byte) {
		file := Parse(languages[int(lang)%len(languages)], text)
		if err := check(file); err != nil {
			t.Fatal(err)
		}
		if err := checkSites(file, rand.New(rand.NewPCG(uint64(len(text)), 0)), 5); err != nil {
			t.Fatal(err)
		}
	})
}
