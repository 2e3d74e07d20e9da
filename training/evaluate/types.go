package evaluate

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// TypesOptions says what Types asks.
type TypesOptions struct {
	Common            // PerClass: annotations per language and kind of site; 0: 10
	WindowBytes   int // around the annotation; 0: 1,000
	MaxCandidates int // 0: 48
}

const (
	// ubiquitous types are the first of a language's list, common ones the others on it; all else is rare. Type4Py (Mir et al. 2022, arXiv:2101.04470) draws the
	// line at ten or so types and at 100 occurrences in its corpus; our list is as long as that makes theirs, within a hundred.
	ubiquitous = 10

	longestType = 80 // bytes of an annotation that is asked for
)

// frequentTypes is one "language<TAB>type<TAB>count" a line, the most frequent first. CountTypes made it of the training corpus.
//
//go:embed types.tsv
var frequentTypes string

// frequent lists a language's frequent types, the most frequent first.
func frequent(language string) (list []string) {
	if language == "tsx" {
		language = "typescript"
	}
	for line := range strings.Lines(frequentTypes) {
		if fields := strings.Split(line, "\t"); len(fields) == 3 && fields[0] == language {
			list = append(list, fields[1])
		}
	}
	return list
}

// CountTypes writes a list as types.tsv: the hundred types that annotations of the files name most often, by language. A type that fewer
// than three projects use is left out.
func CountTypes(sources []Source, w io.Writer) error {
	const length = 100
	type key struct{ language, text string }
	counts, projects := map[key]int{}, map[key]map[string]bool{}
	for _, s := range sources {
		language := s.File.Language
		if language == "tsx" {
			language = "typescript"
		}
		for _, site := range s.File.TypeSites {
			k := key{language, site.Existing}
			if !askable(site.Existing) {
				continue
			}
			counts[k]++
			if projects[k] == nil {
				projects[k] = map[string]bool{}
			}
			projects[k][s.Project] = true
		}
	}
	byLanguage := map[string][]key{}
	for k := range counts {
		if len(projects[k]) >= 3 {
			byLanguage[k.language] = append(byLanguage[k.language], k)
		}
	}
	for _, language := range treesitter.Languages() {
		list := byLanguage[language]
		slices.SortFunc(list, func(a, b key) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a.text, b.text)) })
		for _, k := range list[:min(length, len(list))] {
			if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", k.language, k.text, strconv.Itoa(counts[k])); err != nil {
				return err
			}
		}
	}
	return nil
}

// askable leaves out types that no list and no short generation can name.
func askable(text string) bool {
	return text != "" && len(text) <= longestType && !strings.ContainsAny(text, "\t\r\n")
}

// annotation is a type that a person wrote, on its way to a case.
type annotation struct {
	source     *Source
	index      *names.Index
	site       treesitter.TypeSite
	candidates []string
	features   []rank.Features
	outcomes   map[string]Outcome
}

// Types takes annotations out and asks for them. The candidates are the types of the file and the language's frequent ones; each model adds what it
// generates to its own.
func Types(ctx context.Context, subjects []Subject, sources []Source, opts TypesOptions) (Result, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 10
	}
	if opts.WindowBytes == 0 {
		opts.WindowBytes = 1000
	}
	if opts.MaxCandidates == 0 {
		opts.MaxCandidates = 48
	}
	asked := drawAnnotations(sources, opts)
	if len(asked) == 0 {
		return Result{}, fmt.Errorf("evaluating types: no annotation to ask for in %d files", len(sources))
	}
	progress := &steps{total: len(asked) * len(subjects), report: opts.Progress}
	for _, s := range subjects {
		err := inBatches(ctx, len(asked), 8, progress, func(from, to int) error { return answerTypes(ctx, subjects, s, asked[from:to], opts) })
		if err != nil {
			return Result{}, fmt.Errorf("evaluating types with %s: %w", s.Name, err)
		}
	}
	cases := make([]Case, len(asked))
	for i, a := range asked {
		cases[i] = a.result()
	}
	ranked := []string{SystemModel, SystemCombined, SystemGenerated}
	layout := Layout{
		Task:    "types",
		Classes: []string{"parameter", "return", "variable", "field", SliceAll},
		Slices:  []string{"ubiquitous", "common", "rare", "in the file", "not in the file"},
		Systems: systems(subjects, []string{SystemCandidates, SystemRecency, SystemCache, SystemNGram}, ranked),
		Metrics: []Metric{{Name: "covered", Percent: true}, {Name: "@1", Percent: true, Main: true}, {Name: "@5", Percent: true}, {Name: "MRR", Percent: true}, {Name: "base@1", Percent: true}},
		Pairs:   against(subjects, []string{SystemModel, SystemCache, SystemNGram, SystemRecency}, ranked),
	}
	return Tabulate(layout, subjects, cases, opts.Seed), nil
}

