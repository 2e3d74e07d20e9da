package corpus

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Each testdata/*.txtar is a tree; its file "want" lists what is kept, one "project path" a line, and what is dropped,
// one "reason: number" a line. A line "@repeat N TEXT" in a tree's file stands for N lines of TEXT, in which # counts.
func TestCollect(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no test trees: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			root, want := unpack(t, path)
			c, err := Collect(context.Background(), Options{Roots: []string{root}, HeldOut: -1, MaxBytes: 20000})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(c); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func unpack(t *testing.T, path string) (root, want string) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(t.TempDir(), "root")
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		name := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, expand(t, string(f.Data)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root, want
}

func expand(t *testing.T, text string) []byte {
	var out strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		rest, ok := strings.CutPrefix(line, "@repeat ")
		if !ok {
			out.WriteString(strings.ReplaceAll(line, "@NUL", "\x00"))
			continue
		}
		var n int
		number, body, _ := strings.Cut(rest, " ")
		if _, err := fmt.Sscan(number, &n); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			out.WriteString(strings.ReplaceAll(body, "#", fmt.Sprint(i)))
		}
	}
	return []byte(out.String())
}

func describe(c *Corpus) string {
	var out strings.Builder
	for _, f := range c.Files {
		fmt.Fprintf(&out, "%s %s\n", c.Projects[f.Project].Name, f.Path)
	}
	for _, r := range Reasons {
		if n := c.Dropped[r]; n.Files > 0 {
			fmt.Fprintf(&out, "%s: %d\n", r, n.Files)
		}
	}
	return out.String()
}

// TestHeadsAreNoLikeness: two small files under one long licence are two files, two copies under two licences are one.
func TestHeadsAreNoLikeness(t *testing.T) {
	root := t.TempDir()
	licence := func(owner string) string {
		return "/*\n * " + owner + " grants:\n" + string(expand(t, "@repeat 60  * clause# condition# notice#\n")) + " */\n"
	}
	body := func(name string) string {
		return "package " + name + ";\n" + string(expand(t, "@repeat 8 class "+name+"# { int "+name+"Size#() { return "+name+"#; } }\n"))
	}
	for name, text := range map[string]string{
		"A.java": licence("Anna") + body("first"), "B.java": licence("Anna") + body("second"), "C.java": licence("Zoe") + "// Copied.\n" + body("first"),
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Collect(context.Background(), Options{Roots: []string{root}, HeldOut: -1})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Files) != 2 || c.Dropped[ReasonNearDuplicate].Files != 1 {
		t.Errorf("%d files kept, dropped %v", len(c.Files), c.Dropped)
	}
}

