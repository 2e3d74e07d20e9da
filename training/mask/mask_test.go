package mask

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"mlm-lsp/training/shard"
	"mlm-lsp/treesitter"
)

// row is a made-up row: special tokens at both ends, words of one to four subwords of all classes between.
func row(random *rand.Rand, length int) []shard.Label {
	special := shard.SpecialLabel
	begin := special &^ shard.Label(shard.Special) // the bit of a word's start
	labels := []shard.Label{special, special}
	for len(labels) < length-1 {
		class := shard.Label(random.IntN(shard.NumClasses))
		labels = append(labels, class|begin)
		for extra := random.IntN(4); extra > 0 && len(labels) < length-1; extra-- {
			labels = append(labels, class)
		}
	}
	return append(labels, special)
}

// places are the masked subwords of words that are masked subword by subword.
func places(words []Word) []int {
	var list []int
	for _, w := range words {
		for at := w.From; at < w.End; at++ {
			list = append(list, at)
		}
	}
	return list
}

// TestDraw holds the promises on many rows: whole words or endings, within the budget, no special token, in order.
func TestDraw(t *testing.T) {
	whole := Weighted()
	whole.Name, whole.Endings = "whole words", 0
	for _, recipe := range []Recipe{Weighted(), Uniform(), whole} {
		if err := recipe.Check(); err != nil {
			t.Fatal(err)
		}
		drawer := NewDrawer(recipe)
		endings := 0
		for seed := range uint64(300) {
			random := rand.New(rand.NewPCG(1, seed))
			labels := row(random, 64+random.IntN(200))
			budget := recipe.Budget(len(labels))
			masked := places(drawer.Draw(random, labels, budget))
			if len(masked) > budget {
				t.Fatalf("%s: %d masked of %d", recipe.Name, len(masked), budget)
			}
			if len(masked) < budget-4 {
				t.Fatalf("%s: only %d masked of %d", recipe.Name, len(masked), budget)
			}
			if !slices.IsSorted(masked) || len(slices.Compact(slices.Clone(masked))) != len(masked) {
				t.Fatalf("%s: places %v", recipe.Name, masked)
			}
			in := map[int]bool{}
			for _, at := range masked {
				in[at] = true
				if labels[at].Class() == shard.Special {
					t.Fatalf("%s: a special token is masked", recipe.Name)
				}
			}
			for i := 1; i < len(labels); i++ {
				if labels[i].WordStart() || in[i] == in[i-1] {
					continue
				}
				if in[i-1] {
					t.Fatalf("%s: a masked word comes to sight again at %d", recipe.Name, i)
				}
				endings++
				if recipe.Endings == 0 {
					t.Fatalf("%s: a word is masked in part at %d", recipe.Name, i)
				}
			}
		}
		if (endings > 300) != (recipe.Endings > 0) {
			t.Errorf("%s: %d words keep their beginning in 300 rows", recipe.Name, endings)
		}
	}
}

