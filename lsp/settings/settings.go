// Package settings is what users and projects can change: one struct, read from an editor and from a project's file .mlm-lsp.toml.
//
// The struct's comments and tags are the manual: the README's table, the JSON schemas, the settings of a VS Code extension and the
// Neovim help are generated from them (package generate), and a test there fails when one of these is stale.
//
// What holds:
//
//   - None of the settings names a model, a library or a program, and the only one that names a file cannot leave the project: editors take
//     settings from the opened folder too, and a cloned repository must not be able to choose what is loaded.
//   - A value that a setting cannot have, and a key that is none, change nothing and are told with their file and line. Reading
//     never fails for what is written in a file.
//   - Layers go over each other in a fixed order: defaults, the user's (an editor's), the project's. A project's file may set what is a
//     matter of the project and nothing else. Lists are joined, so that what one of them silences is silent.
package settings

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"mlm-lsp/lsp/baseline"
)

//go:generate go run ./generate

// Section is the name under which editors keep the settings.
const Section = "mlm-lsp"

// Settings are all settings of one project in one session. Treat one as a value that does not change: its lists may be shared.
//
// Of each field, the tag setting is its key. A tag of what it takes follows: of (the words it may be, "LANGUAGE" and "KIND" standing for theirs), from and
// to (the range of a number), glob, or file (below the project's root). The tag by says who may set it: "user" alone, or with "project" the
// project's file as well.
type Settings struct {
	// Whether completions are offered.
	CompletionEnable bool `setting:"completion.enable" by:"user"`
	// How many completions are offered at once.
	CompletionMaxItems int `setting:"completion.maxItems" from:"1" to:"200" by:"user"`
	// Whether the rest of an expression is shown in place while one types; on a key it always is. About half of what is shown is still wrong.
	CompletionInline bool `setting:"completion.inline" by:"user"`
	// Languages in which no completions are offered.
	CompletionDisabledLanguages []string `setting:"completion.disabledLanguages" of:"LANGUAGE" by:"project"`
	// Files in which no completions are offered.
	CompletionDisabledFiles []string `setting:"completion.disabledFiles" glob:"yes" by:"project"`
	// Whether suspicious tokens are reported in an editor.
	DiagnosticsEnable bool `setting:"diagnostics.enable" by:"user"`
	// Whether files that are not open are checked as well, in the background, where the editor asks for that. A large project keeps a core busy for minutes. Neovim must have it in init_options, too.
	DiagnosticsWorkspace bool `setting:"diagnostics.workspace" by:"user"`
	// How findings are shown.
	DiagnosticsSeverity string `setting:"diagnostics.severity" of:"hint,information,warning" by:"project"`
	// How readily is reported: so many reports on 1,000 right lines, or quiet, which besides leaves most files without any.
	DiagnosticsSensitivity string `setting:"diagnostics.sensitivity" of:"normal,quiet" by:"project"`
	// Whether annotations that look wrong are reported as well, as suspicious-type: those that what is done contradicts. A type checker finds more of them.
	DiagnosticsTypes bool `setting:"diagnostics.types" by:"project"`
	// Languages in which nothing is reported.
	DiagnosticsDisabledLanguages []string `setting:"diagnostics.disabledLanguages" of:"LANGUAGE" by:"project"`
	// Files in which nothing is reported.
	DiagnosticsDisabledFiles []string `setting:"diagnostics.disabledFiles" glob:"yes" by:"project"`
	// A file of findings that are known, and not shown again: check --write-baseline makes one. It is found below the project's root; empty means none.
	DiagnosticsBaseline string `setting:"diagnostics.baseline" file:"yes" by:"project"`
	// Kinds of findings that are not reported.
	DiagnosticsDisabledKinds []string `setting:"diagnostics.disabledKinds" of:"KIND" by:"project"`
	// Whether types are suggested where none are written, in Python, TypeScript and JavaScript: in place, by hovers and by actions.
	TypesEnable bool `setting:"types.enable" by:"user"`
	// Whether the types of parameters that are sure enough are shown in place.
	TypesParameters bool `setting:"types.parameters" by:"user"`
	// Whether the types of results that are sure enough are shown in place.
	TypesReturns bool `setting:"types.returns" by:"user"`
	// Whether the types of variables that are sure enough are shown in place.
	TypesVariables bool `setting:"types.variables" by:"user"`
	// Whether the types of fields and attributes that are sure enough are shown in place.
	TypesFields bool `setting:"types.fields" by:"user"`
	// Languages in which no types are suggested.
	TypesDisabledLanguages []string `setting:"types.disabledLanguages" of:"LANGUAGE" by:"project"`
	// Files in which no types are suggested.
	TypesDisabledFiles []string `setting:"types.disabledFiles" glob:"yes" by:"project"`
	// Files that are none of the project's own: they are not read, nothing is offered or reported in them, and check passes over them.
	FilesExclude []string `setting:"files.exclude" glob:"yes" by:"project"`
	// The size in bytes above which a file is not looked at.
	FilesMaxSize int `setting:"files.maxSize" from:"1" to:"8388608" by:"project"`
}

