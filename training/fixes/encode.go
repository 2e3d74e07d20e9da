package fixes

import (
	"fmt"
	"slices"
	"sort"

	"mlm-lsp/codetok"
	"mlm-lsp/training/shard"
	"mlm-lsp/treesitter"
)

// Encode makes a shard of fixes: two documents for each, the buggy text around the place and the fixed one, which begin and end with the same
// subwords, at most reach of them on either side. Fixes of languages that are unknown, without texts, or whose texts do not agree with
// the place are left out; their number is returned.
func Encode(list []Fix, t *codetok.Tokenizer, reach int) (s *shard.Shard, left int) {
	s = &shard.Shard{Tokenizer: t.Digest(), Vocabulary: t.Size()}
	projects, languages := map[string]int{}, map[string]int{}
	for i := range list {
		f := &list[i]
		language := f.Language()
		pair, err := f.encode(t, language, reach)
		if err != nil {
			left++
			continue
		}
		for _, d := range pair {
			start := len(s.IDs)
			s.IDs, s.Labels = append(s.IDs, d.ids...), append(s.Labels, d.labels...)
			s.Windows = append(s.Windows, uint32(start))
			s.Documents = append(s.Documents, shard.Document{
				Project: intern(projects, &s.Projects, f.Repo), Language: intern(languages, &s.Languages, language), Start: start, End: len(s.IDs),
			})
		}
	}
	return s, left
}

func intern(index map[string]int, names *[]string, name string) int {
	i, ok := index[name]
	if !ok {
		i = len(*names)
		index[name], *names = i, append(*names, name)
	}
	return i
}

type encoded struct {
	ids    []int32
	labels []shard.Label
}

func (f *Fix) encode(t *codetok.Tokenizer, language string, reach int) (pair [2]encoded, err error) {
	if language == "" || f.Before == "" || f.After == "" {
		return pair, fmt.Errorf("encoding the fix of %s: no text in a language that is known", f.Path)
	}
	for i, text := range []string{f.Before, f.After} {
		if _, err := f.Offset(text); err != nil {
			return pair, err
		}
		encoding := t.Encode(text)
		pair[i] = encoded{encoding.IDs, shard.LabelSubwords(treesitter.Parse(language, []byte(text)), encoding.Offsets)}
	}
	first, ends := differ(pair[0].ids, pair[1].ids)
	if first == ends[0] && first == ends[1] {
		return pair, fmt.Errorf("encoding the fix of %s: the texts are the same", f.Path)
	}
	// The cuts are at words, the same in both texts.
	from := max(0, first-reach)
	for from < first && !(pair[0].labels[from].WordStart() && pair[1].labels[from].WordStart()) {
		from++
	}
	tail := min(reach, len(pair[0].ids)-ends[0])
	for i := range pair {
		to := ends[i] + tail
		pair[i] = encoded{slices.Clone(pair[i].ids[from:to]), slices.Clone(pair[i].labels[from:to])}
		pair[i].labels[0] |= shard.Boundary
	}
	p := Pair{IDs: [2][]int32{pair[0].ids, pair[1].ids}, Labels: [2][]shard.Label{pair[0].labels, pair[1].labels}}
	if p.changed(); len(p.Changed[0]) == 0 || len(p.Changed[1]) == 0 {
		return pair, fmt.Errorf("encoding the fix of %s: a token was added or taken away, none replaced", f.Path)
	}
	return pair, nil
}

// differ finds where two sequences begin to differ, and from where on they are the same again.
func differ(a, b []int32) (first int, ends [2]int) {
	for first < len(a) && first < len(b) && a[first] == b[first] {
		first++
	}
	same := 0
	for same < len(a)-first && same < len(b)-first && a[len(a)-1-same] == b[len(b)-1-same] {
		same++
	}
	return first, [2]int{len(a) - same, len(b) - same}
}

