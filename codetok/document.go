package codetok

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFile bounds a tokenizer.json; the largest in use are a few MB.
const maxFile = 64 << 20

// A document is a tokenizer.json: the fields that encoding depends on, parsed
// and checked, and the others as they stood.
type document struct {
	split  splitter
	vocab  []string // by id, in the byte alphabet of ByteLevel; "" for an id that only an added token has
	merges [][2]string
	added  []addedToken // by id
	unk    string

	normalizer, preTokenizer, postProcessor, decoder json.RawMessage
}

// An addedToken is an entry of added_tokens.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// fileForm is tokenizer.json as Hugging Face's tokenizers reads it.
type fileForm struct {
	Version       string          `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         modelForm       `json:"model"`
}

type modelForm struct {
	Type          string            `json:"type"`
	Dropout       *float64          `json:"dropout"`
	UnkToken      *string           `json:"unk_token"`
	SubwordPrefix *string           `json:"continuing_subword_prefix"`
	WordSuffix    *string           `json:"end_of_word_suffix"`
	FuseUnk       bool              `json:"fuse_unk"`
	ByteFallback  bool              `json:"byte_fallback"`
	IgnoreMerges  bool              `json:"ignore_merges"`
	Vocab         json.RawMessage   `json:"vocab"`
	Merges        []json.RawMessage `json:"merges"`
}

// Read reads a tokenizer.json: a byte-level BPE of the RoBERTa, GPT-NeoX,
// ModernBERT or StarCoder kind, or what Write writes.
func Read(r io.Reader) (*Tokenizer, error) {
	t, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("reading tokenizer.json: %w", err)
	}
	return t, nil
}

func read(r io.Reader) (*Tokenizer, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("longer than %d MB", maxFile>>20)
	}
	var f fileForm
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	d, err := f.document()
	if err != nil {
		return nil, err
	}
	return newTokenizer(d)
}

// Write writes the tokenizer as a canonical tokenizer.json: the same tokenizer
// gives the same bytes.
func (t *Tokenizer) Write(w io.Writer) error {
	if _, err := w.Write(t.canonical()); err != nil {
		return fmt.Errorf("writing tokenizer.json: %w", err)
	}
	return nil
}

// document checks everything but what needs the vocabulary's bytes.
func (f *fileForm) document() (document, error) {
	var d document
	if err := f.Model.check(); err != nil {
		return d, err
	}
	if err := checkNormalizer(f.Normalizer); err != nil {
		return d, err
	}
	split, err := parsePreTokenizer(f.PreTokenizer)
	if err != nil {
		return d, err
	}
	vocab, err := parseVocab(f.Model.Vocab)
	if err != nil {
		return d, fmt.Errorf("model.vocab: %w", err)
	}
	limit := int64(len(vocab) + len(f.AddedTokens))
	seen := make(map[int64]string, len(vocab))
	size := int64(0)
	for token, id := range vocab {
		if id < 0 || id >= 2*limit {
			return d, fmt.Errorf("id %d of %q is out of range: there are %d entries", id, token, limit)
		}
		if other, ok := seen[id]; ok {
			return d, fmt.Errorf("id %d is given to both %q and %q", id, min(token, other), max(token, other))
		}
		seen[id] = token
		size = max(size, id+1)
	}
	added := slices.Clone(f.AddedTokens)
	slices.SortStableFunc(added, func(a, b addedToken) int { return int(a.ID) - int(b.ID) })
	named := make(map[string]int32, len(added))
	for i, a := range added {
		if id, ok := named[a.Content]; ok {
			return d, fmt.Errorf("added token %q has both id %d and id %d", a.Content, id, a.ID)
		}
		named[a.Content] = a.ID
		switch {
		case a.Content == "":
			return d, fmt.Errorf("added token %d is empty", a.ID)
		case a.ID < 0 || int64(a.ID) >= 2*limit:
			return d, fmt.Errorf("id %d of added token %q is out of range: there are %d entries", a.ID, a.Content, limit)
		case i > 0 && added[i-1].ID == a.ID:
			return d, fmt.Errorf("id %d is given to both added tokens %q and %q", a.ID, added[i-1].Content, a.Content)
		case !a.Special && (a.LStrip || a.RStrip || a.SingleWord):
			return d, fmt.Errorf("added token %q has lstrip, rstrip or single_word, which are understood for special tokens only", a.Content)
		}
		if token, ok := seen[int64(a.ID)]; ok && token != a.Content {
			return d, fmt.Errorf("id %d is given to both %q and the added token %q", a.ID, token, a.Content)
		}
		if id, ok := vocab[a.Content]; ok && id != int64(a.ID) {
			return d, fmt.Errorf("added token %q has id %d, but %d in the vocabulary", a.Content, a.ID, id)
		}
		size = max(size, int64(a.ID)+1)
	}
	d = document{
		split: split, vocab: make([]string, size), added: added,
		normalizer: canonicalJSON(f.Normalizer), preTokenizer: canonicalJSON(f.PreTokenizer),
		postProcessor: canonicalJSON(f.PostProcessor), decoder: canonicalJSON(f.Decoder),
	}
	for token, id := range vocab {
		d.vocab[id] = token
	}
	if f.Model.UnkToken != nil {
		d.unk = *f.Model.UnkToken
	}
	d.merges, err = parseMerges(f.Model.Merges)
	return d, err
}

func (m *modelForm) check() error {
	if m.Type != "BPE" && !(m.Type == "" && m.Merges != nil) { // older files leave it out
		return fmt.Errorf("model type %q is not supported: only byte-level BPE is", m.Type)
	}
	switch {
	case m.Dropout != nil && *m.Dropout != 0:
		return fmt.Errorf("model.dropout is not supported: set it to null")
	case m.SubwordPrefix != nil && *m.SubwordPrefix != "":
		return fmt.Errorf("model.continuing_subword_prefix is not supported: only byte-level BPE is")
	case m.WordSuffix != nil && *m.WordSuffix != "":
		return fmt.Errorf("model.end_of_word_suffix is not supported: only byte-level BPE is")
	case m.ByteFallback:
		return fmt.Errorf("model.byte_fallback is not supported: only byte-level BPE is")
	case m.IgnoreMerges:
		return fmt.Errorf("model.ignore_merges is not supported")
	}
	return nil
}

// parseVocab reads an object of ids by subword; encoding/json by itself would let
// a subword stand twice.
func parseVocab(raw json.RawMessage) (map[string]int64, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil, fmt.Errorf("is not an object of ids by subword")
	}
	var whole map[string]int64
	if json.Unmarshal(raw, &whole) == nil && len(whole) == entries(raw) {
		if _, empty := whole[""]; !empty {
			return whole, nil
		}
	}
	// An entry is wrong. Read one by one, which takes much longer, they tell which.
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	vocab := make(map[string]int64)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		token := key.(string) // the keys of an object are strings
		var id int64
		if err := dec.Decode(&id); err != nil {
			return nil, fmt.Errorf("id of %q: %w", token, err)
		}
		if token == "" {
			return nil, fmt.Errorf("entry %d is empty", id)
		}
		if _, ok := vocab[token]; ok {
			return nil, fmt.Errorf("%q stands twice", token)
		}
		vocab[token] = id
	}
	return vocab, nil
}

// entries counts those of an object of numbers, of which some may have the same key.
func entries(object []byte) int {
	n, quoted := 0, false
	for i := 0; i < len(object); i++ {
		switch b := object[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case b == ':' && !quoted:
			n++
		}
	}
	return n
}

func parseMerges(raw []json.RawMessage) ([][2]string, error) {
	merges := make([][2]string, len(raw))
	for i, r := range raw {
		two := plainPair(r)
		if two != nil {
			merges[i] = [2]string{two[0], two[1]}
			continue
		}
		if len(r) > 0 && r[0] == '[' {
			if err := json.Unmarshal(r, &two); err != nil {
				return nil, fmt.Errorf("merge %d: %w", i, err)
			}
		} else {
			var s string
			if err := json.Unmarshal(r, &s); err != nil {
				return nil, fmt.Errorf("merge %d: %w", i, err)
			}
			two = strings.Split(s, " ")
		}
		if len(two) != 2 || two[0] == "" || two[1] == "" {
			return nil, fmt.Errorf("merge %d: %s is not a pair of subwords", i, r)
		}
		merges[i] = [2]string{two[0], two[1]}
	}
	return merges, nil
}

// plainPair reads a list of two strings that hold nothing that is written otherwise than it is meant, as most merges are; nil where it is anything else.
func plainPair(text []byte) []string {
	if len(text) == 0 || text[0] != '[' || bytes.IndexByte(text, '\\') >= 0 || !utf8.Valid(text) {
		return nil
	}
	parts := strings.Split(string(text), `"`)
	if len(parts) != 5 || parts[1] == "" || parts[3] == "" {
		return nil
	}
	for i, between := range []string{"[", ",", "]"} {
		if strings.TrimSpace(parts[2*i]) != between {
			return nil
		}
	}
	return []string{parts[1], parts[3]}
}

