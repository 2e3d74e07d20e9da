package model

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a run of pieces.
const (
	maxPieces = 12
	// hopeless is the log-probability below which a run is given up: nobody shows one that is less likely than that.
	hopeless = -4.6 // 1%
)

// running finds runs of several pieces, each a name in sight or a single subword: what may be the rest of an expression. For 1 to k pieces it masks as many, takes the likeliest
// for the first, reveals it, and goes on to the right with the rest still masked (mask-predict with left-to-right reveals, as generating does it for the subwords of a word). So each
// reveal knows how much room is left before the text behind the gap.
//
// One mask stands for a whole name, as it does for the pointer head, so a long name costs one row. The vocabulary says how likely a name is at all, and the pointer which one: a
// name's share is the vocabulary's mass of words times the mixture of both.
//
// One beginning is followed for each number of pieces. What comes out is one candidate for each number, those left out that became hopeless on the way.
type running struct {
	m     *Model
	q     Query
	site  *site
	sight *sight
	words map[string]bool // that may stand there beside the names in sight; nil means all
	runs  []*run
}

// run is a beginning of a text that shall have k pieces.
type run struct {
	k, pieces int
	text      string
	sum       float64
	over      bool
}

func (m *Model) newRunning(q Query) (*running, error) {
	g := &running{m: m, q: q, site: newSite(m.tok, q.Before, q.After, m.window)}
	var err error
	if g.sight, err = newSight(g.site, q); err != nil {
		return nil, err
	}
	if q.Choices != nil {
		g.words = map[string]bool{}
		for _, word := range q.Choices {
			g.words[word] = true
		}
	}
	for k := 1; k <= min(q.Pieces, maxPieces); k++ {
		g.runs = append(g.runs, &run{k: k})
	}
	return g, nil
}

func (g *running) rows() []*row {
	var rows []*row
	for _, r := range g.runs {
		if !r.over && r.pieces < r.k {
			rows = append(rows, g.row(r))
		}
	}
	return rows
}

// row makes the row that continues r.
func (g *running) row(r *run) *row {
	left := g.sight.gap.left
	if r.text != "" {
		left = g.m.tok.Encode(g.site.before + r.text).IDs
	}
	masks := r.k - r.pieces
	row := g.m.row(g.q.Language, g.site, frame{left, g.sight.gap.right}, nil, masks)
	first, end := len(g.m.openers(g.q.Language)), len(row.ids)
	if g.m.special.SEP >= 0 {
		end--
	}
	var texts []string
	for i, distance := range g.sight.distances {
		if distance < 0 {
			distance -= len(left) - len(g.sight.gap.left)
		} else {
			distance += masks - 1
		}
		if at := row.wanted[0] + distance; first <= at && at < end {
			row.names = append(row.names, at)
			texts = append(texts, g.sight.texts[i])
		}
	}
	row.visit = func(_ int, d distribution) { g.extend(r, d, row.pointer, texts) }
	return row
}

// extend reveals the likeliest piece.
func (g *running) extend(r *run, d distribution, pointer []float32, texts []string) {
	text, logProb := g.best(r, d, pointer, texts)
	r.text += text
	r.sum += logProb
	r.pieces++
	r.over = text == "" || r.sum < hopeless
}

