package training

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math"
	"sort"

	"mlm-lsp/codetok"
	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/onnx"
	"mlm-lsp/training/corpus"
	"mlm-lsp/training/shard"
	"mlm-lsp/training/step"
	"mlm-lsp/treesitter"
)

// tokenizerSample is how much text a tokenizer is learnt from: more changes little and takes longer.
const tokenizerSample = 50 << 20

// corpusRecord is corpus.json: what was kept and what was not, for the report and the bundle.
type corpusRecord struct {
	Trained  map[string]corpus.Count        `json:"trained"`  // by language
	HeldOut  map[string]corpus.Count        `json:"held_out"` // by language
	Dropped  map[corpus.Reason]corpus.Count `json:"dropped"`
	Hits     map[string]int                 `json:"evaluation_projects"` // dropped files of each
	Projects []corpus.Project               `json:"projects"`
	Subwords struct {
		Trained int `json:"trained"`
		HeldOut int `json:"held_out"`
	} `json:"subwords"`
}

// prepare makes everything that a fresh run needs, corpus to weights, and leaves it in Work for a resumed one.
func (r *run) prepare(ctx context.Context) (step.State, error) {
	var weights onnx.Weights
	var err error
	if r.opts.From != "" {
		if weights, err = r.openBundle(); err != nil {
			return step.State{}, err
		}
	}
	if r.opts.Shards != "" {
		err = r.takeShards()
	} else {
		err = r.encode(ctx)
	}
	if err != nil {
		return step.State{}, err
	}
	if err := r.fitRow(); err != nil {
		return step.State{}, err
	}
	if weights == nil {
		r.model = architecture(r.opts.Config, r.tokenizer)
		r.model.PointerHead, r.model.DetectHead = r.opts.Heads, r.opts.Heads
		weights = onnx.InitWeights(r.model, r.position.Settings.Seed)
	}
	if err := r.prepareFixes(ctx); err != nil {
		return step.State{}, err
	}
	r.position.Tokenizer = r.tokenizer.Digest()
	r.position.Data = dataDigest(r.shards, r.heldOut, r.fixes, r.heldFixes)
	if r.position.Model, err = r.model.Marshal(); err != nil {
		return step.State{}, err
	}
	r.console.printf("%s: %.1f million parameters; %v", r.opts.Config, float64(parameters(weights))/1e6, r.position.Settings)
	return step.State{Weights: weights}, nil
}

// encode collects the corpus, learns its vocabulary unless there is a tokenizer to keep, and writes tokenizer, shards and corpus.json.
func (r *run) encode(ctx context.Context) error {
	c, err := corpus.Collect(ctx, corpus.Options{
		Roots: r.opts.Paths, Languages: r.opts.Languages, HeldOut: r.opts.HeldOut,
		Progress: func(done, total int) { r.console.count("reading files", done, total) },
	})
	if err != nil {
		return err
	}
	record := corpusRecord{Trained: c.Kept(false), HeldOut: c.Kept(true), Dropped: c.Dropped, Hits: c.EvaluationHits, Projects: c.Projects}
	r.reportCorpus(record)
	if r.tokenizer == nil {
		if err := r.trainTokenizer(ctx, c); err != nil {
			return err
		}
	}
	if err := r.writeTokenizer(); err != nil {
		return err
	}
	sources := make([]shard.Source, len(c.Files))
	for i, f := range c.Files {
		p := c.Projects[f.Project]
		sources[i] = shard.Source{Project: p.Name, HeldOut: p.HeldOut, Language: f.Language, Text: f.Text}
	}
	err = shard.Build(ctx, sources, r.tokenizer, r.path("shards"), func(done, total int) { r.console.count("encoding files", done, total) })
	if err != nil {
		return err
	}
	if err := r.openShards(); err != nil {
		return err
	}
	return r.writeRecord(record)
}

func (r *run) writeTokenizer() error {
	if err := wholefile.WriteWith(r.opts.create, r.path("tokenizer.json"), r.tokenizer.Write); err != nil {
		return fmt.Errorf("writing tokenizer: %w", err)
	}
	return nil
}

// writeRecord counts the subwords of the shards and writes corpus.json.
func (r *run) writeRecord(record corpusRecord) error {
	record.Subwords.Trained, record.Subwords.HeldOut = 0, 0
	for _, s := range r.shards {
		record.Subwords.Trained += len(s.IDs)
	}
	for _, s := range r.heldOut {
		record.Subwords.HeldOut += len(s.IDs)
	}
	r.console.printf("%d subwords to learn from, %d held out", record.Subwords.Trained, record.Subwords.HeldOut)
	err := wholefile.WriteWith(r.opts.create, r.path("corpus.json"), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", " ")
		return encoder.Encode(record)
	})
	if err != nil {
		return fmt.Errorf("writing corpus.json: %w", err)
	}
	return nil
}

// fitRow shortens the rows of a corpus that does not fill a single one, unless their length was asked for.
func (r *run) fitRow() error {
	s := &r.position.Settings
	for {
		_, err := newRowSet(r.shards, r.tokenizer, s.Row)
		if err == nil || r.opts.Row != 0 || s.Row <= shortestRow {
			return err
		}
		s.Row /= 2
		s.Batch *= 2
	}
}

