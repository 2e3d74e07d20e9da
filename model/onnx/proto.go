package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sort"

	"google.golang.org/protobuf/encoding/protowire"
)

// The part of onnx.proto that this project needs, read and written field by field: the messages are few and stable, and
// the fields that we do not know are carried along as bytes, so that a graph made elsewhere survives the round trip.

const irVersion = 9

// fields calls f for each field of a message. For length-delimited fields data is the content, for fixed and varint
// fields it is nil and number holds the bits. raw is the whole field with its tag.
func fields(msg []byte, f func(num protowire.Number, typ protowire.Type, number uint64, data, raw []byte) error) error {
	for len(msg) > 0 {
		num, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return protowire.ParseError(n)
		}
		var number uint64
		var data []byte
		var m int
		switch typ {
		case protowire.VarintType:
			number, m = protowire.ConsumeVarint(msg[n:])
		case protowire.Fixed32Type:
			var v uint32
			v, m = protowire.ConsumeFixed32(msg[n:])
			number = uint64(v)
		case protowire.Fixed64Type:
			number, m = protowire.ConsumeFixed64(msg[n:])
		case protowire.BytesType:
			data, m = protowire.ConsumeBytes(msg[n:])
			if m >= 0 && data == nil {
				data = []byte{}
			}
		default:
			return fmt.Errorf("field %d has wire type %d", num, typ)
		}
		if m < 0 {
			return protowire.ParseError(m)
		}
		if err := f(num, typ, number, data, msg[:n+m]); err != nil {
			return err
		}
		msg = msg[n+m:]
	}
	return nil
}

// Unmarshal reads an ONNX model. Tensors share memory with data, which must not change afterwards. A model whose tensors lie in
// other files ("external data") is refused: this project's graphs are one file, and a path in a model file is not to be trusted.
func Unmarshal(data []byte) (*Graph, error) {
	g := NewGraph("")
	g.Opsets = map[string]int64{}
	found := false
	err := fields(data, func(num protowire.Number, typ protowire.Type, v uint64, b, raw []byte) error {
		switch {
		case num == 1 && typ == protowire.VarintType, num == 2 && typ == protowire.BytesType: // ir_version, producer_name: ours are written
		case num == 7 && typ == protowire.BytesType:
			found = true
			return g.readGraph(b, 0)
		case num == 25 && typ == protowire.BytesType: // a function: carried along, but its tensors are looked at
			g.extra = append(g.extra, raw...)
			return fields(b, func(num protowire.Number, typ protowire.Type, _ uint64, b, _ []byte) error {
				var err error
				switch {
				case num == 7 && typ == protowire.BytesType:
					_, err = readNode(b, 0)
				case num == 11 && typ == protowire.BytesType:
					_, err = readAttr(b, 0)
				}
				return err
			})
		case num == 8 && typ == protowire.BytesType:
			var domain string
			var version uint64
			if err := fields(b, func(num protowire.Number, _ protowire.Type, v uint64, b, _ []byte) error {
				switch num {
				case 1:
					domain = string(b)
				case 2:
					version = v
				}
				return nil
			}); err != nil {
				return err
			}
			if domain == "ai.onnx" {
				domain = ""
			}
			g.Opsets[domain] = int64(version)
		default:
			g.extra = append(g.extra, raw...)
		}
		return nil
	})
	if err == nil && !found {
		err = errors.New("it holds no graph")
	}
	if err != nil {
		return nil, fmt.Errorf("reading ONNX model: %w", err)
	}
	return g, nil
}

// maxDepth bounds how deep graphs may lie inside one another: our stack is finite.
const maxDepth = 16

