package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"mlm-lsp/lsp/suspect"
)

func printFindings(w io.Writer, format string, findings []finding) error {
	switch format {
	case "json":
		return printJSONLines(w, findings)
	case "sarif":
		return printSARIF(w, findings)
	case "github":
		for _, f := range findings {
			if f.Reported {
				if _, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,endLine=%d,endColumn=%d,title=%s::%s\n", githubLevels[f.severity],
					escapeProperty(f.Path), f.Line, f.runeColumn, f.endLine, f.endRuneColumn, f.Code, escapeData(f.Message)); err != nil {
					return err
				}
			}
		}
	default:
		for _, f := range findings {
			mark := ""
			if !f.Reported {
				mark = fmt.Sprintf(" (not reported, score %.2f)", f.Score)
			}
			if _, err := fmt.Fprintf(w, "%s:%d:%d: %s [%s]%s\n", f.Path, f.Line, f.Column, f.Message, f.Code, mark); err != nil {
				return err
			}
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

// The severities of the settings as GitHub and SARIF have them.
var (
	githubLevels = map[string]string{"hint": "notice", "information": "notice", "warning": "warning"}
	sarifLevels  = map[string]string{"hint": "note", "information": "note", "warning": "warning"}
)

// escapeData and escapeProperty follow GitHub's workflow commands
// (https://github.com/actions/toolkit, packages/core/src/command.ts).
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// ruleTexts describe the codes of findings, for readers of SARIF.
var ruleTexts = map[string]string{
	suspect.CodeVariable:  "Another name that is visible here fits much better.",
	suspect.CodeAttribute: "Another member fits much better on this receiver.",
	suspect.CodeOperator:  "Another operator fits much better here.",
	suspect.CodeArguments: "Two arguments fit much better the other way round.",
	suspect.CodeLiteral:   "The opposite boolean fits much better here.",
	suspect.CodeMisspelt:  "The name stands nowhere else and is one slip from one that does.",
	suspect.CodeType:      "What is done contradicts the annotation, and another type fits much better.",
}

// printSARIF writes the reported findings as SARIF 2.1.0. Its columns count code points.
func printSARIF(w io.Writer, findings []finding) error {
	report, err := sarif.New(sarif.Version210)
	if err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	run := sarif.NewRunWithInformationURI("mlm-lsp", "")
	run.Tool.Driver.InformationURI = nil
	v := version()
	run.Tool.Driver.Version = &v
	run.ColumnKind = "unicodeCodePoints"
	for _, f := range findings {
		if !f.Reported {
			continue
		}
		run.AddRule(f.Code).WithDescription(ruleTexts[f.Code])
		region := sarif.NewRegion().WithStartLine(f.Line).WithStartColumn(f.runeColumn).WithEndLine(f.endLine).WithEndColumn(f.endRuneColumn)
		location := sarif.NewPhysicalLocation().WithArtifactLocation(artifact(f.Path)).WithRegion(region)
		run.CreateResultForRule(f.Code).WithLevel(sarifLevels[f.severity]).
			WithMessage(sarif.NewTextMessage(f.Message)).AddLocation(sarif.NewLocationWithPhysicalLocation(location))
	}
	report.AddRun(run)
	return report.PrettyWrite(w)
}

// artifact names a file by a URI: relative to the working directory where the path is, which is the checkout's top in CI.
func artifact(path string) *sarif.ArtifactLocation {
	if filepath.IsAbs(path) {
		return sarif.NewArtifactLocation().WithUri((&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String())
	}
	return sarif.NewArtifactLocation().WithUri((&url.URL{Path: filepath.ToSlash(filepath.Clean(path))}).String()).WithUriBaseId("%SRCROOT%")
}
