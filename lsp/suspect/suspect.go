// Package suspect finds tokens that look wrong where they stand: a name, a member, an operator, a boolean or a pair of arguments for which something else fits much
// better.
//
// It screens, then confirms. One cheap pass of the model over the whole text (many masks a row) and the file's n-gram cache give every site a first score; the worst
// sites are asked again one by one, each masked alone, with the candidates that could stand there. The two experts are combined by package rank.
//
// Silence is the default. At real base rates almost every alarm of a detector is false (design.md, section 5), so a site is Reported only if what fits better is
// in scope and defined before, of the same kind, preferred by both experts, and better by more than a threshold that is high; and never if one of the
// reasons holds for which people meant what they wrote (thresholds.go, from Rice et al. 2017, "Detecting argument selection defects").
//
// Invariants:
//   - A site is judged by its surroundings alone: neither the window nor the cache counts what stands in it.
//   - Nothing inside a parse error, a comment, an import or a definition's name is a site.
//   - Findings are in the order of the text. With All, each site that was scored is there once.
package suspect

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strconv"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Codes of findings.
const (
	CodeVariable  = "variable-misuse"
	CodeAttribute = "wrong-attribute"
	CodeOperator  = "wrong-operator"
	CodeArguments = "swapped-arguments"
	CodeLiteral   = "wrong-literal"
)

// Finding is a site with its verdict.
type Finding struct {
	Span  treesitter.Span
	Code  string // one of the constants above
	Kind  string // "variable", "attribute", "call", "operator", "boolean" or "arguments"
	Token string // what stands there
	// Probability of what stands there, among it and the alternatives.
	Probability float64
	// Score is the log-odds of the best alternative over what stands there: higher is more suspicious.
	Score    float64
	Reported bool
	// Suggestions are the alternatives, best first, with their log-probabilities.
	Suggestions []model.Candidate
	Message     string
}

// Model is what a check asks.
type Model interface {
	model.Predictor
	model.Scanner
}

// Options are the settings of one check.
type Options struct {
	// All returns every site that was scored and not only those to report, and confirms more of them.
	All bool
	// MaxConfirm bounds how many sites are confirmed; 0 means 12 and one for every 25 sites, with All 40 and one for every 10.
	MaxConfirm int
	// WindowBytes bounds the text around a site that the model sees; 0 means 1,000, about 250 subwords.
	WindowBytes int
}

// suggestions is how many alternatives a finding carries.
const suggestions = 5

// Check judges the sites of a file. m may be nil: then the cache judges alone, and nothing is reported. An error is the model's or the context's.
func Check(ctx context.Context, m Model, f *treesitter.File, opts Options) ([]Finding, error) {
	if opts.WindowBytes <= 0 {
		opts.WindowBytes = 1000
	}
	x := names.New(f)
	sites := findSites(x)
	for i := range sites {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		sites[i].askCache(x)
		sites[i].doubted = sites[i].doubt(x)
	}
	if m != nil {
		if err := screen(ctx, m, f, sites, opts.All); err != nil {
			return nil, fmt.Errorf("screening: %w", err)
		}
		if err := confirm(ctx, m, f, sites, opts); err != nil {
			return nil, fmt.Errorf("confirming: %w", err)
		}
	}
	quiet := suppressed(f)
	var findings []Finding
	for i := range sites {
		s := &sites[i]
		finding := s.finding(x)
		finding.Reported = m != nil && s.deserves(x, finding) && !quiet(s.span.Start)
		if finding.Reported || opts.All {
			findings = append(findings, finding)
		}
	}
	sort.SliceStable(findings, func(i, j int) bool { return findings[i].Span.Start < findings[j].Span.Start })
	return findings, nil
}

// site is a place that is judged. What stands there is choice 0.
type site struct {
	span    treesitter.Span
	code    string
	kind    string
	choices []choice
	barred  bool // scored but never reported
	doubted bool // the model's opinion could lead to a report

	screened  bool
	surprise  float64 // of the screen: how much likelier its best other subword is than what stands here
	confirmed bool
}

type choice struct {
	text     string
	tokens   []string // for the cache; nil means text is one token
	near     bool     // sure to be what could be meant: defined in this function, seen on this receiver
	features rank.Features
}

