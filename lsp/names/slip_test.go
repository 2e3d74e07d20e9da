package names

import "testing"

func TestSlipOf(t *testing.T) {
	for _, c := range []struct {
		wrong, right string
		want         Slip
	}{
		{"hgih", "high", SlipExchange}, {"lenght", "length", SlipExchange}, {"hig", "high", SlipMissing}, {"igh", "high", SlipMissing}, {"highr", "high", SlipAdded},
		{"xhigh", "high", SlipAdded}, {"hihg", "high", SlipExchange}, {"hikh", "high", SlipLetter}, {"positin", "position", SlipMissing}, {"pooint", "point", SlipDouble},
		{"adress", "address", SlipDouble}, {"hessianss", "hessians", SlipDouble}, {"row", "rows", SlipPlural}, {"rows", "row", SlipPlural}, {"row1", "row2", SlipDigit}, {"row", "row2", SlipDigit},
		{"_row", "row", SlipUnderscore}, {"nsents", "n_sents", SlipUnderscore}, {"fileName", "filename", SlipCase}, {"ID", "id", SlipCase},
		{"high", "high", NoSlip}, {"high", "low", NoSlip}, {"width", "height", NoSlip}, {"ab", "ba", SlipExchange}, {"a", "b", SlipLetter}, {"", "a", SlipAdded - 1}, {"abcd", "badc", NoSlip}, {"high", "higher", NoSlip},
	} {
		if got := SlipOf(c.wrong, c.right); got != c.want {
			t.Errorf("%q for %q: %d, want %d", c.wrong, c.right, got, c.want)
		}
	}
}

// FuzzSlipOf: a slip is the same from either side, but for what is added on one and missing on the other.
func FuzzSlipOf(f *testing.F) {
	f.Add("hgih", "high")
	f.Add("a", "as")
	f.Fuzz(func(t *testing.T, a, b string) {
		there, back := SlipOf(a, b), SlipOf(b, a)
		switch there {
		case SlipMissing:
			there = SlipAdded
		case SlipAdded:
			there = SlipMissing
		}
		if there != back {
			t.Errorf("%q and %q: %d there, %d back", a, b, there, back)
		}
	})
}
