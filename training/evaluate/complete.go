package evaluate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mlm-lsp/lsp/complete"
	"mlm-lsp/lsp/gap"
	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// CompleteOptions says what Complete asks.
type CompleteOptions struct {
	Common // PerClass: names per language; 0: 15
	// Typed are the numbers of letters that are typed already; nil: 0, 1 and 3.
	Typed []int
	// Index has the names that other files of the project define be offered, too, as the server does.
	Index bool
	// Once asks only for names that stand at one place of their file.
	Once bool
}

// elsewhereOffered is how many names of the index are offered: as many as the server does.
const elsewhereOffered = 24

// SystemStatic is the feature without a model: everything but it, as an editor gets it when time is over.
const SystemStatic = "static"

// usage is a name in a file that is about to be typed.
type usage struct {
	source *Source
	token  treesitter.Token
	name   string
}

// Complete asks the completion feature for names that are used in the files: with none, one and three letters typed and the text behind the cursor
// kept. All systems rank the feature's own candidates. Besides exact matches it measures keystrokes saved: a name is taken as soon as it is among
// the first five offers, for one key and one more for every place below the first; what it would have cost to type the rest is saved.
//
// The classes are the numbers of letters typed, and "keystrokes".
func Complete(ctx context.Context, subjects []Subject, sources []Source, opts CompleteOptions) (Result, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 15
	}
	if opts.Typed == nil {
		opts.Typed = []int{0, 1, 3}
	}
	slices.Sort(opts.Typed)
	usages := drawUsages(sources, opts)
	if len(usages) == 0 {
		return Result{}, fmt.Errorf("evaluating complete: no name to ask for in %d files", len(sources))
	}
	var cases []Case
	progress := &steps{total: len(usages), report: opts.Progress}
	err := inBatches(ctx, len(usages), 1, progress, func(from, _ int) error {
		more, err := usages[from].ask(ctx, subjects, opts)
		cases = append(cases, more...)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("evaluating complete: %w", err)
	}
	var classes []string
	for _, n := range opts.Typed {
		classes = append(classes, typedClass(n))
	}
	ranked := []string{SystemModel, SystemCombined}
	layout := Layout{
		Task:    "complete",
		Classes: append(classes, classKeystrokes),
		Slices:  []string{"variable", "attribute", "call", "type"},
		Systems: systems(subjects, []string{SystemCandidates, SystemRecency, SystemCache, SystemNGram, SystemProject, SystemStatic}, ranked),
		Metrics: []Metric{{Name: "covered", Percent: true}, {Name: "@1", Percent: true, Main: true}, {Name: "@5", Percent: true}, {Name: "MRR", Percent: true}, {Name: "saved", Percent: true, Main: true}},
		Pairs:   against(subjects, []string{SystemModel, SystemStatic, SystemCache, SystemNGram, SystemProject}, ranked),
		Apart:   true,
	}
	return Tabulate(layout, subjects, cases, opts.Seed), nil
}

const classKeystrokes = "keystrokes"

func typedClass(n int) string { return fmt.Sprintf("%d typed", n) }

// drawUsages picks the names: up to PerClass of each language, see atMost.
func drawUsages(sources []Source, opts CompleteOptions) (list []usage) {
	byLanguage := map[string][]usage{}
	for i := range sources {
		f := sources[i].File
		imports := f.Imports
		times := map[string]int{}
		for _, t := range f.Tokens {
			times[string(f.Text[t.Start:t.End])]++
		}
		for _, t := range f.Tokens {
			if opts.Once && times[string(f.Text[t.Start:t.End])] > 1 {
				continue
			}
			for len(imports) > 0 && imports[0].End <= t.Start {
				imports = imports[1:]
			}
			if len(imports) > 0 && imports[0].Contains(t.Start) {
				continue
			}
			if (t.Kind.Identifier() || t.Kind == treesitter.KindType) && eligible(f, t) {
				byLanguage[f.Language] = append(byLanguage[f.Language], usage{&sources[i], t, string(f.Text[t.Start:t.End])})
			}
		}
	}
	for _, language := range treesitter.Languages() {
		all := byLanguage[language]
		random := rand.New(rand.NewPCG(opts.Seed, uint64(len(language))))
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		list = append(list, atMost(all, opts.PerClass, func(u usage) *Source { return u.source })...)
	}
	return list
}

