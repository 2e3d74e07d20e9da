// Package shard holds encoded training text on disk: subwords with the syntactic class of each.
//
// A shard file is, in little-endian order:
//
//	magic "MLMSHARD", version uint32, length of header uint32, header (JSON)
//	ids        uint16 each, uint32 where the vocabulary has more than 65,536 entries
//	classes    one byte each: the Class, and wordStart where a new word begins
//	windows    uint32 each: the subword at which a window begins, rising
//	documents  four uint32 each: project, language, first subword, one past the last
//	SHA-256 of everything before
//
// Every subword belongs to exactly one document and one window; a document starts a window. Files of one project are
// all in shards of the same side of the split. Read proves all of this before it returns a Shard, so that users index
// without checks.
package shard

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/treesitter"
)

// Class is what a subword is part of: a treesitter.Kind, or one of the classes below.
type Class uint8

const (
	// Whitespace is the class of subwords that touch no token: indentation, line ends, spaces.
	Whitespace = Class(treesitter.NumKinds)
	// Assignment takes = and its like out of the operators: they are many, and nothing is to be learnt from them.
	Assignment = Whitespace + 1
	// NumClasses bounds the classes that a shard holds.
	NumClasses = int(Assignment) + 1
	// Special is the class of [CLS], [SEP] and language tags in a training row. No shard holds it.
	Special = Class(NumClasses)

	wordStart = 0x80
	// Boundary is the bit of a label that says that a word begins.
	Boundary = Label(wordStart)
)

// String names the class as treesitter names the kind.
func (c Class) String() string {
	switch c {
	case Whitespace:
		return "whitespace"
	case Assignment:
		return "assignment"
	case Special:
		return "special"
	}
	return treesitter.Kind(c).String()
}

// Identifier tells the classes of names of values.
func (c Class) Identifier() bool { return c < Whitespace && treesitter.Kind(c).Identifier() }

// Name tells the classes of names of values and of types: what the pointer head chooses among.
func (c Class) Name() bool { return c.Identifier() || c == Class(treesitter.KindType) }

// ClassNames lists the names of all classes, by value.
func ClassNames() []string {
	names := make([]string, NumClasses)
	for i := range names {
		names[i] = Class(i).String()
	}
	return names
}

// Label is the class of one subword, with a bit that says whether a word starts there. A word is one syntactic token;
// inside comments and literals, one run of letters and digits.
type Label uint8

// SpecialLabel labels a special token in a training row: a word of its own.
const SpecialLabel = Label(Special) | wordStart

// Class takes the class out of the label.
func (l Label) Class() Class { return Class(l &^ wordStart) }

// WordStart tells the first subword of a word.
func (l Label) WordStart() bool { return l&wordStart != 0 }

// Document is one file's place in a shard.
type Document struct {
	Project  int // index into Shard.Projects
	Language int // index into Shard.Languages
	Start    int // first subword
	End      int // one past the last
}

// Shard is a part of the training text, in memory. It is not changed after it was read or built.
type Shard struct {
	Tokenizer  string // digest of the tokenizer that made the ids
	Vocabulary int    // ids are below
	HeldOut    bool   // which side of the split
	Projects   []string
	Languages  []string
	IDs        []int32
	Labels     []Label
	Windows    []uint32
	Documents  []Document
}

const (
	magic   = "MLMSHARD"
	version = 1
	// maxSubwords keeps every offset within uint32 with room to spare.
	maxSubwords = 1 << 30
)

type header struct {
	Tokenizer  string   `json:"tokenizer"`
	Vocabulary int      `json:"vocabulary"`
	HeldOut    bool     `json:"held_out"`
	Subwords   int      `json:"subwords"`
	Windows    int      `json:"windows"`
	Documents  int      `json:"documents"`
	Classes    []string `json:"classes"`
	Projects   []string `json:"projects"`
	Languages  []string `json:"languages"`
}

// idBytes is the width of an id on disk.
func (h *header) idBytes() int {
	if h.Vocabulary > 1<<16 {
		return 4
	}
	return 2
}

func (s *Shard) header() header {
	return header{
		Tokenizer: s.Tokenizer, Vocabulary: s.Vocabulary, HeldOut: s.HeldOut, Subwords: len(s.IDs), Windows: len(s.Windows),
		Documents: len(s.Documents), Classes: ClassNames(), Projects: s.Projects, Languages: s.Languages,
	}
}

// check proves that the header is one of a shard that this program reads.
func (h *header) check() error {
	if !slices.Equal(h.Classes, ClassNames()) {
		return errors.New("its token classes are not this program's")
	}
	if h.Vocabulary < 1 || h.Subwords < 0 || h.Subwords > maxSubwords || h.Windows < 0 || h.Windows > h.Subwords || h.Documents < 0 || h.Documents > h.Subwords {
		return errors.New("the header's counts make no sense")
	}
	return nil
}

