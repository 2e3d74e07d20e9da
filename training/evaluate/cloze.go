package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// ClozeOptions says what Cloze asks.
type ClozeOptions struct {
	Common
	// WindowBytes bounds the text around a case; 0: 1,000, as the features ask.
	WindowBytes int
	// Generate also asks the model without candidates.
	Generate bool
	// Heads also asks the model for each candidate spelt out, and its heads one by one where it has a pointer head: that takes some forty times as many rows.
	Heads bool
}

// asked are the classes that cases are drawn from.
var asked = []treesitter.Kind{
	treesitter.KindVariable, treesitter.KindAttribute, treesitter.KindCall, treesitter.KindType, treesitter.KindOperator, treesitter.KindLiteral,
}

// Where an answer was seen, the subwords it has: the slices of a cloze.
var (
	sliceSeen     = []string{"seen before", "seen only after", "in the project", "unseen"}
	sliceSubwords = []string{"1 subword", "2 subwords", "3 and more subwords", sliceLong}
)

// exactly is how many candidates are spelt out: each that the model looks at to its last subword costs rows. Behind them it says nothing, so the reciprocal rank
// is 0 from the next place on.
const exactly = 6

// item is one question of a cloze.
type item struct {
	source     *Source
	index      *names.Index
	token      int
	class      treesitter.Kind
	text       string
	seen       string   // one of sliceSeen
	gap        *gap.Gap // not asked about
	candidates []string // of the gap
	outcomes   map[string]Outcome
}

// Cloze takes single tokens out of the files and asks every subject for them. It returns an error when the files hold no case, a
// subject fails, or ctx ends.
func Cloze(ctx context.Context, subjects []Subject, sources []Source, opts ClozeOptions) (Result, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 12
	}
	if opts.WindowBytes == 0 {
		opts.WindowBytes = 1000
	}
	items, err := draw(ctx, sources, opts)
	if err != nil {
		return Result{}, fmt.Errorf("evaluating cloze: %w", err)
	}
	if len(items) == 0 {
		return Result{}, fmt.Errorf("evaluating cloze: no token to ask for in %d files", len(sources))
	}
	progress := &steps{total: len(items) * len(subjects), report: opts.Progress}
	for _, s := range subjects {
		err := inBatches(ctx, len(items), 8, progress, func(from, to int) error {
			return answer(ctx, subjects, s, items[from:to], opts)
		})
		if err != nil {
			return Result{}, fmt.Errorf("evaluating cloze with %s: %w", s.Name, err)
		}
	}
	cases := make([]Case, len(items))
	for i, it := range items {
		cases[i] = it.result(subjects)
	}
	ranked := []string{SystemModel, SystemSpelt, SystemPointer, SystemVocabulary, SystemCombined, SystemGenerated}
	pairs := against(subjects, []string{SystemModel, SystemCache, SystemNGram, SystemProject, SystemStatic}, ranked)
	for _, s := range subjects {
		pairs = append(pairs, Pair{system(subjects, s, SystemPointer), system(subjects, s, SystemVocabulary)},
			Pair{system(subjects, s, SystemModel), system(subjects, s, SystemSpelt)}, Pair{system(subjects, s, SystemModel), system(subjects, s, SystemPointer)}, Pair{system(subjects, s, SystemModel), system(subjects, s, SystemVocabulary)})
	}
	layout := Layout{
		Task:    "cloze",
		Classes: []string{"variable", "attribute", "call", "names", "type", "operator", "literal", SliceAll},
		Pooled:  map[string][]string{"variable": {"names"}, "attribute": {"names"}, "call": {"names"}},
		Slices:  append(append([]string{}, sliceSeen...), sliceSubwords...),
		Systems: systems(subjects, []string{SystemCandidates, SystemRecency, SystemCache, SystemNGram, SystemProject, SystemStatic}, ranked),
		Metrics: []Metric{{Name: "covered", Percent: true}, {Name: "@1", Percent: true, Main: true}, {Name: "@5", Percent: true}, {Name: "MRR", Percent: true},
			{Name: "of covered@1", Percent: true}, {Name: "of covered@5", Percent: true}, {Name: "bits/byte"}, {Name: "rows"}},
		Pairs: pairs,
	}
	return Tabulate(layout, subjects, cases, opts.Seed), nil
}

// result is an item as a case.
func (it *item) result(subjects []Subject) Case {
	t := it.index.File.Tokens[it.token]
	subwords := max(1, subjects[0].Subwords(it.text))
	c := Case{
		Path: it.source.Path, Project: it.source.Project, Language: it.index.File.Language, Class: it.class.String(), Answer: it.text,
		Slices: []string{it.seen, sliceSubwords[min(3, subwords)-1]}, Systems: it.outcomes,
	}
	if subwords > 1 {
		c.Slices = append(c.Slices, sliceLong)
	}
	if slices.Contains(it.candidates, it.text) {
		for name, o := range c.Systems {
			if name != SystemCandidates {
				o.Measures["of covered@1"], o.Measures["of covered@5"] = o.Measures["@1"], o.Measures["@5"]
			}
		}
	}
	c.Line, c.Column = position(it.index.File.Text, t.Start)
	return c
}

