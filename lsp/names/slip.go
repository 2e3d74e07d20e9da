package names

import "strings"

// Slip is the one keystroke by which a name differs from another, where one is the other misspelt.
type Slip uint8

// The slips, roughly those first that tell two names apart on purpose more often than by mistake. Of a name that stands once in a file and is one slip from another, `row2` beside `row1` is meant,
// and `lenght` is not.
const (
	NoSlip         Slip = iota // they are the same, or differ by more
	SlipDigit                  // a digit for another, too many or left out
	SlipPlural                 // an s at the end
	SlipUnderscore             // an underscore too many or left out
	SlipCase                   // upper case for lower, of any letters
	SlipLetter                 // a letter for another
	SlipMissing                // a letter left out
	SlipAdded                  // a letter too many
	SlipDouble                 // a letter twice for once, or once for twice
	SlipExchange               // two neighbours exchanged
)

// SlipOf tells by which slip wrong came from right, NoSlip if by none.
func SlipOf(wrong, right string) Slip {
	if wrong == right || len(wrong)-len(right) > 1 || len(right)-len(wrong) > 1 {
		return NoSlip
	}
	if len(wrong) == len(right) {
		if strings.EqualFold(wrong, right) {
			return SlipCase
		}
		first := 0
		for wrong[first] == right[first] {
			first++
		}
		a, b := wrong[first:], right[first:]
		switch {
		case a[1:] == b[1:]:
			if digit(a[0]) && digit(b[0]) {
				return SlipDigit
			}
			return SlipLetter
		case len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]:
			return SlipExchange
		}
		return NoSlip
	}
	short, long, added := right, wrong, SlipAdded
	if len(wrong) < len(right) {
		short, long, added = wrong, right, SlipMissing
	}
	at := 0
	for at < len(short) && short[at] == long[at] {
		at++
	}
	if short[at:] != long[at+1:] {
		return NoSlip
	}
	switch c := long[at]; {
	case c == '_' || c == '$':
		return SlipUnderscore
	case digit(c):
		return SlipDigit
	case at > 0 && long[at-1] == c:
		return SlipDouble // the comparison stops behind the last of a run
	case c == 's' && at == len(short):
		return SlipPlural
	}
	return added
}
