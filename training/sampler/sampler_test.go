package sampler

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/model"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/bundle/bundletest"
	"mlm-lsp/model/ort/orttest"
)

func open(t *testing.T, size bundletest.Size) (*Sampler, *bundle.Bundle) {
	t.Helper()
	b := bundletest.Open(t, size)
	s, err := Open(orttest.Library(t), b, b.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, b
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

// encode makes a row of a text as training does, and finds its words.
func encode(b *bundle.Bundle, text string) (ids []int32, words []Span) {
	special := b.Tokenizer.Special()
	ids = []int32{special.CLS}
	if tag, ok := b.Tokenizer.LanguageTag("go"); ok {
		ids = append(ids, tag)
	}
	e := b.Tokenizer.Encode(text)
	for _, w := range word.FindAllStringIndex(text, -1) {
		start := slices.IndexFunc(e.Offsets, func(o [2]int32) bool { return int(o[1]) > w[0] })
		end := start + 1
		for end < len(e.Offsets) && int(e.Offsets[end][0]) < w[1] {
			end++
		}
		words = append(words, Span{len(ids) + start, len(ids) + end})
	}
	ids = append(append(ids, e.IDs...), special.SEP)
	return ids, words
}

// size has room for the whole text.
func size(heads bool) bundletest.Size {
	s := bundletest.Tiny
	s.Positions, s.MoreHeads = 512, heads
	return s
}

// TestAsTheModelAnswers: for a single place and choices of one subword, the shares are what package model gives the same choices.
func TestAsTheModelAnswers(t *testing.T) {
	for _, more := range []bool{false, true} {
		s, b := open(t, size(more))
		m, err := model.Open(orttest.Library(t), b, model.Options{Precision: bundle.PrecisionFP32})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		text := bundletest.Text
		ids, words := encode(b, text)
		at := word.FindAllStringIndex(text, -1)
		var texts []string
		var choices []Choice
		for i, w := range words {
			if name := text[at[i][0]:at[i][1]]; w.End == w.Start+1 && !slices.Contains(texts, name) {
				texts, choices = append(texts, name), append(choices, Choice{IDs: ids[w.Start:w.End]})
			}
		}
		asked := 0
		for i, w := range words {
			if w.End > w.Start+1 || i%7 != 0 {
				continue
			}
			asked++
			shares, err := s.Shares(ids, words, []Place{{w, choices}})
			if err != nil {
				t.Fatal(err)
			}
			q := model.Query{Language: "go", Before: text[:at[i][0]], After: text[at[i][1]:], Choices: texts}
			for j, other := range at {
				switch {
				case j < i:
					q.NamesBefore = append(q.NamesBefore, model.Site{Start: other[0], End: other[1]})
				case j > i:
					q.NamesAfter = append(q.NamesAfter, model.Site{Start: other[0] - at[i][1], End: other[1] - at[i][1]})
				}
			}
			p, err := m.Predict(t.Context(), []model.Query{q})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range p[0].Candidates {
				if got, want := shares[0][slices.Index(texts, c.Text)], math.Exp(c.LogProb); math.Abs(got-want) > 1e-4 {
					t.Errorf("further heads %v: %q at word %d has the share %v, the model says %v", more, c.Text, i, got, want)
				}
			}
		}
		if asked < 5 || len(choices) < 10 {
			t.Fatalf("%d places, %d choices: the text tells nothing", asked, len(choices))
		}
	}
}

// TestManyPlaces: all places of a row are answered by one pass, the same each time; none sees what stands at another; and one beyond the
// model's positions gets equal shares.
func TestManyPlaces(t *testing.T) {
	s, b := open(t, bundletest.TinyHeads)
	ids, words := encode(b, bundletest.Text)
	choices := []Choice{{IDs: ids[words[0].Start:words[0].End]}, {IDs: ids[words[1].Start:words[1].End]}, {IDs: ids[words[2].Start:words[2].End]}}
	var places []Place
	for i := 3; i < len(words); i += 3 {
		places = append(places, Place{words[i], choices})
	}
	first, err := s.Shares(ids, words, places)
	if err != nil {
		t.Fatal(err)
	}
	// Something else at the places, of as many subwords.
	other := slices.Clone(ids)
	for _, p := range places {
		for at := p.Start; at < p.End; at++ {
			other[at] = ids[words[0].Start]
		}
	}
	again, err := s.Shares(other, words, places)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, again) {
		t.Error("the shares depend on what is masked, or on the call")
	}
	uneven := 0
	for i, shares := range first {
		if sum := shares[0] + shares[1] + shares[2]; math.Abs(sum-1) > 1e-9 {
			t.Errorf("place %d: the shares %v add up to %v", i, shares, sum)
		}
		if shares[0] != shares[1] {
			uneven++
		}
	}
	if last := first[len(first)-1]; uneven == 0 || last[0] != 1./3 || last[1] != last[0] {
		t.Errorf("%d places got different shares; the last, which lies beyond the model's window, got %v", uneven, last)
	}
}

func TestOpenRefuses(t *testing.T) {
	b := bundletest.Open(t, bundletest.Tiny)
	other, err := codetok.Train(t.Context(), slices.Values([]string{"one two three", "four five six"}), codetok.TrainOptions{VocabSize: 300})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(orttest.Library(t), b, other); err == nil || !strings.Contains(err.Error(), "tokenizer") {
		t.Errorf("another tokenizer: error %v", err)
	}
}
