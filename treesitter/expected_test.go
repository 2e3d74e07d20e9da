package treesitter

import (
	"strings"
	"testing"
)

func TestExpected(t *testing.T) {
	const surely = "else elif except finally case default catch extends as in where when"
	for _, c := range []struct{ language, text, may, mayNot string }{
		{"python", "x = ", "lambda not await none", "return if import class elif"},
		{"python", "def f(x):\n    ", "return if import class def pass", "elif else except in is"},
		{"python", "y = f(x) ", "if in is not or and", "return import class lambda"},
		{"python", "if x:\n    y\n", "elif else return", "is"},
		{"python", "class A:\n    def f(self):\n        try:\n            self.x(y)\n        ", "except finally", ""},
		{"python", "for x ", "in", "return lambda"},
		{"python", "import a.b ", "as", "return lambda import"},
		{"go", "package p\nfunc f() {\n\t", "return if for var defer func", "case import package else"},
		{"go", "package p\nfunc f() {\n\tif t.err {\n\t\tr.Error(t, err)\n\t} ", "else", "return import"},
		{"go", "package p\nfunc f() {\n\tswitch x {\n\t", "case default", "return func"},
		{"go", "package p\nfunc f() {\n\tx := ", "func map struct interface", "return if for"},
		{"javascript", "switch (x) {\n  ", "case default", ""},
		{"javascript", "const a = b ", "instanceof in", "return function if"},
		{"javascript", "f(a, ", "function this new typeof", "return if for"},
		{"typescript", "let a: ", "string number keyof", "return function if"},
		{"typescript", "interface A ", "extends", "return implements string"},
		{"tsx", "const a = <p>{", "function typeof", "return if"},
		{"java", "class A {\n  ", "public static void_type class", "return if else this"},
		{"java", "class A {\n  void f() {\n    ", "return if for", "else case extends"},
		{"rust", "fn f() {\n    let ", "mutable_specifier ref", "return if while"},
		{"rust", "impl A ", "for where", "return fn"},
		{"c", "int f() {\n  x = ", "sizeof", "return if struct"},
		{"cpp", "int f() {\n  return ", "new this sizeof", "if while public"},
		{"php", "<?php\nfunction f() {\n  $x = ", "new clone fn match", "return if foreach"},
		{"ruby", "def f\n  ", "if while return case", ""},
	} {
		words := Expected(c.language, []byte(c.text), strings.Fields(surely))
		if words == nil {
			t.Errorf("%s %q: nothing can be told", c.language, c.text)
			continue
		}
		for _, word := range strings.Fields(c.may) {
			if !words[word] {
				t.Errorf("%s %q: %s is not expected", c.language, c.text, word)
			}
		}
		for _, word := range strings.Fields(c.mayNot) {
			if may, known := words[word]; may || !known {
				t.Errorf("%s %q: %s is expected (%v), or no word of the grammar", c.language, c.text, word, may)
			}
		}
	}
	if words := Expected("cobol", []byte("MOVE "), nil); words != nil {
		t.Errorf("of an unknown language: %v", words)
	}
	if words := Expected("go", make([]byte, maxText), nil); words != nil {
		t.Errorf("of a text that is too large: %v", words)
	}
	if words := Expected("go", nil, nil); !words["package"] {
		t.Errorf("of an empty text: %v", words)
	}
}

// Whatever stands before the cursor, words are told of that the grammar has, the same ones each time.
func FuzzExpected(f *testing.F) {
	for _, seed := range []string{"", "x = ", "def f(", "}}}}", "\x00\xff", "if (a) {\n} ", "<p>{", "`${", "\"", "/* "} {
		for i := range Languages() {
			f.Add(uint8(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, language uint8, text string) {
		name := Languages()[int(language)%len(Languages())]
		words := Expected(name, []byte(text), []string{"else", "no word of any grammar"})
		known := Expected(name, nil, nil)
		if words != nil && len(words) != len(known) {
			t.Fatalf("%d words, in an empty text %d", len(words), len(known))
		}
	})
}
