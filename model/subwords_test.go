package model

import "testing"

func TestSubwords(t *testing.T) {
	m := tiny(t, Options{})
	if m.Subwords("") != 0 || m.Subwords("x") != 1 {
		t.Errorf("nothing has %d subwords, a letter %d", m.Subwords(""), m.Subwords("x"))
	}
	long := "anUnheardOfIdentifier"
	if n := m.Subwords(long); n < 2 || n > len(long) {
		t.Errorf("%d subwords of %d letters", n, len(long))
	}
}
