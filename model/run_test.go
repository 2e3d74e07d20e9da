package model

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// pointing is a scripted model with heads. The pointer wants a name; the vocabulary wants words where want says so, and else operators.
func pointing(t *testing.T, pointed string, q Query, want func(masks int) string) *Model {
	t.Helper()
	m, net := scriptedModel(t, nil, Options{CacheSize: -1})
	net.more = true
	m.about.Pointer, m.about.Detect = net.heads()
	net.answer = func(ids []int32, wanted int) []float32 {
		masks := 0
		for wanted+masks < len(ids) && ids[wanted+masks] == m.special.MASK {
			masks++
		}
		out := make([]float32, m.tok.Size())
		text := want(masks)
		for id := range out {
			if string(m.tok.Bytes(int32(id))) == text {
				out[id] = 20
			}
		}
		return out
	}
	net.say = map[int]float32{}
	first := len(m.openers(q.Language))
	for _, s := range q.NamesBefore {
		if q.Before[s.Start:s.End] == pointed {
			i := slices.IndexFunc(m.tok.Encode(q.Before).Offsets, func(o [2]int32) bool { return int(o[1]) > s.Start })
			net.say[first+i] = 30
		}
	}
	return m
}

// TestRunPoints: a name of several subwords is one piece, the one that the pointer wants where the vocabulary wants a word.
func TestRunPoints(t *testing.T) {
	q := withNames(Query{Language: "go", Before: "func f(quzzical, i int) int {\n\treturn ", After: "\n}\n", Pieces: 3, Choices: []string{"sum"}})
	if n := len(pointing(t, "", q, func(int) string { return "" }).tok.Encode("quzzical").IDs); n < 3 {
		t.Fatalf("the name is only %d subwords", n)
	}
	m := pointing(t, "quzzical", q, func(masks int) string {
		if masks == 2 {
			return " * " // the second of three, the first of two
		}
		return "ret" // the beginning of a longer word, and none of the choices
	})
	ps, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, c := range ps[0].Candidates {
		texts = append(texts, c.Text)
		if c.LogProb > 0 || math.Abs(c.LogProb-c.Vocabulary*float64(len(strings.Fields(c.Text)))) > 1e-9 {
			t.Errorf("%+v: not the sum and the mean of its pieces", c)
		}
	}
	slices.Sort(texts)
	if want := []string{"quzzical", "quzzical * quzzical"}; !slices.Equal(texts, want) { // of two pieces, the first would be an operator with a second blank before it
		t.Errorf("%q, want %q", texts, want)
	}
	q.Prefix = "quz"
	if ps, err = m.Predict(t.Context(), []Query{q}); err != nil || len(ps[0].Candidates) == 0 {
		t.Fatalf("%+v, %v", ps, err)
	}
	for _, c := range ps[0].Candidates {
		if !strings.HasPrefix(c.Text, "quz") {
			t.Errorf("%q does not begin with what is typed", c.Text)
		}
	}
}

// TestRunRows: a run of k pieces is asked with k masks, then with one fewer behind each piece that was revealed; what stands around never changes.
// TestRunWords: a word that is not in sight must be one of the choices, where there are any.
func TestRunWords(t *testing.T) {
	q := withNames(Query{Language: "go", Before: "func f(quzzical, i int) int {\n\treturn ", After: "\n}\n", Pieces: 1})
	for want, choices := range map[string][]string{"sum": {"total", "sum"}, "quzzical": {"total"}} {
		m := pointing(t, "quzzical", q, func(int) string { return "sum" })
		q.Choices = choices
		ps, err := m.Predict(t.Context(), []Query{q})
		if err != nil || len(ps[0].Candidates) != 1 || ps[0].Candidates[0].Text != want {
			t.Errorf("among %q: %+v, %v; want %s", choices, ps, err, want)
		}
	}
}

func TestRunRows(t *testing.T) {
	m, net := scriptedModel(t, nil, Options{CacheSize: -1})
	answer := pseudo(400)
	asked := map[int]int{}
	q := shortQuery(nil)
	q.Pieces = 4
	tail := m.tok.Encode(strings.TrimLeft(q.After, " ")).IDs
	net.answer = func(ids []int32, wanted int) []float32 {
		masks := 0
		for ids[wanted+masks] == m.special.MASK {
			masks++
		}
		asked[masks]++
		if slices.Contains(ids[:wanted], m.special.MASK) || slices.Contains(ids[wanted+masks:], m.special.MASK) || ids[len(ids)-2] != tail[len(tail)-1] {
			t.Errorf("row %v asks for %d", ids, wanted)
		}
		logits := answer(ids, wanted)
		for i := range logits {
			logits[i] *= 4 // so that few runs become hopeless
		}
		return logits
	}
	ps, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	if asked[4] != 1 || asked[5] > 0 || asked[1] < 1 || asked[1] > 4 || ps[0].Rows != net.rows {
		t.Errorf("rows by masks: %v", asked)
	}
	for i, c := range ps[0].Candidates {
		if c.LogProb < hopeless || !utf8.ValidString(c.Text) || strings.ContainsAny(c.Text, "\n\r\t\"'`") || i > 0 && c.Vocabulary > ps[0].Candidates[i-1].Vocabulary {
			t.Errorf("candidate %d: %+v", i, c)
		}
	}
}

// TestRunOfARealNetwork: the answer is that of the rows, whatever it is batched with.
func TestRunOfARealNetwork(t *testing.T) {
	m := heads(t, "fp32", Options{CacheSize: -1})
	q := withNames(shortQuery(nil))
	q.Pieces = 3
	alone, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	batched, err := m.Predict(t.Context(), []Query{withNames(shortQuery(someChoices)), q, shortQuery(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if len(alone[0].Candidates) != len(batched[1].Candidates) {
		t.Fatalf("%+v, in a batch %+v", alone[0], batched[1])
	}
	for i, c := range alone[0].Candidates {
		if b := batched[1].Candidates[i]; b.Text != c.Text || math.Abs(b.LogProb-c.LogProb) > 1e-4 {
			t.Errorf("%+v, in a batch %+v", c, b)
		}
	}
}

func FuzzRun(f *testing.F) {
	f.Add("return ", "\n}", "")
	f.Add("f(", ")\n", "pr")
	f.Add("", "", "")
	f.Add("x = \xff  ", "\x00", "\xe2")
	m, _ := scriptedModel(f, pseudo(400), Options{CacheSize: -1})
	f.Fuzz(func(t *testing.T, before, after, prefix string) {
		if len(before)+len(after)+len(prefix) > 500 {
			return
		}
		q := withNames(Query{Before: before, After: after, Prefix: prefix, Pieces: 3})
		ps, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range ps[0].Candidates {
			if !strings.HasPrefix(c.Text, prefix) || c.Text == "" || !utf8.ValidString(c.Text) {
				t.Fatalf("%q", c.Text)
			}
		}
	})
}
