package typeinfer

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/typings"
)

// members are what the simple types of a language have behind a dot, hidden members aside.
var members = map[string]map[string]map[string]bool{
	"python": {
		"str": set(`capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier
			islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust
			rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill`),
		"bytes": set(`capitalize center count decode endswith expandtabs find fromhex hex index isalnum isalpha isascii isdigit islower isspace istitle isupper join ljust
			lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip
			swapcase title translate upper zfill`),
		"int":   set(`as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real to_bytes`),
		"float": set(`as_integer_ratio conjugate fromhex hex imag is_integer real`),
		"bool":  set(`as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real to_bytes`),
		"list":  set(`append clear copy count extend index insert pop remove reverse sort`),
		"dict":  set(`clear copy fromkeys get items keys pop popitem setdefault update values`),
		"set": set(`add clear copy difference difference_update discard intersection intersection_update isdisjoint issubset issuperset pop remove symmetric_difference
			symmetric_difference_update union update`),
		"frozenset": set(`copy difference intersection isdisjoint issubset issuperset symmetric_difference union`),
		"tuple":     set(`count index`),
	},
	"typescript": {
		"string": set(`length at charAt charCodeAt codePointAt concat endsWith includes indexOf lastIndexOf localeCompare match matchAll normalize padEnd padStart repeat
			replace replaceAll search slice split startsWith substr substring toLocaleLowerCase toLocaleUpperCase toLowerCase toString toUpperCase trim trimEnd
			trimStart trimLeft trimRight valueOf isWellFormed toWellFormed anchor`),
		"number":  set(`toExponential toFixed toLocaleString toPrecision toString valueOf`),
		"boolean": set(`toString valueOf`),
		"Array": set(`length at concat copyWithin entries every fill filter find findIndex findLast findLastIndex flat flatMap forEach includes indexOf join keys
			lastIndexOf map pop push reduce reduceRight reverse shift slice some sort splice toLocaleString toReversed toSorted toSpliced toString unshift values
			with`),
	},
}

var numbers = []string{"int", "float", "bool"}

// cannot lists the simple types on which something cannot be done that is no member: calling, indexing, going through.
var cannot = map[string]map[string][]string{
	"python": {
		"()":  {"str", "bytes", "int", "float", "bool", "list", "dict", "set", "frozenset", "tuple"},
		"[]":  {"int", "float", "bool", "set", "frozenset"},
		"for": {"int", "float", "bool"},
		// What only takes what can be gone through.
		"sum(": {"int", "float", "bool", "str", "bytes"}, "sorted(": numbers, "list(": numbers, "tuple(": numbers, "set(": numbers, "enumerate(": numbers, "any(": numbers, "all(": numbers, "len(": numbers,
		"iter(": numbers, "reversed(": numbers, "join(": numbers, "next(": {"int", "float", "bool", "str", "bytes", "list", "dict", "set", "tuple"},
	},
	"typescript": {
		"()":  {"string", "number", "boolean", "Array"},
		"[]":  {"number", "boolean"},
		"for": {"number", "boolean"},
	},
}

// misused tells whether something is done with a parameter or variable that no type of a union has. A type of which nothing is known here has everything.
func misused(language string, e expr, uses []string) bool {
	if language != "python" {
		language = "typescript"
	}
	for _, use := range uses {
		lacks := func(m expr) bool {
			if slices.Contains(nulls, m.name) {
				return true // asked for before
			}
			if name, ok := strings.CutPrefix(use, "."); ok && !strings.HasPrefix(use, "...") {
				known, simple := members[language][m.name]
				return simple && !known[strings.TrimSuffix(name, "()")] && !strings.HasPrefix(name, "_")
			}
			return slices.Contains(cannot[language][use], m.name)
		}
		if !slices.ContainsFunc(e.members(), func(m expr) bool { return !lacks(m) }) {
			return true
		}
	}
	return false
}

// usesOf are those of a parameter or variable; what other objects' fields of the name are used for says nothing of a field.
func usesOf(a *asking, k *known) []string {
	if a.Kind != Parameter && a.Kind != Variable || strings.HasPrefix(a.Symbol, "*") {
		return nil
	}
	return k.Keys[typings.FamilyUse]
}
