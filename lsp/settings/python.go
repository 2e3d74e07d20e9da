package settings

import (
	"path/filepath"
	"regexp"
	"strconv"

	toml "github.com/pelletier/go-toml/v2"
)

var (
	// requiresPattern finds the versions of Python in setup.cfg and setup.py.
	requiresPattern = regexp.MustCompile(`(?m)\bpython_requires\s*=\s*["']?([^"'\n]*)`)
	// leastPattern finds from which minor version on in a specifier: ">=3.9", "~=3.8,!=3.8.1", "^3.10".
	leastPattern = regexp.MustCompile(`(?:>=|~=|==|\^|~|>)\s*3\.(\d{1,2})\b`)
)

// OldestPython returns the minor version of the oldest Python 3 on which a project says that a file is to run, by requires-python and its like in the nearest pyproject.toml,
// setup.cfg or setup.py, from the file's directory up to the root of its project; 0 where none says so.
func OldestPython(path string) int {
	directory := filepath.Dir(path)
	root := FindRoot(directory)
	for {
		for _, file := range []struct {
			name string
			read func([]byte) string
		}{{"pyproject.toml", pyproject}, {"setup.cfg", setup}, {"setup.py", setup}} {
			// A file that cannot be read says nothing here: it is not ours to complain about.
			if text, err := readBelow(directory, file.name, maxFileSize); err == nil {
				if oldest := leastPython(file.read(text)); oldest > 0 {
					return oldest
				}
			}
		}
		parent := filepath.Dir(directory)
		if root == "" || directory == root || parent == directory {
			return 0
		}
		directory = parent
	}
}

// pyproject returns what a pyproject.toml says of Python's versions, "" for nothing.
func pyproject(text []byte) string {
	var file struct {
		Project struct {
			Requires any `toml:"requires-python"`
		}
		Tool struct {
			Poetry struct {
				Dependencies map[string]any
			}
		}
	}
	if toml.Unmarshal(text, &file) != nil {
		return ""
	}
	if said, ok := file.Project.Requires.(string); ok {
		return said
	}
	said, _ := file.Tool.Poetry.Dependencies["python"].(string)
	return said
}

// setup is pyproject for setup.cfg and setup.py.
func setup(text []byte) string {
	if m := requiresPattern.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// leastPython returns the least minor version that a specifier lets in, 0 where it names none.
func leastPython(specifier string) (least int) {
	for _, m := range leastPattern.FindAllStringSubmatch(specifier, -1) {
		if minor, err := strconv.Atoi(m[1]); err == nil && (least == 0 || minor < least) {
			least = minor
		}
	}
	return least
}
