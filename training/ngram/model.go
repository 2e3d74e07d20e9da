package ngram

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
)

// Family is what a model was counted over in some languages.
type Family struct {
	Name       string `json:"name"` // the first of the languages
	Files      int    `json:"files"`
	Tokens     int    `json:"tokens"`
	Vocabulary int    `json:"vocabulary"` // different tokens
}

// Model is the n-grams of a corpus, in a hash table with linear probing. It does not change, and may be shared between goroutines.
type Model struct {
	Families []Family
	checks   []uint32 // what tells the n-grams of neighbouring slots apart
	shares   []uint8  // codes
	rests    []uint8  // codes; where both are 0 the slot is free
}

// fill lays the table out, a quarter of it free.
func (m *Model) fill(found map[uint64]entry) {
	keys := make([]uint64, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	n := len(keys) + len(keys)/3 + 1
	m.checks, m.shares, m.rests = make([]uint32, n), make([]uint8, n), make([]uint8, n)
	for _, key := range keys {
		i := m.slot(key)
		m.checks[i], m.shares[i], m.rests[i] = uint32(key), found[key].share, found[key].rest
	}
}

// slot is where an n-gram is, or would be.
func (m *Model) slot(key uint64) int {
	high, _ := bits.Mul64(key, uint64(len(m.checks)))
	i := int(high)
	for m.checks[i] != uint32(key) && (m.shares[i] != 0 || m.rests[i] != 0) {
		if i++; i == len(m.checks) {
			i = 0
		}
	}
	return i
}

// Len is the number of n-grams that the model holds.
func (m *Model) Len() int {
	n := 0
	for i := range m.shares {
		if m.shares[i] != 0 || m.rests[i] != 0 {
			n++
		}
	}
	return n
}

// Probabilities says how probable each token from index from on is in a language after the up to four tokens before it. A language that was not
// counted gives nil.
func (m *Model) Probabilities(language string, tokens []string, from int) []float64 {
	name := FamilyOf(language)
	at := slices.IndexFunc(m.Families, func(f Family) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	first := max(0, from-Order+1)
	hashes := make([]uint64, len(tokens))
	for i := first; i < len(tokens); i++ {
		hashes[i] = hashToken(tokens[i])
	}
	list := make([]float64, 0, len(tokens)-from)
	for i := from; i < len(tokens); i++ {
		p := 1 / float64(m.Families[at].Vocabulary+1)
		for n := 0; n < Order && i-n >= 0; n++ {
			context := hashFamily(name)
			for _, h := range hashes[i-n : i] {
				context = hashNext(context, h)
			}
			rest := m.rests[m.slot(context)]
			if rest == 0 {
				break // nothing recurs behind it, nor behind a longer one
			}
			p = p*decoded[rest] + decoded[m.shares[m.slot(hashNext(context, hashes[i]))]]
		}
		list = append(list, p)
	}
	return list
}

// A model's file is magic "MLMNGRM1", the header's length (uint32), the header (JSON), the table's checks (uint32), shares and rests (a byte each), and
// the SHA-256 of everything before, all little-endian.
const magic = "MLMNGRM1"

type header struct {
	Order    int      `json:"order"`
	Families []Family `json:"families"`
	Slots    int      `json:"slots"`
}

// Write writes the model's file.
func (m *Model) Write(w io.Writer) error {
	text, err := json.Marshal(header{Order, m.Families, len(m.checks)})
	if err != nil {
		return err
	}
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	start := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(text)))
	for _, part := range [][]byte{start, text} {
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	const stretch = 1 << 16
	buffer := make([]byte, 0, 4*stretch)
	for part := range slices.Chunk(m.checks, stretch) {
		buffer = buffer[:0]
		for _, check := range part {
			buffer = binary.LittleEndian.AppendUint32(buffer, check)
		}
		if _, err := out.Write(buffer); err != nil {
			return err
		}
	}
	for _, part := range [][]byte{m.shares, m.rests} {
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
		return nil, fmt.Errorf("reading n-grams %s: %w; mlm-lsp eval ngram counts them anew", path, err)
	}
	return m, nil
}

// Read is ReadFile of what a file holds; the model keeps data.
func Read(data []byte) (*Model, error) {
	if !bytes.HasPrefix(data, []byte(magic)) {
		return nil, fmt.Errorf("it does not begin as a file of n-grams does")
	}
	if len(data) < len(magic)+4+sha256.Size {
		return nil, io.ErrUnexpectedEOF
	}
	body := data[:len(data)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[len(body):]) {
		return nil, fmt.Errorf("its checksum is another: it is cut off or changed")
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
	body = body[size:]
	if h.Order != Order {
		return nil, fmt.Errorf("its n-grams are of up to %d tokens, not %d", h.Order, Order)
	}
	const slot = 4 + 1 + 1 // bytes
	if h.Slots <= 0 || h.Slots > len(body)/slot || h.Slots*slot != len(body) {
		return nil, fmt.Errorf("it has %d bytes for a table of %d slots", len(body), h.Slots)
	}
	for _, f := range h.Families {
		if f.Vocabulary < 0 {
			return nil, fmt.Errorf("it counts %d different tokens", f.Vocabulary)
		}
	}
	m := &Model{Families: h.Families, checks: make([]uint32, h.Slots), shares: body[4*h.Slots : 5*h.Slots], rests: body[5*h.Slots:]}
	free := false
	for i := range m.checks {
		m.checks[i] = binary.LittleEndian.Uint32(body[4*i:])
		free = free || m.shares[i] == 0 && m.rests[i] == 0
	}
	if !free { // probing would not end
		return nil, fmt.Errorf("its table has no free slot")
	}
	return m, nil
}
