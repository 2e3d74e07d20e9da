package settings

import (
	"fmt"
	"maps"
	"math"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"

	"mlm-lsp/lsp/suspect"
	"mlm-lsp/treesitter"
)

// Bounds of what one setting may hold, so that matching a path against a hostile project's globs stays cheap.
const (
	MaxItems        = 200
	MaxLength       = 200
	maxAlternatives = 2 // groups {a,b} in a glob: each multiplies the work
)

// Key is a setting as the manual tells it.
type Key struct {
	Name    string // as "completion.enable"
	Field   string // of Settings
	Default any    // bool, int, string or []string
	OneOf   []string
	Words   string // what OneOf lists, "languages" or "kinds", "" for words of the setting's own
	Least   int    // with Most, the range of a number
	Most    int
	Glob    bool // its items are globs
	File    bool // it names a file below the project's root, or none
	Project bool // a project's file may set it
	index   int
}

// Keys lists all settings in the order of the struct.
var Keys = func() []Key {
	var keys []Key
	fields, defaults := reflect.TypeFor[Settings](), reflect.ValueOf(Default())
	for i := range fields.NumField() {
		field := fields.Field(i)
		key := Key{
			Name: field.Tag.Get("setting"), Field: field.Name, Default: defaults.Field(i).Interface(),
			Glob: field.Tag.Get("glob") != "", File: field.Tag.Get("file") != "", Project: field.Tag.Get("by") == "project", index: i,
		}
		switch of := field.Tag.Get("of"); of {
		case "":
		case "LANGUAGE":
			key.OneOf, key.Words = treesitter.Languages(), "languages"
		case "KIND":
			key.OneOf, key.Words = suspect.Codes(), "kinds"
		default:
			key.OneOf = strings.Split(of, ",")
		}
		key.Least, key.Most = number(field.Tag.Get("from")), number(field.Tag.Get("to"))
		keys = append(keys, key)
	}
	return keys
}()

func number(tag string) int {
	n, err := strconv.Atoi(tag)
	if tag != "" && err != nil {
		panic("settings: a tag is no number: " + tag)
	}
	return n
}

func keyNamed(name string) *Key {
	for i := range Keys {
		if Keys[i].Name == name {
			return &Keys[i]
		}
	}
	return nil
}

// read returns a value as the field takes it. What it is given is of JSON or TOML: bool, float64, int64, string, []any. The error says what it must be.
func (k *Key) read(value any) (any, error) {
	switch k.Default.(type) {
	case bool:
		if v, ok := value.(bool); ok {
			return v, nil
		}
		return nil, fmt.Errorf("must be true or false")
	case int:
		if v, ok := value.(int64); ok {
			value = float64(v)
		}
		if v, ok := value.(float64); ok && v == math.Trunc(v) && float64(k.Least) <= v && v <= float64(k.Most) {
			return int(v), nil
		}
		return nil, fmt.Errorf("must be a whole number from %d to %d", k.Least, k.Most)
	case string:
		v, ok := value.(string)
		if k.File {
			if ok && isFileBelow(v) {
				return v, nil
			}
			return nil, fmt.Errorf("must be a file below the project's root, as \"tools/known.json\", of at most %d bytes, or empty", MaxLength)
		}
		if ok && slices.Contains(k.OneOf, v) {
			return v, nil
		}
		return nil, fmt.Errorf("must be %s", quotedList(k.OneOf))
	}
	list, ok := value.([]any)
	if object, isObject := value.(map[string]any); isObject && len(object) == 0 {
		list, ok = nil, true // Lua may write its empty table as an object
	}
	if !ok {
		return nil, fmt.Errorf("must be a list of %s", k.items())
	}
	if len(list) > MaxItems {
		return nil, fmt.Errorf("must have at most %d items", MaxItems)
	}
	items := []string{}
	for _, item := range list {
		text, ok := item.(string)
		if !ok || !k.accepts(text) {
			return nil, fmt.Errorf("must be a list of %s", k.items())
		}
		items = append(items, text)
	}
	return items, nil
}

// isFileBelow reports whether name is a slash-separated path that cannot lead out of the directory that it starts in, or empty. (That links do not lead out is
// seen to where the file is opened.)
func isFileBelow(name string) bool {
	return name == "" || len(name) <= MaxLength && filepath.IsLocal(filepath.FromSlash(name)) && path.Clean(name) == name && name != "." && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '\\' || !unicode.IsPrint(r)
	})
}

// accepts reports whether text may be an item of the list.
func (k *Key) accepts(text string) bool {
	if !k.Glob {
		return slices.Contains(k.OneOf, text)
	}
	return text != "" && len(text) <= MaxLength && strings.Count(text, "{") <= maxAlternatives && doublestar.ValidatePattern(text)
}

func (k *Key) items() string {
	if k.Glob {
		return fmt.Sprintf("globs as \"gen/**/*.go\", of at most %d bytes, with at most %d groups in braces", MaxLength, maxAlternatives)
	}
	return quotedList(k.OneOf)
}

// quotedList words a choice: `"a", "b" or "c"`.
func quotedList(words []string) string {
	text := ""
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " or "
		default:
			text += ", "
		}
		text += strconv.Quote(word)
	}
	return text
}

// Layer is what one source sets. The zero Layer sets nothing.
type Layer struct {
	values map[string]any // by key's name, each as Key.read returned it
}

