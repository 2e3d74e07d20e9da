package evaluate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"mlm-lsp/lsp/project"
	"mlm-lsp/training/corpus"
)

// Clones are git repositories below a directory, by name: owner/name, name or owner+name, each a checkout, a bare repository, or a folder that holds one as "repo". They may be shared
// between goroutines.
type Clones struct {
	directory string
	mu        sync.Mutex
	found     map[string]string // by name: where it is; "" where it is not
	recent    []surroundings    // the last ones that were asked for
}

// surroundings are what stands around a file of a commit.
type surroundings struct {
	of   [3]string // repository, commit, path
	view *project.View
}

// heldSurroundings is how many are kept: a few cases of one file follow each other.
const heldSurroundings = 4

// NewClones returns those below a directory.
func NewClones(directory string) *Clones {
	return &Clones{directory: directory, found: map[string]string{}}
}

// find returns where a repository is, "" when there is no clone of it.
func (c *Clones) find(ctx context.Context, name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir, ok := c.found[name]
	if ok {
		return dir
	}
	owner, base, _ := strings.Cut(name, "/")
	for _, try := range []string{owner + "+" + base + "/repo", owner + "+" + base, name + "/repo", name, name + ".git", base + "/repo", base, base + ".git"} {
		try = filepath.Join(c.directory, filepath.FromSlash(try))
		out, err := git(ctx, try, "", "rev-parse", "--git-dir")
		if at := strings.TrimSpace(string(out)); err == nil && (at == "." || at == ".git") {
			dir = try
			break
		}
	}
	c.found[name] = dir
	return dir
}

// blobs reads files by their revisions, as in commit:path; nil for one that is not there.
func (c *Clones) blobs(ctx context.Context, name string, revisions []string) ([][]byte, error) {
	dir := c.find(ctx, name)
	if dir == "" {
		return nil, fmt.Errorf("finding a clone of %s below %s: there is none: clone it to %s", name, c.directory, strings.ReplaceAll(name, "/", "+"))
	}
	for _, revision := range revisions {
		if strings.ContainsAny(revision, "\n\x00") {
			return nil, fmt.Errorf("asking git for %q: that is no name of a file", revision)
		}
	}
	out, err := git(ctx, dir, strings.Join(revisions, "\n")+"\n", "cat-file", "--batch")
	if err != nil {
		return nil, fmt.Errorf("reading the clone of %s: %w", name, err)
	}
	texts := make([][]byte, len(revisions))
	for i, revision := range revisions {
		header, rest, _ := bytes.Cut(out, []byte("\n"))
		var id, kind string
		var size int
		if n, _ := fmt.Sscanf(string(header), "%s %s %d", &id, &kind, &size); n == 3 && 0 <= size && size < len(rest) {
			if kind == "blob" {
				texts[i] = rest[:size]
			}
			rest = rest[size+1:]
		} else if !bytes.HasSuffix(header, []byte(" missing")) {
			return nil, fmt.Errorf("asking git for %s: it says %q: is the clone complete?", revision, header)
		}
		out = rest
	}
	return texts, nil
}

// Around returns what the files near a path say at a commit, as a check of the project would see them; nil when there is no clone of the repository.
func (c *Clones) Around(ctx context.Context, name, commit, path string) (*project.View, error) {
	dir := c.find(ctx, name)
	if dir == "" {
		return nil, nil
	}
	of := [3]string{name, commit, path}
	c.mu.Lock()
	for _, s := range c.recent {
		if s.of == of {
			c.mu.Unlock()
			return s.view, nil
		}
	}
	c.mu.Unlock()
	out, err := git(ctx, dir, "", "ls-tree", "-r", "-z", "--name-only", commit)
	if err != nil {
		return nil, fmt.Errorf("listing the files of %s at %s: %w: is the clone complete?", name, commit, err)
	}
	var files []string
	for file := range strings.SplitSeq(string(out), "\x00") {
		if file != "" && !strings.Contains(file, "\n") && !corpus.Vendored(file) {
			files = append(files, filepath.FromSlash(file))
		}
	}
	path = filepath.FromSlash(path)
	peers := project.Peers(path, files)
	peers = peers[:min(project.PeerFiles, len(peers))]
	revisions := make([]string, len(peers))
	for i, peer := range peers {
		revisions[i] = commit + ":" + filepath.ToSlash(peer)
	}
	texts, err := c.blobs(ctx, name, revisions)
	if err != nil {
		return nil, err
	}
	byPath := map[string][]byte{}
	for i, peer := range peers {
		byPath[peer] = texts[i]
	}
	p, err := project.Read(ctx, peers, func(path string) ([]byte, error) {
		if byPath[path] == nil {
			return nil, fs.ErrNotExist // a submodule or a link to one
		}
		return byPath[path], nil
	})
	if err != nil {
		return nil, err
	}
	view := p.View(path)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recent = append(c.recent, surroundings{of, view}); len(c.recent) > heldSurroundings {
		c.recent = c.recent[1:]
	}
	return view, nil
}

// git runs git on a repository and returns what it prints; its complaint is part of the error.
func git(ctx context.Context, directory, input string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", append([]string{"-C", directory, "-c", "safe.directory=*"}, args...)...)
	command.Stdin = strings.NewReader(input)
	out, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}
