package evaluate

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/ort/orttest"
)

var update = flag.Bool("update", false, "write testdata/golden.txt anew")

// goldenRows is how many rows may differ, and goldenPlaces by how much, before the test fails: what rounding on another processor can do where two candidates
// are as good as equal. The model runs in fp32, since int8 kernels differ more between processors than models do between versions.
const (
	goldenRows   = 3
	goldenPlaces = 1
)

// TestGolden: where the embedded model and what stands beside it put the right answers, on files of this repository and on probes. A change of quality is a change
// of testdata/golden.txt; go test ./training/evaluate -run Golden -update writes it.
func TestGolden(t *testing.T) {
	b, err := bundle.Default()
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Open(orttest.Library(t), b, model.Options{Precision: bundle.PrecisionFP32, Device: "cpu", Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	golden, err := filepath.Abs("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	sources, err := Load(t.Context(), []string{"examples"}, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	subjects := []Subject{{Name: "default", Asker: m}}
	var got bytes.Buffer
	fmt.Fprintf(&got, "# Places of the right answers, 1 is the best; - is none. go test ./training/evaluate -run Golden -update writes this file.\n")
	for _, run := range []func() (Result, error){
		func() (Result, error) {
			return Cloze(t.Context(), subjects, sources, ClozeOptions{Common: Common{PerClass: 3}})
		},
		func() (Result, error) {
			return Complete(t.Context(), subjects, sources, CompleteOptions{Common: Common{PerClass: 2}})
		},
		func() (Result, error) {
			return Types(t.Context(), subjects, sources, TypesOptions{Common: Common{PerClass: 1}})
		},
		func() (Result, error) {
			return Probes(t.Context(), subjects, ProbesOptions{Common: Common{PerClass: 1}, Languages: []string{"go", "python"}})
		},
		func() (Result, error) {
			return Bugs(t.Context(), subjects, Mutants(sources, 3, 0), BugOptions{})
		},
	} {
		r, err := run()
		if err != nil {
			t.Fatal(err)
		}
		writeGolden(&got, r)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := goldenDiff(string(want), got.String()); diff != "" {
		t.Errorf("other ranks than in testdata/golden.txt; if the model or the ranking was meant to change, look at the differences and run with -update:\n%s", diff)
	}
}

// writeGolden writes a line per case: what it is, and the places by system.
func writeGolden(b *bytes.Buffer, r Result) {
	fmt.Fprintf(b, "\n%s:", r.Task)
	var columns []string
	for _, name := range r.Systems {
		for _, c := range r.Cases {
			if o, ok := c.Systems[name]; ok && name != SystemCandidates && name != SystemChance && o.Measures != nil {
				columns = append(columns, name)
				break
			}
		}
	}
	fmt.Fprintf(b, " %s\n", strings.Join(columns, " "))
	for _, c := range r.Cases {
		if c.Class == classKeystrokes {
			continue
		}
		fmt.Fprintf(b, "%s:%d:%d\t%s\t%s\t", filepath.ToSlash(c.Path), c.Line, c.Column, c.Class, c.Answer)
		for i, name := range columns {
			if i > 0 {
				b.WriteByte(' ')
			}
			if place := c.Systems[name].Place; place > 0 {
				fmt.Fprint(b, place)
			} else {
				b.WriteByte('-')
			}
		}
		b.WriteByte('\n')
	}
}

// goldenDiff lists the lines that differ; "" when they do no more than rounding does.
func goldenDiff(want, got string) string {
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	var diff strings.Builder
	rows, worst := 0, 0
	for i := range max(len(wants), len(gots)) {
		w, g := "", ""
		if i < len(wants) {
			w = wants[i]
		}
		if i < len(gots) {
			g = gots[i]
		}
		if w == g {
			continue
		}
		fmt.Fprintf(&diff, "- %s\n+ %s\n", w, g)
		rows++
		worst = max(worst, apart(w, g))
	}
	if rows <= goldenRows && worst <= goldenPlaces {
		return ""
	}
	return diff.String()
}

// apart is the largest difference of places between two lines about the same case; a large number when they are not.
func apart(a, b string) int {
	const otherwise = 1000
	i, j := strings.LastIndexByte(a, '\t'), strings.LastIndexByte(b, '\t')
	if i < 0 || j < 0 || a[:i] != b[:j] {
		return otherwise
	}
	x, y := strings.Fields(a[i:]), strings.Fields(b[j:])
	if len(x) != len(y) {
		return otherwise
	}
	worst := 0
	for k := range x {
		var p, q int
		if x[k] == y[k] {
			continue
		}
		if _, err := fmt.Sscan(x[k], &p); err != nil {
			p = lastPlace + 1 // "-": behind the last place that counts
		}
		if _, err := fmt.Sscan(y[k], &q); err != nil {
			q = lastPlace + 1
		}
		worst = max(worst, p-q, q-p)
	}
	return worst
}

// TestGoldenDiff: rounding passes, a change of quality does not.
func TestGoldenDiff(t *testing.T) {
	want := "a.go:1:2\tvariable\tx\t1 2\nb.go:1:2\tvariable\ty\t3 -\n"
	for got, passes := range map[string]bool{
		want: true,
		"a.go:1:2\tvariable\tx\t2 2\nb.go:1:2\tvariable\ty\t3 -\n":   true,
		"a.go:1:2\tvariable\tx\t3 2\nb.go:1:2\tvariable\ty\t3 -\n":   false,
		"a.go:1:2\tvariable\tx\t1 2\nb.go:1:2\tvariable\ty\t3 4\n":   false,
		"a.go:1:2\tvariable\tx\t1 2\nb.go:1:2\tattribute\ty\t3 -\n":  false,
		"a.go:1:2\tvariable\tx\t1 2\n":                               false,
		"a.go:1:2\tvariable\tx\t1 2 3\nb.go:1:2\tvariable\ty\t3 -\n": false,
	} {
		if diff := goldenDiff(want, got); (diff == "") != passes {
			t.Errorf("%q: %q", got, diff)
		}
	}
}
