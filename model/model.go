// Package model answers the one question of this program: which text belongs
// behind this mask?
//
// Invariants:
//   - A prediction is a pure function of bundle and query. What a query is
//     batched with changes its numbers by rounding only.
//   - The masked text is never visible in its own row.
//   - Subword ids do not leave the package.
//   - A probability is a softmax over the ids that may be an answer: never a
//     special token, never an id without a subword. The pointer head's is one over
//     the occurrences of names that stand in the row, unmasked.
//   - A bundle without the further heads answers as if there were none: the
//     fields of queries that ask for them change nothing.
//   - What a context ended is an error and is not remembered.
package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"mlm-lsp/codetok"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/ort"
)

// Query is a gap in a text. What stands in the gap now is part of neither side.
type Query struct {
	Language      string // a name of treesitter's, as "go"; empty when unknown
	Before, After string
	// Choices are the texts to choose among; nil asks for free generation, which
	// gives single words and single runs of other characters, without white space.
	Choices []string
	// Prefix is what generated texts must start with: the typed part of a word.
	Prefix string
	// MaxSubwords bounds the length of generated texts; 0 means 3.
	MaxSubwords int
	// TopK is how many candidates are wanted; 0 means all choices, or 10
	// generated texts.
	TopK int
	// NamesBefore and NamesAfter are the names in sight, as spans of Before and
	// of After: whole identifiers and types. A model with a pointer head chooses
	// among their occurrences; others do not look at them, nor does generation.
	NamesBefore, NamesAfter []Site
	// Pieces asks for runs of one to so many pieces: each a name in sight, one of Choices that is a single subword (nil: any word), or a run of other characters. It is the
	// rest of an expression that may be found so. Prefix begins the first; there is at most one candidate for each number of pieces, and MaxSubwords does not matter.
	Pieces int
	// OnePass leaves words of several subwords to the pointer alone, where there
	// are a pointer head and names in sight: one row then says all there is to say
	// of names, whatever their number. Other choices are scored as ever.
	OnePass bool
}

// Candidate is a text for a gap. Among choices LogProb is the logarithm of the
// choice's share: the log-softmax, over all choices, of Vocabulary, or of the
// mixture of Pointer and Vocabulary (see bundle.Mixture) where a pointer head was
// asked. A choice that TopK cut off before all its subwords were looked at has its
// upper bound in that softmax, so that no LogProb is overstated. Of a generated
// text LogProb is Vocabulary.
type Candidate struct {
	Text    string
	LogProb float64
	// Pointer is the logarithm of the text's share of the names in sight, all of
	// its occurrences together; -Inf when it is not in sight, when no names were
	// given, or when the model has no pointer head.
	Pointer float64
	// Vocabulary is the mean log-probability of the text's subwords, or of a run's pieces, whose LogProb is their sum; an upper
	// bound of it for a choice that TopK cut off, and NaN for one that OnePass
	// left out.
	Vocabulary float64
}

// Prediction is the answer to a query: candidates, best first. Equal ones stand
// in the order of the choices, generated ones in that of their texts.
type Prediction struct {
	Candidates []Candidate
	// Rows is how many rows the answer is made of: what it costs where nothing is remembered.
	Rows int
}

// Predictor answers queries; the answers are in the order of the queries. An
// error is an error of all: a query that cannot be asked, or a context that
// ended.
type Predictor interface {
	Predict(ctx context.Context, qs []Query) ([]Prediction, error)
}

// Site is a half-open range of bytes of a text.
type Site struct{ Start, End int }

// ScanQuery asks of each site of a text how well it fits what stands around it.
// Sites ascend and do not overlap.
type ScanQuery struct {
	Language, Text string
	Sites          []Site
	// Screen asks for Detect alone, where the model has a detection head: one row
	// for each window of the text.
	Screen bool
}

