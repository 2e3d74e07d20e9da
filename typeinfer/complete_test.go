package typeinfer

import (
	"slices"
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// TestAt: at the mark a type is being written; want is the first candidate, "-" where none is.
func TestAt(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"python", "def f(retries: ^, limit=3):\n    for i in range(retries):\n        pass\n", "int"},
		{"python", "def f(name: st^, limit=3):\n    return name.strip()\n", "str"},
		{"python", "def f(name: ^ = None):\n    pass\n", "str | None"},
		{"python", "def f(n) -> ^:\n    return n == 2\n", "bool"},
		{"python", "def f(n: int) -> ^\n\n\ndef g(n: int) -> int:\n    return n\n", "int"},
		{"python", "def f(name, li^):\n    pass\n", "-"},
		{"typescript", "function f(title: ^, n = 3) {\n  return title.trim()\n}\n", "string"},
		{"typescript", "function size(list: string[]): ^ {\n  return list.length\n}\n", "number"},
		{"go", "package a\n\nfunc f(n ^) bool {\n\treturn n > 2\n}\n", "int"},
		{"rust", "fn len(items: &Vec<String>) -> ^ {\n    items.len()\n}\n", "usize"},
		{"javascript", "function f(a^) {}\n", "-"},
		{"python", "def f(names: list[^]):\n    return names[0].strip()\n", "str"},
		{"python", "def f(counts: dict[str, ^]):\n    counts['a'] += 1\n\ndef g(counts: dict[str, int]): ...\n", "int"},
		{"python", "class Cart: ...\ndef g(cart: Optional[Ca^]): ...\n", "Cart"},
		{"python", "class Cart: ...\ndef g(cart: Cart | ^): ...\n", "None"},
		{"typescript", "class Cart { a = 1 }\nfunction f(carts: Map<string, ^>) {}\nfunction g(carts: Map<string, Cart>) {}\n", "Cart"},
		{"typescript", "class Cart { a = 1 }\nfunction f(carts: Array<C^) {}\n", "Cart"},
		{"python", "class A:\n    def __init__(self):\n        self.items: dict[st^\n        self.x = 1\n", "str"},
		{"go", "package a\n\nfunc f(names []^) bool {\n\treturn len(names) > 2\n}\n", "string"},
		{"rust", "fn f(items: &Vec<^>) -> usize {\n    items.len()\n}\n", "u8"},
	} {
		offset := strings.Index(c.text, "^")
		f := treesitter.Parse(c.language, []byte(strings.Replace(c.text, "^", "", 1)))
		list, span, ok, err := At(nil, f, offset, Options{})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case c.want == "-":
			if ok {
				t.Errorf("%q: %+v, want no place of a type", c.text, list)
			}
		case len(list) == 0 || list[0].Type != c.want:
			t.Errorf("%q: %+v, want %s", c.text, list[:min(3, len(list))], c.want)
		case span.End != offset || span.Len() > 2:
			t.Errorf("%q: replaces %v", c.text, span)
		}
	}
}