// drawAnnotations picks up to PerClass annotations of each language and kind of site.
func drawAnnotations(sources []Source, opts TypesOptions) (list []*annotation) {
	type group struct{ language, kind string }
	found := map[group][]*annotation{}
	for i := range sources {
		f := sources[i].File
		for _, site := range f.TypeSites {
			if askable(site.Existing) {
				g := group{f.Language, site.Kind}
				found[g] = append(found[g], &annotation{source: &sources[i], site: site, outcomes: map[string]Outcome{}})
			}
		}
	}
	indexes := map[*Source]*names.Index{}
	for _, language := range treesitter.Languages() {
		for n, kind := range []string{"parameter", "return", "variable", "field"} {
			all := found[group{language, kind}]
			random := rand.New(rand.NewPCG(opts.Seed, uint64(n)))
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for _, a := range atMost(all, opts.PerClass, func(a *annotation) *Source { return a.source }) {
				if indexes[a.source] == nil {
					indexes[a.source] = names.New(a.source.File)
				}
				a.index = indexes[a.source]
				a.enumerate(opts.MaxCandidates)
				list = append(list, a)
			}
		}
	}
	return list
}

// enumerate lists the file's types, those used nearest first, then the frequent ones.
func (a *annotation) enumerate(limit int) {
	known := map[string]*rank.Features{}
	add := func(text string, distance int) {
		f := known[text]
		if f == nil {
			f = &rank.Features{Model: math.NaN(), Cache: math.NaN(), Distance: -1, Listed: true}
			known[text] = f
			a.candidates = append(a.candidates, text)
		}
		if distance >= 0 {
			f.Seen++
			f.Visible = true
			if f.Distance < 0 || distance < f.Distance {
				f.Distance = distance
			}
		}
	}
	f := a.source.File
	here := a.index.Next(a.site.Start)
	away := func(s treesitter.Span) int {
		d := a.index.Next(s.Start) - here
		return max(d, -d)
	}
	for _, site := range f.TypeSites {
		if site.Span != a.site.Span && askable(site.Existing) {
			add(site.Existing, away(site.Span))
		}
	}
	for _, t := range f.Tokens {
		inside := t.Start < a.site.End && a.site.Start < t.End
		if !inside && (t.Kind == treesitter.KindType || t.Kind == treesitter.KindDefinition && a.definesType(t.Span)) {
			add(a.index.Text(t.Span), away(t.Span))
		}
	}
	for _, text := range frequent(f.Language) {
		add(text, -1)
	}
	slices.SortStableFunc(a.candidates, func(x, y string) int {
		return cmp.Compare(uint(known[x].Distance), uint(known[y].Distance))
	})
	// Half of the room is for the file's own types, so that a long file does not crowd out int and string.
	own := 0
	kept := a.candidates[:0:0]
	for _, text := range a.candidates {
		if known[text].Distance >= 0 {
			if own++; own > limit/2 {
				continue
			}
		}
		kept = append(kept, text)
	}
	a.candidates = kept[:min(limit, len(kept))]
	for _, text := range a.candidates {
		a.features = append(a.features, *known[text])
	}
	a.scoreCache()
}

// definesType tells whether a type is declared at a place.
func (a *annotation) definesType(s treesitter.Span) bool {
	for _, scope := range a.source.File.Scopes {
		for _, d := range scope.Definitions {
			if d.Span == s {
				return d.Kind == treesitter.DefinitionType
			}
		}
	}
	return false
}

// scoreCache asks the file's n-gram. Types have different numbers of tokens, so the mean over a candidate's tokens and those behind it is what is compared.
func (a *annotation) scoreCache() {
	site, width := a.index.Gap(a.site.Span)
	sequences := make([][]string, len(a.candidates))
	for i, text := range a.candidates {
		sequences[i] = lex(a.source.File.Language, text)
	}
	for i, score := range a.index.Cache.Sequences(site, width, sequences, nil) {
		a.features[i].Cache = score / float64(len(sequences[i])+3)
	}
}

// lex cuts a type into tokens as the file's are cut.
func lex(language, text string) (tokens []string) {
	for _, t := range treesitter.Parse(language, []byte(text)).Tokens {
		tokens = append(tokens, text[t.Start:t.End])
	}
	if tokens == nil {
		tokens = []string{text}
	}
	return tokens
}

