package evaluate

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"mlm-lsp/lsp/inline"
	"mlm-lsp/training/ranking"
	"mlm-lsp/treesitter"
)

// InlineOptions says what Inline asks.
type InlineOptions struct {
	Common // PerClass: places per language; 0: 40
}

// InlinePlace is a cursor in a file whose line ends there, with what stood behind it.
type InlinePlace struct {
	Source *Source
	File   *treesitter.File // without it
	Offset int
	Answer string // the rest of the expression
	Class  string
}

// Classes of places: what an editor that closes brackets itself keeps behind the cursor, and what one that does not.
const (
	classClosed = "brackets closed"
	classOpen   = "brackets open"
)

// InlinePlaces draws places at which a line is cut: in the middle of it, at the border of two tokens, at most PerClass of each language.
func InlinePlaces(sources []Source, opts InlineOptions) (list []InlinePlace) {
	if opts.PerClass == 0 {
		opts.PerClass = 40
	}
	byLanguage := map[string][]InlinePlace{}
	for i := range sources {
		f := sources[i].File
		random := rand.New(rand.NewPCG(opts.Seed, uint64(i)))
		for _, t := range random.Perm(len(f.Tokens))[:min(len(f.Tokens), 40)] {
			if p, ok := cutLine(&sources[i], t, random.IntN(2) == 0); ok {
				byLanguage[f.Language] = append(byLanguage[f.Language], p)
			}
		}
	}
	for _, language := range treesitter.Languages() {
		all := byLanguage[language]
		random := rand.New(rand.NewPCG(opts.Seed, uint64(len(language))))
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = atMost(all, opts.PerClass, func(p InlinePlace) *Source { return p.Source })
		for i := range all {
			all[i].File = treesitter.Parse(language, all[i].File.Text)
		}
		list = append(list, all...)
	}
	return list
}

// cutLine takes away what stands from a token to the end of its line. File is not parsed yet.
func cutLine(source *Source, token int, closed bool) (p InlinePlace, ok bool) {
	f := source.File
	t := f.Tokens[token]
	start := bytes.LastIndexByte(f.Text[:t.Start], '\n') + 1
	end := len(f.Text)
	if i := bytes.IndexByte(f.Text[t.Start:], '\n'); i >= 0 {
		end = t.Start + i
	}
	before := f.Text[start:t.Start]
	if t.InError || t.Kind == treesitter.KindComment || len(bytes.TrimSpace(before)) == 0 || token == 0 || f.Tokens[token-1].End <= start {
		return p, false
	}
	for _, imports := range f.Imports {
		if imports.Contains(t.Start) {
			return p, false
		}
	}
	// The rest without a comment and without what begins a block or ends a statement; no strings of several lines.
	last := t.Start
	for i := token; i < len(f.Tokens) && f.Tokens[i].Start < end; i++ {
		if f.Tokens[i].Kind == treesitter.KindComment {
			break
		}
		if f.Tokens[i].End > end {
			return p, false
		}
		last = f.Tokens[i].End
	}
	answer := strings.TrimRight(string(f.Text[t.Start:last]), " \t{:;,")
	behind := ""
	if closed {
		answer, behind = beforeClosing(answer, string(before))
	}
	answer = strings.TrimRight(answer, " \t{:;,")
	if answer == "" || strings.Trim(answer, ")]}") == "" {
		return p, false
	}
	class := classOpen
	if closed {
		class = classClosed
	}
	text := slices.Concat(f.Text[:t.Start], []byte(behind), f.Text[end:])
	return InlinePlace{Source: source, File: &treesitter.File{Text: text}, Offset: t.Start, Answer: answer, Class: class}, true
}

// beforeClosing cuts a text where it closes a bracket that was opened before it, and returns with it the brackets that are open there, as they close.
func beforeClosing(text, before string) (cut, behind string) {
	closing := map[byte]byte{'(': ')', '[': ']', '{': '}'}
	var open []byte
	for i := range len(before) {
		switch b := before[i]; b {
		case '(', '[', '{':
			open = append(open, closing[b])
		case ')', ']', '}':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	slices.Reverse(open)
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth < 0 {
				return text[:i], string(open)
			}
		}
	}
	return text, string(open)
}

// InlineQuestions asks what could be shown at places, for fitting.
func InlineQuestions(ctx context.Context, m Asker, sources []Source, opts InlineOptions) ([]ranking.InlineQuestion, error) {
	places := InlinePlaces(sources, opts)
	var questions []ranking.InlineQuestion
	progress := &steps{total: len(places), report: opts.Progress}
	err := inBatches(ctx, len(places), 1, progress, func(from, _ int) error {
		p := places[from]
		around, err := near(ctx, *p.Source)
		if err != nil {
			return err
		}
		items, err := inline.Candidates(ctx, m, p.File, p.Offset, inline.Options{Around: around})
		questions = append(questions, ranking.InlineQuestion{Project: p.Source.Project, Answer: p.Answer, Candidates: items})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("asking for the rest of expressions: %w", err)
	}
	return questions, nil
}

// Inline asks for the rest of expressions. What is shown is right when it is what stood there, as far as it goes (ranking.RightInline), and whole when nothing is missing.
func Inline(ctx context.Context, subjects []Subject, sources []Source, opts InlineOptions) (Result, error) {
	places := InlinePlaces(sources, opts)
	if len(places) == 0 {
		return Result{}, fmt.Errorf("evaluating inline: no place to ask at in %d files", len(sources))
	}
	var cases []Case
	progress := &steps{total: len(places), report: opts.Progress}
	err := inBatches(ctx, len(places), 1, progress, func(from, _ int) error {
		p := places[from]
		around, err := near(ctx, *p.Source)
		if err != nil {
			return err
		}
		c := Case{Path: p.Source.Path, Project: p.Source.Project, Language: p.File.Language, Class: p.Class, Answer: p.Answer, Systems: map[string]Outcome{}}
		c.Line, c.Column = position(p.File.Text, p.Offset)
		for _, s := range subjects {
			item, err := inline.Complete(ctx, s.Asker, p.File, p.Offset, inline.Options{Around: around})
			if err != nil {
				return fmt.Errorf("asking at %s:%d: %w", p.Source.Path, c.Line, err)
			}
			var shown, right, whole, saved float64
			o := Outcome{}
			if item != nil {
				shown, o.Top, o.Confidence = 1, item.Text, item.Probability
				if ranking.RightInline(*item, p.Answer) {
					right, saved = 1, float64(len(item.Text)-item.Span.Len())
				}
				if item.Text[item.Span.Len():] == p.Answer {
					whole = 1
				}
			}
			o.Measures = map[string]Ratio{"shown": {shown, 1}, "right": {right, shown}, "whole": {whole, shown}, "letters": {saved, float64(len(p.Answer))}}
			c.Systems[system(subjects, s, SystemModel)] = o
		}
		cases = append(cases, c)
		return nil
	})
	if err != nil {
		return Result{}, fmt.Errorf("evaluating inline: %w", err)
	}
	layout := Layout{
		Task:    "inline",
		Classes: []string{classClosed, classOpen},
		Systems: systems(subjects, nil, []string{SystemModel}),
		Metrics: []Metric{{Name: "shown", Percent: true}, {Name: "right", Percent: true, Main: true}, {Name: "whole", Percent: true}, {Name: "letters", Percent: true}},
	}
	return Tabulate(layout, subjects, cases, opts.Seed), nil
}
