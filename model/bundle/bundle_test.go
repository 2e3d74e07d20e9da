//go:build !windows

package bundle_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/bundle/bundletest"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/onnx"
)

func TestWriteAndOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "bundle")
	contents := bundletest.Contents(t, bundletest.Tiny)
	contents.Meta.Calibration = map[string]bundle.Calibration{"name/go": {Scores: []float64{-1, 2}, Probabilities: []float64{0.1, 0.9}}}
	contents.Meta.Training = json.RawMessage(`{"steps": 3}`)
	if err := bundle.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Tokenizer.Digest() != contents.Tokenizer.Digest() || b.Config != contents.Config || b.Meta.Calibration["name/go"].Scores[1] != 2 {
		t.Errorf("the bundle came back otherwise: %+v %+v", b.Config, b.Meta)
	}
	w, err := b.Weights()
	if err != nil || len(w) != len(contents.Weights) {
		t.Fatalf("%d weights of %d, %v", len(w), len(contents.Weights), err)
	}
	for name, tensor := range w {
		if tensor.DType != onnx.Float16 {
			t.Errorf("%s is %s, want F16", name, tensor.DType)
		}
	}
	g, err := b.Graph(bundle.PrecisionAuto)
	if err != nil || !g.Masked || g.Precision != bundle.PrecisionFP32 || g.Output != bundle.Logits {
		t.Errorf("graph %+v, %v", g, err)
	}
	if _, err := b.Graph(bundle.PrecisionInt8); err == nil || !strings.Contains(err.Error(), "model quantize") {
		t.Errorf("int8 without its graph: %v", err)
	}
	digest, err := b.Digest()
	if err != nil || digest != b.Meta.Digest {
		t.Errorf("digest %s, %v", digest, err)
	}
	// The same digest without our own file.
	if err := os.Remove(filepath.Join(dir, bundle.MetaFile)); err != nil {
		t.Fatal(err)
	}
	plain, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if again, err := plain.Digest(); err != nil || again != digest {
		t.Errorf("computed digest %s, recorded %s, %v", again, digest, err)
	}
}

func TestWriteReplacesBundlesOnly(t *testing.T) {
	dir := bundletest.Dir(t, bundletest.Tiny)
	contents := bundletest.Contents(t, bundletest.Tiny)
	contents.Meta.Name = "second"
	if err := bundle.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(dir)
	if err != nil || b.Meta.Name != "second" {
		t.Fatalf("%v, %v", b, err)
	}
	b.Close()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the bundle there is more: %v, %v", entries, err)
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "thesis.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := bundle.Write(home, contents); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("replacing a directory that is no bundle: %v", err)
	}
	// What cannot be written leaves what was there.
	contents.Config.Heads = 0
	if err := bundle.Write(dir, contents); err == nil {
		t.Error("an impossible configuration was written")
	}
	if b, err = bundle.Open(dir); err != nil || b.Meta.Name != "second" {
		t.Errorf("after a failed write: %v, %v", b, err)
	}
}

// change is one way of breaking a bundle.
type change func(t *testing.T, dir string)

func edit(name string, f func([]byte) []byte) change {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func replace(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(new)) }
}

