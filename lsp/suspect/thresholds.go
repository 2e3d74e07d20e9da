package suspect

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// threshold is what a site needs to be reported, as log-odds of the best alternative over what stands there.
type threshold struct {
	score float64 // of the combination
	model float64 // of the model alone
	cache float64 // of the cache alone
}

// thresholds by kind: high, because a false alarm costs more than a bug that stays unseen. They are chosen once, on release-grade code, for less than one
// finding in a thousand lines, and not on the bugs that they are measured on.
var thresholds = map[string]threshold{
	"variable":  {4, 3, 1},
	"attribute": {4, 3, 1},
	"call":      {5, 4, 2},
	"operator":  {3.5, 3, 1},
	"boolean":   {4, 4, 1},
	"arguments": {3, 1.5, 2},
}

// cautious is what a low-information name asks beyond the threshold.
const cautious = 2

// deserves decides whether a finding is reported.
func (s *site) deserves(x *names.Index, f Finding) bool {
	if s.barred || !s.confirmed {
		return false
	}
	best := -1
	for i := range s.choices[1:] {
		if s.choices[i+1].text == f.Suggestions[0].Text {
			best = i + 1
		}
	}
	t := thresholds[s.kind]
	if s.code != CodeOperator && s.code != CodeLiteral && (uninformative(f.Token) || uninformative(f.Suggestions[0].Text)) {
		t.score, t.model, t.cache = t.score+cautious, t.model+cautious, t.cache+cautious
	}
	modelOdds, cacheOdds := s.odds(best, byModel), s.odds(best, byCache)
	return s.choices[best].near && f.Score >= t.score && modelOdds >= t.model && cacheOdds >= t.cache && !math.IsNaN(modelOdds) &&
		!repeats(x, s.span, s.choices[best].text)
}

// repeats reports whether the line of a span, with the text in its place, would stand twice in its function. Code comes in pairs (pack and unpack, first and last, read and
// write) whose halves are so alike that each looks like a mistake for the other, and this is how they are told apart: nobody writes the same half twice.
func repeats(x *names.Index, span treesitter.Span, text string) bool {
	source := x.File.Text
	start, end := bytes.LastIndexByte(source[:span.Start], '\n')+1, lineEnd(source, span.End)
	changed := bytes.TrimSpace(slices.Concat(source[start:span.Start], []byte(text), source[span.End:end]))
	around := x.Function(span.Start)
	for at := max(around.Start, start-near); at < min(around.End, end+near); {
		from, to := bytes.LastIndexByte(source[:at], '\n')+1, lineEnd(source, at)
		if from != start && bytes.Equal(bytes.TrimSpace(source[from:to]), changed) {
			return true
		}
		at = to + 1
	}
	return false
}

// near is how far a pair's halves are apart at most, in bytes.
const near = 4000

// lowInformation are names that say nothing of what they hold (Rice et al. 2017).
var lowInformation = regexp.MustCompile(`^([a-z][a-z]?[0-9]*|label|value|key|(arg|param|str)[0-9]*)$`)

// uninformative reports whether a name, or each of several exchanged ones, says nothing of what it holds.
func uninformative(text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if i := strings.LastIndexByte(word, '.'); i >= 0 {
			word = word[i+1:]
		}
		if lowInformation.MatchString(word) {
			return true
		}
	}
	return false
}

// reversing are words in the name of a function, called or around, that say that an exchange is meant.
var reversing = regexp.MustCompile(`(?i)revers|swap|rotat|transpos|flip|mirror|invert|exchang|compar|less|cmp|sort|equal|convers|oppos|backward`)

// deliberate reports (calls are the file's by callee) whether two arguments are known to be in another order than usual, or mean nothing by their order.
func deliberate(x *names.Index, call treesitter.Call, calls map[string][]treesitter.Call, first, second string) bool {
	if reversing.MatchString(x.Text(call.Callee)) || uninformative(first) || uninformative(second) {
		return true
	}
	callee := names.Compact(x.Text(call.Callee))
	around := treesitter.Span{Start: 0, End: len(x.File.Text)}
	for _, d := range x.File.Declarations {
		if d.Start <= call.Start && call.End <= d.End {
			if reversing.MatchString(d.Name) || d.Name == names.Tail(callee) { // recursion exchanges on purpose
				return true
			}
			around = d.Span
		}
	}
	// The same call with the same arguments the other way round, in the same function: one stands there for the other case.
	for _, other := range calls[callee] {
		if other.Start == call.Start || !around.Contains(other.Start) {
			continue
		}
		for i := 0; i+1 < len(other.Arguments); i++ {
			if x.Text(other.Arguments[i]) == second && x.Text(other.Arguments[i+1]) == first {
				return true
			}
		}
	}
	return false
}
