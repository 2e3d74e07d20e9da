package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/training/evaluate"
	"mlm-lsp/treesitter"
)

// newEval returns the commands that measure a model.
func newEval() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure models on code that they were not trained on",
		Long: `Measure models on code that they were not trained on, beside baselines on the same cases. With --model given more than
once every model answers the same cases, and the table has the differences with paired 95% intervals.

The cases are a function of the files and of --seed. Figures are per cent, in brackets the 95% interval. --format markdown writes a summary and all rows,
--format json an object per row, --report a page with plots, --cases what every system made of every case.`,
		Example: `  mlm-lsp eval cloze ~/src/project                       the embedded model on a project
  mlm-lsp eval complete --model my.bundle --model default . a model of one's own beside it
  mlm-lsp eval types . --report types.html --per-class 100`,
	}
	group(cmd)
	cmd.AddCommand(newEvalCloze(), newEvalComplete(), newEvalInline(), newEvalTypes(), newEvalProbes(), newEvalBugs(), newEvalAlarms(), newEvalAnnotations())
	return cmd
}

// evalFlags are the flags of every evaluation.
type evalFlags struct {
	model     modelFlags // all but the bundle
	bundles   []string
	common    evaluate.Common
	load      evaluate.LoadOptions
	ngrams    string
	format    string
	report    string
	casesFile string
}

var evalFormats = map[string]func(evaluate.Result, io.Writer) error{
	"text":     evaluate.Result.Print,
	"markdown": evaluate.Result.Markdown,
	"json":     evaluate.Result.JSON,
}

func (f *evalFlags) add(cmd *cobra.Command) {
	f.model.addDevice(cmd)
	cmd.Flags().Lookup("precision").Usage = "auto, int8 or fp32; more than one (fp32,int8) are compared"
	cmd.Flags().StringArrayVar(&f.bundles, "model", nil, "a model's `[NAME=]BUNDLE` directory; more than one are compared (default: the embedded model)")
	cmd.Flags().IntVar(&f.common.PerClass, "per-class", 0, "cases of each language and class (default: what takes a minute or two)")
	cmd.Flags().Uint64Var(&f.common.Seed, "seed", 0, "seed of all draws")
	cmd.Flags().StringVar(&f.ngrams, "ngram", "", "a `FILE` of mlm-lsp ngram: the n-grams of a corpus answer, too")
	cmd.Flags().StringVar(&f.format, "format", "text", "text (a summary), json (every row, an object per line) or markdown (both)")
	cmd.Flags().StringVar(&f.report, "report", "", "also write a page with plots to this `FILE`")
	cmd.Flags().StringVar(&f.casesFile, "cases", "", "also write every case to this `FILE`, an object per line")
}

// addSources adds the flags of evaluations that read files.
func (f *evalFlags) addSources(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.load.Files, "files", 60, "how many files of each language to draw; projects take turns")
	cmd.Flags().StringSliceVar(&f.load.Languages, "lang", nil, "only files in these languages")
}

// run loads the files below the paths (none: the task has its own cases), opens the models, evaluates and shows the result.
func (f *evalFlags) run(cmd *cobra.Command, paths []string, task func(ctx context.Context, subjects []evaluate.Subject, sources []evaluate.Source) (evaluate.Result, error)) (err error) {
	write, ok := evalFormats[f.format]
	if !ok {
		return usageError{fmt.Errorf("--format %q: it is text, json or markdown", f.format)}
	}
	if err := f.check(); err != nil {
		return err
	}
	if f.ngrams != "" {
		if f.common.NGrams, err = ngram.ReadFile(f.ngrams); err != nil {
			return err
		}
	}
	var sources []evaluate.Source
	if len(paths) > 0 {
		f.load.Seed = f.common.Seed
		if sources, err = evaluate.Load(cmd.Context(), paths, f.load); err != nil {
			return err
		}
	}
	subjects, closeAll, err := f.open(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	show := newProgress("asking", "cases")
	defer show.finish()
	f.common.Progress = show.set
	result, err := task(cmd.Context(), subjects, sources)
	if err != nil {
		return err
	}
	show.finish()
	if f.casesFile != "" {
		if err := writeFile(f.casesFile, result.CasesJSON); err != nil {
			return err
		}
	}
	if f.report != "" {
		if err := writeFile(f.report, result.HTML); err != nil {
			return err
		}
	}
	return write(result, cmd.OutOrStdout())
}

// check finds what would fail after minutes of work, or mean nothing.
func (f *evalFlags) check() error {
	if f.common.PerClass < 0 {
		return usageError{fmt.Errorf("--per-class %d: it is a number of cases", f.common.PerClass)}
	}
	if f.load.Files < 0 {
		return usageError{fmt.Errorf("--files %d: it is a number of files", f.load.Files)}
	}
	for _, language := range f.load.Languages {
		if !slices.Contains(treesitter.Languages(), language) {
			return usageError{fmt.Errorf("--lang: unknown language %q: it is one of %s", language, strings.Join(treesitter.Languages(), ", "))}
		}
	}
	for _, path := range []string{f.report, f.casesFile} {
		if path == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		} else if !info.IsDir() {
			return fmt.Errorf("writing %s: %s is no directory", path, filepath.Dir(path))
		}
	}
	return nil
}

// open opens the models, each under a name of its own.
func (f *evalFlags) open(ctx context.Context) ([]evaluate.Subject, func() error, error) {
	bundles := f.bundles
	if len(bundles) == 0 {
		bundles = []string{""}
	}
	lib, err := findLibrary(ctx, f.model.library)
	if err != nil {
		return nil, nil, err
	}
	var subjects []evaluate.Subject
	var open []*model.Model
	closeAll := func() (err error) {
		for _, m := range open {
			err = errors.Join(err, m.Close())
		}
		return err
	}
	precisions := strings.Split(f.model.precision, ",")
	for _, bundle := range bundles {
		name, dir := bundleName(bundle)
		for _, precision := range precisions {
			name := name
			switch {
			case len(precisions) > 1 && len(bundles) > 1:
				name += " " + precision
			case len(precisions) > 1:
				name = precision
			}
			for slices.ContainsFunc(subjects, func(s evaluate.Subject) bool { return s.Name == name }) {
				name += "'"
			}
			flags := f.model
			flags.bundle, flags.precision = dir, precision
			m, err := flags.openWith(lib)
			if err != nil {
				return nil, nil, errors.Join(err, closeAll())
			}
			open = append(open, m)
			subjects = append(subjects, evaluate.Subject{Name: name, Asker: m, Pointer: m.Info().Pointer})
		}
	}
	return subjects, closeAll, nil
}

// bundleName takes [NAME=]BUNDLE apart. A directory whose own name holds "=" is taken as it is.
func bundleName(arg string) (name, dir string) {
	if arg == "" {
		return "default", ""
	}
	if _, err := os.Stat(arg); err != nil {
		if name, dir, ok := strings.Cut(arg, "="); ok && name != "" {
			if dir == "default" {
				dir = ""
			}
			return name, dir
		}
	}
	return filepath.Base(filepath.Clean(arg)), arg
}
