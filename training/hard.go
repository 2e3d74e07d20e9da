package training

import (
	"fmt"

	"mlm-lsp/model/bundle"
	"mlm-lsp/training/sampler"
)

// openSampler opens the model that hard mutants are drawn from, where the settings ask for some. A run that was begun with one goes on with
// the very same.
func (r *run) openSampler() error {
	s := &r.position.Settings
	if s.HardMutants == 0 {
		return nil
	}
	library, err := r.library()
	if err != nil {
		return fmt.Errorf("opening the model for hard mutants: %w", err)
	}
	b, err := openFrom(s.From)
	if err != nil {
		return fmt.Errorf("opening the model for hard mutants: %w", err)
	}
	defer b.Close()
	digest, err := b.Digest()
	if err != nil {
		return fmt.Errorf("opening the model for hard mutants: %w", err)
	}
	if s.HardModel != "" && s.HardModel != digest {
		return fmt.Errorf("resuming training: hard mutants were drawn from the model %.12s, and %s is %.12s now; put the former back, or start over", s.HardModel, b.Name, digest)
	}
	s.HardModel = digest
	r.sampler, err = sampler.Open(library, b, r.tokenizer)
	return err
}

// openFrom opens the bundle that a training starts from: a directory, or the embedded one.
func openFrom(name string) (*bundle.Bundle, error) {
	if name == "" || name == "default" {
		return bundle.Default()
	}
	return bundle.Open(name)
}
