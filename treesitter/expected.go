package treesitter

import "slices"

// probes are what the parser is shown at a cursor until there is one behind which all parses: a name that no file contains, and what may stand behind an expression.
var probes = []string{"mlm_lsp_placeholder", "-"}

// Expected tells of the words that are terminals of a language's grammar whether they may stand at the end of a text, as the parser's tables have it: text is what stands before the cursor, up to
// the word that is being typed. A word that is not in the map is a name, or nothing, to the grammar. The map is nil where nothing can be told: in a text that the parser has lost track of, and in
// a language that is unknown. It takes as long as parsing the text once or twice, and once more for each of the words in surely that it would say no to.
//
// The parser is shown a token there. It notes the state in which it looked for it, and what that state's row in the table holds are the words that it would have taken as well. (Tables of
// the kind LALR merge states, so now and then a word is among them that only another context allows.) A token that cannot stand there makes the parser take what stands before for something
// else. That costs words that little else can stand in the place of, as else and except: the words in surely are shown to it themselves.
func Expected(language string, text []byte, surely []string) map[string]bool {
	l := lookup(language)
	if l == nil {
		return nil
	}
	var best []uint8
	least := 0
	for _, probe := range probes {
		expected, wrong := expectedAt(l.pointer, slices.Concat(text, []byte(probe)))
		if expected != nil && (best == nil || wrong < least) {
			best, least = expected, wrong
		}
		if best != nil && least == 0 {
			break
		}
	}
	words := l.words(best)
	if words == nil {
		return nil
	}
	for _, word := range surely {
		if may, known := words[word]; known && !may {
			expected, _ := expectedAt(l.pointer, slices.Concat(text, []byte(word)))
			words[word] = l.words(expected)[word]
		}
	}
	return words
}

// words names what is expected, and what is not; nil of nil. Symbols are named as their texts, or by their rules: True, in Python, is true.
func (l *language) words(expected []uint8) map[string]bool {
	if expected == nil {
		return nil
	}
	words := map[string]bool{}
	for symbol, may := range expected {
		if name := l.names[symbol]; isWord(name) {
			words[name] = words[name] || may != 0
		}
	}
	return words
}
