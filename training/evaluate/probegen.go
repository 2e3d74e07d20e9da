package evaluate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"mlm-lsp/treesitter"
)

// dialect says how a language writes what probes are made of. Each is a format; an empty one means that the language has no such thing.
type dialect struct {
	language string
	indent   string
	function string // name, parameter, lines
	let      string // name, expression
	give     string // expression
	equal    string // expression, number
	inner    string // name, parameter, expression: a function within a function
}

var dialects = []dialect{
	{"go", "\t", "func %s(%s int) int {\n%s}\n", "%s := %s", "return %s", "check(%s == %d)", "%s := func(%s int) int {\n\treturn %s\n}"},
	{"python", "    ", "def %s(%s):\n%s", "%s = %s", "return %s", "assert %s == %d", "def %s(%s):\n    return %s\n"},
	{"javascript", "  ", "function %s(%s) {\n%s}\n", "const %s = %s;", "return %s;", "check(%s === %d);", "function %s(%s) {\n  return %s;\n}"},
	{"typescript", "  ", "function %s(%s: number): number {\n%s}\n", "const %s = %s;", "return %s;", "check(%s === %d);", "function %s(%s: number): number {\n  return %s;\n}"},
	{"java", "    ", "class Probe {\nstatic int %s(int %s) {\n%s}\n}\n", "int %s = %s;", "return %s;", "check(%s == %d);", "IntUnaryOperator %s = %s -> {\n    return %s;\n};"},
	{"rust", "    ", "fn %s(%s: i32) -> i32 {\n%s}\n", "let %s = %s;", "return %s;", "assert!(%s == %d);", "fn %s(%s: i32) -> i32 {\n    return %s;\n}"},
	{"c", "    ", "int %s(int %s)\n{\n%s}\n", "int %s = %s;", "return %s;", "assert(%s == %d);", ""},
	{"cpp", "    ", "int %s(int %s) {\n%s}\n", "int %s = %s;", "return %s;", "assert(%s == %d);", "auto %s = [](int %s) {\n    return %s;\n};"},
}

// ProbeLanguages lists the languages that there are probes for.
func ProbeLanguages() (list []string) {
	for _, d := range dialects {
		if slices.Contains(treesitter.Languages(), d.language) {
			list = append(list, d.language)
		}
	}
	return list
}

// The gap's ends while a text is put together; the answer stands between them.
const gapOpen, gapClose = "\x01", "\x02"

// words are names that code might use for numbers.
var words = strings.Fields(`amount balance bottom budget capacity charge column cost count credit debit delta demand depth distance duration energy
	factor fee filter frame gain growth height index interest length level limit load margin mass memory minutes offset orders output pace
	pixels points power pressure price profit quota radius range rate ratio reach rent reserve reward rows salary score seats share shift size
	slope speed stock supply surface tax tension total traffic value vertex volume voltage wage weight width yield_ zoom`)

// generator makes the probes of one language, class and depth.
type generator struct {
	*rand.Rand
	dialect
	used map[string]bool
}

// word is a name that the probe has not used yet.
func (g *generator) word() string {
	for {
		w := words[g.IntN(len(words))]
		if !g.used[w] {
			g.used[w] = true
			return w
		}
	}
}

func generateProbes(opts ProbesOptions) (list []probe) {
	classes := []struct {
		name string
		make func(g *generator, depth int) (lines []string, choices []string)
	}{{classValue, (*generator).value}, {classBalance, (*generator).balance}, {classBracket, (*generator).bracket}, {className, (*generator).scope}}
	for i, d := range dialects {
		if !slices.Contains(ProbeLanguages(), d.language) || len(opts.Languages) > 0 && !slices.Contains(opts.Languages, d.language) {
			continue
		}
		for k, class := range classes {
			if class.name == className && d.inner == "" {
				continue
			}
			for depth := 1; depth <= 4; depth++ {
				random := rand.New(rand.NewPCG(opts.Seed, uint64(i*100+k*10+depth)))
				for n := range opts.PerClass {
					g := &generator{random, d, map[string]bool{}}
					lines, choices := class.make(g, depth)
					slices.Sort(choices)
					name := fmt.Sprintf("%s %s depth %d #%d", d.language, class.name, depth, n+1)
					list = append(list, g.probe(name, class.name, depth, lines, choices))
				}
			}
		}
	}
	return list
}

