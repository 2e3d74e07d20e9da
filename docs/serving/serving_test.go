package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mlm-lsp/internal/marks"
	"mlm-lsp/model/bundle"
	"mlm-lsp/model/onnx"
)

// What is typed key by key is what was taken out.
func TestKeys(t *testing.T) {
	text := []byte("func a() {\n\tif x {\n\t\treturn é\n\t}\n}\nvar last = 1\n")
	rest, place, taken := cut(text, 12)
	list := keys(taken)
	if got := slices.Concat(rest[:place], []byte(strings.Join(list, "")), rest[place:]); string(got) != string(text) || len(list) < 12 {
		t.Errorf("%q of %d keys", got, len(list))
	}
	if want := []string{"\n\t\t", "é", "x"}; !slices.Equal(keys("\n\t\téx"), want) {
		t.Errorf("keys %q", keys("\n\t\téx"))
	}
}

func TestMarkdown(t *testing.T) {
	table, err := tableOfRecorded(func(name string) (string, error) {
		text, err := os.ReadFile("../../" + name)
		return string(text), err
	})
	if err != nil || !strings.Contains(table, "\n| real fixes | 10 | ") || strings.Count(table, "\n") < 10 {
		t.Errorf("%v, error %v", table, err)
	}
	if _, err := tableOfRecorded(func(string) (string, error) { return "<!-- summary -->\n| a |\n|---|\n<!-- end -->\n", nil }); err == nil {
		t.Error("an empty table is taken")
	}
}

func TestParseUsage(t *testing.T) {
	stat := "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 39 19 12 0 5 1 1"
	u, err := parseUsage(stat, "Rss:   200000 kB\nPss:   100000 kB\nPss_Anon: 3 kB\n")
	if err != nil || u.processor != 2*time.Second || u.resident < 204 || u.resident > 205 || u.own < 102 || u.own > 103 {
		t.Errorf("%+v, error %v", u, err)
	}
	for _, broken := range []string{"", "7 (a) S 1", stat} {
		if _, err := parseUsage(broken, "Rss: 1 kB\n"); err == nil {
			t.Errorf("%q without a Pss is taken", broken)
		}
	}
}

func TestBest(t *testing.T) {
	got := best([]float32{0, 3, 1, 3, -1, 2, 0.5})
	var ids []int32
	sum := 0.0
	for _, a := range got {
		ids = append(ids, a.Token)
		sum += a.Score
	}
	if want := []int32{1, 3, 5, 2, 6}; !slices.Equal(ids, want) || sum <= 0.9 || sum >= 1 {
		t.Errorf("%v", got)
	}
}

// The peer's graph takes what Transformers.js gives, and no node reads what a later one makes.
func TestEverywhere(t *testing.T) {
	b, err := bundle.Default()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	served, err := b.Graph(bundle.PrecisionInt8)
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Unmarshal(served.Model)
	if err != nil {
		t.Fatal(err)
	}
	everywhere(g, int64(b.Config.VocabSize))
	known := map[string]bool{"": true}
	var inputs []string
	for _, in := range g.Inputs {
		known[in.Name] = true
		inputs = append(inputs, in.Name)
	}
	for name := range g.Initializers {
		known[name] = true
	}
	for _, n := range g.Nodes {
		for _, v := range n.Inputs {
			if !known[v] {
				t.Fatalf("%s reads %s before it is made", n.Op, v)
			}
		}
		for _, v := range n.Outputs {
			known[v] = true
		}
	}
	if want := []string{bundle.InputIDs, bundle.AttentionMask}; !slices.Equal(inputs, want) || len(g.Outputs) != 1 || !known[bundle.Logits] || len(g.Outputs[0].Type.Dims) != 3 {
		t.Errorf("inputs %q, outputs %+v", inputs, g.Outputs)
	}
}

// The page has a place for every table.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../serving.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections {
		if _, err := marks.Replace(page, s.name, ""); err != nil {
			t.Error(err)
		}
	}
}

func TestQuantile(t *testing.T) {
	list := []int{5, 1, 4, 2, 3}
	if fmt.Sprint(median(list), quantile(list, 1), quantile(list, 0), quantile([]int(nil), 0.5)) != "3 5 1 0" || list[0] != 5 {
		t.Errorf("%d %d %d of %v", median(list), quantile(list, 1), quantile(list, 0), list)
	}
}

func TestDescribeMachine(t *testing.T) {
	text, err := describeMachine("abc", "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t: x\n", "1.25 0.5 0.2 1/300 77\n")
	if err != nil || !strings.Contains(text, "Commit abc, ") || !strings.Contains(text, "(Some CPU @ 2 GHz); 1.25 processes") {
		t.Errorf("%q, error %v", text, err)
	}
	if _, err := describeMachine("abc", "", ""); err == nil {
		t.Error("a machine without a model is taken")
	}
}
