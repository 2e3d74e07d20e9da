package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mlm-lsp/model/ort"
)

// newRuntime returns the commands about ONNX Runtime, the shared library that runs the model.
func newRuntime() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runtime",
		Short: "Install ONNX Runtime, or say which one is used",
	}
	group(cmd)
	cmd.AddCommand(newRuntimeInstall(), newRuntimeInfo())
	return cmd
}

func newRuntimeInstall() *cobra.Command {
	var opts ort.InstallOptions
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Put the pinned ONNX Runtime into the cache, verified",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := installLibrary(cmd.Context(), opts)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "ONNX Runtime %s: %s\n", lib.Version, lib.Path)
			return nil
		},
	}
	cmd.Flags().StringVar(&opts.From, "from", "", "a shared library or an archive (.tgz, .zip) that holds one, instead of a download")
	cmd.Flags().BoolVar(&opts.Force, "force", false, "install again over a library that is there")
	return cmd
}

func newRuntimeInfo() *cobra.Command {
	var flags modelFlags
	cmd := &cobra.Command{
		Use:   "info",
		Short: "Say which ONNX Runtime is used, and why",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := ort.Find(ort.FindOptions{Explicit: flags.library})
			if err != nil {
				return err
			}
			if err := lib.Load(); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "ONNX Runtime %s\npath    %s\nfound   %s\n", lib.Version, lib.Path, lib.Origin)
			return nil
		},
	}
	flags.addLibrary(cmd)
	return cmd
}

// installLibrary installs with a progress bar on standard error.
func installLibrary(ctx context.Context, opts ort.InstallOptions) (*ort.Library, error) {
	var bar *progressbar.ProgressBar
	stage := ""
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	opts.Progress = func(s string, done, total int64) {
		if s != stage {
			if bar != nil {
				_ = bar.Finish()
				bar = nil
			}
			stage = s
			if terminal {
				bar = progressbar.NewOptions64(max(total, -1),
					progressbar.OptionSetWriter(os.Stderr),
					progressbar.OptionSetDescription("ONNX Runtime: "+s),
					progressbar.OptionShowBytes(true),
					progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))
			} else {
				fmt.Fprintf(os.Stderr, "ONNX Runtime: %s\n", s)
			}
		}
		if bar != nil {
			_ = bar.Set64(done)
		}
	}
	return ort.Install(ctx, opts)
}

// findLibrary finds and loads ONNX Runtime, installing it into the cache where the machine has none. Only
// commands that a person typed install: serve never opens a network connection.
func findLibrary(ctx context.Context, explicit string) (*ort.Library, error) {
	lib, err := ort.Find(ort.FindOptions{Explicit: explicit})
	if errors.Is(err, ort.ErrNotFound) {
		fmt.Fprintln(os.Stderr, "mlm-lsp: no ONNX Runtime found; installing it into the cache, once")
		lib, err = installLibrary(ctx, ort.InstallOptions{})
	}
	if err != nil {
		return nil, err
	}
	return lib, lib.Load()
}
