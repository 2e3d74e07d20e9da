package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/treesitter"
)

// ProbesOptions says what Probes asks.
type ProbesOptions struct {
	Common             // PerClass: questions of each language, class and depth; 0: 10
	Languages []string // nil: all that there are probes for
}

// The classes of probes.
const (
	classValue   = "operator by value"       // the one operator that makes the equation true; depth: of the expression
	classBalance = "parenthesis by balance"  // a parenthesis of an expression; depth: how many are open there
	classBracket = "bracket over a distance" // the bracket that closes what was opened; depth: how many others were opened and closed within
	className    = "name in scope"           // the only name that is visible; depth: how many nested functions with names of their own stand between
)

// Probes generates code with a gap that only one of the choices fits: does the model know the grammar, or only words? The words of each probe
// are drawn at random, so nothing can be remembered; what is not random is syntax. Besides the class, slices tell the depth.
//
// Names and operators are ranked as the features rank them, among all that may stand there; brackets no feature asks for, so there the combination is the model.
func Probes(ctx context.Context, subjects []Subject, opts ProbesOptions) (Result, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 10
	}
	probes := generateProbes(opts)
	if len(probes) == 0 {
		return Result{}, fmt.Errorf("evaluating probes: there are none for %s: name some of %s", strings.Join(opts.Languages, ", "), strings.Join(ProbeLanguages(), ", "))
	}
	for i := range probes {
		probes[i].baselines(opts.NGrams)
	}
	progress := &steps{total: len(probes) * len(subjects), report: opts.Progress}
	for _, s := range subjects {
		err := inBatches(ctx, len(probes), 16, progress, func(from, to int) error {
			return answerProbes(ctx, subjects, s, probes[from:to])
		})
		if err != nil {
			return Result{}, fmt.Errorf("evaluating probes with %s: %w", s.Name, err)
		}
	}
	cases := make([]Case, len(probes))
	for i, p := range probes {
		cases[i] = p.Case
	}
	ranked := []string{SystemModel, SystemCombined}
	layout := Layout{
		Task:    "probes",
		Classes: []string{classValue, classBalance, classBracket, className},
		Slices:  []string{"depth 1", "depth 2", "depth 3", "depth 4"},
		Systems: systems(subjects, []string{SystemChance, SystemRecency, SystemCache, SystemNGram}, ranked),
		Metrics: []Metric{{Name: "@1", Percent: true, Main: true}},
		Pairs:   against(subjects, []string{SystemModel, SystemCache, SystemNGram}, ranked),
	}
	return Tabulate(layout, subjects, cases, opts.Seed), nil
}

// SystemChance is what guessing among the choices gets.
const SystemChance = "chance"

// probe is a generated text with a gap.
type probe struct {
	Case
	file    *treesitter.File // with the answer in the gap
	gap     treesitter.Span
	choices []string
	place   *gap.Gap // nil where no feature would ask
}

// baselines ranks the choices without a model.
func (p *probe) baselines(m *ngram.Model) {
	x := names.New(p.file)
	site, width := x.Gap(p.gap)
	scores := x.Cache.Score(site, width, p.choices, nil)
	if p.Class == classValue || p.Class == className {
		kind := treesitter.KindVariable
		if p.Class == classValue {
			kind = treesitter.KindOperator
		}
		opts := gap.Options{Kind: kind}
		for _, text := range p.choices {
			opts.More = append(opts.More, names.Name{Text: text, Kind: kind})
		}
		p.place = gap.New(x, p.gap, opts)
	}
	near := make([]float64, len(p.choices))
	for i, text := range p.choices {
		_, distance := x.Cache.Occurrences(text, site, width)
		if near[i] = -float64(distance); distance < 0 {
			near[i] = math.Inf(-1)
		}
	}
	p.Systems = map[string]Outcome{SystemChance: {Measures: map[string]Ratio{"@1": {1 / float64(len(p.choices)), 1}}}}
	p.exact(SystemRecency, sorted(p.choices, near))
	p.exact(SystemCache, sorted(p.choices, scores))
	if m != nil {
		p.exact(SystemNGram, sorted(p.choices, mixture(m, x, p.gap, singles(p.choices))))
	}
}

// exact keeps whether the answer stands first: with so few choices nothing else tells much.
func (p *probe) exact(system string, ranking []string) {
	o := outcome(p.Answer, ranking)
	o.Measures = map[string]Ratio{"@1": o.Measures["@1"]}
	p.Systems[system] = o
}

// answerProbes asks a subject for the choices, and, where a feature would ask, as that does.
func answerProbes(ctx context.Context, subjects []Subject, s Subject, probes []probe) error {
	combiner, err := gap.CombinerOf(s.Asker)
	if err != nil {
		return err
	}
	corpus := gap.CorpusOf(s.Asker)
	queries := make([]model.Query, 0, 2*len(probes))
	for i := range probes {
		p := &probes[i]
		q := names.Query(p.file, p.gap, len(p.file.Text))
		if p.place != nil {
			p.place = p.place.WithCorpus(corpus)
			queries = append(queries, p.place.Query(q))
		}
		q.Choices = p.choices
		queries = append(queries, q)
	}
	answers, err := s.Predict(ctx, queries)
	if err != nil {
		return err
	}
	for i := range probes {
		p := &probes[i]
		var combined []string
		if p.place != nil {
			g := p.place.Clone()
			g.Answer(answers[0])
			g.Rank(combiner)
			answers = answers[1:]
			combined = slices.DeleteFunc(textsIn(g), func(text string) bool { return !slices.Contains(p.choices, text) })
		}
		alone := textsOf(answers[0])
		answers = answers[1:]
		if p.place == nil {
			combined = alone
		}
		p.exact(system(subjects, s, SystemModel), alone)
		p.exact(system(subjects, s, SystemCombined), combined)
	}
	return nil
}
