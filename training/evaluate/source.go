package evaluate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"mlm-lsp/lsp/project"
	"mlm-lsp/lsp/project/index"
	"mlm-lsp/training/corpus"
	"mlm-lsp/treesitter"
)

// Source is a file that questions are drawn from.
type Source struct {
	Path    string // as the caller named it, or below what he named
	Project string // the directory that the file belongs to, see Load
	File    *treesitter.File
	// Peers are the paths of the other files of the project in the same language, those of the same directory first.
	Peers []string
	// Around returns what the files around it say to it, as a check of the project sees them; nil where none are known.
	Around func(context.Context) (*project.View, error)
	// Index returns what all files of the project in the language define; nil where that is not known.
	Index func(context.Context) (*index.Index, error)
}

// LoadOptions says which files Load reads.
type LoadOptions struct {
	Files     int      // of each language, at most; 0: 60
	Languages []string // nil: all that treesitter knows
	Seed      uint64   // of the draw
}

// ErrNothingToAsk is in the errors of Load, Questions and TypeQuestions where the paths hold nothing of what is asked for.
var ErrNothingToAsk = errors.New("nothing to ask about")

// maxSource is the largest file that is read; larger ones are data more often than code.
const maxSource = 512 << 10

// Load draws files from below the paths and parses them. Projects take turns, so that a large one is not the whole measurement; test data, generated and minified
// files are passed over.
//
// A file's project is the checkout that holds it, else the path it was found below, when that holds a manifest or sources of its own, else
// the directory right below that path. It returns an error when nothing is left.
func Load(ctx context.Context, paths []string, opts LoadOptions) ([]Source, error) {
	if opts.Files == 0 {
		opts.Files = 60
	}
	type root struct {
		name   string
		files  []string
		folder *project.Folder
		index  func(context.Context) (*index.Index, error)
	}
	byLanguage := map[string][]*root{}
	for _, top := range paths {
		found, err := corpus.Sources(ctx, []string{top})
		if err != nil {
			return nil, err
		}
		name := projects(top, found)
		at := map[string]*root{}
		for _, path := range found {
			language := treesitter.LanguageOf(path)
			if len(opts.Languages) > 0 && !slices.Contains(opts.Languages, language) {
				continue
			}
			key := name(path) + "\x00" + language
			if at[key] == nil {
				r := &root{name: name(path)}
				r.index = indexOf(r.name, &r.files)
				r.folder = project.NewFolder(func(context.Context) ([]string, error) { return r.files, nil }, readSource)
				at[key] = r
				byLanguage[language] = append(byLanguage[language], at[key])
			}
			at[key].files = append(at[key].files, path)
		}
	}
	var sources []Source
	seen := map[string]bool{}
	for _, language := range treesitter.Languages() {
		all := byLanguage[language]
		sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
		queues := make([][]string, len(all))
		for i, p := range all {
			random := rand.New(rand.NewPCG(opts.Seed, uint64(i)))
			queues[i] = slices.Clone(p.files)
			random.Shuffle(len(queues[i]), func(a, b int) { queues[i][a], queues[i][b] = queues[i][b], queues[i][a] })
		}
		for left, taken := true, 0; left && taken < opts.Files; {
			left = false
			for i := range all {
				for len(queues[i]) > 0 && taken < opts.Files {
					path := queues[i][0]
					queues[i] = queues[i][1:]
					left = true
					if err := ctx.Err(); err != nil {
						return nil, err
					}
					text, err := readSource(path)
					if err != nil {
						return nil, fmt.Errorf("loading sources: %w", err)
					}
					relative, err := filepath.Rel(all[i].name, path)
					if err != nil || seen[path] || text == nil || corpus.Judge(filepath.ToSlash(relative), text, language) != "" {
						continue
					}
					seen[path] = true
					taken++
					sources = append(sources, Source{
						Path: path, Project: all[i].name, File: treesitter.Parse(language, text), Peers: project.Peers(path, all[i].files),
						Index:  all[i].index,
						Around: func(ctx context.Context) (*project.View, error) { return all[i].folder.Around(ctx, path) },
					})
					break
				}
			}
		}
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("loading sources: %w: no file in %s to measure on: name files or directories with code in one of the languages %s",
			ErrNothingToAsk, strings.Join(paths, ", "), strings.Join(treesitter.Languages(), ", "))
	}
	return sources, nil
}

// indexOf returns what makes an index of files when it is first asked for it.
func indexOf(top string, files *[]string) func(context.Context) (*index.Index, error) {
	var once sync.Mutex
	var made *index.Index
	return func(ctx context.Context) (*index.Index, error) {
		once.Lock()
		defer once.Unlock()
		if made != nil {
			return made, nil
		}
		x := index.New(top, os.ReadFile, index.DefaultBounds)
		if _, err := x.Refresh(ctx, *files, index.Options{}); err != nil {
			return nil, err
		}
		made = x
		return x, nil
	}
}

// readSource reads a file; nil when it is too large.
func readSource(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSource+1))
	if err != nil || len(text) > maxSource {
		return nil, err
	}
	return text, nil
}

// manifests mark the top of a project.
var manifests = []string{".git", "go.mod", "package.json", "pyproject.toml", "setup.py", "setup.cfg", "Cargo.toml", "pom.xml", "build.gradle"}

// projects returns how files found below a root are told apart.
func projects(root string, found []string) func(path string) string {
	info, err := os.Stat(root)
	if err != nil || !info.IsDir() {
		return filepath.Dir
	}
	whole := func(string) string { return root }
	if absolute, err := filepath.Abs(root); err == nil {
		for dir := absolute; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
				return whole
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	for _, m := range manifests {
		if _, err := os.Stat(filepath.Join(root, m)); err == nil {
			return whole
		}
	}
	for _, path := range found {
		if filepath.Dir(path) == filepath.Clean(root) {
			return whole
		}
	}
	return func(path string) string {
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return root
		}
		first, _, _ := strings.Cut(filepath.ToSlash(relative), "/")
		return filepath.Join(root, first)
	}
}

// atMost takes the first n of things that stand in a drawn order, but no more than a tenth of them (at least two) from one file as long as others have some: a file of
// thousands of lines says less of how a model does than ten of hundreds.
func atMost[T any, F comparable](drawn []T, n int, file func(T) F) []T {
	taken := map[F]int{}
	var list, rest []T
	for _, x := range drawn {
		if f := file(x); taken[f] < max(2, n/10) {
			taken[f]++
			list = append(list, x)
		} else {
			rest = append(rest, x)
		}
	}
	list = append(list, rest...)
	return list[:min(n, len(list))]
}

// near reads the files nearest a source, and returns what they say to it. One that cannot be read is an error.
func near(ctx context.Context, s Source) (*project.View, error) {
	p, err := project.Read(ctx, s.Peers, readSource)
	if err != nil {
		return nil, err
	}
	return p.View(s.Path), nil
}
