package evaluate

import (
	"strings"

	"mlm-lsp/treesitter"
)

// constants lists the operators and literals that a file can use without showing them elsewhere.
func constants(class treesitter.Kind, language string) []string {
	if class == treesitter.KindOperator {
		if language == "python" {
			return append(strings.Fields(operators[language]), "not in", "is not")
		}
		return strings.Fields(operators[language])
	}
	return strings.Fields(literals[language])
}

const (
	javascriptOperators = "=== !== == != < <= > >= && || ?? + - * / % ** & | ^ << >> >>> in instanceof"
	cOperators          = "== != < <= > >= && || + - * / % & | ^ << >>"
	javascriptLiterals  = "true false null undefined 0 1"
)

var operators = map[string]string{
	"go":         cOperators + " &^",
	"python":     "== != < <= > >= and or in is + - * / // % ** & | ^ << >>",
	"javascript": javascriptOperators,
	"typescript": javascriptOperators,
	"tsx":        javascriptOperators,
	"java":       cOperators + " >>> instanceof",
	"rust":       cOperators,
	"c":          cOperators,
	"cpp":        cOperators,
	"php":        "=== !== == != < <= > >= && || ?? + - * / % . & | ^ << >> instanceof",
	"ruby":       "== != < <= > >= && || and or + - * / % ** & | ^ << >> =~",
}

var literals = map[string]string{
	"go":         "true false nil 0 1",
	"python":     "True False None 0 1",
	"javascript": javascriptLiterals,
	"typescript": javascriptLiterals,
	"tsx":        javascriptLiterals,
	"java":       "true false null 0 1",
	"rust":       "true false 0 1",
	"c":          "true false NULL 0 1",
	"cpp":        "true false nullptr 0 1",
	"php":        "true false null 0 1",
	"ruby":       "true false nil 0 1",
}
