package fixes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"mlm-lsp/training/corpus"
	"mlm-lsp/treesitter"
)

// ErrEvaluation is wrapped by Mine's error for a repository that the product is measured on.
var ErrEvaluation = errors.New("the repository belongs to an evaluation project, which nothing is learnt from")

// Counts says what became of a repository's commits, stage by stage.
type Counts struct {
	Commits int `json:"commits"`  // whose message speaks of a mistake
	OneFile int `json:"one_file"` // that change a single file of a known language outside tests
	Found   int `json:"found"`
	Repeats int `json:"repeats"` // dropped: the same change again (a backport), or undone by another
}

// mistakes is what git looks for in messages. It is wide, since the change itself is the narrow part; renames and the like are taken out by tidying.
const mistakes = `fix|bug|wrong|correct|typo|mistake|error|crash|broke|regress|issue|should|miss|fail|proper|invalid|instead|accident|oops|swap`

// tidying tells subjects of changes that put nothing right.
var tidying = regexp.MustCompile(`(?i)\b(renam|refactor|deprecat|clean[ -]?ups?\b|lint|flake8|pep ?8|pylint|pyflakes|mypy|reformat|bump|upgrad|migrat|modernize|python ?3|py3|docstrings?\b|spelling|nits?\b|simplif|go vet|golint|staticcheck|eslint|log ?level|debug level)`)

// Name is what a repository is called: owner/name where its place or its origin tells, else its directory's name.
func Name(ctx context.Context, repository string) (string, error) {
	home, err := directory(ctx, repository)
	if err != nil {
		return "", fmt.Errorf("opening repository %s: %w; name a git repository with its history", repository, err)
	}
	if origin, err := run(git(ctx, repository, "config", "--get", "remote.origin.url")); err == nil {
		parts := strings.FieldsFunc(strings.TrimSuffix(strings.TrimSpace(origin), ".git"), func(r rune) bool { return r == '/' || r == ':' || r == '\\' })
		if len(parts) > 2 {
			return strings.Join(parts[len(parts)-2:], "/"), nil
		}
	}
	home = strings.TrimSuffix(strings.TrimSuffix(filepath.ToSlash(home), "/.git"), ".git")
	if base := path.Base(home); base != "repo" {
		return base, nil
	}
	return strings.Replace(path.Base(path.Dir(home)), "+", "/", 1), nil
}

// Mine finds the fixes in the history before HEAD of the git repository at path, with both texts of each. name is what Fix.Repo says; it
// decides, with the paths of the files, what is refused. The error wraps ErrEvaluation for an evaluation project.
func Mine(ctx context.Context, path, name string) ([]Fix, Counts, error) {
	if project := corpus.EvaluationProject(name, ""); project != "" {
		return nil, Counts{}, fmt.Errorf("mining %s: %w (%s)", path, ErrEvaluation, project)
	}
	return mine(ctx, path, name)
}

func mine(ctx context.Context, path, name string) (list []Fix, counts Counts, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("mining %s: %w", path, err)
		}
	}()
	if _, err := directory(ctx, path); err != nil {
		return nil, counts, fmt.Errorf("%w; name a git repository with its history", err)
	}
	var candidates []commit
	err = history(ctx, path, mistakes, func(c commit) error {
		counts.Commits++
		subject, _, _ := strings.Cut(strings.TrimSpace(c.message), "\n")
		if c.parent == "" || strings.Contains(c.parent, " ") || tidying.MatchString(subject) {
			return nil
		}
		if one, ok := onlySource(c.changes); ok {
			c.changes, c.message = []change{one}, ""
			candidates = append(candidates, c)
		}
		return nil
	})
	if err != nil {
		return nil, counts, err
	}
	counts.OneFile = len(candidates)
	objects, err := openBlobs(ctx, path)
	if err != nil {
		return nil, counts, err
	}
	defer func() { err = errors.Join(err, objects.close()) }()
	seen := map[string]int{}
	for _, c := range candidates {
		if err := ctx.Err(); err != nil {
			return nil, counts, err
		}
		one := c.changes[0]
		before, ok, err := objects.read(one.old)
		if err != nil {
			return nil, counts, err
		}
		if !ok {
			continue
		}
		after, ok, err := objects.read(one.new)
		if err != nil {
			return nil, counts, err
		}
		language := treesitter.LanguageOf(one.path)
		if !ok || corpus.Judge(one.path, after, language) != "" {
			continue
		}
		fix, ok := find(language, before, after)
		if !ok {
			continue
		}
		fix.Repo, fix.Commit, fix.Parent, fix.Time, fix.Path, fix.Lang = name, c.id, c.parent, c.time, one.path, families[language]
		fix.Before, fix.After = string(before), string(after)
		list = append(list, fix)
		seen[fix.line(fix.Before)+"\x00"+fix.line(fix.After)]++
	}
	// A change that is undone again says nothing of which side is right. Of the same change several times, on several branches, the last
	// in the list, which is the oldest, is kept.
	kept := list[:0]
	for _, f := range list {
		there, back := f.line(f.Before)+"\x00"+f.line(f.After), f.line(f.After)+"\x00"+f.line(f.Before)
		seen[there]--
		if seen[there] > 0 || undone(seen, back) {
			counts.Repeats++
			continue
		}
		kept = append(kept, f)
	}
	counts.Found = len(kept)
	return kept, counts, nil
}

