package evaluate

import (
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	o := &oracle{text: source}
	r, err := Complete(t.Context(), subject(o), sources(source), CompleteOptions{Common: Common{PerClass: 15}})
	if err != nil {
		t.Fatal(err)
	}
	none, three := find(t, r, "0 typed", "all"), find(t, r, "3 typed", "all")
	if none.Count != 15 || three.Count == 0 || three.Count > none.Count {
		t.Fatalf("%d and %d cases", none.Count, three.Count)
	}
	// Someone who knows the text is right wherever a list holds the name.
	for _, row := range []Row{none, three} {
		covered := row.value(SystemCandidates, "covered")
		if got := row.value(SystemModel, "@1"); got < covered-0.15 || covered < 0.6 {
			t.Errorf("%s: %v right, %v covered", row.Class, got, covered)
		}
		if row.value(SystemStatic, "@5") == 0 || row.value(SystemRecency, "@5") == 0 {
			t.Errorf("%s: nothing is right without a model: %+v", row.Class, row.Systems)
		}
	}
	saved := find(t, r, classKeystrokes, "all")
	for _, system := range []string{SystemRecency, SystemStatic, SystemModel, SystemCombined} {
		if got := saved.value(system, "saved"); got <= 0 || got >= 1 {
			t.Errorf("%s saves %v of the keystrokes", system, got)
		}
	}
	if saved.value(SystemModel, "saved") < saved.value(SystemRecency, "saved") {
		t.Error("knowing the text saves less than the order of last use")
	}
}

// TestCompleteHidesTheName: what is asked for stands in no query, neither whole nor its rest behind the cursor.
func TestCompleteHidesTheName(t *testing.T) {
	text := strings.Replace(source, "fmt.Println(best, rate)", "fmt.Println(best, zxcvbnm)", 1)
	o := &oracle{text: text}
	if _, err := Complete(t.Context(), subject(o), sources(text), CompleteOptions{Common: Common{PerClass: 200}}); err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for _, q := range o.queries {
		around := q.Before + "|" + q.After
		if strings.Contains(around, "best, |)") {
			hidden++
			if strings.Contains(around, "cvbnm") {
				t.Errorf("the name's rest is in sight: %q", around)
			}
		}
	}
	if hidden == 0 {
		t.Error("the name was not asked for")
	}
}
