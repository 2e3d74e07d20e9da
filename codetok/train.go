package codetok

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// TrainOptions says what Train makes.
type TrainOptions struct {
	VocabSize int      // number of ids in all, special tokens included
	Languages []string // each gets a special token <|language|>; nil: DefaultLanguages
	// Progress, when set, is called from time to time: while texts are read with
	// the bytes so far and total 0, while merges are chosen with their number so
	// far and how many there will be.
	Progress func(stage Stage, done, total int64)
}

// A Stage is a part of Train.
type Stage string

// The stages, in their order.
const (
	StageCount Stage = "counting"
	StageMerge Stage = "merging"
)

// DefaultLanguages are the languages that get a tag when none are named.
var DefaultLanguages = []string{"go", "python", "typescript", "tsx", "javascript", "java", "rust", "c", "cpp"}

// baseSpecial are the special tokens with the ids from 0 on.
var baseSpecial = []string{"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"}

// longestCounted is how long a piece may be to be learnt from: what is longer is
// data, not code.
const longestCounted = 256

// Train learns a vocabulary from texts with the pre-tokeniser CodePattern: the
// most frequent pair of neighbouring subwords becomes a subword, again and again
// (Sennrich et al. 2016, arXiv:1508.07909), ties going to the lesser ids. The same
// texts, in whatever order, give the same tokenizer. It has fewer than VocabSize
// ids when no pair occurs twice any more. Texts are read on the caller's goroutine,
// each once.
func Train(ctx context.Context, texts iter.Seq[string], opts TrainOptions) (*Tokenizer, error) {
	if opts.Languages == nil {
		opts.Languages = DefaultLanguages
	}
	if opts.Progress == nil {
		opts.Progress = func(Stage, int64, int64) {}
	}
	specials := slices.Clone(baseSpecial)
	for _, lang := range opts.Languages {
		tag := "<|" + lang + "|>"
		if slices.Contains(specials, tag) {
			return nil, fmt.Errorf("training tokenizer: language %q is named twice", lang)
		}
		specials = append(specials, tag)
	}
	if least := len(specials) + 256; opts.VocabSize < least {
		return nil, fmt.Errorf("training tokenizer: a vocabulary of %d is too small: special tokens and bytes alone are %d", opts.VocabSize, least)
	}
	counts, err := countPieces(ctx, texts, opts.Progress)
	if err != nil {
		return nil, fmt.Errorf("training tokenizer: %w", err)
	}
	l := newLearner(counts, len(specials))
	if err := l.learn(ctx, opts.VocabSize, opts.Progress); err != nil {
		return nil, fmt.Errorf("training tokenizer: %w", err)
	}
	t, err := newTokenizer(trainedDocument(specials, l))
	if err != nil {
		return nil, fmt.Errorf("training tokenizer: %w", err)
	}
	return t, nil
}

// countPieces counts the pieces of at least two bytes, on all CPUs.
func countPieces(ctx context.Context, texts iter.Seq[string], progress func(Stage, int64, int64)) (map[string]int64, error) {
	queue := make(chan string, 64)
	parts := make([]map[string]*int64, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i := range parts {
		parts[i] = make(map[string]*int64)
		wait.Go(func() {
			for text := range queue {
				for pos := 0; pos < len(text); {
					end := nextCode(text, pos)
					if n := end - pos; n > 1 && n <= longestCounted {
						if count := parts[i][text[pos:end]]; count != nil {
							*count++
						} else {
							one := int64(1)
							parts[i][strings.Clone(text[pos:end])] = &one
						}
					}
					pos = end
				}
			}
		})
	}
	var read int64
	for text := range texts {
		if ctx.Err() != nil {
			break
		}
		queue <- text
		read += int64(len(text))
		progress(StageCount, read, 0)
	}
	close(queue)
	wait.Wait()
	counts := make(map[string]int64)
	for _, part := range parts {
		for piece, n := range part {
			counts[piece] += *n
		}
	}
	return counts, ctx.Err()
}

// A learner holds the pieces as subwords, how often each pair of neighbours
// occurs, and in which pieces.
type learner struct {
	first   int32 // id of byte 0
	entries []string
	merges  [][2]int32 // left and right
	words   []word
	counts  map[pair]int64
	where   map[pair][]int32 // words that had the pair when it was noted; may be stale
	queue   pairQueue
}

type word struct {
	ids   []int32
	count int64
}

func newLearner(counts map[string]int64, first int) *learner {
	l := &learner{first: int32(first), counts: make(map[pair]int64), where: make(map[pair][]int32)}
	for b := range 256 {
		l.entries = append(l.entries, string([]byte{byte(b)}))
	}
	pieces := slices.Sorted(maps.Keys(counts))
	l.words = make([]word, len(pieces))
	for w, piece := range pieces {
		ids := make([]int32, len(piece))
		for i := range ids {
			ids[i] = l.first + int32(piece[i])
		}
		l.words[w] = word{ids, counts[piece]}
		for i := range len(ids) - 1 {
			l.note(makePair(ids[i], ids[i+1]), int32(w), l.words[w].count)
		}
	}
	for p, n := range l.counts {
		l.queue = append(l.queue, pairCount{p, n})
	}
	heap.Init(&l.queue)
	return l
}

// note adds n occurrences of p in words[w].
func (l *learner) note(p pair, w int32, n int64) {
	l.counts[p] += n
	list := l.where[p]
	if len(list) == 0 || list[len(list)-1] != w {
		l.where[p] = append(list, w)
	}
}

// learn merges until there are size ids, or no pair occurs twice.
func (l *learner) learn(ctx context.Context, size int, progress func(Stage, int64, int64)) error {
	total := int64(size - int(l.first) - len(l.entries))
	byText := make(map[string]int32, size)
	for i, e := range l.entries {
		byText[e] = l.first + int32(i)
	}
	for int(l.first)+len(l.entries) < size && len(l.queue) > 0 {
		top := heap.Pop(&l.queue).(pairCount)
		if n := l.counts[top.pair]; n != top.count {
			if n > 0 {
				heap.Push(&l.queue, pairCount{top.pair, n})
			}
			continue
		}
		if top.count < 2 {
			break
		}
		if len(l.merges)%64 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress(StageMerge, int64(len(l.merges)), total)
		}
		text := l.entries[top.pair.left()-l.first] + l.entries[top.pair.right()-l.first]
		id, ok := byText[text] // perhaps of the same bytes by other parts
		if !ok {
			id = l.first + int32(len(l.entries))
			byText[text] = id
			l.entries = append(l.entries, text)
		}
		l.merge(top.pair, id)
	}
	progress(StageMerge, int64(len(l.merges)), total)
	return ctx.Err()
}

