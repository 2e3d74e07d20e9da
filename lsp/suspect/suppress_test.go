package suspect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/model/modeltest"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// Each line of a text that ends in a mark says what is silent at its first letter: "." nothing, "*" all, or the codes.
func TestSuppressions(t *testing.T) {
	for name, test := range map[string]struct{ language, text string }{
		"same line, next line": {"python", `
a = 1 ~ .
b = 2  # mlm-lsp: ignore ~ *
c = 3 ~ .
# because: mlm-lsp: ignore, it is right
# so it is

d = 4 ~ *
e = 5 ~ .
f = 6  # mlm-lsp: ignore-next-line ~ .
g = 7 ~ *
`},
		"kinds": {"go", `
package p ~ .
var a = 1 // mlm-lsp: ignore[wrong-operator] ~ wrong-operator
var b = 2 // mlm-lsp: ignore [ wrong-literal ,wrong-operator ] ~ wrong-operator wrong-literal
var c = 3 // mlm-lsp: ignore[wrong-operator] // mlm-lsp: ignore[wrong-literal] ~ wrong-operator wrong-literal
var d = 4 // mlm-lsp: ignore[none-such] ~ .
var e = 5 // mlm-lsp: ignore[none-such, wrong-literal] ~ wrong-literal
`},
		"a range": {"java", `
class A { ~ .
  // mlm-lsp: off[wrong-literal]
  int a; ~ wrong-literal
  /* mlm-lsp: off */
  int b; ~ *
  // mlm-lsp: on
  int c; ~ .
  // mlm-lsp: off
  int d; ~ *
}
`},
		"the file": {"rust", `
fn a() {} ~ wrong-literal
// mlm-lsp: ignore-file[wrong-literal]
fn b() {} ~ wrong-literal
`},
		"a block before code": {"cpp", `
/* mlm-lsp: ignore */ int a; ~ *
int b; ~ .
/* mlm-lsp:
   mlm-lsp: ignore */
int c; ~ *
int d; ~ .
`},
		"JSX": {"tsx", `
const a = <div>
  {/* mlm-lsp: ignore-next-line */}
  {b} ~ *
  {c} ~ .
</div>
`},
		"no comment, no directive": {"javascript", `
const a = "mlm-lsp: ignore" ~ .
const b = 1 // mlm-lsp is good: ignore it ~ .
const c = 1 // mlm-lsp: ignores ~ .
`},
		"the last line": {"c", `int a; ~ .
// mlm-lsp: ignore`},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			want := map[int]string{}
			for _, line := range strings.SplitAfter(test.text, "\n") {
				code, mark, marked := strings.Cut(line, " ~ ")
				if marked {
					want[text.Len()+len(code)-len(strings.TrimLeft(code, " "))] = strings.TrimSpace(mark)
					code += "\n"
				}
				text.WriteString(code)
			}
			s := readSuppressions(treesitter.Parse(test.language, []byte(text.String())))
			for at, wanted := range want {
				var silent []string
				for _, code := range Codes() {
					if s.suppressed(at, code) {
						silent = append(silent, code)
					}
				}
				got := strings.Join(silent, " ")
				switch len(silent) {
				case 0:
					got = "."
				case len(Codes()):
					got = "*"
				}
				if got != wanted {
					line, _, _ := strings.Cut(text.String()[at:], "\n")
					t.Errorf("%s: %s, want %s", line, got, wanted)
				}
			}
		})
	}
}

// Every language's comments can hold one, with code before it and alone.
func TestSilencing(t *testing.T) {
	texts := map[string]string{
		"go": "package p\n\nvar a = 1\n", "python": "def f():\n    return 1\n", "typescript": "let a: number = 1\n", "tsx": "let a = <b>c</b>\n", "javascript": "let a = 1",
		"java": "class A {\n\tint a = 1;\r\n}\r\n", "php": "<?php\n$a = 1;\n", "ruby": "def f\n  1\nend\n",
		"rust": "fn f() {\n    let a = 1;\n}\n", "c": "int a = 1;\n", "cpp": "int a = 1;\n",
	}
	for _, language := range treesitter.Languages() {
		text, ok := texts[language]
		if !ok {
			t.Errorf("no text in %s", language)
			continue
		}
		f := treesitter.Parse(language, []byte(text))
		at := max(strings.Index(text, "1"), 0)
		apply := func(in Insertion, ok bool) *treesitter.File {
			if !ok {
				t.Errorf("%s: no comment would do", language)
				return f
			}
			return treesitter.Parse(language, []byte(text[:in.Offset]+in.Text+text[in.Offset:]))
		}
		silenced := apply(SilenceLine(f, at, CodeLiteral))
		if s := readSuppressions(silenced); !s.suppressed(at, CodeLiteral) || s.suppressed(at, CodeOperator) || strings.Count(string(silenced.Text), "\n") != strings.Count(text, "\n") {
			t.Errorf("%s: %q", language, silenced.Text)
		}
		silenced = apply(SilenceFile(f, ""))
		if s := readSuppressions(silenced); !s.suppressed(len(silenced.Text)-1, CodeLiteral) || !slices.Equal(codeTexts(silenced), codeTexts(f)) {
			t.Errorf("%s: %q", language, silenced.Text)
		}
	}
}

