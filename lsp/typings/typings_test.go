package typings

import (
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// TestWords: names with their paths, and no text in quotes.
func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"Dict[str, np.ndarray]": "Dict str np.ndarray", "std::io::Result<()>": "std::io::Result", "*http.Request": "http.Request", "'left' | 'right'": "",
		"&'a str": "str", "...int": "int", "a..b": "a b", "x.": "x", "": "",
	} {
		if got := strings.Join(Words(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// found is the evidence at the site of a symbol.
func found(t *testing.T, language, text, kind, symbol string) Evidence {
	t.Helper()
	f := treesitter.Parse(language, []byte(text))
	for _, site := range f.TypeSites {
		if site.Kind == kind && Symbol(site) == symbol {
			return Look(names.New(f), site)
		}
	}
	t.Fatalf("no %s %s in %v", kind, symbol, f.TypeSites)
	return Evidence{}
}

// TestLook: what stands around a site is seen, in languages that put the type behind the name and before it.
func TestLook(t *testing.T) {
	for _, c := range []struct {
		language, text, kind, symbol string
		keys                         string // separated by "; "
		made, carried                string
	}{
		{"python", "def f(user_ids: list = [], *, verbose=False):\n    user_ids.append(1)\n    for i in user_ids:\n        pass\n", "parameter", "user_ids",
			"np user_ids; lp ids; fp user; v []; u .append(); u for", "", ""},
		{"python", "def f(a, path=None):\n    return open(path)\n", "parameter", "path", "v None; u open(", "", ""},
		{"python", "def total(xs):\n    if not xs:\n        return None\n    return Cart(xs)\n", "return", "total", "nr total; r None; r call; r call Cart", "Cart", ""},
		{"python", "class A:\n    def __init__(self, b):\n        self.b: B = b\n    def f(self):\n        return self.b.go()\n", "field", "b", "v name; u .go()", "", "b"},
		{"go", "package p\n\nfunc f(w io.Writer, names []string) error {\n\tfor _, n := range names {\n\t}\n\treturn nil\n}\n", "parameter", "names", "np names; u for", "", ""},
		{"go", "package p\n\nvar cache = map[string]int{}\nvar all []string = []string{}\n", "variable", "all", "v [", "[]string", ""},
		{"typescript", "async function load(id?: string): Promise<void> {\n  if (id === 'x') { return }\n}\n", "parameter", "id", "s ?; u === string", "", ""},
		{"typescript", "async function load(id?: string): Promise<void> {\n  return\n}\n", "return", "load", "s async; r nothing", "", ""},
		{"typescript", "const m: Map<string, number> = new Map<string, number>()\nm.set('a', 1)\n", "variable", "m", "v new; v new Map; u .set()", "Map<string, number>", ""},
		{"java", "class A {\n  private static final int LIMIT = 10;\n  String name() { return title; }\n}\n", "field", "LIMIT", "v int; s final; s static", "", ""},
		{"java", "class A {\n  String name() { return title; }\n}\n", "return", "name", "r name; r name title", "", "title"},
		{"rust", "fn size(xs: &[u8]) -> usize {\n    xs.len()\n}\n", "return", "size", "r call; r call len", "", ""},
		{"rust", "fn f() {\n    let c: Cart = Cart::new(1);\n}\n", "variable", "c", "v call; v call Cart::new", "Cart", ""},
	} {
		e := found(t, c.language, c.text, c.kind, c.symbol)
		keys := e.LexiconKeys()
		for _, want := range strings.Split(c.keys, "; ") {
			if !slices.Contains(keys, want) {
				t.Errorf("%s %s of %q: no %q in %q", c.kind, c.symbol, c.text, want, keys)
			}
		}
		if got := strings.Join(e.Made, " "); got != c.made {
			t.Errorf("%s %s of %q: made %q, want %q", c.kind, c.symbol, c.text, got, c.made)
		}
		if got := strings.Join(e.Carried, " "); got != c.carried {
			t.Errorf("%s %s of %q: carried %q, want %q", c.kind, c.symbol, c.text, got, c.carried)
		}
	}
}

// TestShapes: a value is what its last member gives back, and not what its first token is.
func TestShapes(t *testing.T) {
	for _, c := range []struct{ language, text, kind, symbol, want string }{
		{"python", "def f():\n    return 'a b'.split()\n", "return", "f", "["},
		{"python", "def f():\n    return \"\"\"a\n\"\"\".encode()\n", "return", "f", "bytes"},
		{"python", "def f(x):\n    return ', '.join(x)\n", "return", "f", "string"},
		{"python", "def f(x):\n    return 'a b'.split()[0]\n", "return", "f", "other"},
		{"python", "def f(x):\n    return 'a'.nobody(x)\n", "return", "f", "other"},
		{"python", "def f(x):\n    return True, x\n", "return", "f", "list"},
		{"python", "func = g\nclass A:\n    flag = func(None)\n", "field", "flag", "call; call func"},
		{"python", "def f(x):\n    return f\"\"\"a {x} b\n {x!r}\"\"\".encode()\n", "return", "f", "bytes"},
		{"python", "def f(x):\n    return f'a {x}'\n", "return", "f", "string"},
		{"typescript", "function f(x) { return `a ${x} b`.length }\n", "return", "f", "int"},
		{"python", "def f(x):\n    return b''.join(x)\n", "return", "f", "bytes"},
		{"python", "def f(x):\n    return rb'a'.decode()\n", "return", "f", "string"},
		{"python", "def f(x):\n    return x == 1, 2\n", "return", "f", "list"},
		{"python", "def f(x):\n    return x - y(1, 2) <= z\n", "return", "f", "compare"},
		{"python", "def f(x):\n    return x - y and z < 2\n", "return", "f", "- name"},
		{"python", "def f(x):\n    return x == 1 and x in y\n", "return", "f", "compare"},
		{"typescript", "function f(x) { return x > 1 ? 'a' : 'b' }\n", "return", "f", "choice string"},
		{"typescript", "function f(x) {\n  return x instanceof A\n    ? x.a\n    : undefined;\n}\n", "return", "f", "choice name"},
		{"typescript", "function f(x) { return x > 1 && x < 4 }\n", "return", "f", "compare"},
		{"typescript", "const f = /a/g\n", "variable", "f", "regex"},
		{"typescript", "const f = 8n\n", "variable", "f", "bigint"},
		{"typescript", "function f(x) { return 'a,b'.split(',') }\n", "return", "f", "["},
		{"typescript", "function f(x) {\n  const a = `b${x}c`\n  if (`${x}`) { g() }\n  return `${a}`\n}\n", "return", "f", "string"},
		{"typescript", "function f(x) {\n  g(`(\\`${x(\n    1,\n  )}\\`)}`)\n  return `${x}`\n}\n", "return", "f", "string"},
		{"typescript", "function f(x) { return 'ab'.length }\n", "return", "f", "int"},
	} {
		e := found(t, c.language, c.text, c.kind, c.symbol)
		if got := strings.Join(append(e.Keys[FamilyValue], e.Keys[FamilyResult]...), "; "); strings.TrimPrefix(got, "none; ") != c.want {
			t.Errorf("%s %s of %q: %q, want %q", c.kind, c.symbol, c.text, got, c.want)
		}
	}
}

// TestAs: what a value is said to be is the whole type behind the word, or nothing.
func TestAs(t *testing.T) {
	for text, want := range map[string]string{
		"x as Suite[]": "Suite[]", "x as Map<string, Suite>": "Map<string, Suite>", "x as a.Suite[][]": "a.Suite[][]", "x as Suite | null": "", "x as Suite['id']": "", "x as Suite": "Suite",
	} {
		if got := strings.Join(found(t, "typescript", "function f(x) {\n  return "+text+";\n}\n", "return", "f").Made, " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestUsesEnd: what begins the next line is done with nothing of this one.
func TestUsesEnd(t *testing.T) {
	e := found(t, "python", "def f(names):\n    x = names\n\n    (a, b) = x\n    y = names\n    [c] = y\n", "parameter", "names")
	if got := e.Keys[FamilyUse]; len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestBlind: the evidence is the same whatever is written at the site.
func TestBlind(t *testing.T) {
	const text = "class Box:\n    def put(self, item: TYPE = None) -> bool:\n        self.item = item\n        return item.size > 3\n"
	a := found(t, "python", strings.Replace(text, "TYPE", "Item", 1), "parameter", "item")
	b := found(t, "python", strings.Replace(text, "TYPE", "Optional[Dict[str, Any]]", 1), "parameter", "item")
	c := found(t, "python", strings.Replace(text, ": TYPE", "", 1), "parameter", "item")
	for _, other := range []Evidence{b, c} {
		if !slices.Equal(a.LexiconKeys(), other.LexiconKeys()) {
			t.Errorf("%q beside %q", a.LexiconKeys(), other.LexiconKeys())
		}
	}
}

func FuzzLook(f *testing.F) {
	f.Add("python", "def f(a: int = 3, *b) -> List[a.b]:\n    a.c()\n    return -a[1] + not(b)\n")
	f.Add("typescript", "class A { private x?: Map<string, () => void> = new Map(); f(): A | null { return this } }")
	f.Add("python", "class A(B):\n    def f(self, a, b=None):\n        self.x = a or {}\n        for k, v in self.x.items():\n            yield k if v else (1, 'x')\nA(1, b=[2]).f(*a, **b)\n")
	f.Add("typescript", "exports.f = async (a?: string) => `${a ? [a] : {}}`\nconst g = function () { return new Map().set(1, f(a ?? 2)) }")
	f.Add("rust", "fn f<'a>(x: &'a str) -> Option<&'a str> { let y: Vec<_> = vec![]; Some(x) }")
	f.Add("go", "package p\nvar x []func(a, b int) (c error) = []func(int, int) error{nil}")
	f.Add("java", "class A { List<? extends B> x = new ArrayList<>(); }")
	f.Fuzz(func(t *testing.T, language, text string) {
		if len(text) > 5000 {
			return
		}
		file := treesitter.Parse(language, []byte(text))
		x := names.New(file)
		l := For(language)
		if facts := FactsOf(file); facts != nil {
			for _, list := range []map[string][]taken{facts.takes, facts.passes} {
				for _, all := range list {
					for _, one := range all {
						if !Askable(one.text) {
							t.Fatalf("%q", one.text)
						}
					}
				}
			}
		}
		Parameters(file)
		for _, site := range file.TypeSites {
			e := Look(x, site)
			if e.Own != "" && !Askable(e.Own) {
				t.Fatalf("%q", e.Own)
			}
			for _, keys := range e.Keys {
				if len(keys) > mostKeys || slices.Contains(keys, "") {
					t.Fatalf("%q", keys)
				}
			}
			for _, made := range e.Made {
				if !Askable(made) {
					t.Fatalf("%q", made)
				}
			}
			Words(site.Existing)
			if form := l.Form(site.Existing); l.Form(form) != form {
				t.Fatalf("%q: %q, and then %q", site.Existing, form, l.Form(form))
			}
		}
	})
}

// TestFlows: types that calls of the file pass on, one step, whichever way they go; what the site itself is annotated with is none of them.
func TestFlows(t *testing.T) {
	for _, c := range []struct{ language, text, kind, symbol, want string }{
		{"python", "def load() -> Cart: ...\ndef f():\n    cart: Any = load()\n", "variable", "cart", "Cart"},
		{"python", "class A:\n    def go(self) -> int: ...\n    def f(self):\n        return self.go()\n", "return", "f", "int"},
		{"python", "def sell(n: int, item: Item): ...\ndef f(thing):\n    sell(1, thing)\n", "parameter", "thing", "Item"},
		{"python", "def f(n, name): ...\ndef g(label: str):\n    f(3, label)\n    f(4, 'x' + 'y')\n", "parameter", "n", "int int"},
		{"python", "def f(n, name): ...\ndef g(label: Label):\n    f(3, label)\n    f(4, 'x' + 'y')\n", "parameter", "name", "Label str"},
		{"python", "def f(n, name): ...\nf(name=3 > 2, n=1)\n", "parameter", "name", "bool"},
		{"python", "def two():\n    return 1, 2\ndef one():\n    return 'a'\ndef maybe(x):\n    if x:\n        return one()\n    return None\ny = maybe(3)\n", "variable", "y", "str | None"},
		{"python", "def two():\n    return 1, 2\ny = two()\n", "variable", "y", "tuple[int, int]"},
		{"python", "def f():\n    a = 1\n    a = 'x'\n    b = a\n    a = 2.5\n", "variable", "b", "str"},
		{"python", "def f():\n    return f()\ny = f()\n", "variable", "y", ""},
		{"python", "class A:\n    def path(self):\n        return 1\ndef f(path):\n    g(path)\ndef g(x): ...\n", "parameter", "x", ""},
		{"python", "def a(): ...\ndef g(x): ...\ng(a)\n", "parameter", "x", "Callable[..., Any]"},
		{"typescript", "function one(): number { return 1 }\nasync function two() { return one() }\n", "return", "two", "Promise<number>"},
		{"typescript", "function label() { return 'a' }\nconst x = label()\nconst y = [x, x]\n", "variable", "y", "string[]"},
		{"typescript", "async function load(): Promise<Cart> { return c }\nasync function f() {\n  const cart: any = await load()\n  const soon: any = load()\n}\n", "variable", "cart", "Cart"},
		{"typescript", "async function load(): Promise<Cart> { return c }\nasync function f() {\n  const cart: any = await load()\n  const soon: any = load()\n}\n", "variable", "soon", "Promise<Cart>"},
		{"typescript", "class A {\n  size: number\n  f() { take(this.size) }\n}\nfunction take(n: bigint) {}\n", "field", "size", "bigint"},
		{"python", "def f(n: int):\n    f(n)\n", "parameter", "n", ""},
	} {
		if got := strings.Join(found(t, c.language, c.text, c.kind, c.symbol).Flows, " "); got != c.want {
			t.Errorf("%s %s of %q: %q, want %q", c.kind, c.symbol, c.text, got, c.want)
		}
	}
}
