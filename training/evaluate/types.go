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

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// TypesOptions says what Types asks.
type TypesOptions struct {
	Common          // PerClass: annotations per language and kind of site; 0: 10
	WindowBytes int // around the annotation; 0: 1,000, as the features ask
	// Bare takes all other annotations out, too, those of the project included: what is asked in code to which nobody has given types yet. It leaves Python and TypeScript.
	Bare bool
	// WithoutModel asks nothing that asks the model, as `mlm-lsp types` does not: thousands of annotations take minutes.
	WithoutModel bool
}

// sliceTypeScript holds the hundred types that TypeScript has most often: published figures are of those.
const sliceTypeScript = "top 100, TypeScript"

const (
	// ubiquitous types are the first of a language's list, common ones the others on it; all else is rare. Type4Py (Mir et al. 2022, arXiv:2101.04470) draws the
	// line at ten or so types and at 100 occurrences in its corpus; our list is as long as that makes theirs, within a hundred.
	ubiquitous = 10
)

// frequentTypes is one "language<TAB>type<TAB>count" a line, the most frequent first. CountTypes made it of the training corpus.
//
//go:embed types.tsv
var frequentTypes string

// frequent lists a language's frequent types, the most frequent first.
func frequent(language string) (list []string) {
	language = typings.CountedAs(language)
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
		language := typings.CountedAs(s.File.Language)
		for _, site := range s.File.TypeSites {
			k := key{language, site.Existing}
			if !typings.Askable(site.Existing) {
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

// annotation is a type that a person wrote, on its way to a case.
type annotation struct {
	source   *Source
	written  treesitter.Span  // where it stands in the source
	file     *treesitter.File // that it is asked in: the source's, or that without its other annotations
	bare     bool
	site     treesitter.TypeSite // of file
	index    *names.Index
	around   *project.View
	gap      *gap.Gap // not asked about
	outcomes map[string]Outcome
}

// siteKinds are the classes.
var siteKinds = []string{"parameter", "return", "variable", "field"}

// The ways to suggest a type beside those of all tasks.
const (
	SystemFrequent = "frequent" // what such sites have most often in the language
	SystemTypes    = "types"    // what `mlm-lsp types` says: the combination, less what the file contradicts, as the file writes types
)

// Types takes annotations out and asks for them. The candidates are those that the features rank (gap.NewAnnotation). Types that mean the same are the same
// (typeinfer.Normalise). Of SystemTypes "shown" is the share of the sites at which it is sure enough to show its first, and "precise" the share of those that are right.
func Types(ctx context.Context, subjects []Subject, sources []Source, opts TypesOptions) (Result, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 10
	}
	if opts.WindowBytes == 0 {
		opts.WindowBytes = windowBytes
	}
	asked := drawAnnotations(sources, opts.Common)
	if opts.Bare {
		var list []*annotation
		for _, a := range asked {
			if b := a; canBeBare(a.file.Language) {
				if b = bareAnnotation(a); b != nil {
					list = append(list, b)
				}
			}
		}
		asked = list
	}
	if len(asked) == 0 {
		return Result{}, fmt.Errorf("evaluating types: no annotation to ask for in %d files", len(sources))
	}
	if err := describeAnnotations(ctx, asked); err != nil {
		return Result{}, fmt.Errorf("evaluating types: %w", err)
	}
	for _, a := range asked {
		a.rankWithout(opts.NGrams)
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
	ranked := []string{SystemModel, SystemCombined, SystemGenerated, SystemTypes}
	if opts.WithoutModel {
		ranked = []string{SystemTypes}
	}
	layout := Layout{
		Task:    "types",
		Classes: append(slices.Clone(siteKinds), SliceAll),
		Slices:  []string{"top 100", sliceTypeScript, "ubiquitous", "common", "rare", "in the file", "not in the file"},
		Systems: systems(subjects, []string{SystemCandidates, SystemFrequent, SystemRecency, SystemCache, SystemNGram, SystemStatic}, ranked),
		Metrics: []Metric{{Name: "covered", Percent: true}, {Name: "@1", Percent: true, Main: true}, {Name: "@5", Percent: true}, {Name: "MRR", Percent: true}, {Name: "base@1", Percent: true},
			{Name: "shown", Percent: true}, {Name: "precise", Percent: true}},
		Pairs: against(subjects, []string{SystemModel, SystemStatic, SystemCache, SystemNGram, SystemRecency, SystemFrequent}, ranked),
	}
	return Tabulate(layout, subjects, cases, opts.Seed), nil
}

// drawAnnotations picks up to PerClass annotations of each language and kind of site.
func drawAnnotations(sources []Source, opts Common) (list []*annotation) {
	type group struct{ language, kind string }
	found := map[group][]*annotation{}
	for i := range sources {
		f := sources[i].File
		for _, site := range f.TypeSites {
			if typings.Askable(site.Existing) {
				g := group{f.Language, site.Kind}
				found[g] = append(found[g], &annotation{source: &sources[i], written: site.Span, file: f, site: site, outcomes: map[string]Outcome{}})
			}
		}
	}
	for _, language := range treesitter.Languages() {
		for n, kind := range siteKinds {
			all := found[group{language, kind}]
			random := rand.New(rand.NewPCG(opts.Seed, uint64(n)))
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			list = append(list, atMost(all, opts.PerClass, func(a *annotation) *Source { return a.source })...)
		}
	}
	return list
}

// describeAnnotations lists the candidates.
func describeAnnotations(ctx context.Context, list []*annotation) error {
	bySource := map[*Source][]*annotation{}
	var order []*Source
	for _, a := range list {
		if bySource[a.source] == nil {
			order = append(order, a.source)
		}
		bySource[a.source] = append(bySource[a.source], a)
	}
	for _, s := range order {
		if err := describeSites(ctx, bySource[s], nil); err != nil {
			return err
		}
	}
	return nil
}

// describeSites lists the candidates of annotations of one source.
func describeSites(ctx context.Context, list []*annotation, corpus *ngram.Model) error {
	around := map[bool]*project.View{} // by whether it is bare
	var x *names.Index
	var sites *gap.Sites // of x, in the surroundings of the annotation before
	for i, a := range list {
		if around[a.bare] == nil {
			read := near
			if a.bare {
				read = nearBare
			}
			var err error
			if around[a.bare], err = read(ctx, *a.source); err != nil {
				return err
			}
		}
		if x == nil || x.File != a.file {
			x, sites = names.New(a.file), nil
		}
		a.index, a.around = x, around[a.bare]
		if sites == nil || a.bare != list[i-1].bare {
			sites = gap.NewSites(x, a.around)
		}
		a.gap = sites.Annotation(x, a.site, corpus)
	}
	return nil
}

// answerTypes asks a subject twice: how it ranks the candidates, and what it makes up without them.
func answerTypes(ctx context.Context, subjects []Subject, s Subject, asked []*annotation, opts TypesOptions) error {
	combiner, err := gap.CombinerOf(s.Asker)
	if err != nil {
		return err
	}
	corpus := gap.CorpusOf(s.Asker)
	if opts.WithoutModel {
		for _, a := range asked {
			a.outcomes[SystemStatic] = a.ranked(a.gap.WithCorpus(corpus), combiner)
			if err := a.suggest(ctx, subjects, s, opts); err != nil {
				return err
			}
		}
		return nil
	}
	gaps := make([]*gap.Gap, len(asked))
	queries := make([]model.Query, 2*len(asked))
	for i, a := range asked {
		gaps[i] = a.gap.WithCorpus(corpus)
		a.outcomes[SystemStatic] = a.ranked(gaps[i], combiner)
		q := names.Query(a.file, a.site.Span, opts.WindowBytes)
		queries[2*i] = gaps[i].Query(q)
		q.TopK = 5
		queries[2*i+1] = q
	}
	answers, err := s.Predict(ctx, queries)
	if err != nil {
		return err
	}
	for i, a := range asked {
		name := func(x string) string { return system(subjects, s, x) }
		a.outcomes[name(SystemModel)] = a.sure(answers[2*i])
		a.outcomes[name(SystemGenerated)] = a.outcome(textsOf(answers[2*i+1]))
		gaps[i].Answer(answers[2*i])
		a.outcomes[name(SystemCombined)] = a.ranked(gaps[i], combiner)
		if err := a.suggest(ctx, subjects, s, opts); err != nil {
			return err
		}
	}
	return nil
}

// suggest adds the outcome of what the feature says, in a language that it knows.
func (a *annotation) suggest(ctx context.Context, subjects []Subject, s Subject, opts TypesOptions) (err error) {
	if slices.Contains(typeinfer.Languages(), a.file.Language) {
		a.outcomes[system(subjects, s, SystemTypes)], err = a.suggested(ctx, s, opts.WindowBytes)
	}
	return err
}

// suggested is the outcome of what the feature says.
func (a *annotation) suggested(ctx context.Context, s Subject, windowBytes int) (Outcome, error) {
	list, err := typeinfer.Suggest(ctx, s.Asker, a.file, typeinfer.Options{
		Around: a.around, All: true, Only: func(site treesitter.Span) bool { return site == a.site.Span }, WindowBytes: windowBytes,
	})
	if err != nil {
		return Outcome{}, err
	}
	var texts []string
	shown := false
	for _, x := range list {
		shown = x.Shown
		for _, c := range x.Candidates {
			texts = append(texts, c.Type)
		}
	}
	o := a.outcome(texts)
	o.Measures["shown"] = Ratio{0, 1}
	if shown {
		o.Measures["shown"], o.Measures["precise"] = Ratio{1, 1}, o.Measures["@1"]
	}
	if len(list) > 0 && len(list[0].Candidates) > 0 {
		o.Confidence = list[0].Candidates[0].Probability
	}
	return o, nil
}

// rankWithout ranks the candidates by what needs no model.
func (a *annotation) rankWithout(m *ngram.Model) {
	a.outcomes[SystemCandidates] = listed(a.gap.Place(a.site.Existing) >= 0)
	a.outcomes[SystemFrequent] = a.outcome(typings.For(a.file.Language).Frequent(a.site.Kind, lastPlace))
	a.outcomes[SystemRecency] = a.outcome(order(a.gap, byRecency))
	a.outcomes[SystemCache] = a.outcome(order(a.gap, byCache))
	if m == nil {
		return
	}
	texts := textsIn(a.gap)
	sequences := make([][]string, len(texts))
	for i, text := range texts {
		sequences[i] = typings.Tokens(a.file.Language, text)
	}
	a.outcomes[SystemNGram] = a.outcome(sorted(texts, mixture(m, a.index, a.site.Span, sequences)))
}

// ranked is the outcome of a gap, which the combiner ranks.
func (a *annotation) ranked(g *gap.Gap, combiner *rank.Combiner) Outcome {
	g.Rank(combiner)
	o := a.outcome(textsIn(g))
	o.Confidence = math.Exp(g.Candidates[0].LogProb)
	return o
}

// outcome is that of the exact type, and of the base type at the first place.
func (a *annotation) outcome(ranking []string) Outcome {
	same := make([]string, 0, len(ranking))
	for _, text := range ranking {
		if text = a.normal(text); !slices.Contains(same, text) {
			same = append(same, text)
		}
	}
	answer := a.normal(a.site.Existing)
	o := outcome(answer, same)
	o.Measures["base@1"] = Ratio{0, 1}
	if len(same) > 0 && BaseType(same[0]) == BaseType(answer) {
		o.Measures["base@1"] = Ratio{1, 1}
	}
	return o
}

// normal is the form in which types are compared.
func (a *annotation) normal(text string) string {
	if slices.Contains(typeinfer.Languages(), a.file.Language) {
		return typeinfer.Normalise(a.file.Language, text)
	}
	return text
}

// sure is the outcome of the model's own ranking.
func (a *annotation) sure(p model.Prediction) Outcome {
	o := a.outcome(textsOf(p))
	o.Confidence = math.Exp(p.Candidates[0].LogProb)
	return o
}

func (a *annotation) result() Case {
	c := Case{Path: a.source.Path, Project: a.source.Project, Language: a.source.File.Language, Class: a.site.Kind, Answer: a.site.Existing, Systems: a.outcomes}
	c.Line, c.Column = position(a.source.File.Text, a.written.Start)
	at := slices.IndexFunc(frequent(c.Language), func(text string) bool { return a.normal(text) == a.normal(c.Answer) })
	if at >= 0 {
		c.Slices = append(c.Slices, "top 100")
		if typings.CountedAs(c.Language) == "typescript" {
			c.Slices = append(c.Slices, sliceTypeScript)
		}
	}
	switch {
	case at < 0:
		c.Slices = append(c.Slices, "rare")
	case at < ubiquitous:
		c.Slices = append(c.Slices, "ubiquitous")
	default:
		c.Slices = append(c.Slices, "common")
	}
	rest := slices.Concat(a.file.Text[:a.site.Start], []byte("\x00"), a.file.Text[a.site.End:])
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
