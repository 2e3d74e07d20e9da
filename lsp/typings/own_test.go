package typings

import (
	"slices"
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// TestOwn: the type that a site's own values show, and none where a reader would not see it either.
func TestOwn(t *testing.T) {
	for _, c := range []struct{ language, text, kind, symbol, want string }{
		{"python", "def f(a=0): ...\n", "parameter", "a", "int"},
		{"python", "def f(a=None): ...\n", "parameter", "a", ""},
		{"python", "def f(a):\n    return a.b\n", "return", "f", ""},
		{"python", "def f():\n    pass\n", "return", "f", ""},
		{"python", "def f():\n    raise NotImplementedError\n", "return", "f", ""},
		{"python", "def f():\n    print(1)\n", "return", "f", "None"},
		{"python", "def f(a):\n    if a:\n        return None\n    return ', '.join(a)\n", "return", "f", "str | None"},
		{"python", "def f(a):\n    return a.split(',')\n", "return", "f", "list[str]"},
		{"python", "import os\ndef f(a):\n    return os.path.join(a, 'b')\n", "return", "f", "str"},
		{"python", "def f(a):\n    return (1, 'b') if a else None\n", "return", "f", "tuple[int, str] | None"},
		{"python", "def f(a):\n    return 1 if a else 2\n", "return", "f", "int"},
		{"python", "def f(a):\n    return a or 'x'\n", "return", "f", "str"},
		{"python", "def f():\n    return 1, 'b'\n", "return", "f", "tuple[int, str]"},
		{"python", "def f():\n    found = []\n    for x in y:\n        found.append(str(x))\n    return found\n", "return", "f", "list[str]"},
		{"python", "def f():\n    found = {}\n    found['a'] = 1\n    return found\n", "return", "f", "dict[str, int]"},
		{"python", "def f():\n    return {'a': 1, 'b': 2}\n", "return", "f", "dict[str, int]"},
		{"python", "def f():\n    return {'a': 1, 'b': ''}\n", "return", "f", "dict[str, Any]"},
		{"python", "class A:\n    @classmethod\n    def f(cls):\n        info = cls(1)\n        return info\n\n    def g(self):\n        info: A | None = None\n", "return", "f", "A"},
		{"python", "def f(a: Optional[str]):\n    if a:\n        return a\n    return None\n", "return", "f", "Optional[str]"},
		{"python", "def f(a: Any):\n    return a\n", "return", "f", ""},
		{"python", "def f():\n    return [x for x in y]\n", "return", "f", ""},
		{"python", "def f():\n    for x in y:\n        yield str(x)\n", "return", "f", "Iterator[str]"},
		{"python", "class A:\n    def f(self):\n        return self\n", "return", "f", "A"},
		{"python", "class A:\n    def __init__(self):\n        self.x = None\n    def f(self):\n        self.x = B()\n", "field", "x", "B | None"},
		{"python", "class A:\n    def __init__(self):\n        self.x = []\n    def f(self):\n        self.x.append(1.5)\n", "field", "x", "list[float]"},
		{"python", "class A:\n    def __init__(self, size=3):\n        self.size = size\n", "field", "size", "int"},
		{"python", "def f():\n    names = 'a b'.split()\n", "variable", "names", "list[str]"},
		{"python", "def f():\n    a = 1\n    a = ''\n", "variable", "a", ""},
		{"typescript", "function f(a) { return a ? 'x' : null }\n", "return", "f", "string | null"},
		{"typescript", "function f(a) { return a != null ? a.b : 1 }\n", "return", "f", ""},
		{"typescript", "function f(a) {\n  const all = []\n  all.push('x')\n  return all\n}\n", "return", "f", "string[]"},
		{"typescript", "function f(a) {\n  const all = new Map()\n  all.set('x', 1)\n  return all\n}\n", "return", "f", "Map<string, number>"},
		{"typescript", "function f(a) { return new Map() }\n", "return", "f", ""},
		{"typescript", "function f(a) {\n  a.map((x) => { return 1 })\n  a.each(function (x) { return 2 })\n  return 'x'\n}\n", "return", "f", "string"},
		{"typescript", "const f = async (a) => { return 'x' }\n", "return", "f", "Promise<string>"},
		{"typescript", "function f(a) {\n  const x = `${a}: ${a.b}`\n  return x\n}\n", "return", "f", "string"},
		{"typescript", "exports.f = function (a) { return 'x' }\n", "return", "f", "string"},
		{"typescript", "function g() {\n  const o = { f: (a) => { return 1 } }\n  return 'x'\n}\n", "return", "f", "number"},
		{"typescript", "async function g() { return 1 }\nasync function f() { return g() }\n", "return", "f", "Promise<number>"},
		{"typescript", "async function g() { return 1 }\nasync function f() { const x = await g(); return x }\n", "return", "f", "Promise<number>"},
		{"python", "async def g():\n    return 1\nasync def f():\n    x = await g()\n    return x\n", "return", "f", "int"},
		{"python", "async def g():\n    return 1\ndef f():\n    return g()\n", "return", "f", ""},
		{"typescript", "async function f(a) { return a.length }\n", "return", "f", "Promise<number>"},
		{"typescript", "function f(a) { if (a) return; return 1 }\n", "return", "f", "number | undefined"},
		{"typescript", "abstract class A { abstract f(): B }\n", "return", "f", ""},
		{"typescript", "const f = (a) => a.b\n", "return", "f", ""},
		{"typescript", "const f = (a) => a.b.length\n", "return", "f", "number"},
		{"typescript", "class A {\n  x = document.createElement('canvas')\n}\n", "field", "x", "HTMLCanvasElement"},
	} {
		if got := found(t, c.language, c.text, c.kind, c.symbol).Own; got != c.want {
			t.Errorf("%s %s of %q: %q, want %q", c.kind, c.symbol, c.text, got, c.want)
		}
	}
}

// TestPassed: a parameter is known to calls of its function, and to the functions that it is passed to; a field that takes it over, too.
func TestPassed(t *testing.T) {
	const text = "class Cart:\n    def __init__(self, items, owner):\n        self.items = items\n        register(owner, who=owner)\nCart([], 'me')\nCart(x, None)\n"
	e := found(t, "python", text, "parameter", "owner")
	if e.Owner != "Cart" || e.Place != 1 || !slices.Equal(e.Flows, []string{"str | None"}) {
		t.Errorf("%q %d %q", e.Owner, e.Place, e.Flows)
	}
	if want := []Passing{{"register", 0, ""}, {"register", -1, "who"}}; !slices.Equal(e.Passed, want) {
		t.Errorf("%v, want %v", e.Passed, want)
	}
	if e := found(t, "python", text, "field", "items"); e.Owner != "Cart" || e.Place != 0 {
		t.Errorf("%q %d", e.Owner, e.Place)
	}
}

// TestFacts: what a file tells others of its functions and classes.
func TestFacts(t *testing.T) {
	f := FactsOf(treesitter.Parse("python", []byte(`class Base:
    def pay(self, sum: Money): ...

class Cart(Base):
    def __init__(self, owner: User):
        self.owner = owner

    def label(self):
        return "x"

def get(x):
    return 1

Cart(admin, retries=3).pay("1")
`)))
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"result", f.Result("label"), []string{"str"}},
		{"result of a common name", f.Result("get"), nil},
		{"takes", f.Takes(Passing{"Cart", 0, ""}), []string{"User"}},
		{"takes by name", f.Takes(Passing{"pay", -1, "sum"}), []string{"Money"}},
		{"passes by name", f.Passes("Cart", 7, "retries"), []string{"int"}},
		{"passes", f.Passes("pay", 0, "sum"), []string{"str"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	class := func(name string) (Class, bool) { c, ok := f.Classes()[name]; return c, ok }
	for _, c := range []struct {
		members string
		want    float64
	}{{"owner label pay", 1}, {"owner nothing", 0.5}, {"nothing", 0}} {
		if share, known := Fit("Cart", strings.Fields(c.members), class); !known || share != c.want {
			t.Errorf("%s: %v", c.members, share)
		}
	}
	if _, known := Fit("Other", []string{"pay"}, class); known {
		t.Error("an unknown class has members")
	}
	if bare, typed := Parameters(treesitter.Parse("typescript", []byte("interface A { f: (a: string) => void }\nfunction g(a, b: string) {}\n"))); bare != 1 || typed != 1 {
		t.Errorf("%d parameters without, %d with an annotation", bare, typed)
	}
}

// TestAccord: how far types are alike, whatever way they are written.
func TestAccord(t *testing.T) {
	for _, c := range []struct {
		language, text, shown string
		want                  float32
	}{
		{"python", "Optional[List[int]]", "list[int] | None", 2},
		{"python", "str", "str | None", 1.5},
		{"python", "dict[str, Any]", "dict[str, int]", 1},
		{"python", "int | str", "int", 1},
		{"python", "int", "str", 0},
		{"typescript", "Array<Cart>", "Cart[]", 2},
		{"typescript", "string[]", "Cart[]", 1},
	} {
		if got := Accord(c.language, c.text, c.shown); got != c.want {
			t.Errorf("%s beside %s: %v, want %v", c.text, c.shown, got, c.want)
		}
	}
}

// What stands for no value is left out in any order: it once depended on the order of a map.
func TestWithoutNothing(t *testing.T) {
	for _, text := range []string{"X | null | undefined", "X | undefined | null", "X | None", "X"} {
		for range 20 {
			if got := withoutNothing(text); got != "X" {
				t.Fatalf("%s: %q", text, got)
			}
		}
	}
	if got := withoutNothing("X | None | None"); got != "X | None" {
		t.Errorf("a form that was filled with a type of its own sort: %q", got)
	}
}
