package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // holds the official schema
	"github.com/santhosh-tekuri/jsonschema/v6"

	"mlm-lsp/lsp/baseline"
	"mlm-lsp/lsp/settings"
	"mlm-lsp/lsp/suspect"
	"mlm-lsp/model/modeltest"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// sarifSchema returns the schema of SARIF 2.1.0 as OASIS published it, out of the source of a package that holds it.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	where, err := build.Import("github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(where.Dir, "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := strconv.Unquote(file.Scope.Lookup("schema").Decl.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if title := value.(map[string]any)["title"]; !strings.Contains(fmt.Sprint(title), "(SARIF) Version 2.1.0") {
		t.Fatalf("the schema is of %v", title)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("sarif.json", value); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// found makes findings in a text, as check would of the span of each word.
func found(path, severity, text string, words ...string) []finding {
	f := treesitter.Parse("python", []byte(text))
	target := &target{path: path, settings: settings.Settings{DiagnosticsSeverity: severity}}
	var list []finding
	for i, word := range words {
		at := strings.Index(text, word)
		list = append(list, newFinding(target, f, newLineIndex(f.Text), suspect.Finding{
			Span: treesitter.Span{Start: at, End: at + len(word)}, Code: suspect.Codes()[i%len(suspect.Codes())], Token: word, Reported: true, Message: "`" + word + "`: 100%, a\nb"}))
	}
	return list
}

func TestSARIF(t *testing.T) {
	schema := sarifSchema(t)
	const text = "ä = 'ß' + total\nf(first,\n  second)\n"
	all := append(found("a dir/ü.py", "information", text, "total", "first,\n  second"), found("/abs/b.py", "warning", text, "f", "second", "total", "ä")...)
	all = append(all, finding{Path: "unreported.py"})
	for _, findings := range [][]finding{nil, all} {
		var out bytes.Buffer
		if err := printFindings(&out, "sarif", findings); err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%v\n%s", err, out.Bytes())
		}
	}
	var out bytes.Buffer
	if err := printFindings(&out, "sarif", all); err != nil {
		t.Fatal(err)
	}
	var report struct {
		Runs []struct {
			ColumnKind string
			Tool       struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID, Level string
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI, URIBaseID string }
						Region           map[string]int
					}
				}
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	run := report.Runs[0]
	if len(run.Results) != 6 || len(run.Tool.Driver.Rules) != 4 || run.ColumnKind != "unicodeCodePoints" {
		t.Fatalf("%d results, %d rules, columns of %s", len(run.Results), len(run.Tool.Driver.Rules), run.ColumnKind)
	}
	first := run.Results[0].Locations[0].PhysicalLocation
	if want := map[string]int{"startLine": 1, "startColumn": 11, "endLine": 1, "endColumn": 16}; !reflect.DeepEqual(first.Region, want) {
		t.Errorf("region %v, want %v", first.Region, want)
	}
	if first.ArtifactLocation.URI != "a%20dir/%C3%BC.py" || first.ArtifactLocation.URIBaseID != "%SRCROOT%" || run.Results[0].Level != "note" {
		t.Errorf("%+v, %s", first.ArtifactLocation, run.Results[0].Level)
	}
	second := run.Results[1].Locations[0].PhysicalLocation.Region
	if want := map[string]int{"startLine": 2, "startColumn": 3, "endLine": 3, "endColumn": 9}; !reflect.DeepEqual(second, want) {
		t.Errorf("region %v, want %v", second, want)
	}
	if last := run.Results[2]; last.Level != "warning" || last.Locations[0].PhysicalLocation.ArtifactLocation.URI != "file:///abs/b.py" {
		t.Errorf("%+v", last)
	}
}

// A schema that let everything pass would prove nothing.
func TestSARIFSchemaRefuses(t *testing.T) {
	schema := sarifSchema(t)
	for _, text := range []string{`{}`, `{"version":"2.1.0","runs":[{}]}`, `{"version":"2.0.0","runs":[]}`, `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{}]}]}`} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("%s passes", text)
		}
	}
}

