// Package evaluate measures models on files that they were not trained on.
//
// A task asks questions whose answer stands in the file: Cloze takes single tokens out, Complete types a name's first letters, Types
// takes annotations out, Probes generates code that only one answer fits. Every system answers the same questions: the model alone, the n-gram caches
// alone, the candidates in the order of their last use, and the combination that the features use; and every model of a
// comparison. The frame is one for all tasks: a Case holds what each system made of one question, Tabulate makes rows with confidence
// intervals of cases.
//
// Invariants:
//   - Which questions are asked is a function of the files and the seed, not of the models, so systems and models are compared case by case.
//   - The token asked about is never visible: not in the window, not among the counts of a cache, and not among the candidates unless it
//     stands elsewhere.
//   - A system that gives no answer is wrong; no case is left out for it.
//   - An interval says how it was made (Row.Interval). Cases of one file are alike, so the bootstrap draws files, not cases.
package evaluate

import (
	"context"
	"slices"

	"mlm-lsp/model"
	"mlm-lsp/model/ngram"
)

// Asker is what a subject is asked through; *model.Model is one.
type Asker interface {
	model.Predictor
	// Subwords counts the subwords of a text.
	Subwords(text string) int
}

// Subject is a model under test.
type Subject struct {
	Name string // in tables when there are several
	Asker
	Pointer bool // the model has a pointer head: it is measured alone, too
}

// Common is what all tasks are told.
type Common struct {
	// PerClass bounds the cases of each language and class; 0: the task's default.
	PerClass int
	Seed     uint64 // of all draws
	// NGrams are those of a corpus; nil: SystemNGram is not measured.
	NGrams *ngram.Model
	// Progress gets the cases done and their number, over all subjects; may be nil.
	Progress func(done, total int)
}

// The systems that are compared. With several subjects those of a model carry its name, as in "small: model".
const (
	SystemCandidates = "candidates" // what the lists hold: it has coverage and no order
	SystemRecency    = "recency"    // the candidate used last
	SystemCache      = "cache"      // the n-gram of the file, both sides
	SystemProject    = "project"    // the same over the file and its project
	SystemNGram      = "n-gram"     // the n-grams of a corpus mixed with those of the file; where Common.NGrams is given
	SystemModel      = "model"      // the model alone, as the features ask it
	SystemSpelt      = "spelt"      // the model with each candidate spelt out, where the features ask about names in one row (model.Query.OnePass)
	SystemPointer    = "pointer"    // its pointer head alone
	SystemVocabulary = "vocabulary" // its vocabulary head alone, where it has a pointer head beside it
	SystemCombined   = "combined"   // model, cache and what else is known, as the features rank
	SystemGenerated  = "generated"  // the model without candidates
)

// system is the name of a subject's system among all.
func system(subjects []Subject, s Subject, name string) string {
	if len(subjects) == 1 {
		return name
	}
	return s.Name + ": " + name
}

// systems lists the names in the order of a table: those without a model, then those of each subject.
func systems(subjects []Subject, without, with []string) []string {
	list := slices.Clone(without)
	for _, s := range subjects {
		for _, name := range with {
			list = append(list, system(subjects, s, name))
		}
	}
	return list
}

// against lists the differences worth an interval: in each subject the combination beside its parts, and each later subject beside the first.
func against(subjects []Subject, parts, with []string) (pairs []Pair) {
	for i, s := range subjects {
		combined := system(subjects, s, SystemCombined)
		for _, part := range parts {
			if part == SystemModel {
				part = system(subjects, s, part)
			}
			pairs = append(pairs, Pair{combined, part})
		}
		for _, name := range with {
			if i > 0 {
				pairs = append(pairs, Pair{system(subjects, s, name), system(subjects, subjects[0], name)})
			}
		}
	}
	return pairs
}

// steps counts progress over the subjects.
type steps struct {
	done, total int
	report      func(done, total int)
}

func (s *steps) add(n int) {
	s.done += n
	if s.report != nil {
		s.report(s.done, s.total)
	}
}

// inBatches calls ask for stretches of n things until one fails or ctx ends.
func inBatches(ctx context.Context, n, size int, s *steps, ask func(from, to int) error) error {
	for from := 0; from < n; from += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := min(from+size, n)
		if err := ask(from, to); err != nil {
			return err
		}
		s.add(to - from)
	}
	return nil
}
