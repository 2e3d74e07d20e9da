package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

type finding struct {
	entry    Entry
	reported bool
	number   int
}

func entry(f finding) (Entry, bool) { return f.entry, f.reported }

func TestSubtract(t *testing.T) {
	e := Entry{Path: "a.py", Code: "wrong-operator", Token: "<", Text: "if a < b:"}
	other := e
	other.Text = "if a < c:"
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, known := range []Entry{e, e} {
		if err := enc.Encode(known); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Parse(text.Bytes())
	if err != nil || b.Len() != 2 || !b.Is(text.Bytes()) || b.Is(nil) {
		t.Fatalf("%v, %v", b, err)
	}
	findings := []finding{{e, true, 0}, {other, true, 1}, {e, false, 2}, {e, true, 3}, {e, true, 4}}
	for range 2 { // what is left out once is known still
		var numbers []int
		for _, f := range Subtract(b, findings, entry) {
			numbers = append(numbers, f.number)
		}
		if !slices.Equal(numbers, []int{1, 2, 4}) {
			t.Errorf("left %v", numbers)
		}
	}
	if got := Subtract(nil, findings, entry); len(got) != len(findings) || (*Baseline)(nil).Len() != 0 || (*Baseline)(nil).Is(nil) {
		t.Errorf("without a baseline %v", got)
	}
}

func TestNewEntry(t *testing.T) {
	text := []byte("first\n\t x = total \r\nlast")
	for offset, want := range map[int]string{0: "first", 5: "first", 6: "x = total", 12: "x = total", len(text): "last"} {
		if got := NewEntry("/p/known", filepath.FromSlash("/p/src/a.py"), "c", "t", text, offset); got != (Entry{"../src/a.py", "c", "t", want}) {
			t.Errorf("at %d: %+v", offset, got)
		}
	}
}

func TestParseSaysWhere(t *testing.T) {
	for text, line := range map[string]int{"{": 1, "\n\nnull": 3, "{\"path\":\"a\",\"code\":\"b\"}\n\n{]": 3, "{\"path\":\"a\",\"code\":\"b\"}\n7": 2, "{}": 1, "{}\n\n": 1, "\n{\n": 2} {
		_, err := Parse([]byte(text))
		var broken *Error
		if !errors.As(err, &broken) || broken.Line != line {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever a baseline holds, reading ends in order, and what was written is what is read.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"path":"a","code":"b","token":"c","text":"d"}` + "\n", "{\"path\":\"a\"", "\xff", "[[[[", `{"path":{"path":"a"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Parse(text)
		var broken *Error
		if err != nil && (!errors.As(err, &broken) || broken.Line < 1 || broken.Line > 1+bytes.Count(text, []byte{'\n'})) {
			t.Fatalf("%v", err)
		}
		if err != nil {
			return
		}
		for e, n := range b.known {
			if left := Subtract(b, slices.Repeat([]finding{{e, true, 0}}, n+1), entry); len(left) != 1 {
				t.Fatalf("%+v is known %d times, and %d of %d are left", e, n, len(left), n+1)
			}
		}
	})
}
