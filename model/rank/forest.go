package rank

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"sync"
)

// Forest is an additive ensemble of small decision trees over named inputs (gradient boosted trees, Friedman 2001): the sum of one leaf of each tree. An input that is
// not known is NaN and goes the way that each split has learnt for it.
type Forest struct {
	inputs []string
	trees  []tree // as they are written
	laid   laid   // as they are walked

	readers sync.Map // *Readers -> *Reader: with the forest they go
}

// tree is a binary tree in an array. A node with a negative input is a leaf.
type tree []node

type node struct {
	input       int16 // index into the inputs; -1 for a leaf
	left, right int16 // nodes
	missingLeft bool
	value       float32 // of a split: smaller or equal goes left; of a leaf: what it adds
}

// Node is one node of a tree that is being grown; see [NewForest].
type Node struct {
	Input       int // index into the inputs; negative for a leaf
	Left, Right int // indexes of nodes, both behind this one
	MissingLeft bool
	Value       float64
}

// NewForest makes a forest of trees whose first nodes are their roots. It returns an error for nodes that are no trees.
func NewForest(inputs []string, trees [][]Node) (*Forest, error) {
	f := &Forest{inputs: inputs}
	for i, nodes := range trees {
		t := make(tree, len(nodes))
		for j, n := range nodes {
			t[j] = node{int16(n.Input), int16(n.Left), int16(n.Right), n.MissingLeft, float32(n.Value)}
		}
		if err := t.check(len(inputs)); err != nil {
			return nil, fmt.Errorf("building tree %d: %w", i, err)
		}
		f.trees = append(f.trees, t)
	}
	f.laid = layOut(f.trees)
	return f, nil
}

// check makes sure that a walk from the root ends, and that there is one way to each node: children stand behind their parents, and have one.
func (t tree) check(inputs int) error {
	if len(t) == 0 || len(t) > math.MaxInt16 {
		return fmt.Errorf("%d nodes: a tree has 1 to %d", len(t), math.MaxInt16)
	}
	parents := make([]bool, len(t))
	for i, n := range t {
		if math.IsNaN(float64(n.value)) || math.IsInf(float64(n.value), 0) {
			return fmt.Errorf("node %d holds %v", i, n.value)
		}
		if n.input < 0 {
			continue
		}
		if int(n.input) >= inputs || int(n.left) <= i || int(n.right) <= i || int(n.left) >= len(t) || int(n.right) >= len(t) {
			return fmt.Errorf("node %d asks for input %d and leads to %d and %d, of %d nodes and %d inputs", i, n.input, n.left, n.right, len(t), inputs)
		}
		if n.left == n.right || parents[n.left] || parents[n.right] {
			return fmt.Errorf("node %d leads to %d and %d, to which another way leads", i, n.left, n.right)
		}
		parents[n.left], parents[n.right] = true, true
	}
	return nil
}

// Inputs are the names of what the forest looks at, in the order of Score's argument.
func (f *Forest) Inputs() []string { return f.inputs }

// Reads tells whether any tree looks at an input.
func (f *Forest) Reads(input string) bool {
	for _, t := range f.trees {
		for _, n := range t {
			if n.input >= 0 && f.inputs[n.input] == input {
				return true
			}
		}
	}
	return false
}

// forestJSON is a forest on disk. A tree is its nodes one behind the other: a leaf is [value], a split [input, left, right, cut], with input counted from 0 and turned into
// -1-input where unknown values go right.
type forestJSON struct {
	Inputs []string    `json:"inputs"`
	Trees  []flatNodes `json:"trees"`
}

type flatNodes []node

// MarshalJSON writes the shortest digits that read as the same numbers.
func (nodes flatNodes) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, n := range nodes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		if n.input >= 0 {
			input := int64(n.input)
			if !n.missingLeft {
				input = -1 - input
			}
			b = strconv.AppendInt(b, input, 10)
			b = append(b, ',')
			b = strconv.AppendInt(b, int64(n.left), 10)
			b = append(b, ',')
			b = strconv.AppendInt(b, int64(n.right), 10)
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(n.value), 'g', -1, 32)
		b = append(b, ']')
	}
	return append(b, ']'), nil
}

// reader reads valid JSON: some hundred thousand numbers before the first answer, for which encoding/json takes several times as long.
type reader struct{ rest []byte }

