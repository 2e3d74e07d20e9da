// Package training makes models: it chooses a corpus, encodes it into shards, trains a masked language model on them, and
// leaves a bundle that every other command accepts.
//
// Invariants:
//
//   - What is learnt in a step is a function of the settings, the shards and the step's number: a run that was stopped,
//     by whatever means, and resumed is the run that was never stopped.
//   - The checkpoint's file is always a whole checkpoint, the last or the one before it.
//   - Held-out projects are never trained on, nor is the tokenizer; see training/corpus.
package training

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"mlm-lsp/codetok"
	"mlm-lsp/model/onnx"
	"mlm-lsp/training/sampler"
	"mlm-lsp/training/shard"
	"mlm-lsp/training/step"
)

// ErrInterrupted is wrapped by Run's error when its context ended; the checkpoint was saved.
var ErrInterrupted = errors.New("training stopped")

// Run trains a model as Options say and writes a bundle to opts.Out. Everything in between lies in opts.Work: corpus.json,
// tokenizer.json, shards, checkpoint, log.jsonl and report.html. When ctx ends, Run finishes the step in hand, saves a
// checkpoint, and returns an error that wraps ErrInterrupted and says how to go on.
func Run(ctx context.Context, opts Options) error {
	wanted, err := opts.resolve()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(opts.Work, 0o777); err != nil {
		return fmt.Errorf("starting training: %w", err)
	}
	r := &run{opts: opts, console: newConsole(opts.Progress)}
	defer r.console.close()
	saved, state, err := readCheckpoint(r.path("checkpoint"))
	found := err == nil
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case found && !opts.Resume:
		return fmt.Errorf("starting training: %s holds a checkpoint of step %d; go on with --resume, or delete the directory to start over", opts.Work, saved.Step)
	case !found && opts.Resume && len(opts.Paths) == 0 && opts.Shards == "":
		return fmt.Errorf("resuming training: %s holds no checkpoint; name the sources to start from", opts.Work)
	}
	if found {
		if opts.Engine != "" {
			saved.Settings.Engine = wanted.Engine // the one setting that changes nothing but the speed
		}
		err = r.resume(saved)
	} else {
		r.position = position{Settings: wanted}
		state, err = r.prepare(ctx)
	}
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w before its first step; the same command starts over", ErrInterrupted)
	}
	if err != nil {
		return err
	}
	weights, err := r.train(ctx, state)
	if err != nil {
		return err
	}
	return r.finish(weights)
}

// run is one call of Run.
type run struct {
	opts      Options
	console   *console
	position  position
	tokenizer *codetok.Tokenizer
	model     onnx.Config
	shards    []*shard.Shard
	heldOut   []*shard.Shard
	fixes     []*shard.Shard // real fixes of both sides of the split
	heldFixes []*shard.Shard
	trainer   engine
	log       *journal
	schedule  schedule

	sampler  *sampler.Sampler // nil without hard mutants
	batches  *batcher
	evaluate *evaluator
	peak     float64 // operations per second that the engine measured; 0: unknown
}

func (r *run) path(name string) string { return filepath.Join(r.opts.Work, name) }

// resume reads what prepare left and proves that it is what the checkpoint was made with.
func (r *run) resume(saved position) error {
	r.position = saved
	var err error
	if r.tokenizer, err = readTokenizer(r.path("tokenizer.json")); err != nil {
		return fmt.Errorf("resuming training: %w", err)
	}
	if r.tokenizer.Digest() != saved.Tokenizer {
		return fmt.Errorf("resuming training: %s is not the tokenizer of the checkpoint; delete %s to start over", r.path("tokenizer.json"), r.opts.Work)
	}
	if r.model, err = onnx.ParseConfig(saved.Model); err != nil {
		return fmt.Errorf("resuming training: %w", err)
	}
	if err := r.openShards(); err != nil {
		return fmt.Errorf("resuming training: %w", err)
	}
	if digest := dataDigest(r.shards, r.heldOut, r.fixes, r.heldFixes); digest != saved.Data {
		return fmt.Errorf("resuming training: the shards in %s are not those of the checkpoint; delete the directory to start over", r.path("shards"))
	}
	r.console.printf("resuming at step %d: %v", saved.Step, saved.Settings)
	return nil
}

