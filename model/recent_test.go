package model

import (
	"fmt"
	"slices"
	"testing"
)

// While a name is typed the questions differ and their rows hardly do: those are asked once, and what is made of them is what a model
// without memory makes.
func TestRecentRows(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{})
	plain, _ := scriptedModel(t, pseudo(400), Options{CacheSize: -1})
	const before, after = "func total(price int) int {\n\treturn ", " * price\n}\n"
	asked := 0
	for i, q := range []Query{
		{Language: "go", Before: before, After: after, Choices: []string{"total", "price", "item", "index"}},
		{Language: "go", Before: before, After: after, Choices: []string{"item", "index"}},
		{Language: "go", Before: before, After: after, Choices: []string{"index"}},
	} {
		got, err := m.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		want, err := plain.Predict(t.Context(), []Query{q})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got[0].Candidates, want[0].Candidates) {
			t.Errorf("%q: %v, without memory %v", q.Choices, got[0].Candidates, want[0].Candidates)
		}
		if i == 0 {
			asked = net.rows
		} else if net.rows != asked {
			t.Errorf("%q: %d rows more for a part of what was asked", q.Choices, net.rows-asked)
		}
	}
}

// What is remembered does not grow, and what a caller does with it does not change it.
func TestRecentIsBounded(t *testing.T) {
	m, net := scriptedModel(t, pseudo(400), Options{})
	for i := range 2 * recentRows {
		if _, err := m.Predict(t.Context(), []Query{{Language: "go", Before: fmt.Sprint("x", i, " = "), Choices: []string{"total"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := m.recent.entries.Len(); n > recentRows || n == 0 {
		t.Errorf("%d rows are remembered", n)
	}
	rows := net.rows
	if _, err := m.Predict(t.Context(), []Query{{Language: "go", Before: "x0 = ", Choices: []string{"total", "price"}}}); err != nil || net.rows == rows {
		t.Errorf("the row asked first is still there, error %v", err)
	}
}
