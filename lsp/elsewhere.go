package lsp

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project/index"
	"mlm-lsp/treesitter"
)

// told is how many definitions of a name in other files are told: a name that has more is a common word, and where it is defined says nothing.
const told = 3

// elsewhere returns what words where a name is defined in other files of a document's folder; "" where the index knows no place, or too many. A bare name is none of a class's members where
// something else is called so.
func (s *server) elsewhere(snap *snapshot) func(name string, member, markdown bool) string {
	known, path := s.index(snap), pathOf(snap.uri)
	top := ""
	if f := s.folderOf(path); f != nil {
		top = f.path
	}
	return func(name string, member, markdown bool) string {
		x := known()
		if x == nil {
			return ""
		}
		list := slices.DeleteFunc(x.Find(snap.language, name), func(d index.Symbol) bool { return d.Path == path })
		list = preferred(list, func(d index.Symbol) bool { return d.Exported })
		if !member {
			list = preferred(list, func(d index.Symbol) bool { return d.Of == "" })
		}
		if len(list) > told {
			return ""
		}
		var b strings.Builder
		for _, d := range list {
			shown := d.Path
			if relative, err := filepath.Rel(top, d.Path); err == nil {
				shown = filepath.ToSlash(relative)
			}
			line := lineOf(d)
			fmt.Fprintf(&b, "\nDefined in %s, line %d", shown, d.Line+1)
			if line == "" {
				b.WriteString(".\n")
			} else {
				b.WriteString(":\n" + sourceLine(line, snap.language, markdown))
			}
		}
		return b.String()
	}
}

// offeredElsewhere is how many names that only other files define are offered beside those that are known from nearer by.
const offeredElsewhere = 24

// namesElsewhere returns what lists names of the other files of a document's folder for its completions.
func (s *server) namesElsewhere(snap *snapshot) func(prefix string, member bool) []string {
	known, path := s.index(snap), pathOf(snap.uri)
	return func(prefix string, member bool) []string {
		x := known()
		if x == nil {
			return nil
		}
		return x.Names(snap.language, prefix, member, path, offeredElsewhere)
	}
}

// preferred keeps those that are wanted, or all if none is.
func preferred(list []index.Symbol, wanted func(index.Symbol) bool) []index.Symbol {
	if !slices.ContainsFunc(list, wanted) {
		return list
	}
	return slices.DeleteFunc(list, func(d index.Symbol) bool { return !wanted(d) })
}

// behindDot tells whether the name that an offset is in, or behind, stands behind a dot, or what a language has for one.
func behindDot(text []byte, offset int) bool {
	for offset > 0 && names.IsNameByte(text[offset-1]) {
		offset--
	}
	before := strings.TrimRight(string(text[max(0, offset-200):offset]), " \t\r\n")
	return strings.HasSuffix(before, ".") || strings.HasSuffix(before, "::") || strings.HasSuffix(before, "->")
}

// largestShown is the largest file that is read for a line of it.
const largestShown = 8 << 20

// lineOf reads the line of a definition; "" where the disk does not have it there: an editor may have another text open.
func lineOf(d index.Symbol) string {
	f, err := os.Open(d.Path)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestShown))
	if err != nil || d.Start+len(d.Name) > len(text) || string(text[d.Start:d.Start+len(d.Name)]) != d.Name {
		return ""
	}
	start := bytes.LastIndexByte(text[:d.Start], '\n') + 1
	end := len(text)
	if n := bytes.IndexByte(text[d.Start:], '\n'); n >= 0 {
		end = d.Start + n
	}
	return strings.TrimSpace(string(text[start:end]))
}

// isImport tells whether what is defined at a place comes from elsewhere.
func isImport(f *treesitter.File, place treesitter.Span) bool {
	return slices.ContainsFunc(f.Imports, func(s treesitter.Span) bool { return s.Start <= place.Start && place.End <= s.End })
}

// definesName tells whether a file itself defines a name, anywhere.
func definesName(f *treesitter.File, name string) bool {
	return slices.ContainsFunc(f.Scopes, func(s treesitter.Scope) bool {
		return slices.ContainsFunc(s.Definitions, func(d treesitter.Definition) bool { return d.Name == name && d.Kind != treesitter.DefinitionImport })
	})
}
