package suspect

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// Explanation is what is known of one token, for a person who asks.
type Explanation struct {
	Span  treesitter.Span
	Token string
	Kind  string
	// Choices are what could stand there, the model's favourite first; what stands there is one of them. Those that the model was not asked about are left out.
	Choices []Share
	// Bits is the surprisal of what stands there, among Choices, to the model.
	Bits float64
	// Suggestions are what was meant, if it is wrong, best first, as in Finding; none where nothing is judged.
	Suggestions []model.Candidate
	Reported    bool
	// Code is the kind of finding that it is, or would be; "" where nothing is judged.
	Code string
	// Why says in a sentence why it is reported or is not.
	Why string
}

// Share is how likely a text is at a place: the natural logarithms of its share among all choices, to the model and to what the file says without it. File is NaN where the file is not asked.
type Share struct {
	Text        string
	Model, File float64
}

// explained is how many choices an explanation has beside what stands there.
const explained = 6

// Explain asks about the token at an offset, as Check would and beyond: the model is asked even where a check would not. It is nil without an error where there is nothing to ask about:
// punctuation, comments, strings, white space. Options say what they say to Check, but that All and Only do not matter.
func Explain(ctx context.Context, m Model, f *treesitter.File, offset int, opts Options) (*Explanation, error) {
	i := f.TokenAt(offset)
	if i < 0 {
		return nil, nil
	}
	t := f.Tokens[i]
	if t.Kind == treesitter.KindPunctuation || t.Kind == treesitter.KindComment || t.Subkind == treesitter.SubkindString {
		return nil, nil
	}
	opts.All, opts.MaxConfirm = true, 1
	opts.Only = func(s treesitter.Span) bool { return s == t.Span }
	e, err := Examine(ctx, m, f, opts)
	if err != nil {
		return nil, err
	}
	x := &Explanation{Span: t.Span, Token: string(f.Text[t.Start:t.End]), Kind: t.Kind.String()}
	if site := e.At(t.Start); site >= 0 && e.sites[site].confirmed {
		finding := e.finding(site)
		x.Choices, x.Suggestions, x.Code = e.shares(site), finding.Suggestions, finding.Code
		x.Reported = e.ReportedAt(site, e.sensitivity) && !readSuppressions(f).suppressed(t.Start, x.Code)
		x.Why = e.why(site, t)
	} else {
		x.Why = "Tokens like this one are never reported."
		if x.Choices, err = alone(ctx, m, f, t, opts.WindowBytes); err != nil {
			return nil, err
		}
	}
	own := slices.IndexFunc(x.Choices, func(s Share) bool { return s.Text == x.Token })
	if own < 0 {
		return nil, nil // the model has no opinion
	}
	x.Bits = math.Max(0, -x.Choices[own].Model/math.Ln2)
	if own > explained {
		x.Choices = append(x.Choices[:explained:explained], x.Choices[own])
	}
	x.Choices = x.Choices[:min(explained+1, len(x.Choices))]
	return x, nil
}

// shares are those of a site's choices that the model was asked about.
func (e *Examination) shares(i int) []Share {
	s := &e.sites[i]
	var list []Share
	var sum float64
	for k := range s.choices {
		if v := float64(s.choices[k].inputs[inModel]); !math.IsNaN(v) {
			list = append(list, Share{s.choices[k].text, v, s.fit[k]})
			sum += math.Exp(v)
		}
	}
	for k := range list {
		list[k].Model -= math.Log(sum)
	}
	sort.SliceStable(list, func(a, b int) bool { return list[a].Model > list[b].Model })
	return list
}

// alone asks the model about a token that is no site: what it would write there itself, and what stands there.
func alone(ctx context.Context, m Model, f *treesitter.File, t treesitter.Token, windowBytes int) ([]Share, error) {
	if windowBytes <= 0 {
		windowBytes = 1000
	}
	own := string(f.Text[t.Start:t.End])
	q := model.Query{Language: f.Language, MaxSubwords: 2, TopK: explained}
	q.Before, q.After = f.Window(t.Span, windowBytes)
	made, err := m.Predict(ctx, []model.Query{q})
	if err != nil {
		return nil, fmt.Errorf("asking what belongs here: %w", err)
	}
	q.Choices, q.MaxSubwords, q.TopK = []string{own}, 0, 0
	for _, c := range made[0].Candidates {
		if c.Text != own {
			q.Choices = append(q.Choices, c.Text)
		}
	}
	asked, err := m.Predict(ctx, []model.Query{q})
	if err != nil {
		return nil, fmt.Errorf("asking what belongs here: %w", err)
	}
	var list []Share
	for _, c := range asked[0].Candidates {
		list = append(list, Share{c.Text, c.LogProb, math.NaN()})
	}
	return list, nil
}

// why says why a site that the model was asked about is reported or is not.
func (e *Examination) why(i int, t treesitter.Token) string {
	s := &e.sites[i]
	threshold, ok := e.table.Threshold(e.sensitivity, s.sort(), e.file.x.File.Language)
	switch {
	case readSuppressions(e.file.x.File).suppressed(s.span.Start, e.finding(i).Code):
		return "Not reported: a comment silences this line."
	case t.InError:
		return "Not reported: the text around it does not parse."
	case t.Declaring || s.importing:
		return "Not reported: a name is not judged where it is defined or imported."
	case s.barred || !ok || e.table.Alarm == nil:
		return "Tokens like this one are never reported."
	case !s.doubted:
		return fmt.Sprintf("Not reported: by what the file says the odds of a mistake are %s; the model is asked from %s on.", odds(s.alarm), odds(e.table.Alarm.Ask))
	case s.alarm < threshold.LogOdds:
		return fmt.Sprintf("Not reported: the odds of a mistake are %s, and it takes %s.", odds(s.alarm), odds(threshold.LogOdds))
	}
	return fmt.Sprintf("Reported: the odds of a mistake are %s, and it takes %s.", odds(s.alarm), odds(threshold.LogOdds))
}

// odds words log-odds: "1 to 250", "3 to 1".
func odds(logOdds float64) string {
	n := math.Exp(math.Abs(logOdds))
	text := "over 1000000"
	switch {
	case n < 10:
		text = strconv.FormatFloat(n, 'g', 2, 64)
	case n <= 1e6:
		digits := math.Pow(10, math.Floor(math.Log10(n))-1)
		text = strconv.FormatFloat(math.Round(n/digits)*digits, 'f', 0, 64)
	}
	if logOdds < 0 {
		return "1 to " + text
	}
	return text + " to 1"
}
