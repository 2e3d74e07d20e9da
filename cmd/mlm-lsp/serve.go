package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"mlm-lsp/lsp"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/corpus"
)

// newServe returns the language server on standard input and output.
func newServe() *cobra.Command {
	var flags modelFlags
	var logFile, logLevel string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve LSP on standard input and output (the default command)",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLogger(logFile, logLevel)
			if err != nil {
				return err
			}
			defer func() { _ = log.Sync() }() // standard error cannot be synced on every system
			cache, err := os.UserCacheDir()
			if err == nil {
				cache = filepath.Join(cache, "mlm-lsp", "index")
			} else {
				log.Warn("indexes are not kept: finding the cache directory", zap.Error(err))
			}
			return lsp.Serve(cmd.Context(), stdio{}, lsp.Options{
				Cache:   cache,
				Log:     log,
				Version: version(),
				Files: func(ctx context.Context, directory string) ([]string, error) {
					return corpus.Sources(ctx, []string{directory})
				},
				Open: func(_ context.Context, report func(string)) (lsp.Model, error) {
					report("loading the model")
					go rank.DefaultCombiner() // the first completion is ranked by it: read beside the model, it costs no time of its own
					m, err := flags.openInstalled()
					if err != nil {
						return nil, err
					}
					return m, nil
				},
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&logFile, "log-file", "", "write the log to `FILE` instead of standard error")
	cmd.Flags().StringVar(&logLevel, "log-level", "info", "debug, info, warn or error; only debug shows source text")
	cmd.Flags().Bool("stdio", true, "serve on standard input and output; the only transport, accepted because editors pass it")
	return cmd
}

// newLogger logs to the file, or to standard error: standard output belongs to the protocol.
func newLogger(file, level string) (*zap.Logger, error) {
	at, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, usageError{fmt.Errorf("--log-level: %w", err)}
	}
	config := zap.NewProductionConfig()
	config.Level = zap.NewAtomicLevelAt(at)
	config.Sampling = nil
	config.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	config.OutputPaths = []string{"stderr"}
	if file != "" {
		config.OutputPaths = []string{file}
	}
	log, err := config.Build()
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return log, nil
}

// stdio is standard input and output as one stream.
type stdio struct{}

func (stdio) Read(p []byte) (int, error)  { return os.Stdin.Read(p) }
func (stdio) Write(p []byte) (int, error) { return os.Stdout.Write(p) }
func (stdio) Close() error {
	err := os.Stdin.Close()
	if errOut := os.Stdout.Close(); err == nil {
		err = errOut
	}
	return err
}

var _ io.ReadWriteCloser = stdio{}
