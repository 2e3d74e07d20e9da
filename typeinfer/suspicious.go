package typeinfer

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// An annotation is suspicious where two things agree: what the file does contradicts every type that it allows (the literal that a name begins with, all that a function gives back, all that
// calls pass, what is done with a name), and, asked as if it did not stand there, the site is ranked to be another type, which nothing contradicts. Only types are judged of which it is known
// what they take (judged): an alias, a protocol, a type variable, an imported class, Any and whatever is as wide may take anything, and so is never called wrong; what is wider than
// the evidence (float for an integer, Sequence for a list, a union that holds it) takes it. A default of None, which long meant Optional, contradicts nothing. No model is asked.

// Suspicion is an annotation that looks wrong.
type Suspicion struct {
	Site
	// Candidates are what was likelier meant, best first; at least one.
	Candidates []Candidate
	// Against says in words what contradicts the annotation, the strongest first.
	Against []string
}

// preferred is the least share, of all that the file does not contradict, that the best other type has, whatever its arguments are.
const preferred = 0.5

// share is that of the first candidate and of those that differ from it in their arguments alone.
func (s *scope) share(candidates []Candidate) (sum float64) {
	for _, c := range candidates {
		if takeApart(s.style.language, c.Type).bare() == takeApart(s.style.language, candidates[0].Type).bare() {
			sum += c.Probability
		}
	}
	return sum
}

// Suspicious lists the annotations of a file that look wrong, in the order of the text; none in a language that is not one of Languages. It takes a fraction of the time of Suggest: only
// sites that are contradicted are ranked. An error is the context's, or that the combiner of p's bundle cannot be read; p is not asked.
func Suspicious(ctx context.Context, p model.Predictor, f *treesitter.File, opts Options) ([]Suspicion, error) {
	if !slices.Contains(Languages(), f.Language) {
		return nil, nil
	}
	opts, err := opts.withDefaults(p)
	if err != nil {
		return nil, err
	}
	v := newView(f)
	s := v.scope(opts)
	var list []Suspicion
	asks := gap.NewSites(v.x, opts.Around)
	for _, site := range v.all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if site.Existing == "" || opts.Only != nil && !opts.Only(site.Span) || s.erroneous(&site) {
			continue
		}
		written := s.written(site.Existing)
		if !s.judges(written) {
			continue
		}
		a := v.ask(site)
		k := s.known(a, asks.Evidence(a.x, a.site))
		against := s.against(a, &k, written)
		if len(against) == 0 {
			continue
		}
		a.gap = asks.Annotation(a.x, a.site, opts.Corpus, opts.alike(a.site)...)
		a.gap.Rank(opts.Combiner)
		candidates := s.candidates(a, mostCandidates)
		if s.share(candidates) < preferred {
			continue
		}
		// What holds the annotation is no other type, but a wider one. Nor is what is written itself, so that one that is another is left.
		if best := takeApart(s.style.language, candidates[0].Type); best.key() == written.key() || best.admits(anything...) || overlap(written, best, func(x, y expr) bool { return alike(s.dialect(), x, y) }) {
			continue
		}
		candidates = slices.DeleteFunc(candidates, func(c Candidate) bool { return Normalise(f.Language, c.Type) == written.key() })
		list = append(list, Suspicion{Site: site, Candidates: candidates, Against: against})
	}
	return list, nil
}

// erroneous tells whether a site is within something that does not parse: what is around it may be read wrongly, too.
func (s *scope) erroneous(site *Site) bool {
	whole := site.Function.Len() == len(s.view.file.Text)
	return slices.ContainsFunc(s.view.file.Errors, func(e treesitter.Span) bool {
		return !whole && site.Function.Start <= e.Start && e.End <= site.Function.End || e.Start <= site.Span.End && site.Span.Start <= e.End
	})
}

// written takes an annotation apart.
func (s *scope) written(text string) expr {
	if s.view.file.Language == "javascript" {
		if text = typed(text); text == "" {
			return expr{name: "any"}
		}
		text = Normalise("javascript", text)
		return takeApart("typescript", text)
	}
	return takeApart(s.style.language, text)
}

// against says what contradicts a judged annotation; nothing where something goes with it.
func (s *scope) against(a *asking, k *known, written expr) (list []string) {
	if a.Kind == Return {
		return s.againstResult(a, k, written)
	}
	if strings.HasPrefix(a.Symbol, "*") || slices.Contains(k.Keys[typings.FamilySign], "...") {
		return nil // it holds what is left
	}
	nothing := !slices.ContainsFunc(written.members(), func(m expr) bool { return !slices.Contains(nulls, m.name) })
	if s.refuses(written, k.value) {
		word := "starts as "
		if a.Kind == Parameter {
			word = "default is "
		}
		list = append(list, word+shapes[k.value])
	} else if _, known := takes[s.dialect()][k.value]; known {
		return nil // it begins as what is written
	}
	if uses := usesOf(a, k); !s.guarded(a, uses) {
		for _, use := range uses {
			if nothing && (use == "()" || use == "[]" || strings.HasPrefix(use, ".") && !strings.HasPrefix(use, "...")) || !nothing && misused(s.style.language, written, []string{use}) {
				list = append(list, useWords(use))
			}
		}
	}
	if shown := s.shown(k, written); shown != "" && len(list) == 0 && (a.Kind != Parameter || !slices.ContainsFunc(k.Keys[typings.FamilyUse], func(use string) bool { return strings.HasPrefix(use, "=") })) {
		list = append(list, "all that it is given here is `"+shown+"`")
	}
	if passed := s.passes(a); len(passed) > 0 && !slices.ContainsFunc(passed, func(shape string) bool { return !s.refuses(written, shape) }) {
		slices.Sort(passed)
		for _, shape := range slices.Compact(passed) {
			list = append(list, "all calls pass "+shapes[shape])
		}
	}
	return list
}

