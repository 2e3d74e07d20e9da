package typeinfer

import (
	"context"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/project"
	"mlm-lsp/treesitter"
)

// suggest asks about a text without a model.
func suggest(t testing.TB, language, text string, opts Options) (*treesitter.File, []Suggestion) {
	t.Helper()
	f := treesitter.Parse(language, []byte(text))
	list, err := Suggest(context.Background(), nil, f, opts)
	if err != nil {
		t.Fatal(err)
	}
	return f, list
}

// of finds the suggestion for a symbol.
func of(t testing.TB, list []Suggestion, kind, symbol string) Suggestion {
	t.Helper()
	for _, s := range list {
		if s.Kind == kind && s.Symbol == symbol {
			return s
		}
	}
	t.Fatalf("no %s %s among %d sites", kind, symbol, len(list))
	return Suggestion{}
}

func TestSuggestPython(t *testing.T) {
	_, list := suggest(t, "python", `class Cart:
    def __init__(self, limit=0, name=None):
        self.items = []

    def is_empty(self):
        return len(self.items) == 0

    def clear(self):
        self.items.clear()
`, Options{})
	for _, want := range []struct{ kind, symbol, text string }{
		{Parameter, "limit", "int"}, {Parameter, "name", "str | None"}, {Return, "is_empty", "bool"}, {Return, "clear", "None"}, {Return, "__init__", "None"},
	} {
		s := of(t, list, want.kind, want.symbol)
		if len(s.Candidates) == 0 || s.Candidates[0].Type != want.text {
			t.Errorf("%s %s: %+v, want %s", want.kind, want.symbol, s.Candidates, want.text)
		}
	}
}

// TestSeveralResults: several values that are given back at once are a tuple, whatever the first of them is.
func TestSeveralResults(t *testing.T) {
	_, list := suggest(t, "python", "def check(key):\n    if not key:\n        return False, 'no key'\n    return True, None\n", Options{})
	for _, c := range of(t, list, Return, "check").Candidates {
		if head, _, _ := strings.Cut(c.Type, "["); head == "bool" || head == "str" {
			t.Errorf("%+v", c)
		}
	}
}

// TestOptionalAround: a file without unions writes them as most of its project does.
func TestOptionalAround(t *testing.T) {
	p := project.New(1 << 20)
	p.Set("a.py", treesitter.Parse("python", []byte("def f(a: Optional[int], b: Optional[str], c: Optional[bytes], d: int | None): pass\n")))
	p.Set("b.py", treesitter.Parse("python", []byte("def g(d: int | None): pass\n")))
	for range 20 { // whatever the order in which the project tells its types
		_, list := suggest(t, "python", "def f(name=None):\n    return name.upper()\n", Options{Around: p.View("c.py")})
		if s := of(t, list, Parameter, "name"); len(s.Candidates) == 0 || s.Candidates[0].Type != "Optional[str]" {
			t.Fatalf("%+v, want Optional[str]", s.Candidates)
		}
	}
}

func TestEditsPython(t *testing.T) {
	f, list := suggest(t, "python", "\"\"\"Doc.\"\"\"\nimport os\n\ndef close(limit=0):\n    os.close(limit)\n", Options{})
	limit := of(t, list, Parameter, "limit")
	got := string(Apply(f.Text, Edits(f, []Pick{
		{limit.Site, Candidate{Type: "Sequence[int]", Imports: []Import{{"collections.abc", "Sequence"}}}},
		{of(t, list, Return, "close").Site, Candidate{Type: "None"}},
	})))
	want := "\"\"\"Doc.\"\"\"\nimport os\nfrom collections.abc import Sequence\n\ndef close(limit: Sequence[int] = 0) -> None:\n    os.close(limit)\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDefaultTable(t *testing.T) {
	if !DefaultTable().Shows("python", Parameter, Typed, 1) || strings.Contains(string(builtinTable), "NaN") {
		t.Error("the built-in table shows nothing")
	}
}

// TestNotGeneric: a class that takes no arguments is given none.
func TestNotGeneric(t *testing.T) {
	_, list := suggest(t, "python", "class Cart:\n    def add(self): ...\n\ndef fill(cart, carts):\n    for c in carts:\n        c.add()\n    cart.add()\n", Options{})
	for _, s := range list {
		for _, c := range s.Candidates {
			if strings.Contains(c.Type, "Cart[") {
				t.Errorf("%s: %s", s.Symbol, c.Type)
			}
		}
	}
	if c := of(t, list, Parameter, "cart").Candidates; len(c) == 0 || strings.TrimSuffix(c[0].Type, " | None") != "Cart" {
		t.Errorf("%+v, want Cart", c)
	}
	_, list = suggest(t, "python", "def total(lines):\n    return sum(lines)\n", Options{})
	for _, c := range of(t, list, Parameter, "lines").Candidates {
		if c.Type == "bool" || c.Type == "int" || c.Type == "str" {
			t.Errorf("a sum goes through %s", c.Type)
		}
	}
}

// TestTypedByParameters: fields that have to be annotated make no file a typed one.
func TestTypedByParameters(t *testing.T) {
	for text, want := range map[string]string{
		"interface A { a: string; b: number; c: Cart; d: (x: string) => void }\nfunction f(a, b) {}\n": Untyped,
		"function g(a: string, b: number, c: Cart) {}\nfunction f(a, b) {}\n":                          Typed,
	} {
		_, list := suggest(t, "typescript", text, Options{})
		if s := of(t, list, Return, "f"); s.Typed != want {
			t.Errorf("%q is %s", text, s.Typed)
		}
	}
}

