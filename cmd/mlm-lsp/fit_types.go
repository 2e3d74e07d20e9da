package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/evaluate"
	"mlm-lsp/training/ranking"
	"mlm-lsp/typeinfer"
)

// newFitTypes returns the command that chooses from which probability on types are shown.
func newFitTypes() *cobra.Command {
	var flags modelFlags
	opts := evaluate.QuestionOptions{Groups: []string{gap.GroupAnnotation}}
	var types evaluate.TypeOptions
	var load evaluate.LoadOptions
	var rules ranking.TypeRules
	var out, cases, table string
	cmd := &cobra.Command{
		Use:   "types PATH... --out FILE",
		Short: "Fit from which probability on types are shown",
		Long: fmt.Sprintf(`Fit from which probability on types are shown. Forests that rank annotations are fitted %d times, each without a part of the projects, on the questions of fit complete (--questions, or asked
anew). With those that have not seen their project, annotations are then taken out of the files below the paths and asked for, one at a time and all of a file and its project at once. By language, kind of site and
whether most is annotated, shares are made probabilities, and the least one is chosen above which the wanted share is right.

The rules: above a threshold lie at least --sites sites of --projects projects; the share that is right reaches what is wanted and a margin, by count and by the mean of the probabilities; the margin is
the least at which thresholds chosen on four fifths of the projects keep what is wanted on the others. Name each project as a path, those that the model has not learnt from, and the same ones as for fit complete;
evaluation projects are left out. The built-in table is typeinfer/table.json.`, ranking.TypeFolds),
		Args: sureEnough(&rules.Precision, &out),
		RunE: func(cmd *cobra.Command, args []string) error {
			log := func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) }
			annotations, err := askToFit(cmd, args, &flags, load, opts, table)
			if err != nil {
				return err
			}
			combiners, err := ranking.CrossFit(annotations, ranking.CombinerOptions{Seed: opts.Seed, Log: log})
			if err != nil {
				return err
			}
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			load.Languages, load.Seed, types.Seed = typeinfer.Languages(), opts.Seed, opts.Seed
			types.Combiner = func(project string) *rank.Combiner { return combiners[ranking.TypeFold(project)] }
			var asked []askedType
			types.Asked = func(q ranking.TypeQuestion, path string, s typeinfer.Suggestion, answer string) {
				asked = append(asked, askedType{path, s.Symbol, q, answer, s.Candidates})
			}
			var questions []ranking.TypeQuestion
			err = eachPath(cmd.Context(), args, "asking for types", load, func(sources []evaluate.Source) error {
				list, err := evaluate.TypeQuestions(cmd.Context(), m, sources, types)
				if errors.Is(err, evaluate.ErrNothingToAsk) {
					return nil
				}
				questions = append(questions, list...)
				return err
			})
			if err != nil {
				return err
			}
			if cases != "" {
				if err := writeFile(cases, func(w io.Writer) error { return printJSONLines(w, asked) }); err != nil {
					return err
				}
			}
			fitted, err := ranking.FitTypes(questions, rules, log)
			if err != nil {
				return err
			}
			return writeFile(out, func(w io.Writer) error {
				enc := json.NewEncoder(w)
				enc.SetIndent("", " ")
				return enc.Encode(fitted)
			})
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "the `FILE` to write the table to")
	f.StringVar(&cases, "cases", "", "write what was asked, with the answers, to this `FILE`, one JSON object per line")
	f.Float64Var(&rules.Precision, "right", 0.9, "the share of what is shown that must be right")
	f.IntVar(&rules.Sites, "sites", 30, "how many sites must lie above a threshold")
	f.IntVar(&rules.Projects, "projects", 6, "of how many projects they must be")
	questionsFlag(cmd, &table)
	filesFlag(cmd, &load)
	f.IntVar(&opts.PerClass, "per-class", 16, "where --questions are to be asked: annotations of each language and kind of site below each path that forests are fitted on")
	f.IntVar(&types.PerFile, "per-file", 4, "sites of a kind in a file that thresholds are chosen on")
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
