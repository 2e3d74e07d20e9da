package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mlm-lsp/codetok"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/onnx"
)

// ImportOptions says what Import makes.
type ImportOptions struct {
	Languages []string // what the model was trained on, for the record
	// FP32Only leaves the int8 graph out.
	FP32Only bool
}

// Import makes a bundle of a Hugging Face checkpoint of the modernbert, roberta
// or bert family: config.json, model.safetensors, and tokenizer.json or
// vocab.json with merges.txt. ModernBERT, CodeBERT (its masked language model),
// GraphCodeBERT, UniXcoder and StarEncoder are such. Links are followed, since the ecosystem's cache
// consists of them. out must be new, or a bundle, which is replaced.
func Import(dir, out string, opts ImportOptions) error {
	if err := importInto(dir, out, opts); err != nil {
		return fmt.Errorf("importing %s: %w", dir, err)
	}
	return nil
}

func importInto(dir, out string, opts ImportOptions) error {
	fsys := os.DirFS(dir)
	if _, err := fs.Stat(fsys, bundle.WeightsFile); err != nil {
		return explainWeights(fsys, err)
	}
	text, err := readSmall(fsys, bundle.ConfigFile, 1<<20)
	if err != nil {
		return err
	}
	config, err := onnx.ParseConfig(text)
	if err != nil {
		return err
	}
	tok, err := importTokenizer(fsys, config)
	if err != nil {
		return err
	}
	if tok.Size() > config.VocabSize {
		return fmt.Errorf("the tokenizer has %d entries, the model %d: they belong to different models", tok.Size(), config.VocabSize)
	}
	if tok.Special().MASK < 0 {
		return errors.New("the tokenizer has no mask token: this is not a masked language model")
	}
	raw, err := onnx.ReadSafetensorsFile(filepath.Join(dir, bundle.WeightsFile))
	if err != nil {
		return err
	}
	if _, ok := tok.SpecialToken(encoderOnly); ok && raw["lm_head.dense.weight"].Dims == nil {
		config.PlainHead = true // UniXcoder multiplies states and embeddings
	}
	weights, err := config.Match(raw)
	if err != nil {
		return err
	}
	contents := bundle.Contents{
		Config: config, Tokenizer: tok, Weights: weights, Half: isHalf(raw),
		Meta: bundle.Meta{Name: filepath.Base(dir), Languages: opts.Languages},
	}
	if !opts.FP32Only {
		g, err := onnx.BuildInference(config, weights)
		if err != nil {
			return err
		}
		if contents.Int8, err = onnx.Quantize(g); err != nil {
			return err
		}
	}
	return bundle.Write(out, contents)
}

// explainWeights says what to do about a checkpoint without model.safetensors.
func explainWeights(fsys fs.FS, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, e := fs.Stat(fsys, bundle.WeightsFile+".index.json"); e == nil {
		return fmt.Errorf("the weights lie in several files (%s.index.json): save the model in one, as encoders of this size usually are", bundle.WeightsFile)
	}
	if _, e := fs.Stat(fsys, "pytorch_model.bin"); e == nil {
		return errors.New("there is only pytorch_model.bin, which can run code when it is read: use the repository's revision with model.safetensors, or save the model again with transformers' save_pretrained")
	}
	return fmt.Errorf("%w: name the directory of a checkpoint", err)
}

// isHalf says whether a checkpoint holds 16-bit floats throughout.
func isHalf(w onnx.Weights) bool {
	for _, t := range w {
		if t.DType == onnx.Float32 {
			return false
		}
	}
	return true
}

// importTokenizer reads tokenizer.json, or makes it of the two files that
// RoBERTa's slow tokenizer kept, and adds the special tokens that its users add.
func importTokenizer(fsys fs.FS, config onnx.Config) (*codetok.Tokenizer, error) {
	const limit = 256 << 20
	text, err := readSmall(fsys, bundle.TokenizerFile, limit)
	if errors.Is(err, fs.ErrNotExist) {
		var vocab, merges []byte
		if vocab, err = readSmall(fsys, "vocab.json", limit); err == nil {
			merges, err = readSmall(fsys, "merges.txt", limit)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is neither %s nor vocab.json with merges.txt", bundle.TokenizerFile)
		}
		if err == nil {
			text, err = composeTokenizer(vocab, merges)
		}
	}
	if err != nil {
		return nil, err
	}
	if text, err = addLater(fsys, text, limit); err != nil {
		return nil, err
	}
	tok, err := codetok.Read(bytes.NewReader(text))
	if err != nil || tok.Special().MASK >= 0 || config.ModelType != "bert" || tok.Size()+len(starEncoder) != config.VocabSize {
		return tok, err
	}
	later := map[string]int{}
	for i, name := range starEncoder {
		later[name] = tok.Size() + i
	}
	if text, err = addTokens(text, later); err != nil {
		return nil, err
	}
	return codetok.Read(bytes.NewReader(text))
}

// starEncoder are the special tokens that StarEncoder's programs add to its
// tokenizer when they load it, in their order (bigcode-project/bigcode-encoder,
// src/datasets_loader.py, prepare_tokenizer): its file may lack them.
var starEncoder = []string{"<pad>", "<sep>", "<cls>", "<mask>"}

