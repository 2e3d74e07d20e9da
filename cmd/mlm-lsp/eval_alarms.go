package main

import (
	"errors"

	"github.com/spf13/cobra"

	"mlm-lsp/training/evaluate"
)

// newEvalAlarms returns the command that measures how many mistakes are found at how many false alarms.
func newEvalAlarms() *cobra.Command {
	var flags modelFlags
	var load evaluate.LoadOptions
	var clean []string
	var pairs, repos string
	var most int
	var misspelt bool
	cmd := &cobra.Command{
		Use:   "alarms --clean PATH... (PATH... | --pairs FILE --repos DIR)",
		Short: "Show how many mistakes are found at how many false alarms",
		Long: `Check files that are right (--clean), look at places of mistakes, and write a table: the share of the mistakes that a check finds at so many reports on 1,000
lines of the former. The mistakes are planted in the files below the paths, or those that --pairs points at, as for eval bugs.`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if (len(args) > 0) == (pairs != "") {
				return errors.New("name either paths or --pairs")
			}
			if len(clean) == 0 {
				return errors.New("name files that are right with --clean")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			var bugs []evaluate.Bug
			var err error
			if pairs != "" {
				bugs, err = evaluate.ReadPairs(cmd.Context(), pairs, repos)
			} else {
				var sources []evaluate.Source
				sources, err = evaluate.Load(cmd.Context(), args, load)
				plant := evaluate.Mutants
				if misspelt {
					plant = evaluate.Misspellings
				}
				bugs = plant(sources, most, load.Seed)
			}
			if err != nil {
				return err
			}
			all := load
			all.Files = 100000
			right, err := evaluate.Load(cmd.Context(), clean, all)
			if err != nil {
				return err
			}
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			show := newProgress("checking", "files and places")
			defer show.finish()
			alarms, err := evaluate.MeasureAlarms(cmd.Context(), m, right, bugs, show.set)
			if err != nil {
				return err
			}
			show.finish()
			return alarms.Markdown(cmd.OutOrStdout())
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&clean, "clean", nil, "`PATH`s of release-grade files")
	f.StringVar(&pairs, "pairs", "", "a `FILE` of pointers to fixes")
	f.StringVar(&repos, "repos", ".", "the `DIR`ectory of the clones that --pairs points into")
	f.IntVar(&load.Files, "files", 60, "how many files of each language to plant mistakes in; projects take turns")
	f.BoolVar(&misspelt, "misspelt", false, "misspell a name in each function instead")
	f.IntVar(&most, "per-class", 0, "mistakes to plant in each language (default 200)")
	f.StringSliceVar(&load.Languages, "lang", nil, "only files in these languages")
	f.Uint64Var(&load.Seed, "seed", 0, "seed of all draws")
	return cmd
}