// shaped is the uniform recipe in a shape.
func shaped(t *testing.T, shape string) Recipe {
	t.Helper()
	r, err := Uniform().Shaped(shape)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestShapes holds what each shape promises: how long masks are, and whether words are cut, from which side.
func TestShapes(t *testing.T) {
	for _, test := range []struct {
		shape            string
		neighbours       [2]float64 // bounds of the share of masked words that stand right behind a masked one
		endings, middles bool       // words that keep their beginning; words that come to sight again
	}{
		{"mixed", [2]float64{0.1, 0.35}, true, false},
		{"words", [2]float64{0.05, 0.25}, false, false},
		{"spans", [2]float64{0.5, 0.8}, false, false},
		{"subwords", [2]float64{0.05, 0.25}, true, true},
	} {
		drawer := NewDrawer(shaped(t, test.shape))
		words, neighbours, endings, middles, subwords, masked := 0, 0, 0, 0, 0, 0
		for seed := range uint64(300) {
			random := rand.New(rand.NewPCG(5, seed))
			labels := row(random, 256)
			in := map[int]bool{}
			for _, at := range places(drawer.Draw(random, labels, drawer.recipe.Budget(len(labels)))) {
				in[at] = true
			}
			subwords += len(labels)
			masked += len(in)
			for i := 1; i < len(labels); i++ {
				switch {
				case labels[i].WordStart() && in[i]:
					words++
					if in[i-1] {
						neighbours++
					}
				case !labels[i].WordStart() && in[i] && !in[i-1]:
					endings++
				case !labels[i].WordStart() && !in[i] && in[i-1]:
					middles++
				}
			}
		}
		if share := float64(masked) / float64(subwords); math.Abs(share-DefaultTotal) > 0.01 {
			t.Errorf("%s: %.3f of the subwords are masked", test.shape, share)
		}
		if share := float64(neighbours) / float64(words); share < test.neighbours[0] || share > test.neighbours[1] {
			t.Errorf("%s: %.2f of the masked words follow on a masked one", test.shape, share)
		}
		if (endings > 300) != test.endings || (middles > 300) != test.middles || !test.endings && endings > 0 || !test.middles && middles > 0 {
			t.Errorf("%s: %d words keep their beginning, %d come to sight again", test.shape, endings, middles)
		}
	}
	if _, err := Uniform().Shaped("stars"); err == nil {
		t.Error("an unknown shape is no error")
	}
}

func TestDrawIsDeterministic(t *testing.T) {
	labels := row(rand.New(rand.NewPCG(1, 1)), 256)
	draw := func(step uint64) []int {
		d := NewDrawer(Weighted())
		return places(d.Draw(rand.New(rand.NewPCG(7, step)), labels, 70))
	}
	if !slices.Equal(draw(3), draw(3)) {
		t.Error("one seed, two draws")
	}
	if slices.Equal(draw(3), draw(4)) {
		t.Error("two steps, one draw")
	}
}

// shares draws often and returns the share of each class's subwords that is masked.
func shares(recipe Recipe) [shard.NumClasses]float64 {
	drawer := NewDrawer(recipe)
	var all, masked [shard.NumClasses]int
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(2, seed))
		labels := row(random, 256)
		for _, l := range labels {
			if l.Class() != shard.Special {
				all[l.Class()]++
			}
		}
		for _, at := range places(drawer.Draw(random, labels, recipe.Budget(len(labels)))) {
			masked[labels[at].Class()]++
		}
	}
	var out [shard.NumClasses]float64
	for i := range out {
		out[i] = float64(masked[i]) / float64(all[i])
	}
	return out
}

func TestRates(t *testing.T) {
	recipe := Uniform()
	for class, share := range shares(recipe) {
		if math.Abs(share-recipe.Total) > 0.03 {
			t.Errorf("uniform: %v is masked at %.3f, the total is %v", shard.Class(class), share, recipe.Total)
		}
	}
	recipe = Weighted()
	got := shares(recipe)
	names, types := got[treesitter.KindVariable], got[treesitter.KindType]
	if !(types > names && names > got[treesitter.KindKeyword] && got[treesitter.KindKeyword] > got[treesitter.KindComment] &&
		got[treesitter.KindComment] > got[shard.Whitespace]) {
		t.Errorf("weighted: the classes' shares are not in the order of their rates: %v", got)
	}
	if names < 1.5*recipe.Total/1.3 || got[shard.Whitespace] > 0.75*recipe.Total {
		t.Errorf("weighted: names at %.3f, whitespace at %.3f of a total of %v", names, got[shard.Whitespace], recipe.Total)
	}
	// Without spans and far from exhaustion, what is masked goes with the rates themselves.
	recipe.Spans, recipe.Total = 0, 0.02
	got = shares(recipe)
	want := recipe.Classes[treesitter.KindType].Rate / recipe.Classes[treesitter.KindPunctuation].Rate
	if ratio := got[treesitter.KindType] / got[treesitter.KindPunctuation]; math.Abs(ratio-want) > 0.2*want {
		t.Errorf("types are masked %.1f times as often as punctuation, %.1f was asked for", ratio, want)
	}
}

