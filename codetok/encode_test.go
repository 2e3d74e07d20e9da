package codetok

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// A naive tokenizer encodes without caches, tables of ranks or heaps.
type naive struct {
	split  splitter
	ids    map[string]int32
	merges map[[2]string]int // rank
}

func newNaive(tok *Tokenizer) naive {
	n := naive{split: tok.split, ids: make(map[string]int32), merges: make(map[[2]string]int)}
	for id := range tok.Size() {
		if b := tok.Bytes(int32(id)); b != nil {
			n.ids[string(b)] = int32(id)
		}
	}
	for rank, m := range tok.file.merges {
		left, _ := fromAlphabet(m[0])
		right, _ := fromAlphabet(m[1])
		n.merges[[2]string{string(left), string(right)}] = rank
	}
	return n
}

func (n naive) encode(text string) []int32 {
	var out []int32
	for pos := 0; pos < len(text); {
		end := n.split.next(text, pos)
		var parts []string
		for _, b := range []byte(text[pos:end]) {
			parts = append(parts, string([]byte{b}))
		}
		for {
			best, at := len(n.merges), -1
			for i := range len(parts) - 1 {
				if rank, ok := n.merges[[2]string{parts[i], parts[i+1]}]; ok && rank < best {
					best, at = rank, i
				}
			}
			if at < 0 {
				break
			}
			parts[at] += parts[at+1]
			parts = slices.Delete(parts, at+1, at+2)
		}
		for _, p := range parts {
			out = append(out, n.ids[p])
		}
		pos = end
	}
	return out
}

func FuzzEncode(f *testing.F) {
	var toks []*Tokenizer
	var naives []naive
	for i, kind := range kinds {
		toks = append(toks, readFixture(f, kind))
		naives = append(naives, newNaive(toks[i]))
	}
	f.Add("")
	f.Add("x = [MASK]  \xff\xfe\r\n\té 😀")
	f.Add(strings.Repeat("ab\x80", 100) + strings.Repeat(" ", 70) + "\r\r\n")
	f.Add("a.b().c[0](x, y);\r\n\tz ) { ( = )")
	for _, text := range sources(f, 20<<10) {
		f.Add(text[:min(len(text), 4<<10)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i, tok := range toks {
			checkTiles(t, tok, text)
			if kinds[i] == "modernbert" || len(text) > 1000 {
				continue // the naive one knows no added tokens, and is slow
			}
			if got, want := tok.Encode(text).IDs, naives[i].encode(text); !slices.Equal(got, want) {
				t.Errorf("%s: %q\n got %q\nwant %q", kinds[i], text, pieces(tok, got), pieces(tok, want))
			}
		}
	})
}

func TestEncodeAppend(t *testing.T) {
	tok := readFixture(t, "own")
	var e Encoding
	tok.EncodeAppend(&e, "return x")
	n := len(e.IDs)
	tok.EncodeAppend(&e, "return x")
	if len(e.IDs) != 2*n || !slices.Equal(e.IDs[:n], e.IDs[n:]) || !slices.Equal(e.Offsets[:n], e.Offsets[n:]) {
		t.Errorf("the second text was not appended like the first: %v", e)
	}
}

// A piece must not be taken for another that had its place in the cache.
func TestCacheKeepsPiecesApart(t *testing.T) {
	tok := readFixture(t, "own")
	warm := new(encoder)
	for n := 2; n <= 60; n++ {
		for i := range 400 {
			piece := strings.Repeat("x", n-2) + string(rune('a'+i%26)) + string(rune('a'+i/26))
			got, want := warm.appendPiece(tok, nil, piece), new(mergeRoom).merge(tok, nil, piece)
			if !slices.Equal(got, want) {
				t.Fatalf("%q: got %v, want %v", piece, got, want)
			}
		}
	}
}

// Long pieces are merged with a heap, to the same end.
func TestLongPieces(t *testing.T) {
	tok := readFixture(t, "own")
	for _, piece := range []string{strings.Repeat("ab", 200), strings.Repeat("returnerror", 20), strings.Repeat("e", 999), strings.Repeat("=", 333)} {
		if got, want := tok.Encode(piece).IDs, newNaive(tok).encode(piece); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", piece, pieces(tok, got), pieces(tok, want))
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := readFixture(t, "modernbert")
	texts := sources(t, 200<<10)
	var want []Encoding
	for _, text := range texts {
		want = append(want, tok.Encode(text))
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i, text := range texts {
				if got := tok.Encode(text); !slices.Equal(got.IDs, want[i].IDs) {
					t.Error("encoding at once with others gave something else")
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestEncodeAppendAllocatesNothing(t *testing.T) {
	for _, kind := range kinds {
		tok := readFixture(t, kind)
		text := strings.Join(sources(t, 50<<10), "") + strings.Repeat("long", 500)
		var e Encoding
		tok.EncodeAppend(&e, text)
		allocs := testing.AllocsPerRun(5, func() {
			e.IDs, e.Offsets = e.IDs[:0], e.Offsets[:0]
			tok.EncodeAppend(&e, text)
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", kind, allocs)
		}
	}
}

// BenchmarkEncode is for watching our own speed; bench/compare.py compares it
// with the reference's.
func BenchmarkEncode(b *testing.B) {
	text := strings.Join(sources(b, 4<<20), "")
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			tok := readFixture(b, kind)
			var e Encoding
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				e.IDs, e.Offsets = e.IDs[:0], e.Offsets[:0]
				tok.EncodeAppend(&e, text)
			}
			b.ReportMetric(float64(len(text))/float64(len(e.IDs)), "bytes/subword")
		})
	}
}

func BenchmarkTrain(b *testing.B) {
	texts := sources(b, 4<<20)
	n := 0
	for _, text := range texts {
		n += len(text)
	}
	b.SetBytes(int64(n))
	for b.Loop() {
		if _, err := Train(b.Context(), slices.Values(texts), TrainOptions{VocabSize: 16384}); err != nil {
			b.Fatal(err)
		}
	}
}
