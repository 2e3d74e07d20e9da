package cache

import (
	"fmt"
	"go/build"
	"go/scanner"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lex returns the tokens of a file of Go's own library, and which of them are identifiers.
func lex(t testing.TB, name string) (texts []string, identifiers []int) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile(name, -1, len(source)), source, nil, 0)
	for {
		_, kind, literal := s.Scan()
		switch {
		case kind == token.EOF:
			return texts, identifiers
		case kind == token.SEMICOLON && literal == "\n":
			continue
		case kind == token.IDENT:
			identifiers = append(identifiers, len(texts))
		}
		if literal == "" {
			literal = kind.String()
		}
		texts = append(texts, literal)
	}
}

var library = []string{"net/http/client.go", "net/http/transport.go", "net/http/request.go", "net/http/server.go"}

// cloze asks for identifiers of a file, among the names within 400 tokens of the gap (after a dot: all names after a dot in the file), and counts
// the gaps whose answer is among the candidates, is the first, or is among the first five.
func cloze(t testing.TB, texts []string, identifiers []int, view *View, every int) (n, covered, first, five int) {
	f := NewFile(texts)
	member := func(i int) bool { return i > 0 && texts[i-1] == "." }
	for k := 0; k < len(identifiers); k += every {
		site := identifiers[k]
		seen := map[string]bool{}
		var candidates []string
		for _, i := range identifiers {
			if i != site && !seen[texts[i]] && member(i) == member(site) && (member(i) || i > site-400 && i < site+400) {
				seen[texts[i]] = true
				candidates = append(candidates, texts[i])
			}
		}
		n++
		if !seen[texts[site]] {
			continue
		}
		covered++
		scores := f.Score(site, 1, candidates, view)
		answer := scores[slices.Index(candidates, texts[site])]
		better := 0
		for _, s := range scores {
			if s > answer {
				better++
			}
		}
		if better == 0 {
			first++
		}
		if better < 5 {
			five++
		}
	}
	return n, covered, first, five
}

// TestCloze holds the floor under the expert's worth on real code, alone and with the other files of the package as workspace. The figures when this was written: see
// the log; the bounds are some three points lower.
func TestCloze(t *testing.T) {
	w := NewWorkspace(0)
	for _, name := range library {
		texts, _ := lex(t, name)
		w.Set(name, texts)
	}
	for _, withWorkspace := range []bool{false, true} {
		n, covered, first, five := 0, 0, 0, 0
		for _, name := range library {
			texts, identifiers := lex(t, name)
			var view *View
			if withWorkspace {
				view = w.View(name)
			}
			a, b, c, d := cloze(t, texts, identifiers, view, 13)
			n, covered, first, five = n+a, covered+b, first+c, five+d
		}
		at1, at5 := float64(first)/float64(n), float64(five)/float64(n)
		t.Logf("workspace %v: %d identifiers, %.1f%% among the candidates, right at 1: %.1f%%, at 5: %.1f%%", withWorkspace, n, 100*float64(covered)/float64(n), 100*at1, 100*at5)
		if at1 < 0.48 || at5 < 0.64 {
			t.Errorf("workspace %v: cloze @1 %.3f, @5 %.3f: below the floor", withWorkspace, at1, at5)
		}
	}
}

// TestGapIsInvisible: whatever the gap holds, the scores are the same.
func TestGapIsInvisible(t *testing.T) {
	texts, identifiers := lex(t, "net/http/cookie.go")
	w := NewWorkspace(0)
	other, _ := lex(t, "net/http/client.go")
	w.Set("other", other)
	w.Set("self", texts)
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		site := identifiers[random.IntN(len(identifiers))]
		width := 1 + random.IntN(3)
		candidates := []string{"c", "err", texts[site], "never_seen", "name", "{"}
		want := NewFile(texts).Score(site, width, candidates, w.View("self"))
		for _, filler := range []string{"err", "(", "unheard_of", texts[max(0, site-1)], texts[min(len(texts)-1, site+width)]} {
			changed := append([]string{}, texts...)
			for i := site; i < min(site+width, len(texts)); i++ {
				changed[i] = filler
			}
			other := NewWorkspace(0)
			other.Set("other", w.texts("other"))
			other.Set("self", changed)
			got := NewFile(changed).Score(site, width, candidates, other.View("self"))
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-9 {
					t.Fatalf("site %d width %d filled with %q: %q scores %v, was %v", site, width, filler, candidates[i], got[i], want[i])
				}
			}
		}
	}
}

// texts gives back the tokens of a file, for tests.
func (w *Workspace) texts(name string) []string {
	words := map[uint32]string{}
	for text, id := range w.vocab {
		words[id] = text
	}
	var texts []string
	for _, id := range w.files[name].Value.(*member).tokens {
		if id != endOfFile {
			texts = append(texts, words[id])
		}
	}
	return texts
}

// TestInsertion: an empty gap splits the n-grams that span it.
func TestInsertion(t *testing.T) {
	f := NewFile(strings.Fields("f ( a , b ) ; f ( a , b ) ; f ( a )"))
	scores := f.Score(17, 0, []string{",", "b", ";"}, nil) // behind the last a
	if !(scores[0] > scores[2]) {
		t.Errorf("a comma should follow f(a: %v", scores)
	}
	// The gap is between the only x and y: neither may know of the other.
	f = NewFile(strings.Fields("x y q q q"))
	scores = f.Score(1, 0, []string{"x", "y"}, nil)
	if math.IsNaN(scores[0]) || math.IsInf(scores[0], 0) {
		t.Errorf("scores %v", scores)
	}
}

