package training

import (
	"context"

	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort"
	"mlm-lsp/training/step"
	"mlm-lsp/training/torch"
)

// engine takes training steps. Engines differ in nothing but speed and rounding: the same state and batch give the same losses,
// and one goes on from the state that another left.
type engine interface {
	// Step takes one optimizer step at a learning rate. When ctx ends first, or the result is step.ErrNotFinite, the state is as before.
	Step(ctx context.Context, b step.Batch, rate float32) (step.Result, error)
	// Evaluate runs the forward pass alone.
	Evaluate(ctx context.Context, b step.Batch) (step.Result, error)
	// State copies the state out, Load replaces it.
	State() (step.State, error)
	Load(step.State) error
	Close()
}

// ortEngine is step.Trainer, whose state is at hand without fail.
type ortEngine struct{ *step.Trainer }

func (e ortEngine) State() (step.State, error) { return e.Trainer.State(), nil }

// startEngine starts the engine of the run's settings.
func (r *run) startEngine(ctx context.Context, o step.Options, weights onnx.Weights) (engine, error) {
	if r.position.Settings.Engine == "torch" {
		t := r.opts.Torch
		t.Options = o
		trainer, err := torch.New(ctx, t, weights)
		if err != nil {
			return nil, err
		}
		r.console.printf("%v", trainer.Info())
		r.peak = trainer.Info().Peak
		return trainer, nil
	}
	library, err := r.library()
	if err != nil {
		return nil, err
	}
	trainer, err := step.New(library, o, weights)
	if err != nil {
		return nil, err
	}
	return ortEngine{trainer}, nil
}

// library is ONNX Runtime, as the options name it or where it is found.
func (r *run) library() (*ort.Library, error) {
	if r.opts.Library != nil {
		return r.opts.Library, nil
	}
	return ort.Find(ort.FindOptions{})
}
