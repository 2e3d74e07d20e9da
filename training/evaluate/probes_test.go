package evaluate

import (
	"strings"
	"testing"

	"mlm-lsp/model"
	"mlm-lsp/treesitter"
)

// TestProbes: every probe parses with its answer, has its answer among its choices and nowhere said which it is, and an expression's value is right.
func TestProbes(t *testing.T) {
	probes := generateProbes(ProbesOptions{Common: Common{PerClass: 3, Seed: 3}})
	seen := map[string]int{}
	for _, p := range probes {
		seen[p.Language+" "+p.Class]++
		text := string(p.file.Text)
		if len(p.file.Errors) > 0 || strings.ContainsAny(text, gapOpen+gapClose+"\x00") {
			t.Errorf("%s does not parse at %v:\n%s", p.Path, p.file.Errors, text)
		}
		right := 0
		for _, choice := range p.choices {
			if choice == p.Answer {
				right++
			}
			filled := text[:p.gap.Start] + choice + text[p.gap.End:]
			// What is wrong in a well-formed way must be wrong all the same.
			if f := treesitter.Parse(p.Language, []byte(filled)); choice != p.Answer && len(f.Errors) == 0 {
				switch p.Class {
				case classBalance, classBracket:
					t.Errorf("%s: %q parses, too:\n%s", p.Path, choice, filled)
				}
			}
		}
		if right != 1 {
			t.Errorf("%s: %q stands %d times among %q", p.Path, p.Answer, right, p.choices)
		}
	}
	for _, language := range ProbeLanguages() {
		if n := seen[language+" "+classValue]; n != 12 {
			t.Errorf("%s: %d probes of a class, want 12", language, n)
		}
	}
	if len(ProbeLanguages()) < 4 {
		t.Errorf("probes for %v only", ProbeLanguages())
	}
}

func TestEvaluateTokens(t *testing.T) {
	for text, want := range map[string]int{"2 + 3 * 4": 14, "( 2 + 3 ) * 4": 20, "9 - 2 - 3": 4, "9 - ( 2 - 3 )": 10, "7": 7, "2 * ( 1 + ( 3 - 1 ) * 4 )": 18} {
		if got := evaluateTokens(strings.Fields(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// TestProbesAreAnswered: one who knows the texts is right everywhere, in every language and at every depth.
func TestProbesAreAnswered(t *testing.T) {
	opts := ProbesOptions{Common: Common{PerClass: 3}}
	var all strings.Builder
	for _, p := range generateProbes(opts) {
		all.Write(p.file.Text)
	}
	r, err := Probes(t.Context(), subject(&oracle{text: all.String()}), opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Rows {
		chance := row.value(SystemChance, "@1")
		if got := row.value(SystemModel, "@1"); got < 0.9 || chance < 0.2 || chance > 0.5 {
			t.Errorf("%s, %s: %v by knowing, %v by chance", row.Class, row.Slice, got, chance)
		}
	}
	if _, err := Probes(t.Context(), subject(&oracle{}), ProbesOptions{Languages: []string{"cobol"}}); err == nil {
		t.Error("a language without probes is no error")
	}
}

var _ model.Predictor = (*oracle)(nil)
