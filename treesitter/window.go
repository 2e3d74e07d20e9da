package treesitter

import (
	"bytes"
	"hash/fnv"
	"sort"
	"unicode/utf8"
)

// boundary is an offset where a text may be cut.
type boundary struct {
	offset int
	depth  int // 0 before a declaration of the file's own level, 1 before one inside it, ...
}

// boundaries lists the starts of declarations, each moved up to the first of
// the comment lines right above it and to the start of its line.
func (f *File) boundaries() []boundary {
	var list []boundary
	var open []int // ends of the declarations around
	for _, d := range f.Declarations {
		for len(open) > 0 && open[len(open)-1] <= d.Start {
			open = open[:len(open)-1]
		}
		if offset := f.leadStart(d.Start); len(list) == 0 || list[len(list)-1].offset < offset {
			list = append(list, boundary{offset, len(open)})
		}
		open = append(open, d.End)
	}
	return list
}

// leadStart returns the start of the line at offset, or of the comment lines
// that stand right above it.
func (f *File) leadStart(offset int) int {
	start := f.lineStart(offset)
	for start > 0 && f.Text[start-1] == '\n' {
		above := f.lineStart(start - 1)
		first := above + len(f.Text[above:start]) - len(bytes.TrimLeft(f.Text[above:start], " \t"))
		i := f.TokenAt(first)
		if i < 0 || f.Tokens[i].Kind != KindComment {
			break
		}
		start = above
	}
	return start
}

// maxLine is how far lineStart and lineEnd look. Where a line is longer, as in
// minified code, it may be cut anywhere, and looking further would take a time
// that is quadratic in the declarations on it.
const maxLine = 8 << 10

// lineStart is the start of the line that offset is in, or offset itself if
// that is too far away.
func (f *File) lineStart(offset int) int {
	low := max(0, offset-maxLine)
	if i := bytes.LastIndexByte(f.Text[low:offset], '\n'); i >= 0 {
		return low + i + 1
	}
	if low == 0 {
		return 0
	}
	return offset
}

// Windows partitions the text into spans of at most maxBytes bytes, cut before
// declarations where that is possible: of the boundaries in the window's second
// half, the outermost level that is there, else the last line's end, else
// between two characters. Among the boundaries of a level the declaration with
// the smallest hash of its first line decides, so that the cuts behind an edit
// fall into their old places again after a window or two.
func (f *File) Windows(maxBytes int) []Span {
	maxBytes = max(maxBytes, utf8.UTFMax)
	marks := f.boundaries()
	var windows []Span
	for start := 0; start < len(f.Text); {
		end := len(f.Text)
		if end-start > maxBytes {
			end = f.cut(start, maxBytes, marks)
		}
		windows = append(windows, Span{start, end})
		start = end
	}
	return windows
}

// cut chooses where the window that begins at start ends.
func (f *File) cut(start, maxBytes int, marks []boundary) int {
	low, high := start+maxBytes/2, start+maxBytes
	best, bestHash := boundary{offset: -1}, uint64(0)
	for i := sort.Search(len(marks), func(i int) bool { return marks[i].offset >= low }); i < len(marks); i++ {
		m := marks[i]
		if m.offset > high {
			break
		}
		if best.offset >= 0 && m.depth > best.depth {
			continue
		}
		if h := f.lineHash(m.offset); best.offset < 0 || m.depth < best.depth || h < bestHash {
			best, bestHash = m, h
		}
	}
	if best.offset >= 0 {
		return best.offset
	}
	if line := bytes.LastIndexByte(f.Text[start:high], '\n'); line >= 0 {
		return start + line + 1
	}
	end := high
	for end > start+1 && high-end < utf8.UTFMax && !utf8.RuneStart(f.Text[end]) {
		end--
	}
	return end
}

func (f *File) lineHash(offset int) uint64 {
	line, _, _ := bytes.Cut(f.Text[offset:], []byte("\n"))
	h := fnv.New64a()
	h.Write(line)
	return h.Sum64()
}

// Window returns the text before and after the site that a model should see:
// together at most maxBytes bytes, none of them the site's own.
//
// The text around the site is one piece: the innermost declaration that holds
// the site (its part between nested declarations, if it has any), grown to the
// whole declaration, to the one around it and so on to the file, as long as that
// fits; where the next whole does not fit, by whole neighbours, the nearest
// first. A piece too large by itself is cut to the nearest lines. Before it stand,
// out of their place, the file's imports (at most a quarter of the window) and
// the headers of the declarations around the site (another quarter).
//
// So a window changes with its own declaration, with neighbours that are in it,
// and with the imports; an edit anywhere else leaves it byte-identical.
func (f *File) Window(site Span, maxBytes int) (before, after string) {
	pieces, rest := f.pieces(site, maxBytes)
	var b bytes.Buffer
	for _, p := range pieces {
		b.Write(f.Text[p.Start:p.End])
	}
	return b.String(), string(f.Text[rest.Start:rest.End])
}

