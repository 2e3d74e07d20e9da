package onnx

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
)

// Weights are a checkpoint's tensors by their Hugging Face key.
type Weights map[string]Tensor

// maxHeader bounds the JSON header of a safetensors file, as the reference implementation does.
const maxHeader = 100 << 20

// ReadSafetensorsFile reads a checkpoint from a file.
func ReadSafetensorsFile(path string) (Weights, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading checkpoint: %w", err)
	}
	w, err := ParseSafetensors(data)
	if err != nil {
		return nil, fmt.Errorf("reading checkpoint %s: %w", path, err)
	}
	return w, nil
}

// ParseSafetensors reads a checkpoint from memory. The tensors share that memory, which must not change afterwards.
// Every byte of the data section belongs to exactly one tensor, as the format demands; anything else is an error.
func ParseSafetensors(data []byte) (Weights, error) {
	if len(data) < 8 {
		return nil, io.ErrUnexpectedEOF
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader {
		return nil, errors.New("this is not a safetensors file: its header would be too long")
	}
	if n > uint64(len(data)-8) {
		return nil, io.ErrUnexpectedEOF
	}
	header, body := data[8:8+n], data[8+n:]
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(header, &entries); err != nil {
		return nil, fmt.Errorf("its header is not JSON: %w", err)
	}
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int64  `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	type span struct{ start, end int64 }
	var spans []span
	w := Weights{}
	for name, raw := range entries {
		if name == "__metadata__" {
			continue
		}
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		start, end := e.Offsets[0], e.Offsets[1]
		if start < 0 || end < start {
			return nil, fmt.Errorf("tensor %s: offsets %v", name, e.Offsets)
		}
		if end > int64(len(body)) {
			return nil, fmt.Errorf("tensor %s: %w", name, io.ErrUnexpectedEOF)
		}
		t := Tensor{DType: parseDType(e.DType), Dims: e.Shape, Data: body[start:end:end]}
		if t.Dims == nil {
			t.Dims = []int64{}
		}
		if t.DType == 0 {
			return nil, fmt.Errorf("tensor %s: element type %q is not supported", name, e.DType)
		}
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		w[name] = t
		spans = append(spans, span{start, end})
	}
	sort.Slice(spans, func(i, j int) bool {
		return spans[i].start < spans[j].start || spans[i].start == spans[j].start && spans[i].end < spans[j].end
	})
	at := int64(0)
	for _, s := range spans {
		if s.start != at {
			return nil, errors.New("its tensors overlap or leave holes")
		}
		at = s.end
	}
	if at != int64(len(body)) {
		return nil, fmt.Errorf("%d bytes follow its last tensor", int64(len(body))-at)
	}
	return w, nil
}

func parseDType(s string) DType {
	for _, d := range []DType{Float32, Uint8, Int8, Int32, Int64, Bool, Float16, Float64, BFloat16} {
		if d.String() == s {
			return d
		}
	}
	return 0
}

// WriteSafetensors writes a checkpoint, tensors in the order of their names: equal weights give equal bytes.
// metadata may be nil; Hugging Face's loaders expect {"format": "pt"}.
func WriteSafetensors(w io.Writer, weights Weights, metadata map[string]string) error {
	names := make([]string, 0, len(weights))
	for name, t := range weights {
		if err := t.check(); err != nil {
			return fmt.Errorf("writing checkpoint: tensor %s: %w", name, err)
		}
		names = append(names, name)
	}
	// The reference implementation sorts by falling alignment, then name, so that every tensor lies aligned.
	sort.Slice(names, func(i, j int) bool {
		a, b := weights[names[i]].DType.Size(), weights[names[j]].DType.Size()
		return a > b || a == b && names[i] < names[j]
	})
	var header bytes.Buffer
	header.WriteByte('{')
	if metadata != nil {
		m, err := json.Marshal(metadata)
		if err != nil {
			return fmt.Errorf("writing checkpoint: %w", err)
		}
		fmt.Fprintf(&header, `"__metadata__":%s,`, m)
	}
	at := 0
	for _, name := range names {
		t := weights[name]
		key, err := json.Marshal(name)
		if err != nil {
			return fmt.Errorf("writing checkpoint: %w", err)
		}
		dims := t.Dims
		if dims == nil {
			dims = []int64{}
		}
		shape, err := json.Marshal(dims)
		if err != nil {
			return fmt.Errorf("writing checkpoint: %w", err)
		}
		fmt.Fprintf(&header, `%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]},`, key, t.DType, shape, at, at+len(t.Data))
		at += len(t.Data)
	}
	if header.Len() > 1 {
		header.Truncate(header.Len() - 1)
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 {
		header.WriteByte(' ')
	}
	out := bufio.NewWriterSize(w, 1<<20)
	if err := binary.Write(out, binary.LittleEndian, uint64(header.Len())); err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	if _, err := out.Write(header.Bytes()); err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	for _, name := range names {
		if _, err := out.Write(weights[name].Data); err != nil {
			return fmt.Errorf("writing checkpoint: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing checkpoint: %w", err)
	}
	return nil
}
