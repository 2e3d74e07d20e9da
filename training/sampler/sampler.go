// Package sampler asks a frozen model what could stand in the place of tokens, for mutants that are hard to tell from what people write.
//
// Invariants:
//
//   - What is answered is a function of the model, the row and the places alone: one row per pass, in fp32, on one thread of the CPU.
//   - One pass answers for all places of a row, each of them one mask.
//   - The shares of a place's choices add up to one.
package sampler

import (
	"context"
	"fmt"
	"math"

	ortgo "github.com/yalue/onnxruntime_go"

	"mlm-lsp/codetok"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort"
)

// Sampler is a model that is asked. Its methods are for one goroutine.
type Sampler struct {
	session *ort.Session
	inputs  []string
	pointer float64 // the pointer head's part of the mixture, 0 without one
	allowed []bool  // by subword: it may be an answer
	mask    int32
	limit   int // subwords of a row
}

// Span is IDs[Start:End] of a row.
type Span struct{ Start, End int }

// Choice is a text that could stand at a place. The vocabulary head, which sees one mask there, is asked about IDs[At].
type Choice struct {
	IDs []int32
	At  int
}

// Place is a token of a row and what could stand there. Places do not overlap and come in order.
type Place struct {
	Span
	Choices []Choice
}

// Open readies a bundle for rows of a tokenizer, of which it must have the same. The session is the caller's to Close.
func Open(library *ort.Library, b *bundle.Bundle, t *codetok.Tokenizer) (*Sampler, error) {
	if b.Tokenizer.Digest() != t.Digest() {
		return nil, fmt.Errorf("drawing from %s: it has another tokenizer than the training; draw from the model that the training starts from", b.Name)
	}
	g, err := b.Graph(bundle.PrecisionFP32)
	if err != nil {
		return nil, err
	}
	if !g.Masked {
		return nil, fmt.Errorf("drawing from %s: its graph does not take places with masks; import the model again", b.Name)
	}
	outputs := []string{g.Output}
	s := &Sampler{inputs: g.Inputs, allowed: make([]bool, t.Size()), mask: t.Special().MASK, limit: b.Config.Positions()}
	for id := range s.allowed {
		s.allowed[id] = len(t.Bytes(int32(id))) > 0 && !t.IsSpecial(int32(id))
	}
	if g.Pointer {
		outputs = append(outputs, bundle.PointerQuery, bundle.PointerKey)
		s.pointer = bundle.DefaultMixture.Pointer
		if b.Meta.Mixture != nil {
			s.pointer = b.Meta.Mixture.Pointer
		}
	}
	s.session, err = library.NewSession(g.Model, ort.SessionOptions{Inputs: g.Inputs, Outputs: outputs, Threads: 1, Device: "cpu"})
	if err != nil {
		return nil, fmt.Errorf("drawing from %s: %w", b.Name, err)
	}
	return s, nil
}

// Close frees the session.
func (s *Sampler) Close() error { return s.session.Close() }

// Shares returns, for each place of a row, how likely the model thinks each of its choices among them: the mixture of the pointer head's
// share of the text among the names in sight (names; those at places are left out) and of the vocabulary head's probability of one
// subword. A place that the model's positions do not reach gets equal shares. Where the model leaves nothing to any choice, so does one.
func (s *Sampler) Shares(ids []int32, names []Span, places []Place) ([][]float64, error) {
	r := s.row(ids, names, places)
	logits, pointed, err := s.pass(r)
	if err != nil {
		return nil, fmt.Errorf("drawing mutants: %w", err)
	}
	out := make([][]float64, len(places))
	for i := range places {
		out[i] = make([]float64, len(places[i].Choices))
		if i < len(r.masks) {
			s.mix(out[i], places[i].Choices, logits[i], pointed, i, r.texts)
		}
		normalise(out[i])
	}
	return out, nil
}

// row is a row with masks.
type row struct {
	ids   []int64
	masks []int64 // where, of the first places
	names []int64 // where
	texts []string
}

// row puts one mask at each place and finds the names again.
func (s *Sampler) row(ids []int32, names []Span, places []Place) *row {
	r := &row{}
	limit := min(s.limit, len(ids))
	at, next := 0, 0
	for _, p := range append(places[:len(places):len(places)], Place{Span: Span{len(ids), len(ids)}}) {
		for ; at < p.Start && len(r.ids) < limit; at++ {
			for next < len(names) && names[next].Start < at {
				next++
			}
			if next < len(names) && names[next].Start == at {
				r.names, r.texts = append(r.names, int64(len(r.ids))), append(r.texts, key(ids[at:names[next].End]))
			}
			r.ids = append(r.ids, int64(ids[at]))
		}
		if len(r.ids) == limit {
			break
		}
		if p.Start < len(ids) {
			r.masks = append(r.masks, int64(len(r.ids)))
			r.ids = append(r.ids, int64(s.mask))
			at = p.End
		}
	}
	return r
}