// answerTypes asks a subject twice: what it makes up, and how it ranks that and the candidates.
func answerTypes(ctx context.Context, subjects []Subject, s Subject, asked []*annotation, opts TypesOptions) error {
	queries := make([]model.Query, len(asked))
	for i, a := range asked {
		queries[i] = names.Query(a.source.File, a.site.Span, opts.WindowBytes)
		queries[i].TopK = 5
	}
	generated, err := s.Predict(ctx, queries)
	if err != nil {
		return err
	}
	for i, a := range asked {
		queries[i].Choices, queries[i].TopK = slices.Clone(a.candidates), lastPlace
		for _, text := range textsOf(generated[i]) {
			if !slices.Contains(a.candidates, text) && (names.IsName(text) || strings.ContainsAny(text, "*[")) {
				queries[i].Choices = append(queries[i].Choices, text)
			}
		}
	}
	ranked, err := s.Predict(ctx, queries)
	if err != nil {
		return err
	}
	for i, a := range asked {
		choices := queries[i].Choices
		features := slices.Clone(a.features)
		for range choices[len(a.candidates):] {
			features = append(features, rank.Features{Model: math.NaN(), Cache: math.NaN(), Distance: -1})
		}
		for k := range features {
			if at := slices.IndexFunc(ranked[i].Candidates, func(c model.Candidate) bool { return c.Text == choices[k] }); at >= 0 {
				features[k].Model = ranked[i].Candidates[at].LogProb
			}
		}
		name := func(x string) string { return system(subjects, s, x) }
		a.outcomes[name(SystemGenerated)] = a.outcome(textsOf(generated[i]))
		a.outcomes[name(SystemModel)] = a.sure(textsOf(ranked[i]), ranked[i].Candidates[0].LogProb)
		scores := s.combine("type", features)
		a.outcomes[name(SystemCombined)] = a.sure(sorted(choices, scores), slices.Max(scores))
		a.outcomes[SystemRecency] = a.outcome(a.candidates)
		a.outcomes[SystemCache] = a.outcome(sorted(a.candidates, ngrams(a.features)))
		if opts.NGrams != nil {
			sequences := make([][]string, len(a.candidates))
			for k, text := range a.candidates {
				sequences[k] = lex(a.source.File.Language, text)
			}
			a.outcomes[SystemNGram] = a.outcome(sorted(a.candidates, mixture(opts.NGrams, a.index, a.site.Span, sequences)))
		}
		a.outcomes[SystemCandidates] = listed(slices.Contains(a.candidates, a.site.Existing))
	}
	return nil
}

// outcome is that of the exact type, and of the base type at the first place.
func (a *annotation) outcome(ranking []string) Outcome {
	o := outcome(a.site.Existing, ranking)
	o.Measures["base@1"] = Ratio{0, 1}
	if len(ranking) > 0 && BaseType(ranking[0]) == BaseType(a.site.Existing) {
		o.Measures["base@1"] = Ratio{1, 1}
	}
	return o
}

// sure is the outcome of a ranking whose first has a log-probability.
func (a *annotation) sure(ranking []string, logProb float64) Outcome {
	o := a.outcome(ranking)
	o.Confidence = math.Exp(logProb)
	return o
}

func (a *annotation) result() Case {
	c := Case{Path: a.source.Path, Project: a.source.Project, Language: a.source.File.Language, Class: a.site.Kind, Answer: a.site.Existing, Systems: a.outcomes}
	c.Line, c.Column = position(a.source.File.Text, a.site.Start)
	switch at := slices.Index(frequent(c.Language), c.Answer); {
	case at < 0:
		c.Slices = append(c.Slices, "rare")
	case at < ubiquitous:
		c.Slices = append(c.Slices, "ubiquitous")
	default:
		c.Slices = append(c.Slices, "common")
	}
	rest := slices.Concat(a.source.File.Text[:a.site.Start], []byte("\x00"), a.source.File.Text[a.site.End:])
	if bytes.Contains(rest, []byte(c.Answer)) {
		c.Slices = append(c.Slices, "in the file")
	} else {
		c.Slices = append(c.Slices, "not in the file")
	}
	return c
}

// BaseType is a type without its parameters: "Dict" of "Dict[str, int]", "map" of "map[string]int", "Promise" of "Promise<void>". Prefixes and suffixes that
// make another type of one are kept as such: "[]" of "[]byte" and of "string[]", "*T" of "*T[K]", "&" of "&str".
func BaseType(text string) string {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "[]"), strings.HasSuffix(text, "[]"):
		return "[]"
	case strings.HasPrefix(text, "&"):
		return "&"
	}
	stars := len(text) - len(strings.TrimLeft(text, "*"))
	if i := strings.IndexAny(text[stars:], "[<("); i > 0 {
		return strings.TrimSpace(text[:stars+i])
	}
	return text
}
