package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mlm-lsp/training/evaluate"
)

func newEvalCloze() *cobra.Command {
	var flags evalFlags
	var opts evaluate.ClozeOptions
	cmd := &cobra.Command{
		Use:   "cloze PATH...",
		Short: "Take single tokens out and ask for them",
		Args:  usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(cmd, args, func(ctx context.Context, subjects []evaluate.Subject, sources []evaluate.Source) (evaluate.Result, error) {
				opts.Common = flags.common
				return evaluate.Cloze(ctx, subjects, sources, opts)
			})
		},
	}
	flags.add(cmd)
	flags.addSources(cmd)
	cmd.Flags().IntVar(&opts.WindowBytes, "window-bytes", 0, "bytes of text around a case (default 1000, as the features ask)")
	cmd.Flags().BoolVar(&opts.Heads, "heads", false, "also spell every candidate out, and ask the pointer and the vocabulary head alone: some forty times as many rows")
	cmd.Flags().BoolVar(&opts.Generate, "generate", false, "ask the models without candidates, too")
	return cmd
}

func newEvalComplete() *cobra.Command {
	var flags evalFlags
	var opts evaluate.CompleteOptions
	cmd := &cobra.Command{
		Use:   "complete PATH...",
		Short: "Complete names that are used, with no, one and three letters typed",
		Args: usage(func(cmd *cobra.Command, args []string) error {
			for _, n := range opts.Typed {
				if n < 0 {
					return fmt.Errorf("--typed %d: it is a number of letters", n)
				}
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(cmd, args, func(ctx context.Context, subjects []evaluate.Subject, sources []evaluate.Source) (evaluate.Result, error) {
				opts.Common = flags.common
				return evaluate.Complete(ctx, subjects, sources, opts)
			})
		},
	}
	flags.add(cmd)
	flags.addSources(cmd)
	cmd.Flags().BoolVar(&opts.Index, "index", false, "offer what other files of the project define, too, as the server does")
	cmd.Flags().BoolVar(&opts.Once, "once", false, "ask only for names that stand at one place of their file")
	cmd.Flags().IntSliceVar(&opts.Typed, "typed", nil, "numbers of letters that are typed (default 0,1,3)")
	return cmd
}

func newEvalInline() *cobra.Command {
	var flags evalFlags
	var opts evaluate.InlineOptions
	cmd := &cobra.Command{
		Use:   "inline PATH...",
		Short: "Cut lines and continue them: how often something is shown, and how often that is right",
		Args:  usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(cmd, args, func(ctx context.Context, subjects []evaluate.Subject, sources []evaluate.Source) (evaluate.Result, error) {
				opts.Common = flags.common
				return evaluate.Inline(ctx, subjects, sources, opts)
			})
		},
	}
	flags.add(cmd)
	flags.addSources(cmd)
	return cmd
}

func newEvalTypes() *cobra.Command {
	var flags evalFlags
	var opts evaluate.TypesOptions
	var count string
	cmd := &cobra.Command{
		Use:   "types PATH...",
		Short: "Take type annotations out and ask for them",
		Args:  usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if count != "" {
				sources, err := evaluate.Load(cmd.Context(), args, flags.load)
				if err != nil {
					return err
				}
				return writeFile(count, func(w io.Writer) error { return evaluate.CountTypes(sources, w) })
			}
			return flags.run(cmd, args, func(ctx context.Context, subjects []evaluate.Subject, sources []evaluate.Source) (evaluate.Result, error) {
				opts.Common = flags.common
				return evaluate.Types(ctx, subjects, sources, opts)
			})
		},
	}
	flags.add(cmd)
	flags.addSources(cmd)
	cmd.Flags().IntVar(&opts.WindowBytes, "window-bytes", 0, "bytes of text around an annotation (default 1000)")
	cmd.Flags().BoolVar(&opts.Bare, "bare", false, "take all other annotations out, too, those of the project included: what is asked in code without types")
	cmd.Flags().BoolVar(&opts.WithoutModel, "without-model", false, "only what needs no model, as mlm-lsp types without --ask: thousands of cases in minutes")
	cmd.Flags().StringVar(&count, "count", "", "only write the types that annotations name most often to this `FILE` (training/evaluate/types.tsv is one, of training projects)")
	return cmd
}

func newEvalProbes() *cobra.Command {
	var flags evalFlags
	var opts evaluate.ProbesOptions
	cmd := &cobra.Command{
		Use:   "probes",
		Short: "Generate code with gaps that syntax or arithmetic leaves one answer for",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(cmd, nil, func(ctx context.Context, subjects []evaluate.Subject, _ []evaluate.Source) (evaluate.Result, error) {
				opts.Common = flags.common
				return evaluate.Probes(ctx, subjects, opts)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringSliceVar(&opts.Languages, "lang", nil, "only these languages")
	return cmd
}
