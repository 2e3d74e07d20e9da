package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DType is an ONNX element type (TensorProto.DataType).
type DType int32

// The element types that this package reads and writes.
const (
	Float32  DType = 1
	Uint8    DType = 2
	Int8     DType = 3
	Int32    DType = 6
	Int64    DType = 7
	Bool     DType = 9
	Float16  DType = 10
	Float64  DType = 11
	BFloat16 DType = 16
)

// Size is the number of bytes of one element, 0 for a type this package does not know.
func (d DType) Size() int {
	switch d {
	case Uint8, Int8, Bool:
		return 1
	case Float16, BFloat16:
		return 2
	case Float32, Int32:
		return 4
	case Int64, Float64:
		return 8
	}
	return 0
}

// String gives the name that safetensors uses for the type.
func (d DType) String() string {
	switch d {
	case Float32:
		return "F32"
	case Uint8:
		return "U8"
	case Int8:
		return "I8"
	case Int32:
		return "I32"
	case Int64:
		return "I64"
	case Bool:
		return "BOOL"
	case Float16:
		return "F16"
	case Float64:
		return "F64"
	case BFloat16:
		return "BF16"
	}
	return fmt.Sprintf("dtype(%d)", int32(d))
}

// Tensor is a dense array in row-major order. Data holds its elements in little-endian order; a Tensor is
// never changed after it was made, so graphs and weights may share Data.
type Tensor struct {
	DType DType
	Dims  []int64
	Data  []byte
}

// elements multiplies dims. It reports false for a negative dimension or a product that would not fit in
// memory, so that no header can make us allocate more than its file could hold.
func elements(dims []int64) (int64, bool) {
	n := int64(1)
	for _, d := range dims {
		if d < 0 || d > math.MaxInt32*64 {
			return 0, false
		}
		if d != 0 && n > (1<<40)/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// Len is the number of elements.
func (t Tensor) Len() int {
	n, _ := elements(t.Dims)
	return int(n)
}

// check says whether Data has exactly the bytes that DType and Dims ask for.
func (t Tensor) check() error {
	size := t.DType.Size()
	if size == 0 {
		return fmt.Errorf("element type %d is not supported", t.DType)
	}
	n, ok := elements(t.Dims)
	if !ok {
		return fmt.Errorf("impossible shape %v", t.Dims)
	}
	if int64(len(t.Data)) != n*int64(size) {
		return fmt.Errorf("shape %v of %s needs %d bytes, there are %d", t.Dims, t.DType, n*int64(size), len(t.Data))
	}
	return nil
}

// FloatTensor makes a Float32 tensor. It panics when the shape does not fit the data, which is a mistake in the caller.
func FloatTensor(data []float32, dims ...int64) Tensor {
	raw := make([]byte, 4*len(data))
	for i, f := range data {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(f))
	}
	return mustTensor(Tensor{Float32, dims, raw})
}

// IntTensor makes an Int64 tensor. It panics when the shape does not fit the data, which is a mistake in the caller.
func IntTensor(data []int64, dims ...int64) Tensor {
	raw := make([]byte, 8*len(data))
	for i, v := range data {
		binary.LittleEndian.PutUint64(raw[8*i:], uint64(v))
	}
	return mustTensor(Tensor{Int64, dims, raw})
}

func mustTensor(t Tensor) Tensor {
	if err := t.check(); err != nil {
		panic("onnx: " + err.Error())
	}
	return t
}

// Floats gives the elements as float32; F16, BF16 and F64 are converted. It is nil for integer tensors.
func (t Tensor) Floats() []float32 {
	n := t.Len()
	out := make([]float32, n)
	switch t.DType {
	case Float32:
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
		}
	case Float16:
		for i := range out {
			out[i] = halfToFloat(binary.LittleEndian.Uint16(t.Data[2*i:]))
		}
	case BFloat16:
		for i := range out {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(t.Data[2*i:])) << 16)
		}
	case Float64:
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:])))
		}
	default:
		return nil
	}
	return out
}

// Ints gives the elements of an Int64 or Int32 tensor, nil for any other type.
func (t Tensor) Ints() []int64 {
	out := make([]int64, t.Len())
	switch t.DType {
	case Int64:
		for i := range out {
			out[i] = int64(binary.LittleEndian.Uint64(t.Data[8*i:]))
		}
	case Int32:
		for i := range out {
			out[i] = int64(int32(binary.LittleEndian.Uint32(t.Data[4*i:])))
		}
	default:
		return nil
	}
	return out
}

// Half converts a floating tensor to Float16, rounding to nearest even; values beyond the range become infinite.
func (t Tensor) Half() Tensor {
	f := t.Floats()
	raw := make([]byte, 2*len(f))
	for i, v := range f {
		binary.LittleEndian.PutUint16(raw[2*i:], floatToHalf(v))
	}
	return Tensor{Float16, t.Dims, raw}
}

// Single converts a floating tensor to Float32; a Float32 tensor is returned as it is.
func (t Tensor) Single() Tensor {
	if t.DType == Float32 {
		return t
	}
	return FloatTensor(t.Floats(), t.Dims...)
}

func halfToFloat(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h) & 0x3ff
	switch {
	case exp == 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	}
	f := float32(frac) / (1 << 24) // subnormal: exact in float32
	if sign != 0 {
		f = -f
		if frac == 0 {
			return math.Float32frombits(sign)
		}
	}
	return f
}

func floatToHalf(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	exp := int(b>>23)&0xff - 127
	frac := b & 0x7fffff
	switch {
	case exp == 128:
		if frac != 0 {
			return sign | 0x7e00
		}
		return sign | 0x7c00
	case exp > 15:
		return sign | 0x7c00
	case exp >= -14:
		h := uint32(exp+15)<<10 | frac>>13
		rest := frac & 0x1fff
		if rest > 0x1000 || rest == 0x1000 && h&1 == 1 {
			h++ // may carry into the exponent, and up to infinity: both are right
		}
		return sign | uint16(h)
	case exp >= -25:
		frac |= 0x800000
		shift := uint(-exp - 14 + 13)
		h := frac >> shift
		rest := frac & (1<<shift - 1)
		half := uint32(1) << (shift - 1)
		if rest > half || rest == half && h&1 == 1 {
			h++
		}
		return sign | uint16(h)
	}
	return sign
}
