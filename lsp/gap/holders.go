package gap

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model/rank"
)

// What functions and classes of file and project say of an annotation.

const (
	mostHolders = 6 // classes that are candidates for what they have
	fewHolders  = 3 // more classes than these that have all that is used say nothing
)

// factsOf gathers what the project's functions say of the site, and what is used on it.
func (a *annotation) factsOf(x *names.Index) {
	e := &a.evidence
	if !typings.Follows(x.File.Language) {
		return
	}
	a.optional = x.File.Language == "python" && a.writes("Optional[") && !a.writes("| None")
	if a.used = e.Members(); len(a.used) > 0 {
		a.holders = map[string]float64{}
	}
	if a.sites.around == nil {
		return
	}
	add := func(list []string) {
		for _, text := range list {
			a.flowAround.add(a.style(text), 1)
		}
	}
	for _, f := range a.sites.readFacts() {
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
}

// fit is the share of what is used on the name that a class of file or project has; known is false where there is no such class.
func (a *annotation) fit(class string) (share float64, known bool) {
	share, known = a.holders[class]
	if !known {
		if share, known = typings.Fit(class, a.used, a.sites.class); known {
			a.holders[class] = share
		}
	}
	return share, known
}

// holding are the classes that have all that is used on the name, where they are few.
func (a *annotation) holding() (list []string) {
	if a.holders == nil {
		return nil
	}
	fewest := a.sites.holding(a.used[0])
	for _, member := range a.used[1:] {
		if others := a.sites.holding(member); len(others) < len(fewest) {
			fewest = others
		}
	}
	for _, name := range fewest {
		if share, _ := a.fit(name); share == 1 {
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
	for _, word := range a.sites.of(text).words {
		if share, ok := a.fit(word[strings.LastIndexByte(word, '.')+1:]); ok && !(best >= float32(share)) {
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