// WindowNames returns the identifiers and types that stand whole in the window of
// the same arguments, in order: as spans of its two texts.
func (f *File) WindowNames(site Span, maxBytes int) (before, after []Span) {
	pieces, rest := f.pieces(site, maxBytes)
	length := 0
	for _, p := range pieces {
		before = f.appendNames(before, p, length)
		length += p.Len()
	}
	return before, f.appendNames(nil, rest, 0)
}

// appendNames appends the names within a piece of the text, which begins at the
// offset at of another.
func (f *File) appendNames(names []Span, piece Span, at int) []Span {
	for i := sort.Search(len(f.Tokens), func(i int) bool { return f.Tokens[i].Start >= piece.Start }); i < len(f.Tokens); i++ {
		t := f.Tokens[i]
		if t.End > piece.End {
			break
		}
		if t.Kind.Identifier() || t.Kind == KindType {
			names = append(names, Span{t.Start - piece.Start + at, t.End - piece.Start + at})
		}
	}
	return names
}

// pieces returns the parts of the text that stand in a window before the site, one
// behind the other, and the part that stands behind it.
func (f *File) pieces(site Span, maxBytes int) (before []Span, after Span) {
	site.Start = min(max(site.Start, 0), len(f.Text))
	site.End = min(max(site.End, site.Start), len(f.Text))
	maxBytes = max(maxBytes, 0)
	levels := f.levels(site)
	inner := len(levels) - 1
	leaf := levels[inner].around(site)
	w := view{file: f, site: site, maxBytes: maxBytes, parts: f.context(levels, leaf.Start, maxBytes/4)}
	if !w.grow(leaf) {
		w.parts = f.context(levels, site.Start, maxBytes/4)
		w.lines(leaf)
		inner = -1
	}
	for ; inner >= 0; inner-- {
		if whole := levels[inner].span(); !w.grow(whole) {
			w.neighbours(levels[inner].cuts)
			break
		}
	}

	for _, p := range w.parts {
		before = append(before, Span{p.Start, max(p.Start, min(p.End, w.Start))})
	}
	return append(before, Span{w.Start, site.Start}), Span{site.End, w.End}
}

// level is the file, or a declaration around the site, with the offsets at which
// it may be cut: its ends, and the borders of the declarations right inside it.
type level struct {
	cuts   []int
	header Span // empty for the file
}

func (l level) span() Span { return Span{l.cuts[0], l.cuts[len(l.cuts)-1]} }

// around returns the piece between cuts that holds the site.
func (l level) around(site Span) Span {
	after := sort.Search(len(l.cuts), func(i int) bool { return l.cuts[i] > site.Start })
	end := sort.Search(len(l.cuts), func(i int) bool { return l.cuts[i] >= site.End })
	return Span{l.cuts[max(after-1, 0)], l.cuts[max(min(end, len(l.cuts)-1), min(after, len(l.cuts)-1))]}
}

// levels lists the file and the declarations that hold the site, from the outside in.
func (f *File) levels(site Span) []level {
	extents := make([]Span, len(f.Declarations))
	chain := []int{-1}
	spans := []Span{{0, len(f.Text)}}
	for i, d := range f.Declarations {
		e := Span{f.leadStart(d.Start), f.borderAfter(d.End)}
		extents[i] = e
		around := spans[len(spans)-1]
		if around.Start <= e.Start && e.End <= around.End && e.Start <= site.Start && site.End <= e.End {
			chain, spans = append(chain, i), append(spans, e)
		}
	}
	levels := make([]level, len(chain))
	for l, parent := range chain {
		if parent >= 0 {
			d := f.Declarations[parent]
			levels[l].header = Span{f.lineStart(d.Start), min(f.lineEnd(d.Header.End), spans[l].End)}
		}
		cuts, last := []int{spans[l].Start}, spans[l].Start
		// White space alone is no piece: it belongs to what stands before it.
		cut := func(offset int) {
			if len(bytes.TrimSpace(f.Text[last:offset])) > 0 {
				cuts = append(cuts, offset)
			} else if len(cuts) > 1 {
				cuts[len(cuts)-1] = offset
			}
			last = offset
		}
		for _, e := range extents[parent+1:] {
			if e.Start >= spans[l].End {
				break
			}
			if e.Start >= last && e.End <= spans[l].End {
				cut(e.Start)
				cut(e.End)
			}
		}
		cut(spans[l].End)
		if len(cuts) == 1 {
			cuts = append(cuts, spans[l].End)
		}
		levels[l].cuts = cuts
	}
	return levels
}

