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
	var p *C.mlm_parser
	select {
	case p = <-idleParsers:
	default:
		if p = C.mlm_parser_new(); p == nil {
			use(nil)
			return
		}
	}
	timeout := parseTimeout + time.Duration(len(text))*(parseTimeoutPerMiB>>20)
	status := C.mlm_parse(p, grammar, (*C.char)(unsafe.Pointer(unsafe.SliceData(text))), C.uint32_t(len(text)),
		C.uint64_t(timeout/time.Microsecond))
	if status != C.MLM_OK || p.count == 0 {
		use(nil)
	} else {
		use(unsafe.Slice((*node)(unsafe.Pointer(p.nodes)), int(p.count)))
	}
	if status == C.MLM_OK && p.capacity <= keepNodes {
		select {
		case idleParsers <- p:
			return
		default:
		}
	}
	C.mlm_parser_delete(p)
}
