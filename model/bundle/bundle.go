// Package bundle reads and writes model bundles: directories in the Hugging
// Face layout with a file of our own beside the checkpoint.
//
//	config.json  tokenizer.json  model.safetensors   the checkpoint
//	onnx/model.onnx  onnx/model_int8.onnx            the served graphs
//	ngram.bin                                        the n-grams of a corpus (model/ngram), or nothing
//	mlm-lsp.json                                     what a checkpoint does not say
//
// Invariants:
//   - A bundle is data from outside. Nothing is read that lies outside its
//     directory: links that lead out are refused, and so are graphs that keep
//     their weights in other files. No size in a file is believed before the
//     file has as many bytes.
//   - What mlm-lsp.json says of a file (size and sha256) holds, or reading the
//     file is an error.
//   - A bundle never changes after Open; its methods may be called from several
//     goroutines.
//   - Write leaves a whole bundle or what was there before.
package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"mlm-lsp/codetok"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/onnx"
)

// FormatVersion is the version of mlm-lsp.json that this program writes. It
// reads this one and no newer.
const FormatVersion = 1

// The names of the files of a bundle.
const (
	ConfigFile    = "config.json"
	TokenizerFile = "tokenizer.json"
	WeightsFile   = "model.safetensors"
	GraphFile     = "onnx/model.onnx"
	Int8File      = "onnx/model_int8.onnx"
	NGramFile     = "ngram.bin"
	MetaFile      = "mlm-lsp.json"
)

// contentFiles are the files that decide what a bundle predicts, in the order
// in which the digest takes them.
var contentFiles = []string{ConfigFile, TokenizerFile, WeightsFile, GraphFile, Int8File}

// sizeLimits bound what is read into memory. A protocol buffer ends at 2 GiB.
var sizeLimits = map[string]int64{
	ConfigFile:    1 << 20,
	TokenizerFile: 256 << 20,
	WeightsFile:   8 << 30,
	GraphFile:     2<<30 - 1,
	Int8File:      2<<30 - 1,
	NGramFile:     1 << 30,
	MetaFile:      64 << 20,
}

// Meta is mlm-lsp.json.
type Meta struct {
	Format    int      `json:"format"`
	Name      string   `json:"name,omitempty"`
	Digest    string   `json:"digest"`    // see Bundle.Digest
	Languages []string `json:"languages"` // what it was trained on, best known first
	// Files holds size and sha256 of the other files of the bundle.
	Files map[string]FileInfo `json:"files"`
	// Calibration maps "kind/language" (either may be "*") to the table that
	// turns a score into a probability.
	Calibration map[string]Calibration `json:"calibration,omitempty"`
	// Mixture says how a candidate's two scores become one where the model has a
	// pointer head; nil means DefaultMixture.
	Mixture *Mixture `json:"mixture,omitempty"`
	// Rank is what package suspect judges with (model/rank's Table), fitted with this model; absent: the built-in one.
	Rank json.RawMessage `json:"rank,omitempty"`
	// Combiner is what completions are ranked with (model/rank's Combiner), fitted with this model; absent: the built-in one.
	Combiner json.RawMessage `json:"combiner,omitempty"`
	// Training and Evaluation are records for people and reports: nothing here
	// depends on what they hold.
	Training   json.RawMessage `json:"training,omitempty"`
	Evaluation json.RawMessage `json:"evaluation,omitempty"`
}

// FileInfo describes one file of a bundle.
type FileInfo struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Mixture joins what the pointer head and the vocabulary head say of a name:
// log(Pointer * P_pointer + (1 - Pointer) * P_vocabulary), as in pointer sentinel
// mixtures (Merity et al. 2016) with a gate that is a constant. P_vocabulary is
// the geometric mean of the name's subwords' probabilities.
type Mixture struct {
	Pointer float64 `json:"pointer"` // within 0 and 1
}

// DefaultMixture is that of bundles which do not say.
var DefaultMixture = Mixture{Pointer: 0.5}

// Calibration is a monotone, piecewise linear table: a score of Scores[i] is
// right with probability Probabilities[i]. Scores ascend.
type Calibration struct {
	Scores        []float64 `json:"scores"`
	Probabilities []float64 `json:"probabilities"`
}

