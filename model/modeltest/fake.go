// Package modeltest has a scripted model for tests.
package modeltest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mlm-lsp/model"
)

// Unlikely is the log-probability of what a matching rule does not name.
const Unlikely = -20

// Mask stands for the gap in a script.
const Mask = "[MASK]"

// Rule answers the queries whose text around the gap ends and begins as the
// rule says. Runs of white space count as one space, and white space next to
// the gap is not looked at; an empty side matches anything.
type Rule struct {
	Left, Right string
	Candidates  []model.Candidate
	// Detect is what Scan says of a text in the gap that is not the first
	// candidate; of the first it says the opposite. NaN: there is no detection head.
	Detect float64
}

// Fake is a scripted Predictor and Scanner. The first rule that matches
// answers. It may be used from several goroutines.
type Fake struct {
	Rules []Rule
	About model.Info // what Info returns

	mu        sync.Mutex
	asked     []model.Query
	scanned   []model.ScanQuery
	unmatched []string
}

// Info returns About.
func (f *Fake) Info() model.Info { return f.About }

var (
	_ model.Predictor = (*Fake)(nil)
	_ model.Scanner   = (*Fake)(nil)
)

// Parse reads a script: a line for each rule, as in
//
//	while i [MASK] len => < -0.1, > -6.0
//
// with the text around the gap, an arrow, and candidates with their
// log-probabilities. Empty lines and lines that begin with // are passed over.
// A candidate that holds white space, a comma or a quote is written as a Go
// string. A second number behind a slash, as in -0.1/-0.5, is what the pointer head
// says; " detect: 2.5" at the end of a line is Rule.Detect.
func Parse(script string) (*Fake, error) {
	f := &Fake{}
	for i, line := range strings.Split(script, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		r, err := parseRule(line)
		if err != nil {
			return nil, fmt.Errorf("reading line %d of the script: %w", i+1, err)
		}
		f.Rules = append(f.Rules, r)
	}
	return f, nil
}

const detectMark = " detect: "

func parseRule(line string) (Rule, error) {
	at := strings.LastIndex(line, "=>")
	if at < 0 {
		return Rule{}, fmt.Errorf("%q has no =>", line)
	}
	left, right, ok := strings.Cut(line[:at], Mask)
	if !ok || strings.Contains(right, Mask) {
		return Rule{}, fmt.Errorf("%q has not one %s", line, Mask)
	}
	r := Rule{Left: normal(left), Right: normal(right), Detect: math.NaN()}
	rest := strings.TrimSpace(line[at+2:])
	if i := strings.LastIndex(rest, detectMark); i >= 0 {
		var err error
		if r.Detect, err = strconv.ParseFloat(strings.TrimSpace(rest[i+len(detectMark):]), 64); err != nil {
			return Rule{}, fmt.Errorf("%q: behind%sstands a number", line, detectMark)
		}
		rest = strings.TrimSpace(rest[:i])
	}
	for rest != "" {
		var text string
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			text, _ = strconv.Unquote(quoted)
			rest = rest[len(quoted):]
		} else {
			text, rest, _ = strings.Cut(rest, " ")
		}
		var number string
		number, rest, _ = strings.Cut(strings.TrimSpace(rest), ",")
		number, pointer, both := strings.Cut(strings.TrimSpace(number), "/")
		if !both {
			pointer = "-Inf"
		}
		p, err := strconv.ParseFloat(number, 64)
		point, err2 := strconv.ParseFloat(pointer, 64)
		if err != nil || err2 != nil || math.IsNaN(p) || p > 0 || math.IsNaN(point) || point > 0 || text == "" {
			return Rule{}, fmt.Errorf("%q: a candidate is a text and a log-probability", line)
		}
		r.Candidates = append(r.Candidates, model.Candidate{Text: text, LogProb: p, Pointer: point, Vocabulary: p})
		rest = strings.TrimSpace(rest)
	}
	return r, nil
}

// normal makes runs of white space one space and takes it off the ends.
func normal(s string) string { return strings.Join(strings.Fields(s), " ") }

// nearby is how much text around a gap rules can look at.
const nearby = 2000

