// Package marker reads marker tests: files of lsp/testdata/marker, each a scenario in the txtar format, which run twice: through the feature functions, and through a
// server that a fake editor drives.
//
//	Prose that says what the scenario is about.
//
//	-- settings.json --
//	{"completion": {"maxItems": 5}}
//	-- model --
//	while i [MASK] len => < -0.1, > -6.0
//	-- loop.py --
//	while i > len(xs):
//	#       ^ suspect <
//	    i += 1
//	    wait(mil
//	#        ^^^ complete millis@1, minutes, !mile
//
// settings.json is optional: the editor's settings. model is the script of modeltest.Parse. Every other file is a source; its language is that of its name. All
// sources of a scenario are open together.
//
// A note is a line of its own that holds nothing but the leader of a line comment, carets or a bar, a verb and its arguments. It speaks of the nearest line above that is
// no note, at the columns of the carets, which are counted in bytes. Notes are deleted before the text is shown to anyone: a language model would read the answers.
//
//	^^^ suspect TEXT [CODE]   a finding at the carets, with TEXT as its best suggestion. Findings and notes match one to one, so a source without notes must have none.
//	^^^ complete LIST         the cursor stands behind the carets, and what they cover is typed and will be replaced
//	|   complete LIST         the cursor stands before the bar's column, and nothing is typed
//	^^^ type LIST             the cursor stands behind the carets, in an annotation, and whole types are offered in this order; | as for complete
//	^^^ hint TEXT             behind the carets a type is shown, as it stands in the text. Where a source has such a note, hints and notes match one to one
//	^^^ annotate LIST         these types may be written at what the carets cover, best first
//	^^^ hover LIST            a hover at the carets' first column shows the token that they cover, and these texts as what could stand there
//
// LIST holds labels, parted by commas: each is offered, in this order, others may stand between them; label@3 must be among the first three; !label must
// not be offered; a lone - means that nothing is. Texts with blanks, commas or quotes are written as Go strings.
//
// Carets cannot point under the comment's leader: indent the code.
package marker

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"mlm-lsp/model/modeltest"
	"mlm-lsp/treesitter"
	"mlm-lsp/typeinfer"
)

// Scenario is one marker file.
type Scenario struct {
	Name     string // of the file, without folders
	Prose    string
	Settings []byte // JSON; nil when there are none
	Script   string // for modeltest.Parse
	Sources  []Source
}

// Model returns a new scripted model.
//
// Its table for package suspect is written by hand and not fitted, so that scenarios do not change with every fit: a site is reported when both the model and the n-grams of the file
// clearly prefer what fits better.
func (s *Scenario) Model() (*modeltest.Fake, error) {
	m, err := modeltest.Parse(s.Script)
	if err == nil {
		m.About.Rank = []byte(table)
		if !s.Typed() {
			m.About.Combiner = []byte(Combiner)
		}
	}
	return m, err
}

// Even is from which probability on a scenario's hints are shown: what is as likely as not.
const Even = 0.5

// Showing has types shown from one probability on, whatever language and kind of site: which are sure enough is the business of typeinfer's tests.
func Showing(least float64) *typeinfer.Table {
	t := &typeinfer.Table{Version: typeinfer.TableVersion, Least: map[string]map[string]map[string]typeinfer.Least{}}
	for _, language := range typeinfer.Languages() {
		t.Least[language] = map[string]map[string]typeinfer.Least{}
		for _, kind := range typeinfer.Kinds() {
			t.Least[language][kind] = map[string]typeinfer.Least{typeinfer.Typed: {Probability: least}, typeinfer.Untyped: {Probability: least}}
		}
	}
	return t
}

// table asks for 2 more of the model and 3 more of the cache, as natural logarithms, that the line does not stand twice then, that both names say something of what they hold, and that
// what was meant is sure to be there.
const table = `{"version": 2,
	"alarm": {
		"screen": {"inputs": ["cache over"], "trees": [[[0, 1, 2, 3], [-10], [5]]]},
		"ask": 5,
		"confirm": {"inputs": ["model over", "cache over", "repeats in function", "terse", "sure"], "trees": [
			[[0, 1, 2, 2], [-10], [5]],
			[[1, 1, 2, 3], [-10], [5]],
			[[2, 1, 2, 0.5], [0], [-10]],
			[[3, 1, 2, 0.5], [0], [-10]],
			[[4, 1, 2, 0.5], [-10], [0]]
		]}
	},
	"sensitivities": {"normal": {"thresholds": {"name/*": {"log_odds": 14.5}, "member/*": {"log_odds": 14.5}, "operator/*": {"log_odds": 14.5}, "boolean/*": {"log_odds": 14.5}, "arguments/*": {"log_odds": 14.5}}}}
}`

