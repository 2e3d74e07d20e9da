package codetok

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// naiveMerges learns by counting every pair anew for every merge.
func naiveMerges(texts []string, first int32, n int) [][2]int32 {
	counts := map[string]int64{}
	for _, text := range texts {
		for pos := 0; pos < len(text); {
			end := nextCode(text, pos)
			counts[text[pos:end]]++
			pos = end
		}
	}
	names := map[int32]string{}
	ids := map[string]int32{}
	for b := range 256 {
		names[first+int32(b)] = string([]byte{byte(b)})
		ids[string([]byte{byte(b)})] = first + int32(b)
	}
	words := map[string][]int32{}
	for piece := range counts {
		for _, b := range []byte(piece) {
			words[piece] = append(words[piece], first+int32(b))
		}
	}
	var merges [][2]int32
	for range n {
		pairs := map[[2]int32]int64{}
		for piece, word := range words {
			for i := range len(word) - 1 {
				pairs[[2]int32{word[i], word[i+1]}] += counts[piece]
			}
		}
		var best [2]int32
		for p, count := range pairs {
			if d := count - pairs[best]; d > 0 || d == 0 && slices.Compare(p[:], best[:]) < 0 {
				best = p
			}
		}
		if pairs[best] < 2 {
			break
		}
		merges = append(merges, best)
		name := names[best[0]] + names[best[1]]
		if _, ok := ids[name]; !ok {
			ids[name] = first + int32(len(ids))
			names[ids[name]] = name
		}
		for piece, word := range words {
			var merged []int32
			for i := 0; i < len(word); i++ {
				if i+1 < len(word) && [2]int32{word[i], word[i+1]} == best {
					merged = append(merged, ids[name])
					i++
				} else {
					merged = append(merged, word[i])
				}
			}
			words[piece] = merged
		}
	}
	return merges
}

func TestTrainAgainstNaive(t *testing.T) {
	texts := []string{strings.Join(sources(t, 10<<10), "")[:6<<10], strings.Repeat("aaaa aaa aa abab ababab\n", 9), "====  ======= ==\n\n\n\n\n"}
	tok, err := Train(t.Context(), slices.Values(texts), TrainOptions{VocabSize: 400, Languages: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	want := naiveMerges(texts, 5, len(tok.file.merges))
	for i, m := range tok.file.merges {
		if wantPair := [2]string{tok.file.vocab[want[i][0]], tok.file.vocab[want[i][1]]}; m != wantPair {
			t.Fatalf("merge %d is %q, want %q", i, m, wantPair)
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d merges were compared", len(want))
	}
}

func TestTrainOnLittle(t *testing.T) {
	for _, texts := range [][]string{nil, {""}, {"x"}, {"foo(foo)"}, {"\xff\xfe\x00", strings.Repeat("y", 1000)}} {
		tok, err := Train(t.Context(), slices.Values(texts), TrainOptions{VocabSize: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if tok.Size() < 270 || tok.Size() > 300 {
			t.Errorf("%q: size is %d", texts, tok.Size())
		}
		checkTiles(t, tok, "foo(foo)\xff")
	}
}

func TestTrainErrors(t *testing.T) {
	one := slices.Values([]string{"return x"})
	if _, err := Train(t.Context(), one, TrainOptions{VocabSize: 269}); err == nil || !strings.Contains(err.Error(), "a vocabulary of 269 is too small: special tokens and bytes alone are 270") {
		t.Errorf("got %v", err)
	}
	if _, err := Train(t.Context(), one, TrainOptions{VocabSize: 300, Languages: []string{"go", "go"}}); err == nil || !strings.Contains(err.Error(), `language "go" is named twice`) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	endless := func(yield func(string) bool) {
		for n := 0; yield("return x"); n++ {
			if n == 100 {
				cancel()
			}
		}
	}
	if _, err := Train(ctx, endless, TrainOptions{VocabSize: 300}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}

func TestTrainProgress(t *testing.T) {
	var stages []Stage
	var last [3]int64
	_, err := Train(t.Context(), slices.Values(sources(t, 100<<10)), TrainOptions{VocabSize: 600, Progress: func(s Stage, done, total int64) {
		if len(stages) == 0 || stages[len(stages)-1] != s {
			stages = append(stages, s)
			last = [3]int64{}
		}
		if done < last[0] {
			t.Errorf("%s went back from %d to %d", s, last[0], done)
		}
		last = [3]int64{done, total}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(stages, []Stage{StageCount, StageMerge}) || last[0] != last[1] || last[1] != 600-270 {
		t.Errorf("stages %v, at last %v", stages, last)
	}
}
