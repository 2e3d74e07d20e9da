package rank

import "math"

// How the features put what they know into a forest's inputs; those that are fitted hold what these give.

// Unknown is the value of an input that is not known.
var Unknown = float32(math.NaN())

// Flag is 1 for true and 0 for false.
func Flag(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// Log1p is the logarithm of a count and one.
func Log1p(n int) float32 { return float32(math.Log1p(float64(n))) }

var languages = map[string]float32{"go": 0, "python": 1, "javascript": 2, "typescript": 3, "tsx": 3, "java": 4, "rust": 5, "c": 6, "cpp": 7}

// Language numbers a language by its name; those that are alike stand side by side, since a forest splits between numbers.
// One that nothing was fitted on has the number of the one that it is most like.
func Language(name string) float32 {
	if like, ok := unfitted[name]; ok {
		name = like
	}
	return languages[name]
}

// unfitted are the languages that are parsed, and on which no forest was fitted and no threshold chosen yet, each with one that writes much as it does.
var unfitted = map[string]string{"php": "javascript", "ruby": "python"}
