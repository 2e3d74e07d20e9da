package typeinfer

import (
	"fmt"
	"testing"

	"mlm-lsp/lsp/gap"
	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/project"
	"mlm-lsp/treesitter"
)

// TestSharedIsAlone: a site that shares what is read of its file, and the stand-in of the site before, is asked what it would be asked alone in a file of its own.
func TestSharedIsAlone(t *testing.T) {
	p := project.New(1000)
	for path, text := range map[string]string{
		"shop/cart.py": "class Cart:\n    def total(self) -> float:\n        return 1.5\n    def add(self, item: str, times: int = 1) -> None:\n        pass\n\ndef load(path: str, retries: int | None = None) -> Cart:\n    return Cart()\n",
		"cart.ts":      "export class Cart { items: string[] = []; total(): number { return 1 } }\nexport function load(path: string, retries?: number): Promise<Cart> { return make(path) }\n",
	} {
		p.Set(path, treesitter.Parse(treesitter.LanguageOf(path), []byte(text)))
	}
	for language, text := range map[string]string{
		"python": "from typing import Optional\nfrom cart import Cart, load\n\nclass Shop:\n    cart = None\n    names: list[str] = []\n\n    def __init__(self, path, retries=3, *rest, **options):\n        self.path = path\n        self.cart = load(path, retries)\n        self.seen = {}\n" +
			"        for name in rest:\n            self.seen[name] = len(name)\n\n    def total(self, cart: Cart, other):\n        total = cart.total() if other else 0.0\n        other.add(self.path)\n        return total\n\ndef shops(path, limit: Optional[int] = None):\n" +
			"    shop = Shop(path, retries=limit)\n    found = []\n    found.append(shop)\n    return found\n\nlast = shops('a')\n",
		"typescript": "import { Cart, load } from './cart'\n\nexport class Shop {\n  cart\n  names: Map<string, number[]> = new Map()\n  constructor(path, retries = 3) {\n    this.path = path\n    this.cart = load(path, retries)\n  }\n  total(cart: Cart, other) {\n" +
			"    const all = cart.total() + other.items.length\n    return other ? all : 0\n  }\n}\nexport const shops = async (path, limit?: number) => {\n  let found = []\n  const shop = new Shop(path, limit)\n  found.push(shop)\n  return found\n}\nfunction pick(take: (cart) => Cart, at) {\n  return take(at)\n}\n",
	} {
		f := treesitter.Parse(language, []byte(text))
		v := newView(f)
		around := p.View("here")
		shared := gap.NewSites(v.x, around)
		for _, s := range append(v.all, v.all...) {
			a := v.ask(s)
			got := shared.Annotation(a.x, a.site, nil)
			alone := treesitter.Parse(language, a.x.File.Text)
			want := gap.NewAnnotation(names.New(alone), a.site, around, nil)
			if g, w := fmt.Sprint(got.Evidence()), fmt.Sprint(want.Evidence()); g != w {
				t.Errorf("%s of %s: the evidence is\n%s\nwant\n%s", s.Kind, s.Symbol, g, w)
			}
			if len(got.Candidates) == 0 || len(got.Candidates) != len(want.Candidates) {
				t.Fatalf("%s of %s: %d candidates, want %d", s.Kind, s.Symbol, len(got.Candidates), len(want.Candidates))
			}
			for i, c := range got.Candidates {
				if g, w := fmt.Sprint(c), fmt.Sprint(want.Candidates[i]); g != w {
					t.Errorf("%s of %s, candidate %d:\n%s\nwant\n%s", s.Kind, s.Symbol, i, g, w)
				}
			}
			v.done(a)
		}
	}
}
