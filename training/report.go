package training

import (
	"fmt"
	"html"
	"io"
	"sort"
	"strings"
	"time"

	"mlm-lsp/internal/wholefile"
	"mlm-lsp/model/onnx"
	"mlm-lsp/training/corpus"
	"mlm-lsp/training/page"
	"mlm-lsp/training/shard"
)

// report is what report.html shows.
type report struct {
	record     trainingRecord
	model      onnx.Config
	parameters int
	lines      []logLine
}

// writeReport writes a page that needs no other file: curves as SVG, tables of settings, corpus and last evaluation.
func writeReport(create wholefile.CreateFunc, path string, r report) error {
	return wholefile.WriteWith(create, path, func(w io.Writer) error {
		_, err := io.WriteString(w, r.page())
		return err
	})
}

func (r report) page() string {
	var b strings.Builder
	b.WriteString(page.Start("Training report"))
	t := r.record
	fmt.Fprintf(&b, "<p>%.1f million parameters, %d steps, %.1f million subwords seen (%.1f million of them masked), %s of training, %.0f subwords per second.</p>",
		float64(r.parameters)/1e6, t.Steps, float64(t.Subwords)/1e6, float64(t.Masked)/1e6, time.Duration(t.Seconds*float64(time.Second)).Round(time.Second),
		float64(t.Subwords)/max(t.Seconds, 1e-9))
	steps, evaluations := r.split()

	b.WriteString(`<h2>Loss</h2><p class="note">Nats per masked subword, weighted by class; a step's own loss, averaged over neighbouring steps.</p>`)
	b.WriteString(page.Lines([]page.Curve{smoothed("training", steps, func(s StepRecord) float64 { return s.Loss })}, false))

	if len(evaluations) > 0 {
		last := evaluations[len(evaluations)-1]
		fmt.Fprintf(&b, `<h2>Accuracy on %s, by class</h2><p class="note">Share of masked subwords whose likeliest prediction is right; the masks are the same every time.</p>`, html.EscapeString(last.On))
		curves := []page.Curve{evaluated("all", evaluations, func(e Evaluation) (float64, bool) { return e.All.Accuracy, e.All.Count > 0 })}
		for _, class := range shard.ClassNames() {
			curves = append(curves, evaluated(class, evaluations, func(e Evaluation) (float64, bool) { s, ok := e.Classes[class]; return s.Accuracy, ok }))
		}
		b.WriteString(page.Lines(curves, true))

		b.WriteString(`<h2>Mask overfitting</h2><p class="note">Loss on rows of the first steps: with the masks that were learnt from, and with masks drawn afresh. What lies between the curves was remembered of masks rather than of text.</p>`)
		b.WriteString(page.Lines([]page.Curve{
			evaluated("masks seen", evaluations, func(e Evaluation) (float64, bool) { return e.SeenMasks, true }),
			evaluated("fresh masks", evaluations, func(e Evaluation) (float64, bool) { return e.FreshMasks, true }),
		}, false))
	}

	b.WriteString(`<h2>Learning rate</h2>`)
	b.WriteString(page.Lines([]page.Curve{smoothed("learning rate", steps, func(s StepRecord) float64 { return s.Rate })}, false))
	b.WriteString(`<h2>Gradient norm</h2><p class="note">Before clipping.</p>`)
	b.WriteString(page.Lines([]page.Curve{smoothed("gradient norm", steps, func(s StepRecord) float64 { return s.Norm })}, false))

	if len(evaluations) > 0 {
		r.lastEvaluation(&b, evaluations[len(evaluations)-1])
	}
	r.settings(&b)
	r.corpus(&b)
	return b.String()
}

func (r report) split() (steps []StepRecord, evaluations []Evaluation) {
	for _, l := range r.lines {
		if l.Evaluation != nil {
			evaluations = append(evaluations, *l.Evaluation)
		} else if l.StepRecord != nil {
			steps = append(steps, *l.StepRecord)
		}
	}
	return steps, evaluations
}

func (r report) lastEvaluation(b *strings.Builder, e Evaluation) {
	fmt.Fprintf(b, `<h2>Last evaluation, on %s</h2><table><tr><th>class<th class="n">masked<th class="n">right<th class="n">loss</tr>`, html.EscapeString(e.On))
	row := func(name string, s Score) {
		fmt.Fprintf(b, `<tr><td>%s<td class="n">%d<td class="n">%.1f%%<td class="n">%.3f</tr>`, html.EscapeString(name), s.Count, 100*s.Accuracy, s.Loss)
	}
	for _, class := range shard.ClassNames() {
		if s, ok := e.Classes[class]; ok {
			row(class, s)
		}
	}
	row("names together", e.Names)
	row("all", e.All)
	b.WriteString("</table>")
	fmt.Fprintf(b, "<p>%.3f bits per byte of masked words, spelled out from left to right.</p>", e.BitsPerByte)
}

