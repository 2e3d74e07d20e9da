package names

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Lexicon holds which members people use on what, as far as many projects agree: what a file alone cannot show. It is counted by `mlm-lsp fit --lexicon`.
type Lexicon struct {
	// Members are the members seen on receivers of a name (see Tail), the most frequent first, joined by spaces.
	Members map[string]string `json:"members"`
	// Siblings are the members seen on the same receivers as a member, those that go with it most first, joined by spaces.
	Siblings map[string]string `json:"siblings"`
}

// maxLexicon bounds the text of a lexicon.
const maxLexicon = 64 << 20

//go:embed lexicon.json.gz
var lexiconFile []byte

var lexicons = sync.OnceValue(func() map[string]*Lexicon {
	list, err := ReadLexicons(lexiconFile)
	if err != nil {
		panic(err) // part of the program: TestLexicon
	}
	for twin, of := range map[string]string{"typescript": "javascript", "tsx": "javascript"} {
		list[twin] = list[of]
	}
	return list
})

// ReadLexicons reads lexicons by language from compressed JSON.
func ReadLexicons(compressed []byte) (map[string]*Lexicon, error) {
	return ReadCounted[*Lexicon](compressed, "the lexicon")
}

// ReadCounted reads what `mlm-lsp fit` counted, by language, from compressed JSON; what names it in errors.
func ReadCounted[L any](compressed []byte, what string) (map[string]L, error) {
	zip, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	text, err := io.ReadAll(io.LimitReader(zip, maxLexicon))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	var list map[string]L
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	if list == nil {
		return nil, fmt.Errorf("reading %s: it is empty", what)
	}
	return list, nil
}

// KnownMembers returns the members that other projects use on receivers of that name, the most frequent first.
func KnownMembers(language, receiver string) []string {
	if l := lexicons()[language]; l != nil {
		return strings.Fields(l.Members[Tail(Compact(receiver))])
	}
	return nil
}

// Siblings returns the members that other projects use on the same receivers as a member, those that go with it most first.
func Siblings(language, member string) []string {
	if l := lexicons()[language]; l != nil {
		return strings.Fields(l.Siblings[member])
	}
	return nil
}

// membersByLength are all members of a lexicon by language and length, sorted.
var membersByLength = sync.OnceValue(func() map[string]map[int][]string {
	lists := map[string]map[int][]string{}
	for language, l := range lexicons() {
		set := map[string]bool{}
		for _, list := range l.Members {
			for member := range strings.FieldsSeq(list) {
				set[member] = true
			}
		}
		lists[language] = map[int][]string{}
		for _, member := range slices.Sorted(maps.Keys(set)) {
			lists[language][len(member)] = append(lists[language][len(member)], member)
		}
	}
	return lists
})

// MembersLike returns the members that other projects use whose names are one slip from a name.
func MembersLike(language, name string) []string {
	var list []string
	for length := len(name) - 1; length <= len(name)+1; length++ {
		for _, member := range membersByLength()[language][length] {
			if SlipOf(name, member) != NoSlip {
				list = append(list, member)
			}
		}
	}
	return list
}
