package evaluate

import (
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// TestBare: everything that could have been left out is, but what is asked for, and that is found again.
func TestBare(t *testing.T) {
	for _, c := range []struct{ language, text, but, want string }{
		{"python", "class A:\n    n: int = 0\n\n    def f(self, a: List[int], *b: str, c: bool=False) -> Dict[str, int]:\n        x: int = a[0]\n        return {}\n", "Dict[str, int]",
			"class A:\n    n = 0\n\n    def f(self, a, *b, c=False) -> Dict[str, int]:\n        x = a[0]\n        return {}\n"},
		{"python", "def f(\n    a: int,\n    b: str,\n) -> None:\n    pass\n", "str", "def f(\n    a,\n    b: str,\n):\n    pass\n"},
		{"typescript", "interface P { a: string }\nfunction f(a?: number, b: (x: number) => void): Promise<P> {\n  const c: P = { a: '' }\n  return c\n}\n", "P",
			"interface P { a: string }\nfunction f(a?, b) {\n  const c: P = { a: '' }\n  return c\n}\n"},
	} {
		f := treesitter.Parse(c.language, []byte(c.text))
		for _, s := range f.TypeSites {
			if s.Existing != c.but {
				continue
			}
			text, at := bare(f, s.Span)
			if string(text) != c.want {
				t.Errorf("%s: %q, want %q", c.but, text, c.want)
			}
			if !strings.HasPrefix(string(text[at:]), c.but) {
				t.Errorf("%s is said to stand at %q", c.but, text[at:])
			}
			a := bareAnnotation(&annotation{source: &Source{File: f}, site: s, written: s.Span})
			if a == nil || a.site.Existing != c.but || a.site.Symbol != s.Symbol {
				t.Errorf("%s is not found again: %+v", c.but, a)
			}
		}
	}
}
