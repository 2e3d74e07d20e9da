package rank

import (
	"math"
	"slices"
	"sync"
)

// A forest is asked about every choice of every place of a file, some hundred thousand walks for each line. So its trees are laid out for walks without a branch that a
// processor could guess wrong: siblings stand side by side, every walk through a tree has as many steps as its longest one, and a leaf leads to itself.

// laid are the trees of a forest, laid out for walking.
type laid struct {
	steps   []step
	roots   []root
	columns []column
}

// step is a node. A walk goes on at the node that is so many behind, or at the next one if the column's value is above the cut, both as order gives them. A leaf's column is the
// first, which is below all cuts, and its cut holds the bits of what it adds.
type step uint64 // from the lowest bits: 16 of the column, 16 of how many nodes ahead, 32 of the cut

func newStep(column, ahead uint16, cut int32) step {
	return step(column) | step(ahead)<<16 | step(uint32(cut))<<32
}

// next is how many nodes behind a walk goes on.
func (s step) next(row []int32) int {
	return int(uint16(s>>16)) + int(uint64(int64(s)>>32-int64(row[uint16(s)]))>>63)
}

// adds is what a leaf adds.
func (s step) adds() float32 { return math.Float32frombits(uint32(s >> 32)) }

type root struct{ at, depth int }

// column is an input with what stands for it where it is not known: less or more than any cut, whichever way the split has learnt. An input that some splits send left and others
// right has two.
type column struct {
	input   int // -1 for the first column
	unknown int32
}

// order gives a number, which is not NaN, as an integer that is larger than another's when the number is: integers are compared without a branch.
func order(x float32) int32 {
	if x == 0 {
		return 0 // -0, too
	}
	bits := int32(math.Float32bits(x))
	return bits ^ bits>>31&math.MaxInt32
}

// layOut expects trees that were checked.
func layOut(trees []tree) laid {
	l := laid{columns: []column{{input: -1, unknown: math.MinInt32}}}
	at := map[column]uint16{}
	for _, t := range trees {
		base := len(l.steps)
		l.steps = append(l.steps, make([]step, len(t))...)
		type place struct{ from, to, depth int }
		free, deepest := 1, 0
		for queue := []place{{}}; len(queue) > 0; {
			p := queue[0]
			queue = queue[1:]
			n := t[p.from]
			deepest = max(deepest, p.depth)
			if n.input < 0 {
				l.steps[base+p.to] = newStep(0, 0, int32(math.Float32bits(n.value)))
				continue
			}
			c := column{int(n.input), math.MaxInt32}
			if n.missingLeft {
				c.unknown = math.MinInt32
			}
			k, ok := at[c]
			if !ok {
				k = uint16(len(l.columns))
				at[c] = k
				l.columns = append(l.columns, c)
			}
			l.steps[base+p.to] = newStep(k, uint16(free-p.to), order(n.value))
			queue = append(queue, place{int(n.left), free, p.depth + 1}, place{int(n.right), free + 1, p.depth + 1})
			free += 2
		}
		l.steps = l.steps[:base+free] // what no way leads to is left out
		l.roots = append(l.roots, root{base, deepest})
	}
	return l
}

// fill puts a vector's values into columns.
func fill(columns []column, vector []float32, into []int32) {
	for k, c := range columns {
		into[k] = c.unknown
		if c.input >= 0 {
			if v := vector[c.input]; v == v { // not NaN
				into[k] = order(v)
			}
		}
	}
}

// Score sums the trees. The vector is as long as Inputs; NaN is an unknown value.
func (f *Forest) Score(vector []float32) float64 {
	var sum [1]float64
	f.laid.scores(f.laid.columns, func(int) []float32 { return vector }, sum[:])
	return sum[0]
}

// together is how many vectors go through a tree one behind the other, while it is at hand.
const together = 32

var scratch = sync.Pool{New: func() any { return new([]int32) }}

// scores adds to sums what the trees say of vectors, tree after tree: the same sum for a vector whichever others are asked about with it.
func (l *laid) scores(columns []column, vector func(i int) []float32, sums []float64) {
	width := len(columns)
	held := scratch.Get().(*[]int32)
	defer scratch.Put(held)
	*held = slices.Grow((*held)[:0], width*min(together, len(sums)))
	for first := 0; first < len(sums); first += together {
		some := sums[first:min(first+together, len(sums))]
		rows := (*held)[:width*len(some)]
		for i := range some {
			fill(columns, vector(first+i), rows[i*width:(i+1)*width])
		}
		for _, t := range l.roots {
			walk(l.steps[t.at:], t.depth, rows, some)
		}
	}
}

// walk adds to sums what a tree says of rows, four of them side by side: while one waits for memory the others go on.
func walk(steps []step, depth int, rows []int32, sums []float64) {
	width := len(rows) / len(sums)
	i := 0
	for ; i+3 < len(sums); i += 4 {
		four := rows[i*width : (i+4)*width]
		one, two, three, other := four[:width], four[width:2*width], four[2*width:3*width], four[3*width:]
		a, b, c, d := 0, 0, 0, 0
		for range depth {
			a += steps[a].next(one)
			b += steps[b].next(two)
			c += steps[c].next(three)
			d += steps[d].next(other)
		}
		sums[i] += float64(steps[a].adds())
		sums[i+1] += float64(steps[b].adds())
		sums[i+2] += float64(steps[c].adds())
		sums[i+3] += float64(steps[d].adds())
	}
	for ; i < len(sums); i++ {
		one := rows[i*width : (i+1)*width]
		at := 0
		for range depth {
			at += steps[at].next(one)
		}
		sums[i] += float64(steps[at].adds())
	}
}

// Reader is a forest that reads its inputs from longer vectors.
type Reader struct {
	forest  *Forest
	columns []column
}

// Reader returns the forest for vectors that hold the inputs of those names. What is not among them is unknown to it.
func (f *Forest) Reader(inputs []string) *Reader {
	r := &Reader{forest: f, columns: slices.Clone(f.laid.columns)}
	for k, c := range r.columns {
		if c.input >= 0 {
			r.columns[k].input = slices.Index(inputs, f.inputs[c.input])
		}
	}
	return r
}

// Score is Forest's for a longer vector.
func (r *Reader) Score(vector []float32) float64 {
	var sum [1]float64
	r.forest.laid.scores(r.columns, func(int) []float32 { return vector }, sum[:])
	return sum[0]
}

// Scores is Score for n vectors, of which vector returns each: faster than one by one.
func (r *Reader) Scores(n int, vector func(i int) []float32) []float64 {
	sums := make([]float64, n)
	r.forest.laid.scores(r.columns, vector, sums)
	return sums
}

// Readers makes one reader of each forest for vectors of one kind; the forest keeps it. Several goroutines may use it.
type Readers struct{ inputs []string }

// NewReaders returns what makes readers for vectors that hold the inputs of those names.
func NewReaders(inputs []string) *Readers { return &Readers{inputs: inputs} }

// Of returns the reader of a forest.
func (r *Readers) Of(f *Forest) *Reader {
	if known, ok := f.readers.Load(r); ok {
		return known.(*Reader)
	}
	known, _ := f.readers.LoadOrStore(r, f.Reader(r.inputs))
	return known.(*Reader)
}
