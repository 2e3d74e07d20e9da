package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mlm-lsp/codetok"
	"mlm-lsp/training/fixes"
	"mlm-lsp/training/mutate"
	"mlm-lsp/training/shard"
)

// fixReach is how many subwords on either side of a fix are kept: a row can begin anywhere before it.
const fixReach = longestRow

// prepareFixes gathers the fixes that the options name and writes them into Work: as lists per repository, so that none is mined twice, and as
// shards of the two sides.
func (r *run) prepareFixes(ctx context.Context) error {
	if len(r.opts.Fixes) == 0 {
		return nil
	}
	directory := r.path("fixes")
	if err := os.MkdirAll(directory, 0o777); err != nil {
		return fmt.Errorf("gathering fixes: %w", err)
	}
	list, err := fixes.Gather(ctx, r.opts.Fixes, directory, func(repo string, c fixes.Counts) {
		r.console.printf("%s: %d fixes in %d commits", repo, c.Found, c.Commits)
	})
	if err != nil {
		return err
	}
	// Names that stand nowhere else would teach that what is rare is wrong.
	all := len(list)
	list = slices.DeleteFunc(list, func(f fixes.Fix) bool { return f.Misspelt() })
	r.console.printf("%d fixes; %d more put right a name that stands nowhere else, and are left out", len(list), all-len(list))
	train, heldOut := fixes.Split(list)
	if len(train) == 0 {
		return fmt.Errorf("gathering fixes: none is found in %s; name other repositories, or leave out --fixes", strings.Join(r.opts.Fixes, ", "))
	}
	for i, side := range [][]fixes.Fix{train, heldOut} {
		s, left := fixes.Encode(side, r.tokenizer, fixReach)
		s.HeldOut = i == 1
		r.console.printf("%s: %d fixes, %d more without a text or a language", [...]string{"to learn from", "held out"}[i], len(side)-left, left)
		if len(s.Documents) == 0 {
			continue
		}
		if err := s.WriteFile(r.path(filepath.Join("fixes", sideNames[i]+"-000"+shard.Extension))); err != nil {
			return err
		}
	}
	return r.openFixes()
}

// sideNames are how the names of shards begin.
var sideNames = [2]string{"train", "heldout"}

// openFixes reads what prepareFixes left, if anything.
func (r *run) openFixes() (err error) {
	if _, err := os.Stat(r.path("fixes")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if r.fixes, err = shard.Open(r.path("fixes"), false, r.tokenizer.Digest()); err != nil {
		return err
	}
	r.heldFixes, err = shard.Open(r.path("fixes"), true, r.tokenizer.Digest())
	return err
}

// fixSet is the real fixes of one side of the split.
type fixSet struct {
	pairs []fixes.Pair
	cls   int32
	sep   int32
	tags  []int32 // per pair; -1 where the tokenizer has no tag for the language
}

// newFixSet takes the fixes out of a shard; nil without any.
func newFixSet(shards []*shard.Shard, t *codetok.Tokenizer) (*fixSet, error) {
	set := &fixSet{cls: t.Special().CLS, sep: t.Special().SEP}
	for _, s := range shards {
		pairs, err := fixes.Pairs(s)
		if err != nil {
			return nil, fmt.Errorf("taking fixes: %w", err)
		}
		set.pairs = append(set.pairs, pairs...)
	}
	if len(set.pairs) == 0 {
		return nil, nil
	}
	for _, p := range set.pairs {
		tag, ok := t.LanguageTag(p.Language)
		if !ok {
			tag = -1
		}
		set.tags = append(set.tags, tag)
	}
	return set, nil
}

// draw takes a fix, each as likely as another, and cuts both texts to rows in which the place stands anywhere.
func (set *fixSet) draw(random *rand.Rand, d *detector) (texts [2]mutate.Row, sites [2][]mutate.Site, changed [2][]int) {
	i := random.IntN(len(set.pairs))
	p := &set.pairs[i]
	room := d.length - 2
	if set.tags[i] >= 0 {
		room--
	}
	// Before the first word that changed, both texts are the same.
	place := p.Changed[0][0]
	from := max(0, place-room/8-random.IntN(room*3/4))
	from = max(0, min(from, len(p.IDs[0])-room, len(p.IDs[1])-room))
	for side := range 2 {
		row := mutate.Row{Language: p.Language}
		put := func(id int32, l shard.Label) { row.IDs, row.Labels = append(row.IDs, id), append(row.Labels, l) }
		put(set.cls, shard.SpecialLabel)
		if set.tags[i] >= 0 {
			put(set.tags[i], shard.SpecialLabel)
		}
		offset := len(row.IDs) - from
		for at := from; at < min(from+room, len(p.IDs[side])); at++ {
			label := p.Labels[side][at]
			if at == from {
				label |= shard.Boundary
			}
			put(p.IDs[side][at], label)
		}
		put(set.sep, shard.SpecialLabel)
		texts[side], sites[side] = row, d.mutator.Sites(&row)
		for _, start := range p.Changed[side] {
			if start+offset < len(row.IDs)-1 {
				changed[side] = append(changed[side], mark(&sites[side], row.Labels, start+offset))
			}
		}
	}
	return texts, sites, changed
}

// mark finds the site of the word that begins at start, and adds one for a word that is none by itself: what people fixed can be wrong.
func mark(sites *[]mutate.Site, labels []shard.Label, start int) int {
	end := start + 1
	for end < len(labels) && !labels[end].WordStart() {
		end++
	}
	for j, s := range *sites {
		if start <= s.At && s.At < end {
			return j
		}
	}
	*sites = append(*sites, mutate.Site{Start: start, At: start, End: end})
	return len(*sites) - 1
}
