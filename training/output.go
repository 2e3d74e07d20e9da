package training

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"

	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ngram"
	"mlm-lsp/model/onnx"
)

// trainingRecord is what the bundle says of its making.
type trainingRecord struct {
	Settings settings     `json:"settings"`
	Steps    int          `json:"steps"`
	Subwords int64        `json:"subwords"`
	Masked   int64        `json:"masked"`
	Seconds  float64      `json:"seconds"`
	Corpus   corpusRecord `json:"corpus"`
}

// finish writes the report and the bundle.
func (r *run) finish(weights onnx.Weights) error {
	record := trainingRecord{
		Settings: r.position.Settings, Steps: r.position.Step, Subwords: r.position.Subwords, Masked: r.position.Masked, Seconds: r.position.Seconds,
	}
	text, err := os.ReadFile(r.path("corpus.json"))
	if err == nil {
		err = json.Unmarshal(text, &record.Corpus)
	}
	if err != nil {
		return fmt.Errorf("reading corpus.json: %w", err)
	}
	lines, err := readJournal(r.path("log.jsonl"))
	if err != nil {
		return fmt.Errorf("reading log: %w", err)
	}
	if err := writeReport(r.opts.create, r.path("report.html"), report{record: record, model: r.model, parameters: parameters(weights), lines: lines}); err != nil {
		return fmt.Errorf("writing report: %w", err)
	}

	meta := bundle.Meta{Languages: languagesOf(record.Corpus)}
	if meta.Training, err = json.Marshal(record); err != nil {
		return fmt.Errorf("writing bundle: %w", err)
	}
	for _, line := range lines {
		if line.Evaluation != nil {
			if meta.Evaluation, err = json.Marshal(line.Evaluation); err != nil {
				return fmt.Errorf("writing bundle: %w", err)
			}
		}
	}
	// The int8 graph is made of the weights as they were trained; the checkpoint beside it is rounded to half precision.
	graph, err := onnx.BuildInference(r.model, weights)
	if err != nil {
		return fmt.Errorf("writing bundle: %w", err)
	}
	quantized, err := onnx.Quantize(graph)
	if err != nil {
		return fmt.Errorf("writing bundle: %w", err)
	}
	grams, err := ngram.ReadFile(r.path(bundle.NGramFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing bundle: %w", err)
	}
	contents := bundle.Contents{Config: r.model, Tokenizer: r.tokenizer, Meta: meta, Weights: weights, Half: true, Int8: quantized, NGrams: grams}
	if err := bundle.Write(r.opts.Out, contents); err != nil {
		return err
	}
	r.console.printf("bundle: %s\nreport: %s", r.opts.Out, r.path("report.html"))
	return nil
}

// languagesOf lists the languages by how much of each was learnt from.
func languagesOf(c corpusRecord) []string {
	var names []string
	for name := range c.Trained {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := c.Trained[names[i]].Bytes, c.Trained[names[j]].Bytes
		return a > b || a == b && names[i] < names[j]
	})
	return names
}
