package ngram

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// grams are a family with a few n-grams whose figures are given.
func grams(t testing.TB) *Model {
	t.Helper()
	key := func(text string) Key {
		k := Root("go")
		for _, w := range strings.Fields(text) {
			k = k.Next(TokenOf(w))
		}
		return k
	}
	m, err := New([]Family{{Name: "go", Known: 4, Rare: map[string]int{"\x00a": 9}}}, []Gram{
		{Key: key("x"), Nats: 1}, {Key: key("y"), Nats: 2}, {Key: key("."), Nats: 0.5}, {Key: Root("go").Next(TokenOf("\x00a")), Nats: 3},
		{Key: key("x ."), Context: 1, Nats: 0.1}, {Key: key("x"), Context: 1, Rest: true, Nats: 0.7},
		{Key: key(". y"), Context: 1, Nats: 1.5}, {Key: key("."), Context: 1, Rest: true, Nats: 0.3},
		{Key: key("x . y"), Context: 2, Nats: 0.2}, {Key: key("x ."), Context: 2, Rest: true, Nats: 0.9},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTokens: the longest n-gram that is held gives the figure, and what is not held costs what its contexts leave.
func TestTokens(t *testing.T) {
	m := grams(t)
	for _, c := range []struct {
		before, candidate, behind string
		nats                      []float64
		contexts                  []int
	}{
		{"x .", "y", "", []float64{0.2}, []int{2}},
		{"q x .", "y", "", []float64{0.2}, []int{2}},
		{"y .", "y", "", []float64{1.5}, []int{1}},
		{"x .", "x", "", []float64{1 + 0.3 + 0.9}, []int{0}},
		{"x", "name", ".", []float64{3 + math.Log(10) + 0.7, 0.5}, []int{0, 0}},
		{"", "x", ". y", []float64{1, 0.1, 0.2}, []int{0, 1, 2}},
		{"", "x .", "y y", []float64{1, 0.1, 0.2, 2}, []int{0, 1, 2, 0}},
		{"", "", "x", []float64{1}, []int{0}},
		{"x", "12345", "", []float64{math.Log(5) + 0.7}, []int{0}}, // not even its shape is known
	} {
		said := m.At("go", strings.Fields(c.before), strings.Fields(c.behind)).Tokens(strings.Fields(c.candidate))
		if len(said) != len(c.nats) {
			t.Fatalf("%+v: %+v", c, said)
		}
		for i, s := range said {
			if math.Abs(-math.Log(s.Probability)-c.nats[i]) > 1e-4 || s.Context != c.contexts[i] {
				t.Errorf("%+v: token %d has %.3f nats after %d tokens", c, i, -math.Log(s.Probability), s.Context)
			}
		}
	}
	if m.At("python", nil, nil) != nil || m.Known("python", "x") || m.Known("go", "name") || !m.Known("go", "x") {
		t.Error("what was not counted is known, or what was is not")
	}
}

// TestReader: what a reader says does not depend on what it was asked before, nor at which place.
func TestReader(t *testing.T) {
	m := grams(t)
	r := m.Reader("go")
	texts := []string{"x", "y", ".", "name", "x .", "y y", "x . y", "", "12345"}
	for _, before := range texts {
		for _, behind := range texts {
			place := r.At(strings.Fields(before), strings.Fields(behind))
			for _, candidate := range texts {
				want := m.At("go", strings.Fields(before), strings.Fields(behind)).Tokens(strings.Fields(candidate))
				if got := place.Tokens(strings.Fields(candidate)); !slices.Equal(got, want) {
					t.Errorf("%q between %q and %q: %+v, alone %+v", candidate, before, behind, got, want)
				}
				if r.Known(candidate) != m.Known("go", candidate) {
					t.Errorf("%q is known to one alone", candidate)
				}
			}
		}
	}
	if m.Reader("python") != nil {
		t.Error("what was not counted is read")
	}
}

func TestFoldAndShape(t *testing.T) {
	for text, want := range map[string]string{
		"name": "name", `"ab"`: `""`, `""`: `""`, `"a"`: `"a"`, `'\n'`: `""`, `'static`: `'static`, `'a`: `'a`, "`x${y}`": `""`, `r"abc"`: `""`, `rb'abc'`: `""`,
		"12": "12", "12345": "12345", "<<=": "<<=", "instanceof": "instanceof", "": "", "b": "b",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
	}
	shapes := map[string]string{}
	for _, text := range []string{"name", "Name", "NAME", "<=>", "___", "0x1f"} {
		shape := Shape(text)
		if other, ok := shapes[shape]; ok {
			t.Errorf("%s has the shape of %s", text, other)
		}
		shapes[shape] = text
	}
	if Shape("_private") != Shape("other") || Shape("$Big") != Shape("Other") || Shape("MAX_SIZE") != Shape("_MIN") {
		t.Error("alike names have unlike shapes")
	}
}

// TestTable: every key has its code, and hardly any other has one.
func TestTable(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 10, 1000, 50_000} {
		items := make([]item, n)
		for i := range items {
			items[i] = item{Key(mix(uint64(i) + 99)), uint8(i % 16)}
		}
		table, err := newTable(append(items, items...)) // a key may come twice
		if err != nil {
			t.Fatal(err)
		}
		if n > 1000 && len(table.cells) > n*cellBytes*5/4 {
			t.Errorf("%d bytes for %d keys", len(table.cells), n)
		}
		for _, x := range items {
			if code, ok := table.get(x.key); !ok || code != x.code {
				t.Fatalf("of %d keys one has %d, %v", n, code, ok)
			}
		}
		wrong := 0
		for i := range 40_000 {
			if _, ok := table.get(Key(mix(uint64(i) + 1<<40))); ok {
				wrong++
			}
		}
		if n > 10 && wrong > 30 || n == 0 && wrong > 0 {
			t.Errorf("%d of 40,000 other keys are taken for one of %d", wrong, n)
		}
	}
	for _, bytes := range []int{0, 1, 100, 5000, 8_000_000} {
		n := Fitting(bytes)
		here, _ := sizeOf(n)
		if more, _ := sizeOf(n + 1); n > 0 && here*cellBytes > bytes || more*cellBytes <= bytes {
			t.Errorf("%d keys fit into %d bytes?", n, bytes)
		}
	}
}

// TestBook: figures that fall into sixteen heaps come back as the heaps' means, one that is there alone as itself.
func TestBook(t *testing.T) {
	var list []float64
	for i := range 3200 {
		list = append(list, float64(i%16)+float64(i)/1e5)
	}
	b := newBook(list)
	for _, x := range list {
		if got := float64(b[b.code(x)]); math.Abs(got-x) > 0.1 {
			t.Fatalf("%v comes back as %v", x, got)
		}
	}
	if b := newBook([]float64{2.5}); b[b.code(2.5)] != 2.5 {
		t.Errorf("%v", b)
	}
}

func written(t testing.TB, m *Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFile(t *testing.T) {
	m := grams(t)
	data := written(t, m)
	read, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	tokens := strings.Fields("y . x name")
	if got, want := read.At("go", []string{"x", "."}, nil).Tokens(tokens), m.At("go", []string{"x", "."}, nil).Tokens(tokens); !slices.Equal(got, want) {
		t.Errorf("read again it says %v, before %v", got, want)
	}
	if f := read.Families(); len(f) != 1 || f[0].Known != 4 || read.Len() != m.Len() || !bytes.Equal(written(t, read), data) {
		t.Errorf("read %v", f)
	}
	for name, broken := range map[string][]byte{
		"empty":       {},
		"cut":         data[:len(data)-1],
		"changed":     append(append(slices.Clone(data[:60]), data[60]^1), data[61:]...),
		"old":         append([]byte("MLMNGRM1"), data[8:]...),
		"magic":       data[:8],
		"header":      sealed([]byte(magic + "\x02\x00\x00\x00{}")),
		"order":       sealed(withHeader(4, 0, 1, 0)),
		"no cells":    sealed(withHeader(5, 3, 4, 0)),
		"many keys":   sealed(withHeader(5, 1<<60, 4, 24)),
		"few cells":   sealed(withHeader(5, 3, 4, 22)),
		"segment":     sealed(withHeader(5, 3, 1<<40, 24)),
		"no segment":  sealed(withHeader(5, 3, 0, 24)),
		"minus keys":  sealed(withHeader(5, -1, 4, 24)),
		"other value": sealed(bytes.Replace(withHeader(5, 0, 1, 0), []byte("[0"), []byte("[-1"), 1)),
	} {
		if _, err := Read(broken); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(nil, []Gram{{Nats: math.NaN()}}); err == nil {
		t.Error("no number is no error")
	}
}

// withHeader is a file's body with so many bytes of cells, all of them 1.
func withHeader(order, keys, segment, cells int) []byte {
	books := strings.Repeat(",[0,1]", 2*Order)[1:]
	header := fmt.Sprintf(`{"order":%d,"families":[{"name":"go","known":2}],"books":[%s],"seed":"7","keys":%d,"segment":%d}`, order, books, keys, segment)
	body := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(header)))
	return append(append(body, header...), bytes.Repeat([]byte{1}, cells)...)
}

// sealed adds the checksum.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(slices.Clone(body), sum[:]...)
}

// FuzzRead: no bytes make the reader panic, and what it takes answers.
func FuzzRead(f *testing.F) {
	f.Add(written(f, grams(f)))
	cells, segment := sizeOf(3)
	f.Add(sealed(withHeader(5, 3, segment, cells*cellBytes)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, data := range [][]byte{data, sealed(data)} { // the checksum would keep nearly everything out
			m, err := Read(data)
			if err != nil {
				continue
			}
			for _, family := range m.Families() {
				place := m.At(family.Name, []string{"a", "=", "b"}, []string{"=", "c"})
				if place == nil {
					continue // a name that no language is counted under
				}
				for _, s := range place.Tokens([]string{"a"}) {
					if !(s.Probability >= 0 && s.Probability <= 1) || s.Context < 0 || s.Context >= Order {
						t.Fatalf("%+v", s)
					}
				}
			}
		}
	})
}
