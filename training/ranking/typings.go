package ranking

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/treesitter"
)

// TypeCounter counts what types go with the evidence at their sites, for typings.Lexicon.
type TypeCounter struct {
	languages map[string]*typeCounts
	// here are the counts of the project that is being added.
	project string
	here    map[[3]string]int // family of languages, key, type
}

type typeCounts struct {
	projects int
	words    map[string]int                // projects that write a name in a type
	keys     map[string]map[string]float64 // key, type as it stands, times
}

const (
	timesOfProject = 5.   // that it counts at most for one key, with all types together, so that a large one is not the whole count
	timesOfKind    = 100  // that it counts at most for a kind of site
	fewestTypes    = 3    // projects that must write a name in types, or one in sixty of them
	mostTypeKeys   = 3200 // of a language that a lexicon holds
	mostForms      = 9    // of a key
	mostOfKind     = 160  // forms of a kind of site
	leastOfKey     = 5    // counts that a key must have
)

// NewTypeCounter returns an empty counter.
func NewTypeCounter() *TypeCounter {
	return &TypeCounter{languages: map[string]*typeCounts{}, here: map[[3]string]int{}}
}

// Add counts the annotations of a file. The files of one project come one after another.
func (c *TypeCounter) Add(project string, f *treesitter.File) {
	if project != c.project {
		c.flush()
		c.project = project
	}
	var x *names.Index
	for _, site := range f.TypeSites {
		if !typings.Askable(site.Existing) {
			continue
		}
		if x == nil {
			x = names.New(f)
		}
		language := typings.CountedAs(f.Language)
		c.here[[3]string{language, kindKey + site.Kind, site.Existing}]++
		e := typings.Look(x, site)
		for _, key := range e.LexiconKeys() {
			c.here[[3]string{language, key, site.Existing}]++
		}
	}
}

// flush adds the counts of a project to those of all.
func (c *TypeCounter) flush() {
	words := map[[2]string]bool{}
	totals := map[[2]string]int{} // family of languages, key
	for at, times := range c.here {
		totals[[2]string{at[0], at[1]}] += times
	}
	languages := map[string]bool{}
	for at, times := range c.here {
		n := c.languages[at[0]]
		if n == nil {
			n = &typeCounts{words: map[string]int{}, keys: map[string]map[string]float64{}}
			c.languages[at[0]] = n
		}
		if n.keys[at[1]] == nil {
			n.keys[at[1]] = map[string]float64{}
		}
		most, total := timesOfProject, float64(totals[[2]string{at[0], at[1]}])
		if strings.HasPrefix(at[1], kindKey) {
			most = timesOfKind
		}
		n.keys[at[1]][at[2]] += float64(times) * min(1, most/total)
		for _, word := range typings.Words(at[2]) {
			words[[2]string{at[0], word}] = true
		}
		languages[at[0]] = true
	}
	for word := range words {
		c.languages[word[0]].words[word[1]]++
	}
	for language := range languages {
		c.languages[language].projects++
	}
	clear(c.here)
}

// kindKey begins the keys that count a kind of site.
const kindKey = "k "

// Lexicons returns what was counted, by language.
func (c *TypeCounter) Lexicons() map[string]*typings.Lexicon {
	c.flush()
	out := map[string]*typings.Lexicon{}
	for language, n := range c.languages {
		out[language] = n.lexicon()
	}
	return out
}

func (n *typeCounts) lexicon() *typings.Lexicon {
	l := &typings.Lexicon{Kinds: map[string]string{}, Keys: map[string]string{}}
	fewest := max(fewestTypes, n.projects/60)
	var known []string
	for word, projects := range n.words {
		if projects >= fewest {
			known = append(known, word)
		}
	}
	slices.Sort(known)
	l.Known = strings.Join(known, " ")
	l.Ready()
	total, priors := 0.0, map[string]float64{}
	var all []keyCounts
	for key, types := range n.keys {
		k := keyCounts{key: key}
		forms := map[string]float64{}
		for text, times := range types {
			forms[l.Form(text)] += times
			k.total += times
		}
		for form, times := range forms {
			if math.Round(times) > 1 {
				k.forms = append(k.forms, weighed{form, times})
			}
			if strings.HasPrefix(key, kindKey) {
				priors[form] += times
				total += times
			}
		}
		sort.Slice(k.forms, func(i, j int) bool { return before(k.forms[i], k.forms[j]) })
		all = append(all, k)
	}
	// A key is worth the more the more often it was counted, and the more what it has differs from what all sites have (Kullback and Leibler).
	for i := range all {
		k := &all[i]
		most := mostForms
		if strings.HasPrefix(k.key, kindKey) {
			most, k.worth = mostOfKind, math.Inf(1)
		}
		for _, f := range k.forms {
			k.worth += f.weight * math.Log(f.weight/k.total*total/priors[f.text])
		}
		if k.total < leastOfKey {
			k.worth = math.Inf(-1)
		}
		k.forms = k.forms[:min(most, len(k.forms))]
	}
	sort.Slice(all, func(i, j int) bool {
		return before(weighed{all[i].key, all[i].worth}, weighed{all[j].key, all[j].worth})
	})
	for len(all) > 0 && (len(all) > mostTypeKeys || all[len(all)-1].worth <= 0 || len(all[len(all)-1].forms) == 0) {
		all = all[:len(all)-1]
	}
	weight := map[string]float64{}
	for _, k := range all {
		for _, f := range k.forms {
			weight[f.text] += f.weight
		}
	}
	var forms []weighed
	for form, w := range weight {
		forms = append(forms, weighed{form, w})
	}
	sort.Slice(forms, func(i, j int) bool { return before(forms[i], forms[j]) })
	place := map[string]int{}
	for i, f := range forms {
		place[f.text] = i
		l.Forms = append(l.Forms, f.text)
	}
	for _, k := range all {
		var b strings.Builder
		fmt.Fprintf(&b, "%.0f", k.total)
		for _, f := range k.forms {
			fmt.Fprintf(&b, " %d:%.0f", place[f.text], f.weight)
		}
		if kind, ok := strings.CutPrefix(k.key, kindKey); ok {
			l.Kinds[kind] = b.String()
		} else {
			l.Keys[k.key] = b.String()
		}
	}
	return l
}

// keyCounts are the forms that were counted with a key, most first.
type keyCounts struct {
	key          string
	total, worth float64
	forms        []weighed
}

// before is the order of what is weighed: the heaviest first, equal ones by their text.
func before(a, b weighed) bool {
	if a.weight != b.weight {
		return a.weight > b.weight
	}
	return a.text < b.text
}
