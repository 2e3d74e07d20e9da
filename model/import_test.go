package model

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort/orttest"
)

// importCase is a case.json of testdata/import: what the reference says of a gap.
type importCase struct {
	Before, After string
	Choices       []struct {
		Text    string
		LogProb float64
	}
	IDs []int32
}

// TestImportedFamilies imports a small random checkpoint of each family and compares subwords and scores with transformers'
// (testdata/import/make_checkpoints.py).
func TestImportedFamilies(t *testing.T) {
	for _, name := range []string{"codebert", "graphcodebert", "unixcoder", "starencoder", "modernbert"} {
		t.Run(name, func(t *testing.T) {
			dir, out := filepath.Join("testdata", "import", name), filepath.Join(t.TempDir(), name)
			if err := Import(dir, out, ImportOptions{Languages: []string{"python"}}); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(dir, "case.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want importCase
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			b, err := bundle.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			for _, precision := range []bundle.Precision{bundle.PrecisionFP32, bundle.PrecisionInt8} {
				m, err := Open(orttest.Library(t), b, Options{Precision: precision})
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				ids := slices.Concat(m.openers("python"), m.tok.Encode(want.Before+want.Choices[0].Text+want.After).IDs, []int32{m.special.SEP})
				if !slices.Equal(ids, want.IDs) {
					t.Fatalf("subwords %v, the reference's %v", ids, want.IDs)
				}
				q := Query{Language: "python", Before: want.Before, After: want.After}
				for _, c := range want.Choices {
					q.Choices = append(q.Choices, c.Text)
				}
				ps, err := m.Predict(t.Context(), []Query{q})
				if err != nil {
					t.Fatal(err)
				}
				tolerance := 1e-3
				if precision == bundle.PrecisionInt8 {
					tolerance = 0.3 // the weights are random and large
				}
				for _, c := range want.Choices {
					at := slices.IndexFunc(ps[0].Candidates, func(k Candidate) bool { return k.Text == c.Text })
					if got := ps[0].Candidates[at].Vocabulary; !(math.Abs(got-c.LogProb) < tolerance) {
						t.Errorf("%s: log-probability of %q is %v, the reference's %v", precision, c.Text, got, c.LogProb)
					}
				}
				if _, err := m.Scan(t.Context(), []ScanQuery{{Language: "python", Text: want.Before, Sites: []Site{{4, 9}}}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestImportAddedTokens puts the mask into the file that older versions of transformers kept it in.
func TestImportAddedTokens(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "import", "starencoder"))); err != nil {
		t.Fatal(err)
	}
	var config struct {
		Size int `json:"vocab_size"`
	}
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	// In another order than StarEncoder's programs add them: the file decides.
	added, err := json.Marshal(map[string]int{"<mask>": config.Size - 4, "<pad>": config.Size - 3, "<sep>": config.Size - 2, "<cls>": config.Size - 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "added_tokens.json"), added, 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := Import(dir, out, ImportOptions{FP32Only: true}); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if s := b.Tokenizer.Special(); int(s.MASK) != config.Size-4 || int(s.CLS) != config.Size-1 {
		t.Errorf("special tokens %+v of %d", s, config.Size)
	}
	if err := os.WriteFile(filepath.Join(dir, "added_tokens.json"), []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Import(dir, filepath.Join(t.TempDir(), "other"), ImportOptions{}); err == nil {
		t.Error("added_tokens.json that is no object: no error")
	}
}

// FuzzImportTokenizer holds that no tokenizer file makes an import panic, and that tokens are added to what could be read before.
func FuzzImportTokenizer(f *testing.F) {
	for _, name := range []string{"starencoder", "modernbert"} {
		text, err := os.ReadFile(filepath.Join("testdata", "import", name, "tokenizer.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte(`{"<mask>": 5000}`))
	}
	f.Add([]byte(`{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4}`), []byte("a b\n"))
	f.Add([]byte(`{"added_tokens": [1], "model": null}`), []byte("{}"))
	f.Fuzz(func(t *testing.T, text, second []byte) {
		_, _ = composeTokenizer(text, second)
		var ids map[string]int
		if json.Unmarshal(second, &ids) != nil {
			return
		}
		out, err := addTokens(text, ids)
		if err == nil && !json.Valid(out) {
			t.Errorf("adding %q to %q gave %q", second, text, out)
		}
	})
}
