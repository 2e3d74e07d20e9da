package ngram

import (
	"math/bits"
	"strings"
)

// Key is the hash of an n-gram, of a context, or of a family, which is the empty context.
type Key uint64

// Token is the hash of a token's text, as it is counted.
type Token uint64

// FamilyOf is the name under which a language is counted, with those that write the same code.
func FamilyOf(language string) string {
	switch language {
	case "typescript", "tsx":
		return "javascript"
	case "cpp":
		return "c"
	}
	return language
}

// Root is the empty context of a family.
func Root(family string) Key { return Key(mix(uint64(TokenOf(family)) + 1)) }

// Next is the key of what k stands for with one more token behind it.
func (k Key) Next(t Token) Key {
	return Key(mix(bits.RotateLeft64(uint64(k), 23)*0x9E3779B97F4A7C15 + uint64(t)))
}

// rest is the key under which the table holds what k leaves, as a context, to shorter ones.
func (k Key) rest() Key { return Key(mix(uint64(k) ^ 0x5851F42D4C957F2D)) }

// TokenOf hashes a text (FNV-1a with a finaliser).
func TokenOf(text string) Token {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return Token(mix(h))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// Fold gives the text that stands for a token in all counts: one for all strings of more than a character, itself for any other.
func Fold(text string) string {
	if len(text) <= 3 {
		return text // a character in quotes, too
	}
	i := 0
	for i < 3 && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z') { // r"", br''
		i++
	}
	switch q := text[i]; q {
	case '"', '`':
		return `""`
	case '\'':
		if text[len(text)-1] == q { // else a lifetime
			return `""`
		}
	}
	return text
}

// Shape gives the text that stands in all counts for a folded one that is too rare to be known: there is one for numbers and one for each way to write a name.
func Shape(text string) string {
	switch bare := strings.TrimLeft(text, "_$#@"); {
	case bare == "":
		return "\x00_"
	case 'A' <= bare[0] && bare[0] <= 'Z':
		if len(bare) > 1 && strings.ToUpper(bare) == bare {
			return "\x00AA"
		}
		return "\x00A"
	case 'a' <= bare[0] && bare[0] <= 'z' || bare[0] >= 0x80:
		return "\x00a"
	case '0' <= bare[0] && bare[0] <= '9':
		return "\x000"
	}
	return "\x00?"
}