// way is one way to rank the feature's candidates.
type way struct {
	name  string
	model model.Predictor
	rank  func(g *gap.Gap) // nil: as the feature ranks
}

// ask types the name letter by letter and looks at what every system offers.
func (u usage) ask(ctx context.Context, subjects []Subject, opts CompleteOptions) ([]Case, error) {
	combiner, err := gap.CombinerOf(subjects[0].Asker)
	if err != nil {
		return nil, err
	}
	around, err := near(ctx, *u.source)
	if err != nil {
		return nil, err
	}
	var elsewhere func(prefix string, member bool) []string
	if opts.Index && u.source.Index != nil {
		x, err := u.source.Index(ctx)
		if err != nil {
			return nil, err
		}
		elsewhere = func(prefix string, member bool) []string {
			return x.Names(u.source.File.Language, prefix, member, u.source.Path, elsewhereOffered)
		}
	}
	ways := []way{{SystemRecency, nil, byRecency}, {SystemCache, nil, byCache}, {SystemProject, nil, byProject}, {SystemStatic, nil, nil}}
	if opts.NGrams != nil {
		ways = append(ways, way{SystemNGram, nil, byNGrams(opts.NGrams)})
	}
	for _, s := range subjects {
		ways = append(ways, way{system(subjects, s, SystemModel), s.Asker, byModel}, way{system(subjects, s, SystemCombined), s.Asker, nil})
	}
	keystrokes := u.newCase(classKeystrokes)
	saved := map[string]int{}
	var cases []Case
	for _, typed := range opts.Typed {
		if typed >= len(u.name) {
			continue
		}
		text := slices.Concat(u.source.File.Text[:u.token.Start+typed], u.source.File.Text[u.token.End:])
		f := treesitter.Parse(u.source.File.Language, text)
		c := u.newCase(typedClass(typed))
		for _, w := range ways {
			options := complete.Options{Around: around, Elsewhere: elsewhere, Corpus: gap.CorpusOf(subjects[0].Asker), Rank: w.rank}
			if w.model != nil {
				options.Corpus = nil // its own
			}
			if w.name == SystemStatic {
				options.Combiner = combiner
			}
			if w.name == SystemRecency {
				options.MaxItems = everyItem // to see what the lists hold
			}
			items, err := complete.Complete(ctx, w.model, f, u.token.Start+typed, options)
			if err != nil {
				return nil, fmt.Errorf("completing %s at %s:%d: %w", u.name, u.source.Path, c.Line, err)
			}
			labels := make([]string, len(items))
			for i, item := range items {
				labels[i] = item.Label
			}
			o := outcome(u.name, labels)
			if len(items) > 0 && (w.rank == nil || w.model != nil) {
				o.Confidence = math.Exp(items[0].LogProb)
			}
			c.Systems[w.name] = o
			if w.name == SystemRecency {
				c.Systems[SystemCandidates] = listed(o.Place > 0)
			}
			if _, done := saved[w.name]; !done && 1 <= o.Place && o.Place <= 5 {
				saved[w.name] = max(0, len(u.name)-typed-o.Place)
			}
		}
		cases = append(cases, c)
	}
	for _, w := range ways {
		keystrokes.Systems[w.name] = Outcome{Measures: map[string]Ratio{"saved": {float64(saved[w.name]), float64(len(u.name))}}}
	}
	return append(cases, keystrokes), nil
}

// everyItem is above the number of names in any file that people wrote.
const everyItem = 100_000

func (u usage) newCase(class string) Case {
	c := Case{Path: u.source.Path, Project: u.source.Project, Language: u.source.File.Language, Class: class, Answer: u.name,
		Slices: []string{u.token.Kind.String()}, Systems: map[string]Outcome{}}
	c.Line, c.Column = position(u.source.File.Text, u.token.Start)
	return c
}
