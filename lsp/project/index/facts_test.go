package index

import (
	"fmt"
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// described writes facts as lines: a symbol as its kind, where it is, its name and its type, with a + when others may use it; an import as name<of@module.
func described(path, text string) string {
	f := factsOf(path, treesitter.Parse(treesitter.LanguageOf(path), []byte(text)))
	var b strings.Builder
	for _, s := range f.symbols {
		mark := "-"
		if s.Exported {
			mark = "+"
		}
		if got := text[s.Start : s.Start+len(s.Name)]; got != s.Name {
			fmt.Fprintf(&b, "%s is not where %q stands\n", s.Name, got)
		}
		if got := strings.Count(text[:s.Start], "\n"); got != s.Line {
			fmt.Fprintf(&b, "%s is in line %d, not %d\n", s.Name, got, s.Line)
		}
		holder := s.Of
		if holder != "" {
			holder += "."
		}
		fmt.Fprintf(&b, "%s%v %s%s %s\n", mark, s.Kind, holder, s.Name, s.Type)
	}
	for _, i := range f.imports {
		fmt.Fprintf(&b, "%s<%s@%s\n", i.Name, i.Of, i.Module)
	}
	if f.packageName != "" {
		fmt.Fprintf(&b, "package %s\n", f.packageName)
	}
	return b.String()
}

func TestFacts(t *testing.T) {
	for _, c := range []struct{ path, text, want string }{
		{"a.py", "from __future__ import annotations\nimport os.path as p, sys\nfrom .rates import Rate as R, lookup\nfrom a.b import (c,\n  d)\nUserId = int\nclass Box(Base):\n    width: int = 3\n" +
			"    def grow(self, by: float) -> \"Box\":\n        self.size = by\n        inner = 3\n        def nested(): pass\n        return self\ndef _f() -> int:\n    return 1\nclass Outer:\n    class Inner: pass\n",
			"+variable UserId \n+type Box \n+field Box.width int\n+method Box.grow \"Box\"\n+field Box.size \n-function _f int\n+type Outer \n+type Outer.Inner \n" +
				"annotations<annotations@__future__\np<@os.path\nsys<@sys\nR<Rate@.rates\nlookup<lookup@.rates\nc<c@a.b\nd<d@a.b\n"},
		{"a.ts", "import { A as B, C } from \"./lib/x\";\nimport type D from 'd';\nimport * as E from \"e\";\nimport F, { type G } from 'f'\nexport type Id = string | number;\n" +
			"export interface Shape { area(): number; name: string }\nexport default class Box extends Base {\n  private w: number = 3;\n  static make<T>(x: T): Box { const y = 1; return new Box(); }\n}\n" +
			"export async function f(a: string): Promise<void> { let z = 1 }\nexport const g = (x: number): number => x;\nfunction hidden() {}\nenum Color { Red }\nexport { Color, g as gg };\nnamespace N { export class In {} }\n",
			"+type Id \n+type Shape \n+method Shape.area number\n+field Shape.name string\n+type Box \n-field Box.w number\n+method Box.make Box\n+function f Promise<void>\n+variable g \n-function hidden \n" +
				"+type Color \n+field Color.Red \n-variable N \n+type In \nB<A@./lib/x\nC<C@./lib/x\nD<default@d\nE<*@e\nF<default@f\nG<G@f\n"},
		{"a.js", "const A = require('./A'), { b, c: d } = require(\"x/y\");\nfunction f() { const e = require('e'); }\nclass K { m() { const v = 1 } }\nfunction g() {}\nmodule.exports = { f, k: K };\n", "-variable A \n-variable b \n-variable d \n+function f \n+type K \n+method K.m \n-function g \nA<@./A\nd<c@x/y\nb<b@x/y\n"},
		{"a.go", "package rates\n\nimport (\n\t\"fmt\"\n\tm \"math\"\n\t\"x.org/y/v2\"\n)\n\ntype Rate struct{ Width int; inner string }\ntype ID = string\nfunc (r *Rate) Grow(by int) (int, error) { x := by; return x, nil }\n" +
			"func New() *Rate { return nil }\nconst Big = 3\nvar small = func() int { deep := 1; return deep }\ntype Doer interface { Do(int) error }\n",
			"+type Rate \n+field Rate.Width int\n-field Rate.inner string\n+type ID \n+method Rate.Grow (int, error)\n+function New *Rate\n+variable Big \n-variable small \n+type Doer \n+method Doer.Do \n" +
				"fmt<@fmt\nm<@math\ny<@x.org/y/v2\npackage rates\n"},
		{"A.java", "package a.b.c;\nimport java.util.List;\nimport static x.y.Z.foo;\npublic class A<T> extends B {\n  private int width;\n  public static final String NAME = \"x\";\n" +
			"  public List<String> names(int n) { int k = 1; return null; }\n  enum Inner { ONE }\n}\n",
			"+type A \n-field A.width int\n+field A.NAME String\n+method A.names List<String>\n+type A.Inner \n+field Inner.ONE \nList<List@java.util\nfoo<foo@x.y.Z\npackage a.b.c\n"},
		{"a.rs", "use std::collections::{self, HashMap, BTreeMap as B};\nuse crate::foo::Bar;\npub struct S { pub w: i32 }\nimpl S { pub fn new(x: i32) -> Self { let y = 1; S{w:x} } fn p(&self) {} }\nfn private() {}\npub mod m { pub fn inner() {} }\n",
			"+type S \n+field S.w i32\n+method S.new Self\n-method S.p \n-function private \n+variable m \n+function m.inner \n" +
				"collections<collections@std\nHashMap<HashMap@std::collections\nB<BTreeMap@std::collections\nBar<Bar@crate::foo\n"},
		{"a.cc", "namespace n { class C { public: int f() { int x; return x; } int w; }; void g() {} }\nstatic int hidden() { return 1; }\n",
			"+variable n \n+type n.C \n+method C.f int\n+field C.w int\n+function n.g void\n-function hidden int\n"},
	} {
		if got := described(c.path, c.text); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.path, got, c.want)
		}
	}
}