func (r report) settings(b *strings.Builder) {
	s := r.record.Settings
	b.WriteString(`<h2>Settings</h2><table>`)
	for _, line := range [][2]string{
		{"configuration", s.Config},
		{"model", fmt.Sprintf("%d layers, hidden %d, feed-forward %d, %d heads, vocabulary %d", r.model.Layers, r.model.HiddenSize, r.model.IntermediateSize, r.model.Heads, r.model.VocabSize)},
		{"started from", orDash(s.From)},
		{"batch", fmt.Sprintf("%d rows of %d subwords", s.Batch, s.Row)},
		{"learning rate", fmt.Sprintf("%g, up over the first %.0f%%, down in a line from %.0f%% on", s.LearningRate, 100*warmUp, 100*decayAt)},
		{"weight decay", fmt.Sprint(s.WeightDecay)},
		{"masks", fmt.Sprintf("%s, %.0f%% of subwords; %.0f%% of masks go on over further words, %.0f%% of single long words keep their beginning; single subwords: %v; static: %v",
			s.Recipe.Name, 100*s.Recipe.Total, 100*s.Recipe.Spans, 100*s.Recipe.Endings, s.Recipe.Subwords, s.Recipe.Static)},
		{"seed", fmt.Sprint(s.Seed)},
	} {
		fmt.Fprintf(b, "<tr><td>%s<td>%s</tr>", html.EscapeString(line[0]), html.EscapeString(line[1]))
	}
	b.WriteString(`</table><table><tr><th>class<th class="n">mask rate<th class="n">loss weight</tr>`)
	for i, w := range s.Recipe.Classes {
		fmt.Fprintf(b, `<tr><td>%s<td class="n">%g<td class="n">%g</tr>`, html.EscapeString(shard.Class(i).String()), w.Rate, w.Loss)
	}
	b.WriteString("</table>")
}

func (r report) corpus(b *strings.Builder) {
	c := r.record.Corpus
	fmt.Fprintf(b, `<h2>Corpus</h2><p>%d projects; %d subwords to learn from, %d held out.</p>`, len(c.Projects), c.Subwords.Trained, c.Subwords.HeldOut)
	b.WriteString(`<table><tr><th>language<th class="n">files<th class="n">MB<th class="n">held out<th class="n">MB</tr>`)
	for _, language := range languagesOf(c) {
		n, held := c.Trained[language], c.HeldOut[language]
		fmt.Fprintf(b, `<tr><td>%s<td class="n">%d<td class="n">%.1f<td class="n">%d<td class="n">%.1f</tr>`, html.EscapeString(language), n.Files, float64(n.Bytes)/1e6, held.Files, float64(held.Bytes)/1e6)
	}
	b.WriteString(`</table><table><tr><th>dropped because<th class="n">files<th class="n">MB</tr>`)
	for _, reason := range corpus.Reasons {
		if n := c.Dropped[reason]; n.Files > 0 {
			fmt.Fprintf(b, `<tr><td>%s<td class="n">%d<td class="n">%.1f</tr>`, html.EscapeString(string(reason)), n.Files, float64(n.Bytes)/1e6)
		}
	}
	b.WriteString("</table>")
	if len(c.Hits) > 0 {
		var hits []string
		for name, n := range c.Hits {
			hits = append(hits, fmt.Sprintf("%s (%d)", name, n))
		}
		sort.Strings(hits)
		fmt.Fprintf(b, "<p>Evaluation projects found and dropped: %s.</p>", html.EscapeString(strings.Join(hits, ", ")))
	}
	b.WriteString(`<details><summary>Projects</summary><table><tr><th>project<th>version<th>side<th class="n">files<th class="n">MB</tr>`)
	for _, p := range c.Projects {
		side := "trained"
		if p.HeldOut {
			side = "held out"
		}
		fmt.Fprintf(b, `<tr><td>%s<td>%s<td>%s<td class="n">%d<td class="n">%.2f</tr>`, html.EscapeString(p.Name), html.EscapeString(p.Version), side, p.Files, float64(p.Bytes)/1e6)
	}
	b.WriteString("</table></details>")
}

func orDash(s string) string {
	if s == "" {
		return "fresh weights"
	}
	return s
}

// smoothed averages steps into at most 400 points.
func smoothed(name string, steps []StepRecord, value func(StepRecord) float64) page.Curve {
	c := page.Curve{Name: name}
	stride := max(1, (len(steps)+399)/400)
	for i := 0; i < len(steps); i += stride {
		group := steps[i:min(i+stride, len(steps))]
		sum := 0.0
		for _, s := range group {
			sum += value(s)
		}
		c.X = append(c.X, float64(group[len(group)/2].Step))
		c.Y = append(c.Y, sum/float64(len(group)))
	}
	return c
}

func evaluated(name string, evaluations []Evaluation, value func(Evaluation) (float64, bool)) page.Curve {
	c := page.Curve{Name: name}
	for _, e := range evaluations {
		if v, ok := value(e); ok {
			c.X, c.Y = append(c.X, float64(e.Step)), append(c.Y, v)
		}
	}
	return c
}
