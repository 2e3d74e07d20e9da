package suspect

import (
	"context"
	"math"
	"strings"
	"testing"

	"mlm-lsp/model/modeltest"
	"mlm-lsp/model/rank"
	"mlm-lsp/treesitter"
)

// explain explains the token at the first place where a text holds what a caret stands in, as in "x + ^width".
func explain(t *testing.T, m *modeltest.Fake, text, place string, table *rank.Table) *Explanation {
	t.Helper()
	before, after, _ := strings.Cut(place, "^")
	at := strings.Index(text, before+after)
	if at < 0 {
		t.Fatalf("%q is not in the text", place)
	}
	x, err := Explain(context.Background(), m, treesitter.Parse("go", []byte(text)), at+len(before), Options{Table: table})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestExplain: shares add up to one, surprise is that of what stands there, and the reason is that of the table.
func TestExplain(t *testing.T) {
	m, err := modeltest.Parse("y + [MASK]} => height -0.1, width -3.0")
	if err != nil {
		t.Fatal(err)
	}
	x := explain(t, m, rect, "y + ^width", nil)
	if x == nil || x.Token != "width" || x.Kind != "variable" || x.Choices[0].Text != "height" {
		t.Fatalf("%+v", x)
	}
	sum := 0.0
	for _, c := range x.Choices {
		sum += math.Exp(c.Model)
		if math.IsNaN(c.File) || c.File > 0 {
			t.Errorf("%+v", c)
		}
	}
	if math.Abs(sum-1) > 1e-3 || math.Abs(x.Bits*math.Ln2-2.95) > 0.1 {
		t.Errorf("shares add up to %v; %v bits of surprise", sum, x.Bits)
	}
	// What no site is at is asked too, and what nobody could answer is not.
	if x := explain(t, m, rect, "^return Rect", nil); x == nil || x.Why != "Tokens like this one are never reported." || len(x.Choices) != 1 {
		t.Errorf("of a keyword: %+v", x)
	}
	for _, place := range []string{"x^,", "^ y", "Rect^{"} {
		if x := explain(t, m, rect, place, nil); x != nil {
			t.Errorf("%s: %+v", place, x)
		}
	}
}

// TestWhy: every reason for silence, and the one for a report, is told from the table's figures.
func TestWhy(t *testing.T) {
	table := func(screen, ask, confirm, threshold string) *rank.Table {
		t.Helper()
		tb, err := rank.Parse([]byte(`{"version": 2, "alarm": {"screen": {"inputs": ["cache over"], "trees": [[[`+screen+`]]]}, "ask": `+ask+`,
			"confirm": {"inputs": ["cache over"], "trees": [[[`+confirm+`]]]}}, "sensitivities": {"normal": {"thresholds": {"name/*": {"log_odds": `+threshold+`}}}}}`), Inputs())
		if err != nil {
			t.Fatal(err)
		}
		return tb
	}
	silenced := strings.Replace(rect, "if width <= 0", "// mlm-lsp: ignore\n\tif width <= 0", 1)
	for _, c := range []struct {
		text, place string
		table       *rank.Table
		reported    bool
		want        string
	}{
		{rect, "y + ^width", table("-6.2", "-3", "1", "0"), false, "Not reported: by what the file says the odds of a mistake are 1 to 490; the model is asked from 1 to 20 on."},
		{rect, "y + ^width", table("-1", "-3", "-1", "0"), false, "Not reported: the odds of a mistake are 1 to 7.4, and it takes 1 to 1."},
		{rect, "y + ^width", table("-1", "-3", "3", "0.7"), true, "Reported: the odds of a mistake are 7.4 to 1, and it takes 2 to 1."},
		{rect, "y ^+ width", table("-1", "-3", "3", "0.7"), false, "Tokens like this one are never reported."},
		{silenced, "if ^width", table("-1", "-3", "3", "0.7"), false, "Not reported: a comment silences this line."},
		{rect, "func place(^x", table("-1", "-3", "3", "0.7"), false, "Not reported: a name is not judged where it is defined or imported."},
		{strings.Replace(rect, "if width <= 0", "x x width ]] 0", 1), "x x ^width", table("-1", "-3", "3", "0.7"), false, "Not reported: the text around it does not parse."},
	} {
		x := explain(t, &modeltest.Fake{}, c.text, c.place, c.table)
		if x == nil || x.Why != c.want || x.Reported != c.reported {
			t.Errorf("%s: %+v, want %s", c.place, x, c.want)
		}
	}
}

func TestOdds(t *testing.T) {
	for logOdds, want := range map[float64]string{0: "1 to 1", -1.5: "1 to 4.5", 2.3: "10 to 1", -7: "1 to 1100", 30: "over 1000000 to 1"} {
		if got := odds(logOdds); got != want {
			t.Errorf("%v: %q, want %q", logOdds, got, want)
		}
	}
}
