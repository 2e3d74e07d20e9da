package training

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/onnx"
	"mlm-lsp/training/step"
)

// A checkpoint file is magic "MLMCKPT1", the header's length (uint32), the header (JSON), the tensors' bytes in the
// header's order, and the SHA-256 of everything before, all little-endian. The file of that name is always a whole one.
const checkpointMagic = "MLMCKPT1"

// position is where a run stands: what must be known, besides the tensors, to go on as if it had never stopped.
type position struct {
	Settings  settings        `json:"settings"`
	Model     json.RawMessage `json:"model"`     // config.json
	Tokenizer string          `json:"tokenizer"` // digest
	Data      string          `json:"data"`      // digest of the shards
	Step      int             `json:"step"`      // steps done
	Seconds   float64         `json:"seconds"`   // of training so far
	Subwords  int64           `json:"subwords"`  // seen so far
	Masked    int64           `json:"masked"`    // of them masked
}

type checkpointHeader struct {
	position
	Trainer int64        `json:"trainer_step"`
	Tensors []tensorPart `json:"tensors"`
}

type tensorPart struct {
	Name string     `json:"name"`
	Kind string     `json:"kind"` // "weight", "first" or "second" moment
	Type onnx.DType `json:"type"`
	Dims []int64    `json:"dims"`
}

// writeCheckpoint saves the run. On an error the checkpoint before it is still there.
func writeCheckpoint(create wholefile.CreateFunc, path string, p position, state step.State) error {
	header := checkpointHeader{position: p, Trainer: state.Step}
	var data [][]byte
	for _, group := range stateGroups(&state) {
		names := make([]string, 0, len(*group.tensors))
		for name := range *group.tensors {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			t := (*group.tensors)[name]
			header.Tensors = append(header.Tensors, tensorPart{Name: name, Kind: group.kind, Type: t.DType, Dims: t.Dims})
			data = append(data, t.Data)
		}
	}
	text, err := json.Marshal(header)
	if err != nil {
		return fmt.Errorf("writing checkpoint %s: %w", path, err)
	}
	err = wholefile.WriteWith(create, path, func(w io.Writer) error {
		sum := sha256.New()
		w = io.MultiWriter(w, sum)
		start := binary.LittleEndian.AppendUint32([]byte(checkpointMagic), uint32(len(text)))
		for _, part := range append([][]byte{start, text}, data...) {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		_, err := w.Write(sum.Sum(nil))
		return err
	})
	if err != nil {
		return fmt.Errorf("writing checkpoint %s: %w; the checkpoint before it is still there: make room and go on with --resume", path, err)
	}
	return nil
}

type stateGroup struct {
	kind    string
	tensors *onnx.Weights
}

func stateGroups(s *step.State) []stateGroup {
	return []stateGroup{{"weight", &s.Weights}, {"first", &s.First}, {"second", &s.Second}}
}

// readCheckpoint reads and checks the checkpoint at path; errors.Is(err, fs.ErrNotExist) tells that there is none.
func readCheckpoint(path string) (position, step.State, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return position{}, step.State{}, err
	}
	if err != nil {
		return position{}, step.State{}, fmt.Errorf("reading checkpoint: %w", err)
	}
	p, state, err := parseCheckpoint(data)
	if err != nil {
		return position{}, step.State{}, fmt.Errorf("reading checkpoint %s: %w; delete it to start over", path, err)
	}
	return p, state, nil
}

// parseCheckpoint decodes a checkpoint; tensors share data's memory.
func parseCheckpoint(data []byte) (p position, state step.State, err error) {
	start := len(checkpointMagic) + 4
	if len(data) < start+sha256.Size || string(data[:len(checkpointMagic)]) != checkpointMagic {
		return p, state, errors.New("not a checkpoint of this version")
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return p, state, errors.New("the checksum does not match: the file was cut off or changed")
	}
	length := int64(binary.LittleEndian.Uint32(data[len(checkpointMagic):]))
	if length > int64(len(body)-start) {
		return p, state, errors.New("the header is longer than the file")
	}
	var header checkpointHeader
	if err := json.Unmarshal(body[start:start+int(length)], &header); err != nil {
		return p, state, fmt.Errorf("header: %w", err)
	}
	rest := body[start+int(length):]
	state = step.State{Step: header.Trainer}
	groups := map[string]*onnx.Weights{}
	for _, group := range stateGroups(&state) {
		*group.tensors = onnx.Weights{}
		groups[group.kind] = group.tensors
	}
	for _, part := range header.Tensors {
		group, ok := groups[part.Kind]
		if !ok {
			return p, state, fmt.Errorf("tensor %q is of unknown kind %q", part.Name, part.Kind)
		}
		bytes := int64(part.Type.Size())
		for _, dim := range part.Dims {
			if dim < 0 || dim > int64(len(rest)) || bytes*dim > int64(len(rest)) {
				return p, state, fmt.Errorf("tensor %q does not fit in the file", part.Name)
			}
			bytes *= dim
		}
		if bytes == 0 {
			return p, state, fmt.Errorf("tensor %q is empty", part.Name)
		}
		(*group)[part.Name] = onnx.Tensor{DType: part.Type, Dims: part.Dims, Data: rest[:bytes:bytes]}
		rest = rest[bytes:]
	}
	if len(rest) != 0 {
		return p, state, fmt.Errorf("%d bytes too many", len(rest))
	}
	return header.position, state, nil
}
