package ranking

import (
	"math"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// Counter counts which members are used on what. Each project counts once for a pair, however often it uses it.
type Counter struct {
	languages map[string]*counts
}

type counts struct {
	receivers map[string]map[string]map[string]bool // receiver's name, member, projects
	together  map[[2]string]map[string]bool         // members on one receiver of one file, projects
	members   map[string]map[string]bool            // projects
}

const (
	fewestProjects = 2    // that must use a member on a receiver, or two members together
	mostReceivers  = 2500 // that a lexicon holds
	mostMembers    = 24   // of each
	mostSiblings   = 14   // of a member
	knownMembers   = 3000 // that have siblings
	mostOnOne      = 40   // members of one receiver in one file that are taken for siblings
)

// NewCounter returns an empty counter.
func NewCounter() *Counter { return &Counter{languages: map[string]*counts{}} }

// Add counts a file of a project.
func (c *Counter) Add(project string, f *treesitter.File) {
	language := f.Language
	if language == "typescript" || language == "tsx" {
		language = "javascript"
	}
	n := c.languages[language]
	if n == nil {
		n = &counts{receivers: map[string]map[string]map[string]bool{}, together: map[[2]string]map[string]bool{}, members: map[string]map[string]bool{}}
		c.languages[language] = n
	}
	here := map[string][]string{}
	seen := map[[2]string]bool{}
	for _, t := range f.Tokens {
		if t.Receiver.Len() == 0 || t.Receiver.Len() > 60 || t.InError || !t.Kind.Identifier() {
			continue
		}
		receiver, member := names.Tail(names.Compact(string(f.Text[t.Receiver.Start:t.Receiver.End]))), string(f.Text[t.Start:t.End])
		if receiver == "" || seen[[2]string{receiver, member}] {
			continue
		}
		seen[[2]string{receiver, member}] = true
		here[receiver] = append(here[receiver], member)
		if n.receivers[receiver] == nil {
			n.receivers[receiver] = map[string]map[string]bool{}
		}
		mark(n.receivers[receiver], member, project)
	}
	for receiver, list := range here {
		for _, a := range list {
			mark(n.members, a, project)
		}
		if receiver == "self" || receiver == "this" || len(list) > mostOnOne {
			continue // what an object has says little of what goes with what
		}
		for _, a := range list {
			for _, b := range list {
				if a < b {
					mark(n.together, [2]string{a, b}, project)
				}
			}
		}
	}
}

func mark[K comparable](m map[K]map[string]bool, key K, project string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][project] = true
}

// Lexicons returns what was counted, by language.
func (c *Counter) Lexicons() map[string]*names.Lexicon {
	out := map[string]*names.Lexicon{}
	for language, n := range c.languages {
		l := &names.Lexicon{Members: map[string]string{}, Siblings: map[string]string{}}
		weight := map[string]float64{}
		lists := map[string][]weighed{}
		for receiver, members := range n.receivers {
			if receiver == "self" || receiver == "this" {
				continue
			}
			for member, projects := range members {
				if len(projects) >= fewestProjects {
					lists[receiver] = append(lists[receiver], weighed{member, float64(len(projects))})
					weight[receiver] += float64(len(projects))
				}
			}
		}
		for _, receiver := range heaviest(weight, mostReceivers) {
			l.Members[receiver] = join(lists[receiver], mostMembers)
		}
		siblings := map[string][]weighed{}
		weight = map[string]float64{}
		for pair, projects := range n.together {
			if len(projects) < fewestProjects {
				continue
			}
			// How much oftener together than each is used (cosine).
			both := float64(len(projects))
			w := both / math.Sqrt(float64(len(n.members[pair[0]]))*float64(len(n.members[pair[1]])))
			for i, member := range pair {
				siblings[member] = append(siblings[member], weighed{pair[1-i], w})
				weight[member] += both
			}
		}
		for _, member := range heaviest(weight, knownMembers) {
			l.Siblings[member] = join(siblings[member], mostSiblings)
		}
		out[language] = l
	}
	return out
}

type weighed struct {
	text   string
	weight float64
}

func join(list []weighed, most int) string {
	sort.Slice(list, func(i, j int) bool { return before(list[i], list[j]) })
	var texts []string
	for _, w := range list[:min(most, len(list))] {
		texts = append(texts, w.text)
	}
	return strings.Join(texts, " ")
}

func heaviest(weight map[string]float64, most int) []string {
	list := make([]weighed, 0, len(weight))
	for text, w := range weight {
		list = append(list, weighed{text, w})
	}
	return strings.Fields(join(list, most))
}
