package gap

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model/rank"
)

// What functions and classes of file and project say of an annotation.

const (
	mostHolders = 6 // classes that are candidates for what they have
	fewHolders  = 3 // more classes than these that have all that is used say nothing
)

// factsOf gathers what the project's functions say of the site, and which classes have what is used on it.
func (a *annotation) factsOf(x *names.Index, around *project.View) {
	e := &a.evidence
	if !typings.Follows(x.File.Language) {
		return
	}
	a.optional = x.File.Language == "python" && a.writes("Optional[") && !a.writes("| None")
	a.used = e.Members()
	if len(a.used) > 0 {
		a.facts = append(a.facts, typings.ClassesOf(x.File))
	}
	if around == nil {
		a.hold()
		return
	}
	for _, f := range around.Facts() {
		a.facts = append(a.facts, f)
		add := func(list []string) {
			for _, text := range list {
				a.flowAround.add(a.style(text), 1)
			}
		}
		for _, c := range e.Called {
			add(f.Result(c.Name))
		}
		for _, p := range e.Passed {
			add(f.Takes(p))
		}
		if e.Owner != "" {
			add(f.Passes(e.Owner, e.Place, e.Symbol))
		}
	}
	a.hold()
}

// hold finds the classes that have what is used on the name.
func (a *annotation) hold() {
	if len(a.used) == 0 {
		return
	}
	a.holders = map[string]float64{}
	class := func(name string) (typings.Class, bool) {
		for _, f := range a.facts {
			if c, ok := f.Classes()[name]; ok {
				return c, true
			}
		}
		return typings.Class{}, false
	}
	for _, f := range a.facts {
		for name := range f.Classes() {
			if _, known := a.holders[name]; !known {
				a.holders[name], _ = typings.Fit(name, a.used, class)
			}
		}
	}
}

// holding are the classes that have all that is used on the name, where they are few.
func (a *annotation) holding() (list []string) {
	for name, share := range a.holders {
		if share == 1 {
			list = append(list, name)
		}
	}
	if len(list) > fewHolders && (len(a.used) == 1 || len(list) > mostHolders) {
		return nil
	}
	slices.Sort(list)
	return list
}

// holds is the share of what is used on the name that the class has which a type names; unknown where that is none that is known.
func (a *annotation) holds(text string) float32 {
	best := rank.Unknown
	if a.holders == nil || strings.ContainsAny(strings.TrimPrefix(text, "Optional["), "[<(") {
		return best
	}
	for _, word := range typings.Words(text) {
		if share, ok := a.holders[word[strings.LastIndexByte(word, '.')+1:]]; ok && !(best >= float32(share)) {
			best = float32(share)
		}
	}
	return best
}

// style writes a type as file and project do.
func (a *annotation) style(text string) string {
	inner, ok := strings.CutSuffix(text, " | None")
	if ok && a.optional && !strings.Contains(inner, " | ") {
		return "Optional[" + inner + "]"
	}
	return text
}
