package model

import "testing"

// Each question pays for its own rows, and none for what is remembered.
func TestCost(t *testing.T) {
	m := tiny(t, Options{})
	q := shortQuery([]string{"total", "price"})
	var first, again, other Cost
	p, err := m.Predict(WithCost(t.Context(), &first), []Query{q})
	if err != nil {
		t.Fatal(err)
	}
	if first.Rows() != int64(p[0].Rows) || first.Rows() == 0 || first.Passes() == 0 || first.Passes() > first.Rows() || first.Forward() <= 0 {
		t.Errorf("%d passes of %d rows in %v; the prediction says %d rows", first.Passes(), first.Rows(), first.Forward(), p[0].Rows)
	}
	if _, err := m.Predict(WithCost(t.Context(), &again), []Query{q}); err != nil {
		t.Fatal(err)
	}
	if again.Rows() != 0 || again.Forward() != 0 {
		t.Errorf("what is remembered cost %d rows and %v", again.Rows(), again.Forward())
	}
	text := "total := price + total"
	if _, err := m.Scan(WithCost(t.Context(), &other), []ScanQuery{{Language: "go", Text: text, Sites: []Site{{0, 5}}}}); err != nil {
		t.Fatal(err)
	}
	if other.Rows() == 0 || first.Rows() != int64(p[0].Rows) {
		t.Errorf("a scan cost %d rows; the first question now has %d", other.Rows(), first.Rows())
	}
}