// position returns the 1-based line and byte column of an offset.
func position(text []byte, offset int) (line, column int) {
	line, column = 1, 1
	for _, b := range text[:offset] {
		column++
		if b == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}

// draw picks the cases, see drawPlaces, and describes them.
func draw(ctx context.Context, sources []Source, opts ClozeOptions) ([]*item, error) {
	items := drawPlaces(sources, opts.Common)
	bySource := map[*Source][]*item{}
	for _, it := range items {
		bySource[it.source] = append(bySource[it.source], it)
	}
	for i := range sources {
		list := bySource[&sources[i]]
		if len(list) == 0 {
			continue
		}
		around, err := near(ctx, sources[i])
		if err != nil {
			return nil, err
		}
		describe(list, around)
	}
	return items, nil
}

// describe lists the candidates of items of one file.
func describe(items []*item, around *project.View) {
	x := names.New(items[0].source.File)
	for _, it := range items {
		it.index = x
		it.enumerate(around)
		it.seen = it.seenIn(around)
	}
}

// drawPlaces picks the cases: up to PerClass of each class and language, see atMost.
func drawPlaces(sources []Source, opts Common) (items []*item) {
	type group struct {
		language string
		class    treesitter.Kind
	}
	type place struct{ file, token int }
	found := map[group][]place{}
	for i, s := range sources {
		imports := s.File.Imports
		for k, t := range s.File.Tokens {
			for len(imports) > 0 && imports[0].End <= t.Start {
				imports = imports[1:]
			}
			if len(imports) > 0 && imports[0].Contains(t.Start) {
				continue // what a path is made of stands in no list of names
			}
			if eligible(s.File, t) {
				g := group{s.File.Language, t.Kind}
				found[g] = append(found[g], place{i, k})
			}
		}
	}
	for _, language := range treesitter.Languages() {
		for _, class := range asked {
			places := found[group{language, class}]
			random := rand.New(rand.NewPCG(opts.Seed, uint64(class)))
			random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
			for _, at := range atMost(places, opts.PerClass, func(p place) int { return p.file }) {
				f := sources[at.file].File
				t := f.Tokens[at.token]
				items = append(items, &item{source: &sources[at.file], token: at.token, class: class, text: string(f.Text[t.Start:t.End]), outcomes: map[string]Outcome{}})
			}
		}
	}
	return items
}

// eligible leaves out what cannot be known from the rest of the file (a name where it is made), what is not asked of the
// product (assignment, strings), and text that did not parse.
func eligible(f *treesitter.File, t treesitter.Token) bool {
	if t.InError || t.Declaring {
		return false
	}
	switch t.Kind {
	case treesitter.KindVariable, treesitter.KindAttribute, treesitter.KindCall, treesitter.KindType:
		return names.IsName(string(f.Text[t.Start:t.End]))
	case treesitter.KindOperator:
		return t.Subkind == treesitter.SubkindBinary || t.Subkind == treesitter.SubkindComparison || t.Subkind == treesitter.SubkindLogical
	case treesitter.KindLiteral:
		return t.Subkind == treesitter.SubkindNumber || t.Subkind == treesitter.SubkindBoolean || t.Subkind == treesitter.SubkindNull
	}
	return false
}

// enumerate lists the candidates.
func (it *item) enumerate(around *project.View) {
	t := it.index.File.Tokens[it.token]
	opts := gap.Options{Kind: it.class, Around: around, Member: t.Receiver.Len() > 0 || it.class == treesitter.KindAttribute, Receiver: it.index.Text(t.Receiver)}
	for _, text := range constants(it.class, it.index.File.Language) {
		opts.More = append(opts.More, names.Name{Text: text, Kind: it.class})
	}
	it.gap = gap.New(it.index, t.Span, opts)
	for _, c := range it.gap.Candidates {
		it.candidates = append(it.candidates, c.Text)
	}
}

// seenIn tells where else the answer stands.
func (it *item) seenIn(around *project.View) string {
	f := it.index.File
	after := false
	for i, t := range f.Tokens {
		if i != it.token && t.Kind != it.class && !(t.Kind.Identifier() && it.class.Identifier()) {
			continue
		}
		if i != it.token && it.index.Text(t.Span) == it.text {
			if i < it.token {
				return sliceSeen[0]
			}
			after = true
		}
	}
	switch {
	case after:
		return sliceSeen[1]
	case around.Uses(it.text).Files > 0:
		return sliceSeen[2]
	}
	return sliceSeen[3]
}

// question is one of the queries about an item, and what becomes of its answer.
type question struct {
	model.Query
	take func(model.Prediction)
}

// answer asks a subject about some cases and ranks the candidates by all systems.
func answer(ctx context.Context, subjects []Subject, s Subject, items []*item, opts ClozeOptions) error {
	combiner, err := gap.CombinerOf(s.Asker)
	if err != nil {
		return err
	}
	corpus := gap.CorpusOf(s.Asker)
	var questions []question
	for _, it := range items {
		it.gap = it.gap.WithCorpus(corpus)
		questions = append(questions, it.questions(subjects, s, combiner, opts)...)
	}
	queries := make([]model.Query, len(questions))
	for i, q := range questions {
		queries[i] = q.Query
	}
	predictions, err := s.Predict(ctx, queries)
	if err != nil {
		return err
	}
	for i, q := range questions {
		q.take(predictions[i])
	}
	for _, it := range items {
		it.rankWithout(combiner, opts.NGrams)
	}
	return nil
}

// questions are what a subject is asked about an item: what its answer costs to spell, and the candidates as the features ask about them. With Heads each candidate is spelt
// out, too, and the heads are asked one by one.
func (it *item) questions(subjects []Subject, s Subject, combiner *rank.Combiner, opts ClozeOptions) (list []question) {
	base := names.Query(it.index.File, it.index.File.Tokens[it.token].Span, opts.WindowBytes)
	ask := func(change func(*model.Query), take func(model.Prediction)) {
		q := base
		change(&q)
		list = append(list, question{q, take})
	}
	keep := func(name string, ranking []string) {
		it.outcomes[system(subjects, s, name)] = outcome(it.text, ranking)
	}
	cost := func(name string, rows int) {
		it.outcomes[system(subjects, s, name)].Measures["rows"] = Ratio{float64(rows), 1}
	}
	// Alone among the choices, the answer is looked at to its end: what it costs to spell it.
	ask(func(q *model.Query) { q.Choices = []string{it.text} }, func(p model.Prediction) {
		bits := -p.Candidates[0].Vocabulary / math.Ln2 * float64(s.Subwords(it.text))
		it.outcomes[system(subjects, s, SystemModel)].Measures["bits/byte"] = Ratio{bits, float64(len(it.text))}
	})
	keep(SystemModel, nil)
	keep(SystemCombined, nil)
	if opts.Generate {
		ask(func(q *model.Query) { q.TopK = 5 }, func(p model.Prediction) { keep(SystemGenerated, textsOf(p)) })
	}
	if len(it.candidates) == 0 {
		return list // there is nothing to choose among: all are wrong
	}
	ask(func(q *model.Query) { *q = it.gap.Query(*q) }, func(p model.Prediction) {
		g := it.gap.Clone()
		g.Answer(p)
		bits := it.outcomes[system(subjects, s, SystemModel)].Measures["bits/byte"]
		o := outcome(it.text, textsOf(p))
		o.Confidence, o.Measures["bits/byte"] = math.Exp(p.Candidates[0].LogProb), bits
		it.outcomes[system(subjects, s, SystemModel)] = o
		it.outcomes[system(subjects, s, SystemCombined)] = sure(it.text, g, func(g *gap.Gap) { g.Rank(combiner) })
		cost(SystemModel, p.Rows)
		cost(SystemCombined, p.Rows)
		if opts.Heads && s.Pointer {
			slices.SortStableFunc(p.Candidates, func(a, b model.Candidate) int { return cmp.Compare(b.Pointer, a.Pointer) })
			var pointed []string
			for _, c := range p.Candidates {
				if it.class.Identifier() && c.Pointer > math.Inf(-1) {
					pointed = append(pointed, c.Text)
				}
			}
			keep(SystemPointer, pointed)
			cost(SystemPointer, 1)
		}
	})
	if !opts.Heads {
		return list
	}
	ask(func(q *model.Query) { q.Choices, q.TopK = it.candidates, exactly }, func(p model.Prediction) {
		keep(SystemSpelt, textsOf(p))
		cost(SystemSpelt, p.Rows)
	})
	if !s.Pointer {
		return list
	}
	ask(func(q *model.Query) {
		q.Choices, q.TopK, q.NamesBefore, q.NamesAfter = it.candidates, exactly, nil, nil
	}, func(p model.Prediction) {
		keep(SystemVocabulary, textsOf(p))
		cost(SystemVocabulary, p.Rows)
	})
	return list
}

// rankWithout ranks the item's candidates by what needs no model.
func (it *item) rankWithout(combiner *rank.Combiner, m *ngram.Model) {
	it.outcomes[SystemCandidates] = listed(slices.Contains(it.candidates, it.text))
	it.outcomes[SystemRecency] = outcome(it.text, order(it.gap, byRecency))
	it.outcomes[SystemCache] = outcome(it.text, order(it.gap, byCache))
	it.outcomes[SystemProject] = outcome(it.text, order(it.gap, byProject))
	it.outcomes[SystemStatic] = sure(it.text, it.gap, func(g *gap.Gap) { g.Rank(combiner) })
	if m != nil {
		it.outcomes[SystemNGram] = outcome(it.text, order(it.gap, byNGrams(m)))
	}
}

func textsOf(p model.Prediction) []string {
	texts := make([]string, len(p.Candidates))
	for k, c := range p.Candidates {
		texts[k] = c.Text
	}
	return texts
}
