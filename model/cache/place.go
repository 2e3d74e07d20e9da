package cache

// place is a gap with what is the same for whatever is put into it: the n-grams that end before it, and those that begin behind it. It is used by one goroutine at a time; where
// there is a view it is locked.
type place struct {
	file *File
	view *View // nil without one
	gap  gap

	floors [2]float64 // of file and mixture: the kinds of tokens, and one for the unseen
	// paths are the n-grams of the file as it stands that touch the gap: by where they begin, from first on, the nodes of their beginnings from the empty one up to the longest that
	// is counted. What is counted of these is taken out again.
	paths [][Order + 1]uint32
	first int
	// signed is what With's sign makes of the file's n-grams: then file holds nothing itself, and paths are those over the place in the other one.
	signed signed

	right  side        // the tokens behind the gap
	ends   []nodes     // the contexts that end before the gap, by length
	before [Order]gram // what is counted of them; what follows is not known yet
	behind [][]gram    // by token behind the gap: the n-grams that end with it and begin behind the gap, by the length of their context
}

// side are tokens by their ids in the file and in the workspace of the view; 0 where they are not there.
type side struct{ ids, wide []uint32 }

// nodes are an n-gram's in the file and in the workspace; absent where it was never seen.
type nodes struct{ own, wide uint32 }

// absent is the node of what was never seen: a number that no node has.
const absent = ^uint32(0)

// gram is what is counted of a token behind a context: its weight, and that of the context with anything behind it; in the file, and in the others.
type gram struct {
	count, others     float64
	context, contexts followers
}

type followers struct{ weight, kinds float64 }

// newPlace readies a gap for questions about what fits into it, and up to so many tokens behind it.
func (f *File) newPlace(site, width, behind int, view *View) *place {
	p := &place{file: f, view: view, gap: gap{site, width}}
	if f.put != nil {
		p.signed = f.put.signed()
	}
	p.trace()
	_, kinds := p.follow(0, 0)
	p.floors[0] = kinds + 1
	p.floors[1] = p.floors[0]
	if view != nil {
		_, kinds := view.follow(0)
		p.floors[1] += kinds
	}
	before, after := f.around(site, width, Order-1, behind)
	left := p.identify(side{}, before)
	p.right = p.identify(side{}, after)
	for n := 0; n <= len(left.ids); n++ {
		end := nodes{}
		for k := len(left.ids) - n; k < len(left.ids); k++ {
			end = p.child(end, left, k)
		}
		p.ends = append(p.ends, end)
		p.before[n] = p.contextOf(end, n)
	}
	for b := range p.right.ids {
		var list []gram
		for n := 0; n <= b && n < Order; n++ {
			at := nodes{}
			for k := b - n; k < b; k++ {
				at = p.child(at, p.right, k)
			}
			list = append(list, p.counted(p.contextOf(at, n), p.child(at, p.right, b), n))
		}
		p.behind = append(p.behind, list)
	}
	return p
}

func (p *place) identify(s side, texts []string) side {
	for _, text := range texts {
		s.ids = append(s.ids, p.file.id(text))
		if p.view != nil {
			s.wide = append(s.wide, p.view.workspace.vocab[text])
		}
	}
	return s
}

// child is the n-gram of a node with token k of s behind it.
func (p *place) child(at nodes, s side, k int) nodes {
	own, wide := absent, absent
	if at.own != absent && s.ids[k] != 0 {
		if p.file.put != nil {
			own = p.signed.child(p.file.put, at.own, s.ids[k])
		} else if node, ok := p.file.child(at.own, s.ids[k]); ok {
			own = node
		}
	}
	if p.view != nil && at.wide != absent && s.wide[k] != 0 {
		if node, ok := p.view.workspace.child(at.wide, s.wide[k]); ok {
			wide = node
		}
	}
	return nodes{own, wide}
}

// trace finds the paths.
func (p *place) trace() {
	f, gap := p.file, p.gap
	if f.put != nil {
		f, gap.site, gap.width = f.put.base, f.put.at, 0
	}
	counted := min(len(f.tokens), maxFileTokens)
	p.first = max(0, gap.site-Order+1)
	for at := p.first; at < min(gap.site+gap.width, counted); at++ {
		path := [Order + 1]uint32{}
		for n := range Order {
			path[n+1] = absent
			if at+n < counted && path[n] != absent {
				path[n+1], _ = f.child(path[n], f.tokens[at+n])
			}
		}
		p.paths = append(p.paths, path)
	}
}

