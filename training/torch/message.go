package torch

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"mlm-lsp/model/onnx"
)

// array is a named tensor of a message; values is []int64 or []float32.
type array struct {
	name   string
	values any
	dims   []int64
}

func flat(name string, values any) array {
	switch v := values.(type) {
	case []int64:
		return array{name, v, []int64{int64(len(v))}}
	case []float32:
		return array{name, v, []int64{int64(len(v))}}
	}
	panic("torch: an array of neither int64 nor float32")
}

// listed describes an array in a message's header.
type listed struct {
	Name string
	Type string
	Dims []int64
}

func (l listed) MarshalJSON() ([]byte, error) { return json.Marshal([]any{l.Name, l.Type, l.Dims}) }

func (l *listed) UnmarshalJSON(data []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if len(parts) != 3 {
		return fmt.Errorf("an array has %d descriptions", len(parts))
	}
	return errors.Join(json.Unmarshal(parts[0], &l.Name), json.Unmarshal(parts[1], &l.Type), json.Unmarshal(parts[2], &l.Dims))
}

// maxMessage bounds what is accepted from the program: three times the parameters of the largest model that makes sense here.
const maxMessage = 1 << 32

// pack writes a message: two uint32 with the lengths of header and arrays, the header, the arrays.
func pack(header map[string]any, arrays []array) ([]byte, error) {
	var list []listed
	size := 0
	for _, a := range arrays {
		switch v := a.values.(type) {
		case []int64:
			list = append(list, listed{a.name, "i64", a.dims})
			size += 8 * len(v)
		case []float32:
			list = append(list, listed{a.name, "f32", a.dims})
			size += 4 * len(v)
		default:
			return nil, fmt.Errorf("array %s is %T", a.name, a.values)
		}
	}
	if list == nil {
		list = []listed{}
	}
	header["arrays"] = list
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	if int64(size) >= maxMessage {
		return nil, fmt.Errorf("%d bytes are too many for a message", size)
	}
	out := make([]byte, 0, 8+len(text)+size)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
	out = binary.LittleEndian.AppendUint32(out, uint32(size))
	out = append(out, text...)
	for _, a := range arrays {
		switch v := a.values.(type) {
		case []int64:
			for _, x := range v {
				out = binary.LittleEndian.AppendUint64(out, uint64(x))
			}
		case []float32:
			for _, x := range v {
				out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
			}
		}
	}
	return out, nil
}

// unpack reads a message from r. Memory grows with what arrives, not with what is announced.
func unpack(r io.Reader) (header []byte, arrays onnx.Weights, err error) {
	var sizes [8]byte
	if _, err := io.ReadFull(r, sizes[:]); err != nil {
		return nil, nil, err
	}
	text, size := int64(binary.LittleEndian.Uint32(sizes[:])), int64(binary.LittleEndian.Uint32(sizes[4:]))
	data, err := io.ReadAll(io.LimitReader(r, text+size))
	if err != nil {
		return nil, nil, err
	}
	if int64(len(data)) < text+size {
		return nil, nil, io.ErrUnexpectedEOF
	}
	header, data = data[:text], data[text:]
	var parsed struct {
		Arrays []listed `json:"arrays"`
	}
	if err := json.Unmarshal(header, &parsed); err != nil {
		return nil, nil, fmt.Errorf("reading a message: %w", err)
	}
	arrays = onnx.Weights{}
	for _, l := range parsed.Arrays {
		dtype, bytes := onnx.Float32, int64(4)
		if l.Type == "i64" {
			dtype, bytes = onnx.Int64, 8
		} else if l.Type != "f32" {
			return nil, nil, fmt.Errorf("reading a message: array %s is of unknown type %q", l.Name, l.Type)
		}
		for _, d := range l.Dims {
			if d < 0 || d > int64(len(data)) || bytes*d > int64(len(data)) {
				return nil, nil, fmt.Errorf("reading a message: array %s is longer than the message", l.Name)
			}
			bytes *= d
		}
		arrays[l.Name] = onnx.Tensor{DType: dtype, Dims: l.Dims, Data: data[:bytes:bytes]}
		data = data[bytes:]
	}
	if len(data) != 0 {
		return nil, nil, fmt.Errorf("reading a message: %d bytes too many", len(data))
	}
	return header, arrays, nil
}

// call sends a message and reads the answer's header into answer, which may be nil.
func (t *Trainer) call(header map[string]any, arrays []array, answer any) ([]byte, onnx.Weights, error) {
	if t.broken != nil {
		return nil, nil, t.broken
	}
	message, err := pack(header, arrays)
	if err != nil {
		return nil, nil, err
	}
	if _, err := t.conn.Write(message); err != nil {
		return nil, nil, t.gone(err)
	}
	text, out, err := unpack(t.conn)
	if err != nil {
		return nil, nil, t.gone(err)
	}
	var failed struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(text, &failed); err != nil {
		return nil, nil, t.gone(err)
	}
	if failed.Error != "" {
		return nil, nil, t.gone(errors.New(failed.Error))
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			return nil, nil, t.gone(err)
		}
	}
	return text, out, nil
}

// gone marks the engine as broken and says what its processes wrote last.
func (t *Trainer) gone(cause error) error {
	t.broken = fmt.Errorf("the torch engine stopped: %w%s", cause, t.tail.quote())
	return t.broken
}
