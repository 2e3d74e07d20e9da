package treesitter

import (
	"embed"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"unsafe"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/c"
	"github.com/smacker/go-tree-sitter/cpp"
	"github.com/smacker/go-tree-sitter/golang"
	"github.com/smacker/go-tree-sitter/java"
	"github.com/smacker/go-tree-sitter/javascript"
	"github.com/smacker/go-tree-sitter/php"
	"github.com/smacker/go-tree-sitter/python"
	"github.com/smacker/go-tree-sitter/ruby"
	"github.com/smacker/go-tree-sitter/rust"
	"github.com/smacker/go-tree-sitter/typescript/tsx"
	"github.com/smacker/go-tree-sitter/typescript/typescript"
)

// registry is the list of languages: a further one is a line here and a folder
// of queries under queries/.
var registry = []*language{
	{name: "go", grammar: golang.GetLanguage, extensions: []string{".go"}, blank: true},
	{name: "python", grammar: python.GetLanguage, extensions: []string{".py", ".pyi"}, indented: true, blank: true},
	{name: "typescript", grammar: typescript.GetLanguage, extensions: []string{".ts", ".mts", ".cts"}},
	{name: "tsx", grammar: tsx.GetLanguage, extensions: []string{".tsx"}},
	{name: "javascript", grammar: javascript.GetLanguage, extensions: []string{".js", ".jsx", ".mjs", ".cjs"}},
	{name: "java", grammar: java.GetLanguage, extensions: []string{".java"}},
	{name: "rust", grammar: rust.GetLanguage, extensions: []string{".rs"}, blank: true},
	{name: "c", grammar: c.GetLanguage, extensions: []string{".c", ".h"}},
	{name: "cpp", grammar: cpp.GetLanguage, extensions: []string{".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".inl"}},
	{name: "php", grammar: php.GetLanguage, extensions: []string{".php"}},
	{name: "ruby", grammar: ruby.GetLanguage, extensions: []string{".rb", ".rake", ".gemspec"}, blank: true},
}

//go:embed queries
var queryFiles embed.FS

// language is a grammar and its compiled queries. The fields below compile are
// written once, by load.
type language struct {
	name       string
	grammar    func() *sitter.Language
	extensions []string
	indented   bool // blocks are marked by indentation
	blank      bool // _ is no name

	load     sync.Once
	pointer  unsafe.Pointer // TSLanguage
	names    []string       // of symbols, by id; the last is ERROR
	named    []bool         // by symbol id
	keywords map[string]bool
	fields   []string // by field id
	rules    *rules
}

// Languages lists the names that Parse knows, in the registry's order.
func Languages() []string {
	names := make([]string, len(registry))
	for i, l := range registry {
		names[i] = l.name
	}
	return names
}

// Extensions lists the extensions of the files that LanguageOf knows, each with its dot.
func Extensions() (list []string) {
	for _, l := range registry {
		list = append(list, l.extensions...)
	}
	return list
}

// LanguageOf tells the language of a file by its extension, "" if unknown. A .h file counts as C; LanguageOfText knows better.
func LanguageOf(file string) string {
	extension := strings.ToLower(path.Ext(strings.ReplaceAll(file, `\`, "/")))
	for _, l := range registry {
		for _, e := range l.extensions {
			if e == extension {
				return l.name
			}
		}
	}
	return ""
}

// plusPlus matches what begins a line in C++ headers and in no C: the words that follow an #ifdef __cplusplus in a header for both
// are extern "C" alone.
var plusPlus = regexp.MustCompile(`(?m)^[ \t]*(?:(?:inline[ \t]+)?namespace\b|template[ \t]*<|using[ \t]+\w|(?:public|private|protected)[ \t]*:|class[ \t]+(?:\w+[ \t]+)*\w+[ \t]*(?:final[ \t]*)?(?:[:{;]|$))`)

// LanguageOfText is LanguageOf for a file whose text is at hand: a .h file with classes, namespaces or templates is C++.
func LanguageOfText(file string, text []byte) string {
	language := LanguageOf(file)
	if language == "c" && strings.EqualFold(path.Ext(file), ".h") && plusPlus.Match(text) {
		return "cpp"
	}
	return language
}

// lookup returns a language ready for use, nil if the name is unknown.
func lookup(name string) *language {
	for _, l := range registry {
		if l.name == name {
			l.load.Do(func() {
				if err := l.compile(); err != nil {
					panic(fmt.Sprintf("treesitter: %v", err)) // The queries are part of the program: TestQueries.
				}
			})
			return l
		}
	}
	return nil
}

// compile reads the grammar's tables and the language's queries.
func (l *language) compile() error {
	grammar := l.grammar()
	// The binding keeps the grammar's pointer to itself; its type has no other field.
	l.pointer = reflect.ValueOf(grammar).Elem().FieldByName("ptr").UnsafePointer()
	count := int(grammar.SymbolCount())
	for i := range count {
		l.names = append(l.names, grammar.SymbolName(sitter.Symbol(i)))
		l.named = append(l.named, grammar.SymbolType(sitter.Symbol(i)) == sitter.SymbolTypeRegular)
	}
	l.keywords = map[string]bool{}
	for i, name := range l.names {
		if !l.named[i] && isWord(name) {
			l.keywords[name] = true
		}
	}
	l.names = append(l.names, "ERROR")
	l.named = append(l.named, true)
	l.fields = []string{""}
	for i := 1; grammar.FieldName(i) != ""; i++ {
		l.fields = append(l.fields, grammar.FieldName(i))
	}
	var err error
	l.rules, err = compileRules(l)
	return err
}

// row is a symbol's place in names: its id, with ERROR as the last.
func (l *language) row(symbol uint16) int {
	if symbol == symbolError {
		return len(l.names) - 1
	}
	return int(symbol)
}