// addLater adds the tokens of added_tokens.json, which older versions of
// transformers kept beside the tokenizer.
func addLater(fsys fs.FS, text []byte, limit int64) ([]byte, error) {
	later, err := readSmall(fsys, "added_tokens.json", limit)
	if errors.Is(err, fs.ErrNotExist) {
		return text, nil
	}
	if err != nil {
		return nil, err
	}
	var ids map[string]int
	if err := json.Unmarshal(later, &ids); err != nil {
		return nil, fmt.Errorf("reading added_tokens.json: %w", err)
	}
	return addTokens(text, ids)
}

// addTokens adds special tokens to a tokenizer.json. Those that it has stay as
// they are.
func addTokens(text []byte, ids map[string]int) ([]byte, error) {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("reading tokenizer.json: %w", err)
	}
	var added []json.RawMessage
	if list, ok := file["added_tokens"]; ok {
		if err := json.Unmarshal(list, &added); err != nil {
			return nil, fmt.Errorf("reading tokenizer.json: added_tokens: %w", err)
		}
	}
	has := map[string]bool{}
	for _, entry := range added {
		var token addedToken
		if err := json.Unmarshal(entry, &token); err != nil {
			return nil, fmt.Errorf("reading tokenizer.json: added_tokens: %w", err)
		}
		has[token.Content] = true
	}
	for _, name := range slices.Sorted(maps.Keys(ids)) {
		if has[name] {
			continue
		}
		entry, err := json.Marshal(addedToken{ID: ids[name], Content: name, Special: true})
		if err != nil {
			return nil, err
		}
		added = append(added, entry)
	}
	list, err := json.Marshal(added)
	if err != nil {
		return nil, err
	}
	file["added_tokens"] = list
	return json.Marshal(file)
}

// addedToken is an entry of added_tokens in a tokenizer.json.
type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	Lstrip     bool   `json:"lstrip"`
	Rstrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// moreSpecials are special tokens that UniXcoder's vocabulary holds beside RoBERTa's.
var moreSpecials = []string{encoderOnly, "<decoder-only>", "<encoder-decoder>", "<mask0>"}

// composeTokenizer writes the tokenizer.json that transformers' conversion of a
// RoBERTa tokenizer gives.
func composeTokenizer(vocab, merges []byte) ([]byte, error) {
	var ids map[string]int
	if err := json.Unmarshal(vocab, &ids); err != nil {
		return nil, fmt.Errorf("reading vocab.json: %w", err)
	}
	var specials []addedToken
	for i, name := range append([]string{"<s>", "<pad>", "</s>", "<unk>", "<mask>"}, moreSpecials...) {
		if id, ok := ids[name]; ok {
			specials = append(specials, addedToken{ID: id, Content: name, Lstrip: name == "<mask>", Special: true})
		} else if i < 4 {
			return nil, fmt.Errorf("reading vocab.json: it has no %s: only RoBERTa's kind of tokenizer can be made of vocab.json and merges.txt", name)
		}
	}
	slices.SortFunc(specials, func(a, b addedToken) int { return a.ID - b.ID })
	rules := []string{}
	for line := range strings.Lines(string(merges)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, "#version") {
			rules = append(rules, line)
		}
	}
	type object map[string]any
	return json.Marshal(object{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": specials, "normalizer": nil,
		"pre_tokenizer": object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
		"post_processor": object{"type": "RobertaProcessing", "sep": []any{"</s>", ids["</s>"]}, "cls": []any{"<s>", ids["<s>"]},
			"trim_offsets": true, "add_prefix_space": false},
		"decoder": object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model": object{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": "", "end_of_word_suffix": "",
			"fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": ids, "merges": rules},
	})
}

// readSmall reads a file whole, if it has no more than limit bytes.
func readSmall(fsys fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s is no plain file of at most %d bytes", name, limit)
	}
	return fs.ReadFile(fsys, name)
}

// Quantized says what Quantize did.
type Quantized struct {
	Before, After int64 // bytes of the weights, or of the fp32 graph, and of the int8 graph
}

// Quantize makes the int8 graph of the bundle in dir and writes the bundle with
// it to out, which may be dir itself.
func Quantize(dir, out string) (Quantized, error) {
	q, err := quantize(dir, out)
	if err != nil {
		return q, fmt.Errorf("quantizing bundle %s: %w", dir, err)
	}
	return q, nil
}

func quantize(dir, out string) (Quantized, error) {
	b, err := bundle.Open(dir)
	if err != nil {
		return Quantized{}, err
	}
	defer b.Close()
	contents := bundle.Contents{Config: b.Config, Tokenizer: b.Tokenizer, Meta: b.Meta}
	q := Quantized{Before: b.Size(bundle.GraphFile)}
	if b.Has(bundle.WeightsFile) {
		if contents.Weights, err = b.Weights(); err != nil {
			return q, err
		}
		q.Before = b.Size(bundle.WeightsFile)
	}
	if b.Has(bundle.GraphFile) {
		g, err := b.Graph(bundle.PrecisionFP32)
		if err != nil {
			return q, err
		}
		if contents.FP32, err = onnx.Unmarshal(g.Model); err != nil {
			return q, err
		}
	}
	if contents.Int8, err = b.Quantize(); err != nil {
		return q, err
	}
	if contents.NGrams, err = b.NGrams(); err != nil {
		return q, err
	}
	if err := bundle.Write(out, contents); err != nil {
		return q, err
	}
	made, err := bundle.Open(out)
	if err != nil {
		return q, err
	}
	q.After = made.Size(bundle.Int8File)
	return q, made.Close()
}
