package shard

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"

	"github.com/klauspost/compress/zstd"
)

// A pack is shards made small, to be carried to another machine:
//
//	magic "MLMSPACK", version uint32
//	per shard, a block: length of its header uint32, header (JSON), then the four streams of the shard, each a zstd
//	frame of the size that the header tells: ids as in the shard file, classes, windows and documents as differences
//	uint32 0: the last block was that
//	SHA-256 of everything before
//
// A block's header also holds the checksum of the shard file, which the unpacked one must have. Ids stay whole: of 1.5 million
// subwords of Go (a vocabulary of 4,096), zstd's level 19 makes 0.48 bytes each, and of two streams, one of the ids' low bytes and one
// of the high, 0.64; the classes take 0.13 more.

const (
	packMagic   = "MLMSPACK"
	packVersion = 1
	// maxPackHeader bounds a block's header, most of which are the names of projects.
	maxPackHeader = 16 << 20
	// packWindow is how far back zstd finds repetitions: a project's versions of one text, and a shard's of another.
	packWindow = 128 << 20
)

// packHeader stands before each shard of a pack.
type packHeader struct {
	header
	Name    string `json:"name"`
	Digest  []byte `json:"digest"`  // SHA-256 at the end of the shard file
	Streams [4]int `json:"streams"` // bytes of each, compressed
}

// PackRecord says what a pack holds.
type PackRecord struct {
	Shards   int
	Subwords int // held out ones included
	HeldOut  int
	Bytes    int64 // of the pack
	// IDs, Classes and Rest are the pack's bytes by what they hold: Rest is windows, documents and headers.
	IDs, Classes, Rest int64
}

// Pack writes the shards in dir to w. limit bounds the subwords to learn from, and a sixteenth of it those held out; 0 takes all.
// Which documents a limit takes goes by a hash of their place, so that a larger pack holds what a smaller one does, and every project
// and language keeps about its share. It holds one shard in memory at a time.
func Pack(w io.Writer, dir string, limit int) (PackRecord, error) {
	record, err := pack(w, dir, limit)
	if err != nil {
		return record, fmt.Errorf("packing shards of %s: %w", dir, err)
	}
	return record, nil
}

func pack(w io.Writer, dir string, limit int) (PackRecord, error) {
	var record PackRecord
	paths, err := list(dir, "")
	if err != nil {
		return record, err
	}
	if len(paths) == 0 {
		return record, errors.New("no shards there; name a directory that training wrote them to, such as BUNDLE.training/shards")
	}
	var share [2]float64 // of each side's documents, by subwords
	for side, most := range [2]int{limit, limit / 16} {
		share[side] = 1
		if limit > 0 {
			total := 0
			for _, path := range paths {
				s, err := ReadFile(path)
				if err != nil {
					return record, err
				}
				if s.HeldOut == (side == 1) {
					total += len(s.IDs)
				}
			}
			share[side] = min(1, float64(most)/float64(max(total, 1)))
		}
	}
	sum := sha256.New()
	counted := &counter{w: io.MultiWriter(w, sum)}
	if _, err := counted.Write(binary.LittleEndian.AppendUint32([]byte(packMagic), packVersion)); err != nil {
		return record, err
	}
	for _, path := range paths {
		s, err := ReadFile(path)
		if err != nil {
			return record, err
		}
		if side := s.side(); share[side] < 1 {
			s = s.cut(filepath.Base(path), share[side])
		}
		if len(s.IDs) == 0 {
			continue
		}
		sizes, err := s.pack(counted, filepath.Base(path))
		if err != nil {
			return record, err
		}
		record.Shards++
		record.Subwords += len(s.IDs)
		if s.HeldOut {
			record.HeldOut += len(s.IDs)
		}
		record.IDs += int64(sizes[0])
		record.Classes += int64(sizes[1])
	}
	if _, err := counted.Write(make([]byte, 4)); err != nil {
		return record, err
	}
	if _, err := w.Write(sum.Sum(nil)); err != nil {
		return record, err
	}
	record.Bytes = counted.n + sha256.Size
	record.Rest = record.Bytes - record.IDs - record.Classes
	return record, nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (s *Shard) side() int {
	if s.HeldOut {
		return 1
	}
	return 0
}

// cut returns a shard of a share of the documents, chosen by a hash of the shard's name and their place in it.
func (s *Shard) cut(name string, share float64) *Shard {
	small := &Shard{Tokenizer: s.Tokenizer, Vocabulary: s.Vocabulary, HeldOut: s.HeldOut, Projects: s.Projects, Languages: s.Languages}
	for i, d := range s.Documents {
		hash := fnv.New64a()
		fmt.Fprintf(hash, "%s %d", name, i)
		// FNV's high bits hardly change with the last character.
		if float64(hash.Sum64()*0x9E3779B97F4A7C15>>11)/(1<<53) >= share {
			continue
		}
		start := len(small.IDs)
		from := sort.Search(len(s.Windows), func(k int) bool { return int(s.Windows[k]) >= d.Start })
		for ; from < len(s.Windows) && int(s.Windows[from]) < d.End; from++ {
			small.Windows = append(small.Windows, uint32(int(s.Windows[from])-d.Start+start))
		}
		small.IDs = append(small.IDs, s.IDs[d.Start:d.End]...)
		small.Labels = append(small.Labels, s.Labels[d.Start:d.End]...)
		small.Documents = append(small.Documents, Document{Project: d.Project, Language: d.Language, Start: start, End: len(small.IDs)})
	}
	return small
}

// pack writes the shard as one block and returns its streams' sizes.
func (s *Shard) pack(w io.Writer, name string) ([4]int, error) {
	h := packHeader{header: s.header(), Name: name}
	tail := &lastBytes{}
	if err := s.Write(tail); err != nil {
		return h.Streams, err
	}
	h.Digest = tail.last

	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(packWindow),
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		return h.Streams, err
	}
	defer encoder.Close()
	var streams [4][]byte
	for i, stream := range [4][]byte{h.encodeIDs(s.IDs), encodeLabels(s.Labels), encodeWindows(s.Windows), encodeDocuments(s.Documents)} {
		streams[i] = encoder.EncodeAll(stream, nil)
		h.Streams[i] = len(streams[i])
	}
	text, err := json.Marshal(h)
	if err != nil {
		return h.Streams, err
	}
	if len(text) > maxPackHeader {
		return h.Streams, fmt.Errorf("%s has a header of %d bytes, the format's limit is %d", name, len(text), maxPackHeader)
	}
	if _, err := w.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...)); err != nil {
		return h.Streams, err
	}
	for _, stream := range streams {
		if _, err := w.Write(stream); err != nil {
			return h.Streams, err
		}
	}
	return h.Streams, nil
}

