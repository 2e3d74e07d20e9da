package evaluate

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

const buggy = `def area(width, height):
    size = width * width
    return size


def grow(width, height):
    size = width * height
    return area(width, height) + size
`

func bug() Bug {
	at := strings.Index(buggy, "* width") + 2
	return Bug{Path: "a.py", Language: "python", Before: []byte(buggy), After: []byte(buggy[:at] + "height" + buggy[at+5:]), At: at, Old: "width", New: "height", Kind: "variable"}
}

// TestBugs: every measure of a case is there, for baselines and check; and what is asked about the place alone is what a whole file gives.
func TestBugs(t *testing.T) {
	for _, whole := range []float64{1, 0} {
		grams := counted(t, "python", "def volume ( width , height ) : size = width * height return size")
		result, err := Bugs(context.Background(), []Subject{{Name: "none"}}, []Bug{bug()}, BugOptions{Whole: whole, Common: Common{NGrams: grams}})
		if err != nil {
			t.Fatal(err)
		}
		row, ok := result.Find("variable", SliceAll)
		if !ok {
			t.Fatal("no row of variables")
		}
		for _, name := range []string{SystemRecency, SystemCache, SystemNGram, SystemCheck} {
			for _, measure := range []string{"scored", "covered"} {
				if got := row.Systems[name][measure].Value; got != 1 {
					t.Errorf("%s of %s: %v", measure, name, got)
				}
			}
			if _, ok := row.Systems[name]["in file@1"]; ok != (whole == 1) {
				t.Errorf("whole %v: %s has a place in the file: %v", whole, name, ok)
			}
		}
		if got := row.Systems[SystemRecency]["repair@3"].Value; got != 1 {
			t.Errorf("height is not among the three nearest: %v", got)
		}
		for _, measure := range []string{"repair@1", "pairs"} { // the corpus says width * height, again and again
			if got := row.Systems[SystemNGram][measure].Value; got != 1 {
				t.Errorf("%s of the n-grams is %v", measure, got)
			}
		}
		if row, ok := result.Find("identifiers", SliceAll); !ok || row.Count != 1 {
			t.Errorf("a variable is not counted among the identifiers: %+v", row)
		}
	}
	if _, err := Bugs(context.Background(), nil, nil, BugOptions{}); err == nil {
		t.Error("no bugs are evaluated")
	}
}

// TestMutants: a mutant differs from its source at one place, or at two for exchanged arguments, where it holds what it says; and it is the same for the same seed.
func TestMutants(t *testing.T) {
	text := strings.Repeat("def f(a, b, c):\n    d = a + b\n    if d == c and True:\n        return g(a, d, self.x, self.y)\n    return d\n\n", 30)
	sources := []Source{{Path: "a.py", Project: "p", File: treesitter.Parse("python", []byte(text))}}
	bugs := Mutants(sources, 0, 1)
	if len(bugs) != 30 {
		t.Fatalf("%d mutants of 30 functions", len(bugs))
	}
	kinds := map[string]int{}
	for _, b := range bugs {
		kinds[b.Kind]++
		if string(b.After) != text || !strings.HasPrefix(string(b.Before[b.At:]), b.Old) || !strings.HasPrefix(text[b.At:], b.New) || b.Old == b.New {
			t.Errorf("%s at %d: %s for %s", b.Kind, b.At, b.Old, b.New)
		}
		if rest := string(b.Before[:b.At]) + b.New + string(b.Before[b.At+len(b.Old):]); b.Kind != "swap" && rest != text {
			t.Errorf("%s at %d changes more", b.Kind, b.At)
		}
	}
	for _, kind := range []string{"variable", "operator", "attribute"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s in %v", kind, kinds)
		}
	}
	again := Mutants(sources, 0, 1)
	for i := range bugs {
		if string(bugs[i].Before) != string(again[i].Before) {
			t.Fatal("another draw for the same seed")
		}
	}
}

