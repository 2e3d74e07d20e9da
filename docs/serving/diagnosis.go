package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"mlm-lsp/treesitter"
)

// edits is how many edits are made in a file, each inside another function.
const edits = 10

// diagnosis looks for mistakes in a file of each language, and again after edits inside single functions.
func (l *lab) diagnosis(ctx context.Context) (string, error) {
	var table strings.Builder
	table.WriteString("| file | lines | whole file | of it forward passes | rows | after an edit, median of 10 | slowest | rows, median | most |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range l.files {
		if err := l.diagnose(ctx, &table, f); err != nil {
			return "", fmt.Errorf("in %s: %w", f.path, err)
		}
	}
	return table.String(), nil
}

func (l *lab) diagnose(ctx context.Context, w *strings.Builder, f file) error {
	s, err := l.start(ctx, f.root)
	if err != nil {
		return err
	}
	d, err := s.open(ctx, f.path, f.text)
	if err != nil {
		return err
	}
	if err := d.diagnosed(); err != nil {
		return err
	}
	whole, at, err := s.next(0, "diagnostics", d.version)
	if err != nil {
		return err
	}
	var took []time.Duration
	var rows []int64
	places := functions(f, edits)
	for i := len(places) - 1; i >= 0; i-- { // from the end, so that the places before stay where they are
		d.moveTo(places[i])
		if err := d.insert(ctx, "x"); err != nil {
			return err
		}
		if err := d.diagnosed(); err != nil {
			return err
		}
		var line logged
		if line, at, err = s.next(at, "diagnostics", d.version); err != nil {
			return err
		}
		took, rows = append(took, seconds(line.Took)), append(rows, line.Model.Rows)
	}
	fmt.Fprintf(w, "| %s | %d | %s | %s | %d | %s | %s | %d | %d |\n", f.language, bytes.Count(f.text, []byte("\n")), milliseconds(seconds(whole.Took)), milliseconds(seconds(whole.Model.Forward)), whole.Model.Rows,
		milliseconds(median(took)), milliseconds(quantile(took, 1)), median(rows), quantile(rows, 1))
	return s.stop(ctx)
}

// functions are the ends of the first names used inside functions, so many, spread over the file.
func functions(f file, n int) (places []int) {
	parsed := treesitter.Parse(treesitter.LanguageOf(f.path), f.text)
	last := int32(-1)
	for _, t := range parsed.Tokens {
		if t.Kind == treesitter.KindVariable && t.Scope != last && inFunction(parsed, t.Scope) {
			last = t.Scope
			places = append(places, t.End)
		}
	}
	for i := range min(n, len(places)) {
		places[i] = places[i*len(places)/min(n, len(places))]
	}
	return places[:min(n, len(places))]
}

func inFunction(f *treesitter.File, scope int32) bool {
	for ; scope >= 0; scope = f.Scopes[scope].Parent {
		if k := f.Scopes[scope].Kind; k == treesitter.ScopeFunction || k == treesitter.ScopeBlock {
			return true
		}
	}
	return false
}

// rounds is how often check runs on one processor and on two, in turns.
const rounds = 3

// check runs the command over the files of all languages.
func (l *lab) check(ctx context.Context) (string, error) {
	n := 0
	var paths []string
	for _, f := range l.files {
		n += bytes.Count(f.text, []byte("\n"))
		paths = append(paths, f.path)
	}
	var table strings.Builder
	table.WriteString("| processors | lines a second | processor time for 1,000 lines |\n|---|---|---|\n")
	processors := []string{"0", "0,1"}
	walls, spent := make([][]time.Duration, len(processors)), make([][]time.Duration, len(processors))
	for range rounds {
		for i, list := range processors {
			run := l.program(ctx, append([]string{"check", "--format", "json"}, paths...)...)
			pinned := exec.CommandContext(ctx, "taskset", append([]string{"-c", list}, run.Args...)...)
			pinned.Env = run.Env
			began := time.Now()
			out, err := pinned.Output()
			// Findings are 1.
			if exit := (*exec.ExitError)(nil); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
				return "", fmt.Errorf("checking: %w: %s", err, out)
			}
			state := pinned.ProcessState
			walls[i], spent[i] = append(walls[i], time.Since(began)), append(spent[i], state.UserTime()+state.SystemTime())
		}
	}
	for i := range processors {
		fmt.Fprintf(&table, "| %d | %.0f (%.0f to %.0f) | %.2f s |\n", i+1, float64(n)/median(walls[i]).Seconds(), float64(n)/quantile(walls[i], 1).Seconds(), float64(n)/quantile(walls[i], 0).Seconds(),
			median(spent[i]).Seconds()*1000/float64(n))
	}
	return table.String(), nil
}
