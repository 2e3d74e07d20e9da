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
			questions, err := askToFit(cmd, args, &flags, load, opts, table)
			if err != nil {
				return err
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
	questionsFlag(cmd, &table)
	f.StringSliceVar(&opts.Groups, "groups", nil, "fit these groups of gaps alone, and keep the forests that the others have ("+strings.Join(gap.Groups(), ", ")+"; default: all)")
	filesFlag(cmd, &load)
	f.IntVar(&opts.PerClass, "per-class", 4, "questions of each language and class below each path, and three times as many completions of each language")
	f.Uint64Var(&opts.Seed, "seed", 0, "seed of all draws")
	return cmd
}

func questionsFlag(cmd *cobra.Command, table *string) {
	cmd.Flags().StringVar(table, "questions", "", "keep the answered questions in this `FILE`; if it is there, fit on them and ask nothing")
}

func filesFlag(cmd *cobra.Command, load *evaluate.LoadOptions) {
	cmd.Flags().IntVar(&load.Files, "files", 12, "how many files of each language to draw below each path; projects take turns")
}

// askToFit asks the questions that forests are fitted on, one path after the other, so that the files of one alone are held; or reads those of an earlier run.
func askToFit(cmd *cobra.Command, paths []string, flags *modelFlags, load evaluate.LoadOptions, opts evaluate.QuestionOptions, table string) ([]ranking.Question, error) {
	load.Seed = opts.Seed
	questions, err := readQuestions(table)
	if err != nil || questions != nil {
		return questions, err
	}
	m, err := flags.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer m.Close()
	err = eachPath(cmd.Context(), paths, "asking", load, func(sources []evaluate.Source) error {
		list, err := evaluate.Questions(cmd.Context(), m, sources, opts)
		if errors.Is(err, evaluate.ErrNothingToAsk) {
			return nil
		}
		questions = append(questions, list...)
		return err
	})
	if err != nil {
		return nil, err
	}
	if table != "" {
		err = writeFile(table, func(w io.Writer) error { return ranking.WriteQuestions(w, questions) })
	}
	return questions, err
}

// eachPath draws files below one path after the other, without what belongs to evaluation projects; paths without any are passed over.
func eachPath(ctx context.Context, paths []string, what string, load evaluate.LoadOptions, do func(sources []evaluate.Source) error) error {
	show := newProgress(what, "paths")
	defer show.finish()
	for i, path := range paths {
		show.set(i, len(paths))
		sources, err := loadToFit(ctx, []string{path}, load)
		if errors.Is(err, evaluate.ErrNothingToAsk) || err == nil && len(sources) == 0 {
			continue
		}
		if err == nil {
			err = do(sources)
		}
		if err != nil {
			return err
		}
	}
	return nil
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