// Combiner ranks completions by the model's preference, then by what is visible, each in a few steps; for tests whose subject is not how it is fitted.
const Combiner = `{"version": 1,
	"static": {"name": ` + byVisible + `, "member": ` + byVisible + `, "type": ` + byVisible + `},
	"full": {"name": ` + byModel + `, "member": ` + byModel + `, "type": ` + byModel + `}
}`

const (
	byVisible = `{"inputs": ["visible"], "trees": [[[0, 1, 2, 0.5], [0], [1]], [[0, 1, 2, 1.5], [0], [1]]]}`
	byModel   = `{"inputs": ["visible", "model over", "vocabulary"], "trees": [
		[[0, 1, 2, 0.5], [0], [0.2]], [[0, 1, 2, 1.5], [0], [0.2]],
		[[1, 1, 2, -0.5], [0], [1]], [[1, 1, 2, -1], [0], [1]], [[1, 1, 2, -2], [0], [1]], [[1, 1, 2, -4], [0], [1]], [[1, 1, 2, -8], [0], [1]],
		[[2, 1, 2, -0.7], [0], [0.1]]
	]}`
)

// Source is a text with its notes, which are no longer in it.
type Source struct {
	Name        string
	Language    string
	Text        []byte
	Suspects    []Suspect
	Completions []Completion
	Hovers      []Completion // Replaced is the token
	Types       []Completion // whole types, where one is written
	Hints       []Hint
	Annotates   []Completion // the types that may be written at Replaced
}

// Typed tells whether a scenario is about types. They are ranked by the built-in forests, which are fitted anew now and then: such a scenario is about what is evident.
func (s *Scenario) Typed() bool {
	for _, source := range s.Sources {
		if len(source.Types)+len(source.Hints)+len(source.Annotates) > 0 {
			return true
		}
	}
	return false
}

// Hint is the note of a type that is shown.
type Hint struct {
	At    int // behind what it is the type of
	Label string
	Line  int
}

// Suspect is the note of a finding.
type Suspect struct {
	Span treesitter.Span
	Text string // the best suggestion
	Code string // "" accepts any
	Line int    // of the note, 1-based, in the source with its notes
}

// Completion is the note of a cursor.
type Completion struct {
	Offset   int             // of the cursor
	Replaced treesitter.Span // what is typed
	Want     []Want
	Nothing  bool // no offers at all
	Line     int
}

// Want is one label of a completion note.
type Want struct {
	Label  string
	Absent bool
	Within int // the label is among the first so many; 0 says nothing
}

// Load reads all scenarios of a folder, by name.
func Load(dir string) ([]*Scenario, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("loading marker tests: no files in %s", dir)
	}
	sort.Strings(files)
	var scenarios []*Scenario
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("loading marker tests: %w", err)
		}
		s, err := Parse(filepath.Base(file), data)
		if err != nil {
			return nil, err
		}
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}

// Parse reads one marker file.
func Parse(name string, data []byte) (*Scenario, error) {
	archive := txtar.Parse(data)
	s := &Scenario{Name: name, Prose: strings.TrimSpace(string(archive.Comment))}
	if s.Prose == "" {
		return nil, fmt.Errorf("reading %s: say first what it is about", name)
	}
	for _, file := range archive.Files {
		switch file.Name {
		case "settings.json":
			s.Settings = file.Data
		case "model":
			s.Script = string(file.Data)
		default:
			source, err := parseSource(file.Name, string(file.Data))
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", name, err)
			}
			s.Sources = append(s.Sources, source)
		}
	}
	if len(s.Sources) == 0 {
		return nil, fmt.Errorf("reading %s: there is no source", name)
	}
	if _, err := s.Model(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return s, nil
}

