package suspect

import (
	"math"
	"regexp"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// cautious is what a low-information name asks beyond the threshold, in log-odds.
const cautious = 1

// deserves decides whether a site is reported: it reaches the threshold of its kind and language, or both experts are surprised enough, and nothing speaks for
// what stands there.
func (e *Examination) deserves(i int) bool {
	s := &e.sites[i]
	if _, _, ok := e.surprising(s); ok {
		return true
	}
	threshold, ok := e.table.Threshold(s.group, e.file.x.File.Language)
	logOdds, deserving := e.Reportable(i)
	return ok && deserving && logOdds >= threshold.LogOdds
}

// agree is what each of the experts must prefer another choice by, in nats, for their agreement to count: one that is undecided does not support the other.
const agree = 1

// surprise is by how many nats the file (rank's Fit, which does not see what stands there) and the model prefer the same other choice, added up, for the one of
// which that is most; ok is false where the model was not asked or they do not agree on any.
func (s *site) surprise() (choice int, nats float64, ok bool) {
	if !s.confirmed || s.barred || s.group == GroupArguments {
		return 0, 0, false
	}
	for i := 1; i < len(s.choices); i++ {
		c := &s.choices[i]
		file, model := s.fit[i]-s.fit[0], float64(c.inputs[inModelOver])
		if !c.near || !(file >= agree) || !(model >= agree) || computes(s.choices[0].text) && computes(c.text) {
			continue
		}
		sum := file + model
		if s.named() && (uninformative(s.choices[0].text) || uninformative(c.text)) {
			sum -= cautious
		}
		if sum > nats {
			choice, nats, ok = i, sum, true
		}
	}
	return choice, nats, ok
}

// computes tells arithmetic operators. Which of them is meant is told by the value that is wanted, which neither expert knows: asked for the operator of a sum whose
// value is given, the model is hardly better than chance (mlm-lsp eval probes).
func computes(text string) bool {
	return len(text) == 1 && strings.Contains("+-*/%", text)
}

// surprising is surprise where it reaches the table's threshold.
func (e *Examination) surprising(s *site) (choice int, nats float64, ok bool) {
	threshold, has := e.table.Surprise[s.group]
	if !has {
		return 0, 0, false
	}
	choice, nats, ok = s.surprise()
	return choice, nats, ok && nats >= threshold.LogOdds
}

// over is by how much the file prefers another choice to what stands there.
func (s *site) over() float64 {
	most := math.Inf(-1)
	for i := 1; i < len(s.choices); i++ {
		most = math.Max(most, s.fit[i]-s.fit[0])
	}
	return most
}

// deserving reports whether a site could be reported, were its score high enough, and how much more than others it needs.
func (s *site) deserving() (extra float64, ok bool) {
	best := &s.choices[s.order[0]]
	if s.barred || !best.near {
		return 0, false
	}
	if s.named() && (uninformative(s.choices[0].text) || uninformative(best.text)) {
		return cautious, true
	}
	return 0, true
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
