package codetok

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

// smallest returns a tokenizer.json with the 256 bytes, "ab" and a special
// token, for tests to spoil.
func smallest() map[string]any {
	vocab := map[string]any{}
	for b, r := range byteRune {
		vocab[string(r)] = b
	}
	vocab["ab"] = 256
	return map[string]any{
		"version":       "1.0",
		"added_tokens":  []any{map[string]any{"id": 257, "content": "[MASK]", "special": true, "lstrip": true}},
		"normalizer":    nil,
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false},
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": []any{"a b"}},
	}
}

func TestReadErrors(t *testing.T) {
	type object = map[string]any
	model := func(key string, value any) func(object) {
		return func(f object) { f["model"].(object)[key] = value }
	}
	entry := func(token string, id any) func(object) {
		return func(f object) { f["model"].(object)["vocab"].(object)[token] = id }
	}
	field := func(key string, value any) func(object) {
		return func(f object) { f[key] = value }
	}
	for _, test := range []struct {
		name  string
		spoil func(object)
		want  string
	}{
		{"model", model("type", "WordPiece"), `model type "WordPiece" is not supported`},
		{"dropout", model("dropout", 0.1), "model.dropout is not supported"},
		{"prefix", model("continuing_subword_prefix", "##"), "continuing_subword_prefix is not supported"},
		{"suffix", model("end_of_word_suffix", "</w>"), "end_of_word_suffix is not supported"},
		{"byte fallback", model("byte_fallback", true), "byte_fallback is not supported"},
		{"ignore merges", model("ignore_merges", true), "ignore_merges is not supported"},
		{"vocabulary missing", model("vocab", nil), "model.vocab: is not an object"},
		{"vocabulary list", model("vocab", []any{"a"}), "model.vocab: is not an object"},
		{"id text", entry("ab", "one"), `model.vocab: id of "ab": json: cannot unmarshal`},
		{"id fraction", entry("ab", 1.5), `model.vocab: id of "ab": json: cannot unmarshal`},
		{"id huge", entry("ab", 1<<40), `id 1099511627776 of "ab" is out of range: there are 258 entries`},
		{"id negative", entry("ab", -1), `id -1 of "ab" is out of range`},
		{"id twice", entry("ab", 97), `id 97 is given to both "a" and "ab"`},
		{"empty subword", entry("", 300), "model.vocab: entry 300 is empty"},
		{"alphabet", entry("▁the", 300), `vocabulary entry 300, "▁the", is not in the alphabet of byte-level BPE`},
		{"byte missing", func(f object) { delete(f["model"].(object)["vocab"].(object), "a") }, "byte 0x61 has no vocabulary entry, so this is no byte-level BPE"},
		{"merge of unknown", model("merges", []any{"a b", "ab zz"}), `merge 1, "ab" with "zz", names "zz", which is not in the vocabulary`},
		{"merge to unknown", model("merges", []any{[]any{"a", "c"}}), `merge 0, "a" with "c", names "ac", which is not in the vocabulary`},
		{"merge of three", model("merges", []any{"a b c"}), `merge 0: "a b c" is not a pair of subwords`},
		{"merge of one", model("merges", []any{[]any{"a"}}), `merge 0: ["a"] is not a pair`},
		{"merge of more", model("merges", []any{[]any{1, "a", "b"}}), "merge 0: json: cannot unmarshal"},
		{"merge of lists", model("merges", []any{[]any{[]any{"a"}, "b"}}), "merge 0: json: cannot unmarshal"},
		{"merge of a quote", model("merges", []any{[]any{"a", "\""}}), `merge 0, "a" with "\"", names`},
		{"merge of number", model("merges", []any{7}), "merge 0: json: cannot unmarshal"},
		{"normalizer", field("normalizer", object{"type": "Lowercase"}), `normalizer "Lowercase" is not supported: it would change the text`},
		{"normalizers", field("normalizer", object{"type": "Sequence", "normalizers": []any{object{"type": "NFC"}, object{"type": "Strip"}}}), `normalizer "Strip" is not supported`},
		{"no pre-tokenizer", field("pre_tokenizer", nil), "there is no pre_tokenizer: ByteLevel is needed"},
		{"pre-tokenizer", field("pre_tokenizer", object{"type": "Whitespace"}), `pre_tokenizer "Whitespace" is not supported: ByteLevel is needed`},
		{"prefix space", field("pre_tokenizer", object{"type": "ByteLevel", "add_prefix_space": true}), "set it to false"},
		{"other pattern", field("pre_tokenizer", object{"type": "Sequence", "pretokenizers": []any{
			object{"type": "Split", "pattern": object{"Regex": `\w+`}, "behavior": "Isolated", "invert": false},
			object{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}}}), `pre_tokenizer "Sequence" is not supported`},
		{"added empty", field("added_tokens", []any{object{"id": 257, "content": ""}}), "added token 257 is empty"},
		{"added id", field("added_tokens", []any{object{"id": 1 << 30, "content": "x"}}), `id 1073741824 of added token "x" is out of range`},
		{"added twice", field("added_tokens", []any{object{"id": 257, "content": "<x>"}, object{"id": 257, "content": "<y>"}}), `both added tokens "<x>" and "<y>"`},
		{"added name twice", field("added_tokens", []any{object{"id": 257, "content": "<x>"}, object{"id": 258, "content": "<x>"}}), `added token "<x>" has both id 257 and id 258`},
		{"added over subword", field("added_tokens", []any{object{"id": 256, "content": "<x>"}}), `id 256 is given to both "ab" and the added token "<x>"`},
		{"added elsewhere", field("added_tokens", []any{object{"id": 257, "content": "ab"}}), `added token "ab" has id 257, but 256 in the vocabulary`},
		{"added strips", field("added_tokens", []any{object{"id": 257, "content": "<x>", "lstrip": true}}), "understood for special tokens only"},
		{"special merged", field("added_tokens", []any{object{"id": 256, "content": "ab", "special": true}}), `names the special token "ab"`},
		{"special byte", field("added_tokens", []any{object{"id": 97, "content": "a", "special": true}}), "byte 0x61 has no vocabulary entry, so this is no byte-level BPE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := smallest()
			test.spoil(f)
			data, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Read(bytes.NewReader(data))
			if err == nil || !strings.HasPrefix(err.Error(), "reading tokenizer.json: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestReadBrokenBytes(t *testing.T) {
	whole, err := json.Marshal(smallest())
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Read(bytes.NewReader(whole[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes were read as a tokenizer", n, len(whole))
		}
	}
	cause := errors.New("disk on fire")
	if _, err := Read(iotest.ErrReader(cause)); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
	twice := bytes.Replace(whole, []byte(`"ab":256`), []byte(`"ab":256,"ab":258`), 1)
	if _, err := Read(bytes.NewReader(twice)); err == nil || !strings.Contains(err.Error(), `"ab" stands twice`) {
		t.Errorf("got %v, want that a subword stands twice", err)
	}
	endless := strings.NewReader(strings.Repeat(" ", maxFile+1))
	if _, err := Read(endless); err == nil || !strings.Contains(err.Error(), "longer than 64 MB") {
		t.Errorf("got %v, want that it is too long", err)
	}
}

func TestReadSmallest(t *testing.T) {
	data, err := json.Marshal(smallest())
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if tok.Size() != 258 || tok.Special() != (Special{CLS: -1, SEP: -1, PAD: -1, MASK: 257, UNK: -1}) {
		t.Errorf("size %d, special %+v", tok.Size(), tok.Special())
	}
	if got := tok.Encode("abab [MASK]"); len(got.IDs) != 9 || got.IDs[0] != 256 {
		t.Errorf("encoding: %v", got)
	}
	if got := tok.Decode([]int32{256, 257, -1, 1 << 30, 'c'}); got != "abc" {
		t.Errorf("decoding: %q", got)
	}
	checkTiles(t, tok, "ab\x00[MASK]\xff")
}

func FuzzRead(f *testing.F) {
	whole, err := json.Marshal(smallest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, change := range [][2]string{{`"id":257`, `"id":600`}, {`256`, `511`}, {`"a b"`, `["b","a"]`}, {`"special":true`, `"normalized":true`}, {`null`, `{"type":"NFC"}`}} {
		f.Add(bytes.Replace(whole, []byte(change[0]), []byte(change[1]), 1))
	}
	f.Add(fixture(f, "own.json.gz"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		checkTiles(t, tok, "func f() { return \"[MASK]  \xff\" }\r\n")
		checkTiles(t, tok, string(data[:min(len(data), 1000)]))
		var first, second bytes.Buffer
		if err := tok.Write(&first); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("reading what was written: %v", err)
		}
		if err := again.Write(&second); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Error("writing what was read gave another file")
		}
	})
}
