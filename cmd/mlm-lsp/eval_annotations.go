package main

import (
	"github.com/spf13/cobra"

	"mlm-lsp/training/evaluate"
)

// newEvalAnnotations returns the command that measures which annotations are reported as suspicious.
func newEvalAnnotations() *cobra.Command {
	var load evaluate.LoadOptions
	var most int
	cmd := &cobra.Command{
		Use:   "annotations PATH...",
		Short: "Show how many annotations look wrong to check --types, of those that people wrote and of planted ones",
		Long: `Look at all annotations of files as check --types does, and again after the type of another annotation of the same file was put in place of one: a table of how many of each are
reported, and of how many of the planted ones the first suggestion is what had stood there; below it all reports on what people wrote. No model is asked.`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			sources, err := evaluate.Load(cmd.Context(), args, load)
			if err != nil {
				return err
			}
			show := newProgress("looking at", "files")
			defer show.finish()
			found, err := evaluate.MeasureMistyped(cmd.Context(), sources, most, load.Seed, show.set)
			if err != nil {
				return err
			}
			show.finish()
			return found.Markdown(cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVar(&load.Files, "files", 1000, "how many files of each language to look at; projects take turns")
	f.IntVar(&most, "per-class", 0, "wrong annotations to plant in each language (default 500)")
	f.StringSliceVar(&load.Languages, "lang", nil, "only files in these languages")
	f.Uint64Var(&load.Seed, "seed", 0, "seed of all draws")
	return cmd
}
