package main

import (
	"errors"
	"fmt"
	"github.com/spf13/cobra"

	"mlm-lsp/model"
)

// newModel returns the commands about bundles.
func newModel() *cobra.Command {
	cmd := &cobra.Command{Use: "model", Short: "Look at, import or quantise a model"}
	group(cmd)
	cmd.AddCommand(newModelInfo(), newModelImport(), newModelQuantize())
	return cmd
}

func newModelInfo() *cobra.Command {
	return &cobra.Command{
		Use:   "info [BUNDLE]",
		Short: "Say what a bundle holds (default: the embedded model)",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			var flags modelFlags
			if len(args) > 0 {
				flags.bundle = args[0]
			}
			b, err := flags.openBundle()
			if err != nil {
				return err
			}
			defer b.Close()
			state, err := model.Describe(b)
			if err != nil {
				return err
			}
			printBundle(cmd.OutOrStdout(), state)
			if record := b.Meta.Training; len(record) > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "%-12s %s\n", "training", record)
			}
			return nil
		},
	}
}

func newModelImport() *cobra.Command {
	var out string
	var opts model.ImportOptions
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Make a bundle of a Hugging Face checkpoint (modernbert, roberta, bert)",
		Long: `Make a bundle of a checkpoint directory with config.json, model.safetensors and a byte-level BPE tokenizer
(tokenizer.json, or vocab.json with merges.txt): ModernBERT, CodeBERT (the masked language model, codebert-base-mlm),
GraphCodeBERT, UniXcoder, StarEncoder and their like. Needs no Python.`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return errors.New("name the bundle to write with --out")
			}
			return cobra.ExactArgs(1)(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := model.Import(args[0], out, opts); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "bundle: %s\n", out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the directory of the `BUNDLE` to write")
	cmd.Flags().StringSliceVar(&opts.Languages, "languages", nil, "what the model was trained on, for the record")
	cmd.Flags().BoolVar(&opts.FP32Only, "fp32-only", false, "without the int8 graph")
	return cmd
}

func newModelQuantize() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "quantize BUNDLE",
		Short: "Make the int8 graph of a bundle",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = args[0]
			}
			q, err := model.Quantize(args[0], out)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %.2f MB of weights, %.2f MB as int8\n", out, float64(q.Before)/1e6, float64(q.After)/1e6)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the directory of the `BUNDLE` to write (default: the same)")
	return cmd
}
