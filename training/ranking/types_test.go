package ranking

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"mlm-lsp/typeinfer"
)

// believing are questions whose shares are as much too bold as odds that are squared.
func believing(n, projects int, seed uint64) (list []TypeQuestion) {
	random := rand.New(rand.NewPCG(seed, 7))
	for i := range n {
		odds := 4*random.Float64() - 1
		list = append(list, TypeQuestion{
			Project: fmt.Sprintf("/src/p%d-1.0", i%projects), Language: "python", Kind: typeinfer.Parameter, Typed: typeinfer.Untyped, Showable: i%5 > 0,
			Probability: 1 / (1 + math.Exp(-2*odds)), Right: random.Float64() < 1/(1+math.Exp(-odds)),
		})
	}
	return list
}

// TestFitTypes: what is stated is what comes true, and above the threshold the wanted share is right on questions that it was not chosen on.
func TestFitTypes(t *testing.T) {
	var lines []string
	table, err := FitTypes(believing(4000, 40, 1), TypeRules{Precision: 0.85}, func(line string) { lines = append(lines, line) })
	if err != nil {
		t.Fatal(err)
	}
	least := table.Least["python"][typeinfer.Parameter][typeinfer.Untyped]
	if math.Abs(least.Slope-0.5) > 0.1 || math.Abs(least.Shift) > 0.2 {
		t.Errorf("a line of slope %.2f and shift %.2f, want 0.5 and 0", least.Slope, least.Shift)
	}
	shown, right := 0, 0
	for _, q := range believing(4000, 40, 2) {
		if q.Showable && table.Shows("python", typeinfer.Parameter, typeinfer.Untyped, least.Of(q.Probability)) {
			shown++
			if q.Right {
				right++
			}
		}
	}
	if share := float64(right) / float64(shown); shown < 800 || share < 0.83 {
		t.Errorf("%d are shown, %.3f of them right", shown, share)
	}
	if none := table.Least["python"][typeinfer.Parameter][typeinfer.Typed]; none.Probability != 0 || table.Shows("python", typeinfer.Parameter, typeinfer.Typed, 1) {
		t.Errorf("shown where nothing was asked: %+v", none)
	}
	if !strings.Contains(strings.Join(lines, "\n"), "on projects held out") {
		t.Errorf("nothing is told of projects held out: %q", lines)
	}
}

// TestFitTypesOfFew: what few projects say chooses no threshold, however many sites they have.
func TestFitTypesOfFew(t *testing.T) {
	quiet := func(string) {}
	if _, err := FitTypes(believing(4000, 5, 1), TypeRules{Precision: 0.85}, quiet); err == nil || !strings.Contains(err.Error(), "85%") {
		t.Errorf("five projects: %v", err)
	}
	if _, err := FitTypes(nil, TypeRules{Precision: 0.85}, quiet); err == nil {
		t.Error("nothing was asked, and something was fitted")
	}
}

// TestFamily: packages that are made together are in one part.
func TestFamily(t *testing.T) {
	if family("/a/rjsf-utils-6.11.1") != family("/b/rjsf-primereact-6.10.0") || family("rich-15.0.0") == family("pdm-2.29.4") {
		t.Error("families are apart, or others together")
	}
}
