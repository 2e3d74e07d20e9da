package typeinfer

import (
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// wanted is a type for a site, by its symbol.
type wanted struct {
	kind, symbol, text string
	imports            []Import
}

// written writes types into a text.
func written(t testing.TB, language, text string, list ...wanted) string {
	t.Helper()
	f, suggestions := suggest(t, language, text, Options{})
	var picks []Pick
	for _, w := range list {
		picks = append(picks, Pick{of(t, suggestions, w.kind, w.symbol).Site, Candidate{Type: w.text, Imports: w.imports}})
	}
	edits := Edits(f, picks)
	for i, e := range edits {
		if i > 0 && edits[i-1].Span.End > e.Span.Start {
			t.Errorf("edits overlap: %v", edits)
		}
	}
	return string(Apply(f.Text, edits))
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		name, language, before string
		list                   []wanted
		after                  string
	}{
		{"a default gets spaces, stars stay", "python", "def f(a=1, *args, b = 2, **kw):\n    pass\n",
			[]wanted{{Parameter, "a", "int", nil}, {Parameter, "*args", "str", nil}, {Parameter, "b", "int", nil}, {Parameter, "**kw", "object", nil}, {Return, "f", "None", nil}},
			"def f(a: int = 1, *args: str, b: int = 2, **kw: object) -> None:\n    pass\n"},
		{"variables and attributes", "python", "limits = {}\n\nclass A:\n    def __init__(self):\n        self.rows = []\n",
			[]wanted{{Variable, "limits", "dict[str, int]", nil}, {Field, "rows", "list[int]", nil}},
			"limits: dict[str, int] = {}\n\nclass A:\n    def __init__(self):\n        self.rows: list[int] = []\n"},
		{"an import is merged where it belongs", "python", "from typing import Any, List\nimport os\n\ndef f(a): pass\n",
			[]wanted{{Parameter, "a", "Callable[[], Any]", []Import{{"typing", "Callable"}}}},
			"from typing import Any, Callable, List\nimport os\n\ndef f(a: Callable[[], Any]): pass\n"},
		{"in brackets each on its line", "python", "from typing import (\n    Any,\n    List,\n)\n\ndef f(a): pass\n",
			[]wanted{{Parameter, "a", "Union[int, str]", []Import{{"typing", "Union"}}}},
			"from typing import (\n    Any,\n    List,\n    Union,\n)\n\ndef f(a: Union[int, str]): pass\n"},
		{"behind the docstring and the future", "python", "#!/usr/bin/env python\n\"\"\"Doc.\n\nMore.\n\"\"\"\nfrom __future__ import annotations\n\nimport sys\nimport requests\nfrom . import x\n\ndef f(a): pass\n",
			[]wanted{{Parameter, "a", "Path", []Import{{"pathlib", "Path"}}}},
			"#!/usr/bin/env python\n\"\"\"Doc.\n\nMore.\n\"\"\"\nfrom __future__ import annotations\n\nimport sys\nfrom pathlib import Path\nimport requests\nfrom . import x\n\ndef f(a: Path): pass\n"},
		{"a file without imports", "python", "def f(a): pass\n",
			[]wanted{{Parameter, "a", "Any", []Import{{"typing", "Any"}}}},
			"from typing import Any\n\ndef f(a: Any): pass\n"},
		{"a docstring and no imports", "python", "\"\"\"Doc.\"\"\"\n\ndef f(a): pass\n",
			[]wanted{{Parameter, "a", "Any", []Import{{"typing", "Any"}}}},
			"\"\"\"Doc.\"\"\"\n\nfrom typing import Any\n\ndef f(a: Any): pass\n"},
		{"what is no part of the library is for checkers only", "python", "import os\n\ndef f(a): pass\n",
			[]wanted{{Parameter, "a", "\"Cart\"", []Import{{"shop.cart", "Cart"}}}},
			"import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop.cart import Cart\n\ndef f(a: \"Cart\"): pass\n"},
		{"a block for checkers is used", "python", "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from a import B\n\ndef f(a): pass\n",
			[]wanted{{Parameter, "a", "\"Cart\"", []Import{{"shop.cart", "Cart"}}}},
			"from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop.cart import Cart\n    from a import B\n\ndef f(a: \"Cart\"): pass\n"},
		{"nothing goes before a byte order mark", "python", "\uFEFFdef f(a): pass\n",
			[]wanted{{Parameter, "a", "Iterator[str]", []Import{{"collections.abc", "Iterator"}}}},
			"\uFEFFfrom collections.abc import Iterator\n\ndef f(a: Iterator[str]): pass\n"},
		{"lines end as others do", "python", "import os\r\n\r\ndef f(a): pass\r\n",
			[]wanted{{Parameter, "a", "Iterator[str]", []Import{{"collections.abc", "Iterator"}}}},
			"import os\r\nfrom collections.abc import Iterator\r\n\r\ndef f(a: Iterator[str]): pass\r\n"},
		{"and in TypeScript", "typescript", "\uFEFFexport function f(x) { return x; }\r\n",
			[]wanted{{Parameter, "x", "C", []Import{{"./c", "C"}}}},
			"\uFEFFimport type { C } from \"./c\";\r\n\r\nexport function f(x: C) { return x; }\r\n"},
		{"TypeScript", "typescript", "export function f(a, b?) {\n  return a\n}\nclass C {\n  x;\n  get() { return 1 }\n}\n",
			[]wanted{{Parameter, "a", "number", nil}, {Parameter, "b", "string", nil}, {Return, "f", "number", nil}, {Field, "x", "Date", nil}, {Return, "get", "number", nil}},
			"export function f(a: number, b?: string): number {\n  return a\n}\nclass C {\n  x: Date;\n  get(): number { return 1 }\n}\n"},
		{"a type import in the file's own way", "typescript", "import { b } from './b'\nimport type { A } from './a'\n\nfunction f(x, y, z) {}\n",
			[]wanted{{Parameter, "x", "B", []Import{{"./b", "B"}}}, {Parameter, "y", "A2", []Import{{"./a", "A2"}}}, {Parameter, "z", "C", []Import{{"./c", "C"}}}},
			"import { type B, b } from './b'\nimport type { A, A2 } from './a'\nimport type { C } from './c'\n\nfunction f(x: B, y: A2, z: C) {}\n"},
		{"behind a directive, with semicolons", "typescript", "\"use client\";\n\nfunction f(x) { return x; }\n",
			[]wanted{{Parameter, "x", "C", []Import{{"./c", "C"}}}},
			"\"use client\";\nimport type { C } from \"./c\";\n\nfunction f(x: C) { return x; }\n"},
		{"a new comment", "javascript", "class A {\n  add(a, b = 1) {\n    return a + b;\n  }\n}\n",
			[]wanted{{Parameter, "a", "number", nil}, {Parameter, "b", "number", nil}, {Return, "add", "number", nil}},
			"class A {\n  /**\n   * @param {number} a\n   * @param {number} [b]\n   * @returns {number}\n   */\n  add(a, b = 1) {\n    return a + b;\n  }\n}\n"},
		{"tags without a type get one, the rest goes behind", "javascript", "/**\n * Adds.\n * @param a the first,\n *   and more\n * @return the sum\n */\nfunction add(a, b) {\n  return a + b;\n}\n",
			[]wanted{{Parameter, "a", "number", nil}, {Parameter, "b", "number", nil}, {Return, "add", "number", nil}},
			"/**\n * Adds.\n * @param {number} a the first,\n *   and more\n * @param {number} b\n * @return {number} the sum\n */\nfunction add(a, b) {\n  return a + b;\n}\n"},
		{"a comment of one line", "javascript", "/** Adds. */\nexports.add = function (a) {\n  return a;\n};\n",
			[]wanted{{Parameter, "a", "number", nil}},
			"/**\n * Adds.\n * @param {number} a\n */\nexports.add = function (a) {\n  return a;\n};\n"},
		{"a comment above an empty line", "javascript", "'use strict';\n\n/**\n * Adds.\n *\n * @param a the first\n */\n\nfunction add(a, b) {\n  return a + b;\n}\n",
			[]wanted{{Parameter, "a", "number", nil}, {Return, "add", "number", nil}},
			"'use strict';\n\n/**\n * Adds.\n *\n * @param {number} a the first\n * @returns {number}\n */\n\nfunction add(a, b) {\n  return a + b;\n}\n"},
		{"the head of a file is no function's", "javascript", "/** What a shop sells. */\n\nfunction add(a) {\n  return a;\n}\n\n/** @license MIT */\n\nfunction sub(b) {\n  return b;\n}\n",
			[]wanted{{Parameter, "a", "number", nil}, {Parameter, "b", "number", nil}},
			"/** What a shop sells. */\n\n/**\n * @param {number} a\n */\nfunction add(a) {\n  return a;\n}\n\n/** @license MIT */\n\n/**\n * @param {number} b\n */\nfunction sub(b) {\n  return b;\n}\n"},
	} {
		if got := written(t, c.language, c.before, c.list...); got != c.after {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.after)
		}
	}
}