// Bundle is an opened model bundle.
type Bundle struct {
	// Name says where the bundle is: its directory, or "default".
	Name      string
	Config    onnx.Config
	Tokenizer *codetok.Tokenizer
	Meta      Meta

	fsys   fs.FS
	close  func() error
	sizes  map[string]int64 // of the files that are there
	digest func() (string, error)
}

// ErrNoDefault is returned by Default in a program that was built without one.
var ErrNoDefault = errors.New("this build has no embedded model: name a bundle with --model")

// Open reads the bundle in a directory: its configuration and its tokenizer at
// once, its weights and graphs when they are asked for. Every error names the
// file and the cause.
func Open(dir string) (*Bundle, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w: --model names a directory with config.json, tokenizer.json and weights", dir, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("loading bundle %s: it is a file: --model names the directory around it", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", dir, err)
	}
	b, err := OpenFS(root.FS(), dir)
	if err != nil {
		root.Close()
		return nil, err
	}
	b.close = root.Close
	return b, nil
}

// OpenFS is Open for a file system; name stands for it in errors. The file
// system must not follow links out of the bundle, as os.Root's does not.
func OpenFS(fsys fs.FS, name string) (*Bundle, error) {
	b := &Bundle{Name: name, fsys: fsys, sizes: map[string]int64{}, close: func() error { return nil }}
	if err := b.open(); err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", name, err)
	}
	return b, nil
}

func (b *Bundle) open() error {
	for _, name := range append([]string{MetaFile, NGramFile}, contentFiles...) {
		info, err := fs.Stat(b.fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: a bundle may not lead outside its directory; copy it with its links resolved (cp -rL)", err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a plain file", name)
		}
		if limit := sizeLimits[name]; info.Size() > limit {
			return fmt.Errorf("%s has %d bytes, more than the %d that such a file can have", name, info.Size(), limit)
		}
		b.sizes[name] = info.Size()
	}
	for _, name := range []string{ConfigFile, TokenizerFile} {
		if !b.Has(name) {
			return fmt.Errorf("%s: %w: is this the directory of a model?", name, fs.ErrNotExist)
		}
	}
	if !b.Has(WeightsFile) && !b.Has(GraphFile) && !b.Has(Int8File) {
		return fmt.Errorf("there is neither %s nor %s", WeightsFile, GraphFile)
	}
	if err := b.readMeta(); err != nil {
		return fmt.Errorf("%s: %w", MetaFile, err)
	}
	for name, info := range b.Meta.Files {
		if !b.Has(name) {
			return fmt.Errorf("%s: %w: %s lists it; copy the bundle again", name, fs.ErrNotExist, MetaFile)
		}
		if size := b.sizes[name]; size != info.Size {
			return fmt.Errorf("%s has %d bytes, not %d: it is not the file that was written; copy the bundle again", name, size, info.Size)
		}
	}
	text, err := b.read(ConfigFile)
	if err != nil {
		return err
	}
	if b.Config, err = onnx.ParseConfig(text); err != nil {
		return err
	}
	text, err = b.read(TokenizerFile)
	if err != nil {
		return err
	}
	if b.Tokenizer, err = codetok.Read(bytes.NewReader(text)); err != nil {
		return fmt.Errorf("%s: %w", TokenizerFile, err)
	}
	if err := b.checkTokenizer(); err != nil {
		return fmt.Errorf("%s: %w", TokenizerFile, err)
	}
	b.digest = sync.OnceValues(b.computeDigest)
	return nil
}

// checkTokenizer sees to it that no id leads outside the embedding table, and
// that a mask can be asked about at all.
func (b *Bundle) checkTokenizer() error {
	if n, rows := b.Tokenizer.Size(), b.Config.VocabSize; n > rows {
		return fmt.Errorf("it has %d entries, but %s gives the model %d: they belong to different models", n, ConfigFile, rows)
	}
	if b.Tokenizer.Special().MASK < 0 {
		return errors.New("it has no mask token: this is not a masked language model")
	}
	return nil
}