// TestObvious: what a value says at a glance is never shown; what only a checker sees may be.
func TestObvious(t *testing.T) {
	for text, want := range map[string][2]bool{
		"size = 3\n": {true, true}, "cart = Cart(3)\n": {true, true}, "name = f'{x}'\n": {true, true}, "cart = load()\n": {true, false}, "names = []\n": {false, false}, "go = lambda: 3\n": {true, true},
	} {
		s := Sites(treesitter.Parse("python", []byte(text)))[0]
		if got := [2]bool{s.Inferred, s.Obvious}; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestMisplaced: words of annotations are suggested only where they mean something.
func TestMisplaced(t *testing.T) {
	const text = "from typing import AnyStr, ClassVar, Final, Self, TypeAlias\n\nNAME: Final[str] = 'x'\nOther: TypeAlias = 'x'\nclass A:\n    kind: ClassVar[str] = 'x'\n    def f(self) -> Self: ...\n    def g(self, a: AnyStr) -> AnyStr: ...\n\ndef load(path, text, kind):\n    local = get(path)\n    return local\n"
	_, list := suggest(t, "python", text, Options{})
	for _, s := range list {
		for _, c := range s.Candidates {
			for _, word := range []string{"AnyStr", "ClassVar", "Self", "TypeAlias"} {
				if strings.Contains(c.Type, word) {
					t.Errorf("%s %s: %s", s.Kind, s.Symbol, c.Type)
				}
			}
			if s.Kind != Variable && strings.Contains(c.Type, "Final") {
				t.Errorf("%s %s: %s", s.Kind, s.Symbol, c.Type)
			}
		}
	}
}

// TestOldestPython: what an old Python would evaluate is written as it can, and quoted where it cannot.
func TestOldestPython(t *testing.T) {
	text := "def load(path=None, names=[]):\n    for name in names:\n        yield name.strip()\n"
	for _, c := range []struct {
		oldest           int
		head             string
		union, subscript string // how a type with None and how one with brackets begins
	}{
		{0, "", "str | None", "list["},
		{10, "", "str | None", "list["},
		{9, "", "Optional[str]", "list["},
		{8, "", "Optional[str]", "\"list["},
		{8, "from __future__ import annotations\n\n", "str | None", "list["},
	} {
		_, list := suggest(t, "python", c.head+text, Options{All: true, Oldest: c.oldest})
		for name, want := range map[string]string{"path": c.union, "names": c.subscript} {
			if got := of(t, list, Parameter, name).Candidates; !slices.ContainsFunc(got, func(c Candidate) bool { return strings.HasPrefix(c.Type, want) }) {
				t.Errorf("Python 3.%d, %q: of %s: %v, want %s", c.oldest, c.head, name, got, want)
			}
		}
		for _, s := range list {
			for _, candidate := range s.Candidates {
				if c.oldest > 0 && c.oldest < 10 && c.head == "" && strings.Contains(candidate.Type, " | ") {
					t.Errorf("Python 3.%d: %s is suggested for %s", c.oldest, candidate.Type, s.Symbol)
				}
			}
		}
	}
}

// TestRestParameters: what gathers the rest of the arguments is an array, whatever is done with it.
func TestRestParameters(t *testing.T) {
	for _, language := range []string{"typescript", "javascript"} {
		for _, body := range []string{"for (const k of rest) { k.toLowerCase() }", "this.accepts.apply(this, rest)", "return rest.length > 0 ? rest[0] : ''"} {
			_, list := suggest(t, language, "export function f(...rest) {\n  "+body+"\n}\n", Options{All: true})
			candidates := of(t, list, Parameter, "rest").Candidates
			if len(candidates) == 0 {
				t.Errorf("%s: %s: nothing is suggested", language, body)
			}
			for _, c := range candidates {
				if e := takeApart(language, c.Type); e.name != "Array" && e.name != "ReadonlyArray" && !e.admits(anything...) && !title(e.name) && !strings.HasPrefix(e.name, "[") || c.Type == "String" {
					t.Errorf("%s: %s: %s is suggested", language, body, c.Type)
				}
			}
		}
	}
}

// TestFunctionExpressions: results of functions without a declaration are sites, in JavaScript through the comment above.
func TestFunctionExpressions(t *testing.T) {
	f, list := suggest(t, "javascript", "exports.count = function (list) {\n  return list.length\n}\n\nmodule.exports = {\n  name: function () {\n    return 'x'\n  }\n}\n", Options{})
	var picks []Pick
	for _, name := range []string{"count", "name"} {
		s := of(t, list, Return, name)
		if len(s.Candidates) == 0 {
			t.Fatalf("nothing for %s", name)
		}
		picks = append(picks, Pick{s.Site, s.Candidates[0]})
	}
	got := string(Apply(f.Text, Edits(f, picks)))
	want := "/**\n * @returns {number}\n */\nexports.count = function (list) {\n  return list.length\n}\n\nmodule.exports = {\n  /**\n   * @returns {string}\n   */\n  name: function () {\n    return 'x'\n  }\n}\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestConstructorFunction: what is called with new gives nothing back that could be told of.
func TestConstructorFunction(t *testing.T) {
	sites := Sites(treesitter.Parse("javascript", []byte("function Cart(a) {\n  this.a = a\n}\nfunction Row(a) {\n  return this.b\n}\nfunction fill(a) {\n  this.a = a\n}\n")))
	var list []string
	for _, s := range sites {
		if s.Kind == Return {
			list = append(list, s.Symbol)
		}
	}
	if got := strings.Join(list, " "); got != "Row fill" {
		t.Errorf("results of %s, want those of Row and fill", got)
	}
}
