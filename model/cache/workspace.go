package cache

import (
	"container/list"
	"slices"
	"strings"
	"sync"
)

// DefaultWorkspaceTokens is a bound on a workspace that costs some 50 MB.
const DefaultWorkspaceTokens = 600_000

// workspaceWeight is what an occurrence in another file counts, beside 1 to 4 for one in the file itself.
const workspaceWeight = 0.3

// Workspace counts the n-grams of many files. It keeps the most recently set files up to a bound of tokens and forgets the others.
type Workspace struct {
	mu     sync.RWMutex
	bound  int
	total  int
	files  map[string]*list.Element // of *member
	recent list.List                // most recently set first
	vocab  map[string]uint32
	words  []string // by id
	trie
	counts  []uint32 // the root's is the number of all tokens
	kids    []uint32
	edges   []edge // by node: how its children are walked
	live    int    // nodes with a count
	version int    // counts changes
}

// endOfFile stands behind the last token, so that every context has a follower.
const endOfFile = 1

// edge is a node in the list of its parent's children, the newest first.
type edge struct {
	token       uint32 // the last of the node's n-gram
	first, next uint32 // the node's own newest child, and the next older child of its parent; 0 ends a list
}

type member struct {
	name   string
	tokens []uint32
}

// NewWorkspace returns an empty workspace that holds at most bound tokens; 0 means [DefaultWorkspaceTokens].
func NewWorkspace(bound int) *Workspace {
	if bound <= 0 {
		bound = DefaultWorkspaceTokens
	}
	w := &Workspace{bound: bound, files: map[string]*list.Element{}}
	w.clear()
	return w
}

func (w *Workspace) clear() {
	w.vocab, w.words = map[string]uint32{}, make([]string, 1+endOfFile)
	w.trie = newTrie(0)
	w.counts, w.kids, w.edges = make([]uint32, 1), make([]uint32, 1), make([]edge, 1)
	w.live = 0
}

// Set adds a file, or replaces it. Files that were set longest ago make room; a file larger than the whole bound is not kept.
func (w *Workspace) Set(name string, tokens []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(name)
	if len(tokens)+1 > w.bound {
		return
	}
	for w.total+len(tokens)+1 > w.bound {
		w.remove(w.recent.Back().Value.(*member).name)
	}
	m := &member{name: name, tokens: make([]uint32, len(tokens)+1)}
	m.tokens[len(tokens)] = endOfFile
	for i, text := range tokens {
		m.tokens[i] = w.id(text)
	}
	w.files[name] = w.recent.PushFront(m)
	w.total += len(m.tokens)
	w.count(m.tokens, 1)
}

func (w *Workspace) id(text string) uint32 {
	id, ok := w.vocab[text]
	if !ok {
		id = uint32(len(w.words))
		text = strings.Clone(text) // lest a word pins the text of its file
		w.vocab[text] = id
		w.words = append(w.words, text)
	}
	return id
}

// Remove forgets a file; one that is not there is no error.
func (w *Workspace) Remove(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(name)
}

func (w *Workspace) remove(name string) {
	element, ok := w.files[name]
	if !ok {
		return
	}
	m := w.recent.Remove(element).(*member)
	delete(w.files, name)
	w.total -= len(m.tokens)
	w.count(m.tokens, -1)
	// Nodes are not taken out one by one. When most are dead, the living files are counted afresh.
	if int(w.size) > 4096 && w.live < int(w.size)/3 {
		words := w.words
		w.clear()
		for e := w.recent.Back(); e != nil; e = e.Prev() {
			m := e.Value.(*member)
			for i, id := range m.tokens {
				if id != endOfFile {
					m.tokens[i] = w.id(words[id])
				}
			}
			w.count(m.tokens, 1)
		}
	}
}

// count adds (by = 1) or takes away (by = -1) the n-grams of a file.
func (w *Workspace) count(tokens []uint32, by int) {
	w.version++
	w.counts[0] = uint32(int(w.counts[0]) + by*len(tokens))
	for p := range tokens {
		node := uint32(0)
		for n := 0; n < Order && p+n < len(tokens); n++ {
			child, isNew := w.add(node, tokens[p+n])
			if isNew {
				w.counts, w.kids = append(w.counts, 0), append(w.kids, 0)
				w.edges = append(w.edges, edge{token: tokens[p+n], next: w.edges[node].first})
				w.edges[node].first = child
			}
			before := w.counts[child]
			w.counts[child] = uint32(int(before) + by)
			if before == 0 || w.counts[child] == 0 {
				w.kids[node] = uint32(int(w.kids[node]) + by)
				w.live += by
			}
			node = child
		}
	}
}

