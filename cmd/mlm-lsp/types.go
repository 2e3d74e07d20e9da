package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"mlm-lsp/internal/generated"
	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
	"mlm-lsp/training/corpus"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// typesFlags are what types is told.
type typesFlags struct {
	model  modelFlags
	format string
	all    bool
	write  bool
	diff   bool
	ask    bool
}

// newTypes returns the command that suggests types.
func newTypes() *cobra.Command {
	var flags typesFlags
	cmd := &cobra.Command{
		Use:   "types PATH...",
		Short: "Suggest types where none are written",
		Long: `Suggest types for parameters, results, variables and fields that have none, in Python and TypeScript, and in JavaScript as JSDoc, in files and below directories (.gitignore is
honoured). Only what is sure enough is shown: nine of ten were right where people's own annotations were taken out and asked for. --all shows every site with its ranking, and asks
for the annotations that are there, too, as if they were not.

--write puts what is sure enough into the files, with the imports that it needs; --diff shows what that would change. Nothing that is written is ever changed.

Exits with 1 when it suggests something to be written; after --write with 0.`,
		Example: `  mlm-lsp types src
  mlm-lsp types --diff src/cart.py     what --write would do
  mlm-lsp types --write src`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return runTypes(cmd, &flags, args) },
	}
	flags.model.add(cmd)
	cmd.Flags().StringVar(&flags.format, "format", "text", "text or json")
	cmd.Flags().BoolVar(&flags.all, "all", false, "every site with its ranking, those that carry an annotation included")
	cmd.Flags().BoolVar(&flags.write, "write", false, "write what is suggested into the files")
	cmd.Flags().BoolVar(&flags.ask, "ask", false, "have the model rank, too, where the forests are undecided: much slower, and no better on people's own annotations")
	cmd.Flags().BoolVar(&flags.diff, "diff", false, "show what --write would change, as a patch")
	return cmd
}

