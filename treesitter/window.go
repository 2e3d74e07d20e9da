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
	for start > 0 {
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

func (f *File) lineStart(offset int) int {
	return bytes.LastIndexByte(f.Text[:offset], '\n') + 1
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

// Window returns the text before and after the site, together at most maxBytes
// bytes.
func (f *File) Window(site Span, maxBytes int) (before, after string) {
	site.Start = min(max(site.Start, 0), len(f.Text))
	site.End = min(max(site.End, site.Start), len(f.Text))
	half := maxBytes / 2
	low, high := max(0, site.Start-half), min(len(f.Text), site.End+half)
	if low > 0 {
		if line := bytes.IndexByte(f.Text[low:site.Start], '\n'); line >= 0 {
			low += line + 1
		}
	}
	if high < len(f.Text) {
		if line := bytes.LastIndexByte(f.Text[site.End:high], '\n'); line >= 0 {
			high = site.End + line + 1
		}
	}
	return string(f.Text[low:site.Start]), string(f.Text[site.End:high])
}
