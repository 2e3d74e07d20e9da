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
	"os/exec"
	"path/filepath"
	"strings"

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

// ReadPairs reads pointers to fixes, an object per line, with the texts from clones below repos: repos/owner/name, repos/name or
// repos/owner+name, each a checkout, a bare repository, or a folder that holds one as "repo". Every pointer becomes a Bug in the order of the lines; one that points at nothing is an error.
func ReadPairs(ctx context.Context, path, repos string) ([]Bug, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading pairs: %w", err)
	}
	defer f.Close()
	open := map[string]*objects{}
	defer func() {
		for _, o := range open {
			o.close()
		}
	}()
	var bugs []Bug
	dec := json.NewDecoder(bufio.NewReader(f))
	for n := 1; ; n++ {
		var p pair
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return bugs, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading pair %d of %s: %w", n, path, err)
		}
		b, err := p.bug(ctx, repos, open)
		if err != nil {
			return nil, fmt.Errorf("reading pair %d of %s: %w", n, path, err)
		}
		bugs = append(bugs, b)
	}
}

func (p pair) bug(ctx context.Context, repos string, open map[string]*objects) (Bug, error) {
	b := Bug{Project: p.Repo, Path: p.Repo + "/" + p.Path, Language: treesitter.LanguageOf(p.Path), Before: []byte(p.Before), After: []byte(p.After), Old: p.Old, New: p.New, Kind: p.Kind}
	if p.Before == "" {
		o := open[p.Repo]
		if o == nil {
			var err error
			if o, err = openObjects(ctx, repos, p.Repo); err != nil {
				return Bug{}, err
			}
			open[p.Repo] = o
		}
		var err error
		if b.Before, err = o.blob(p.Parent + ":" + p.Path); err != nil {
			return Bug{}, err
		}
		if b.After, err = o.blob(p.Commit + ":" + p.Path); err != nil {
			return Bug{}, err
		}
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

// objects reads a repository's blobs through one git process.
type objects struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func openObjects(ctx context.Context, repos, name string) (*objects, error) {
	owner, base, _ := strings.Cut(name, "/")
	dir := ""
	for _, try := range []string{owner + "+" + base + "/repo", owner + "+" + base, name + "/repo", name, name + ".git", base + "/repo", base, base + ".git"} {
		try = filepath.Join(repos, filepath.FromSlash(try))
		if out, err := exec.CommandContext(ctx, "git", "-C", try, "-c", "safe.directory=*", "rev-parse", "--git-dir").Output(); err == nil && (strings.TrimSpace(string(out)) == "." || strings.TrimSpace(string(out)) == ".git") {
			dir = try
			break
		}
	}
	if dir == "" {
		return nil, fmt.Errorf("finding a clone of %s below %s: there is none: clone it to %s", name, repos, filepath.Join(repos, owner+"+"+base))
	}
	o := &objects{cmd: exec.CommandContext(ctx, "git", "-C", dir, "-c", "safe.directory=*", "cat-file", "--batch")}
	var err error
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("reading the clone of %s: %w", name, err)
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("reading the clone of %s: %w", name, err)
	}
	o.out = bufio.NewReader(out)
	if err := o.cmd.Start(); err != nil {
		return nil, fmt.Errorf("reading the clone of %s: %w", name, err)
	}
	return o, nil
}

func (o *objects) blob(revision string) ([]byte, error) {
	if strings.ContainsAny(revision, "\n\x00") {
		return nil, fmt.Errorf("asking git for %q: that is no name of a file", revision)
	}
	if _, err := fmt.Fprintln(o.in, revision); err != nil {
		return nil, fmt.Errorf("asking git for %s: %w", revision, err)
	}
	header, err := o.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("asking git for %s: %w", revision, err)
	}
	var id, kind string
	var size int
	if n, _ := fmt.Sscanf(header, "%s %s %d", &id, &kind, &size); n != 3 || kind != "blob" || size < 0 {
		return nil, fmt.Errorf("asking git for %s: it says %q: is the clone complete?", revision, strings.TrimSpace(header))
	}
	text := make([]byte, size+1)
	if _, err := io.ReadFull(o.out, text); err != nil {
		return nil, fmt.Errorf("asking git for %s: %w", revision, err)
	}
	return text[:size], nil
}

// close ends the process; what it still had to say does not matter.
func (o *objects) close() {
	_ = o.in.Close()
	_ = o.cmd.Wait()
}
