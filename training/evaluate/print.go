package evaluate

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"mlm-lsp/treesitter"
)

// table is a result as text in cells.
type table struct {
	title  string
	header []string
	rows   [][]string
}

// tables lays the rows that are wanted out: the measures, then the differences that have an interval.
func (r Result) tables(want func(Row) bool) []table {
	measures := table{title: r.Task, header: []string{"class", "slice", "cases", "files"}}
	shown := map[string][]Metric{}
	for _, name := range r.Systems {
		for _, m := range r.Metrics {
			if slices.ContainsFunc(r.Rows, func(row Row) bool { _, ok := row.Systems[name][m.Name]; return ok }) {
				shown[name] = append(shown[name], m)
			}
		}
		if len(shown[name]) == 0 {
			continue
		}
		var columns []string
		for _, m := range shown[name] {
			if m.Name != name {
				columns = append(columns, m.Name)
			}
		}
		measures.header = append(measures.header, strings.TrimSpace(name+" "+strings.Join(columns, " / ")))
	}
	for _, row := range r.Rows {
		if !want(row) {
			continue
		}
		cells := []string{row.Class, row.Slice, fmt.Sprint(row.Count), fmt.Sprint(row.Files)}
		for _, name := range r.Systems {
			if len(shown[name]) == 0 {
				continue
			}
			var parts []string
			for _, m := range shown[name] {
				if e, ok := row.Systems[name][m.Name]; ok {
					parts = append(parts, m.cell(e))
				}
			}
			if parts == nil {
				parts = []string{"-"}
			}
			cells = append(cells, strings.Join(parts, " / "))
		}
		measures.rows = append(measures.rows, cells)
	}
	differences := table{title: r.Task + ", paired differences", header: []string{"class", "slice", "difference"}}
	for _, m := range r.Metrics {
		differences.header = append(differences.header, m.Name)
	}
	for _, row := range r.Rows {
		if !want(row) || row.Slice != SliceAll && !slices.Contains(treesitter.Languages(), row.Slice) {
			continue
		}
		for _, d := range row.Differences {
			cells := []string{row.Class, row.Slice, d.Of + " - " + d.Minus}
			for _, m := range r.Metrics {
				cell := "-"
				if e, ok := d.Measures[m.Name]; ok {
					cell = m.difference(e)
				}
				cells = append(cells, cell)
			}
			differences.rows = append(differences.rows, cells)
		}
	}
	if len(differences.rows) == 0 {
		return []table{measures}
	}
	return []table{measures, differences}
}

func (m Metric) scale() float64 {
	if m.Percent {
		return 100
	}
	return 1
}

func (m Metric) cell(e Estimate) string {
	if math.IsNaN(e.Value) {
		return "-"
	}
	k := m.scale()
	switch {
	case m.Percent && m.Main && !math.IsNaN(e.Low):
		return fmt.Sprintf("%.1f (%.0f-%.0f)", k*e.Value, k*e.Low, k*e.High)
	case m.Percent:
		return fmt.Sprintf("%.1f", k*e.Value)
	case m.Main && !math.IsNaN(e.Low):
		return fmt.Sprintf("%.2f (%.2f-%.2f)", e.Value, e.Low, e.High)
	}
	return fmt.Sprintf("%.2f", e.Value)
}

func (m Metric) difference(e Estimate) string {
	k := m.scale()
	format := "%+.2f"
	if m.Percent {
		format = "%+.1f"
	}
	text := fmt.Sprintf(format, k*e.Value)
	if math.IsNaN(e.Low) {
		return text
	}
	return text + fmt.Sprintf(" ("+format+" to "+format+")", k*e.Low, k*e.High)
}

