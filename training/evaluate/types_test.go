package evaluate

import (
	"bytes"
	"strings"
	"testing"
)

func TestTypes(t *testing.T) {
	o := &oracle{text: source}
	r, err := Types(t.Context(), subject(o), sources(source), TypesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := find(t, r, "all", "all")
	// The model is asked about most of the candidates, not all.
	if all.Count < 6 || all.value(SystemModel, "@1") < all.value(SystemCandidates, "covered")-0.15 || all.value(SystemModel, "base@1") < all.value(SystemModel, "@1") {
		t.Errorf("%d cases: %+v", all.Count, all.Systems)
	}
	for _, kind := range []string{"parameter", "return", "field"} {
		if row := find(t, r, kind, "all"); row.Count == 0 {
			t.Errorf("no %s", kind)
		}
	}
	frequent, rare := find(t, r, "all", "ubiquitous"), find(t, r, "all", "rare")
	if frequent.Count == 0 || rare.Count == 0 {
		t.Error("no frequent types, or no rare ones")
	}
	// A type whose only occurrence was taken out is among no choices.
	for _, q := range o.queries {
		for _, choice := range q.Choices {
			if choice == "[]Item" && !strings.Contains(q.Before+q.After, "[]Item") {
				t.Error("the annotation is a choice for itself")
			}
		}
	}
}

func TestBaseType(t *testing.T) {
	for text, want := range map[string]string{
		"Dict[str, int]": "Dict", "map[string]int": "map", "[]byte": "[]", "string[]": "[]", "Promise<void>": "Promise", "*T[K]": "*T", "int": "int",
		"&str": "&", "func(int) string": "func", "chan<- int": "chan", "": "",
	} {
		if got := BaseType(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestCountTypes(t *testing.T) {
	list := sources(source, source, source, strings.ReplaceAll(source, "Item", "Thing"))
	list[1].Project, list[2].Project = "other", "third"
	var b bytes.Buffer
	if err := CountTypes(list, &b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if lines[0] != "go\tfloat64\t16" || strings.Contains(b.String(), "Thing") || !strings.Contains(b.String(), "[]Item\t6") {
		t.Errorf("counted:\n%s", b.String())
	}
	for _, language := range []string{"go", "python", "typescript", "tsx"} {
		if n := len(frequent(language)); n < 50 || n > 100 {
			t.Errorf("%d frequent types of %s", n, language)
		}
	}
}
