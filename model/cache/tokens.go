package cache

// Tokens is Sequences token by token, for those who mix the file with another expert: for each candidate the probabilities of its own tokens, and then of up to
// behind of those behind the gap, each after the three before it; over the other files of view, too, which may be nil.
func (f *File) Tokens(site, width int, candidates [][]string, behind int, view *View) [][]float64 {
	left := f.texts[max(0, site-Order+1):site]
	right := f.texts[min(site+width, len(f.texts)):min(site+width+behind, len(f.texts))]
	g := gap{site, width}
	if view != nil {
		view.lock()
		defer view.unlock()
	}
	s := scorer{file: f, view: view, gap: g, floor: f.vocabulary(g), contexts: map[uint32]followers{}}
	if view != nil {
		_, kinds := view.follow(0)
		s.floor += kinds
	}
	list := make([][]float64, len(candidates))
	for i, candidate := range candidates {
		s.text = append(append(append(s.text[:0], left...), candidate...), right...)
		s.identify()
		list[i] = make([]float64, 0, len(s.text)-len(left))
		for j := len(left); j < len(s.text); j++ {
			list[i] = append(list[i], s.probability(j))
		}
	}
	return list
}

// Around returns the up to n tokens before a gap, and those behind it.
func (f *File) Around(site, width, n int) (before, behind []string) {
	return f.texts[max(0, site-n):site], f.texts[min(site+width, len(f.texts)):min(site+width+n, len(f.texts))]
}
