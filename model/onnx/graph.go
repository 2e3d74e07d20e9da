package onnx

import (
	"fmt"
	"slices"
	"strconv"
)

// Value names one value of a graph: an input, an initializer or the output of a node. The empty Value is an
// optional input that is absent.
type Value = string

// Type is what is known of a value. An unknown or symbolic dimension is -1; Dims is nil when even the rank is unknown.
type Type struct {
	DType DType
	Dims  []int64
}

// Info is a graph input or output. Params gives names to the dimensions that are -1.
type Info struct {
	Name   Value
	Type   Type
	Params []string
}

// Node is one operation. Domain is "" for the standard operators.
type Node struct {
	Op, Domain, Name string
	Inputs, Outputs  []Value
	Attrs            []Attr
}

// Attr is an attribute of a node: exactly one field is in use, which one is said by Kind.
type Attr struct {
	Name   string
	Kind   AttrKind
	I      int64
	F      float32
	S      string
	Ints   []int64
	Floats []float32
	Tensor Tensor
	raw    []byte // AttrRaw: the message as it was read (subgraphs, string lists)
}

// AttrKind is the type of an attribute (AttributeProto.AttributeType).
type AttrKind int32

// The kinds of attributes. AttrRaw is one that this package carries along without looking inside.
const (
	AttrFloat  AttrKind = 1
	AttrInt    AttrKind = 2
	AttrString AttrKind = 3
	AttrTensor AttrKind = 4
	AttrFloats AttrKind = 6
	AttrInts   AttrKind = 7
	AttrRaw    AttrKind = -1
)

// IntAttr makes an integer attribute.
func IntAttr(name string, i int64) Attr { return Attr{Name: name, Kind: AttrInt, I: i} }

// FloatAttr makes a float attribute.
func FloatAttr(name string, f float32) Attr { return Attr{Name: name, Kind: AttrFloat, F: f} }

// IntsAttr makes an attribute that is a list of integers.
func IntsAttr(name string, i ...int64) Attr { return Attr{Name: name, Kind: AttrInts, Ints: i} }

// StringAttr makes a string attribute.
func StringAttr(name, s string) Attr { return Attr{Name: name, Kind: AttrString, S: s} }

// Attr finds an attribute by name.
func (n *Node) Attr(name string) (Attr, bool) {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a, true
		}
	}
	return Attr{}, false
}

// Int is an integer attribute's value, or otherwise when it is absent.
func (n *Node) Int(name string, otherwise int64) int64 {
	if a, ok := n.Attr(name); ok {
		return a.I
	}
	return otherwise
}

// Float is a float attribute's value, or otherwise when it is absent.
func (n *Node) Float(name string, otherwise float32) float32 {
	if a, ok := n.Attr(name); ok {
		return a.F
	}
	return otherwise
}

// Microsoft is the domain of ONNX Runtime's own operators.
const Microsoft = "com.microsoft"

// Opset is the version of the standard operators that this package writes: the newest that has kernels for all we use.
const Opset = 20

// Graph is a model: nodes in execution order, inputs, outputs and initializers. Values are named by strings; each has
// one producer. Graph methods are not safe for concurrent use.
type Graph struct {
	Name         string
	Nodes        []*Node
	Inputs       []Info
	Outputs      []Info
	Initializers map[Value]Tensor
	Opsets       map[string]int64 // operator set version by domain

	order  []Value // initializers in the order they were added, so that Marshal is deterministic
	types  map[Value]Type
	unique int
	consts map[string]Value
	extra  []byte // fields of ModelProto that this package does not know, carried along
	extraG []byte // the same of GraphProto
}

// NewGraph makes an empty graph at Opset.
func NewGraph(name string) *Graph {
	return &Graph{
		Name:         name,
		Initializers: map[Value]Tensor{},
		Opsets:       map[string]int64{"": Opset, Microsoft: 1},
		types:        map[Value]Type{},
		consts:       map[string]Value{},
	}
}

// Input adds an input. A dimension is an int, int64 or a string that names a dynamic dimension.
func (g *Graph) Input(name Value, dtype DType, dims ...any) Value {
	in := makeInfo(name, dtype, dims)
	g.Inputs = append(g.Inputs, in)
	g.types[name] = in.Type
	return name
}

// Output declares value as an output, under its own name. Dimensions are as for Input.
func (g *Graph) Output(value Value, dtype DType, dims ...any) {
	g.Outputs = append(g.Outputs, makeInfo(value, dtype, dims))
}

