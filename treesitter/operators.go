package treesitter

import (
	"slices"
	"strings"
)

// operatorGroups are the operators that can be mistaken for each other (references of mutation testing: CuBERT's table 7, BugLab's rewrites),
// by language; an operator of two words is written with a line between them.
var operatorGroups = func() map[string]map[string][]string {
	const c = "== != < <= > >=;&& ||;+ - * / %;& | ^;<< >>;+= -= *= /=;|= &= ^=;++ --"
	const ecmascript = "== != < <= > >= === !==;&& || ??;+ - * / %;& | ^;<< >> >>>;+= -= *= /=;|= &= ^=;++ --"
	lines := map[string]string{
		"go":         "== != < <= > >=;&& ||;+ - * / %;& | ^ &^;<< >>;+= -= *= /=;|= &= ^=;++ --",
		"python":     "== != < <= > >= is is_not in not_in;and or;+ - * / // %;& | ^;<< >>;+= -= *= /=;|= &= ^=",
		"javascript": ecmascript, "typescript": ecmascript, "tsx": ecmascript,
		"java": c, "c": c, "cpp": c,
		"php":  "== != === !== < <= > >=;&& ||;and or;+ - * / %;& | ^;<< >>;+= -= *= /=;|= &= ^=;++ --",
		"ruby": "== != < <= > >=;&& ||;and or;+ - * / %;& | ^;<< >>;+= -= *= /=;|= &= ^=;.. ...",
		"rust": "== != < <= > >=;&& ||;+ - * / %;& | ^;<< >>;+= -= *= /=;|= &= ^=",
	}
	table := map[string]map[string][]string{}
	for language, list := range lines {
		table[language] = map[string][]string{}
		for line := range strings.SplitSeq(list, ";") {
			group := strings.Fields(line)
			for i := range group {
				group[i] = strings.ReplaceAll(group[i], "_", " ")
			}
			for _, operator := range group {
				table[language][operator] = group
			}
		}
	}
	return table
}()

// OperatorGroup returns the operators of a language that can stand where the given one does and be mistaken for it, itself included; nil where
// there is none. Words of one operator are told apart by single spaces. The caller keeps the slice as it is.
func OperatorGroup(language, operator string) []string {
	return operatorGroups[language][operator]
}

// OppositeBoolean returns false for true and True for False, and the other way round; "" for anything else.
func OppositeBoolean(literal string) string {
	i := slices.Index(booleans, literal)
	if i < 0 {
		return ""
	}
	return booleans[i^1]
}

var booleans = []string{"true", "false", "True", "False"}
