package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mlm-lsp/internal/marks"
	"mlm-lsp/training"
)

// finished leaves what a training of a name leaves, with a loss and a share of right names.
func finished(t *testing.T, l *lab, name string, loss, names float64) {
	t.Helper()
	for _, dir := range []string{l.path(name), l.encoded(name)} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	e := training.Evaluation{Step: 10, All: training.Score{Loss: loss}, Names: training.Score{Accuracy: names}, BitsPerByte: loss / 2}
	text, err := json.Marshal(map[string]any{"evaluation": e})
	if err != nil {
		t.Fatal(err)
	}
	log := `{"step":10,"subwords":20480}` + "\n" + string(text) + "\n"
	for path, text := range map[string]string{
		filepath.Join(l.encoded(name), "log.jsonl"): log,
		filepath.Join(l.path(name), "mlm-lsp.json"): `{"training":{"masked":3040,"corpus":{"trained":{"go":{"bytes":30}},"subwords":{"trained":10}}}}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTable: arms whose seeds lie apart are told to differ and in which sense, others are not, and what is not finished is left out.
func TestTable(t *testing.T) {
	l := &lab{work: t.TempDir(), seeds: 2, steps: 10}
	e := experiment{"x", []*arm{{name: "a", label: "first"}, {name: "b", label: "second"}, {name: "c", label: "third"}, {name: "d", label: "fourth"}}, []column{
		read, loss, {"names %", "%.1f", func(r result) float64 { return 100 * r.last.Names.Accuracy }, 1},
	}}
	for seed, v := range []float64{5.00, 5.02} {
		finished(t, l, fmt.Sprint("a-10-", seed+1), v, 0.10)
		finished(t, l, fmt.Sprint("b-10-", seed+1), v-0.03, 0.10)
		finished(t, l, fmt.Sprint("c-10-", seed+1), v+0.50, 0.20)
	}
	o, err := l.outcome(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `| | subwords, millions | loss | names % |
|---|---|---|---|
| first | 0.02 | 5.010 ± .010 | 10.0 ± .0 |
| second | 0.02 | 4.980 ± .010 | 10.0 ± .0 |
| third | 0.02 | 5.510 ± .010 worse | 20.0 ± .0 better |
`
	if got := o.table(); got != want {
		t.Errorf("the table is\n%s", got)
	}
	if err := os.Remove(filepath.Join(l.encoded("a-10-1"), "log.jsonl")); err != nil {
		t.Fatal(err)
	}
	if o, err = l.outcome(e); err != nil || len(o.results[0]) != 1 {
		t.Errorf("%d results of an arm with one log, error %v", len(o.results[0]), err)
	}
	if got := o.table(); !strings.Contains(got, "| first (one seed) | 0.02 | 5.020 | 10.0 |\n") || strings.Contains(got, "better") || strings.Contains(got, "worse") {
		t.Errorf("with one seed:\n%s", got)
	}
	if err := os.WriteFile(filepath.Join(l.encoded("a-10-2"), "log.jsonl"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := l.outcome(e); err == nil || !strings.Contains(err.Error(), "a-10-2") {
		t.Errorf("a broken log: error %v", err)
	}
}

// TestPage: docs/recipe.md has a place for every table.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../recipe.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range append([]experiment{{name: "frequencies"}}, experiments...) {
		if _, err := marks.Replace(text, e.name, ""); err != nil {
			t.Error(err)
		}
	}
}

// TestArms: arms of one name are one training, and the arms of an experiment are as many.
func TestArms(t *testing.T) {
	l := &lab{steps: 8}
	options := map[string]string{}
	for _, e := range experiments {
		names := map[string]bool{}
		for _, a := range e.arms {
			o := l.options(1)
			a.set(&o)
			text := fmt.Sprintf("%s %+v", a.text, o)
			if before, ok := options[a.name]; ok && before != text {
				t.Errorf("%s is two trainings:\n%s\n%s", a.name, before, text)
			}
			options[a.name] = text
			names[text] = true
		}
		if len(names) != len(e.arms) {
			t.Errorf("%s has %d arms, %d of them different", e.name, len(e.arms), len(names))
		}
	}
}
