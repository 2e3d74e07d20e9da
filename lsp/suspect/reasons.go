package suspect

import (
	"regexp"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// ReportedAt decides whether site i is reported at a sensitivity: the model was asked about it, and the odds of a mistake reach the threshold of its kind and language.
func (e *Examination) ReportedAt(i int, sensitivity string) bool {
	s := &e.sites[i]
	threshold, ok := e.table.Threshold(sensitivity, s.sort(), e.file.x.File.Language)
	return ok && s.confirmed && s.doubted && e.table.Alarm != nil && s.alarm >= threshold.LogOdds
}

// suspected reports whether the model is to be asked about a site because it could be reported, and what is known without it speaks for a mistake.
func (e *Examination) suspected(s *site) bool {
	if e.table.Alarm == nil || s.barred || !(s.alarm >= e.table.Alarm.Ask) {
		return false
	}
	_, ok := e.table.Threshold(e.sensitivity, s.sort(), e.file.x.File.Language)
	return ok
}

// lowInformation are names that say nothing of what they hold (Rice et al. 2017).
var lowInformation = regexp.MustCompile(`^([a-z][a-z]?[0-9]*|label|value|key|(arg|param|str)[0-9]*)$`)

// uninformative reports whether a name, or each of several exchanged ones, says nothing of what it holds.
func uninformative(text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if lowInformation.MatchString(last(word)) {
			return true
		}
	}
	return false
}

// reversing are words in the name of a function, called or around, that say that an exchange is meant.
var reversing = regexp.MustCompile(`(?i)revers|swap|rotat|transpos|flip|mirror|invert|exchang|compar|less|cmp|sort|equal|convers|oppos|backward`)

// deliberate reports whether two arguments are known to be in another order than usual, or mean nothing by their order.
func (f *file) deliberate(call treesitter.Call, first, second string) bool {
	if reversing.MatchString(f.x.Text(call.Callee)) || uninformative(first) || uninformative(second) {
		return true
	}
	callee := names.Compact(f.x.Text(call.Callee))
	around := treesitter.Span{Start: 0, End: len(f.x.File.Text)}
	for _, d := range f.x.File.Declarations {
		if d.Start <= call.Start && call.End <= d.End {
			if reversing.MatchString(d.Name) || d.Name == names.Tail(callee) { // recursion exchanges on purpose
				return true
			}
			around = d.Span
		}
	}
	// The same call with the same arguments the other way round, in the same function: one stands there for the other case.
	for _, other := range f.calls[callee] {
		if other.Start == call.Start || !around.Contains(other.Start) {
			continue
		}
		for i := 0; i+1 < len(other.Arguments); i++ {
			if f.x.Text(other.Arguments[i]) == second && f.x.Text(other.Arguments[i+1]) == first {
				return true
			}
		}
	}
	return false
}
