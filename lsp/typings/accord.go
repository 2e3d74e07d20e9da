package typings

import "strings"

// Accord tells how far a type is what values show: 2 for the same, whether nothing may stand there besides or not; 1 for another of the same head ("dict[str, Any]" for "dict[str, int]"), or one of
// which it is a member; 0 for another.
func Accord(language, text, shown string) float32 {
	a, b := plain(language, text), plain(language, shown)
	if a == b {
		return 2
	}
	if withoutNothing(a) == withoutNothing(b) {
		return 1.5
	}
	if head(a) == head(b) {
		return 1
	}
	for _, member := range strings.Split(a, " | ") {
		if member == withoutNothing(b) {
			return 1
		}
	}
	return 0
}

// plain is a type without the differences that styles make.
func plain(language, text string) string {
	text = strings.Trim(text, "'\"")
	if CountedAs(language) != "python" {
		if inner, ok := strings.CutPrefix(text, "Array<"); ok && strings.HasSuffix(inner, ">") {
			return inner[:len(inner)-1] + "[]"
		}
		return text
	}
	text = plainPython.Replace(text)
	if inner, ok := strings.CutPrefix(text, "Optional["); ok && strings.HasSuffix(inner, "]") {
		return inner[:len(inner)-1] + " | None"
	}
	return text
}

var plainPython = strings.NewReplacer("typing.", "", "t.Optional", "Optional", "t.List", "list", "t.Dict", "dict", "List[", "list[", "Dict[", "dict[", "Tuple[", "tuple[", "Set[", "set[", "Type[", "type[", "collections.abc.", "", "datetime.datetime", "datetime")

// head is what a type begins with, without its arguments.
func head(text string) string {
	text = withoutNothing(text)
	if strings.HasSuffix(text, "[]") {
		return "[]"
	}
	return text[:strings.IndexAny(text+"[", "[<")]
}
