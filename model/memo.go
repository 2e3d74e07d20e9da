package model

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
)

// memo remembers predictions and scans. It is sound because
//   - a prediction is a pure function of bundle and query, and a memo belongs
//     to one model, which has one bundle;
//   - the key covers every field of a query, with lengths, so that no two
//     queries share one;
//   - only finished answers are added: an error, a cancelled context among them,
//     ends Predict and Scan before.
//
// It never needs to be invalidated; the least recently used fall out. Answers
// with more candidates than memoCandidates are not kept: an editor asks for none
// such, and a thousand of them would be felt.
type memo struct {
	entries *lru.Cache[memoKey, Prediction]
	scans   *lru.Cache[memoKey, []SiteScore]
}

type memoKey [sha256.Size]byte

const memoCandidates = 256

func newMemo(size int) *memo {
	if size < 0 {
		return &memo{}
	}
	if size == 0 {
		size = 4096
	}
	entries, err := lru.New[memoKey, Prediction](size)
	if err != nil {
		panic(err) // the size is positive
	}
	// A scan is of a whole window: as large as many predictions, and there are fewer.
	scans, err := lru.New[memoKey, []SiteScore](max(1, size/8))
	if err != nil {
		panic(err) // the size is positive
	}
	return &memo{entries, scans}
}

func keyOfScan(q ScanQuery) memoKey {
	buffer := make([]byte, 0, 512+len(q.Text))
	for _, s := range []string{q.Language, q.Text} {
		buffer = binary.AppendUvarint(buffer, uint64(len(s)))
		buffer = append(buffer, s...)
	}
	buffer = binary.AppendUvarint(buffer, uint64(len(q.Sites)))
	for _, s := range q.Sites {
		buffer = binary.AppendVarint(buffer, int64(s.Start))
		buffer = binary.AppendVarint(buffer, int64(s.End))
	}
	if q.Screen {
		buffer = append(buffer, 1)
	}
	return sha256.Sum256(buffer)
}

func (m *memo) getScan(key memoKey) ([]SiteScore, bool) {
	if m.scans == nil {
		return nil, false
	}
	scores, ok := m.scans.Get(key)
	return slices.Clone(scores), ok
}

func (m *memo) addScan(key memoKey, scores []SiteScore) {
	if m.scans != nil {
		m.scans.Add(key, slices.Clone(scores))
	}
}

func keyOf(q Query) memoKey {
	buffer := make([]byte, 0, 512)
	text := func(s string) {
		buffer = binary.AppendUvarint(buffer, uint64(len(s)))
		buffer = append(buffer, s...)
	}
	text(q.Language)
	text(q.Before)
	text(q.After)
	text(q.Prefix)
	buffer = binary.AppendVarint(buffer, int64(q.MaxSubwords))
	buffer = binary.AppendVarint(buffer, int64(q.TopK))
	if q.Choices == nil && q.Pieces <= 0 {
		return sha256.Sum256(buffer) // shorter than any query with choices or pieces
	}
	if q.Pieces > 0 {
		buffer = binary.AppendVarint(buffer, -int64(q.Pieces)) // no number of choices
		if q.Choices == nil {
			buffer = append(buffer, 1)
		}
	}
	buffer = binary.AppendVarint(buffer, int64(len(q.Choices)))
	for _, c := range q.Choices {
		text(c)
	}
	for _, spans := range [][]Site{q.NamesBefore, q.NamesAfter} {
		buffer = binary.AppendUvarint(buffer, uint64(len(spans)))
		for _, s := range spans {
			buffer = binary.AppendVarint(buffer, int64(s.Start))
			buffer = binary.AppendVarint(buffer, int64(s.End))
		}
	}
	if q.OnePass {
		buffer = append(buffer, 1)
	}
	return sha256.Sum256(buffer)
}

func (m *memo) get(key memoKey) (Prediction, bool) {
	if m.entries == nil {
		return Prediction{}, false
	}
	p, ok := m.entries.Get(key)
	return clonePrediction(p), ok
}

func (m *memo) add(key memoKey, p Prediction) {
	if m.entries == nil || len(p.Candidates) > memoCandidates {
		return
	}
	p = clonePrediction(p)
	for i, c := range p.Candidates {
		p.Candidates[i].Text = strings.Clone(c.Text) // it may be a piece of a file's text
	}
	m.entries.Add(key, p)
}

// clonePrediction keeps what callers do to a prediction out of the memory.
func clonePrediction(p Prediction) Prediction {
	return Prediction{Candidates: slices.Clone(p.Candidates), Rows: p.Rows}
}
