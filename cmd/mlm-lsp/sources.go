package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"

	"mlm-lsp/treesitter"
)

// maxFileSize is the largest file that a command reads; larger ones are data more often than code.
const maxFileSize = 8 << 20

// readSource parses the file at path; "-" is standard input. lang overrides what the name says.
func readSource(path, lang string) (*treesitter.File, error) {
	text, err := readInput(path)
	if err != nil {
		return nil, err
	}
	if lang == "" {
		lang = treesitter.LanguageOfText(path, text)
	}
	if err := knownLanguage(lang, path); err != nil {
		return nil, err
	}
	return treesitter.Parse(lang, text), nil
}

// readInput reads the file at path; "-" is standard input.
func readInput(path string) ([]byte, error) {
	file := os.Stdin
	if path != "-" {
		var err error
		if file, err = os.Open(path); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		defer file.Close()
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(text) > maxFileSize {
		return nil, fmt.Errorf("reading %s: more than the limit of %d bytes", path, maxFileSize)
	}
	return text, nil
}

// knownLanguage reports a language that there is no grammar for.
func knownLanguage(lang, path string) error {
	for _, l := range treesitter.Languages() {
		if l == lang {
			return nil
		}
	}
	names := strings.Join(treesitter.Languages(), ", ")
	if lang == "" {
		return usageError{fmt.Errorf("%s: unknown language: name one of %s with --lang", path, names)}
	}
	return usageError{fmt.Errorf("unknown language %q: it is one of %s", lang, names)}
}

// splitPosition takes FILE:LINE:COL apart. Lines and columns are 1-based, columns count bytes.
func splitPosition(arg string) (path string, line, column int, err error) {
	wrong := usageError{fmt.Errorf("position %q: write FILE:LINE:COL, both counted from 1", arg)}
	rest, c, ok := cutLast(arg)
	if !ok {
		return "", 0, 0, wrong
	}
	path, l, ok := cutLast(rest)
	if !ok || path == "" {
		return "", 0, 0, wrong
	}
	line, errLine := strconv.Atoi(l)
	column, errColumn := strconv.Atoi(c)
	if errLine != nil || errColumn != nil || line < 1 || column < 1 {
		return "", 0, 0, wrong
	}
	return path, line, column, nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// lineIndex holds the offset of each line's first byte: it maps byte offsets of one text to 1-based lines
// and byte columns, and back.
type lineIndex []int

func newLineIndex(text []byte) lineIndex {
	starts := lineIndex{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// position returns the 1-based line and byte column of offset.
func (l lineIndex) position(offset int) (line, column int) {
	line = sort.SearchInts(l, offset+1)
	return line, offset - l[line-1] + 1
}

// lines returns the 1-based first and last line of a span.
func (l lineIndex) lines(span treesitter.Span) (first, last int) {
	first, _ = l.position(span.Start)
	last, _ = l.position(max(span.Start, span.End-1))
	return first, last
}

// offset returns the byte offset of a 1-based line and byte column in a text of size bytes; the column may
// stand just behind the line's last byte.
func (l lineIndex) offset(line, column, size int) (int, error) {
	if line > len(l) {
		return 0, usageError{fmt.Errorf("line %d: the file has %d", line, len(l))}
	}
	end := size
	if line < len(l) {
		end = l[line] - 1
	}
	offset := l[line-1] + column - 1
	if offset > end {
		return 0, usageError{fmt.Errorf("column %d: line %d has %d bytes", column, line, end-l[line-1])}
	}
	return offset, nil
}

// text returns a 1-based line without its end.
func (l lineIndex) text(text []byte, line int) string {
	end := len(text)
	if line < len(l) {
		end = l[line] - 1
	}
	return string(text[l[line-1]:end])
}
