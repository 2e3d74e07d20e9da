// Command serving measures what an editor feels and writes the tables of docs/serving.md anew:
//
//	go run ./docs/serving PROJECTS
//
// PROJECTS is what training/evaluate/fetch brought: a folder for each language. Everything in between lies in --work: the program that is
// measured, its cache, the npm packages of the peer. With --only some tables are written and the others stay. It needs Linux (/proc,
// taskset) and, for the peer, node and npm.
//
// Invariants: what is measured is the built program, spoken to over its standard input and output, or run as a person runs it; what is
// compared ran in turns in this one run, and did the same work, which is checked.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"mlm-lsp/internal/marks"
	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/ort"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// lab is where things are measured.
type lab struct {
	work    string
	library *ort.Library
	files   []file
}

// section is a table and how it is measured.
type section struct {
	name  string
	write func(*lab, context.Context) (string, error)
}

// sections in the order in which they are measured.
var sections = []section{
	{"machine", (*lab).machine},
	{"typing", (*lab).typing},
	{"diagnosis", (*lab).diagnosis},
	{"check", (*lab).check},
	{"start", (*lab).starting},
	{"peer", (*lab).peer},
	{"recorded", (*lab).recorded},
}

func run(ctx context.Context, args []string) error {
	var l lab
	flags := flag.NewFlagSet("serving", flag.ContinueOnError)
	flags.StringVar(&l.work, "work", filepath.Join(os.TempDir(), "mlm-lsp-serving"), "the directory of what is in between")
	page := flags.String("page", "docs/serving.md", "the page whose tables are written")
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	only := flags.String("only", strings.Join(names, ","), "the tables to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("usage: go run ./docs/serving [--work DIR] [--only NAME,...] PROJECTS")
	}
	wanted := strings.Split(*only, ",")
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return fmt.Errorf("--only %s: the tables are %s", name, strings.Join(names, ", "))
		}
	}
	if err := l.prepare(ctx, flags.Arg(0)); err != nil {
		return err
	}
	for _, s := range sections {
		if !slices.Contains(wanted, s.name) {
			continue
		}
		began := time.Now()
		table, err := s.write(&l, ctx)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", s.name, err)
		}
		if err := place(*page, s.name, table); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", s.name, time.Since(began).Round(time.Second))
	}
	return nil
}

// prepare builds the program and chooses the files.
func (l *lab) prepare(ctx context.Context, projects string) (err error) {
	if l.work, err = filepath.Abs(l.work); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	if err := os.MkdirAll(l.work, 0o777); err != nil {
		return fmt.Errorf("preparing: %w", err)
	}
	if l.library, err = ort.Find(ort.FindOptions{}); err != nil {
		return err
	}
	if l.files, err = choose(ctx, projects); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(l.work, "mlm-lsp"), "./cmd/mlm-lsp")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w: %s", err, out)
	}
	return nil
}

// machine says what was measured where, and how busy that was before.
func (l *lab) machine(ctx context.Context) (string, error) {
	commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "", fmt.Errorf("asking for the commit: %w", err)
	}
	var read [2]string
	for i, name := range []string{"/proc/cpuinfo", "/proc/loadavg"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("looking at the machine: %w", err)
		}
		read[i] = string(text)
	}
	return describeMachine(strings.TrimSpace(string(commit)), read[0], read[1])
}

func describeMachine(commit, cpuinfo, loadavg string) (string, error) {
	_, model, ok := strings.Cut(cpuinfo, "model name")
	model, _, _ = strings.Cut(model, "\n")
	busy, _, _ := strings.Cut(loadavg, " ")
	if !ok || busy == "" {
		return "", errors.New("looking at the machine: /proc/cpuinfo names no model, or /proc/loadavg is empty")
	}
	return fmt.Sprintf("Commit %s, %d processors (%s); %s processes were running or waiting in the minute before.\n", commit, runtime.NumCPU(), strings.Trim(model, "\t :"), busy), nil
}

// program is a run of the built program, with a cache of its own.
func (l *lab) program(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, filepath.Join(l.work, "mlm-lsp"), args...)
	c.Env = append(os.Environ(), ort.EnvLibrary+"="+l.library.Path, "XDG_CACHE_HOME="+filepath.Join(l.work, "cache"))
	return c
}

// place puts a table into the page.
func place(page, name, table string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	if text, err = marks.Replace(text, name, table); err != nil {
		return fmt.Errorf("writing a table: %s: %w", page, err)
	}
	if err := wholefile.Write(page, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}
