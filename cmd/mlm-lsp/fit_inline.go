package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mlm-lsp/training/evaluate"
	"mlm-lsp/training/ranking"
)

// newFitInline returns the command that fits what inline completions are judged with.
func newFitInline() *cobra.Command {
	var flags modelFlags
	var opts evaluate.InlineOptions
	var load evaluate.LoadOptions
	var out string
	var precision float64
	cmd := &cobra.Command{
		Use:   "inline PATH... --out FILE",
		Short: "Fit what inline completions are judged with",
		Long: `Fit the forest that inline completions are judged with, and the probability from which they are shown: lines of the files below the paths are cut, and what the model would
go on with is put beside what stood there. The projects should be ones that the model has not learnt from; evaluation projects are left out. The built-in table is
lsp/inline/table.json.`,
		Args: sureEnough(&precision, &out),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			load.Seed = opts.Seed
			sources, err := loadToFit(cmd.Context(), args, load)
			if err != nil {
				return err
			}
			show := newProgress("asking", "places")
			defer show.finish()
			opts.Progress = show.set
			questions, err := evaluate.InlineQuestions(cmd.Context(), m, sources, opts)
			if err != nil {
				return err
			}
			show.finish()
			table, err := ranking.FitInline(questions, precision, func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) })
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "shown from %.2f on: at %.1f%% of %d places, and %.0f%% of that is right\n", table.Least, 100*table.Shown, len(questions), 100*table.Right)
			return writeFile(out, func(w io.Writer) error { return json.NewEncoder(w).Encode(table) })
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "the `FILE` to write the table to")
	f.Float64Var(&precision, "right", 0.7, "the share of what is shown that must be right")
	f.IntVar(&load.Files, "files", 40, "how many files of each language to draw; projects take turns")
	f.IntVar(&opts.PerClass, "per-class", 160, "places of each language")
	f.Uint64Var(&opts.Seed, "seed", 0, "seed of all draws")
	return cmd
}
