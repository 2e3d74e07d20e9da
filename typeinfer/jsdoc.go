package typeinfer

import (
	"regexp"
	"strings"

	"mlm-lsp/lsp/names"
	"mlm-lsp/lsp/typings"
	"mlm-lsp/treesitter"
)

// doc is the JSDoc comment above a function, or the place for one.
type doc struct {
	// comment is its span; empty at the start of the function's line where there is none.
	comment treesitter.Span
	tags    []tag
	// closed: it says what the function is by other means (@type, @overload, ...); nothing is added.
	closed bool
}

// tag is a line of a comment that tells of a parameter or a result.
type tag struct {
	span  treesitter.Span // from the @ to the end of the type, or of the word where there is none
	name  string          // of the parameter; "" for a result
	nameP int             // where the name begins
	typed treesitter.Span // the type between the braces; empty where there is none
}

var (
	tagPattern    = regexp.MustCompile(`@(param|arg|argument|returns?)\b[ \t]*`)
	closedPattern = regexp.MustCompile(`@(type|typedef|callback|overload|inheritdoc|inheritDoc|template|override)\b`)
	headerPattern = regexp.MustCompile(`@(module|file|fileoverview|overview|packageDocumentation|license|licence|copyright|preserve|author|namespace)\b`)
	tagName       = regexp.MustCompile(`^[ \t]*\[?[ \t]*([\w$]+)`)
)

// readDoc reads a comment.
func readDoc(text string, comment treesitter.Span) doc {
	d := doc{comment: comment}
	body := text[comment.Start:comment.End]
	d.closed = closedPattern.MatchString(body)
	for _, at := range tagPattern.FindAllStringSubmatchIndex(body, -1) {
		t := tag{span: treesitter.Span{Start: comment.Start + at[0], End: comment.Start + at[3]}}
		rest := at[1]
		if rest < len(body) && body[rest] == '{' {
			end, depth := rest, 0
			for ; end < len(body); end++ {
				if body[end] == '{' {
					depth++
				}
				if body[end] == '}' {
					if depth--; depth == 0 {
						break
					}
				}
			}
			if end == len(body) {
				d.closed = true // nobody knows what that is
				continue
			}
			t.typed = treesitter.Span{Start: comment.Start + rest + 1, End: comment.Start + end}
			t.span.End = comment.Start + end + 1
			rest = end + 1
		}
		if word := body[at[2]:at[3]]; !strings.HasPrefix(word, "return") {
			m := tagName.FindStringSubmatchIndex(body[rest:])
			if m == nil {
				continue
			}
			t.name, t.nameP = body[rest+m[2]:rest+m[3]], comment.Start+rest+m[0]
			for t.nameP < comment.End && (text[t.nameP] == ' ' || text[t.nameP] == '\t') {
				t.nameP++
			}
		}
		d.tags = append(d.tags, t)
	}
	return d
}

// tag returns the one for a parameter, or with "" that of the result.
func (d *doc) tag(name string) *tag {
	for i := range d.tags {
		if d.tags[i].name == name {
			return &d.tags[i]
		}
	}
	return nil
}

// docAt finds the comment of the function whose parameters open at a token, or the place for one. ok is false where the function is within something else on its line: there no
// comment would be its own.
func docAt(x *names.Index, open int) (d doc, ok bool) {
	tokens, text := x.File.Tokens, string(x.File.Text)
	first := open
	line := strings.LastIndexByte(text[:tokens[open].Start], '\n') + 1
	for first > 0 && tokens[first-1].Start >= line {
		first--
	}
	for i := first; i < open; i++ {
		switch word := x.Text(tokens[i].Span); word {
		case "return", "if", "for", "while", "switch", "catch", "new", "await", "yield", "throw", "=>", "(", "{", "[", "]", ",", ";", "?", "&&", "||", "??", ")", "}":
			return doc{}, false
		default:
			if tokens[i].Kind == treesitter.KindComment {
				return doc{}, false
			}
		}
	}
	d = doc{comment: treesitter.Span{Start: tokens[first].Start, End: tokens[first].Start}}
	if first == 0 {
		return d, true
	}
	above := tokens[first-1]
	if above.Kind == treesitter.KindComment && strings.HasPrefix(x.Text(above.Span), "/**") {
		if between := strings.Count(text[above.End:tokens[first].Start], "\n"); between <= 1 || between == 2 && first > 1 && apart(x.Text(above.Span)) {
			return readDoc(text, above.Span), true
		}
	}
	if above.End > line {
		return doc{}, false
	}
	return d, true
}

// apart tells whether a comment with an empty line below it is that of what comes then, as TypeScript has it and some projects write: a second comment in between would
// take the first one's place. The head of a file and definitions of types stand for themselves.
func apart(comment string) bool {
	return !headerPattern.MatchString(comment) && !closedPattern.MatchString(comment)
}

// openOf is the index of the bracket that opens the parameters to which a site belongs; -1 when there is none.
func openOf(x *names.Index, s *Site) int {
	i, depth := x.Next(s.At-1), 0
	if s.Kind == Return {
		for i >= 0 && (i >= len(x.File.Tokens) || x.File.Tokens[i].End > s.At) {
			i--
		}
	} else {
		i = x.Next(s.Name.Start) - 1
	}
	for ; i >= 0; i-- {
		switch x.Text(x.File.Tokens[i].Span) {
		case ")", "]", "}":
			depth++
		case "[", "{":
			depth--
		case "(":
			if s.Kind != Return && depth == 0 || s.Kind == Return && depth == 1 {
				return i
			}
			depth--
		}
		if depth < 0 {
			return -1
		}
	}
	return -1
}

// typed is a type of JSDoc as TypeScript has it; "" where that has none.
func typed(text string) string {
	text = strings.TrimSpace(text)
	text = strings.TrimPrefix(strings.TrimSuffix(text, "="), "!")
	text = strings.TrimPrefix(text, "...")
	if rest, ok := strings.CutPrefix(text, "?"); ok {
		text = rest + " | null"
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, ".<", "<"), "*", "any")
	if !typings.Askable(text) || !isType("typescript", text) {
		return ""
	}
	return text
}

// makes tells whether a function is called with new: its name says so, and it gives back nothing.
func makes(x *names.Index, s *Site) bool {
	if !title(x.Text(s.Name)) || s.Function.Len() == len(x.File.Text) {
		return false
	}
	this := false
	for i := x.Next(s.At); i < len(x.File.Tokens) && x.File.Tokens[i].Start < s.Function.End; i++ {
		switch x.Text(x.File.Tokens[i].Span) {
		case "this":
			this = true
		case "return":
			if x.Function(x.File.Tokens[i].Start) == s.Function {
				return false
			}
		}
	}
	return this
}

// documented keeps the sites that JSDoc can tell of, and gives those the types that it does.
func documented(x *names.Index, sites []Site) []Site {
	var list []Site
	for _, s := range sites {
		if s.Existing != "" || passed(x, &s) || s.Kind != Parameter && s.Kind != Return {
			continue
		}
		if s.Kind == Return && makes(x, &s) {
			continue
		}
		s.Inferred, s.Obvious = false, false // a comment tells readers, too
		open := openOf(x, &s)
		if open < 0 {
			continue
		}
		d, ok := docAt(x, open)
		if !ok {
			continue
		}
		name := ""
		if s.Kind == Parameter {
			name = x.Text(s.Name)
		}
		if t := d.tag(name); t != nil && t.typed.Len() > 0 {
			s.Span, s.Existing = t.typed, x.Text(t.typed)
		} else if d.closed {
			continue
		}
		list = append(list, s)
	}
	return list
}
