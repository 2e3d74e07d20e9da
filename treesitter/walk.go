package treesitter

// #cgo CFLAGS: -O2
// #cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup
// #include "walk.h"
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

const (
	// maxText bounds what is parsed. Tree-sitter's offsets have 32 bits and its
	// tree takes about fifty times the text; a source file of this size is
	// data, and is served as text without tokens.
	maxText = 32 << 20

	// keepNodes is the largest buffer, in nodes, that an idle parser keeps.
	keepNodes = 1 << 18

	parseTimeoutPerMiB = 10 * time.Second
)

// parseTimeout, and parseTimeoutPerMiB for the text's size, is when a parse ends
// that tree-sitter's error recovery drags out: on some nonsense it takes minutes.
// Real code takes a twentieth of that, on a machine that is ten times too busy half.
// A variable because one test has no time to wait.
var parseTimeout = 5 * time.Second

// node mirrors mlm_node, see walk.h.
type node struct {
	start, end uint32
	next       uint32
	parent     int32
	symbol     uint16
	field      uint8
	flags      uint8
}

const (
	symbolError = 0xFFFF
	flagMissing = C.MLM_MISSING
)

var _ [0]struct{} = [unsafe.Sizeof(node{}) - unsafe.Sizeof(C.mlm_node{})]struct{}{}

// idleParsers keeps parsers between calls, so that a parse starts with warm
// buffers. What does not fit is freed.
var idleParsers = make(chan *C.mlm_parser, runtime.GOMAXPROCS(0))

func init() {
	if C.mlm_init() == 0 {
		panic("treesitter: the tree-sitter runtime is not linked into this program")
	}
}

// walkTree parses text and calls use with the nodes in preorder, or with none
// where the text cannot be parsed. The nodes are C memory and must not be kept.
func walkTree(grammar unsafe.Pointer, text []byte, use func([]node)) {
	if len(text) == 0 || len(text) > maxText {
		use(nil)
		return
	}
	p := takeParser()
	if p == nil {
		use(nil)
		return
	}
	status := C.mlm_parse(p, grammar, (*C.char)(unsafe.Pointer(unsafe.SliceData(text))), C.uint32_t(len(text)), timeoutOf(text))
	if status != C.MLM_OK || p.count == 0 {
		use(nil)
	} else {
		use(unsafe.Slice((*node)(unsafe.Pointer(p.nodes)), int(p.count)))
	}
	giveBack(p, status)
}

// expectedAt marks in a slice by symbol which terminals the grammar lets stand where the last token of a text stands, and tells how much of the text before does not parse; nil is that it cannot be told.
func expectedAt(grammar unsafe.Pointer, text []byte) (expected []uint8, wrong int) {
	if len(text) == 0 || len(text) > maxText {
		return nil, 0
	}
	p := takeParser()
	if p == nil {
		return nil, 0
	}
	expected = make([]uint8, C.mlm_terminals(grammar))
	var unread C.uint32_t
	status := C.mlm_expected(p, grammar, (*C.char)(unsafe.Pointer(unsafe.SliceData(text))), C.uint32_t(len(text)), timeoutOf(text),
		(*C.uint8_t)(unsafe.SliceData(expected)), C.uint32_t(len(expected)), &unread)
	giveBack(p, status)
	if status != C.MLM_OK {
		return nil, 0
	}
	return expected, int(unread)
}

func timeoutOf(text []byte) C.uint64_t {
	return C.uint64_t((parseTimeout + time.Duration(len(text))*(parseTimeoutPerMiB>>20)) / time.Microsecond)
}

// takeParser returns an idle parser, or a new one; nil without memory.
func takeParser() *C.mlm_parser {
	select {
	case p := <-idleParsers:
		return p
	default:
		return C.mlm_parser_new()
	}
}

// giveBack keeps a parser for the next parse, unless it has become large or may not be in order.
func giveBack(p *C.mlm_parser, status C.int) {
	if (status == C.MLM_OK || status == C.MLM_NO_STATE) && p.capacity <= keepNodes {
		select {
		case idleParsers <- p:
			return
		default:
		}
	}
	C.mlm_parser_delete(p)
}
