package rank

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Forest is an additive ensemble of small decision trees over named inputs (gradient boosted trees, Friedman 2001): the sum of one leaf of each tree. An input that is
// not known is NaN and goes the way that each split has learnt for it.
type Forest struct {
	inputs []string
	trees  []tree // as they are written
	laid   laid   // as they are walked
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

// UnmarshalJSON reads what MarshalJSON wrote.
func (nodes *flatNodes) UnmarshalJSON(text []byte) error {
	var lists [][]float64
	if err := json.Unmarshal(text, &lists); err != nil {
		return err
	}
	*nodes = make(flatNodes, len(lists))
	for i, l := range lists {
		n := &(*nodes)[i]
		switch len(l) {
		case 1:
			*n = node{input: -1, value: float32(l[0])}
		case 4:
			for _, x := range l[:3] {
				if x != math.Trunc(x) || math.Abs(x) > math.MaxInt16 {
					return fmt.Errorf("node %d: %v is no index", i, x)
				}
			}
			*n = node{input: int16(l[0]), left: int16(l[1]), right: int16(l[2]), missingLeft: true, value: float32(l[3])}
			if n.input < 0 {
				n.input, n.missingLeft = -1-n.input, false
			}
		default:
			return fmt.Errorf("node %d has %d numbers: a leaf has 1, a split 4", i, len(l))
		}
	}
	return nil
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
	var in forestJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	f.inputs, f.trees = in.Inputs, make([]tree, len(in.Trees))
	for i, nodes := range in.Trees {
		f.trees[i] = tree(nodes)
		if err := f.trees[i].check(len(f.inputs)); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	f.laid = layOut(f.trees)
	return nil
}

// Len returns the number of trees.
func (f *Forest) Len() int { return len(f.trees) }
