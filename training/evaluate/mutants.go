package evaluate

import (
	"math/rand/v2"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/training/mutate"
	"mlm-lsp/treesitter"
)

// Mutants plants one mistake in each function of the sources that has a place for one: a variable that is read becomes another one of its sort that is visible there and was
// defined before; a member another one of the file; an operator one of its group; a boolean its opposite; two neighbouring arguments that are names change places, of
// which the first counts as the wrong one. The places of a function are drawn alike. perLanguage bounds the mistakes of a language; 0 means 200. It is a function of the sources and the
// seed.
func Mutants(sources []Source, perLanguage int, seed uint64) []Bug {
	return plant(sources, perLanguage, seed, mutant)
}

// Misspellings misspells one name in each function of the sources, as people do (mutate.Misspell): one that is used and not made there, nor imported. The places of a function are drawn
// alike. What stands there then stands nowhere else in the file. The rest is as for Mutants.
func Misspellings(sources []Source, perLanguage int, seed uint64) []Bug {
	return plant(sources, perLanguage, seed, misspelling)
}

// plant plants one mistake in each function.
func plant(sources []Source, perLanguage int, seed uint64, in func(*names.Index, treesitter.Span, *rand.Rand) (Bug, bool)) []Bug {
	if perLanguage == 0 {
		perLanguage = 200
	}
	byLanguage := map[string][]Bug{}
	for i, s := range sources {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		x := names.New(s.File)
		var last treesitter.Span
		for _, d := range s.File.Declarations {
			// Functions of one body: nested ones belong to the one around.
			if d.Start < last.End || d.End-d.Header.End < 40 {
				continue
			}
			if b, ok := in(x, d.Span, random); ok {
				b.Project, b.Path, b.Language, b.Around = s.Project, s.Path, s.File.Language, s.Around
				byLanguage[b.Language] = append(byLanguage[b.Language], b)
				last = d.Span
			}
		}
	}
	var bugs []Bug
	for _, language := range treesitter.Languages() {
		list := byLanguage[language]
		random := rand.New(rand.NewPCG(seed, 99))
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		bugs = append(bugs, list[:min(perLanguage, len(list))]...)
	}
	return bugs
}

// mutant plants a mistake in one function.
func mutant(x *names.Index, in treesitter.Span, random *rand.Rand) (Bug, bool) {
	var places []Bug
	f := x.File
	first := x.Next(in.Start)
	for i := first; i < len(f.Tokens) && f.Tokens[i].End <= in.End; i++ {
		t := f.Tokens[i]
		if t.InError || t.Declaring {
			continue
		}
		b := Bug{At: t.Start, Old: "", New: x.Text(t.Span)}
		var others []string
		switch {
		case t.Kind == treesitter.KindVariable:
			b.Kind, others = "variable", variablesBefore(x, t.Span, in)
		case t.Kind == treesitter.KindAttribute && t.Receiver.Len() > 0:
			b.Kind = "attribute"
			for _, n := range x.Members(x.Text(t.Receiver), t.Span, true) {
				if n.Kind == t.Kind && n.Text != b.New {
					others = append(others, n.Text)
				}
			}
		case t.Kind == treesitter.KindOperator && t.Subkind != treesitter.SubkindUnary:
			b.Kind = "operator"
			for _, other := range treesitter.OperatorGroup(f.Language, b.New) {
				if other != b.New {
					others = append(others, other)
				}
			}
		case t.Subkind == treesitter.SubkindBoolean:
			b.Kind, others = "boolean", []string{treesitter.OppositeBoolean(b.New)}
		}
		if len(others) == 0 || others[0] == "" {
			continue
		}
		b.Old = others[random.IntN(len(others))]
		b.Before, b.After = replaced(f.Text, t.Span, b.Old), f.Text
		places = append(places, b)
	}
	for _, call := range f.Calls {
		if call.Start < in.Start || call.End > in.End || !call.Complete {
			continue
		}
		for i := 0; i+1 < len(call.Arguments); i++ {
			first, second := call.Arguments[i], call.Arguments[i+1]
			a, c := x.Text(first), x.Text(second)
			if a == c || !names.IsName(a) || !names.IsName(c) {
				continue
			}
			before := replaced(replaced(f.Text, second, a), first, c)
			places = append(places, Bug{Kind: "swap", At: first.Start, Old: c, New: a, Before: before, After: f.Text})
		}
	}
	if len(places) == 0 {
		return Bug{}, false
	}
	return places[random.IntN(len(places))], true
}

// misspelling misspells a name in one function.
func misspelling(x *names.Index, in treesitter.Span, random *rand.Rand) (Bug, bool) {
	var places []treesitter.Span
	for i := x.Next(in.Start); i < len(x.File.Tokens) && x.File.Tokens[i].End <= in.End; i++ {
		t := x.File.Tokens[i]
		named := t.Kind == treesitter.KindVariable || t.Kind == treesitter.KindCall || t.Kind == treesitter.KindAttribute && t.Receiver.Len() > 0
		if named && !t.InError && !t.Declaring && !strings.HasPrefix(x.Text(t.Span), "__") && !slices.ContainsFunc(x.File.Imports, func(s treesitter.Span) bool { return s.Contains(t.Start) }) {
			places = append(places, t.Span)
		}
	}
	for range 10 {
		if len(places) == 0 {
			break
		}
		span := places[random.IntN(len(places))]
		b := Bug{Kind: "misspelt", At: span.Start, New: x.Text(span)}
		var ok bool
		if b.Old, ok = mutate.Misspell(random, b.New); ok && !slices.ContainsFunc(x.File.Tokens, func(t treesitter.Token) bool { return x.Text(t.Span) == b.Old }) {
			b.Before, b.After = replaced(x.File.Text, span, b.Old), x.File.Text
			return b, true
		}
	}
	return Bug{}, false
}

// variablesBefore lists the other values that are visible at a place and defined before it.
func variablesBefore(x *names.Index, place, in treesitter.Span) []string {
	own := false
	var list []string
	for _, n := range x.Visible(place) {
		if n.Definition != treesitter.DefinitionVariable && n.Definition != treesitter.DefinitionParameter {
			continue
		}
		if n.Text == x.Text(place) {
			own = true
		} else if n.Near && n.Text != "_" {
			list = append(list, n.Text)
		}
	}
	if !own {
		return nil
	}
	return list
}

// replaced is text with other text in the place of a span.
func replaced(text []byte, s treesitter.Span, by string) []byte {
	out := make([]byte, 0, len(text)+len(by)-s.Len())
	return append(append(append(out, text[:s.Start]...), by...), text[s.End:]...)
}