// lastBytes keeps the last 32 bytes written: a shard file's checksum.
type lastBytes struct{ last []byte }

func (l *lastBytes) Write(b []byte) (int, error) {
	l.last = append(l.last, b[max(0, len(b)-sha256.Size):]...)
	l.last = bytes.Clone(l.last[max(0, len(l.last)-sha256.Size):])
	return len(b), nil
}

func (h *header) encodeIDs(ids []int32) []byte {
	b := make([]byte, 0, len(ids)*h.idBytes())
	for _, id := range ids {
		if h.idBytes() == 2 {
			b = binary.LittleEndian.AppendUint16(b, uint16(id))
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(id))
		}
	}
	return b
}

func encodeLabels(labels []Label) []byte {
	b := make([]byte, len(labels))
	for i, l := range labels {
		b[i] = byte(l)
	}
	return b
}

func encodeWindows(windows []uint32) []byte {
	var b []byte
	last := uint32(0)
	for _, at := range windows {
		b = binary.AppendUvarint(b, uint64(at-last))
		last = at
	}
	return b
}

func encodeDocuments(documents []Document) []byte {
	var b []byte
	for _, d := range documents {
		for _, v := range [3]int{d.Project, d.Language, d.End - d.Start} {
			b = binary.AppendUvarint(b, uint64(v))
		}
	}
	return b
}

// Unpack reads a pack and writes its shards into dir, which is made if it is not there; shards of the same names are replaced. Each is
// proven to be the file that was packed before it gets its name. It returns the names of the shards; where it returns an error, those
// named are whole. Memory grows with what is read, not with what a header claims.
func Unpack(r io.Reader, dir string) ([]string, error) {
	names, err := unpack(r, func(name string, s *Shard) error { return s.WriteFile(filepath.Join(dir, name)) }, func() error { return os.MkdirAll(dir, 0o777) })
	if err != nil {
		return names, fmt.Errorf("unpacking shards into %s: %w", dir, err)
	}
	return names, nil
}