func TestSpans(t *testing.T) {
	longest := func(recipe Recipe) (most int) {
		drawer := NewDrawer(recipe)
		labels := make([]shard.Label, 400)
		for i := range labels {
			labels[i] = shard.SpecialLabel&^shard.Label(shard.Special) | shard.Label(treesitter.KindVariable)
		}
		for seed := range uint64(200) {
			run, last := 0, -2
			for _, at := range places(drawer.Draw(rand.New(rand.NewPCG(3, seed)), labels, 12)) {
				if at != last+1 {
					run = 0
				}
				run++
				last = at
				most = max(most, run)
			}
		}
		return most
	}
	if got := longest(shaped(t, "spans")); got < 7 {
		t.Errorf("the longest of 200 rows' spans has %d words", got)
	}
	if got := longest(shaped(t, "words")); got > 3 {
		t.Errorf("without spans, %d words in a row are masked", got)
	}
}

// TestCollapse: names of several subwords become one mask in the asked share of those that are masked whole, nothing else does, and one
// mask costs the budget one place.
func TestCollapse(t *testing.T) {
	recipe := Weighted()
	recipe.Collapse, recipe.Spans = 0.5, 0
	if err := recipe.Check(); err != nil {
		t.Fatal(err)
	}
	drawer := NewDrawer(recipe)
	one, whole := 0, 0
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(4, seed))
		labels := row(random, 256)
		budget, cost := recipe.Budget(len(labels)), 0
		for _, w := range drawer.Draw(random, labels, budget) {
			if w.One {
				cost++
			} else {
				cost += w.End - w.From
			}
			name := labels[w.Start].Class().Name()
			if w.One && (w.End-w.Start < 2 || w.From != w.Start || !name) {
				t.Fatalf("%+v of class %v becomes one mask", w, labels[w.Start].Class())
			}
			if name && w.End-w.Start > 1 && w.From == w.Start {
				whole++
				if w.One {
					one++
				}
			}
		}
		if cost > budget {
			t.Fatalf("%d masks, the budget is %d", cost, budget)
		}
	}
	if share := float64(one) / float64(whole); math.Abs(share-recipe.Collapse) > 0.05 {
		t.Errorf("%.2f of the names become one mask, %v was asked for", share, recipe.Collapse)
	}
}

func TestDrawEdges(t *testing.T) {
	drawer := NewDrawer(Weighted())
	random := rand.New(rand.NewPCG(1, 1))
	if got := drawer.Draw(random, nil, 5); len(got) != 0 {
		t.Errorf("%v of an empty row", got)
	}
	if got := drawer.Draw(random, []shard.Label{shard.SpecialLabel, shard.SpecialLabel}, 2); len(got) != 0 {
		t.Errorf("%v of special tokens", got)
	}
	whole := Weighted()
	whole.Endings = 0
	drawer = NewDrawer(whole)
	long := make([]shard.Label, 10) // one word, larger than the budget
	if got := drawer.Draw(random, long, 9); len(got) != 0 {
		t.Errorf("%v of a word that does not fit", got)
	}
	if got := places(drawer.Draw(random, long, 10)); len(got) != 10 {
		t.Errorf("%v of a word that fits", got)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Recipe){
		"no total":                         func(r *Recipe) { r.Total = 0 },
		"too few classes":                  func(r *Recipe) { r.Classes = r.Classes[1:] },
		"a negative rate":                  func(r *Recipe) { r.Classes[0].Rate = -1 },
		"not a number":                     func(r *Recipe) { r.Classes[0].Loss = math.NaN() },
		"endless spans":                    func(r *Recipe) { r.SpanStop = 0 },
		"spans of single subwords":         func(r *Recipe) { r.Subwords = true },
		"too many halves":                  func(r *Recipe) { r.Endings = 2 },
		"a negative share of single masks": func(r *Recipe) { r.Collapse = -1 },
	} {
		r := Weighted()
		spoil(&r)
		if r.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Named("bogus"); err == nil {
		t.Error("an unknown recipe is no error")
	}
}
