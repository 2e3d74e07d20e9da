// Package evaluate measures models on files that they were not trained on.
//
// Every system answers the same cases from the same candidates: the model alone, the file's n-gram cache alone, and the two
// combined as the features combine them. Which cases are drawn is a function of the files and the seed, so two models
// can be compared case by case. The token asked about is never visible: not in the window, not among the counts of the
// cache, and not among the candidates unless it stands elsewhere in the file.
package evaluate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/model"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Options says what Cloze asks.
type Options struct {
	PerClass int    // cases per language and class; 0: 100
	Seed     uint64 // of the draw
	// WindowBytes bounds the text around a case; 0: 1,000, as the features ask.
	WindowBytes int
	// MaxCandidates bounds the candidates, those used nearest in the file first; 0: 64.
	MaxCandidates int
	// Generate also asks the model without candidates.
	Generate bool
	// Subwords counts the subwords of a text; nil: the result is not split by it.
	Subwords func(text string) int
	// Progress gets the cases done and their number; may be nil.
	Progress func(done, total int)
}

// The systems that are compared.
const (
	SystemModel     = "model"
	SystemCache     = "cache"
	SystemBoth      = "both"
	SystemGenerated = "generated"
)

// Accuracy is how well a system did on some cases.
type Accuracy struct {
	At1 float64 `json:"at_1"` // share of cases whose best candidate is what stood there
	At5 float64 `json:"at_5"`
	MRR float64 `json:"mrr"`
}

// Row is the result on one slice of the cases of one class.
type Row struct {
	Class   string              `json:"class"` // a kind of treesitter's, "names" for all identifiers, or "all"
	Slice   string              `json:"slice"` // "all", a language, "seen before", "seen only after", "unseen", "1 subword", ...
	Count   int                 `json:"count"`
	Covered float64             `json:"covered"` // share of cases whose answer is among the candidates
	Systems map[string]Accuracy `json:"systems"`
}

// Result is what Cloze found.
type Result struct {
	Cases int    `json:"cases"`
	Rows  []Row  `json:"rows"`
	Seed  uint64 `json:"seed"`
}

// item is one case and what became of it.
type item struct {
	index      *names.Index
	token      int
	class      treesitter.Kind
	text       string
	candidates []string
	features   []rank.Features
	place      map[string]int // of the answer per system, from 0; -1: not among the best
}

// asked are the classes that cases are drawn from.
var asked = []treesitter.Kind{
	treesitter.KindVariable, treesitter.KindAttribute, treesitter.KindCall, treesitter.KindType, treesitter.KindOperator, treesitter.KindLiteral,
}

// topK is how many of its candidates the model ranks exactly; below the fifth place only the mean reciprocal rank can tell.
const topK = 10

// Cloze takes single tokens out of the files and asks for them. It returns an error when the files hold no case, the
// predictor fails, or ctx ends.
func Cloze(ctx context.Context, p model.Predictor, files []*treesitter.File, opts Options) (Result, error) {
	if opts.PerClass == 0 {
		opts.PerClass = 100
	}
	if opts.WindowBytes == 0 {
		opts.WindowBytes = 1000
	}
	if opts.MaxCandidates == 0 {
		opts.MaxCandidates = 64
	}
	items := draw(files, opts)
	if len(items) == 0 {
		return Result{}, fmt.Errorf("evaluating cloze: no token to ask for in %d files", len(files))
	}
	const batch = 8
	for from := 0; from < len(items); from += batch {
		to := min(from+batch, len(items))
		if err := answer(ctx, p, items[from:to], opts); err != nil {
			return Result{}, fmt.Errorf("evaluating cloze: %w", err)
		}
		if opts.Progress != nil {
			opts.Progress(to, len(items))
		}
	}
	return Result{Cases: len(items), Rows: tabulate(items, opts), Seed: opts.Seed}, nil
}

