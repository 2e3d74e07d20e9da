package codetok

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"slices"
	"testing"
	"unicode/utf8"
)

// fixture returns the contents of a file of testdata that make_fixtures.py made.
func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	packed, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		tb.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// kinds are the tokenizers of the fixtures, in the order of cases.bin.
var kinds = []string{"roberta", "modernbert", "own", "starcoder"}

func readFixture(tb testing.TB, kind string) *Tokenizer {
	tb.Helper()
	tok, err := Read(bytes.NewReader(fixture(tb, kind+".json.gz")))
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

// A referenceCase is a text and what the reference makes of it, by kind.
type referenceCase struct {
	text string
	want [4]Encoding
}

func readCases(tb testing.TB) []referenceCase {
	tb.Helper()
	r := bytes.NewReader(fixture(tb, "cases.bin.gz"))
	number := func() int {
		n, err := binary.ReadUvarint(r)
		if err != nil {
			tb.Fatal(err)
		}
		return int(n)
	}
	var cases []referenceCase
	for r.Len() > 0 {
		text := make([]byte, number())
		if _, err := io.ReadFull(r, text); err != nil {
			tb.Fatal(err)
		}
		c := referenceCase{text: string(text)}
		for k := range c.want {
			at := 0
			for range number() {
				c.want[k].IDs = append(c.want[k].IDs, int32(number()))
				step := number()
				at += step>>1 ^ -(step & 1)
				c.want[k].Offsets = append(c.want[k].Offsets, [2]int32{int32(at), int32(at + number())})
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// wholeCharacters widens offsets to whole characters, which is as fine as the
// reference's are.
func wholeCharacters(text string, offsets [][2]int32) [][2]int32 {
	wide := slices.Clone(offsets)
	for i := range wide {
		for o := &wide[i][0]; *o > 0 && !utf8.RuneStart(text[*o]); {
			*o--
		}
		for o := &wide[i][1]; int(*o) < len(text) && !utf8.RuneStart(text[*o]); {
			*o++
		}
	}
	return wide
}

func TestReference(t *testing.T) {
	cases := readCases(t)
	if len(cases) < 10000 {
		t.Fatalf("there are %d cases only", len(cases))
	}
	for k, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			tok := readFixture(t, kind)
			for _, c := range cases {
				checkTiles(t, tok, c.text)
				got := tok.Encode(c.text)
				if !slices.Equal(got.IDs, c.want[k].IDs) {
					i := firstDifference(got.IDs, c.want[k].IDs)
					t.Fatalf("%.200q: from subword %d on\n got %q\nwant %q", c.text, i, pieces(tok, got.IDs[i:]), pieces(tok, c.want[k].IDs[i:]))
				}
				if got := wholeCharacters(c.text, got.Offsets); !slices.Equal(got, c.want[k].Offsets) {
					t.Fatalf("%q: offsets\n got %v\nwant %v", c.text, got, c.want[k].Offsets)
				}
			}
		})
	}
}

func firstDifference(a, b []int32) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return i
}

// pieces returns the text of the first few ids.
func pieces(tok *Tokenizer, ids []int32) []string {
	var out []string
	for _, id := range ids[:min(len(ids), 8)] {
		out = append(out, string(tok.Bytes(id)))
	}
	return out
}

// The script's own tokenizer was trained by Train: training must still give it.
func TestTrainGivesTheFixture(t *testing.T) {
	entries, err := os.ReadDir("testdata/code")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range entries {
		data, err := os.ReadFile("testdata/code/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	tok, err := Train(t.Context(), slices.Values(texts), TrainOptions{VocabSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if want := readFixture(t, "own").Digest(); tok.Digest() != want {
		t.Error("training on testdata/code gives another tokenizer than own.json.gz holds; if that is meant, run make_fixtures.py")
	}
}

func TestSpecialTokensOfFamilies(t *testing.T) {
	for kind, want := range map[string]Special{
		"roberta": {CLS: 0, PAD: 1, SEP: 2, UNK: 3, MASK: -2},
		"own":     {UNK: 0, CLS: 1, SEP: 2, PAD: 3, MASK: 4},
	} {
		tok := readFixture(t, kind)
		if want.MASK == -2 {
			want.MASK = int32(tok.Size() - 1)
		}
		if tok.Special() != want {
			t.Errorf("%s: special tokens are %+v, want %+v", kind, tok.Special(), want)
		}
	}
	tok := readFixture(t, "modernbert")
	s := tok.Special()
	for _, id := range []int32{s.CLS, s.SEP, s.PAD, s.MASK, s.UNK} {
		if !tok.IsSpecial(id) || tok.Decode([]int32{id}) != "" {
			t.Errorf("modernbert: %d is not a special token", id)
		}
	}
	if e := tok.Encode("[unused1]"); len(e.IDs) != 1 || tok.IsSpecial(e.IDs[0]) || tok.Decode(e.IDs) != "[unused1]" {
		t.Errorf("modernbert: [unused1] is %v", e)
	}
}

// TestCharacterClasses compares every code point with Oniguruma, whose version
// of Unicode need not be that of the Go library.
func TestCharacterClasses(t *testing.T) {
	data, err := os.ReadFile("testdata/classes.json")
	if err != nil {
		t.Fatal(err)
	}
	var ranges map[string][][2]rune
	if err := json.Unmarshal(data, &ranges); err != nil {
		t.Fatal(err)
	}
	want := make([]uint8, utf8.MaxRune+1)
	for name, class := range map[string]uint8{"L": classLetter, "N": classNumber, "S": classSpace} {
		for _, r := range ranges[name] {
			for c := r[0]; c <= r[1]; c++ {
				want[c] = class
			}
		}
	}
	for c := rune(utf8.RuneSelf); c <= utf8.MaxRune; c++ {
		if !utf8.ValidRune(c) {
			continue
		}
		if got, _ := classAt(string(c), 0); got != want[c] {
			t.Errorf("%U has class %d, want %d", c, got, want[c])
		}
	}
}
