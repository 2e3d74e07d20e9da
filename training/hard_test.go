package training

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort/orttest"
	"mlm-lsp/training/sampler"
)

// TestHardBatches: with a share of hard mutants the same tokens are replaced as without, many of them by something else; the text as it was
// stays; and a batch is the same whatever was drawn before it.
func TestHardBatches(t *testing.T) {
	tokenizer, shards := goShards(t)
	s := headSettings()
	set, err := newRowSet(shards, tokenizer, s.Row)
	if err != nil {
		t.Fatal(err)
	}
	config := architecture("tiny", tokenizer)
	config.PointerHead = true
	directory := filepath.Join(t.TempDir(), "bundle")
	if err := bundle.Write(directory, bundle.Contents{Config: config, Tokenizer: tokenizer, Weights: onnx.InitWeights(config, 1)}); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	model, err := sampler.Open(orttest.Library(t), b, tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	batches := func(share float64) *batcher {
		s.HardMutants = share
		b := newBatcher(set, s, newLayout(s, true, true), tokenizer, nil, streamMasks)
		b.detector.sampler = model
		return b
	}
	changed := func(b *batcher) (texts [][2]string) {
		pairsOf(t, b, 40, func(wrong, right []int64, bugs, places []int64) {
			if len(bugs) != len(places) {
				t.Fatalf("%d places are wrong, %d right", len(bugs), len(places))
			}
			for i := range bugs {
				texts = append(texts, [2]string{nameAt(tokenizer, wrong, bugs[i]), nameAt(tokenizer, right, places[i])})
			}
		})
		if b.err() != nil {
			t.Fatal(b.err())
		}
		return texts
	}
	easy, hard := changed(batches(1e-9)), changed(batches(1))
	if len(easy) != len(hard) {
		t.Fatalf("%d tokens are replaced, with hard mutants %d", len(easy), len(hard))
	}
	differ := 0
	for i := range easy {
		if easy[i][1] != hard[i][1] {
			t.Fatalf("%q is replaced, with hard mutants %q", easy[i][1], hard[i][1])
		}
		if hard[i][0] == hard[i][1] && hard[i][0] != "" { // operators have no name
			t.Errorf("%q is put in its own place", hard[i][0])
		}
		if easy[i][0] != hard[i][0] {
			differ++
		}
	}
	if differ < len(easy)/3 {
		t.Errorf("%d of %d replacements are others with hard mutants", differ, len(easy))
	}

	one := batches(0.5)
	one.batch(0)
	straight, _ := one.batch(1)
	resumed, _ := batches(0.5).batch(1)
	if !reflect.DeepEqual(straight, resumed) {
		t.Error("a batch is another one after others")
	}
}

// TestHardRun: a run with hard mutants that was interrupted is the run that was not, and it does not go on with another model.
func TestHardRun(t *testing.T) {
	root := sources(t)
	first := tinyOptions(t, root)
	first.Work, first.Steps, first.Fixes = t.TempDir(), 1, nil
	if err := Run(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	hard := func() Options {
		o := tinyOptions(t, root)
		o.Work, o.From, o.HardMutants, o.Steps = t.TempDir(), first.Out, 0.5, 10
		return o
	}
	straight := hard()
	if err := Run(t.Context(), straight); err != nil {
		t.Fatal(err)
	}
	resumed := hard()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	resumed.Progress = &stopAt{beginning: "step 5,", cancel: cancel}
	if err := Run(ctx, resumed); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	resumed.Progress, resumed.Resume = io.Discard, true
	if err := Run(t.Context(), resumed); err != nil {
		t.Fatal(err)
	}
	same(t, straight, resumed)
	easy := hard()
	easy.HardMutants = 0
	if err := Run(t.Context(), easy); err != nil {
		t.Fatal(err)
	}
	if a, b := losses(t, straight.Work), losses(t, easy.Work); reflect.DeepEqual(a, b) {
		t.Error("hard mutants change nothing")
	}

	// Another model in the place of the one that it began with.
	b, err := bundle.Open(first.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	weights, err := b.Weights()
	if err != nil {
		t.Fatal(err)
	}
	contents := bundle.Contents{Config: b.Config, Tokenizer: b.Tokenizer, Weights: onnx.InitWeights(b.Config, 9), Half: true}
	if len(contents.Weights) != len(weights) {
		t.Fatalf("%d weights are drawn for %d", len(contents.Weights), len(weights))
	}
	if err := bundle.Write(first.Out, contents); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), resumed); err == nil || !strings.Contains(err.Error(), "put the former back") {
		t.Errorf("error %v", err)
	}
}
