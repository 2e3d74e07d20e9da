package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// recorded takes what docs/evaluate has measured out of its pages: those figures take hours, and no machine's load changes them.
func (l *lab) recorded(context.Context) (string, error) {
	return tableOfRecorded(func(name string) (string, error) {
		text, err := os.ReadFile(name)
		return string(text), err
	})
}

func tableOfRecorded(read func(string) (string, error)) (string, error) {
	complete, err := read("docs/results/complete.md")
	if err != nil {
		return "", err
	}
	var table strings.Builder
	table.WriteString("| completion, nothing typed | the name is listed | among five, without the model | of those listed | among five, with the model |\n|---|---|---|---|---|\n")
	header, rows, err := markdown(complete, "summary")
	if err != nil {
		return "", fmt.Errorf("docs/results/complete.md: %w", err)
	}
	for _, row := range rows {
		if !strings.HasPrefix(row[0], "0 typed") {
			continue
		}
		covered, errCovered := strconv.ParseFloat(cell(header, row, "covered"), 64)
		static, errStatic := amongFive(cell(header, row, "static"))
		with, errWith := amongFive(cell(header, row, "combined"))
		if errCovered != nil || errStatic != nil || errWith != nil {
			return "", fmt.Errorf("docs/results/complete.md: %q is no row of completions", row)
		}
		// Without the model nothing is offered but what is listed.
		fmt.Fprintf(&table, "| %s | %.0f | %.0f | %.0f | %.0f |\n", strings.TrimPrefix("all"+strings.TrimPrefix(row[0], "0 typed"), "all, "), covered, static, 100*static/covered, with)
	}
	results, err := read("docs/results.md")
	if err != nil {
		return "", err
	}
	header, rows, err = markdown(results, "asked")
	if err != nil {
		return "", fmt.Errorf("docs/results.md: %w", err)
	}
	table.WriteString("\n| mistakes reported at the shipped thresholds | asked | found, per cent |\n|---|---|---|\n")
	found := 0
	for _, row := range rows {
		if what, ok := strings.CutSuffix(cell(header, row, "figure"), ": reported at the shipped thresholds"); ok {
			found++
			fmt.Fprintf(&table, "| %s | %s | %s |\n", what, cell(header, row, "asked"), cell(header, row, "measured"))
		}
	}
	if found == 0 {
		return "", fmt.Errorf("docs/results.md: no row of what is reported")
	}
	return table.String(), nil
}

// markdown reads the table between a mark and the next end.
func markdown(page, name string) (header []string, rows [][]string, err error) {
	_, rest, ok := strings.Cut(page, "<!-- "+name+" -->\n")
	body, _, closed := strings.Cut(rest, "<!-- end -->")
	if !ok || !closed {
		return nil, nil, fmt.Errorf("no table <!-- %s -->", name)
	}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if header == nil {
			header = cells
		} else {
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("the table <!-- %s --> is empty", name)
	}
	return header, rows, nil
}

// cell is the one of a row under a title; "" when there is none.
func cell(header, row []string, title string) string {
	for i, t := range header {
		if t == title && i < len(row) {
			return row[i]
		}
	}
	return ""
}

// amongFive reads "**74 (71-77) / 90**": the second figure.
func amongFive(text string) (float64, error) {
	_, five, _ := strings.Cut(strings.Trim(text, "*"), " / ")
	return strconv.ParseFloat(five, 64)
}
