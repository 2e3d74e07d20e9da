package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

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
	pointer   bool
	detecting bool
	precision bundle.Precision
	pad       int64
	vocab     int // entries of the tokenizer
}

func newSessionNet(lib *ort.Library, b *bundle.Bundle, g *bundle.Graph, opts Options) (*sessionNet, error) {
	outputs := []string{g.Output}
	if g.Pointer {
		outputs = append(outputs, bundle.PointerQuery, bundle.PointerKey)
	}
	if g.Detecting {
		outputs = append(outputs, bundle.Detect)
	}
	s, err := lib.NewSession(g.Model, ort.SessionOptions{
		Inputs: g.Inputs, Outputs: outputs,
		Threads: opts.Threads, Spin: opts.Spin, Device: opts.Device,
	})
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", b.Name, err)
	}
	n := &sessionNet{session: s, inputs: g.Inputs, masked: g.Masked, pointer: g.Pointer, detecting: g.Detecting, precision: g.Precision, vocab: b.Tokenizer.Size()}
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

func (n *sessionNet) heads() (pointer, detect bool) { return n.pointer, n.detecting }

// places are the flat positions of what the rows of a batch ask for.
type places struct{ masks, names, sites []int64 }

func (n *sessionNet) logits(ctx context.Context, batch []*row, visit func(*row, int, []float32)) error {
	length := len(batch[0].ids)
	ids := make([]int64, len(batch)*length)
	mask := make([]int64, len(ids))
	var at places
	for b, r := range batch {
		line := ids[b*length : (b+1)*length]
		for i := range line {
			if i < len(r.ids) {
				line[i], mask[b*length+i] = int64(r.ids[i]), 1
			} else {
				line[i] = n.pad
			}
		}
		flat := func(list []int64, columns []int) []int64 {
			for _, c := range columns {
				list = append(list, int64(b*length+c))
			}
			return list
		}
		at.masks, at.names, at.sites = flat(at.masks, r.wanted), flat(at.names, r.names), flat(at.sites, r.sites)
	}
	if len(at.masks)+len(at.names)+len(at.sites) == 0 {
		return nil
	}
	outputs := make([]ort.Value, len(n.session.Outputs))
	defer func() { destroy(outputs) }()
	if err := n.run(ctx, ids, mask, ortgo.NewShape(int64(len(batch)), int64(length)), at, outputs); err != nil {
		return err
	}
	data := make([][]float32, len(outputs))
	for i, o := range outputs {
		t, ok := o.(*ortgo.Tensor[float32])
		if !ok {
			return fmt.Errorf("running the model: its output %s is a %T, not floats", n.session.Outputs[i], o)
		}
		data[i] = t.GetData()
	}
	if n.detecting {
		detected := data[len(data)-1]
		if len(detected) < len(at.sites) {
			return fmt.Errorf("running the model: %d values for %d sites", len(detected), len(at.sites))
		}
		for _, r := range batch {
			r.detect = slices.Clone(detected[:len(r.sites)])
			detected = detected[len(r.sites):]
		}
	}
	if n.pointer {
		if err := point(batch, data[1], data[2], len(at.masks), len(at.names)); err != nil {
			return err
		}
	}
	dims := outputs[0].GetShape()
	vocab := int(dims[len(dims)-1])
	rowsOut := max(1, len(at.masks))
	if !n.masked {
		rowsOut = len(ids)
	}
	if vocab < n.vocab || len(data[0]) != rowsOut*vocab {
		return fmt.Errorf("running the model: logits of shape %v for %d positions and %d subwords: graph and tokenizer do not belong together", dims, rowsOut, n.vocab)
	}
	next := 0
	for b, r := range batch {
		for w := range r.wanted {
			i := next
			if !n.masked {
				i = b*length + r.wanted[w]
			}
			visit(r, w, data[0][i*vocab:(i+1)*vocab])
			next++
		}
	}
	return nil
}

// run makes the inputs and calls the session. A list of places that is empty gets one that nobody looks at: kernels differ in
// what they make of nothing.
func (n *sessionNet) run(ctx context.Context, ids, mask []int64, shape ortgo.Shape, at places, outputs []ort.Value) error {
	var inputs []ort.Value
	defer func() { destroy(inputs) }()
	for _, name := range n.inputs {
		data, s := make([]int64, 0), shape
		list := func(places []int64) {
			if len(places) == 0 {
				places = []int64{0}
			}
			data, s = places, ortgo.NewShape(int64(len(places)))
		}
		switch name {
		case bundle.InputIDs:
			data = ids
		case bundle.AttentionMask:
			data = mask
		case bundle.TokenTypeIDs:
			data = make([]int64, len(ids))
		case bundle.MaskedPositions:
			list(at.masks)
		case bundle.NamePositions:
			list(at.names)
		case bundle.SitePositions:
			list(at.sites)
		}
		t, err := ortgo.NewTensor(s, data)
		if err != nil {
			return fmt.Errorf("running the model: %w", err)
		}
		inputs = append(inputs, t)
	}
	began := time.Now()
	err := n.session.Run(ctx, inputs, outputs)
	charge(ctx, int(shape[0]), began)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("running the model: %w", err)
	}
	return nil
}

// point gives each row that asks for names the products of its first mask's query with their keys.
func point(batch []*row, queries, keys []float32, masks, names int) error {
	width := len(queries) / max(1, masks)
	if len(queries) != width*max(1, masks) || len(keys) != width*max(1, names) {
		return fmt.Errorf("running the model: %d values for %d queries and %d for %d keys", len(queries), masks, len(keys), names)
	}
	for _, r := range batch {
		r.pointer = make([]float32, len(r.names))
		for i := range r.pointer {
			key := keys[i*width : (i+1)*width]
			var sum float32
			for j, q := range queries[:width] {
				sum += q * key[j]
			}
			r.pointer[i] = sum
		}
		queries, keys = queries[len(r.wanted)*width:], keys[len(r.names)*width:]
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
