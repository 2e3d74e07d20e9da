package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"
	"github.com/spf13/cobra"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/training/corpus"
	"mlm-lsp/treesitter"
)

// checkFormats are the values of check's --format.
var checkFormats = []string{"text", "json", "sarif", "github"}

// newCheck returns the command that looks for suspicious tokens.
func newCheck() *cobra.Command {
	var flags modelFlags
	var format, baselineFile, sensitivity string
	var all, writeBaseline bool
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Look for tokens that look wrong",
		Long: `Look for names, attributes and operators that look wrong where they stand, in files and below directories
(.gitignore is honoured). A comment "mlm-lsp: ignore" on a line, or on the line before, silences it.

Exits with 1 when it reports something.`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(checkFormats, format) {
				return usageError{fmt.Errorf("--format %q: it is one of %s", format, strings.Join(checkFormats, ", "))}
			}
			if !slices.Contains(rank.Sensitivities(), sensitivity) {
				return usageError{fmt.Errorf("--sensitivity %q: it is one of %s", sensitivity, strings.Join(rank.Sensitivities(), ", "))}
			}
			if writeBaseline && baselineFile == "" {
				return usageError{errors.New("--write-baseline: name the file with --baseline")}
			}
			known, err := readBaseline(baselineFile, writeBaseline)
			if err != nil {
				return err
			}
			paths, err := corpus.Sources(cmd.Context(), args)
			if err != nil {
				return err
			}
			m, err := flags.open(cmd.Context())
			if err != nil {
				return err
			}
			defer m.Close()
			findings, err := checkFiles(cmd.Context(), m, paths, suspect.Options{All: all, Sensitivity: sensitivity})
			if err != nil {
				return err
			}
			if writeBaseline {
				return writeBaselineFile(baselineFile, findings)
			}
			findings = known.subtract(findings)
			if err := printFindings(cmd.OutOrStdout(), format, findings); err != nil {
				return err
			}
			for _, f := range findings {
				if f.Reported {
					return errFindings
				}
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&format, "format", "text", "text, json, sarif or github")
	cmd.Flags().BoolVar(&all, "all", false, "every site that was scored, not only what is suspicious enough")
	cmd.Flags().StringVar(&sensitivity, "sensitivity", rank.Normal, "how readily is reported: normal or quiet")
	cmd.Flags().StringVar(&baselineFile, "baseline", "", "a `FILE` of known findings, which are left out")
	cmd.Flags().BoolVar(&writeBaseline, "write-baseline", false, "write the findings to the baseline instead of showing them")
	return cmd
}

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

	endLine int
	text    string // of the line, for the baseline
}

type suggestion struct {
	Text    string  `json:"text"`
	LogProb float64 `json:"logprob"`
}

// checkFiles checks file after file.
func checkFiles(ctx context.Context, m *model.Model, paths []string, opts suspect.Options) ([]finding, error) {
	show := newProgress("checking", "files")
	defer show.finish()
	var findings []finding
	projects := newSurroundings()
	for i, path := range paths {
		show.set(i, len(paths))
		f, err := readSource(path, "")
		if err != nil {
			return nil, err
		}
		if opts.Around, err = projects.of(ctx, path); err != nil {
			return nil, err
		}
		found, err := suspect.Check(ctx, m, f, opts)
		if err != nil {
			return nil, fmt.Errorf("checking %s: %w", path, err)
		}
		lines := newLineIndex(f.Text)
		for _, s := range found {
			findings = append(findings, newFinding(path, f, lines, s))
		}
	}
	return findings, nil
}

func newFinding(path string, f *treesitter.File, lines lineIndex, s suspect.Finding) finding {
	line, column := lines.position(s.Span.Start)
	endLine, endColumn := lines.position(s.Span.End)
	out := finding{
		Path: path, Line: line, Column: column, EndColumn: endColumn,
		Code: s.Code, Kind: s.Kind, Token: s.Token, Probability: s.Probability, Score: s.Score, Reported: s.Reported,
		Suggestions: []suggestion{}, Message: s.Message,
		endLine: endLine, text: lines.text(f.Text, line),
	}
	for _, c := range s.Suggestions {
		out.Suggestions = append(out.Suggestions, suggestion{Text: c.Text, LogProb: c.LogProb})
	}
	return out
}

