package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort"
)

// BenchOptions says what Bench measures.
type BenchOptions struct {
	Model Options
	// Lengths are the numbers of subwords of a row; nil means 128, 256 and 512.
	// Those above the model's window are left out.
	Lengths []int
	Rounds  int                   // runs of each; 0 means 30
	Tell    func(done, total int) // progress; may be nil
}

// BenchResult is the time of one forward pass of one row with one mask.
type BenchResult struct {
	Precision bundle.Precision
	Subwords  int
	Runs      int
	P50, P95  time.Duration
	// RowsPerSecond is how many such rows are looked at in a second where there are many: a check asks for as many at once as fit in a pass.
	RowsPerSecond float64
}

// Bench measures forward passes in fp32 and int8, in turns, so that whatever
// else the machine does hits both alike. An int8 graph that the bundle lacks is
// made for the measurement; fp32 is left out where the bundle has nothing to
// make it of.
func Bench(ctx context.Context, lib *ort.Library, b *bundle.Bundle, opts BenchOptions) ([]BenchResult, error) {
	models, err := bothPrecisions(lib, b, opts.Model)
	if err != nil {
		return nil, err
	}
	defer closeAll(models)
	if opts.Lengths == nil {
		opts.Lengths = []int{128, 256, 512}
	}
	if opts.Rounds <= 0 {
		opts.Rounds = 30
	}
	var results []BenchResult
	total := len(opts.Lengths) * opts.Rounds
	for i, length := range opts.Lengths {
		if length > models[0].window {
			continue
		}
		times, full := make([][]time.Duration, len(models)), make([][]time.Duration, len(models))
		for round := range opts.Rounds + warmUp {
			for j, m := range models {
				d, err := m.timePass(ctx, length, 1)
				if err != nil {
					return nil, err
				}
				if round >= warmUp {
					times[j] = append(times[j], d)
				}
				if round%everyFull != 0 {
					continue
				}
				if d, err = m.timePass(ctx, length, fullPass(length)); err != nil {
					return nil, err
				}
				full[j] = append(full[j], d)
			}
			if opts.Tell != nil {
				opts.Tell(min(i*opts.Rounds+round, total), total)
			}
		}
		for j, m := range models {
			results = append(results, BenchResult{
				Precision: m.about.Precision, Subwords: length, Runs: opts.Rounds,
				P50: quantile(times[j], 0.5), P95: quantile(times[j], 0.95), RowsPerSecond: rowsPerSecond(length, full[j]),
			})
		}
	}
	return results, nil
}

// warmUp is the number of runs before the clock counts: the first ones fill
// arenas and caches.
const warmUp = 3

// everyFull is after how many passes of one row there is a full one, which takes as long as many.
const everyFull = 4

// fullPass is how many rows of a length fit in a pass.
func fullPass(length int) int { return max(1, runSubwords/length) }

func rowsPerSecond(length int, full []time.Duration) float64 {
	return float64(fullPass(length)) / quantile(full, 0.5).Seconds()
}

// bothPrecisions opens the fp32 and the int8 graph of a bundle, fp32 first. A
// bundle that has only int8 gives one model.
func bothPrecisions(lib *ort.Library, b *bundle.Bundle, opts Options) ([]*Model, error) {
	opts.CacheSize = -1
	var models []*Model
	open := func(g *bundle.Graph, err error) error {
		if err != nil {
			return err
		}
		m, err := openGraph(lib, b, g, opts)
		if err == nil {
			models = append(models, m)
		}
		return err
	}
	if b.Has(bundle.WeightsFile) || b.Has(bundle.GraphFile) {
		if err := open(b.Graph(bundle.PrecisionFP32)); err != nil {
			return nil, err
		}
	}
	if err := open(b.Quantized()); err != nil {
		return nil, errors.Join(err, closeAll(models))
	}
	return models, nil
}

func closeAll(models []*Model) error {
	var errs []error
	for _, m := range models {
		errs = append(errs, m.Close())
	}
	return errors.Join(errs...)
}

// timePass times so many rows of so many subwords, each with one mask.
func (m *Model) timePass(ctx context.Context, subwords, rows int) (time.Duration, error) {
	// The samples' subwords, over and over: what the ids are makes no difference
	// to the time, but the scales of int8 should be usual ones.
	ids := m.openers(samples[0].language)
	for i := 0; len(ids) < subwords; i++ {
		text := m.tok.Encode(samples[i%len(samples)].plain()).IDs
		ids = append(ids, text[:min(len(text), subwords-len(ids))]...)
	}
	middle := subwords / 2
	ids[middle] = m.special.MASK
	seen := 0
	batch := make([]*row, rows)
	for i := range batch {
		batch[i] = &row{ids: ids, wanted: []int{middle}, visit: func(int, distribution) { seen++ }}
	}
	start := time.Now()
	if err := m.pass(ctx, batch, nil); err != nil { // none is remembered
		return 0, err
	}
	if seen != rows {
		return 0, fmt.Errorf("timing a pass of %d rows of %d subwords: it gave the logits of %d", rows, subwords, seen)
	}
	return time.Since(start), nil
}

// quantile is the least time that a share of the runs did not exceed.
func quantile(times []time.Duration, share float64) time.Duration {
	times = slices.Clone(times)
	slices.Sort(times)
	return times[min(len(times)-1, int(share*float64(len(times))))]
}
