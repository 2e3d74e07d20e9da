package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/corpus"
)

// checkFormats are the values of check's --format.
var checkFormats = []string{"text", "json", "sarif", "github"}

// checkFlags are what check is told.
type checkFlags struct {
	model         modelFlags
	format        string
	all           bool
	sensitivity   string // "": the project's
	baseline      string
	writeBaseline bool
	diff          string
	types         bool
	stdinName     string
}

// newCheck returns the command that looks for suspicious tokens.
func newCheck() *cobra.Command {
	var flags checkFlags
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Look for tokens that look wrong",
		Long: `Look for names, attributes and operators that look wrong where they stand, in files and below directories
(.gitignore is honoured). Generated files and those that the project's .mlm-lsp.toml excludes are passed over.
A comment "mlm-lsp: ignore" on a line, or alone on the line before, silences it.

Exits with 1 when it reports something.`,
		Example: `  mlm-lsp check .
  mlm-lsp check --diff origin/main                    what this branch changed, and nothing else
  mlm-lsp check --stdin-filename src/cart.ts <buffer  a text that is not saved
  mlm-lsp check --baseline known.json --write-baseline .`,
		Args: usage(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, args []string) error { return runCheck(cmd, &flags, args) },
	}
	flags.model.add(cmd)
	cmd.Flags().StringVar(&flags.format, "format", "text", "text, json, sarif or github")
	cmd.Flags().BoolVar(&flags.all, "all", false, "every site that was scored, not only what is suspicious enough")
	cmd.Flags().StringVar(&flags.sensitivity, "sensitivity", "", "how readily is reported: normal or quiet (default: the project's, or normal)")
	cmd.Flags().StringVar(&flags.baseline, "baseline", "", "a `FILE` of known findings, which are left out (default: the project's, as diagnostics.baseline says)")
	cmd.Flags().BoolVar(&flags.writeBaseline, "write-baseline", false, "write the findings to the baseline instead of showing them")
	cmd.Flags().StringVar(&flags.diff, "diff", "", "only lines that changed since the commit `REV`, or where this branch left it; PATH is . by default")
	cmd.Flags().BoolVar(&flags.types, "types", false, "report annotations that look wrong, too (default: the project's, or not)")
	cmd.Flags().StringVar(&flags.stdinName, "stdin-filename", "", "check standard input as if it were the file `NAME`")
	return cmd
}

// arguments makes sense of the flags and arguments together, and returns the paths to look at.
func (f *checkFlags) arguments(args []string) ([]string, error) {
	switch {
	case !slices.Contains(checkFormats, f.format):
		return nil, usageError{fmt.Errorf("--format %q: it is one of %s", f.format, strings.Join(checkFormats, ", "))}
	case f.sensitivity != "" && !slices.Contains(rank.Sensitivities(), f.sensitivity):
		return nil, usageError{fmt.Errorf("--sensitivity %q: it is one of %s", f.sensitivity, strings.Join(rank.Sensitivities(), ", "))}
	case f.writeBaseline && f.baseline == "":
		return nil, usageError{errors.New("--write-baseline: name the file with --baseline")}
	case f.writeBaseline && f.diff != "":
		return nil, usageError{errors.New("--write-baseline with --diff: a baseline is of all lines; leave out --diff")}
	case f.stdinName != "" && f.diff != "":
		return nil, usageError{errors.New("--stdin-filename with --diff: standard input has no history; leave out one of them")}
	case f.stdinName != "" && len(args) > 0 && !slices.Equal(args, []string{"-"}):
		return nil, usageError{errors.New("--stdin-filename: standard input is all that is checked; leave out the paths")}
	case f.stdinName != "":
		return nil, nil
	case slices.Contains(args, "-"):
		return nil, usageError{errors.New("-: say what standard input is with --stdin-filename NAME")}
	case f.diff != "" && len(args) == 0:
		return []string{"."}, nil
	case len(args) == 0:
		return nil, usageError{errors.New("check: requires at least 1 arg: name files or directories")}
	}
	return args, nil
}

func runCheck(cmd *cobra.Command, flags *checkFlags, args []string) error {
	ctx := cmd.Context()
	args, err := flags.arguments(args)
	if err != nil {
		return err
	}
	var known *baseline.Baseline
	if flags.baseline != "" && !flags.writeBaseline {
		if known, err = readBaseline(flags.baseline); err != nil {
			return err
		}
	}
	c := newChecker(suspect.Options{All: flags.all, Sensitivity: flags.sensitivity})
	c.types = flags.types
	if flags.stdinName != "" {
		err = c.addInput(flags.stdinName)
	} else {
		var paths []string
		if paths, err = corpus.Sources(ctx, args); err != nil {
			return err
		}
		if flags.diff != "" {
			if c.changed, err = changedSince(ctx, flags.diff, paths); err != nil {
				return err
			}
		}
		err = c.add(paths)
	}
	if err != nil {
		return err
	}
	var findings []finding
	failed := error(nil)
	if len(c.targets) > 0 {
		m, err := flags.model.open(ctx)
		if err != nil {
			return err
		}
		defer m.Close()
		if findings, failed = c.run(ctx, m); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	switch {
	case flags.writeBaseline:
		c.tell(os.Stderr)
		if failed != nil {
			return failed
		}
		return writeBaselineFile(flags.baseline, findings)
	case known != nil:
		findings = baseline.Subtract(known, findings, entryIn(filepath.Dir(flags.baseline)))
	default:
		if findings, err = c.subtractProjects(findings); err != nil {
			return err
		}
	}
	c.tell(os.Stderr)
	if err := printFindings(cmd.OutOrStdout(), flags.format, findings); err != nil {
		return err
	}
	if failed == nil && slices.ContainsFunc(findings, func(f finding) bool { return f.Reported }) {
		return errFindings
	}
	return failed
}