// readGraph reads a GraphProto at a depth of subgraphs.
func (g *Graph) readGraph(msg []byte, depth int) error {
	if depth > maxDepth {
		return errors.New("its graphs are nested too deep")
	}
	return fields(msg, func(num protowire.Number, typ protowire.Type, v uint64, b, raw []byte) error {
		if typ == protowire.BytesType {
			switch num {
			case 1:
				n, err := readNode(b, depth)
				if err != nil {
					return fmt.Errorf("node %d: %w", len(g.Nodes), err)
				}
				g.Nodes = append(g.Nodes, n)
				for _, o := range n.Outputs {
					if _, ok := g.types[o]; !ok {
						g.types[o] = Type{}
					}
				}
				return nil
			case 2:
				g.Name = string(b)
				return nil
			case 5:
				name, t, err := readTensor(b)
				if err != nil {
					return fmt.Errorf("initializer %q: %w", name, err)
				}
				g.Initializer(name, t)
				return nil
			case 15:
				if err := readSparse(b); err != nil {
					return err
				}
			case 11, 12, 13:
				in, known, err := readInfo(b)
				if err != nil {
					return err
				}
				if known {
					g.types[in.Name] = in.Type
				}
				switch num {
				case 11:
					if !known {
						return fmt.Errorf("input %q is not a tensor", in.Name)
					}
					g.Inputs = append(g.Inputs, in)
					return nil
				case 12:
					if !known {
						return fmt.Errorf("output %q is not a tensor", in.Name)
					}
					g.Outputs = append(g.Outputs, in)
					return nil
				}
			}
		}
		g.extraG = append(g.extraG, raw...)
		return nil
	})
}

func readNode(msg []byte, depth int) (*Node, error) {
	n := &Node{}
	err := fields(msg, func(num protowire.Number, _ protowire.Type, _ uint64, b, _ []byte) error {
		switch num {
		case 1:
			n.Inputs = append(n.Inputs, string(b))
		case 2:
			n.Outputs = append(n.Outputs, string(b))
		case 3:
			n.Name = string(b)
		case 4:
			n.Op = string(b)
		case 5:
			a, err := readAttr(b, depth)
			if err != nil {
				return fmt.Errorf("attribute %q: %w", a.Name, err)
			}
			n.Attrs = append(n.Attrs, a)
		case 7:
			n.Domain = string(b)
			if n.Domain == "ai.onnx" {
				n.Domain = ""
			}
		}
		return nil
	})
	if err == nil && n.Op == "" {
		err = errors.New("it has no operator")
	}
	return n, err
}

func readAttr(msg []byte, depth int) (Attr, error) {
	a := Attr{raw: msg}
	err := fields(msg, func(num protowire.Number, typ protowire.Type, v uint64, b, _ []byte) error {
		var err error
		switch num {
		case 1:
			a.Name = string(b)
		case 2:
			a.F = math.Float32frombits(uint32(v))
		case 3:
			a.I = int64(v)
		case 4:
			a.S = string(b)
		case 5:
			_, a.Tensor, err = readTensor(b)
		case 6, 11: // a subgraph is carried along, but what a graph must not have, it must not have either
			err = NewGraph("").readGraph(b, depth+1)
		case 10:
			_, _, err = readTensor(b)
		case 22, 23:
			err = readSparse(b)
		case 7:
			err = packed(typ, v, b, protowire.Fixed32Type, func(v uint64) { a.Floats = append(a.Floats, math.Float32frombits(uint32(v))) })
		case 8:
			err = packed(typ, v, b, protowire.VarintType, func(v uint64) { a.Ints = append(a.Ints, int64(v)) })
		case 20:
			a.Kind = AttrKind(v)
		}
		return err
	})
	switch a.Kind {
	case AttrFloat, AttrInt, AttrString, AttrTensor, AttrFloats, AttrInts:
		a.raw = nil
	default:
		a.Kind = AttrRaw
	}
	return a, err
}

