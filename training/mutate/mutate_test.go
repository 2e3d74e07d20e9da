package mutate

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/training/shard"
	"mlm-lsp/treesitter"
)

// sources are files of this project and a Python one, encoded whole.
func sources(t testing.TB) (*codetok.Tokenizer, []Row) {
	t.Helper()
	var texts, languages []string
	files, err := filepath.Glob("../*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no source files", err)
	}
	for _, path := range append(files, "testdata/sample.py", "testdata/sample.ts") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts, languages = append(texts, string(text)), append(languages, treesitter.LanguageOf(path))
	}
	tokenizer, err := codetok.Train(context.Background(), slices.Values(texts), codetok.TrainOptions{VocabSize: 1500})
	if err != nil {
		t.Fatal(err)
	}
	var rows []Row
	for i, text := range texts {
		rows = append(rows, encode(tokenizer, languages[i], text))
	}
	return tokenizer, rows
}

func encode(tokenizer *codetok.Tokenizer, language, text string) Row {
	e := tokenizer.Encode(text)
	return Row{Language: language, IDs: e.IDs, Labels: shard.LabelSubwords(treesitter.Parse(language, []byte(text)), e.Offsets)}
}

// TestMutations holds the invariants on whole files: nothing changes but at the edits, and there something does; a mutant is text that the
// tokenizer would have made itself, and parses as well as the original.
func TestMutations(t *testing.T) {
	tokenizer, rows := sources(t)
	m := New(tokenizer)
	kinds := map[family]int{}
	mutants, broken, foreign := 0, 0, 0
	for i := range rows {
		r := &rows[i]
		whole := len(treesitter.Parse(r.Language, []byte(tokenizer.Decode(r.IDs))).Errors)
		for seed := range uint64(6) {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			sites := m.Sites(r)
			if len(sites) == 0 {
				break
			}
			edits := m.Draw(random, r, sites, 1+int(seed)%3)
			mutated, moved := m.Apply(r, sites, edits)
			mutants++
			check(t, tokenizer, r, &mutated, sites, moved, edits)
			for _, e := range edits {
				kinds[sites[e.Site].family]++
			}
			text := tokenizer.Decode(mutated.IDs)
			if !slices.Equal(tokenizer.Encode(text).IDs, mutated.IDs) {
				foreign++
			}
			if len(treesitter.Parse(r.Language, []byte(text)).Errors) > whole {
				broken++
			}
		}
	}
	if broken*50 > mutants {
		t.Errorf("%d of %d mutants do not parse", broken, mutants)
	}
	// Signs that stand together are one piece for the tokenizer, which a mutation may part.
	if foreign*100 > mutants {
		t.Errorf("%d of %d mutants are not what the tokenizer makes of their texts", foreign, mutants)
	}
	for f := value; f <= boolean; f++ {
		if kinds[f] < mutants/200 {
			t.Errorf("%d mutations of family %d among %d mutants", kinds[f], f, mutants)
		}
	}
}

func check(t *testing.T, tokenizer *codetok.Tokenizer, r, mutated *Row, sites, moved []Site, edits []Edit) {
	t.Helper()
	if len(moved) != len(sites) || len(mutated.IDs) != len(mutated.Labels) {
		t.Fatalf("%d sites were %d, %d labels of %d subwords", len(moved), len(sites), len(mutated.Labels), len(mutated.IDs))
	}
	changed := map[int]bool{}
	for _, e := range edits {
		if changed[e.Site] {
			t.Fatal("a site is edited twice")
		}
		changed[e.Site] = true
	}
	before, after := 0, 0
	for i := range sites {
		if changed[i] {
			old, fresh := tokenizer.Decode(r.IDs[sites[i].Start:sites[i].End]), tokenizer.Decode(mutated.IDs[moved[i].Start:moved[i].End])
			if strings.TrimSpace(old) == strings.TrimSpace(fresh) || strings.TrimSpace(fresh) == "" {
				t.Fatalf("%q becomes %q", old, fresh)
			}
			if !slices.Equal(r.IDs[before:sites[i].Start], mutated.IDs[after:moved[i].Start]) || !slices.Equal(r.Labels[before:sites[i].Start], mutated.Labels[after:moved[i].Start]) {
				t.Fatal("a row changed away from its edits")
			}
			before, after = sites[i].End, moved[i].End
		}
		at := moved[i].At
		if strings.TrimSpace(tokenizer.Decode(mutated.IDs[at:at+1])) == "" {
			t.Fatalf("site %d of a mutant is asked at white space", i)
		}
		if !changed[i] && mutated.IDs[at] != r.IDs[sites[i].At] {
			t.Fatalf("site %d was lost", i)
		}
	}
	if !slices.Equal(r.IDs[before:], mutated.IDs[after:]) {
		t.Fatal("a row changed away from its edits")
	}
}

