package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"mlm-lsp/lsp"
	"mlm-lsp/model"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort"
)

// modelFlags are the flags of every command that predicts.
type modelFlags struct {
	bundle    string
	library   string
	device    string
	precision string
	threads   int
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.bundle, "model", "", "the model's `BUNDLE` directory (default: the embedded model)")
	f.addDevice(cmd)
}

// addDevice adds the flags that say how models run.
func (f *modelFlags) addDevice(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.device, "device", "auto", "auto, cpu, cuda, webgpu, coreml or directml")
	cmd.Flags().StringVar(&f.precision, "precision", "auto", "auto, int8 or fp32")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "threads of a forward pass (default: the processor's, at most 8)")
	f.addLibrary(cmd)
}

func (f *modelFlags) addLibrary(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.library, "ort-library", "", "the ONNX Runtime library `FILE` (default: "+ort.EnvLibrary+", the cache, the system)")
}

// openBundle opens the named bundle, or the embedded one.
func (f *modelFlags) openBundle() (*bundle.Bundle, error) {
	if f.bundle == "" {
		return bundle.Default()
	}
	return bundle.Open(f.bundle)
}

// open readies the model for a command that a person typed: without a library it installs one.
func (f *modelFlags) open(ctx context.Context) (*model.Model, error) {
	lib, err := findLibrary(ctx, f.library)
	if err != nil {
		return nil, err
	}
	m, err := f.openWith(lib)
	if err != nil {
		return nil, err
	}
	if message := m.Info().Device.Message(); message != "" {
		fmt.Fprintln(os.Stderr, "mlm-lsp:", message)
	}
	return m, nil
}

// openInstalled is open for the server, which installs nothing. Its errors say what an editor can offer to mend them.
func (f *modelFlags) openInstalled() (*model.Model, error) {
	lib, err := ort.Find(ort.FindOptions{Explicit: f.library})
	switch {
	case errors.Is(err, ort.ErrNotFound):
		return nil, &lsp.Mendable{Err: err, Remedy: lsp.Install}
	case err != nil:
		return nil, &lsp.Mendable{Err: err, Remedy: lsp.Settings}
	}
	if err := lib.Load(); err != nil {
		remedy := lsp.Install // which goes before the system's
		if lib.Origin == "flag" || lib.Origin == "environment" {
			remedy = lsp.Settings
		}
		return nil, &lsp.Mendable{Err: err, Remedy: remedy}
	}
	m, err := f.openWith(lib)
	if err != nil && f.bundle != "" {
		return nil, &lsp.Mendable{Err: err, Remedy: lsp.Settings}
	}
	return m, err
}

func (f *modelFlags) openWith(lib *ort.Library) (*model.Model, error) {
	b, err := f.openBundle()
	if err != nil {
		return nil, err
	}
	m, err := model.Open(lib, b, f.options())
	// The model has read what it needs.
	if errClose := b.Close(); err == nil && errClose != nil {
		return nil, errors.Join(errClose, m.Close())
	}
	return m, err
}

func (f *modelFlags) options() model.Options {
	return model.Options{Precision: bundle.Precision(f.precision), Device: f.device, Threads: f.threads}
}
