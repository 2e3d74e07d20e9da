package typeinfer

import (
	"regexp"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/treesitter"
)

// scope knows what names mean in a file, how it writes types, and what it may import.
type scope struct {
	opts  Options
	view  *view
	style style
	// deferred: annotations of Python are not evaluated (from __future__ import annotations).
	deferred bool
	checking []treesitter.Span // the blocks of `if TYPE_CHECKING:`
	generics map[string]bool   // see generic
	variable map[string]bool   // names of Python that stand for any type (TypeVar)
	// said is what the file annotates by name and normal form.
	said    map[[2]string]int
	around  map[string]map[string]int // what the project annotates a name with, in normal form, by name: see sayAround
	present []pythonImport            // of a file of Python
}

var (
	deferredPattern = regexp.MustCompile(`(?m)^from __future__ import .*\bannotations\b`)
	typeVarPattern  = regexp.MustCompile(`(?m)^(\w+)\s*(?::[^=\n]*)?=\s*(?:typing\.|t\.)?(?:TypeVar|ParamSpec|TypeVarTuple)\(`)
	checkingPattern = regexp.MustCompile(`(?m)^if (?:typing\.|t\.)?TYPE_CHECKING:[^\n]*\n(?:(?:[ \t]+[^\n]*)?\n)*`)
)

func (v *view) scope(opts Options) *scope {
	s := &scope{opts: opts, view: v, style: style{language: v.file.Language, capital: map[string]bool{}}, variable: map[string]bool{}, generics: map[string]bool{}, said: map[[2]string]int{}, around: map[string]map[string]int{}}
	if v.x == nil {
		return s
	}
	text := string(v.x.File.Text)
	new, old, generic, list := 0, 0, 0, 0
	for _, a := range typings.Listed(v.x.File, treesitter.Span{}) {
		if a.Symbol != "" {
			s.said[[2]string{a.Symbol, Normalise(s.style.language, a.Type)}]++
		}
		if strings.Contains(a.Type, "Optional[") || strings.Contains(a.Type, "Union[") {
			old++
		} else if strings.Contains(a.Type, " | ") {
			new++
		}
		if strings.Contains(a.Type, "Array<") {
			generic++
		} else if strings.Contains(a.Type, "[]") {
			list++
		}
	}
	if opts.Around != nil {
		newAround, oldAround := 0, 0
		opts.Around.Types(func(_, text string, times int) {
			if strings.Contains(text, "Optional[") {
				oldAround += times
			} else if strings.Contains(text, " | None") {
				newAround += times
			}
		})
		s.style.optional = s.style.language == "python" && oldAround > newAround
	}
	if s.style.language == "python" {
		if new+old > 0 {
			s.style.optional = old > new
		}
		s.deferred = deferredPattern.MatchString(text)
		s.style.optional = s.style.optional || s.older(10)
		for _, m := range typeVarPattern.FindAllStringSubmatch(text, -1) {
			s.variable[m[1]] = true
		}
		for _, m := range checkingPattern.FindAllStringIndex(text, -1) {
			s.checking = append(s.checking, treesitter.Span{Start: m[0], End: m[1]})
		}
		s.present = pythonImports(v.file)
		for _, i := range s.present {
			if i.module == "typing" {
				for _, n := range i.names {
					if n.alias == "" && pythonAliases[n.name] != "" {
						s.style.capital[n.name] = true
					}
				}
			}
		}
		if strings.Contains(text, "import typing as t\n") && !strings.Contains(text, "from typing import") {
			s.style.path = "t."
		} else if strings.Contains(text, "import typing\n") && !strings.Contains(text, "from typing import") {
			s.style.path = "typing."
		}
		return s
	}
	s.style.generic = generic > list
	s.style.single = singleQuotes(v.x.File)
	return s
}

// older tells whether a Python before 3.minor evaluates annotations of the file.
func (s *scope) older(minor int) bool {
	return s.opts.Oldest > 0 && s.opts.Oldest < minor && !s.deferred
}