// SiteScore says how well a text fits its site. It is cheap and rough: other
// sites of the text are masked at the same time.
type SiteScore struct {
	// Detect are the log-odds that the site's text stands where another belongs,
	// with nothing masked; NaN when the model has no detection head.
	Detect float64
	// LogProb is the mean log-probability of the site's subwords, all masked. It
	// and BestLogProb are NaN, and Best is empty, where Detect alone was asked for.
	LogProb float64
	// Best is the likeliest other subword for the first subword of the site, and
	// BestLogProb its log-probability. For a site of one subword it is the best
	// alternative; for a longer one it is the start of one.
	Best        string
	BestLogProb float64
}

// Scanner screens whole texts.
type Scanner interface {
	Scan(ctx context.Context, qs []ScanQuery) ([][]SiteScore, error)
}

// Options says how a model runs. The zero value is right for an editor.
type Options struct {
	Precision bundle.Precision // "" is auto
	Device    string           // one of ort.Devices; "" is auto
	Threads   int              // 0: what the process may use, at most 8
	Spin      bool             // idle threads wait busily
	// Window is the most subwords that a row has, special tokens included. 0 means
	// 512, and no window has more than the model's positions.
	Window int
	// CacheSize is how many predictions are remembered, and an eighth as many scans;
	// 0 means 4096, negative none.
	CacheSize int
}

// Model is an opened bundle that answers. Its methods may be called from
// several goroutines; forward passes run one after another, since one uses all
// threads.
type Model struct {
	tok     *codetok.Tokenizer
	special codetok.Special
	allowed []bool // by id: may be an answer
	window  int
	mixture bundle.Mixture

	net    network
	turn   *semaphore.Weighted
	memo   *memo
	recent *recent
	about  Info
	closer func() error
}

// Info describes an opened model.
type Info struct {
	Name      string
	Digest    string
	Languages []string
	Precision bundle.Precision
	Device    ort.Device
	Window    int
	Pointer   bool // it has a head that chooses among names in sight
	Detect    bool // it has a head that spots replaced texts
	// Rank is the bundle's table for package suspect, as model/rank reads it; nil when it has none.
	Rank json.RawMessage
	// Combiner is what package gap ranks with, as model/rank reads it; nil when the bundle has none.
	Combiner json.RawMessage
	// NGrams are those of a corpus that stand in the bundle beside the model; nil when it has none.
	NGrams *ngram.Model
}

// network computes what its heads say of rows of ids; the one behind a Model is a
// session of ONNX Runtime.
type network interface {
	// logits makes one forward pass. It fills in what the further heads say of the
	// rows (row.pointer, row.detect), and then gives visit the logits, one per
	// entry of the vocabulary, of the wanted positions of each row. That slice is
	// valid during the call only.
	logits(ctx context.Context, batch []*row, visit func(r *row, wanted int, logits []float32)) error
	// heads says which of the further heads there are. Without one, rows must not
	// ask for it.
	heads() (pointer, detect bool)
}

// Open readies a bundle. The library is loaded if it was not. A graph that
// ONNX Runtime refuses is an error that names the bundle.
func Open(lib *ort.Library, b *bundle.Bundle, opts Options) (*Model, error) {
	g, err := b.Graph(precision(lib, b, opts))
	if err != nil {
		return nil, err
	}
	return openGraph(lib, b, g, opts)
}

// precision is what "auto" means: int8 is made for CPUs, and an accelerator that
// works gets fp32 where the bundle can give it.
func precision(lib *ort.Library, b *bundle.Bundle, opts Options) bundle.Precision {
	if opts.Precision != "" && opts.Precision != bundle.PrecisionAuto || opts.Device == "cpu" {
		return opts.Precision
	}
	if !b.Has(bundle.WeightsFile) && !b.Has(bundle.GraphFile) {
		return opts.Precision
	}
	device := opts.Device
	if device == "" || device == "auto" {
		device = "cuda" // the one that "auto" tries
	}
	if probeDevice(lib, device) != nil {
		return opts.Precision
	}
	return bundle.PrecisionFP32
}

