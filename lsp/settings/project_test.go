package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"mlm-lsp/lsp/baseline"
)

// project writes a project's file into a new root.
func project(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, FileName), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestReadProject(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       func(*Settings)
		problems   []string
	}{
		{"nothing", "", nil, nil},
		{"all that it may", `
files.exclude = ["gen/**", "*.pb.go"]
files.maxSize = 1000
[diagnostics]
severity = "hint"
disabledKinds = ["wrong-literal"] # they are flags
disabledLanguages = ["c"]
disabledFiles = ["a"]
[completion]
disabledLanguages = ["c"]
`, func(s *Settings) {
			s.FilesExclude, s.FilesMaxSize = []string{"gen/**", "*.pb.go"}, 1000
			s.DiagnosticsSeverity, s.DiagnosticsDisabledKinds = "hint", []string{"wrong-literal"}
			s.DiagnosticsDisabledLanguages, s.DiagnosticsDisabledFiles = []string{"c"}, []string{"a"}
			s.CompletionDisabledLanguages = []string{"c"}
		}, nil},
		{"an inline table", `diagnostics = { severity = "warning" }`, func(s *Settings) { s.DiagnosticsSeverity = "warning" }, nil},
		{"wrong values", "\n[diagnostics]\nseverity = 'loud'\n\n[files]\nmaxSize = 0\nexclude = [1]\n", nil, []string{
			`:3: diagnostics.severity must be "hint", "information" or "warning": the editor's setting or the default, "information", is used`,
			`:6: files.maxSize must be a whole number from 1 to 8388608: the editor's setting or the default, 524288, is used`,
			`:7: files.exclude must be a list of globs as "gen/**/*.go", of at most 200 bytes, with at most 2 groups in braces: the editor's setting or the default, [], is used`,
		}},
		{"a wrong value in an inline table", "# head\nfiles = { maxSize = 1.5, depth = 2 }", nil, []string{
			`:2: files.depth is not a setting: it is ignored`,
			`:2: files.maxSize must be a whole number from 1 to 8388608: the editor's setting or the default, 524288, is used`,
		}},
		{"keys that are none", "[diagnostic]\nseverity = 'hint'\n[[files]]\nmaxSize = 1\n", nil, []string{
			`:1: diagnostic is not a setting: it is ignored`, `:3: files must be a group of settings: the defaults are used`,
		}},
		{"the user's", "[completion]\nenable = false\nmaxItems = 3\n[diagnostics]\nenable = false", nil, []string{
			`:2: completion.enable is the user's, not the project's: it is ignored here; set it in the editor`,
			`:3: completion.maxItems is the user's, not the project's: it is ignored here; set it in the editor`,
			`:5: diagnostics.enable is the user's, not the project's: it is ignored here; set it in the editor`,
		}},
		{"not TOML", "[diagnostics]\nseverity = \n", nil, []string{
			`:2: it is not TOML: unexpected character U+000A at start of value: nothing of it is heeded, the editor's settings and the defaults are used`}},
		{"not text", "a = \"\xff\x1b\"", nil, []string{
			`:1: it is not TOML: invalid UTF-8 character in basic string: nothing of it is heeded, the editor's settings and the defaults are used`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := project(t, test.text)
			p := ReadProject(root)
			want := Default()
			if test.want != nil {
				test.want(&want)
			}
			if got := Merge(p.Layer); !reflect.DeepEqual(got, want) || !p.Exists {
				t.Errorf("got %+v", got)
			}
			var problems []string
			for _, problem := range p.Problems {
				problems = append(problems, strings.TrimPrefix(problem.String(), p.File))
			}
			if !reflect.DeepEqual(problems, test.problems) {
				t.Errorf("problems %q", problems)
			}
		})
	}
}

// A cloned repository's file can name nothing that is loaded or run, however it words it.
func TestProjectCannotLoad(t *testing.T) {
	p := ReadProject(project(t, `
model = "/tmp/evil.bundle"
library = "evil.so"
command = ["sh", "-c", "id"]
path = ".."
[onnx]
path = "evil.so"
[diagnostics]
modelPath = "evil"
severity = "hint"
[files]
ort_library = "evil.so"
[runtime.install]
from = "evil.tgz"
`))
	if len(p.Problems) != 8 {
		t.Errorf("%d problems: %v", len(p.Problems), p.Problems)
	}
	for _, problem := range p.Problems {
		if !strings.Contains(problem.String(), "is refused: a project's file cannot choose a model, a library, a program or a path outside of the project") || problem.Line == 0 {
			t.Errorf("problem %q", problem)
		}
	}
	want := Default()
	want.DiagnosticsSeverity = "hint"
	if got := Merge(p.Layer); !reflect.DeepEqual(got, want) {
		t.Errorf("settings %+v", got)
	}
}

// No setting that a project may make names a program or a model, and none a file but below its root: whoever adds one has to think of cloned repositories.
func TestProjectSettingsNameNothing(t *testing.T) {
	for _, key := range Keys {
		if loads(key.Name) {
			t.Errorf("%s sounds as if it loaded something", key.Name)
		}
		if _, isText := key.Default.(string); isText && len(key.OneOf) == 0 && !key.File {
			t.Errorf("%s takes any text", key.Name)
		}
	}
}

