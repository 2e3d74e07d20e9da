package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/settings"
)

// readBaseline reads the baseline that the user names.
func readBaseline(path string) (*baseline.Baseline, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline: %w: make one with --write-baseline", err)
	}
	b, err := baseline.Parse(text)
	if broken := (*baseline.Error)(nil); errors.As(err, &broken) {
		return nil, fmt.Errorf("reading the baseline %s:%d: %w: make it anew with --write-baseline", path, broken.Line, err)
	}
	return b, err
}

// entryIn is what a finding is to a baseline in a directory; one that is not reported is nothing to it.
func entryIn(directory string) func(finding) (baseline.Entry, bool) {
	return func(f finding) (baseline.Entry, bool) {
		return baseline.NewEntry(directory, f.Path, f.Code, f.Token, []byte(f.text), 0), f.Reported
	}
}

// subtractProjects leaves out what the baselines of the findings' projects know, as a server does in an editor.
func (c *checker) subtractProjects(findings []finding) ([]finding, error) {
	read := map[string]*baseline.Baseline{} // by root
	for at := 0; at < len(findings); {
		p, _, err := c.project(findings[at].Path)
		if err != nil {
			return nil, err
		}
		end := at + 1 // findings of one file stand together, but files of one project need not
		for end < len(findings) && findings[end].Path == findings[at].Path {
			end++
		}
		known, ok := read[p.Root]
		name := settings.Merge(p.Layer).DiagnosticsBaseline
		if !ok && p.Root != "" {
			var problems []settings.Problem
			known, problems = settings.ReadBaseline(p.Root, name, nil)
			if read[p.Root] = known; len(problems) > 0 {
				c.problems = append(c.problems, settings.Complaint(problems))
			}
		}
		directory := filepath.Dir(filepath.Join(p.Root, filepath.FromSlash(name)))
		left := baseline.Subtract(known, findings[at:end], entryIn(directory))
		findings = append(findings[:at], append(left, findings[end:]...)...)
		at += len(left)
	}
	return findings, nil
}

func writeBaselineFile(path string, findings []finding) error {
	var entries []baseline.Entry
	for _, f := range findings {
		if e, ok := entryIn(filepath.Dir(path))(f); ok {
			entries = append(entries, e)
		}
	}
	return writeFile(path, func(w io.Writer) error { return printJSONLines(w, entries) })
}