var note = regexp.MustCompile(`^\s*(?:#|//)\s*(\^+|\|)\s+(suspect|complete|hover|type|hint|annotate)\s+(\S.*?)\s*$`)

// looksLikeNote catches what was meant as a note and is none.
var looksLikeNote = regexp.MustCompile(`^\s*(?:#|//)\s*(?:\^|\|)`)

func parseSource(name, text string) (Source, error) {
	source := Source{Name: name, Language: treesitter.LanguageOf(path.Base(name))}
	if source.Language == "" {
		return source, fmt.Errorf("%s: its name has no known language", name)
	}
	lineStart := -1
	for i, line := range strings.SplitAfter(text, "\n") {
		content := strings.TrimRight(line, "\r\n")
		m := note.FindStringSubmatchIndex(content)
		if m == nil {
			if looksLikeNote.MatchString(content) {
				return source, fmt.Errorf("%s:%d: this looks like a note and is none: %s", name, i+1, content)
			}
			lineStart = len(source.Text)
			source.Text = append(source.Text, line...)
			continue
		}
		if lineStart < 0 {
			return source, fmt.Errorf("%s:%d: there is no line above this note", name, i+1)
		}
		above := len(strings.TrimRight(string(source.Text[lineStart:]), "\r\n"))
		span := treesitter.Span{Start: lineStart + m[2], End: lineStart + m[3]}
		bar := content[m[2]] == '|'
		if bar {
			span.End = span.Start
		}
		if span.End > lineStart+above {
			return source, fmt.Errorf("%s:%d: the note points behind the end of its line", name, i+1)
		}
		arguments, err := fields(content[m[6]:m[7]])
		if err != nil {
			return source, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
		switch content[m[4]:m[5]] {
		case "suspect":
			if bar || len(arguments) > 2 {
				return source, fmt.Errorf("%s:%d: suspect wants carets, a text and at most a code", name, i+1)
			}
			s := Suspect{Span: span, Text: arguments[0].text, Line: i + 1}
			if len(arguments) == 2 {
				s.Code = arguments[1].text
			}
			source.Suspects = append(source.Suspects, s)
		case "hint":
			if bar || len(arguments) != 1 {
				return source, fmt.Errorf("%s:%d: hint wants carets and a text", name, i+1)
			}
			source.Hints = append(source.Hints, Hint{At: span.End, Label: arguments[0].text, Line: i + 1})
		case "complete", "hover", "type", "annotate":
			c := Completion{Offset: span.End, Replaced: span, Line: i + 1}
			for _, a := range arguments {
				w := Want{Label: a.text, Absent: a.absent, Within: a.within}
				if w.Label == "-" {
					c.Nothing = true
					continue
				}
				c.Want = append(c.Want, w)
			}
			if c.Nothing && len(c.Want) > 0 {
				return source, fmt.Errorf("%s:%d: - stands alone", name, i+1)
			}
			switch content[m[4]:m[5]] {
			case "hover":
				c.Offset = span.Start
				source.Hovers = append(source.Hovers, c)
			case "type":
				source.Types = append(source.Types, c)
			case "annotate":
				source.Annotates = append(source.Annotates, c)
			default:
				source.Completions = append(source.Completions, c)
			}
		}
	}
	return source, nil
}

// argument is a text with its decoration.
type argument struct {
	text   string
	absent bool
	within int
}

// fields parts arguments at commas and blanks.
func fields(rest string) ([]argument, error) {
	var list []argument
	for rest = strings.TrimLeft(rest, ", "); rest != ""; rest = strings.TrimLeft(rest, ", ") {
		var a argument
		if rest[0] == '!' && len(rest) > 1 && rest[1] != '=' && rest[1] != ' ' {
			a.absent, rest = true, rest[1:]
		}
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			a.text, _ = strconv.Unquote(quoted)
			rest = rest[len(quoted):]
		} else if end := strings.IndexAny(rest, ", @"); end >= 0 {
			a.text, rest = rest[:end], rest[end:]
		} else {
			a.text, rest = rest, ""
		}
		if strings.HasPrefix(rest, "@") {
			end := strings.IndexAny(rest, ", ")
			if end < 0 {
				end = len(rest)
			}
			within, err := strconv.Atoi(rest[1:end])
			if err != nil || within < 1 {
				return nil, fmt.Errorf("%q is no rank", rest[:end])
			}
			a.within, rest = within, rest[end:]
		}
		if a.text == "" {
			return nil, fmt.Errorf("a text is empty before %q", rest)
		}
		list = append(list, a)
	}
	return list, nil
}