// probe puts the lines into a function, and takes the gap's marks out.
func (g *generator) probe(name, class string, depth int, lines, choices []string) probe {
	var body strings.Builder
	for _, line := range lines {
		for part := range strings.Lines(line) {
			if part != "\n" {
				body.WriteString(g.indent)
			}
			body.WriteString(part)
		}
		body.WriteString("\n")
	}
	// The parameter is the marked word of a scope probe, or one that nothing else uses.
	parameter := g.word()
	if rest, ok := strings.CutPrefix(lines[0], "\x00"); ok {
		parameter = rest
		_, after, _ := strings.Cut(body.String(), "\n")
		body.Reset()
		body.WriteString(after)
	}
	text := fmt.Sprintf(g.function, "compute_"+g.word(), parameter, body.String())
	before, rest, _ := strings.Cut(text, gapOpen)
	answer, after, _ := strings.Cut(rest, gapClose)
	p := probe{
		file:    treesitter.Parse(g.language, []byte(before+answer+after)),
		gap:     treesitter.Span{Start: len(before), End: len(before) + len(answer)},
		choices: choices,
	}
	p.Case = Case{Path: name, Project: "probes", Language: g.language, Class: class, Answer: answer, Slices: []string{fmt.Sprintf("depth %d", depth)}}
	p.Line, p.Column = position(p.file.Text, p.gap.Start)
	return p
}

// value makes an equation that one operator of three makes true.
func (g *generator) value(depth int) (lines, choices []string) {
	choices = []string{"+", "-", "*"}
	for {
		tokens := g.expression(depth)
		var at []int
		for i, t := range tokens {
			if slices.Contains(choices, t) {
				at = append(at, i)
			}
		}
		i := at[g.IntN(len(at))]
		answer := tokens[i]
		want := evaluateTokens(tokens)
		ways := 0
		for _, op := range choices {
			tokens[i] = op
			if evaluateTokens(tokens) == want {
				ways++
			}
		}
		if ways != 1 || want < 0 || want > 999 {
			continue
		}
		tokens[i] = gapOpen + answer + gapClose
		return []string{fmt.Sprintf(g.equal, spaced(tokens), want)}, choices
	}
}

// expression draws an expression of small numbers, with the parentheses that it needs.
func (g *generator) expression(depth int) []string {
	if depth == 0 {
		return []string{strconv.Itoa(1 + g.IntN(9))}
	}
	op := []string{"+", "-", "*"}[g.IntN(3)]
	deep, shallow := g.expression(depth-1), g.expression(g.IntN(depth))
	if g.IntN(2) == 0 {
		deep, shallow = shallow, deep
	}
	group := func(tokens []string, right bool) []string {
		loose := lowest(tokens)
		if loose != "" && (op == "*" && loose != "*" || right && op != "+" && (loose == "+" || loose == "-")) || right && op == "*" && loose == "*" {
			return slices.Concat([]string{"("}, tokens, []string{")"})
		}
		return tokens
	}
	return slices.Concat(group(deep, false), []string{op}, group(shallow, true))
}

// lowest is the operator outside all parentheses that binds least, "" when there is none.
func lowest(tokens []string) string {
	level, found := 0, ""
	for _, t := range tokens {
		switch t {
		case "(":
			level++
		case ")":
			level--
		case "+", "-":
			if level == 0 {
				return t
			}
		case "*":
			if level == 0 {
				found = t
			}
		}
	}
	return found
}