// follow returns, for the context node of length n, the weight of its occurrences that some counted token follows, and how many different tokens do.
func (p *place) follow(node uint32, n int) (weight, kinds float64) {
	if p.file.put != nil {
		return p.followPut(node, n)
	}
	f := p.file
	last := min(len(f.tokens), maxFileTokens) - n - 1
	lo, hi := p.gap.excluded(n + 1)
	if node == 0 {
		weight = p.gap.weighRoot(lo, hi, last)
	} else {
		weight = p.gap.weigh(f.list(node), lo, hi, last)
	}
	if weight == 0 {
		return 0, 0
	}
	kinds = float64(f.kids[node])
	// A follower that occurs only in n-grams that touch the gap does not count as one.
	gone := [Order + 4]uint32{}
	found := gone[:0]
	for at := max(lo, 0); at <= min(hi, last); at++ {
		if path := &p.paths[at-p.first]; path[n] == node && path[n+1] != absent {
			list := f.list(path[n+1])
			if between(list, lo, hi) == len(list) && !contains(found, path[n+1]) {
				found = append(found, path[n+1])
				kinds--
			}
		}
	}
	return weight, kinds
}

// contextOf counts a context of n tokens.
func (p *place) contextOf(at nodes, n int) gram {
	g := gram{}
	if at.own != absent {
		g.context.weight, g.context.kinds = p.follow(at.own, n)
	}
	if p.view != nil && at.wide != absent {
		g.contexts.weight, g.contexts.kinds = p.view.follow(at.wide)
	}
	return g
}

// counted is a context of n tokens with the n-gram that it becomes by one more.
func (p *place) counted(g gram, child nodes, n int) gram {
	if child.own != absent && g.context.weight > 0 {
		if p.file.put != nil {
			g.count = p.countPut(child.own, n+1)
		} else {
			lo, hi := p.gap.excluded(n + 1)
			g.count = p.gap.weigh(p.file.list(child.own), lo, hi, len(p.file.tokens))
		}
	}
	if p.view != nil && child.wide != absent {
		g.others = p.view.count(child.wide)
	}
	return g
}

// estimate is a probability that is being interpolated from the empty context up, by the file alone and by the mixture.
type estimate struct {
	own, mixed     float64
	ended, endless bool // a longer context has not been seen, in the file; in neither
}

func (e *estimate) add(g *gram, mixes bool) {
	if !e.ended {
		if g.context.weight == 0 {
			e.ended = true
		} else {
			k := novelty * g.context.kinds
			e.own = (g.count + k*e.own) / (g.context.weight + k)
		}
	}
	if mixes && !e.endless {
		count, weight, kinds := g.count+g.others, g.context.weight+g.contexts.weight, g.context.kinds+g.contexts.kinds
		if weight == 0 {
			e.endless = true
		} else {
			k := novelty * kinds
			e.mixed = (count + k*e.mixed) / (weight + k)
		}
	}
}

// over says that no longer context will change anything.
func (e *estimate) over(mixes bool) bool { return e.ended && (e.endless || !mixes) }

// tokens gives the probabilities of a candidate's tokens, and then of those behind the gap, each after the three before it, to own, and those of the mixture to mixed.
func (p *place) tokens(candidate side, own, mixed []float64) {
	mixes := p.view != nil
	size := len(candidate.ids)
	// grown are, by where they begin, the n-grams that end before the token that is looked at: those that begin before the gap, the longest first, then those of the candidate.
	var held [16]nodes
	grown, left := held[:0], len(p.ends)-1
	for n := left; n > 0; n-- {
		grown = append(grown, p.ends[n])
	}
	for j := range size + len(p.right.ids) {
		e := estimate{own: 1 / p.floors[0], mixed: 1 / p.floors[1]}
		s, k, known := candidate, j, 0
		if j < size {
			grown = append(grown, nodes{})
		} else {
			s, k = p.right, j-size
			for n := range p.behind[k] {
				e.add(&p.behind[k][n], mixes)
			}
			known = len(p.behind[k])
		}
		for n := known; n < min(Order, left+j+1); n++ {
			at := &grown[left+j-n]
			child := p.child(*at, s, k)
			if !e.over(mixes) {
				g := p.before[n]
				if j > 0 {
					g = p.contextOf(*at, n)
				}
				g = p.counted(g, child, n)
				e.add(&g, mixes)
			}
			*at = child
		}
		own[j] = e.own
		if mixes {
			mixed[j] = e.mixed
		}
	}
}
