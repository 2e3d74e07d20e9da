package suspect

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Where no compiler looks, a misspelt name is found by what it is not: it stands nowhere else, nothing defines it, no comment speaks of it, and one keystroke away is a name that is used.

const (
	// rare is how often a name stands in a file at most to be compared with all others: a misspelt one stands once, or is copied once.
	rare = 2
	// maxSlips bounds the names that are offered because they are one slip away.
	maxSlips = 8
)

// slips lists the names that are one slip from a rare one: those of the file, then of the project, then those that the language has built in, or other projects use as members.
func (f *file) slips(name string, member bool) []string {
	if len(f.name(name).at) > rare {
		return nil
	}
	var list []string
	add := func(others []string) {
		for _, other := range others {
			if len(list) < maxSlips && names.SlipOf(name, other) != names.NoSlip && !slices.Contains(list, other) {
				list = append(list, other)
			}
		}
	}
	for length := len(name) - 1; length <= len(name)+1; length++ {
		add(f.byLength[length])
	}
	if f.project != nil {
		add(f.project.Like(name))
	}
	if member {
		add(names.MembersLike(f.x.File.Language, name))
		return list
	}
	for _, length := range []int{len(name) - 1, len(name), len(name) + 1} {
		add(builtinsByLength[f.x.File.Language][length])
	}
	return list
}

// readSpoken counts what comments and strings speak of.
func (f *file) readSpoken() {
	f.words, f.spoken = map[string]int{}, map[string]int{}
	for i, t := range f.tokens {
		if t.Kind != treesitter.KindComment && t.Subkind != treesitter.SubkindString {
			continue
		}
		for word := range strings.FieldsFuncSeq(f.texts[i], func(r rune) bool { return r < 0x80 && !names.IsNameByte(byte(r)) }) {
			f.spoken[word]++
			for _, part := range names.Parts(word) {
				f.words[part]++
			}
		}
	}
}

// strange is the length of the longest word of a name that stands nowhere else in the file, neither in another name nor in a comment or a string.
func (f *file) strange(name string) float32 {
	parts := names.Parts(name)
	longest := 0
	for _, part := range parts {
		here := 0
		for _, other := range parts {
			if other == part {
				here++
			}
		}
		if f.words[part] <= here*len(f.name(name).at) {
			longest = max(longest, len(part))
		}
	}
	return float32(longest)
}