// tree reads a tree. It is not checked.
func (r *reader) tree() (list tree, err error) {
	err = r.list(func() error {
		var numbers [4]float64
		n := 0
		if err := r.list(func() error {
			if n == len(numbers) {
				return fmt.Errorf("node %d has more than %d numbers: a leaf has 1, a split 4", len(list), n)
			}
			x, err := r.number()
			numbers[n] = x
			n++
			return err
		}); err != nil {
			return err
		}
		switch n {
		case 1:
			list = append(list, node{input: -1, value: float32(numbers[0])})
		case 4:
			for _, x := range numbers[:3] {
				if x != math.Trunc(x) || math.Abs(x) > math.MaxInt16 {
					return fmt.Errorf("node %d: %v is no index", len(list), x)
				}
			}
			one := node{input: int16(numbers[0]), left: int16(numbers[1]), right: int16(numbers[2]), missingLeft: true, value: float32(numbers[3])}
			if one.input < 0 {
				one.input, one.missingLeft = -1-one.input, false
			}
			list = append(list, one)
		default:
			return fmt.Errorf("node %d has %d numbers: a leaf has 1, a split 4", len(list), n)
		}
		return nil
	})
	return list, err
}

// forest reads the inputs and the trees, and passes over what else there is.
func (r *reader) forest(f *Forest) error {
	if !r.take('{') {
		return r.unexpected()
	}
	for !r.take('}') {
		var key string
		if err := r.value(&key); err != nil {
			return err
		}
		if !r.take(':') {
			return r.unexpected()
		}
		var err error
		switch key {
		case "inputs":
			err = r.value(&f.inputs)
		case "trees":
			err = r.list(func() error {
				t, err := r.tree()
				f.trees = append(f.trees, t)
				return err
			})
		default:
			err = r.value(new(json.RawMessage))
		}
		if err != nil {
			return err
		}
		r.take(',')
	}
	return nil
}

// value reads any value.
func (r *reader) value(into any) error {
	d := json.NewDecoder(bytes.NewReader(r.rest))
	if err := d.Decode(into); err != nil {
		return err
	}
	r.rest = r.rest[d.InputOffset():]
	return nil
}

// list reads a list of whatever item reads.
func (r *reader) list(item func() error) error {
	if !r.take('[') {
		return r.unexpected()
	}
	if r.take(']') {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if r.take(']') {
			return nil
		}
		if !r.take(',') {
			return r.unexpected()
		}
	}
}

// take skips white space, a byte if it is that, and white space.
func (r *reader) take(b byte) bool {
	r.space()
	if len(r.rest) == 0 || r.rest[0] != b {
		return false
	}
	r.rest = r.rest[1:]
	r.space()
	return true
}

func (r *reader) space() {
	for len(r.rest) > 0 && (r.rest[0] == ' ' || r.rest[0] == '\n' || r.rest[0] == '\t' || r.rest[0] == '\r') {
		r.rest = r.rest[1:]
	}
}

func (r *reader) number() (float64, error) {
	n := 0
	for n < len(r.rest) && (r.rest[n]-'0' <= 9 || r.rest[n] == '-' || r.rest[n] == '+' || r.rest[n] == '.' || r.rest[n]|0x20 == 'e') {
		n++
	}
	if n == 0 {
		return 0, r.unexpected()
	}
	x, err := strconv.ParseFloat(string(r.rest[:n]), 64)
	r.rest = r.rest[n:]
	return x, err
}

func (r *reader) unexpected() error {
	return fmt.Errorf("a forest has inputs and trees, which are lists of lists of numbers, and there is %.20q", r.rest)
}

// MarshalJSON writes the forest.
func (f *Forest) MarshalJSON() ([]byte, error) {
	out := forestJSON{Inputs: f.inputs, Trees: make([]flatNodes, len(f.trees))}
	for i, t := range f.trees {
		out.Trees[i] = flatNodes(t)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads a forest. Whatever the text holds, Score of what was read without an error ends.
func (f *Forest) UnmarshalJSON(text []byte) error {
	f.inputs, f.trees = nil, nil
	if err := (&reader{text}).forest(f); err != nil {
		return err
	}
	for i := range f.trees {
		if err := f.trees[i].check(len(f.inputs)); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	f.laid = layOut(f.trees)
	return nil
}

// Len returns the number of trees.
func (f *Forest) Len() int { return len(f.trees) }
