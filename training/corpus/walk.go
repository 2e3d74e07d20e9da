package corpus

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	ignore "github.com/sabhiram/go-gitignore"
)

// source is a file that the walk found.
type source struct {
	absolute string
	relative string // to the project's root, slash-separated
	fromRoot string // to the root that the user gave, slash-separated, starting with the root's own name
	size     int
	project  *project
}

// walker collects the files of all roots; a file reached twice is taken once.
type walker struct {
	untracked bool // in checkouts too, files that git neither tracks nor ignores
	sources   []source
	seen      map[string]bool // absolute paths
	ignored   int
}

// walk finds the files under root. Links are not followed, so it ends.
func (w *walker) walk(ctx context.Context, root string) error {
	root, err := clean(root)
	if err != nil {
		return err
	}
	info, err := os.Stat(root)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		w.add(root, filepath.Dir(root), rootProject(filepath.Dir(root)), info)
		return nil
	}
	if top := checkoutAbove(root); top != "" {
		if files, ok := trackedFiles(ctx, root, w.untracked); ok {
			w.addTracked(root, files, newProject(top, filepath.Base(top)))
			return nil
		}
	}
	return w.directory(ctx, root, root, nil, nil)
}

func (w *walker) add(path, root string, p *project, info fs.FileInfo) {
	if !info.Mode().IsRegular() || w.seen[path] {
		return
	}
	w.seen[path] = true
	relative, err := filepath.Rel(p.directory, path)
	if err != nil {
		relative = filepath.Base(path)
	}
	fromRoot, err := filepath.Rel(filepath.Dir(root), path)
	if err != nil {
		fromRoot = relative
	}
	w.sources = append(w.sources, source{
		absolute: path, relative: filepath.ToSlash(relative), fromRoot: filepath.ToSlash(fromRoot), size: int(info.Size()), project: p,
	})
}

func (w *walker) addTracked(directory string, files []string, p *project) {
	for _, name := range files {
		path := filepath.Join(directory, filepath.FromSlash(name))
		if info, err := os.Lstat(path); err == nil { // a tracked file may be deleted in the work tree
			w.add(path, directory, p, info)
		}
	}
}

// directory walks dir, which lies under root and in project p (nil: in none yet).
func (w *walker) directory(ctx context.Context, root, dir string, p *project, rules []ignoreRules) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		if dir == root {
			return err
		}
		return nil // what the user cannot read is not training text
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	if names[".git"] {
		if files, ok := trackedFiles(ctx, dir, w.untracked); ok {
			w.addTracked(dir, files, newProject(dir, nameUnder(root, dir)))
			return nil
		}
	}
	if p == nil && (names[".git"] || looksLikeProject(dir, names)) {
		p = newProject(dir, nameUnder(root, dir))
	}
	if names[".gitignore"] {
		if text, err := os.ReadFile(filepath.Join(dir, ".gitignore")); err == nil {
			rules = append(rules[:len(rules):len(rules)], newIgnoreRules(dir, string(text)))
		}
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			if strings.HasPrefix(e.Name(), ".") || e.Name() == "__pycache__" {
				continue
			}
			if ignored(rules, path, true) {
				w.ignored++
				continue
			}
			if err := w.directory(ctx, root, path, p, rules); err != nil {
				return err
			}
			continue
		}
		if ignored(rules, path, false) {
			w.ignored++
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // removed while we walk
		}
		owner := p
		if owner == nil {
			owner = rootProject(root)
		}
		w.add(path, root, owner, info)
	}
	return nil
}

// nameUnder names a project after its path below root, or after root itself.
func nameUnder(root, dir string) string {
	relative, err := filepath.Rel(root, dir)
	if err != nil || relative == "." {
		return filepath.Base(dir)
	}
	return filepath.ToSlash(relative)
}

// checkoutAbove returns the top of the git checkout that holds dir, "" if there is none.
func checkoutAbove(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// trackedFiles asks git for the tracked files under dir, relative to it, and for untracked ones if told so. It reports false where git is absent,
// refuses, or tracks nothing there; the caller then walks. Hooks and monitors are off: a checkout's own settings must
// not run programs.
func trackedFiles(ctx context.Context, dir string, untracked bool) ([]string, bool) {
	args := []string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "ls-files", "-z"}
	if untracked {
		args = append(args, "--cached", "--others", "--exclude-standard")
	}
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	out, err := command.Output()
	if err != nil || len(out) == 0 {
		return nil, false
	}
	var files []string
	for _, name := range bytes.Split(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		files = append(files, string(name))
	}
	sort.Strings(files)
	return files, true
}

// ignoreRules are the lines of one .gitignore. The library knows negation within one file only, so a second set,
// with a first line that ignores everything, tells a path that the file takes back from one that it does not mention.
type ignoreRules struct {
	directory string
	rules     *ignore.GitIgnore
	takenBack *ignore.GitIgnore
}

func newIgnoreRules(directory, text string) ignoreRules {
	lines := strings.Split(text, "\n")
	return ignoreRules{
		directory: directory,
		rules:     ignore.CompileIgnoreLines(lines...),
		takenBack: ignore.CompileIgnoreLines(append([]string{"*"}, lines...)...),
	}
}

// ignored decides by the deepest .gitignore that mentions the path.
func ignored(rules []ignoreRules, path string, isDirectory bool) bool {
	for i := len(rules) - 1; i >= 0; i-- {
		relative, err := filepath.Rel(rules[i].directory, path)
		if err != nil {
			continue
		}
		relative = filepath.ToSlash(relative)
		if isDirectory {
			relative += "/"
		}
		if rules[i].rules.MatchesPath(relative) {
			return true
		}
		if !rules[i].takenBack.MatchesPath(relative) {
			return false
		}
	}
	return false
}
