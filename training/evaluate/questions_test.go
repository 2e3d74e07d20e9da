package evaluate

import (
	"fmt"
	"strings"
	"testing"

	"mlm-lsp/lsp/gap"
)

// TestQuestions: what is fitted on holds the right candidate, what the model said of it, and not what was in the gap; and it is the same again.
func TestQuestions(t *testing.T) {
	text := strings.Replace(source, "fmt.Println(best, rate)", "fmt.Println(best, zxcvbnm)", 1)
	ask := func() (string, *oracle) {
		o := &oracle{text: text}
		list, err := Questions(t.Context(), o, sources(text), QuestionOptions{Common: Common{PerClass: 40}})
		if err != nil {
			t.Fatal(err)
		}
		modes, groups := map[string]int{}, map[string]int{}
		for _, q := range list {
			if len(q.Inputs) < 1 || q.Answer < 0 || q.Answer >= len(q.Inputs) {
				t.Fatalf("the answer is %d of %d", q.Answer, len(q.Inputs))
			}
			if q.Mode == "cloze" && q.Inputs[q.Answer][gap.Model] != q.Inputs[q.Answer][gap.Model] {
				t.Errorf("%s: the model's word on the answer is not kept", q.Group)
			}
			modes[q.Mode]++
			groups[q.Group]++
		}
		if modes["cloze"] == 0 || modes["0 typed"]+modes["0 typed, at the line's end"] == 0 || groups[gap.GroupName] == 0 || groups[gap.GroupOperator] == 0 || groups[gap.GroupType] == 0 || groups[gap.GroupAnnotation] == 0 {
			t.Errorf("modes %v, groups %v", modes, groups)
		}
		return fmt.Sprint(list), o
	}
	first, o := ask()
	if second, _ := ask(); second != first {
		t.Error("asked again, the questions are others")
	}
	cut := 0
	for _, q := range o.queries {
		if rest, _, _ := strings.Cut(q.After, "\n"); rest == "" {
			cut++
		}
	}
	if cut == 0 {
		t.Error("no line was cut")
	}
	for _, q := range o.queries {
		if around := q.Before + "|" + q.After; strings.Contains(around, "best, |") && strings.Contains(around, "cvbnm") {
			t.Errorf("what stood in the gap is in sight: %q", around)
		}
	}
	if _, err := Questions(t.Context(), &oracle{}, sources("package p\n"), QuestionOptions{}); err == nil || !strings.Contains(err.Error(), "name more files") {
		t.Errorf("nothing to ask for: %v", err)
	}
}
