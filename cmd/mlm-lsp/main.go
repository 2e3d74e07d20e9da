// Command mlm-lsp is a language server that asks a masked language model what belongs where, and the tools
// around it: check, complete, fill, heat, train and the rest.
//
// This package is wiring only: a file per command, flags in, lines out. What a command does lives in the
// packages below. Standard output carries results (or, for serve, LSP messages) and nothing else; progress
// and errors go to standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"mlm-lsp/lsp"
)

// The exit codes of every command.
const (
	exitClean    = 0
	exitFindings = 1
	exitUsage    = 2
	exitFailure  = 3
)

// errFindings ends a command that worked and found something.
var errFindings = errors.New("findings")

// usageError is a mistake in the command line.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, lsp.ErrNoShutdown):
		fmt.Fprintf(os.Stderr, "mlm-lsp: %v\n", err)
		return 1 // the specification's, under "exit notification"
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "mlm-lsp: %v\nRun `%s --help` for usage.\n", err, cmd.CommandPath())
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "mlm-lsp: interrupted")
		return exitFailure
	default:
		fmt.Fprintf(os.Stderr, "mlm-lsp: %v\n", err)
		return exitFailure
	}
}