var shardName = regexp.MustCompile(`^(?:train|heldout)-[0-9]+\` + Extension + `$`)

// unpack gives the shards of a pack to keep, in order, and calls begin before the first.
func unpack(r io.Reader, keep func(name string, s *Shard) error, begin func() error) (names []string, err error) {
	defer func() {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = errors.New("the pack is cut off; carry it again")
		}
	}()
	sum := sha256.New()
	whole := bufio.NewReaderSize(r, 1<<16)
	body := io.TeeReader(whole, sum)
	fixed := make([]byte, len(packMagic)+4)
	if _, err := io.ReadFull(body, fixed); err != nil {
		return nil, err
	}
	if string(fixed[:len(packMagic)]) != packMagic {
		return nil, errors.New("not a pack of shards")
	}
	if v := binary.LittleEndian.Uint32(fixed[len(packMagic):]); v != packVersion {
		return nil, fmt.Errorf("format version %d, this program reads %d", v, packVersion)
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(packWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	if err := begin(); err != nil {
		return nil, err
	}
	for {
		var length [4]byte
		if _, err := io.ReadFull(body, length[:]); err != nil {
			return names, err
		}
		n := binary.LittleEndian.Uint32(length[:])
		if n == 0 {
			break
		}
		if n > maxPackHeader {
			return names, fmt.Errorf("a header of %d bytes, the limit is %d", n, maxPackHeader)
		}
		text, err := readSome(body, int64(n))
		if err != nil {
			return names, err
		}
		var h packHeader
		if err := json.Unmarshal(text, &h); err != nil {
			return names, fmt.Errorf("header: %w", err)
		}
		s, err := h.unpack(body, decoder)
		if err != nil {
			return names, fmt.Errorf("%.40q: %w", h.Name, err)
		}
		if err := keep(h.Name, s); err != nil {
			return names, err
		}
		names = append(names, h.Name)
	}
	var want [sha256.Size]byte
	got := sum.Sum(nil)
	if _, err := io.ReadFull(whole, want[:]); err != nil {
		return names, err
	}
	if !bytes.Equal(got, want[:]) {
		return names, errors.New("the checksum does not match: the pack was changed on its way; carry it again")
	}
	return names, nil
}

// readSome reads n bytes, and takes memory as they come.
func readSome(r io.Reader, n int64) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, n); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unpack reads the streams behind a header and proves that they are the shard that it tells of.
func (h *packHeader) unpack(r io.Reader, decoder *zstd.Decoder) (*Shard, error) {
	if !shardName.MatchString(h.Name) {
		return nil, errors.New("no name of a shard")
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	var streams [4][]byte
	// A window or a document takes at most five bytes a number.
	for i, most := range [4]int{h.Subwords * h.idBytes(), h.Subwords, 5 * h.Windows, 15 * h.Documents} {
		if h.Streams[i] < 0 {
			return nil, errors.New("a stream of negative size")
		}
		packed := &io.LimitedReader{R: r, N: int64(h.Streams[i])}
		if err := decoder.Reset(packed); err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, io.LimitReader(decoder, int64(most)+1)); err != nil {
			return nil, fmt.Errorf("stream %d: %w", i, err)
		}
		if b.Len() > most || i < 2 && b.Len() != most {
			return nil, fmt.Errorf("stream %d has another size than the header announces", i)
		}
		if packed.N != 0 {
			return nil, fmt.Errorf("stream %d goes on behind its end", i)
		}
		streams[i] = b.Bytes()
	}
	s := &Shard{Tokenizer: h.Tokenizer, Vocabulary: h.Vocabulary, HeldOut: h.HeldOut, Projects: h.Projects, Languages: h.Languages}
	var err error
	if s.IDs, err = h.decodeIDs(streams[0]); err != nil {
		return nil, err
	}
	if s.Labels, err = decodeLabels(streams[1]); err != nil {
		return nil, err
	}
	numbers, err := uvarints(streams[2], h.Windows)
	if err != nil {
		return nil, fmt.Errorf("windows: %w", err)
	}
	at := uint64(0)
	for _, n := range numbers {
		if at += n; at > maxSubwords {
			return nil, errors.New("a window begins behind the end")
		}
		s.Windows = append(s.Windows, uint32(at))
	}
	if numbers, err = uvarints(streams[3], 3*h.Documents); err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	end := 0
	for i := 0; i < len(numbers); i += 3 {
		if numbers[i] > maxSubwords || numbers[i+1] > maxSubwords || numbers[i+2] > maxSubwords {
			return nil, errors.New("a document's numbers make no sense")
		}
		d := Document{Project: int(numbers[i]), Language: int(numbers[i+1]), Start: end, End: end + int(numbers[i+2])}
		s.Documents = append(s.Documents, d)
		end = d.End
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	tail := &lastBytes{}
	if err := s.Write(tail); err != nil {
		return nil, err
	}
	if !bytes.Equal(tail.last, h.Digest) {
		return nil, errors.New("it is not the shard that was packed; carry the pack again")
	}
	return s, nil
}

// uvarints decodes exactly count numbers.
func uvarints(b []byte, count int) ([]uint64, error) {
	var numbers []uint64
	for len(b) > 0 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("a number does not end")
		}
		numbers = append(numbers, v)
		b = b[n:]
	}
	if len(numbers) != count {
		return nil, fmt.Errorf("%d numbers, the header announces %d", len(numbers), count)
	}
	return numbers, nil
}
