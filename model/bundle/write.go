package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"mlm-lsp/codetok"
	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/onnx"
)

// Contents is what Write makes a bundle of. Meta's format, digest and list of
// files are filled in.
type Contents struct {
	Config    onnx.Config
	Tokenizer *codetok.Tokenizer
	Meta      Meta
	// Weights become model.safetensors; nil leaves it out, for a bundle that
	// only holds a graph. With Half, tensors of F32 are written as F16.
	Weights onnx.Weights
	Half    bool
	// Int8 and FP32 are the graphs to store; nil leaves them out. The fp32
	// graph is left out of own models, since it is built from the weights.
	Int8, FP32 *onnx.Graph
	// NGrams are those of a corpus; nil leaves them out.
	NGrams *ngram.Model
}

// Write makes the bundle dir. It is written beside dir and renamed into place;
// a bundle that is there already is replaced, any other directory with
// something in it is an error.
func Write(dir string, c Contents) error {
	if err := write(dir, c); err != nil {
		return fmt.Errorf("writing bundle %s: %w", dir, err)
	}
	return nil
}

func write(dir string, c Contents) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := checkReplaceable(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	stage, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	if err := os.Chmod(stage, 0o755); err != nil {
		return err
	}
	if err := writeInto(stage, c); err != nil {
		return err
	}
	return replace(stage, dir)
}

// checkReplaceable refuses to replace what is no bundle.
func checkReplaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, MetaFile)); err != nil && len(entries) > 0 {
		return fmt.Errorf("the directory is not empty and holds no %s: name a new directory", MetaFile)
	}
	return nil
}

func writeInto(dir string, c Contents) error {
	config, err := c.Config.Marshal()
	if err != nil {
		return err
	}
	files := map[string]func(io.Writer) error{
		ConfigFile:    func(w io.Writer) error { _, err := w.Write(config); return err },
		TokenizerFile: c.Tokenizer.Write,
	}
	if c.Weights != nil {
		weights := c.Weights
		if c.Half {
			weights = half(weights)
		}
		files[WeightsFile] = func(w io.Writer) error {
			return onnx.WriteSafetensors(w, weights, map[string]string{"format": "pt"})
		}
	}
	for name, g := range map[string]*onnx.Graph{GraphFile: c.FP32, Int8File: c.Int8} {
		if g == nil {
			continue
		}
		model, err := g.Marshal()
		if err != nil {
			return err
		}
		files[name] = func(w io.Writer) error { _, err := w.Write(model); return err }
	}
	if c.NGrams != nil {
		files[NGramFile] = c.NGrams.Write
	}
	if c.FP32 != nil || c.Int8 != nil {
		if err := os.Mkdir(filepath.Join(dir, "onnx"), 0o755); err != nil {
			return err
		}
	}
	meta := c.Meta
	meta.Format, meta.Files = FormatVersion, map[string]FileInfo{}
	for name, content := range files {
		info, err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), content)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		meta.Files[name] = info
	}
	meta.Digest = digestOf(meta.Files)
	if meta.Languages == nil {
		meta.Languages = []string{}
	}
	_, err = writeFile(filepath.Join(dir, MetaFile), func(w io.Writer) error { return encodeMeta(w, meta) })
	return err
}

// PutNGrams makes m the n-grams of the bundle in a directory, and leaves the rest of it alone; the model's digest stays. At each moment the directory holds a bundle that opens,
// with the old n-grams, none, or the new ones.
func PutNGrams(dir string, m *ngram.Model) error {
	if err := putNGrams(dir, m); err != nil {
		return fmt.Errorf("writing n-grams into bundle %s: %w", dir, err)
	}
	return nil
}

func putNGrams(dir string, m *ngram.Model) error {
	b, err := Open(dir)
	if err != nil {
		return err
	}
	meta := b.Meta
	if err := b.Close(); err != nil {
		return err
	}
	if meta.Format == 0 {
		return fmt.Errorf("it holds no %s: make a bundle of it with mlm-lsp model import", MetaFile)
	}
	if _, ok := meta.Files[NGramFile]; ok {
		delete(meta.Files, NGramFile)
		if err := putMeta(dir, meta); err != nil {
			return err
		}
	}
	path := filepath.Join(dir, NGramFile)
	if err := wholefile.Write(path, m.Write); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if meta.Files[NGramFile], err = describe(f); err != nil {
		return err
	}
	return putMeta(dir, meta)
}

// ChangeMeta writes a bundle's mlm-lsp.json with a change, which must not touch what the file says of the others.
func ChangeMeta(dir string, change func(*Meta)) error {
	text, err := os.ReadFile(filepath.Join(dir, MetaFile))
	if err != nil {
		return fmt.Errorf("writing into bundle %s: %w: name a bundle's directory", dir, err)
	}
	var meta Meta
	if err := json.Unmarshal(text, &meta); err != nil {
		return fmt.Errorf("writing into bundle %s: %s: %w", dir, MetaFile, err)
	}
	change(&meta)
	if err := putMeta(dir, meta); err != nil {
		return fmt.Errorf("writing into bundle %s: %w", dir, err)
	}
	return nil
}

func putMeta(dir string, meta Meta) error {
	return wholefile.Write(filepath.Join(dir, MetaFile), func(w io.Writer) error { return encodeMeta(w, meta) })
}

// encodeMeta writes what people read with a line for each value, and behind it each table in a line of its own: with a line for each number they are five times as large, and
// whoever opens the bundle waits for that.
func encodeMeta(w io.Writer, meta Meta) error {
	tables := []struct {
		key  string
		text json.RawMessage
	}{{"rank", meta.Rank}, {"combiner", meta.Combiner}}
	meta.Rank, meta.Combiner = nil, nil
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return err
	}
	out := bytes.NewBuffer(bytes.TrimSuffix(text, []byte("\n}"))) // it holds a format at least
	for _, t := range tables {
		if len(t.text) == 0 {
			continue
		}
		fmt.Fprintf(out, ",\n  %q: ", t.key)
		if err := json.Compact(out, t.text); err != nil {
			return fmt.Errorf("%s: %w", t.key, err)
		}
	}
	out.WriteString("\n}\n")
	_, err = w.Write(out.Bytes())
	return err
}

// half turns F32 tensors into F16.
func half(w onnx.Weights) onnx.Weights {
	out := make(onnx.Weights, len(w))
	for name, t := range w {
		if t.DType == onnx.Float32 {
			t = t.Half()
		}
		out[name] = t
	}
	return out
}

// writeFile writes a new file, flushes it to the disk, and describes it.
func writeFile(path string, content func(io.Writer) error) (FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return FileInfo{}, err
	}
	defer f.Close()
	if err := content(f); err != nil {
		return FileInfo{}, err
	}
	if err := f.Sync(); err != nil {
		return FileInfo{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return FileInfo{}, err
	}
	info, err := describe(f)
	return info, errors.Join(err, f.Close())
}

// replace renames stage to dir. A directory cannot be renamed over another, so
// the old one steps aside, and comes back when the second rename fails.
func replace(stage, dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
		return os.Rename(stage, dir)
	}
	aside, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-old-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	old := filepath.Join(aside, "old")
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	if err := os.Rename(stage, dir); err != nil {
		return errors.Join(err, os.Rename(old, dir))
	}
	return nil
}
