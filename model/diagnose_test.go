package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/bundle/bundletest"
	"mlm-lsp/model/onnx"
	"mlm-lsp/model/ort/orttest"
)

func TestSamplesAskWhatTheyHold(t *testing.T) {
	for _, s := range samples {
		q, want := s.gap()
		if strings.Count(s.text, "«") != 1 || !slices.Contains(s.choices, want) || q.Before+want+q.After != s.plain() {
			t.Errorf("sample %q asks for %q among %v", s.text, want, s.choices)
		}
	}
}

func TestDiagnose(t *testing.T) {
	lib := orttest.Library(t)
	d := Diagnose(t.Context(), DiagnoseOptions{
		Library: lib.Path,
		Open:    func() (*bundle.Bundle, error) { return bundle.Open(bundletest.Dir(t, bundletest.Tiny)) },
	})
	if d.Library == nil || d.Bundle == nil || d.Bundle.Parameters == 0 || d.Device.Used != "cpu" || d.Latency == nil || d.Latency.P50 <= 0 || d.Latency.P95 < d.Latency.P50 {
		t.Errorf("%+v", d)
	}
	if len(d.SelfTest) != 3 || d.SelfTest[0].Want != "<" || d.SelfTest[0].Probability <= 0 {
		t.Errorf("self-test %+v", d.SelfTest)
	}
	if d.Agreement == nil || d.Agreement.Sites < 100 || d.Agreement.Top1 < 0.5 {
		t.Errorf("agreement %+v", d.Agreement)
	}
	if !slices.ContainsFunc(d.Devices, func(s DeviceState) bool { return s.Name == "cpu" && s.Usable }) {
		t.Errorf("devices %+v", d.Devices)
	}
	// Nothing works: everything is said, nothing fails.
	d = Diagnose(t.Context(), DiagnoseOptions{
		Library: filepath.Join(t.TempDir(), "absent.so"),
		Open:    func() (*bundle.Bundle, error) { return nil, errors.New("no bundle") },
	})
	if n := len(d.Problems); n < 2 || d.Library != nil || d.Bundle != nil {
		t.Errorf("%+v", d)
	}
}

func TestBench(t *testing.T) {
	results, err := Bench(t.Context(), orttest.Library(t), bundletest.Open(t, bundletest.Tiny), BenchOptions{Lengths: []int{32, 64, 4096}, Rounds: 2})
	if err != nil {
		t.Fatal(err)
	}
	// Two precisions of two lengths; the third is longer than the model's window.
	if len(results) != 4 || results[0].Precision != bundle.PrecisionFP32 || results[1].Precision != bundle.PrecisionInt8 || results[3].Subwords != 64 {
		t.Errorf("%+v", results)
	}
}

// int8Tolerance bounds how far the company of a query may move a log-probability
// in int8. Rows have scales of their own, so that only a rounding of fp32 that
// falls on the other side of a step of int8 can; measured, none did.
const int8Tolerance = 0.05

// TestInt8BatchInvariance is TestBatchInvariance for the precision that ships.
func TestInt8BatchInvariance(t *testing.T) {
	dir := bundletest.Dir(t, bundletest.Tiny)
	if _, err := Quantize(dir, dir); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	checkInvariance(t, b)
}

