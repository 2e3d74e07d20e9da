// Package corpus chooses the text that a model is trained on.
//
// It walks directories and git checkouts, attributes every file to a project, and keeps the files worth learning
// from. What it promises:
//
//   - The result is a function of the files alone: roots are read in the order given, files in the order of their
//     paths, so two runs over the same trees keep the same files.
//   - A project is on one side of the split, never on both, and all versions of a project are one project.
//   - Nothing of the evaluation projects is kept, neither under their names nor as copies under other names.
//   - Every file that was seen is either kept or counted under exactly one Reason.
package corpus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"mlm-lsp/treesitter"
)

// Options says which files Collect looks at. The zero value of each field but Roots means its default.
type Options struct {
	// Roots are directories or single files.
	Roots []string
	// Languages keeps files of these languages only; empty means every language that treesitter knows.
	Languages []string
	// MaxBytes is the size above which a file is dropped; 0 means 512 KiB.
	MaxBytes int
	// HeldOut is the share of projects kept aside for evaluation; 0 means 0.04, a negative value holds out none.
	HeldOut float64
	// Evaluation names projects that are dropped; nil means EvaluationProjects.
	Evaluation []string
	// Progress is called now and then with the number of files read and the number there are; may be nil.
	Progress func(done, total int)
}

// File is one file that is kept.
type File struct {
	Project  int    // index into Corpus.Projects
	Path     string // slash-separated, relative to the project's root
	Language string
	Text     []byte // valid UTF-8, no NUL
}

// Project is a unit of the split: a checkout, a module, a package.
type Project struct {
	Name    string // without its version: all versions of a project share one side of the split
	Version string // of the last root seen, "" if unknown
	HeldOut bool
	Files   int
	Bytes   int
}

// Reason says why a file was dropped.
type Reason string

// The reasons in the order in which they are tested: a file is counted under the first that holds.
const (
	ReasonLanguage       Reason = "other language"
	ReasonEvaluation     Reason = "evaluation project"
	ReasonVendored       Reason = "vendored"
	ReasonTestData       Reason = "test data"
	ReasonOversized      Reason = "oversized"
	ReasonUnreadable     Reason = "unreadable"
	ReasonBinary         Reason = "binary or invalid UTF-8"
	ReasonEmpty          Reason = "empty"
	ReasonGenerated      Reason = "generated"
	ReasonMinified       Reason = "minified"
	ReasonData           Reason = "data table"
	ReasonDuplicate      Reason = "exact duplicate"
	ReasonNearDuplicate  Reason = "near duplicate"
	ReasonEvaluationCopy Reason = "copy of an evaluation project"
	ReasonIgnored        Reason = "ignored by .gitignore"
)

// Reasons lists every Reason in the order of a report.
var Reasons = []Reason{
	ReasonLanguage, ReasonIgnored, ReasonEvaluation, ReasonEvaluationCopy, ReasonVendored, ReasonTestData, ReasonOversized,
	ReasonUnreadable, ReasonBinary, ReasonEmpty, ReasonGenerated, ReasonMinified, ReasonData, ReasonDuplicate, ReasonNearDuplicate,
}

// Count is a number of files and their size. An ignored directory counts as one file of no size: it is not entered.
type Count struct {
	Files int `json:"files"`
	Bytes int `json:"bytes"`
}

func (c *Count) add(bytes int) {
	c.Files++
	c.Bytes += bytes
}

// Corpus is what Collect kept, and the account of what it did not.
type Corpus struct {
	Projects []Project
	Files    []File // by project in the order found, then by language, then by path
	Dropped  map[Reason]Count
	// EvaluationHits counts the dropped files per evaluation project, copies included.
	EvaluationHits map[string]int
}

// Kept counts the files of one side of the split, by language.
func (c *Corpus) Kept(heldOut bool) map[string]Count {
	kept := map[string]Count{}
	for _, f := range c.Files {
		if c.Projects[f.Project].HeldOut == heldOut {
			n := kept[f.Language]
			n.add(len(f.Text))
			kept[f.Language] = n
		}
	}
	return kept
}

// candidate is a file on its way through the filters.
type candidate struct {
	source
	language   string
	evaluation string // the evaluation project that it belongs to by name or path
	text       []byte
	reason     Reason // "" while the file is still in
	bag        bag
}

