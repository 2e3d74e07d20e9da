// Command recipe makes the experiments of docs/recipe.md and writes its tables anew:
//
//	go run ./docs/recipe CORPUS
//
// CORPUS is a directory of projects, as training/corpora/fetch leaves it; some 60 to 100 MB in all languages are enough. Everything
// in between lies in --work. What is done there is not done again: stopped by whatever means, the same command goes on.
//
// Invariants: arms of one experiment differ in what it is about and in nothing else, and are evaluated on the same held-out text
// with the same masks; a table is written from the logs of finished trainings alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"mlm-lsp/training"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// lab is where the trainings are made.
type lab struct {
	corpus    string
	preparing sync.Mutex
	work      string
	steps     int
	seeds     int
	jobs      int
}

func run(ctx context.Context, args []string) error {
	var l lab
	flags := flag.NewFlagSet("recipe", flag.ContinueOnError)
	flags.StringVar(&l.work, "work", "recipe.work", "the directory of what is in between: encoded text, trainings, the page with curves")
	flags.IntVar(&l.steps, "steps", 2500, "steps of a training; those of another length are kept, and are other trainings")
	flags.IntVar(&l.seeds, "seeds", 2, "trainings of each arm")
	flags.IntVar(&l.jobs, "jobs", 1, "trainings at a time, on one processor each")
	tables := flags.String("tables", "docs/recipe.md", "the file whose tables are written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 1 || l.steps < 1 || l.seeds < 1 || l.jobs < 1 {
		return errors.New("usage: go run ./docs/recipe [--work DIR] [--steps N] [--seeds N] [--jobs N] CORPUS")
	}
	if flags.NArg() == 1 {
		l.corpus = flags.Arg(0)
		if err := l.trainAll(ctx); err != nil {
			return err
		}
	}
	return l.write(*tables)
}

// prepare encodes the corpus as an arm needs it, unless that was done.
func (l *lab) prepare(ctx context.Context, text string) error {
	l.preparing.Lock()
	defer l.preparing.Unlock()
	if text == small {
		if err := l.encode(ctx, vocabularies[0]); err != nil {
			return err
		}
		return l.cutSmall()
	}
	i := slices.IndexFunc(vocabularies, func(v vocabulary) bool { return v.name == text })
	return l.encode(ctx, vocabularies[i])
}

// encode encodes the corpus with a vocabulary learnt from it.
func (l *lab) encode(ctx context.Context, v vocabulary) error {
	done := l.path(v.name)
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	o := l.options(0)
	o.Paths, o.Out, o.Work, o.Steps, o.EvaluateBatches = []string{l.corpus}, done, l.encoded(v.name), 1, 1
	o.Vocabulary, o.Untagged, o.HeldOut = v.size, v.untagged, heldOut
	if err := os.RemoveAll(o.Work); err != nil {
		return fmt.Errorf("encoding for %s: %w", v.name, err)
	}
	return l.train(ctx, v.name, o)
}

func (l *lab) path(name string) string    { return filepath.Join(l.work, name) }
func (l *lab) encoded(name string) string { return l.path(name) + ".training" }

// key names a training: an arm of so many steps with a seed.
func (l *lab) key(a *arm, seed int) string { return fmt.Sprintf("%s-%d-%d", a.name, l.steps, seed) }

// trainAll makes the trainings that are missing, experiment by experiment.
func (l *lab) trainAll(ctx context.Context) error {
	var queue []func() error
	begun := map[string]bool{}
	for _, e := range experiments {
		for seed := 1; seed <= l.seeds; seed++ {
			for _, a := range e.arms {
				name := l.key(a, seed)
				if _, err := os.Stat(l.path(name)); err == nil || begun[name] {
					continue
				}
				begun[name] = true
				queue = append(queue, func() error {
					if err := l.prepare(ctx, a.text); err != nil {
						return err
					}
					o := l.options(uint64(seed))
					o.Shards, o.Out, o.Work = l.encoded(a.text), l.path(name), l.encoded(name)
					a.set(&o)
					if _, err := os.Stat(filepath.Join(o.Work, "checkpoint")); err == nil {
						o.Resume = true
					}
					return l.train(ctx, name, o)
				})
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.jobs)
	var done sync.Mutex
	left := len(queue)
	for _, task := range queue {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := task(); err != nil {
				return err
			}
			done.Lock()
			defer done.Unlock()
			left--
			fmt.Fprintf(os.Stderr, "%d trainings are left\n", left)
			return nil
		})
	}
	return group.Wait()
}

// train makes one training; what it says goes into a file beside it.
func (l *lab) train(ctx context.Context, name string, o training.Options) error {
	if err := os.MkdirAll(o.Work, 0o777); err != nil {
		return fmt.Errorf("training %s: %w", name, err)
	}
	shown, err := os.OpenFile(filepath.Join(o.Work, "shown.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("training %s: %w", name, err)
	}
	defer shown.Close()
	o.Progress = shown
	start := time.Now()
	if err := training.Run(ctx, o); err != nil {
		return fmt.Errorf("training %s: %w", name, err)
	}
	fmt.Fprintf(os.Stderr, "%s: %s\n", name, time.Since(start).Round(time.Second))
	return nil
}