func makeInfo(name Value, dtype DType, dims []any) Info {
	in := Info{Name: name, Type: Type{DType: dtype, Dims: make([]int64, len(dims))}, Params: make([]string, len(dims))}
	for i, d := range dims {
		switch d := d.(type) {
		case int:
			in.Type.Dims[i] = int64(d)
		case int64:
			in.Type.Dims[i] = d
		case string:
			in.Type.Dims[i], in.Params[i] = -1, d
		default:
			panic(fmt.Sprintf("onnx: dimension %v of %s", d, name))
		}
	}
	return in
}

// Initializer adds a constant tensor. Adding a second under the same name replaces the first.
func (g *Graph) Initializer(name Value, t Tensor) Value {
	if _, ok := g.Initializers[name]; !ok {
		g.order = append(g.order, name)
	}
	g.Initializers[name] = t
	g.types[name] = Type{t.DType, t.Dims}
	return name
}

// RemoveInitializer takes a constant out of the graph; the caller sees to it that nothing reads it any more.
func (g *Graph) RemoveInitializer(name Value) {
	delete(g.Initializers, name)
	for i, v := range g.order {
		if v == name {
			g.order = append(g.order[:i], g.order[i+1:]...)
			return
		}
	}
}

// InitializerNames lists the initializers in the order they were added.
func (g *Graph) InitializerNames() []Value { return g.order }

// Ints adds (or finds again) a constant list of integers.
func (g *Graph) Ints(v ...int64) Value {
	return g.constant(fmt.Sprint("ints", v), IntTensor(v, int64(len(v))))
}

// Scalar adds (or finds again) a constant of shape [1].
func (g *Graph) Scalar(f float32) Value {
	return g.constant("f"+strconv.FormatFloat(float64(f), 'g', -1, 32), FloatTensor([]float32{f}, 1))
}

func (g *Graph) constant(key string, t Tensor) Value {
	if v, ok := g.consts[key]; ok {
		return v
	}
	v := g.Initializer(g.Fresh("const"), t)
	g.consts[key] = v
	return v
}

// Fresh makes a name that no value of the graph has.
func (g *Graph) Fresh(prefix string) Value {
	for {
		g.unique++
		v := prefix + "." + strconv.Itoa(g.unique)
		if _, taken := g.types[v]; !taken {
			return v
		}
	}
}

// Type tells what is known of a value.
func (g *Graph) Type(v Value) Type { return g.types[v] }

// Dims is the shape of a value as far as it is known.
func (g *Graph) Dims(v Value) []int64 { return g.types[v].Dims }

// Op adds a standard operator with one output and gives that output.
func (g *Graph) Op(op string, inputs []Value, attrs ...Attr) Value {
	return g.add("", op, 1, inputs, attrs)[0]
}

// OpN adds a standard operator with n outputs.
func (g *Graph) OpN(op string, n int, inputs []Value, attrs ...Attr) []Value {
	return g.add("", op, n, inputs, attrs)
}

// Contrib adds one of ONNX Runtime's own operators with one output.
func (g *Graph) Contrib(op string, inputs []Value, attrs ...Attr) Value {
	return g.add(Microsoft, op, 1, inputs, attrs)[0]
}

func (g *Graph) add(domain, op string, outputs int, inputs []Value, attrs []Attr) []Value {
	n := &Node{Op: op, Domain: domain, Inputs: slices.Clone(inputs), Attrs: attrs, Outputs: make([]Value, outputs)}
	for i := range n.Outputs {
		n.Outputs[i] = g.Fresh(op)
	}
	n.Name = n.Outputs[0]
	g.Append(n)
	return slices.Clone(n.Outputs) // the caller's to change
}

// Append adds a node that names its own outputs, and infers their types.
func (g *Graph) Append(n *Node) {
	g.Nodes = append(g.Nodes, n)
	for i, t := range infer(g, n) {
		if i < len(n.Outputs) && n.Outputs[i] != "" {
			g.types[n.Outputs[i]] = t
		}
	}
	for _, o := range n.Outputs {
		if _, ok := g.types[o]; !ok && o != "" {
			g.types[o] = Type{}
		}
	}
}

// Rename gives the output of the node that makes old a new name; it must not be read by any node yet.
func (g *Graph) Rename(old, name Value) Value {
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		for j, o := range g.Nodes[i].Outputs {
			if o == old {
				g.Nodes[i].Outputs[j] = name
				g.types[name] = g.types[old]
				delete(g.types, old)
				return name
			}
		}
	}
	panic("onnx: renaming " + old + ": no node makes it")
}

// Ones adds (or finds again) a constant vector of ones.
func (g *Graph) Ones(n int64) Value {
	data := make([]float32, n)
	for i := range data {
		data[i] = 1
	}
	return g.constant(fmt.Sprint("ones", n), FloatTensor(data, n))
}
