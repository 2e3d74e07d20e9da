package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mlm-lsp/training"
	"mlm-lsp/training/shard"
)

const (
	// heldOut is the share of projects that is held out: of so small a corpus enough that every language is in it.
	heldOut = 0.15
	row     = 128
	// batch is the rows of a step at 15% masks: 30% mask as much of half as many rows, 40% of three.
	batch = 16
	// smallText is the subwords of the text that is read several times.
	smallText = 300_000
)

// vocabulary is a way to encode the corpus.
type vocabulary struct {
	name     string
	size     int
	untagged bool
}

// The vocabulary without tags has room for as many subwords as the one with: the tags are nine.
var vocabularies = []vocabulary{{name: "text-8k", size: 8192}, {name: "text-8k-untagged", size: 8192 - 9, untagged: true}, {name: "text-16k", size: 16384}, {name: "text-32k", size: 32768}}

// small is the name of the text that is read several times.
const small = "text-small"

// options are those of the arm that all others are compared with: the defaults of train at the smallest size, on short rows.
func (l *lab) options(seed uint64) training.Options {
	return training.Options{
		Config: "tiny", Row: row, Batch: batch, Steps: l.steps, Seed: seed, EvaluateEvery: max(1, l.steps/4), EvaluateBatches: 32, CheckpointMinutes: 1, Engine: "ort", Threads: 1,
	}
}

// arm is a training that is made once per seed.
type arm struct {
	name  string
	label string
	text  string
	set   func(*training.Options)
}

// experiment compares its first arm with the others.
type experiment struct {
	name    string // the mark of its table
	arms    []*arm
	columns []column
}

func as(*training.Options) {}

var (
	base       = &arm{"base", "", "text-8k", as}
	uniform    = &arm{"uniform", "all classes alike", "text-8k", func(o *training.Options) { o.Recipe = "uniform" }}
	rate30     = &arm{"rate30", "30%, half the text", "text-8k", func(o *training.Options) { o.MaskRate, o.Batch = 0.3, batch/2 }}
	rate40     = &arm{"rate40", "40%, three eighths of the text", "text-8k", func(o *training.Options) { o.MaskRate, o.Batch = 0.4, batch*3/8 }}
	rate30Full = &arm{"rate30-full", "30%, as much text", "text-8k", func(o *training.Options) { o.MaskRate = 0.3 }}
	rate40Full = &arm{"rate40-full", "40%, as much text", "text-8k", func(o *training.Options) { o.MaskRate = 0.4 }}
	words      = &arm{"words", "whole words", "text-8k", func(o *training.Options) { o.MaskShape = "words" }}
	spans      = &arm{"spans", "spans of words", "text-8k", func(o *training.Options) { o.MaskShape = "spans" }}
	subwords   = &arm{"subwords", "single subwords", "text-8k", func(o *training.Options) { o.MaskShape = "subwords" }}
	untagged   = &arm{"untagged", "no language tag", "text-8k-untagged", as}
	size16     = &arm{"16k", "16,384", "text-16k", as}
	size32     = &arm{"32k", "32,768", "text-32k", as}
	dynamic    = &arm{"small-dynamic", "fresh masks every time", small, func(o *training.Options) { o.Steps /= 2 }}
	static     = &arm{"small-static", "the same masks every time", small, func(o *training.Options) { o.Steps, o.Static = o.Steps/2, true }}
)

// called is an arm under the name that it has in an experiment.
func called(a *arm, label string) *arm { return &arm{a.name, label, a.text, a.set} }

// The experiments in the order in which they are made.
var experiments = []experiment{
	{"classes", []*arm{called(base, "weighted by class"), uniform}, quality},
	{"rates", []*arm{called(base, "15%"), rate30, rate40}, quality},
	{"shapes", []*arm{called(base, "mixed: words, some spans, some ends"), words, spans, subwords}, quality},
	{"tags", []*arm{called(base, "language tag"), untagged}, quality},
	{"vocabularies", []*arm{called(base, "8,192"), size16, size32}, perByte},
	{"masks", []*arm{dynamic, static}, overfit},
	{"rates at equal text", []*arm{called(base, "15%"), rate30Full, rate40Full}, quality},
}

// cutSmall makes the small text: some of the files to learn from of text-8k, and all that are held out.
func (l *lab) cutSmall() error {
	target, from := l.encoded(small), l.encoded("text-8k")
	if _, err := os.Stat(filepath.Join(target, "tokenizer.json")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var pack bytes.Buffer
	if _, err := shard.Pack(&pack, filepath.Join(from, "shards"), smallText); err != nil {
		return fmt.Errorf("cutting the small text: %w", err)
	}
	if _, err := shard.Unpack(&pack, filepath.Join(target, "shards")); err != nil {
		return fmt.Errorf("cutting the small text: %w", err)
	}
	copied, err := filepath.Glob(filepath.Join(from, "shards", "heldout-*"+shard.Extension))
	if err != nil {
		return fmt.Errorf("cutting the small text: %w", err)
	}
	for _, path := range append(copied, filepath.Join(from, "tokenizer.json")) {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("cutting the small text: %w", err)
		}
		to := filepath.Join(target, "shards", filepath.Base(path))
		if filepath.Ext(path) == ".json" {
			to = filepath.Join(target, "tokenizer.json")
		}
		if err := os.WriteFile(to, data, 0o666); err != nil {
			return fmt.Errorf("cutting the small text: %w", err)
		}
	}
	return nil
}