// Collect reads the roots and filters what it finds. It returns ctx's error when cancelled, and an error when a root
// cannot be read or nothing is left; a file that cannot be read is a counted drop.
func Collect(ctx context.Context, opts Options) (*Corpus, error) {
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 512 << 10
	}
	if opts.HeldOut == 0 {
		opts.HeldOut = 0.04
	}
	if opts.Evaluation == nil {
		opts.Evaluation = EvaluationProjects
	}
	languages := map[string]bool{}
	for _, l := range opts.Languages {
		languages[l] = true
	}
	w := walker{seen: map[string]bool{}}
	for _, root := range opts.Roots {
		if err := w.walk(ctx, root); err != nil {
			return nil, fmt.Errorf("reading corpus %s: %w", root, err)
		}
	}
	corpus := &Corpus{Dropped: map[Reason]Count{}, EvaluationHits: map[string]int{}}
	if w.ignored > 0 {
		corpus.Dropped[ReasonIgnored] = Count{Files: w.ignored}
	}

	evaluation := newEvaluationMatcher(opts.Evaluation)
	candidates := make([]candidate, len(w.sources))
	var done atomic.Int64
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	const stride = 64 // files per unit of work
	for from := 0; from < len(candidates); from += stride {
		group.Go(func() error {
			if err := groupCtx.Err(); err != nil {
				return err
			}
			to := min(from+stride, len(candidates))
			for i := from; i < to; i++ {
				candidates[i] = examine(w.sources[i], evaluation, languages, opts.MaxBytes)
			}
			if opts.Progress != nil {
				opts.Progress(int(done.Add(int64(to-from))), len(candidates))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	dropDuplicates(candidates)

	projects := map[string]int{}
	for i := range candidates {
		c := &candidates[i]
		if c.reason != "" {
			n := corpus.Dropped[c.reason]
			n.add(c.size)
			corpus.Dropped[c.reason] = n
			if c.evaluation != "" && (c.reason == ReasonEvaluation || c.reason == ReasonEvaluationCopy) {
				corpus.EvaluationHits[c.evaluation]++
			}
			continue
		}
		index, ok := projects[c.project.name]
		if !ok {
			index = len(corpus.Projects)
			projects[c.project.name] = index
			corpus.Projects = append(corpus.Projects, Project{Name: c.project.name})
		}
		p := &corpus.Projects[index]
		p.Version = c.project.version
		p.Files++
		p.Bytes += len(c.text)
		corpus.Files = append(corpus.Files, File{Project: index, Path: c.relative, Language: c.language, Text: c.text})
	}
	if len(corpus.Files) == 0 {
		return corpus, fmt.Errorf("reading corpus %v: no file is left after filtering (%s); name directories with source in %v",
			opts.Roots, corpus.summary(), treesitter.Languages())
	}
	sort.SliceStable(corpus.Files, func(i, j int) bool {
		a, b := &corpus.Files[i], &corpus.Files[j]
		return a.Project < b.Project || a.Project == b.Project && a.Language < b.Language
	})
	split(corpus.Projects, opts.HeldOut)
	return corpus, nil
}

func (c *Corpus) summary() string {
	text := ""
	for _, r := range Reasons {
		if n := c.Dropped[r]; n.Files > 0 {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%s: %d", r, n.Files)
		}
	}
	if text == "" {
		return "no file was found"
	}
	return text
}

// examine reads one file and applies every filter that needs no other file.
func examine(s source, evaluation *evaluationMatcher, languages map[string]bool, maxBytes int) candidate {
	c := candidate{source: s, language: treesitter.LanguageOf(s.absolute)}
	if c.language == "" || len(languages) > 0 && !languages[c.language] && !(c.language == "c" && languages["cpp"]) {
		c.reason = ReasonLanguage
		return c
	}
	c.evaluation = evaluation.match(&s)
	switch {
	case c.evaluation != "":
		c.reason = ReasonEvaluation
	case vendored(s.relative):
		c.reason = ReasonVendored
	case testData(s.relative):
		c.reason = ReasonTestData
	}
	if c.reason != "" && c.reason != ReasonEvaluation {
		return c
	}
	if s.size > maxBytes {
		if c.reason == "" {
			c.reason = ReasonOversized
		}
		return c
	}
	text, err := os.ReadFile(s.absolute)
	if err != nil {
		if c.reason == "" {
			c.reason = ReasonUnreadable
		}
		return c
	}
	if c.reason == ReasonEvaluation {
		// The text is kept out, its fingerprint is not: it finds copies under other names.
		c.bag = newBag(text)
		return c
	}
	if c.language = treesitter.LanguageOfText(s.absolute, text); len(languages) > 0 && !languages[c.language] {
		c.reason = ReasonLanguage // a C++ header, where C is asked for
		return c
	}
	if c.reason = judge(text, c.language); c.reason == "" {
		c.text = text
		c.bag = newBag(text)
	}
	return c
}

// clean makes a path comparable: absolute, without links where they can be resolved.
func clean(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if resolved, err := filepath.EvalSymlinks(absolute); err == nil {
		absolute = resolved
	}
	return absolute, nil
}