// TestDistribution: over the vocabulary and one unseen token, the conditional probabilities sum to one.
func TestDistribution(t *testing.T) {
	texts, _ := lex(t, "net/http/cookie.go")
	f := NewFile(texts)
	w := NewWorkspace(0)
	other, _ := lex(t, "net/http/client.go")
	w.Set("other", other)
	for _, view := range []*View{nil, w.View("self")} {
		for _, site := range []int{0, 1, 2, 3, 500, 777, len(texts) - 1, len(texts)} {
			words := map[string]bool{"\x00unseen": true}
			for i, text := range texts {
				if i != site {
					words[text] = true
				}
			}
			if view != nil {
				view.lock()
			}
			p := f.newPlace(site, 1, 0, view)
			if n := float64(len(words)); p.floors[0] != n {
				t.Errorf("site %d: %v kinds of tokens, want %v", site, p.floors[0], n)
			}
			if view != nil {
				words[string(rune(endOfFile))] = true
				for text := range w.vocab {
					words[text] = true
				}
				p.floors[1] = float64(len(words))
			}
			sum := 0.0
			for text := range words {
				s := p.identify(side{}, []string{text})
				if view != nil && text == string(rune(endOfFile)) {
					s.wide[0] = endOfFile
				}
				own, mixed := make([]float64, 1), make([]float64, 1)
				p.tokens(s, own, mixed)
				if view != nil {
					own = mixed
				}
				sum += own[0]
			}
			if view != nil {
				view.unlock()
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Errorf("site %d, workspace %v: probabilities sum to %v", site, view != nil, sum)
			}
		}
	}
}

func TestRecency(t *testing.T) {
	far, near := strings.Repeat("p = old ; ", 1), strings.Repeat("p = new ; ", 1)
	f := NewFile(strings.Fields(far + strings.Repeat("z ", 2000) + near + "p = gap ;"))
	scores := f.Score(f.Len()-2, 1, []string{"old", "new"}, nil)
	if scores[1] <= scores[0] {
		t.Errorf("the near occurrence should win: %v", scores)
	}
}

func TestOccurrences(t *testing.T) {
	f := NewFile(strings.Fields("a b a c a"))
	for _, c := range []struct {
		text            string
		site            int
		count, distance int
	}{{"a", 2, 2, 2}, {"a", 3, 3, 1}, {"b", 1, 0, -1}, {"z", 0, 0, -1}, {"c", 0, 1, 3}} {
		count, distance := f.Occurrences(c.text, c.site, 1)
		if count != c.count || distance != c.distance {
			t.Errorf("%q at %d: %d, %d", c.text, c.site, count, distance)
		}
	}
}

// TestWorkspaceForgets: files that come and go leave the counts of those that stay.
func TestWorkspaceForgets(t *testing.T) {
	texts, identifiers := lex(t, "net/http/cookie.go")
	kept, _ := lex(t, "net/http/client.go")
	plain := NewWorkspace(0)
	plain.Set("kept", kept)
	busy := NewWorkspace(0)
	busy.Set("kept", []string{"an", "older", "version"})
	for _, name := range library {
		other, _ := lex(t, name)
		busy.Set(name, other)
	}
	busy.Set("kept", kept)
	for _, name := range library {
		busy.Remove(name)
	}
	busy.Remove("never there")
	if files, tokens := busy.Len(); files != 1 || tokens != len(kept)+1 {
		t.Fatalf("%d files, %d tokens are left", files, tokens)
	}
	f := NewFile(texts)
	for _, site := range identifiers[:50] {
		candidates := []string{texts[site], "req", "resp"}
		want := f.Score(site, 1, candidates, plain.View("self"))
		got := f.Score(site, 1, candidates, busy.View("self"))
		if fmt.Sprint(want) != fmt.Sprint(got) {
			t.Fatalf("site %d: %v, want %v", site, got, want)
		}
	}
}

func TestWorkspaceBound(t *testing.T) {
	w := NewWorkspace(1000)
	for i := range 30 {
		w.Set(fmt.Sprint(i), make([]string, 90))
	}
	if files, tokens := w.Len(); files != 10 || tokens > 1000 {
		t.Errorf("%d files, %d tokens", files, tokens)
	}
	if _, ok := w.files["29"]; !ok {
		t.Error("the newest file was forgotten")
	}
	w.Set("huge", make([]string, 2000))
	if _, ok := w.files["huge"]; ok {
		t.Error("a file beyond the bound was kept")
	}
}

func FuzzScore(f *testing.F) {
	f.Add("a b c a b c", 2, 1)
	f.Add("", 0, 0)
	f.Fuzz(func(t *testing.T, text string, site, width int) {
		texts := strings.Fields(text)
		if site < 0 || width < 0 || width > 8 || site+width > len(texts) {
			return
		}
		for _, s := range NewFile(texts).Score(site, width, []string{"a", "b", text}, nil) {
			if math.IsNaN(s) || s > 1e-9 {
				t.Fatalf("score %v", s)
			}
		}
	})
}

func BenchmarkNewFile(b *testing.B) {
	texts, _ := lex(b, "net/http/server.go")
	b.ReportMetric(float64(len(texts)), "tokens")
	for b.Loop() {
		NewFile(texts)
	}
}

func BenchmarkScore(b *testing.B) {
	texts, identifiers := lex(b, "net/http/server.go")
	f := NewFile(texts)
	candidates := []string{}
	for _, i := range identifiers[:200] {
		candidates = append(candidates, texts[i])
	}
	for b.Loop() {
		f.Score(identifiers[3000], 1, candidates, nil)
	}
}
