package mutate

import (
	"math/rand/v2"
	"testing"

	"mlm-lsp/lsp/names"
)

// TestMisspell: what comes out is a name, one slip from what went in, and all slips come about as often as people make them.
func TestMisspell(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	counts := map[names.Slip]float64{}
	const draws = 4000
	for i := range draws {
		name := []string{"maxHeight", "read_lines", "addresses", "Config", "__init", "x2y"}[i%6]
		wrong, ok := Misspell(random, name)
		slip := names.SlipOf(wrong, name)
		if !ok || slip == names.NoSlip || !names.IsName(wrong) {
			t.Fatalf("%q became %q, %v", name, wrong, ok)
		}
		counts[slip]++
	}
	for _, s := range slips {
		if share := counts[s.slip] / draws; share < s.share/2 || share > s.share*2 {
			t.Errorf("slip %d: %.3f of the draws, want about %.2f", s.slip, share, s.share)
		}
	}
	for _, name := range []string{"", "x", "ij", "größe"} {
		if wrong, ok := Misspell(random, name); ok {
			t.Errorf("%q became %q", name, wrong)
		}
	}
}