// TestEditsKeepAnnotations: what is written already is never changed.
func TestEditsKeepAnnotations(t *testing.T) {
	f, list := suggest(t, "python", "def f(a: int, b) -> str:\n    return b\n", Options{All: true})
	var picks []Pick
	for _, s := range list {
		picks = append(picks, Pick{s.Site, Candidate{Type: "bytes"}})
	}
	if got, want := string(Apply(f.Text, Edits(f, picks))), "def f(a: int, b: bytes) -> str:\n    return b\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f, list = suggest(t, "javascript", "/** @param {string} a */\nfunction f(a, b) {}\n", Options{All: true})
	picks = nil
	for _, s := range list {
		picks = append(picks, Pick{s.Site, Candidate{Type: "number"}})
	}
	if got := string(Apply(f.Text, Edits(f, picks))); !strings.Contains(got, "{string} a") || strings.Contains(got, "{number} a") || !strings.Contains(got, "{number} b") {
		t.Errorf("got %s", got)
	}
}

// FuzzEdits: whatever a text is, writing all that can be written adds no error to it.
func FuzzEdits(f *testing.F) {
	for _, seed := range []string{
		"import os\ndef f(a, b=1, *c, **d):\n    self.x = a\n    return [a]\n", "\"\"\"x\"\"\"\nclass A(B):\n  x = None\n  def g(self, y=None): return {}\n",
		"from typing import (\n  Any, # x\n  List)\ndef f(a): pass", "# c\n\ndef f(a\n  , b): return 1", "\r\nx = []\r\ndef f(a):\r\n\treturn a\r\n",
	} {
		f.Add(seed, uint8(0))
	}
	for _, seed := range []string{
		"import { a } from './a'\nexport const f = (x, y?) => { return x }\nclass A { z; m(q) { } }", "'use strict'\nfunction f(a, {b}, ...c) { return 1 }", "import x, {\n  y,\n  z,\n} from \"m\";\nlet v = null;",
	} {
		f.Add(seed, uint8(1))
	}
	for _, seed := range []string{
		"/** x */\nfunction f(a, b = 1) { return a }\n", "/**\n * @param a x\n */\nexport default async function f(a) {}\n", "x.y = function (a) {};\n/** @type {number} */\nconst g = (a) => 1;", "class A {\r\n  /** b\r\n   */\r\n  m(a) {}\r\n}",
	} {
		f.Add(seed, uint8(2))
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		language := []string{"python", "typescript", "javascript"}[which%3]
		if len(text) > 2000 {
			return
		}
		file, list := suggest(t, language, text, Options{All: true})
		if len(file.Errors) > 0 {
			return
		}
		var picks []Pick
		for i, s := range list {
			c := Candidate{Type: []string{"int", "\"Cart\"", "Any"}[i%3], Imports: [][]Import{nil, {{"shop.cart", "Cart"}}, {{"typing", "Any"}}}[i%3]}
			if language != "python" {
				c = Candidate{Type: []string{"number", "Cart", "string[]"}[i%3], Imports: [][]Import{nil, {{"./cart", "Cart"}}, nil}[i%3]}
			}
			picks = append(picks, Pick{s.Site, c})
		}
		edits := Edits(file, picks)
		for i, e := range edits {
			if e.Span.Start > e.Span.End || e.Span.End > len(text) || i > 0 && edits[i-1].Span.End > e.Span.Start {
				t.Fatalf("edits %v of %d bytes", edits, len(text))
			}
		}
		after := Apply(file.Text, edits)
		if errors := treesitter.Parse(language, after).Errors; len(errors) > 0 {
			t.Errorf("%v in\n%q\nof\n%q", errors, after, text)
		}
	})
}
