package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mlm-lsp/training/evaluate"
	"mlm-lsp/training/ranking"
	"mlm-lsp/typeinfer"
)

// newFitTypes returns the command that chooses from which probability on types are shown.
func newFitTypes() *cobra.Command {
	var flags modelFlags
	var opts evaluate.TypeOptions
	var load evaluate.LoadOptions
	var out, cases string
	var precision float64
	cmd := &cobra.Command{
		Use:   "types PATH... --out FILE",
		Short: "Fit from which probability on types are shown",
		Long: `Fit from which probability on types are shown: annotations are taken out of the files below the paths and asked for, one at a time and all of a file at once, and by language, kind of
site and whether others stand around the least probability is chosen above which the wanted share is right. The projects should be ones that the model has not learnt
from; evaluation projects are left out. The built-in table is typeinfer/table.json.`,
		Args: sureEnough(&precision, &out),
		RunE: func(cmd *cobra.Command, args []string) error {
			load.Seed, load.Languages = opts.Seed, typeinfer.Languages()
			sources, err := loadToFit(cmd.Context(), args, load)
			if err != nil {
				return err
			}
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			var asked []askedType
			opts.Asked = func(q ranking.TypeQuestion, path string, s typeinfer.Suggestion, answer string) {
				asked = append(asked, askedType{path, s.Symbol, q, answer, s.Candidates})
			}
			show := newProgress("asking", "files")
			defer show.finish()
			opts.Progress = show.set
			questions, err := evaluate.TypeQuestions(cmd.Context(), m, sources, opts)
			if err != nil {
				return err
			}
			show.finish()
			if cases != "" {
				if err := writeFile(cases, func(w io.Writer) error { return printJSONLines(w, asked) }); err != nil {
					return err
				}
			}
			table, err := ranking.FitTypes(questions, precision, func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) })
			if err != nil {
				return err
			}
			return writeFile(out, func(w io.Writer) error {
				enc := json.NewEncoder(w)
				enc.SetIndent("", " ")
				return enc.Encode(table)
			})
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "the `FILE` to write the table to")
	f.StringVar(&cases, "cases", "", "write what was asked, with the answers, to this `FILE`, one JSON object per line")
	f.Float64Var(&precision, "right", 0.9, "the share of what is shown that must be right")
	f.BoolVar(&opts.HeldOut, "held-out", false, "only those projects that fit complete held out, where it was given the same paths: on the others the forests are better than elsewhere")
	f.IntVar(&load.Files, "files", 200, "how many files of each language to draw; projects take turns")
	f.IntVar(&opts.PerFile, "per-file", 0, "sites of a kind in a file (default 8)")
	f.Uint64Var(&opts.Seed, "seed", 0, "seed of all draws")
	return cmd
}

// askedType is a line of --cases.
type askedType struct {
	Path       string                `json:"path"`
	Symbol     string                `json:"symbol"`
	Question   ranking.TypeQuestion  `json:"question"`
	Answer     string                `json:"answer"`
	Candidates []typeinfer.Candidate `json:"candidates"`
}
