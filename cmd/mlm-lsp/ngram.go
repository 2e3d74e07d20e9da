package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ngram"
	counting "mlm-lsp/training/ngram"
)

func newNGram() *cobra.Command {
	var opts counting.Options
	var out, into, counted string
	var limit, size float64
	cmd := &cobra.Command{
		Use:   "ngram (CORPUS... | --counted FILE) (--out FILE | --into BUNDLE)",
		Short: "Count the n-grams of a corpus, for a bundle, or for the baseline of evaluations",
		Long: `Count the n-grams of a corpus: what train would learn from below the paths, evaluation projects left out. What stands in one project alone is not kept, and of the rest
--size megabytes of what tells most. In a bundle they help to rank completions beside the model; a file of any size is the baseline that the evaluations take with --ngram.`,
		Example: `  mlm-lsp ngram corpus/* --into project.bundle --size 8
  mlm-lsp ngram corpus/* --out corpus.ngram
  mlm-lsp eval cloze projects --ngram corpus.ngram`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			switch {
			case (out == "") == (into == ""):
				return errors.New("name either --out or --into")
			case limit <= 0 || size <= 0 || size > 1000:
				return errors.New("--limit and --size are numbers of megabytes above 0; no file has more than 1,000")
			}
			if counted != "" {
				if into == "" {
					return errors.New("--counted goes with --into")
				}
				return cobra.NoArgs(cmd, args)
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if counted != "" {
				m, err := ngram.ReadFile(counted)
				if err != nil {
					return err
				}
				if err := bundle.PutNGrams(into, m); err != nil {
					return err
				}
				printNGrams(cmd.OutOrStdout(), m)
				return nil
			}
			show := newProgress("counting", "files")
			defer show.finish()
			opts.Limit, opts.Progress = int(limit*1e6), show.set
			counter, err := counting.Count(cmd.Context(), args, opts)
			if err != nil {
				return err
			}
			show.finish()
			m, err := counter.Model(int(size * 1e6))
			if err != nil {
				return err
			}
			if into != "" {
				err = bundle.PutNGrams(into, m)
			} else {
				err = writeFile(out, m.Write)
			}
			if err != nil {
				return err
			}
			printNGrams(cmd.OutOrStdout(), m)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the `FILE` to write")
	cmd.Flags().StringVar(&counted, "counted", "", "a `FILE` that --out wrote, to be put into a bundle as it is")
	cmd.Flags().StringVar(&into, "into", "", "the `BUNDLE` to write into, in place of the n-grams that it has")
	cmd.Flags().Float64Var(&limit, "limit", 48, "`MEGABYTES` of text of each language that are counted, JavaScript with TypeScript, C with C++")
	cmd.Flags().Float64Var(&size, "size", 1000, "`MEGABYTES` that the n-grams may take")
	return cmd
}

// printNGrams says what was counted.
func printNGrams(w io.Writer, m *ngram.Model) {
	for _, f := range m.Families() {
		fmt.Fprintf(w, "%-10s %6d projects %7d files %10d tokens, %d told apart\n", f.Name, f.Projects, f.Files, f.Tokens, f.Known)
	}
	fmt.Fprintf(w, "%.2f million n-grams and contexts of up to %d tokens, %.2f MB\n", float64(m.Len())/1e6, ngram.Order, float64(m.Size())/1e6)
}