// TestDefaultBatchInvariance is the same for the bundle that ships.
func TestDefaultBatchInvariance(t *testing.T) {
	b, err := bundle.Default()
	if errors.Is(err, bundle.ErrNoDefault) {
		return // this build has none
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	checkInvariance(t, b)
}

func checkInvariance(t *testing.T, b *bundle.Bundle) {
	t.Helper()
	m, err := Open(orttest.Library(t), b, Options{CacheSize: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Info().Precision != bundle.PrecisionInt8 {
		t.Fatalf("%s answers, not int8", m.Info().Precision)
	}
	var qs []Query
	for n := range 3 {
		before, after := bundletest.Gap(t, "price", n)
		qs = append(qs, Query{Language: "go", Before: before, After: after, Choices: someChoices},
			Query{Before: before[len(before)/2:], After: after[:len(after)/3], Choices: []string{"<", "<=", "sum"}})
	}
	together, err := m.Predict(t.Context(), qs)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, q := range qs {
		alone, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range alone[0].Candidates {
			at := slices.IndexFunc(together[i].Candidates, func(o Candidate) bool { return o.Text == c.Text })
			worst = max(worst, math.Abs(c.LogProb-together[i].Candidates[at].LogProb))
		}
	}
	t.Logf("the largest difference of a log-probability is %g", worst)
	if worst > int8Tolerance {
		t.Errorf("a log-probability differs by %g between alone and in a batch", worst)
	}
}

func TestQuantizeBundle(t *testing.T) {
	dir, out := bundletest.Dir(t, bundletest.Tiny), filepath.Join(t.TempDir(), "out")
	q, err := Quantize(dir, out)
	if err != nil || q.Before <= 0 || q.After <= 0 {
		t.Fatalf("%+v, %v", q, err)
	}
	b, err := bundle.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if !b.Has(bundle.Int8File) || !b.Has(bundle.WeightsFile) || b.Meta.Name != "random" {
		t.Errorf("%+v", b.Meta)
	}
	if _, err := Quantize(filepath.Join(dir, "absent"), out); err == nil {
		t.Error("quantizing nothing succeeded")
	}
}

// checkpoint writes a RoBERTa checkpoint as transformers does: fp32 weights with
// tensors that the bundle has no use for, and, with slow, the two files of the
// slow tokenizer.
func checkpoint(t *testing.T, slow bool) string {
	t.Helper()
	dir := t.TempDir()
	config := `{"model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "vocab_size": 266, "hidden_size": 16, "intermediate_size": 32,
		"num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 66, "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5,
		"hidden_act": "gelu", "transformers_version": "4.40.0"}`
	parsed, err := onnx.ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	weights := onnx.InitWeights(parsed, 3)
	weights["roberta.pooler.dense.bias"] = onnx.FloatTensor(make([]float32, 16), 16)
	if err := wholefile.Write(filepath.Join(dir, "model.safetensors"), func(w io.Writer) error { return onnx.WriteSafetensors(w, weights, nil) }); err != nil {
		t.Fatal(err)
	}
	// The byte-level alphabet: the printable bytes stand for themselves, the
	// others for the letters from 256 on.
	vocab := []string{"<s>", "<pad>", "</s>", "<unk>"}
	next := 256
	for b := range 256 {
		switch {
		case '!' <= b && b <= '~', 0xa1 <= b && b <= 0xac, 0xae <= b:
			vocab = append(vocab, string(rune(b)))
		default:
			vocab = append(vocab, string(rune(next)))
			next++
		}
	}
	vocab = append(vocab, "in", "re", "<mask>")
	quoted := make([]string, len(vocab))
	for i, v := range vocab {
		name, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		quoted[i] = fmt.Sprintf("%s: %d", name, i)
	}
	files := map[string]string{"config.json": config, "vocab.json": "{" + strings.Join(quoted, ", ") + "}", "merges.txt": "#version: 0.2\ni n\nr e\n"}
	if !slow {
		text, err := composeTokenizer([]byte(files["vocab.json"]), []byte(files["merges.txt"]))
		if err != nil {
			t.Fatal(err)
		}
		delete(files, "vocab.json")
		delete(files, "merges.txt")
		files["tokenizer.json"] = string(text)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestImport(t *testing.T) {
	for _, slow := range []bool{false, true} {
		dir, out := checkpoint(t, slow), filepath.Join(t.TempDir(), "out")
		if err := Import(dir, out, ImportOptions{Languages: []string{"python"}}); err != nil {
			t.Fatal(err)
		}
		b, err := bundle.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Config.ModelType != "roberta" || !b.Has(bundle.Int8File) || b.Tokenizer.Special().MASK < 0 {
			t.Errorf("%+v %+v", b.Config, b.Tokenizer.Special())
		}
		for _, precision := range []bundle.Precision{bundle.PrecisionFP32, bundle.PrecisionInt8} {
			m, err := Open(orttest.Library(t), b, Options{Precision: precision})
			if err != nil {
				t.Fatal(err)
			}
			// The gap stands behind a space, which RoBERTa's tokenizer glues to a word.
			ps, err := m.Predict(t.Context(), []Query{
				{Before: "for x ", After: " range(3):", Choices: []string{"in", "re", "is"}},
				{Before: "for x ", After: " range(3):", TopK: 3, Prefix: "i", MaxSubwords: 2},
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(ps[0].Candidates) != 3 {
				t.Errorf("%v", ps[0])
			}
			for _, c := range ps[1].Candidates {
				if !strings.HasPrefix(c.Text, "i") {
					t.Errorf("generated %q for the prefix i", c.Text)
				}
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestImportRefuses(t *testing.T) {
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	write := func(name, text string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) }
	}
	for _, test := range []struct {
		change func(dir string) error
		want   string
	}{
		{remove("model.safetensors"), "name the directory"},
		{func(dir string) error {
			return os.Rename(filepath.Join(dir, "model.safetensors"), filepath.Join(dir, "pytorch_model.bin"))
		}, "save_pretrained"},
		{remove("tokenizer.json"), "merges.txt"},
		{remove("config.json"), "config.json"},
		{write("config.json", `{"model_type": "t5"}`), "t5"},
		{write("model.safetensors", "short"), "safetensors"},
		{write("tokenizer.json", `{"model": {"type": "WordPiece"}}`), "WordPiece"},
	} {
		dir, out := checkpoint(t, false), filepath.Join(t.TempDir(), "out")
		if err := test.change(dir); err != nil {
			t.Fatal(err)
		}
		err := Import(dir, out, ImportOptions{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error = %v, want one that says %q", err, test.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Error("a failed import left a bundle")
		}
	}
}
