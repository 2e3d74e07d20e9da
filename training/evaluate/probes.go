package evaluate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
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
			queries := make([]model.Query, to-from)
			for i, p := range probes[from:to] {
				queries[i] = p.query()
			}
			predictions, err := s.Predict(ctx, queries)
			if err != nil {
				return err
			}
			for i := range queries {
				probes[from+i].answered(subjects, s, predictions[i])
			}
			return nil
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
	file     *treesitter.File // with the answer in the gap
	gap      treesitter.Span
	choices  []string
	features []rank.Features
}

// baselines ranks the choices without a model.
func (p *probe) baselines(m *ngram.Model) {
	x := names.New(p.file)
	site, width := x.Gap(p.gap)
	scores := x.Cache.Score(site, width, p.choices, nil)
	visible := map[string]bool{}
	for _, n := range x.Visible(p.gap) {
		visible[n.Text] = true
	}
	for i, text := range p.choices {
		seen, distance := x.Cache.Occurrences(text, site, width)
		p.features = append(p.features, rank.Features{Cache: scores[i], Visible: visible[text], Seen: seen, Distance: distance, Listed: true})
	}
	p.Systems = map[string]Outcome{SystemChance: {Measures: map[string]Ratio{"@1": {1 / float64(len(p.choices)), 1}}}}
	p.exact(SystemRecency, sorted(p.choices, nearness(p.features)))
	p.exact(SystemCache, sorted(p.choices, ngrams(p.features)))
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

func (p *probe) query() model.Query {
	q := names.Query(p.file, p.gap, len(p.file.Text))
	q.Choices = p.choices
	return q
}

func (p *probe) answered(subjects []Subject, s Subject, prediction model.Prediction) {
	features := slices.Clone(p.features)
	for i, text := range p.choices {
		for _, c := range prediction.Candidates {
			if c.Text == text {
				features[i].Model = c.LogProb
			}
		}
	}
	kind := treesitter.KindVariable.String()
	if p.Class == classValue {
		kind = treesitter.KindOperator.String()
	}
	p.exact(system(subjects, s, SystemModel), textsOf(prediction))
	p.exact(system(subjects, s, SystemCombined), sorted(p.choices, s.combine(kind, features)))
}