// Equal reports whether both set the same.
func (l Layer) Equal(other Layer) bool {
	return maps.EqualFunc(l.values, other.values, reflect.DeepEqual)
}

// Merge lays layers over the defaults, the first one lowest. A value of a later layer takes the place of an earlier one; lists are joined.
func Merge(layers ...Layer) Settings {
	s := Default()
	fields := reflect.ValueOf(&s).Elem()
	for _, layer := range layers {
		for i := range Keys {
			value, set := layer.values[Keys[i].Name]
			if !set {
				continue
			}
			field := fields.Field(Keys[i].index)
			if items, isList := value.([]string); isList {
				joined := slices.Clone(field.Interface().([]string))
				for _, item := range items {
					if !slices.Contains(joined, item) {
						joined = append(joined, item)
					}
				}
				value = joined
			}
			field.Set(reflect.ValueOf(value))
		}
	}
	return s
}

// Problem is a key that is not heeded.
type Problem struct {
	Source string // a file, or Client
	Line   int    // 1-based; 0 where the source has no lines
	Key    string // "" when the whole of it cannot be read
	// Text says what is wrong and what holds instead.
	Text string
}

// String is as `.mlm-lsp.toml:3: diagnostics.severity must be ...`. A key that is not plain text is quoted and cut: it goes to terminals and editors.
func (p Problem) String() string {
	text := p.Text
	if p.Key != "" {
		key := p.Key
		if len(key) > maxShown {
			key = key[:maxShown] + "..."
		}
		if quoted := strconv.Quote(key); quoted != `"`+key+`"` {
			key = quoted
		}
		text = key + " " + text
	}
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.Source, p.Line, text)
	}
	return p.Source + ": " + text
}

// What a message shows: bytes of a key, and problems.
const (
	maxShown    = 60
	maxProblems = 5
)

// Complaint is one message of all problems, "" when there are none.
func Complaint(problems []Problem) string {
	var texts []string
	for _, p := range problems[:min(maxProblems, len(problems))] {
		texts = append(texts, p.String())
	}
	if more := len(problems) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "; ")
}

// reader turns the tree of keys of one source into a Layer.
type reader struct {
	source   string
	project  bool
	line     func(key string) int
	layer    Layer
	problems []Problem
}

func (r *reader) complain(key, format string, args ...any) {
	p := Problem{Source: r.source, Key: key, Text: fmt.Sprintf(format, args...)}
	if r.line != nil && key != "" {
		p.Line = r.line(key)
	}
	r.problems = append(r.problems, p)
}

// read takes what stands at path and below it.
func (r *reader) read(path string, value any) {
	if key := keyNamed(path); key != nil {
		r.set(key, value)
		return
	}
	group, isObject := value.(map[string]any)
	if list, isList := value.([]any); isList && len(list) == 0 || value == nil {
		group, isObject = nil, true // Lua writes its empty table as an empty list; null is the editor's "not set"
	}
	switch isGroup := path == "" || hasKeysUnder(path); {
	case isGroup && isObject:
		for _, name := range slices.Sorted(maps.Keys(group)) {
			r.read(strings.TrimPrefix(path+"."+name, "."), group[name])
		}
	case path == "":
		r.complain("", "the settings must be an object: the defaults are used")
	case isGroup:
		r.complain(path, "must be a group of settings: the defaults are used")
	case loads(path) && r.project:
		r.complain(path, "is refused: a project's file cannot choose a model, a library, a program or a path outside of the project")
	case loads(path):
		r.complain(path, "is not a setting: models and libraries are chosen on the command line, as in mlm-lsp serve --model DIR")
	default:
		r.complain(path, "is not a setting: it is ignored")
	}
}

func (r *reader) set(key *Key, value any) {
	if value == nil {
		return // "not set"
	}
	if r.project && !key.Project {
		r.complain(key.Name, "is the user's, not the project's: it is ignored here; set it in the editor")
		return
	}
	v, err := key.read(value)
	if err != nil {
		instead := "the default, "
		if r.project {
			instead = "the editor's setting or the default, "
		}
		r.complain(key.Name, "%v: %s%s, is used", err, instead, key.DefaultText())
		return
	}
	if r.layer.values == nil {
		r.layer.values = map[string]any{}
	}
	r.layer.values[key.Name] = v
}

// DefaultText is the default as a user would write it.
func (k *Key) DefaultText() string {
	switch v := k.Default.(type) {
	case string:
		return strconv.Quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, item := range v {
			quoted[i] = strconv.Quote(item)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(k.Default)
}

func hasKeysUnder(path string) bool {
	for i := range Keys {
		if strings.HasPrefix(Keys[i].Name, path+".") {
			return true
		}
	}
	return false
}

// loading are the words of keys that somebody could hope to load or run something with.
var loading = []string{"model", "bundle", "library", "librarie", "runtime", "ort", "onnx", "command", "cmd", "exec", "program", "binary", "server", "plugin", "path", "device", "url"}

// loads reports whether a word of an unknown key speaks of what is loaded or run.
func loads(path string) bool {
	return slices.ContainsFunc(keyWord.FindAllString(path, -1), func(word string) bool {
		return slices.Contains(loading, strings.TrimSuffix(strings.ToLower(word), "s"))
	})
}

// keyWord is a word in a key, as ort, Library and path in ortLibrary_path.
var keyWord = regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)