func TestFilesThatAreNotRead(t *testing.T) {
	outside := project(t, "[diagnostics]\nseverity = 'hint'\n")
	for name, test := range map[string]struct {
		make func(file string) error
		want string
	}{
		"a link that leads out":  {func(file string) error { return os.Symlink(filepath.Join(outside, FileName), file) }, "escapes"},
		"a link to nothing":      {func(file string) error { return os.Symlink("nothing", file) }, "link to nothing"},
		"a directory":            {func(file string) error { return os.Mkdir(file, 0o777) }, "no regular file"},
		"a file that is too big": {func(file string) error { return os.WriteFile(file, make([]byte, maxFileSize+1), 0o666) }, "larger than"},
	} {
		root := t.TempDir()
		if err := test.make(filepath.Join(root, FileName)); err != nil {
			t.Fatal(err)
		}
		p := ReadProject(root)
		if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].String(), test.want) || !p.Layer.Equal(Layer{}) || !p.Exists {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := ReadProject(t.TempDir()); p.Exists || len(p.Problems) > 0 || !p.Layer.Equal(Layer{}) {
		t.Errorf("no file: %+v", p)
	}
}

func TestFindRoot(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"repo/.git", "repo/a/b", "repo/sub/c"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(top, "repo/sub", FileName), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{"repo/a/b": "repo", "repo": "repo", "repo/sub/c": "repo/sub"} {
		if got := FindRoot(filepath.Join(top, dir)); got != filepath.Join(top, want) {
			t.Errorf("%s: %s", dir, got)
		}
	}
	p := Project{Root: filepath.Join(top, "repo")}
	for path, want := range map[string]string{"repo/a/b.go": "a/b.go", "other/b.go": "", "repository/b.go": ""} {
		if got := p.Relative(filepath.Join(top, path)); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	for _, seed := range []string{"[diagnostics]\nseverity = 'hint'\n", "files = { exclude = ['a/**', '{a,b}*'], maxSize = 3 }", "\"\" = 1\n[a.\"b.c\"]\nd = 1979-05-27T07:32:00Z",
		"[[diagnostics]]\n[[diagnostics]]", "model.path = '..'", "a = inf\nb = nan\nc = 9223372036854775807"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		layer, problems := readFile("file", text)
		s := Merge(layer)
		user := Default()
		if s.CompletionEnable != user.CompletionEnable || s.CompletionMaxItems != user.CompletionMaxItems || s.DiagnosticsEnable != user.DiagnosticsEnable {
			t.Errorf("%q set what is the user's: %+v", text, s)
		}
		lines := strings.Count(string(text), "\n") + 1
		for _, p := range problems {
			if p.Line < 0 || lines < p.Line || strings.ContainsFunc(p.String(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("%q: problem %q", text, p)
			}
			if p.Key != "" && p.Line == 0 {
				t.Errorf("%q: no line in %q", text, p)
			}
		}
		s.Silence("go", "some/path/of.go", 1)
	})
}

// A setting that names a file cannot lead out of the project: neither by its words nor by a link.
func TestProjectFilesStayBelowItsRoot(t *testing.T) {
	key := keyNamed("diagnostics.baseline")
	for name, fits := range map[string]bool{"": true, "a.json": true, "tools/known.json": true, "..a": true, "..": false, "../a": false, "a/../../b": false, "/etc/passwd": false, ".": false, "a//b": false,
		`a\b`: false, "a\nb": false, "\x00": false, strings.Repeat("a", 201): false} {
		if _, err := key.read(name); (err == nil) != fits {
			t.Errorf("%q: %v", name, err)
		}
	}
	root, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret.json")
	if err := os.WriteFile(secret, []byte(`{"path":"a.py","code":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"out.json": secret, "nothing.json": filepath.Join(root, "gone"), "self.json": "self.json"} {
		if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
		if b, problems := ReadBaseline(root, name, nil); b != nil || len(problems) != 1 {
			t.Errorf("%s: %d findings, %v", name, b.Len(), problems)
		}
	}
	if err := os.Symlink(outside, filepath.Join(root, "dir")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dir/secret.json", "dir", "missing.json"} {
		if b, problems := ReadBaseline(root, name, nil); b != nil || len(problems) != 1 {
			t.Errorf("%s: %d findings, %v", name, b.Len(), problems)
		}
	}
}

func TestReadBaseline(t *testing.T) {
	root := t.TempDir()
	if b, problems := ReadBaseline(root, baseline.FileName, nil); b != nil || problems != nil {
		t.Errorf("without a file: %v, %v", b, problems)
	}
	for text, want := range map[string]string{"{\"path\":\"a.py\",\"code\":\"x\"}\n": "", "": "", "{\n": ":1: it is no baseline: unexpected EOF: nothing is left out by it; make it anew with mlm-lsp check --baseline .mlm-lsp-baseline.json --write-baseline",
		"{\"path\":\"a.py\",\"code\":\"x\"}\n{\"path\":7}\n": ":2: it is no baseline: json: cannot unmarshal number"} {
		if err := os.WriteFile(filepath.Join(root, baseline.FileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b, problems := ReadBaseline(root, baseline.FileName, nil)
		if (b == nil) != (len(problems) == 1) || (want == "") != (b != nil) || want != "" && !strings.HasPrefix(problems[0].String(), filepath.Join(root, baseline.FileName)+want) {
			t.Errorf("%q: %v, %v", text, b, problems)
		}
		if again, _ := ReadBaseline(root, baseline.FileName, b); again != b {
			t.Errorf("%q: read again though nothing has changed", text)
		}
	}
	if b, problems := ReadBaseline(root, "", nil); b != nil || problems != nil {
		t.Errorf("none: %v, %v", b, problems)
	}
}
