package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"mlm-lsp/internal/generated"
	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/mistyped"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// finding is a line of --format json.
type finding struct {
	Path        string       `json:"path"`
	Line        int          `json:"line"`
	Column      int          `json:"column"`
	EndColumn   int          `json:"end_column"`
	Code        string       `json:"code"`
	Kind        string       `json:"kind"`
	Token       string       `json:"token"`
	Probability float64      `json:"probability"`
	Score       float64      `json:"score"`
	Reported    bool         `json:"reported"`
	Suggestions []suggestion `json:"suggestions"`
	Message     string       `json:"message"`

	endLine  int
	text     string // of the line, for the baseline
	severity string // of the settings
	// The columns in code points, for readers that do not count bytes.
	runeColumn, endRuneColumn int
}

type suggestion struct {
	Text    string  `json:"text"`
	LogProb float64 `json:"logprob"`
}

// target is a file to be checked.
type target struct {
	path     string // as the user named it, or its directory
	text     []byte // of standard input; nil for a file, which is read when its turn comes
	settings settings.Settings
	lines    *lineSet // those to look at; nil: all
}

// checker checks many files at once. What it finds is in the order of the targets, whichever is ready first.
type checker struct {
	options suspect.Options
	types   bool    // annotations are looked at whatever the project says
	changed changes // nil: everything is looked at
	targets []target
	around  *surroundings
	// unwanted says why a project's settings pass over a file: settings.Settings.Silence, or its like for something else than findings.
	unwanted func(s settings.Settings, language, relative string, size int) string

	projects map[string]settings.Project // by root
	roots    map[string]string           // by directory
	mu       sync.Mutex
	passed   map[string]int // files that are not checked, by reason
	problems []string       // of settings and suppression comments
}

// newChecker returns a checker that judges as opts say; without a sensitivity, with the one of each project.
func newChecker(opts suspect.Options) *checker {
	return &checker{options: opts, around: newSurroundings(), unwanted: settings.Settings.Silence, projects: map[string]settings.Project{}, roots: map[string]string{}, passed: map[string]int{}}
}

// project returns the project that holds a path, and the path below its root.
func (c *checker) project(path string) (settings.Project, string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return settings.Project{}, "", fmt.Errorf("looking for the project of %s: %w", path, err)
	}
	directory := filepath.Dir(absolute)
	root, known := c.roots[directory]
	if !known {
		root = settings.FindRoot(directory)
		c.roots[directory] = root
	}
	if root == "" {
		return settings.Project{}, "", nil
	}
	p, known := c.projects[root]
	if !known {
		p = settings.ReadProject(root)
		c.projects[root] = p
		for i := range p.Problems {
			if short := baseline.Relative(".", p.File); filepath.IsLocal(short) {
				p.Problems[i].Source = short
			}
		}
		if complaint := settings.Complaint(p.Problems); complaint != "" {
			c.problems = append(c.problems, complaint)
		}
	}
	return p, p.Relative(absolute), nil
}

// pass counts a file that is not checked.
func (c *checker) pass(reason string) {
	c.mu.Lock()
	c.passed[reason]++
	c.mu.Unlock()
}

// add takes the files that are to be checked by their projects' settings, and by what changed.
func (c *checker) add(paths []string) error {
	for _, path := range paths {
		t := target{path: path}
		if c.changed != nil {
			lines, err := c.changed.of(path)
			if err != nil {
				return err
			}
			if lines == nil {
				continue
			}
			t.lines = lines
		}
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		p, relative, err := c.project(path)
		if err != nil {
			return err
		}
		t.settings = settings.Merge(p.Layer)
		if reason := c.unwanted(t.settings, treesitter.LanguageOf(path), relative, int(min(info.Size(), maxFileSize))); reason != "" {
			c.pass(reason)
			continue
		}
		c.targets = append(c.targets, t)
	}
	return nil
}

// addInput takes standard input as the text of a file of that name.
func (c *checker) addInput(name string) error {
	text, err := readInput("-")
	if err != nil {
		return err
	}
	language := treesitter.LanguageOfText(name, text)
	if language == "" {
		return usageError{fmt.Errorf("--stdin-filename %s: it is in none of the languages %s", name, strings.Join(treesitter.Languages(), ", "))}
	}
	p, relative, err := c.project(name)
	if err != nil {
		return err
	}
	t := target{path: name, text: text, settings: settings.Merge(p.Layer)}
	if reason := c.unwanted(t.settings, language, relative, len(text)); reason != "" {
		c.pass(reason)
		return nil
	}
	c.targets = append(c.targets, t)
	return nil
}

