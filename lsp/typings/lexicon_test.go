package typings

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// TestLexicon: the lexicon that the program was built with can be read, and knows what everyone knows.
func TestLexicon(t *testing.T) {
	for _, c := range []struct{ language, text, kind, symbol, want string }{
		{"go", "package p\nfunc f(ctx T) {}\n", "parameter", "ctx", "context.Context"},
		{"go", "package p\nfunc f(err T) {}\n", "parameter", "err", "error"},
		{"python", "def is_empty(self):\n    return True\n", "return", "is_empty", "bool"},
		{"python", "def f(path: T):\n    pass\n", "parameter", "path", "str"},
		{"typescript", "function f(callback: T, name: T) { return name.length }\n", "parameter", "name", "string"},
		{"java", "class A { boolean isEmpty() { return size == 0; } }", "return", "isEmpty", "boolean"},
		{"rust", "fn len(&self) -> T { self.n }\n", "return", "len", "usize"},
	} {
		l := For(c.language)
		if best := l.Judge(found(t, c.language, c.text, c.kind, c.symbol)).Best(3); !slices.Contains(best, c.want) {
			t.Errorf("%s: %s has %q, and no %s", c.language, c.symbol, best, c.want)
		}
		if frequent := l.Frequent(c.kind, 60); !slices.Contains(frequent, c.want) {
			t.Errorf("%s: %s is no frequent %s", c.language, c.want, c.kind)
		}
	}
	if l := For("cobol"); len(l.Frequent("parameter", 9)) > 0 || l.Form("List[x]") != "#[#]" {
		t.Error("what is not known has types")
	}
	if For("tsx") != For("typescript") {
		t.Error("tsx has another lexicon")
	}
}

// small is a lexicon of two types and a key.
func small(t *testing.T) *Lexicon {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	l := map[string]*Lexicon{"go": {
		Known: "int string", Forms: []string{"int", "*#", "string"},
		Kinds: map[string]string{"parameter": "100 0:60 1:20 2:10"}, Keys: map[string]string{"np name": "10 2:9", "u len(": "20 2:10 7:3 x:1 0:0"},
	}}
	if err := json.NewEncoder(zip).Encode(l); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := ReadLexicons(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return list["go"]
}

// TestOpinion: evidence outweighs how frequent a type is, what was not counted changes nothing, and types of one form have one figure.
func TestOpinion(t *testing.T) {
	l := small(t)
	f := treesitter.Parse("go", []byte("package p\nfunc f(name T, other T) { len(name) }\n"))
	var opinions []*Opinion
	for _, site := range f.TypeSites {
		opinions = append(opinions, l.Judge(Look(names.New(f), site)))
	}
	name, other := opinions[0], opinions[1]
	if best := name.Best(2); best[0] != "string" {
		t.Errorf("name: %q", best)
	}
	if best := other.Best(9); !slices.Equal(best, []string{"int", "*#", "string"}) {
		t.Errorf("other: %q", best)
	}
	s := name.Of("string")
	if !(s.Shares[FamilyName] > 0) || !math.IsNaN(s.Shares[FamilyValue]) || s.All <= s.Prior {
		t.Errorf("%+v", s)
	}
	if a, b := name.Of("*Cart"), name.Of("*Basket"); a.All != b.All || l.Form("*Cart") != "*#" {
		t.Errorf("%+v beside %+v", a, b)
	}
	if a := name.Of("chan int"); !(a.All < s.All) || math.IsInf(a.All, 0) {
		t.Errorf("a type that was never seen: %+v", a)
	}
	if c := l.Counted("u len("); c.Total != 20 || len(c.Order) != 1 {
		t.Errorf("%+v", c)
	}
}

func FuzzReadLexicons(f *testing.F) {
	f.Add(lexiconFile[:min(100, len(lexiconFile))])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<12 {
			return
		}
		list, err := ReadLexicons(text)
		if (list == nil) == (err == nil) {
			t.Fatalf("%v with %v", list, err)
		}
		for _, l := range list {
			for kind := range l.Kinds {
				l.Frequent(kind, 5)
			}
			for key := range l.Keys {
				l.Counted(key)
			}
		}
	})
}