func (b *Bundle) readMeta() error {
	if !b.Has(MetaFile) {
		return nil // a plain checkpoint
	}
	text, err := b.read(MetaFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &b.Meta); err != nil {
		return err
	}
	switch m := &b.Meta; {
	case m.Format < 1:
		return fmt.Errorf("it has no format version")
	case m.Format > FormatVersion:
		return fmt.Errorf("format %d is newer than %d, the one this program reads: update mlm-lsp", m.Format, FormatVersion)
	case m.Digest != digestOf(m.Files):
		return errors.New("the digest does not fit the list of files")
	}
	for name := range b.Meta.Files {
		if _, ok := sizeLimits[name]; !ok || name == MetaFile {
			return fmt.Errorf("%q is no file of a bundle", name)
		}
	}
	if m := b.Meta.Mixture; m != nil && !(0 <= m.Pointer && m.Pointer <= 1) {
		return fmt.Errorf("the pointer's part of the mixture is %v, not within 0 and 1", m.Pointer)
	}
	for key, c := range b.Meta.Calibration {
		if err := c.check(); err != nil {
			return fmt.Errorf("calibration %q: %w", key, err)
		}
	}
	return nil
}

func (c Calibration) check() error {
	if len(c.Scores) == 0 || len(c.Scores) != len(c.Probabilities) {
		return fmt.Errorf("%d scores and %d probabilities", len(c.Scores), len(c.Probabilities))
	}
	for i := range c.Scores {
		if i > 0 && !(c.Scores[i] > c.Scores[i-1]) {
			return errors.New("the scores do not ascend")
		}
		if p := c.Probabilities[i]; !(0 <= p && p <= 1) || i > 0 && p < c.Probabilities[i-1] {
			return errors.New("the probabilities do not ascend within 0 and 1")
		}
	}
	return nil
}

// Has says whether the bundle holds a file.
func (b *Bundle) Has(name string) bool {
	_, ok := b.sizes[name]
	return ok
}

// Size is the number of bytes of a file, 0 when it is not there.
func (b *Bundle) Size(name string) int64 { return b.sizes[name] }

// Close frees the directory. The bundle's weights and graphs can then no
// longer be read; what was read stays.
func (b *Bundle) Close() error { return b.close() }

// read returns a file whole, and its error names the file. A file that grew or
// shrank since Open, or that differs from what mlm-lsp.json says, is an error.
func (b *Bundle) read(name string) ([]byte, error) {
	size, ok := b.sizes[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	f, err := b.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if n, _ := f.Read(make([]byte, 1)); n > 0 {
		return nil, fmt.Errorf("%s grew while it was read", name)
	}
	if info, ok := b.Meta.Files[name]; ok {
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != info.SHA256 {
			return nil, fmt.Errorf("%s is not the file that was written (its sha256 is another): copy the bundle again", name)
		}
	}
	return data, nil
}

// Digest identifies what the bundle predicts: a sha256 (hex) over the names and
// the sha256 of config, tokenizer, weights and graphs. It is read from
// mlm-lsp.json, or computed once for a bundle without it.
func (b *Bundle) Digest() (string, error) {
	digest, err := b.digest()
	if err != nil {
		return "", fmt.Errorf("digesting bundle %s: %w", b.Name, err)
	}
	return digest, nil
}

func (b *Bundle) computeDigest() (string, error) {
	if b.Meta.Digest != "" {
		return b.Meta.Digest, nil
	}
	files := map[string]FileInfo{}
	for _, name := range contentFiles {
		if !b.Has(name) {
			continue
		}
		f, err := b.fsys.Open(name)
		if err != nil {
			return "", err
		}
		info, err := describe(f)
		f.Close()
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		files[name] = info
	}
	return digestOf(files), nil
}

func digestOf(files map[string]FileInfo) string {
	h := sha256.New()
	for _, name := range contentFiles {
		if info, ok := files[name]; ok {
			fmt.Fprintf(h, "%s %s\n", name, info.SHA256)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func describe(r io.Reader) (FileInfo, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return FileInfo{Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// Weights reads the checkpoint.
func (b *Bundle) Weights() (onnx.Weights, error) {
	data, err := b.read(WeightsFile)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", b.Name, err)
	}
	w, err := onnx.ParseSafetensors(data)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %s: %w", b.Name, WeightsFile, err)
	}
	return w, nil
}

// NGrams reads the n-grams of a corpus; nil when the bundle has none.
func (b *Bundle) NGrams() (*ngram.Model, error) {
	if !b.Has(NGramFile) {
		return nil, nil
	}
	data, err := b.read(NGramFile)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", b.Name, err)
	}
	read := ngram.Read
	if _, listed := b.Meta.Files[NGramFile]; listed { // then its checksum was compared
		read = ngram.ReadCompared
	}
	m, err := read(data)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %s: %w", b.Name, NGramFile, err)
	}
	return m, nil
}
