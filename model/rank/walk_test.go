package rank

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// walked is the sum of a forest by what Node says, node by node.
func walked(trees [][]Node, vector []float32) float64 {
	sum := 0.0
	for _, t := range trees {
		n := t[0]
		for n.Input >= 0 {
			x := vector[n.Input]
			if x <= float32(n.Value) || x != x && n.MissingLeft {
				n = t[n.Left]
			} else {
				n = t[n.Right]
			}
		}
		sum += float64(float32(n.Value))
	}
	return sum
}

// TestWalks: whatever shape trees have, and whatever numbers they are asked about, one by one or many at once, the sums are those of walks from node to node.
func TestWalks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	unknown, negative := float32(math.NaN()), float32(math.Copysign(0, -1))
	values := []float32{unknown, negative, 0, 1, -1, 0.5, -2.5, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(1)), float32(math.Inf(-1))}
	inputs := []string{"a", "b", "c", "d"}
	var trees [][]Node
	for range 80 {
		tree := []Node{{Input: -1, Value: random.NormFloat64()}}
		for leaf := 0; len(tree) < 1+2*random.IntN(12); leaf = random.IntN(len(tree)) {
			if tree[leaf].Input >= 0 {
				continue
			}
			left, right := len(tree), len(tree)+1
			if random.IntN(2) == 0 {
				left, right = right, left
			}
			cut := values[1+random.IntN(9)] // of those, no infinite one
			tree[leaf] = Node{Input: random.IntN(len(inputs)), Left: left, Right: right, MissingLeft: random.IntN(2) == 0, Value: float64(cut)}
			tree = append(tree, Node{Input: -1, Value: random.NormFloat64()}, Node{Input: -1, Value: random.NormFloat64()})
		}
		trees = append(trees, tree)
	}
	f, err := NewForest(inputs, trees)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]float32, 3*together+5)
	long := make([][]float32, len(rows))
	for i := range rows {
		for range inputs {
			rows[i] = append(rows[i], values[random.IntN(len(values))])
		}
		long[i] = []float32{7, rows[i][3], rows[i][0], 7, rows[i][1]} // c is not among them
	}
	known, some := f.Reader(inputs), f.Reader([]string{"x", "d", "a", "y", "b"})
	many := known.Scores(len(rows), func(i int) []float32 { return rows[i] })
	for i, row := range rows {
		want := walked(trees, row)
		if got := f.Score(row); got != want || known.Score(row) != want || many[i] != want {
			t.Fatalf("%v: %v, read %v, with others %v, want %v", row, got, known.Score(row), many[i], want)
		}
		row[2] = unknown
		if got := some.Score(long[i]); got != walked(trees, row) {
			t.Fatalf("%v: %v, want %v", long[i], got, walked(trees, row))
		}
	}
}

// TestTreesOfOneWay: nodes to which two ways lead would be laid out twice, and again for each node above that does the same.
func TestTreesOfOneWay(t *testing.T) {
	for name, nodes := range map[string][]Node{
		"both sides lead to one": {{Input: 0, Left: 1, Right: 1}, {Input: -1}},
		"two nodes lead to one":  {{Input: 0, Left: 1, Right: 2}, {Input: 0, Left: 2, Right: 3}, {Input: -1}, {Input: -1}},
	} {
		if _, err := NewForest([]string{"a"}, [][]Node{nodes}); err == nil || !strings.Contains(err.Error(), "another way") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