// Default returns the settings of somebody who set none.
func Default() Settings {
	return Settings{
		CompletionEnable:       true,
		CompletionMaxItems:     20,
		DiagnosticsEnable:      true,
		DiagnosticsSeverity:    "information",
		DiagnosticsSensitivity: "normal",
		DiagnosticsBaseline:    baseline.FileName,
		TypesEnable:            true,
		TypesParameters:        true,
		TypesReturns:           true,
		TypesVariables:         true,
		TypesFields:            true,
		FilesMaxSize:           512 << 10,
	}
}

// Excluded reports whether a file is none of the project's own. relative is its slash-separated path below the project's root, "" for a
// file outside of it, which no pattern matches.
func (s Settings) Excluded(relative string) bool { return matches(s.FilesExclude, relative) }

// Completes reports whether completions are wanted in a file of that language, path below the project's root (see Excluded) and size in bytes.
func (s Settings) Completes(language, relative string, size int) bool {
	return s.CompletionEnable && size <= s.FilesMaxSize && !s.Excluded(relative) &&
		!slices.Contains(s.CompletionDisabledLanguages, language) && !matches(s.CompletionDisabledFiles, relative)
}

// Annotates reports whether types are to be suggested in a file. Its arguments are those of Completes.
func (s Settings) Annotates(language, relative string, size int) bool {
	return s.TypesEnable && s.Untyped(language, relative, size) == ""
}

// Silence says why nothing is to be reported in a file, in words for a log, and "" for one that is to be checked. Its arguments are those of Completes.
// Whether an editor wants diagnostics at all (DiagnosticsEnable) is not looked at.
func (s Settings) Silence(language, relative string, size int) string {
	return s.unwanted("diagnostics", s.DiagnosticsDisabledLanguages, s.DiagnosticsDisabledFiles, language, relative, size)
}

// Untyped says as Silence does why no types are to be suggested in a file. Whether an editor wants any at all (TypesEnable) is not looked at.
func (s Settings) Untyped(language, relative string, size int) string {
	return s.unwanted("types", s.TypesDisabledLanguages, s.TypesDisabledFiles, language, relative, size)
}

// unwanted says why a file is passed over by what disables some languages and files.
func (s Settings) unwanted(section string, languages, files []string, language, relative string, size int) string {
	switch {
	case s.Excluded(relative):
		return "excluded by files.exclude"
	case slices.Contains(languages, language):
		return "in one of " + section + ".disabledLanguages"
	case matches(files, relative):
		return "among " + section + ".disabledFiles"
	case size > s.FilesMaxSize:
		return "larger than files.maxSize"
	}
	return ""
}

// Reports reports whether findings of a code are wanted.
func (s Settings) Reports(code string) bool {
	return !slices.Contains(s.DiagnosticsDisabledKinds, code)
}

// matches reports whether a glob names a path or a directory above it. A glob without a slash matches a name at any depth, any other one the path
// from the root: as in .gitignore.
func matches(globs []string, relative string) bool {
	if relative == "" {
		return false
	}
	for _, glob := range globs {
		rooted := strings.TrimSuffix(strings.TrimPrefix(glob, "/"), "/")
		anywhere := !strings.Contains(strings.TrimSuffix(glob, "/"), "/")
		for part := relative; part != "." && part != "/"; part = path.Dir(part) {
			name := part
			if anywhere {
				name = path.Base(part)
			}
			if doublestar.MatchUnvalidated(rooted, name) {
				return true
			}
		}
	}
	return false
}
