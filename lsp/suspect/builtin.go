package suspect

import (
	"maps"
	"slices"
	"strings"
)

// builtins are names that are there without being defined, by language: what stands nowhere as a definition may be one of them, or another file's.
var builtins = func() map[string]map[string]bool {
	const ecmascript = `Array ArrayBuffer BigInt Boolean Buffer DataView Date Error EvalError Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl JSON Map Math NaN
Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError URL URLSearchParams Uint16Array Uint32Array Uint8Array WeakMap WeakRef
WeakSet XMLHttpRequest __dirname __filename alert arguments cancelAnimationFrame clearImmediate clearInterval clearTimeout console decodeURI decodeURIComponent define describe document
encodeURI encodeURIComponent escape eval event expect exports fetch global globalThis history isFinite isNaN it localStorage location module navigator parseFloat parseInt process
queueMicrotask require requestAnimationFrame self sessionStorage setImmediate setInterval setTimeout structuredClone undefined unescape window jQuery $ Event Node Element HTMLElement
any unknown never string number boolean object symbol bigint Record Partial Pick Omit Readonly`
	lists := map[string]string{
		"go": `any append bool byte cap clear close comparable complex complex128 complex64 copy delete error false float32 float64 imag int int16 int32 int64 int8 iota len make max min new nil
panic print println real recover rune string true uint uint16 uint32 uint64 uint8 uintptr`,
		"python": `ArithmeticError AssertionError AttributeError BaseException BlockingIOError BrokenPipeError BytesWarning ChildProcessError ConnectionError DeprecationWarning EOFError Ellipsis
EnvironmentError Exception FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning IndexError InterruptedError IsADirectoryError
KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError OSError OverflowError PendingDeprecationWarning
PermissionError ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
SystemExit TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeWarning UserWarning ValueError Warning WindowsError ZeroDivisionError abs all
any apply ascii basestring bin bool buffer bytearray bytes callable chr classmethod cmp compile complex copyright credits delattr dict dir divmod enumerate eval execfile exit file filter
float format frozenset getattr globals hasattr hash help hex id input int intern isinstance issubclass iter len license list locals long map max memoryview min next object oct open ord pow
print property quit range raw_input reduce reload repr reversed round set setattr slice sorted staticmethod str sum super tuple type unichr unicode vars xrange zip`,
		"javascript": ecmascript, "typescript": ecmascript, "tsx": ecmascript,
	}
	sets := map[string]map[string]bool{}
	for language, list := range lists {
		sets[language] = map[string]bool{}
		for _, name := range strings.Fields(list) {
			sets[language][name] = true
		}
	}
	return sets
}()

// builtinsByLength are they by language and length, sorted.
var builtinsByLength = func() map[string]map[int][]string {
	lists := map[string]map[int][]string{}
	for language, set := range builtins {
		lists[language] = map[int][]string{}
		for _, name := range slices.Sorted(maps.Keys(set)) {
			lists[language][len(name)] = append(lists[language][len(name)], name)
		}
	}
	return lists
}()