// rankKind is the row of rank's table.
func (s *site) rankKind() string {
	if s.kind == "boolean" {
		return "literal"
	}
	return s.kind
}

// askCache fills in what needs no model.
func (s *site) askCache(x *names.Index) {
	at, width := x.Gap(s.span)
	sequences := make([][]string, len(s.choices))
	for i, c := range s.choices {
		if c.tokens != nil {
			sequences[i] = c.tokens
		} else {
			sequences[i] = []string{c.text}
		}
	}
	scores := x.Cache.Sequences(at, width, sequences, nil)
	for i := range s.choices {
		f := &s.choices[i].features
		f.Cache, f.Model, f.Listed, f.Distance = scores[i], math.NaN(), true, -1
		if len(sequences[i]) == 1 {
			f.Seen, f.Distance = x.Cache.Occurrences(s.choices[i].text, at, width)
		}
	}
}

// odds returns by how much an expert prefers choice i to what stands there; NaN if it has no opinion.
func (s *site) odds(i int, of func(rank.Features) float64) float64 {
	return of(s.choices[i].features) - of(s.choices[0].features)
}

func byCache(f rank.Features) float64 { return f.Cache }
func byModel(f rank.Features) float64 { return f.Model }

// combined returns the log-probabilities of the choices.
func (s *site) combined() []float64 {
	features := make([]rank.Features, len(s.choices))
	for i := range s.choices {
		features[i] = s.choices[i].features
	}
	return rank.Combine(s.rankKind(), features)
}

// suspicion is the first score, by which the sites to confirm are chosen.
func (s *site) suspicion() float64 {
	best := math.Inf(-1)
	for i := 1; i < len(s.choices); i++ {
		best = math.Max(best, s.odds(i, byCache))
	}
	w := rank.Table(s.rankKind())
	if !s.screened {
		return (w.Cache + w.Model) * math.Min(best, 12)
	}
	return w.Cache*math.Min(best, 12) + w.Model*s.surprise
}

func (s *site) finding(x *names.Index) Finding {
	logProbs := s.combined()
	order := make([]int, 0, len(s.choices)-1)
	for i := 1; i < len(s.choices); i++ {
		order = append(order, i)
	}
	sort.SliceStable(order, func(a, b int) bool { return logProbs[order[a]] > logProbs[order[b]] })
	f := Finding{
		Span: s.span, Code: s.code, Kind: s.kind, Token: x.Text(s.span),
		Probability: math.Exp(logProbs[0]),
		Score:       logProbs[order[0]] - logProbs[0],
	}
	if !s.confirmed && s.screened {
		// Only the cache has spoken of the candidates. The screen tells how far the model doubts what stands here.
		w := rank.Table(s.rankKind())
		f.Score = (1-w.Model)*f.Score + w.Model*s.surprise
	}
	for _, i := range order[:min(suggestions, len(order))] {
		f.Suggestions = append(f.Suggestions, model.Candidate{Text: s.choices[i].text, LogProb: logProbs[i]})
	}
	f.Message = message(f)
	return f
}

// message says what fits better and by how much; a verdict is left to the reader.
func message(f Finding) string {
	best := f.Suggestions[0].Text
	if f.Score <= 0 {
		return fmt.Sprintf("`%s` looks right here", f.Token)
	}
	if f.Code == CodeArguments {
		return fmt.Sprintf("the arguments `%s` look swapped: `%s` fits better (%s as likely)", f.Token, best, times(f.Score))
	}
	return fmt.Sprintf("`%s` looks wrong here: `%s` fits better (%s as likely)", f.Token, best, times(f.Score))
}

// times words odds with two figures at most: "1.4x", "12x", "over 1000x".
func times(logOdds float64) string {
	odds := math.Exp(logOdds)
	switch {
	case odds < 10:
		return strconv.FormatFloat(odds, 'f', 1, 64) + "x"
	case odds < 100:
		return strconv.FormatFloat(odds, 'f', 0, 64) + "x"
	case odds < 1000:
		return strconv.Itoa(int(odds/10)*10) + "x"
	}
	return "over 1000x"
}
