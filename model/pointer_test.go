package model

import (
	"context"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/bundle/bundletest"
	"mlm-lsp/model/ort/orttest"
)

// heads opens a random model with all heads.
func heads(t testing.TB, precision bundle.Precision, opts Options) *Model {
	t.Helper()
	b := bundletest.Open(t, bundletest.TinyHeads)
	g, err := b.Graph(bundle.PrecisionFP32)
	if precision == bundle.PrecisionInt8 {
		g, err = b.Quantized()
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := openGraph(orttest.Library(t), b, g, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

// withNames adds all words as names.
func withNames(q Query) Query {
	for _, at := range word.FindAllStringIndex(q.Before, -1) {
		q.NamesBefore = append(q.NamesBefore, Site{at[0], at[1]})
	}
	for _, at := range word.FindAllStringIndex(q.After, -1) {
		q.NamesAfter = append(q.NamesAfter, Site{at[0], at[1]})
	}
	return q
}

// pointed computes the shares of names by the definition, from the subwords of the whole text.
func pointed(t *testing.T, m *Model, q Query) map[string]float64 {
	t.Helper()
	const stand = "x"
	e := m.tok.Encode(q.Before + stand + q.After)
	prefix := m.openers(q.Language)
	ids := slices.Concat(prefix, e.IDs, []int32{m.special.SEP})
	if len(ids) > m.window {
		t.Fatal("the text is longer than the window")
	}
	at := func(offset int) int {
		return len(prefix) + slices.IndexFunc(e.Offsets, func(o [2]int32) bool { return int(o[0]) <= offset && offset < int(o[1]) })
	}
	mask := at(len(q.Before))
	ids[mask] = m.special.MASK
	r := &row{ids: ids, wanted: []int{mask}, visit: func(int, distribution) {}}
	var texts []string
	for _, s := range q.NamesBefore {
		r.names = append(r.names, at(s.Start))
		texts = append(texts, q.Before[s.Start:s.End])
	}
	for _, s := range q.NamesAfter {
		r.names = append(r.names, at(len(q.Before)+len(stand)+s.Start))
		texts = append(texts, q.After[s.Start:s.End])
	}
	if err := m.forward(t.Context(), []*row{r}); err != nil {
		t.Fatal(err)
	}
	var all float64
	sums := map[string]float64{}
	for i, l := range r.pointer {
		all += math.Exp(float64(l))
		sums[texts[i]] += math.Exp(float64(l))
	}
	for text := range sums {
		sums[text] /= all
	}
	return sums
}

// TestPointerEqualsItsDefinition asks for every score of the choices, in one pass and in full.
func TestPointerEqualsItsDefinition(t *testing.T) {
	for _, precision := range []bundle.Precision{bundle.PrecisionFP32, bundle.PrecisionInt8} {
		m := heads(t, precision, Options{CacheSize: -1})
		if info := m.Info(); !info.Pointer || !info.Detect {
			t.Fatalf("%+v", info)
		}
		q := withNames(shortQuery(someChoices))
		want := pointed(t, m, q)
		var norm float64
		mixed := map[string]float64{}
		for _, text := range someChoices {
			mixed[text] = 0.5*want[text] + 0.5*math.Exp(bruteForce(t, m, q, text))
			norm += mixed[text]
		}
		full, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		q.OnePass = true
		quick, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		near := func(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-3 }
		for i, c := range full[0].Candidates {
			if !near(c.Pointer, math.Log(want[c.Text])) {
				t.Errorf("%s: pointer says %v of %q, by the definition %v", precision, c.Pointer, c.Text, math.Log(want[c.Text]))
			}
			if w := bruteForce(t, m, q, c.Text); !near(c.Vocabulary, w) {
				t.Errorf("%s: vocabulary says %v of %q, by the definition %v", precision, c.Vocabulary, c.Text, w)
			}
			if w := math.Log(mixed[c.Text] / norm); !near(c.LogProb, w) {
				t.Errorf("%s: LogProb(%q) = %v, by the definition %v", precision, c.Text, c.LogProb, w)
			}
			if i > 0 && c.LogProb > full[0].Candidates[i-1].LogProb {
				t.Errorf("%s: candidates are not in order: %v", precision, full[0].Candidates)
			}
			at := slices.IndexFunc(quick[0].Candidates, func(k Candidate) bool { return k.Text == c.Text })
			if k := quick[0].Candidates[at]; !near(k.Pointer, c.Pointer) || !math.IsNaN(k.Vocabulary) && !near(k.Vocabulary, c.Vocabulary) || math.IsNaN(k.LogProb) {
				t.Errorf("%s: one pass says %+v, all say %+v", precision, k, c)
			}
		}
		if want["price"] == 0 || want["zzz"] != 0 {
			t.Fatalf("names in sight: %v", want)
		}
	}
}

// TestOnePass holds what the head is for: one row for names, however many they are and of however many subwords.
func TestOnePass(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
	net.more = true
	m.about.Pointer, m.about.Detect = net.heads()
	someNames := []string{"price", "prices", "discount", "sum", "i", "items", "total", "nameless", "zzz"}
	q := withNames(shortQuery(someNames))
	q.OnePass = true
	var prices []int
	for i, id := range m.tok.Encode(q.Before).IDs {
		if strings.TrimSpace(string(m.tok.Bytes(id))) == "prices" {
			prices = append(prices, i+len(m.openers("go")))
		}
	}
	net.say = map[int]float32{prices[0]: 9} // the pointer is sure
	ps, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	if net.rows != 1 || ps[0].Rows != 1 {
		t.Errorf("%d rows, the prediction says %d", net.rows, ps[0].Rows)
	}
	if c := ps[0].Candidates[0]; c.Text != "prices" || c.Pointer < math.Log(0.99) {
		t.Errorf("best is %+v", c)
	}
	last := ps[0].Candidates[len(ps[0].Candidates)-1]
	if !math.IsNaN(last.Vocabulary) || !math.IsInf(last.Pointer, -1) || math.IsInf(last.LogProb, 0) {
		t.Errorf("of what one pass knows nothing of it says %+v", last)
	}
	// Operators are no names: they are scored as they are without the head.
	net.rows = 0
	compare := withNames(shortQuery([]string{"<", "<=", "=="}))
	compare.Before, compare.After = strings.TrimSuffix(compare.Before, " "), strings.TrimPrefix(compare.After, " ")
	compare.NamesAfter = nil
	compare.OnePass = true
	if ps, err = m.Predict(t.Context(), []Query{compare}); err != nil {
		t.Fatal(err)
	}
	for _, c := range ps[0].Candidates {
		if math.IsNaN(c.Vocabulary) {
			t.Errorf("in one pass the vocabulary says nothing of %q", c.Text)
		}
	}
	// Without names there is nothing to point at, and everything is as it is without a head.
	net.rows = 0
	plain := shortQuery(someChoices)
	plain.OnePass = true
	without, err := m.Predict(t.Context(), []Query{plain})
	if err != nil || net.rows < 2 || without[0].Rows != net.rows {
		t.Errorf("without names: %d rows, the prediction says %d, %v", net.rows, without[0].Rows, err)
	}
	bare, _ := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
	same, err := bare.Predict(t.Context(), []Query{withNames(shortQuery(someChoices))})
	if err != nil || !slices.Equal(same[0].Candidates, without[0].Candidates) {
		t.Errorf("a model without heads says %v of names, one with heads without names %v, %v", same[0], without[0], err)
	}
}

// TestPointerTopKIsExact prunes by the mixture's bounds.
func TestPointerTopKIsExact(t *testing.T) {
	ask := func(k int) ([]Candidate, int) {
		m, net := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
		net.more, net.say = true, map[int]float32{5: 4, 8: 3}
		m.about.Pointer, m.about.Detect = net.heads()
		q := withNames(shortQuery(someChoices))
		q.TopK = k
		ps, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		return ps[0].Candidates, net.rows
	}
	all, rows := ask(0)
	for k := 1; k < len(all); k++ {
		got, fewer := ask(k)
		for i, c := range got {
			if c.Text != all[i].Text {
				t.Errorf("TopK %d: candidate %d is %q, without pruning %q", k, i, c.Text, all[i].Text)
			}
		}
		if fewer > rows {
			t.Errorf("TopK %d runs %d rows, everything %d", k, fewer, rows)
		}
	}
}

// TestNamesOutOfSight cuts a long text to a small window: names that are not in the row must not be asked, and a span that
// lies outside the text is a mistake.
func TestNamesOutOfSight(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{CacheSize: -1, Window: 40})
	net.more = true
	m.about.Pointer, m.about.Detect = net.heads()
	full := strings.Repeat(bundletest.Text, 30)
	for _, cut := range []int{0, 10, len(full) / 2, len(full) - 10, len(full)} {
		q := withNames(Query{Language: "go", Before: full[:cut], After: full[cut:], Choices: []string{"price"}})
		s := newSite(m.tok, q.Before, q.After, m.window)
		v, err := newSight(s, q)
		if err != nil {
			t.Fatal(err)
		}
		r, texts := v.row(m, q.Language)
		if len(r.names) != len(texts) || len(texts) == 0 {
			t.Fatalf("cut %d: %d places of %d names", cut, len(r.names), len(texts))
		}
		for i, at := range r.names {
			got := strings.TrimLeft(string(m.tok.Bytes(r.ids[at])), " \t\n")
			if r.ids[at] == m.special.MASK || got == "" || !strings.HasPrefix(texts[i], got) {
				t.Errorf("cut %d: %q stands at a subword %q", cut, texts[i], got)
			}
		}
	}
	for _, bad := range []Site{{-1, 2}, {3, 3}, {1, 9}} {
		if _, err := m.Predict(t.Context(), []Query{{Before: "abc", Choices: []string{"x"}, NamesBefore: []Site{bad}}}); err == nil {
			t.Errorf("a name at %v of 3 bytes: no error", bad)
		}
	}
}

// FuzzSight holds that a name is found at the subword that holds its first byte, as in the text in one piece.
func FuzzSight(f *testing.F) {
	f.Add("a = b\n", "\nc", 0, 1)
	f.Add("for price in prices:\n\tif ", " < discount {\n", 6, 4)
	f.Add("(", ")", 0, 0)
	f.Add(bundletest.Text, bundletest.Text, 200, 30)
	tok := bundletest.Tokenizer(f, 400)
	f.Fuzz(func(t *testing.T, before, after string, i, j int) {
		if i < 0 || i >= len(before) || j < 0 || j >= len(after) {
			return
		}
		s := newSite(tok, before, after, 1<<20)
		gap := s.fill("x")
		e := tok.Encode(before + "x" + after)
		target := slices.IndexFunc(e.Offsets, func(o [2]int32) bool { return int(o[1]) > len(before) })
		last := len(e.IDs) - len(s.tail) - len(gap.right) - 1
		if d, ok := s.subwordsBefore(gap, i); ok && target-d != holderOf(e, i) {
			t.Errorf("%q x %q: byte %d before the gap is in subword %d, found %d", before, after, i, holderOf(e, i), target-d)
		} else if !ok && holderOf(e, i) < target {
			t.Errorf("%q x %q: byte %d before the gap was not found", before, after, i)
		}
		at := len(before) + 1 + j
		if d, ok := s.subwordsAfter(gap, j); ok && last+d != holderOf(e, at) {
			t.Errorf("%q x %q: byte %d behind the gap is in subword %d, found %d", before, after, j, holderOf(e, at), last+d)
		} else if !ok && holderOf(e, at) > last {
			t.Errorf("%q x %q: byte %d behind the gap was not found", before, after, j)
		}
	})
}

func holderOf(e codetok.Encoding, at int) int {
	return slices.IndexFunc(e.Offsets, func(o [2]int32) bool { return int(o[0]) <= at && at < int(o[1]) })
}

// TestScreen compares the detection head's answers in a scan with a row made by hand, and counts rows.
func TestScreen(t *testing.T) {
	m := heads(t, bundle.PrecisionFP32, Options{})
	text := "if price < 0 {\n\tsum += discountless\n"
	q := ScanQuery{Language: "go", Text: text}
	r := &row{ids: slices.Concat(m.openers("go"), m.tok.Encode(text).IDs, []int32{m.special.SEP})}
	for _, w := range []string{"price", "<", "sum", "+=", "discountless"} {
		at := strings.Index(text, w)
		q.Sites = append(q.Sites, Site{at, at + len(w)})
		r.sites = append(r.sites, len(m.openers("go"))+holderOf(m.tok.Encode(text), at))
	}
	if err := m.forward(t.Context(), []*row{r}); err != nil {
		t.Fatal(err)
	}
	screen := q
	screen.Screen = true
	scores, err := m.Scan(t.Context(), []ScanQuery{q, screen})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range r.detect {
		full, quick := scores[0][i], scores[1][i]
		if math.Abs(full.Detect-float64(want)) > 1e-4 || math.Abs(quick.Detect-float64(want)) > 1e-4 {
			t.Errorf("site %d: log-odds %v and %v, by the definition %v", i, full.Detect, quick.Detect, want)
		}
		if math.IsNaN(full.LogProb) || full.Best == "" || !math.IsNaN(quick.LogProb) || !math.IsNaN(quick.BestLogProb) || quick.Best != "" {
			t.Errorf("site %d: in full %+v, as a screen %+v", i, full, quick)
		}
	}

	counted, net := scriptedModel(t, pseudo(400), Options{})
	long := ScanQuery{Text: strings.Repeat(bundletest.Text, 3), Screen: true}
	for _, at := range word.FindAllStringIndex(long.Text, -1) {
		long.Sites = append(long.Sites, Site{at[0], at[1]})
	}
	without, err := counted.Scan(t.Context(), []ScanQuery{long})
	if err != nil {
		t.Fatal(err)
	}
	masked := net.rows
	net.more, net.rows = true, 0
	counted.about.Pointer, counted.about.Detect = net.heads()
	with, err := counted.Scan(t.Context(), []ScanQuery{long})
	if err != nil {
		t.Fatal(err)
	}
	if net.rows*10 > masked {
		t.Errorf("a screen takes %d rows, masks take %d", net.rows, masked)
	}
	for i := range long.Sites {
		if without[0][i].Best == "" || !math.IsNaN(without[0][i].Detect) {
			t.Errorf("without the head, site %d: %+v", i, without[0][i])
		}
		if with[0][i].Detect != -1 {
			t.Errorf("with the head, site %d: %+v", i, with[0][i])
		}
	}
}

// TestScanRemembers holds that a window is scanned once, and that its answer is the caller's own.
func TestScanRemembers(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{})
	q := ScanQuery{Language: "go", Text: "total = price\n", Sites: []Site{{0, 5}, {8, 13}}}
	first, err := m.Scan(t.Context(), []ScanQuery{q})
	if err != nil {
		t.Fatal(err)
	}
	want, rows := first[0][1], net.rows
	first[0][1].Best = "changed by the caller"
	again, err := m.Scan(t.Context(), []ScanQuery{q})
	if err != nil {
		t.Fatal(err)
	}
	if net.rows != rows || again[0][1].Best != want.Best || again[0][1].LogProb != want.LogProb {
		t.Errorf("%d more rows; %+v, at first %+v", net.rows-rows, again[0][1], want)
	}
	for _, other := range []ScanQuery{
		{Language: "go", Text: q.Text, Sites: []Site{{0, 13}}}, {Text: q.Text, Sites: q.Sites}, {Language: "go", Text: "Total = price\n", Sites: q.Sites},
	} {
		before := net.rows
		if _, err := m.Scan(t.Context(), []ScanQuery{other}); err != nil || net.rows == before {
			t.Errorf("%+v was answered from memory, %v", other, err)
		}
	}
}

// TestMixture takes the pointer's part from the bundle.
func TestMixture(t *testing.T) {
	contents := bundletest.Contents(t, bundletest.TinyHeads)
	contents.Meta.Mixture = &bundle.Mixture{Pointer: 1}
	dir := t.TempDir() + "/bundle"
	if err := bundle.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	m, err := Open(orttest.Library(t), b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	q := withNames(shortQuery([]string{"price", "prices", "sum", "zzz"}))
	ps, err := m.Predict(t.Context(), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	var norm float64
	for _, c := range ps[0].Candidates {
		norm += math.Exp(c.Pointer)
	}
	for _, c := range ps[0].Candidates[:3] {
		if d := c.LogProb - (c.Pointer - math.Log(norm)); math.Abs(d) > 1e-6 {
			t.Errorf("%+v: LogProb is not the pointer's share", c)
		}
	}
}

// TestScanResumes: the windows that were finished when a scan was cancelled are not looked at again.
func TestScanResumes(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{})
	net.more = true
	m.about.Pointer, m.about.Detect = net.heads()
	var qs []ScanQuery
	for i := range 60 {
		text := "for i := range items {\n\tprice += " + strings.Repeat("discount * ", 18) + strconv.Itoa(10+i) + "\n}\n"
		qs = append(qs, ScanQuery{Language: "go", Text: text, Sites: []Site{{4, 5}}, Screen: true})
	}
	ctx, cancel := context.WithCancel(t.Context())
	passes := 0
	net.before = func() {
		if passes++; passes == 2 {
			cancel()
		}
	}
	if _, err := m.Scan(ctx, qs); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	all := 0
	net.before = func() { all++ }
	if err := m.turn.Acquire(t.Context(), 1); err != nil { // the pass under way has ended
		t.Fatal(err)
	}
	m.turn.Release(1)
	before := net.rows
	if _, err := m.Scan(t.Context(), qs); err != nil {
		t.Fatal(err)
	}
	if rows := net.rows - before; rows >= len(qs) || rows == 0 {
		t.Errorf("%d of %d windows were looked at again", rows, len(qs))
	}
	if _, err := m.Scan(t.Context(), qs); err != nil || net.rows-before >= len(qs) {
		t.Errorf("finished, and looked at again: %v", err)
	}
}
