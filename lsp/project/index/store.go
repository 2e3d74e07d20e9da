package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/treesitter"
)

// An index on the disk is a header and a body. The header is the magic, and little-endian: the version (4 bytes), the body's CRC-32C (4) and length (8). The body holds numbers as
// unsigned varints, and texts as their length and bytes: the folder; the words (their number, then each); the files (their number, then each, as file.write has it).
const (
	magic      = "mlm-lsp index\n\x00\xff"
	formatNow  = 2
	headerSize = len(magic) + 16
	// largest is the size in bytes of a file that is read back: the default bounds make some 40 MB.
	largest = 256 << 20
	suffix  = ".index"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Open returns the index of a folder as it was kept in a cache directory, or an empty one. The error says why what is there is of no use; the index can be used then, too, and the next
// Save takes its place. An empty cache directory means that nothing is kept.
func Open(cache, folder string, read func(path string) ([]byte, error), bounds Bounds) (*Index, error) {
	x := New(folder, read, bounds)
	if cache == "" {
		return x, nil
	}
	name := sha256.Sum256([]byte(folder))
	x.store = filepath.Join(cache, hex.EncodeToString(name[:16])+suffix)
	data, err := readStore(x.store)
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err == nil {
		err = x.decode(data)
	}
	if err != nil {
		x.clear()
		x.changed = true
		return x, fmt.Errorf("reading the index of %s, which is built anew: %w", folder, err)
	}
	now := time.Now()
	_ = os.Chtimes(x.store, now, now) // it is in use: Prune looks at that, and may think it older where this fails
	return x, nil
}

func readStore(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > largest {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes: remove it", path, largest)
	}
	return os.ReadFile(path)
}

// Save keeps the index for the next session, if it has changed and there is a place to keep it. Others that save the same folder's are not in the way: the last one's stays, whole.
func (x *Index) Save() error {
	x.mu.Lock()
	if x.store == "" || !x.changed {
		x.mu.Unlock()
		return nil
	}
	x.compact()
	data := x.encode()
	x.changed = false
	x.mu.Unlock()
	err := os.MkdirAll(filepath.Dir(x.store), 0o700)
	if err == nil {
		err = wholefile.Write(x.store, func(w io.Writer) error { _, err := w.Write(data); return err })
	}
	if err != nil {
		x.mu.Lock()
		x.changed = true
		x.mu.Unlock()
		return fmt.Errorf("keeping the index of %s: %w; free some space, or see to the rights of %s", x.folder, err, filepath.Dir(x.store))
	}
	return nil
}

// compact forgets the words that no file has any more.
func (x *Index) compact() {
	old, naming := x.words, x.naming
	x.words, x.ids, x.naming = []string{""}, make(map[string]uint32, len(old)), make(map[uint32][]*file, len(naming))
	x.ids[""] = 0
	renumber := func(id *uint32) { *id = x.id(old[*id]) }
	for _, f := range x.files {
		renumber(&f.packageName)
		for i := range f.symbols {
			s := &f.symbols[i]
			renumber(&s.name)
			renumber(&s.of)
			renumber(&s.text)
		}
		for i := range f.imports {
			m := &f.imports[i]
			renumber(&m.name)
			renumber(&m.module)
			renumber(&m.of)
		}
		for i := range f.annotated {
			renumber(&f.annotated[i])
		}
	}
	for id, list := range naming {
		if now, ok := x.ids[old[id]]; ok {
			x.naming[now] = list
		}
	}
}

type writer struct{ bytes.Buffer }

func (w *writer) number(n uint64) {
	w.Write(binary.AppendUvarint(w.AvailableBuffer(), n))
}

func (w *writer) text(s string) {
	w.number(uint64(len(s)))
	w.WriteString(s)
}

func (x *Index) encode() []byte {
	w := &writer{}
	w.Write(make([]byte, headerSize))
	w.text(x.folder)
	w.number(uint64(len(x.words)))
	for _, word := range x.words {
		w.text(word)
	}
	w.number(uint64(len(x.files)))
	for _, f := range x.files {
		f.write(w)
	}
	data := w.Bytes()
	body := data[headerSize:]
	copy(data, magic)
	binary.LittleEndian.PutUint32(data[len(magic):], formatNow)
	binary.LittleEndian.PutUint32(data[len(magic)+4:], crc32.Checksum(body, castagnoli))
	binary.LittleEndian.PutUint64(data[len(magic)+8:], uint64(len(body)))
	return data
}

// write puts down a file. One that an editor has open, or that is outdated, is put down as doubtful: the disk has another.
func (f *file) write(w *writer) {
	w.text(f.path)
	w.text(f.language)
	w.number(uint64(f.size))
	w.number(uint64(f.modified))
	w.number(flag(f.doubtful || f.buffer || f.outdated))
	w.number(uint64(f.packageName))
	w.number(uint64(len(f.symbols)))
	for _, s := range f.symbols {
		for _, n := range []uint32{s.name, s.of, s.text, s.start, s.line} {
			w.number(uint64(n))
		}
		w.number(uint64(s.kind)<<1 | flag(s.exported))
	}
	w.number(uint64(len(f.imports)))
	for _, i := range f.imports {
		for _, n := range []uint32{i.name, i.module, i.of} {
			w.number(uint64(n))
		}
	}
	w.number(uint64(len(f.annotated)))
	for _, name := range f.annotated {
		w.number(uint64(name))
	}
}

func flag(set bool) uint64 {
	if set {
		return 1
	}
	return 0
}

// scanner reads what writer wrote. After something wrong it returns zeros, and wrong stays set.
type scanner struct {
	data  []byte
	wrong bool
}

func (s *scanner) number(below uint64) uint64 {
	n, size := binary.Uvarint(s.data)
	if size <= 0 || n >= below {
		s.wrong, s.data = true, nil
		return 0
	}
	s.data = s.data[size:]
	return n
}

func (s *scanner) word(words []string) uint32 { return uint32(s.number(uint64(len(words)))) }

// count reads how many follow of what takes at least size bytes each.
func (s *scanner) count(size int) int { return int(s.number(uint64(len(s.data)/size) + 1)) }

func (s *scanner) text() string {
	n := s.count(1)
	if n > len(s.data) {
		s.wrong, s.data = true, nil
		return ""
	}
	text := string(s.data[:n])
	s.data = s.data[n:]
	return text
}

var (
	errForeign = errors.New("it is no index, or one of another version")
	errBroken  = errors.New("it is damaged")
)

// open checks a header and returns the body and the folder that it is of.
func open(data []byte) (body []byte, folder string, err error) {
	if len(data) < headerSize || string(data[:len(magic)]) != magic || binary.LittleEndian.Uint32(data[len(magic):]) != formatNow {
		return nil, "", errForeign
	}
	body = data[headerSize:]
	if binary.LittleEndian.Uint64(data[len(magic)+8:]) != uint64(len(body)) || binary.LittleEndian.Uint32(data[len(magic)+4:]) != crc32.Checksum(body, castagnoli) {
		return nil, "", errBroken
	}
	s := scanner{data: body}
	folder = s.text()
	if s.wrong {
		return nil, "", errBroken
	}
	return s.data, folder, nil
}

// decode takes over what encode made. After an error the index holds anything.
func (x *Index) decode(data []byte) error {
	body, folder, err := open(data)
	if err != nil {
		return err
	}
	if folder != x.folder {
		return fmt.Errorf("it is that of %s", folder)
	}
	s := &scanner{data: body}
	words := make([]string, 0, s.count(1))
	for range cap(words) {
		words = append(words, s.text())
	}
	if len(words) == 0 || words[0] != "" || s.wrong {
		return errBroken
	}
	x.words, x.ids = words, make(map[string]uint32, len(words))
	for id, word := range words {
		if _, twice := x.ids[word]; twice {
			return errBroken
		}
		x.ids[word] = uint32(id)
	}
	for range s.count(8) {
		f := readFile(s, words)
		if s.wrong || x.files[f.path] != nil || !strings.HasPrefix(f.path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator)) {
			return errBroken
		}
		if x.room(f) {
			x.add(f)
		}
	}
	if s.wrong || len(s.data) > 0 {
		return errBroken
	}
	x.changed = false
	return nil
}

