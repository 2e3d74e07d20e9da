package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot returns the command tree. Without a subcommand it serves, because that is what an editor's
// configuration most easily gets right.
func newRoot() *cobra.Command {
	serve := newServe()
	root := &cobra.Command{
		Use:   "mlm-lsp",
		Short: "A code-aware language server that asks a masked language model what belongs where",
		Long: `mlm-lsp parses code, masks names, operators and annotations, and asks a masked language model that was
trained on code what belongs there: completions, mask fillings and quiet warnings, offline, in one binary.

Exit codes: 0 nothing found, 1 findings, 2 wrong use, 3 a failure.`,
		Version:       version(),
		Args:          usage(cobra.NoArgs),
		RunE:          serve.RunE,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetVersionTemplate("mlm-lsp {{.Version}}\n")
	root.Flags().AddFlagSet(serve.Flags())
	root.AddCommand(serve, newCheck(), newTypes(), newComplete(), newFill(), newHeat(), newTrain(), newNGram(), newFit(), newShards(), newEval(),
		newModel(), newRuntime(), newDoctor(), newBench())
	return root
}

// usage marks the errors of an argument check as wrong use.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			if !cmd.HasParent() {
				return usageError{err}
			}
			return usageError{fmt.Errorf("%s: %w", strings.TrimPrefix(cmd.CommandPath(), "mlm-lsp "), err)}
		}
		return nil
	}
}

// group is the RunE and the Args of a command that only holds others: by itself it explains them.
func group(cmd *cobra.Command) {
	cmd.Args = usage(func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q", args[0])
		}
		return nil
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// version is what the build knows of itself: the module's version or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "(devel)" {
			v += " " + s.Value
		}
	}
	return v + " " + info.GoVersion
}
