package settings

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestReadClient(t *testing.T) {
	changed := Default()
	changed.CompletionMaxItems = 3
	changed.DiagnosticsSeverity = "hint"
	lists := Default()
	lists.DiagnosticsDisabledKinds = []string{"wrong-operator"}
	lists.FilesExclude = []string{"gen/**"}
	const few = "completion.maxItems must be a whole number from 1 to 200: the default, 20, is used"
	const severe = `diagnostics.severity must be "hint", "information" or "warning": the default, "information", is used`
	for _, test := range []struct {
		raw      string
		want     Settings
		problems []string
	}{
		{``, Default(), nil},
		{`null`, Default(), nil},
		{`{}`, Default(), nil},
		{`[]`, Default(), nil}, // Lua's empty table
		{`{"completion":[],"diagnostics":null}`, Default(), nil},
		{`{"completion":{"maxItems":null,"enable":null},"diagnostics":{"severity":null}}`, Default(), nil},
		{`{"completion":{"maxItems":3},"diagnostics":{"severity":"hint"}}`, changed, nil},
		{`{"completion.maxItems":3,"diagnostics.severity":"hint"}`, changed, nil},
		{`{"files":{"exclude":["gen/**"]},"diagnostics":{"disabledKinds":["wrong-operator"],"disabledFiles":{}}}`, lists, nil},
		{`{"completion":{"maxItems":"many","enable":1}}`, Default(), []string{"completion.enable must be true or false: the default, true, is used", few}},
		{`{"completion":{"maxItems":0}}`, Default(), []string{few}},
		{`{"completion":{"maxItems":1.5}}`, Default(), []string{few}},
		{`{"completion":{"maxItems":1e300}}`, Default(), []string{few}},
		{`{"diagnostics":{"severity":"error"}}`, Default(), []string{severe}},
		{`{"diagnostics":{"severity":1}}`, Default(), []string{severe}},
		{`{"diagnostics":{"disabledKinds":["wrong"]}}`, Default(), []string{`diagnostics.disabledKinds must be a list of "variable-misuse", "wrong-attribute", ` +
			`"wrong-operator", "swapped-arguments", "wrong-literal", "misspelt-name" or "suspicious-type": the default, [], is used`}},
		{`{"files":{"exclude":"gen"}}`, Default(), []string{`files.exclude must be a list of globs as "gen/**/*.go", of at most 200 bytes, with at most 2 groups in braces: the default, [], is used`}},
		{`{"completion":7}`, Default(), []string{"completion must be a group of settings: the defaults are used"}},
		{`{"compleshun":{"enable":false},"completion":{"sort":1,"maxItems":3},"diagnostics":{"severity":"hint"}}`, changed,
			[]string{"compleshun is not a setting: it is ignored", "completion.sort is not a setting: it is ignored"}},
		{`{"model":{"path":"x"}}`, Default(), []string{"model is not a setting: models and libraries are chosen on the command line, as in mlm-lsp serve --model DIR"}},
		{`7`, Default(), []string{"the settings must be an object: the defaults are used"}},
		{`{`, Default(), []string{"they are not JSON: the defaults are used"}},
	} {
		layer, found := ReadClient(json.RawMessage(test.raw))
		var problems []string
		for _, p := range found {
			problems = append(problems, strings.TrimPrefix(p.String(), Client+": "))
		}
		if got := Merge(layer); !equivalent(got, test.want) || !slices.Equal(problems, test.problems) {
			t.Errorf("%s: %+v, %q", test.raw, got, problems)
		}
	}
}

// equivalent compares settings; a list that is empty is as good as none.
func equivalent(a, b Settings) bool {
	text := func(s Settings) string {
		v := reflect.ValueOf(&s).Elem()
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 {
				f.SetZero()
			}
		}
		out, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		return string(out)
	}
	return text(a) == text(b)
}

