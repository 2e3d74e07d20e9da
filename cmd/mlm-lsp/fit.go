package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/corpus"
	"mlm-lsp/training/evaluate"
	"mlm-lsp/training/fixes"
	"mlm-lsp/training/ranking"
	"mlm-lsp/treesitter"
)

// newFit returns the command that fits what check judges with.
func newFit() *cobra.Command {
	var flags modelFlags
	var opts ranking.Options
	var budget ranking.Budget
	var load evaluate.LoadOptions
	var fixFiles, clean, notIn []string
	var out, into, lexicon, types, table, repos string
	var withoutModel bool
	var largest int
	cmd := &cobra.Command{
		Use:   "fit (--fixes FILE... (--out FILE | --into BUNDLE) | --lexicon FILE PATH... | --typings FILE PATH...)",
		Short: "Fit what check judges with",
		Long: `Fit the forests that check judges with, from fixes that people made (train --fixes mines them), and the thresholds from which on it reports, from
files that are right (--clean). A mistake is planted in each fixed file, and a name misspelt, too: what is reported is chosen with those as well. A fifth of the fixes'
repositories is held out; what is reached on them is shown. --into writes the result into a bundle,
for the model of which it was then fitted.

With --lexicon the members that people use on receivers of a name are counted in the files below the paths, one project a directory, and written for the program
to be built with; with --typings the types that they annotate with, beside what stands around them.`,
		Args: usage(func(cmd *cobra.Command, args []string) error {
			count := lexicon != "" || types != ""
			switch {
			case lexicon != "" && types != "":
				return errors.New("name either --lexicon or --typings")
			case count && len(args) == 0:
				return errors.New("--lexicon, --typings: name the directories to count in")
			case !count && len(args) > 0:
				return errors.New("paths are for --lexicon and --typings; name right files with --clean")
			case !count && len(fixFiles) == 0:
				return errors.New("name the fixes with --fixes")
			case !count && (out == "") == (into == ""):
				return errors.New("name either --out or --into")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case lexicon != "":
				c := ranking.NewCounter()
				if err := count(cmd, args, notIn, nil, c.Add); err != nil {
					return err
				}
				return writeLexicons(lexicon, c.Lexicons())
			case types != "":
				c := ranking.NewTypeCounter()
				if err := count(cmd, args, notIn, []string{"javascript"}, c.Add); err != nil { // it has no annotations
					return err
				}
				return writeLexicons(types, c.Lexicons())
			}
			train, held, err := readFixes(fixFiles, repos, largest)
			if err != nil {
				return err
			}
			if into != "" {
				flags.bundle = into
			}
			if !withoutModel {
				m, err := flags.open(cmd.Context())
				if err != nil {
					return err
				}
				defer m.Close()
				opts.Model, opts.Corpus = m, m.Info().NGrams
			}
			show := newProgress("reading", "files")
			defer show.finish()
			opts.Progress = show.set
			opts.Log = func(line string) {
				show.finish()
				fmt.Fprintln(cmd.ErrOrStderr(), line)
			}
			t, err := fitOrRead(cmd.Context(), table, withPlanted(train, opts.Seed), opts)
			if err != nil {
				return err
			}
			if len(clean) > 0 {
				sources, err := evaluate.Load(cmd.Context(), clean, load)
				if err != nil {
					return err
				}
				var right []ranking.Right
				for _, s := range sources {
					right = append(right, ranking.Right{Project: s.Project, File: s.File, Around: s.Around})
				}
				if err := ranking.Thresholds(cmd.Context(), t, right, withPlanted(held, opts.Seed), budget, opts); err != nil {
					return err
				}
			}
			if into != "" {
				return writeTable(into, t)
			}
			return writeFile(out, func(w io.Writer) error { return json.NewEncoder(w).Encode(t) })
		},
	}
	cmd.AddCommand(newFitComplete(), newFitInline(), newFitTypes())
	flags.add(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&fixFiles, "fixes", nil, "`FILE`s of fixes with their texts")
	f.StringVar(&repos, "repos", "", "the `DIR`ectory of clones of the fixes' repositories, as far as there are any: what their other files say is learnt from, too")
	f.StringSliceVar(&clean, "clean", nil, "`PATH`s of release-grade files that the model was not trained on")
	f.IntVar(&load.Files, "clean-files", 100000, "how many of them to draw for each language")
	f.StringVar(&out, "out", "", "the `FILE` to write the table to")
	f.StringVar(&into, "into", "", "the `BUNDLE` to write the table into")
	f.StringVar(&table, "table", "", "take the table in this `FILE` and fit its thresholds alone")
	f.BoolVar(&withoutModel, "without-model", false, "fit for checks that ask no model")
	f.IntVar(&opts.Others, "others", 0, "sites beside the mistake that are looked at in each file (default 24)")
	f.IntVar(&largest, "largest", 40000, "leave out fixes of files of more bytes")
	f.Float64Var(&budget.PerThousandLines, "per-thousand-lines", 0, "reports that there may be on 1,000 right lines (default 0.5)")
	f.Float64Var(&budget.Functions, "functions", 0, "the share of right functions that may hold a report when quiet (default 0.001)")
	f.Float64Var(&budget.Misspelt, "misspelt", 0, "the share of those reports that may be of misspelt names (default 0.2)")
	f.Uint64Var(&opts.Seed, "seed", 0, "seed of all draws")
	f.StringVar(&lexicon, "lexicon", "", "count members and write them to this `FILE`")
	f.StringVar(&types, "typings", "", "count types and write them to this `FILE`")
	f.StringSliceVar(&notIn, "not-in", nil, "with --lexicon and --typings: `DIR`s whose directories name projects to leave out, as those that fit complete asks about")
	return cmd
}

// fitOrRead fits a table, or reads one.
func fitOrRead(ctx context.Context, path string, train []ranking.Example, opts ranking.Options) (*rank.Table, error) {
	if path == "" {
		return ranking.Fit(ctx, train, opts)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	return rank.Parse(text, suspect.Inputs())
}

// withPlanted adds to each example its file with a planted mistake and with a misspelt name: behind it, since what stands around is the same.
func withPlanted(list []ranking.Example, seed uint64) []ranking.Example {
	var out []ranking.Example
	for i, x := range list {
		out = append(out, x)
		sources := []evaluate.Source{{Project: x.Repo, Path: x.Repo, File: treesitter.Parse(x.Language, x.After)}}
		for _, b := range append(evaluate.Mutants(sources, 1, seed+uint64(i)), evaluate.Misspellings(sources, 1, seed+uint64(i))...) {
			out = append(out, ranking.Example{
				Repo: x.Repo, Language: x.Language, Around: x.Around, Before: b.Before, After: b.After, At: b.At, Old: b.Old, New: b.New, Planted: true, Misspelt: b.Kind == "misspelt",
			})
		}
	}
	return out
}

// readFixes reads fixes and parts those to fit on from those held out. Those of evaluation projects and of large files are left out, and
// those of a name that stands nowhere else and is not merely misspelt: most are of an interface that is used otherwise than the file shows.
func readFixes(paths []string, repos string, largest int) (train, held []ranking.Example, err error) {
	clones := evaluate.NewClones(repos)
	for _, path := range paths {
		list, err := fixes.Read(path)
		if err != nil {
			return nil, nil, err
		}
		for i := range list {
			x := &list[i]
			if len(x.Before) > largest || x.Before == "" || x.Misspelt() && names.SlipOf(x.Old, x.New) == names.NoSlip || corpus.EvaluationProject(x.Repo, "") != "" {
				continue
			}
			at, err := x.Offset(x.Before)
			if err != nil {
				return nil, nil, err
			}
			example := ranking.Example{Repo: x.Repo, Language: x.Language(), Before: []byte(x.Before), After: []byte(x.After), At: at, Old: x.Old, New: x.New, Misspelt: x.Misspelt()}
			if repos != "" {
				repo, commit, path := x.Repo, x.Parent, x.Path
				example.Around = func(ctx context.Context) (*project.View, error) { return clones.Around(ctx, repo, commit, path) }
			}
			if fixes.HeldOut(x.Repo) {
				held = append(held, example)
			} else {
				train = append(train, example)
			}
		}
	}
	if len(train) == 0 {
		return nil, nil, errors.New("fitting: the files hold no fixes with texts: mine them with `mlm-lsp train --fixes`")
	}
	return train, held, nil
}

// writeTable puts a table into a bundle.
func writeTable(dir string, t *rank.Table) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("writing the table into %s: %w", dir, err)
	}
	return bundle.ChangeMeta(dir, func(meta *bundle.Meta) { meta.Rank = text })
}