// best is the likeliest piece that may follow, "" when none may.
func (g *running) best(r *run, d distribution, pointer []float32, texts []string) (string, float64) {
	// What the text begins with: the blanks before the gap that the tokenizer glues to the piece behind, and what is typed.
	glue := ""
	if r.pieces == 0 {
		glue = g.sight.gap.glueLeft
	}
	previous := byte(' ')
	if before := g.site.before + r.text; before != "" {
		previous = before[len(before)-1]
	}
	// The vocabulary's mass of words, by whether a blank goes before them.
	var words [2]float64
	text, best := "", math.Inf(-1)
	vocabulary := map[string]float64{} // of words, as they would stand in the text
	for i, ok := range d.allowed {
		piece := g.m.tok.Bytes(int32(i))
		if !ok || !bytes.HasPrefix(piece, []byte(glue)) {
			continue
		}
		piece = piece[len(glue):]
		blank, word, ok := pieceOf(piece)
		if !ok || blank && glue != "" || piece[0] == ' ' && previous == ' ' || word && !blank && glue == "" && isWord(previous) {
			continue
		}
		logProb := d.logProb(int32(i))
		if word {
			words[boolIndex(blank)] += math.Exp(logProb)
			if logProb > hopeless {
				vocabulary[string(piece)] = logProb
			}
		}
		if r.pieces == 0 && !strings.HasPrefix(string(piece), g.q.Prefix) {
			continue
		}
		if !word && logProb > best {
			text, best = string(piece), logProb
		}
	}
	all := words[0] + words[1]
	gate := g.m.mixture.Pointer
	if len(texts) == 0 || len(pointer) == 0 {
		gate = 0
	}
	// Maps have no order, so equal ones go by their texts.
	consider := func(piece string, share float64) {
		if logProb := math.Log(share); (logProb > best || logProb == best && piece < text) && (r.pieces > 0 || strings.HasPrefix(piece, g.q.Prefix)) {
			text, best = piece, logProb
		}
	}
	known := map[string]bool{}
	if gate > 0 && all > 0 {
		for name, logShare := range shares(pointer, texts) {
			for blank, mass := range words {
				piece := name
				if blank == 1 {
					piece = " " + name
				}
				if mass == 0 || blank == 0 && glue == "" && isWord(previous) {
					continue
				}
				known[piece] = true
				share := gate * mass * math.Exp(logShare)
				if v, ok := vocabulary[piece]; ok {
					share += (1 - gate) * math.Exp(v)
				}
				consider(piece, share)
			}
		}
	}
	// A word that is not in sight, a keyword perhaps, has what the vocabulary gives it. Most others are the beginnings of longer ones.
	for piece, logProb := range vocabulary {
		if !known[piece] && (g.words == nil || g.words[strings.TrimPrefix(piece, " ")]) {
			consider(piece, math.Exp(logProb))
		}
	}
	return text, best
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pieceOf tells whether a subword can be a piece: one word, with a blank before it where the tokenizer puts that there, or a run of other characters, blanks among them. Quotes are
// none: what is in them is not to be guessed.
func pieceOf(subword []byte) (blank, word, ok bool) {
	if len(subword) == 0 || !utf8.Valid(subword) {
		return false, false, false
	}
	bare := bytes.TrimPrefix(subword, []byte(" "))
	if len(bare) > 0 && isWord(bare[0]) {
		blank, word, subword = len(bare) < len(subword), true, bare
	}
	for _, b := range subword {
		if b < ' ' || isWord(b) != word || word && b == ' ' || bytes.IndexByte([]byte("\"'`#\\"), b) >= 0 {
			return false, false, false
		}
	}
	return blank, word, true
}

func (g *running) prediction() Prediction {
	p := Prediction{Candidates: []Candidate{}}
	seen := map[string]bool{}
	for _, r := range g.runs {
		if r.over || seen[r.text] || strings.HasSuffix(r.text, " ") {
			continue
		}
		seen[r.text] = true
		p.Candidates = append(p.Candidates, Candidate{Text: r.text, LogProb: r.sum, Pointer: math.Inf(-1), Vocabulary: r.sum / float64(r.k)})
	}
	slices.SortStableFunc(p.Candidates, func(a, b Candidate) int {
		switch {
		case a.Vocabulary > b.Vocabulary:
			return -1
		case a.Vocabulary < b.Vocabulary:
			return 1
		}
		return strings.Compare(a.Text, b.Text)
	})
	if g.q.TopK > 0 {
		p.Candidates = p.Candidates[:min(g.q.TopK, len(p.Candidates))]
	}
	return p
}