// packed reads a repeated number, which may stand alone or packed.
func packed(typ protowire.Type, v uint64, b []byte, element protowire.Type, add func(uint64)) error {
	if typ != protowire.BytesType {
		add(v)
		return nil
	}
	for len(b) > 0 {
		var n int
		var v uint64
		switch element {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var u uint32
			u, n = protowire.ConsumeFixed32(b)
			v = uint64(u)
		default:
			v, n = protowire.ConsumeFixed64(b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		add(v)
		b = b[n:]
	}
	return nil
}

// readSparse checks a SparseTensorProto, which is carried along as it is.
func readSparse(msg []byte) error {
	return fields(msg, func(num protowire.Number, typ protowire.Type, _ uint64, b, _ []byte) error {
		if num != 1 && num != 2 || typ != protowire.BytesType {
			return nil
		}
		_, _, err := readTensor(b)
		return err
	})
}

func readTensor(msg []byte) (string, Tensor, error) {
	var name string
	t := Tensor{Dims: []int64{}}
	var hasRaw bool
	var numbers []uint64
	err := fields(msg, func(num protowire.Number, typ protowire.Type, v uint64, b, _ []byte) error {
		element := protowire.VarintType
		switch num {
		case 1:
			return packed(typ, v, b, protowire.VarintType, func(v uint64) { t.Dims = append(t.Dims, int64(v)) })
		case 2:
			t.DType = DType(v)
		case 8:
			name = string(b)
		case 9:
			t.Data, hasRaw = b, true
		case 13, 14:
			if num == 13 || v != 0 {
				return errors.New("its data lies in another file, which is refused; save the model as a single file")
			}
		case 4:
			element = protowire.Fixed32Type
			fallthrough
		case 5, 7, 11:
			return packed(typ, v, b, element, func(v uint64) { numbers = append(numbers, v) })
		case 10:
			return packed(typ, v, b, protowire.Fixed64Type, func(v uint64) { numbers = append(numbers, v) })
		}
		return nil
	})
	if err != nil {
		return name, t, err
	}
	if !hasRaw {
		size := t.DType.Size()
		t.Data = make([]byte, 0, len(numbers)*size)
		for _, v := range numbers {
			var word [8]byte
			binary.LittleEndian.PutUint64(word[:], v)
			t.Data = append(t.Data, word[:size]...)
		}
	}
	return name, t, t.check()
}

// readInfo reads a ValueInfoProto; it reports false for what is not a tensor.
func readInfo(msg []byte) (in Info, tensor bool, err error) {
	err = fields(msg, func(num protowire.Number, _ protowire.Type, _ uint64, b, _ []byte) error {
		switch num {
		case 1:
			in.Name = string(b)
		case 2:
			return fields(b, func(num protowire.Number, typ protowire.Type, _ uint64, b, _ []byte) error {
				if num != 1 || typ != protowire.BytesType {
					return nil
				}
				tensor = true
				return fields(b, func(num protowire.Number, typ protowire.Type, v uint64, b, _ []byte) error {
					switch {
					case num == 1:
						in.Type.DType = DType(v)
					case num == 2 && typ == protowire.BytesType:
						in.Type.Dims = []int64{}
						return fields(b, func(num protowire.Number, typ protowire.Type, _ uint64, b, _ []byte) error {
							if num != 1 || typ != protowire.BytesType {
								return nil
							}
							size, param := int64(-1), ""
							err := fields(b, func(num protowire.Number, _ protowire.Type, v uint64, b, _ []byte) error {
								switch num {
								case 1:
									size = int64(v)
								case 2:
									param = string(b)
								}
								return nil
							})
							in.Type.Dims = append(in.Type.Dims, size)
							in.Params = append(in.Params, param)
							return err
						})
					}
					return nil
				})
			})
		}
		return nil
	})
	return in, tensor, err
}

// Marshal writes the model. The same graph gives the same bytes. Protocol buffers end at 2 GiB, beyond which it is an error.
func (g *Graph) Marshal() ([]byte, error) {
	size := 0
	for _, t := range g.Initializers {
		size += len(t.Data) + 128
	}
	if size > math.MaxInt32-1<<26 {
		return nil, fmt.Errorf("writing ONNX model %s: %d MB of weights do not fit into one file of at most 2 GB", g.Name, size>>20)
	}
	body := make([]byte, 0, size+256*len(g.Nodes)+4096)
	for _, n := range g.Nodes {
		body = appendMessage(body, 1, appendNode(nil, n))
	}
	body = appendString(body, 2, g.Name)
	for _, name := range g.order {
		t := g.Initializers[name]
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("writing ONNX model %s: initializer %s: %w", g.Name, name, err)
		}
		body = appendTag(body, 5)
		body = protowire.AppendVarint(body, uint64(tensorSize(name, t)))
		body = appendTensor(body, name, t)
	}
	for _, in := range g.Inputs {
		body = appendMessage(body, 11, appendInfo(nil, in))
	}
	for _, out := range g.Outputs {
		body = appendMessage(body, 12, appendInfo(nil, out))
	}
	body = append(body, g.extraG...)

	msg := make([]byte, 0, len(body)+1024)
	msg = appendVarint(msg, 1, irVersion)
	msg = appendString(msg, 2, "mlm-lsp")
	msg = appendMessage(msg, 7, body)
	domains := make([]string, 0, len(g.Opsets))
	for d := range g.Opsets {
		domains = append(domains, d)
	}
	sort.Strings(domains)
	for _, d := range domains {
		msg = appendMessage(msg, 8, appendVarint(appendString(nil, 1, d), 2, uint64(g.Opsets[d])))
	}
	return append(msg, g.extra...), nil
}

func appendTag(b []byte, num protowire.Number) []byte {
	return protowire.AppendTag(b, num, protowire.BytesType)
}

func appendMessage(b []byte, num protowire.Number, msg []byte) []byte {
	return protowire.AppendBytes(appendTag(b, num), msg)
}

func appendString(b []byte, num protowire.Number, s string) []byte {
	return protowire.AppendString(appendTag(b, num), s)
}

func appendVarint(b []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
}

func appendNode(b []byte, n *Node) []byte {
	for _, v := range n.Inputs {
		b = appendString(b, 1, v)
	}
	for _, v := range n.Outputs {
		b = appendString(b, 2, v)
	}
	b = appendString(b, 3, n.Name)
	b = appendString(b, 4, n.Op)
	for _, a := range n.Attrs {
		b = appendMessage(b, 5, appendAttr(nil, a))
	}
	if n.Domain != "" {
		b = appendString(b, 7, n.Domain)
	}
	return b
}

func appendAttr(b []byte, a Attr) []byte {
	if a.Kind == AttrRaw {
		return append(b, a.raw...)
	}
	b = appendString(b, 1, a.Name)
	switch a.Kind {
	case AttrFloat:
		b = protowire.AppendFixed32(protowire.AppendTag(b, 2, protowire.Fixed32Type), math.Float32bits(a.F))
	case AttrInt:
		b = appendVarint(b, 3, uint64(a.I))
	case AttrString:
		b = appendString(b, 4, a.S)
	case AttrTensor:
		b = appendMessage(b, 5, appendTensor(nil, "", a.Tensor))
	case AttrFloats:
		for _, f := range a.Floats {
			b = protowire.AppendFixed32(protowire.AppendTag(b, 7, protowire.Fixed32Type), math.Float32bits(f))
		}
	case AttrInts:
		for _, v := range a.Ints {
			b = appendVarint(b, 8, uint64(v))
		}
	}
	return appendVarint(b, 20, uint64(a.Kind))
}

func appendTensorHead(b []byte, name string, t Tensor) []byte {
	for _, d := range t.Dims {
		b = appendVarint(b, 1, uint64(d))
	}
	b = appendVarint(b, 2, uint64(t.DType))
	if name != "" {
		b = appendString(b, 8, name)
	}
	return b
}

func tensorSize(name string, t Tensor) int {
	return len(appendTensorHead(nil, name, t)) + protowire.SizeTag(9) + protowire.SizeBytes(len(t.Data))
}

func appendTensor(b []byte, name string, t Tensor) []byte {
	return appendMessage(appendTensorHead(b, name, t), 9, t.Data)
}

func appendInfo(b []byte, in Info) []byte {
	var shape []byte
	for i, d := range in.Type.Dims {
		var dim []byte
		if d >= 0 {
			dim = appendVarint(nil, 1, uint64(d))
		} else if i < len(in.Params) && in.Params[i] != "" {
			dim = appendString(nil, 2, in.Params[i])
		}
		shape = appendMessage(shape, 1, dim)
	}
	tensor := appendVarint(nil, 1, uint64(in.Type.DType))
	if in.Type.Dims != nil {
		tensor = appendMessage(tensor, 2, shape)
	}
	return appendMessage(appendString(b, 1, in.Name), 2, appendMessage(nil, 1, tensor))
}