// run checks the targets. A file that fails does not keep the others from being checked: the error tells of all that did.
func (c *checker) run(ctx context.Context, m suspect.Model) ([]finding, error) {
	show := newProgress("checking", "files")
	defer show.finish()
	found := make([][]finding, len(c.targets))
	remarks := make([][]string, len(c.targets))
	failed := make([]error, len(c.targets))
	done := 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range c.targets {
		group.Go(func() error {
			found[i], remarks[i], failed[i] = c.check(ctx, m, &c.targets[i])
			c.mu.Lock()
			done++
			show.set(done, len(c.targets))
			c.mu.Unlock()
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	c.problems = append(c.problems, slices.Concat(remarks...)...)
	return slices.Concat(found...), errors.Join(failed...)
}

// check checks one file.
func (c *checker) check(ctx context.Context, m suspect.Model, t *target) (findings []finding, remarks []string, err error) {
	text := t.text
	if text == nil {
		if text, err = readInput(t.path); err != nil {
			return nil, nil, err
		}
	}
	language := treesitter.LanguageOfText(t.path, text)
	if generated.By(text, language) {
		c.pass("generated")
		return nil, nil, nil
	}
	around, err := c.around.of(ctx, t.path)
	if err != nil && !(t.text != nil && errors.Is(err, fs.ErrNotExist)) { // a file that is not saved may be in a directory that is not made
		return nil, nil, fmt.Errorf("checking %s: %w", t.path, err)
	}
	f := treesitter.Parse(language, text)
	lines := newLineIndex(text)
	opts := c.options
	opts.Around, opts.Lean = around, true
	if opts.Sensitivity == "" {
		opts.Sensitivity = t.settings.DiagnosticsSensitivity
	}
	if t.lines != nil && !t.lines.all {
		opts.Only = func(span treesitter.Span) bool { return t.lines.touches(lines.lines(span)) }
	}
	if c.types || t.settings.DiagnosticsTypes {
		if opts.Also, err = c.mistyped(ctx, m, t, f, opts); err != nil {
			return nil, nil, fmt.Errorf("checking %s: %w", t.path, err)
		}
	}
	e, err := suspect.Examine(ctx, m, f, opts)
	if err != nil {
		return nil, nil, fmt.Errorf("checking %s: %w", t.path, err)
	}
	for _, s := range e.Findings(c.options.All) {
		s.Reported = s.Reported && t.settings.Reports(s.Code)
		if s.Reported || c.options.All {
			findings = append(findings, newFinding(t, f, lines, s))
		}
	}
	for _, r := range e.Remarks() {
		line, column := lines.position(r.Span.Start)
		remarks = append(remarks, fmt.Sprintf("%s:%d:%d: %s", t.path, line, column, r.Text))
	}
	return findings, remarks, nil
}

// mistyped looks for annotations that look wrong.
func (c *checker) mistyped(ctx context.Context, m suspect.Model, t *target, f *treesitter.File, opts suspect.Options) ([]suspect.Finding, error) {
	known, file, err := c.around.index(ctx, t.path, typeinfer.Languages())
	if err != nil && !(t.text != nil && errors.Is(err, fs.ErrNotExist)) {
		return nil, err
	}
	return mistyped.Find(ctx, m, f, typeinfer.Options{Around: opts.Around, Only: opts.Only, Origins: typeinfer.FromIndex(known, f.Language, file)})
}

func newFinding(t *target, f *treesitter.File, lines lineIndex, s suspect.Finding) finding {
	line, column := lines.position(s.Span.Start)
	endLine, endColumn := lines.position(s.Span.End)
	runes := func(line, column int) int { return 1 + utf8.RuneCount(f.Text[lines[line-1]:lines[line-1]+column-1]) }
	out := finding{
		Path: t.path, Line: line, Column: column, EndColumn: endColumn,
		Code: s.Code, Kind: s.Kind, Token: s.Token, Probability: s.Probability, Score: s.Score, Reported: s.Reported,
		Suggestions: []suggestion{}, Message: s.Message,
		endLine: endLine, text: lines.text(f.Text, line), severity: t.settings.DiagnosticsSeverity,
		runeColumn: runes(line, column), endRuneColumn: runes(endLine, endColumn),
	}
	for _, c := range s.Suggestions {
		out.Suggestions = append(out.Suggestions, suggestion{Text: c.Text, LogProb: c.LogProb})
	}
	return out
}

// tell says what is no finding: problems of settings and of suppression comments, and how many files were not checked, and why.
func (c *checker) tell(w io.Writer) {
	var out bytes.Buffer
	for _, problem := range c.problems {
		fmt.Fprintf(&out, "mlm-lsp: %s\n", problem)
	}
	for _, reason := range slices.Sorted(maps.Keys(c.passed)) {
		files := "files"
		if c.passed[reason] == 1 {
			files = "file"
		}
		fmt.Fprintf(&out, "mlm-lsp: %d %s not checked: %s\n", c.passed[reason], files, reason)
	}
	_, _ = w.Write(out.Bytes()) // standard error; there is nobody to tell
}
