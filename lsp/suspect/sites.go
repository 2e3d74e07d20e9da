package suspect

import (
	"bytes"
	"sort"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/treesitter"
)

// maxChoices bounds the alternatives of a site; nearer names come first.
const maxChoices = 24

// findSites lists the sites of a file that have at least one alternative.
func findSites(x *names.Index) []site {
	var sites []site
	imports := insideOf(x.File.Imports)
	for i, t := range x.File.Tokens {
		if t.InError || t.Declaring || imports(t.Start) {
			continue
		}
		var s site
		switch t.Kind {
		case treesitter.KindVariable:
			s = variableSite(x, i)
		case treesitter.KindAttribute:
			s = memberSite(x, t)
		case treesitter.KindCall:
			if t.Receiver.Len() > 0 {
				s = memberSite(x, t)
			} else {
				s = variableSite(x, i)
			}
		case treesitter.KindOperator:
			s = operatorSite(x, t)
		case treesitter.KindLiteral:
			s = booleanSite(x, t)
		}
		if len(s.choices) > 1 {
			sites = append(sites, s)
		}
	}
	calls := map[string][]treesitter.Call{}
	for _, call := range x.File.Calls {
		callee := names.Compact(x.Text(call.Callee))
		calls[callee] = append(calls[callee], call)
	}
	for _, call := range x.File.Calls {
		if !imports(call.Start) {
			sites = append(sites, argumentsSites(x, call, calls)...)
		}
	}
	return sites
}

// insideOf returns a function that tells whether an offset is in one of the spans, which are sorted.
func insideOf(spans []treesitter.Span) func(int) bool {
	return func(offset int) bool {
		i := sort.Search(len(spans), func(i int) bool { return spans[i].End > offset })
		return i < len(spans) && spans[i].Start <= offset
	}
}

// receivers are the names that stand for the object itself; they are never confused with another.
var receivers = map[string]bool{"self": true, "cls": true, "this": true, "super": true, "_": true, "__class__": true}

// variableSite judges a bare name that is read, called or assigned: the alternatives are the other visible names of its sort.
func variableSite(x *names.Index, token int) site {
	t := x.File.Tokens[token]
	text := x.Text(t.Span)
	if receivers[text] || strings.HasPrefix(text, "__") {
		return site{}
	}
	visible := x.Visible(t.Span)
	own := names.Name{Definition: treesitter.DefinitionVariable}
	known := false
	for _, n := range visible {
		if n.Text == text {
			own, known = n, true
			break
		}
	}
	s := site{span: t.Span, code: CodeVariable, kind: "variable"}
	if t.Kind == treesitter.KindCall {
		s.kind = "call"
		s.barred = true
		if !known {
			own.Definition = treesitter.DefinitionFunction
		}
	}
	// A name that is not defined here (a builtin, another file's) may be meant; and so is one that is only written to.
	s.barred = s.barred || !known || !value(own.Definition) || assigned(x, token)
	s.choices = append(s.choices, choice{text: text, near: true})
	s.choices[0].features.Visible = true
	for _, n := range visible {
		if n.Text == text || receivers[n.Text] || !sameSort(own.Definition, n.Definition) || len(s.choices) > maxChoices {
			continue
		}
		c := choice{text: n.Text, near: n.Near}
		c.features.Visible = true
		s.choices = append(s.choices, c)
	}
	return s
}

// value reports whether a definition holds a value that could stand wherever another does.
func value(d treesitter.DefinitionKind) bool {
	return d == treesitter.DefinitionVariable || d == treesitter.DefinitionParameter
}

func sameSort(a, b treesitter.DefinitionKind) bool { return a == b || value(a) && value(b) }

// assigned reports whether a plain assignment follows the token: it is written, not read.
func assigned(x *names.Index, token int) bool {
	if token+1 >= len(x.File.Tokens) {
		return false
	}
	next := x.File.Tokens[token+1]
	return next.Subkind == treesitter.SubkindAssignment && (x.Text(next.Span) == "=" || x.Text(next.Span) == ":=")
}

// memberSite judges a name behind a dot: the alternatives are the members of the same sort seen on that receiver, and on receivers of the same name.
func memberSite(x *names.Index, t treesitter.Token) site {
	text := x.Text(t.Span)
	if t.Receiver.Len() == 0 || strings.HasPrefix(text, "__") {
		return site{}
	}
	// Calls are scored and never reported: on unchanged code the cache doubts them as often as all other names together, and of planted mistakes it sees the fewest.
	s := site{span: t.Span, code: CodeAttribute, kind: t.Kind.String(), barred: t.Kind == treesitter.KindCall}
	s.choices = append(s.choices, choice{text: text, near: true})
	s.choices[0].features.Visible = true
	for _, n := range x.Members(x.Text(t.Receiver), t.Span, false) {
		if n.Text == text || n.Kind != t.Kind || len(s.choices) > maxChoices {
			continue
		}
		c := choice{text: n.Text, near: n.Near}
		c.features.Visible = n.Near
		s.choices = append(s.choices, c)
	}
	return s
}

