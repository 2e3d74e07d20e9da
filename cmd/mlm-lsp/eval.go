package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/spf13/cobra"

	"mlm-lsp/training/corpus"
	"mlm-lsp/training/evaluate"
	"mlm-lsp/treesitter"
)

// newEval returns the commands that measure a model.
func newEval() *cobra.Command {
	cmd := &cobra.Command{Use: "eval", Short: "Measure a model on code that it was not trained on"}
	cmd.AddCommand(newEvalCloze())
	return cmd
}

func newEvalCloze() *cobra.Command {
	var flags modelFlags
	var opts evaluate.Options
	var format string
	var files int
	cmd := &cobra.Command{
		Use:   "cloze PATH...",
		Short: "Take single tokens out and ask for them, beside the n-gram cache",
		Args:  usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usageError{fmt.Errorf("--format %q: it is text or json", format)}
			}
			paths, err := corpus.Sources(cmd.Context(), args)
			if err != nil {
				return err
			}
			// A draw of files, so that a large tree is measured on all of its corners.
			draw := rand.New(rand.NewPCG(opts.Seed, 0))
			draw.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
			var parsed []*treesitter.File
			for _, path := range paths[:min(files, len(paths))] {
				f, err := readSource(path, "")
				if err != nil {
					return err
				}
				parsed = append(parsed, f)
			}
			b, err := flags.openBundle()
			if err != nil {
				return err
			}
			defer b.Close()
			opts.Subwords = func(text string) int { return len(b.Tokenizer.Encode(text).IDs) }
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			show := newProgress("asking", "cases")
			defer show.finish()
			opts.Progress = show.set
			result, err := evaluate.Cloze(cmd.Context(), m, parsed, opts)
			if err != nil {
				return err
			}
			show.finish()
			if format == "json" {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
			}
			return result.Print(cmd.OutOrStdout())
		},
	}
	flags.add(cmd)
	cmd.Flags().IntVar(&opts.PerClass, "per-class", 100, "cases of each language and kind of token")
	cmd.Flags().Uint64Var(&opts.Seed, "seed", 0, "seed of the draw")
	cmd.Flags().BoolVar(&opts.Generate, "generate", false, "ask the model without candidates, too")
	cmd.Flags().IntVar(&files, "files", 400, "how many files to draw")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}
