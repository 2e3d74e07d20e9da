package page

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

// wellFormed reads all SVG elements of a text; HTML around them may leave tags open.
func wellFormed(t *testing.T, text string) (elements int) {
	t.Helper()
	for _, part := range strings.SplitAfter(text, "</svg>") {
		i := strings.Index(part, "<svg")
		if i < 0 {
			continue
		}
		d := xml.NewDecoder(strings.NewReader(part[i:]))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, part)
			}
			elements++
		}
	}
	return elements
}

func TestLines(t *testing.T) {
	for _, c := range []Curve{{}, {Name: "one", X: []float64{1}, Y: []float64{0}}, {Name: "<flat>", X: []float64{1, 2}, Y: []float64{3, 3}}} {
		text := Lines([]Curve{c}, false)
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "<flat>") {
			t.Errorf("%s: %s", c.Name, text)
		}
		if len(c.X) > 0 && wellFormed(t, text) == 0 {
			t.Errorf("%s: nothing is drawn", c.Name)
		}
	}
}

func TestDots(t *testing.T) {
	groups := []Group{
		{"a < b", []Mark{{"model", 0.5, 0.4, 0.6}, {"cache", 0.3, math.NaN(), math.NaN()}}},
		{"c", []Mark{{"model", -0.1, -0.2, 0.05}, {"cache", math.NaN(), 0, 0}}},
	}
	for _, signed := range []bool{false, true} {
		text := Dots(groups, signed)
		if strings.Contains(text, "NaN") || strings.Contains(text, "a < b") || strings.Count(text, "<circle") != 3 || strings.Count(text, "stroke-width") != 2 {
			t.Errorf("signed %v: %s", signed, text)
		}
		wellFormed(t, text)
	}
	if text := Dots([]Group{{"zero", []Mark{{"m", 0, 0, 0}}}}, true); strings.Contains(text, "NaN") {
		t.Errorf("all zero: %s", text)
	}
}

func TestShares(t *testing.T) {
	text := Shares([]Curve{{Name: "a < b", X: []float64{0.1, 0.95}, Y: []float64{0, 1}}, {Name: "one", X: []float64{0.5}, Y: []float64{0.25}}, {Name: "none"}})
	if strings.Count(text, "<circle") != 3 || strings.Contains(text, "a < b") || strings.Contains(text, "NaN") {
		t.Errorf("%s", text)
	}
	wellFormed(t, text)
}

func TestTable(t *testing.T) {
	text := Start("<b>") + Table([]string{"name", "n"}, [][]string{{"<script>", "1"}}, 1)
	if strings.Contains(text, "<script>") || strings.Contains(text, "<b>") || !strings.Contains(text, `<td class="n">1`) {
		t.Error(text)
	}
}
