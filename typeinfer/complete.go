package typeinfer

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// At says what type is being written at an offset, in any language that has annotations: whole types, best first, that begin with what is typed, which is at span. ok is false where no
// annotation begins at the cursor's word, and the word stands in none: in "dict[str, " it is asked what such annotations have at that place. The forests rank without the model, which costs milliseconds. Of Options it takes Around, Origins, Corpus and Combiner; p only says
// which forests and corpus those are, if it is not nil.
//
// What the name has to be imported from is in Candidate.Imports (ImportEdits); in languages for which nothing is suggested (Languages) it is empty, whether the name is in scope or not.
func At(p model.Predictor, f *treesitter.File, offset int, opts Options) (list []Candidate, span treesitter.Span, ok bool, err error) {
	if f.Language == "javascript" || offset < 0 || offset > len(f.Text) {
		return nil, span, false, nil
	}
	opts, err = opts.withDefaults(p)
	if err != nil {
		return nil, span, false, err
	}
	span = treesitter.Span{Start: offset, End: offset}
	for span.Start > 0 && names.IsNameByte(f.Text[span.Start-1]) {
		span.Start--
	}
	behind := offset
	for behind < len(f.Text) && names.IsNameByte(f.Text[behind]) {
		behind++
	}
	if f.Language != "python" && plainWord(f, span.Start, behind) { // where a header without a body is looked at once more
		return nil, span, false, nil
	}
	parse := func(rest string) (*treesitter.File, int) {
		whole := treesitter.Parse(f.Language, slices.Concat(f.Text[:span.Start], []byte(standIn+rest), f.Text[behind:]))
		return whole, slices.IndexFunc(whole.TypeSites, func(s treesitter.TypeSite) bool { return s.Start == span.Start && s.Len() == len(standIn) })
	}
	whole, at := parse("")
	if at < 0 && f.Language == "python" && bytes.HasSuffix(bytes.TrimRight(f.Text[:span.Start], " \t"), []byte("->")) {
		whole, at = parse(": ...") // a header without a body is none
	}
	standing := treesitter.Span{Start: span.Start, End: span.Start + len(standIn)}
	part := at < 0 // of an annotation
	if part {
		if at = within(whole, standing); at < 0 {
			line := f.Text[bytes.LastIndexByte(f.Text[:span.Start], '\n')+1 : span.Start]
			if closing := unclosed(f, string(line)); closing != "" {
				whole, _ = parse(closing)
				at = within(whole, standing)
			}
		}
		if at < 0 {
			return nil, span, false, nil
		}
	}
	t := whole.TypeSites[at]
	typed := string(f.Text[span.Start:offset])
	suggested := slices.Contains(Languages(), f.Language)
	v := &view{file: whole, x: names.New(whole)}
	a := &asking{Site: Site{Span: t.Span, At: t.Start, Symbol: t.Symbol, Kind: t.Kind, Existing: t.Existing, Function: v.x.Function(t.Start)}, x: v.x, site: t}
	a.gap = gap.NewAnnotation(a.x, a.site, opts.Around, opts.Corpus, opts.alike(a.site)...)
	a.gap.Rank(opts.Combiner)
	switch {
	case part:
		list = v.scope(opts).arguments(a, string(whole.Text[t.Start:standing.Start]), string(whole.Text[standing.End:t.End]), a.gap.Candidates)
	case suggested:
		list = v.scope(opts).candidates(a, len(a.gap.Candidates))
	default:
		for _, c := range a.gap.Candidates {
			if f.Language == "go" && t.Kind != Return && strings.HasPrefix(c.Text, "(") {
				continue // several results
			}
			list = append(list, Candidate{Type: c.Text, Probability: math.Exp(c.LogProb)})
		}
	}
	// As completions do: without regard to case only where nothing fits with it.
	for _, same := range []func(string) bool{
		func(text string) bool { return strings.HasPrefix(text, typed) },
		func(text string) bool { return strings.HasPrefix(strings.ToLower(text), strings.ToLower(typed)) },
	} {
		if fit := slices.DeleteFunc(slices.Clone(list), func(c Candidate) bool { return !same(c.Type) }); len(fit) > 0 {
			return fit, span, true, nil
		}
	}
	if suggested && !part && typed != "" {
		return v.scope(opts).beginning(a, typed), span, true, nil
	}
	return nil, span, true, nil
}

// unheard is the probability that is said of a type of which nothing speaks but that it begins as what is typed.
const unheard = 0.001

// beginning are the types of the language and its standard library that begin with what is typed, short ones first.
func (s *scope) beginning(a *asking, typed string) (list []Candidate) {
	var found []string
	if s.style.language == "python" {
		found = slices.AppendSeq(slices.Collect(maps.Keys(pythonBuiltins)), maps.Keys(pythonModuleByName))
	} else {
		found = slices.Collect(maps.Keys(scriptGlobals))
	}
	found = slices.DeleteFunc(found, func(name string) bool { return !strings.HasPrefix(name, typed) || s.none(expr{name: name}) })
	slices.SortFunc(found, func(x, y string) int { return cmp.Or(len(x)-len(y), strings.Compare(x, y)) })
	for _, name := range slices.Compact(found) {
		if text, imports, ok := s.write(a, expr{name: name}); ok && len(list) < mostCandidates {
			list = append(list, Candidate{Type: text, Probability: unheard, Imports: imports})
		}
	}
	return list
}

// plainWord tells of a word, without another parse, that it is no type: the file has a name there and no annotation, and another name in its place, such
// as standIn, would change neither. Where nothing is typed, or a keyword so far, that cannot be told.
func plainWord(f *treesitter.File, start, end int) bool {
	i := f.TokenAt(start)
	if i < 0 || f.Tokens[i].Start != start || f.Tokens[i].End != end || f.Tokens[i].InError || !f.Tokens[i].Kind.Identifier() {
		return false
	}
	return !slices.ContainsFunc(f.TypeSites, func(s treesitter.TypeSite) bool { return s.Start == start })
}

// ImportEdits are the edits that import names into a file, as Edits makes them.
func ImportEdits(f *treesitter.File, imports []Import) []Edit {
	wanted, checking := map[string][]string{}, map[string]bool{}
	addImports(imports, wanted, checking)
	return joined(NewWriter(f).importEdits(wanted, checking))
}