// key makes subwords comparable.
func key(ids []int32) string {
	text := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		text = append(text, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	return string(text)
}

// pass runs the model. logits has a row per mask; pointed the logit of each name for each mask, nil without a pointer head or names.
func (s *Sampler) pass(r *row) (logits, pointed [][]float32, err error) {
	if len(r.masks) == 0 {
		return nil, nil, nil
	}
	inputs := make([]ort.Value, 0, len(s.inputs))
	outputs := make([]ort.Value, len(s.session.Outputs))
	defer func() {
		for _, v := range append(inputs, outputs...) {
			if v != nil {
				_ = v.Destroy() // fails only for what is freed already
			}
		}
	}()
	shape := ortgo.NewShape(1, int64(len(r.ids)))
	for _, name := range s.inputs {
		data, of := r.ids, shape
		switch name {
		case bundle.AttentionMask, bundle.TokenTypeIDs:
			data = make([]int64, len(r.ids))
			if name == bundle.AttentionMask {
				for i := range data {
					data[i] = 1
				}
			}
		case bundle.MaskedPositions:
			data = r.masks
		case bundle.NamePositions:
			data = r.names
		case bundle.SitePositions:
			data = nil
		}
		if name == bundle.MaskedPositions || name == bundle.NamePositions || name == bundle.SitePositions {
			if len(data) == 0 {
				data = []int64{0} // one that nobody looks at: kernels differ in what they make of nothing
			}
			of = ortgo.NewShape(int64(len(data)))
		}
		t, err := ortgo.NewTensor(of, data)
		if err != nil {
			return nil, nil, err
		}
		inputs = append(inputs, t)
	}
	// A pass is short; one that is under way is waited for.
	if err := s.session.Run(context.Background(), inputs, outputs); err != nil {
		return nil, nil, err
	}
	values := make([][]float32, len(outputs))
	for i, o := range outputs {
		t, ok := o.(*ortgo.Tensor[float32])
		if !ok {
			return nil, nil, fmt.Errorf("the output %s is a %T, not floats", s.session.Outputs[i], o)
		}
		values[i] = t.GetData()
	}
	if logits, err = split(values[0], len(r.masks), len(s.allowed)); err != nil || s.pointer == 0 || len(r.names) == 0 {
		return logits, nil, err
	}
	queries, err := split(values[1], len(r.masks), 1)
	if err != nil {
		return nil, nil, err
	}
	keys, err := split(values[2], len(r.names), len(queries[0]))
	if err != nil {
		return nil, nil, err
	}
	for _, q := range queries {
		line := make([]float32, len(keys))
		for j, k := range keys {
			for d := range q {
				line[j] += q[d] * k[d]
			}
		}
		pointed = append(pointed, line)
	}
	return logits, pointed, nil
}

// split copies an output into rows of at least a width.
func split(values []float32, rows, width int) ([][]float32, error) {
	n := len(values) / rows
	if n < width || n*rows != len(values) {
		return nil, fmt.Errorf("%d values are not %d rows of %d: graph and tokenizer do not belong together", len(values), rows, width)
	}
	out := make([][]float32, rows)
	for i := range out {
		out[i] = append([]float32(nil), values[i*n:(i+1)*n]...)
	}
	return out, nil
}

// mix adds to shares what the two heads give each choice at mask i.
func (s *Sampler) mix(shares []float64, choices []Choice, logits []float32, pointed [][]float32, i int, texts []string) {
	pointer := 0.0
	if pointed != nil {
		pointer = s.pointer
		of := map[string]float64{}
		norm := logSumExp(pointed[i], nil)
		for j, l := range pointed[i] {
			of[texts[j]] += math.Exp(float64(l) - norm)
		}
		for j, c := range choices {
			shares[j] += pointer * of[key(c.IDs)]
		}
	}
	norm := logSumExp(logits[:len(s.allowed)], s.allowed)
	for j, c := range choices {
		shares[j] += (1 - pointer) * math.Exp(float64(logits[c.IDs[c.At]])-norm)
	}
}

// logSumExp sums over what is allowed; nil allows everything.
func logSumExp(logits []float32, allowed []bool) float64 {
	top := math.Inf(-1)
	for i, l := range logits {
		if allowed == nil || allowed[i] {
			top = max(top, float64(l))
		}
	}
	sum := 0.0
	for i, l := range logits {
		if allowed == nil || allowed[i] {
			sum += math.Exp(float64(l) - top)
		}
	}
	return top + math.Log(sum)
}

// normalise makes shares add up to one.
func normalise(shares []float64) {
	sum := 0.0
	for _, v := range shares {
		sum += v
	}
	for i := range shares {
		if sum > 0 {
			shares[i] /= sum
		} else {
			shares[i] = 1 / float64(len(shares))
		}
	}
}
