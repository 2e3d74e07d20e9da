package typeinfer

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Edit replaces a span of a file by a text.
type Edit struct {
	Span treesitter.Span
	Text string
}

// Pick is a type that was chosen for a site, both from the same Suggest.
type Pick struct {
	Site      Site
	Candidate Candidate
}

// Edits returns what writes all picks into a file, imports included: sorted and disjoint. Picks for sites that carry an annotation, and second ones for a site, are left out.
func Edits(f *treesitter.File, picks []Pick) []Edit { return NewWriter(f).Edits(picks) }

// Writer writes types into a file. What it reads of the file for that it reads once, when it is first needed: it is for who writes many, each by itself. It is used by one goroutine at a time.
type Writer struct {
	file    *treesitter.File
	docs    *names.Index // of JavaScript: with what is said in comments
	present *[]pythonImport
	single  *bool
}

// NewWriter returns a Writer for a file.
func NewWriter(f *treesitter.File) *Writer { return &Writer{file: f} }

// Edits is Edits of the file.
func (w *Writer) Edits(picks []Pick) []Edit {
	f := w.file
	var edits []Edit
	done := map[int]bool{}
	wanted, checking := map[string][]string{}, map[string]bool{}
	var documentedPicks []Pick
	for _, p := range picks {
		if p.Site.Existing != "" || done[p.Site.At] || p.Candidate.Type == "" {
			continue
		}
		done[p.Site.At] = true
		if f.Language == "javascript" {
			documentedPicks = append(documentedPicks, p)
			continue
		}
		text := p.Site.Lead + p.Candidate.Type
		at := p.Site.Span.Start
		span := treesitter.Span{Start: at, End: at}
		if behind := f.Text[at:]; f.Language == "python" && p.Site.Kind == Parameter && len(behind) > 0 && behind[0] == '=' {
			// With an annotation there are spaces around the sign.
			span.End++
			text += " ="
			if len(behind) > 1 && behind[1] != ' ' {
				text += " "
			}
		}
		edits = append(edits, Edit{span, text})
		addImports(p.Candidate.Imports, wanted, checking)
	}
	if f.Language == "javascript" {
		return joined(w.writeDocs(documentedPicks))
	}
	return joined(append(edits, w.importEdits(wanted, checking)...))
}

// addImports sorts imports by module, and says which modules are imported for checkers only.
func addImports(imports []Import, wanted map[string][]string, checking map[string]bool) {
	for _, i := range imports {
		if !slices.Contains(wanted[i.Module], i.Name) {
			wanted[i.Module] = append(wanted[i.Module], i.Name)
		}
		checking[i.Module] = (&pythonImport{module: i.Module}).group() > 1
	}
}

// importEdits are the edits that import names, by module.
func (w *Writer) importEdits(wanted map[string][]string, checking map[string]bool) []Edit {
	if len(wanted) == 0 {
		return nil
	}
	switch f := w.file; f.Language {
	case "python":
		if w.present == nil {
			present := pythonImports(f)
			w.present = &present
		}
		return inPlace(f.Text, addPython(f, *w.present, wanted, checking))
	case "typescript", "tsx":
		if w.single == nil {
			single := singleQuotes(f)
			w.single = &single
		}
		return inPlace(f.Text, addScript(f, wanted, *w.single))
	}
	return nil
}

// byteOrderMark stands before the first line of some files, and nothing may stand before it.
const byteOrderMark = "\uFEFF"

// inPlace keeps what is inserted behind a byte order mark, and ends its lines as the file ends its own.
func inPlace(text []byte, edits []Edit) []Edit {
	windows := bytes.Contains(text, []byte("\r\n"))
	for i := range edits {
		e := &edits[i]
		if e.Span.Start == 0 && e.Span.End == 0 && bytes.HasPrefix(text, []byte(byteOrderMark)) {
			e.Span = treesitter.Span{Start: len(byteOrderMark), End: len(byteOrderMark)}
		}
		if windows {
			e.Text = strings.ReplaceAll(strings.ReplaceAll(e.Text, "\r\n", "\n"), "\n", "\r\n")
		}
	}
	return edits
}

// joined sorts edits, and makes one of those at the same place.
func joined(edits []Edit) []Edit {
	slices.SortStableFunc(edits, func(a, b Edit) int { return cmp.Or(a.Span.Start-b.Span.Start, a.Span.End-b.Span.End) })
	var list []Edit
	for _, e := range edits {
		if last := len(list) - 1; last >= 0 && list[last].Span.End > e.Span.Start || last >= 0 && list[last].Span == e.Span && e.Span.Len() > 0 {
			continue // cannot be: places differ
		} else if last >= 0 && list[last].Span == e.Span {
			list[last].Text += e.Text
		} else {
			list = append(list, e)
		}
	}
	return list
}