func readFile(s *scanner, words []string) *file {
	const many = 1 << 31
	f := &file{path: s.text(), language: s.text(), size: int64(s.number(1 << 62)), modified: int64(s.number(math.MaxUint64)), doubtful: s.number(2) == 1, packageName: s.word(words)}
	f.symbols = make([]symbol, s.count(6))
	for i := range f.symbols {
		one := symbol{name: s.word(words), of: s.word(words), text: s.word(words), start: uint32(s.number(many)), line: uint32(s.number(many))}
		kind := s.number(uint64(treesitter.DefinitionMethod+1) << 1)
		one.kind, one.exported = treesitter.DefinitionKind(kind>>1), kind&1 == 1
		f.symbols[i] = one
	}
	f.imports = make([]imported, s.count(3))
	for i := range f.imports {
		f.imports[i] = imported{s.word(words), s.word(words), s.word(words)}
	}
	f.annotated = make([]uint32, s.count(1))
	for i := range f.annotated {
		f.annotated[i] = s.word(words)
	}
	return f
}

// How long an index is kept that nobody uses, and one whose folder is gone: it may be on a disk that is not always there.
const (
	keptUnused = 90 * 24 * time.Hour
	keptGone   = 7 * 24 * time.Hour
	keptBroken = 24 * time.Hour // of what is no index, or was being written when the program ended
)

// Prune removes what is of no use any more from a cache directory: indexes unused for long, of folders that are gone, of other versions, and what interrupted writers left. It returns how many
// files it removed.
func Prune(cache string, now time.Time) (removed int, err error) {
	entries, err := os.ReadDir(cache)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("looking for old indexes: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // another process was faster
		}
		path := filepath.Join(cache, e.Name())
		var kept time.Duration
		switch {
		case strings.HasSuffix(e.Name(), ".partial"):
			kept = keptBroken
		case !strings.HasSuffix(e.Name(), suffix):
			continue // not ours
		default:
			kept = keptOf(path)
		}
		if now.Sub(info.ModTime()) > kept && os.Remove(path) == nil {
			removed++
		}
	}
	return removed, nil
}

// keptOf says for how long after its last use an index is kept.
func keptOf(path string) time.Duration {
	f, err := os.Open(path)
	if err != nil {
		return keptUnused
	}
	defer f.Close()
	head := make([]byte, headerSize+4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) || n < headerSize || string(head[:len(magic)]) != magic || binary.LittleEndian.Uint32(head[len(magic):]) != formatNow {
		return keptBroken
	}
	s := scanner{data: head[headerSize:n]}
	folder := s.text()
	if s.wrong {
		return keptBroken
	}
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return keptGone
	}
	return keptUnused
}