// merge makes p the subword id in every word that has it.
func (l *learner) merge(p pair, id int32) {
	l.merges = append(l.merges, [2]int32{p.left(), p.right()})
	fresh := make(map[pair]bool)
	for _, w := range l.where[p] {
		wd := &l.words[w]
		ids := wd.ids
		for i := 0; i+1 < len(ids); i++ {
			if makePair(ids[i], ids[i+1]) != p {
				continue
			}
			if i > 0 {
				l.counts[makePair(ids[i-1], ids[i])] -= wd.count
				left := makePair(ids[i-1], id)
				l.note(left, w, wd.count)
				fresh[left] = true
			}
			if i+2 < len(ids) {
				l.counts[makePair(ids[i+1], ids[i+2])] -= wd.count
				right := makePair(id, ids[i+2])
				l.note(right, w, wd.count)
				fresh[right] = true
			}
			ids[i] = id
			ids = append(ids[:i+1], ids[i+2:]...)
		}
		wd.ids = ids
	}
	delete(l.counts, p)
	delete(l.where, p)
	for q := range fresh {
		if n := l.counts[q]; n > 0 {
			heap.Push(&l.queue, pairCount{q, n})
		}
	}
}

type pairCount struct {
	pair  pair
	count int64
}

// A pairQueue is a heap with the most frequent pair first. Counts in it may be
// out of date; learn compares them with the truth.
type pairQueue []pairCount

func (q pairQueue) Len() int { return len(q) }
func (q pairQueue) Less(i, j int) bool {
	if q[i].count != q[j].count {
		return q[i].count > q[j].count
	}
	return cmp.Less(q[i].pair, q[j].pair)
}
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *pairQueue) Push(x any)   { *q = append(*q, x.(pairCount)) }
func (q *pairQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// trainedDocument is the tokenizer.json of what was learnt.
func trainedDocument(specials []string, l *learner) document {
	d := document{split: splitCode, unk: "[UNK]", normalizer: json.RawMessage("null")}
	for id, name := range specials {
		d.vocab = append(d.vocab, name)
		d.added = append(d.added, addedToken{ID: int32(id), Content: name, Special: true})
	}
	for _, e := range l.entries {
		d.vocab = append(d.vocab, toAlphabet([]byte(e)))
	}
	for _, m := range l.merges {
		d.merges = append(d.merges, [2]string{d.vocab[m[0]], d.vocab[m[1]]})
	}
	byteLevel := `{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}`
	d.preTokenizer = json.RawMessage(`{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":` +
		string(encodeJSON(CodePattern)) + `},"behavior":"Isolated","invert":false},` + byteLevel + `]}`)
	d.decoder = json.RawMessage(byteLevel)
	d.postProcessor = json.RawMessage(`{"type":"TemplateProcessing",` +
		`"single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],` +
		`"pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},` +
		`{"Sequence":{"id":"B","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],` +
		`"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[2],"tokens":["[SEP]"]}}}`)
	return d
}
