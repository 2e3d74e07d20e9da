package index

import (
	"path"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// imports lists what a file takes from elsewhere, in the languages whose imports name what they bring.
func (r *reader) imports() (list []Import) {
	read := map[string]func([]string) []Import{
		"python": pythonImports, "javascript": scriptImports, "typescript": scriptImports, "tsx": scriptImports, "go": goImports, "java": javaImports, "rust": rustImports,
	}[r.Language]
	if read == nil {
		return nil
	}
	if family(r.Language) == "javascript" {
		list = r.required()
	}
	for _, span := range r.Imports {
		var words []string
		for i := r.next(span.Start); i < len(r.Tokens) && r.Tokens[i].Start < span.End; i++ {
			if r.Tokens[i].Kind != treesitter.KindComment {
				words = append(words, r.of(r.Tokens[i].Span))
			}
		}
		for _, found := range read(words) {
			if names.IsName(found.Name) && len(found.Module) < 200 && len(list) < most {
				list = append(list, found)
			}
		}
	}
	return list
}

// pythonImports reads "import a.b as c, d" and "from .a import (b as c, d)".
func pythonImports(words []string) (list []Import) {
	module, at := "", 0
	if words[0] == "from" {
		for at = 1; at < len(words) && words[at] != "import"; at++ {
			module += words[at]
		}
	}
	var name, as string
	named := false // "as" was there
	add := func() {
		switch {
		case name == "":
		case module != "" && as == "":
			list = append(list, Import{Name: name, Module: module, Of: name})
		case module != "":
			list = append(list, Import{Name: as, Module: module, Of: name})
		case as == "":
			first, _, _ := strings.Cut(name, ".")
			list = append(list, Import{Name: first, Module: name})
		default:
			list = append(list, Import{Name: as, Module: name})
		}
		name, as, named = "", "", false
	}
	for _, word := range words[min(at+1, len(words)):] {
		switch {
		case word == ",":
			add()
		case word == "as":
			named = true
		case word == "(" || word == ")":
		case named:
			as = word
		default:
			name += word
		}
	}
	add()
	return list
}

// scriptImports reads "import a, { b as c } from 'm'", "import * as d from 'm'".
func scriptImports(words []string) (list []Import) {
	last := len(words) - 1
	for last > 0 && words[last] == ";" {
		last--
	}
	module := strings.Trim(words[last], "'\"`")
	if module == words[last] {
		return nil
	}
	braces := false
	for i := 1; i < last; i++ {
		switch word := words[i]; {
		case word == "{":
			braces = true
		case word == "as" && i+1 < last:
			of := words[i-1]
			if n := len(list); n > 0 && list[n-1].Name == of {
				list = list[:n-1]
			}
			list = append(list, Import{Name: words[i+1], Module: module, Of: of})
			i++
		case word == "from" || word == "type" && i+1 < last && words[i+1] != "," && words[i+1] != "from":
		case braces && names.IsName(word):
			list = append(list, Import{Name: word, Module: module, Of: word})
		case names.IsName(word):
			list = append(list, Import{Name: word, Module: module, Of: "default"})
		}
	}
	return list
}

// required lists what JavaScript takes by "a = require('m')" and "{ a, b: c } = require('m')", at the top of the file.
func (r *reader) required() (list []Import) {
	at := func(i int) string {
		if i < 0 || i >= len(r.Tokens) || r.Tokens[i].Scope != 0 {
			return ""
		}
		return r.of(r.Tokens[i].Span)
	}
	for i := range r.Tokens {
		if at(i) != "require" || at(i+1) != "(" || at(i+3) != ")" || at(i-1) != "=" {
			continue
		}
		module := strings.Trim(at(i+2), "'\"`")
		if module == at(i+2) || len(module) >= 200 || len(list) >= most {
			continue
		}
		if at(i-2) != "}" {
			if names.IsName(at(i-2)) && at(i-3) != "." {
				list = append(list, Import{Name: at(i - 2), Module: module})
			}
			continue
		}
		for k := i - 3; names.IsName(at(k)); k -= 2 {
			name, of := at(k), at(k)
			if at(k-1) == ":" {
				of = at(k - 2)
				k -= 2
			}
			if names.IsName(of) {
				list = append(list, Import{Name: name, Module: module, Of: of})
			}
			if at(k-1) != "," {
				break
			}
		}
	}
	return list
}

// goImports reads the import declarations of Go; the name of a package is taken for the last part of its path.
func goImports(words []string) (list []Import) {
	name := ""
	for _, word := range words[1:] {
		module := strings.Trim(word, "\"`")
		switch {
		case module != word && name != "":
			list = append(list, Import{Name: name, Module: module})
			name = ""
		case module != word:
			base := path.Base(module)
			if strings.HasPrefix(base, "v") && strings.Trim(base[1:], "0123456789") == "" {
				base = path.Base(path.Dir(module))
			}
			list = append(list, Import{Name: base, Module: module})
		case word != "(" && word != ";":
			name = word
		}
	}
	return list
}

// javaImports reads "import a.b.C;".
func javaImports(words []string) []Import {
	full := ""
	for _, word := range words[1:] {
		if word != "static" && word != ";" {
			full += word
		}
	}
	i := strings.LastIndexByte(full, '.')
	if i < 0 {
		return nil
	}
	return []Import{{Name: full[i+1:], Module: full[:i], Of: full[i+1:]}}
}

// rustImports reads "use a::{b, c::{self, d as e}};".
func rustImports(words []string) (list []Import) {
	var outer []string // what stands before each brace that is open
	var parts []string
	as := ""
	take := func() {
		full := strings.Join(append(append([]string{}, outer...), parts...), "")
		module, of := "", full
		if i := strings.LastIndex(full, "::"); i >= 0 {
			module, of = full[:i], full[i+2:]
		}
		if of == "self" {
			module, of = "", module
			if i := strings.LastIndex(of, "::"); i >= 0 {
				module, of = of[:i], of[i+2:]
			}
		}
		if name := as; of != "" && of != "*" {
			if name == "" {
				name = of
			}
			list = append(list, Import{Name: name, Module: module, Of: of})
		}
		parts, as = nil, ""
	}
	start := 0
	for start < len(words) && words[start] != "use" {
		start++
	}
	for i := start + 1; i < len(words); i++ {
		switch words[i] {
		case "{":
			outer = append(outer, strings.Join(parts, ""))
			parts = nil
		case "}":
			take()
			if len(outer) > 0 {
				outer = outer[:len(outer)-1]
			}
			// What was before the brace has been taken.
			parts = nil
		case ",", ";":
			take()
		case "as":
			if i+1 < len(words) {
				as = words[i+1]
				i++
			}
		default:
			parts = append(parts, words[i])
		}
	}
	take()
	return list
}
