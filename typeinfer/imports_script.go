package typeinfer

import (
	"regexp"
	"slices"
	"strings"

	"mlm-lsp/treesitter"
)

// scriptImport is an import of TypeScript with names in braces.
type scriptImport struct {
	span   treesitter.Span
	module string
	names  []imported
	types  bool // import type
}

var (
	scriptFrom  = regexp.MustCompile(`from\s*['"]([^'"]+)['"]`)
	scriptNames = regexp.MustCompile(`\{([^}]*)\}`)
	scriptName  = regexp.MustCompile(`(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?`)
)

func scriptImports(f *treesitter.File) (list []scriptImport) {
	for _, span := range f.Imports {
		text := string(f.Text[span.Start:span.End])
		m := scriptFrom.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		i := scriptImport{span: span, module: m[1], types: strings.HasPrefix(text, "import type")}
		if braces := scriptNames.FindStringSubmatchIndex(text); braces != nil && !strings.Contains(text, "/*") && !strings.Contains(text, "//") {
			for _, n := range scriptName.FindAllStringSubmatchIndex(text[braces[2]:braces[3]], -1) {
				at := span.Start + braces[2]
				name := imported{span: treesitter.Span{Start: at + n[0], End: at + n[1]}, name: text[braces[2]+n[2] : braces[2]+n[3]]}
				if n[4] >= 0 {
					name.alias = text[braces[2]+n[4] : braces[2]+n[5]]
				}
				i.names = append(i.names, name)
			}
		}
		list = append(list, i)
	}
	return list
}

// addScript returns the edits that import names of types, by module.
func addScript(f *treesitter.File, wanted map[string][]string, single bool) []Edit {
	present := scriptImports(f)
	text := string(f.Text)
	marked := strings.Contains(text, "import type ") || strings.Contains(text, "{ type ") || strings.Contains(text, ", type ")
	var edits []Edit
	var fresh []string
	mark := quote(single)
	semicolon := ";"
	if len(present) > 0 && !strings.HasSuffix(text[:present[len(present)-1].span.End], ";") || len(present) == 0 && strings.Count(text, ";\n") < strings.Count(text, "\n")/8 {
		semicolon = ""
	}
	for _, module := range keys(wanted) {
		at := slices.IndexFunc(present, func(i scriptImport) bool { return i.module == module && len(i.names) > 0 && i.types })
		before := ""
		if at < 0 {
			if at = slices.IndexFunc(present, func(i scriptImport) bool { return i.module == module && len(i.names) > 0 }); at >= 0 && marked {
				before = "type "
			}
		}
		if at >= 0 {
			edits = append(edits, merge(f, present[at].names, wanted[module], before)...)
			continue
		}
		list := wanted[module]
		slices.Sort(list)
		fresh = append(fresh, "import type { "+strings.Join(slices.Compact(list), ", ")+" } from "+mark+module+mark+semicolon)
	}
	if len(fresh) == 0 {
		return edits
	}
	if len(f.Imports) > 0 {
		at := lineEnd(f.Text, f.Imports[0].End)
		for _, i := range f.Imports {
			if i.Start == 0 || f.Text[i.Start-1] == '\n' {
				at = lineEnd(f.Text, i.End)
			}
		}
		return append(edits, Edit{treesitter.Span{Start: at, End: at}, "\n" + strings.Join(fresh, "\n")})
	}
	at := scriptTop(f)
	lead := strings.Join(fresh, "\n") + "\n"
	if at < len(f.Text) && f.Text[at] != '\n' && f.Text[at] != '\r' {
		lead += "\n"
	}
	if at > 0 && f.Text[at-1] != '\n' {
		lead = "\n" + lead
	}
	return append(edits, Edit{treesitter.Span{Start: at, End: at}, lead})
}

// scriptTop is where the first import of a file goes: behind the comment at its top, and what says how it is to be read.
func scriptTop(f *treesitter.File) int {
	at := 0
	for _, t := range f.Tokens {
		text := string(f.Text[t.Start:t.End])
		directive := t.Subkind == treesitter.SubkindString && strings.HasPrefix(text[1:], "use ")
		header := t.Kind == treesitter.KindComment && (at == 0 || strings.HasPrefix(text, "// @") || strings.HasPrefix(text, "///")) && !strings.HasPrefix(text, "/**")
		if !directive && !header && text != ";" {
			break
		}
		if at = lineEnd(f.Text, t.End); at < len(f.Text) {
			if f.Text[at] == '\r' {
				at++
			}
			if at < len(f.Text) {
				at++
			}
		}
	}
	return at
}
