package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// baseline counts known findings by what does not change when lines move.
type baseline struct {
	directory string // of the file: its paths are below it
	known     map[baselineEntry]int
}

// baselineEntry is a line of a baseline file.
type baselineEntry struct {
	Path  string `json:"path"` // from the baseline's directory, with slashes
	Code  string `json:"code"`
	Token string `json:"token"`
	Text  string `json:"text"`
}

// entry is a finding as a baseline in a directory has it.
func (f finding) entry(directory string) baselineEntry {
	return baselineEntry{Path: relativeTo(directory, f.Path), Code: f.Code, Token: f.Token, Text: strings.TrimSpace(f.text)}
}

// relativeTo returns a path as seen from a directory, with slashes; where that cannot be, as it is.
func relativeTo(directory, path string) string {
	from, errFrom := filepath.Abs(directory)
	to, errTo := filepath.Abs(path)
	if relative, err := filepath.Rel(from, to); errFrom == nil && errTo == nil && err == nil {
		path = relative
	}
	return filepath.ToSlash(path)
}

// readBaseline reads a baseline; none is named, or one about to be written, is an empty one.
func readBaseline(path string, writing bool) (baseline, error) {
	b := baseline{directory: filepath.Dir(path), known: map[baselineEntry]int{}}
	if path == "" || writing {
		return b, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return b, fmt.Errorf("reading the baseline: %w: make one with --write-baseline", err)
	}
	defer file.Close()
	dec := json.NewDecoder(file)
	for {
		var e baselineEntry
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return b, nil
		} else if err != nil {
			return b, fmt.Errorf("reading the baseline %s: %w: make it anew with --write-baseline", path, err)
		}
		b.known[e]++
	}
}

// subtract leaves out as many findings as the baseline knows of each.
func (b baseline) subtract(findings []finding) []finding {
	left := make([]finding, 0, len(findings))
	for _, f := range findings {
		if f.Reported {
			if e := f.entry(b.directory); b.known[e] > 0 {
				b.known[e]--
				continue
			}
		}
		left = append(left, f)
	}
	return left
}

func writeBaselineFile(path string, findings []finding) error {
	var entries []baselineEntry
	for _, f := range findings {
		if f.Reported {
			entries = append(entries, f.entry(filepath.Dir(path)))
		}
	}
	return writeFile(path, func(w io.Writer) error { return printJSONLines(w, entries) })
}
