package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mlm-lsp/internal/marks"
	"mlm-lsp/internal/wholefile"
	"mlm-lsp/training"
	"mlm-lsp/training/page"
	"mlm-lsp/treesitter"
)

// result is what one training came to.
type result struct {
	last     training.Evaluation
	curve    []training.Evaluation
	subwords int64
	record   record
}

// record is the part of a bundle's record that is shown.
type record struct {
	Training struct {
		Masked int64 `json:"masked"`
		Corpus struct {
			Trained map[string]struct {
				Bytes int `json:"bytes"`
			} `json:"trained"`
			Subwords struct {
				Trained int `json:"trained"`
			} `json:"subwords"`
		} `json:"corpus"`
	} `json:"training"`
}

// bytesPerSubword is how much text a subword holds.
func (r result) bytesPerSubword() float64 {
	bytes := 0
	for _, n := range r.record.Training.Corpus.Trained {
		bytes += n.Bytes
	}
	return float64(bytes) / float64(max(1, r.record.Training.Corpus.Subwords.Trained))
}

// column is a figure of a table.
type column struct {
	title  string
	format string
	value  func(result) float64
	better int // 1: more is better, -1: less is; 0: not a matter of quality
}

func class(k treesitter.Kind) func(result) float64 {
	return func(r result) float64 { return 100 * r.last.Classes[k.String()].Accuracy }
}

var (
	masked  = column{"masked, millions", "%.2f", func(r result) float64 { return float64(r.record.Training.Masked) / 1e6 }, 0}
	read    = column{"subwords, millions", "%.2f", func(r result) float64 { return float64(r.subwords) / 1e6 }, 0}
	loss    = column{"loss", "%.3f", func(r result) float64 { return r.last.All.Loss }, -1}
	ofNames = column{"loss of names", "%.3f", func(r result) float64 { return r.last.Names.Loss }, -1}
	bits    = column{"bits per byte", "%.3f", func(r result) float64 { return r.last.BitsPerByte }, -1}
	perByte = []column{
		masked, {"bytes per subword", "%.2f", result.bytesPerSubword, 0},
		{"bytes read, millions", "%.2f", func(r result) float64 { return r.bytesPerSubword() * float64(r.subwords) / 1e6 }, 0}, bits,
	}
	quality = []column{
		masked, read, loss, ofNames, bits, {"names %", "%.1f", func(r result) float64 { return 100 * r.last.Names.Accuracy }, 1},
		{"operators %", "%.1f", class(treesitter.KindOperator), 1}, {"types %", "%.1f", class(treesitter.KindType), 1},
	}
	overfit = []column{
		masked, read, loss, ofNames, bits, {"loss under masks seen", "%.3f", func(r result) float64 { return r.last.SeenMasks }, 0},
		{"under fresh ones", "%.3f", func(r result) float64 { return r.last.FreshMasks }, 0},
		{"gap", "%.3f", func(r result) float64 { return r.last.FreshMasks - r.last.SeenMasks }, -1},
	}
)

// result reads what a training left; fs.ErrNotExist tells that it is not finished.
func (l *lab) result(name string) (r result, err error) {
	meta, err := os.ReadFile(filepath.Join(l.path(name), "mlm-lsp.json"))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(meta, &r.record); err != nil {
		return r, fmt.Errorf("reading the record of %s: %w", name, err)
	}
	log, err := os.ReadFile(filepath.Join(l.encoded(name), "log.jsonl"))
	if err != nil {
		return r, err
	}
	for text := range bytes.Lines(log) {
		var line struct {
			training.StepRecord
			Evaluation *training.Evaluation `json:"evaluation"`
		}
		if err := json.Unmarshal(text, &line); err != nil {
			return r, fmt.Errorf("reading the log of %s: %w", name, err)
		}
		if line.Evaluation != nil {
			r.curve = append(r.curve, *line.Evaluation)
			r.last = *line.Evaluation
		} else {
			r.subwords = line.Subwords
		}
	}
	if len(r.curve) == 0 {
		return r, fmt.Errorf("reading the log of %s: no evaluation", name)
	}
	return r, nil
}

// figures are one column of an arm, a value per seed.
type figures []float64

func (f figures) mean() float64 {
	sum := 0.0
	for _, v := range f {
		sum += v
	}
	return sum / float64(len(f))
}

