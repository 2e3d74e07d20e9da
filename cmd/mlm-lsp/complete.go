package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// newComplete returns the command that shows what an editor would be offered.
func newComplete() *cobra.Command {
	var flags modelFlags
	var lang string
	var top int
	cmd := &cobra.Command{
		Use:     "complete FILE:LINE:COL",
		Short:   "Show the completions at a position, one JSON object per line",
		Long:    "Show what an editor would be offered at a position, best first. Line and column are counted from 1, the column in bytes.",
		Example: "  mlm-lsp complete main.go:12:9",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if top < 1 {
				return usageError{fmt.Errorf("--top %d: it is a number of completions", top)}
			}
			path, line, column, err := splitPosition(args[0])
			if err != nil {
				return err
			}
			f, err := readSource(path, lang)
			if err != nil {
				return err
			}
			offset, err := newLineIndex(f.Text).offset(line, column, len(f.Text))
			if err != nil {
				return err
			}
			around, err := newSurroundings().of(cmd.Context(), path)
			if err != nil {
				return err
			}
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			lines, err := completeType(m, f, offset, around)
			if err != nil {
				return err
			}
			items, err := complete.Complete(cmd.Context(), m, f, offset, complete.Options{Around: around, MaxItems: top})
			if err != nil {
				return err
			}
			for _, item := range items {
				// Where a type is written, whole types go before what a name there may be.
				if !slices.ContainsFunc(lines, func(c completion) bool { return c.Label == item.Label }) {
					lines = append(lines, completion{Label: item.Label, LogProb: item.LogProb, Source: item.Source})
				}
			}
			return printJSONLines(cmd.OutOrStdout(), lines[:min(top, len(lines))])
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&lang, "lang", "", "the file's language (default: by its name)")
	cmd.Flags().IntVar(&top, "top", 20, "how many completions to show")
	return cmd
}

// completeType lists whole types where one is being written.
func completeType(m *model.Model, f *treesitter.File, offset int, around *project.View) (lines []completion, err error) {
	types, _, _, err := typeinfer.At(m, f, offset, typeinfer.Options{Around: around})
	for _, c := range types {
		lines = append(lines, completion{Label: c.Type, LogProb: math.Log(c.Probability), Source: "type"})
	}
	return lines, err
}

// completion is a line of complete's output.
type completion struct {
	Label   string  `json:"label"`
	LogProb float64 `json:"logprob"`
	Source  string  `json:"source"`
}
