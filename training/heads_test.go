package training

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/training/fixes"
	"mlm-lsp/training/mask"
	"mlm-lsp/training/shard"
	"mlm-lsp/training/step"
)

// goShards are this package's own sources, encoded.
func goShards(t testing.TB) (*codetok.Tokenizer, []*shard.Shard) {
	t.Helper()
	var texts []string
	var list []shard.Source
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no source files", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts, list = append(texts, string(text)), append(list, shard.Source{Project: "training", Language: "go", Text: text})
	}
	tokenizer, err := codetok.Train(context.Background(), slices.Values(texts), codetok.TrainOptions{VocabSize: 500})
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	if err := shard.Build(context.Background(), list, tokenizer, directory, nil); err != nil {
		t.Fatal(err)
	}
	shards, err := shard.Open(directory, false, tokenizer.Digest())
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer, shards
}

func headSettings() settings {
	s := settings{Batch: 4, Row: 256, Recipe: mask.Weighted(), Seed: 3, Heads: true, DetectShare: 0.5, Changed: 7, Mutants: 5}
	s.Recipe.Collapse = 0.5
	return s
}

// nameAt reads the identifier that begins at a place of a batch.
func nameAt(tokenizer *codetok.Tokenizer, ids []int64, at int64) string {
	var text []byte
	for ; at < int64(len(ids)); at++ {
		part := tokenizer.Bytes(int32(ids[at]))
		if tokenizer.IsSpecial(int32(ids[at])) || bytes.ContainsFunc(part, func(r rune) bool { return r != '_' && !('a' <= r|0x20 && r|0x20 <= 'z') && !('0' <= r && r <= '9') }) {
			break
		}
		text = append(text, part...)
	}
	return string(text)
}

// TestPointerBatches: a query's place is a mask, its name stands in sight and is never the masked place itself; equal numbers are equal
// names; and a row's masks are those that the vocabulary's head and the pointer head are asked about, or names that are nowhere in sight.
func TestPointerBatches(t *testing.T) {
	tokenizer, shards := goShards(t)
	s := headSettings()
	set, err := newRowSet(shards, tokenizer, s.Row)
	if err != nil {
		t.Fatal(err)
	}
	l := newLayout(s, true, true)
	b := newBatcher(set, s, l, tokenizer, nil, streamMasks)
	maskID := int64(tokenizer.Special().MASK)
	queries, alone := 0, 0
	for n := range 30 {
		batch, _ := b.batch(n)
		if err := batch.Check(l.shape(), tokenizer.Size()); err != nil {
			t.Fatal(err)
		}
		labelled := map[int64]bool{}
		for i, at := range batch.Positions {
			if batch.Weights[i] > 0 {
				labelled[at] = true
			}
		}
		q, names := l.shape().Queries, l.shape().Names
		for row := range l.rows {
			texts := map[int64]string{}
			for i := row * names; i < (row+1)*names; i++ {
				id, at := batch.NameID[i], batch.NameAt[i]
				if id < 0 {
					continue
				}
				name := nameAt(tokenizer, batch.IDs[:(row+1)*l.length], at)
				if name == "" || batch.IDs[at] == maskID || int(at)/l.length != row {
					t.Fatalf("batch %d: a name in sight of row %d is %q", n, row, name)
				}
				if other, ok := texts[id]; ok && other != name {
					t.Fatalf("batch %d: %q and %q are one name", n, name, other)
				}
				for k, v := range texts {
					if k != id && v == name {
						t.Fatalf("batch %d: %q is two names", n, name)
					}
				}
				texts[id] = name
			}
			for i := row * q; i < (row+1)*q; i++ {
				if batch.QueryName[i] < 0 {
					continue
				}
				queries++
				at := batch.QueryAt[i]
				if batch.IDs[at] != maskID || int(at)/l.length != row {
					t.Fatalf("batch %d: a query asks about id %d", n, batch.IDs[at])
				}
				if texts[batch.QueryName[i]] == "" {
					t.Fatalf("batch %d: a query's name is not in sight", n)
				}
				if !labelled[at] {
					alone++
				}
			}
			if row >= l.rows-l.detect && slices.Contains(batch.IDs[row*l.length:(row+1)*l.length], maskID) {
				t.Fatalf("batch %d: a row for the detection head has masks", n)
			}
		}
	}
	if queries < 30*2*3 || alone < queries/20 {
		t.Errorf("%d queries in 30 batches, %d of them for the pointer head alone", queries, alone)
	}
	again, _ := newBatcher(set, s, l, tokenizer, nil, streamMasks).batch(3)
	once, _ := b.batch(3)
	if !reflect.DeepEqual(once, again) {
		t.Error("a batch is another one the second time")
	}
}

