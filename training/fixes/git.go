package fixes

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// change is a file that a commit changed.
type change struct {
	path     string
	status   byte // M modified, A added, D deleted, T another type
	old, new string
}

// commit is a commit with its changes.
type commit struct {
	id, parent string
	time       int64
	message    string
	changes    []change
}

// git starts git on a repository, bare or not, without the user's settings changing what it prints.
func git(ctx context.Context, repository string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "git", append([]string{"-C", repository, "-c", "core.quotePath=false", "-c", "log.showSignature=false", "-c", "safe.directory=*"}, args...)...)
	command.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0")
	return command
}

// run runs git and returns what it printed; its complaint is part of the error.
func run(command *exec.Cmd) (string, error) {
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return string(out), nil
}

// directory is where git's own files of the repository at path lie; an error means that there is none.
func directory(ctx context.Context, path string) (string, error) {
	// A folder somewhere inside a checkout is no repository of its own.
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	out, err := run(git(ctx, absolute, "rev-parse", "--absolute-git-dir"))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(out), nil
}

// history calls visit with every non-merge commit before HEAD whose message matches the extended regular expression, newest first.
func history(ctx context.Context, repository, pattern string, visit func(commit) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// Neither a path nor a message holds a zero byte, so the fields are told apart without quoting.
	command := git(ctx, repository, "log", "--no-merges", "--no-renames", "--raw", "--no-abbrev", "--extended-regexp", "--regexp-ignore-case", "--grep="+pattern,
		"--format=%x00%x01%H %P%x01%ct%x01%x00%B%x00", "HEAD", "--")
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	err = readHistory(bufio.NewReaderSize(out, 1<<16), visit)
	if err != nil {
		stop()
		return errors.Join(err, ignoreExit(command.Wait()))
	}
	if err := command.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return nil
}

// ignoreExit drops the error of a process that we ended.
func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// header is how a commit's first field begins; see history.
var header = regexp.MustCompile(`^\x01([0-9a-f]{40,64}) ([0-9a-f ]*)\x01(\d+)\x01$`)

// readHistory reads fields that end in zero bytes: a header, a message, changes. Messages that hold zero bytes themselves, as some old ones
// do, are cut there; the next header is where the reading goes on.
func readHistory(in *bufio.Reader, visit func(commit) error) error {
	var c commit
	fields := 0 // of c, so far
	for {
		field, err := in.ReadString(0)
		if err != nil && err != io.EOF {
			return err
		}
		last := err == io.EOF
		field = strings.TrimSuffix(field, "\x00")
		if m := header.FindStringSubmatch(field); m != nil {
			if c.id != "" {
				if err := visit(c); err != nil {
					return err
				}
			}
			c, fields = commit{id: m[1], parent: m[2]}, 0
			if c.time, err = strconv.ParseInt(m[3], 10, 64); err != nil {
				return fmt.Errorf("reading commit %s: %w", c.id, err)
			}
		} else if fields == 1 {
			c.message = field
		} else {
			for line := range strings.SplitSeq(field, "\n") {
				if change, ok := parseChange(line); ok {
					c.changes = append(c.changes, change)
				}
			}
		}
		fields++
		if last {
			break
		}
	}
	if c.id == "" {
		return nil
	}
	return visit(c)
}

// parseChange reads a line of git's raw format: ":100644 100644 old new M\tpath".
func parseChange(line string) (change, bool) {
	head, path, ok := strings.Cut(line, "\t")
	fields := strings.Fields(strings.TrimPrefix(head, ":"))
	if !ok || !strings.HasPrefix(head, ":") || len(fields) != 5 {
		return change{}, false
	}
	return change{path: path, status: fields[4][0], old: fields[2], new: fields[3]}, true
}

// blobs reads objects of a repository one after another through one process.
type blobs struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func openBlobs(ctx context.Context, repository string) (*blobs, error) {
	b := &blobs{command: git(ctx, repository, "cat-file", "--batch")}
	var err error
	if b.in, err = b.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewReaderSize(out, 1<<16)
	return b, b.command.Start()
}

func (b *blobs) close() error {
	return errors.Join(b.in.Close(), b.command.Wait())
}

// read returns an object by its name ("id" or "commit:path"); false where the repository lacks it, it is no file, or it is larger than maxBytes.
func (b *blobs) read(name string) (text []byte, ok bool, err error) {
	if strings.ContainsAny(name, "\n\x00") {
		return nil, false, nil
	}
	if _, err := io.WriteString(b.in, name+"\n"); err != nil {
		return nil, false, err
	}
	header, err := b.out.ReadString('\n')
	if err != nil {
		return nil, false, err
	}
	fields := strings.Fields(header)
	if len(fields) < 3 || fields[len(fields)-1] == "missing" || fields[len(fields)-1] == "ambiguous" {
		return nil, false, nil
	}
	kind := fields[len(fields)-2]
	size, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
	if err != nil {
		return nil, false, fmt.Errorf("reading object %s: %w", name, err)
	}
	if kind != "blob" || size > maxBytes {
		_, err := io.CopyN(io.Discard, b.out, size+1)
		return nil, false, err
	}
	text = make([]byte, size+1)
	if _, err := io.ReadFull(b.out, text); err != nil {
		return nil, false, err
	}
	return text[:size], true, nil
}
