package shard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/treesitter"
)

const sample = `package shop

import "fmt"

// totalPrice adds up; it's naïve.
func totalPrice(items []Item, taxRate float64) float64 {
	sum := 0.0
	for _, item := range items {
		sum += item.unitPrice * float64(item.count)
	}
	fmt.Println("total price", sum)
	return sum * (1 + taxRate)
}
`

func testTokenizer(t testing.TB) *codetok.Tokenizer {
	t.Helper()
	tokenizer, err := codetok.Train(context.Background(), slices.Values([]string{sample, sample}), codetok.TrainOptions{VocabSize: 320})
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

func testSources() []Source {
	return []Source{
		{Project: "shop", Language: "go", Text: []byte(sample)},
		{Project: "shop", Language: "go", Text: []byte(strings.ReplaceAll(sample, "Price", "Cost"))},
		{Project: "shop", Language: "python", Text: []byte("def f(x):\n    return x + 1\n")},
		{Project: "aside", HeldOut: true, Language: "go", Text: []byte(strings.ReplaceAll(sample, "sum", "amount"))},
	}
}

func TestBuildAndOpen(t *testing.T) {
	tokenizer, dir := testTokenizer(t), t.TempDir()
	c := testSources()
	if err := os.WriteFile(filepath.Join(dir, "train-007"+Extension), []byte("left over"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Build(context.Background(), c, tokenizer, dir, nil); err != nil {
		t.Fatal(err)
	}
	for _, side := range []struct {
		heldOut bool
		files   []Source
	}{{false, c[:3]}, {true, c[3:]}} {
		shards, err := Open(dir, side.heldOut, tokenizer.Digest())
		if err != nil || len(shards) != 1 {
			t.Fatalf("%d shards, error %v", len(shards), err)
		}
		s := shards[0]
		if len(s.Documents) != len(side.files) {
			t.Fatalf("%d documents of %d files", len(s.Documents), len(side.files))
		}
		for i, d := range s.Documents {
			f := side.files[i]
			if got := tokenizer.Decode(s.IDs[d.Start:d.End]); got != string(f.Text) {
				t.Errorf("file %d: decoded to %q", i, got)
			}
			if s.Projects[d.Project] != f.Project || s.Languages[d.Language] != f.Language {
				t.Errorf("file %d: project %s, language %s", i, s.Projects[d.Project], s.Languages[d.Language])
			}
		}
	}
	if _, err := Open(dir, false, "another"); err == nil || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("shards of another tokenizer: error %v", err)
	}
}

// words renders an encoding as class:text, a bar before each word.
func words(t *codetok.Tokenizer, ids []int32, labels []Label) string {
	var out strings.Builder
	for i, l := range labels {
		if l.WordStart() {
			out.WriteString("|" + l.Class().String() + ":")
		}
		out.Write(t.Bytes(ids[i]))
	}
	return out.String() + "|"
}

func TestLabels(t *testing.T) {
	tokenizer := testTokenizer(t)
	encoding := tokenizer.Encode(sample)
	got := words(tokenizer, encoding.IDs, LabelSubwords(treesitter.Parse("go", []byte(sample)), encoding.Offsets))
	for _, want := range []string{
		"|definition:totalPrice|", "|parameter:taxRate|", "|variable:sum|assignment: := |", "|assignment: += |", "|attribute:unitPrice|operator: * |",
		"|comment:totalPrice|comment: |comment:adds|", "|comment:naïve|", "|literal:total|literal: |literal:price|", "|keyword:return|", "|call:Println|",
		"|type:float64|", "|keyword:for|",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestDocstringsAreProse(t *testing.T) {
	tokenizer := testTokenizer(t)
	text := "def f():\n    \"\"\"Tells a\n    story.\"\"\"\n    return 'short'\n"
	encoding := tokenizer.Encode(text)
	got := words(tokenizer, encoding.IDs, LabelSubwords(treesitter.Parse("python", []byte(text)), encoding.Offsets))
	if !strings.Contains(got, "|comment:story|") || !strings.Contains(got, "|literal:short|") {
		t.Error(got)
	}
}

func TestWordsCoverTokens(t *testing.T) {
	// Whatever the vocabulary, no word has parts of two tokens that both fill whole subwords.
	tokenizer := testTokenizer(t)
	f := treesitter.Parse("go", []byte(sample))
	encoding := tokenizer.Encode(sample)
	labels := LabelSubwords(f, encoding.Offsets)
	for i := 1; i < len(labels); i++ {
		if labels[i].WordStart() {
			continue
		}
		a, b := f.TokenAt(int(encoding.Offsets[i-1][1])-1), f.TokenAt(int(encoding.Offsets[i][0]))
		if a >= 0 && b >= 0 && a != b && encoding.Offsets[i][1]-encoding.Offsets[i][0] > 1 {
			t.Errorf("subword %d continues a word over tokens %q and %q", i, f.Text[f.Tokens[a].Start:f.Tokens[a].End], f.Text[f.Tokens[b].Start:f.Tokens[b].End])
		}
	}
}

func small() *Shard {
	return &Shard{
		Tokenizer: "digest", Vocabulary: 300, Projects: []string{"p", "q"}, Languages: []string{"go"},
		IDs: []int32{5, 299, 7, 8}, Labels: []Label{wordStart, 1, 2 | wordStart, 3 | wordStart}, Windows: []uint32{0, 2, 3},
		Documents: []Document{{0, 0, 0, 3}, {1, 0, 3, 4}},
	}
}

func TestRoundTrip(t *testing.T) {
	for _, vocabulary := range []int{300, 100000} { // two and four bytes an id
		s := small()
		s.Vocabulary = vocabulary
		s.IDs[1] = int32(vocabulary - 1)
		var b bytes.Buffer
		if err := s.Write(&b); err != nil {
			t.Fatal(err)
		}
		got, err := Read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, s) {
			t.Errorf("read %+v, wrote %+v", got, s)
		}
		for cut := range b.Len() {
			if _, err := Read(b.Bytes()[:cut]); err == nil {
				t.Fatalf("a shard cut off at %d of %d was read", cut, b.Len())
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Shard){
		"an id beyond the vocabulary":   func(s *Shard) { s.IDs[0] = 300 },
		"a class that there is not":     func(s *Shard) { s.Labels[1] = Label(NumClasses) },
		"the special class":             func(s *Shard) { s.Labels[1] = SpecialLabel },
		"windows out of order":          func(s *Shard) { s.Windows[1] = 3 },
		"a first window that is late":   func(s *Shard) { s.Windows[0] = 1 },
		"a window beyond the end":       func(s *Shard) { s.Windows[2] = 4 },
		"a document without window":     func(s *Shard) { s.Windows = []uint32{0, 2} },
		"a document inside a word":      func(s *Shard) { s.Labels[3] = 3 },
		"a gap between documents":       func(s *Shard) { s.Documents[1].Start = 4 },
		"an empty document":             func(s *Shard) { s.Documents[0].End = 0 },
		"subwords after the last":       func(s *Shard) { s.Documents = s.Documents[:1] },
		"a project that there is not":   func(s *Shard) { s.Documents[0].Project = 2 },
		"a language that there is not":  func(s *Shard) { s.Documents[0].Language = 1 },
		"an impossible vocabulary size": func(s *Shard) { s.Vocabulary = 0 },
	} {
		s := small()
		spoil(s)
		var b bytes.Buffer
		if err := s.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(b.Bytes()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzRead signs what it is given, so that the fuzzer gets past the checksum.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := small().Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes()[:b.Len()-sha256.Size])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256.Sum256(body)
		s, err := Read(append(slices.Clone(body), sum[:]...))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := s.Write(&again); err != nil {
			t.Fatal(err)
		}
		second, err := Read(again.Bytes())
		if err != nil {
			t.Fatalf("a shard that was read cannot be written and read again: %v", err)
		}
		if !reflect.DeepEqual(s, second) {
			t.Error("a shard changed on the way to disk and back")
		}
	})
}

func TestLabelAnyBytes(t *testing.T) {
	tokenizer := testTokenizer(t)
	for _, text := range []string{"", "\xff\xfe func", "héllo := \"\u0301\"", strings.Repeat("(", 5000), "\ufefffunc f() {}\r\n"} {
		for _, language := range append(treesitter.Languages(), "unknown") {
			e := encodeFile(tokenizer, &Source{Language: language, Text: []byte(text)})
			if len(e.ids) != len(e.labels) || len(e.ids) > 0 && (len(e.windows) == 0 || e.windows[0] != 0 || !e.labels[0].WordStart()) {
				t.Errorf("%s, %q: %d ids, %d labels, windows %v", language, text, len(e.ids), len(e.labels), e.windows)
			}
		}
	}
}
