package typings

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Facts are what a file of Python, TypeScript or JavaScript tells the other files of its project: what its functions give back and take, what its calls pass, what its classes have.
// Functions and classes are known by their bare names.
type Facts struct {
	results map[string][]string
	takes   map[string][]taken
	passes  map[string][]taken
	classes map[string]Class
}

// taken is a type at a parameter of a function: by place, from 0, or by name.
type taken struct {
	place      int
	name, text string
}

// Class is a class or interface.
type Class struct {
	Bases   []string // as they are called
	Members map[string]bool
}

// mostFacts of each sort are kept of a file.
const mostFacts = 2000

// ClassesOf reads what its classes have, and nothing else.
func ClassesOf(f *treesitter.File) *Facts {
	l := lookAround(f)
	facts := &Facts{classes: map[string]Class{}}
	for _, d := range f.Declarations[:min(len(f.Declarations), mostFacts)] {
		if !l.isFunction(d) {
			facts.classes[d.Name] = l.class(d)
		}
	}
	return facts
}

// lookAround looks at no site: no annotation is hidden.
func lookAround(f *treesitter.File) *look {
	x := names.Bare(f)
	return Know(x).look(x)
}

// FactsOf reads them; nil for a language whose expressions are not looked into.
func FactsOf(f *treesitter.File) *Facts {
	l := lookAround(f)
	if !l.follows() {
		return nil
	}
	facts := &Facts{map[string][]string{}, map[string][]taken{}, map[string][]taken{}, ClassesOf(f).classes}
	annotated := map[string]bool{}
	for _, s := range f.TypeSites {
		if s.Kind == "return" && s.Existing != "" {
			annotated[Symbol(s)] = true
		}
	}
	for _, d := range f.Declarations[:min(len(f.Declarations), mostFacts)] {
		if !l.isFunction(d) {
			continue
		}
		if !annotated[d.Name] && !ofLibrary(l.language, d.Name) {
			l.looked = 0
			if t := l.returned(d, 1); !nothings[t] && t != "void" && Askable(t) {
				facts.results[d.Name] = append(facts.results[d.Name], t)
			}
		}
		function := d.Name
		if d.Name == "__init__" || d.Name == "constructor" {
			function = l.classAround(l.x.Next(d.Header.End - 1))
		}
		if function == "" || ofLibrary(l.language, function) {
			continue
		}
		for n, s := range l.parametersIn(d) {
			if Askable(s.Existing) {
				facts.takes[function] = append(facts.takes[function], taken{n, Symbol(s), s.Existing})
			}
		}
	}
	for i, c := range f.Calls {
		callee := lastName(l.x.Text(c.Callee))
		if i == mostFacts || callee == "" || ofLibrary(l.language, callee) {
			continue
		}
		add := func(place int, name string, at int) {
			l.looked = mostEvident - 20 // a few steps each
			if t := l.evident(at, 1); t != "" && Askable(t) && len(facts.passes[callee]) < mostUses {
				facts.passes[callee] = append(facts.passes[callee], taken{place, name, t})
			}
		}
		unpacking := c.End + 1
		if !c.Complete {
			unpacking = l.unpacking(c)
		}
		for n, a := range c.Arguments {
			if a.Start < unpacking {
				add(n, "", l.tokenAt(a))
			}
		}
		if !c.Complete && l.language == "python" {
			l.named(c, func(name string, at int) { add(-1, name, at) })
		}
	}
	return facts
}

// named tells take each argument of a call that is passed by name, with the token that its value begins with.
func (l *look) named(c treesitter.Call, take func(name string, at int)) {
	depth := 0
	for i := l.x.Next(c.Callee.End); i < len(l.tokens) && l.tokens[i].Start < c.End; i++ {
		switch t := l.text(i); {
		case t == "(" || t == "[" || t == "{" || t == "${":
			depth++
		case t == ")" || t == "]" || t == "}":
			depth--
		case depth == 1 && t == "=" && names.IsName(l.text(l.step(i, -1))):
			take(l.text(l.step(i, -1)), l.step(i, 1))
		}
	}
}