// checkNormalizer accepts none, and NFC, which is not applied (see the package
// comment), alone or as a sequence of one.
func checkNormalizer(raw json.RawMessage) error {
	type step struct{ Type string }
	var n *struct {
		step
		Normalizers []step
	}
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return fmt.Errorf("normalizer: %w", err)
	}
	if n == nil {
		return nil
	}
	steps := []step{n.step}
	if n.Type == "Sequence" {
		steps = n.Normalizers
	}
	for _, s := range steps {
		if s.Type != "NFC" {
			return fmt.Errorf("normalizer %q is not supported: it would change the text that offsets count in", s.Type)
		}
	}
	return nil
}

// preTokenizerForm is any of the pre-tokenisers that are understood.
type preTokenizerForm struct {
	Type           string             `json:"type"`
	AddPrefixSpace *bool              `json:"add_prefix_space"`
	UseRegex       *bool              `json:"use_regex"`
	Pretokenizers  []preTokenizerForm `json:"pretokenizers"`
	Pattern        struct {
		Regex *string
	} `json:"pattern"`
	Behavior   string `json:"behavior"`
	Invert     bool   `json:"invert"`
	Individual bool   `json:"individual_digits"`
}

func parsePreTokenizer(raw json.RawMessage) (splitter, error) {
	var p *preTokenizerForm
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &p); err != nil {
			return 0, fmt.Errorf("pre_tokenizer: %w", err)
		}
	}
	if p == nil {
		return 0, fmt.Errorf("there is no pre_tokenizer: ByteLevel is needed")
	}
	parts := []preTokenizerForm{*p}
	if p.Type == "Sequence" {
		parts = p.Pretokenizers
	}
	if len(parts) == 0 || parts[len(parts)-1].Type != "ByteLevel" {
		return 0, fmt.Errorf("pre_tokenizer %q is not supported: ByteLevel is needed", p.Type)
	}
	last := parts[len(parts)-1]
	if last.AddPrefixSpace == nil || *last.AddPrefixSpace {
		return 0, fmt.Errorf("pre_tokenizer ByteLevel with add_prefix_space is not supported: subwords would not tile the text; set it to false")
	}
	useRegex := last.UseRegex == nil || *last.UseRegex
	switch {
	case len(parts) == 1 && useRegex:
		return splitGPT2, nil
	case len(parts) == 2 && useRegex && parts[0].Type == "Digits" && parts[0].Individual:
		return splitDigits, nil
	case len(parts) == 2 && !useRegex && parts[0].Type == "Split" && parts[0].Pattern.Regex != nil &&
		*parts[0].Pattern.Regex == CodePattern && parts[0].Behavior == "Isolated" && !parts[0].Invert:
		return splitCode, nil
	}
	return 0, fmt.Errorf("pre_tokenizer %q is not supported: it must be ByteLevel with its own pattern, individual digits before it or not, or what Write writes", p.Type)
}

