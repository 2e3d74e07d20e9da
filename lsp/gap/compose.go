package gap

import (
	"slices"
	"strings"

	"mlm-lsp/lsp/typings"
)

// composedOf bounds the candidates that types are made of.
const composedOf = 10

// compose makes types of the candidates of most promise, as code does that has both: what may be missing, many of it, the one in many. What a file holds in one form it often
// holds in another.
func (a *annotation) compose(language string, texts []string) (list []string) {
	add := func(text string) {
		if typings.Askable(text) {
			list = append(list, text)
		}
	}
	switch typings.CountedAs(language) {
	case "python":
		optional, many := "%s | None", "list"
		if a.writes("Optional[") && !a.writes("| None") {
			optional = "Optional[%s]"
		}
		if a.writes("List[") && !a.writes("list[") {
			many = "List"
		}
		for _, text := range texts {
			if bare := without(text, "Optional[", "]", " | None", ""); bare != text {
				add(bare)
				continue
			}
			if text == "None" || text == "bool" {
				continue
			}
			add(strings.Replace(optional, "%s", text, 1))
			if inner := inside(text, "list[", "List[", "Iterator[", "Iterable[", "Sequence[", "type[", "Type["); inner != "" {
				add(inner)
				continue
			}
			add(many + "[" + text + "]")
			if a.sites.of(text).form == typings.Hole {
				add("type[" + text + "]")
				add("dict[str, " + text + "]")
			}
		}
	case "typescript":
		for _, text := range texts {
			if bare := without(text, "", " | undefined", "", " | null"); bare != text {
				add(bare)
				continue
			}
			if inner := inside(text, "Promise<"); inner != "" {
				add(inner)
				continue
			}
			if text == "void" || text == "any" {
				add("Promise<" + text + ">")
				continue
			}
			add(text + " | undefined")
			if bare := strings.TrimSuffix(text, "[]"); bare != text {
				add(bare)
				continue
			}
			add("Promise<" + text + ">")
			if !strings.ContainsAny(text, " |&=") {
				add(text + "[]")
			}
		}
	}
	return list
}

// writes tells whether annotations of file or project hold a text.
func (a *annotation) writes(part string) bool {
	return slices.ContainsFunc(a.file.texts(), func(text string) bool { return strings.Contains(text, part) }) || a.sites.projectWrites(part)
}

// without is a text without the first pair of beginning and end that it has.
func without(text string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if inner := strings.TrimSuffix(strings.TrimPrefix(text, pairs[i]), pairs[i+1]); len(inner) == len(text)-len(pairs[i])-len(pairs[i+1]) {
			return inner
		}
	}
	return text
}

// inside is what a generic of one of the heads has as its only argument; "" where a text is none.
func inside(text string, heads ...string) string {
	for _, head := range heads {
		inner, ok := strings.CutPrefix(text, head)
		if ok && len(inner) > 1 && !strings.ContainsAny(inner[:len(inner)-1], ",[]<>") {
			return inner[:len(inner)-1]
		}
	}
	return ""
}