// Write writes the shard to w in the format of the package comment.
func (s *Shard) Write(w io.Writer) error {
	h := s.header()
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	sum := sha256.New()
	w = io.MultiWriter(w, sum)
	buffer := append(make([]byte, 0, 1<<16), magic...)
	buffer = binary.LittleEndian.AppendUint32(buffer, version)
	buffer = binary.LittleEndian.AppendUint32(buffer, uint32(len(text)))
	buffer = append(buffer, text...)
	flush := func(limit int) {
		if err == nil && len(buffer) > limit {
			_, err = w.Write(buffer)
			buffer = buffer[:0]
		}
	}
	const full = 1<<16 - 16
	for _, id := range s.IDs {
		if h.idBytes() == 2 {
			buffer = binary.LittleEndian.AppendUint16(buffer, uint16(id))
		} else {
			buffer = binary.LittleEndian.AppendUint32(buffer, uint32(id))
		}
		flush(full)
	}
	for _, l := range s.Labels {
		buffer = append(buffer, byte(l))
		flush(full)
	}
	for _, at := range s.Windows {
		buffer = binary.LittleEndian.AppendUint32(buffer, at)
		flush(full)
	}
	for _, d := range s.Documents {
		for _, v := range [4]int{d.Project, d.Language, d.Start, d.End} {
			buffer = binary.LittleEndian.AppendUint32(buffer, uint32(v))
		}
		flush(full)
	}
	flush(0)
	if err != nil {
		return err
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// WriteFile writes the shard to path, which is absent, old or whole.
func (s *Shard) WriteFile(path string) error {
	if err := wholefile.Write(path, s.Write); err != nil {
		return fmt.Errorf("writing shard %s: %w", path, err)
	}
	return nil
}

// ReadFile reads and checks the shard at path.
func ReadFile(path string) (*Shard, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading shard: %w", err)
	}
	s, err := Read(data)
	if err != nil {
		return nil, fmt.Errorf("reading shard %s: %w; delete it, and it is built again", path, err)
	}
	return s, nil
}

// Read decodes a shard and proves that it keeps the promises of the package comment. It allocates no more than a small
// multiple of len(data).
func Read(data []byte) (*Shard, error) {
	const fixed = len(magic) + 8
	if len(data) < fixed+sha256.Size || string(data[:len(magic)]) != magic {
		return nil, errors.New("not a shard")
	}
	if v := binary.LittleEndian.Uint32(data[len(magic):]); v != version {
		return nil, fmt.Errorf("format version %d, this program reads %d", v, version)
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return nil, errors.New("the checksum does not match: the file was cut off or changed")
	}
	headerBytes := int64(binary.LittleEndian.Uint32(data[len(magic)+4:]))
	if headerBytes > int64(len(body)-fixed) {
		return nil, errors.New("the header is longer than the file")
	}
	var h header
	if err := json.Unmarshal(body[fixed:fixed+int(headerBytes)], &h); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	rest := body[fixed+int(headerBytes):]
	if want := int64(h.Subwords)*int64(h.idBytes()+1) + 4*int64(h.Windows) + 16*int64(h.Documents); int64(len(rest)) != want {
		return nil, fmt.Errorf("%d bytes of content, the header announces %d", len(rest), want)
	}
	s := &Shard{
		Tokenizer: h.Tokenizer, Vocabulary: h.Vocabulary, HeldOut: h.HeldOut, Projects: h.Projects, Languages: h.Languages,
		Windows: make([]uint32, h.Windows), Documents: make([]Document, h.Documents),
	}
	var err error
	if s.IDs, err = h.decodeIDs(rest[:h.Subwords*h.idBytes()]); err != nil {
		return nil, err
	}
	rest = rest[h.Subwords*h.idBytes():]
	if s.Labels, err = decodeLabels(rest[:h.Subwords]); err != nil {
		return nil, err
	}
	rest = rest[h.Subwords:]
	for i := range s.Windows {
		s.Windows[i] = binary.LittleEndian.Uint32(rest[4*i:])
	}
	rest = rest[4*h.Windows:]
	for i := range s.Documents {
		field := func(k int) int { return int(binary.LittleEndian.Uint32(rest[16*i+4*k:])) }
		s.Documents[i] = Document{Project: field(0), Language: field(1), Start: field(2), End: field(3)}
	}
	return s, s.check()
}

// decodeIDs reads ids of the header's width, all of b.
func (h *header) decodeIDs(b []byte) ([]int32, error) {
	ids := make([]int32, len(b)/h.idBytes())
	for i := range ids {
		var id uint32
		if h.idBytes() == 2 {
			id = uint32(binary.LittleEndian.Uint16(b[2*i:]))
		} else {
			id = binary.LittleEndian.Uint32(b[4*i:])
		}
		if uint64(id) >= uint64(h.Vocabulary) || id > 1<<31-1 {
			return nil, fmt.Errorf("subword %d is id %d of a vocabulary of %d", i, id, h.Vocabulary)
		}
		ids[i] = int32(id)
	}
	return ids, nil
}

func decodeLabels(b []byte) ([]Label, error) {
	labels := make([]Label, len(b))
	for i := range labels {
		labels[i] = Label(b[i])
		if int(labels[i].Class()) >= NumClasses {
			return nil, fmt.Errorf("subword %d has class %d of %d", i, labels[i].Class(), NumClasses)
		}
	}
	return labels, nil
}

// check proves the relations between windows, documents and subwords.
func (s *Shard) check() error {
	for i, at := range s.Windows {
		if i == 0 && at != 0 || i > 0 && at <= s.Windows[i-1] || int(at) >= len(s.IDs) {
			return fmt.Errorf("window %d begins at subword %d, out of order", i, at)
		}
	}
	end := 0
	for i, d := range s.Documents {
		if d.Project >= len(s.Projects) || d.Language >= len(s.Languages) || d.Start != end || d.End <= d.Start || d.End > len(s.IDs) {
			return fmt.Errorf("document %d (%+v) does not continue the one before", i, d)
		}
		if _, ok := slices.BinarySearch(s.Windows, uint32(d.Start)); !ok {
			return fmt.Errorf("document %d starts no window", i)
		}
		if !s.Labels[d.Start].WordStart() {
			return fmt.Errorf("document %d starts no word", i)
		}
		end = d.End
	}
	if end != len(s.IDs) {
		return fmt.Errorf("%d subwords, the documents hold %d", len(s.IDs), end)
	}
	return nil
}
