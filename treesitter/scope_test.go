package treesitter

import (
	"slices"
	"strings"
	"testing"
)

// TestVisibleAt asks at each cursor, written ¦ and taken out before the parse,
// which of the names are visible. A name with ! must not be.
func TestVisibleAt(t *testing.T) {
	for _, test := range []struct{ lang, source, want string }{
		{"python", "import os.path as p, sys\nfrom a import b\n¦\n", "p sys b !os !a"},
		{"python", "x = ¦1\ny = 2\n", "!x !y"},
		{"python", "x = 1\ny = ¦2\n", "x !y"},
		{"python", "def f(a, *b, c=1, **d):\n    ¦pass\n", "f a b c d"},
		{"python", "def f(a=¦1):\n    pass\ndef g(): pass\n", "f"},
		{"python", "def f():\n    return g(x, ¦)\ndef g(): pass\nx = 1\n", "f g x"},
		{"python", "def f():\n    y = 1\n    def h():\n        return ¦z\n    z = 2\n", "y h z f"},
		{"python", "def f():\n    y = ¦1\n    z = 2\n", "!y !z f"},
		{"python", "class C:\n    k = 1\n    def m(self):\n        ¦pass\n", "C self !k !m"},
		{"python", "class C:\n    k = 1\n    j = ¦k\n", "k !j"},
		{"python", "class C:\n    def m(self):\n        self.q = 1\n        ¦pass\n", "!q"},
		{"python", "for i, (j, *k) in enumerate(x):\n    ¦pass\n", "i j k !x"},
		{"python", "r = [u for u, w in ¦v if u]\n", "u w !r"},
		{"python", "r = [u for u in v]\n¦x\n", "r !u"},
		{"python", "with open(p) as fh, g() as (m, n):\n    ¦pass\n", "fh m n"},
		{"python", "try:\n    pass\nexcept E as e:\n    ¦pass\n", "e !E"},
		{"python", "if (n := f()) > ¦1: pass\n", "n"},
		{"python", "l = lambda s, t=1: ¦s\n", "s t l"},
		{"python", "def f():\n    global g\n    g = 1\n    ¦pass\ng = 0\n", "g f"},
		{"python", "a.b, c[d] = 1, 2\n¦x\n", "!a !b !c !d"},
		{"python", "def f(x):\n    y = 1\n    ¦", "x y f"},
		{"python", "def f(x):\n    y = 1\n    \n    ¦\n", "x y f"},
		{"python", "def f(x):\n    y = 1\n¦\n", "!x !y f"},
		{"python", "class C:\n    def f(self, x):\n        pass\n\n    ¦\n", "f !x"},
		{"python", "def f(x):\n    return x¦\n", "x f"},

		{"go", "package p\nimport (\"fmt\"; m \"math/rand/v2\"; \"gopkg.in/yaml.v3\")\nfunc f() { ¦ }\n", "fmt m yaml f"},
		{"go", "package p\nimport \"math/rand/v2\"\nfunc f() { ¦ }\nvar v int\nconst c = 1\ntype T int\n", "rand f v c T"},
		{"go", "package p\nfunc f(a, b int, r ...int) (n int, err error) { ¦ }\n", "a b r n err f"},
		{"go", "package p\nfunc (t *T) m() { ¦ }\n", "t !m"},
		{"go", "package p\nfunc f() { x := g(¦); y := 1 }\n", "f !x !y"},
		{"go", "package p\nfunc f() { x := 1; ¦ }\n", "x"},
		{"go", "package p\nfunc f() { if err := g(); ¦err != nil { } }\n", "err"},
		{"go", "package p\nfunc f() { if err := g(); err != nil { }; ¦ }\n", "!err"},
		{"go", "package p\nfunc f() { for i, e := range xs { ¦ } }\n", "i e !xs"},
		{"go", "package p\nfunc f() { for i = range xs { ¦ } }\n", "!i"},
		{"go", "package p\nfunc f() { for j := 0; j < 3; j++ { ¦ } }\n", "j"},
		{"go", "package p\nfunc f() { switch z := v.(type) { case int: ¦ } }\n", "z"},
		{"go", "package p\nfunc f() { select { case m, ok := <-ch: ¦ } }\n", "m ok"},
		{"go", "package p\nfunc f() { switch { case a: x := 1\n¦\ncase b: } }\n", "x"},
		{"go", "package p\nfunc f() { switch { case a: x := 1\n\ncase b: ¦} }\n", "!x"},
		{"go", "package p\nfunc f() { g(func(q int) { ¦ }) }\n", "q f"},
		{"go", "package p\nfunc f() { func() { ¦ }(); later := 1 }\n", "!later"},
		{"go", "package p\nfunc f[K any](k K) { var a, b int; const c = 1; ¦ }\n", "K k a b c"},
		{"go", "package p\ntype S struct { F int }\nfunc f() { ¦ }\n", "S !F"},
		{"go", "package p\nfunc f() { _, x := g(); ¦ }\n", "x !_"},

		{"typescript", "import d, { a as b, c } from 'm'; import * as n from 'o';\n¦x;\n", "d b c n !a"},
		{"typescript", "f(¦);\nfunction f() {}\nvar v = 1;\nlet l = 2;\nclass C {}\n", "f v !l !C"},
		{"typescript", "function f() { ¦ }\nconst l = 2;\nclass C {}\n", "f l C"},
		{"typescript", "function f(x: number, y?: string, { p, q: [r] }: T, ...s: any[]) { ¦ }\n", "x y p r s f !q !T"},
		{"typescript", "{ let a = 1; var b = 2; }\n¦x;\n", "b !a"},
		{"typescript", "const { a, b: { c }, ...d } = e;\n¦x;\n", "a c d !b !e"},
		{"typescript", "const [a, , b = f] = e;\n¦x;\n", "a b !f !e"},
		{"typescript", "for (const k of ks) { ¦ }\n", "k !ks"},
		{"typescript", "for (let i = 0; ¦i < 2; i++) {}\n", "i"},
		{"typescript", "try {} catch (err) { ¦ }\n", "err"},
		{"typescript", "const g = (a, b: number = 1) => a + ¦b;\n", "a b g"},
		{"typescript", "const h = async x => ¦x;\n", "x"},
		{"typescript", "class C<T> { f = 1; m(p: T) { ¦ } }\n", "C T p !f !m"},
		{"typescript", "interface I { a: string }\nenum E { A }\ntype U = I;\n¦x;\n", "I E U !a !A"},
		{"typescript", "x = function named() { ¦ };\n", "named"},
		{"tsx", "const App = ({ items }: P) => <ul>{items.map(i => <li>{¦i}</li>)}</ul>;\n", "items i"},
		{"javascript", "function f({ a, b = 1 }, [c], ...d) { ¦ }\n", "a b c d f"},
		{"javascript", "const fs = require('fs');\nclass C { #p = 1; m() { ¦ } }\n", "fs C !m"},

		{"java", "import java.util.List;\nimport java.io.*;\nimport static a.B.c;\nclass C { void m() { ¦ } }\n", "List c C m !io !java"},
		{"java", "class C<T> { int f; void m(int p, int... r) { ¦ } int g() { return 1; } static int h; }\n", "C T f g h m p r"},
		{"java", "class C { void m() { int x = ¦1; int y = 2; } }\n", "m C !x !y"},
		{"java", "class C { void m() { for (int i = 0, j; i < 2; i++) { ¦ } } }\n", "i j"},
		{"java", "class C { void m() { for (String s : ¦ss) { } } }\n", "!s"},
		{"java", "class C { void m() { { int x = 1; } ¦ } }\n", "!x"},
		{"java", "class C { void m() { try (R r = o()) { ¦ } catch (E e) { } } }\n", "r !e"},
		{"java", "class C { void m() { try { } catch (E | F e) { ¦ } } }\n", "e !E"},
		{"java", "class C { void m() { f((a, b) -> ¦a); g(c -> c); } }\n", "a b !c"},
		{"java", "class C { void m() { if (o instanceof S s) { ¦ } } }\n", "s"},
		{"java", "class C { class D { int x; } enum E { A; int z; } record R(int q) {} void m() { ¦ } }\n", "D E R !x !A !z !q"},
		{"java", "enum E { A, B; void m() { ¦ } }\n", "A B m E"},
		{"java", "record R(int q) { int m() { return ¦q; } }\n", "q m R"},

		{"rust", "use a::{b as c, d::{self, E}, f::*};\nextern crate g;\nfn m() { ¦ }\n", "c d E g m !b !f !a"},
		{"rust", "fn m() { ¦ }\nfn n() {}\nconst K: u8 = 1;\nstruct S { f: u8 }\nenum N { V }\nmod o { fn p() {} }\n", "m n K S N o !f !V !p"},
		{"rust", "fn m<T>(a: T, (b, mut c): (u8, u8), _: u8) { ¦ }\n", "T a b c m !_"},
		{"rust", "fn m() { let x = ¦1; let y = 2; }\n", "!x !y"},
		{"rust", "fn m() { let x = 1; ¦ let y = 2; }\n", "x !y"},
		{"rust", "fn m() { if let Some(v) = o { ¦ } }\n", "v !Some !o"},
		{"rust", "fn m() { if let Some(v) = o { } ¦ }\n", "!v"},
		{"rust", "fn m() { while let Ok((i, ref j)) = it.next() { ¦ } }\n", "i j !Ok"},
		{"rust", "fn m() { for (i, x) in ¦xs { } }\n", "!i !x"},
		{"rust", "fn m() { for (i, x) in xs { ¦ } }\n", "i x !xs"},
		{"rust", "fn m() { match v { P::Q(a, S { b, c: d, .. }) if a > z => ¦a, None => b, e @ 1..=K => e } }\n", "a b d !c !z !e !P !Q !S !None !K"},
		{"rust", "fn m() { let f = |a, (b, c): (u8, T)| ¦a; }\n", "a b c !f !T"},
		{"rust", "struct S { f: u8 }\nimpl S { const K: u8 = 1; fn n(&self) {} fn m(&self) { ¦ } }\n", "S !f !K !n !m"},
		{"rust", "mod o { fn p() {} fn q() { ¦ } }\nfn r() {}\n", "p q o r"},

		{"c", "#define M 1\n#define F(x) x\nint g; static int *h, k[3] = {0};\nint f(int a, char **b, void (*c)(int d)) { ¦ }\nint after(void) { }\nint l;\n",
			"M F g h k f a b c after !d !x !l"},
		{"c", "void f(void) { int x = ¦1, y; }\n", "f !x !y"},
		{"c", "void f(void) { int x = n, *y, z[q]; ¦ }\n", "x y z !n !q"},
		{"c", "void f(void) { for (int i = 0; i < 3; i++) { ¦ } }\n", "i"},
		{"c", "void f(void) { { int x; } ¦ }\n", "!x"},
		{"c", "typedef struct s { int m; } t;\nenum e { A, B };\ntypedef int (*cb)(u v);\nint p(int w);\nvoid f() { ¦ }\n", "s t e A B cb p !m !u !v !w"},
		{"c", "char **f(int a) { ¦ }\n", "f a"},

		{"cpp", "using std::string;\nusing M = map<int, T>;\nnamespace a { int b; }\nclass C { int f; };\nenum class E { V };\nvoid g() { ¦ }\n", "string M a C E g !b !f !V !T"},
		{"cpp", "class C { void m() { ¦ } int f_, *g_ = 0; void n(int q); static int h() { return 1; } };\n", "C m f_ g_ n h !q"},
		{"cpp", "template <typename T, int N = 1> T f(const T& a, int b = 2, Ts&&... c) { ¦ }\n", "T N a b c f"},
		{"cpp", "template <class T> class V { T t; void m() { ¦ } };\n", "T V t m"},
		{"cpp", "template <class T> class V { T t; };\nvoid f() { ¦ }\n", "V f !T !t"},
		{"cpp", "void f() { for (const auto& [k, v] : ¦m) { } }\n", "!k !v"},
		{"cpp", "void f() { for (auto& x : m) { ¦ } }\n", "x !m"},
		{"cpp", "void f() { if (auto it = m.find(1); it != e) { ¦ } }\n", "it !m !e"},
		{"cpp", "void f() { auto g = [a, &b](int q) { ¦ }; }\n", "q !a !g"},
		{"cpp", "void f() { try { } catch (const E& e) { ¦ } }\n", "e !E"},
		{"cpp", "int C::m(int a) { ¦ }\n", "a !C !m"},
		{"cpp", "int& f(int a) { auto [x, y] = p; int z{1}; ¦ }\n", "f a x y z !p"},

		{"php", "<?php\nuse A\\B; use A\\{C, D as E}; use function A\\f as g;\n¦", "B C E g !A !D !f"},
		{"php", "<?php\nfunction f(int $a, &$b, ...$c) { ¦ }\nfunction h() {}\nclass K {}\nconst L = 1;", "$a $b $c f h K L"},
		{"php", "<?php\nfunction f() { $x = g(¦); $y = 1; }", "f !$x !$y"},
		{"php", "<?php\nfunction f() { if ($a) { $x = 1; } ¦ }", "$x !$a"},
		{"php", "<?php\nfunction f() { foreach ($xs as $k => $v) { ¦ } }", "$k $v !$xs"},
		{"php", "<?php\nfunction f() { foreach ($xs as [$m, 'k' => $n]) { ¦ } }", "$m $n !$xs"},
		{"php", "<?php\nfunction f() { [$p, [$q]] = g(); $a[$i] = 1; $o->r = 2; ¦ }", "$p $q !$a !$i !$o !r"},
		{"php", "<?php\ntry { } catch (E $e) { ¦ }", "$e !E"},
		{"php", "<?php\n$f = fn($u) => ¦$u; $g = function ($w) use ($x) { };", "$u !$w !$x"},
		{"php", "<?php\nclass K { public $q; const L = 1; function m() { ¦ } function n() {} }", "K !$q !L !m !n"},
		{"php", "<?php\nfunction f() { static $s = 1; global $t; ¦ }", "$s"},

		{"ruby", "require 'x'\ndef f(a, b = 1, *c, d:, e: 2, **g, &h)\n  ¦\nend\n", "a b c d e g h f"},
		{"ruby", "def f\n  x = ¦1\n  y = 2\nend\n", "f !x !y"},
		{"ruby", "def f\n  x, (y, *z) = g\n  ¦\nend\n", "f x y z !g"},
		{"ruby", "xs.each_with_index do |v, (i, j); k|\n  w = 1\n  ¦\nend\n", "v i j k w !xs"},
		{"ruby", "xs.each { |v| w = 1 }\n¦\n", "!v !w !xs"},
		{"ruby", "class C\n  L = 1\n  def m\n    @q = 1\n    ¦\n  end\n  def n; @r ||= 2; end\nend\n", "C L m n @q @r"},
		{"ruby", "class C\n  def m; v = 1; end\n  def n\n    ¦\n  end\nend\n", "C m n !v"},
		{"ruby", "begin\n  g\nrescue E => e\n  ¦\nend\n", "e !E !g"},
		{"ruby", "f = ->(u, v = 1) { ¦u }\n", "u v !f"},
		{"ruby", "case h\nin {name: String => n, age:}\n  ¦\nin [a, *rest]\n  1\nend\n", "n age !name !h"},
		{"ruby", "for i, j in xs do ¦ end\n", "i j !xs"},
		{"ruby", "module M\n  class A::B; end\n  ¦\nend\n", "M B !A"},
		{"ruby", "a.b = 1\nc[d] = 2\n¦\n", "!a !b !c !d"},
	} {
		offset := strings.Index(test.source, "¦")
		f := Parse(test.lang, []byte(strings.Replace(test.source, "¦", "", 1)))
		visible := map[string]bool{}
		first, all := map[string]Definition{}, f.VisibleAt(offset)
		for _, d := range all {
			if !visible[d.Name] {
				first[d.Name] = d
			}
			visible[d.Name] = true
		}
		for _, s := range f.Scopes {
			for _, d := range s.Definitions {
				want, known := first[d.Name]
				if got, ok := f.Meaning(d.Name, offset); got != want || ok != known {
					t.Errorf("%s %q: %s means %v (%v), want %v (%v)", test.lang, test.source, d.Name, got, ok, want, known)
				}
			}
		}
		types := func(d *Definition) bool { return d.Kind == DefinitionType }
		if got, want := f.VisibleOf(offset, types), slices.DeleteFunc(all, func(d Definition) bool { return !types(&d) }); !slices.Equal(got, want) {
			t.Errorf("%s %q: %v are the types, want %v", test.lang, test.source, got, want)
		}
		for _, name := range strings.Fields(test.want) {
			bare := strings.TrimPrefix(name, "!")
			if visible[bare] != (bare == name) {
				t.Errorf("%s %q: %s is visible: %v", test.lang, test.source, bare, visible[bare])
			}
		}
	}
}

func TestVisibleOrder(t *testing.T) {
	source := "x = 0\ny = 0\ndef f(x, z):\n    w = 1\n    v = 2\n    "
	var names []string
	for _, d := range Parse("python", []byte(source)).VisibleAt(len(source)) {
		names = append(names, d.Name)
	}
	if got := strings.Join(names, " "); got != "v w z x f y" {
		t.Errorf("got %s", got)
	}
}
