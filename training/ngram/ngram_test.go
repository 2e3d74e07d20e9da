package ngram

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/model/ngram"
)

// projects are drawn so that n-grams of every length recur in several, and some do not.
func projects(n int) [][]string {
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

func counted(t testing.TB, bytes int, language string, projects [][]string) *ngram.Model {
	t.Helper()
	var c Counter
	for i, f := range projects {
		c.Add(language, i, f)
	}
	m, err := c.Model(bytes)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const everything = 1 << 20

// said is what a model says of the last token after the others.
func said(m *ngram.Model, language string, tokens ...string) float64 {
	last := len(tokens) - 1
	return m.At(language, tokens[:last], nil).Tokens(tokens[last:])[0].Probability
}

// plain is Witten and Bell's estimate by its formula, from lists of all files, each of a project of its own.
func plain(files [][]string, before []string, token string) float64 {
	words := map[string]bool{}
	for _, f := range files {
		for _, w := range f {
			words[w] = true
		}
	}
	p := 1 / float64(len(words)+1)
	for n := 0; n < ngram.Order && n <= len(before); n++ {
		counts, in, total := map[string]int{}, map[string]map[int]bool{}, 0
		for k, f := range files {
			for i := n; i < len(f); i++ {
				if slices.Equal(f[i-n:i], before[len(before)-n:]) {
					counts[f[i]]++
					total++
					if in[f[i]] == nil {
						in[f[i]] = map[int]bool{}
					}
					in[f[i]][k] = true
				}
			}
		}
		sum := 0
		for w, c := range counts {
			if n == 0 || len(in[w]) >= shared {
				sum += c
			}
		}
		if sum == 0 {
			break
		}
		own := counts[token]
		if n > 0 && len(in[token]) < shared {
			own = 0
		}
		p = (float64(own) + float64(total+len(counts)-sum)*p) / float64(total+len(counts))
	}
	return p
}

// TestProbabilitiesAreThoseOfTheFormula: with nothing left out, but for what sixteen figures of a kind can tell.
func TestProbabilitiesAreThoseOfTheFormula(t *testing.T) {
	list := projects(40)
	m := counted(t, everything, "go", list)
	tried, off := 0, 0.0
	for _, f := range list[:8] {
		for i := range f {
			got, want := said(m, "go", f[max(0, i-4):i+1]...), plain(list, f[max(0, i-4):i], f[i])
			off += math.Abs(math.Log(got / want))
			tried++
			if math.Abs(math.Log(got/want)) > 0.8 {
				t.Errorf("%q after %q: %v, want %v", f[i], f[max(0, i-4):i], got, want)
			}
		}
	}
	if tried < 50 || off/float64(tried) > 0.1 {
		t.Errorf("%d tokens are off by %.3f nats in the mean", tried, off/float64(tried))
	}
}

func TestSumsToOne(t *testing.T) {
	list := projects(60)
	words := map[string]bool{}
	for _, f := range list {
		for _, w := range f {
			words[w] = true
		}
	}
	for _, size := range []int{everything, 800} {
		m := counted(t, size, "go", list)
		for _, before := range [][]string{nil, {"a"}, {"a", "b"}, list[0][:5], {"unseen"}, {"x1", "unseen", "x2"}} {
			sum := said(m, "go", append(slices.Clone(before), "unseen")...)
			for w := range words {
				sum += said(m, "go", append(slices.Clone(before), w)...)
			}
			if math.Abs(sum-1) > 0.15 {
				t.Errorf("%d bytes: after %q the probabilities sum to %v", size, before, sum)
			}
		}
	}
}

// TestSize: what does not fit is left out, that which tells least first.
func TestSize(t *testing.T) {
	list := projects(300)
	all, few := counted(t, everything, "go", list), counted(t, 2000, "go", list)
	if few.Size() > 2100 || few.Size() < 1500 || all.Size() < 3*few.Size() {
		t.Errorf("%d bytes where 2,000 were asked for, %d of all", few.Size(), all.Size())
	}
	surprise := func(m *ngram.Model) (nats float64) {
		for _, f := range list {
			for i := range f {
				nats -= math.Log(said(m, "go", f[max(0, i-4):i+1]...))
			}
		}
		return nats
	}
	a, b, none := surprise(all), surprise(few), surprise(counted(t, 1, "go", list))
	if !(a < b && b < (a+none)/2) {
		t.Errorf("all n-grams need %.0f nats, a part of them %.0f, single tokens alone %.0f", a, b, none)
	}
}

// TestAlone: what one file alone holds is not in a model, however often; and where there is no room, what one project writes goes before what several do.
func TestAlone(t *testing.T) {
	var c Counter
	for i := range 4 {
		c.Add("go", i, strings.Fields("x y z w common words here"))
	}
	c.Add("go", 7, strings.Fields(strings.Repeat("x secret y secret x w ", 50)))
	m, err := c.Model(everything)
	if err != nil {
		t.Fatal(err)
	}
	if m.Known("go", "secret") || !m.Known("go", "common") {
		t.Error("a name of one file is told apart, or one of several is not")
	}
	context := func(m *ngram.Model, before, token string) int {
		return m.At("go", strings.Fields(before), nil).Tokens([]string{token})[0].Context
	}
	if context(m, "x", "w") != 0 || context(m, "y z", "w") != 2 {
		t.Error("an n-gram of one file is held, or one of several is not")
	}
	c = Counter{}
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 40 {
		project := 1
		if i%2 == 0 {
			project = 10 + i
		}
		var tokens []string
		for k := range 200 {
			word := (i%2*10 + k%10 + random.IntN(2)) // words of one project, or of many: as often, and as predictable
			tokens = append(tokens, fmt.Sprintf("word%d", word))
		}
		c.Add("go", project, tokens)
	}
	if m, err = c.Model(300); err != nil {
		t.Fatal(err)
	}
	own, many := 0, 0
	for k := range 9 {
		many += context(m, fmt.Sprintf("word%d", k), fmt.Sprintf("word%d", k+1))
		own += context(m, fmt.Sprintf("word%d", 10+k), fmt.Sprintf("word%d", 11+k))
	}
	if many <= own {
		t.Errorf("%d n-grams of several projects are held, %d of one", many, own)
	}
}

func TestNoNGramSpansFiles(t *testing.T) {
	var c Counter
	for i := range 3 {
		c.Add("go", i, []string{"x", "y"})
		c.Add("go", i, []string{"z", "w"})
	}
	m, err := c.Model(everything)
	if err != nil {
		t.Fatal(err)
	}
	if p := said(m, "go", "x", "y"); p < 0.5 {
		t.Errorf("y after x has %v", p)
	}
	if got := m.At("go", []string{"y"}, nil).Tokens([]string{"z"})[0]; got.Context != 0 {
		t.Errorf("z after y of another file: %+v", got)
	}
}

func TestLanguagesOfAFamily(t *testing.T) {
	m := counted(t, everything, "typescript", projects(20))
	if !m.Counts("javascript") || !m.Counts("tsx") || m.Counts("python") || m.At("python", nil, nil) != nil {
		t.Errorf("counted %v", m.Families())
	}
}

func TestEqualBytes(t *testing.T) {
	write := func() []byte {
		var b bytes.Buffer
		if err := counted(t, 1500, "go", projects(100)).Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !bytes.Equal(write(), write()) {
		t.Error("equal files gave other bytes")
	}
	if _, err := new(Counter).Model(everything); err == nil {
		t.Error("a model of nothing")
	}
}

// TestCeiling: the largest give until the rest fits.
func TestCeiling(t *testing.T) {
	for _, c := range []struct {
		sizes       []int
		limit, want int
	}{
		{[]int{5, 1, 3}, 9, math.MaxInt}, {[]int{5, 1, 3}, 8, 4}, {[]int{5, 1, 3}, 6, 2}, {[]int{10, 10}, 8, 4}, {[]int{7}, 3, 3}, {nil, 3, math.MaxInt},
	} {
		if got := ceiling(slices.Clone(c.sizes), c.limit); got != c.want {
			t.Errorf("%v into %d: %d, want %d", c.sizes, c.limit, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	root := t.TempDir()
	size := 0
	for p := range 6 {
		project := fmt.Sprintf("project%d", p)
		if p == 5 {
			project = "requests-2.34.2" // an evaluation project
		}
		for f := range 10 {
			text := fmt.Sprintf("# a comment of its own\ndef area%d%d(width, height):\n    size = width * height\n    return size + %d * %d\n", p, f, p, f)
			text += strings.Repeat(fmt.Sprintf("\n\ndef other%d%d(argument):\n    print('word%d', argument, word%d)\n    return argument.field%d\n", p, f, 100*p+f, 7*p+f, f), 2)
			path := filepath.Join(root, project, fmt.Sprintf("module%d.py", f))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if p == 0 && f == 0 {
				size = len(text)
			}
		}
	}
	var roots []string
	for p := range 5 {
		roots = append(roots, filepath.Join(root, fmt.Sprintf("project%d", p)))
	}
	roots = append(roots, filepath.Join(root, "requests-2.34.2"))
	model := func(o Options) *ngram.Model {
		t.Helper()
		c, err := Count(t.Context(), roots, o)
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Model(everything)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	all := model(Options{})
	if f := all.Families(); len(f) != 1 || f[0].Name != "python" || f[0].Files == 0 || f[0].Files > 50 || f[0].Projects > 5 {
		t.Fatalf("counted %+v, want at most the fifty files of five projects", f)
	}
	line := strings.Fields("size = width * height")
	for i := 1; i < len(line); i++ {
		if p := said(all, "python", line[:i+1]...); p < 0.4 {
			t.Errorf("token %d of the line that all files hold has %v", i, p)
		}
	}
	if all.Known("python", "# a comment of its own") {
		t.Error("a comment is counted")
	}
	if n := model(Options{Limit: 10 * size}).Families()[0].Files; n == 0 || n > 10 {
		t.Errorf("%d files within the bytes of ten", n)
	}
	if _, err := Count(t.Context(), []string{t.TempDir()}, Options{}); err == nil {
		t.Error("nothing is counted without an error")
	}
}