// TestSites: every name is a site; of those, uses may be mutated, and definitions, receivers and the first of all assignments may not; an assignment that computes is an operator.
func TestSites(t *testing.T) {
	tokenizer, _ := sources(t)
	const text = `import os

def grow(first, second=True):
    total = first + second
    self.count += other.size(total, first)
    if total is not first and second not in [total]:
        total = -1
    return os.path
`
	r := encode(tokenizer, "python", text)
	m := New(tokenizer)
	var all, got []string
	for _, s := range m.Sites(&r) {
		text := strings.TrimSpace(tokenizer.Decode(r.IDs[s.Start:s.End]))
		all = append(all, text)
		if s.mutable {
			got = append(got, text)
		}
	}
	if want := "os grow first second True total first + second self count += other size"; !strings.HasPrefix(strings.Join(all, " "), want) {
		t.Errorf("sites %q begin not with %q", all, want)
	}
	want := "True first + second count += other size total first total is not first and second not in total total os path"
	if strings.Join(got, " ") != want {
		t.Errorf("sites to mutate %q, want %q", got, want)
	}
}

// TestNames: another name stands before the site, in the same document, and is none of the receivers.
func TestNames(t *testing.T) {
	tokenizer, _ := sources(t)
	m := New(tokenizer)
	r := encode(tokenizer, "python", "def f(alpha, beta):\n    self.x = alpha\n    return beta\n")
	separator := Row{IDs: []int32{tokenizer.Special().SEP}, Labels: []shard.Label{shard.SpecialLabel}}
	second := encode(tokenizer, "python", "def g(gamma):\n    return gamma\n")
	r.IDs = slices.Concat(r.IDs, separator.IDs, second.IDs)
	r.Labels = slices.Concat(r.Labels, separator.Labels, second.Labels)
	sites := m.Sites(&r)
	for seed := range uint64(300) {
		for _, e := range m.Draw(rand.New(rand.NewPCG(seed, 1)), &r, sites, 2) {
			old, fresh := tokenizer.Decode(r.IDs[sites[e.Site].Start:sites[e.Site].End]), tokenizer.Decode(e.IDs)
			if !(old == "alpha" && fresh == "beta") && !(old == "beta" && fresh == "alpha") {
				t.Fatalf("%q becomes %q", old, fresh)
			}
		}
	}
}

// TestArguments: neighbouring arguments of a call are exchanged, both ways at once.
func TestArguments(t *testing.T) {
	tokenizer, _ := sources(t)
	m := New(tokenizer)
	r := encode(tokenizer, "go", "package p\n\nfunc f(a, b int) {\n\tg(a, b)\n\tx := []int{a, b}\n}\n")
	sites := m.Sites(&r)
	seen := false
	for seed := range uint64(400) {
		edits := m.Draw(rand.New(rand.NewPCG(seed, 2)), &r, sites, 1)
		if len(edits) != 2 {
			continue
		}
		mutated, _ := m.Apply(&r, sites, edits)
		if text := tokenizer.Decode(mutated.IDs); !strings.Contains(text, "g(b, a)") || !strings.Contains(text, "{a, b}") {
			t.Fatalf("exchanged arguments make %q", text)
		}
		seen = true
	}
	if !seen {
		t.Error("no arguments were exchanged")
	}
}

func TestDrawIsDeterministic(t *testing.T) {
	tokenizer, rows := sources(t)
	draw := func(seed uint64) Row {
		m := New(tokenizer)
		sites := m.Sites(&rows[0])
		mutated, _ := m.Apply(&rows[0], sites, m.Draw(rand.New(rand.NewPCG(seed, 3)), &rows[0], sites, 3))
		return mutated
	}
	if !slices.Equal(draw(1).IDs, draw(1).IDs) {
		t.Error("one seed, two mutants")
	}
	if slices.Equal(draw(1).IDs, draw(2).IDs) {
		t.Error("two seeds, one mutant")
	}
}
