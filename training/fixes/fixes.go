// Package fixes finds real bug fixes of a single token in the histories of git repositories: what a detector of bugs is taught with after
// mutants (He et al. 2022; Allamanis et al. 2021, PyPIBugs), and what it is measured on.
//
// Invariants:
//
//   - A Fix is a non-merge commit whose message speaks of a mistake and whose whole change outside tests, prose and data is one line of one
//     file, with one token replaced or two names exchanged. The line's other tokens are the same before and after, and the kind of what was
//     replaced is the same on both sides.
//   - Repositories of evaluation projects and their forks are refused; so are copies of them inside other repositories.
//   - What is found depends on the history alone, so a repository that was mined is not mined again.
package fixes

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/treesitter"
)

// Kinds of fixes, as Fix.Kind says them.
const (
	Variable  = "variable"  // a bare name, called or not
	Attribute = "attribute" // a name behind a dot, called or not; a field's key, an argument's keyword
	Operator  = "operator"  // for another one of its sort
	Boolean   = "boolean"   // true for false or false for true
	Swap      = "swap"      // two names of one line, exchanged
)

// Fix points at one fixed bug: `git show Parent:Path` is the buggy file, `git show Commit:Path` the fixed one.
type Fix struct {
	Repo   string `json:"repo"` // owner/name where that is known
	Commit string `json:"commit"`
	Parent string `json:"parent"`
	Time   int64  `json:"time"` // of the commit, in seconds since 1970
	Path   string `json:"path"`
	Lang   string `json:"lang"` // "py", "go", "ts", "js": the family that the path's extension belongs to
	Line   int    `json:"line"` // 1-based, the same on both sides
	Col    int    `json:"col"`  // 0-based, in bytes, of Old in the buggy line and of New in the fixed one
	Old    string `json:"old"`
	New    string `json:"new"` // of a swap: the other name, which Old is exchanged with
	Kind   string `json:"kind"`
	// NewInFile and OldInFile count the tokens of that text in the rest of the buggy file.
	NewInFile int `json:"new_in_file"`
	OldInFile int `json:"old_in_file"`
	// Before and After are the file's two texts. A list of pointers goes without them.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Language is the treesitter language of the fixed file.
func (f *Fix) Language() string { return treesitter.LanguageOf(f.Path) }

// Misspelt tells a name that stands nowhere else in the buggy file: a slip of the pen, or a name that the fix took from elsewhere. What
// is wrong there is that the name is new, which compilers say and no one else; of a name that is known, and the wrong one here, they say nothing.
func (f *Fix) Misspelt() bool {
	return (f.Kind == Variable || f.Kind == Attribute) && f.OldInFile == 0
}

// Offset is where the fixed token begins in a text of the file, Before or After.
func (f *Fix) Offset(text string) (int, error) {
	at := 0
	for range f.Line - 1 {
		next := strings.IndexByte(text[at:], '\n')
		if next < 0 {
			return 0, fmt.Errorf("finding line %d of %s: the text ends before it", f.Line, f.Path)
		}
		at += next + 1
	}
	if f.Line < 1 || f.Col < 0 || f.Col > len(text)-at {
		return 0, fmt.Errorf("finding line %d, column %d of %s: the text has no such place", f.Line, f.Col, f.Path)
	}
	return at + f.Col, nil
}

// Write writes the fixes as JSON lines to path; a name that ends in .gz is compressed.
func Write(path string, list []Fix) error {
	err := wholefile.Write(path, func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		var out io.Writer = buffered
		var zip *gzip.Writer
		if strings.HasSuffix(path, ".gz") {
			zip = gzip.NewWriter(buffered)
			out = zip
		}
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		for i := range list {
			if err := encoder.Encode(&list[i]); err != nil {
				return err
			}
		}
		if zip != nil {
			if err := zip.Close(); err != nil {
				return err
			}
		}
		return buffered.Flush()
	})
	if err != nil {
		return fmt.Errorf("writing fixes %s: %w", path, err)
	}
	return nil
}

// maxLine bounds a line of a fixes file: a fix with both its texts.
const maxLine = 4*maxBytes + 1<<16

// Read reads what Write wrote, or a list of pointers from elsewhere; fields that it does not know are passed over.
func Read(path string) ([]Fix, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading fixes: %w", err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("reading fixes %s: %w", path, err)
		}
	}
	list, err := read(in)
	if err != nil {
		return nil, fmt.Errorf("reading fixes %s: %w", path, err)
	}
	return list, nil
}

func read(in io.Reader) ([]Fix, error) {
	var list []Fix
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var f Fix
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if f.Path == "" || f.Line < 1 || f.Col < 0 || f.Old == "" || f.New == "" || f.Old == f.New {
			return nil, fmt.Errorf("line %d: no fix: path %q, line %d, column %d, from %q to %q", n, f.Path, f.Line, f.Col, f.Old, f.New)
		}
		list = append(list, f)
	}
	return list, lines.Err()
}
