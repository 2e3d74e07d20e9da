package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"mlm-lsp/training/evaluate"
)

func newEvalBugs() *cobra.Command {
	var flags evalFlags
	var opts evaluate.BugOptions
	var pairs, repos string
	var misspelt bool
	cmd := &cobra.Command{
		Use:   "bugs (PATH... | --pairs FILE --repos DIR)",
		Short: "Look for planted mistakes, or for those that people made and put right",
		Long: `Look for mistakes as check does. With paths one mistake is planted in each function of their files, with --misspelt one of spelling. With --pairs the mistakes are those that
the file points at, an object per line: repo, commit, parent, path, line, col, old, new, kind; --repos holds clones of the repositories.`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if (len(args) > 0) == (pairs != "") {
				return errors.New("name either paths or --pairs")
			}
			if !(0 <= opts.Whole && opts.Whole <= 1) {
				return errors.New("--whole is a share, 0 to 1")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(cmd, args, func(ctx context.Context, subjects []evaluate.Subject, sources []evaluate.Source) (evaluate.Result, error) {
				opts.Common = flags.common
				plant := evaluate.Mutants
				if misspelt {
					plant = evaluate.Misspellings
				}
				bugs := plant(sources, opts.PerClass, opts.Seed)
				if pairs != "" {
					var err error
					if bugs, err = evaluate.ReadPairs(ctx, pairs, repos); err != nil {
						return evaluate.Result{}, err
					}
				}
				result, err := evaluate.Bugs(ctx, subjects, bugs, opts)
				if pairs != "" {
					result.Task = "fixes"
				}
				return result, err
			})
		},
	}
	flags.add(cmd)
	flags.addSources(cmd)
	cmd.Flags().StringVar(&pairs, "pairs", "", "a `FILE` of pointers to fixes")
	cmd.Flags().StringVar(&repos, "repos", ".", "the `DIR`ectory of the clones that --pairs points into")
	cmd.Flags().BoolVar(&misspelt, "misspelt", false, "misspell a name in each function instead")
	cmd.Flags().Float64Var(&opts.Whole, "whole", 1, "the share of the cases whose whole file is searched for the mistake; the others are asked about the place alone")
	return cmd
}
