package typeinfer

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/treesitter"
)

// TestSplice: a spliced file is what the parser makes of its text.
func TestSplice(t *testing.T) {
	for language, text := range map[string]string{
		"python": "import os\n\n@deco\nclass A(B):\n    x = None\n\n    def f(self, a, b=1, *c, **d):\n        self.y = os.path.join(a, b)\n        for i in c:\n            g(i)(a, k=2)\n        return self.y\n\n" +
			"def g(q):\n    return lambda z: z + q\n\nlast = g(1)\nfar = g(" + strings.Repeat("lambda u: g(u).a + 12, ", 40) + "0).then(last).h\nend = 1\n",
		"typescript": "import { a } from './a'\n\nexport function f(x, y?, z = 1) {\n  const v = a.b(x)\n  let w\n  return v\n}\nexport const h = (q) => {\n  return q\n}\nclass C extends D {\n  p\n  m(r) { return this.p.n(r) }\n}\n",
		"tsx":        "export const V = (props) => <div onClick={(e) => f(e)}>{props.a}</div>\n",
	} {
		f := treesitter.Parse(language, []byte(text))
		var sites []Site // all of them from the first to the last, back again, and by twos
		for i, s := range newView(f).all {
			sites = append(append(slices.Insert(sites, i, s), s), s)
		}
		again := map[string]*stand{}
		for _, s := range sites {
			n := splice(f, s.At, s.Lead, s.Symbol, again[s.Lead])
			again[s.Lead] = n
			got, span := n.file, n.at
			if text := string(got.Text[got.Tokens[n.first].Start:got.Tokens[n.first].End]); text != strings.TrimSpace(s.Lead) {
				t.Fatalf("%s: %q stands before the annotation", s.Symbol, text)
			}
			want := treesitter.Parse(language, got.Text)
			if len(want.Errors) > 0 || string(got.Text[span.Start:span.End]) != standIn {
				t.Fatalf("%s: %v in %s", s.Symbol, want.Errors, got.Text)
			}
			for _, part := range []struct {
				name      string
				got, want any
			}{
				{"tokens", got.Tokens, want.Tokens}, {"sites", got.TypeSites, want.TypeSites}, {"scopes", got.Scopes, want.Scopes}, {"calls", got.Calls, want.Calls},
				{"declarations", got.Declarations, want.Declarations}, {"imports", got.Imports, want.Imports},
			} {
				if !reflect.DeepEqual(part.got, part.want) && reflect.ValueOf(part.got).Len()+reflect.ValueOf(part.want).Len() > 0 {
					t.Errorf("%s of %s %s %q: got\n%v\nwant\n%v\n%s", part.name, language, s.Kind, s.Symbol, part.got, part.want, strings.TrimSpace(string(got.Text)))
				}
			}
		}
	}
}