// shown is the type that a site's own values show, where that is another than the one that is written; else "". Of two classes one may be the other's, and a name may be another function's.
func (s *scope) shown(k *known, written expr) string {
	if slices.ContainsFunc(slices.Concat([]string{k.value}, k.results, k.Keys[typings.FamilyUse]), func(shape string) bool {
		return shape == "name" || shape == "=name" || strings.HasSuffix(shape, " name")
	}) {
		return ""
	}
	own := takeApart(s.style.language, k.Own)
	if own.name == "Promise" && len(own.args) == 1 && written.name != "Promise" {
		own = own.args[0]
	}
	if k.Own == "" || !s.judges(own) || !slices.ContainsFunc(own.members(), func(m expr) bool { return !slices.Contains(nulls, m.name) && m.name != "void" && m.name != "never" }) {
		return ""
	}
	if overlap(written, own, func(x, y expr) bool { return alike(s.dialect(), x, y) || s.class(x.name) && s.class(y.name) }) {
		return ""
	}
	return s.style.write(own)
}

// leastCalls are needed for what is passed to contradict an annotation.
const leastCalls = 2

// passes are the shapes of what the calls in the file pass for a parameter, where all pass a literal; nothing where some pass something else, where the function may be another's of its
// name, and where there are few calls.
func (s *scope) passes(a *asking) (list []string) {
	f := a.x.File
	name, place, same := "", -1, 0
	for _, d := range f.Declarations {
		if a.Kind != Parameter || d.Span != a.x.Function(a.site.Start) || d.Header.End < a.site.End {
			continue
		}
		name = d.Name
		n := 0
		for _, t := range f.TypeSites {
			if t.Kind == Parameter && d.Header.Start <= t.Start && t.End <= d.Header.End {
				if t.Start == a.site.Start {
					place = n
				}
				n++
			}
		}
	}
	for _, d := range f.Declarations {
		if d.Name == name {
			same++
		}
	}
	defined := slices.ContainsFunc(f.Scopes[0].Definitions, func(d treesitter.Definition) bool { return d.Name == name && d.Kind == treesitter.DefinitionFunction })
	if place < 0 || same != 1 || !defined {
		return nil
	}
	for _, c := range f.Calls {
		if string(f.Text[c.Callee.Start:c.Callee.End]) != name {
			continue
		}
		if place >= len(c.Arguments) || !c.Complete {
			return nil
		}
		shape := s.literal(a, c.Arguments[place])
		if shape == "" {
			return nil
		}
		list = append(list, shape)
	}
	if len(list) < leastCalls {
		return nil
	}
	return list
}

// literal is the shape of an argument that is one literal; "" for any other.
func (s *scope) literal(a *asking, at treesitter.Span) string {
	i := a.x.Next(at.Start)
	if i >= len(a.x.File.Tokens) || a.x.File.Tokens[i].Span != at || a.x.File.Tokens[i].Kind != treesitter.KindLiteral {
		return ""
	}
	switch text := a.x.Text(at); a.x.File.Tokens[i].Subkind {
	case treesitter.SubkindNumber:
		switch {
		case strings.HasSuffix(text, "n") || strings.HasSuffix(text, "j"):
			return ""
		case strings.ContainsAny(text, ".eE") && !strings.HasPrefix(text, "0x"):
			return "float"
		}
		return "int"
	case treesitter.SubkindString:
		if strings.ContainsAny(text[:1], "'\"`") {
			return "string"
		}
		return "" // of bytes, an expression
	default:
		if shapes[text] == "`"+text+"`" && text != "None" && text != "null" && text != "undefined" {
			return text
		}
	}
	return ""
}

// useWords words a use, as evidence does.
func useWords(use string) string {
	switch {
	case use == "()":
		return "is called"
	case use == "[]":
		return "is indexed"
	case use == "for":
		return "is iterated over"
	}
	return "`" + use + "` is used on it"
}

var (
	// asks are uses that ask what a value is, so that what is done with it later holds in one case only.
	asks = regexp.MustCompile(`^(isinstance|issubclass|type|hasattr|callable|getattr|isArray|is[A-Z_]\w*|has[A-Z_]\w*|assert\w*|cast)\($|^(typeof|instanceof|in) |^=`)
	// tries are what is caught where a value turns out to be another.
	tries = regexp.MustCompile(`\b(AttributeError|TypeError)\b`)
)

