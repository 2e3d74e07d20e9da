// Package page draws what reports are made of: one self-contained page of HTML without scripts, with plots as SVG.
//
// Invariants: a page needs no network and no other file; texts that come from outside are escaped.
package page

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Start is the beginning of a page with its title as the first heading. What follows it is the page's body; nothing needs to be closed.
func Start(title string) string {
	title = html.EscapeString(title)
	return `<!doctype html><html lang="en"><meta charset="utf-8"><title>` + title + `</title><style>` + style + `</style><h1>` + title + `</h1>`
}

const style = `body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .4rem}p.note{color:#57606a;margin:.2rem 0 .6rem}
table{border-collapse:collapse;margin:.4rem 0 1rem}td,th{padding:.15rem .8rem .15rem 0;text-align:left;border-bottom:1px solid #e3e6ea}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#57606a}
.legend span{display:inline-block;margin-right:1rem}.legend i{display:inline-block;width:1rem;height:.2rem;vertical-align:middle;margin-right:.3rem}`

// Curve is a line of a plot: points by rising X.
type Curve struct {
	Name string
	X, Y []float64
}

// palette holds colours that stay apart for most eyes, after Tol's "muted" scheme; the first is for the main curve.
var palette = []string{"#1b1f24", "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499", "#0077bb", "#ee7733", "#bbbbbb", "#6e7781"}

const (
	chartWidth, chartHeight = 900.0, 280.0
	marginLeft, marginRight = 52.0, 10.0
	marginTop, marginBottom = 8.0, 24.0
)

// Lines draws curves; share fixes the vertical axis to 0..100%.
func Lines(curves []Curve, share bool) string {
	minX, maxX, minY, maxY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for i := range c.X {
			minX, maxX = min(minX, c.X[i]), max(maxX, c.X[i])
			minY, maxY = min(minY, c.Y[i]), max(maxY, c.Y[i])
		}
	}
	if math.IsInf(minX, 0) {
		return "<p>Nothing was recorded.</p>"
	}
	if share {
		minY, maxY = 0, 1
	}
	if minY == maxY {
		minY, maxY = minY-0.5*math.Abs(minY)-1e-9, maxY+0.5*math.Abs(maxY)+1e-9
	}
	if minX == maxX {
		maxX++
	}
	px := func(x float64) float64 {
		return marginLeft + (x-minX)/(maxX-minX)*(chartWidth-marginLeft-marginRight)
	}
	py := func(y float64) float64 {
		return chartHeight - marginBottom - (y-minY)/(maxY-minY)*(chartHeight-marginTop-marginBottom)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img">`, chartWidth, chartHeight)
	for _, y := range ticks(minY, maxY) {
		label := fmt.Sprintf("%.4g", y)
		if share {
			label = fmt.Sprintf("%.0f%%", 100*y)
		}
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="#e3e6ea"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`, marginLeft, py(y), chartWidth-marginRight, marginLeft-6, py(y)+4, label)
	}
	for _, x := range ticks(minX, maxX) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.6g</text>`, px(x), chartHeight-6, x)
	}
	legend := ""
	for i, c := range curves {
		if len(c.X) == 0 {
			continue
		}
		colour := palette[i%len(palette)]
		width := 1.5
		if i == 0 {
			width = 2
		}
		polyline(&b, c, px, py, colour, width)
		if len(c.X) == 1 {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px(c.X[0]), py(c.Y[0]), colour)
		}
		last := fmt.Sprintf("%.4g", c.Y[len(c.Y)-1])
		if share {
			last = fmt.Sprintf("%.1f%%", 100*c.Y[len(c.Y)-1])
		}
		legend += fmt.Sprintf(`<span><i style="background:%s"></i>%s %s</span>`, colour, html.EscapeString(c.Name), last)
	}
	b.WriteString(`</svg><p class="legend note">` + legend + `</p>`)
	return b.String()
}

// polyline draws a curve's line; px and py place its points.
func polyline(b *strings.Builder, c Curve, px, py func(float64) float64, colour string, width float64) {
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="%g" points="`, colour, width)
	for k := range c.X {
		fmt.Fprintf(b, "%.1f,%.1f ", px(c.X[k]), py(c.Y[k]))
	}
	b.WriteString(`"/>`)
}

// ticks are about five round numbers between low and high.
func ticks(low, high float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, factor := range []float64{5, 2} {
		if (high-low)/(step*factor) >= 3.5 {
			step *= factor
			break
		}
	}
	var out []float64
	for v := math.Ceil(low/step) * step; v <= high+step*1e-9; v += step {
		out = append(out, v)
	}
	return out
}

// Mark is a measured value with its interval; NaN ends draw no interval.
type Mark struct {
	Name             string
	Value, Low, High float64
}

// Group are marks that belong together, under one label.
type Group struct {
	Name  string
	Marks []Mark
}

