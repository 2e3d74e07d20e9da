package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"mlm-lsp/training"
	"mlm-lsp/training/mask"
)

// newTrain returns the command that teaches a model.
func newTrain() *cobra.Command {
	var opts training.Options
	var library string
	var tagged bool
	cmd := &cobra.Command{
		Use:   "train PATH...",
		Short: "Teach a model on directories and repositories",
		Long: `Teach a masked language model on the code below the paths, with ONNX Runtime and nothing else. Files are
deduplicated, generated and vendored ones dropped, the rest split by project; types, identifiers and operators are
masked more often than the rest.

With --from the training goes on from a bundle's weights and keeps its tokenizer ("default" names the embedded
model); without it both are learnt from nothing. Beside filling masks the model learns to choose among the names in
sight, and to spot tokens that were replaced; with --fixes it learns that from bugs that people fixed, too: from the
histories of git repositories, or from lists of fixes, never those of evaluation projects.

With --shards it learns from what another training encoded: from its folder OUT.training, or from unpacked shards
with their tokenizer.json beside them.

It can be interrupted at any time and goes on with --resume. The folder OUT.training keeps the checkpoint, the log and
report.html; the bundle is written to OUT at the end.`,
		Example: `  mlm-lsp train ~/src/project --from default --minutes 20 --out project.bundle
  mlm-lsp check --model project.bundle ~/src/project`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && opts.Shards == "" && !opts.Resume {
				return fmt.Errorf("name the directories to learn from, or encoded text with --shards")
			}
			if opts.Out == "" {
				return fmt.Errorf("name the bundle to write with --out")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opts.Engine != "torch" {
				lib, err := findLibrary(cmd.Context(), library)
				if err != nil {
					return err
				}
				opts.Library = lib
			}
			opts.Paths, opts.Untagged, opts.Progress = args, !tagged, os.Stderr
			return training.Run(cmd.Context(), opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Out, "out", "", "the directory of the `BUNDLE` to write")
	f.StringVar(&opts.Shards, "shards", "", "learn from encoded text in `DIR` instead of PATH...: another training's folder, or unpacked shards")
	f.StringVar(&opts.Work, "work", "", "the directory of checkpoint, log and report (default: OUT.training)")
	f.StringVar(&opts.From, "from", "", "a `BUNDLE` to go on from, or \"default\" for the embedded one")
	f.StringSliceVar(&opts.Languages, "languages", nil, "the languages to learn (default: all that are known)")
	f.StringVar(&opts.Config, "config", "small", "the model's size: tiny, small or base")
	f.IntVar(&opts.Vocabulary, "vocabulary", 0, "subwords of a new tokenizer (default: the size's)")
	f.IntVar(&opts.Steps, "steps", 0, "length of the training in steps")
	f.Float64Var(&opts.Minutes, "minutes", 0, "length of the training in minutes")
	f.BoolVar(&opts.Resume, "resume", false, "go on from the checkpoint")
	f.IntVar(&opts.Row, "row", 0, "subwords per row (default: 512, less where the corpus does not fill such a row)")
	f.IntVar(&opts.Batch, "batch", 0, "rows in a step (default: the size's)")
	f.Float64Var(&opts.LearningRate, "learning-rate", 0, "peak learning rate (default: the size's)")
	f.BoolVar(&tagged, "language-tag", true, "rows begin with their language, as queries do; of a new tokenizer")
	f.StringVar(&opts.Recipe, "masks", "weighted", "what to mask: weighted by kind of token, or uniform")
	f.Float64Var(&opts.MaskRate, "mask-rate", mask.DefaultTotal, "share of the subwords that is masked")
	f.StringVar(&opts.MaskShape, "mask-shape", mask.DefaultShape, "what a mask covers: words, spans of them, single subwords, or mixed: words, some spans and some words' ends")
	f.BoolVar(&opts.Static, "static-masks", false, "the same masks in every epoch, to measure what fresh ones give")
	f.Uint64Var(&opts.Seed, "seed", 0, "seed of weights, order and masks")
	f.BoolVar(&opts.Heads, "heads", true, "the pointer head and the detection head, too")
	f.Float64Var(&opts.PointerWeight, "pointer-weight", 0, "weight of the pointer head's loss (default 0.5)")
	f.Float64Var(&opts.DetectWeight, "detect-weight", 0, "weight of the detection head's loss (default 1)")
	f.Float64Var(&opts.DetectShare, "detect-share", 0, "share of the rows that the detection head reads (default 0.25)")
	f.Float64Var(&opts.Changed, "changed", 0, "weight of a replaced token among those that were not replaced (default 10)")
	f.IntVar(&opts.Mutants, "mutants", 0, "most tokens of a row that are replaced (default 12)")
	f.Float64Var(&opts.HardMutants, "hard-mutants", 0, "share of the replaced tokens that the model to start from chooses, which are harder to spot than names drawn from the scope")
	f.StringSliceVar(&opts.Fixes, "fixes", nil, "git repositories to mine for fixes of single tokens, or lists of fixes: what bugs look like")
	f.Float64Var(&opts.FixShare, "fix-share", 0, "share of real fixes beside mutants (default 0.5 with --fixes)")
	f.IntVar(&opts.EvaluateEvery, "evaluate-every", 0, "steps between evaluations (default 250)")
	f.IntVar(&opts.EvaluateBatches, "evaluate-batches", 0, "batches of held-out text in an evaluation (default 8)")
	f.Float64Var(&opts.HeldOut, "held-out", 0, "share of the projects held out for evaluation (default 0.04; negative: none)")
	f.Float64Var(&opts.CheckpointMinutes, "checkpoint-minutes", 0, "minutes between checkpoints (default 5)")
	f.IntVar(&opts.Threads, "threads", 0, "threads (default: all)")
	f.StringVar(&opts.Engine, "engine", "", "what takes the steps: ort (ONNX Runtime, no Python) or torch (PyTorch: GPUs, several machines) (default ort, or what the checkpoint was made with)")
	f.StringVar(&opts.Torch.Python, "python", "python3", "torch: the interpreter, with PyTorch 1.13 or later")
	f.StringVar(&opts.Torch.Device, "device", "auto", "torch: auto, cpu or cuda")
	f.StringVar(&opts.Torch.Precision, "precision", "auto", "torch: bf16, fp32, or auto for what is faster")
	f.BoolVar(&opts.Torch.Compile, "compile", true, "torch: compile the step, where the version can")
	f.IntVar(&opts.Torch.Processes, "processes", 0, "torch: processes on this machine, one per GPU (default 1)")
	f.StringSliceVar(&opts.Torch.Torchrun, "torchrun", nil, "torch: further arguments for torchrun, to use several machines")
	f.IntVar(&opts.Torch.RowsAtOnce, "rows-at-once", 0, "torch: rows that a process holds in memory at once (default: all of its share)")
	f.StringVar(&library, "ort-library", "", "the ONNX Runtime library `FILE`")
	return cmd
}
