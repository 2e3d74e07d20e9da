package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"mlm-lsp/training/corpus"
)

// lineSet are lines of a file.
type lineSet struct {
	all    bool
	ranges [][2]int // first and last line, 1-based, ascending
}

// touches reports whether one of the lines from first to last is in the set.
func (l *lineSet) touches(first, last int) bool {
	return l.all || slices.ContainsFunc(l.ranges, func(r [2]int) bool { return first <= r[1] && r[0] <= last })
}

// changes are the lines that changed, by file: absolute, without links.
type changes map[string]*lineSet

// of returns the lines of a file that changed, nil when none did.
func (c changes) of(path string) (*lineSet, error) {
	_, file, err := corpus.Top(path)
	return c[file], err
}

// changedSince asks git what stands in the work trees of the paths' checkouts and did not where the branch left rev: rev itself, when it is an
// ancestor. Files that git does not know yet are new as a whole.
func changedSince(ctx context.Context, rev string, paths []string) (changes, error) {
	all := changes{}
	seen := map[string]bool{}
	for _, path := range paths {
		top, _, err := corpus.Top(path)
		if err != nil {
			return nil, err
		}
		if seen[top] {
			continue
		}
		seen[top] = true
		if err := all.read(ctx, rev, top); err != nil {
			return nil, fmt.Errorf("asking git what changed since %s: %w", rev, err)
		}
	}
	return all, nil
}

// read adds what changed in one checkout.
func (c changes) read(ctx context.Context, rev, top string) error {
	if _, err := git(ctx, top, "rev-parse", "--verify", "HEAD"); err != nil && rev == "HEAD" && ctx.Err() == nil {
		return c.readNew(ctx, top, "--cached", "--others") // nothing is committed yet
	}
	// A hash cannot be taken for an option.
	commit, err := git(ctx, top, "rev-parse", "--verify", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return err
	}
	base, err := git(ctx, top, "merge-base", "HEAD", strings.TrimSpace(string(commit)))
	if err != nil {
		return err
	}
	diff, err := git(ctx, top, "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative",
		"--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/", strings.TrimSpace(string(base)), "--")
	if err != nil {
		return err
	}
	files, _, err := gitdiff.Parse(bytes.NewReader(diff))
	if err != nil {
		return fmt.Errorf("reading its answer: %w", err)
	}
	for _, f := range files {
		if f.IsDelete || f.IsBinary {
			continue
		}
		lines := &lineSet{}
		for _, fragment := range f.TextFragments {
			if fragment.NewLines > 0 {
				lines.ranges = append(lines.ranges, [2]int{int(fragment.NewPosition), int(fragment.NewPosition + fragment.NewLines - 1)})
			}
		}
		c[filepath.Join(top, filepath.FromSlash(f.NewName))] = lines
	}
	return c.readNew(ctx, top, "--others")
}

// readNew adds files that are new as a whole: those that git lists.
func (c changes) readNew(ctx context.Context, top string, which ...string) error {
	list, err := git(ctx, top, append([]string{"ls-files", "-z", "--exclude-standard"}, which...)...)
	if err != nil {
		return err
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		if name != "" {
			c[filepath.Join(top, filepath.FromSlash(name))] = &lineSet{all: true}
		}
	}
	return nil
}

// git runs git in a directory. A checkout's own settings run no program: no hook, no monitor, and in "diff" above no external one.
func git(ctx context.Context, directory string, args ...string) ([]byte, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return nil, errors.New("git is not on the PATH: install it, or leave out --diff")
	}
	command := exec.CommandContext(ctx, program, append([]string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"}, args...)...)
	command.Dir = directory
	command.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	out, err := command.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		said, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n")
		switch {
		case said == "":
			said = "there is no common ancestor with HEAD: fetch more history, as with fetch-depth: 0 in GitHub's checkout"
		case strings.Contains(said, "Needed a single revision"):
			said = "there is no such commit here: fetch it, or name another"
		case strings.Contains(said, "Not a git repository"), strings.Contains(said, "not a git repository"):
			said += ": " + directory + " is in no checkout, leave out --diff"
		}
		return nil, errors.New(said)
	}
	return out, err
}