// canonicalJSON is raw without its spaces; null where there is nothing.
func canonicalJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return json.RawMessage("null") // cannot be: it was parsed
	}
	return b.Bytes()
}

// marshal writes the document with its vocabulary in the order of ids, one entry
// a line, so that two tokenizers can be compared by eye.
func (d *document) marshal() []byte {
	var b bytes.Buffer
	b.WriteString("{\n\"version\": \"1.0\",\n\"truncation\": null,\n\"padding\": null,\n\"added_tokens\": [")
	for i, a := range d.added {
		b.WriteString(comma(i))
		b.Write(encodeJSON(a))
	}
	fmt.Fprintf(&b, "\n],\n\"normalizer\": %s,\n\"pre_tokenizer\": %s,\n\"post_processor\": %s,\n\"decoder\": %s,\n",
		d.normalizer, d.preTokenizer, d.postProcessor, d.decoder)
	unk := "null"
	if d.unk != "" {
		unk = string(encodeJSON(d.unk))
	}
	fmt.Fprintf(&b, "\"model\": {\n\"type\": \"BPE\",\n\"dropout\": null,\n\"unk_token\": %s,\n\"continuing_subword_prefix\": null,\n"+
		"\"end_of_word_suffix\": null,\n\"fuse_unk\": false,\n\"byte_fallback\": false,\n\"ignore_merges\": false,\n\"vocab\": {", unk)
	n := 0
	for id, token := range d.vocab {
		if token != "" {
			fmt.Fprintf(&b, "%s%s: %d", comma(n), encodeJSON(token), id)
			n++
		}
	}
	b.WriteString("\n},\n\"merges\": [")
	for i, m := range d.merges {
		fmt.Fprintf(&b, "%s[%s, %s]", comma(i), encodeJSON(m[0]), encodeJSON(m[1]))
	}
	b.WriteString("\n]\n}\n}\n")
	return b.Bytes()
}

func comma(i int) string {
	if i == 0 {
		return "\n"
	}
	return ",\n"
}

// encodeJSON is v as JSON, with <, > and & as they are.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings and plain structs always encode
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