func printFindings(w io.Writer, format string, findings []finding) error {
	switch format {
	case "json":
		return printJSONLines(w, findings)
	case "sarif":
		return printSARIF(w, findings)
	case "github":
		for _, f := range findings {
			if f.Reported {
				fmt.Fprintf(w, "::notice file=%s,line=%d,col=%d,endLine=%d,endColumn=%d,title=%s::%s\n",
					escapeProperty(f.Path), f.Line, f.Column, f.endLine, f.EndColumn, f.Code, escapeData(f.Message))
			}
		}
	default:
		for _, f := range findings {
			mark := ""
			if !f.Reported {
				mark = fmt.Sprintf(" (not reported, score %.2f)", f.Score)
			}
			fmt.Fprintf(w, "%s:%d:%d: %s [%s]%s\n", f.Path, f.Line, f.Column, f.Message, f.Code, mark)
		}
	}
	return nil
}

// printJSONLines writes one object per line.
func printJSONLines[T any](w io.Writer, values []T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// escapeData and escapeProperty follow GitHub's workflow commands
// (https://github.com/actions/toolkit, packages/core/src/command.ts).
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// printSARIF writes the reported findings as SARIF 2.1.0.
func printSARIF(w io.Writer, findings []finding) error {
	report, err := sarif.New(sarif.Version210)
	if err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	run := sarif.NewRunWithInformationURI("mlm-lsp", "")
	run.Tool.Driver.InformationURI = nil
	v := version()
	run.Tool.Driver.Version = &v
	for _, f := range findings {
		if !f.Reported {
			continue
		}
		run.AddRule(f.Code)
		region := sarif.NewRegion().WithStartLine(f.Line).WithStartColumn(f.Column).WithEndLine(f.endLine).WithEndColumn(f.EndColumn)
		location := sarif.NewPhysicalLocation().
			WithArtifactLocation(sarif.NewSimpleArtifactLocation(f.Path)).WithRegion(region)
		run.CreateResultForRule(f.Code).WithLevel("note").
			WithMessage(sarif.NewTextMessage(f.Message)).AddLocation(sarif.NewLocationWithPhysicalLocation(location))
	}
	report.AddRun(run)
	return report.PrettyWrite(w)
}

// baseline counts known findings by what does not change when lines move.
type baseline map[baselineEntry]int

// baselineEntry is a line of a baseline file.
type baselineEntry struct {
	Path  string `json:"path"`
	Code  string `json:"code"`
	Token string `json:"token"`
	Text  string `json:"text"`
}

func (f finding) entry() baselineEntry {
	return baselineEntry{Path: f.Path, Code: f.Code, Token: f.Token, Text: strings.TrimSpace(f.text)}
}

// readBaseline reads a baseline; none is named, or one about to be written, is an empty one.
func readBaseline(path string, writing bool) (baseline, error) {
	known := baseline{}
	if path == "" || writing {
		return known, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline: %w: make one with --write-baseline", err)
	}
	defer file.Close()
	dec := json.NewDecoder(file)
	for {
		var e baselineEntry
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			return known, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the baseline %s: %w: make it anew with --write-baseline", path, err)
		}
		known[e]++
	}
}

// subtract leaves out as many findings as the baseline knows of each.
func (b baseline) subtract(findings []finding) []finding {
	left := make([]finding, 0, len(findings))
	for _, f := range findings {
		if e := f.entry(); f.Reported && b[e] > 0 {
			b[e]--
			continue
		}
		left = append(left, f)
	}
	return left
}

func writeBaselineFile(path string, findings []finding) error {
	var entries []baselineEntry
	for _, f := range findings {
		if f.Reported {
			entries = append(entries, f.entry())
		}
	}
	return writeFile(path, func(w io.Writer) error { return printJSONLines(w, entries) })
}
