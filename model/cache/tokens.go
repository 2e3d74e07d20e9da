package cache

// Tokens is Sequences token by token, for those who mix the file with another expert: for each candidate the probabilities of its own tokens, and then of up to
// behind of those behind the gap, each after the three before it.
func (f *File) Tokens(site, width int, candidates [][]string, behind int) [][]float64 {
	left := f.texts[max(0, site-Order+1):site]
	right := f.texts[min(site+width, len(f.texts)):min(site+width+behind, len(f.texts))]
	g := gap{site, width}
	s := scorer{file: f, gap: g, floor: f.vocabulary(g), contexts: map[uint32]followers{}}
	list := make([][]float64, len(candidates))
	for i, candidate := range candidates {
		s.text = append(append(append(s.text[:0], left...), candidate...), right...)
		s.identify()
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