func TestMergeLaysProjectOverUser(t *testing.T) {
	user, problems := ReadClient(json.RawMessage(`{"diagnostics":{"severity":"warning","disabledKinds":["wrong-operator"]},"files":{"maxSize":1000}}`))
	project, more := ReadClient(json.RawMessage(`{"diagnostics":{"severity":"hint","disabledKinds":["wrong-literal","wrong-operator"]}}`))
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	got := Merge(user, project)
	want := Default()
	want.DiagnosticsSeverity, want.FilesMaxSize = "hint", 1000
	want.DiagnosticsDisabledKinds = []string{"wrong-operator", "wrong-literal"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if again := Merge(user); !reflect.DeepEqual(again.DiagnosticsDisabledKinds, []string{"wrong-operator"}) {
		t.Errorf("merging changed a layer: %+v", again)
	}
	if user.Equal(project) || !user.Equal(user) {
		t.Error("Equal does not compare values")
	}
}

func TestGlobs(t *testing.T) {
	for _, test := range []struct {
		glob, path string
		want       bool
	}{
		{"*.pb.go", "a/b/c.pb.go", true},
		{"*.pb.go", "c.go", false},
		{"generated", "a/generated/b.py", true},
		{"generated/", "a/generated/b.py", true},
		{"generated", "generated.py", false},
		{"/generated", "a/generated/b.py", false},
		{"/generated", "generated/b.py", true},
		{"a/*.py", "a/b.py", true},
		{"a/*.py", "a/b/c.py", false},
		{"a/*.py", "x/a/b.py", false},
		{"a/**/*.py", "a/b.py", true},
		{"a/**/*.py", "a/b/c/d.py", true},
		{"a/**", "a/b/c", true},
		{"**/a/b", "x/y/a/b/c.go", true},
		{"**", "x", true},
		{"*.{js,ts}", "a/b.ts", true},
		{"a", "", false},
	} {
		if got := matches([]string{test.glob}, test.path); got != test.want {
			t.Errorf("%q and %q: %v", test.glob, test.path, got)
		}
	}
}

func TestSilence(t *testing.T) {
	layer, problems := ReadClient(json.RawMessage(`{"files":{"exclude":["gen"],"maxSize":100},"diagnostics":{"disabledLanguages":["c"],"disabledFiles":["*_test.go"],
		"disabledKinds":["wrong-literal"]},"completion":{"disabledLanguages":["rust"],"disabledFiles":["*.tsx"]},"types":{"disabledLanguages":["typescript"],"disabledFiles":["old"]}}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := Merge(layer)
	for _, test := range []struct {
		language, path string
		size           int
		silence        string
		completes      bool
	}{
		{"go", "a.go", 100, "", true},
		{"go", "a.go", 101, "files.maxSize", false},
		{"go", "gen/a.go", 1, "files.exclude", false},
		{"c", "a.c", 1, "disabledLanguages", true},
		{"go", "a/b_test.go", 1, "disabledFiles", true},
		{"rust", "a.rs", 1, "", false},
		{"tsx", "x/a.tsx", 1, "", false},
		{"go", "", 1, "", true},
	} {
		if got := s.Silence(test.language, test.path, test.size); (got == "") != (test.silence == "") || !strings.Contains(got, test.silence) {
			t.Errorf("%+v: silence %q", test, got)
		}
		if got := s.Completes(test.language, test.path, test.size); got != test.completes {
			t.Errorf("%+v: completes %v", test, got)
		}
	}
	if s.Reports("wrong-literal") || !s.Reports("wrong-operator") {
		t.Error("disabledKinds is not heeded")
	}
	for _, test := range []struct{ language, path, want string }{
		{"c", "a_test.go", ""}, // diagnostics alone are silenced there
		{"typescript", "a.ts", "in one of types.disabledLanguages"},
		{"python", "old/a.py", "among types.disabledFiles"},
		{"python", "gen/a.py", "excluded by files.exclude"},
	} {
		if got := s.Untyped(test.language, test.path, 1); got != test.want || s.Annotates(test.language, test.path, 1) != (test.want == "") {
			t.Errorf("%+v: untyped %q, annotates %v", test, got, s.Annotates(test.language, test.path, 1))
		}
	}
}

// What a hostile key could do to a terminal or a message box is bounded.
func TestComplaintIsBounded(t *testing.T) {
	object := map[string]any{strings.Repeat("long", 1000): 1, "\x1b[2J": 1}
	for _, name := range strings.Fields("a b c d e f g h") {
		object[name] = 1
	}
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	_, problems := ReadClient(raw)
	if got := Complaint(problems); len(problems) != 10 || len(got) > 1000 || strings.Contains(got, "\x1b") || !strings.HasSuffix(got, "and 5 more") {
		t.Errorf("%d problems: %q", len(problems), got)
	}
}

func FuzzReadClient(f *testing.F) {
	for _, seed := range []string{`{"completion":{"maxItems":3}}`, `{"files.exclude":["a/**","{x,y}"]}`, `{"":{"":[]}}`, `[[]]`, `{"diagnostics":{"disabledKinds":{}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		layer, problems := ReadClient(raw)
		s := Merge(layer)
		if s.CompletionMaxItems < 1 || 200 < s.CompletionMaxItems || s.FilesMaxSize < 1 || severity(s) < 0 {
			t.Errorf("%q: %+v", raw, s)
		}
		s.Silence("go", "some/path/of.go", 1)
		s.Completes("go", "some/path/of.go", 1)
		if len(problems) > 0 && Complaint(problems) == "" {
			t.Errorf("%q: %d problems and no complaint", raw, len(problems))
		}
	})
}

func severity(s Settings) int {
	return slices.Index([]string{"hint", "information", "warning"}, s.DiagnosticsSeverity)
}