// openGraph is Open for one graph of the bundle.
func openGraph(lib *ort.Library, b *bundle.Bundle, g *bundle.Graph, opts Options) (*Model, error) {
	digest, err := b.Digest()
	if err != nil {
		return nil, err
	}
	// The library readies the graph on one thread; meanwhile the n-grams are read.
	var tables Info
	var side errgroup.Group
	side.Go(func() (err error) { tables, err = Tables(b); return err })
	net, err := newSessionNet(lib, b, g, opts)
	if errTables := side.Wait(); errTables != nil {
		if err == nil {
			errTables = errors.Join(errTables, net.session.Close())
		}
		return nil, errTables
	}
	if err != nil {
		return nil, err
	}
	m, err := newModel(b.Tokenizer, net, b.Config.Positions(), opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("loading bundle %s: %w", b.Name, err), net.session.Close())
	}
	m.closer = net.session.Close
	if b.Meta.Mixture != nil {
		m.mixture = *b.Meta.Mixture
	}
	network := m.about // what newModel knows of it
	m.about = tables
	m.about.Digest, m.about.Window, m.about.Pointer, m.about.Detect = digest, network.Window, network.Pointer, network.Detect
	m.about.Precision, m.about.Device = net.precision, net.session.Device()
	return m, nil
}

// Tables is what a bundle holds beside its network, which is not opened: name, languages, and what ranks and counts. The other fields are empty. An error is that of reading the n-grams.
func Tables(b *bundle.Bundle) (Info, error) {
	grams, err := b.NGrams()
	if err != nil {
		return Info{}, err
	}
	return Info{Name: b.Name, Languages: b.Meta.Languages, Rank: b.Meta.Rank, Combiner: b.Meta.Combiner, NGrams: grams}, nil
}

// newModel makes a model of a tokenizer and a network.
func newModel(tok *codetok.Tokenizer, net network, positions int, opts Options) (*Model, error) {
	m := &Model{
		tok: tok, special: tok.Special(), net: net,
		window:  min(positions, defaultWindow),
		mixture: bundle.DefaultMixture,
		turn:    semaphore.NewWeighted(1),
		memo:    newMemo(opts.CacheSize),
		recent:  newRecent(opts.CacheSize, tok.Size()),
		closer:  func() error { return nil },
	}
	if opts.Window > 0 {
		m.window = min(positions, opts.Window)
	}
	if m.window < minWindow {
		return nil, fmt.Errorf("a window of %d subwords is too small: it needs %d", m.window, minWindow)
	}
	m.allowed = make([]bool, tok.Size())
	for id := range m.allowed {
		m.allowed[id] = !tok.IsSpecial(int32(id)) && len(tok.Bytes(int32(id))) > 0
	}
	m.about.Window = m.window
	m.about.Pointer, m.about.Detect = net.heads()
	return m, nil
}

// defaultWindow bounds windows where nobody says: our own models have as many
// positions, and the cost of a long window of a model with more would be felt.
const defaultWindow = 512

// Info says what answers.
func (m *Model) Info() Info { return m.about }

// Close frees the model after the forward pass under way.
func (m *Model) Close() error { return m.closer() }

// maxRounds is far above what any query needs; reaching it is a mistake in the
// search, and better an error than a loop.
const maxRounds = 1000

// search is a query on its way to its answer: it says which rows it needs now,
// is given their logits, and so on until it needs none.
type search interface {
	rows() []*row
	prediction() Prediction
}

