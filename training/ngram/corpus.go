package ngram

import (
	"context"
	"errors"
	"hash/fnv"
	"math"
	"slices"

	"mlm-lsp/model/ngram"
	"mlm-lsp/training/corpus"
	"mlm-lsp/treesitter"
)

// Options says what Count counts.
type Options struct {
	// Limit bounds the text of each family of languages, in bytes; 0: 48 million, some eight million tokens.
	Limit    int
	Progress func(done, total int) // gets the files done; may be nil
}

// Count counts the n-grams of what a model may learn from below the paths: the files that corpus.Collect keeps, but those of the held-out projects. Where there is
// more than the limit, the largest projects give, whole files by a hash of their place: what many projects write is what is looked for. It returns ctx's error when
// cancelled, and an error when no file is left.
func Count(ctx context.Context, paths []string, opts Options) (*Counter, error) {
	if opts.Limit == 0 {
		opts.Limit = 48_000_000
	}
	c, err := corpus.Collect(ctx, corpus.Options{Roots: paths})
	if err != nil {
		return nil, err
	}
	type file struct {
		corpus.File
		hash uint64
	}
	var files []file
	for _, f := range c.Files {
		if p := c.Projects[f.Project]; !p.HeldOut {
			h := fnv.New64a()
			h.Write([]byte(p.Name + "\x00" + f.Path))
			files = append(files, file{f, h.Sum64()})
		}
	}
	// By the hash, so that the first of a family are a draw; by the place, where two have the same.
	slices.SortStableFunc(files, func(a, b file) int {
		if a.hash < b.hash {
			return -1
		}
		if a.hash > b.hash {
			return 1
		}
		return 0
	})
	type share struct {
		family  string
		project int
	}
	sizes := map[share]int{}
	for _, f := range files {
		sizes[share{ngram.FamilyOf(f.Language), f.Project}] += len(f.Text)
	}
	byFamily := map[string][]int{}
	for s, size := range sizes {
		byFamily[s.family] = append(byFamily[s.family], size)
	}
	most := map[string]int{}
	for family, sizes := range byFamily {
		most[family] = ceiling(sizes, opts.Limit)
	}
	taken := map[share]int{}
	files = slices.DeleteFunc(files, func(f file) bool {
		s := share{ngram.FamilyOf(f.Language), f.Project}
		if taken[s]+len(f.Text) > most[s.family] {
			return true
		}
		taken[s] += len(f.Text)
		return false
	})
	if len(files) == 0 {
		return nil, errors.New("counting n-grams: no file to count: name the sources of a corpus")
	}
	var counter Counter
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parsed := treesitter.Parse(f.Language, f.Text)
		tokens := make([]string, 0, len(parsed.Tokens))
		text := string(f.Text)
		for _, t := range parsed.Tokens {
			if t.Kind != treesitter.KindComment {
				tokens = append(tokens, text[t.Start:t.End])
			}
		}
		counter.Add(f.Language, f.Project, tokens)
		if opts.Progress != nil {
			opts.Progress(i+1, len(files))
		}
	}
	return &counter, nil
}

// ceiling is the most that each of the sizes may keep for all to keep no more than the limit.
func ceiling(sizes []int, limit int) int {
	slices.Sort(sizes)
	for i, size := range sizes {
		if each := limit / (len(sizes) - i); size > each {
			return each
		}
		limit -= size
	}
	return math.MaxInt
}