// borderAfter moves the end of a declaration behind its line's end, unless
// something else stands there.
func (f *File) borderAfter(offset int) int {
	end := f.lineEnd(offset)
	if len(bytes.Trim(f.Text[offset:end], " \t\r\n;,)")) > 0 {
		return offset
	}
	return end
}

// lineEnd is the start of the next line, or offset itself if that is too far
// away.
func (f *File) lineEnd(offset int) int {
	high := min(len(f.Text), offset+maxLine)
	if i := bytes.IndexByte(f.Text[offset:high], '\n'); i >= 0 {
		return offset + i + 1
	}
	if high == len(f.Text) {
		return high
	}
	return offset
}

// context lists the parts that stand before a window out of their place: whole
// lines of the imports, then the headers above start of the declarations around
// the site; inner ones go first where not all fit.
func (f *File) context(levels []level, start, budget int) []Span {
	var parts []Span
	if imports := f.importLines(); imports.Len() > 0 {
		if imports.Len() > budget {
			imports.End = imports.Start + bytes.LastIndexByte(f.Text[imports.Start:imports.Start+budget], '\n') + 1
		}
		parts = append(parts, imports)
	}
	first := len(levels)
	for left := budget; first > 1; first-- {
		header := levels[first-1].header
		if header.Start >= start {
			continue
		}
		if left -= header.Len(); left < 0 {
			break
		}
	}
	for _, l := range levels[first:] {
		h := l.header
		if len(parts) > 0 {
			h.Start = max(h.Start, parts[len(parts)-1].End)
		}
		if h.Start < h.End {
			parts = append(parts, h)
		}
	}
	return parts
}

// importLines returns the lines from the first import to the last one above the
// first declaration.
func (f *File) importLines() Span {
	start, end := -1, -1
	for _, i := range f.Imports {
		if len(f.Declarations) > 0 && i.Start >= f.Declarations[0].Start {
			break
		}
		if start < 0 {
			start = f.lineStart(i.Start)
		}
		end = f.lineEnd(i.End)
	}
	if start < 0 {
		return Span{}
	}
	return Span{start, end}
}

// view is a window while it grows: the span in place, and the parts before it.
type view struct {
	Span
	file     *File
	site     Span
	maxBytes int
	parts    []Span
}

// grow takes the span for the window if it fits.
func (w *view) grow(s Span) bool {
	size := s.Len() - w.site.Len()
	for _, p := range w.parts {
		size += max(0, min(p.End, s.Start)-p.Start)
	}
	if size > w.maxBytes {
		return false
	}
	w.Span = s
	return true
}

// neighbours takes in whole pieces, that on the side where less stands first,
// until neither side's next one fits.
func (w *view) neighbours(cuts []int) {
	low := sort.SearchInts(cuts, w.Start)
	high := sort.SearchInts(cuts, w.End)
	for low > 0 || high < len(cuts)-1 {
		up := low > 0 && (high == len(cuts)-1 || w.site.Start-w.Start <= w.End-w.site.End)
		if up {
			if w.grow(Span{cuts[low-1], w.End}) {
				low--
			} else {
				cuts, low, high = cuts[low:], 0, high-low
			}
		} else if w.grow(Span{w.Start, cuts[high+1]}) {
			high++
		} else {
			cuts = cuts[:high+1]
		}
	}
}

// lines takes the site's own lines and those around it, as many as fit in the
// piece; of a line that does not fit, the bytes nearest to the site.
func (w *view) lines(piece Span) {
	f := w.file
	w.Span = w.site
	own := Span{max(f.lineStart(w.site.Start), piece.Start), min(f.lineEnd(w.site.End), piece.End)}
	if !w.grow(own) {
		w.parts = nil
	}
	if !w.grow(own) {
		half := w.maxBytes / 2
		w.Start = max(own.Start, w.site.Start-half)
		w.End = min(own.End, w.site.End+half)
		w.align()
		return
	}
	up, down := true, true
	for up || down {
		up, down = up && w.Start > piece.Start, down && w.End < piece.End
		if up && (!down || w.site.Start-w.Start <= w.End-w.site.End) {
			up = w.grow(Span{max(f.lineStart(w.Start-1), piece.Start), w.End})
		} else if down {
			down = w.grow(Span{w.Start, min(max(f.lineEnd(w.End), w.End+1), piece.End)})
		}
	}
	w.align()
}

// align moves the window's ends off the middle of characters.
func (w *view) align() {
	text := w.file.Text
	for w.Start < w.site.Start && !utf8.RuneStart(text[w.Start]) {
		w.Start++
	}
	for w.End > w.site.End && w.End < len(text) && !utf8.RuneStart(text[w.End]) {
		w.End--
	}
}
