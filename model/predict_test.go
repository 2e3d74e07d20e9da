package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/bundle/bundletest"
	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort/orttest"
)

// tiny opens a random model.
func tiny(t testing.TB, opts Options) *Model {
	t.Helper()
	m, err := Open(orttest.Library(t), bundletest.Open(t, bundletest.Tiny), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// scripted is a network with fixed logits, which counts its rows.
type scripted struct {
	answer func(ids []int32, wanted int) []float32
	before func() // called at the beginning of a pass; may be nil
	rows   int
	more   bool // it has the further heads, which say -1 of every place but what say says
	say    map[int]float32
}

func (s *scripted) heads() (pointer, detect bool) { return s.more, s.more }

func (s *scripted) places(columns []int) []float32 {
	out := make([]float32, len(columns))
	for i, c := range columns {
		var ok bool
		if out[i], ok = s.say[c]; !ok {
			out[i] = -1
		}
	}
	return out
}

func (s *scripted) logits(_ context.Context, rows []*row, visit func(*row, int, []float32)) error {
	s.rows += len(rows)
	if s.before != nil {
		s.before()
	}
	for _, r := range rows {
		r.pointer, r.detect = s.places(r.names), s.places(r.sites)
		for w := range r.wanted {
			visit(r, w, s.answer(r.ids, r.wanted[w]))
		}
	}
	return nil
}

// pseudo gives logits that depend on the whole row and nothing else.
func pseudo(vocab int) func([]int32, int) []float32 {
	return func(ids []int32, wanted int) []float32 {
		seed := uint64(wanted + 1)
		for _, id := range ids {
			seed = seed*6364136223846793005 + uint64(id) + 1442695040888963407
		}
		out := make([]float32, vocab)
		for i := range out {
			seed = seed*6364136223846793005 + 1442695040888963407
			out[i] = float32(seed>>40) / (1 << 24) * 8
		}
		return out
	}
}

func scriptedModel(t testing.TB, answer func([]int32, int) []float32, opts Options) (*Model, *scripted) {
	t.Helper()
	net := &scripted{answer: answer}
	m, err := newModel(bundletest.Tokenizer(t, 400), net, 96, opts)
	if err != nil {
		t.Fatal(err)
	}
	return m, net
}

// TestSoftmaxRunsOverAllowedIDs is the test of the design: logits (0, 4, 1, 2, 0)
// for [PAD], [CLS], a, b, c give P(b) = e^2 / (e^1 + e^2 + e^0).
func TestSoftmaxRunsOverAllowedIDs(t *testing.T) {
	m, _ := scriptedModel(t, nil, Options{CacheSize: -1})
	m.net.(*scripted).answer = func([]int32, int) []float32 {
		logits := slices.Repeat([]float32{float32(math.Inf(-1))}, m.tok.Size())
		logits[m.special.PAD], logits[m.special.CLS] = 0, 4
		for text, l := range map[string]float32{"a": 1, "b": 2, "c": 0} {
			logits[m.tok.Encode(text).IDs[0]] = l
		}
		return logits
	}
	want := math.Exp(2) / (math.Exp(1) + math.Exp(2) + math.Exp(0))
	for _, q := range []Query{
		{Before: "(", After: ")", Choices: []string{"a", "b", "c"}},
		{Before: "(", After: ")", Choices: []string{"a", "b", "c"}, TopK: 1},
		{Before: "(", After: ")", MaxSubwords: 1, TopK: 3},
	} {
		ps, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		if c := ps[0].Candidates[0]; c.Text != "b" || math.Abs(math.Exp(c.LogProb)-want) > 1e-6 {
			t.Errorf("%+v: P(%s) = %v, want P(b) = %v", q, c.Text, math.Exp(c.LogProb), want)
		}
	}
}

// bruteForce scores one choice by the definition, a row for each subword, with
// the whole text encoded at once.
func bruteForce(t *testing.T, m *Model, q Query, choice string) float64 {
	t.Helper()
	e := m.tok.Encode(q.Before + choice + q.After)
	lo, hi := -1, 0
	for i, o := range e.Offsets {
		if int(o[1]) > len(q.Before) && int(o[0]) < len(q.Before)+len(choice) {
			if lo < 0 {
				lo = i
			}
			hi = i + 1
		}
	}
	prefix := m.openers(q.Language)
	var sum float64
	for j := lo; j < hi; j++ {
		ids := slices.Concat(prefix, e.IDs, []int32{m.special.SEP})
		for i := j; i < hi; i++ {
			ids[len(prefix)+i] = m.special.MASK
		}
		r := &row{ids: ids, wanted: []int{len(prefix) + j}, visit: func(_ int, d distribution) { sum += d.logProb(e.IDs[j]) }}
		if err := m.forward(t.Context(), []*row{r}); err != nil {
			t.Fatal(err)
		}
	}
	return sum / float64(hi-lo)
}

var someChoices = []string{"price", "prices", "discount", "sum", "i", "items", "nameless", "zzz", "<=", "len(prices)", "índice", "total"}

// shortQuery fits the window with any of someChoices.
func shortQuery(choices []string) Query {
	return Query{Language: "go", Before: "for i, price := range prices {\n\tif ", After: " < 0 {\n\t\tsum += price\n", Choices: choices}
}

func TestChoicesEqualBruteForce(t *testing.T) {
	m := tiny(t, Options{CacheSize: -1})
	q := shortQuery(someChoices)
	ps, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	scores := map[string]float64{}
	var sum float64
	for _, c := range someChoices {
		scores[c] = bruteForce(t, m, q, c)
		sum += math.Exp(scores[c])
	}
	if len(ps[0].Candidates) != len(someChoices) {
		t.Fatalf("%d candidates for %d choices", len(ps[0].Candidates), len(someChoices))
	}
	for i, c := range ps[0].Candidates {
		if want := scores[c.Text] - math.Log(sum); math.Abs(c.LogProb-want) > 1e-4 {
			t.Errorf("LogProb(%s) = %v, by the definition %v", c.Text, c.LogProb, want)
		}
		if i > 0 && c.LogProb > ps[0].Candidates[i-1].LogProb {
			t.Errorf("candidates are not in order: %v", ps[0].Candidates)
		}
	}
}

func TestTopKIsExactAndCheaper(t *testing.T) {
	choices := slices.Clone(someChoices)
	for _, a := range []string{"inx", "prix", "disx", "tox", "nax"} {
		for _, b := range []string{"dex", "ces", "count", "tal", "mexx"} {
			choices = append(choices, a+b)
		}
	}
	full, fullNet := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
	all, err := full.Predict(t.Context(), []Query{shortQuery(choices)})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []int{1, 2, 5, 20, len(choices), 1000} {
		m, net := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
		q := shortQuery(choices)
		q.TopK = k
		ps, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		got, want := ps[0].Candidates, all[0].Candidates[:min(k, len(choices))]
		if len(got) != len(want) {
			t.Fatalf("TopK %d gives %d candidates", k, len(got))
		}
		for i := range got {
			if got[i].Text != want[i].Text {
				t.Errorf("TopK %d: candidate %d is %q, without pruning %q", k, i, got[i].Text, want[i].Text)
			}
			if got[i].LogProb > want[i].LogProb+1e-9 {
				t.Errorf("TopK %d: LogProb(%q) is overstated: %v, exactly %v", k, got[i].Text, got[i].LogProb, want[i].LogProb)
			}
		}
		if k == 1 && net.rows >= fullNet.rows {
			t.Errorf("TopK 1 ran %d rows, everything %d", net.rows, fullNet.rows)
		}
	}
}

func TestChoicesShareRows(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
	q := shortQuery(nil)
	q.Choices = []string{"price", "prices", "sum", "price"} // a repeated one counts once
	for _, c := range q.Choices {
		if n := len(m.tok.Encode(c).IDs); n != 1 {
			t.Fatalf("%q is %d subwords; the test wants 1", c, n)
		}
	}
	ps, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	if net.rows != 1 || len(ps[0].Candidates) != 3 {
		t.Errorf("%d rows, %d candidates; want 1 and 3", net.rows, len(ps[0].Candidates))
	}
}

// TestNoRowSeesItsTarget puts a rare word into a gap as a choice, and looks for
// its last subword in the rows: it is never revealed before it was scored.
func TestNoRowSeesItsTarget(t *testing.T) {
	m, net := scriptedModel(t, nil, Options{CacheSize: -1})
	long := strings.Repeat("qz", 100)
	f := newSite(m.tok, "a = ", "\n", m.window).fill(long)
	ids := f.target
	if len(ids) <= maxTarget {
		t.Fatalf("the word is only %d subwords", len(ids))
	}
	answer := pseudo(400)
	net.answer = func(row []int32, wanted int) []float32 {
		revealed := 0
		for revealed < len(ids) && wanted-1-revealed >= 0 && row[wanted-1-revealed] == ids[0] {
			revealed++
		}
		if slices.ContainsFunc(row[wanted:], func(id int32) bool { return slices.Contains(ids, id) }) {
			t.Errorf("a row shows what is behind its mask: %v", row)
		}
		if len(row) > m.window {
			t.Errorf("a row has %d subwords, the window %d", len(row), m.window)
		}
		return answer(row, wanted)
	}
	if _, err := m.Predict(t.Context(), []Query{{Before: "a = ", After: "\n", Choices: []string{long}}}); err != nil {
		t.Fatal(err)
	}
}

func TestGenerate(t *testing.T) {
	m := tiny(t, Options{CacheSize: -1})
	for _, q := range []Query{
		{TopK: 5},
		{TopK: 5, Prefix: "pr"},
		{TopK: 5, Prefix: "prices"},
		{TopK: 3, Prefix: "disc", MaxSubwords: 4},
		{TopK: 3, MaxSubwords: 1},
	} {
		base := shortQuery(nil)
		q.Language, q.Before, q.After = base.Language, base.Before, base.After
		ps, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		candidates := ps[0].Candidates
		if len(candidates) == 0 || len(candidates) > q.TopK {
			t.Errorf("prefix %q: %d candidates", q.Prefix, len(candidates))
		}
		for i, c := range candidates {
			if !strings.HasPrefix(c.Text, q.Prefix) || !oneWord(c.Text) {
				t.Errorf("prefix %q: %q", q.Prefix, c.Text)
			}
			if want := bruteForce(t, m, q, c.Text); math.Abs(c.LogProb-want) > 1e-4 {
				t.Errorf("LogProb(%q) = %v, as a choice %v", c.Text, c.LogProb, want)
			}
			if i > 0 && c.LogProb > candidates[i-1].LogProb {
				t.Errorf("candidates are not in order: %v", candidates)
			}
		}
	}
}

// oneWord says whether a text is a word or a run of other visible characters.
func oneWord(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || isWord(text[i]) != isWord(text[0]) {
			return false
		}
	}
	return true
}

// TestGenerateFindsTheBest compares with every word of one subword that leaves
// the subwords around it as they are.
func TestGenerateFindsTheBest(t *testing.T) {
	m, _ := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
	q := shortQuery(nil)
	q.MaxSubwords, q.TopK = 1, 1
	ps, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	best := math.Inf(-1)
	keys := map[string]bool{}
	for _, stand := range []string{"x", "==", ")"} {
		f := newSite(m.tok, q.Before, q.After, m.window).fill(stand)
		f.target = nil
		keys[f.key()] = true
	}
	for id, ok := range m.allowed {
		text := strings.TrimSpace(string(m.tok.Bytes(int32(id))))
		if !ok || text == "" || strings.ToValidUTF8(text, "") != text || !oneWord(text) {
			continue
		}
		f := newSite(m.tok, q.Before, q.After, m.window).fill(text)
		target := f.target
		if f.target = nil; len(target) == 1 && keys[f.key()] {
			best = max(best, bruteForce(t, m, q, text))
		}
	}
	if c := ps[0].Candidates[0]; math.Abs(c.LogProb-best) > 1e-9 {
		t.Errorf("generated %q with %v, the best has %v", c.Text, c.LogProb, best)
	}
}

func TestBatchInvariance(t *testing.T) {
	m := tiny(t, Options{CacheSize: -1})
	var qs []Query
	for n := range 3 {
		before, after := bundletest.Gap(t, "price", n)
		qs = append(qs, Query{Language: "go", Before: before, After: after, Choices: someChoices},
			Query{Before: before[len(before)/2:], After: after[:len(after)/3], Choices: []string{"<", "<=", "sum"}},
			Query{Language: "go", Before: before, After: after, Prefix: "pr", TopK: 3})
	}
	together, err := m.Predict(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range qs {
		alone, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		if len(alone[0].Candidates) != len(together[i].Candidates) {
			t.Fatalf("query %d: %v alone, %v together", i, alone[0], together[i])
		}
		for j, c := range alone[0].Candidates {
			if got := together[i].Candidates[j]; got.Text != c.Text || math.Abs(got.LogProb-c.LogProb) > 1e-4 {
				t.Errorf("query %d: candidate %d is %v alone, %v together", i, j, c, got)
			}
		}
	}
}

func TestPredictRemembers(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{})
	q := shortQuery(someChoices)
	first, err := m.Predict(t.Context(), []Query{q, q})
	if err != nil {
		t.Fatal(err)
	}
	rows := net.rows
	first[0].Candidates[0].Text = "changed by the caller"
	again, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	if net.rows != rows {
		t.Error("an answered query ran again")
	}
	if again[0].Candidates[0].Text != first[1].Candidates[0].Text {
		t.Error("a caller's change reached the cache")
	}
	other := q
	other.Choices = append(slices.Clone(q.Choices), "more")
	if _, err := m.Predict(t.Context(), []Query{other}); err != nil || net.rows == rows {
		t.Errorf("another query was answered from the cache (%v)", err)
	}
}

func TestKeysDiffer(t *testing.T) {
	qs := []Query{
		{}, {Choices: []string{}}, {Choices: []string{""}}, {Language: "a"}, {Before: "a"}, {After: "a"}, {Prefix: "a"}, {Choices: []string{"a"}},
		{Choices: []string{"a", "b"}}, {Choices: []string{"ab"}}, {Before: "a", After: "b"}, {Before: "ab"}, {TopK: 1}, {MaxSubwords: 1},
		{Choices: []string{"a"}, NamesBefore: []Site{{0, 1}}}, {Choices: []string{"a"}, NamesAfter: []Site{{0, 1}}},
		{Choices: []string{"a"}, NamesBefore: []Site{{0, 1}}, OnePass: true},
		{Pieces: 1}, {Pieces: 2}, {Pieces: 1, NamesBefore: []Site{{0, 1}}}, {Pieces: 1, Prefix: "a"}, {Pieces: 1, Choices: []string{}}, {Pieces: 1, Choices: []string{"a"}},
	}
	seen := map[memoKey]int{}
	for i, q := range qs {
		if j, ok := seen[keyOf(q)]; ok {
			t.Errorf("%+v and %+v have one key", qs[j], q)
		}
		seen[keyOf(q)] = i
	}
}

// TestPredictIsCancelled asks a model for far more than can be computed in the
// time that it is given.
func TestPredictIsCancelled(t *testing.T) {
	size := bundletest.Size{Vocabulary: 400, Hidden: 128, Intermediate: 512, Layers: 8, Heads: 4, Positions: 512}
	m, err := Open(orttest.Library(t), bundletest.Open(t, size), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	q := Query{Language: "go", Before: strings.Repeat(bundletest.Text, 3), After: strings.Repeat(bundletest.Text, 3)}
	for i := range 1000 {
		q.Choices = append(q.Choices, "name"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+string(rune('a'+i/26%26)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	start := time.Now()
	if _, err := m.Predict(ctx, []Query{q}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v after %v, want a cancelled context", err, time.Since(start))
	}
	t.Logf("answered %v after the cancellation", time.Since(start)-300*time.Millisecond)
	if m.memo.entries.Len() != 0 {
		t.Error("a cancelled prediction was remembered")
	}
	// The session is usable afterwards.
	if _, err := m.Predict(t.Context(), []Query{shortQuery([]string{"price", "sum"})}); err != nil {
		t.Errorf("after a cancellation: %v", err)
	}
	if _, err := m.Predict(ctx, []Query{shortQuery([]string{"price"})}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

func TestPredictRefuses(t *testing.T) {
	m, _ := scriptedModel(t, pseudo(400), Options{})
	for _, choices := range [][]string{{}, {"a", ""}} {
		if _, err := m.Predict(t.Context(), []Query{{Before: "x", Choices: choices}}); err == nil {
			t.Errorf("choices %q: no error", choices)
		}
	}
	ps, err := m.Predict(t.Context(), nil)
	if err != nil || len(ps) != 0 {
		t.Errorf("no queries: %v, %v", ps, err)
	}
}

func TestOpenInfo(t *testing.T) {
	info := tiny(t, Options{Device: "cpu", Window: 64}).Info()
	if info.Precision != bundle.PrecisionFP32 || info.Device.Used != "cpu" || info.Window != 64 || len(info.Digest) != 64 || !slices.Equal(info.Languages, []string{"go"}) {
		t.Errorf("%+v", info)
	}
}

// TestForeignGraph asks a graph with the inputs and the output of other
// exporters: segments, no masked positions, and logits for every position.
func TestForeignGraph(t *testing.T) {
	contents := bundletest.Contents(t, bundletest.Tiny)
	vocab, width := int64(contents.Config.VocabSize), int64(8)
	table := make([]float32, vocab*width)
	for i := range table {
		table[i] = float32(math.Sin(float64(i * i % 977)))
	}
	g := onnx.NewGraph("foreign")
	ids := g.Input("input_ids", onnx.Int64, "batch_size", "sequence_length")
	mask := g.Input("attention_mask", onnx.Int64, "batch_size", "sequence_length")
	types := g.Input("token_type_ids", onnx.Int64, "batch_size", "sequence_length")
	w := g.Initializer("w", onnx.FloatTensor(table, vocab, width))
	// Each position sees the mean of the row; the masks are of no account here.
	x := g.Op("Gather", []string{w, g.Op("Add", []string{ids, types})})
	weight := g.Op("Unsqueeze", []string{g.Op("Cast", []string{mask}, onnx.IntAttr("to", int64(onnx.Float32))), g.Ints(2)})
	sum := g.Op("ReduceSum", []string{g.Op("Mul", []string{x, weight}), g.Ints(1)})
	x = g.Op("Add", []string{x, sum})
	x = g.Op("MatMul", []string{x, g.Op("Transpose", []string{w}, onnx.IntsAttr("perm", 1, 0))})
	g.Rename(x, "logits")
	g.Output("logits", onnx.Float32, "batch_size", "sequence_length", vocab)
	contents.FP32, contents.Weights = g, nil
	dir := t.TempDir() + "/foreign"
	if err := bundle.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	m, err := Open(orttest.Library(t), b, Options{CacheSize: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	q := shortQuery(someChoices)
	other := Query{Before: "x", After: "y", Choices: []string{"price", "sum"}}
	ps, err := m.Predict(t.Context(), []Query{other, q})
	if err != nil {
		t.Fatal(err)
	}
	scores := map[string]float64{}
	var norm float64
	for _, c := range someChoices {
		scores[c] = bruteForce(t, m, q, c)
		norm += math.Exp(scores[c])
	}
	for _, c := range ps[1].Candidates {
		if want := scores[c.Text] - math.Log(norm); math.Abs(c.LogProb-want) > 1e-3 {
			t.Errorf("LogProb(%s) = %v, by the definition %v", c.Text, c.LogProb, want)
		}
	}
}

// TestShortQuestionsDoNotWait asks one thing while a long question runs, and
// wants its answer before the end of the other.
func TestShortQuestionsDoNotWait(t *testing.T) {
	m, net := scriptedModel(t, nil, Options{CacheSize: -1})
	answer := pseudo(400)
	started := make(chan struct{})
	passes := 0
	net.before = func() {
		if passes++; passes == 1 {
			close(started)
		}
		time.Sleep(10 * time.Millisecond) // a pass takes a while
	}
	net.answer = answer
	long := shortQuery(nil)
	for i := range 500 {
		long.Choices = append(long.Choices, fmt.Sprintf("name%dother%d", i, i*i))
	}
	order := make(chan string, 2)
	ask := func(name string, q Query) {
		if _, err := m.Predict(t.Context(), []Query{q}); err != nil {
			t.Error(err)
		}
		order <- name
	}
	go ask("long", long)
	<-started
	go ask("short", shortQuery([]string{"sum"}))
	if first := <-order; first != "short" {
		t.Errorf("the %s question was answered first", first)
	}
	<-order
	if passes < 10 {
		t.Errorf("the long question took %d passes, too few to tell", passes)
	}
}
