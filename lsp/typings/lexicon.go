package typings

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mlm-lsp/lsp/names"
)

// Hole stands in a form for a type of a project's own.
const Hole = "#"

// Lexicon holds how often types go with evidence, in the annotations of one language. It is counted by `mlm-lsp fit --typings`, as many projects agree: each counts for
// the same thing a few times at most.
type Lexicon struct {
	// Known are the names that stand in the types of many projects, joined by spaces; all others are a Hole.
	Known string `json:"known"`
	// Forms are the types with holes, those that are counted most first.
	Forms []string `json:"forms"`
	// Kinds is what sites of a kind have, by form; Keys the same for an Evidence key. Each is a list of FORM:COUNT, with a total before it that counts all forms.
	Kinds map[string]string `json:"kinds"`
	Keys  map[string]string `json:"keys"`

	known map[string]bool
	place map[string]int
	kinds map[string]Counts
}

// Counts are how often the forms of a lexicon were counted; Total counts those, too, that are not listed.
type Counts struct {
	Total int
	Times map[int]int // by the place in Forms
	Order []int       // the places, most frequent first
}

//go:embed lexicon.json.gz
var lexiconFile []byte

var lexicons = sync.OnceValue(func() map[string]*Lexicon {
	list, err := ReadLexicons(lexiconFile)
	if err != nil {
		panic(err) // part of the program: TestLexicon
	}
	return list
})

// CountedAs is the language whose lexicon a language uses.
func CountedAs(language string) string {
	switch language {
	case "tsx", "javascript":
		return "typescript"
	}
	return language
}

// For returns the lexicon of a language; an empty one where none was counted.
func For(language string) *Lexicon {
	if l := lexicons()[CountedAs(language)]; l != nil {
		return l
	}
	return &Lexicon{}
}

// ReadLexicons reads lexicons by language from compressed JSON.
func ReadLexicons(compressed []byte) (map[string]*Lexicon, error) {
	list, err := names.ReadCounted[*Lexicon](compressed, "the lexicon of types")
	if err != nil {
		return nil, err
	}
	for language, l := range list {
		if l == nil {
			return nil, fmt.Errorf("reading the lexicon of types: %s is null", language)
		}
		l.Ready()
	}
	return list, nil
}

// Ready must be called where the fields of a lexicon were changed.
func (l *Lexicon) Ready() {
	l.known, l.place, l.kinds = map[string]bool{}, map[string]int{}, map[string]Counts{}
	for _, word := range strings.Fields(l.Known) {
		l.known[word] = true
	}
	for i, form := range l.Forms {
		l.place[form] = i
	}
	for kind, text := range l.Kinds {
		l.kinds[kind] = l.parse(text)
	}
}

// parse reads counts. What is none is passed over: a lexicon that lies is no worse than one that says nothing.
func (l *Lexicon) parse(text string) Counts {
	total, rest, _ := strings.Cut(text, " ")
	c := Counts{Times: map[int]int{}}
	c.Total, _ = strconv.Atoi(total)
	for field := range strings.FieldsSeq(rest) {
		form, times, _ := strings.Cut(field, ":")
		place, err := strconv.Atoi(form)
		n, err2 := strconv.Atoi(times)
		if err == nil && err2 == nil && place >= 0 && place < len(l.Forms) && n > 0 && c.Times[place] == 0 {
			c.Times[place] = n
			c.Order = append(c.Order, place)
		}
	}
	return c
}

// Form is a type with a Hole for each name that only few projects use.
func (l *Lexicon) Form(text string) string {
	var b strings.Builder
	scan(text, func(part string, isName bool) {
		if isName && !l.known[part] {
			part = Hole
		}
		b.WriteString(part)
	})
	return b.String()
}

// Frequent lists the types without a hole that sites of a kind have most often, the most frequent first.
func (l *Lexicon) Frequent(kind string, most int) (list []string) {
	for _, place := range l.kinds[kind].Order {
		if len(list) == most {
			break
		}
		if form := l.Forms[place]; !strings.Contains(form, Hole) {
			list = append(list, form)
		}
	}
	return list
}

// Counted is how often the key was counted with each form.
func (l *Lexicon) Counted(key string) Counts { return l.parse(l.Keys[key]) }

// Opinion is what a lexicon makes of the evidence at one site.
type Opinion struct {
	l        *Lexicon
	kind     Counts
	counts   [][]Counts // by family
	evidence Evidence
}

// Judge reads what was counted for the evidence at a site.
func (l *Lexicon) Judge(e Evidence) *Opinion {
	o := &Opinion{l: l, kind: l.kinds[e.Kind], counts: make([][]Counts, NumFamilies), evidence: e}
	for family, keys := range e.Keys {
		for _, key := range keys {
			if c := l.Counted(e.key(Family(family), key)); c.Total > 0 {
				o.counts[family] = append(o.counts[family], c)
			}
		}
	}
	return o
}

// Support is what an opinion says of one type: natural logarithms.
type Support struct {
	Prior  float64              // share among the sites of the kind
	Shares [NumFamilies]float64 // by how much more likely the evidence of a family makes it, in the mean over its keys; NaN where nothing was counted
	All    float64              // Prior and all families together
}

// doubt is how many sites the prior counts for beside what was counted with a key.
const doubt = 3

// Of says how well a type fits the evidence.
func (o *Opinion) Of(text string) Support { return o.OfForm(o.l.Form(text)) }

// OfForm is Of for a type whose form (Lexicon.Form) is known.
func (o *Opinion) OfForm(form string) Support {
	place, listed := -1, false
	if p, ok := o.l.place[form]; ok {
		place, listed = p, true
	}
	return o.of(place, listed)
}

func (o *Opinion) of(place int, listed bool) Support {
	times := func(c Counts) float64 {
		if !listed {
			return 0
		}
		return float64(c.Times[place])
	}
	prior := (times(o.kind) + 0.5) / (float64(o.kind.Total) + 1)
	s := Support{Prior: math.Log(prior)}
	s.All = s.Prior
	for family, list := range o.counts {
		s.Shares[family] = math.NaN()
		if len(list) == 0 {
			continue
		}
		sum := 0.0
		for _, c := range list {
			sum += math.Log((times(c)+doubt*prior)/(float64(c.Total)+doubt)) - s.Prior
		}
		s.Shares[family] = sum / float64(len(list))
	}
	// A whole name says what its parts say, and more; of the rest each adds what it knows.
	name := math.NaN()
	for _, family := range []Family{FamilyName, FamilyLast, FamilyFirst} {
		if v := s.Shares[family]; name != name && v == v {
			name = v
		}
	}
	for _, v := range []float64{name, s.Shares[FamilyValue], s.Shares[FamilyUse], s.Shares[FamilyResult], s.Shares[FamilySign]} {
		if v == v {
			s.All += v
		}
	}
	return s
}

// Best lists the forms that fit the evidence best, at most so many of them: those that were counted with it, and the frequent ones of the kind.
func (o *Opinion) Best(most int) []string {
	places := map[int]bool{}
	for _, place := range o.kind.Order[:min(len(o.kind.Order), 2*most)] {
		places[place] = true
	}
	for _, list := range o.counts {
		for _, c := range list {
			for _, place := range c.Order {
				places[place] = true
			}
		}
	}
	type scored struct {
		place int
		score float64
	}
	order := make([]scored, 0, len(places))
	for place := range places {
		order = append(order, scored{place, o.of(place, true).All})
	}
	slices.SortFunc(order, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), a.place-b.place) })
	var list []string
	for _, s := range order[:min(most, len(order))] {
		list = append(list, o.l.Forms[s.place])
	}
	return list
}
