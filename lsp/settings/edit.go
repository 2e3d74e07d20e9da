package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"

	"mlm-lsp/lsp/suspect"
)

// DisableKind returns what is to be put into the text of a project's file, empty for one that is new, to have a kind of finding not reported any more. The rest of the text stays
// as it is, comments included. The error says why there is no place for it: a text that is not TOML, one whose setting is no list, or one that has it.
func DisableKind(text []byte, code string) (suspect.Insertion, error) {
	const table, list, key = "diagnostics", "disabledKinds", "diagnostics.disabledKinds"
	layer, problems := readFile(FileName, text)
	switch {
	case len(problems) > 0 && problems[0].Key == "":
		return suspect.Insertion{}, fmt.Errorf("adding to %s: %s: mend it first", FileName, problems[0].Text)
	case !Merge(layer).Reports(code):
		return suspect.Insertion{}, fmt.Errorf("adding to %s: it silences %s already", FileName, code)
	}
	item := strconv.Quote(code)
	line := list + " = [" + item + "]\n"
	attempts := []suspect.Insertion{
		{Offset: len(text), Text: separator(text) + "[" + table + "]\n" + line},
		{Offset: 0, Text: table + "." + line}, // where the table is written as dotted keys
	}
	if at, ok := behindTable(text, table); ok {
		attempts = slices.Insert(attempts, 0, suspect.Insertion{Offset: at, Text: line})
		if at > 0 && text[at-1] != '\n' {
			attempts[0].Text = "\n" + line // the header is the text's end
		}
	}
	if at, ok := insideList(text, key); ok {
		attempts = append([]suspect.Insertion{{Offset: at, Text: item}, {Offset: at, Text: item + ", "}}, attempts...)
	}
	for _, in := range attempts {
		layer, problems := readFile(FileName, slices.Concat(text[:in.Offset], []byte(in.Text), text[in.Offset:]))
		if kinds, _ := layer.values[key].([]string); slices.Contains(kinds, code) && !slices.ContainsFunc(problems, func(p Problem) bool { return p.Key == "" }) {
			return in, nil
		}
	}
	return suspect.Insertion{}, fmt.Errorf("adding to %s: %s cannot be added to: write %s into it", FileName, key, item)
}

// separator is what stands between a text and a new table behind it.
func separator(text []byte) string {
	switch {
	case len(text) == 0:
		return ""
	case text[len(text)-1] != '\n':
		return "\n\n"
	}
	return "\n"
}

// behindTable returns where the lines of a table begin.
func behindTable(text []byte, table string) (at int, ok bool) {
	header := regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*` + table + `[ \t]*\][ \t]*(?:#.*)?\r?(?:\n|\z)`)
	if m := header.FindIndex(text); m != nil {
		return m[1], true
	}
	return 0, false
}

var opensList = regexp.MustCompile(`\A[ \t]*=[ \t]*\[`)

// insideList returns the place behind the bracket that opens the list of a key.
func insideList(text []byte, key string) (at int, ok bool) {
	var parser unstable.Parser
	parser.Reset(text)
	table := ""
	for parser.NextExpression() {
		node := parser.Expression()
		name, end := "", 0
		for part := node.Key(); part.Next(); {
			name += "." + string(part.Node().Data)
			end = int(part.Node().Raw.Offset + part.Node().Raw.Length)
		}
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = name
		case unstable.KeyValue:
			if m := opensList.FindIndex(text[end:]); table+name == "."+key && m != nil {
				return end + m[1], true
			}
		}
	}
	return 0, false
}