// TestMasksCoverTheName: text that the masks hide is hidden whole; with what they hide put back, a row is the text it was made from.
func TestMasksCoverTheName(t *testing.T) {
	tokenizer, shards := goShards(t)
	s := headSettings()
	s.DetectShare, s.Recipe.Collapse = 0, 0
	set, err := newRowSet(shards, tokenizer, s.Row)
	if err != nil {
		t.Fatal(err)
	}
	b := newBatcher(set, s, newLayout(s, true, false), tokenizer, nil, streamMasks)
	batch, _ := b.batch(2)
	for i, at := range batch.Positions {
		if batch.Weights[i] > 0 {
			batch.IDs[at] = batch.Labels[i]
		}
	}
	ids, labels := make([]int64, s.Row), make([]shard.Label, s.Row)
	for row := range s.Batch {
		set.fill(set.rows[b.order.at(2*s.Batch+row)], ids, labels)
		if !slices.Equal(ids, batch.IDs[row*s.Row:(row+1)*s.Row]) {
			t.Fatalf("row %d is not the text that it masks", row)
		}
	}
}

// pairsOf runs detection rows through check: a row with a bug and the row without, with the places of changed sites in both.
func pairsOf(t *testing.T, b *batcher, batches int, check func(wrong, right []int64, bugs, places []int64)) {
	t.Helper()
	var rows [][]int64
	var marks [][]int64
	for n := range batches {
		batch, _ := b.batch(n)
		for k := range b.detect {
			row := b.rows - b.detect + k
			rows = append(rows, batch.IDs[row*b.length:(row+1)*b.length])
			var changed []int64
			for i := k * b.sites(); i < (k+1)*b.sites(); i++ {
				switch {
				case batch.SiteWeights[i] == 0:
				case int(batch.SiteAt[i])/b.length != row:
					t.Fatalf("batch %d: a site of row %d lies in row %d", n, row, int(batch.SiteAt[i])/b.length)
				case batch.SiteWeights[i] == float32(b.detector.changed):
					changed = append(changed, batch.SiteAt[i]%int64(b.length))
					if want := float32(len(rows) % 2); batch.SiteLabels[i] != want {
						t.Fatalf("batch %d: a changed site is labelled %v, not %v", n, batch.SiteLabels[i], want)
					}
				case batch.SiteLabels[i] != 0:
					t.Fatalf("batch %d: an unchanged site is labelled %v", n, batch.SiteLabels[i])
				}
			}
			marks = append(marks, changed)
		}
	}
	for i := 0; i+1 < len(rows); i += 2 {
		check(rows[i], rows[i+1], marks[i], marks[i+1])
	}
}

