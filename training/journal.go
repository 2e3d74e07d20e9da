package training

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// StepRecord is a line of log.jsonl about one step; the other lines hold an Evaluation under the key "evaluation".
type StepRecord struct {
	Step     int     `json:"step"`
	Loss     float64 `json:"loss"` // of this step, weighted by class
	Rate     float64 `json:"learning_rate"`
	Norm     float64 `json:"gradient_norm"` // before clipping
	Subwords int64   `json:"subwords"`      // seen so far
	Seconds  float64 `json:"seconds"`       // of training so far
	Length   int     `json:"row"`           // subwords per row
}

type logLine struct {
	*StepRecord
	Evaluation *Evaluation `json:"evaluation,omitempty"`
}

// at is the step that a line is about.
func (l logLine) at() int {
	if l.Evaluation != nil {
		return l.Evaluation.Step
	}
	if l.StepRecord != nil {
		return l.StepRecord.Step
	}
	return 0
}

// journal appends to log.jsonl. Errors are kept and returned by flush: a log that cannot be written stops nothing before
// the checkpoint does.
type journal struct {
	file   *os.File
	writer *bufio.Writer
	err    error
	looked int // the step of the last evaluation
}

// openJournal opens the log and takes out what was written after the given step: those steps will be taken again.
func openJournal(path string, step int) (*journal, error) {
	lines, err := readJournal(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var kept bytes.Buffer
	looked := 0
	for _, line := range lines {
		if line.at() <= step {
			text, err := json.Marshal(line)
			if err != nil {
				return nil, fmt.Errorf("opening log: %w", err)
			}
			kept.Write(append(text, '\n'))
			if line.Evaluation != nil {
				looked = line.Evaluation.Step
			}
		}
	}
	if err := os.WriteFile(path, kept.Bytes(), 0o666); err != nil {
		return nil, fmt.Errorf("opening log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, fmt.Errorf("opening log: %w", err)
	}
	return &journal{file: f, writer: bufio.NewWriter(f), looked: looked}, nil
}

// readJournal reads what can be read: a line cut off by a crash ends the log.
func readJournal(path string) ([]logLine, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var lines []logLine
	for _, text := range bytes.Split(data, []byte{'\n'}) {
		var line logLine
		if len(text) == 0 || json.Unmarshal(text, &line) != nil {
			break
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (j *journal) step(r StepRecord) { j.append(logLine{StepRecord: &r}) }

func (j *journal) evaluation(e Evaluation) {
	j.looked = e.Step
	j.append(logLine{Evaluation: &e})
}

func (j *journal) append(line logLine) {
	text, err := json.Marshal(line)
	if err == nil {
		_, err = j.writer.Write(append(text, '\n'))
	}
	if j.err == nil {
		j.err = err
	}
}

func (j *journal) flush() error {
	if err := j.writer.Flush(); j.err == nil {
		j.err = err
	}
	if j.err != nil {
		err := j.err
		j.err = nil
		j.writer.Reset(j.file)
		return fmt.Errorf("writing log: %w", err)
	}
	return nil
}

func (j *journal) close() {
	_ = j.flush() // whoever needed the log on disk has called flush
	j.file.Close()
}
