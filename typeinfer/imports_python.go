package typeinfer

import (
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// pythonImport is a from-import of Python.
type pythonImport struct {
	span   treesitter.Span // of the statement
	module string
	names  []imported
	top    bool // at the file's own level
	plain  bool // `import x`: module is the first one, and there are no names
}

// imported is a name in an import statement.
type imported struct {
	span        treesitter.Span // with its alias
	name, alias string
}

var fromPattern = regexp.MustCompile(`^from\s+([.\w]+)\s+import\s*`)

// pythonImports lists the imports of a file.
func pythonImports(f *treesitter.File) (list []pythonImport) {
	for _, span := range f.Imports {
		text := string(f.Text[span.Start:span.End])
		i := pythonImport{span: span, top: span.Start == 0 || f.Text[span.Start-1] == '\n'}
		m := fromPattern.FindStringSubmatchIndex(text)
		if m == nil {
			i.plain = true
			i.module, _, _ = strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "import")), " ")
			i.module = strings.TrimRight(i.module, ",")
			list = append(list, i)
			continue
		}
		i.module = text[m[2]:m[3]]
		// The names are told by the tokens: there may be comments between them.
		var open *imported
		alias := false
		for k := f.TokenAt(span.Start + m[3]); k < len(f.Tokens); k++ {
			if k < 0 {
				k = nextToken(f, span.Start+m[1]) - 1
				continue
			}
			t := f.Tokens[k]
			if t.Start >= span.End {
				break
			}
			if t.Start < span.Start+m[1] || t.Kind == treesitter.KindComment {
				continue
			}
			switch word := string(f.Text[t.Start:t.End]); word {
			case "(", ")", ",":
				open, alias = nil, false
			case "as":
				alias = true
			default:
				switch {
				case alias && open != nil:
					open.alias, open.span.End = word, t.End
				case open == nil:
					i.names = append(i.names, imported{span: t.Span, name: word})
					open = &i.names[len(i.names)-1]
				}
			}
		}
		list = append(list, i)
	}
	return list
}

func nextToken(f *treesitter.File, offset int) int {
	i, _ := slices.BinarySearchFunc(f.Tokens, offset, func(t treesitter.Token, offset int) int { return t.End - offset - 1 })
	return i
}

// standardModules are top-level modules of Python's library; what tools sort before others.
var standardModules = set(`abc argparse ast asyncio base64 binascii bisect calendar codecs collections concurrent configparser contextlib contextvars copy csv ctypes dataclasses datetime
	decimal difflib dis email enum errno fnmatch fractions functools gc getpass gettext glob gzip hashlib heapq hmac html http importlib inspect io ipaddress itertools json keyword
	linecache locale logging math mimetypes multiprocessing numbers operator os pathlib pickle pkgutil platform pprint queue random re secrets select shelve shlex shutil signal
	site socket socketserver sqlite3 ssl stat statistics string struct subprocess sys sysconfig tarfile tempfile textwrap threading time timeit token tokenize traceback types
	typing unicodedata unittest urllib uuid warnings weakref xml zipfile zlib zoneinfo`)

// group is where tools put an import: __future__, the library, others, the project's own.
func (i *pythonImport) group() int {
	head, _, _ := strings.Cut(i.module, ".")
	switch {
	case i.module == "__future__":
		return 0
	case standardModules[head]:
		return 1
	case strings.HasPrefix(i.module, "."):
		return 3
	}
	return 2
}

// addPython returns the edits that import names, by module, and whether they are for checkers only.
func addPython(f *treesitter.File, present []pythonImport, wanted map[string][]string, checking map[string]bool) []Edit {
	var edits []Edit
	fresh := map[string][]string{}
	for module, list := range wanted {
		if at := slices.IndexFunc(present, func(i pythonImport) bool { return i.top && !i.plain && i.module == module && mergeable(i) }); at >= 0 {
			edits = append(edits, merge(f, present[at].names, list, "")...)
		} else {
			fresh[module] = list
		}
	}
	var block []Edit // it stands behind all imports
	if slices.ContainsFunc(keys(fresh), func(module string) bool { return checking[module] }) {
		block = checkingBlock(f, present, fresh, checking)
		if !importsName(present, "typing", "TYPE_CHECKING") && !strings.Contains(string(f.Text), "TYPE_CHECKING") {
			if at := slices.IndexFunc(present, func(i pythonImport) bool { return i.top && !i.plain && i.module == "typing" && mergeable(i) }); at >= 0 {
				if list := wanted["typing"]; len(list) == 0 {
					edits = append(edits, merge(f, present[at].names, []string{"TYPE_CHECKING"}, "")...)
				} else {
					edits = slices.DeleteFunc(edits, func(e Edit) bool { return e.Span.Start >= present[at].span.Start && e.Span.End <= present[at].span.End })
					edits = append(edits, merge(f, present[at].names, append([]string{"TYPE_CHECKING"}, list...), "")...)
				}
			} else {
				fresh["typing"] = append(fresh["typing"], "TYPE_CHECKING")
			}
		}
	}
	for _, module := range keys(fresh) {
		if !checking[module] {
			list := fresh[module]
			slices.Sort(list)
			edits = append(edits, newPython(f, present, module, "from "+module+" import "+strings.Join(slices.Compact(list), ", ")))
		}
	}
	return append(edits, block...)
}

func keys(m map[string][]string) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

func importsName(present []pythonImport, module, name string) bool {
	return slices.ContainsFunc(present, func(i pythonImport) bool {
		return i.module == module && slices.ContainsFunc(i.names, func(n imported) bool { return n.name == name && n.alias == "" })
	})
}