// draw picks the cases: up to PerClass of each class and language, from all files alike.
func draw(files []*treesitter.File, opts Options) []*item {
	type group struct {
		language string
		class    treesitter.Kind
	}
	type place struct{ file, token int }
	found := map[group][]place{}
	for i, f := range files {
		for k, t := range f.Tokens {
			if eligible(f, t) {
				g := group{f.Language, t.Kind}
				found[g] = append(found[g], place{i, k})
			}
		}
	}
	indexes := map[int]*names.Index{}
	var items []*item
	for _, language := range treesitter.Languages() {
		for _, class := range asked {
			places := found[group{language, class}]
			random := rand.New(rand.NewPCG(opts.Seed, uint64(class)))
			random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
			for _, at := range places[:min(len(places), opts.PerClass)] {
				if indexes[at.file] == nil {
					indexes[at.file] = names.New(files[at.file])
				}
				x := indexes[at.file]
				it := &item{index: x, token: at.token, class: class, text: x.Text(x.File.Tokens[at.token].Span), place: map[string]int{}}
				it.enumerate(opts.MaxCandidates)
				items = append(items, it)
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

// enumerate lists the candidates with what is known of each: those of the same sort elsewhere in the file.
func (it *item) enumerate(limit int) {
	x := it.index
	t := x.File.Tokens[it.token]
	var list []names.Name
	switch {
	case it.class == treesitter.KindOperator, it.class == treesitter.KindLiteral:
		list = it.sameSort()
		for _, text := range constants[it.class][x.File.Language] {
			list = append(list, names.Name{Text: text, Kind: it.class})
		}
	case it.class == treesitter.KindType:
		list = x.Identifiers(t.Span, treesitter.KindType)
	case t.Receiver.Len() > 0:
		list = x.Members(x.Text(t.Receiver), t.Span, true)
	case it.class == treesitter.KindAttribute:
		list = x.Members("", t.Span, true)
	default:
		list = append(x.Visible(t.Span), x.Identifiers(t.Span, treesitter.KindVariable, treesitter.KindCall, treesitter.KindParameter, treesitter.KindDefinition)...)
	}
	visible := map[string]bool{}
	for _, n := range x.Visible(t.Span) {
		visible[n.Text] = true
	}
	site, width := x.Gap(t.Span)
	known := map[string]bool{}
	for _, n := range list {
		if known[n.Text] {
			continue
		}
		known[n.Text] = true
		seen, distance := x.Cache.Occurrences(n.Text, site, width)
		it.candidates = append(it.candidates, n.Text)
		it.features = append(it.features, rank.Features{
			Model: math.NaN(), Cache: math.NaN(), Visible: visible[n.Text] && t.Receiver.Len() == 0 || n.Near && t.Receiver.Len() > 0,
			Seen: seen, Distance: distance, Listed: true,
		})
	}
	sort.Stable(byDistance{it})
	n := min(limit, len(it.candidates))
	it.candidates, it.features = it.candidates[:n], it.features[:n]
	for i, score := range x.Cache.Score(site, width, it.candidates, nil) {
		it.features[i].Cache = score
	}
}

// constants are the operators and literals that a file can use without showing them elsewhere.
var constants = map[treesitter.Kind]map[string][]string{
	treesitter.KindOperator: {
		"go":         strings.Fields("== != < <= > >= && || + - * / % & | ^ << >> &^"),
		"python":     append(strings.Fields("== != < <= > >= and or in is + - * / // % ** & | ^ << >>"), "not in", "is not"),
		"javascript": strings.Fields(javascriptOperators),
		"typescript": strings.Fields(javascriptOperators),
		"tsx":        strings.Fields(javascriptOperators),
	},
	treesitter.KindLiteral: {
		"go":         strings.Fields("true false nil 0 1"),
		"python":     strings.Fields("True False None 0 1"),
		"javascript": strings.Fields(javascriptLiterals),
		"typescript": strings.Fields(javascriptLiterals),
		"tsx":        strings.Fields(javascriptLiterals),
	},
}

const (
	javascriptOperators = "=== !== == != < <= > >= && || ?? + - * / % ** & | ^ << >> >>> in instanceof"
	javascriptLiterals  = "true false null undefined 0 1"
)

// sameSort lists the texts of the file's other tokens that could be cases of the item's class.
func (it *item) sameSort() (list []names.Name) {
	for i, t := range it.index.File.Tokens {
		if i != it.token && t.Kind == it.class && eligible(it.index.File, t) {
			list = append(list, names.Name{Text: it.index.Text(t.Span), Kind: t.Kind})
		}
	}
	return list
}

// byDistance sorts an item's candidates, the nearest first; those that occur nowhere come last.
type byDistance struct{ *item }

func (b byDistance) Len() int { return len(b.candidates) }
func (b byDistance) Less(i, j int) bool {
	return uint(b.features[i].Distance) < uint(b.features[j].Distance)
}
func (b byDistance) Swap(i, j int) {
	b.candidates[i], b.candidates[j] = b.candidates[j], b.candidates[i]
	b.features[i], b.features[j] = b.features[j], b.features[i]
}

// answer asks the model about some cases and ranks all systems' candidates.
func answer(ctx context.Context, p model.Predictor, items []*item, opts Options) error {
	var queries []model.Query
	var of []*item
	for _, it := range items {
		x := it.index
		q := model.Query{Language: x.File.Language, TopK: topK}
		q.Before, q.After = x.File.Window(x.File.Tokens[it.token].Span, opts.WindowBytes)
		if len(it.candidates) > 0 {
			q.Choices = it.candidates
			queries, of = append(queries, q), append(of, it)
		}
		if opts.Generate {
			q.Choices, q.TopK = nil, 5
			queries, of = append(queries, q), append(of, it)
		}
	}
	predictions, err := p.Predict(ctx, queries)
	if err != nil {
		return err
	}
	for i, prediction := range predictions {
		it := of[i]
		texts := make([]string, len(prediction.Candidates))
		for k, c := range prediction.Candidates {
			texts[k] = c.Text
		}
		if queries[i].Choices == nil {
			it.place[SystemGenerated] = placeOf(it.text, texts)
			continue
		}
		it.place[SystemModel] = placeOf(it.text, texts)
		scores := map[string]float64{}
		for _, c := range prediction.Candidates {
			scores[c.Text] = c.LogProb
		}
		for k, text := range it.candidates {
			if score, ok := scores[text]; ok {
				it.features[k].Model = score
			}
		}
	}
	for _, it := range items {
		it.rankRest()
	}
	return nil
}

// rankRest ranks by the cache and by both experts.
func (it *item) rankRest() {
	if _, ok := it.place[SystemModel]; !ok {
		it.place[SystemModel] = -1 // there was nothing to choose among
	}
	cache := make([]float64, len(it.features))
	for i, f := range it.features {
		cache[i] = f.Cache
	}
	it.place[SystemCache] = placeOf(it.text, it.sorted(cache))
	it.place[SystemBoth] = placeOf(it.text, it.sorted(rank.Combine(it.class.String(), it.features)))
}

func (it *item) sorted(scores []float64) []string {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] > scores[order[b]] })
	texts := make([]string, len(order))
	for i, k := range order {
		texts[i] = it.candidates[k]
	}
	return texts
}

func placeOf(text string, texts []string) int {
	for i, t := range texts {
		if t == text {
			return i
		}
	}
	return -1
}
