package typeinfer

import "strings"

func set(text string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		m[word] = true
	}
	return m
}

// pythonBuiltins are the types that Python has without an import.
var pythonBuiltins = set(`bool bytearray bytes complex dict float frozenset int list memoryview None object range set slice str super tuple type
	property staticmethod classmethod enumerate filter map reversed zip
	ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError ChildProcessError ConnectionError
	EOFError EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError GeneratorExit IOError ImportError IndexError InterruptedError IsADirectoryError KeyError
	KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError PermissionError ProcessLookupError
	RecursionError ReferenceError RuntimeError StopAsyncIteration StopIteration SyntaxError SystemError SystemExit TimeoutError TypeError UnicodeDecodeError UnicodeEncodeError
	UnicodeError ValueError Warning ZeroDivisionError`)

// typingNames are those of the module typing that types are made of.
var typingNames = set(`Any AnyStr Annotated Callable ClassVar Concatenate Final Generic IO TextIO BinaryIO Literal LiteralString NamedTuple Never NewType NoReturn Optional Protocol
	Self SupportsFloat SupportsIndex SupportsInt TypeAlias TypeGuard TypedDict Union`)

// pythonNames are the types of other modules of the standard library, by module. What two modules have stands at the one that is meant more often.
var pythonNames = map[string]string{
	"collections.abc":    "AsyncGenerator AsyncIterable AsyncIterator Awaitable ByteString Collection Container Coroutine Generator Hashable ItemsView Iterable Iterator KeysView Mapping MutableMapping MutableSequence MutableSet Reversible Sequence Sized ValuesView",
	"typing":             "AsyncContextManager ContextManager DefaultDict Deque Match Pattern OrderedDict ChainMap SupportsBytes SupportsAbs SupportsRound",
	"collections":        "Counter defaultdict deque",
	"datetime":           "date datetime timedelta tzinfo timezone",
	"decimal":            "Decimal",
	"fractions":          "Fraction",
	"enum":               "Enum IntEnum",
	"logging":            "Logger LogRecord Handler",
	"pathlib":            "Path PurePath",
	"types":              "ModuleType TracebackType FunctionType SimpleNamespace MappingProxyType",
	"uuid":               "UUID",
	"argparse":           "ArgumentParser Namespace",
	"threading":          "Thread",
	"io":                 "BytesIO StringIO TextIOWrapper",
	"concurrent.futures": "Future Executor ThreadPoolExecutor",
	"subprocess":         "CompletedProcess Popen",
}

var pythonModuleByName = func() map[string]string {
	m := map[string]string{}
	for name := range typingNames {
		m[name] = "typing"
	}
	for module, list := range pythonNames {
		for name := range strings.FieldsSeq(list) {
			m[name] = module
		}
	}
	// What both have is imported from where it is no alias.
	for name := range strings.FieldsSeq(pythonNames["collections.abc"]) {
		m[name] = "collections.abc"
	}
	for long := range pythonAliases {
		m[long] = "typing"
	}
	return m
}()

// pythonModuleOf is the module of the standard library that has a type of that name; "" when none is known.
func pythonModuleOf(name string) string { return pythonModuleByName[name] }

// knownLower are types whose names begin in lower case, and which are imported.
var knownLower = set("date datetime timedelta tzinfo timezone time deque defaultdict namedtuple partial array struct_time ndarray")

// scriptGlobals are the types that TypeScript has without an import: its own, those of the language, of browsers, and of Node where those are said to be there.
var scriptGlobals = set(`any bigint boolean false never null number object string symbol this true undefined unknown void
	Array ArrayBuffer ArrayBufferLike ArrayBufferView ArrayLike AsyncGenerator AsyncIterable AsyncIterableIterator AsyncIterator Awaited BigInt BigInt64Array BigUint64Array
	Boolean ConstructorParameters DataView Date Error EvalError Exclude Extract Float32Array Float64Array Function Generator GeneratorFunction IArguments InstanceType Int16Array
	Int32Array Int8Array Intl Iterable IterableIterator Iterator JSON Lowercase Map NonNullable Number Object Omit OmitThisParameter Parameters Partial Pick Promise
	PromiseLike PromiseSettledResult PropertyDescriptor PropertyKey Proxy ProxyHandler RangeError Readonly ReadonlyArray ReadonlyMap ReadonlySet Record ReferenceError RegExp
	RegExpExecArray RegExpMatchArray Required ReturnType Set SharedArrayBuffer String Symbol SyntaxError TemplateStringsArray ThisParameterType ThisType TypeError
	TypedPropertyDescriptor URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray Uncapitalize Uppercase Capitalize WeakMap WeakRef WeakSet
	AbortController AbortSignal Blob BlobPart CSSStyleDeclaration CanvasRenderingContext2D ClipboardEvent Console CustomEvent DOMException DOMParser DOMRect DOMRectReadOnly Document
	DocumentFragment DragEvent Element ErrorEvent Event EventListener EventListenerOrEventListenerObject EventSource EventTarget File FileList FileReader FocusEvent FormData
	HTMLAnchorElement HTMLButtonElement HTMLCanvasElement HTMLCollection HTMLDivElement HTMLElement HTMLFormElement HTMLHeadingElement HTMLIFrameElement HTMLImageElement
	HTMLInputElement HTMLLabelElement HTMLLIElement HTMLLinkElement HTMLMediaElement HTMLOptionElement HTMLParagraphElement HTMLScriptElement HTMLSelectElement HTMLSpanElement
	HTMLStyleElement HTMLTableElement HTMLTextAreaElement HTMLUListElement HTMLVideoElement Headers HeadersInit History IDBDatabase ImageData InputEvent IntersectionObserver
	IntersectionObserverEntry KeyboardEvent Location MediaQueryList MediaQueryListEvent MediaStream MessageEvent MessagePort MouseEvent MutationObserver MutationRecord Navigator Node
	NodeJS NodeList NodeListOf OffscreenCanvas PointerEvent PopStateEvent ProgressEvent PromiseRejectionEvent Range ReadableStream Request RequestInfo RequestInit ResizeObserver
	ResizeObserverEntry Response ResponseInit SVGElement SVGSVGElement Selection ShadowRoot Storage StorageEvent StyleSheet SubmitEvent Text TextDecoder TextEncoder Touch TouchEvent
	TouchList TransformStream UIEvent URL URLSearchParams WebGL2RenderingContext WebGLRenderingContext WebSocket WheelEvent Window Worker WritableStream XMLHttpRequest
	BufferSource Buffer JSX keyof typeof readonly infer extends is asserts unique new in as globalThis import import.meta`)
