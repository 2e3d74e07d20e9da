package rank

import (
	"math"
	"testing"
)

func TestNormalize(t *testing.T) {
	scores := Normalize([]float64{-1000, -1001, math.Inf(-1)})
	if math.Abs(math.Exp(scores[0])+math.Exp(scores[1])-1) > 1e-9 || math.Abs(scores[0]-scores[1]-1) > 1e-9 || !math.IsInf(scores[2], -1) {
		t.Errorf("%v", scores)
	}
	if got := Normalize(nil); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
}
