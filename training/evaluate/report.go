package evaluate

import (
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"

	"mlm-lsp/training/page"
	"mlm-lsp/treesitter"
)

// worstShown is how many wrong answers a report lists.
const worstShown = 60

// HTML writes the result as a page with plots: the summary, the main measures of each class and language, the differences, how reliable it is, all rows, and cases in which the last system is
// wrong although the answer was among the candidates.
func (r Result) HTML(w io.Writer) error {
	var b strings.Builder
	b.WriteString(page.Start("Evaluation: " + r.Task))
	fmt.Fprintf(&b, `<p>%d cases of %d files, seed %d, models: %s. Intervals are of 95%%: %s where a row has at least %d files, else %s.</p>`,
		len(r.Cases), r.files(), r.Seed, html.EscapeString(strings.Join(r.Models, ", ")), IntervalBootstrap, minClusters, IntervalWilson)
	if t, ok := r.asked(); ok {
		b.WriteString("<h2>Asked and measured</h2>" + page.Table(t.header, t.rows, len(t.header)))
	}
	if t, legend, ok := r.summary(); ok {
		fmt.Fprintf(&b, `<h2>Summary</h2><p class="note">%s</p>`, html.EscapeString(legend))
		b.WriteString(page.Table(t.header, t.plain().rows, 1))
	}
	for _, m := range r.Metrics {
		if !m.Main {
			continue
		}
		byClass := r.marks(m, func(row Row) (string, bool) { return row.Class, row.Slice == SliceAll })
		byLanguage := r.marks(m, func(row Row) (string, bool) {
			return row.Slice, row.Class == SliceAll && slices.Contains(treesitter.Languages(), row.Slice)
		})
		for _, plot := range []struct {
			title  string
			groups []page.Group
		}{{"by class", byClass}, {"by language, all classes", byLanguage}} {
			if len(plot.groups) > 0 {
				fmt.Fprintf(&b, "<h2>%s, %s</h2>", html.EscapeString(m.Name), plot.title)
				b.WriteString(page.Dots(plot.groups, false))
			}
		}
		if groups := r.differenceMarks(m); len(groups) > 0 {
			fmt.Fprintf(&b, `<h2>%s, paired differences</h2><p class="note">One system less another on the same cases.</p>`, html.EscapeString(m.Name))
			b.WriteString(page.Dots(groups, true))
		}
	}
	r.reliabilityPlots(&b)
	all := r.tables(everyRow)
	if t, ok := r.calibration(false); ok {
		all = append(all, t)
	}
	for _, t := range all {
		fmt.Fprintf(&b, "<details><summary>All rows of %s</summary>", html.EscapeString(t.title))
		b.WriteString(page.Table(t.header, t.rows, 2))
		b.WriteString("</details>")
	}
	r.wrong(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Result) files() int {
	seen := map[string]bool{}
	for _, c := range r.Cases {
		seen[c.Path] = true
	}
	return len(seen)
}

// marks are the systems' values of a metric, a group for each row that name wants.
func (r Result) marks(m Metric, name func(Row) (string, bool)) (groups []page.Group) {
	for _, row := range r.Rows {
		label, ok := name(row)
		if !ok {
			continue
		}
		g := page.Group{Name: label}
		for _, system := range r.Systems {
			if e, ok := row.Systems[system][m.Name]; ok && !math.IsNaN(e.Value) {
				g.Marks = append(g.Marks, page.Mark{Name: system, Value: e.Value, Low: e.Low, High: e.High})
			}
		}
		if len(g.Marks) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func (r Result) differenceMarks(m Metric) (groups []page.Group) {
	for _, row := range r.Rows {
		if row.Slice != SliceAll {
			continue
		}
		g := page.Group{Name: row.Class}
		for _, d := range row.Differences {
			if e, ok := d.Measures[m.Name]; ok {
				g.Marks = append(g.Marks, page.Mark{Name: d.Of + " - " + d.Minus, Value: e.Value, Low: e.Low, High: e.High})
			}
		}
		if len(g.Marks) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// wrong lists covered cases that the last system has wrong, the worst places first.
func (r Result) wrong(b *strings.Builder) {
	if len(r.Systems) == 0 {
		return
	}
	var last string
	for _, name := range r.Systems {
		if slices.ContainsFunc(r.Cases, func(c Case) bool { return c.Systems[name].Place > 1 }) {
			last = name
		}
	}
	var list []Case
	for _, c := range r.Cases {
		if c.Systems[last].Place > 1 {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return
	}
	slices.SortStableFunc(list, func(x, y Case) int { return y.Systems[last].Place - x.Systems[last].Place })
	var rows [][]string
	for _, c := range list[:min(worstShown, len(list))] {
		rows = append(rows, []string{fmt.Sprintf("%s:%d:%d", c.Path, c.Line, c.Column), c.Class, c.Answer, c.Systems[last].Top, fmt.Sprint(c.Systems[last].Place)})
	}
	fmt.Fprintf(b, `<details><summary>The worst answers of %s</summary>`, html.EscapeString(last))
	b.WriteString(page.Table([]string{"where", "class", "right", "said", "place of the right one"}, rows, 4))
	b.WriteString("</details>")
}