func TestSilencingWhereItIsHard(t *testing.T) {
	for _, test := range []struct{ language, text, at, want string }{
		// Behind the line the comment would break the continuation.
		{"c", "#define A(x) \\\n  f(x)\nint a = \\\n  b;\n", "a = ", "#define A(x) \\\n  f(x)\n/* mlm-lsp: ignore[wrong-literal] */\nint a = \\\n  b;\n"},
		{"python", "a = b + \\\n  c\n", "b", "# mlm-lsp: ignore[wrong-literal]\na = b + \\\n  c\n"},
		// Behind the line it would be text.
		{"javascript", "f(a, `one\ntwo`)\n", "a", "// mlm-lsp: ignore[wrong-literal]\nf(a, `one\ntwo`)\n"},
		{"javascript", "f(`one\n${a} two\nthree`)\n", "a}", ""},
		{"go", "package p\n\nvar a = b // mlm-lsp: ignore[wrong-operator]\n", "b", "package p\n\nvar a = b // mlm-lsp: ignore[wrong-operator]  // mlm-lsp: ignore[wrong-literal]\n"},
	} {
		f := treesitter.Parse(test.language, []byte(test.text))
		got := ""
		if in, ok := SilenceLine(f, strings.Index(test.text, test.at), CodeLiteral); ok {
			got = test.text[:in.Offset] + in.Text + test.text[in.Offset:]
		}
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
	for text, want := range map[string]string{
		"#!/usr/bin/env python\na = 1\n": "#!/usr/bin/env python\n# mlm-lsp: ignore-file\n\na = 1\n",
		"# What it is.\na = 1\n":         "# mlm-lsp: ignore-file\n\n# What it is.\na = 1\n",
		"":                               "",
	} {
		got := ""
		if in, ok := SilenceFile(treesitter.Parse("python", []byte(text)), ""); ok {
			got = text[:in.Offset] + in.Text + text[in.Offset:]
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestRemarks(t *testing.T) {
	const text = `# mlm-lsp: ingore
# mlm-lsp and mlm-lsp: the server
# mlm-lsp: on
a = 1  # mlm-lsp: ignore[wrong-opperator]
b = 2  # mlm-lsp: ignore
# mlm-lsp: off[wrong-literal]
c = 3
# mlm-lsp: on[wrong-literal]
`
	e, err := Examine(context.Background(), &modeltest.Fake{}, treesitter.Parse("python", []byte(text)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range e.Remarks() {
		got = append(got, fmt.Sprintf("%d %s", 1+strings.Count(text[:r.Span.Start], "\n"), r.Text))
	}
	want := []string{
		"1 `ingore` is none of ignore, ignore-next-line, ignore-file, off, on",
		"3 `on` without an `off` before it",
		"4 `wrong-opperator` is no kind of finding: they are " + strings.Join(Codes(), ", "),
		"5 `mlm-lsp: ignore` silences nothing",
		"6 `mlm-lsp: off[wrong-literal]` silences nothing",
		"8 `on` ends every `off`, and takes no kinds",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func FuzzSuppressions(f *testing.F) {
	f.Add("python", "a = 1 # mlm-lsp: ignore[wrong-literal]\n# mlm-lsp: off\n# mlm-lsp: on", 0)
	f.Add("tsx", "{/* mlm-lsp: ignore-next-line */}\nx", 3)
	f.Add("c", "/* mlm-lsp: ignore-file[", 1)
	f.Fuzz(func(t *testing.T, language, text string, at int) {
		if len(text) > 2000 {
			return
		}
		file := treesitter.Parse(language, []byte(text))
		for _, s := range readSuppressions(file).list {
			if s.over.Start < 0 || s.over.End > len(text) || s.at.Start < 0 || s.at.End > len(text) {
				t.Fatalf("%+v", s)
			}
		}
		if at < 0 || len(text) < at {
			return
		}
		if in, ok := SilenceLine(file, at, CodeLiteral); ok && (in.Offset < 0 || len(text) < in.Offset) {
			t.Fatalf("%+v", in)
		}
		SilenceFile(file, "")
	})
}

// A comment that silences a finding is of use: nothing is remarked on it, and the finding is not reported.
func TestRemarksKnowWhatIsOfUse(t *testing.T) {
	table, err := rank.Parse([]byte(`{"version": 2, "alarm": {"screen": {"inputs": ["cache over"], "trees": [[[1]]]}, "ask": 0,
		"confirm": {"inputs": ["cache over"], "trees": [[[1]]]}}, "sensitivities": {"normal": {"thresholds": {"name/*": {"log_odds": 0}}}}}`), Inputs())
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) (reported []Finding, remarks []Remark) {
		e, err := Examine(context.Background(), &modeltest.Fake{}, treesitter.Parse("go", []byte(text)), Options{Table: table})
		if err != nil {
			t.Fatal(err)
		}
		return e.Findings(false), e.Remarks()
	}
	all, _ := check(rect)
	for comment, silences := range map[string]bool{"// mlm-lsp: ignore": true, "// mlm-lsp: ignore[wrong-operator]": false, "// mlm-lsp: ignore[wrong-operator, variable-misuse]": true} {
		end := lineEnd([]byte(rect), all[0].Span.Start)
		left, remarks := check(rect[:end] + " " + comment + rect[end:])
		if (len(left) < len(all)) != silences || (len(remarks) == 0) != silences {
			t.Errorf("%s: %d findings of %d are left; remarks %v", comment, len(left), len(all), remarks)
		}
	}
}