// Print writes the result for a terminal: the summary and the calibration, or all rows of a comparison. Shares are per cent, with 95% intervals beside the main ones.
func (r Result) Print(w io.Writer) error {
	list := r.tables(everyRow)
	if t, legend, ok := r.summary(); ok {
		list = []table{t.plain()}
		fmt.Fprintf(w, "%s\n\n", legend)
	}
	if t, ok := r.calibration(true); ok {
		list = append(list, t)
	}
	for i, t := range list {
		if i > 0 {
			fmt.Fprintf(w, "\n%s\n", t.title)
		}
		tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, cells := range append([][]string{t.header}, t.rows...) {
			fmt.Fprintln(tab, strings.Join(cells, "\t")+"\t")
		}
		if err := tab.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func everyRow(Row) bool { return true }

// Markdown writes the result as a document: what was asked beside what was measured, a summary, the calibration, then all rows. Comments mark the parts, so that
// others can quote one.
func (r Result) Markdown(w io.Writer) error {
	var b strings.Builder
	part := func(mark, title, note string, t table) {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "## %s\n\n", title)
		if mark != "" {
			fmt.Fprintf(&b, "<!-- %s -->\n", mark)
		}
		if note != "" {
			b.WriteString(note + "\n\n")
		}
		line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
		line(t.header)
		b.WriteString(strings.Repeat("|---", len(t.header)) + "|\n")
		for _, cells := range t.rows {
			line(cells)
		}
		if mark != "" {
			b.WriteString("<!-- end -->\n")
		}
	}
	if t, ok := r.asked(); ok {
		part("asked", "Asked and measured", "", t)
	}
	if t, legend, ok := r.summary(); ok {
		part("summary", "Summary", legend, t)
	}
	if t, ok := r.calibration(true); ok {
		part("calibration", "Calibration", "", t)
	}
	for i, t := range r.tables(everyRow) {
		title := "All rows"
		if i > 0 {
			title = "Paired differences"
		}
		part("", title, "", t)
	}
	if t, ok := r.calibration(false); ok {
		part("", "Calibration of all systems", "", t)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// plain takes the marks of the best cells away.
func (t table) plain() table {
	for _, cells := range t.rows {
		for i := range cells {
			cells[i] = strings.Trim(cells[i], "*")
		}
	}
	return t
}

// MarshalJSON writes the ends of an interval that does not exist as null.
func (e Estimate) MarshalJSON() ([]byte, error) {
	number := func(x float64) *float64 {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	return json.Marshal(map[string]*float64{"value": number(e.Value), "low": number(e.Low), "high": number(e.High)})
}

// rowLine is a line of JSON.
type rowLine struct {
	Task        string                         `json:"task"`
	Models      []string                       `json:"models"`
	Seed        uint64                         `json:"seed"`
	Class       string                         `json:"class"`
	Slice       string                         `json:"slice"`
	Count       int                            `json:"count"`
	Files       int                            `json:"files"`
	Interval    string                         `json:"interval"`
	Systems     map[string]map[string]Estimate `json:"systems"`
	Differences []differenceLine               `json:"differences,omitempty"`
}

type differenceLine struct {
	Of       string              `json:"of"`
	Minus    string              `json:"minus"`
	Measures map[string]Estimate `json:"measures"`
}

// calibrationLine is a row of the calibration as a line of JSON.
type calibrationLine struct {
	Task        string      `json:"task"`
	Models      []string    `json:"models"`
	Calibration Reliability `json:"calibration"`
}

// JSON writes one object per line: the rows, then the calibration of each class and language.
func (r Result) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	for _, row := range r.Rows {
		line := rowLine{r.Task, r.Models, r.Seed, row.Class, row.Slice, row.Count, row.Files, row.Interval, row.Systems, nil}
		for _, d := range row.Differences {
			line.Differences = append(line.Differences, differenceLine{d.Of, d.Minus, d.Measures})
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	for _, e := range r.Reliability() {
		if err := encoder.Encode(calibrationLine{r.Task, r.Models, e}); err != nil {
			return err
		}
	}
	return nil
}

// caseLine is a case as a line of JSON.
type caseLine struct {
	Task     string                 `json:"task"`
	Project  string                 `json:"project"`
	Path     string                 `json:"path"`
	Line     int                    `json:"line"`
	Column   int                    `json:"column"`
	Language string                 `json:"language"`
	Class    string                 `json:"class"`
	Slices   []string               `json:"slices"`
	Answer   string                 `json:"answer"`
	Systems  map[string]outcomeLine `json:"systems"`
}

// outcomeLine tells the place of the answer, from 1; 0 when it is not among the candidates.
type outcomeLine struct {
	Place      int     `json:"place"`
	Top        string  `json:"top"`
	Confidence float64 `json:"confidence,omitempty"` // the probability of Top, where one is stated
}

// CasesJSON writes one object per case and line: where each system put the answer, and what it would have said.
func (r Result) CasesJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	for _, c := range r.Cases {
		line := caseLine{r.Task, c.Project, c.Path, c.Line, c.Column, c.Language, c.Class, c.Slices, c.Answer, map[string]outcomeLine{}}
		for name, o := range c.Systems {
			if name != SystemCandidates {
				line.Systems[name] = outcomeLine{o.Place, o.Top, o.Confidence}
			}
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
