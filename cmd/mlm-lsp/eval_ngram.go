package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"mlm-lsp/training/evaluate"
	"mlm-lsp/training/ngram"
)

func newEvalNGram() *cobra.Command {
	var opts evaluate.NGramOptions
	var out string
	var limit float64
	cmd := &cobra.Command{
		Use:   "ngram CORPUS... --out FILE",
		Short: "Count the n-grams of a corpus, for the baseline that the others take with --ngram",
		Long: `Count the n-grams of a corpus: what train would learn from below the paths, evaluation projects left out. The other evaluations take
the file with --ngram and show, on the same cases, what these n-grams and those of the open file make of them. No bundle holds one.`,
		Example: `  mlm-lsp eval ngram corpus/* --out corpus.ngram
  mlm-lsp eval cloze projects --ngram corpus.ngram`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("name a file with --out")
			}
			if limit <= 0 {
				return errors.New("--limit is a number of megabytes above 0")
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			show := newProgress("counting", "files")
			defer show.finish()
			opts.Bytes, opts.Progress = int(limit*1e6), show.set
			m, err := evaluate.CountNGrams(cmd.Context(), args, opts)
			if err != nil {
				return err
			}
			show.finish()
			if err := writeFile(out, m.Write); err != nil {
				return err
			}
			return describeNGrams(cmd, m, out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the `FILE` to write")
	cmd.Flags().Float64Var(&limit, "limit", 48, "`MEGABYTES` of text of each language that are counted, JavaScript with TypeScript, C with C++")
	return cmd
}

// describeNGrams says what was counted.
func describeNGrams(cmd *cobra.Command, m *ngram.Model, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("describing n-grams: %w", err)
	}
	tokens := 0
	for _, f := range m.Families {
		fmt.Fprintf(cmd.OutOrStdout(), "%-10s %7d files %10d tokens %9d of them different\n", f.Name, f.Files, f.Tokens, f.Vocabulary)
		tokens += f.Tokens
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%.1f million tokens, %.1f million n-grams of up to %d that recur, %.0f MB\n",
		float64(tokens)/1e6, float64(m.Len())/1e6, ngram.Order, float64(info.Size())/1e6)
	return nil
}
