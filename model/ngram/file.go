package ngram

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// A model's file is magic, the header's length (uint32), the header (JSON), the cells of the table, and the SHA-256 of everything before, all little-endian. The last byte of
// magic is the version.
const magic = "MLMNGRM2"

type header struct {
	Order    int      `json:"order"`
	Families []Family `json:"families"`
	Books    []book   `json:"books"`
	Seed     uint64   `json:"seed,string"`
	Keys     int      `json:"keys"`
	Segment  int      `json:"segment"`
}

// Write writes the model's file.
func (m *Model) Write(w io.Writer) error {
	text, err := json.Marshal(header{Order, m.families, m.books, m.table.seed, m.table.keys, m.table.segment})
	if err != nil {
		return err
	}
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	for _, part := range [][]byte{binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(text))), text, m.table.cells} {
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// ReadFile reads what Write wrote, and checks it.
func ReadFile(path string) (*Model, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading n-grams: %w", err)
	}
	m, err := Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Read is ReadFile of what a file holds; the model keeps data.
func Read(data []byte) (*Model, error) { return readAll(data, true) }

// ReadCompared is Read of data that were compared with a checksum already, which takes as long as all else.
func ReadCompared(data []byte) (*Model, error) { return readAll(data, false) }

func readAll(data []byte, compare bool) (*Model, error) {
	m, err := read(data, compare)
	if err != nil {
		return nil, fmt.Errorf("reading n-grams: %w: count them anew with mlm-lsp ngram", err)
	}
	return m, nil
}

func read(data []byte, compare bool) (*Model, error) {
	if !bytes.HasPrefix(data, []byte(magic[:len(magic)-1])) {
		return nil, errors.New("it does not begin as a file of n-grams does")
	}
	if !bytes.HasPrefix(data, []byte(magic)) {
		return nil, errors.New("it is of another version")
	}
	if len(data) < len(magic)+4+sha256.Size {
		return nil, io.ErrUnexpectedEOF
	}
	body := data[:len(data)-sha256.Size]
	if compare {
		if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[len(body):]) {
			return nil, errors.New("its checksum is another: it is cut off or changed")
		}
	}
	size := binary.LittleEndian.Uint32(body[len(magic):])
	body = body[len(magic)+4:]
	if uint64(size) > uint64(len(body)) {
		return nil, io.ErrUnexpectedEOF
	}
	var h header
	dec := json.NewDecoder(bytes.NewReader(body[:size]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return nil, fmt.Errorf("parsing its header: %w", err)
	}
	return h.model(body[size:])
}

// model checks what a header says against the cells.
func (h *header) model(cells []byte) (*Model, error) {
	if h.Order != Order || len(h.Books) != 2*Order {
		return nil, fmt.Errorf("its n-grams are of up to %d tokens with %d books, not %d with %d", h.Order, len(h.Books), Order, 2*Order)
	}
	for _, f := range h.Families {
		if f.Known < 0 {
			return nil, fmt.Errorf("it tells %d tokens apart", f.Known)
		}
		for shape, n := range f.Rare {
			if n < 0 {
				return nil, fmt.Errorf("it counts %d rare tokens like %q", n, shape)
			}
		}
	}
	for _, b := range h.Books {
		for _, x := range b {
			if !(x >= 0) || math.IsInf(float64(x), 1) {
				return nil, fmt.Errorf("a logarithm is %v", x)
			}
		}
	}
	if h.Keys < 0 || h.Keys > len(cells) {
		return nil, fmt.Errorf("it has %d bytes for %d n-grams", len(cells), h.Keys)
	}
	if n, segment := sizeOf(h.Keys); n*cellBytes != len(cells) || segment != h.Segment {
		return nil, fmt.Errorf("it has %d bytes for %d n-grams, in segments of %d", len(cells), h.Keys, h.Segment)
	}
	return &Model{h.Families, h.Books, table{h.Seed, h.Keys, h.Segment, cells}}, nil
}
