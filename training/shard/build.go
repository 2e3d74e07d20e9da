package shard

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"mlm-lsp/codetok"
	"mlm-lsp/treesitter"
)

const (
	// windowBytes is the size of the windows whose starts are recorded: about what a row of 256 subwords holds, so
	// that most rows can start where a declaration does.
	windowBytes = 768
	// shardSubwords is the size at which a shard is closed and the next begun.
	shardSubwords = 32 << 20
	// Extension ends the name of a shard file.
	Extension = ".mlmshard"
)

// Source is a file to encode.
type Source struct {
	Project  string
	HeldOut  bool // the same for all files of a project
	Language string
	Text     []byte
}

// Build encodes and labels the sources in their order and writes the shards of both sides into dir, as
// train-000.mlmshard, heldout-000.mlmshard and on. Files of one project and language should follow one another. Shards
// that were in dir are removed first. progress gets the files done and their number, and may be nil.
func Build(ctx context.Context, sources []Source, t *codetok.Tokenizer, dir string, progress func(done, total int)) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("building shards: %w", err)
	}
	old, err := list(dir, "")
	if err != nil {
		return fmt.Errorf("building shards: %w", err)
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("building shards: %w", err)
		}
	}
	sides := [2]builder{{name: "train", tokenizer: t}, {name: "heldout", tokenizer: t, heldOut: true}}
	const stride = 128 // files encoded at a time
	encoded := make([]encodedFile, stride)
	for from := 0; from < len(sources); from += stride {
		to := min(from+stride, len(sources))
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(runtime.GOMAXPROCS(0))
		for i := from; i < to; i++ {
			group.Go(func() error {
				if err := groupCtx.Err(); err != nil {
					return err
				}
				encoded[i-from] = encodeFile(t, &sources[i])
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for i := from; i < to; i++ {
			side := &sides[0]
			if sources[i].HeldOut {
				side = &sides[1]
			}
			if err := side.add(dir, sources[i].Project, sources[i].Language, &encoded[i-from]); err != nil {
				return err
			}
		}
		if progress != nil {
			progress(to, len(sources))
		}
	}
	for i := range sides {
		if err := sides[i].close(dir); err != nil {
			return err
		}
	}
	return nil
}

// encodedFile is a file as a shard holds it; windows are relative to its first subword.
type encodedFile struct {
	ids     []int32
	labels  []Label
	windows []uint32
}

func encodeFile(t *codetok.Tokenizer, f *Source) encodedFile {
	encoding := t.Encode(string(f.Text))
	parsed := treesitter.Parse(f.Language, f.Text)
	e := encodedFile{ids: encoding.IDs, labels: LabelSubwords(parsed, encoding.Offsets)}
	for _, w := range parsed.Windows(windowBytes) {
		// A subword that reaches over the cut belongs to the window before.
		at := sort.Search(len(encoding.Offsets), func(i int) bool { return int(encoding.Offsets[i][0]) >= w.Start })
		if at < len(e.ids) && (len(e.windows) == 0 && at == 0 || len(e.windows) > 0 && uint32(at) > e.windows[len(e.windows)-1]) {
			e.windows = append(e.windows, uint32(at))
		}
	}
	if len(e.windows) == 0 && len(e.ids) > 0 {
		e.windows = []uint32{0}
	}
	return e
}

// LabelSubwords gives each subword the class of the token that it overlaps most, the earlier one of two, and marks
// where words start. offsets are those of an encoding of f.Text.
func LabelSubwords(f *treesitter.File, offsets [][2]int32) []Label {
	labels := make([]Label, len(offsets))
	next, previous := 0, -1 // token that ends after the subword's start; token of the last subword
	prose := proseTokens(f)
	for i, o := range offsets {
		start, end := int(o[0]), int(o[1])
		for next < len(f.Tokens) && f.Tokens[next].End <= start {
			next++
		}
		token, most := -1, 0
		for k := next; k < len(f.Tokens) && f.Tokens[k].Start < end; k++ {
			if overlap := min(end, f.Tokens[k].End) - max(start, f.Tokens[k].Start); overlap > most {
				token, most = k, overlap
			}
		}
		class, begins := Whitespace, true
		if token >= 0 {
			kind := f.Tokens[token].Kind
			class = Class(kind)
			switch {
			case prose[token]:
				class = Class(treesitter.KindComment)
			case f.Tokens[token].Subkind == treesitter.SubkindAssignment:
				class = Assignment
			}
			begins = token != previous
			if !begins && (kind == treesitter.KindComment || kind == treesitter.KindLiteral) {
				begins = !withinWord(f.Text, start)
			}
		}
		labels[i] = Label(class)
		if begins || i == 0 {
			labels[i] |= wordStart
		}
		previous = token
	}
	return labels
}

// proseTokens are the literals that run over several lines: docstrings, templates and embedded text. They are half of
// some projects, and no more asked for than comments are.
func proseTokens(f *treesitter.File) map[int]bool {
	prose := map[int]bool{}
	for i, t := range f.Tokens {
		if t.Kind == treesitter.KindLiteral && bytes.IndexByte(f.Text[t.Start:t.End], '\n') >= 0 {
			prose[i] = true
		}
	}
	return prose
}

// withinWord tells whether the characters on both sides of offset are letters, digits or underscores.
func withinWord(text []byte, offset int) bool {
	before, _ := utf8.DecodeLastRune(text[:offset])
	after, _ := utf8.DecodeRune(text[offset:])
	return wordRune(before) && wordRune(after)
}

func wordRune(r rune) bool {
	// RuneError stands between the bytes of one character, which are never apart.
	return r == '_' || r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// builder fills shards of one side of the split.
type builder struct {
	name      string
	heldOut   bool
	tokenizer *codetok.Tokenizer
	written   int
	shard     *Shard
	projects  map[string]int
	languages map[string]int
}

func (b *builder) add(dir, project, language string, e *encodedFile) error {
	if len(e.ids) == 0 {
		return nil
	}
	if b.shard != nil && len(b.shard.IDs)+len(e.ids) > shardSubwords {
		if err := b.close(dir); err != nil {
			return err
		}
	}
	if b.shard == nil {
		b.shard = &Shard{Tokenizer: b.tokenizer.Digest(), Vocabulary: b.tokenizer.Size(), HeldOut: b.heldOut}
		b.projects, b.languages = map[string]int{}, map[string]int{}
	}
	s := b.shard
	start := len(s.IDs)
	s.IDs = append(s.IDs, e.ids...)
	s.Labels = append(s.Labels, e.labels...)
	for _, at := range e.windows {
		s.Windows = append(s.Windows, uint32(start)+at)
	}
	s.Documents = append(s.Documents, Document{
		Project: intern(b.projects, &s.Projects, project), Language: intern(b.languages, &s.Languages, language), Start: start, End: len(s.IDs),
	})
	return nil
}

func intern(index map[string]int, names *[]string, name string) int {
	i, ok := index[name]
	if !ok {
		i = len(*names)
		index[name] = i
		*names = append(*names, name)
	}
	return i
}

func (b *builder) close(dir string) error {
	if b.shard == nil {
		return nil
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%03d%s", b.name, b.written, Extension))
	b.written++
	s := b.shard
	b.shard = nil
	return s.WriteFile(path)
}

// Open reads all shards of one side in dir. It returns an error when one is broken or was made with another tokenizer.
func Open(dir string, heldOut bool, tokenizer string) ([]*Shard, error) {
	name := "train"
	if heldOut {
		name = "heldout"
	}
	paths, err := list(dir, name+"-")
	if err != nil {
		return nil, fmt.Errorf("reading shards: %w", err)
	}
	var shards []*Shard
	for _, path := range paths {
		s, err := ReadFile(path)
		if err != nil {
			return nil, err
		}
		if s.Tokenizer != tokenizer || s.HeldOut != heldOut {
			return nil, fmt.Errorf("reading shard %s: it was made with another tokenizer or for the other side of the split; delete it, and it is built again", path)
		}
		shards = append(shards, s)
	}
	return shards, nil
}

// list returns the paths of the shards in dir whose names begin with prefix, in order.
func list(dir, prefix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), Extension) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}
