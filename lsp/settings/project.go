package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"mlm-lsp/lsp/baseline"
)

// FileName is a project's file, in its root. Its tables and keys are those of Settings.
const FileName = ".mlm-lsp.toml"

// maxFileSize bounds a project's file in bytes.
const maxFileSize = 64 << 10

// Project is what a project says of itself.
type Project struct {
	Root     string // its directory, absolute
	File     string // where FileName is, or would be
	Exists   bool   // there is such a file, readable or not
	Layer    Layer
	Problems []Problem
}

// FindRoot returns the root of the project that holds a directory: the nearest one, from it upwards, with a file FileName or a git checkout's .git. It returns ""
// where there is none.
func FindRoot(directory string) string {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return ""
	}
	for {
		for _, name := range []string{FileName, ".git"} {
			if _, err := os.Lstat(filepath.Join(directory, name)); err == nil {
				return directory
			}
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return ""
		}
		directory = parent
	}
}

// ReadProject reads the file of the project with that root; one without a file sets nothing. It never fails: what is wrong with the file is among the
// problems. A link that leads out of the project is not followed, and nothing but a regular file of a modest size is read.
func ReadProject(root string) Project {
	p := Project{Root: root, File: filepath.Join(root, FileName)}
	text, err := ReadText(root)
	if errors.Is(err, fs.ErrNotExist) {
		return p
	}
	p.Exists = true
	if err != nil {
		p.Problems = []Problem{{Source: p.File, Text: fmt.Sprintf("%v: nothing of it is heeded, the editor's settings and the defaults are used", err)}}
		return p
	}
	p.Layer, p.Problems = readFile(p.File, text)
	return p
}

// Relative returns the slash-separated path of a file below the root, "" for one that is not.
func (p Project) Relative(path string) string {
	relative, err := filepath.Rel(p.Root, path)
	if p.Root == "" || err != nil || !filepath.IsLocal(relative) {
		return ""
	}
	return filepath.ToSlash(relative)
}

// ReadText returns the text of the file of the project with that root; the error is fs.ErrNotExist where there is none.
func ReadText(root string) ([]byte, error) { return readBelow(root, FileName, maxFileSize) }

// ReadBaseline reads the baseline of the project with that root, which a setting names; "" names none. One that is there already, and whose file still has that text, is
// returned as it is. It never fails: the baseline is nil where there is none or it is broken, and the problems say what is wrong with it.
func ReadBaseline(root, name string, there *baseline.Baseline) (*baseline.Baseline, []Problem) {
	if name == "" {
		return nil, nil
	}
	file := filepath.Join(root, filepath.FromSlash(name))
	complain := func(line int, format string, args ...any) []Problem {
		return []Problem{{Source: file, Line: line, Text: fmt.Sprintf(format, args...)}}
	}
	text, err := readBelow(root, filepath.FromSlash(name), baseline.Largest)
	switch {
	case errors.Is(err, fs.ErrNotExist) && name == baseline.FileName:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, complain(0, "there is no such file, though diagnostics.baseline names it: %s", baseline.Mend(name))
	case err != nil:
		return nil, complain(0, "%v: nothing is left out by it", err)
	case there.Is(text):
		return there, nil
	}
	read, err := baseline.Parse(text)
	if broken := (*baseline.Error)(nil); errors.As(err, &broken) {
		return nil, complain(broken.Line, "%s: nothing is left out by it; %s", printable(broken.Error()), baseline.Mend(name))
	}
	return read, nil
}

// readBelow returns the text of a regular file of at most most bytes, below a directory; the error is fs.ErrNotExist where there is none. os.Root keeps links from leading out
// of the directory.
func readBelow(root, name string, most int) ([]byte, error) {
	directory, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer directory.Close()
	if _, err := directory.Lstat(name); err != nil {
		return nil, err
	}
	info, err := directory.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("it is a link to nothing")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file") // a pipe would never end
	}
	file, err := directory.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("it is larger than %d bytes", most)
	}
	return text, err
}

// readFile reads the text of a project's file; source is its name in problems.
func readFile(source string, text []byte) (Layer, []Problem) {
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		p := Problem{Source: source, Text: "it is not TOML: " + printable(strings.TrimPrefix(err.Error(), "toml: ")) +
			": nothing of it is heeded, the editor's settings and the defaults are used"}
		if at := (*toml.DecodeError)(nil); errors.As(err, &at) {
			p.Line, _ = at.Position()
		}
		return Layer{}, []Problem{p}
	}
	lines := keyLines(text)
	r := reader{source: source, project: true, line: func(key string) int { return lines[key] }}
	if tree != nil {
		r.read("", tree)
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return r.layer, r.problems
}

// printable quotes a text that a terminal could take for commands.
func printable(text string) string {
	if quoted := strconv.Quote(text); strings.ReplaceAll(quoted, `\"`, `"`) != `"`+text+`"` {
		return quoted
	}
	return text
}

// keyLines tells in which line each key of a text that is TOML stands first, tables included, by their names with dots.
func keyLines(text []byte) map[string]int {
	lines := map[string]int{}
	var parser unstable.Parser
	parser.Reset(text)
	// path joins the parts of a node's key behind a prefix, and notes where each part stands.
	path := func(prefix string, node *unstable.Node) string {
		for key := node.Key(); key.Next(); {
			prefix = strings.TrimPrefix(prefix+"."+string(key.Node().Data), ".")
			if _, known := lines[prefix]; !known {
				lines[prefix] = parser.Shape(key.Node().Raw).Start.Line
			}
		}
		return prefix
	}
	var keyValue func(prefix string, node *unstable.Node)
	keyValue = func(prefix string, node *unstable.Node) {
		name := path(prefix, node)
		if value := node.Value(); value.Kind == unstable.InlineTable {
			for child := value.Children(); child.Next(); {
				keyValue(name, child.Node())
			}
		}
	}
	table := ""
	for parser.NextExpression() {
		switch node := parser.Expression(); node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = path("", node)
		case unstable.KeyValue:
			keyValue(table, node)
		}
	}
	return lines
}