func TestGitHubAnnotations(t *testing.T) {
	var out bytes.Buffer
	findings := append(found("a,b:c.py", "information", "ä = total\n", "total"), found("d.py", "warning", "x = total\n", "total")...)
	if err := printFindings(&out, "github", append(findings, finding{Path: "unreported.py"})); err != nil {
		t.Fatal(err)
	}
	const want = "::notice file=a%2Cb%3Ac.py,line=1,col=5,endLine=1,endColumn=10,title=variable-misuse::`total`: 100%25, a%0Ab\n" +
		"::warning file=d.py,line=1,col=5,endLine=1,endColumn=10,title=variable-misuse::`total`: 100%25, a%0Ab\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

// suspicious makes a checker report every name that the file's own n-grams find odd.
func suspicious(t *testing.T, c *checker) {
	t.Helper()
	table, err := rank.Parse([]byte(`{"version": 2, "alarm": {"screen": {"inputs": ["cache over"], "trees": [[[1]]]}, "ask": 0,
		"confirm": {"inputs": ["cache over"], "trees": [[[1]]]}}, "sensitivities": {"normal": {"thresholds": {"name/*": {"log_odds": 0}}}}}`), suspect.Inputs())
	if err != nil {
		t.Fatal(err)
	}
	c.options.Table = table
}

const oddGo = `package p

func area(width, height int) int {
	if width <= 0 {
		return height
	}
	return width * width
}

func place(left, right int) int {
	return left + right
}
`

// write makes files below a directory.
func write(t *testing.T, directory string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(directory, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// Many files at once are told in the order of their names, whichever is ready first, and one that fails keeps no other from being told.
func TestCheckerIsDeterministic(t *testing.T) {
	directory := t.TempDir()
	files := map[string]string{}
	var paths []string
	for i := range 40 {
		name := fmt.Sprintf("p%02d/a.go", i)
		files[name] = strings.Repeat("// A comment.\n", i%7) + oddGo
		paths = append(paths, filepath.Join(directory, name))
	}
	write(t, directory, files)
	var first []finding
	for round := range 3 {
		c := newChecker(suspect.Options{})
		suspicious(t, c)
		if err := c.add(paths); err != nil {
			t.Fatal(err)
		}
		got, err := c.run(context.Background(), &modeltest.Fake{})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < len(paths) {
			t.Fatalf("only %d findings", len(got))
		}
		if round == 0 {
			first = got
		} else if !reflect.DeepEqual(got, first) {
			t.Fatal("two runs differ")
		}
	}
	c := newChecker(suspect.Options{})
	suspicious(t, c)
	if err := c.add(paths); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(paths[3]); err != nil {
		t.Fatal(err)
	}
	got, err := c.run(context.Background(), &modeltest.Fake{})
	if err == nil || !strings.Contains(err.Error(), paths[3]) || len(got) == 0 || len(got) >= len(first) || got[len(got)-1].Path != paths[39] {
		t.Errorf("%d findings of %d, error %v", len(got), len(first), err)
	}
}

// What the project's file says holds for check: files that are out, kinds that are not told, how findings are shown; and what is wrong with it is told once.
func TestCheckHeedsTheProject(t *testing.T) {
	directory := t.TempDir()
	write(t, directory, map[string]string{
		".mlm-lsp.toml":     "[files]\nexclude = ['gen']\nmaxSize = 2000\n[diagnostics]\nseverity = 'warning'\ndisabledFiles = ['*_test.go']\ndisabledLanguages = ['python']\nenable = true\n",
		"a.go":              oddGo,
		"a_test.go":         oddGo,
		"b.py":              "x = 1\n",
		"gen/c.go":          oddGo,
		"machine.go":        "// Code generated by x. DO NOT EDIT.\n\n" + oddGo,
		"large.go":          oddGo + strings.Repeat("// More.\n", 300),
		"other/a.go":        oddGo,
		"sub/.mlm-lsp.toml": "[diagnostics]\ndisabledKinds = ['variable-misuse']\n",
		"sub/a.go":          oddGo,
		"remarked.go":       "// mlm-lsp: ignroe\n\n" + oddGo,
	})
	c := newChecker(suspect.Options{})
	suspicious(t, c)
	var paths []string
	for _, name := range []string{"a.go", "a_test.go", "b.py", "gen/c.go", "machine.go", "large.go", "other/a.go", "sub/a.go", "remarked.go"} {
		paths = append(paths, filepath.Join(directory, name))
	}
	if err := c.add(paths); err != nil {
		t.Fatal(err)
	}
	findings, err := c.run(context.Background(), &modeltest.Fake{})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, f := range findings {
		relative, err := filepath.Rel(directory, f.Path)
		if err != nil {
			t.Fatal(err)
		}
		told[filepath.ToSlash(relative)] = true
		if f.severity != "warning" {
			t.Errorf("%s: severity %s", relative, f.severity)
		}
	}
	if want := map[string]bool{"a.go": true, "other/a.go": true, "remarked.go": true}; !reflect.DeepEqual(told, want) {
		t.Errorf("findings in %v, want %v", told, want)
	}
	var out bytes.Buffer
	c.tell(&out)
	want := "mlm-lsp: " + filepath.Join(directory, ".mlm-lsp.toml") + ":8: diagnostics.enable is the user's, not the project's: it is ignored here; set it in the editor\n" +
		"mlm-lsp: " + filepath.Join(directory, "remarked.go") + ":1:4: `ignroe` is none of ignore, ignore-next-line, ignore-file, off, on\n" +
		"mlm-lsp: 1 file not checked: among diagnostics.disabledFiles\n" +
		"mlm-lsp: 1 file not checked: excluded by files.exclude\n" +
		"mlm-lsp: 1 file not checked: generated\n" +
		"mlm-lsp: 1 file not checked: in one of diagnostics.disabledLanguages\n" +
		"mlm-lsp: 1 file not checked: larger than files.maxSize\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestBaselineCountsByText(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "known.json")
	in := func(text string, words ...string) []finding {
		return found(filepath.Join(directory, "src", "a.py"), "hint", text, words...)
	}
	if err := writeBaselineFile(path, in("x = total\n", "total")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), `"path":"src/a.py"`) {
		t.Errorf("%s, %v: a baseline is of use in another checkout only with paths from its own place", text, err)
	}
	known, err := readBaseline(path)
	if err != nil {
		t.Fatal(err)
	}
	for moved, left := range map[string]int{"# new\n\n  x = total\n": 0, "y = total\n": 1} {
		if got := baseline.Subtract(known, in(moved, "total"), entryIn(directory)); len(got) != left {
			t.Errorf("%q: %d are left", moved, len(got))
		}
	}
	twice := append(in("x = total\n", "total"), in("x = total\n", "total")...)
	if got := baseline.Subtract(known, twice, entryIn(directory)); len(got) != 1 {
		t.Errorf("%d of two are left, where the baseline knows one", len(got))
	}
}

// Without --baseline the projects' own are heeded, as in an editor; one that is broken is told once, and silences nothing.
func TestCheckHeedsBaselinesOfProjects(t *testing.T) {
	directory := t.TempDir()
	write(t, directory, map[string]string{".mlm-lsp.toml": "", "other/.mlm-lsp.toml": "diagnostics.baseline = 'known/them.json'\n", "other/known/them.json": "{}\n", "none/.mlm-lsp.toml": "diagnostics.baseline = ''\n"})
	in := func(name string) []finding {
		return found(filepath.Join(directory, filepath.FromSlash(name)), "hint", "x = total\n", "total", "x")
	}
	for _, project := range []string{"", "none/"} {
		if err := writeBaselineFile(filepath.Join(directory, project, baseline.FileName), in(project + "a.py")[:1]); err != nil {
			t.Fatal(err)
		}
	}
	c := newChecker(suspect.Options{})
	left, err := c.subtractProjects(slices.Concat(in("a.py"), in("b.py"), in("none/a.py"), in("other/a.py"), in("other/b.py")))
	if err != nil || len(left) != 9 || left[0].Token != "x" {
		t.Errorf("left: %+v, %v", left, err)
	}
	if len(c.problems) != 1 || !strings.Contains(c.problems[0], "them.json:1: it is no baseline") {
		t.Errorf("problems %q", c.problems)
	}
}

func TestChangedSince(t *testing.T) {
	directory, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) {
		t.Helper()
		command := exec.Command("git", append([]string{"-C", directory, "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"}, args...)...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	lines := func(n int) string { return strings.Repeat("x = 1\n", n) }
	run("init", "-q")
	write(t, directory, map[string]string{"kept.py": lines(1)})
	if got, err := changedSince(context.Background(), "HEAD", []string{filepath.Join(directory, "kept.py")}); err != nil || len(got) != 1 || !got[filepath.Join(directory, "kept.py")].all {
		t.Errorf("before the first commit: %v, %v", got, err)
	}
	write(t, directory, map[string]string{"kept.py": lines(3), "sub/edited ü.py": lines(9), "gone.py": lines(2), "moved.py": lines(4), ".gitignore": "ignored.py\n"})
	run("add", ".")
	run("commit", "-qm", "first")
	run("branch", "feature")
	write(t, directory, map[string]string{"kept.py": "y = 2\n" + lines(2)})
	run("commit", "-qam", "main goes on")
	run("checkout", "-q", "feature")
	write(t, directory, map[string]string{"sub/edited ü.py": lines(2) + "new = 1\nnew = 2\n" + lines(3) + lines(2) + "z = 3\n" + lines(1), "added.py": "a = 1\n"})
	run("rm", "-q", "gone.py")
	run("mv", "moved.py", "to.py")
	run("add", "added.py")
	run("commit", "-qm", "second")
	write(t, directory, map[string]string{"new.py": lines(1), "ignored.py": lines(1), "to.py": lines(3) + "w = 1\n"})
	run("config", "diff.external", "false") // a program that a checkout names; it would fail
	run("config", "diff.noprefix", "true")
	var paths []string
	for _, name := range []string{"kept.py", "sub/edited ü.py"} {
		paths = append(paths, filepath.Join(directory, name))
	}
	got, err := changedSince(context.Background(), "main", paths)
	if err != nil {
		t.Fatal(err)
	}
	want := changes{
		filepath.Join(directory, "sub/edited ü.py"): {ranges: [][2]int{{3, 4}, {10, 10}}},
		filepath.Join(directory, "added.py"):        {ranges: [][2]int{{1, 1}}},
		filepath.Join(directory, "to.py"):           {ranges: [][2]int{{1, 4}}},
		filepath.Join(directory, "new.py"):          {all: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", describeChanges(got), describeChanges(want))
	}
	set := want[paths[1]]
	for line, in := range map[int]bool{2: false, 3: true, 4: true, 5: false, 10: true, 11: false} {
		if set.touches(line, line) != in {
			t.Errorf("line %d: %v", line, !in)
		}
	}
	if !set.touches(1, 3) || !set.touches(4, 9) || set.touches(5, 9) {
		t.Error("a span of lines touches what overlaps it")
	}
	for rev, wanted := range map[string]string{"no-such": "since no-such: there is no such commit here", "--output=x": "since --output=x: there is no such commit", "main..feature": "no such commit"} {
		if _, err := changedSince(context.Background(), rev, paths); err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%s: error %v", rev, err)
		}
	}
	outside := filepath.Join(t.TempDir(), "a.py")
	if _, err := changedSince(context.Background(), "main", []string{outside}); err == nil || !strings.Contains(err.Error(), "is in no checkout, leave out --diff") {
		t.Errorf("error %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := changedSince(context.Background(), "main", paths); err == nil || !strings.Contains(err.Error(), "git is not on the PATH: install it, or leave out --diff") {
		t.Errorf("error %v", err)
	}
}

func describeChanges(c changes) map[string]lineSet {
	out := map[string]lineSet{}
	for name, lines := range c {
		out[name] = *lines
	}
	return out
}

// The hooks of pre-commit are given the files that check can read, all of them and no others: one in no known language would be a failure.
func TestHooksTakeEveryLanguage(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), `files: &sources '\.(`)
	list, _, closed := strings.Cut(rest, `)$'`)
	if !found || !closed || strings.Count(string(text), "files: *sources") != 1 {
		t.Fatal("the hooks name no files")
	}
	covered := map[string]bool{}
	for _, extension := range strings.Split(strings.ReplaceAll(list, `\`, ""), "|") {
		language := treesitter.LanguageOf("name." + extension)
		if language == "" {
			t.Errorf("a file .%s is in no known language", extension)
		}
		covered[language] = true
	}
	for _, language := range treesitter.Languages() {
		if !covered[language] {
			t.Errorf("no hook takes files in %s", language)
		}
	}
}