// evaluateTokens computes an expression of numbers, + - * and parentheses, which must be well-formed.
func evaluateTokens(tokens []string) int {
	at := 0
	var sum func() int
	atom := func() int {
		t := tokens[at]
		at++
		if t == "(" {
			v := sum()
			at++
			return v
		}
		n, _ := strconv.Atoi(t) // only digits are put there
		return n
	}
	product := func() int {
		v := atom()
		for at < len(tokens) && tokens[at] == "*" {
			at++
			v *= atom()
		}
		return v
	}
	sum = func() int {
		v := product()
		for at < len(tokens) && (tokens[at] == "+" || tokens[at] == "-") {
			op := tokens[at]
			at++
			if w := product(); op == "+" {
				v += w
			} else {
				v -= w
			}
		}
		return v
	}
	return sum()
}

// spaced joins the tokens of an expression with spaces, none inside parentheses.
func spaced(tokens []string) string {
	text := strings.Join(tokens, " ")
	return strings.NewReplacer("( ", "(", " )", ")").Replace(text)
}

// balance masks a parenthesis of an expression of names; depth is how many stand one in another there.
func (g *generator) balance(depth int) (lines, choices []string) {
	op := func() string { return []string{" + ", " - ", " * "}[g.IntN(3)] }
	open, close := "(", ")"
	mark := func(text string) string { return gapOpen + text + gapClose }
	expression := g.word() + op() + g.word()
	for level := depth; level >= 1; level-- {
		left, right := open, close
		if level == depth {
			if g.IntN(2) == 0 {
				left = mark(open)
			} else {
				right = mark(close)
			}
		}
		inside := left + expression + right
		// What stands beside it is a name, or a pair of its own: the nearest parenthesis is no hint then.
		beside := g.word()
		if g.IntN(2) == 0 {
			beside = "(" + beside + op() + g.word() + ")"
		}
		if g.IntN(2) == 0 {
			expression = inside + op() + beside
		} else {
			expression = beside + op() + inside
		}
	}
	return []string{fmt.Sprintf(g.let, g.word(), expression)}, []string{"(", ")", "[", "]"}
}

// bracket masks the end of a call or an index; within it 1, 3, 7 or 15 others are opened and closed.
func (g *generator) bracket(depth int) (lines, choices []string) {
	pair := func() (string, string) {
		if g.IntN(2) == 0 {
			return "(", ")"
		}
		return "[", "]"
	}
	var terms []string
	for range 1<<depth - 1 {
		open, close := pair()
		terms = append(terms, g.word()+open+g.word()+close)
	}
	open, close := pair()
	expression := g.word() + open + strings.Join(terms, " + ") + gapOpen + close + gapClose
	return []string{fmt.Sprintf(g.let, g.word(), expression)}, []string{")", "]", "}"}
}

// scope asks for the parameter of a function, either behind functions inside it whose parameters are not visible there, or in the last of those. No choice
// is used anywhere else, so that counting says nothing.
func (g *generator) scope(depth int) (lines, choices []string) {
	outer := g.word()
	lines = []string{"\x00" + outer}
	outside := g.IntN(2) == 0
	var last string
	for i := range depth {
		last = g.word()
		body := strconv.Itoa(1 + g.IntN(9))
		if i == depth-1 && !outside {
			body = gapOpen + last + gapClose
		}
		lines = append(lines, fmt.Sprintf(g.inner, "with_"+g.word(), last, body+" + "+strconv.Itoa(1+g.IntN(9))))
		choices = append(choices, last)
	}
	if outside {
		choices = append(choices, outer)
		return append(lines, fmt.Sprintf(g.give, gapOpen+outer+gapClose+" * "+strconv.Itoa(2+g.IntN(8)))), choices
	}
	if depth == 1 {
		// The only parameter needs another name to be told from: one that nothing defines.
		choices = append(choices, g.word())
	}
	return append(lines, fmt.Sprintf(g.give, strconv.Itoa(g.IntN(9)))), choices
}