// ordering holds the comparisons of order. They are seldom mistaken for those of equality: what one compares with the other is another question.
var ordering = map[string]bool{"<": true, "<=": true, ">": true, ">=": true}

// operatorSite judges an operator among those of its group.
func operatorSite(x *names.Index, t treesitter.Token) site {
	text := strings.Join(strings.Fields(x.Text(t.Span)), " ")
	if t.Subkind == treesitter.SubkindUnary && text != "++" && text != "--" {
		return site{}
	}
	s := site{span: t.Span, code: CodeOperator, kind: "operator"}
	s.choices = append(s.choices, choice{text: x.Text(t.Span), near: true})
	for _, other := range treesitter.OperatorGroup(x.File.Language, text) {
		if other != text {
			s.choices = append(s.choices, choice{text: other, near: ordering[other] == ordering[text]})
		}
	}
	return s
}

// booleanSite judges true against false.
func booleanSite(x *names.Index, t treesitter.Token) site {
	if t.Subkind != treesitter.SubkindBoolean {
		return site{}
	}
	text := x.Text(t.Span)
	other := treesitter.OppositeBoolean(text)
	if other == "" {
		return site{}
	}
	return site{span: t.Span, code: CodeLiteral, kind: "boolean", choices: []choice{{text: text, near: true}, {text: other, near: true}}}
}

// maxArguments bounds the text of two arguments that are exchanged.
const maxArguments = 80

// argumentsSites judges each two neighbouring arguments of a call against the same two exchanged. Both must be names or members: of `f(x, 0)` the parser's types
// would tell.
func argumentsSites(x *names.Index, call treesitter.Call, calls map[string][]treesitter.Call) []site {
	if !call.Complete {
		return nil
	}
	var sites []site
	for i := 0; i+1 < len(call.Arguments); i++ {
		a, b := call.Arguments[i], call.Arguments[i+1]
		first, second := x.Text(a), x.Text(b)
		span := treesitter.Span{Start: a.Start, End: b.End}
		if first == second || span.Len() > maxArguments || !isPath(first) || !isPath(second) || inError(x.File, span) {
			continue
		}
		between := string(x.File.Text[a.End:b.Start])
		swapped := second + between + first
		tokens := tokensOf(x, span)
		left, right := tokensOf(x, a), tokensOf(x, b)
		other := append(append(append([]string{}, right...), tokens[len(left):len(tokens)-len(right)]...), left...)
		sites = append(sites, site{
			span: span, code: CodeArguments, kind: "arguments",
			choices: []choice{{text: x.Text(span), tokens: tokens, near: true}, {text: swapped, tokens: other, near: true}},
			barred:  deliberate(x, call, calls, first, second),
		})
	}
	return sites
}

// isPath reports whether text is names joined by dots.
func isPath(text string) bool {
	for _, part := range strings.Split(text, ".") {
		if !names.IsName(part) || receivers[part] && part == text {
			return false
		}
	}
	return true
}

func tokensOf(x *names.Index, span treesitter.Span) []string {
	var texts []string
	for i := x.Next(span.Start); i < len(x.File.Tokens) && x.File.Tokens[i].Start < span.End; i++ {
		if x.File.Tokens[i].Kind != treesitter.KindComment {
			texts = append(texts, x.Text(x.File.Tokens[i].Span))
		}
	}
	return texts
}

func inError(f *treesitter.File, span treesitter.Span) bool {
	for _, e := range f.Errors {
		if e.Start < span.End && span.Start < e.End {
			return true
		}
	}
	return false
}

// suppressMark in a comment silences the line it stands on, and the next one if the comment stands alone.
const suppressMark = "mlm-lsp: ignore"

// suppressed returns a function that tells whether a comment silences an offset.
func suppressed(f *treesitter.File) func(int) bool {
	var spans []treesitter.Span
	for _, t := range f.Tokens {
		if t.Kind != treesitter.KindComment || !bytes.Contains(f.Text[t.Start:t.End], []byte(suppressMark)) {
			continue
		}
		start := bytes.LastIndexByte(f.Text[:t.Start], '\n') + 1
		end := lineEnd(f.Text, t.End)
		if len(bytes.TrimSpace(f.Text[start:t.Start])) == 0 {
			end = lineEnd(f.Text, min(end+1, len(f.Text)))
		}
		spans = append(spans, treesitter.Span{Start: start, End: end})
	}
	return insideOf(spans)
}

func lineEnd(text []byte, from int) int {
	if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(text)
}