// undone tells whether the change was seen at all: counts that went down to zero are still there.
func undone(seen map[string]int, change string) bool {
	_, ok := seen[change]
	return ok
}

// line is the trimmed text of the fixed line, with the file's name: what two branches have in common.
func (f *Fix) line(text string) string {
	at, err := f.Offset(text)
	if err != nil {
		return "" // find made the place from this text
	}
	start := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return path.Base(f.Path) + "\x00" + strings.TrimSpace(line)
}

// families are the short names of languages in lists of fixes.
var families = map[string]string{"python": "py", "go": "go", "typescript": "ts", "tsx": "ts", "javascript": "js"}

// onlySource returns the one modified file of a known language, if the commit touches no other code outside tests. Prose, data and tests may
// change along with it.
func onlySource(changes []change) (one change, ok bool) {
	for _, c := range changes {
		if isTest(c.path) || !isCode(c.path) {
			continue
		}
		if ok || c.status != 'M' || treesitter.LanguageOf(c.path) == "" || families[treesitter.LanguageOf(c.path)] == "" || corpus.Vendored(c.path) ||
			corpus.EvaluationProject("", c.path) != "" {
			return change{}, false
		}
		one, ok = c, true
	}
	return one, ok
}

// prose are the extensions of files whose change makes no program another.
var prose = map[string]bool{
	".md": true, ".rst": true, ".txt": true, ".adoc": true, ".html": true, ".yml": true, ".yaml": true, ".json": true, ".toml": true, ".cfg": true, ".ini": true,
	".lock": true, ".sum": true, ".mod": true, ".xml": true, ".csv": true, ".svg": true, ".png": true, ".gif": true, ".jpg": true, ".po": true, ".pot": true, ".snap": true,
	".css": true, ".scss": true, ".less": true, ".out": true, ".golden": true, "": true,
}

func isCode(file string) bool { return !prose[strings.ToLower(path.Ext(file))] }

var (
	testDirectory = regexp.MustCompile(`(?i)(^|/)(tests?|testing|__tests__|specs?|unit_?tests?|integration|e2e|testdata|fixtures|mocks?|__mocks__|cypress|benchmarks?|examples?|docs?)/`)
	testFile      = regexp.MustCompile(`(?i)(^|/)(tests?[_.-][^/]*|[^/]*[_.-](tests?|spec|mock)\.[^/.]+|[^/]*(?-i:[a-z]Tests?)\.[^/.]+|tests?\.[^/.]+|conftest\.py)$`)
)

// isTest tells tests, examples and what belongs to them by the path.
func isTest(file string) bool { return testDirectory.MatchString(file) || testFile.MatchString(file) }

// Gather reads lists and mines repositories, in order. What is mined is kept in directory, a list for each repository, and read from there the
// next time. found is told of each repository, and may be nil. Fixes of evaluation projects in a list are an error that wraps ErrEvaluation.
func Gather(ctx context.Context, sources []string, directory string, found func(repo string, c Counts)) ([]Fix, error) {
	var all []Fix
	seen := map[string]bool{} // the same commit of two copies of a repository counts once
	for _, source := range sources {
		list, err := gather(ctx, source, directory, found)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			if project := corpus.EvaluationProject(f.Repo, ""); project != "" {
				return nil, fmt.Errorf("gathering fixes from %s: %s: %w (%s)", source, f.Repo, ErrEvaluation, project)
			}
			if key := f.Commit + f.Path; !seen[key] {
				seen[key] = true
				all = append(all, f)
			}
		}
	}
	return all, nil
}

func gather(ctx context.Context, source, directory string, found func(string, Counts)) ([]Fix, error) {
	info, err := os.Stat(source)
	if err != nil {
		return nil, fmt.Errorf("gathering fixes: %w", err)
	}
	if !info.IsDir() {
		return Read(source)
	}
	name, err := Name(ctx, source)
	if err != nil {
		return nil, err
	}
	kept := filepath.Join(directory, strings.NewReplacer("/", "+", "\\", "+", ":", "+").Replace(name)+".jsonl.gz")
	if _, err := os.Stat(kept); err == nil {
		return Read(kept)
	}
	list, counts, err := Mine(ctx, source, name)
	if err != nil {
		return nil, err
	}
	if found != nil {
		found(name, counts)
	}
	return list, Write(kept, list)
}