func parameters(w onnx.Weights) int {
	n := 0
	for _, t := range w {
		n += t.Len()
	}
	return n
}

// reportCorpus says what was kept and what was not, and why.
func (r *run) reportCorpus(record corpusRecord) {
	for _, language := range treesitter.Languages() {
		if n, held := record.Trained[language], record.HeldOut[language]; n.Files+held.Files > 0 {
			r.console.printf("%-12s %6d files, %6.1f MB to learn from; %5d files, %5.1f MB held out", language, n.Files, float64(n.Bytes)/1e6, held.Files, float64(held.Bytes)/1e6)
		}
	}
	for _, reason := range corpus.Reasons {
		if n := record.Dropped[reason]; n.Files > 0 {
			r.console.printf("dropped: %6d files, %6.1f MB: %s", n.Files, float64(n.Bytes)/1e6, reason)
		}
	}
	if len(record.HeldOut) == 0 {
		r.console.printf("no project is held out (%d in all): the evaluation is on the training text, with masks of its own", len(record.Projects))
	}
}

// openBundle takes model, tokenizer and weights from the bundle to start from.
func (r *run) openBundle() (onnx.Weights, error) {
	b, err := openFrom(r.opts.From)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	weights, err := b.Weights()
	if err != nil {
		return nil, err
	}
	// The n-grams go with what is made of the bundle; a resumed run finds them in Work.
	grams, err := b.NGrams()
	if err != nil {
		return nil, err
	}
	if grams != nil {
		if err := wholefile.WriteWith(r.opts.create, r.path(bundle.NGramFile), grams.Write); err != nil {
			return nil, fmt.Errorf("starting from %s: keeping its n-grams: %w", r.opts.From, err)
		}
	}
	r.model, r.tokenizer = b.Config, b.Tokenizer
	if r.tokenizer.Special().MASK < 0 || r.tokenizer.Special().CLS < 0 || r.tokenizer.Special().SEP < 0 {
		return nil, fmt.Errorf("starting from %s: its tokenizer has no mask, start or end token", r.opts.From)
	}
	if row := r.position.Settings.Row; r.model.Positions() < row {
		return nil, fmt.Errorf("starting from %s: it has %d positions, rows have %d subwords; give --row", r.opts.From, r.model.Positions(), row)
	}
	single := onnx.Weights{}
	for name, t := range weights {
		single[name] = t.Single()
	}
	switch {
	case !r.opts.Heads:
	case r.model.ModelType != "modernbert":
		return nil, fmt.Errorf("starting from %s: a model of type %s cannot carry more heads; give --heads=false", r.opts.From, r.model.ModelType)
	default:
		r.model.PointerHead, r.model.DetectHead = true, true
		single = onnx.AddHeads(r.model, single, r.position.Settings.Seed)
	}
	return single, nil
}

// trainTokenizer learns the vocabulary from a sample of the text to learn from; nothing held out is in it.
func (r *run) trainTokenizer(ctx context.Context, c *corpus.Corpus) error {
	texts, bytes := sample(c, tokenizerSample)
	r.console.printf("learning a vocabulary of %d from %.1f MB", r.opts.Vocabulary, float64(bytes)/1e6)
	var err error
	options := codetok.TrainOptions{VocabSize: r.opts.Vocabulary}
	if r.opts.Untagged {
		options.Languages = []string{}
	}
	r.tokenizer, err = codetok.Train(ctx, texts, options)
	return err
}

// sample picks files up to limit bytes. A language's part grows with the 0.7th power of its size, so that the largest
// does not take the vocabulary for itself; within a language files are picked by a hash of their names.
func sample(c *corpus.Corpus, limit int) (texts iter.Seq[string], bytes int) {
	byLanguage := map[string][]int{}
	size := map[string]int{}
	total := 0
	for i, f := range c.Files {
		if !c.Projects[f.Project].HeldOut {
			byLanguage[f.Language] = append(byLanguage[f.Language], i)
			size[f.Language] += len(f.Text)
			total += len(f.Text)
		}
	}
	share := 0.0
	for _, n := range size {
		share += math.Pow(float64(n), 0.7)
	}
	var picked []int
	for language, files := range byLanguage {
		quota := limit
		if total > limit {
			quota = int(float64(limit) * math.Pow(float64(size[language]), 0.7) / share)
		}
		hash := func(i int) uint64 {
			h := fnv.New64a()
			fmt.Fprintf(h, "%s/%s", c.Projects[c.Files[i].Project].Name, c.Files[i].Path)
			return h.Sum64()
		}
		sort.Slice(files, func(a, b int) bool { return hash(files[a]) < hash(files[b]) })
		for _, i := range files {
			if quota -= len(c.Files[i].Text); quota < 0 {
				break
			}
			picked = append(picked, i)
			bytes += len(c.Files[i].Text)
		}
	}
	sort.Ints(picked)
	return func(yield func(string) bool) {
		for _, i := range picked {
			if !yield(string(c.Files[i].Text)) {
				return
			}
		}
	}, bytes
}