// TestMisspellings: what is misspelt is a name that is used, by one slip, and what stands there then stands nowhere else.
func TestMisspellings(t *testing.T) {
	text := "import lengths\n\n" + strings.Repeat("def area(width, height):\n    size = width * height\n    return measure(size).total + self.lines\n\n", 30)
	sources := []Source{{Path: "a.py", Project: "p", File: treesitter.Parse("python", []byte(text))}}
	bugs := Misspellings(sources, 0, 1)
	if len(bugs) != 30 {
		t.Fatalf("%d misspelt names in 30 functions", len(bugs))
	}
	seen := map[string]bool{}
	for _, b := range bugs {
		seen[b.New] = true
		if rest := string(b.Before[:b.At]) + b.New + string(b.Before[b.At+len(b.Old):]); rest != text || string(b.After) != text || b.Kind != "misspelt" {
			t.Errorf("%+v", b)
		}
		if names.SlipOf(b.Old, b.New) == names.NoSlip || slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return !names.IsNameByte(byte(r)) }), b.Old) {
			t.Errorf("%s for %s", b.Old, b.New)
		}
	}
	for _, name := range []string{"width", "height", "measure", "size", "total", "lines"} {
		if !seen[name] {
			t.Errorf("%s was never misspelt", name)
		}
	}
	if seen["area"] || seen["lengths"] || seen["return"] {
		t.Errorf("what is made or imported was misspelt: %v", seen)
	}
}

// TestReadPairs: texts come from clones by their revisions, and a pointer that is wrong is an error that names its line.
func TestReadPairs(t *testing.T) {
	dir := t.TempDir()
	repo := filepath.Join(dir, "owner+name")
	if err := os.MkdirAll(repo, 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", repo, "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("init", "-q")
	write := func(text []byte) string {
		if err := os.WriteFile(filepath.Join(repo, "a.py"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		run("add", ".")
		run("commit", "-qm", "fix")
		return run("rev-parse", "HEAD")
	}
	b := bug()
	for name, text := range map[string]string{"peer.py": "volume = 1\n", "vendor/other.py": "vendored = 1\n", "peer.go": "package peer\n"} {
		name = filepath.Join(repo, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	parent := write(b.Before)
	if err := os.WriteFile(filepath.Join(repo, "peer.py"), []byte("volume = volume\nlater = 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	commit := write(b.After)
	line := func(col int) string {
		text, err := json.Marshal(map[string]any{"repo": "owner/name", "commit": commit, "parent": parent, "path": "a.py", "line": 2, "col": col, "old": "width", "new": "height", "kind": "variable"})
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	file := filepath.Join(dir, "pairs.jsonl")
	if err := os.WriteFile(file, []byte(line(19)), 0o644); err != nil {
		t.Fatal(err)
	}
	bugs, err := ReadPairs(context.Background(), file, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(bugs) != 1 || string(bugs[0].Before) != buggy || string(bugs[0].After) != string(b.After) || bugs[0].At != b.At || bugs[0].Language != "python" {
		t.Errorf("%+v", bugs)
	}
	// What stands around is that of the mistake's commit: neither what came later, nor the file itself, nor what is vendored.
	around, err := bugs[0].Around(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"volume": 1, "later": 0, "width": 0, "vendored": 0} {
		if got := around.Uses(name).Names; got != want {
			t.Errorf("the others use %s %d times, want %d", name, got, want)
		}
	}
	if around, err := NewClones(t.TempDir()).Around(context.Background(), "owner/name", parent, "a.py"); err != nil || around != nil {
		t.Errorf("without a clone: %v, %v", around, err)
	}
	if _, err := NewClones(dir).Around(context.Background(), "owner/name", strings.Repeat("0", 40), "a.py"); err == nil {
		t.Error("a commit that is not there has surroundings")
	}
	if err := os.WriteFile(file, []byte(line(19)+line(18)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPairs(context.Background(), file, dir); err == nil || !strings.Contains(err.Error(), "pair 2") {
		t.Errorf("%v", err)
	}
	if _, err := ReadPairs(context.Background(), file, t.TempDir()); err == nil || !strings.Contains(err.Error(), "clone") {
		t.Errorf("%v", err)
	}
}
