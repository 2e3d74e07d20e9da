package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/corpus"
	"mlm-lsp/training/evaluate"
	"mlm-lsp/training/ranking"
)

// newFitComplete returns the command that fits what completions are ranked with.
func newFitComplete() *cobra.Command {
	var flags modelFlags
	var opts evaluate.QuestionOptions
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
			for _, group := range opts.Groups {
				if !slices.Contains(gap.Groups(), group) {
					return fmt.Errorf("--groups %s: they are %s", group, strings.Join(gap.Groups(), ", "))
				}
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
				load.Seed = opts.Seed
				sources, err := loadToFit(cmd.Context(), args, load)
				if err != nil {
					return err
				}
				show := newProgress("asking", "questions")
				defer show.finish()
				opts.Progress = show.set
				if questions, err = evaluate.Questions(cmd.Context(), m, sources, opts); err != nil {
					return err
				}
				show.finish()
				if table != "" {
					if err := writeFile(table, func(w io.Writer) error { return ranking.WriteQuestions(w, questions) }); err != nil {
						return err
					}
				}
			}
			c, err := ranking.FitCombiner(questions, ranking.CombinerOptions{Seed: opts.Seed, Groups: opts.Groups, Log: func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) }})
			if err != nil {
				return err
			}
			if opts.Groups != nil {
				if err := keepOthers(c, out, into); err != nil {
					return err
				}
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
	f.StringSliceVar(&opts.Groups, "groups", nil, "fit these groups of gaps alone, and keep the forests that the others have ("+strings.Join(gap.Groups(), ", ")+"; default: all)")
	f.IntVar(&load.Files, "files", 200, "how many files of each language to draw; projects take turns")
	f.IntVar(&opts.PerClass, "per-class", 0, "questions of each language and class, and three times as many completions of each language (default 110)")
	f.Uint64Var(&opts.Seed, "seed", 0, "seed of all draws")
	return cmd
}

// sureEnough checks the arguments of a command that chooses from which probability on something is shown: precision is --right, out is --out.
func sureEnough(precision *float64, out *string) cobra.PositionalArgs {
	return usage(func(cmd *cobra.Command, args []string) error {
		if *precision <= 0 || *precision >= 1 {
			return fmt.Errorf("--right %v: it is a share between 0 and 1", *precision)
		}
		if *out == "" {
			return errors.New("name --out")
		}
		return cobra.MinimumNArgs(1)(cmd, args)
	})
}

// loadToFit is evaluate.Load without what belongs to evaluation projects.
func loadToFit(ctx context.Context, paths []string, opts evaluate.LoadOptions) ([]evaluate.Source, error) {
	sources, err := evaluate.Load(ctx, paths, opts)
	return slices.DeleteFunc(sources, func(s evaluate.Source) bool {
		relative, err := filepath.Rel(filepath.Dir(s.Project), s.Path)
		return err != nil || corpus.EvaluationProject(filepath.Base(s.Project), filepath.ToSlash(relative)) != ""
	}), err
}

// keepOthers gives a combiner the forests that it lacks of the one in its place: in the file, or in the bundle.
func keepOthers(c *rank.Combiner, out, into string) error {
	const task = "keeping the forests of other groups"
	var text []byte
	if into == "" {
		var err error
		if text, err = os.ReadFile(out); err != nil {
			return fmt.Errorf("%s: %w: fit all groups first", task, err)
		}
	} else {
		b, err := bundle.Open(into)
		if err != nil {
			return err
		}
		text = b.Meta.Combiner
	}
	present := rank.DefaultCombiner()
	if len(text) > 0 {
		var err error
		if present, err = rank.ParseCombiner(text, gap.Inputs()); err != nil {
			return fmt.Errorf("%s: %w", task, err)
		}
	}
	for group, f := range present.Static {
		if c.Static[group] == nil {
			c.Static[group] = f
		}
	}
	for group, f := range present.Full {
		if c.Full[group] == nil {
			c.Full[group] = f
		}
	}
	return nil
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