// Predict answers the queries together: in each round the rows that all of them
// need run in batches.
func (m *Model) Predict(ctx context.Context, qs []Query) ([]Prediction, error) {
	out := make([]Prediction, len(qs))
	type asked struct {
		key memoKey
		search
		at   []int // indexes of the queries that ask this
		cost int   // rows
	}
	var open []*asked
	byKey := map[memoKey]*asked{}
	for i, q := range qs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !m.about.Pointer || q.Choices == nil && q.Pieces == 0 {
			q.NamesBefore, q.NamesAfter = nil, nil // they do not matter, and need not be told apart
		}
		if len(q.NamesBefore)+len(q.NamesAfter) == 0 || m.mixture.Pointer == 0 {
			q.OnePass = false
		}
		key := keyOf(q)
		if p, ok := m.memo.get(key); ok {
			out[i] = p
			continue
		}
		if a := byKey[key]; a != nil {
			a.at = append(a.at, i)
			continue
		}
		s, err := m.search(q)
		if err != nil {
			return nil, fmt.Errorf("predicting query %d: %w", i, err)
		}
		a := &asked{key: key, search: s, at: []int{i}}
		byKey[key] = a
		open = append(open, a)
	}
	for round := 0; len(open) > 0; round++ {
		if round == maxRounds {
			return nil, errors.New("predicting: the search does not end")
		}
		var batch []*row
		still := open[:0]
		for _, a := range open {
			rows := a.rows()
			if len(rows) > 0 {
				batch = append(batch, rows...)
				a.cost += len(rows)
				still = append(still, a)
				continue
			}
			p := a.prediction()
			p.Rows = a.cost
			m.memo.add(a.key, p)
			for _, i := range a.at {
				out[i] = clonePrediction(p)
			}
		}
		open = still
		if err := m.forward(ctx, batch); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (m *Model) search(q Query) (search, error) {
	if q.Pieces > 0 {
		return m.newRunning(q)
	}
	if q.Choices != nil {
		return m.newChoosing(q)
	}
	return m.newGenerating(q)
}

// forward runs rows in batches and hands each its logits. Those that were asked a moment ago are answered from memory.
func (m *Model) forward(ctx context.Context, rows []*row) error {
	var fresh []*row
	keys := map[*row]memoKey{}
	for _, r := range rows {
		key, ok := m.recent.key(r)
		if ok && m.recent.replay(key, r) {
			continue
		}
		if ok {
			keys[r] = key
		}
		fresh = append(fresh, r)
	}
	for _, batch := range batches(fresh, len(m.allowed)) {
		heard := map[*row]*said{}
		for _, r := range batch {
			if _, ok := keys[r]; ok {
				heard[r] = &said{}
			}
		}
		if err := m.pass(ctx, batch, heard); err != nil {
			return err
		}
		for r, s := range heard {
			s.pointer = slices.Clone(r.pointer)
			m.recent.entries.Add(keys[r], s)
		}
	}
	return nil
}

// pass runs one batch and writes down what is said of the rows in heard. Callers take turns, in the order in which they came, so
// that a short question waits for one batch of a long one at most. When ctx
// ends it returns at once; the pass under way ends at its next operator and keeps
// its turn until then, and what it still computes is given to a search that
// nobody looks at any more.
func (m *Model) pass(ctx context.Context, batch []*row, heard map[*row]*said) error {
	if err := m.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer m.turn.Release(1)
		done <- m.net.logits(ctx, batch, func(r *row, wanted int, logits []float32) {
			logits = logits[:len(m.allowed)]
			d := distribution{logits, m.allowed, logSumExp(logits, m.allowed)}
			if s := heard[r]; s != nil {
				s.distributions = append(s.distributions, distribution{slices.Clone(d.logits), d.allowed, d.norm})
			}
			r.visit(wanted, d)
		})
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// distribution is the softmax of logits over the allowed ids.
type distribution struct {
	logits  []float32
	allowed []bool
	norm    float64
}

// logProb is the log-probability of an id that is allowed.
func (d distribution) logProb(id int32) float64 { return float64(d.logits[id]) - d.norm }

// logSumExp is the logarithm of the sum of the exponentials of the allowed
// logits.
func logSumExp(logits []float32, allowed []bool) float64 {
	top := float32(math.Inf(-1))
	for i, l := range logits {
		if allowed[i] && l > top {
			top = l
		}
	}
	var sum float64
	for i, l := range logits {
		if allowed[i] {
			sum += math.Exp(float64(l - top))
		}
	}
	return float64(top) + math.Log(sum)
}