// Pair is one fix in a shard that Encode made.
type Pair struct {
	Project  string
	Language string
	IDs      [2][]int32 // of the buggy text and of the fixed one
	Labels   [2][]shard.Label
	// Changed are the words that differ, as the places of their first subwords: as many on both sides for all but the rarest fixes.
	Changed [2][]int
}

// Pairs reads the pairs of a shard that Encode made.
func Pairs(s *shard.Shard) ([]Pair, error) {
	if len(s.Documents)%2 != 0 {
		return nil, fmt.Errorf("reading fixes from a shard: it has %d documents, an odd number", len(s.Documents))
	}
	var list []Pair
	for i := 0; i < len(s.Documents); i += 2 {
		var p Pair
		for side := range 2 {
			d := s.Documents[i+side]
			p.Project, p.Language = s.Projects[d.Project], s.Languages[d.Language]
			p.IDs[side], p.Labels[side] = s.IDs[d.Start:d.End], s.Labels[d.Start:d.End]
		}
		p.changed()
		if len(p.Changed[0]) == 0 || len(p.Changed[1]) == 0 {
			return nil, fmt.Errorf("reading fixes from a shard: documents %d and %d differ in no word", i, i+1)
		}
		list = append(list, p)
	}
	return list, nil
}

// changed compares the words where the texts differ.
func (p *Pair) changed() {
	first, ends := differ(p.IDs[0], p.IDs[1])
	// Whole words differ, not the ends of words that begin alike.
	starts := func(a, b int) bool {
		return (a == len(p.Labels[0]) || p.Labels[0][a].WordStart()) && (b == len(p.Labels[1]) || p.Labels[1][b].WordStart())
	}
	for first > 0 && !starts(first, first) {
		first--
	}
	for ends[0] < len(p.Labels[0]) && !starts(ends[0], ends[1]) {
		ends[0], ends[1] = ends[0]+1, ends[1]+1
	}
	var words [2][][2]int
	for side := range 2 {
		words[side] = wordsIn(p.Labels[side], first, ends[side])
	}
	if len(words[0]) != len(words[1]) {
		for side := range 2 {
			for _, w := range words[side][:min(1, len(words[side]))] {
				p.Changed[side] = append(p.Changed[side], w[0])
			}
		}
		return
	}
	for i := range words[0] {
		a, b := words[0][i], words[1][i]
		if !slices.Equal(p.IDs[0][a[0]:a[1]], p.IDs[1][b[0]:b[1]]) {
			p.Changed[0], p.Changed[1] = append(p.Changed[0], a[0]), append(p.Changed[1], b[0])
		}
	}
}

// wordsIn lists the words of a stretch, those of white space left out unless there are no others.
func wordsIn(labels []shard.Label, from, to int) [][2]int {
	var all, tokens [][2]int
	for start := from; start < to; {
		end := start + 1
		for end < to && !labels[end].WordStart() {
			end++
		}
		w := [2]int{start, end}
		all = append(all, w)
		if labels[start].Class() != shard.Whitespace {
			tokens = append(tokens, w)
		}
		start = end
	}
	if len(tokens) == 0 {
		return all
	}
	return tokens
}

// HeldOut picks about a fifth of the repositories: whose fixes measure what is learnt from the rest. A repository is on the same side
// whatever the others are.
func HeldOut(repo string) bool {
	h := uint32(2166136261) // FNV-1a
	for _, c := range []byte(repo) {
		h = (h ^ uint32(c)) * 16777619
	}
	return (h>>8)%5 == 0
}

// Split parts fixes by HeldOut, in order of repository, path and commit.
func Split(list []Fix) (train, heldOut []Fix) {
	list = slices.Clone(list)
	sort.Slice(list, func(a, b int) bool {
		x, y := &list[a], &list[b]
		if x.Repo != y.Repo {
			return x.Repo < y.Repo
		}
		if x.Path != y.Path {
			return x.Path < y.Path
		}
		return x.Commit < y.Commit
	})
	for _, f := range list {
		if HeldOut(f.Repo) {
			heldOut = append(heldOut, f)
		} else {
			train = append(train, f)
		}
	}
	return train, heldOut
}
