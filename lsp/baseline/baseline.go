// Package baseline holds the findings that a project knows and lives with: a file that `mlm-lsp check --write-baseline` writes, and that check and the server leave findings
// out by, so that only new ones are told.
//
// What holds:
//
//   - An entry names a finding by what does not change when lines move: path, kind, token and the text of its line. As many findings are left out as there are equal entries.
//   - A Baseline does not change once it is read, and may be shared between goroutines.
//   - A baseline is data of a project, perhaps of a stranger's. It can name nothing to be opened or run, and the worst that it can do is to silence.
package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
)

// FileName is the baseline of a project that names no other, in its root.
const FileName = ".mlm-lsp-baseline.json"

// Largest bounds a baseline in bytes: some 100,000 findings.
const Largest = 16 << 20

// Entry is a finding that is known: a line of a baseline.
type Entry struct {
	Path  string `json:"path"` // from the baseline's directory, with slashes
	Code  string `json:"code"`
	Token string `json:"token"`
	Text  string `json:"text"` // of the line, without the blanks around it
}

// NewEntry is the entry, in a baseline that lies in a directory, of a finding in the file at path: of a code, at a byte offset of the file's text where token stands.
func NewEntry(directory, path, code, token string, text []byte, offset int) Entry {
	start := bytes.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := bytes.Cut(text[start:], []byte{'\n'})
	return Entry{Path: Relative(directory, path), Code: code, Token: token, Text: string(bytes.TrimSpace(line))}
}

// Relative returns a path as seen from a directory, with slashes; where that cannot be, as it is.
func Relative(directory, path string) string {
	from, errFrom := filepath.Abs(directory)
	to, errTo := filepath.Abs(path)
	if below, err := filepath.Rel(from, to); errFrom == nil && errTo == nil && err == nil {
		path = below
	}
	return filepath.ToSlash(path)
}

// Baseline counts known findings. The zero Baseline, and a nil one, know none.
type Baseline struct {
	known  map[Entry]int
	digest [sha256.Size]byte
}

// Error says where a text is no baseline.
type Error struct {
	Line  int // 1-based
	cause error
}

// Error is worded without the line, which callers put behind the file's name.
func (e *Error) Error() string { return "it is no baseline: " + e.cause.Error() }
func (e *Error) Unwrap() error { return e.cause }

// Parse reads the text of a baseline: objects of JSON, one behind another. The error is an *Error.
func Parse(text []byte) (*Baseline, error) {
	b := &Baseline{known: map[Entry]int{}, digest: sha256.Sum256(text)}
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		var e Entry
		err := dec.Decode(&e)
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err == nil && (e.Path == "" || e.Code == "") {
			err = errors.New("an entry has no path or no code")
		}
		if err != nil {
			return nil, &Error{lineOf(err, dec, text), err}
		}
		b.known[e]++
	}
}

// lineOf tells in which line the text went wrong.
func lineOf(err error, dec *json.Decoder, text []byte) int {
	at := min(int(dec.InputOffset()), len(text)) // behind what was read last
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) && syntax.Offset > 0 {
		at = min(int(syntax.Offset-1), len(text))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) { // in what begins there
		at = len(text) - len(bytes.TrimLeft(text[at:], " \t\r\n"))
	}
	return 1 + bytes.Count(text[:at], []byte{'\n'})
}

// Is reports whether b was read from this very text.
func (b *Baseline) Is(text []byte) bool { return b != nil && b.digest == sha256.Sum256(text) }

// Len is how many findings are known.
func (b *Baseline) Len() int {
	if b == nil {
		return 0
	}
	n := 0
	for _, count := range b.known {
		n += count
	}
	return n
}

// Subtract leaves out as many findings as the baseline knows of each, the first ones. entry says what a finding is to the baseline; false is one that is kept without a look.
func Subtract[F any](b *Baseline, findings []F, entry func(F) (Entry, bool)) []F {
	left := make([]F, 0, len(findings))
	used := map[Entry]int{}
	for _, f := range findings {
		if e, ok := entry(f); b != nil && ok && used[e] < b.known[e] {
			used[e]++
			continue
		}
		left = append(left, f)
	}
	return left
}

// Mend is what to do about a baseline that cannot be read.
func Mend(name string) string {
	return "make it anew with mlm-lsp check --baseline " + strings.ReplaceAll(name, "\n", " ") + " --write-baseline"
}