// match finds the rule for a gap; nil when there is none.
func (f *Fake) match(before, after string) *Rule {
	if len(before) > nearby {
		before = before[len(before)-nearby:]
	}
	if len(after) > nearby {
		after = after[:nearby]
	}
	before, after = normal(before), normal(after)
	for i := range f.Rules {
		r := &f.Rules[i]
		if strings.HasSuffix(before, r.Left) && strings.HasPrefix(after, r.Right) {
			return r
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unmatched = append(f.unmatched, lastLine(before)+Mask+firstBytes(after))
	return nil
}

func lastLine(s string) string { return s[max(0, len(s)-60):] }

func firstBytes(s string) string { return s[:min(len(s), 30)] }

// candidate is what a rule says of a text.
func (r *Rule) candidate(text string) model.Candidate {
	for _, c := range r.Candidates {
		if c.Text == text {
			return c
		}
	}
	return model.Candidate{Text: text, LogProb: Unlikely, Pointer: math.Inf(-1), Vocabulary: Unlikely}
}

// Predict answers from the rules. Of choices it gives the rule's numbers as
// they stand, Unlikely for those that the rule does not name; free generation
// gives the rule's candidates that start with the prefix. Without a rule it has
// no opinion: choices are equally likely, and nothing is generated.
func (f *Fake) Predict(ctx context.Context, qs []model.Query) ([]model.Prediction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.asked = append(f.asked, qs...)
	f.mu.Unlock()
	out := make([]model.Prediction, len(qs))
	for i, q := range qs {
		r := f.match(q.Before, q.After)
		candidates := []model.Candidate{}
		for _, text := range q.Choices {
			p := -math.Log(float64(len(q.Choices)))
			c := model.Candidate{Text: text, LogProb: p, Pointer: math.Inf(-1), Vocabulary: p}
			if r != nil {
				c = r.candidate(text)
			}
			candidates = append(candidates, c)
		}
		if q.Choices == nil && r != nil {
			for _, c := range r.Candidates {
				if strings.HasPrefix(c.Text, q.Prefix) {
					candidates = append(candidates, c)
				}
			}
		}
		slices.SortStableFunc(candidates, func(a, b model.Candidate) int { return cmp.Compare(b.LogProb, a.LogProb) })
		if q.TopK > 0 && len(candidates) > q.TopK {
			candidates = candidates[:q.TopK]
		}
		out[i] = model.Prediction{Candidates: candidates}
	}
	return out, nil
}

// Scan answers from the rules. A site without a rule fits perfectly. What a screen
// leaves out is there all the same.
func (f *Fake) Scan(ctx context.Context, qs []model.ScanQuery) ([][]model.SiteScore, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.scanned = append(f.scanned, qs...)
	f.mu.Unlock()
	unmatched := math.NaN()
	for _, r := range f.Rules {
		if !math.IsNaN(r.Detect) {
			unmatched = Unlikely
		}
	}
	out := make([][]model.SiteScore, len(qs))
	for i, q := range qs {
		for _, s := range q.Sites {
			score := model.SiteScore{BestLogProb: Unlikely, Detect: unmatched}
			text := q.Text[s.Start:s.End]
			if r := f.match(q.Text[:s.Start], q.Text[s.End:]); r != nil {
				score.LogProb = r.candidate(text).LogProb
				score.Detect = r.Detect
				if len(r.Candidates) > 0 && r.Candidates[0].Text == text {
					score.Detect = -r.Detect
				}
				for _, c := range r.Candidates {
					if c.Text != text && (score.Best == "" || c.LogProb > score.BestLogProb) {
						score.Best, score.BestLogProb = c.Text, c.LogProb
					}
				}
			}
			out[i] = append(out[i], score)
		}
	}
	return out, nil
}

// Asked returns the queries that Predict was given so far.
func (f *Fake) Asked() []model.Query {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// Scanned returns the queries that Scan was given so far.
func (f *Fake) Scanned() []model.ScanQuery {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.scanned)
}

// Unmatched returns the surroundings of the gaps that no rule matched, ready to
// be pasted into a script.
func (f *Fake) Unmatched() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.unmatched)
}

// Close does nothing: a fake can stand where a model is closed.
func (f *Fake) Close() error { return nil }
