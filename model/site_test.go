package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/model/bundle/bundletest"
)

// FuzzSite holds that encoding the lines around a gap gives the subwords of the
// whole text.
func FuzzSite(f *testing.F) {
	f.Add("a = b\n", "x", "\nc")
	f.Add("if x\r\n\t", "y", " == 2:\r\n")
	f.Add("\n\n  \n", " ", "\t\n \n")
	f.Add("é\u00a0\n", "", "\u2028\nz")
	f.Add("a \n b \n", "b", " \nc\n ")
	f.Add("x;\n\n", "==", "= \n")
	f.Add(bundletest.Text, "name", bundletest.Text)
	tok := bundletest.Tokenizer(f, 400)
	f.Fuzz(func(t *testing.T, before, text, after string) {
		if text == "" {
			return
		}
		s := newSite(tok, before, after, 1<<20)
		fl := s.fill(text)
		got := slices.Concat(s.head, fl.left, fl.target, fl.right, s.tail)
		if want := tok.Encode(before + text + after).IDs; !slices.Equal(got, want) {
			t.Errorf("%q [%q] %q: subwords %v, of the whole text %v", before, text, after, got, want)
		}
		if string(fl.glueLeft)+text+fl.glueRight != tok.Decode(fl.target) {
			t.Errorf("%q [%q] %q: the target decodes to %q", before, text, after, tok.Decode(fl.target))
		}
	})
}

// TestRowsKeepTheNearest fills a gap in a text that is longer than the window.
func TestRowsKeepTheNearest(t *testing.T) {
	m, net := scriptedModel(t, nil, Options{CacheSize: -1, Window: 40})
	full := strings.Repeat(bundletest.Text, 4)
	for _, cut := range []int{0, 10, len(full) / 2, len(full) - 10, len(full)} {
		before, after := full[:cut], full[cut:]
		f := newSite(m.tok, before, after, 1<<20)
		fl := f.fill("q")
		left, right := slices.Concat(f.head, fl.left), slices.Concat(fl.right, f.tail)
		net.answer = func(ids []int32, wanted int) []float32 {
			if len(ids) != 40 || ids[0] != m.special.CLS || ids[39] != m.special.SEP || ids[wanted] != m.special.MASK {
				t.Errorf("cut %d: row %v, wanted %d", cut, ids, wanted)
			}
			if got := ids[2:wanted]; !slices.Equal(got, left[len(left)-len(got):]) {
				t.Errorf("cut %d: the left side is %v, not the end of %v", cut, got, left)
			}
			if got := ids[wanted+1 : 39]; !slices.Equal(got, right[:len(got)]) {
				t.Errorf("cut %d: the right side is %v, not the beginning of %v", cut, got, right)
			}
			return make([]float32, 400)
		}
		if _, err := m.Predict(t.Context(), []Query{{Language: "go", Before: before, After: after, Choices: []string{"q"}}}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestScanEqualsItsDefinition compares with rows made by hand for a text with
// fewer sites than the stride, where each row masks one.
func TestScanEqualsItsDefinition(t *testing.T) {
	m := tiny(t, Options{})
	text := "if price < 0 {\n\tsum += discountless\n"
	var sites []Site
	for _, word := range []string{"price", "<", "sum", "+=", "discountless"} {
		at := strings.Index(text, word)
		sites = append(sites, Site{at, at + len(word)})
	}
	scores, err := m.Scan(t.Context(), []ScanQuery{{Language: "go", Text: text, Sites: sites}})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sites {
		// With one subword, the scan is the pseudo-log-likelihood.
		word := text[s.Start:s.End]
		if scores[0][i].Best == "" || scores[0][i].LogProb >= 0 || math.IsInf(scores[0][i].LogProb, 0) {
			t.Errorf("%s: %+v", word, scores[0][i])
		}
		if f := newSite(m.tok, text[:s.Start], text[s.End:], m.window).fill(word); len(f.target) > 1 {
			continue
		}
		want := bruteForce(t, m, Query{Language: "go", Before: text[:s.Start], After: text[s.End:]}, word)
		if math.Abs(scores[0][i].LogProb-want) > 1e-4 {
			t.Errorf("%s: scanned %v, by itself %v", word, scores[0][i].LogProb, want)
		}
	}
}

func TestScanLongTexts(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{})
	full := strings.Repeat(bundletest.Text, 5)
	var sites []Site
	for at := 0; ; {
		i := strings.Index(full[at:], "price")
		if i < 0 {
			break
		}
		sites = append(sites, Site{at + i, at + i + 5})
		at += i + 5
	}
	scores, err := m.Scan(t.Context(), []ScanQuery{{Text: full, Sites: sites}, {Text: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range scores[0] {
		if s.LogProb == 0 || s.Best == "" {
			t.Errorf("site %d was not scored", i)
		}
	}
	t.Logf("%d sites in %d rows", len(sites), net.rows)
	for _, bad := range [][]Site{{{5, 5}}, {{-1, 3}}, {{4, 8}, {7, 9}}, {{0, len(full) + 1}}} {
		if _, err := m.Scan(t.Context(), []ScanQuery{{Text: full, Sites: bad}}); err == nil {
			t.Errorf("sites %v: no error", bad)
		}
	}
}

func TestBatchesCoverTheRows(t *testing.T) {
	var rows []*row
	for i := range 300 {
		rows = append(rows, &row{ids: make([]int32, 5+i*i%500), wanted: []int{0}})
	}
	seen := map[*row]bool{}
	for _, batch := range batches(rows, 16384) {
		size, padding := 0, 0
		for _, r := range batch {
			seen[r] = true
			size += len(batch[0].ids)
			padding += len(batch[0].ids) - len(r.ids)
		}
		if len(batch) > 1 && (size > runSubwords || padding*8 > size) {
			t.Errorf("a batch of %d rows has %d subwords, %d of them padding", len(batch), size, padding)
		}
	}
	if len(seen) != len(rows) {
		t.Errorf("%d rows of %d are in a batch", len(seen), len(rows))
	}
}