// sayAround is how often the project annotates a name with each type, in normal form.
func (s *scope) sayAround(symbol string) map[string]int {
	if known, ok := s.around[symbol]; ok || s.opts.Around == nil {
		return known
	}
	said := map[string]int{}
	s.opts.Around.Types(func(other, text string, times int) {
		if other == symbol {
			said[Normalise(s.style.language, text)] += times
		}
	})
	s.around[symbol] = said
	return said
}

// typed says whether file and project annotate most of what they could: parameters, since fields of interfaces and of data classes are annotated in untyped code, too.
func (s *scope) typed() string {
	if s.view.x == nil {
		return Untyped
	}
	bare, typed := typings.Parameters(s.view.x.File)
	if s.opts.Around != nil {
		bareAround, typedAround := s.opts.Around.Parameters()
		bare, typed = bare+bareAround, typed+typedAround
	}
	if typed >= 3 && typed >= bare {
		return Typed
	}
	return Untyped
}

// standing is what a name is to a site.
type standing int

const (
	absent    standing = iota // nobody knows it
	inScope                   // it can be written
	later                     // it is defined behind the site, or for checkers only: it stands in quotes
	wrong                     // it is something else than a type
	importing                 // it can be written once it is imported
)

// stands tells what a name with its path is at a place of the file.
func (s *scope) stands(word string, at int) (standing, Import) {
	f := s.view.x.File
	head, _, dotted := strings.Cut(word, ".")
	python := s.style.language == "python"
	place := s.view.place(at)
	if d, ok := f.Meaning(head, place); ok {
		if python && pythonBuiltins[word] && (d.Kind == treesitter.DefinitionImport || d.Kind == treesitter.DefinitionVariable) {
			return inScope, Import{} // for old versions: from .compat import str
		}
		switch d.Kind {
		case treesitter.DefinitionFunction, treesitter.DefinitionParameter:
			return wrong, Import{}
		case treesitter.DefinitionVariable:
			if !title(head) || s.variable[head] {
				return wrong, Import{} // what any type may take the place of says something only where it stands more than once
			}
		case treesitter.DefinitionImport:
			if !dotted && !title(head) && !knownLower[head] {
				return wrong, Import{} // a module, or a function
			}
		}
		if python && s.evaluated(word, d, place) {
			return later, Import{}
		}
		return inScope, Import{}
	}
	if python {
		if pythonBuiltins[word] {
			return inScope, Import{}
		}
		for _, scope := range f.Scopes[:1] { // a class further down
			for _, d := range scope.Definitions {
				if d.Name == head && d.Kind == treesitter.DefinitionType {
					return later, Import{}
				}
			}
		}
		if dotted {
			return absent, Import{}
		}
		if module := pythonModuleOf(word); module != "" {
			return importing, Import{module, strings.Clone(word)} // see candidates
		}
	} else if scriptGlobals[head] {
		return inScope, Import{}
	}
	if s.opts.Origins != nil && !dotted {
		if from := s.opts.Origins(head); len(from) > 0 {
			return importing, Import{from[0], strings.Clone(head)}
		}
	}
	return absent, Import{}
}

// evaluated tells whether a visible name cannot be had yet when Python evaluates an annotation at a place: it is defined further down, by the class around it, or for checkers only.
func (s *scope) evaluated(word string, d treesitter.Definition, place int) bool {
	if s.deferred {
		return false
	}
	for _, block := range s.checking {
		if block.Contains(d.Span.Start) {
			return true
		}
	}
	if d.Span.Start > place {
		return true
	}
	if d.Kind != treesitter.DefinitionType {
		return false
	}
	for _, c := range s.view.x.File.Declarations {
		if c.Contains(place) && c.Contains(d.Span.Start) && c.Header.Contains(d.Span.Start) && strings.HasPrefix(strings.TrimSpace(string(s.view.x.File.Text[c.Header.Start:c.Header.End])), "class") && c.Name == d.Name {
			return true
		}
	}
	return false
}

func title(name string) bool {
	name = strings.TrimLeft(name, "_")
	return name != "" && 'A' <= name[0] && name[0] <= 'Z'
}

// typeWords lists the names in a type that is not taken apart.
func typeWords(text string) (list []string) {
	for _, word := range typings.Words(text) {
		if names.IsName(word[:strings.IndexByte(word+".", '.')]) {
			list = append(list, word)
		}
	}
	return list
}
