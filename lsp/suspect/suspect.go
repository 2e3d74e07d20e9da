// Package suspect finds tokens that look wrong where they stand: a name, a member, an operator, a boolean or a pair of arguments for which something else fits much
// better.
//
// Every site of a file gets its choices (what stands there and what could: names that are visible, around, seen on the receiver, or alike; operators of the group) and what
// is known of each (inputs.go): the n-gram cache of the file on both sides, those of the project (package project) and of a corpus (package ngram), counts and distances, scopes, what copies of the line say, how alike two names are, and
// the model's opinion. The forests of package rank turn that into three answers: what fits, what was meant, and how likely what stands there is wrong. They are fitted
// on fixes that people made (training/ranking), because surprise alone detects nothing (evaluation.md): a mistake looks natural, or nobody would make it.
//
// Silence is the default. At real base rates almost every alarm of a detector is false (design.md, section 5), so a site is Reported only where rank's Alarm says so: a first forest
// goes over all sites with what is known without the model; the few that it suspects are masked one by one and the model is asked; a second forest sees all that, and its odds must reach a
// threshold that was chosen on files that are right. What is known to speak for people having meant what they wrote (reasons.go, from Rice et al. 2017, "Detecting argument selection
// defects") bars pairs of arguments, and is known to the forests of the rest.
//
// Invariants:
//   - What could stand at a site is judged by its surroundings and by how alike it is to what does: neither the window nor the cache counts what stands in it.
//   - Nothing inside a parse error, a comment, an import or a definition's name is reported.
//   - Findings are in the order of the text. With All, each token that was scored is there once.
package suspect

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
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
	CodeMisspelt  = "misspelt-name"   // a name or a member that stands nowhere else, one slip (names.SlipOf) from what was likeliest meant
	CodeType      = "suspicious-type" // an annotation that what is done contradicts: found elsewhere, see Options.Also
)

// Codes lists all codes of findings.
func Codes() []string {
	return []string{CodeVariable, CodeAttribute, CodeOperator, CodeArguments, CodeLiteral, CodeMisspelt, CodeType}
}

// Finding is a site with its verdict.
type Finding struct {
	Span  treesitter.Span
	Code  string // one of the constants above
	Kind  string // a kind of treesitter's, "boolean" or "arguments"
	Token string // what stands there
	// Probability of what stands there, among it and the alternatives.
	Probability float64
	// Score is the log-odds that what stands there is a mistake: higher is more suspicious.
	Score    float64
	Reported bool
	// Suggestions are the alternatives, best first, with their log-probabilities.
	Suggestions []model.Candidate
	// Imports are what the file has to import for each suggestion, with CodeType; nil with all others.
	Imports [][]Import
	Message string
}

// Import is a name and the module that it is imported from.
type Import struct{ Module, Name string }

// Model is what a check asks.
type Model interface {
	model.Predictor
	model.Scanner
}

// Options are the settings of one check.
type Options struct {
	// All looks at every site and not only at those that can be reported, and confirms more of them.
	All bool
	// Around is the project of the file; nil when there is none.
	Around *project.View
	// Corpus is what a corpus says of which tokens follow each other; nil means that of the model's bundle, if it has one.
	Corpus *ngram.Model
	// Sensitivity is how readily is reported: rank.Normal or rank.Quiet; "" means Normal.
	Sensitivity string
	// Table is what judges; nil means that of the model, or the built-in one.
	Table *rank.Table
	// MaxConfirm bounds how many sites the model is asked about one by one with All, beside those that may be reported and the operators; 0 means 40 and one for
	// every 20. With a model that has no pointer head it is asked about a quarter of all that.
	MaxConfirm int
	// Lean keeps nothing of sites that are not suspected, for those who ask for Findings of what is reported and for Remarks alone: what is known of all sites of a large file takes a
	// gigabyte. It means nothing with All.
	Lean bool
	// Screen asks the model's detection head, too, where the table does not look at what it says: for fitting.
	Screen bool
	// Only says of which tokens sites are wanted; nil means all. What is known of a site does not depend on which others are.
	Only func(treesitter.Span) bool
	// WindowBytes bounds the text around a site that the model sees; 0 means 1,000, about 250 subwords.
	WindowBytes int
	// Also are findings that were made elsewhere (package mistyped), in the order of the text: comments silence them, and they stand among the others. Nil says that none were looked for.
	Also []Finding
}

// suggestions is how many alternatives a finding carries.
const suggestions = 5

// Check judges the sites of a file. m may be nil: then nothing but the file is asked, and nothing is reported. An error is the model's or the context's.
func Check(ctx context.Context, m Model, f *treesitter.File, opts Options) ([]Finding, error) {
	opts.Lean = true
	e, err := Examine(ctx, m, f, opts)
	if err != nil {
		return nil, err
	}
	return e.Findings(opts.All), nil
}

