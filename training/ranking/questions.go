package ranking

import (
	"compress/gzip"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"slices"

	"mlm-lsp/lsp/gap"
)

// questionFile is a list of questions on disk: asking takes longer than fitting.
type questionFile struct {
	Inputs    []string // names of the inputs
	Questions []Question
}

// WriteQuestions writes questions for ReadQuestions.
func WriteQuestions(w io.Writer, list []Question) error {
	zip := gzip.NewWriter(w)
	return errors.Join(gob.NewEncoder(zip).Encode(questionFile{gap.Inputs(), list}), zip.Close())
}

// ReadQuestions reads questions, which must have been described by the inputs that this program knows.
func ReadQuestions(r io.Reader) ([]Question, error) {
	const anew = "ask anew, into another file"
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("reading questions: %w: %s", err, anew)
	}
	var file questionFile
	if err := gob.NewDecoder(zip).Decode(&file); err != nil {
		return nil, fmt.Errorf("reading questions: %w: %s", err, anew)
	}
	if !slices.Equal(file.Inputs, gap.Inputs()) {
		return nil, fmt.Errorf("reading questions: they were described by other inputs: %s", anew)
	}
	for i, q := range file.Questions {
		if q.Answer < 0 || q.Answer >= len(q.Inputs) || slices.ContainsFunc(q.Inputs, func(row []float32) bool { return len(row) != len(file.Inputs) }) {
			return nil, fmt.Errorf("reading questions: number %d is none: %s", i, anew)
		}
	}
	return file.Questions, nil
}
