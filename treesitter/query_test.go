package treesitter

import (
	"strings"
	"testing"
)

// TestQueries compiles every language's queries, which resolves every name in them.
func TestQueries(t *testing.T) {
	for _, l := range registry {
		if err := (&language{name: l.name, grammar: l.grammar}).compile(); err != nil {
			t.Error(err)
		}
	}
}

// TestQueryErrors: a mistake in a query is named, with its place.
func TestQueryErrors(t *testing.T) {
	l := lookup("python")
	for query, want := range map[string]string{
		"(identifier) @variabel":                          "unknown capture @variabel",
		"(identifer) @variable":                           `no node "identifer"`,
		"\"in\" @keyword\n(call \"inn\" @keyword)":        `no node "inn"`,
		"(call functoin: (identifier) @call)":             `no field "functoin"`,
		"(call !functoin (identifier) @call)":             `no field "functoin"`,
		"(identifier)":                                    "no capture",
		"(call (identifier) @call (string) @keyword)":     "second action",
		"(call (identifier) @call":                        "line 1: unexpected end",
		"(call\n(identifier) @call}":                      `line 2: unexpected '}'`,
		"identifier":                                      `line 1: unexpected 'i'`,
		"[(identifier) @call":                             "unexpected end",
		"\"in":                                            "unexpected end",
		"(call function (identifier) @call)":              "expected a colon",
		"(call (_) @name (#eq? @nam \"x\")) @call":        "@nam is no part",
		"(call (_) @name (#match? @name \"x\")) @call":    "unknown predicate",
		"(call (_) @name (#eq? @name x)) @call":           "expected a string",
		"(call (_) @name (#eq? @name \"x\" \"y\")) @call": "expected the predicate's end",
	} {
		patterns, _, err := parseQuery(query)
		for _, p := range patterns {
			if err == nil {
				_, err = compileRule(l, p, tokensQuery)
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
}

func TestInherits(t *testing.T) {
	patterns, err := readQuery("tsx", "tokens", nil)
	if err != nil {
		t.Fatal(err)
	}
	base, err := readQuery("ecmascript", "tokens", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(patterns) <= len(base) || patterns[len(patterns)-1].String() != base[len(base)-1].String() {
		t.Error("the patterns of tsx do not end with those it inherits")
	}
}

// TestMatch matches one pattern against a source and shows what its anchor and
// its parts caught.
func TestMatch(t *testing.T) {
	for _, test := range []struct{ query, source, want string }{
		{"(call function: (identifier) @call)", "f(g(x), a.b(y))", "f g"},
		{"(call (identifier) @call)", "f(g(x), a.b(y))", "f g"},
		{"(argument_list (_) @call)", "f(a, b)", "a b"},
		{"(argument_list . (_) @call)", "f(a, b)", "a"},
		{"(argument_list _ @call)", "f(a)", "( a )"},
		{"[(integer) (float)] @call", "f(1, 2.5, c)", "1 2.5"},
		{"(call arguments: [(argument_list (string)) (argument_list (float))]) @call", "f('s'); g(1); h(2.5)", "f('s') h(2.5)"},
		{"(function_definition !return_type name: (_) @call)", "def f(): pass\ndef g() -> x: pass\n", "f"},
		{"(attribute object: (_) @receiver attribute: (_) @call)", "a.b.c", "b/a c/a.b"},
		{"(attribute object: (_) @receiver attribute: (_) @call (#eq? @receiver \"a\"))", "a.b.c", "b/a"},
		{"(attribute object: (_) @receiver attribute: (_) @call (#not-eq? @receiver \"a\"))", "a.b.c", "c/a.b"},
		{"(assignment left: (_) right: (call function: (identifier) @call arguments: (argument_list (string))))", "x = f('s'); y = g(1)", "f"},
		{"(binary_operator \"+\" @call)", "a + b - c", "+"},
		{"(module (expression_statement (identifier) @call))", "a\nif b:\n    c\n", "a"},
	} {
		patterns, _, err := parseQuery(test.query)
		if err != nil {
			t.Fatalf("%s: %v", test.query, err)
		}
		l := lookup("python")
		var list []*rule
		for _, p := range patterns {
			r, err := compileRule(l, p, tokensQuery)
			if err != nil {
				t.Fatalf("%s: %v", test.query, err)
			}
			list = append(list, r)
		}
		var got []string
		walkTree(l.pointer, []byte(test.source), func(nodes []node) {
			m := matcher{nodes: nodes, language: l, source: test.source}
			for i := range int32(len(nodes)) {
				for _, r := range list {
					// The dispatch by symbol and parent, which find relies on.
					parent := len(l.names)
					if nodes[i].parent >= 0 {
						parent = l.row(nodes[nodes[i].parent].symbol)
					}
					if !r.steps[0].admits(l.row(nodes[i].symbol)) || !r.parentAdmits(parent) || m.find([]*rule{r}, i) == nil {
						continue
					}
					text := test.source[nodes[i].start:nodes[i].end]
					if p := m.parts[partReceiver]; p >= 0 {
						text += "/" + test.source[nodes[p].start:nodes[p].end]
					}
					got = append(got, text)
				}
			}
		})
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s on %q: got %v", test.query, test.source, got)
		}
	}
}

// TestLanguageOfText: a header is C++ by what only C++ has.
func TestLanguageOfText(t *testing.T) {
	for _, test := range []struct{ file, text, want string }{
		{"a.h", "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(struct s *class);\n#ifdef __cplusplus\n}\n#endif\n", "c"},
		{"a.h", "/*\n * class C is no class;\n * template <T>\n */\nint using_it;\ntypedef int public_t;\n", "c"},
		{"a.h", "", "c"},
		{"a.h", "namespace a {\nint f();\n}\n", "cpp"},
		{"a.h", "inline namespace a {}\n", "cpp"},
		{"A.H", "class C;\n", "cpp"},
		{"a.h", "class EXPORT C final : public D {\n", "cpp"},
		{"a.h", "struct s {\n  private:\n  int a;\n};\n", "cpp"},
		{"a.h", "  template<int N>\nstruct s;\n", "cpp"},
		{"a.h", "using std::string;\n", "cpp"},
		{"a.c", "namespace a {}\n", "c"},
		{"a.rs", "", "rust"},
		{"a.java", "", "java"},
		{"a.hpp", "", "cpp"},
		{"a", "namespace a {}\n", ""},
	} {
		if got := LanguageOfText(test.file, []byte(test.text)); got != test.want {
			t.Errorf("%s %q: %q, want %q", test.file, test.text, got, test.want)
		}
	}
}