// Apply returns a text with edits, which must be as Edits returns them.
func Apply(text []byte, edits []Edit) []byte {
	var b []byte
	last := 0
	for _, e := range edits {
		b = append(append(b, text[last:e.Span.Start]...), e.Text...)
		last = e.Span.End
	}
	return append(b, text[last:]...)
}

func singleQuotes(f *treesitter.File) bool {
	n := 0
	for _, t := range f.Tokens {
		if t.Subkind == treesitter.SubkindString && t.Len() > 1 {
			switch f.Text[t.Start] {
			case '\'':
				n++
			case '"':
				n--
			}
		}
	}
	return n > 0
}

// writeDocs writes types into JSDoc comments: into tags that have none, as new tags, or as new comments.
func (w *Writer) writeDocs(picks []Pick) []Edit {
	if w.docs == nil {
		w.docs = names.New(treesitter.Parse("tsx", w.file.Text))
	}
	x := w.docs
	type function struct {
		doc   doc
		picks []Pick
	}
	functions := map[int]*function{}
	var order []int
	for _, p := range picks {
		open := openOf(x, &p.Site)
		if open < 0 {
			continue
		}
		if functions[open] == nil {
			d, ok := docAt(x, open)
			if !ok || d.closed {
				continue
			}
			functions[open] = &function{doc: d}
			order = append(order, open)
		}
		functions[open].picks = append(functions[open].picks, p)
	}
	var edits []Edit
	for _, open := range order {
		edits = append(edits, writeDoc(x, functions[open].doc, functions[open].picks)...)
	}
	return edits
}

// writeDoc writes the types of one function.
func writeDoc(x *names.Index, d doc, picks []Pick) []Edit {
	var edits []Edit
	var params, results []string
	for _, p := range picks {
		name := ""
		if p.Site.Kind == Parameter {
			name = x.Text(p.Site.Name)
		}
		kind := strings.ReplaceAll(p.Candidate.Type, "*/", "")
		if t := d.tag(name); t != nil {
			if t.typed.Len() == 0 && t.span.Len() > 0 && x.File.Text[t.span.End-1] != '}' {
				at := t.nameP
				text := "{" + kind + "} "
				if name == "" {
					at, text = t.span.End, " {"+kind+"}"
				}
				edits = append(edits, Edit{treesitter.Span{Start: at, End: at}, text})
			}
			continue
		}
		if name == "" {
			results = append(results, "@returns {"+kind+"}")
			continue
		}
		if behind := textBehind(x, p.Site.Name.End); strings.HasPrefix(behind, "=") {
			name = "[" + name + "]"
		}
		params = append(params, "@param {"+kind+"} "+name)
	}
	if len(params)+len(results) == 0 {
		return edits
	}
	text := string(x.File.Text)
	line := strings.LastIndexByte(text[:d.comment.Start], '\n') + 1
	indent := text[line:d.comment.Start]
	if strings.TrimSpace(indent) != "" {
		return edits // something stands before the comment on its line
	}
	newline := "\n"
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
	}
	lines := append(params, results...)
	if d.comment.Len() == 0 {
		block := "/**" + newline
		for _, l := range lines {
			block += indent + " * " + l + newline
		}
		return append(edits, Edit{d.comment, block + indent + " */" + newline + indent})
	}
	body := text[d.comment.Start:d.comment.End]
	if !strings.Contains(body, "\n") { // one line becomes several
		if len(edits) > 0 {
			return edits
		}
		said := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(body, "/**"), "*/"))
		block := "/**" + newline
		if said != "" {
			block += indent + " * " + said + newline
		}
		for _, l := range lines {
			block += indent + " * " + l + newline
		}
		return append(edits, Edit{d.comment, block + indent + " */"})
	}
	// Parameters go behind the last of those that are there, all else to the end.
	end := d.comment.Start + strings.LastIndexByte(body, '\n')
	if strings.TrimSpace(strings.TrimSuffix(text[end:d.comment.End], "*/")) != "" {
		return edits // the comment closes on a line of words
	}
	end = len(strings.TrimRight(text[:end], " \t\r"))
	behind := end
	for _, t := range d.tags {
		if t.name != "" {
			behind = lineEnd(x.File.Text, t.span.End)
			// What belongs to it may go on below.
			for {
				next := behind
				for next < end && (text[next] == '\r' || text[next] == '\n') {
					next++
				}
				l := text[next:max(next, lineEnd(x.File.Text, next))]
				trimmed := strings.TrimLeft(l, " \t*")
				if next >= end || trimmed == "" || strings.HasPrefix(trimmed, "@") || strings.HasPrefix(trimmed, "/") {
					break
				}
				behind = next + len(l)
			}
		}
	}
	write := func(at int, list []string) {
		b := ""
		for _, l := range list {
			b += newline + indent + " * " + l
		}
		if b != "" {
			edits = append(edits, Edit{treesitter.Span{Start: at, End: at}, b})
		}
	}
	write(behind, params)
	write(end, results)
	return edits
}
