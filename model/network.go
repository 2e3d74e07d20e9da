package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	ortgo "github.com/yalue/onnxruntime_go"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort"
)

// Bounds of one run: subwords, padding included, and bytes of logits. A run of
// that many subwords uses the processor as well as a larger one and keeps
// memory and the wait of others small.
const (
	runSubwords = 2048
	runLogits   = 64 << 20
)

// sessionNet is a served graph in a session of ONNX Runtime.
type sessionNet struct {
	session   *ort.Session
	inputs    []string
	masked    bool
	precision bundle.Precision
	pad       int64
	vocab     int // entries of the tokenizer
}

func newSessionNet(lib *ort.Library, b *bundle.Bundle, g *bundle.Graph, opts Options) (*sessionNet, error) {
	s, err := lib.NewSession(g.Model, ort.SessionOptions{
		Inputs: g.Inputs, Outputs: []string{g.Output},
		Threads: opts.Threads, Spin: opts.Spin, Device: opts.Device,
	})
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", b.Name, err)
	}
	n := &sessionNet{session: s, inputs: g.Inputs, masked: g.Masked, precision: g.Precision, vocab: b.Tokenizer.Size()}
	if pad := b.Tokenizer.Special().PAD; pad >= 0 {
		n.pad = int64(pad)
	}
	return n, nil
}

// batches sorts rows by length and cuts them where a batch would be too large
// or its padding more than an eighth.
func batches(rows []*row, vocab int) [][]*row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *row) int { return cmp.Compare(len(b.ids), len(a.ids)) })
	var out [][]*row
	for len(rows) > 0 {
		longest := len(rows[0].ids)
		n, wanted := 0, 0
		for n < len(rows) {
			r := rows[n]
			wanted += len(r.wanted)
			if n > 0 && ((n+1)*longest > runSubwords || wanted*vocab*4 > runLogits || len(r.ids)*8 < longest*7) {
				break
			}
			n++
		}
		out = append(out, rows[:n])
		rows = rows[n:]
	}
	return out
}

func (n *sessionNet) logits(ctx context.Context, batch []*row, visit func(*row, int, []float32)) error {
	length := len(batch[0].ids)
	ids := make([]int64, len(batch)*length)
	mask := make([]int64, len(ids))
	var positions []int64
	for b, r := range batch {
		line := ids[b*length : (b+1)*length]
		for i := range line {
			if i < len(r.ids) {
				line[i], mask[b*length+i] = int64(r.ids[i]), 1
			} else {
				line[i] = n.pad
			}
		}
		for _, w := range r.wanted {
			positions = append(positions, int64(b*length+w))
		}
	}
	if len(positions) == 0 {
		return nil
	}
	shape := ortgo.NewShape(int64(len(batch)), int64(length))
	var inputs []ort.Value
	defer func() { destroy(inputs) }()
	for _, name := range n.inputs {
		data, s := make([]int64, 0), shape
		switch name {
		case bundle.InputIDs:
			data = ids
		case bundle.AttentionMask:
			data = mask
		case bundle.TokenTypeIDs:
			data = make([]int64, len(ids))
		case bundle.MaskedPositions:
			data, s = positions, ortgo.NewShape(int64(len(positions)))
		}
		t, err := ortgo.NewTensor(s, data)
		if err != nil {
			return fmt.Errorf("running the model: %w", err)
		}
		inputs = append(inputs, t)
	}
	outputs := []ort.Value{nil}
	defer func() { destroy(outputs) }()
	if err := n.session.Run(ctx, inputs, outputs); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("running the model: %w", err)
	}
	t, ok := outputs[0].(*ortgo.Tensor[float32])
	if !ok {
		return fmt.Errorf("running the model: its output is a %T, not logits", outputs[0])
	}
	data, dims := t.GetData(), t.GetShape()
	vocab := int(dims[len(dims)-1])
	rowsOut := len(positions)
	if !n.masked {
		rowsOut = len(ids)
	}
	if vocab < n.vocab || len(data) != rowsOut*vocab {
		return fmt.Errorf("running the model: logits of shape %v for %d positions and %d subwords: graph and tokenizer do not belong together", dims, rowsOut, n.vocab)
	}
	at := 0
	for b, r := range batch {
		for w := range r.wanted {
			i := at
			if !n.masked {
				i = b*length + r.wanted[w]
			}
			visit(r, w, data[i*vocab:(i+1)*vocab])
			at++
		}
	}
	return nil
}

func destroy(values []ort.Value) {
	for _, v := range values {
		if v != nil {
			// Freeing fails only for what is freed already.
			_ = v.Destroy()
		}
	}
}