func TestImportEdits(t *testing.T) {
	f := treesitter.Parse("python", []byte("import os\n\ndef f(a: ): pass\n"))
	got := string(Apply(f.Text, ImportEdits(f, []Import{{"typing", "Any"}})))
	if want := "import os\nfrom typing import Any\n\ndef f(a: ): pass\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNeverContradict: what the file says of a site is not gone against, whatever its name suggests.
func TestNeverContradict(t *testing.T) {
	for _, c := range []struct {
		language, text, kind, symbol string
		not                          []string // none of these, nor, with None, what does not admit it
	}{
		{"python", "def f(name=0): pass\n", Parameter, "name", []string{"str", "str | None", "None", "bool"}},
		{"python", "def f(count=''): pass\n", Parameter, "count", []string{"int", "int | None", "float"}},
		{"python", "def f(name=None): pass\n", Parameter, "name", []string{"str", "int", "None"}},
		{"python", "def get_name(a):\n    print(a)\n", Return, "get_name", []string{"str", "str | None", "int"}},
		{"python", "def save(a):\n    return len(a) == 1\n", Return, "save", []string{"None"}},
		{"python", "def items(a):\n    for x in a:\n        yield x\n", Return, "items", []string{"None", "list[str]", "list"}},
		{"python", "def is_seen(a):\n    return (x for x in a if x not in a)\n", Return, "is_seen", []string{"bool", "None"}},
		{"python", "def f(name):\n    return name()\n", Parameter, "name", []string{"str", "str | None", "int", "dict"}},
		{"python", "def f(count):\n    count.append(1)\n    for x in count:\n        print(x)\n", Parameter, "count", []string{"int", "str", "dict", "int | None"}},
		{"typescript", "function f(name) {\n  return name.getAttribute('x')\n}\n", Parameter, "name", []string{"string", "string[]", "number", "string | null"}},
		{"python", "def find(a):\n    if a:\n        return None\n    return a.name\n", Return, "find", []string{"str", "int"}},
		{"python", "def check(a):\n    raise NotImplementedError\n", Return, "check", []string{"None"}},
		{"typescript", "class A { name = 0 }\n", Field, "name", []string{"string", "boolean"}},
		{"typescript", "function getName(a) {\n  log(a)\n}\n", Return, "getName", []string{"string", "number"}},
		{"typescript", "const setLimit = (a) => wrap(a, 1)\n", Return, "setLimit", []string{"void", "never"}},
		{"typescript", "async function load(a: string) {\n  return await get(a)\n}\n", Return, "load", []string{"string", "void", "Response"}},
	} {
		_, list := suggest(t, c.language, c.text, Options{})
		s := of(t, list, c.kind, c.symbol)
		for _, got := range s.Candidates {
			if slices.Contains(c.not, got.Type) {
				t.Errorf("%q: %s %s may be %s", c.text, c.kind, c.symbol, got.Type)
			}
		}
	}
}

// TestNamesOfTypes: which names are types where.
func TestNamesOfTypes(t *testing.T) {
	text := "from .compat import str\nfrom typing import TypeVar\nT = TypeVar('T')\n\ndef f(name: str) -> int: ...\ndef g(name): return name.strip()\ndef same(a: T):\n    return a\ndef alone(a):\n    return a\n"
	_, list := suggest(t, "python", text, Options{})
	if s := of(t, list, Parameter, "name"); len(s.Candidates) == 0 || s.Candidates[0].Type != "str" {
		t.Errorf("name: %+v, want str, though it is imported", s.Candidates)
	}
	has := func(symbol string) bool {
		return slices.ContainsFunc(of(t, list, Return, symbol).Candidates, func(c Candidate) bool { return c.Type == "T" })
	}
	if !has("same") || has("alone") {
		t.Errorf("T is a result of same: %v, of alone: %v; want it where the parameters have it", has("same"), has("alone"))
	}
}

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ language, a, b string }{
		{"python", "Optional[str]", "str | None"}, {"python", "Union[None, int, str]", "str | int | None"}, {"python", "List[Dict[str, Any]]", "list[dict[str, typing.Any]]"},
		{"python", "\"Cart\"", "Cart"}, {"python", "t.Optional['Cart']", "Cart | None"}, {"python", "Optional[Optional[int]]", "int | None"}, {"python", "Callable[..., int]", "typing.Callable[..., int]"},
		{"typescript", "string[]", "Array<string>"}, {"typescript", "undefined | string", "string | undefined"}, {"typescript", "(A | B)[]", "Array<B | A>"}, {"typescript", "'a' | \"b\"", "\"b\" | 'a'"},
		{"typescript", "Promise<A|null>", "Promise<null | A>"}, {"typescript", "(')' | A)[]", "Array<A | \")\">"}, {"javascript", "String", "string"},
	} {
		if x, y := Normalise(c.language, c.a), Normalise(c.language, c.b); x != y {
			t.Errorf("%s is %s, %s is %s", c.a, x, c.b, y)
		}
	}
	for _, c := range []struct{ language, a, b string }{
		{"python", "list[int]", "list[str]"}, {"python", "list", "list[int]"}, {"typescript", "() => void", "void"}, {"typescript", "A & B", "A | B"}, {"typescript", `"it's"`, `"it\"s"`},
	} {
		if x, y := Normalise(c.language, c.a), Normalise(c.language, c.b); x == y {
			t.Errorf("%s and %s are both %s", c.a, c.b, x)
		}
	}
}

// FuzzNormalise: any text has a normal form, and writing what was taken apart gives one that is the same.
func FuzzNormalise(f *testing.F) {
	for _, text := range []string{"Union[]", "Optional[x, y]", "a | | b", "[[[", "Dict[str,", "((a)", "a<b<c>>[]", "'", "x[\"y\"]", "() => a | b", "{a: b}[]", "Literal['a|b']", "x['a]|b']", "x['a>b', c]", "x['0,0']", "a |?| b", "A extends B?C|D:E", "\"'a'\"", "\"it's|\"", `"a\"|b" | 'c'`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, language := range []string{"python", "typescript"} {
			s := style{language: language, optional: len(text)%2 == 0, generic: len(text)%3 == 0}
			if !isType(language, text) {
				_ = s.write(takeApart(language, text)) // no panic
				continue
			}
			again := s.write(takeApart(language, text))
			if x, y := Normalise(language, text), Normalise(language, again); x != y {
				t.Errorf("%s: %q is %q; written as %q it is %q", language, text, x, again, y)
			}
		}
	})
}

// TestImportable: a type of the project that is called as the value is, is a candidate, with its import, for checkers only.
func TestImportable(t *testing.T) {
	f, list := suggest(t, "python", "import os\n\n\ndef make_shopping_cart():\n    return build()\n", Options{Origins: func(name string) []string {
		if name == "ShoppingCart" {
			return []string{"shop.cart"}
		}
		return nil
	}})
	s := of(t, list, Return, "make_shopping_cart")
	at := slices.IndexFunc(s.Candidates, func(c Candidate) bool { return c.Type == `"ShoppingCart"` })
	if at < 0 {
		t.Fatalf("%+v", s.Candidates)
	}
	got := string(Apply(f.Text, Edits(f, []Pick{{s.Site, s.Candidates[at]}})))
	want := "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop.cart import ShoppingCart\n\n\ndef make_shopping_cart() -> \"ShoppingCart\":\n    return build()\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzAt: wherever a type is asked for, what comes back could replace what is typed, with a share that has a logarithm.
func FuzzAt(f *testing.F) {
	f.Add("python", "def f(a: dict[str, ", 19)
	f.Add("python", "x: list[int | ] = []", 14)
	f.Add("typescript", "let a: Map<string, Array<>> = b", 25)
	f.Add("go", "package a\nvar x map[string]", 27)
	f.Fuzz(func(t *testing.T, language, text string, offset int) {
		if len(text) > 500 || !slices.Contains(treesitter.Languages(), language) {
			return
		}
		list, span, ok, err := At(nil, treesitter.Parse(language, []byte(text)), offset, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if ok && (span.Start > offset || span.End != offset) {
			t.Fatalf("%v at %d", span, offset)
		}
		for _, c := range list {
			if c.Type == "" || !(c.Probability > 0) || c.Probability > 1.001 {
				t.Fatalf("%+v", c)
			}
		}
	})
}
