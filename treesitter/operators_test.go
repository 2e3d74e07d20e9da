package treesitter

import (
	"slices"
	"testing"
)

func TestOperatorGroup(t *testing.T) {
	for _, language := range Languages() {
		group := OperatorGroup(language, "==")
		if !slices.Contains(group, "!=") || !slices.Contains(group, "<=") || slices.Contains(group, "+") {
			t.Errorf("%s: == is taken for one of %q", language, group)
		}
		for _, operator := range group {
			if !slices.Equal(OperatorGroup(language, operator), group) {
				t.Errorf("%s: %s and == are in the same group one way alone", language, operator)
			}
		}
	}
	if got := OperatorGroup("python", "in"); !slices.Contains(got, "not in") || !slices.Contains(got, "is not") {
		t.Errorf("in is taken for one of %q", got)
	}
	if got := OperatorGroup("go", "="); got != nil {
		t.Errorf("an assignment is taken for one of %q", got)
	}
}

func TestOppositeBoolean(t *testing.T) {
	for literal, want := range map[string]string{"true": "false", "false": "true", "True": "False", "False": "True", "None": ""} {
		if got := OppositeBoolean(literal); got != want {
			t.Errorf("%s: %q", literal, got)
		}
	}
}