func without(name string) change {
	return func(t *testing.T, dir string) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte(`{"model_type": "bert"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	link := func(name, target string) change {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			os.Remove(path)
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		}
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	noMeta := without(bundle.MetaFile)
	for _, test := range []struct {
		name    string
		changes []change
		want    string
	}{
		{"no configuration", []change{noMeta, without("config.json")}, "config.json"},
		{"no tokenizer", []change{noMeta, without("tokenizer.json")}, "tokenizer.json"},
		{"no weights", []change{noMeta, without("model.safetensors")}, "neither"},
		{"a file of the list missing", []change{without("model.safetensors")}, "neither"},
		{"a truncated configuration", []change{noMeta, edit("config.json", half)}, "config.json"},
		{"a truncated tokenizer", []change{noMeta, edit("tokenizer.json", half)}, "tokenizer.json"},
		{"a truncated list", []change{edit(bundle.MetaFile, half)}, bundle.MetaFile},
		{"truncated weights", []change{edit("model.safetensors", half)}, "copy the bundle again"},
		{"an edited configuration", []change{edit("config.json", replace(`"num_hidden_layers": 2`, `"num_hidden_layers": 1`))}, "copy the bundle again"},
		{"a newer format", []change{edit(bundle.MetaFile, replace(`"format": 1`, `"format": 2`))}, "update mlm-lsp"},
		{"no format", []change{edit(bundle.MetaFile, replace(`"format": 1`, `"other": 1`))}, "no format version"},
		{"a list with a path", []change{edit(bundle.MetaFile, replace(`"config.json"`, `"../config.json"`))}, bundle.MetaFile},
		{"a foreign model", []change{noMeta, edit("config.json", replace(`"modernbert"`, `"gpt2"`))}, "gpt2"},
		{"a tokenizer of another model", []change{noMeta, edit("config.json", replace(`"vocab_size": 400`, `"vocab_size": 200`))}, "different models"},
		{"a link that leads out", []change{noMeta, link("config.json", outside)}, "outside"},
		{"a link upwards", []change{noMeta, link("model.safetensors", "../../secret")}, "outside"},
		{"a directory for a file", []change{noMeta, without("config.json"), func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, "config.json"), 0o755); err != nil {
				t.Fatal(err)
			}
		}}, "not a plain file"},
		{"a pipe that nobody writes to", []change{noMeta, without("config.json"), func(t *testing.T, dir string) {
			if err := syscall.Mkfifo(filepath.Join(dir, "config.json"), 0o644); err != nil {
				t.Fatal(err)
			}
		}}, "not a plain file"},
		{"a huge configuration", []change{noMeta, func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "config.json"), 1<<40); err != nil {
				t.Fatal(err)
			}
		}}, "more than"},
		{"a bad mixture", []change{edit(bundle.MetaFile, replace(`"languages"`, `"mixture": {"pointer": 1.5}, "languages"`))}, "mixture"},
		{"a bad calibration", []change{edit(bundle.MetaFile, replace(`"languages"`, `"calibration": {"x/*": {"scores": [2, 1], "probabilities": [0, 1]}}, "languages"`))}, "do not ascend"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := bundletest.Dir(t, bundletest.Tiny)
			for _, c := range test.changes {
				c(t, dir)
			}
			b, err := bundle.Open(dir)
			if err == nil {
				b.Close()
				t.Fatal("the bundle was opened")
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "loading bundle") {
				t.Errorf("error = %v, want one that says %q", err, test.want)
			}
		})
	}
	for _, path := range []string{outside, filepath.Join(t.TempDir(), "absent")} {
		if _, err := bundle.Open(path); err == nil || !strings.Contains(err.Error(), "directory") {
			t.Errorf("Open(%s) = %v", path, err)
		}
	}
}

// TestGraphRefuses breaks the files that are read after Open.
func TestGraphRefuses(t *testing.T) {
	graph := func(build func(g *onnx.Graph)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			g := onnx.NewGraph("foreign")
			build(g)
			model, err := g.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(dir, "onnx"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, bundle.GraphFile), model, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name   string
		change change
		want   string
	}{
		{"weights that were changed in place", edit("model.safetensors", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), "sha256"},
		{"a text for a graph", func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "onnx"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, bundle.GraphFile), []byte("version https://git-lfs.github.com/spec/v1"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, bundle.GraphFile},
		{"an image classifier", graph(func(g *onnx.Graph) {
			x := g.Input("image", onnx.Float32, 1, 3, 224, 224)
			g.Output(g.Op("Relu", []string{x}), onnx.Float32, 1, 3, 224, 224)
		}), "image"},
		{"a model without a mask", graph(func(g *onnx.Graph) {
			x := g.Input("input_ids", onnx.Int64, "b", "t")
			g.Output(x, onnx.Int64, "b", "t")
		}), "attention_mask"},
		{"an encoder without a head", graph(func(g *onnx.Graph) {
			g.Input("input_ids", onnx.Int64, "b", "t")
			x := g.Input("attention_mask", onnx.Int64, "b", "t")
			y := g.Op("Cast", []string{x}, onnx.IntAttr("to", int64(onnx.Float32)))
			g.Output(y, onnx.Float32, "b", "t")
		}), "no masked language model"},
		{"names without what is made of them", graph(func(g *onnx.Graph) {
			for _, name := range []string{"input_ids", "attention_mask", "masked_positions", "name_positions"} {
				g.Input(name, onnx.Int64, "n")
			}
			g.Rename(g.Op("Cast", []string{"input_ids"}, onnx.IntAttr("to", int64(onnx.Float32))), "logits")
			g.Output("logits", onnx.Float32, "m", 10)
		}), "pointer_key"},
		{"sites without what is made of them", graph(func(g *onnx.Graph) {
			for _, name := range []string{"input_ids", "attention_mask", "masked_positions", "site_positions"} {
				g.Input(name, onnx.Int64, "n")
			}
			g.Rename(g.Op("Cast", []string{"input_ids"}, onnx.IntAttr("to", int64(onnx.Float32))), "logits")
			g.Output("logits", onnx.Float32, "m", 10)
		}), "detect"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := bundletest.Dir(t, bundletest.Tiny)
			test.change(t, dir)
			b, err := bundle.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if _, err := b.Graph(bundle.PrecisionFP32); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one that says %q", err, test.want)
			}
		})
	}
	b := bundletest.Open(t, bundletest.Tiny)
	if _, err := b.Graph("fp16"); err == nil || !strings.Contains(err.Error(), "unknown precision") {
		t.Errorf("fp16: %v", err)
	}
}

func TestDefault(t *testing.T) {
	b, err := bundle.Default()
	if errors.Is(err, bundle.ErrNoDefault) {
		return // a build without one is allowed, and says so
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Graph(bundle.PrecisionAuto); err != nil {
		t.Error(err)
	}
	if size := b.Size(bundle.Int8File) + b.Size(bundle.WeightsFile); size > 40<<20 {
		t.Errorf("the embedded model has %d bytes, more than 40 MiB", size)
	}
}

// FuzzOpen puts arbitrary bytes in the place of each file.
func FuzzOpen(f *testing.F) {
	dir := bundletest.Dir(f, bundletest.Tiny)
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	names := []string{bundle.ConfigFile, bundle.TokenizerFile, bundle.MetaFile, bundle.WeightsFile, bundle.GraphFile}
	for i, name := range names[:4] {
		f.Add(uint8(i), files[name].Data)
	}
	f.Add(uint8(4), []byte{0x3a, 0x02, 0x2a, 0x00})
	f.Add(uint8(3), []byte("\x40\x00\x00\x00\x00\x00\x00\x00{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999,99999999],\"data_offsets\":[0,4]}}"))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		name := names[int(which)%len(names)]
		broken := fstest.MapFS{}
		for path, file := range files {
			if name == bundle.MetaFile || path != bundle.MetaFile {
				broken[path] = file
			}
		}
		broken[name] = &fstest.MapFile{Data: data}
		b, err := bundle.OpenFS(broken, "fuzz")
		if err != nil {
			return
		}
		if _, err := b.Graph(bundle.PrecisionFP32); err != nil {
			return
		}
		if _, err := b.Digest(); err != nil {
			t.Error(err)
		}
	})
}

// TestNGrams: a bundle has the n-grams that it was written with, then others, beside the same model; what is no file of n-grams is an error that names it.
func TestNGrams(t *testing.T) {
	grams := func(word string) *ngram.Model {
		t.Helper()
		m, err := ngram.New([]ngram.Family{{Name: "go", Known: 1}}, []ngram.Gram{{Key: ngram.Root("go").Next(ngram.TokenOf(word)), Nats: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	dir := filepath.Join(t.TempDir(), "bundle")
	contents := bundletest.Contents(t, bundletest.Tiny)
	if err := bundle.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	digest := ""
	for _, want := range []string{"", "first", "second"} {
		if want != "" {
			if err := bundle.PutNGrams(dir, grams(want)); err != nil {
				t.Fatal(err)
			}
		}
		b, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.NGrams()
		if err != nil || (m == nil) != (want == "") || m != nil && (!m.Known("go", want) || m.Known("go", "first") != (want == "first")) {
			t.Errorf("with %q: %v, %v", want, m, err)
		}
		if d, err := b.Digest(); err != nil || digest != "" && d != digest {
			t.Errorf("with %q the model's digest is another, %v", want, err)
		} else {
			digest = d
		}
		b.Close()
	}
	contents.NGrams = grams("third")
	if err := bundle.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	if err := bundle.ChangeMeta(dir, func(m *bundle.Meta) { delete(m.Files, bundle.NGramFile) }); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if m, err := b.NGrams(); err != nil || !m.Known("go", "third") {
		t.Errorf("written with the bundle, and not listed: %v", err)
	}
	path := filepath.Join(dir, bundle.NGramFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-1] ^= 1
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := b.NGrams(); err == nil || !strings.Contains(err.Error(), bundle.NGramFile) {
		t.Errorf("changed n-grams are read: %v", err)
	}
	if err := bundle.PutNGrams(t.TempDir(), grams("x")); err == nil {
		t.Error("n-grams were put where there is no bundle")
	}
}

// TestTables: a table comes back as it was, whatever the white space in it, and takes one line of the file.
func TestTables(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	contents := bundletest.Contents(t, bundletest.Tiny)
	contents.Meta.Rank = json.RawMessage("{\"a\": [\n1,\n 2.50, \"x  y\"]}")
	if err := bundle.Write(dir, contents); err != nil {
		t.Fatal(err)
	}
	for _, combiner := range []string{"", `{"b":1}`} {
		if combiner != "" {
			if err := bundle.ChangeMeta(dir, func(m *bundle.Meta) { m.Combiner = json.RawMessage(combiner) }); err != nil {
				t.Fatal(err)
			}
		}
		b, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(b.Meta.Rank); got != `{"a":[1,2.50,"x  y"]}` || string(b.Meta.Combiner) != combiner {
			t.Errorf("%s and %s, want %s", got, b.Meta.Combiner, combiner)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := bundle.ChangeMeta(dir, func(m *bundle.Meta) { m.Rank = json.RawMessage("{") }); err == nil {
		t.Error("what is no JSON was written")
	}
}
