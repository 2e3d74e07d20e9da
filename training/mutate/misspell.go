package mutate

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"mlm-lsp/lsp/names"
)

// slips are how often people make each, of 557 mined fixes of a misspelt name: left out 28 in 100, upper for lower case 15, and so on. Names that differ in a digit are left out: they are
// mistaken for each other, not misspelt.
var slips = []struct {
	slip  names.Slip
	share float64
}{
	{names.SlipMissing, 0.28}, {names.SlipAdded, 0.12}, {names.SlipCase, 0.15}, {names.SlipUnderscore, 0.15}, {names.SlipPlural, 0.1}, {names.SlipExchange, 0.08}, {names.SlipLetter, 0.07},
	{names.SlipDouble, 0.05},
}

// neighbours are the letters beside each on a keyboard (QWERTY).
var neighbours = func() map[byte]string {
	rows := []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}
	near := map[byte]string{}
	for r, row := range rows {
		for i := range len(row) {
			for y := max(0, r-1); y <= min(2, r+1); y++ {
				for x := i - 1; x <= i+1; x++ {
					if x >= 0 && x < len(rows[y]) && rows[y][x] != row[i] {
						near[row[i]] += string(rows[y][x])
					}
				}
			}
		}
	}
	return near
}()

// Misspell returns a name as people misspell it, one slip away (names.SlipOf); ok is false for names of fewer than three bytes or beyond ASCII. What the slip gives may be a name that means something.
func Misspell(random *rand.Rand, name string) (_ string, ok bool) {
	if len(name) < 3 || strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return "", false
	}
	for range 40 {
		x := random.Float64()
		slip := slips[len(slips)-1].slip
		for _, s := range slips {
			if x -= s.share; x < 0 {
				slip = s.slip
				break
			}
		}
		wrong := misspell(random, name, slip)
		if wrong != name && names.IsName(wrong) && names.SlipOf(wrong, name) == slip {
			return wrong, true
		}
	}
	return "", false
}

// misspell makes one slip in a name, if it can be made where chance wants it.
func misspell(random *rand.Rand, name string, slip names.Slip) string {
	at := random.IntN(len(name))
	before, c, after := name[:at], name[at], name[at+1:]
	switch slip {
	case names.SlipMissing:
		return before + after
	case names.SlipAdded:
		return before + string(c) + near(random, c) + after
	case names.SlipLetter:
		return before + near(random, c) + after
	case names.SlipDouble:
		if at+1 < len(name) && name[at+1] == c {
			return before + after
		}
		return before + string(c) + string(c) + after
	case names.SlipExchange:
		if at+1 == len(name) {
			return name
		}
		return before + name[at+1:at+2] + string(c) + name[at+2:]
	case names.SlipPlural:
		if strings.HasSuffix(name, "s") {
			return name[:len(name)-1]
		}
		return name + "s"
	case names.SlipUnderscore:
		if i := strings.IndexByte(name, '_'); i >= 0 {
			return name[:i] + name[i+1:]
		}
		return "_" + name
	}
	// Upper case for lower, at the beginning of a word.
	parts := names.Parts(name)
	word := random.IntN(len(parts) + 1)
	for i, part := range parts {
		k := strings.Index(strings.ToLower(name), part)
		if k >= 0 && (i == word || word == len(parts)) {
			return name[:k] + swapCase(name[k]) + name[k+1:]
		}
	}
	return name
}

// near is a letter beside one on a keyboard, in the same case; a letter for what is none.
func near(random *rand.Rand, c byte) string {
	list := neighbours[c|0x20]
	if list == "" {
		list = "abcdefghijklmnopqrstuvwxyz"
	}
	n := list[random.IntN(len(list))]
	if 'A' <= c && c <= 'Z' {
		n -= 0x20
	}
	return string(n)
}

func swapCase(c byte) string {
	if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
		return string(c ^ 0x20)
	}
	return string(c)
}