// Len returns the number of files and of tokens that are held.
func (w *Workspace) Len() (files, tokens int) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return len(w.files), w.total
}

// View is the workspace as one file sees it: all others. Its own stored version would count the gap that is asked about, so it is taken out of every
// count. A View sees later changes of the workspace and may be shared between goroutines.
type View struct {
	workspace *Workspace
	name      string
	mu        sync.Mutex
	version   int      // of the workspace, that own and gone were derived from
	own       []uint32 // per n-gram: occurrences in the file itself; empty when it is not there
	gone      []uint32 // per context: followers that only the file itself has
}

// View returns the workspace without the file name.
func (w *Workspace) View(name string) *View { return &View{workspace: w, name: name, version: -1} }

func (v *View) lock() {
	v.workspace.mu.RLock()
	v.mu.Lock()
	w := v.workspace
	if v.version == w.version {
		return
	}
	v.version, v.own, v.gone = w.version, nil, nil
	element, ok := w.files[v.name]
	if !ok {
		return
	}
	v.own, v.gone = make([]uint32, len(w.counts)), make([]uint32, len(w.counts))
	tokens := element.Value.(*member).tokens
	for p := range tokens {
		node := uint32(0)
		for n := 0; n < Order && p+n < len(tokens); n++ {
			child, _ := w.child(node, tokens[p+n])
			v.own[child]++
			if v.own[child] == w.counts[child] { // this was the last of them
				v.gone[node]++
			}
			node = child
		}
	}
	v.own[0] = uint32(len(tokens))
}

func (v *View) unlock() {
	v.mu.Unlock()
	v.workspace.mu.RUnlock()
}

// times is how often an n-gram stands in the other files.
func (v *View) times(node uint32) uint32 {
	n := v.workspace.counts[node]
	if len(v.own) > 0 {
		n -= v.own[node]
	}
	return n
}

// count returns the weight of an n-gram in the other files.
func (v *View) count(node uint32) float64 { return workspaceWeight * float64(v.times(node)) }

// follow returns the weight of a context in the other files, and how many different tokens follow it there.
func (v *View) follow(node uint32) (weight, kinds float64) {
	weight = v.count(node)
	if weight == 0 {
		return 0, 0
	}
	kids := v.workspace.kids[node]
	if len(v.gone) > 0 {
		kids -= v.gone[node]
	}
	return weight, float64(kids)
}

// mostWalked bounds how many followers of one context Continue looks at: behind an opening parenthesis half of all names were seen.
const mostWalked = 4000

// Continue lists tokens that stand behind the tokens of before in the other files: those behind the longest part of its end first (three tokens, then two, then one), each
// part's in the order of their number, each token once. want says which are wanted; at most atMost are returned. No lock is held while want is asked.
func (v *View) Continue(before []string, want func(text string) bool, atMost int) []string {
	var list []string
	seen := map[string]bool{}
	for _, part := range v.followers(before) {
		if len(list) >= atMost {
			break
		}
		part = slices.DeleteFunc(part, func(f follower) bool { return seen[f.text] || !want(f.text) })
		slices.SortStableFunc(part, func(a, b follower) int {
			if a.count != b.count {
				return int(b.count) - int(a.count)
			}
			return strings.Compare(a.text, b.text)
		})
		for _, f := range part {
			seen[f.text] = true
			if len(list) < atMost {
				list = append(list, f.text)
			}
		}
	}
	return list
}

type follower struct {
	text  string
	count uint32
}

// followers are the tokens behind each part of the end of before, the longest part first.
func (v *View) followers(before []string) [][]follower {
	v.lock()
	defer v.unlock()
	w := v.workspace
	var ids []uint32
	for _, text := range before[max(0, len(before)-Order+1):] {
		ids = append(ids, w.vocab[text])
	}
	var parts [][]follower
	for ; len(ids) > 0; ids = ids[1:] {
		node, ok := find(&w.trie, ids)
		if !ok {
			continue
		}
		var part []follower
		walked := 0
		for child := w.edges[node].first; child != 0 && walked < mostWalked; child = w.edges[child].next {
			walked++
			token := w.edges[child].token
			if n := v.times(child); n > 0 && token != endOfFile {
				part = append(part, follower{w.words[token], n})
			}
		}
		parts = append(parts, part)
	}
	return parts
}
