package suspect

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/treesitter"
)

// Comments silence findings, in any language's comments:
//
//	mlm-lsp: ignore            the line that it stands on; alone on a line, the next line of code
//	mlm-lsp: ignore-next-line  the next line of code
//	mlm-lsp: off               from here
//	mlm-lsp: on                to here, or to the end of the file
//	mlm-lsp: ignore-file       the whole file
//
// Kinds in brackets narrow each but "on": mlm-lsp: ignore[wrong-operator, wrong-literal]. Whatever stands before and behind is for people.
const (
	ignoreLine = "ignore"
	ignoreNext = "ignore-next-line"
	ignoreFile = "ignore-file"
	ignoreFrom = "off"
	ignoreTo   = "on"
)

var directives = []string{ignoreLine, ignoreNext, ignoreFile, ignoreFrom, ignoreTo}

// directive finds "mlm-lsp: word[kinds]" in a comment.
var directive = regexp.MustCompile(`mlm-lsp:[ \t]*([A-Za-z][A-Za-z-]*)(?:[ \t]*\[([^\]\n]*)\])?`)

// suppression is one directive.
type suppression struct {
	at    treesitter.Span // of the directive's text
	word  string
	kinds []string // nil: all
	over  treesitter.Span
}

func (s *suppression) silences(offset int, code string) bool {
	return s.over.Start <= offset && offset < s.over.End && (s.kinds == nil || slices.Contains(s.kinds, code))
}

// Remark is what is wrong with a suppression comment.
type Remark struct {
	Span treesitter.Span // of the directive
	Text string
}

// suppressions are those of a file, in the order of the text.
type suppressions struct {
	list    []suppression
	remarks []Remark // on those that nobody can heed
}

// suppressed reports whether a comment silences a code at an offset.
func (s *suppressions) suppressed(offset int, code string) bool {
	return slices.ContainsFunc(s.list, func(one suppression) bool { return one.silences(offset, code) })
}

// readSuppressions reads the comments of a file.
func readSuppressions(f *treesitter.File) *suppressions {
	s := &suppressions{}
	if !bytes.Contains(f.Text, []byte("mlm-lsp:")) {
		return s
	}
	var open []int // indices of offs without an on
	for i, t := range f.Tokens {
		if t.Kind != treesitter.KindComment {
			continue
		}
		text := f.Text[t.Start:t.End]
		for _, m := range directive.FindAllSubmatchIndex(text, -1) {
			one := suppression{at: treesitter.Span{Start: t.Start + m[0], End: t.Start + m[1]}, word: string(text[m[2]:m[3]])}
			if !slices.Contains(directives, one.word) {
				// Prose may speak of mlm-lsp; a comment that begins with it is meant for it.
				if strings.Trim(string(text[:m[0]]), " \t#/*!;-<{") == "" {
					s.remark(one.at, "`%s` is none of %s", one.word, strings.Join(directives, ", "))
				}
				continue
			}
			if m[4] >= 0 && !s.readKinds(&one, string(text[m[4]:m[5]])) {
				continue
			}
			switch one.word {
			case ignoreLine:
				one.over = lineAround(f.Text, t.Span)
				if standsAlone(f, i) {
					one.over = nextCode(f, i)
				}
			case ignoreNext:
				one.over = nextCode(f, i)
			case ignoreFile:
				one.over = treesitter.Span{Start: 0, End: len(f.Text)}
			case ignoreFrom:
				one.over = treesitter.Span{Start: one.at.Start, End: len(f.Text)}
				open = append(open, len(s.list))
			case ignoreTo:
				if len(open) == 0 {
					s.remark(one.at, "`on` without an `off` before it")
				}
				for _, o := range open {
					s.list[o].over.End = one.at.Start
				}
				open = nil
				continue
			}
			s.list = append(s.list, one)
		}
	}
	return s
}

// readKinds reads what stands in the brackets of a directive. It reports false when no kind is left that it could be about.
func (s *suppressions) readKinds(one *suppression, text string) bool {
	if one.word == ignoreTo {
		s.remark(one.at, "`on` ends every `off`, and takes no kinds")
		return true
	}
	one.kinds = []string{}
	for _, kind := range strings.Split(text, ",") {
		switch kind = strings.TrimSpace(kind); {
		case slices.Contains(Codes(), kind):
			one.kinds = append(one.kinds, kind)
		default:
			s.remark(one.at, "`%s` is no kind of finding: they are %s", kind, strings.Join(Codes(), ", "))
		}
	}
	return len(one.kinds) > 0
}

func (s *suppressions) remark(at treesitter.Span, format string, args ...any) {
	s.remarks = append(s.remarks, Remark{at, fmt.Sprintf(format, args...)})
}

// lineAround widens a span to whole lines.
func lineAround(text []byte, span treesitter.Span) treesitter.Span {
	return treesitter.Span{Start: bytes.LastIndexByte(text[:span.Start], '\n') + 1, End: lineEnd(text, span.End)}
}

// standsAlone reports whether nothing but comments stands on the lines of token i, a comment.
func standsAlone(f *treesitter.File, i int) bool {
	lines := lineAround(f.Text, f.Tokens[i].Span)
	for _, step := range [2]int{-1, 1} {
		for k := i + step; 0 <= k && k < len(f.Tokens) && lines.Start < f.Tokens[k].End && f.Tokens[k].Start < lines.End; k += step {
			if f.Tokens[k].Kind != treesitter.KindComment {
				return false
			}
		}
	}
	return true
}

// nextCode is the next line behind those of token i that has more than comments; empty where there is none.
func nextCode(f *treesitter.File, i int) treesitter.Span {
	end := lineEnd(f.Text, f.Tokens[i].End)
	for _, t := range f.Tokens[i+1:] {
		if t.Start >= end && t.Kind != treesitter.KindComment {
			return lineAround(f.Text, treesitter.Span{Start: t.Start, End: t.Start})
		}
	}
	return treesitter.Span{Start: len(f.Text), End: len(f.Text)}
}

// Remarks tells what is wrong with the file's suppression comments: words and kinds that are none, and those that silence nothing. They are in the
// order of the text. What silences nothing is not told where Options.Only kept tokens from being looked at.
func (e *Examination) Remarks() []Remark {
	s := readSuppressions(e.file.x.File)
	remarks := slices.Clone(s.remarks)
	if len(s.list) == 0 || e.some {
		return remarks
	}
	var loud []Finding
	for i := range e.sites {
		if e.ReportedAt(i, e.sensitivity) {
			loud = append(loud, e.finding(i))
		}
	}
	loud = append(loud, e.also...)
	for i := range s.list {
		one := &s.list[i]
		if e.also == nil && slices.Equal(one.kinds, []string{CodeType}) {
			continue // nobody looked for that
		}
		if !slices.ContainsFunc(loud, func(f Finding) bool { return one.silences(f.Span.Start, f.Code) }) {
			remarks = append(remarks, Remark{one.at, fmt.Sprintf("`%s` silences nothing", e.file.x.Text(one.at))})
		}
	}
	sort.SliceStable(remarks, func(a, b int) bool { return remarks[a].Span.Start < remarks[b].Span.Start })
	return remarks
}