// guarded tells whether a name may be something else where it is used: it is asked what it is, given another value, or hidden by another of the name.
func (s *scope) guarded(a *asking, uses []string) bool {
	if len(uses) >= mostUsesKnown || slices.ContainsFunc(uses, asks.MatchString) {
		return true
	}
	f := a.x.File
	around := a.x.Function(a.site.Start)
	if tries.Match(f.Text[around.Start:around.End]) {
		return true
	}
	name := typings.Symbol(a.site)
	if slices.ContainsFunc(f.Declarations, func(d treesitter.Declaration) bool { return d.Name == name }) {
		return true // a function is called so: that of a property that it sets
	}
	defined := 0
	for _, scope := range f.Scopes {
		for _, d := range scope.Definitions {
			if d.Name == name && around.Start <= d.Span.Start && d.Span.End <= around.End {
				defined++
			}
		}
	}
	return defined > 1
}

// mostUsesKnown is how many uses typings keeps: of what is used in more ways not all are known.
const mostUsesKnown = 12

// againstResult says what contradicts the annotation of a result: all that the function gives back.
func (s *scope) againstResult(a *asking, k *known, written expr) []string {
	if s.decorated(a) {
		return nil // what a caller gets is another thing
	}
	python := s.dialect() == "python"
	if !python {
		if slices.Contains(k.Keys[typings.FamilySign], "*") || expressionBody(a) {
			return nil
		}
		if written.name == "Promise" {
			if len(written.args) != 1 || !s.judges(written.args[0]) {
				return nil
			}
			written = written.args[0]
		}
	}
	if list := s.againstShapes(a, k, written); len(list) > 0 {
		return list
	}
	if shown := s.shown(k, written); shown != "" && python && !slices.Contains(k.results, "yield") {
		return []string{"what it returns is `" + shown + "`"}
	}
	return nil
}

// againstShapes says what contradicts the annotation of a result: the shapes of all that the function gives back.
func (s *scope) againstShapes(a *asking, k *known, written expr) []string {
	python := s.dialect() == "python"
	none := written.admits("None", "void", "undefined", "never", "null")
	var list []string
	add := func(r string) {
		if r == "never" {
			r = "nothing"
		}
		if text := "returns " + shapes[r]; !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	for _, r := range k.results {
		switch r {
		case "yield":
			if !python || written.admits(pythonYielding...) || written.admits("Coroutine", "Awaitable") {
				return nil
			}
			list = append(list, "yields")
		case "nothing", "never", "None", "undefined", "null":
			if none || !written.union() && r != "never" && len(k.results) > 1 {
				if none && written.union() {
					return nil
				}
				continue // a function may give back nothing, too
			}
			if !s.ends(a) {
				return nil
			}
			add(r)
		default:
			if !s.refuses(written, r) {
				return nil
			}
			add(r)
		}
	}
	return list
}

// decorated tells whether a function has a decorator.
func (s *scope) decorated(a *asking) bool {
	f := a.x.File
	return slices.ContainsFunc(f.Declarations, func(d treesitter.Declaration) bool {
		return d.Span == a.x.Function(a.site.Start) && f.Text[d.Start] == '@'
	})
}

var (
	// unbodied is in the header of what may hold functions without a body.
	unbodied = regexp.MustCompile(`\b(Protocol|ABC|ABCMeta|Interface|abstract|declare|interface)\b`)
	// endless is in a body that need not come to its end, stopped at the end of one that does not.
	endless = regexp.MustCompile(`\bwhile (True|1)\b|while ?\((true|1)\)|for ?\(;;\)`)
	stopped = regexp.MustCompile(`(?:^|[\n;{}:])\s*(?:raise|throw|assert|[\w.]*(?:exit|abort|fail|skip|never|unreachable|error)\w*\()[^\n]*(?:\n[ \t]*[)}\]][^\n]*)*\s*$`)
)

// ends tells whether a function that gives back nothing is made to: it has a body, which comes to its end.
func (s *scope) ends(a *asking) bool {
	f := a.x.File
	around := a.x.Function(a.site.Start)
	for _, d := range f.Declarations {
		if d.Span != around {
			if d.Start <= around.Start && around.End <= d.End && unbodied.Match(f.Text[d.Start:d.Header.End]) {
				return false
			}
			continue
		}
		body := string(f.Text[min(d.Header.End, d.End):d.End])
		return !endless.MatchString(body) && !stopped.MatchString(body) && !leftOpen(a)
	}
	return false
}

// Message says how a suspicious annotation is told of: what stands there, what was likelier meant, and why.
func (s *Suspicion) Message() string {
	return fmt.Sprintf("`%s` looks wrong for %s: was `%s` meant? (%s)", oneLine(s.Existing), s.words(), oneLine(s.Candidates[0].Type), strings.Join(s.Against, "; "))
}

func (s *Suspicion) words() string {
	if s.Kind == Return {
		return "the result of `" + s.Symbol + "`"
	}
	return "`" + s.Symbol + "`"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