// Examination is a file with all that is known of its sites.
type Examination struct {
	file        *file
	sites       []site
	table       *rank.Table
	asked       bool // the model was
	sensitivity string
	some        bool // only some tokens were looked at
	found       int  // sites, those included of which nothing is kept
	also        []Finding
}

// Examine gathers what is known of the sites of a file.
func Examine(ctx context.Context, m Model, f *treesitter.File, opts Options) (*Examination, error) {
	if opts.WindowBytes <= 0 {
		opts.WindowBytes = 1000
	}
	if opts.Sensitivity == "" {
		opts.Sensitivity = rank.Normal
	}
	if about, ok := m.(interface{ Info() model.Info }); ok && opts.Corpus == nil {
		opts.Corpus = about.Info().NGrams
	}
	if opts.Table == nil {
		var err error
		if opts.Table, err = tableOf(m); err != nil {
			return nil, err
		}
	}
	e := &Examination{file: newFile(names.New(f), opts.Around, opts.Corpus), table: opts.Table, asked: m != nil, some: opts.Only != nil, sensitivity: opts.Sensitivity, also: opts.Also}
	screened := m != nil && (opts.Screen || e.screens())
	if err := e.file.findSites(opts.Only, opts.All, func(s site) error {
		if e.found%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e.found++
		e.file.describe(&s)
		if !screened {
			if s.judge(e.table); opts.Lean && !opts.All && !e.suspected(&s) {
				return nil
			}
		}
		s.choices = slices.Clone(s.choices)
		e.sites = append(e.sites, s)
		return nil
	}); err != nil {
		return nil, err
	}
	sort.SliceStable(e.sites, func(i, j int) bool { return e.sites[i].span.Start < e.sites[j].span.Start })
	if screened {
		if err := e.screen(ctx, m); err != nil {
			return nil, err
		}
		e.Judge(opts.Table)
	}
	if m != nil {
		if err := e.confirm(ctx, m, opts); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// screens reports whether the table looks at what the detection head says.
func (e *Examination) screens() bool {
	t := e.table
	return t.Detect != nil && t.Detect.Reads(inputDetect) || t.Alarm != nil && (t.Alarm.Screen.Reads(inputDetect) || t.Alarm.Confirm.Reads(inputDetect))
}

// Findings returns what is to be reported, or all sites.
func (e *Examination) Findings(all bool) []Finding {
	silenced := readSuppressions(e.file.x.File)
	var findings []Finding
	for i := range e.sites {
		if !all && !e.ReportedAt(i, e.sensitivity) {
			continue
		}
		finding := e.finding(i)
		finding.Reported = finding.Reported && !silenced.suppressed(finding.Span.Start, finding.Code)
		// With all, the names in a pair of arguments are there one by one.
		if finding.Reported || all && e.sites[i].group != GroupArguments {
			findings = append(findings, finding)
		}
	}
	for _, finding := range e.also {
		finding.Reported = !silenced.suppressed(finding.Span.Start, finding.Code)
		if finding.Reported || all {
			findings = append(findings, finding)
		}
	}
	if len(e.also) > 0 {
		sort.SliceStable(findings, func(a, b int) bool { return findings[a].Span.Start < findings[b].Span.Start })
	}
	return findings
}

// site is a place that is judged. What stands there is choice 0.
type site struct {
	span      treesitter.Span
	token     int // the first
	code      string
	kind      string
	group     string // see Groups
	choices   []choice
	barred    bool // scored but never reported
	importing bool
	written   bool    // it is assigned to
	builtin   bool    // it needs no definition
	unnamed   bool    // the file takes names from another without saying which
	strange   float32 // see file.strange

	detect    float64 // logit of the model's detection head; NaN when it was not asked or has none
	confirmed bool    // the model was asked about the choices
	doubted   bool    // because it may be reported

	fit    []float64 // by choice: log-probability of standing here
	repair []float64 // by choice but 0: log-probability of being what was meant, if what stands there is wrong
	order  []int     // of the choices but 0, what was likeliest meant first

	score    float64 // see scoreBy
	compared bool    // it is known

	alarm float64 // log-odds of a mistake by rank's Alarm: of both its forests where the first one made the model be asked
}

// named reports whether the site is a name.
func (s *site) named() bool { return s.group == groupName || s.group == groupMember }

// judge asks the forests.
func (s *site) judge(t *rank.Table) {
	s.fit = scores(t.Fit[s.group], s.choices)
	s.repair = append([]float64{math.Inf(-1)}, scores(t.Repair[s.group], s.choices[1:])...)
	s.blend(t.Blend[s.group])
	s.order = s.order[:0]
	for i := 1; i < len(s.choices); i++ {
		s.order = append(s.order, i)
	}
	sort.SliceStable(s.order, func(a, b int) bool { return s.repair[s.order[a]] > s.repair[s.order[b]] })
	s.compared = false
	if a := t.Alarm; a != nil {
		in := s.detectInputs()
		s.alarm = a.ScreenBias + readers.Of(a.Screen).Score(in)
		if s.confirmed && s.doubted {
			s.alarm += readers.Of(a.Confirm).Score(in)
		}
	}
}

// scoreBy is what Detect says of the site, which has been judged. Most sites are never reported, and nobody asks how they compare.
func (s *site) scoreBy(t *rank.Table) float64 {
	if !s.compared {
		s.compared, s.score = true, 0
		if t.Detect != nil {
			s.score = readers.Of(t.Detect).Score(s.detectInputs())
		}
	}
	return s.score
}

// blend adds the model's opinion of what was meant. What it was not asked about counts as just behind the worst that it was asked about.
func (s *site) blend(weight float64) {
	if !s.confirmed || weight == 0 {
		return
	}
	worst := float32(0)
	for i := range s.choices {
		if v := s.choices[i].inputs[inModel]; v < worst {
			worst = v
		}
	}
	for i := 1; i < len(s.choices); i++ {
		v := s.choices[i].inputs[inModel]
		if v != v {
			v = worst - 1
		}
		s.repair[i] += weight * float64(v)
	}
	rank.Normalize(s.repair[1:])
}

// scores returns the log-probabilities of choices by a forest; without one, by the cache.
func scores(f *rank.Forest, choices []choice) []float64 {
	if f == nil {
		out := make([]float64, len(choices))
		for i := range choices {
			out[i] = float64(choices[i].inputs[inCache])
		}
		return rank.Normalize(out)
	}
	return rank.Normalize(readers.Of(f).Scores(len(choices), func(i int) []float32 { return choices[i].inputs[:] }))
}

// logOdds are those of a mistake at a site.
func (e *Examination) logOdds(s *site) float64 {
	return e.table.Calibrated(s.group, e.file.x.File.Language, s.scoreBy(e.table))
}

// finding is the verdict on site i.
func (e *Examination) finding(i int) Finding {
	s := &e.sites[i]
	f := Finding{
		Span: s.span, Code: s.code, Kind: s.kind, Token: e.file.x.Text(s.span),
		Probability: math.Exp(s.fit[0]),
		Score:       e.logOdds(s),
		Reported:    e.ReportedAt(i, e.sensitivity),
	}
	for _, i := range s.order[:min(suggestions, len(s.order))] {
		f.Suggestions = append(f.Suggestions, model.Candidate{Text: s.choices[i].text, LogProb: s.repair[i]})
	}
	best := s.order[0]
	if s.misspelt() {
		f.Code = CodeMisspelt
	}
	better := s.fit[best] - s.fit[0]
	if v := float64(s.choices[best].inputs[inModelOver]); s.confirmed && !math.IsNaN(v) {
		better += v
	}
	f.Message = message(f, better)
	return f
}

// misspelt reports whether what stands there stands nowhere else, neither in the file nor in its project nor in the language, and is one slip from what was likeliest meant.
func (s *site) misspelt() bool {
	c := &s.choices[s.order[0]].inputs
	return s.named() && !s.builtin && c[inOwnSeen] == 0 && !(c[inOwnFiles] > 0) && c[inSlip] > 0
}

// sort is what thresholds are for, see Kinds.
func (s *site) sort() string {
	if s.misspelt() {
		return KindMisspelt
	}
	return s.group
}

// message says what fits better, and by how much: by so many nats, file and model taken together. A verdict is left to the reader.
func message(f Finding, better float64) string {
	best, odds := f.Suggestions[0].Text, ""
	if better > 0 {
		odds = fmt.Sprintf(" (%s as likely)", times(better))
	}
	switch {
	case better <= 0 && !f.Reported:
		return fmt.Sprintf("`%s` looks right here", f.Token)
	case f.Code == CodeMisspelt:
		return fmt.Sprintf("`%s` looks misspelt: was `%s` meant?%s", f.Token, best, odds)
	case f.Code == CodeArguments:
		return fmt.Sprintf("the arguments `%s` look swapped: was `%s` meant?%s", f.Token, best, odds)
	}
	return fmt.Sprintf("`%s` looks wrong here: was `%s` meant?%s", f.Token, best, odds)
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