// TestHeaders: the text of a .h file says which language it is in, and the languages asked for heed that.
func TestHeaders(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"plain.h": "struct shop { int open; };\nint shop_is_open(const struct shop *shop);\n",
		"plus.h":  "namespace shop {\nclass Shop { bool open() const; };\nint count(const Shop& shop);\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for languages, want := range map[string]string{"": "c plain.h cpp plus.h", "c": "c plain.h", "cpp": "cpp plus.h"} {
		c, err := Collect(context.Background(), Options{Roots: []string{root}, Languages: strings.Fields(languages)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range c.Files {
			got = append(got, f.Language, f.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %s", languages, got, want)
		}
	}
}

func TestCollectAsksGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("these tests need git on the PATH: ", err)
	}
	root := filepath.Join(t.TempDir(), "checkout")
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	source := func(name string) string {
		return "package main\n\n// Main says which file it is in.\nfunc main() { println(\"" + name + "\") }\n"
	}
	write("tracked.go", source("tracked"))
	write("deep/ignored_but_tracked.go", source("ignored but tracked"))
	write("untracked.go", source("untracked"))
	write(".gitignore", "*ignored*\n")
	git := func(args ...string) {
		t.Helper()
		command := exec.Command("git", append([]string{"-C", root}, args...)...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", "-f", "tracked.go", "deep/ignored_but_tracked.go")
	for _, given := range []string{root, filepath.Dir(root)} {
		c, err := Collect(context.Background(), Options{Roots: []string{given}})
		if err != nil {
			t.Fatal(err)
		}
		want := "checkout deep/ignored_but_tracked.go\ncheckout tracked.go\n"
		if got := describe(c); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", given, got, want)
		}
	}
	sources, err := Sources(context.Background(), []string{root})
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) != 3 || !slices.Contains(sources, filepath.Join(root, "untracked.go")) {
		t.Errorf("sources %q; a file that git does not know yet is one", sources)
	}
	// A directory in the checkout is still of its project.
	c, err := Collect(context.Background(), Options{Roots: []string{filepath.Join(root, "deep")}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := describe(c), "checkout deep/ignored_but_tracked.go\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSplitIsByProject(t *testing.T) {
	root := t.TempDir()
	for p := range 40 {
		for f := range 5 {
			dir := filepath.Join(root, fmt.Sprintf("project%d@v1.%d.0", p/2, p%2))
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			for line := range 30 {
				fmt.Fprintf(&text, "var name%d_%d_%d = other%d + %d\n", p, f, line, p*f, line*p)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d.go", f)), []byte(text.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, err := Collect(context.Background(), Options{Roots: []string{root}, HeldOut: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Projects) != 20 || len(c.Files) != 200 {
		t.Fatalf("%d projects with %d files; two versions are one project of 20, all of 200 files are kept: %v", len(c.Projects), len(c.Files), c.Dropped)
	}
	held := 0
	for _, p := range c.Projects {
		if p.HeldOut {
			held++
		}
	}
	if held < 2 || held > 12 {
		t.Errorf("%d of 20 projects are held out, 0.3 were asked for", held)
	}
	again, err := Collect(context.Background(), Options{Roots: []string{root}, HeldOut: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Projects, again.Projects) {
		t.Error("the split is another one the second time")
	}
}

func TestSplitOfFew(t *testing.T) {
	few := []Project{{Name: "a", Bytes: 1000}, {Name: "b", Bytes: 1000}, {Name: "c", Bytes: 10}}
	split(few, 0.04)
	if few[0].HeldOut || few[1].HeldOut || !few[2].HeldOut {
		t.Errorf("the small one should be held out: %+v", few)
	}
	one := []Project{{Name: "a", Bytes: 1000}}
	split(one, 0.99)
	if one[0].HeldOut {
		t.Error("the only project is held out: nothing is left to learn from")
	}
}

func TestEvaluationNames(t *testing.T) {
	m := newEvaluationMatcher(EvaluationProjects)
	for name, want := range map[string]string{
		"github.com/gin-gonic/gin":                   "gin",
		"github.com_prometheus_client_golang":        "prometheus",
		"github.com/prometheus/client_golang@v1.2.3": "prometheus",
		"@babel/core":                  "babel",
		"babel-core":                   "babel",
		"Django-4.2.1":                 "django",
		"django-rest-framework":        "django",
		"ansible-core":                 "ansible",
		"sklearn":                      "scikit-learn",
		"@angular/core":                "angular",
		"three":                        "three.js",
		"rxjs":                         "rxjs",
		"go.etcd.io/etcd/client/v3":    "etcd",
		"github.com/docker/docker":     "moby",
		"requests":                     "requests",
		"numpy":                        "",
		"golang.org/x/tools":           "",
		"requestsish":                  "",
		"typescript":                   "",
		"github.com/spf13/cobra":       "",
		"github.com/!burnt!sushi/toml": "",
	} {
		s := source{project: &project{names: []string{name}}, fromRoot: "root/file.go"}
		if got := m.match(&s); got != want {
			t.Errorf("%s: matched %q, want %q", name, got, want)
		}
	}
	vendored := source{project: &project{names: []string{"pip"}}, fromRoot: "root/pip/_vendor/requests/api.py"}
	if got := m.match(&vendored); got != "requests" {
		t.Errorf("a vendored copy matched %q", got)
	}
}

func TestSimilar(t *testing.T) {
	words := func(from, to int) string {
		var out []string
		for i := from; i < to; i++ {
			out = append(out, fmt.Sprintf("word%d", i))
		}
		return strings.Join(out, " ")
	}
	a := newBag([]byte(words(0, 100)))
	for _, c := range []struct {
		to   int
		want bool
	}{{105, true}, {124, true}, {126, false}, {200, false}} { // 100/125 = 0.8
		b := newBag([]byte(words(0, c.to)))
		if got := similar(&a, &b); got != c.want {
			t.Errorf("%d words against 100: similar = %v", c.to, got)
		}
		if !c.want {
			continue
		}
		meet := false
		for i := range a.signature {
			meet = meet || a.signature[i] == b.signature[i]
		}
		if !meet {
			t.Errorf("%d words against 100: the signatures share no band", c.to)
		}
	}
	// The same words in other numbers are another text: the multiset counts too.
	b := newBag([]byte(words(0, 100) + strings.Repeat(" word1 word2", 100)))
	if similar(&a, &b) {
		t.Error("a text with many repeats passes for a duplicate")
	}
}

func TestCancel(t *testing.T) {
	root, _ := unpack(t, "testdata/drops.txtar")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Collect(ctx, Options{Roots: []string{root}}); err == nil {
		t.Error("a cancelled collection succeeded")
	}
}

func TestNothingLeft(t *testing.T) {
	_, err := Collect(context.Background(), Options{Roots: []string{t.TempDir()}})
	if err == nil || !strings.Contains(err.Error(), "no file is left") {
		t.Errorf("error %v", err)
	}
	if _, err = Collect(context.Background(), Options{Roots: []string{filepath.Join(t.TempDir(), "absent")}}); err == nil {
		t.Error("an absent root is no error")
	}
}

func TestReasonsAreListed(t *testing.T) {
	seen := map[Reason]bool{}
	for _, r := range Reasons {
		seen[r] = true
	}
	all := []Reason{ReasonLanguage, ReasonEvaluation, ReasonVendored, ReasonTestData, ReasonOversized, ReasonUnreadable, ReasonBinary, ReasonEmpty,
		ReasonGenerated, ReasonMinified, ReasonData, ReasonDuplicate, ReasonNearDuplicate, ReasonEvaluationCopy, ReasonIgnored}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	for _, r := range all {
		if !seen[r] {
			t.Errorf("%q is missing from Reasons, so a report would not show it", r)
		}
	}
}

func TestSources(t *testing.T) {
	root, _ := unpack(t, "testdata/gitignore.txtar")
	t.Chdir(filepath.Dir(root))
	got, err := Sources(context.Background(), []string{"root/main.go", "root", "root/sub"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"root/main.go", "root/sub/back/y.tmp.go", "root/sub/only_here.go", "root/sub/x.tmp.go"}
	for i := range want {
		want[i] = filepath.FromSlash(want[i])
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, path := range []string{"absent", "root/.gitignore"} {
		if _, err := Sources(context.Background(), []string{path}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