func (r *run) openShards() (err error) {
	if r.shards, err = shard.Open(r.path("shards"), false, r.tokenizer.Digest()); err != nil {
		return err
	}
	if r.heldOut, err = shard.Open(r.path("shards"), true, r.tokenizer.Digest()); err != nil {
		return err
	}
	return r.openFixes()
}

// dataDigest is a digest over what the shards hold that decides a run: ids, labels, cuts and documents.
func dataDigest(groups ...[]*shard.Shard) string {
	sum := sha256.New()
	for _, group := range groups {
		for _, s := range group {
			// A hash cannot fail to be written to.
			_ = s.Write(sum)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// startTrainer starts the engine in the position's shape and gives it the state.
func (r *run) startTrainer(ctx context.Context, state step.State) error {
	s := r.position.Settings
	o := step.Options{
		Shape: r.layout().shape(), Config: r.model, PointerWeight: float32(s.PointerWeight), DetectWeight: float32(s.DetectWeight), WeightDecay: float32(s.WeightDecay), Beta1: 0.9, Beta2: 0.98, Eps: 1e-6, ClipNorm: 1, Threads: r.opts.Threads,
	}
	trainer, err := r.startEngine(ctx, o, state.Weights)
	if err != nil {
		return fmt.Errorf("starting training: %w", err)
	}
	r.trainer = trainer
	if state.First != nil {
		if err := trainer.Load(state); err != nil {
			return fmt.Errorf("resuming training: %w", err)
		}
	}
	return nil
}

// layout lays the run's batches out.
func (r *run) layout() layout {
	return newLayout(r.position.Settings, r.model.PointerHead, r.model.DetectHead)
}

// startBatches makes batches and evaluation in the run's shape.
func (r *run) startBatches() error {
	s := r.position.Settings
	set, err := newRowSet(r.shards, r.tokenizer, s.Row)
	if err != nil {
		return err
	}
	fixes, err := newFixSet(r.fixes, r.tokenizer)
	if err != nil {
		return err
	}
	heldOutFixes, err := newFixSet(r.heldFixes, r.tokenizer)
	if err != nil {
		return err
	}
	make := func() *batcher {
		b := newBatcher(set, s, r.layout(), r.tokenizer, fixes, streamMasks)
		if b.detector != nil {
			b.detector.sampler = r.sampler
		}
		return b
	}
	seen := make()
	r.batches, r.evaluate = make(), newEvaluator(seen, s, r.heldOut, heldOutFixes, r.tokenizer)
	return seen.err()
}

// train goes from the position to the schedule's end and returns the trained weights.
func (r *run) train(ctx context.Context, state step.State) (onnx.Weights, error) {
	if err := r.startTrainer(ctx, state); err != nil {
		return nil, err
	}
	defer r.trainer.Close()
	if err := r.openSampler(); err != nil {
		return nil, err
	}
	if r.sampler != nil {
		defer r.sampler.Close()
	}
	if err := r.startBatches(); err != nil {
		return nil, err
	}
	var err error
	if r.log, err = openJournal(r.path("log.jsonl"), r.position.Step); err != nil {
		return nil, err
	}
	defer r.log.close()
	if err := r.loop(ctx); err != nil {
		return nil, err
	}
	if err := r.checkpoint(); err != nil {
		return nil, err
	}
	trained, err := r.trainer.State()
	return trained.Weights, err
}

// loop takes steps until the schedule's end.
func (r *run) loop(ctx context.Context) error {
	r.schedule = schedule{peak: r.position.Settings.LearningRate, steps: r.opts.Steps, seconds: r.opts.Minutes * 60}
	before, subwords, started := r.position.Seconds, r.position.Subwords, time.Now()
	elapsed := func() float64 { return before + time.Since(started).Seconds() }
	lastCheckpoint := started
	loss, pace := newAverage(50), newAverage(50)
	ahead := drawAhead(r.batches)
	for {
		done := r.schedule.done(r.position.Step, r.position.Seconds)
		if done >= 1 {
			break
		}
		if err := ctx.Err(); err != nil {
			return r.interrupted()
		}
		rate := r.schedule.rate(r.position.Step, done)
		batch, classes, err := ahead.take(r.position.Step)
		if err != nil {
			return err
		}
		result, err := r.trainer.Step(ctx, batch, float32(rate))
		switch {
		case err != nil && ctx.Err() != nil:
			return r.interrupted() // a cancelled step leaves the state as it was before
		case errors.Is(err, step.ErrNotFinite):
			return fmt.Errorf("%w; train again with a lower --learning-rate", err)
		case err != nil:
			return err
		}
		r.position.Step++
		r.position.Subwords += int64(len(batch.IDs))
		for _, c := range classes {
			if c.Class() != shard.Special {
				r.position.Masked++
			}
		}
		last := r.position.Seconds
		r.position.Seconds = elapsed()
		r.log.step(StepRecord{
			Step: r.position.Step, Loss: float64(result.Loss), Rate: rate, Norm: float64(result.GradNorm), Subwords: r.position.Subwords,
			Seconds: r.position.Seconds, Length: r.batches.set.length,
		})
		r.console.step(progress{
			step: r.position.Step, loss: loss.add(float64(result.Loss)), done: r.schedule.done(r.position.Step, r.position.Seconds),
			left: r.schedule.left(r.position.Step, r.position.Seconds), subwordsPerSecond: float64(len(batch.IDs)) / pace.add(r.position.Seconds-last),
		})
		if r.position.Step%r.position.Settings.EvaluateEvery == 0 {
			if err := r.look(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
		if time.Since(lastCheckpoint).Minutes() >= r.opts.CheckpointMinutes {
			lastCheckpoint = time.Now()
			// A full disk is no reason to lose what is in memory: say it, and try again later.
			if err := r.checkpoint(); err != nil {
				r.console.printf("%v", err)
			}
		}
	}
	r.pace(r.position.Subwords-subwords, r.position.Seconds-before)
	if r.log.looked == r.position.Step {
		return nil
	}
	err := r.look(ctx)
	if err != nil && ctx.Err() != nil {
		return r.interrupted()
	}
	return err
}

// pace says how fast the steps were, and what share of the machine's matrix products that is where the engine measured them.
func (r *run) pace(subwords int64, seconds float64) {
	if subwords == 0 {
		return
	}
	text := fmt.Sprintf("%.0f subwords per second", float64(subwords)/seconds)
	if r.peak > 0 {
		shape := r.layout().shape()
		rate := operations(r.model, shape) / float64(shape.Batch*shape.Length) * float64(subwords) / seconds
		text += fmt.Sprintf(", evaluations included: %.1f%% of what matrix products reach", 100*rate/r.peak)
	}
	r.console.printf("%s", text)
}

// look evaluates and records.
func (r *run) look(ctx context.Context) error {
	e, err := r.evaluate.run(ctx, r.trainer, r.position.Step)
	if err != nil {
		return err
	}
	r.log.evaluation(e)
	r.console.printf("step %d, %s: loss %.3f, %.3f bits per byte, right %.1f%%, names %.1f%%; masks seen %.3f, fresh %.3f", e.Step, e.On, e.All.Loss, e.BitsPerByte,
		100*e.All.Accuracy, 100*e.Names.Accuracy, e.SeenMasks, e.FreshMasks)
	if e.Pointer != nil {
		r.console.printf("    names in sight: loss %.3f, sure of the right one in %.1f%% of %d", e.Pointer.Loss, 100*e.Pointer.Half, e.Pointer.Count)
	}
	for _, d := range []struct {
		of    string
		score *DetectScore
	}{{"mutants", e.Mutants}, {"fixes", e.Fixes}} {
		if d.score != nil {
			r.console.printf("    %s: area under the curve %.3f, recall at 1%% false alarms %.1f%%, pairs %.1f%% of %d", d.of, d.score.AUC, 100*d.score.Recall, 100*d.score.Pairs,
				d.score.Changed)
		}
	}
	return nil
}

func (r *run) checkpoint() error {
	if err := r.log.flush(); err != nil {
		return err
	}
	state, err := r.trainer.State()
	if err != nil {
		return err
	}
	return writeCheckpoint(r.opts.create, r.path("checkpoint"), r.position, state)
}

// interrupted saves the run and says how to go on.
func (r *run) interrupted() error {
	if err := r.checkpoint(); err != nil {
		return err
	}
	return fmt.Errorf("%w at step %d; the same command with --resume goes on from there", ErrInterrupted, r.position.Step)
}

func readTokenizer(path string) (*codetok.Tokenizer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := codetok.Read(f)
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer %s: %w", path, err)
	}
	return t, nil
}
