package settings

import (
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/suspect"
)

func TestDisableKind(t *testing.T) {
	const code = suspect.CodeOperator
	for _, c := range []struct{ name, text, want string }{
		{"new", "", "[diagnostics]\ndisabledKinds = [\"wrong-operator\"]\n"},
		{"other tables", "[files]\nexclude = [\"gen\"]", "[files]\nexclude = [\"gen\"]\n\n[diagnostics]\ndisabledKinds = [\"wrong-operator\"]\n"},
		{"the table", "# Ours.\n[diagnostics] # quiet\nseverity = \"hint\"\n\n[files]\nexclude = []\n",
			"# Ours.\n[diagnostics] # quiet\ndisabledKinds = [\"wrong-operator\"]\nseverity = \"hint\"\n\n[files]\nexclude = []\n"},
		{"the table's header alone", "[ diagnostics ]", "[ diagnostics ]\ndisabledKinds = [\"wrong-operator\"]\n"},
		{"an empty list", "[diagnostics]\ndisabledKinds = []\n", "[diagnostics]\ndisabledKinds = [\"wrong-operator\"]\n"},
		{"a list", "[diagnostics]\ndisabledKinds = [ # [\n  'wrong-literal', # why\n]\n", "[diagnostics]\ndisabledKinds = [\"wrong-operator\",  # [\n  'wrong-literal', # why\n]\n"},
		{"dotted", "diagnostics.severity = \"hint\"\n", "diagnostics.disabledKinds = [\"wrong-operator\"]\ndiagnostics.severity = \"hint\"\n"},
		{"a dotted list", "diagnostics . 'disabledKinds' = [\"wrong-literal\"]\n", "diagnostics . 'disabledKinds' = [\"wrong-operator\", \"wrong-literal\"]\n"},
		{"what has problems already", "[diagnostics]\nseverity = 3\n", "[diagnostics]\ndisabledKinds = [\"wrong-operator\"]\nseverity = 3\n"},
		{"silent already", "[diagnostics]\ndisabledKinds = [\"wrong-literal\", \"wrong-operator\"]\n", ""},
		{"no TOML", "[diagnostics\n", ""},
		{"no list", "[diagnostics]\ndisabledKinds = 3\n", ""},
		{"an inline table", "diagnostics = { severity = \"hint\" }\n", ""},
	} {
		in, err := DisableKind([]byte(c.text), code)
		got := ""
		if err == nil {
			got = c.text[:in.Offset] + in.Text + c.text[in.Offset:]
			if layer, _ := readFile("", []byte(got)); Merge(layer).Reports(code) {
				t.Errorf("%s: reported still", c.name)
			}
		} else if !strings.HasPrefix(err.Error(), "adding to .mlm-lsp.toml: ") {
			t.Errorf("%s: %v", c.name, err)
		}
		if got != c.want {
			t.Errorf("%s: %v\n%q, want\n%q", c.name, err, got, c.want)
		}
	}
}

func FuzzDisableKind(f *testing.F) {
	for _, seed := range []string{"", "[diagnostics]\ndisabledKinds = [\n'wrong-literal']", "diagnostics.disabledKinds=[]", "[[diagnostics]]", "\xff", "[diagnostics]\r\n", "a = '''\n[diagnostics]\n'''\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in, err := DisableKind([]byte(text), suspect.CodeLiteral)
		if err != nil {
			return
		}
		before, _ := readFile("", []byte(text))
		after, _ := readFile("", []byte(text[:in.Offset]+in.Text+text[in.Offset:]))
		for _, kind := range Merge(before).DiagnosticsDisabledKinds {
			if !slices.Contains(Merge(after).DiagnosticsDisabledKinds, kind) {
				t.Fatalf("%s is reported again", kind)
			}
		}
	})
}
