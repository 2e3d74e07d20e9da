package fixes

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/codetok"
	"mlm-lsp/training/shard"
)

// repository makes a git repository of commits, each a message and the files that it writes.
type repository struct {
	t    *testing.T
	path string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	r := &repository{t, t.TempDir()}
	r.git("init", "-q")
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	command := exec.Command("git", append([]string{"-C", r.path, "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"}, args...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := command.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit returns the new commit's id.
func (r *repository) commit(message string, files map[string]string) string {
	r.t.Helper()
	for name, text := range files {
		path := filepath.Join(r.path, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

const python = `def area(width, height, scale=True):
    size = width * width
    if scale and size > 0:
        return size
    return None
`

// TestMine holds the recipe on a history in which each commit is a case: what counts, and what does not for one reason each.
func TestMine(t *testing.T) {
	r := newRepository(t)
	text := python
	step := func(old, fresh string) map[string]string {
		t.Helper()
		if strings.Count(text, old) != 1 {
			t.Fatalf("%q is not in the text once", old)
		}
		text = strings.Replace(text, old, fresh, 1)
		return map[string]string{"lib/area.py": text}
	}
	with := func(files map[string]string, name, content string) map[string]string {
		files[name] = content
		return files
	}
	parent := r.commit("Start", map[string]string{"lib/area.py": text, "lib/other.py": python})
	fixed := r.commit("Fix the area of rectangles", with(step("width * width", "width * height"), "tests/test_area.py", "assert True\n"))
	operator := r.commit("Empty ones were missing", with(step("size > 0", "size >= 0"), "CHANGES.md", "news\n"))
	r.commit("Rename size for consistency, fix style", step("return size", "return sizes"))
	r.commit("Take size back", step("return sizes", "return size"))
	r.commit("Add a thing", step("scale and", "scale or"))
	boolean := r.commit("Bug: scaling is off by default", step("scale=True", "scale=False"))
	r.commit("Fix two files", with(step("scale or", "scale and"), "lib/other.py", strings.Replace(python, "width * width", "width * height", 1)))
	r.commit("Fix two tokens", step("width * height", "height + height"))
	r.commit("Fix a definition", step("def area", "def areas"))
	r.commit("Fix a type of literal", step("return None", "return 0"))
	r.commit("Fix a wrong name", step("return size", "return height"))
	r.commit("Fix: no, it was right", step("return height", "return size"))
	r.commit("Fix vendored code", map[string]string{"vendor/x/area.py": python})
	r.commit("Fix vendored code again", map[string]string{"vendor/x/area.py": strings.Replace(python, "width * width", "width * height", 1)})

	list, counts, err := Mine(context.Background(), r.path, "owner/name")
	if err != nil {
		t.Fatal(err)
	}
	want := []Fix{
		{Commit: boolean, Line: 1, Col: 30, Old: "True", New: "False", Kind: Boolean},
		{Commit: operator, Line: 3, Col: 22, Old: ">", New: ">=", Kind: Operator},
		{Commit: fixed, Parent: parent, Line: 2, Col: 19, Old: "width", New: "height", Kind: Variable, NewInFile: 1, OldInFile: 2},
	}
	if len(list) != len(want) {
		t.Fatalf("%d fixes, %d are in the history: %+v", len(list), len(want), list)
	}
	for i, w := range want {
		f := list[i]
		if f.Repo != "owner/name" || f.Commit != w.Commit || f.Path != "lib/area.py" || f.Lang != "py" || f.Line != w.Line || f.Col != w.Col ||
			f.Old != w.Old || f.New != w.New || f.Kind != w.Kind || f.NewInFile != w.NewInFile || f.OldInFile != w.OldInFile ||
			w.Parent != "" && f.Parent != w.Parent {
			t.Errorf("fix %d is %+v", i, f)
		}
		for text, token := range map[string]string{f.Before: f.Old, f.After: f.New} {
			at, err := f.Offset(text)
			if err != nil || !strings.HasPrefix(text[at:], token) {
				t.Errorf("fix %d: the place holds no %q (%v)", i, token, err)
			}
		}
	}
	if counts.Found != 3 || counts.Repeats != 2 || counts.Commits <= counts.OneFile {
		t.Errorf("counts %+v", counts)
	}

	// What was mined is read from its list, also when the repository is gone.
	directory := t.TempDir()
	told := 0
	first, err := Gather(context.Background(), []string{r.path}, directory, func(string, Counts) { told++ })
	if err != nil {
		t.Fatal(err)
	}
	again, err := Gather(context.Background(), []string{r.path}, directory, func(string, Counts) { told++ })
	if err != nil || told != 1 || len(first) != 3 || len(again) != 3 || again[2].Before != first[2].Before {
		t.Errorf("%d and %d fixes, mined %d times: %v", len(first), len(again), told, err)
	}
}

func TestEvaluationProjectsAreRefused(t *testing.T) {
	r := newRepository(t)
	r.commit("Start", map[string]string{"a.py": python})
	if _, _, err := Mine(context.Background(), r.path, "django/django"); !errors.Is(err, ErrEvaluation) {
		t.Errorf("mining one: %v", err)
	}
	r.git("remote", "add", "origin", "https://example.org/scrapy/scrapy.git")
	if _, err := Gather(context.Background(), []string{r.path}, t.TempDir(), nil); !errors.Is(err, ErrEvaluation) {
		t.Errorf("gathering from one: %v", err)
	}
	list := filepath.Join(t.TempDir(), "list.jsonl")
	if err := Write(list, []Fix{{Repo: "etcd-io/etcd", Commit: "c", Path: "a.go", Line: 1, Old: "a", New: "b", Kind: Variable}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Gather(context.Background(), []string{list}, t.TempDir(), nil); !errors.Is(err, ErrEvaluation) {
		t.Errorf("a list with one: %v", err)
	}
	if _, _, err := Mine(context.Background(), t.TempDir(), "a/b"); err == nil {
		t.Error("a folder that is no repository was mined")
	}
}

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		language, before, after string
		want                    Fix
	}{
		"a member": {"go", "package p\n\nfunc f(a T) { a.open() }\n", "package p\n\nfunc f(a T) { a.close() }\n", Fix{Line: 3, Col: 16, Old: "open", New: "close", Kind: Attribute}},
		"a call":   {"go", "package p\n\nfunc f() { open() }\n", "package p\n\nfunc f() { shut() }\n", Fix{Line: 3, Col: 11, Old: "open", New: "shut", Kind: Variable}},
		"a swap": {"javascript", "f(first, second);\nfirst;\n", "f(second, first);\nfirst;\n",
			Fix{Line: 1, Col: 2, Old: "first", New: "second", Kind: Swap, NewInFile: 1, OldInFile: 1}},
		"two words for one": {"python", "if a not in b: c()\n", "if a in b: c()\n", Fix{Line: 1, Col: 5, Old: "not in", New: "in", Kind: Operator}},
		"a keyword":         {"python", "f(error=1)\n", "f(errors=1)\n", Fix{Line: 1, Col: 2, Old: "error", New: "errors", Kind: Attribute}},
		"a field's key":     {"go", "package p\n\nvar a = T{Key: 1}\n", "package p\n\nvar a = T{Name: 1}\n", Fix{Line: 3, Col: 10, Old: "Key", New: "Name", Kind: Attribute}},
		"nothing":           {"python", "a = b\n", "a = b\n", Fix{}},
		"more space":        {"python", "a = f(b)\n", "a = f( c)\n", Fix{}},
		"a name for a call": {"python", "a = b.c\n", "a = b.d()\n", Fix{}},
		"another sort":      {"python", "a = b == c\n", "a = b + c\n", Fix{}},
		"a string":          {"python", "a = 'b'\n", "a = 'c'\n", Fix{}},
		"a line more":       {"python", "a = b\n", "a = c\nd = 1\n", Fix{}},
		"broken text":       {"python", "a = (b\n", "a = (c\n", Fix{}},
		"no line end":       {"python", "a = 1\nprint(b)", "a = 1\nprint(a)", Fix{Line: 2, Col: 6, Old: "b", New: "a", Kind: Variable, NewInFile: 1}},
	} {
		got, ok := find(c.language, []byte(c.before), []byte(c.after))
		if got != c.want || ok != (c.want != Fix{}) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestMisspelt(t *testing.T) {
	for _, c := range []struct {
		fix  Fix
		want bool
	}{
		{Fix{Kind: Variable, OldInFile: 0, NewInFile: 3}, true}, {Fix{Kind: Attribute, OldInFile: 0}, true}, {Fix{Kind: Variable, OldInFile: 1}, false},
		{Fix{Kind: Operator, OldInFile: 0}, false}, {Fix{Kind: Boolean, OldInFile: 0}, false}, {Fix{Kind: Swap, OldInFile: 0}, false},
	} {
		if c.fix.Misspelt() != c.want {
			t.Errorf("%+v is misspelt: %v", c.fix, !c.want)
		}
	}
}

func TestPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"lib/a.py": false, "tests/a.py": true, "a_test.go": true, "pkg/b/test_a.py": true, "src/a.spec.ts": true, "src/__tests__/a.js": true,
		"src/latest.py": false, "contest/a.go": false, "src/testing/a.go": true, "conftest.py": true, "lib/WidgetTest.js": true, "protest.js": false,
	} {
		if isTest(path) != want {
			t.Errorf("%s is a test: %v", path, !want)
		}
	}
}

// TestPairs: what Encode writes, Pairs reads: the same places, whichever subwords the tokens have.
func TestPairs(t *testing.T) {
	tokenizer, err := codetok.Train(context.Background(), slices.Values([]string{python, python}), codetok.TrainOptions{VocabSize: 300})
	if err != nil {
		t.Fatal(err)
	}
	fix := func(old, fresh string) Fix {
		return Fix{Repo: "a/b", Path: "a.py", Line: 1, Old: "x", New: "y", Before: python, After: strings.Replace(python, old, fresh, 1)}
	}
	cases := []Fix{
		fix("width * width", "width * height"), fix("size > 0", "size >= 0"), fix("scale=True", "scale=False"), fix("width, height", "height, width"), fix("is", "is"),
	}
	for _, reach := range []int{5, 1000} {
		s, left := Encode(cases, tokenizer, reach)
		if left != 1 { // the one that changes nothing
			t.Fatalf("%d were left out", left)
		}
		var file bytes.Buffer
		if err := s.Write(&file); err != nil {
			t.Fatal(err)
		}
		if s, err = shard.Read(file.Bytes()); err != nil {
			t.Fatal(err)
		}
		pairs, err := Pairs(s)
		if err != nil || len(pairs) != 4 {
			t.Fatalf("%d pairs: %v", len(pairs), err)
		}
		word := func(p Pair, side, at int) string {
			end := at + 1
			for end < len(p.IDs[side]) && !p.Labels[side][end].WordStart() {
				end++
			}
			return strings.TrimSpace(tokenizer.Decode(p.IDs[side][at:end]))
		}
		for i, want := range [][2][]string{{{"width"}, {"height"}}, {{">"}, {">="}}, {{"True"}, {"False"}}, {{"width", "height"}, {"height", "width"}}} {
			for side := range 2 {
				var got []string
				for _, at := range pairs[i].Changed[side] {
					got = append(got, word(pairs[i], side, at))
				}
				if !slices.Equal(got, want[side]) {
					t.Errorf("reach %d, pair %d, side %d: changed %q, want %q", reach, i, side, got, want[side])
				}
			}
			if n := len(pairs[i].IDs[0]); reach == 5 && (n < 7 || n > 30) {
				t.Errorf("a text of %d subwords, with at most 5 on either side", n)
			}
		}
	}
}

func TestSplitIsByRepository(t *testing.T) {
	var list []Fix
	held := 0
	for i := range 400 {
		repo := "owner/repo" + strings.Repeat("x", i%100)
		list = append(list, Fix{Repo: repo, Path: "a.py"})
		if HeldOut(repo) {
			held++
		}
	}
	train, heldOut := Split(list)
	if len(heldOut) != held || len(train)+len(heldOut) != len(list) || held < 40 || held > 120 {
		t.Errorf("%d held out of %d", len(heldOut), len(list))
	}
	for _, f := range train {
		if HeldOut(f.Repo) {
			t.Fatal("a held-out repository is learnt from")
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"repo":"a/b","path":"a.py","line":1,"col":0,"old":"a","new":"b","before":"a\n","after":"b\n"}` + "\n\n"))
	f.Add([]byte(`{"line":-1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, fix := range list {
			if at, err := fix.Offset(fix.Before); err == nil && (at < 0 || at > len(fix.Before)) {
				t.Fatalf("a place at %d of %d bytes", at, len(fix.Before))
			}
		}
	})
}

func FuzzReadHistory(f *testing.F) {
	id := strings.Repeat("0a", 20)
	f.Add([]byte("\x00\x01" + id + " " + id + "\x01123\x01\x00Fix\x00\n:100644 100644 " + id + " " + id + " M\ta.py\n\x00\x01" + id + " \x01124\x01\x00Start\x00\n"))
	f.Add([]byte("\x00\x01" + id + " \x0199999999999999999999\x01\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := readHistory(bufio.NewReader(bytes.NewReader(data)), func(c commit) error {
			if len(c.id) < 40 {
				t.Fatalf("a commit named %q", c.id)
			}
			return nil
		})
		_ = err // any bytes may be wrong; they must not crash
	})
}

func FuzzFind(f *testing.F) {
	f.Add("python", []byte(python), []byte(strings.Replace(python, "width * width", "width * height", 1)))
	f.Add("go", []byte("package p"), []byte("package q"))
	f.Fuzz(func(t *testing.T, language string, before, after []byte) {
		fix, ok := find(language, before, after)
		if !ok {
			return
		}
		at, err := fix.Offset(string(before))
		if err != nil || !bytes.HasPrefix(before[at:], []byte(fix.Old)) {
			t.Fatalf("the place holds no %q: %v", fix.Old, err)
		}
	})
}