// TestDetectionBatches: rows come in pairs that differ at the marked sites and, up to there and between them, nowhere else.
func TestDetectionBatches(t *testing.T) {
	tokenizer, shards := goShards(t)
	s := headSettings()
	set, err := newRowSet(shards, tokenizer, s.Row)
	if err != nil {
		t.Fatal(err)
	}
	for _, share := range []float64{0.25, 0.5, 1} { // one, two and three of the four rows
		s.DetectShare = share
		l := newLayout(s, true, true)
		pairs, mutants := 0, 0
		pairsOf(t, newBatcher(set, s, l, tokenizer, nil, streamMasks), 40, func(wrong, right, bugs, places []int64) {
			pairs++
			if len(bugs) != len(places) {
				t.Fatalf("%d places are wrong, %d right", len(bugs), len(places))
			}
			if len(bugs) == 0 {
				return
			}
			mutants++
			// An operator may bring a space before it.
			if first := min(bugs[0], places[0]) - 1; !slices.Equal(wrong[:first], right[:first]) || slices.Equal(wrong, right) {
				t.Fatal("a pair differs before its first bug, or nowhere")
			}
		})
		if mutants < pairs*3/4 {
			t.Errorf("%d of %d pairs have a mutant", mutants, pairs)
		}
	}
}

// TestFixBatches: real fixes stand in rows as the buggy text and the fixed one, and the changed token is the site.
func TestFixBatches(t *testing.T) {
	tokenizer, shards := goShards(t)
	s := headSettings()
	s.FixShare = 1
	set, err := newRowSet(shards, tokenizer, s.Row)
	if err != nil {
		t.Fatal(err)
	}
	text := mustRead(t, "batch.go")
	old, fresh := []byte("b.drawer = mask.NewDrawer"), []byte("b.driver = mask.NewDrawer")
	if !bytes.Contains(text, old) {
		t.Fatalf("batch.go has no %q", old)
	}
	line := bytes.Count(text[:bytes.Index(text, old)], []byte{'\n'}) + 1
	fix := fixes.Fix{
		Repo: "a/b", Path: "batch.go", Line: line, Col: len("\tb."), Old: "driver", New: "drawer", Kind: fixes.Attribute,
		Before: string(bytes.Replace(text, old, fresh, 1)), After: string(text),
	}
	s2, left := fixes.Encode([]fixes.Fix{fix}, tokenizer, fixReach)
	if left != 0 {
		t.Fatal("the fix was left out")
	}
	list, err := newFixSet([]*shard.Shard{s2}, tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	starts := map[int64]bool{}
	pairsOf(t, newBatcher(set, s, newLayout(s, true, true), tokenizer, list, streamMasks), 30, func(wrong, right, bugs, places []int64) {
		if len(bugs) != 1 || len(places) != 1 {
			t.Fatalf("%d places are wrong, %d right", len(bugs), len(places))
		}
		if got, want := nameAt(tokenizer, wrong, bugs[0]), nameAt(tokenizer, right, places[0]); got != "driver" || want != "drawer" {
			t.Fatalf("the places hold %q and %q", got, want)
		}
		starts[bugs[0]] = true
	})
	if len(starts) < 10 {
		t.Errorf("30 rows begin at %d places before the bug", len(starts))
	}
}

// TestEvaluationOfHeads: the figures of detection and pointing are what their definitions say.
func TestEvaluationOfHeads(t *testing.T) {
	var d detection
	d.add(step.Batch{SiteWeights: []float32{1, 1, changedMark, 0, 1}, SiteLabels: []float32{0, 0, 1, 1, 0}}, step.Result{SiteLogits: []float32{-1, -2, 3, 9, -3}})
	d.add(step.Batch{SiteWeights: []float32{1, 1, changedMark, 0, 1}, SiteLabels: []float32{0, 0, 0, 1, 0}}, step.Result{SiteLogits: []float32{-1, -2, 5, 9, -3}})
	got := d.score()
	if got == nil || got.Sites != 7 || got.Changed != 1 || got.Pairs != 0 || got.Recall != 0 || fmt.Sprintf("%.4f", got.AUC) != "0.8571" {
		t.Errorf("score %+v", got)
	}
	if (&detection{}).score() != nil {
		t.Error("a score of nothing")
	}
}
