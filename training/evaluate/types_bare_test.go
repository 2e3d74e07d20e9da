package evaluate

import (
	"testing"

	"mlm-lsp/treesitter"
)

// TestBareAnnotation: an annotation is found again where all others are gone, and stands as it stood.
func TestBareAnnotation(t *testing.T) {
	for _, c := range []struct{ language, text, of, want string }{
		{"python", "class A:\n    n: int = 0\n\n    def f(self, a: List[int], *b: str, c: bool=False) -> Dict[str, int]:\n        x: int = a[0]\n        return {}\n", "Dict[str, int]",
			"class A:\n    n = 0\n\n    def f(self, a, *b, c=False) -> Dict[str, int]:\n        x = a[0]\n        return {}\n"},
		{"python", "def f(\n    a: int,\n    b: str,\n) -> None:\n    pass\n", "str", "def f(\n    a,\n    b: str,\n):\n    pass\n"},
		{"typescript", "interface P { a: string }\nfunction f(a?: number, b: (x: number) => void): Promise<P> {\n  const c: P = { a: '' }\n  return c\n}\n", "P",
			"interface P { a: string }\nfunction f(a?, b) {\n  const c: P = { a: '' }\n  return c\n}\n"},
	} {
		f := treesitter.Parse(c.language, []byte(c.text))
		for _, s := range f.TypeSites {
			if s.Existing != c.of {
				continue
			}
			a := bareAnnotation(&annotation{source: &Source{File: f}, file: f, site: s, written: s.Span})
			if a == nil || a.site.Existing != c.of || a.site.Symbol != s.Symbol || string(a.file.Text[a.site.Start:a.site.End]) != c.of {
				t.Fatalf("%s is not found again: %+v", c.of, a)
			}
			if string(a.file.Text) != c.want {
				t.Errorf("%s: %q, want %q", c.of, a.file.Text, c.want)
			}
		}
	}
}