// Finding is what was observed, as far as notes speak of it.
type Finding struct {
	Span treesitter.Span
	Code string
	Text string // the best suggestion
}

// CheckFindings matches findings with the notes one to one, and returns a sentence for each that is left over.
func (s *Source) CheckFindings(observed []Finding) []string {
	var complaints []string
	matched := make([]bool, len(observed))
notes:
	for _, want := range s.Suspects {
		for i, got := range observed {
			if !matched[i] && got.Span == want.Span && got.Text == want.Text && (want.Code == "" || got.Code == want.Code) {
				matched[i] = true
				continue notes
			}
		}
		complaints = append(complaints, fmt.Sprintf("%s:%d: no finding at `%s` suggests `%s` %s", s.Name, want.Line, s.Text[want.Span.Start:want.Span.End], want.Text, want.Code))
	}
	for i, got := range observed {
		if !matched[i] {
			line := 1 + strings.Count(string(s.Text[:got.Span.Start]), "\n")
			complaints = append(complaints, fmt.Sprintf("%s: no note for the finding at `%s` in line %d of the text without notes: %s, `%s`",
				s.Name, s.Text[got.Span.Start:got.Span.End], line, got.Code, got.Text))
		}
	}
	return complaints
}

// CheckHints matches hints, which are known by place and label alone, with the notes one to one, and returns a sentence for each that is left over; none where the source has no such note.
func (s *Source) CheckHints(observed []Hint) (complaints []string) {
	if len(s.Hints) == 0 {
		return nil
	}
	matched := make([]bool, len(observed))
notes:
	for _, want := range s.Hints {
		for i, got := range observed {
			if !matched[i] && got.At == want.At && got.Label == want.Label {
				matched[i] = true
				continue notes
			}
		}
		complaints = append(complaints, fmt.Sprintf("%s:%d: no hint `%s`", s.Name, want.Line, want.Label))
	}
	for i, got := range observed {
		if !matched[i] {
			complaints = append(complaints, fmt.Sprintf("%s: no note for the hint `%s` in line %d of the text without notes", s.Name, got.Label, 1+strings.Count(string(s.Text[:got.At]), "\n")))
		}
	}
	return complaints
}

// Offer is an item of a completion as it was observed.
type Offer struct {
	Label    string
	Replaced treesitter.Span
}

// Check compares the offers, best first, with the note, and returns a sentence for each difference.
func (c *Completion) Check(source *Source, offers []Offer) []string {
	var complaints []string
	complain := func(format string, arguments ...any) {
		complaints = append(complaints, fmt.Sprintf("%s:%d: ", source.Name, c.Line)+fmt.Sprintf(format, arguments...))
	}
	var labels []string
	at := map[string]int{}
	for i, o := range offers {
		labels = append(labels, o.Label)
		if _, ok := at[o.Label]; ok {
			complain("%s is offered twice", o.Label)
		}
		at[o.Label] = i
		if o.Replaced != c.Replaced {
			complain("%s would stand for `%s`", o.Label, source.Text[o.Replaced.Start:o.Replaced.End])
		}
	}
	if c.Nothing && len(offers) > 0 {
		complain("nothing should be offered, but %s", strings.Join(labels, " "))
	}
	before := -1
	for _, w := range c.Want {
		i, offered := at[w.Label]
		switch {
		case w.Absent && offered:
			complain("%s is offered: %s", w.Label, strings.Join(labels, " "))
		case w.Absent:
		case !offered:
			complain("%s is not offered: %s", w.Label, strings.Join(labels, " "))
		case w.Within > 0 && i >= w.Within:
			complain("%s is at rank %d: %s", w.Label, i+1, strings.Join(labels, " "))
		case i < before:
			complain("%s is offered too early: %s", w.Label, strings.Join(labels, " "))
		default:
			before = i
		}
	}
	return complaints
}
