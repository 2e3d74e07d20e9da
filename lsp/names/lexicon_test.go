package names

import (
	"slices"
	"testing"
)

// TestLexicon: the lexicon that the program was built with can be read, and knows what everyone knows.
func TestLexicon(t *testing.T) {
	for _, c := range []struct{ language, receiver, member string }{{"python", "os.path", "isfile"}, {"go", "http", "StatusNotFound"}, {"typescript", "Math", "floor"}, {"javascript", "a.console", "warn"}} {
		if list := KnownMembers(c.language, c.receiver); !slices.Contains(list, c.member) {
			t.Errorf("%s: %s has %v, and no %s", c.language, c.receiver, list, c.member)
		}
	}
	if list := Siblings("python", "get"); !slices.Contains(list, "pop") {
		t.Errorf("beside get stand %v", list)
	}
	if len(KnownMembers("cobol", "os.path"))+len(Siblings("python", "")) > 0 {
		t.Error("what is not known has members")
	}
}

func FuzzReadLexicons(f *testing.F) {
	f.Add(lexiconFile[:100])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<12 {
			return
		}
		if list, err := ReadLexicons(text); (list == nil) == (err == nil) {
			t.Fatalf("%v with %v", list, err)
		}
	})
}