// spread is the distance between the seeds that are farthest apart.
func (f figures) spread() float64 { return slices.Max(f) - slices.Min(f) }

// differ tells whether the means are farther apart than the seeds of both arms together: two seeds of one arm alone lie on one side of two of
// another in one case of three.
func differ(a, b figures) bool {
	return len(a) > 1 && len(b) > 1 && math.Abs(a.mean()-b.mean()) > a.spread()+b.spread()
}

// outcome is an experiment with the results of its arms by seed; arms and seeds that are not there yet are left out.
type outcome struct {
	experiment
	results [][]result
}

func (l *lab) outcome(e experiment) (outcome, error) {
	o := outcome{e, make([][]result, len(e.arms))}
	for i, a := range e.arms {
		for seed := 1; seed <= l.seeds; seed++ {
			r, err := l.result(l.key(a, seed))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return o, err
			}
			o.results[i] = append(o.results[i], r)
		}
	}
	return o, nil
}

func (o outcome) figures(arm int, c column) (f figures) {
	for _, r := range o.results[arm] {
		f = append(f, c.value(r))
	}
	return f
}

// table is the experiment in Markdown; empty while there is nothing to compare.
func (o outcome) table() string {
	var b strings.Builder
	fmt.Fprint(&b, "| |")
	for _, c := range o.columns {
		fmt.Fprintf(&b, " %s |", c.title)
	}
	fmt.Fprint(&b, "\n|---|", strings.Repeat("---|", len(o.columns)), "\n")
	rows := 0
	for i, a := range o.arms {
		if len(o.results[i]) == 0 {
			continue
		}
		rows++
		label := a.label
		if len(o.results[i]) == 1 {
			label += " (one seed)"
		}
		fmt.Fprintf(&b, "| %s |", label)
		for _, c := range o.columns {
			f := o.figures(i, c)
			cell := fmt.Sprintf(c.format, f.mean())
			if c.better != 0 && len(f) > 1 {
				cell += " ± " + strings.TrimPrefix(fmt.Sprintf(c.format, f.spread()/2), "0")
			}
			if first := o.figures(0, c); c.better != 0 && i > 0 && differ(f, first) {
				if (f.mean() > first.mean()) == (c.better > 0) {
					cell += " better"
				} else {
					cell += " worse"
				}
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		fmt.Fprintln(&b)
	}
	if rows < 2 {
		return ""
	}
	return b.String()
}

// write puts the tables between their marks and draws the page with the curves.
func (l *lab) write(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("writing tables: %w", err)
	}
	frequencies, err := l.frequencies()
	if err != nil {
		return err
	}
	if text, err = marks.Replace(text, "frequencies", frequencies); err != nil {
		return fmt.Errorf("writing tables: %s: %w", path, err)
	}
	var curves strings.Builder
	curves.WriteString(page.Start("The recipe, by experiment"))
	for _, e := range experiments {
		o, err := l.outcome(e)
		if err != nil {
			return err
		}
		table := o.table()
		if table == "" {
			continue
		}
		if text, err = marks.Replace(text, e.name, table); err != nil {
			return fmt.Errorf("writing tables: %s: %w", path, err)
		}
		o.draw(&curves)
	}
	if err := wholefile.Write(path, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return fmt.Errorf("writing tables: %w", err)
	}
	return os.WriteFile(l.path("curves.html"), []byte(curves.String()), 0o666)
}

// draw draws bits per byte over the subwords read, a curve per arm, seeds averaged.
func (o outcome) draw(b *strings.Builder) {
	fmt.Fprintf(b, `<h2>%s</h2><p class="note">Bits per byte of held-out words over millions of subwords read; seeds averaged.</p>`, o.name)
	var curves []page.Curve
	for i, a := range o.arms {
		if len(o.results[i]) == 0 {
			continue
		}
		c := page.Curve{Name: a.label}
		for k, at := range o.results[i][0].curve {
			sum, n := 0.0, 0
			for _, r := range o.results[i] {
				if k < len(r.curve) {
					sum += r.curve[k].BitsPerByte
					n++
				}
			}
			first := o.results[i][0]
			c.X, c.Y = append(c.X, float64(at.Step)/float64(first.last.Step)*float64(first.subwords)/1e6), append(c.Y, sum/float64(n))
		}
		curves = append(curves, c)
	}
	b.WriteString(page.Lines(curves, false))
}
