package ranking

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/gap"
)

// made are questions in which the n-grams are right where they have seen much, and the model where they have not: what no fixed sum of the two finds out.
func made(n int) []Question {
	random := rand.New(rand.NewPCG(3, 4))
	var list []Question
	for i := range n {
		for _, group := range gap.Groups() {
			q := Question{Project: fmt.Sprint("p", i%30), Group: group, Mode: "cloze", Answer: random.IntN(6)}
			trusted := random.IntN(2) == 0
			misled := (q.Answer + 1 + random.IntN(5)) % 6
			for k := range 6 {
				row := make([]float32, gap.NumInputs)
				for in := range row {
					row[in] = float32(math.NaN())
				}
				row[gap.ProjectOver], row[gap.ModelOver], row[gap.MatchBefore], row[gap.ProjectPlace] = -5, -5, 0, float32(k)
				if k == misled {
					row[gap.ProjectOver], row[gap.ModelOver] = 0, 0
				}
				if k == q.Answer && trusted {
					row[gap.ProjectOver], row[gap.MatchBefore] = 0, 3
				}
				if k == q.Answer && !trusted {
					row[gap.ModelOver] = 0
					row[gap.Seen] = 1
				}
				q.Inputs = append(q.Inputs, row)
			}
			list = append(list, q)
		}
	}
	return list
}

// TestFitCombiner: the forests learn whom to believe when, and the one without the model's inputs asks for none.
func TestFitCombiner(t *testing.T) {
	var lines []string
	c, err := FitCombiner(made(240), CombinerOptions{Log: func(line string) { lines = append(lines, line) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range gap.Groups() {
		for _, input := range c.Static[name].Inputs() {
			if !slices.Contains(gap.Static(), input) {
				t.Errorf("%s ranks by %q without the model", name, input)
			}
		}
		right, all := 0, 0
		for _, q := range made(40) {
			if q.Group != name {
				continue
			}
			best, top := -1, math.Inf(-1)
			for k, row := range q.Inputs {
				if s := c.Full[name].Score(row); s > top {
					best, top = k, s
				}
			}
			all++
			if best == q.Answer {
				right++
			}
		}
		if right < all*9/10 {
			t.Errorf("%s: %d of %d are right", name, right, all)
		}
	}
	if len(lines) != 2*len(gap.Groups()) {
		t.Errorf("%d lines of what was reached", len(lines))
	}
	if _, err := FitCombiner(made(10), CombinerOptions{}); err == nil || !strings.Contains(err.Error(), "more projects") {
		t.Errorf("too few questions: %v", err)
	}
}

// TestThinned: a question with many candidates keeps the right one and those that are hardest to tell from it.
func TestThinned(t *testing.T) {
	q := Question{Project: "p", Answer: 150}
	for k := range 200 {
		row := make([]float32, gap.NumInputs)
		row[gap.ProjectPlace], row[gap.Length] = float32(k), float32(k)
		q.Inputs = append(q.Inputs, row)
	}
	g := thinned(q)
	held := map[float32]bool{}
	for _, row := range g.rows {
		held[row[gap.Length]] = true
	}
	if len(g.rows) != mostOthers+1 || len(held) != len(g.rows) || g.rows[g.target][gap.Length] != 150 || !held[0] || !held[10] {
		t.Errorf("%d rows, %d different", len(g.rows), len(held))
	}
}

func TestQuestions(t *testing.T) {
	list := made(2)
	var file bytes.Buffer
	if err := WriteQuestions(&file, list); err != nil {
		t.Fatal(err)
	}
	got, err := ReadQuestions(bytes.NewReader(file.Bytes()))
	if err != nil || len(got) != len(list) {
		t.Fatalf("%d of %d, %v", len(got), len(list), err)
	}
	for i := range got {
		a, b := got[i], list[i]
		if a.Project != b.Project || a.Group != b.Group || a.Answer != b.Answer || !reflect.DeepEqual(fmt.Sprint(a.Inputs), fmt.Sprint(b.Inputs)) {
			t.Errorf("question %d: %+v, want %+v", i, a, b)
		}
	}
	list[0].Answer = 6
	file.Reset()
	if err := WriteQuestions(&file, list); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadQuestions(&file); err == nil || !strings.Contains(err.Error(), "number 0") {
		t.Errorf("an answer that is none: %v", err)
	}
}

func FuzzReadQuestions(f *testing.F) {
	var file bytes.Buffer
	if err := WriteQuestions(&file, made(1)[:1]); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ReadQuestions(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, q := range list {
			_ = q.Inputs[q.Answer][gap.NumInputs-1]
		}
	})
}

// TestSometimesBare: a share of the questions comes without what a corpus knows, the same ones each time, and none is changed itself.
func TestSometimesBare(t *testing.T) {
	list := made(400)
	without := 0
	for i, q := range list {
		for k, row := range q.Inputs {
			row[gap.Corpus], row[gap.CorpusKnown], row[gap.MixedOver], row[gap.Project] = -1, 1, -2, float32(i+k)
		}
		got := q.sometimesBare()
		if !reflect.DeepEqual(fmt.Sprint(got), fmt.Sprint(q.sometimesBare())) {
			t.Fatal("the draw changes")
		}
		for k, row := range got.Inputs {
			known := row[gap.Corpus] == -1 && row[gap.CorpusKnown] == 1 && row[gap.MixedOver] == -2
			gone := row[gap.Corpus] != row[gap.Corpus] && row[gap.CorpusKnown] != row[gap.CorpusKnown] && row[gap.MixedOver] == q.Inputs[k][gap.ProjectOver]
			if !known && !gone {
				t.Fatalf("a row is half there: %v", row)
			}
			if gone && k == 0 {
				without++
			}
			if q.Inputs[k][gap.Corpus] != -1 {
				t.Fatal("the question itself was changed")
			}
		}
	}
	if without < len(list)/bare/2 || without > len(list)/bare*2 {
		t.Errorf("%d of %d questions come without", without, len(list))
	}
}
