package training

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"mlm-lsp/codetok"
	"mlm-lsp/training/corpus"
	"mlm-lsp/training/shard"
)

// takeShards makes Work hold what another training encoded: shards, tokenizer and corpus.json of opts.Shards. Where that holds unpacked shards alone,
// the tokenizer is the one of the bundle to start from, and what can be counted of the corpus is counted.
func (r *run) takeShards() error {
	from := r.opts.Shards
	if r.tokenizer == nil {
		var err error
		if r.tokenizer, err = readTokenizer(filepath.Join(from, "tokenizer.json")); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("taking shards: %w; put the tokenizer.json that they were made with beside them, or name a bundle that has it with --from", err)
		} else if err != nil {
			return fmt.Errorf("taking shards: %w", err)
		}
	}
	directory := filepath.Join(from, "shards")
	if _, err := os.Stat(directory); errors.Is(err, fs.ErrNotExist) {
		directory = from
	}
	if err := shard.Link(directory, r.path("shards")); err != nil {
		return err
	}
	if err := r.openShards(); err != nil {
		return err
	}
	if err := r.writeTokenizer(); err != nil {
		return err
	}
	var record corpusRecord
	text, err := os.ReadFile(filepath.Join(from, "corpus.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		record = recount(r.tokenizer, r.shards, r.heldOut)
	case err != nil:
		return fmt.Errorf("taking shards: %w", err)
	default:
		if err := json.Unmarshal(text, &record); err != nil {
			return fmt.Errorf("taking shards: reading %s: %w", filepath.Join(from, "corpus.json"), err)
		}
	}
	return r.writeRecord(record)
}

// recount is what shards tell of the corpus that they were made of.
func recount(t *codetok.Tokenizer, sides ...[]*shard.Shard) corpusRecord {
	record := corpusRecord{Trained: map[string]corpus.Count{}, HeldOut: map[string]corpus.Count{}}
	projects := map[string]*corpus.Project{}
	for _, shards := range sides {
		for _, s := range shards {
			languages := record.Trained
			if s.HeldOut {
				languages = record.HeldOut
			}
			for _, d := range s.Documents {
				bytes := 0
				for _, id := range s.IDs[d.Start:d.End] {
					bytes += len(t.Bytes(id))
				}
				n := languages[s.Languages[d.Language]]
				n.Files, n.Bytes = n.Files+1, n.Bytes+bytes
				languages[s.Languages[d.Language]] = n
				name := s.Projects[d.Project]
				p := projects[name]
				if p == nil {
					p = &corpus.Project{Name: name, HeldOut: s.HeldOut}
					projects[name] = p
				}
				p.Files, p.Bytes = p.Files+1, p.Bytes+bytes
			}
		}
	}
	for _, p := range projects {
		record.Projects = append(record.Projects, *p)
	}
	sort.Slice(record.Projects, func(i, j int) bool { return record.Projects[i].Name < record.Projects[j].Name })
	return record
}
