// Package generated tells source that machines wrote from source that people wrote. Nothing is learnt from the former, and nothing is reported in it.
package generated

import (
	"bytes"
	"regexp"
)

var (
	mark = regexp.MustCompile(`(?i)code generated |@generated|do not edit|don't edit|auto-?generated|automatically generated|(?:file|code|module) (?:is|was) generated|` +
		`^[\s/*#]*generated (?:by|from|with) `)
	// compiled marks JavaScript that a compiler or bundler wrote, wherever in the file it says so.
	compiledMarks = [][]byte{
		[]byte(`Object.defineProperty(exports, "__esModule"`), []byte(`Object.defineProperty(exports, '__esModule'`),
		[]byte("//# sourceMappingURL="), []byte("__webpack_require__"), []byte("_interopRequireDefault("),
	}
)

// By reports whether a machine says in a text of a language that it wrote it. It looks for the marks of machines: in the first lines for any language, where Go's convention
// (https://go.dev/s/generatedcode) and most generators put them, and throughout for compiled JavaScript.
func By(text []byte, language string) bool {
	head := text[:min(len(text), 1500)]
	if mark.Match(head) {
		return true
	}
	switch language {
	case "javascript", "typescript", "tsx":
		for _, compiled := range compiledMarks {
			if bytes.Contains(text, compiled) {
				return true
			}
		}
	}
	return false
}
