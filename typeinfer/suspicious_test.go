package typeinfer

import (
	"context"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// suspected lists what looks wrong in a text, as "symbol: type".
func suspected(t testing.TB, language, text string) (list []string) {
	t.Helper()
	found, err := Suspicious(context.Background(), nil, treesitter.Parse(language, []byte(text)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found {
		if len(s.Candidates) == 0 || len(s.Against) == 0 || s.Existing == "" || string(text[s.Span.Start:s.Span.End]) != s.Existing {
			t.Errorf("%+v", s)
		}
		list = append(list, s.Symbol+": "+s.Candidates[0].Type)
	}
	return list
}

// TestSuspicious: what the file contradicts is found, with what was likelier meant.
func TestSuspicious(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"python", "def load(path: str, retries: str = 3) -> bytes: ...\n", "retries: int"},
		{"python", "def label(name: int = 'x'):\n    return name\n", "name: str"},
		{"python", "verbose: str = False\n", "verbose: bool"},
		{"python", "def is_empty(items: list) -> str:\n    return len(items) == 0\n", "is_empty: bool"},
		{"python", "def title(name) -> int:\n    return f'<{name}>'\n", "title: str"},
		{"python", "def show(x) -> str:\n    if not x:\n        raise ValueError(x)\n    print(x)\n", "show: None"},
		{"python", "def words(text: int):\n    return [w.strip() for w in text.split()]\n", "text: str"},
		{"python", "class Cart:\n    pass\n\n\ndef name(cart) -> Cart:\n    return 'cart'\n", "name: str"},
		{"python", "def f(name: int): ...\nf('a')\nf('b')\n", "name: str"},
		{"typescript", "function isEmpty(items: string[]): string {\n  return items.length === 0;\n}\n", "isEmpty: boolean"},
		{"typescript", "function label(name: number = 'x') {}\n", "name: string"},
		{"typescript", "function log(text: string): number {\n  console.log(text);\n  return;\n}\n", "log: void"},
		{"javascript", "/**\n * @param {string} a\n * @returns {string}\n */\nfunction same(a) {\n  return a === 'b';\n}\n", "same: boolean"},
	} {
		if got := suspected(t, c.language, c.text); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestNotSuspicious: what is wider than what is seen is right, and so is what nobody here knows enough of.
func TestNotSuspicious(t *testing.T) {
	for _, c := range []struct{ language, text string }{
		{"python", "def f(a: float = 3, b: complex = 1.5, c: int = True, d: object = 'x', e: Any = 0, g: Hashable = 2): ...\n"}, // the numeric tower, and what takes all
		{"python", "def f(a: int | str = 'x', b: Optional[str] = 'y', c: Union[float, bytes] = 2, d: 'str | None' = 'z'): ...\n"},
		{"python", "def f(a: int = None, b: 'Cart' = None): ...\n"}, // Optional, as it long was
		{"python", "def f(a: Sequence[str] = [], b: Iterable[int] = (1, 2), c: Mapping[str, int] = {}, d: Collection = [1], e: Iterable[str] = 'ab'): ...\n"},
		{"python", "from .compat import str\ndef f(a: str = 3): ...\n"},
		{"python", "from shop import UserId, Money\ndef f(a: UserId = 3, b: Money = 'x') -> Money:\n    return 2\n"}, // aliases, or classes that are made
		{"python", "UserId = NewType('UserId', int)\nT = TypeVar('T')\ndef f(a: UserId = 3, b: T = 'x') -> T:\n    return 'x'\n"},
		{"python", "class Sized2(Protocol):\n    def __len__(self) -> int: ...\n\n\ndef f(a: Sized2 = 'x'): ...\n"},
		{"python", "class Color(str, Enum):\n    RED = 'red'\n\n\ndef f(a: Color = 'red'): ...\n"},
		{"python", "class A(ABC):\n    def name(self) -> str:\n        '''The name.'''\n\n    @abstractmethod\n    def size(self) -> int:\n        pass\n"},
		{"python", "def f() -> str:\n    raise NotImplementedError\n\n\ndef g() -> int: ...\n"},
		{"python", "def f(x: str):\n    if isinstance(x, list):\n        x.append(1)\n"},
		{"python", "def f(x: str):\n    x = x.split()\n    x.append(1)\n"},
		{"python", "def f(x: str):\n    try:\n        x.append(1)\n    except AttributeError:\n        pass\n"},
		{"python", "def f(x) -> tuple[bool, str]:\n    if x:\n        return True, 'a'\n    return False, 'b'\n"},
		{"python", "def f(x) -> bytes:\n    return f'''a {x}'''.encode()\n"},
		{"python", "@pytest.fixture\ndef cart() -> Cart:\n    yield Cart()\n\n\n@contextmanager\ndef opened() -> str:\n    yield 'a'\n"},
		{"python", "def f() -> Iterator[int]:\n    yield 1\n\n\ndef g(x) -> str:\n    while True:\n        x()\n"},
		{"python", "class A:\n    @property\n    def id(self) -> str: ...\n\n    @id.setter\n    def id(self, id: int):\n        self._id = id\n"},
		{"python", "def get(name: int): ...\nclass A:\n    def get(self, name: str): ...\nA().get('a')\nget('b')\nget('c')\n"}, // two of the name
		{"python", "def f(*names: str, **more: int):\n    names.count('a')\n    more.items()\n    for n in names:\n        pass\n"},
		{"typescript", "function f(a: unknown = 1, b: any = 'x', c: string | number = 2, d: 'a' | 'b' = 'a', e: Options = {}, g: Id = 'x') {}\ntype Id = string;\n"},
		{"typescript", "function sign(x: number): number {\n  return x > 0 ? 1 : -1;\n}\n"},
		{"typescript", "async function f(x: string): Promise<string> {\n  return 'a' + x;\n}\n"},
		{"typescript", "abstract class A {\n  abstract name(): string;\n  size(): number {\n    throw new Error('no');\n  }\n}\ninterface B {\n  name(): string;\n}\n"},
		{"typescript", "interface Point {\n  x: number;\n}\nfunction f(p: Point = { x: 1 }): Point {\n  return { x: 2 };\n}\n"},
		{"typescript", "function f(x: string) {\n  if (Array.isArray(x)) x.push(1);\n}\nfunction g(...names: string[]) {}\ng('a');\ng('b');\n"},
		{"javascript", "/**\n * @param {*} a\n * @param {?string} b\n * @param {Object} c\n * @param {number=} d\n */\nfunction f(a = 1, b = 'x', c = {}, d = 2) {}\n"},
		{"python", "def f(x) -> dict[str, int] | None:\n    if x is None:\n        return None\n    return OrderedDict(x)\n"},
		{"python", "def f() -> date:\n    return datetime(2020, 1, 1)\n\n\ndef g() -> Exception:\n    return ValueError('x')\n"},
		{"typescript", "function f(xs: string[] | number[]) {\n  return [...xs];\n}\n"},
		{"typescript", "function f(x: string): string {\n  const a = `b${x}c`;\n  return a;\n}\n"},
		{"go", "package p\n\nfunc f() string { return \"a\" }\n"},
	} {
		if got := suspected(t, c.language, c.text); len(got) > 0 {
			t.Errorf("%q: %q", c.text, got)
		}
	}
}

// TestSuspicionMessage: a finding says what stands there, what was likelier meant and why.
func TestSuspicionMessage(t *testing.T) {
	found, err := Suspicious(context.Background(), nil, treesitter.Parse("python", []byte("def load(path, retries: str = 3) -> int:\n    return 'a'\n")), Options{})
	if err != nil || len(found) != 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	for i, want := range []string{"`str` looks wrong for `retries`: was `int` meant? (default is an integer)", "`int` looks wrong for the result of `load`: was `str` meant? (returns a string)"} {
		if got := found[i].Message(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestSuspiciousOnly: only what is wanted is looked at, and what cannot be parsed is left alone.
func TestSuspiciousOnly(t *testing.T) {
	text := "def f(a: str = 3): ...\ndef g(b: str = 3): ...\n"
	found, err := Suspicious(context.Background(), nil, treesitter.Parse("python", []byte(text)), Options{Only: func(s treesitter.Span) bool { return s.Start > 20 }})
	if err != nil || len(found) != 1 || found[0].Symbol != "b" {
		t.Errorf("%+v, %v", found, err)
	}
	if got := suspected(t, "python", "def f(a: str = 3):\n    x = = )\n"); len(got) > 0 {
		t.Errorf("%q", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Suspicious(ctx, nil, treesitter.Parse("python", []byte(text)), Options{}); err == nil || !strings.Contains(err.Error(), "cancel") {
		t.Errorf("cancelled: %v", err)
	}
}
