package codetok

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// goroot is where the standard library's sources are.
var goroot = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	return strings.TrimSpace(string(out)), err
})

// sources returns Go files of the standard library, about n bytes of them.
func sources(tb testing.TB, n int) []string {
	tb.Helper()
	root, err := goroot()
	if err != nil {
		tb.Fatal(err)
	}
	var texts []string
	for _, pattern := range []string{"strconv/*.go", "encoding/json/*.go", "net/http/*.go", "go/types/*.go"} {
		paths, err := filepath.Glob(filepath.Join(root, "src", pattern))
		if err != nil || len(paths) == 0 {
			tb.Fatalf("finding sources of %s: %v", pattern, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				tb.Fatal(err)
			}
			texts = append(texts, string(data))
			if n -= len(data); n < 0 {
				return texts
			}
		}
	}
	return texts
}

func trained(tb testing.TB) *Tokenizer {
	tb.Helper()
	tok, err := Train(context.Background(), slices.Values(sources(tb, 300<<10)), TrainOptions{VocabSize: 1000})
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

// checkTiles is the invariant of the package: subwords tile the text and decode
// to it, but for a special token where the vocabulary lacks a byte.
func checkTiles(t *testing.T, tok *Tokenizer, text string) {
	t.Helper()
	e := tok.Encode(text)
	at := int32(0)
	want := []byte(text)
	for i, o := range e.Offsets {
		if o[0] != at || o[1] <= at {
			t.Fatalf("subword %d of %q is at %v, want its start at %d", i, text, o, at)
		}
		if tok.IsSpecial(e.IDs[i]) && o[1] == at+1 && strings.IndexByte("\xc0\xc1\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff", text[at]) >= 0 {
			want = slices.DeleteFunc(want, func(b byte) bool { return b == text[at] })
		} else if got := string(tok.Bytes(e.IDs[i])); got != text[o[0]:o[1]] {
			t.Fatalf("subword %d of %q is %q, want %q", i, text, got, text[o[0]:o[1]])
		}
		at = o[1]
	}
	if int(at) != len(text) {
		t.Fatalf("subwords of %q end at %d, want %d", text, at, len(text))
	}
	if got := tok.Decode(e.IDs); got != string(want) {
		t.Fatalf("decoding subwords of %q: got %q", text, got)
	}
}

func TestTrain(t *testing.T) {
	tok := trained(t)
	if tok.Size() != 1000 {
		t.Errorf("size is %d, want 1000", tok.Size())
	}
	if want := (Special{UNK: 0, CLS: 1, SEP: 2, PAD: 3, MASK: 4}); tok.Special() != want {
		t.Errorf("special tokens are %v, want %v", tok.Special(), want)
	}
	if id, ok := tok.LanguageTag("python"); !ok || id != 6 || !tok.IsSpecial(id) || tok.Bytes(id) != nil {
		t.Errorf("tag of python is %d, %v", id, ok)
	}
	for _, text := range sources(t, 300<<10) {
		checkTiles(t, tok, text)
	}
	checkTiles(t, tok, "x = '[MASK]' + \"<|go|>\" \xff\xfe\r\n\té é 😀"+strings.Repeat("ab", 300))
}

func TestTrainIsDeterministic(t *testing.T) {
	texts := sources(t, 300<<10)
	want := trained(t).Digest()
	slices.Reverse(texts)
	tok, err := Train(context.Background(), slices.Values(texts), TrainOptions{VocabSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if tok.Digest() != want {
		t.Error("the same texts in another order gave another tokenizer")
	}
}

func TestWriteRead(t *testing.T) {
	tok := trained(t)
	var first, second bytes.Buffer
	if err := tok.Write(&first); err != nil {
		t.Fatal(err)
	}
	again, err := Read(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) || tok.Digest() != again.Digest() {
		t.Error("writing what was read gave another file")
	}
	for _, text := range sources(t, 100<<10) {
		if !slices.Equal(tok.Encode(text).IDs, again.Encode(text).IDs) {
			t.Fatal("the tokenizer that was read encodes otherwise")
		}
	}
}

func TestIdentifiersStandAlone(t *testing.T) {
	tok := trained(t)
	want := tok.Encode("unquoteBytes").IDs
	for _, around := range []string{" |", "(|)", ".|.", "\n\t| = 1", "[|]", "*|", "return |, 2"} {
		before, after, _ := strings.Cut(around, "|")
		ids := tok.Encode(before + "unquoteBytes" + after).IDs
		n := len(tok.Encode(before).IDs)
		if len(ids) < n+len(want) || !slices.Equal(ids[n:n+len(want)], want) {
			t.Errorf("in %q the identifier has other subwords", around)
		}
	}
}