// typed is a line of --format json.
type typed struct {
	Path     string `json:"path"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Symbol   string `json:"symbol"`
	Kind     string `json:"kind"`
	Existing string `json:"existing"`
	// Inferred: checkers know it; it is shown, and not written.
	Inferred    bool            `json:"inferred"`
	Suggestions []typeCandidate `json:"suggestions"`
	Reported    bool            `json:"reported"`
	// Edits are what would write the first suggestion, with what it needs to be imported; none where something is written already.
	Edits []typeEdit `json:"edits"`
}

// typeEdit replaces bytes of the file; they are counted from 0.
type typeEdit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
}

type typeCandidate struct {
	Text        string   `json:"text"`
	Probability float64  `json:"probability"`
	Evidence    []string `json:"evidence"`
}

func (f *typesFlags) check() error {
	switch {
	case f.format != "text" && f.format != "json":
		return usageError{fmt.Errorf("--format %q: it is text or json", f.format)}
	case f.write && f.all:
		return usageError{errors.New("--write with --all: only what is sure enough is written; leave out --all")}
	case f.diff && (f.all || f.format != "text"):
		return usageError{errors.New("--diff with --all or --format: a patch has one format; leave them out")}
	}
	return nil
}

func runTypes(cmd *cobra.Command, flags *typesFlags, args []string) error {
	if err := flags.check(); err != nil {
		return err
	}
	ctx := cmd.Context()
	paths, err := corpus.Sources(ctx, args)
	if err != nil {
		return err
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return !slices.Contains(typeinfer.Languages(), treesitter.LanguageOf(path)) })
	files := newChecker(suspect.Options{})
	files.unwanted = settings.Settings.Untyped
	if err := files.add(paths); err != nil {
		return err
	}
	if len(files.targets) == 0 {
		files.tell(os.Stderr)
		return nil
	}
	opts := typeinfer.Options{All: flags.all, Ask: flags.ask}
	var m model.Predictor
	if flags.ask {
		opened, err := flags.model.open(ctx)
		if err != nil {
			return err
		}
		defer opened.Close()
		m = opened
	} else if err := flags.tables(&opts); err != nil {
		return err
	}
	show := newProgress("asking", "files")
	defer show.finish()
	some := false
	var failed []error // a file that cannot be read or written does not keep the others from it
	for i, t := range files.targets {
		shown, err := suggestTypes(ctx, cmd.OutOrStdout(), m, files, t.path, flags, opts)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err != nil {
			failed = append(failed, err)
		}
		some = some || shown
		show.set(i+1, len(files.targets))
	}
	show.finish()
	files.tell(os.Stderr)
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if some && !flags.write {
		return errFindings
	}
	return nil
}

// tables has types ranked by what stands in the bundle beside the model, which is not opened: that takes longer than a file.
func (f *typesFlags) tables(opts *typeinfer.Options) error {
	b, err := f.model.openBundle()
	if err != nil {
		return err
	}
	info, err := model.Tables(b)
	if err = errors.Join(err, b.Close()); err != nil {
		return err
	}
	opts.Corpus = info.NGrams
	opts.Combiner, err = gap.CombinerIn(info)
	return err
}

// suggestTypes tells of one file, and writes into it if that is wanted.
func suggestTypes(ctx context.Context, w io.Writer, m model.Predictor, files *checker, path string, flags *typesFlags, opts typeinfer.Options) (shown bool, err error) {
	text, err := readInput(path)
	if err != nil {
		return false, err
	}
	language := treesitter.LanguageOfText(path, text)
	if generated.By(text, language) {
		files.pass("generated")
		return false, nil
	}
	around, err := files.around.of(ctx, path)
	if err != nil {
		return false, err
	}
	known, file, err := files.around.index(ctx, path, typeinfer.Languages())
	if err != nil {
		return false, err
	}
	f := treesitter.Parse(language, text)
	opts.Around, opts.Origins = around, typeinfer.FromIndex(known, language, file)
	if opts.Oldest = 0; language == "python" {
		opts.Oldest = settings.OldestPython(file)
	}
	list, err := typeinfer.Suggest(ctx, m, f, opts)
	if err != nil {
		return false, fmt.Errorf("suggesting types for %s: %w", path, err)
	}
	if !flags.all {
		list = slices.DeleteFunc(list, func(s typeinfer.Suggestion) bool { return !s.Shown || flags.write && s.Inferred })
	}
	// What checkers infer themselves is shown, and is nothing that is left to be written.
	shown = slices.ContainsFunc(list, func(s typeinfer.Suggestion) bool { return s.Shown && !s.Inferred })
	if flags.diff || flags.write {
		var picks []typeinfer.Pick
		for _, s := range list {
			if s.Inferred {
				continue // checkers know it: what is written there is for who asks for it
			}
			picks = append(picks, typeinfer.Pick{Site: s.Site, Candidate: s.Candidates[0]})
		}
		after := typeinfer.Apply(text, typeinfer.Edits(f, picks))
		if flags.diff {
			if _, err := w.Write(diff.Diff(path, text, path, after)); err != nil {
				return shown, err
			}
		}
		if flags.write && !bytes.Equal(after, text) {
			if err := files.around.was(path, text); err != nil {
				return shown, err
			}
			err := writeFile(path, func(w io.Writer) error {
				_, err := w.Write(after)
				return err
			})
			if err != nil {
				return shown, err
			}
		}
		if flags.diff {
			return shown, nil
		}
	}
	lines, writer := newLineIndex(text), typeinfer.NewWriter(f)
	out := make([]typed, len(list))
	for i, s := range list {
		at := s.Name.Start
		if s.Name.Len() == 0 {
			at = s.At
		}
		t := typed{Path: path, Symbol: s.Symbol, Kind: s.Kind, Existing: s.Existing, Inferred: s.Inferred, Reported: s.Shown, Suggestions: []typeCandidate{}, Edits: []typeEdit{}}
		if flags.format == "json" && len(s.Candidates) > 0 {
			for _, e := range writer.Edits([]typeinfer.Pick{{Site: s.Site, Candidate: s.Candidates[0]}}) {
				t.Edits = append(t.Edits, typeEdit{e.Span.Start, e.Span.End, e.Text})
			}
		}
		t.Line, t.Column = lines.position(at)
		for _, c := range s.Candidates {
			evidence := c.Evidence
			if evidence == nil {
				evidence = []string{}
			}
			t.Suggestions = append(t.Suggestions, typeCandidate{c.Type, c.Probability, evidence})
		}
		out[i] = t
	}
	if flags.format == "json" {
		return shown, printJSONLines(w, out)
	}
	for _, t := range out {
		if err := printTyped(w, t); err != nil {
			return shown, err
		}
	}
	return shown, nil
}

// printTyped writes a site on a line: with --all, all candidates.
func printTyped(w io.Writer, t typed) error {
	var texts []string
	for _, c := range t.Suggestions {
		texts = append(texts, fmt.Sprintf("%s %.0f%%", c.Text, 100*c.Probability))
	}
	what := strings.Join(texts, ", ")
	if t.Reported {
		c := t.Suggestions[0]
		what = fmt.Sprintf("%s (%.0f%%)", c.Text, 100*c.Probability)
		if len(c.Evidence) > 0 {
			what += ": " + strings.Join(c.Evidence, ", ")
		}
		if t.Inferred {
			what += " (checkers infer it: not written)"
		}
	} else if what == "" {
		what = "nothing is known"
	} else {
		what = "not shown: " + what
	}
	existing := ""
	if t.Existing != "" {
		existing = " (is " + t.Existing + ")"
	}
	_, err := fmt.Fprintf(w, "%s:%d:%d: %s %s%s: %s\n", t.Path, t.Line, t.Column, t.Kind, t.Symbol, existing, what)
	return err
}
