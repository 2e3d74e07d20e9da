package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"mlm-lsp/model/bundle"
	"mlm-lsp/training/corpus"
	"mlm-lsp/training/evaluate"
	"mlm-lsp/training/ranking"
)

// newFitComplete returns the command that fits what completions are ranked with.
func newFitComplete() *cobra.Command {
	var flags modelFlags
	var common evaluate.Common
	var load evaluate.LoadOptions
	var out, into, table string
	cmd := &cobra.Command{
		Use:   "complete PATH... (--out FILE | --into BUNDLE)",
		Short: "Fit what completions are ranked with",
		Long: `Fit the forests that completions are ranked with, for a model: tokens are taken out of the files below the paths, and everything that is known of what may
stand there is put beside what did. The projects should be ones that the model has not learnt from, or it is believed too much; evaluation projects are left out.
One of six projects is held out; what is reached on those is shown.`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			if (out == "") == (into == "") {
				return errors.New("name either --out or --into")
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			if into != "" {
				flags.bundle = into
			}
			questions, err := readQuestions(table)
			if err != nil {
				return err
			}
			if questions == nil {
				m, err := flags.open(cmd.Context())
				if err != nil {
					return err
				}
				defer m.Close()
				load.Seed = common.Seed
				sources, err := evaluate.Load(cmd.Context(), args, load)
				if err != nil {
					return err
				}
				sources = slices.DeleteFunc(sources, func(s evaluate.Source) bool {
					relative, err := filepath.Rel(filepath.Dir(s.Project), s.Path)
					return err != nil || corpus.EvaluationProject(filepath.Base(s.Project), filepath.ToSlash(relative)) != ""
				})
				show := newProgress("asking", "questions")
				defer show.finish()
				common.Progress = show.set
				if questions, err = evaluate.Questions(cmd.Context(), m, sources, common); err != nil {
					return err
				}
				show.finish()
				if table != "" {
					if err := writeFile(table, func(w io.Writer) error { return ranking.WriteQuestions(w, questions) }); err != nil {
						return err
					}
				}
			}
			c, err := ranking.FitCombiner(questions, ranking.CombinerOptions{Seed: common.Seed, Log: func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) }})
			if err != nil {
				return err
			}
			if into == "" {
				return writeFile(out, func(w io.Writer) error { return json.NewEncoder(w).Encode(c) })
			}
			text, err := json.Marshal(c)
			if err != nil {
				return fmt.Errorf("writing the combiner: %w", err)
			}
			return bundle.ChangeMeta(into, func(meta *bundle.Meta) { meta.Combiner = text })
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "the `FILE` to write the forests to")
	f.StringVar(&into, "into", "", "the `BUNDLE` to write the forests into; it is also the model that is asked")
	f.StringVar(&table, "questions", "", "keep the answered questions in this `FILE`; if it is there, fit on them and ask nothing")
	f.IntVar(&load.Files, "files", 200, "how many files of each language to draw; projects take turns")
	f.IntVar(&common.PerClass, "per-class", 0, "questions of each language and class, and three times as many completions of each language (default 110)")
	f.Uint64Var(&common.Seed, "seed", 0, "seed of all draws")
	return cmd
}

// readQuestions reads the questions of an earlier run; nil when there are none.
func readQuestions(path string) ([]ranking.Question, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading questions: %w", err)
	}
	defer file.Close()
	return ranking.ReadQuestions(file)
}