// mergeable tells whether names can be added to an import.
func mergeable(i pythonImport) bool { return len(i.names) > 0 && i.names[0].name != "*" }

// merge adds names to those of a statement: at their places where they are in order, else behind them. before stands before each.
func merge(f *treesitter.File, present []imported, add []string, before string) []Edit {
	slices.Sort(add)
	var edits []Edit
	sorted := slices.IsSortedFunc(present, func(a, b imported) int { return strings.Compare(a.name, b.name) })
	// Where each stands on its own line, so does what is added.
	between := ", "
	if len(present) > 1 {
		if gap := string(f.Text[present[0].span.End:present[1].span.Start]); strings.Contains(gap, "\n") && !strings.Contains(gap, "#") && !strings.Contains(gap, "/") {
			between = ",\n" + gap[strings.LastIndexByte(gap, '\n')+1:]
		}
	}
	for _, name := range slices.Compact(add) {
		if slices.ContainsFunc(present, func(n imported) bool { return n.name == name && n.alias == "" }) {
			continue
		}
		at := len(present)
		if sorted {
			at = slices.IndexFunc(present, func(n imported) bool { return n.name > name })
		}
		if at < 0 || at == len(present) {
			end := present[len(present)-1].span.End
			edits = append(edits, Edit{treesitter.Span{Start: end, End: end}, between + before + name})
		} else {
			start := present[at].span.Start
			edits = append(edits, Edit{treesitter.Span{Start: start, End: start}, before + name + between})
		}
	}
	return edits
}

// newPython is the edit that writes a new import at the file's level, where tools would have it.
func newPython(f *treesitter.File, present []pythonImport, module, statement string) Edit {
	fresh := pythonImport{module: module}
	group := fresh.group()
	var before, behind *pythonImport
	for k := range present {
		i := &present[k]
		if !i.top || len(f.Declarations) > 0 && i.span.Start > f.Declarations[0].Start {
			continue
		}
		switch g := i.group(); {
		case g < group, g == group && (i.plain || i.module <= module):
			before = i
		case behind == nil:
			behind = i
		}
	}
	switch {
	case before != nil && (behind == nil || before.span.Start < behind.span.Start || before.group() == group):
		at := lineEnd(f.Text, before.span.End)
		text := "\n" + statement
		if before.group() != group {
			text = "\n" + text
			if behind != nil && behind.group() == group {
				at = behind.span.Start
				return Edit{treesitter.Span{Start: at, End: at}, statement + "\n"}
			}
		}
		return Edit{treesitter.Span{Start: at, End: at}, text}
	case behind != nil:
		at := behind.span.Start
		text := statement + "\n"
		if behind.group() != group {
			text += "\n"
		}
		return Edit{treesitter.Span{Start: at, End: at}, text}
	}
	at := pythonTop(f)
	text := statement + "\n"
	if at < len(f.Text) && f.Text[at] != '\n' && f.Text[at] != '\r' {
		text += "\n"
	}
	if at > 0 && strings.TrimSpace(string(f.Text[:at])) != "" {
		text = "\n" + text
	}
	if at > 0 && f.Text[at-1] != '\n' {
		text = "\n" + text
	}
	return Edit{treesitter.Span{Start: at, End: at}, text}
}

// lineEnd is the end of the line at an offset, a comment on it included.
func lineEnd(text []byte, offset int) int {
	for offset < len(text) && text[offset] != '\n' && text[offset] != '\r' {
		offset++
	}
	return offset
}

// pythonTop is where the first import of a file goes: behind the comments at its top and its docstring.
func pythonTop(f *treesitter.File) int {
	at := 0
	for _, t := range f.Tokens {
		docstring := t.Subkind == treesitter.SubkindString
		if t.Kind != treesitter.KindComment && !docstring || t.Kind == treesitter.KindComment && at > 0 && strings.Count(string(f.Text[at:t.Start]), "\n") > 0 {
			break
		}
		at = lineEnd(f.Text, t.End)
		if at < len(f.Text) && f.Text[at] == '\r' {
			at++
		}
		if at < len(f.Text) {
			at++
		}
		if docstring {
			break
		}
	}
	return at
}

// checkingBlock writes imports that only checkers see: where `if TYPE_CHECKING:` stands, or behind the imports.
func checkingBlock(f *treesitter.File, present []pythonImport, fresh map[string][]string, checking map[string]bool) []Edit {
	var lines []string
	for _, module := range keys(fresh) {
		if checking[module] {
			list := fresh[module]
			slices.Sort(list)
			lines = append(lines, "from "+module+" import "+strings.Join(slices.Compact(list), ", "))
		}
	}
	if m := checkingPattern.FindIndex(f.Text); m != nil {
		head := lineEnd(f.Text, m[0])
		indent := "    "
		if rest := string(f.Text[min(head+1, len(f.Text)):m[1]]); len(rest) > len(strings.TrimLeft(rest, " \t")) {
			indent = rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))]
		}
		text := ""
		for _, line := range lines {
			text += "\n" + indent + line
		}
		return []Edit{{treesitter.Span{Start: head, End: head}, text}}
	}
	block := "if TYPE_CHECKING:\n    " + strings.Join(lines, "\n    ") + "\n"
	at := -1
	for _, i := range present {
		if i.top && (len(f.Declarations) == 0 || i.span.Start < f.Declarations[0].Start) {
			at = lineEnd(f.Text, i.span.End)
		}
	}
	if at >= 0 {
		return []Edit{{treesitter.Span{Start: at, End: at}, "\n\n" + strings.TrimSuffix(block, "\n")}}
	}
	at = pythonTop(f)
	return []Edit{{treesitter.Span{Start: at, End: at}, "\n" + block}}
}
