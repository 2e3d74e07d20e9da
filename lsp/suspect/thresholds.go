package suspect

import (
	"bytes"
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

// thresholds by kind: high, because a false alarm costs more than a bug that stays unseen. They were chosen with the first default model on raft, paramiko, rope, joi,
// ramda and query-core, as they are and with planted mistakes, and then raised on dns, docutils, pyparsing, superagent and got until these 102,487 lines had 34
// findings, 0.33 per 1,000 lines (17 operators, 9 variables, 6 attributes, 2 pairs of arguments). Of mistakes planted in the first six, they report 18% of the
// operators, 2% of the variables and 7% of the exchanged arguments. The model has learnt from another version of query-core, and from none of the others. A model that
// is sure without the file's support does not suffice: for operators that finds 4 more of 100 and doubles the false alarms. The cache's odds are large numbers because
// its four factors are not independent; the model's are means over subwords, and small for arguments of several.
var thresholds = map[string]threshold{
	"variable":  {4, 4, 12},
	"attribute": {5, 6, 12},
	"operator":  {5.5, 2, 3},
	"boolean":   {3, 2, 6},
	"arguments": {3, 1, 7},
}

const (
	// cautious is what a low-information name asks beyond the threshold.
	cautious = 2
	// usual is how many times as often as what stands there an alternative may stand in the file: beyond it, being usual is all that speaks for it.
	usual = 8
)

// threshold is what choice i must reach at this site.
func (s *site) threshold(i int) threshold {
	t := thresholds[s.kind]
	if s.named() && (uninformative(s.choices[0].text) || uninformative(s.choices[i].text)) {
		t.score, t.model, t.cache = t.score+cautious, t.model+cautious, t.cache+cautious
	}
	return t
}

// named reports whether the site is a name.
func (s *site) named() bool { return s.code == CodeVariable || s.code == CodeAttribute }

// possible reports whether choice i could be reported, if the model agreed: everything that is known without it.
func (s *site) possible(x *names.Index, i int) bool {
	c := s.choices[i]
	if s.barred || !c.near || s.odds(i, byCache) < s.threshold(i).cache {
		return false
	}
	// A name is mistaken for another that is about as familiar. One that stands nowhere else was chosen for this place, and would be left unused.
	if s.named() && (s.choices[0].features.Seen < 2 || c.features.Seen > usual*s.choices[0].features.Seen || s.code == CodeVariable && !usedElsewhere(x, s.span)) {
		return false
	}
	return !repeats(x, s.span, c.text) && (s.code != CodeVariable || chosen(x, s.span, c.text))
}

// chosen reports whether another place of the file shows that text is preferred to what stands at the span: it stands there between the same two tokens, in a function
// in which the other name occurs too. Where the other does not, there was nothing to choose: that the last function returns its `result` does not mean that this one,
// which has a `result` as well, must not return its `problems`.
func chosen(x *names.Index, span treesitter.Span, text string) bool {
	tokens := x.File.Tokens
	neighbours := func(i int) (left, right string) {
		if i > 0 {
			left = x.Text(tokens[i-1].Span)
		}
		if i+1 < len(tokens) {
			right = x.Text(tokens[i+1].Span)
		}
		return left, right
	}
	own := x.Text(span)
	left, right := neighbours(x.Next(span.Start))
	for i, t := range tokens {
		if x.Text(t.Span) != text {
			continue
		}
		if l, r := neighbours(i); l != left || r != right {
			continue
		}
		around := x.Function(t.Start)
		for j := x.Next(around.Start); j < len(tokens) && tokens[j].Start < around.End; j++ {
			if tokens[j].Span != span && x.Text(tokens[j].Span) == own {
				return true
			}
		}
	}
	return false
}

// doubt reports whether the model's opinion of a site could lead to a report.
func (s *site) doubt(x *names.Index) bool {
	for i := 1; i < len(s.choices); i++ {
		if s.possible(x, i) {
			return true
		}
	}
	return false
}

// deserves decides whether a finding is reported.
func (s *site) deserves(x *names.Index, f Finding) bool {
	for i := 1; i < len(s.choices); i++ {
		if s.choices[i].text == f.Suggestions[0].Text {
			t := s.threshold(i)
			return s.confirmed && f.Score >= t.score && s.odds(i, byModel) >= t.model && s.possible(x, i)
		}
	}
	return false
}

// usedElsewhere reports whether the name at a span is read or written at another place of its function, not counting where it is declared.
func usedElsewhere(x *names.Index, span treesitter.Span) bool {
	text, around := x.Text(span), x.Function(span.Start)
	for i := x.Next(around.Start); i < len(x.File.Tokens) && x.File.Tokens[i].Start < around.End; i++ {
		t := x.File.Tokens[i]
		if t.Kind.Identifier() && !t.Declaring && t.Span != span && x.Text(t.Span) == text {
			return true
		}
	}
	return false
}

// repeats reports whether the line of a span, with the text in its place, would stand twice in its function; of an assignment's target, whether the same is
// assigned twice there. Code comes in pairs (pack and unpack, first and last, read and write) whose halves are so alike that each looks like a mistake for the other, and
// this is how they are told apart: nobody writes the same half twice. A line that the whole file repeats, like Go's `if err != nil {`, is no half of a pair.
func repeats(x *names.Index, span treesitter.Span, text string) bool {
	source := x.File.Text
	start, end := bytes.LastIndexByte(source[:span.Start], '\n')+1, lineEnd(source, span.End)
	changed := bytes.TrimSpace(slices.Concat(source[start:span.Start], []byte(text)))
	target := assigned(x, x.Next(span.Start))
	if !target {
		changed = bytes.TrimSpace(slices.Concat(source[start:span.Start], []byte(text), source[span.End:end]))
	}
	if idiom(source, changed) {
		return false
	}
	around := x.Function(span.Start)
	for at := max(around.Start, start-near); at < min(around.End, end+near); {
		from, to := bytes.LastIndexByte(source[:at], '\n')+1, lineEnd(source, at)
		line := bytes.TrimSpace(source[from:to])
		if from != start && (bytes.Equal(line, changed) ||
			target && bytes.HasPrefix(line, changed) && bytes.HasPrefix(bytes.TrimSpace(line[len(changed):]), []byte("="))) {
			return true
		}
		at = to + 1
	}
	return false
}

// idiom reports whether a line stands in a file more often than pairs and their copies do.
func idiom(source, line []byte) bool {
	const often = 4
	count := 0
	for other := range bytes.Lines(source) {
		if bytes.Equal(bytes.TrimSpace(other), line) {
			count++
		}
	}
	return count >= often
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
