package training

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"mlm-lsp/codetok"
	"mlm-lsp/training/shard"
)

// row is a stretch of a shard that fills one training row.
type row struct {
	shard      int32
	language   int32
	start, end uint32
	limit      uint32 // where the project's files of the language end
}

// rowSet cuts shards into rows of one length: [CLS] <|lang|> text [SEP], packed full, with a [SEP] between documents. Where
// the tokenizer has no tag for the language the row holds the same text, and one more [SEP] at its end.
// A row starts where a window does if that costs little, and stays within one project's files of one language; only
// where those are fewer than a row holds does it reach back into the files before.
type rowSet struct {
	length int
	shards []*shard.Shard
	rows   []row
	cls    int32
	sep    int32
	tags   [][]int32 // per shard and language; -1 where the tokenizer has no tag
}

// newRowSet cuts the shards. It returns an error when they do not fill a single row.
func newRowSet(shards []*shard.Shard, t *codetok.Tokenizer, length int) (*rowSet, error) {
	special := t.Special()
	set := &rowSet{length: length, shards: shards, cls: special.CLS, sep: special.SEP}
	for index, s := range shards {
		tags := make([]int32, len(s.Languages))
		for i, name := range s.Languages {
			tag, ok := t.LanguageTag(name)
			if !ok {
				tag = -1
			}
			tags[i] = tag
		}
		set.tags = append(set.tags, tags)
		for first := 0; first < len(s.Documents); {
			last := first
			for last+1 < len(s.Documents) && s.Documents[last+1].Project == s.Documents[first].Project && s.Documents[last+1].Language == s.Documents[first].Language {
				last++
			}
			set.cut(index, first, last)
			first = last + 1
		}
	}
	if len(set.rows) == 0 {
		return nil, fmt.Errorf("cutting rows: the corpus does not fill one row of %d subwords; add source files", length)
	}
	return set, nil
}

// slots is the room for text and for the [SEP]s between documents, tag or no tag: models with and without are compared on the same rows.
func (set *rowSet) slots() int { return set.length - 3 }

// cut makes the rows of the documents first..last of a shard.
func (set *rowSet) cut(index, first, last int) {
	s := set.shards[index]
	language := s.Documents[first].Language
	slots := set.slots()
	begin, end := s.Documents[first].Start, s.Documents[last].End
	for start := begin; start < end; {
		stop, full := forward(s.Documents, start, end, slots)
		if !full {
			if start > begin && stop-start < slots/4 {
				return // a short rest is not worth a row that repeats the one before
			}
			start, full = backward(s.Documents, end, slots)
			if !full {
				return // the shard's very first files, too short for a row
			}
			set.rows = append(set.rows, row{int32(index), int32(language), uint32(start), uint32(end), uint32(end)})
			return
		}
		set.rows = append(set.rows, row{int32(index), int32(language), uint32(start), uint32(stop), uint32(end)})
		// The next row starts at the window that this one cut through, unless that repeats more than an eighth.
		at := sort.Search(len(s.Windows), func(i int) bool { return int(s.Windows[i]) > stop }) - 1
		start = stop
		if window := int(s.Windows[at]); stop-window <= slots/8 {
			start = window
		}
	}
}

// documentAt finds the document that holds a subword.
func documentAt(documents []shard.Document, at int) int {
	return sort.Search(len(documents), func(i int) bool { return documents[i].End > at })
}

// forward finds where a row that begins at start ends: one slot per subword and one per change of document.
func forward(documents []shard.Document, start, limit, slots int) (stop int, full bool) {
	for d := documentAt(documents, start); start < limit; d++ {
		if end := documents[d].End; end-start < slots {
			slots -= end - start + 1
			start = end
			if slots == 0 {
				return start, true // one slot was left, the separator takes it
			}
			continue
		}
		return start + slots, true
	}
	return limit, false
}

// backward finds where a row that ends at end begins.
func backward(documents []shard.Document, end, slots int) (start int, full bool) {
	for d := documentAt(documents, end-1); d >= 0; d-- {
		if begin := documents[d].Start; end-begin < slots {
			slots -= end - begin + 1
			end = begin
			if slots == 0 {
				return end, true
			}
			continue
		}
		return end - slots, true
	}
	return 0, false
}

// fill writes the row's ids and labels. Slices longer than the set's rows take what follows in the project's files of that
// language, as far as there is any.
func (set *rowSet) fill(r row, ids []int64, labels []shard.Label) {
	s := set.shards[r.shard]
	n := 0
	put := func(id int32, l shard.Label) {
		ids[n], labels[n] = int64(id), l
		n++
	}
	put(set.cls, shard.SpecialLabel)
	if tag := set.tags[r.shard][r.language]; tag >= 0 {
		put(tag, shard.SpecialLabel)
	}
	end := int(r.end)
	if len(ids) > set.length {
		end = int(r.limit)
	}
	d := documentAt(s.Documents, int(r.start))
	for at := int(r.start); at < end && n < len(ids)-1; at++ {
		if at == s.Documents[d].End {
			put(set.sep, shard.SpecialLabel)
			d++
			if n == len(ids)-1 {
				break
			}
		}
		put(s.IDs[at], s.Labels[at])
	}
	for n < len(ids) {
		put(set.sep, shard.SpecialLabel)
	}
}

// windows lists where in a filled row declarations begin.
func (set *rowSet) windows(r row) []int {
	s := set.shards[r.shard]
	offset := 1
	if set.tags[r.shard][r.language] >= 0 {
		offset = 2
	}
	var list []int
	d := documentAt(s.Documents, int(r.start))
	separators := 0
	for i := sort.Search(len(s.Windows), func(i int) bool { return s.Windows[i] >= r.start }); i < len(s.Windows) && s.Windows[i] < r.end; i++ {
		for int(s.Windows[i]) >= s.Documents[d].End {
			separators++
			d++
		}
		list = append(list, int(s.Windows[i]-r.start)+offset+separators)
	}
	return list
}

// order is a fixed, endless, shuffled walk over rows: every row once per epoch, each epoch in its own order.
type order struct {
	seed    uint64
	rows    int
	epoch   int // of permutation; -1 before the first
	shuffle []int
}

func newOrder(seed uint64, rows int) *order { return &order{seed: seed, rows: rows, epoch: -1} }

// at returns the row of the n-th draw.
func (o *order) at(n int) int {
	if epoch := n / o.rows; epoch != o.epoch {
		o.epoch = epoch
		o.shuffle = rand.New(rand.NewPCG(o.seed, uint64(epoch))).Perm(o.rows)
	}
	return o.shuffle[n%o.rows]
}
