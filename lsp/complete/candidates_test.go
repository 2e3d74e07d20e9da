package complete

import (
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// Which words can stand at a cursor (where it is, ‸ stands in the text), in statements that the grammar of the language is asked about.
func TestWordsThatTheGrammarAllows(t *testing.T) {
	for _, c := range []struct{ language, text, offered, not string }{
		{"python", "def f(x):\n    y = f(x) i‸\n    return y\n", "if in is", "import"},
		{"python", "def f(x):\n    i‸\n    return y\n", "if import", "in is"},
		{"python", "from a i‸\n", "import", ""},
		{"python", "for x i‸\n", "in", "if is import"},
		{"python", "def f(x):\n    try:\n        x()\n    e‸\n", "except", ""},
		{"python", "def f(x):\n    x()\n    ex‸\n", "", "except"},
		{"python", "x = N‸\n", "None", "nonlocal"},
		{"python", "x = ‸\n", "None not lambda await", "return import def class pass while elif"},
		{"go", "package p\n\nfunc f() int {\n\tif x {\n\t} e‸\n\treturn 1\n}\n", "else", ""},
		{"go", "package p\n\nfunc f() int {\n\tx := f‸\n\treturn 1\n}\n", "func false", "for fallthrough"},
		{"go", "package p\n\nfunc f() int {\n\tswitch x {\n\tc‸\n\t}\n}\n", "case", "const continue"},
		{"go", "package p\n\nfunc f() int {\n\tl‸\n}\n", "len", ""}, // a name, to the grammar
		{"go", "package p\n\nfunc f() int {\n\tx.r‸\n}\n", "", "range return"},
		{"typescript", "interface A e‸ B {}\n", "extends", "export enum else"},
		{"typescript", "const a: s‸ = 1;\n", "string", "static switch super"},
		{"typescript", "const a = t‸;\n", "this true typeof", "throw try type"},
		{"javascript", "for (const x o‸) {}\n", "of", ""},
		{"tsx", "const a = <p>{t‸}</p>;\n", "this true typeof", "throw try"},
		{"java", "class A {\n  p‸ int x;\n  int f() { return x; }\n}\n", "private public protected", "package"},
		{"java", "class A {\n  int f() { return n‸; }\n}\n", "new null", "native"},
		{"java", "class A {\n  public s‸ int f() { return 1; }\n}\n", "static synchronized short", "switch"},
		{"rust", "fn f(x: &m‸ u8) {}\n", "mut", "mod match move"},
		{"rust", "impl A f‸ B {}\n", "for", "fn false"},
		{"c", "int f(void) {\n  return s‸;\n}\n", "sizeof", "static struct switch"},
		{"cpp", "class A {\n p‸\n};\n", "private public protected", ""},
		{"ruby", "def f\n  x = n‸\nend\n", "nil not", ""},
		{"php", "<?php\nfunction f() {}\nfunction g() {\n  $x = n‸;\n}\n", "new", ""},
		{"python", strings.Repeat("x = 1\n", maxLeading/6+1) + "y = i‸\n", "if in is", "import"}, // a text that is too large to be asked about: by the table
	} {
		before, after, _ := strings.Cut(c.text, "‸")
		f := treesitter.Parse(c.language, []byte(before+after))
		place, ok := find(f, len(before))
		if !ok {
			t.Errorf("%q: nothing may be offered", c.text)
			continue
		}
		offered := map[string]bool{}
		for _, word := range grammar(f, place) {
			offered[word.Text] = true
			if !strings.HasPrefix(word.Text, place.prefix) {
				t.Errorf("%q: %s does not go on with what is typed", c.text, word.Text)
			}
		}
		for _, word := range strings.Fields(c.offered) {
			if !offered[word] {
				t.Errorf("%.80q: %s is not offered, but %v", c.text, word, offered)
			}
		}
		for _, word := range strings.Fields(c.not) {
			if offered[word] {
				t.Errorf("%.80q: %s is offered", c.text, word)
			}
		}
	}
}

// What is parsed to learn which words can stand at a cursor is short, whatever stands around it.
func TestLeading(t *testing.T) {
	for _, c := range []struct{ language, text, want string }{
		{"java", "import x;\n\nclass A {\n  int a() { return 1; }\n\n  int b() {\n    ‸\n  }\n}\n", "class A {\n  int b() {\n\n    "},
		{"java", "class A {\n  int a() { return 1; }\n  int c;\n  ‸\n}\n", "class A {\n  int a() { return 1; }\n  int c;\n  "},
		{"java", "class A {\n  int a() { return 1; }\n}\n\n‸\n", "class A {\n  int a() { return 1; }\n}\n\n"},
		{"python", "import os\n\ndef f():\n    pass\n\ndef g():\n    x = 1\n    ‸\n", "def g():\n    x = 1\n    "},
		{"php", "<?php\nfunction f() {}\nfunction g() {\n  ‸\n}\n", "<?php function g() {\n\n  "},
		{"go", "package p\n\nvar x = ‸\n", "package p\n\nvar x = "},
	} {
		before, after, _ := strings.Cut(c.text, "‸")
		if got := string(leading(treesitter.Parse(c.language, []byte(before+after)), len(before))); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// What rules call words must be in the grammars, or the words are offered anywhere.
func TestRuleNames(t *testing.T) {
	for key, rule := range ruleNames {
		language, word, _ := strings.Cut(key, " ")
		words := treesitter.Expected(language, nil, nil)
		if _, known := words[rule]; !known || !isKeyword(language, word) {
			t.Errorf("%s: %s is no terminal of the grammar, or %s no word of the table", language, rule, word)
		}
	}
}
