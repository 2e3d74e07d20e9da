package complete

import (
	"bytes"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// grammar lists the words of the language that can stand at the cursor: those that the grammar allows there. Of those that the grammar takes for names, as the predeclared ones
// of Go, and where it cannot be asked, those that the table below allows.
func grammar(f *treesitter.File, c cursor) []names.Name {
	if c.member || c.defining {
		return nil
	}
	var fit []keyword
	var surely []string
	for _, word := range keywords[f.Language] {
		if fits(word.text, c.prefix) {
			if fit = append(fit, word); continues[word.text] && !c.bare() {
				surely = append(surely, word.text)
			}
		}
	}
	if len(fit) == 0 {
		return nil
	}
	expected := map[string]bool(nil)
	if text := leading(f, c.name.Start); len(text) <= maxLeading {
		expected = treesitter.Expected(f.Language, text, surely)
	}
	nameToo := expected["identifier"] || expected["name"] // stands for any expression
	var list []names.Name
	for _, word := range fit {
		may, known := expected[word.text]
		if rule, named := ruleNames[f.Language+" "+word.text]; named && !known {
			may, known = expected[rule]
		}
		switch {
		case !known:
			may = c.first || word.inExpressions
		case !may && c.bare() && c.first && continues[word.text]:
			may = true // what it goes on with was taken for something else; see treesitter.Expected
		default:
			// Of words that can stand for names, and hardly ever do.
			may = may && (c.first || word.inExpressions || !nameToo || !reusable[f.Language][word.text])
		}
		if may {
			list = append(list, names.Name{Text: word.text, Kind: treesitter.KindKeyword})
		}
	}
	return list
}

// maxLeading bounds what is parsed to learn which words can stand at its end; above, the table decides.
const maxLeading = 64 << 10

// leading returns what stands before an offset and matters to the grammar there: how the declarations around it begin, and the text from the last declaration on that begins before it among those that
// are nearest around it. A cursor in a method costs no parse of the class before it.
func leading(f *treesitter.File, offset int) []byte {
	var text []byte
	if f.Language == "php" {
		text = append(text, "<?php "...)
	}
	start, ended, around := 0, 0, treesitter.Span{Start: 0, End: len(f.Text)}
	for _, d := range f.Declarations { // outer before inner
		if d.Start >= offset || d.Start < start || d.Start < ended || d.End > around.End {
			continue // behind the offset, or in one that ends before it
		}
		line := bytes.LastIndexByte(f.Text[:d.Start], '\n') + 1
		if d.End < offset { // a neighbour, the last one so far
			ended = d.End
			if line >= around.Start {
				start = line
			}
			continue
		}
		begins := d.Header.End // of the body, which a brace opens; Python's header ends in a colon
		for begins < offset && (f.Text[begins] == ' ' || f.Text[begins] == '\t' || f.Text[begins] == '\n' || f.Text[begins] == '\r') {
			begins++
		}
		if begins >= offset || f.Text[begins] != '{' {
			start = max(start, line)
			if begins >= offset {
				break // the header is being written
			}
			continue
		}
		text = append(append(text, f.Text[max(line, around.Start):begins+1]...), '\n')
		around, start = treesitter.Span{Start: begins + 1, End: d.End}, begins+1
	}
	return append(text, f.Text[min(start, offset):offset]...)
}

// continues are words that go on with a statement, a list or a declaration, where little else can stand.
var continues = set("abstract class final private protected public static as case catch default do elif else elsif elseif end ensure except extends finally from implements in instanceof is of rescue then throws until when where while")

// reusable are words that the grammar of a language allows for names, too.
var reusable = map[string]map[string]bool{
	"python": set("case match type"), "javascript": set("get set static"), "typescript": typescriptNames, "tsx": typescriptNames,
	"java": set("record sealed yield"), "rust": set("default union"), "php": set("enum readonly match"),
}

var typescriptNames = set("abstract declare enum export get implements import module namespace override private protected public readonly set static type")

// ruleNames are what a grammar calls words that it does not call by their text, by language and word.
var ruleNames = func() map[string]string {
	m := map[string]string{
		"python True": "true", "python False": "false", "python None": "none", "java null": "null_literal", "java boolean": "boolean_type", "java void": "void_type", "rust mut": "mutable_specifier",
		"cpp bool": "primitive_type", "rust bool": "primitive_type",
	}
	for _, language := range []string{"c", "cpp"} {
		for _, word := range []string{"char", "double", "float", "int", "void"} {
			m[language+" "+word] = "primitive_type"
		}
	}
	for _, word := range strings.Fields("f32 f64 i32 i64 u8 u32 u64 usize") {
		m["rust "+word] = "primitive_type"
	}
	return m
}()

// fits reports whether text continues what is typed.
func fits(text, prefix string) bool { return strings.HasPrefix(text, prefix) }

// keyword is a word of a language, and whether it can stand inside an expression; where the grammar cannot be asked, all can begin a statement, or continue one on a new line.
type keyword struct {
	text          string
	inExpressions bool
}

func words(inStatements, inExpressions string) []keyword {
	var list []keyword
	for _, w := range strings.Fields(inStatements) {
		list = append(list, keyword{w, false})
	}
	for _, w := range strings.Fields(inExpressions) {
		list = append(list, keyword{w, true})
	}
	return list
}

const (
	javascriptStatements  = "break case catch class const continue debugger default delete do else export extends finally for from get if import let of return set static switch throw try var while with"
	javascriptExpressions = "async await false function in instanceof new null of super this true typeof undefined void yield"
	typescriptStatements  = javascriptStatements + " abstract declare enum implements infer interface is namespace override private protected public readonly type"
	typescriptExpressions = javascriptExpressions + " as any boolean keyof never number object satisfies string unknown"
	cStatements           = "break case const continue default do else enum extern for goto if register return static struct switch typedef union volatile while"
	cExpressions          = "char double float int long short signed sizeof unsigned void"
)

var keywords = map[string][]keyword{
	"go": words("break case const continue default defer else fallthrough for go goto if import package return select switch type var",
		"chan false func interface map nil range struct true bool byte error int int64 len append make new string any"),
	"python": words("assert async break class continue def del elif else except finally for from global if import nonlocal pass raise return try while with match case",
		"False None True and as await in is lambda not or if else for yield"),
	"javascript": words(javascriptStatements, javascriptExpressions),
	"typescript": words(typescriptStatements, typescriptExpressions),
	"tsx":        words(typescriptStatements, typescriptExpressions),
	"java": words("abstract assert break case catch class continue default do else enum extends final finally for if implements import interface native package private protected public record return sealed static strictfp switch synchronized throw throws transient try volatile while yield",
		"boolean byte char double false float instanceof int long new null short super this true var void"),
	"rust": words("async break const continue else enum extern fn for if impl in let loop match mod mut pub ref return static struct trait type union unsafe use where while",
		"Self as await bool crate dyn f32 f64 false i32 i64 move self str super true u8 u32 u64 usize"),
	"c": words(cStatements, cExpressions),
	"cpp": words(cStatements+" catch class co_return concept constexpr explicit friend inline mutable namespace override private protected public requires template throw try typename using virtual",
		cExpressions+" auto bool co_await const_cast delete dynamic_cast false new noexcept nullptr operator reinterpret_cast static_cast this true"),
	"php": words("abstract break case catch class const continue declare default do echo else elseif enum extends final finally for foreach function global goto if implements interface match namespace print private protected public readonly require require_once return static switch throw trait try unset use while",
		"and array as bool callable clone false float fn include instanceof int isset mixed new null or parent self string true void xor yield"),
	"ruby": words("alias begin break case class def do else elsif end ensure for if in module next private protected raise redo require require_relative rescue retry return then undef unless until when while yield",
		"and defined? false lambda nil not or proc self super true"),
}

// Words returns the words of a language that can stand inside an expression.
func Words(language string) []string {
	var list []string
	for _, k := range keywords[language] {
		if k.inExpressions {
			list = append(list, k.text)
		}
	}
	return list
}

// isKeyword reports whether a text is a word of a language, and seldom a name.
func isKeyword(language, text string) bool {
	if contextual[text] {
		return false
	}
	for _, k := range keywords[language] {
		if k.text == text {
			return true
		}
	}
	return false
}

// contextual are words of JavaScript and TypeScript that are names as often.
var contextual = set("from get infer is of set")

// introduces holds the words that make the next name a new one.
var introduces = map[string]map[string]bool{
	"go":         set("func type package const var"),
	"python":     set("def class"),
	"javascript": set("function class const let var"),
	"typescript": set("function class const let var interface type enum namespace"),
	"tsx":        set("function class const let var interface type enum namespace"),
	"java":       set("class interface enum record package"),
	"rust":       set("fn struct enum union trait type mod let const static"),
	"php":        set("function class interface trait enum namespace const"),
	"ruby":       set("def class module"),
	"cpp":        set("class namespace"), // behind struct and enum stands a known name more often than a new one
}

func set(text string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(text) {
		m[w] = true
	}
	return m
}