// class reads what a class or interface has.
func (l *look) class(d treesitter.Declaration) Class {
	c := Class{Members: map[string]bool{}}
	own := func(offset int) bool { return l.around(offset) == d.Span }
	all := l.x.File.Declarations
	first, _ := slices.BinarySearchFunc(all, d.Start+1, func(d treesitter.Declaration, start int) int { return d.Start - start })
	for _, inner := range all[first:] {
		if inner.Start >= d.End {
			break
		}
		if inner.End <= d.End && l.isFunction(inner) && inner.Start > d.Header.Start && l.classAround(l.x.Next(inner.Start)) == d.Name {
			c.Members[inner.Name] = true
		}
	}
	sites := l.x.File.TypeSites
	first, _ = slices.BinarySearchFunc(sites, d.Start+1, func(s treesitter.TypeSite, start int) int { return s.Start - start })
	for _, s := range sites[first:] {
		if s.Start > d.End {
			break
		}
		if s.End <= d.End && (s.Kind == "field" || s.Kind == "return" && own(s.Start)) {
			c.Members[Symbol(s)] = true
		}
	}
	for i := l.x.Next(d.Start); i < len(l.tokens) && l.tokens[i].Start < d.End; i++ {
		if l.tokens[i].Receiver.Len() > 0 {
			if head := l.x.Text(l.tokens[i].Receiver); (head == "self" || head == "this") && l.text(l.step(i, 1)) == "=" {
				c.Members[l.text(i)] = true
			}
		}
	}
	header := l.x.Text(d.Header)
	if at := strings.Index(header, d.Name); at >= 0 {
		for _, word := range Words(header[at+len(d.Name):]) {
			if word != "extends" && word != "implements" && word != "object" && word != "metaclass" {
				c.Bases = append(c.Bases, word[strings.LastIndexByte(word, '.')+1:])
			}
		}
	}
	return c
}

// Result lists what functions of a name give back without saying so.
func (f *Facts) Result(function string) []string { return f.results[function] }

// Takes lists what functions are annotated to take at a parameter.
func (f *Facts) Takes(p Passing) (list []string) { return at(f.takes[p.Function], p.Place, p.Name) }

// Passes lists what calls pass for a parameter, by its place or by its name.
func (f *Facts) Passes(function string, place int, name string) (list []string) {
	return at(f.passes[function], place, name)
}

func at(all []taken, place int, name string) (list []string) {
	for _, t := range all {
		if t.place == place && place >= 0 || t.name == name && name != "" {
			list = append(list, t.text)
		}
	}
	return list
}

// Classes are those of the file, by name.
func (f *Facts) Classes() map[string]Class { return f.classes }

// Members are what a class has, by itself or by its bases, as far as Fit looks for them.
func Members(class string, look func(name string) (Class, bool)) map[string]bool {
	all := map[string]bool{}
	for _, c := range classes(class, look) {
		for member := range c.Members {
			all[member] = true
		}
	}
	return all
}

// classes are a class and its bases, as far as they are known: some of them.
func classes(class string, look func(name string) (Class, bool)) (list []Class) {
	names := []string{class}
	for i := 0; i < len(names) && i < mostBases; i++ {
		if c, ok := look(names[i]); ok {
			list = append(list, c)
			for _, base := range c.Bases {
				if !slices.Contains(names, base) {
					names = append(names, base)
				}
			}
		}
	}
	return list
}

// mostBases of a class are looked at, itself included.
const mostBases = 12

// Fit is the share of members that a class has, by itself or by its bases; where a base is not known, what is missing counts half. known is false where the class is not.
func Fit(class string, members []string, look func(name string) (Class, bool)) (share float64, known bool) {
	all, open := []string{class}, false
	found := make([]bool, len(members))
	for i := 0; i < len(all) && i < mostBases; i++ {
		c, ok := look(all[i])
		if !ok {
			if i == 0 {
				return 0, false
			}
			open = true
			continue
		}
		for k, m := range members {
			found[k] = found[k] || c.Members[m]
		}
		for _, base := range c.Bases {
			if !slices.Contains(all, base) {
				all = append(all, base)
			}
		}
	}
	sum := 0.0
	for _, has := range found {
		switch {
		case has:
			sum++
		case open:
			sum += 0.5
		}
	}
	return sum / float64(len(members)), true
}

// Members are the names that are used behind a dot on what stands at the site.
func (e *Evidence) Members() (list []string) {
	for _, use := range e.Keys[FamilyUse] {
		if name, ok := strings.CutPrefix(use, "."); ok && !strings.HasPrefix(name, "__") {
			list = append(list, strings.TrimSuffix(name, "()"))
		}
	}
	return list
}
