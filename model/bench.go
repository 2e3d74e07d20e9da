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
		times := make([][]time.Duration, len(models))
		for round := range opts.Rounds + warmUp {
			for j, m := range models {
				d, err := m.timePass(ctx, length)
				if err != nil {
					return nil, err
				}
				if round >= warmUp {
					times[j] = append(times[j], d)
				}
			}
			if opts.Tell != nil {
				opts.Tell(min(i*opts.Rounds+round, total), total)
			}
		}
		for j, m := range models {
			results = append(results, BenchResult{
				Precision: m.about.Precision, Subwords: length, Runs: opts.Rounds,
				P50: quantile(times[j], 0.5), P95: quantile(times[j], 0.95),
			})
		}
	}
	return results, nil
}

// warmUp is the number of runs before the clock counts: the first ones fill
// arenas and caches.
const warmUp = 3

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

// timePass times one row of so many subwords with one mask.
func (m *Model) timePass(ctx context.Context, subwords int) (time.Duration, error) {
	// The samples' subwords, over and over: what the ids are makes no difference
	// to the time, but the scales of int8 should be usual ones.
	ids := m.openers(samples[0].language)
	for i := 0; len(ids) < subwords; i++ {
		text := m.tok.Encode(samples[i%len(samples)].plain()).IDs
		ids = append(ids, text[:min(len(text), subwords-len(ids))]...)
	}
	middle := subwords / 2
	ids[middle] = m.special.MASK
	seen := false
	r := &row{ids: ids, wanted: []int{middle}, visit: func(int, distribution) { seen = true }}
	start := time.Now()
	if err := m.pass(ctx, []*row{r}, nil); err != nil { // none is remembered
		return 0, err
	}
	if !seen {
		return 0, fmt.Errorf("timing a pass of %d subwords: it gave no logits", subwords)
	}
	return time.Since(start), nil
}

// quantile is the least time that a share of the runs did not exceed.
func quantile(times []time.Duration, share float64) time.Duration {
	times = slices.Clone(times)
	slices.Sort(times)
	return times[min(len(times)-1, int(share*float64(len(times))))]
}
