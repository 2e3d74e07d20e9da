package evaluate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"mlm-lsp/lsp/project"
	"mlm-lsp/treesitter"
)

// pair is a line of a file of pointers to fixes: in the clone of Repo, Parent:Path is the file with the mistake and Commit:Path the one without. Where the texts come
// along, no clone is needed.
type pair struct {
	Repo, Commit, Parent, Path string
	Line                       int // from 1
	Col                        int // from 0, in bytes
	Old, New, Kind             string
	Before, After              string
}

// ReadPairs reads pointers to fixes, an object per line, with the texts from clones below repos, see Clones. Every pointer becomes a Bug in the order of the lines; one that points at nothing is an error.
// What stands around is read from the mistake's commit when it is asked for.
func ReadPairs(ctx context.Context, path, repos string) ([]Bug, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading pairs: %w", err)
	}
	defer f.Close()
	clones := NewClones(repos)
	var bugs []Bug
	dec := json.NewDecoder(bufio.NewReader(f))
	for n := 1; ; n++ {
		var p pair
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return bugs, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading pair %d of %s: %w", n, path, err)
		}
		b, err := p.bug(ctx, clones)
		if err != nil {
			return nil, fmt.Errorf("reading pair %d of %s: %w", n, path, err)
		}
		bugs = append(bugs, b)
	}
}

func (p pair) bug(ctx context.Context, clones *Clones) (Bug, error) {
	b := Bug{Project: p.Repo, Path: p.Repo + "/" + p.Path, Language: treesitter.LanguageOf(p.Path), Before: []byte(p.Before), After: []byte(p.After), Old: p.Old, New: p.New, Kind: p.Kind}
	if p.Before == "" {
		revisions := []string{p.Parent + ":" + p.Path, p.Commit + ":" + p.Path}
		texts, err := clones.blobs(ctx, p.Repo, revisions)
		if err != nil {
			return Bug{}, err
		}
		for i, text := range texts {
			if text == nil {
				return Bug{}, fmt.Errorf("asking git for %s: there is no such file: is the clone complete?", revisions[i])
			}
		}
		b.Before, b.After = texts[0], texts[1]
		b.Around = func(ctx context.Context) (*project.View, error) { return clones.Around(ctx, p.Repo, p.Parent, p.Path) }
	}
	at := 0
	for range p.Line - 1 {
		next := bytes.IndexByte(b.Before[at:], '\n')
		if next < 0 {
			return Bug{}, fmt.Errorf("%s has no line %d", b.Path, p.Line)
		}
		at += next + 1
	}
	b.At = at + p.Col
	if p.Col < 0 || b.At+len(p.Old) > len(b.Before) || string(b.Before[b.At:b.At+len(p.Old)]) != p.Old {
		return Bug{}, fmt.Errorf("%s:%d:%d does not hold %q", b.Path, p.Line, p.Col, p.Old)
	}
	return b, nil
}
