package ngram

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// files are drawn so that n-grams of every length recur, and some do not.
func files(n int) [][]string {
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("a b c d e f g = ( ) ; . if for return x1 x2 x3")
	list := make([][]string, n)
	for i := range list {
		at := random.IntN(len(words))
		for range random.IntN(60) {
			if random.IntN(3) > 0 {
				at = (at*7 + 3) % len(words) // a walk that returns
			} else {
				at = random.IntN(len(words))
			}
			list[i] = append(list[i], words[at])
		}
	}
	return list
}

func counted(language string, files [][]string) *Model {
	var c Counter
	for _, f := range files {
		c.Add(language, f)
	}
	return c.Model()
}

// plain is Witten and Bell's estimate by its formula, from lists of all files.
func plain(files [][]string, before []string, token string) float64 {
	words := map[string]bool{}
	for _, f := range files {
		for _, w := range f {
			words[w] = true
		}
	}
	p := 1 / float64(len(words)+1)
	for n := 0; n < Order && n <= len(before); n++ {
		counts, total := map[string]int{}, 0
		for _, f := range files {
			for i := n; i < len(f); i++ {
				if slices.Equal(f[i-n:i], before[len(before)-n:]) {
					counts[f[i]]++
					total++
				}
			}
		}
		sum := 0
		for _, c := range counts {
			if c >= kept {
				sum += c
			}
		}
		if sum == 0 {
			break
		}
		own := counts[token]
		if own < kept {
			own = 0
		}
		p = (float64(own) + float64(total+len(counts)-sum)*p) / float64(total+len(counts))
	}
	return p
}

func TestProbabilitiesAreThoseOfTheFormula(t *testing.T) {
	corpus := files(40)
	m := counted("go", corpus)
	tried := 0
	for _, f := range slices.Concat(corpus[:4], [][]string{{"never", "a", "b", "seen", "c", "d"}}) {
		for i, got := range m.Probabilities("go", f, 0) {
			want := plain(corpus, f[:i], f[i])
			if math.Abs(got/want-1) > 0.1 { // a product of five rounded shares
				t.Fatalf("%q after %q: %v, want %v", f[i], f[max(0, i-4):i], got, want)
			}
			tried++
		}
	}
	if tried < 50 {
		t.Fatalf("only %d tokens were asked about", tried)
	}
	// From the middle on the figures are the same: no more than four tokens are looked back on.
	f := corpus[slices.IndexFunc(corpus, func(f []string) bool { return len(f) > 20 })]
	if got, want := m.Probabilities("go", f, 9), m.Probabilities("go", f, 0)[9:]; !slices.Equal(got, want) {
		t.Errorf("from the tenth token on %v, want %v", got, want)
	}
}

func TestSumsToOne(t *testing.T) {
	corpus := files(40)
	m := counted("go", corpus)
	words := map[string]bool{"unseen": true}
	for _, f := range corpus {
		for _, w := range f {
			words[w] = true
		}
	}
	for _, before := range [][]string{nil, {"a"}, {"a", "b"}, corpus[0][:5], {"unseen"}, {"x1", "unseen", "x2"}} {
		sum := 0.0
		for w := range words {
			sum += m.Probabilities("go", append(slices.Clone(before), w), len(before))[0]
		}
		if math.Abs(sum-1) > 0.05 {
			t.Errorf("after %q the probabilities sum to %v", before, sum)
		}
	}
}

func TestNoNGramSpansFiles(t *testing.T) {
	var c Counter
	for range 3 {
		c.Add("go", []string{"x", "y"})
		c.Add("go", []string{"z", "w"})
	}
	m := c.Model()
	p := m.Probabilities("go", []string{"x", "y", "z"}, 1)
	unigram := m.Probabilities("go", []string{"z"}, 0)[0]
	if p[0] < 0.7 || p[1] != unigram {
		t.Errorf("y after x has %v, z after y %v and alone %v", p[0], p[1], unigram)
	}
}

func TestLanguagesOfAFamily(t *testing.T) {
	m := counted("typescript", files(20))
	if m.Probabilities("javascript", []string{"a"}, 0) == nil || m.Probabilities("tsx", []string{"a"}, 0) == nil {
		t.Error("JavaScript is not counted with TypeScript")
	}
	if p := m.Probabilities("python", []string{"a"}, 0); p != nil {
		t.Errorf("Python was not counted and has %v", p)
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
	m := counted("go", files(40))
	data := written(t, m)
	if again := written(t, counted("go", files(40))); !bytes.Equal(data, again) {
		t.Error("equal files gave other bytes")
	}
	if perGram := float64(len(data)) / float64(m.Len()); m.Len() < 100 || perGram > 12 {
		t.Errorf("%d bytes for %d n-grams", len(data), m.Len())
	}
	read, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	text := files(40)[3]
	if got, want := read.Probabilities("go", text, 0), m.Probabilities("go", text, 0); !slices.Equal(got, want) {
		t.Errorf("read again it says %v, before %v", got, want)
	}
	if !slices.Equal(read.Families, m.Families) || read.Families[0].Files != 40 {
		t.Errorf("read %v, wrote %v", read.Families, m.Families)
	}
	for name, broken := range map[string][]byte{
		"empty":    {},
		"cut":      data[:len(data)-1],
		"changed":  append(append(slices.Clone(data[:60]), data[60]^1), data[61:]...),
		"foreign":  append([]byte("MLMNGRM2"), data[8:]...),
		"magic":    data[:8],
		"header":   sealed([]byte(magic + "\x02\x00\x00\x00{}")),
		"no slot":  sealed(withHeader(`{"order":5,"families":[],"slots":0}`, 0)),
		"too many": sealed(withHeader(`{"order":5,"families":[],"slots":1000000000000}`, 6)),
		"full":     sealed(withHeader(`{"order":5,"families":[],"slots":1}`, 6)),
		"order":    sealed(withHeader(`{"order":4,"families":[],"slots":1}`, 6)),
	} {
		if _, err := Read(broken); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// withHeader is a file's body with a table of so many bytes, all of them 1.
func withHeader(header string, table int) []byte {
	body := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(header)))
	return append(append(body, header...), bytes.Repeat([]byte{1}, table)...)
}

// sealed adds the checksum.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(slices.Clone(body), sum[:]...)
}

// FuzzRead: no bytes make the reader panic, and what it takes answers.
func FuzzRead(f *testing.F) {
	f.Add(written(f, counted("go", files(3))))
	f.Add(sealed(withHeader(`{"order":5,"families":[{"name":"go","vocabulary":3}],"slots":2}`, 12)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, data := range [][]byte{data, sealed(data)} { // the checksum would keep nearly everything out
			m, err := Read(data)
			if err != nil {
				continue
			}
			for _, family := range m.Families {
				for _, p := range m.Probabilities(family.Name, []string{"a", "=", "b", "a", "=", "c"}, 0) {
					if math.IsNaN(p) || p < 0 {
						t.Fatalf("a probability of %v", p)
					}
				}
			}
		}
	})
}
