package cache

// Tokens is Sequences token by token, for those who mix the file with another expert: for each candidate the probabilities of its own tokens, and then of up to
// behind of those behind the gap, each after the three before it: own over the file alone, mixed over the other files of view, too. Without a view mixed is nil.
func (f *File) Tokens(site, width int, candidates [][]string, behind int, view *View) (own, mixed [][]float64) {
	if view != nil {
		view.lock()
		defer view.unlock()
	}
	p := f.of(site, width).newPlace(site, width, behind, view)
	all := 0
	for _, candidate := range candidates {
		all += len(candidate) + len(p.right.ids)
	}
	own, rest := make([][]float64, len(candidates)), make([]float64, all)
	var wide []float64
	if view != nil {
		mixed, wide = make([][]float64, len(candidates)), make([]float64, all)
	}
	var s side
	for i, candidate := range candidates {
		n := len(candidate) + len(p.right.ids)
		own[i], rest = rest[:n:n], rest[n:]
		var into []float64
		if view != nil {
			mixed[i], wide = wide[:n:n], wide[n:]
			into = mixed[i]
		}
		s = p.identify(side{s.ids[:0], s.wide[:0]}, candidate)
		p.tokens(s, own[i], into)
	}
	return own, mixed
}

// Around returns the up to n tokens before a gap, and those behind it.
func (f *File) Around(site, width, n int) (before, behind []string) {
	return f.of(site, width).around(site, width, n, n)
}
