package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"mlm-lsp/lsp/heat"
)

// newHeat returns the command that draws how surprising each token is.
func newHeat() *cobra.Command {
	var flags modelFlags
	var lang, out string
	cmd := &cobra.Command{
		Use:   "heat FILE",
		Short: "Draw a page that shows how surprising each token is",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := readSource(args[0], lang)
			if err != nil {
				return err
			}
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			page, err := heat.Page(cmd.Context(), m, f, filepath.Base(args[0]))
			if err != nil {
				return fmt.Errorf("drawing %s: %w", args[0], err)
			}
			if out == "" {
				_, err = cmd.OutOrStdout().Write(page)
				return err
			}
			return writeFile(out, func(w io.Writer) error {
				_, err := w.Write(page)
				return err
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&lang, "lang", "", "the file's language (default: by its name)")
	cmd.Flags().StringVar(&out, "out", "", "the page's `FILE` (default: standard output)")
	return cmd
}
