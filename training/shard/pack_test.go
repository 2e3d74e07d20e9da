package shard

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// packed builds the test's shards and packs them.
func packed(t testing.TB, limit int) (dir string, pack []byte, record PackRecord) {
	t.Helper()
	dir = t.TempDir()
	if err := Build(t.Context(), testSources(), testTokenizer(t), dir, nil); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	record, err := Pack(&b, dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return dir, b.Bytes(), record
}

func TestPackAndUnpack(t *testing.T) {
	dir, pack, record := packed(t, 0)
	if record.Shards != 2 || record.Bytes != int64(len(pack)) || record.HeldOut == 0 || record.HeldOut >= record.Subwords {
		t.Errorf("%d bytes packed, the record says %+v", len(pack), record)
	}
	out := filepath.Join(t.TempDir(), "new", "dir")
	names, err := Unpack(bytes.NewReader(pack), out)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"heldout-000" + Extension, "train-000" + Extension}; !slices.Equal(names, want) {
		t.Errorf("unpacked %v, want %v", names, want)
	}
	for _, name := range names {
		before, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after) {
			t.Errorf("%s is not what was packed", name)
		}
	}
	if left, err := filepath.Glob(filepath.Join(out, "*")); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestPackWithLimit: a limit takes whole documents, a larger one takes them too.
func TestPackWithLimit(t *testing.T) {
	var sources []Source
	for i := range 60 {
		s := testSources()[0]
		s.Text = []byte(strings.ReplaceAll(sample, "totalPrice", "total"+strings.Repeat("Price", 1+i%3)))
		s.Project = []string{"shop", "stall"}[i/30]
		sources = append(sources, s)
	}
	tokenizer, dir := testTokenizer(t), t.TempDir()
	if err := Build(t.Context(), sources, tokenizer, dir, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := Open(dir, false, tokenizer.Digest())
	if err != nil {
		t.Fatal(err)
	}
	total := len(whole[0].IDs)
	last := 0
	for _, limit := range []int{total / 3, total / 2, total, 2 * total} {
		var b bytes.Buffer
		record, err := Pack(&b, dir, limit)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if _, err := Unpack(&b, out); err != nil {
			t.Fatal(err)
		}
		shards, err := Open(out, false, tokenizer.Digest())
		if err != nil || len(shards) != 1 {
			t.Fatalf("%d shards, %v", len(shards), err)
		}
		s := shards[0]
		if len(s.Documents) < last || record.Subwords != len(s.IDs) {
			t.Errorf("limit %d of %d: %d documents after %d, %d subwords, recorded as %d", limit, total, len(s.Documents), last, len(s.IDs), record.Subwords)
		}
		last = len(s.Documents)
		if share, want := float64(len(s.IDs))/float64(total), min(1, float64(limit)/float64(total)); share < want-0.25 || share > want+0.25 {
			t.Errorf("limit %d of %d took %d subwords", limit, total, len(s.IDs))
		}
		for _, d := range s.Documents {
			if text := tokenizer.Decode(s.IDs[d.Start:d.End]); !slices.ContainsFunc(sources, func(f Source) bool {
				return string(f.Text) == text && f.Project == s.Projects[d.Project]
			}) {
				t.Fatalf("a document that no source is: %q", text)
			}
		}
	}
	if last != len(sources) {
		t.Errorf("%d of %d documents within a limit that holds all", last, len(sources))
	}
}

func TestPackNothing(t *testing.T) {
	if _, err := Pack(io.Discard, t.TempDir(), 0); err == nil || !strings.Contains(err.Error(), "no shards") {
		t.Errorf("packing an empty directory: %v", err)
	}
}

// TestUnpackRefuses: a change of any byte, and an end at any byte, is an error.
func TestUnpackRefuses(t *testing.T) {
	_, pack, _ := packed(t, 0)
	keep := func(string, *Shard) error { return nil }
	begin := func() error { return nil }
	if _, err := unpack(bytes.NewReader(pack), keep, begin); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pack); i += 1 + len(pack)/300 {
		changed := bytes.Clone(pack)
		changed[i] ^= 0x10
		if _, err := unpack(bytes.NewReader(changed), keep, begin); err == nil {
			t.Errorf("a change of byte %d of %d goes unnoticed", i, len(pack))
		}
		if _, err := unpack(bytes.NewReader(pack[:i]), keep, begin); err == nil {
			t.Errorf("an end at byte %d of %d goes unnoticed", i, len(pack))
		}
	}
	if _, err := unpack(bytes.NewReader(pack[:len(pack)/2]), keep, begin); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("half a pack: %v", err)
	}
	for _, name := range []string{"../train-000" + Extension, "train-000", "/tmp/train-000" + Extension, "other-000" + Extension, "train-0/0" + Extension} {
		if shardName.MatchString(name) {
			t.Errorf("%s passes for a shard's name", name)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	_, pack, _ := packed(f, 0)
	f.Add(pack)
	f.Add(pack[:len(pack)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := unpack(bytes.NewReader(data), func(name string, s *Shard) error {
			// What is kept is a whole shard: it can be written and read.
			var b bytes.Buffer
			if err := s.Write(&b); err != nil {
				return err
			}
			_, err := Read(b.Bytes())
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return err
		}, func() error { return nil })
		if err == nil && !bytes.HasPrefix(data, []byte(packMagic)) {
			t.Error("no pack, and no error")
		}
	})
}