const (
	markHeight  = 11.0
	groupGap    = 10.0
	labelWidth  = 190.0
	axisHeight  = 22.0
	valueOffset = 8.0
)

// Dots draws groups below each other, each mark as a dot with its interval as a line. Marks of one name have one colour in all groups. The axis runs over shares, 0
// to 100%, when all values lie there and signed is not set, else around 0 as far as the values go.
func Dots(groups []Group, signed bool) string {
	low, high := 0.0, 1.0
	if signed {
		low, high = 0, 0
		for _, g := range groups {
			for _, m := range g.Marks {
				for _, v := range []float64{m.Value, m.Low, m.High} {
					if !math.IsNaN(v) {
						low, high = min(low, v), max(high, v)
					}
				}
			}
		}
		if low == high {
			low, high = -0.01, 0.01
		}
	}
	var names []string
	colour := func(name string) string {
		for i, n := range names {
			if n == name {
				return palette[i%len(palette)]
			}
		}
		names = append(names, name)
		return palette[(len(names)-1)%len(palette)]
	}
	px := func(v float64) float64 {
		return labelWidth + (v-low)/(high-low)*(chartWidth-labelWidth-50)
	}
	var body strings.Builder
	y := groupGap
	for _, g := range groups {
		fmt.Fprintf(&body, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`, labelWidth-8, y+markHeight*float64(len(g.Marks))/2+4, html.EscapeString(g.Name))
		for _, m := range g.Marks {
			if math.IsNaN(m.Value) {
				continue
			}
			middle := y + markHeight/2
			if !math.IsNaN(m.Low) && !math.IsNaN(m.High) {
				fmt.Fprintf(&body, `<path d="M%.1f %.1fH%.1f" stroke="%s" stroke-width="2"/>`, px(m.Low), middle, px(m.High), colour(m.Name))
			}
			fmt.Fprintf(&body, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"><title>%s: %.1f%%</title></circle>`, px(m.Value), middle, colour(m.Name), html.EscapeString(m.Name), 100*m.Value)
			y += markHeight
		}
		y += groupGap
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img">`, chartWidth, y+axisHeight)
	for _, v := range ticks(low, high) {
		stroke := "#e3e6ea"
		if signed && math.Abs(v) < 1e-12 {
			stroke = "#6e7781"
		}
		fmt.Fprintf(&b, `<path d="M%.1f 0V%.1f" stroke="%s"/><text x="%.1f" y="%.1f" text-anchor="middle">%.4g%%</text>`, px(v), y, stroke, px(v), y+axisHeight-valueOffset, 100*v+0) // no negative zero
	}
	b.WriteString(body.String() + `</svg><p class="legend note">`)
	for i, name := range names {
		fmt.Fprintf(&b, `<span><i style="background:%s"></i>%s</span>`, palette[i%len(palette)], html.EscapeString(name))
	}
	b.WriteString(`</p>`)
	return b.String()
}

// Table writes a table; the first text columns are words, the others numbers.
func Table(header []string, rows [][]string, text int) string {
	var b strings.Builder
	line := func(cell string, cells []string) {
		b.WriteString("<tr>")
		for i, c := range cells {
			class := ""
			if i >= text {
				class = ` class="n"`
			}
			b.WriteString("<" + cell + class + ">" + html.EscapeString(c))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("<table>")
	line("th", header)
	for _, r := range rows {
		line("td", r)
	}
	b.WriteString("</table>")
	return b.String()
}

// Shares draws curves of one share over another, both from 0 to 100%, and the diagonal where they are equal; the first is the main one. A point is a dot, so that a curve of
// one is seen.
func Shares(curves []Curve) string {
	const side, left, bottom = 420.0, 46.0, 24.0
	px := func(x float64) float64 { return left + x*(side-left-marginRight) }
	py := func(y float64) float64 { return side - bottom - y*(side-bottom-marginTop) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" style="max-width:%gpx;display:block">`, side, side, side)
	for _, share := range ticks(0, 1) {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="#e3e6ea"/><text x="%.1f" y="%.1f" text-anchor="end">%.0f%%</text>`, px(0), py(share), px(1), px(0)-6, py(share)+4, 100*share)
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.0f%%</text>`, px(share), side-6, 100*share)
	}
	fmt.Fprintf(&b, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#8c959f" stroke-dasharray="4 3"/>`, px(0), py(0), px(1), py(1))
	legend := ""
	for i, c := range curves {
		colour := palette[i%len(palette)]
		width := 1.2
		if i == 0 {
			width = 2.5
		}
		polyline(&b, c, px, py, colour, width)
		for k := range c.X {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px(c.X[k]), py(c.Y[k]), colour)
		}
		legend += fmt.Sprintf(`<span><i style="background:%s"></i>%s</span>`, colour, html.EscapeString(c.Name))
	}
	b.WriteString(`</svg><p class="legend note">` + legend + `</p>`)
	return b.String()
}
