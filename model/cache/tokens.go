package cache

// Token is what a File says of one token of a sequence that fills a gap, or of one behind the gap.
type Token struct {
	Probability float64 // after the three tokens before it
	Context     float64 // weight of the places of the file where those three stand: how much the file knows
}

// Tokens is Sequences token by token, for those who mix the file with another expert: for each candidate its own tokens, and then up to behind of
// those behind the gap.
func (f *File) Tokens(site, width int, candidates [][]string, behind int) [][]Token {
	left := f.texts[max(0, site-Order+1):site]
	right := f.texts[min(site+width, len(f.texts)):min(site+width+behind, len(f.texts))]
	g := gap{site, width}
	s := scorer{file: f, gap: g, floor: f.vocabulary(g), contexts: map[uint32]followers{}}
	list := make([][]Token, len(candidates))
	for i, candidate := range candidates {
		s.text = append(append(append(s.text[:0], left...), candidate...), right...)
		s.identify()
		for j := len(left); j < len(s.text); j++ {
			t := Token{Probability: s.probability(j)}
			if j >= Order-1 {
				_, context := s.counts(j, Order-1)
				t.Context = context.weight
			}
			list[i] = append(list[i], t)
		}
	}
	return list
}

// Around returns the up to n tokens before a gap, and those behind it.
func (f *File) Around(site, width, n int) (before, behind []string) {
	return f.texts[max(0, site-n):site], f.texts[min(site+width, len(f.texts)):min(site+width+n, len(f.texts))]
}
