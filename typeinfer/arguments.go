package typeinfer

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/treesitter"
)

// within is the innermost annotation around a stand-in that is not all of it: list[object]. -1 where there is none.
func within(f *treesitter.File, standing treesitter.Span) int {
	best := -1
	for i, s := range f.TypeSites {
		if s.Start <= standing.Start && standing.End <= s.End && s.Span != standing && (best < 0 || s.Len() < f.TypeSites[best].Len()) {
			best = i
		}
	}
	return best
}

// partOfType is a line that ends in an annotation, behind a bracket or a bar in it, by the look of it.
var partOfType = regexp.MustCompile(`(?:[\w)?]\s*:|->)\s*[&*]*[\w.]+\s*[\[<|][^(){}=;]*$`)

// MayBePart tells of a line up to the cursor, without a parse, whether a part of an annotation may be written there: an argument of a generic type, a member of a union.
func MayBePart(line string) bool { return partOfType.MatchString(line) }

// unclosed are the brackets that would close those that a line leaves open: what is being typed often lacks them.
func unclosed(f *treesitter.File, line string) string {
	pairs := "[]"
	if f.Language != "python" && f.Language != "go" {
		pairs = "<>"
	}
	if !MayBePart(line) {
		return ""
	}
	open := strings.Count(line, pairs[:1]) - strings.Count(line, pairs[1:])
	if open <= 0 || open > 4 {
		return ""
	}
	return strings.Repeat(pairs[1:], open)
}

// What speaks for an argument: all of a candidate, where it agrees with what stands around the argument; where it agrees with what stands before; where it has the same generic type somewhere; and that it is a type of this file at all.
const (
	agreesAround = 1.0
	agreesBefore = 0.3
	agreesWithin = 0.2
	agreesNot    = 0.005
	leastShare   = 1e-9 // of which a logarithm can be taken
)

// arguments are the types for a part of an annotation, of which before and behind stand there: those that the candidates for all of it have at that place, then the candidates themselves.
func (s *scope) arguments(a *asking, before, behind string, candidates []gap.Candidate) (list []Candidate) {
	before, behind = squash(before), squash(behind)
	shares := map[string]float64{}
	var order []string
	add := func(text string, share float64) {
		if text = strings.TrimSpace(text); text == "" {
			return
		}
		if _, ok := shares[text]; !ok {
			order = append(order, text)
		}
		shares[text] += share
	}
	inner, sum := generic(before), 0.0
	for _, c := range candidates {
		p := math.Exp(c.LogProb)
		rest, ok := after(c.Text, before)
		weight := agreesBefore
		if i := strings.Index(c.Text, inner); !ok && inner != "" && i >= 0 { // another annotation, with the same about the argument
			rest, ok, weight = c.Text[i+len(inner):], true, agreesWithin
		}
		if !ok {
			if h := head(before); h == "" || !strings.HasPrefix(squash(c.Text), h) {
				add(c.Text, agreesNot*p)
				sum += agreesNot * p
			}
			continue
		}
		part := rest[:partEnd(rest)]
		if weight == agreesBefore && squash(rest[len(part):]) == behind {
			weight = agreesAround
		}
		add(part, weight*p)
		sum += weight * p
	}
	slices.SortStableFunc(order, func(x, y string) int { return cmp.Compare(shares[y], shares[x]) })
	suggested := slices.Contains(Languages(), s.view.file.Language)
	seen := map[string]bool{}
	for _, text := range order {
		var imports []Import
		if suggested {
			e := takeApart(s.style.language, text)
			ok := isType(s.style.language, text) && !s.none(e) && !(s.style.language == "python" && s.misplaced(a, e))
			if ok {
				text, imports, ok = s.write(a, e)
			}
			if !ok {
				continue
			}
			text = strings.Trim(text, "\"'") // in quotes is all of an annotation, or nothing
		}
		if !seen[text] {
			seen[text] = true
			list = append(list, Candidate{Type: strings.Clone(text), Probability: min(1, max(leastShare, shares[text]/max(sum, leastShare))), Imports: imports})
		}
	}
	return list
}

// generic is the innermost name with its bracket that a text ends in: "Vec<" of "&Vec<".
func generic(text string) string {
	if text == "" || !strings.Contains("[<", text[len(text)-1:]) {
		return ""
	}
	i := len(text) - 1
	for i > 0 && isNameByte(text[i-1]) {
		i--
	}
	if i == len(text)-1 {
		return ""
	}
	return text[i:]
}

// head is the name that a text begins with, with the bracket behind it.
func head(text string) string {
	i := strings.IndexAny(text, "[<(")
	return text[:i+1]
}

// squash is a text without spaces.
func squash(text string) string { return strings.Join(strings.Fields(text), "") }

// after is what stands in a text behind a beginning, spaces aside.
func after(text, beginning string) (rest string, ok bool) {
	i := 0
	for k := 0; k < len(beginning); k++ {
		for i < len(text) && text[i] == ' ' {
			i++
		}
		if i == len(text) || text[i] != beginning[k] {
			return "", false
		}
		i++
	}
	return text[i:], i < len(text)
}

// partEnd is where the first part of a text ends, at a comma or the bracket that closes what is around.
func partEnd(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '<', '(', '{':
			depth++
		case ']', ')', '}':
			depth--
		case '>':
			if i == 0 || text[i-1] != '=' {
				depth--
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		if depth < 0 {
			return i
		}
	}
	return len(text)
}
