package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	ortgo "github.com/yalue/onnxruntime_go"

	"mlm-lsp/codetok"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort"
)

// answer is a subword and its probability.
type answer struct {
	Token int32   `json:"token"`
	Score float64 `json:"score"`
}

// filler asks the served graph for single subwords. Package model asks it for words, which is another question: it may take several rows and
// leaves out what no text can be.
type filler struct {
	tok     *codetok.Tokenizer
	graph   *bundle.Graph
	session *ort.Session
}

func (l *lab) newFiller(b *bundle.Bundle) (*filler, error) {
	g, err := b.Graph(bundle.PrecisionInt8)
	if err != nil {
		return nil, err
	}
	s, err := l.library.NewSession(g.Model, ort.SessionOptions{Inputs: g.Inputs, Outputs: []string{g.Output}, Threads: threads, Device: "cpu"})
	if err != nil {
		return nil, err
	}
	return &filler{b.Tokenizer, g, s}, nil
}

// ids are the subwords of a question as the model sees them.
func (f *filler) ids(q question) []int32 {
	special := f.tok.Special()
	ids := []int32{special.CLS}
	if tag, ok := f.tok.LanguageTag(q.language); ok {
		ids = append(ids, tag)
	}
	ids = append(ids, f.tok.Encode(q.before).IDs...)
	ids = append(ids, special.MASK)
	ids = append(ids, f.tok.Encode(q.after).IDs...)
	return append(ids, special.SEP)
}

// fill returns the likeliest subwords for the mask and how long the forward pass took.
func (f *filler) fill(ctx context.Context, q question) ([]answer, time.Duration, error) {
	ids := f.ids(q)
	wide, ones := make([]int64, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		wide[i], ones[i] = int64(id), 1
	}
	row, one := ortgo.NewShape(1, int64(len(ids))), ortgo.NewShape(1)
	var inputs []ort.Value
	defer func() {
		for _, v := range inputs {
			_ = v.Destroy() // freeing fails only for what is freed already
		}
	}()
	for _, name := range f.session.Inputs {
		shape, data := one, []int64{0}
		switch name {
		case bundle.InputIDs:
			shape, data = row, wide
		case bundle.AttentionMask:
			shape, data = row, ones
		case bundle.MaskedPositions:
			data = []int64{int64(slices.Index(ids, f.tok.Special().MASK))}
		}
		v, err := ortgo.NewTensor(shape, data)
		if err != nil {
			return nil, 0, fmt.Errorf("asking the model: %w", err)
		}
		inputs = append(inputs, v)
	}
	outputs := make([]ort.Value, 1)
	began := time.Now()
	if err := f.session.Run(ctx, inputs, outputs); err != nil {
		return nil, 0, fmt.Errorf("asking the model: %w", err)
	}
	forward := time.Since(began)
	defer func() { _ = outputs[0].Destroy() }()
	logits, ok := outputs[0].(*ortgo.Tensor[float32])
	if !ok {
		return nil, 0, fmt.Errorf("asking the model: its answer is a %T, not floats", outputs[0])
	}
	return best(logits.GetData()), forward, nil
}

// best are the likeliest of a softmax over all logits.
func best(logits []float32) []answer {
	highest := slices.Max(logits)
	var sum float64
	var list []answer
	for id, v := range logits {
		sum += math.Exp(float64(v - highest))
		if len(list) == top && float64(v) <= list[top-1].Score {
			continue
		}
		a := answer{int32(id), float64(v)}
		at, _ := slices.BinarySearchFunc(list, a, func(x, y answer) int { return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Token, y.Token)) })
		list = slices.Insert(list, at, a)
		list = list[:min(len(list), top)]
	}
	for i := range list {
		list[i].Score = math.Exp(list[i].Score-float64(highest)) / sum
	}
	return list
}