// filesOfProject bounds what is read of one project, so that a large one is not the whole count.
const filesOfProject = 120

// count gives add the files below the roots; each directory right below a root is a project, and those that a directory of notIn holds as well are left out, as are the languages of but.
func count(cmd *cobra.Command, roots, notIn, but []string, add func(project string, f *treesitter.File)) error {
	left := map[string]bool{}
	for _, dir := range notIn {
		list, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("counting: %w", err)
		}
		for _, entry := range list {
			left[entry.Name()] = true
		}
	}
	for _, root := range roots {
		projects, err := os.ReadDir(root)
		if err != nil {
			return fmt.Errorf("counting: %w", err)
		}
		for _, project := range projects {
			if !project.IsDir() || left[project.Name()] || corpus.EvaluationProject(project.Name(), "") != "" {
				continue
			}
			paths, err := corpus.Sources(cmd.Context(), []string{filepath.Join(root, project.Name())})
			if err != nil {
				return err
			}
			n := 0
			for _, path := range paths {
				if n == filesOfProject || corpus.Vendored(path) || slices.Contains(but, treesitter.LanguageOf(path)) {
					continue
				}
				f, err := readSource(path, "")
				if err != nil {
					return err
				}
				if corpus.Judge(path, f.Text, f.Language) == "" {
					add(project.Name(), f)
					n++
				}
			}
		}
	}
	return nil
}

// writeLexicons writes what was counted as the program is built with it.
func writeLexicons[L any](out string, lexicons map[string]L) error {
	return writeFile(out, func(w io.Writer) error {
		zip, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		return errors.Join(json.NewEncoder(zip).Encode(lexicons), zip.Close())
	})
}
